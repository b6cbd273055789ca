"""The functions that a test has planned with `Region.call_at`, and what they raise."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Final, TypeVar

from faultzone.api.callers import CALLER

T = TypeVar("T")

#: Whether a planned function runs in this thread.
_ACTING: Final[ContextVar[bool]] = ContextVar("acting", default=False)
#: The name of the probe that is asked in this thread; empty if none is.
ASKED: Final[ContextVar[str]] = ContextVar("asked", default="")


class PlannedFunctions:
    """Keeps what planned functions raise, until the test itself lets time pass, waits, or ends its region.

    Time passes in a call of a client too, and in a thread of an endpoint. Whoever is there is not the one to be told.
    """

    def __init__(self) -> None:
        self._raised: list[BaseException] = []

    def keeping(self, function: Callable[[], object]) -> Callable[[], None]:
        """The function, with what it raises kept; what ends the program is raised at once."""

        def act() -> None:
            before = _ACTING.set(True)
            try:
                function()
            except (KeyboardInterrupt, SystemExit, GeneratorExit):
                raise
            except BaseException as error:  # pytest.fail raises no Exception.
                self._raised.append(error)
            finally:
                _ACTING.reset(before)

        return act

    def tell(self) -> None:
        """Raise the first of what is kept, with a note for each of the others; not within a call of a client, nor
        within a planned function."""
        if self._raised and CALLER.get() is None and not _ACTING.get():
            first = self._raised.pop(0)
            self.note_on(first)
            raise first

    def telling(self, predicate: Callable[[], T]) -> Callable[[], T]:
        """What a wait asks: what is kept is raised before the predicate is asked."""
        given: object = predicate
        if not callable(given):  # The wait refuses it.
            return predicate

        def ask() -> T:
            self.tell()
            return predicate()

        return ask

    def note_on(self, error: BaseException) -> None:
        """Note what is kept on an error that is raised anyway."""
        raised, self._raised = self._raised, []
        for each in raised:
            error.add_note(f"A function of call_at raised {each!r}.")
