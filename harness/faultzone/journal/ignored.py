"""The parameters that no edition has, over many calls: a call that has one is a mistake, or newer than the editions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

#: The codes of what is not simulated; their refusals say why.
NOT_SIMULATED: Final = frozenset(
    {"UnsupportedParameter", "InvalidAction", "InvalidAction.NotFound", "InvalidApi.NotFound", "InvalidVersion"}
)
#: So many names of an action are remembered, and so many actions are told of.
_NAMES: Final = 100
_TOLD: Final = 20
#: So many names of one action are told of.
_SHOWN: Final = 10

#: Action -> the names that no edition has, in the order in which they first came.
Ignored = dict[str, dict[str, None]]


def note(ignored: Ignored, action: str, names: Iterable[str]) -> None:
    """Remember names that a call of an action gave, as they can be shown and sent: whatever is no text is escaped."""
    known = ignored.setdefault(action, {})
    for given in names:
        name = given if given.isprintable() else ascii(given)[1:-1]
        if name in known or len(known) >= _NAMES:
            continue
        known[name] = None


def lines(ignored: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """What a reader is told of them, each name once with its action."""
    for action, found in sorted(ignored.items())[:_TOLD]:
        names = list(found)
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        yield f"ignored, since no edition has it: {', '.join(f'{action} {name}' for name in names[:_SHOWN])}{more}"
    if len(ignored) > _TOLD:
        yield f"and parameters of {len(ignored) - _TOLD} other actions"
