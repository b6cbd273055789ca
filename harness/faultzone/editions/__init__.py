"""Editions: the dated sets of documented limits and rules, as data.

`load("2019-02")` is the edition of February 2019. A test that wants a region with another limit derives one::

    edition = load("2019-02").changed({"deployment_set.zone_limit": 20})
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from faultzone.editions import edition_2019_02, edition_2020_12, edition_2026_10
from faultzone.editions.edition import Date, Edition, date_text
from faultzone.errors import UsageError

__all__ = ["DEFAULT", "EDITIONS", "MANUAL", "Date", "Edition", "date_text", "follow", "followed", "load", "names"]

#: All editions, oldest first.
EDITIONS: Final = (edition_2019_02.EDITION, edition_2020_12.EDITION, edition_2026_10.EDITION)
#: The name of the edition of the operations manual.
MANUAL: Final = EDITIONS[0].name
#: The name of the newest complete edition, which a region follows that nobody asks for another.
DEFAULT: Final = [each.name for each in EDITIONS if each.complete][-1]


def names() -> tuple[str, ...]:
    """The names of the editions, oldest first."""
    return tuple(each.name for each in EDITIONS)


#: What regions follow that are made from now on in this process, the last alone.
_followed: Final[list[str]] = [DEFAULT]


def followed() -> str:
    """The edition that a region follows where nobody asks for one: the newest complete one, unless a test pins one."""
    return _followed[-1]


def follow(name: str) -> Callable[[], None]:
    """Let regions that are made from now on in this process follow an edition; returns what ends that.

    Raises:
        UsageError: there is no such edition.
    """
    pinned = load(name).name
    _followed.append(pinned)

    def end() -> None:
        if pinned in _followed[1:]:
            del _followed[len(_followed) - 1 - _followed[::-1].index(pinned)]

    return end


def load(name: str | None = None) -> Edition:
    """The edition of that name; without one, the edition that a region follows where nobody asks for one.

    Raises:
        UsageError: there is none.
    """
    asked = followed() if name is None else name
    for each in EDITIONS:
        if each.name == asked:
            return each
    raise UsageError.unknown("edition", asked, names())
