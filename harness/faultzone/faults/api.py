"""The fault of the API: chosen actions are refused, throttled, delayed or lost."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import ClassVar, Final

from faultzone.errors import UsageError
from faultzone.faults.fault import Fault

_KINDS: Final = ("refuse", "delay", "drop")
#: What a drawn failure refuses or loses: what tests do most, and wait with.
_ACTIONS: Final = ("RunInstances", "StartInstance", "StopInstance", "RebootInstance", "InvokeCommand", "Describe*")


@dataclass(frozen=True)
class ApiFailure(Fault):
    """Calls of some actions go wrong, before their effect unless asked otherwise.

    One SDK sends RunInstances again, without a token, after a 5xx or a lost connection: a failure after the effect then
    makes a second batch.

    Args:
        action: the action's name, or a pattern such as `Describe*`.
        kind: `refuse` answers with `code`, `delay` answers `seconds` late, `drop` never answers.
        code: of a refusal, such as `Throttling`.
        status: of a refusal; the documented one of the code when left out.
        seconds: of a delay; in process, region time passes.
        times: how many calls; None for all.
        after_effect: whether the action is carried out first.
        retry_after: milliseconds that a refusal asks the client to wait, in the header that newer SDKs honour.
        message: of a refusal; the documented one of the code when left out.
    """

    action: str
    kind: str = "refuse"
    code: str = "ServiceUnavailable"
    status: int | None = None
    seconds: float = 0.0
    times: int | None = None
    after_effect: bool = False
    retry_after: int | None = None
    message: str | None = None
    capability: ClassVar = "break-api"
    ends: ClassVar = "calls succeed again"
    #: The compensation of a lapse is a call, which must succeed, and costs money.
    in_the_way: ClassVar = True
    examples: ClassVar = {
        "action": _ACTIONS,
        "kind": ("refuse", "drop"),
        "code": ("ServiceUnavailable", "Throttling", "InternalError"),
        "times": (1,),
        "after_effect": (False, True),
    }

    def __post_init__(self) -> None:
        """Look at the values.

        Raises:
            UsageError: one cannot be; the text says what to write.
        """
        super().__post_init__()
        if self.kind not in _KINDS:
            raise UsageError.expected_one_of("kind", self.kind, _KINDS)
        if self.status is not None and not 400 <= self.status <= 599:
            raise UsageError.expected_whole("status", self.status, 400, 599)
        if not self.code:
            raise UsageError.expected("code", self.code, "the code of a refusal, such as 'ServiceUnavailable'")
        if not 0 <= self.seconds < inf:
            raise UsageError.expected("seconds", self.seconds, "0 or more seconds")
        if self.times is not None and self.times < 1:
            raise UsageError.expected_whole("times", self.times, 1, unit="calls")
        if self.retry_after is not None and self.retry_after < 0:
            raise UsageError.expected_whole("retry_after", self.retry_after, 0, unit="milliseconds")
