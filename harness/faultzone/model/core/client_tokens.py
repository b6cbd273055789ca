"""What an account asked for with a ClientToken: the same request again has the same answer, and makes nothing more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, TypeVar

from faultzone.api.errors import ApiError

if TYPE_CHECKING:
    from faultzone.model.core.state import AccountState, RegionState
    from faultzone.model.rules import Rules

Answer = dict[str, Any]
H = TypeVar("H", bound=Callable[..., Answer])

#: How most actions refuse a token that came with other parameters.
MISMATCH: Final = "IdempotentParameterMismatch"

#: Tokens of an account that are remembered. The pages name no time after which one is forgotten: the oldest goes first.
REMEMBERED: Final = 10_000


class ClientTokens:
    """The tokens of one account, by action.

    Args:
        rules: those of the region.
    """

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._answers: dict[tuple[object, str], tuple[Mapping[str, Any], Answer]] = {}

    def replay(
        self, action: object, token: str | None, given: Mapping[str, Any], mismatch: str = MISMATCH
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

    def remember(self, action: object, token: str | None, given: Mapping[str, Any], answer: Answer) -> Answer:
        """Take note of an answer, and give it back."""
        if token is not None:
            if len(self._answers) >= REMEMBERED:
                del self._answers[next(iter(self._answers))]
            self._answers[action, token] = (given, dict(answer))
        return answer


def once_or(mismatch: str) -> Callable[[H], H]:
    """Let a request be carried out once: when it comes again with its ClientToken, the answer is that of the first time
    (instance/client-token).

    Args:
        mismatch: the code that refuses the token of another request (instance/client-token-mismatch).
    """

    def wrap(handler: H) -> H:
        @wraps(handler)
        def answer(region: RegionState, account: AccountState, request: Any) -> Answer:
            token = request.client_token
            if token is None:
                return handler(region, account, request)
            asked = (type(request), token, request.given)
            earlier = account.tokens.replay(*asked, mismatch)
            return account.tokens.remember(*asked, handler(region, account, request)) if earlier is None else earlier

        return answer  # type: ignore[return-value]

    return wrap


#: The same, for the actions that refuse such a token by the usual code.
once: Final = once_or(MISMATCH)
