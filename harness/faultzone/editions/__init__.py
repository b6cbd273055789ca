"""Editions: the dated sets of documented limits and rules, as data.

`load("2019-02")` is the edition of February 2019. A test that wants a region with another limit derives one::

    edition = load("2019-02").changed({"deployment_set.zone_limit": 20})
"""

from __future__ import annotations

from typing import Final

from faultzone.editions import edition_2019_02, edition_2020_12, edition_2026_10
from faultzone.editions.edition import Date, Edition, date_text
from faultzone.errors import UsageError

__all__ = ["DEFAULT", "EDITIONS", "Date", "Edition", "date_text", "load", "names"]

#: All editions, oldest first.
EDITIONS: Final = (edition_2019_02.EDITION, edition_2020_12.EDITION, edition_2026_10.EDITION)
DEFAULT: Final = "2019-02"


def names() -> tuple[str, ...]:
    """The names of the editions, oldest first."""
    return tuple(each.name for each in EDITIONS)


def load(name: str = DEFAULT) -> Edition:
    """The edition of that name.

    Raises:
        UsageError: there is none.
    """
    for each in EDITIONS:
        if each.name == name:
            return each
    raise UsageError.unknown("edition", name, names())
