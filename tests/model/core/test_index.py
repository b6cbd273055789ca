from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import pairwise
from random import Random
from typing import Any, TypeVar

import pytest

from faultzone.clock import DAY, MINUTE, SECOND
from faultzone.model.core.book import NOWHERE, Book, Field, Found, Several, Unready, by_name, instants
from faultzone.model.core.index import both, either, rows_of, without
from tests.support.books import indexes, rebuilt

T = TypeVar("T")


class Thing:
    def __init__(self, colour: str, tags: tuple[str, ...], at: int) -> None:
        self.colour, self.tags, self.at = colour, tags, at
        self.state, self.row = "new", NOWHERE


UNITS = (DAY, MINUTE, SECOND)
FIELDS = by_name(
    Field("colour", "colour", lambda thing: (thing.colour,)),
    Field("tag", "tags", lambda thing: thing.tags),
    Field("state", "state", lambda thing: (thing.state,)),
    *instants("at", "at", UNITS, lambda thing: (thing.at,)),
)


def filled(count: int, seed: int = 0) -> tuple[Book[Thing], list[Thing]]:
    """A book from which every third thing has been dropped, and what is left in it."""
    chance, book = Random(seed), Book[Thing](FIELDS)
    things = [
        Thing(chance.choice(["red", "blue"]), tuple(chance.sample("abc", chance.randrange(3))), n * 777 * SECOND)
        for n in range(count)
    ]
    for first in range(0, count, 700):
        book.enter(things[first : first + 700])
    for thing in things[::3]:
        book.drop(thing)
    return book, [thing for number, thing in enumerate(things) if number % 3]


@pytest.fixture(scope="module")
def many() -> tuple[Book[Thing], list[Thing]]:
    return filled(3_000)


def test_things_are_found_in_the_order_in_which_they_were_made(many: tuple[Book[Thing], list[Thing]]) -> None:
    book, things = many
    assert list(book.found()) == things
    assert list(reversed(book.found())) == things[::-1]
    assert len(book.found()) == len(things) == 2_000


@pytest.mark.parametrize("start", [0, 1, 682, 683, 1_000, 1_995, 2_000, 9_000])
@pytest.mark.parametrize("latest_first", [False, True])
def test_a_page_is_a_slice_of_all(many: tuple[Book[Thing], list[Thing]], start: int, *, latest_first: bool) -> None:
    book, things = many
    ordered = things[::-1] if latest_first else things
    assert book.found().page(start, 10, latest_first=latest_first) == ordered[start : start + 10]
    red = [thing for thing in ordered if thing.colour == "red"]
    assert book.found(book.rows("colour", "red")).page(start, 7, latest_first=latest_first) == red[start : start + 7]


def test_conditions_add_up(many: tuple[Book[Thing], list[Thing]]) -> None:
    book, things = many
    found = book.found(book.rows("colour", "blue"), book.rows("tag", "a", "b"))
    expected = [thing for thing in things if thing.colour == "blue" and {"a", "b"} & {*thing.tags}]
    assert list(found) == expected
    assert [thing for thing in things if thing in found] == expected
    assert list(book.found(book.rows("colour", "green"))) == []
    assert list(book.found(book.rows_where("tag", lambda tag: tag > "b"))) == [
        each for each in things if "c" in each.tags
    ]


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (0, DAY - 1),
        (MINUTE, 5 * DAY + 3 * MINUTE + 2 * SECOND - 1),
        (7 * SECOND, 7 * SECOND - 1),
        (777 * SECOND, 777 * SECOND + 999),
        (2 * 777 * SECOND, 2 * 777 * SECOND + 999),
        (3 * DAY + 1 * SECOND, float("inf")),
        (float("-inf"), float("inf")),
    ],
)
def test_instants_are_found_within_bounds(many: tuple[Book[Thing], list[Thing]], first: float, last: float) -> None:
    book, things = many
    found = book.found(book.rows_between("at", UNITS, first, last))
    assert list(found) == [thing for thing in things if first <= thing.at <= last]


