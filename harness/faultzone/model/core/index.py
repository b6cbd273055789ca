"""Indexes: which of the things that are listed have a value of a field, in the order in which they were made.

Each thing in a book has a row, a number that counts up and that no other gets. A set of rows is kept as bits, 1,024 to
a block: 200 numbers hold those of 200,000 things. So conditions are combined, counted and paged over at a cost that
hardly depends on how many things there are or meet them, and a change of a field costs one bit in two sets.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeVar

#: How many bits number the rows of a block, and how many rows it has.
_SHIFT: Final = 10
_SIZE: Final = 1 << _SHIFT
_FULL: Final = (1 << _SIZE) - 1

_DIGITS: Final = bytes.maketrans(b"\0\1", b"01")

#: How many scans are kept, those that were used last.
_SCANS: Final = 8

#: The row of what is in no book.
NOWHERE: Final = -1

#: A set of rows: block -> its bits. No block is without any.
Rows = dict[int, int]
NONE: Final[Mapping[int, int]] = {}
_row_of: Final = attrgetter("row")


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
        block = row >> _SHIFT
        rows[block] = rows.get(block, 0) | 1 << (row & _SIZE - 1)
    return rows


def first_of(block: int, bits: int) -> int:
    """The first row of a block that some bits stand for."""
    return (block << _SHIFT) + (bits & -bits).bit_length() - 1


def _places(bits: int) -> list[int]:
    """The places of the bits of a block, ascending."""
    if bits.bit_count() > _SIZE // 8:
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
            block = row >> _SHIFT
            kept[block] = kept.get(block, 0) | 1 << (row & _SIZE - 1)
        else:
            self._kept[value] = row if kept is None else rows_of((kept, row))  # type: ignore[arg-type]

    def add_all(self, value: Hashable, first: int, count: int) -> None:
        """Note that so many rows from a first one on have a value, which they have not had."""
        if count == 1:
            self.add(value, first)
            return
        kept = self._kept.get(value)
        if type(kept) is not dict:
            kept = self._kept[value] = {} if kept is None else rows_of((kept,))  # type: ignore[arg-type]
        while count > 0:
            block, place = first >> _SHIFT, first & _SIZE - 1
            some = min(count, _SIZE - place)
            kept[block] = kept.get(block, 0) | (1 << some) - 1 << place
            first, count = first + some, count - some

    def discard(self, value: Hashable, row: int) -> None:
        """Note that a row no longer has a value, which it has had."""
        kept = self._kept[value]
        if type(kept) is not dict:
            del self._kept[value]
            return
        block = row >> _SHIFT
        left = kept[block] ^ 1 << (row & _SIZE - 1)
        if left:
            kept[block] = left
        else:
            del kept[block]
            if not kept:
                del self._kept[value]


class Scan:
    """What a condition that no index knows has found, block by block. What it has found in a block is kept until the
    attribute of a thing in there changes, so that the pages of one listing look at each thing once.

    Args:
        attribute: what the condition is asked of: its values in a block give what meets it, for each True or False.
    """

    __slots__ = ("attribute", "found", "meet")

    def __init__(self, attribute: str, meet: Callable[[list[Any]], list[bool]]) -> None:
        self.attribute, self.meet = attribute, meet
        self.found: dict[int, int] = {}


class Filed(Protocol):
    """What can be in a book. Its row is the book's to set."""

    row: int


T = TypeVar("T")
F = TypeVar("F", bound=Filed)
Values = tuple[Hashable, ...]


class Field(NamedTuple):
    """What things are found by.

    Attributes:
        name: of the field.
        attribute: what it is read from: `Book.change` is the one way to change that of a thing in the book.
        read: the values of a thing.
        alike: whether things that are equal in the attribute have the same values.
    """

    name: str
    attribute: str
    read: Callable[[Any], Values]
    alike: bool = True


