"""The calls that go wrong: what every call of a backend looks at, so that it knows no fault until there is one."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from faultzone.api.errors import ApiError

if TYPE_CHECKING:
    from faultzone.faults.api import ApiFailure


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

    @property
    def delaying(self) -> bool:
        """Whether one of them delays calls."""
        return bool(self.faults) and any(each.fault.kind == "delay" for each in self.faults)

    def delay(self, action: str) -> float:
        """The seconds by which the next call of an action is delayed, counted as used."""
        failing = self.take(action, "delay")
        return 0.0 if failing is None else failing.fault.seconds

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
