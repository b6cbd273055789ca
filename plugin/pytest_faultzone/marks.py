"""What markers say of a test: its clauses, what it needs, the shape of its region. All of it is checked."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from faultzone import clauses, editions
from faultzone.backends import CAPABILITIES
from faultzone.errors import UsageError
from faultzone.region import CloudOptions
from pytest_faultzone.options import ARGUMENTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from faultzone.editions import Edition
    from faultzone.faults.schedule import Schedule
    from faultzone.verdicts.departures import Departure

#: Clauses whose tests use up a quota of the account for a while.
_QUOTAS: Final = frozenset({"deployment-set/sets-per-region", "assistant/command-quota", "assistant/invocation-quota"})


def named(item: pytest.Item) -> list[str]:
    """The clauses that a test asserts."""
    return [clause for mark in item.iter_markers("clause") for clause in mark.args]


def shape(node: pytest.Item) -> dict[str, Any]:
    """What the markers `region` of a test say together; the one that is nearest to it wins."""
    return {name: value for mark in reversed(list(node.iter_markers("region"))) for name, value in mark.kwargs.items()}


def schedule(test: pytest.Item, mark: pytest.Mark) -> Schedule:
    """The schedule of a marker; a path is that of a file beside the test.

    Raises:
        UsageError: it is none.
    """
    from faultzone.faults.schedule import Schedule

    if len(mark.args) != 1 or mark.kwargs:
        raise UsageError("marker schedule: expected one argument, such as schedule('crash.json')")
    (given,) = mark.args
    return Schedule.load(test.path.parent / given) if isinstance(given, str | Path) else Schedule.read(given)


def is_of_the_suite(test: pytest.Function) -> bool:
    """Whether a test is one of the conformance suite."""
    return "faultzone_specs" in test.module.__name__.split(".")


def check(test: pytest.Function) -> None:
    """Refuse a test whose markers make no sense, and one of the conformance suite that names no clause.

    Raises:
        pytest.Collector.CollectError: with what to write instead.
    """
    try:
        for clause in named(test):
            clauses.get(str(clause))
        if not named(test) and is_of_the_suite(test):
            raise UsageError(
                "the test has no clause: mark each test of the suite with @pytest.mark.clause('chapter/name')"
            )
        for name, example in (("clause", "deployment-set/zone-limit"), ("needs", "see-hosts")):
            if not all(mark.args for mark in test.iter_markers(name)):
                raise UsageError(f"marker {name}: expected at least one argument, such as {name}({example!r})")
        for capability in (each for mark in test.iter_markers("needs") for each in mark.args):
            if capability not in CAPABILITIES:
                raise UsageError.unknown("capability", capability, CAPABILITIES, where="in needs")
        if any(mark.args for mark in test.iter_markers("region")):
            raise UsageError("marker region: expected keyword arguments, such as region(zones=2, hosts_per_zone=8)")
        for mark in test.iter_markers("schedule"):
            schedule(test, mark)
        if given := shape(test):
            check_shape(given)
        if named(test):
            _check_edition(test)
    except UsageError as mistake:
        raise pytest.Collector.CollectError(f"{test.nodeid}: {mistake}") from None


def check_shape(given: Mapping[str, Any]) -> None:
    """Refuse a region that cannot be.

    Raises:
        UsageError: an argument is unknown, of another type, or has a value that it cannot have.
    """
    for name, value in given.items():
        if name not in ARGUMENTS:
            raise UsageError.unknown("option", name, sorted(ARGUMENTS), where="of a region")
        if objection := ARGUMENTS[name].objection(value):
            raise UsageError(f"region({name}=...): {objection}")
    CloudOptions.of(**given)


def holding(test: pytest.Item) -> tuple[str, ...]:
    """The editions in which all clauses of a test hold, oldest first.

    Raises:
        UsageError: there is no such clause, or no edition has all of them.
    """
    return _holding(tuple(named(test)))


@cache
def _holding(asserted: tuple[str, ...]) -> tuple[str, ...]:
    found = tuple(name for name in editions.names() if all(clauses.get(each).holds_in(name) for each in asserted))
    if not found:
        raise UsageError(f"no edition has all of the clauses {', '.join(asserted)}: write a test for each edition")
    return found


def pinned_edition(test: pytest.Item) -> str:
    """The name of the edition that a marker pins; empty where none does."""
    given: Edition | str = shape(test).get("edition", "")
    return given if isinstance(given, str) else given.name


def _check_edition(test: pytest.Item) -> None:
    """Refuse a test whose clauses no edition has together, or whose marker pins one without them.

    Raises:
        UsageError: with the editions that have them.
    """
    held, pin = holding(test), pinned_edition(test)
    if pin in editions.names() and pin not in held:
        raise UsageError(
            f"region(edition={pin!r}): expected an edition that has the clauses of the test, {' or '.join(held)}"
        )


def asserts(item: pytest.Item, patterns: str) -> bool:
    """Whether a test asserts a clause that one of the patterns, separated by commas, matches."""
    return not clauses.matching(patterns).isdisjoint(named(item))


def may_matter(file: Path, patterns: str, expected: Iterable[Departure]) -> bool:
    """Whether a file of the suite may have a test of a clause that is asked for, or of one that is expected to depart:
    of that, it counts how many tests there are. The suite writes clauses as they are, so its text tells."""
    text = file.read_text("utf-8")
    return any(each in text for each in clauses.matching(patterns).union(*(each.clauses for each in expected)))


def uses_up_a_quota(item: pytest.Item) -> bool:
    """Whether a test asserts a quota of the account, which the tests after it would run into on a lasting backend."""
    return not _QUOTAS.isdisjoint(named(item))
