"""What the harness itself raises.

    FaultzoneError
    ├── UsageError          a test asked for something that cannot be: it says what to write instead
    │   ├── ShapeError      a region of a shape that cannot be
    │   ├── UnknownTarget   what a control verb names is not there, or not any more
    │   └── UnknownClause   (in `faultzone.clauses`) a test names a clause that the registry does not have
    ├── NotSupported        the chosen backend cannot do or see this; the reason is in the text
    ├── HarnessError        the harness or its substrate failed: never a verdict on the region under test
    │   ├── Unanswered      an endpoint gave no answer, or one that cannot be read
    │   ├── SubstrateSilent the substrate has not reported within the grace that the backend allows
    │   └── UndoFailed      a fault could not be undone, or not in time: what follows is about a broken region
    ├── Inconclusive        the region could not be observed well enough to judge it
    ├── NoAnswer            a fault of the API lost the call or its answer (a ConnectionError)
    ├── IncompleteAnswer    the answer of an endpoint lacks what is documented, or has another shape (an
    │   │                   AssertionError: it deviates)
    │   └── NotListed       a listing leaves out what a test looks for (a LookupError)
    └── WaitTimeout         a documented time passed and the awaited did not come (an AssertionError: the region
    deviates)

A refusal by the API is none of these: it is `faultzone.api.errors.ApiError`.
"""

from __future__ import annotations


class FaultzoneError(Exception):
    """The base of everything that the harness raises."""


class UsageError(FaultzoneError, ValueError):
    """A test asked for something that cannot be. The text says what to write instead."""


class ShapeError(UsageError):
    """A region of this shape cannot be: no zones, negative hosts, an unknown family."""


class UnknownTarget(UsageError):
    """What a control verb names is not there: it never was, or has gone. What is to be undone there is done."""


class NotSupported(FaultzoneError):
    """The chosen backend cannot do or observe this. The verdict is not-supported, with this text as its reason."""


class HarnessError(FaultzoneError):
    """The harness, or what it runs on, failed. Nothing is known about the region under test."""


class Unanswered(HarnessError):
    """An endpoint gave no answer to a call, or one that cannot be read: whether it had an effect is not known.

    Attributes:
        kind: `refused` (nothing listens), `lost` (the connection was ended), `reset`, `late` (no answer in time),
            `throttled`, `unavailable`, or `unreadable`.
        status: of what was answered; 0 where nothing was.
        location: the URL to which a redirect leads, or nothing.
    """

    def __init__(self, text: str, kind: str = "unreadable", *, status: int = 0, location: str = "") -> None:
        super().__init__(text)
        self.kind, self.status, self.location = kind, status, location


class Inconclusive(FaultzoneError):
    """What happened could not be observed well enough to judge. The verdict is inconclusive, never conformance."""


class SubstrateSilent(HarnessError):
    """The substrate has not reported what it owes within the grace of the backend."""


class UndoFailed(HarnessError):
    """A fault could not be undone, or its end state is not what was promised by the deadline of its undo."""


class NoAnswer(FaultzoneError, ConnectionError):
    """A fault of the API lost the call or its answer: whether it had an effect is not known to the caller."""


class IncompleteAnswer(FaultzoneError, AssertionError):
    """A test looked for a field or an item that the answer of an endpoint does not have, or not where it belongs."""


class NotListed(IncompleteAnswer, LookupError):
    """A listing of the region leaves out what a test looks for."""


class WaitTimeout(FaultzoneError, AssertionError):
    """What a test waited for did not come within the time that the documentation gives it."""
