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
    ├── ConditionBroken     what a test said must hold over time does not, or that cannot be known (an AssertionError)
    └── WaitTimeout         a documented time passed and what was waited for did not come (an AssertionError: the
                            region deviates)

A refusal by the API is none of these: it is `faultzone.api.errors.ApiError`. `UnmetFault` is a warning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Self

#: A message lists at most this many allowed values, and this many characters of a wrong one.
_LISTED = 30
_SHOWN = 200


class FaultzoneError(Exception):
    """The base of everything that the harness raises."""


class UsageError(FaultzoneError, ValueError):
    """A test asked for something impossible. The text says what was given, what is allowed, and what to write.

    The class methods make the frequent texts. Each returns the error, for the caller to raise.
    """

    @classmethod
    def expected(cls, name: str, value: object, allowed: str) -> Self:
        """`port=0: expected a port from 1 to 65535`."""
        return cls(f"{name}={_shown(value)}: expected {allowed}")

    @classmethod
    def expected_one_of(cls, name: str, value: object, allowed: Iterable[object]) -> Self:
        """`clock='wall': expected 'virtual' or 'hybrid'`, with the nearest first when there are many."""
        known = list(allowed)
        return cls(f"{name}={_shown(value)}: {nearest(value, known)}expected {_choice(known)}")

    @classmethod
    def expected_whole(cls, name: str, value: object, least: int, most: int | None = None, *, unit: str = "") -> Self:
        """`zones=0: expected a whole number from 1 to 26`; `unit` is a plural such as `seconds`."""
        limits = f", {least} or more" if most is None else f" from {least} to {most}"
        return cls(f"{name}={_shown(value)}: expected a whole number{f' of {unit}' * bool(unit)}{limits}")

    @classmethod
    def unknown(cls, what: str, name: object, known: Iterable[object] = (), *, where: str = "", see: str = "") -> Self:
        """`unknown edition '2019-2': did you mean '2019-02'? expected one of …`.

        Args:
            what: the noun for the thing with the name.
            name: the name that was given.
            known: the names that exist.
            where: what it was given in, such as `in supply`.
            see: where the user finds these names. It replaces a long list.
        """
        names = list(known)
        near = nearest(name, names)
        listed = f"expected {_choice(names)}" if names and (len(names) <= _LISTED or not see) else ""
        advice = near + ("" if near and see else see or listed)
        given = f"unknown {what} {_shown(name)}{f' {where}' * bool(where)}"
        return cls(f"{given}: {advice.rstrip()}" if advice else given)


class ShapeError(UsageError):
    """The shape of a region is impossible: no zones, negative hosts, an unknown family."""


class UnknownTarget(UsageError):
    """The target of a control verb does not exist, or no longer exists. An undo of it is done."""


class NotSupported(FaultzoneError):
    """The backend cannot do or show this. The verdict is not-supported, with this text as its reason."""

    @classmethod
    def lacking(cls, what: str, backend: str, capability: str) -> Self:
        """`HostCrash: the memory backend lacks the capability 'break-hosts': …`, with what to write.

        Args:
            what: the fault or the verb that was asked for.
            backend: the name of the backend.
            capability: what it would need.
        """
        return cls(
            f"{what}: the {backend} backend lacks the capability {capability!r}: "
            f"mark the test with pytest.mark.needs({capability!r})"
        )


class HarnessError(FaultzoneError):
    """The harness or its environment failed. Nothing is known about the region under test."""


class Unanswered(HarnessError):
    """An endpoint gave no answer to a call, or an unreadable one. The effect of the call is unknown.

    Attributes:
        kind: `refused` (nothing listens), `lost` (the connection was closed), `reset`, `late` (no answer in time),
            `throttled`, `unavailable`, or `unreadable`.
        status: the status of the answer; 0 without an answer.
        location: the URL of a redirect, or empty.
    """

    def __init__(self, text: str, kind: str = "unreadable", *, status: int = 0, location: str = "") -> None:
        super().__init__(text)
        self.kind, self.status, self.location = kind, status, location


class Inconclusive(FaultzoneError):
    """The region could not be observed well enough for a verdict. The verdict is inconclusive, never conformance."""


class SubstrateSilent(HarnessError):
    """The substrate did not send its reports within the time that the backend allows."""


class UndoFailed(HarnessError):
    """An undo failed, or did not take effect before its deadline."""


class UnmetFault(UserWarning):
    """A fault broke nothing that anything met, was skipped, or never came. The test shows less than it says.

    Attributes:
        where: the file and the line of the test that injected it, if they are known.
    """

    where: tuple[str, int] | None = None


class NoAnswer(FaultzoneError, ConnectionError):
    """A fault of the API lost the call or its answer. The caller does not know its effect.

    Args:
        message: which call.
        how: how the connection broke, for an endpoint; see `BrokenConnection`. Empty where it is closed.
        answer: the answer of which a part is sent.
    """

    def __init__(self, message: str, how: str = "", answer: Mapping[str, Any] | None = None) -> None:
        self.how, self.answer = how, answer
        super().__init__(message)


class IncompleteAnswer(FaultzoneError, AssertionError):
    """The answer of an endpoint lacks a field or an item, or has it in another place."""


class NotListed(IncompleteAnswer, LookupError):
    """A listing of the region omits an item that the test needs."""


class ConditionBroken(FaultzoneError, AssertionError):
    """A condition over time does not hold, or that is not known. The text has the entries that show it."""


class WaitTimeout(FaultzoneError, AssertionError):
    """A wait reached its timeout: the expected condition did not become true in the documented time."""


def _shown(value: object) -> str:
    """A value as a message shows it, at most `_SHOWN` characters long."""
    try:
        shown = repr(value)
    except Exception:  # Of a class of the caller's, or of a number with too many digits.
        shown = f"<{type(value).__name__}>"
    if not shown.isprintable():  # One line, which moves no cursor.
        shown = "".join(
            each if each.isprintable() else each.encode("unicode-escape").decode() for each in shown[:_SHOWN]
        )
    return shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 3]}..."


def _choice(allowed: list[object]) -> str:
    """The allowed values for a message: `'a'`, `'a' or 'b'`, `one of 'a', 'b', 'c'`."""
    shown = [_shown(each) for each in allowed[:_LISTED]]
    if not shown:
        return "none, because there are none"
    if len(shown) <= 2:
        return " or ".join(shown)
    return f"one of {', '.join(shown)}" + (f" and {len(allowed) - _LISTED} more" if len(allowed) > _LISTED else "")


def nearest(value: object, known: Sequence[object], before: str = "") -> str:
    """`did you mean 'b'? ` for a name near a known one, with what is said before that; empty where none is near."""
    from difflib import get_close_matches  # Slow to import, and only a mistake needs it.

    names = [each for each in known if isinstance(each, str)]
    near = get_close_matches(value, names, 1) if isinstance(value, str) else []
    return f"{before}did you mean {near[0]!r}? " if near else ""
