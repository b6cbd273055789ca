"""What an account asked for with a ClientToken: the same request again has the same answer, and makes nothing more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from faultzone.api.errors import ApiError

if TYPE_CHECKING:
    from faultzone.model.rules import Rules

Answer = dict[str, Any]

#: Tokens of an account that are remembered. The pages name no time after which one is forgotten: the oldest goes first.
REMEMBERED: Final = 10_000


class ClientTokens:
    """The tokens of one account, by action.

    Args:
        rules: those of the region.
    """

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._answers: dict[tuple[str, str], tuple[Mapping[str, Any], Answer]] = {}

    def replay(
        self, action: str, token: str | None, given: Mapping[str, Any], mismatch: str = "IdempotentParameterMismatch"
    ) -> Answer | None:
        """The answer of the earlier request with this token, whatever has changed since (instance/client-token).

        Args:
            action: what is asked for.
            token: the token, if the request has one.
            given: its parameters.
            mismatch: how the action refuses a token that came with other parameters.

        Raises:
            ApiError: `InvalidClientToken.ValueNotSupported`, or `mismatch` (instance/client-token-mismatch).
        """
        if token is None:
            return None
        if not self._rules.client_token_is_valid(token):
            raise ApiError("InvalidClientToken.ValueNotSupported")
        earlier = self._answers.get((action, token))
        if earlier is None:
            return None
        if not self._rules.same_request(earlier[0], given):
            raise ApiError(mismatch)
        return dict(earlier[1])

    def remember(self, action: str, token: str | None, given: Mapping[str, Any], answer: Answer) -> Answer:
        """Take note of an answer, and give it back."""
        if token is not None:
            if len(self._answers) >= REMEMBERED:
                del self._answers[next(iter(self._answers))]
            self._answers[action, token] = (given, dict(answer))
        return answer
