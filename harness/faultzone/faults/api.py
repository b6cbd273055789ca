"""The fault of the API: chosen actions are refused, throttled, delayed or lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from faultzone.faults.base import Fault
from faultzone.faults.promises import number_of

if TYPE_CHECKING:
    from faultzone.backends import Backend


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
        retry_after: milliseconds that a refusal asks the client to wait.
    """

    action: str
    kind: str = "refuse"
    code: str = "ServiceUnavailable"
    status: int | None = None
    seconds: float = 0.0
    times: int | None = None
    after_effect: bool = False
    retry_after: int | None = None
    capability: ClassVar[str] = "break-api"
    #: A lapse is made good by a call that must be answered, and paid for.
    in_the_way: ClassVar[bool] = True

    def asks(self) -> tuple[str, dict[str, Any]]:
        """Let them go wrong."""
        return "api-fault", asdict(self)

    def undo(self, backend: Backend, injected: Mapping[str, Any]) -> None:
        """Let calls go right, as far as this fault is concerned."""
        backend.control("remove-api-fault", {"id": number_of(injected)})

    def undone(self, backend: Backend, injected: Mapping[str, Any]) -> bool:
        """It is no longer among those in force."""
        return injected["id"] not in backend.control("api-faults", {})["ids"]
