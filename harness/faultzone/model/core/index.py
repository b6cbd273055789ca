"""Sets of rows, and which of them have each value of a field.

Each thing in a book has a row, a number that counts up and that no other gets. A set of rows is kept as bits, 1,024 to
a block: 200 numbers hold those of 200,000 things. So conditions are combined, counted and paged over at a cost that
hardly depends on how many things there are or meet them, and a change of a field costs one bit in two sets.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any, Final

#: How many bits number the rows of a block, and how many rows it has.
SHIFT: Final = 10
SIZE: Final = 1 << SHIFT
FULL: Final = (1 << SIZE) - 1

#: A set of rows: block -> its bits. No block is without any.
Rows = dict[int, int]
NONE: Final[Mapping[int, int]] = {}


def both(one: Mapping[int, int], other: Mapping[int, int]) -> Rows:
    """The rows that are in two sets."""
    if len(other) < len(one):
        one, other = other, one
    get = other.get
    return {block: common for block, bits in one.items() if (common := bits & get(block, 0))}


def either(sets: Iterable[Mapping[int, int]]) -> Mapping[int, int]:
    """The rows that are in any of some sets."""
    each = iter(sets)
    only = next(each, NONE)
    joined: Rows | None = None
    for more in each:
        if joined is None:
            joined = dict(only)
        for block, bits in more.items():
            joined[block] = joined.get(block, 0) | bits
    return only if joined is None else joined


def without(one: Mapping[int, int], other: Mapping[int, int]) -> Rows:
    """The rows of one set that are not in another."""
    get = other.get
    return {block: left for block, bits in one.items() if (left := bits & ~get(block, 0))}


def size(rows: Mapping[int, int]) -> int:
    """How many rows a set has."""
    return sum(map(int.bit_count, rows.values()))


def rows_of(numbers: Iterable[int]) -> Rows:
    """The set of these rows."""
    rows: Rows = {}
    for row in numbers:
        block = row >> SHIFT
        rows[block] = rows.get(block, 0) | 1 << (row & SIZE - 1)
    return rows


def first_of(block: int, bits: int) -> int:
    """The first row of a block that some bits stand for."""
    return (block << SHIFT) + (bits & -bits).bit_length() - 1


def rows_from(first: int, count: int) -> Rows:
    """The set of so many rows from a first one on."""
    rows: Rows = {}
    while count > 0:
        block, place = first >> SHIFT, first & SIZE - 1
        some = min(count, SIZE - place)
        rows[block] = (1 << some) - 1 << place
        first, count = first + some, count - some
    return rows


def places_of(bits: int) -> list[int]:
    """The places of the bits of a block, ascending."""
    if bits.bit_count() > SIZE // 8:
        return [place for place, digit in enumerate(bin(bits)[:1:-1]) if digit == "1"]
    places = []
    while bits:
        low = bits & -bits
        places.append(low.bit_length() - 1)
        bits ^= low
    return places


class Index:
    """Which rows have each value of one field. A value that a single row has is kept as that row alone."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: dict[Hashable, Rows | int] = {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Index) and {each: self.rows(each) for each in self._kept} == {
            each: other.rows(each) for each in other._kept
        }

    __hash__ = None  # type: ignore[assignment]

    def rows(self, value: Hashable) -> Mapping[int, int]:
        """The rows that have a value; not to be changed."""
        kept = self._kept.get(value)
        if kept is None:
            return NONE
        return kept if type(kept) is dict else rows_of((kept,))  # type: ignore[arg-type]

    def values(self) -> Iterable[Any]:
        """The values that some row has."""
        return self._kept.keys()

    def items(self) -> Iterator[tuple[Any, Mapping[int, int]]]:
        """Each value that some row has, with the rows that have it; those are not to be changed."""
        return ((value, self.rows(value)) for value in self._kept)

    def add(self, value: Hashable, row: int) -> None:
        """Note that a row has a value, which it has not had."""
        kept = self._kept.get(value)
        if type(kept) is dict:
            block = row >> SHIFT
            kept[block] = kept.get(block, 0) | 1 << (row & SIZE - 1)
        else:
            self._kept[value] = row if kept is None else rows_of((kept, row))  # type: ignore[arg-type]

    def add_rows(self, value: Hashable, rows: Mapping[int, int]) -> None:
        """Note that some rows have a value, which none of them has had."""
        kept = self._kept.get(value)
        if type(kept) is not dict:
            kept = self._kept[value] = {} if kept is None else rows_of((kept,))  # type: ignore[arg-type]
        for block, bits in rows.items():
            kept[block] = kept.get(block, 0) | bits

    def discard_rows(self, value: Hashable, rows: Mapping[int, int]) -> None:
        """Note that some rows no longer have a value, which all of them have had."""
        kept = self._kept[value]
        if type(kept) is not dict:
            del self._kept[value]
            return
        for block, bits in rows.items():
            left = kept[block] ^ bits
            if left:
                kept[block] = left
            else:
                del kept[block]
        if not kept:
            del self._kept[value]

    def discard(self, value: Hashable, row: int) -> None:
        """Note that a row no longer has a value, which it has had."""
        kept = self._kept[value]
        if type(kept) is not dict:
            del self._kept[value]
            return
        block = row >> SHIFT
        left = kept[block] ^ 1 << (row & SIZE - 1)
        if left:
            kept[block] = left
        else:
            del kept[block]
            if not kept:
                del self._kept[value]

    def take(self, other: Index) -> None:
        """Have what another index has, which is not used any more."""
        self._kept = other._kept


class Partial(Index):
    """An index that is being made: it knows the rows of the blocks below one, and passes over all others.

    Attributes:
        below: the block.
    """

    __slots__ = ("below",)

    def __init__(self) -> None:
        super().__init__()
        self.below = 0

    def _known(self, rows: Mapping[int, int]) -> Rows:
        return {block: bits for block, bits in rows.items() if block < self.below}

    def add(self, value: Hashable, row: int) -> None:
        """Note that a row has a value, if it is known."""
        if row >> SHIFT < self.below:
            super().add(value, row)

    def add_rows(self, value: Hashable, rows: Mapping[int, int]) -> None:
        """Note that some rows have a value, those that are known."""
        if known := self._known(rows):
            super().add_rows(value, known)

    def discard_rows(self, value: Hashable, rows: Mapping[int, int]) -> None:
        """Note that some rows no longer have a value, those that are known."""
        if known := self._known(rows):
            super().discard_rows(value, known)

    def discard(self, value: Hashable, row: int) -> None:
        """Note that a row no longer has a value, if it is known."""
        if row >> SHIFT < self.below:
            super().discard(value, row)
