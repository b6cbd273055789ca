"""The fault of the API: chosen calls are refused, throttled, delayed, lost or ignored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import ClassVar, Final

from faultzone.clock import see_moment
from faultzone.errors import UsageError
from faultzone.faults.calls import RETRIED, OfCalls, see_code
from faultzone.faults.fault import BEYOND

#: What a drawn failure refuses or loses: what tests do most, and wait with.
_ACTIONS: Final = ("RunInstances", "StartInstance", "StopInstance", "RebootInstance", "InvokeCommand", "Describe*")

#: The refusals of launches that known clients branch on, by client.
BRANCHED_ON: Final[Mapping[str, tuple[str, ...]]] = {
    "karpenter": (
        "QuotaExceed.ElasticQuota",
        "QuotaExceeded.ElasticQuota",
        "QuotaExceed.Instance",
        "QuotaExceed.Spot",
        "Zone.NotOnSale",
        "InvalidVSwitchId.IpNotEnough",
        "Forbidden.RiskControl",
        "OperationDenied.NoStock",
    ),
    "machine-controller-manager": ("OperationDenied.ZoneNotAllowed", "OperationDenied.CloudSSDNotSupported"),
    "terraform": (
        "LastTokenProcessing",
        "IdempotentProcessing",
        "Operation.Conflict",
        "Throttling.Api",
        "Throttling.ConcurrentLimitExceeded",
        "ServiceUnavailable",
    ),
}


def branched_on(codes: str | Sequence[str]) -> list[str]:
    """The codes that a known client branches on.

    Args:
        codes: the name of the client, in `BRANCHED_ON`; `all` for the codes of all of them; or a list of codes, which
            is returned as it is.

    Raises:
        UsageError: no such client is known, or there are no codes.
    """
    if not isinstance(codes, str):
        given: object = codes
        if not isinstance(given, Sequence) or not given:
            raise UsageError.expected("codes", given, "at least one code, such as 'OperationDenied.NoStock'")
        return list(codes)
    if codes == "all":
        return [code for branches in BRANCHED_ON.values() for code in branches]
    if codes not in BRANCHED_ON:
        raise UsageError.expected_one_of("codes", codes, ["all", *BRANCHED_ON])
    return list(BRANCHED_ON[codes])


@dataclass(frozen=True)
class ApiFailure(OfCalls):
    """Calls of some actions go wrong, before their effect unless asked otherwise; its fields say which calls.

    One SDK sends RunInstances again, without a token, after a 5xx or a lost connection: a failure after the effect then
    makes a second batch.

    Args:
        action: the action's name, or a pattern such as `Describe*`.
        kind: `refuse` answers with `code`, `delay` answers `seconds` late, `drop` never answers, `ignore` answers as if
            the call were carried out, and does nothing.
        code: of a refusal, such as `Throttling`.
        status: of a refusal; the documented one of the code when left out.
        seconds: of a delay; in process, region time passes.
        after_effect: whether the action is carried out first: then it is the answer that is late or lost.
        retry_after: milliseconds that a refusal asks the client to wait, in the header that newer SDKs honour.
        message: of a refusal; the documented one of the code when left out.
    """

    kind: str = "refuse"
    code: str = "ServiceUnavailable"
    status: int | None = None
    seconds: float = 0.0
    after_effect: bool = False
    retry_after: int | None = None
    message: str | None = None
    documented: ClassVar = {"refuse": RETRIED, "delay": RETRIED, "drop": RETRIED, "ignore": BEYOND}
    examples: ClassVar = {
        "action": _ACTIONS,
        "kind": ("refuse", "drop"),
        "code": ("ServiceUnavailable", "Throttling", "InternalError"),
        "times": (1,),
        "after_effect": (False, True),
    }
    choices: ClassVar = {"kind": (*documented,)}
    #: The fields that change something with some kinds alone, and these.
    acts_with: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "code": ("refuse",),
        "status": ("refuse",),
        "message": ("refuse",),
        "retry_after": ("refuse",),
        "seconds": ("delay",),
        "after_effect": ("refuse", "delay", "drop"),
    }

    def __post_init__(self) -> None:
        """Look at the values.

        Raises:
            UsageError: one cannot be; the text says what to write.
        """
        super().__post_init__()
        if self.status is not None and not 400 <= self.status <= 599:
            raise UsageError.expected_whole("status", self.status, 400, 599)
        see_code(self.code)
        if not 0 <= self.seconds < inf:
            raise UsageError.expected("seconds", self.seconds, "0 or more seconds")
        see_moment("seconds", self.seconds)
        if self.retry_after is not None and self.retry_after < 0:
            raise UsageError.expected_whole("retry_after", self.retry_after, 0, unit="milliseconds")
        if self.kind == "delay" and not self.seconds:
            raise UsageError.expected("seconds", self.seconds, "more than 0 seconds with kind='delay'")
        for name, kinds in self.acts_with.items():
            if self.kind not in kinds and getattr(self, name) != getattr(type(self), name):
                known = " or ".join(map(repr, kinds))
                raise UsageError(
                    f"{name}={getattr(self, name)!r}: it changes nothing with kind={self.kind!r}: leave it out, or "
                    f"write kind={known}"
                )
