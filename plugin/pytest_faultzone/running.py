"""Which test is running: to it, or to what holds tests, the regions belong that are made meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from pytest_faultzone import options

if TYPE_CHECKING:
    from collections.abc import Generator

#: The id of the test that is running, or of the module, class or session for which a fixture is being set up.
RUNNING: pytest.StashKey[str] = pytest.StashKey()
#: The seed of the regions that are made.
SEED: pytest.StashKey[str] = pytest.StashKey()
#: Whether that test asserts clauses.
ASSERTS: pytest.StashKey[bool] = pytest.StashKey()
#: The edition of its clauses in which it runs; None where it asserts none.
EDITION: pytest.StashKey[str | None] = pytest.StashKey()
#: What a test is parametrized with that runs in several editions.
EDITION_PARAMETER: Final = "faultzone_edition"


def is_of_the_suite(config: pytest.Config) -> bool:
    """Whether the run is one of the conformance suite, all of whose tests assert clauses."""
    return config.inipath is not None and config.inipath.parent.name == "faultzone_specs"


def is_in_the_suite(node_id: str) -> bool:
    """Whether a test, by its id, is one of the conformance suite."""
    return "faultzone_specs" in node_id.partition("::")[0].split("/")


def edition_parameter(node: pytest.Item | pytest.Collector) -> str | None:
    """The edition that a test is parametrized with, None where it is not."""
    call = getattr(node, "callspec", None)
    return None if call is None else call.params.get(EDITION_PARAMETER)


def without_edition(name: str, node: pytest.Item | pytest.Collector) -> str:
    """The name or the id of a test as it is where it runs in one edition."""
    if (edition := edition_parameter(node)) is None:
        return name
    alone = name.removesuffix(f"[{edition}]")
    return alone if alone != name else name.removesuffix(f"-{edition}]") + "]"


def seed_of(node: pytest.Item | pytest.Collector) -> str:
    """The seed of the regions that belong to a test or to what holds tests: its marker's, or one made from its id.

    It is the same in each edition.
    """
    for mark in node.iter_markers("region"):
        if "seed" in mark.kwargs:
            return str(mark.kwargs["seed"])
    return f"{options.SEED.read(node.config)}/{without_edition(node.nodeid, node)}"


def asserts_clauses(item: pytest.Item) -> bool:
    """Whether a test names clauses, so that it gives a verdict."""
    return next(item.iter_markers("clause"), None) is not None


def may_assert_clauses(function: pytest.Item) -> bool:
    """Whether a test function names clauses, or one of the parameters that it is given does."""
    if asserts_clauses(function):
        return True
    for mark in function.iter_markers("parametrize"):
        values = mark.args[1] if len(mark.args) > 1 else mark.kwargs.get("argvalues")
        if isinstance(values, list | tuple) and any(
            named.name == "clause" for value in values for named in getattr(value, "marks", ())
        ):
            return True
    return False


def begins(item: pytest.Item, edition: str | None) -> None:
    """Let new regions belong to a test, and to the edition of its clauses if it asserts some."""
    stash = item.config.stash
    stash[RUNNING], stash[SEED], stash[ASSERTS] = item.nodeid, seed_of(item), asserts_clauses(item)
    stash[EDITION] = edition


def for_fixture(request: pytest.FixtureRequest) -> Generator[None, object, object]:
    """Let the regions of a fixture belong to its scope, whichever test happens to be the first to use it."""
    __tracebackhide__ = True
    stash = request.config.stash
    before = stash.get(RUNNING, ""), stash.get(SEED, "")
    stash[RUNNING], stash[SEED] = request.node.nodeid, seed_of(request.node)
    try:
        return (yield)
    finally:
        stash[RUNNING], stash[SEED] = before