class Book(Generic[F]):
    """Things in the order in which they were made, with an index for each field that listings filter by.

    Things are filed under their fields, and taken out again, many at a time: when a listing asks for a field, or when
    a block of them has come together. So who lists little pays little.

    Args:
        fields: what things are found by; no two have one name.
    """

    def __init__(self, fields: Iterable[Field]) -> None:
        self.fields = tuple(fields)
        self._indexes = {field.name: Index() for field in self.fields}
        self._by_attribute: dict[str, list[tuple[Field, Index]]] = {}
        for field in self.fields:
            self._by_attribute.setdefault(field.attribute, []).append((field, self._indexes[field.name]))
        #: The rows of all things.
        self.all: Rows = {}
        self._things: dict[int, list[F | None]] = {}
        #: The rows below the one are filed, those below the other given; and things that are filed and no longer there.
        self._filed = self._next = 0
        self._leaving: list[F] = []
        self._scans: dict[Hashable, Scan] = {}

    def enter(self, things: Iterable[F]) -> None:
        """Take new things in, in their order."""
        row = self._next
        for thing in things:
            thing.row = row
            block, place = row >> _SHIFT, row & _SIZE - 1
            held = self._things.get(block)
            if held is None:
                held = self._things[block] = []
            if len(held) < place:  # The rows before it were forgotten with what had them.
                held.extend([None] * (place - len(held)))
            held.append(thing)
            self.all[block] = self.all.get(block, 0) | 1 << place
            for scan in self._scans.values():
                scan.found.pop(block, None)
            row += 1
        self._next = row
        if row - self._filed >= _SIZE:
            self._file()

    def drop(self, thing: F) -> None:
        """Forget a thing."""
        block, place = thing.row >> _SHIFT, thing.row & _SIZE - 1
        for scan in self._scans.values():
            scan.found.pop(block, None)
        left = self.all[block] ^ 1 << place
        if left:
            self.all[block] = left
            self._things[block][place] = None
        else:
            del self.all[block], self._things[block]
        if thing.row >= self._filed:
            thing.row = NOWHERE
            return
        self._leaving.append(thing)
        if len(self._leaving) >= _SIZE:
            self._leave()

    def _file(self) -> None:
        """File what has come since the last time."""
        things: list[F] = []
        for block in range(self._filed >> _SHIFT, (self._next - 1 >> _SHIFT) + 1):
            if block in self.all:
                first = max(0, self._filed - (block << _SHIFT))
                things += [thing for thing in self._things[block][first:] if thing is not None]
        self._filed = self._next
        for index, value, some in self._grouped(things):
            first, last = some[0].row, some[-1].row
            if last - first + 1 == len(some):
                index.add_all(value, first, len(some))
            else:
                for thing in some:
                    index.add(value, thing.row)

    def _leave(self) -> None:
        """Take out what has gone since the last time."""
        things, self._leaving = sorted(self._leaving, key=_row_of), []
        for index, value, some in self._grouped(things):
            for thing in some:
                index.discard(value, thing.row)
        for thing in things:
            thing.row = NOWHERE

    def _grouped(self, things: Sequence[F]) -> Iterator[tuple[Index, Hashable, Sequence[F]]]:
        """For each index the values of some things, with those that have them in one run."""
        for attribute, fields in self._by_attribute.items():
            at = 0
            for _, run in groupby(map(attrgetter(attribute), things)):
                count = sum(1 for _ in run)
                some = things if count == len(things) else things[at : at + count]
                at += count
                for field, index in fields:
                    for each in [some] if field.alike else [[thing] for thing in some]:
                        for value in field.read(each[0]):
                            yield index, value, each

    def _settle(self) -> None:
        if self._leaving:
            self._leave()
        if self._filed != self._next:
            self._file()

    @property
    def indexes(self) -> Mapping[str, Index]:
        """The index of each field."""
        self._settle()
        return self._indexes

    def move(self, thing: F, field: str, before: Hashable, after: Hashable) -> None:
        """Bring one index up to date after a change: a thing has another value, of which it has one alone."""
        if NOWHERE < thing.row < self._filed and before != after:
            index = self._indexes[field]
            index.discard(before, thing.row)
            index.add(after, thing.row)

    def values(self, thing: F, attribute: str) -> list[Values]:
        """What a thing has of the fields that are read from an attribute, to be given to `refile` after a change."""
        return [field.read(thing) for field, _ in self._by_attribute[attribute]]

    def refile(self, thing: F, attribute: str, before: Iterable[Values]) -> None:
        """Bring the indexes up to date after a change of what an attribute tells of a thing that is filed."""
        row = thing.row
        for (field, index), had in zip(self._by_attribute[attribute], before, strict=True):
            has = field.read(thing)
            if has != had:
                for value in had:
                    if value not in has:
                        index.discard(value, row)
                for value in has:
                    if value not in had:
                        index.add(value, row)

    def change(self, thing: F, attribute: str, value: object) -> None:
        """Change an attribute of a thing, whether or not it is in the book."""
        if NOWHERE < thing.row < self._filed:
            before = self.values(thing, attribute)
            setattr(thing, attribute, value)
            self.refile(thing, attribute, before)
        else:
            setattr(thing, attribute, value)
        for scan in self._scans.values():
            if scan.attribute == attribute:
                scan.found.pop(thing.row >> _SHIFT, None)

    def scanned(self, key: Hashable, attribute: str, meet: Callable[[list[Any]], list[bool]]) -> Rows:
        """The rows that meet a condition that no index knows; all that is not kept is looked at now.

        Args:
            key: the same for the same condition.
            attribute, meet: as `Scan` has them.
        """
        self.scan(key, attribute, meet, len(self.all))
        return both(self._scans[key].found, self.all)

    def scan(self, key: Hashable, attribute: str, meet: Callable[[list[Any]], list[bool]], most: int) -> bool:
        """Look at so many blocks of those that `scanned` would have to look at; whether none is left."""
        scan = self._scans.pop(key, None) or Scan(attribute, meet)
        self._scans[key] = scan
        if len(self._scans) > _SCANS:
            del self._scans[next(iter(self._scans))]
        left = [block for block in self.all if block not in scan.found]
        for block in left[:most]:
            bits = self.all[block]
            flags = meet([getattr(thing, attribute) for thing in self.things(block, bits)])
            if bits == _FULL:
                scan.found[block] = int(bytes(flags).translate(_DIGITS)[::-1], 2)
            else:
                scan.found[block] = sum(1 << place for place, meets in zip(_places(bits), flags, strict=True) if meets)
        return len(left) <= most

    def rows(self, field: str, *values: Hashable) -> Mapping[int, int]:
        """The rows that have any of some values of a field; not to be changed."""
        index = self.indexes[field]
        return index.rows(values[0]) if len(values) == 1 else either(map(index.rows, values))

    def rows_where(self, field: str, meets: Callable[[Any], object]) -> Mapping[int, int]:
        """The rows with a value that meets a condition, which is asked once of each value that there is."""
        index = self.indexes[field]
        return either(index.rows(value) for value in index.values() if meets(value))

    def rows_between(self, field: str, units: Sequence[int], first: float, last: float) -> Mapping[int, int]:
        """The rows with an instant from `first` to `last`, both of which are bounds of the finest unit.

        Args:
            field: has an index for each unit, which `instants` makes.
            units: in milliseconds, the coarsest first.
        """
        found: list[Mapping[int, int]] = []

        def look(units: Sequence[int], numbers: Iterable[int]) -> None:
            unit, finer = units[0], units[1:]
            index = self.indexes[f"{field}/{unit}"]
            for number in numbers:
                start, end = number * unit, (number + 1) * unit - 1
                if first <= start and end <= last:
                    found.append(index.rows(number))
                elif finer and start <= last and end >= first and index.rows(number):
                    look(finer, range(start // finer[0], (end + 1) // finer[0]))

        look(units, list(self.indexes[f"{field}/{units[0]}"].values()))
        return either(found)

    def found(self, *conditions: Mapping[int, int]) -> Found[F]:
        """The things in all of some sets of rows."""
        rows: Mapping[int, int] = self.all
        for each in sorted(conditions, key=len):
            rows = each if rows is self.all else both(rows, each)
        return Found(self, rows)

    def things(self, block: int, bits: int) -> list[F]:
        """The things of a block that some bits stand for, oldest first."""
        held = self._things[block]
        some = held if bits == _FULL else [held[place] for place in _places(bits)]
        return some  # type: ignore[return-value]

    def rebuilt(self) -> Book[F]:
        """A book with the same things in the same rows, whose indexes are made anew: what this one should equal."""
        self._settle()
        made: Book[F] = Book(self.fields)
        for thing in self.found():
            made._next = thing.row
            made.enter((thing,))
        made._settle()
        return made


class Found(Generic[F]):
    """The things of a book that a set of rows stands for, in the order of the rows."""

    def __init__(self, book: Book[F], rows: Mapping[int, int]) -> None:
        self.book, self.rows = book, rows

    def __len__(self) -> int:
        return size(self.rows)

    def __iter__(self) -> Iterator[F]:
        for block in sorted(self.rows):
            yield from self.book.things(block, self.rows[block])

    def __reversed__(self) -> Iterator[F]:
        for block in sorted(self.rows, reverse=True):
            yield from reversed(self.book.things(block, self.rows[block]))

    def __contains__(self, thing: F) -> bool:
        return bool(self.rows.get(thing.row >> _SHIFT, 0) >> (thing.row & _SIZE - 1) & 1)

    def page(self, start: int, most: int, *, latest_first: bool) -> list[F]:
        """So many things from one on; those before it are counted, not looked at."""
        shown: list[F] = []
        for block in sorted(self.rows, reverse=latest_first):
            bits = self.rows[block]
            count = bits.bit_count()
            if start < count:
                things = self.book.things(block, bits)
                shown += (things[::-1] if latest_first else things)[start : start + most - len(shown)]
                if len(shown) >= most:
                    break
            start = max(0, start - count)
        return shown


class Several(Generic[F, T]):
    """What the things of a book have several of, such as disks, one thing after the other.

    Args:
        groups: how many each thing has -> the things, by their rows; no row is in two.
        items: what a thing has, as many as said.
    """

    def __init__(
        self, book: Book[F], groups: Mapping[int, Mapping[int, int]], items: Callable[[F], Sequence[T]]
    ) -> None:
        self.book, self.groups, self.items = book, groups, items

    def __len__(self) -> int:
        return sum(each * size(rows) for each, rows in self.groups.items())

    def _found(self) -> Found[F]:
        return Found(self.book, either(rows for each, rows in self.groups.items() if each))

    def __iter__(self) -> Iterator[T]:
        for thing in self._found():
            yield from self.items(thing)

    def __reversed__(self) -> Iterator[T]:
        """The latest thing first; what each has stays in its order."""
        for thing in reversed(self._found()):
            yield from self.items(thing)

    def page(self, start: int, most: int, *, latest_first: bool) -> list[T]:
        """So many items from one on; of the things before it, the items are counted, not made."""
        shown: list[T] = []
        groups = [(each, rows) for each, rows in self.groups.items() if each]
        rows = self._found().rows
        for block in sorted(rows, reverse=latest_first):
            count = sum(each * some[block].bit_count() for each, some in groups if block in some)
            if start < count:
                things = self.book.things(block, rows[block])
                for thing in reversed(things) if latest_first else things:
                    items = self.items(thing)
                    shown += items[start : start + most - len(shown)]
                    if len(shown) >= most:
                        return shown
                    start = max(0, start - len(items))
            else:
                start -= count
        return shown


def instants(name: str, attribute: str, units: Iterable[int], read: Callable[[Any], Iterable[int]]) -> list[Field]:
    """The fields by which things are found that have an instant within bounds; see `Book.rows_between`.

    Args:
        units: in milliseconds, the coarsest first.
        read: the instants of a thing, none or more.
    """

    def in_unit(unit: int) -> Callable[[Any], Values]:
        return lambda thing: tuple({at // unit: None for at in read(thing)})

    return [Field(f"{name}/{unit}", attribute, in_unit(unit)) for unit in units]
