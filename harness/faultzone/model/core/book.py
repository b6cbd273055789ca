"""Books: things in the order in which they were made, with an index for each field that a listing has filtered by."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeVar

from faultzone.model.core.index import FULL, SHIFT, SIZE, Index, Partial, Rows, both, either, places_of, rows_of, size

_DIGITS: Final = bytes.maketrans(b"\0\1", b"01")

#: How many scans are kept, those that were used last.
_SCANS: Final = 8

#: The row of what is in no book.
NOWHERE: Final = -1
_row_of: Final = attrgetter("row")


class Unready(Exception):
    """What a listing needs has been made in part; the listing is asked again."""


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


def by_name(*fields: Field) -> dict[str, Field]:
    """The fields of a kind of books, which all of them share; no two have one name."""
    return {field.name: field for field in fields}


class Book(Generic[F]):
    """Things in the order in which they were made, with an index for each field that a listing has filtered by.

    The index of a field is made when the field is first asked for: then everything is looked at once, in parts where
    `part` says so. A field that nobody asks for costs nothing. Later things are filed under the fields that were asked
    for, and taken out again, many at a time: when a listing asks for a field, or when a block has come together.

    Args:
        fields: what things may be found by, by name.

    Attributes:
        part: how many blocks may be looked at for a listing before it raises `Unready`; None for all.
    """

    def __init__(self, fields: Mapping[str, Field]) -> None:
        self.fields = fields
        self.part: int | None = None
        #: The indexes that there are, by the names of the fields, and by the attributes that those are read from.
        self._indexes: dict[str, Index] = {}
        self._by_attribute: dict[str, list[tuple[Field, Index]]] = {}
        #: The rows of all things.
        self.all: Rows = {}
        self._things: dict[int, list[F | None]] = {}
        #: The rows below the one are filed, none as long as there is no index; those below the other are given.
        self._filed = self._next = 0
        #: Things that are filed and no longer there; and those that have moved, with what they are filed under.
        self._leaving: list[F] = []
        self._moved: dict[str, dict[int, tuple[F, Values]]] = {}
        self._scans: dict[Hashable, Scan] = {}

    def enter(self, things: Iterable[F]) -> None:
        """Take new things in, in their order."""
        row = self._next
        for thing in things:
            thing.row = row
            block, place = row >> SHIFT, row & SIZE - 1
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
        if row - self._filed >= SIZE and self._indexes:
            self._file()

    def drop(self, thing: F) -> None:
        """Forget a thing."""
        block, place = thing.row >> SHIFT, thing.row & SIZE - 1
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
        if len(self._leaving) >= SIZE:
            self._settle()

    def _file(self) -> None:
        """File what has come since the last time."""
        things: list[F] = []
        for block in range(self._filed >> SHIFT, (self._next - 1 >> SHIFT) + 1):
            if block in self.all:
                first = max(0, self._filed - (block << SHIFT))
                things += [thing for thing in self._things[block][first:] if thing is not None]
        self._filed = self._next
        for fields in self._by_attribute.values():
            _add(things, fields)

    def _make(self, name: str) -> Index:
        """Make the index of a field, or go on with it, block by block: the things of one are often alike.

        Raises:
            Unready: there is more to be looked at than in one part.
        """
        field, index = self.fields[name], self._indexes.get(name)
        same = self._by_attribute.setdefault(field.attribute, [])
        if not isinstance(index, Partial):
            index = self._indexes[name] = Partial()
            same.append((field, index))
            self._filed = self._next
        left = sorted(block for block in self.all if block >= index.below)
        for block in left[: self.part]:
            index.below = block + 1
            _add(self.things(block, self.all[block]), [(field, index)])
        if self.part is not None and len(left) > self.part:
            raise Unready
        whole = self._indexes[name] = Index()
        whole.take(index)
        same[:] = [(each, whole if kept is index else kept) for each, kept in same]
        return whole

    def _leave(self) -> None:
        """Take out what has gone since the last time."""
        things, self._leaving = self._leaving, []
        for fields in self._by_attribute.values():
            for field, index, thing, rows in _grouped(things, fields):
                for value in field.read(thing):
                    if rows is None:
                        index.discard(value, thing.row)
                    else:
                        index.discard_rows(value, rows)
        for thing in things:
            thing.row = NOWHERE

    def _move(self) -> None:
        """Bring the indexes up to date with what has moved since the last time."""
        moved, self._moved = self._moved, {}
        for field, things in moved.items():
            read, index = self.fields[field].read, self._indexes[field]
            groups: dict[tuple[Values, Values], list[int]] = {}
            for thing, before in things.values():
                groups.setdefault((before, read(thing)), []).append(thing.row)
            for (before, after), numbers in groups.items():
                if before != after:
                    rows = rows_of(numbers)
                    for value in before:
                        index.discard_rows(value, rows)
                    for value in after:
                        index.add_rows(value, rows)

    def _settle(self) -> None:
        if self._moved:
            self._move()
        if self._leaving:
            self._leave()
        if self._filed != self._next:
            self._file()

    def index(self, field: str) -> Index:
        """The index of a field.

        Raises:
            Unready: it is not made yet, and takes more than one part.
        """
        if self._indexes:
            self._settle()
        index = self._indexes.get(field)
        return index if type(index) is Index else self._make(field)

    def move(self, thing: F, field: str) -> None:
        """Take note that a thing is about to change in one field, of whose attribute `change` is never asked. Many are
        brought up to date at once."""
        if NOWHERE < thing.row < self._filed and field in self._indexes:
            things = self._moved.get(field)
            if things is None or len(things) >= SIZE:
                self._move()
                things = self._moved[field] = {}
            if thing.row not in things:
                things[thing.row] = (thing, self.fields[field].read(thing))

    def values(self, thing: F, attribute: str) -> list[Values]:
        """What a thing has of the fields that are read from an attribute and have an index, to be given to `refile`
        after a change."""
        return [field.read(thing) for field, _ in self._by_attribute.get(attribute, ())]

    def refile(self, thing: F, attribute: str, before: Iterable[Values]) -> None:
        """Bring the indexes up to date after a change of what an attribute tells of a thing that is filed."""
        row = thing.row
        for (field, index), had in zip(self._by_attribute.get(attribute, ()), before, strict=True):
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
        if NOWHERE < thing.row < self._filed and attribute in self._by_attribute:
            before = self.values(thing, attribute)
            setattr(thing, attribute, value)
            self.refile(thing, attribute, before)
        else:
            setattr(thing, attribute, value)
        for scan in self._scans.values():
            if scan.attribute == attribute:
                scan.found.pop(thing.row >> SHIFT, None)

    def scanned(self, key: Hashable, attribute: str, meet: Callable[[list[Any]], list[bool]]) -> Rows:
        """The rows that meet a condition that no index knows; all that is not kept is looked at now.

        Args:
            key: the same for the same condition.
            attribute, meet: as `Scan` has them.

        Raises:
            Unready: there is more to be looked at than in one part.
        """
        scan = self._scans.pop(key, None) or Scan(attribute, meet)
        self._scans[key] = scan
        if len(self._scans) > _SCANS:
            del self._scans[next(iter(self._scans))]
        left = [block for block in self.all if block not in scan.found]
        for block in left[: self.part]:
            bits = self.all[block]
            flags = meet([getattr(thing, attribute) for thing in self.things(block, bits)])
            if bits == FULL:
                scan.found[block] = int(bytes(flags).translate(_DIGITS)[::-1], 2)
            else:
                scan.found[block] = sum(
                    1 << place for place, meets in zip(places_of(bits), flags, strict=True) if meets
                )
        if self.part is not None and len(left) > self.part:
            raise Unready
        return both(scan.found, self.all)

    def rows(self, field: str, *values: Hashable) -> Mapping[int, int]:
        """The rows that have any of some values of a field; not to be changed."""
        index = self.index(field)
        return index.rows(values[0]) if len(values) == 1 else either(map(index.rows, values))

    def rows_where(self, field: str, meets: Callable[[Any], object]) -> Mapping[int, int]:
        """The rows with a value that meets a condition, which is asked once of each value that there is."""
        index = self.index(field)
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
            index = self.index(f"{field}/{unit}")
            for number in numbers:
                start, end = number * unit, (number + 1) * unit - 1
                if first <= start and end <= last:
                    found.append(index.rows(number))
                elif finer and start <= last and end >= first and index.rows(number):
                    look(finer, range(start // finer[0], (end + 1) // finer[0]))

        look(units, list(self.index(f"{field}/{units[0]}").values()))
        return either(found)

    def found(self, *conditions: Mapping[int, int]) -> Found[F]:
        """The things in all of some sets of rows."""
        if not conditions:
            return Found(self, self.all)
        rows: Mapping[int, int] = self.all
        for each in sorted(conditions, key=len):
            rows = each if rows is self.all else both(rows, each)
        return Found(self, rows)

    def things(self, block: int, bits: int) -> list[F]:
        """The things of a block that some bits stand for, oldest first."""
        held = self._things[block]
        some = list(held) if bits.bit_count() == len(held) else [held[place] for place in places_of(bits)]
        return some  # type: ignore[return-value]


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
        return bool(self.rows.get(thing.row >> SHIFT, 0) >> (thing.row & SIZE - 1) & 1)

    def page(self, start: int, most: int, *, latest_first: bool) -> list[F]:
        """So many things from one on; those before it are counted, not looked at."""
        shown: list[F] = []
        blocks: Iterable[int] = sorted(self.rows, reverse=latest_first) if len(self.rows) > 1 else self.rows
        for block in blocks:
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


def _add(things: Sequence[F], fields: Sequence[tuple[Field, Index]]) -> None:
    """File some things under fields that are read from one attribute."""
    for field, index, thing, rows in _grouped(things, fields):
        for value in field.read(thing):
            if rows is None:
                index.add(value, thing.row)
            else:
                index.add_rows(value, rows)


def _grouped(
    things: Sequence[F], fields: Sequence[tuple[Field, Index]]
) -> Iterator[tuple[Field, Index, F, Mapping[int, int] | None]]:
    """For each of some fields that are read from one attribute, the first thing of each run that has the same values,
    with the rows of the run; of one thing alone, without."""
    if not things:
        return
    runs: Iterable[tuple[F, Mapping[int, int] | None]] = _runs(things, fields[0][0])
    if len(fields) > 1:  # Else none is kept: thousands would have Python's collector look at everything there is.
        runs = list(runs)
    for field, index in fields:
        for thing, rows in runs:
            yield field, index, thing, rows


def _runs(things: Sequence[F], field: Field) -> Iterator[tuple[F, Mapping[int, int] | None]]:
    """The first thing of each run that is equal in the attribute of a field, as `_grouped` gives it."""
    if not field.alike:
        yield from ((thing, None) for thing in things)
        return
    values = list(map(attrgetter(field.attribute), things))
    if values.count(values[0]) == len(values):
        yield things[0], rows_of(map(_row_of, things)) if len(things) > 1 else None
        return
    start = 0
    for end in range(1, len(values) + 1):
        if end == len(values) or values[end] != values[start]:
            yield things[start], rows_of(map(_row_of, things[start:end])) if end - start > 1 else None
            start = end


def instants(name: str, attribute: str, units: Iterable[int], read: Callable[[Any], Iterable[int]]) -> list[Field]:
    """The fields by which things are found that have an instant within bounds; see `Book.rows_between`.

    Args:
        units: in milliseconds, the coarsest first.
        read: the instants of a thing, none or more.
    """

    def in_unit(unit: int) -> Callable[[Any], Values]:
        return lambda thing: tuple({at // unit: None for at in read(thing)})

    return [Field(f"{name}/{unit}", attribute, in_unit(unit)) for unit in units]
