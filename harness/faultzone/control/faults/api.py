"""What breaks the API itself: chosen actions refused, delayed or dropped, before their effect unless told otherwise."""

from __future__ import annotations

from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from faultzone.api.errors import ApiError
from faultzone.control.faults.breaks import Breakers, Breaking, breaks
from faultzone.errors import UsageError
from faultzone.faults.api import ApiFailure
from faultzone.model.core.dispatch import ACTIONS

if TYPE_CHECKING:
    from faultzone.control.local import Local

BREAKERS: Final[Breakers] = {}


class Failing:
    """A fault of the API in force, and for how many calls it still is; None for all."""

    def __init__(self, fault: ApiFailure) -> None:
        self.fault, self.left = fault, fault.times

    def error(self) -> ApiError:
        """The refusal."""
        error = ApiError(self.fault.code, self.fault.message, self.fault.status)
        error.retry_after = self.fault.retry_after
        return error


class FailingCalls:
    """What becomes of calls: the faults of the API in the order in which they were injected."""

    def __init__(self) -> None:
        self.faults: list[Failing] = []

    def take(self, action: str, *kinds: str) -> Failing | None:
        """The first fault of these kinds in force for an action, counted as used."""
        for each in self.faults:
            if each.fault.kind in kinds and fnmatchcase(action, each.fault.action):
                if each.left is not None:
                    each.left -= 1
                    if not each.left:
                        self.faults.remove(each)
                return each
        return None


@breaks(ApiFailure, BREAKERS)
def fail(backend: Local, fault: ApiFailure) -> Breaking:
    """Let calls go wrong until it has run out, or ends."""
    if not any(fnmatchcase(name, fault.action) for name in ACTIONS):
        near = get_close_matches(fault.action, ACTIONS, 1)
        hint = f"did you mean {near[0]!r}?" if near else "docs/actions.md has those that there are"
        raise UsageError(f"action={fault.action!r} matches no action; {hint}")
    failing, calls = Failing(fault), backend.failing_calls
    calls.faults = [*calls.faults, failing]
    yield lambda: failing not in calls.faults
    calls.faults = [each for each in calls.faults if each is not failing]
