"""What breaks the API itself: chosen calls refused, delayed, dropped or ignored."""

from __future__ import annotations

from abc import ABC, abstractmethod
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

from faultzone.api.errors import ApiError
from faultzone.control.faults import aims
from faultzone.control.faults.breaks import Breakers, Breaking, breaks
from faultzone.errors import NoAnswer, UsageError
from faultzone.faults.api import ApiFailure
from faultzone.faults.calls import ENDPOINT, EVERYONE, OfCalls
from faultzone.journal.timeline import names
from faultzone.model.core.dispatch import ACTIONS, find_actions

if TYPE_CHECKING:
    from faultzone.api.callers import Caller
    from faultzone.control.faults.failing import Made
    from faultzone.control.local import Local
    from faultzone.faults.calls import Call

BREAKERS: Final[Breakers] = {}


def _is_meant(only: str | None, caller: Caller | None) -> bool:
    """Whether a call of this caller is meant: by default that of any client; see `ApiFailure`."""
    if caller is None:  # The test itself.
        return only == EVERYONE
    return only in (None, EVERYONE, caller.key) or (only == ENDPOINT and caller.served)


def aims_at(what: OfCalls | Call, call: Made) -> bool:
    """Whether a call is of those that are meant, whichever of them."""
    if not (fnmatchcase(call.action, what.action) and _is_meant(what.only, call.caller)):
        return False
    return what.about is None or names(call.parameters, what.about)


class Failing(ABC):
    """A fault of the API in force, and what becomes of the calls that it meets.

    Args:
        backend: whose calls.
        fault: it.

    Attributes:
        delay: for how many seconds it delays calls; None for one that does something else.
        after_effect: whether a call that it delays is carried out first.
        left: for how many calls it still is; None for all.
        met: how many it met.
    """

    delay: float | None = None
    after_effect = False

    def __init__(self, backend: Local, fault: OfCalls) -> None:
        self.backend, self.fault = backend, fault
        self.left, self.met, self._seen = fault.times, 0, 0
        number = len(backend.failing_calls.begun) + 1
        #: What decides which calls it meets, and what of them.
        self.chance = backend.cloud.world.stream(f"fault of the API {number}")

    @property
    def does(self) -> str:
        """What it does, for the journal."""
        return type(self.fault).__name__

    def concerns(self, call: Made) -> bool:
        """Whether a call is one that it is for, whichever of them."""
        return aims_at(self.fault, call)

    def meets(self, call: Made) -> bool:
        """Whether it meets a call, which is counted."""
        fault = self.fault
        if not self.concerns(call):
            return False
        self._seen += 1
        if self._seen < (fault.nth or 1):
            return False
        if fault.share is not None and self.chance.random() >= fault.share:
            return False
        self.met += 1
        if self.left is not None:
            self.left -= 1
        return True

    @abstractmethod
    def answer(self, call: Made) -> dict[str, Any]:
        """Answer a call that it meets.

        Raises:
            ApiError: it refuses the call, or the region does.
            NoAnswer: the call or its answer is lost.
        """

    def refuse(self, call: Made, error: ApiError) -> ApiError:
        """The refusal of a call, with the number of a request; the journal has it like one of the region."""
        error.request_id = self.request_id()
        self.backend.note_refused(call, error, type(self.fault).__name__)
        return error

    def request_id(self) -> str:
        """The number of a request."""
        with self.backend.locked():
            return self.backend.cloud.world.request_id()


class _Failure(Failing):
    """Calls that go wrong."""

    fault: ApiFailure

    def __init__(self, backend: Local, fault: ApiFailure) -> None:
        super().__init__(backend, fault)
        self.delay = fault.seconds if fault.kind == "delay" else None
        self.after_effect = fault.after_effect

    @property
    def does(self) -> str:
        return self.fault.kind

    def answer(self, call: Made) -> dict[str, Any]:
        fault = self.fault
        if fault.after_effect:
            self.backend.carry_out(call)
        if fault.kind == "ignore":
            return {"RequestId": self.request_id()}
        if fault.kind == "drop":
            raise NoAnswer(f"{call.action} was not answered")
        error = ApiError(fault.code, fault.message, fault.status)
        error.retry_after = fault.retry_after
        raise self.refuse(call, error)


def check_actions(backend: Local, fault: OfCalls) -> None:
    """See that there are actions that it is of, and what it is aimed at.

    Raises:
        UsageError: there is not.
    """
    find_actions(fault.action)
    aims.see(backend, fault)


def check(backend: Local, fault: ApiFailure) -> None:
    """The same.

    Raises:
        UsageError: there are none; or some that it ignores answer more than that they were carried out.
    """
    check_actions(backend, fault)
    found = find_actions(fault.action)
    if fault.kind == "ignore":
        requests = {name: entry.request for (_, name), entry in ACTIONS.items() if name in found}
        telling = [name for name, each in requests.items() if not each.writes or {*each.answer.table} - {"RequestId"}]
        if telling:
            raise UsageError(
                f"kind='ignore': expected an action that answers its RequestId alone, such as StopInstance; "
                f"{telling[0]} answers what only carrying it out can tell"
            )


def in_force(backend: Local, failing: Failing) -> Breaking:
    """Let a fault meet calls until it has run out, or ends."""
    calls = backend.failing_calls
    calls.begun.append(failing)
    calls.faults = [*calls.faults, failing]
    yield lambda: failing not in calls.faults
    calls.faults = [each for each in calls.faults if each is not failing]


@breaks(ApiFailure, BREAKERS, check=check)
def fail(backend: Local, fault: ApiFailure) -> Breaking:
    """Let calls go wrong until it has run out, or ends."""
    yield from in_force(backend, _Failure(backend, fault))