def test_what_things_have_several_of_is_paged_as_one_list(many: tuple[Book[Thing], list[Thing]]) -> None:
    book, things = many
    groups = {count: rows_of(each.row for each in things if len(each.tags) == count) for count in range(3)}
    several: Several[Thing, Any] = Several(book, groups, lambda thing: [(thing, tag) for tag in thing.tags])
    for latest_first, ordered in ((False, things), (True, things[::-1])):
        items = [(thing, tag) for thing in ordered for tag in thing.tags]
        assert list(reversed(several) if latest_first else several) == items
        assert len(several) == len(items)
        for start in (0, 1, 500, len(items) - 3, len(items)):
            assert several.page(start, 9, latest_first=latest_first) == items[start : start + 9]


def test_sets_of_rows_are_sets() -> None:
    one, other = {1, 5, 1_023, 1_024, 9_000}, {5, 1_024, 4_000}
    assert both(rows_of(one), rows_of(other)) == rows_of(one & other)
    assert either((rows_of(one), rows_of(other))) == rows_of(one | other)
    assert without(rows_of(one), rows_of(other)) == rows_of(one - other)
    assert either(()) == rows_of(()) == {}


@pytest.mark.parametrize("seed", range(3))
def test_after_any_changes_the_indexes_are_those_of_a_new_book(seed: int) -> None:
    chance, (book, things), gone = Random(seed), filled(300, seed), set[Thing]()
    for _ in range(300):
        thing = chance.choice(things)
        match chance.randrange(7):
            case 0:
                book.change(thing, "colour", chance.choice(["red", "blue", f"{chance.random()}"]))
            case 1:
                book.change(thing, "tags", tuple(chance.sample("abcde", chance.randrange(4))))
            case 2:
                book.change(thing, "at", chance.randrange(DAY))
            case 3 if thing not in gone:
                gone.add(thing)
                book.drop(thing)
            case 4:
                field = chance.choice([*FIELDS])
                assert book.index(field) == rebuilt(book).index(field)
            case 5:
                book.move(thing, "state")
                thing.state = chance.choice(["old", "new"])
            case _:
                more = [Thing("red", ("a",), 5) for _ in range(chance.choice([1, 1, 40]))]
                book.enter(more)
                things += more
    made = rebuilt(book)
    assert indexes(made) == indexes(book)
    assert made.all == book.all
    assert list(book.found()) == [thing for thing in things if thing not in gone]
    assert all(one.row < other.row for one, other in pairwise(book.found()))


def test_a_field_that_nobody_asks_for_is_never_read() -> None:
    read: list[str] = []

    def noted(name: str, attribute: str) -> Field:
        def values(thing: Thing) -> tuple[object, ...]:
            read.append(name)
            return (getattr(thing, attribute),)

        return Field(name, attribute, values)

    book = Book[Thing](by_name(noted("colour", "colour"), noted("same", "colour"), noted("state", "state")))
    things: list[Thing] = []

    def live(count: int) -> None:
        more = [Thing("red", (), 0) for _ in range(count)]
        things.extend(more)
        book.enter(more)
        for thing in more[::2]:
            book.move(thing, "state")
            thing.state = "old"
            book.change(thing, "colour", "blue")
        for thing in more[::3]:
            book.drop(thing)
            things.remove(thing)

    def found(field: str, value: str) -> list[Thing]:
        return list(book.found(book.rows(field, value)))

    live(1_200)
    assert len(book.found()) == 800
    assert read == []
    assert found("colour", "blue") == [thing for thing in things if thing.colour == "blue"]
    live(1_200)
    assert found("colour", "blue") == [thing for thing in things if thing.colour == "blue"]
    assert {*read} == {"colour"}
    assert found("state", "old") == found("same", "blue") == found("colour", "blue")
    live(100)
    assert found("state", "old") == found("same", "blue") == found("colour", "blue")


def test_what_is_not_in_the_book_can_change_all_the_same() -> None:
    book, thing = Book[Thing](FIELDS), Thing("red", (), 0)
    book.change(thing, "colour", "blue")
    assert (thing.colour, list(book.found()), book.rows("colour", "blue")) == ("blue", [], {})


