"""Faults of the API itself: chosen actions refused, delayed or dropped, before their effect unless asked otherwise.

One SDK sends RunInstances again, without a token, after a 5xx or a dropped connection: a fault after the effect then
    makes a second batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from math import inf

from faultzone.ecs.errors import ApiError
from faultzone.errors import UsageError
from faultzone.model.core.dispatch import ACTIONS

_KINDS = ("refuse", "delay", "drop")


@dataclass
class ApiFault:
    """What happens to the next calls of some actions.

    Args:
        action: the action's name, or a pattern such as `Describe*`.
        kind: `refuse` answers with `code`, `delay` answers `seconds` late, `drop` never answers.
        code, status, message: of a refusal; the documented ones of the code when left out.
        seconds: of a delay.
        times: how many calls; None for all.
        after_effect: whether the action is carried out first.
        retry_after: milliseconds that a refusal asks the client to wait, in the header that newer SDKs honour.
    """

    action: str
    kind: str = "refuse"
    code: str = "ServiceUnavailable"
    status: int | None = None
    message: str | None = None
    seconds: float = 0.0
    times: int | None = None
    after_effect: bool = False
    retry_after: int | None = None
    id: int = 0

    def __post_init__(self) -> None:
        if type(self.action) is not str:
            raise UsageError(f"action={self.action!r}: write an action's name, or a pattern such as 'Describe*'")
        if not any(fnmatchcase(name, self.action) for name in ACTIONS):
            near = get_close_matches(self.action, ACTIONS, 1)
            hint = f"did you mean {near[0]!r}?" if near else "docs/actions.md has those that there are"
            raise UsageError(f"action={self.action!r} matches no action; {hint}")
        if self.kind not in _KINDS:
            raise UsageError(f"kind={self.kind!r}: write one of {', '.join(_KINDS)}")
        if self.status is not None and not (type(self.status) is int and 400 <= self.status <= 599):
            raise UsageError(
                f"status={self.status!r}: a refusal has a status from 400 to 599, a whole number such as 503; no "
                "answer of another status is a refusal that can be sent"
            )
        given: dict[str, object] = vars(self)  # A control route hands on whatever JSON has.
        if not (isinstance(given["code"], str) and given["code"]):
            raise UsageError(f"code={self.code!r}: write the code of a refusal, such as 'ServiceUnavailable'")
        if not (given["message"] is None or isinstance(given["message"], str)):
            raise UsageError(f"message={self.message!r}: write text, or leave it out")
        if type(self.seconds) not in (int, float) or not 0 <= self.seconds < inf:
            raise UsageError(f"seconds={self.seconds!r}: write seconds, 0 or more")
        if self.times is not None and (type(self.times) is not int or self.times < 1):
            raise UsageError(f"times={self.times!r}: write how many calls, 1 or more, or leave it out for all")
        if self.retry_after is not None and (type(self.retry_after) is not int or self.retry_after < 0):
            raise UsageError(f"retry_after={self.retry_after!r}: write milliseconds, 0 or more")

    def error(self) -> ApiError:
        """The refusal."""
        error = ApiError(self.code, self.message, self.status)
        error.retry_after = self.retry_after
        return error


class ApiFaults:
    """The faults in force, in the order in which they were injected."""

    def __init__(self) -> None:
        self.faults: list[ApiFault] = []
        self._last = 0

    def inject(self, fault: ApiFault) -> int:
        """Bring a fault into force; its number takes it out again."""
        self._last = fault.id = self._last + 1
        self.faults.append(fault)
        return fault.id

    def remove(self, id: int) -> bool:
        """Take a fault out; False where it has run out or been taken out before."""
        before = len(self.faults)
        self.faults = [fault for fault in self.faults if fault.id != id]
        return len(self.faults) < before

    def take(self, action: str, *kinds: str) -> ApiFault | None:
        """The first fault of these kinds in force for an action, counted as used."""
        for fault in self.faults:
            if fault.kind in kinds and fnmatchcase(action, fault.action):
                if fault.times is not None:
                    fault.times -= 1
                    if not fault.times:
                        self.faults.remove(fault)
                return fault
        return None
