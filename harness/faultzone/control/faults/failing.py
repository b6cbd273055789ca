"""The calls that go wrong: what every call of a backend looks at, so that it knows no fault until there is one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from faultzone.api.ecs import ECS
from faultzone.api.errors import ApiError
from faultzone.clock import SECOND, in_words
from faultzone.errors import NoAnswer

if TYPE_CHECKING:
    from faultzone.api.callers import Caller
    from faultzone.control.faults.api import Failing
    from faultzone.control.local import Local


class Made(NamedTuple):
    """A call.

    Attributes:
        action: its action.
        parameters: as it was made.
        caller: whose it is; None for the test's own.
        product: of its action.
        account: the ID of the account that it is of; None for the first.
    """

    action: str
    parameters: Mapping[str, Any]
    caller: Caller | None
    product: str = ECS
    account: str | None = None


class FailingCalls:
    """What becomes of calls: the faults of the API in the order in which they were injected, and who awaits calls.

    Args:
        backend: whose calls.

    Attributes:
        faults: those in force.
        begun: those in force, and those that have ended.
        awaiting: what is told of each call once it was carried out, or has gone wrong.
        keyrings: what gives the IDs of the access keys that each endpoint takes, whose clients can be meant.
    """

    def __init__(self, backend: Local) -> None:
        self._backend = backend
        self.faults: list[Failing] = []
        self.begun: list[Failing] = []
        self.awaiting: list[Callable[[Made], object]] = []
        self.keyrings: list[Callable[[], Iterable[str]]] = []

    @property
    def delaying(self) -> bool:
        """Whether one of them delays calls."""
        return bool(self.faults) and any(each.delay is not None for each in self.faults)

    def answer(self, call: Made) -> dict[str, Any]:
        """Answer a call that faults may delay or let go wrong, and tell whoever awaits it.

        Raises:
            NoAnswer: it is lost, or comes later than its client waits for it.
        """
        try:
            return self._answer(call)
        finally:
            for each in [*self.awaiting]:
                each(call)

    def _answer(self, call: Made) -> dict[str, Any]:
        backend, caller = self._backend, call.caller
        late = None if caller is not None and caller.met else self.meet(call, delays=True)
        if late is None:
            return self._go_wrong(call)
        length, patience = round((late.delay or 0) * SECOND), None if caller is None else caller.patience
        if patience is None or length <= patience:
            if not late.after_effect:
                backend.advance(length)
                return self._go_wrong(call)
            try:
                return self._go_wrong(call)
            finally:
                backend.advance(length)
        # What nobody waits for any more happens all the same.
        if late.after_effect:
            self._go_wrong_unheard(call)
        else:
            with backend.locked():
                backend.plan(length, lambda: self._go_wrong_unheard(call))
        backend.advance(patience)
        raise NoAnswer(f"{call.action} was not answered within {in_words(patience)}")

    def _go_wrong_unheard(self, call: Made) -> None:
        with suppress(ApiError, NoAnswer):
            self._go_wrong(call)

    def _go_wrong(self, call: Made) -> dict[str, Any]:
        """Carry a call out, unless a fault says otherwise."""
        failing = self.meet(call, delays=False)
        return self._backend.carry_out(call) if failing is None else failing.answer(call)

    def meet(self, call: Made, *, delays: bool) -> Failing | None:
        """The first fault in force that meets a call, of those that delay it or of the others, counted as used and
        journalled."""
        failing = self._take(call, delays=delays)
        if failing is not None:
            said = {"fault": "ApiFault", "action": call.action, "does": failing.does}
            self._backend.note("fault", {**said, "after_effect": failing.after_effect})
        return failing

    def _take(self, call: Made, *, delays: bool) -> Failing | None:
        for each in self.faults:
            if (each.delay is not None) is delays and each.meets(call):
                if each.left == 0:
                    self.faults = [other for other in self.faults if other is not each]
                return each
        return None