def test_a_book_that_is_emptied_keeps_nothing() -> None:
    book, things = filled(3_000)
    for thing in things:
        book.drop(thing)
    assert all(not [*index.values()] for index in indexes(book).values())
    assert (book.all, book._things) == ({}, {})
    late = Thing("red", (), 0)
    book.enter([late])
    assert list(book.found(book.rows("colour", "red"))) == [late]


def test_a_scan_looks_at_each_thing_once_until_it_changes() -> None:
    book, things = filled(3_000)
    asked: list[int] = []

    def dark(colours: list[str]) -> list[bool]:
        asked.append(len(colours))
        return [colour == "black" for colour in colours]

    def scanned() -> list[Thing]:
        return list(Found(book, book.scanned("dark", "colour", dark)))

    assert scanned() == []
    assert sum(asked) == len(things)
    for thing in (things[5], things[1_500]):
        book.change(thing, "colour", "black")
    asked.clear()
    assert scanned() == [things[5], things[1_500]]
    assert 0 < sum(asked) < 1_500
    asked.clear()
    book.change(things[7], "at", 0)
    assert scanned() == [things[5], things[1_500]]
    assert asked == []
    book.drop(things[5])
    book.enter([Thing("black", (), 0) for _ in range(2)])
    assert len(scanned()) == 3


def test_a_scan_in_slices_finds_what_is_there_at_its_end() -> None:
    book, things = filled(3_000)

    def dark(colours: list[str]) -> list[bool]:
        return [colour == "black" for colour in colours]

    book.part = 1
    with pytest.raises(Unready):
        book.scanned("dark", "colour", dark)
    book.change(things[0], "colour", "black")
    book.change(things[-1], "colour", "black")
    assert list(Found(book, in_parts(lambda: book.scanned("dark", "colour", dark)))) == [things[0], things[-1]]


def in_parts(look: Callable[[], T]) -> T:
    """Look again as long as something is not ready."""
    while True:
        with suppress(Unready):
            return look()


@pytest.mark.parametrize("seed", range(4))
def test_an_index_made_in_parts_is_that_of_its_end(seed: int) -> None:
    """Between the parts things come and go, and change in and out of what has been looked at."""
    chance, (book, things) = Random(seed), filled(6_000, seed)
    if seed % 2:
        book.index("tag")
    book.part, parts = 1, 0
    found: Mapping[int, int] | None = None
    while found is None:
        try:
            found = book.rows("colour", "black")
        except Unready:
            parts += 1
        for thing in chance.sample(things, 300):
            book.change(thing, "colour", chance.choice(["red", "black"]))
        for thing in chance.sample(things, 200):
            book.move(thing, "state")
            thing.state = chance.choice(["old", "new"])
        for thing in chance.sample(things, 40):
            things.remove(thing)
            book.drop(thing)
        more = [Thing("black", ("a",), 0) for _ in range(30)]
        book.enter(more)
        things += more
        with suppress(Unready):
            book.index("state")
    assert parts > 4
    book.part = None
    assert list(Found(book, book.rows("colour", "black"))) == [each for each in things if each.colour == "black"]
    assert indexes(book) == indexes(rebuilt(book))
    assert list(book.found()) == things


def test_to_make_an_index_leaves_the_collector_nothing_to_look_at() -> None:
    """Where a region has many things, the collector takes longer to look at all of them than the index takes."""
    book = Book[Thing](by_name(Field("at", "at", lambda thing: (thing.at,))))
    book.enter(Thing("red", (), number) for number in range(3_000))
    gc.collect()
    before = gc.get_stats()[0]["collections"]
    assert len(list(book.index("at").values())) == 3_000
    # One is left to what else this process does.
    assert gc.get_stats()[0]["collections"] <= before + 1


def test_only_the_last_scans_are_kept() -> None:
    book, things = filled(3)
    for number in range(20):
        assert list(Found(book, book.scanned(number, "colour", lambda some: [True] * len(some)))) == things
    assert len(book._scans) < 20
