"""Users and groups of an instance, from its own files.

The C library would ask plug-ins, which are those of another system where the instance's root is an image of the user's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class User:
    """Somebody whom the system knows: name, number, first group, home, and all groups."""

    name: str
    number: int
    group: int
    home: str
    groups: list[int]


class NoGroup(LookupError):
    """There is no group of a name."""


def _lines(path: str, fields: int) -> Iterator[list[str]]:
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            parts = line.rstrip("\n").split(":")
            if len(parts) >= fields and parts[2].isdigit():
                yield parts


def user(name: str) -> User:
    """The user of this name.

    Raises:
        LookupError: there is none.
    """
    for known, _, number, group, _, home, *_ in _lines("/etc/passwd", 6):
        if known == name and group.isdigit():
            others = [int(each[2]) for each in _lines("/etc/group", 4) if name in each[3].split(",")]
            return User(name, int(number), int(group), home, [int(group), *others])
    raise LookupError(f"there is no user {name}")


def group(name: str) -> int:
    """The number of the group of this name.

    Raises:
        NoGroup: there is none.
    """
    for known, _, number, *_ in _lines("/etc/group", 3):
        if known == name:
            return int(number)
    raise NoGroup(f"there is no group {name}")
