"""Common mistakes as wrappers: a parameter that is ignored, a refusal that is swallowed."""

from __future__ import annotations

from faultzone.ecs.errors import ApiError
from faultzone.wrong_regions import Answer, Parameters, Wrapper


def without(parameters: Parameters, *names: str) -> dict[str, object]:
    """The parameters but those of these names."""
    return {name: value for name, value in parameters.items() if name not in names}


def ignores(action: str, *names: str) -> type[Wrapper]:
    """A wrapper that does not look at some parameters of an action."""

    class Ignores(Wrapper):
        def call(self, asked: str, parameters: Parameters, *, account: str | None = None) -> Answer:
            kept = without(parameters, *names) if asked == action else parameters
            return super().call(asked, kept, account=account)

    return Ignores


def does_nothing(action: str) -> type[Wrapper]:
    """A wrapper that answers success to an action, and does nothing."""

    class DoesNothing(Wrapper):
        def call(self, asked: str, parameters: Parameters, *, account: str | None = None) -> Answer:
            return {"RequestId": ""} if asked == action else super().call(asked, parameters, account=account)

    return DoesNothing


def swallows(action: str, *codes: str) -> type[Wrapper]:
    """A wrapper that answers success, and does nothing, where an action must be refused with one of these codes."""

    class Swallows(Wrapper):
        def call(self, asked: str, parameters: Parameters, *, account: str | None = None) -> Answer:
            try:
                return super().call(asked, parameters, account=account)
            except ApiError as refusal:
                if asked != action or refusal.code not in codes:
                    raise
                return {"RequestId": refusal.request_id}

    return Swallows


def retries_without(action: str, code: str, *names: str) -> type[Wrapper]:
    """A wrapper that drops parameters rather than refuse an action with this code."""

    class Retries(Wrapper):
        def call(self, asked: str, parameters: Parameters, *, account: str | None = None) -> Answer:
            try:
                return super().call(asked, parameters, account=account)
            except ApiError as refusal:
                if asked != action or refusal.code != code:
                    raise
                return super().call(asked, without(parameters, *names), account=account)

    return Retries
