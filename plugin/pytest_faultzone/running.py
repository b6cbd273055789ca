"""Which test is running: to it, or to what holds tests, the regions belong that are made meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

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


def seed_of(node: pytest.Item | pytest.Collector) -> str:
    """The seed of the regions that belong to a test or to what holds tests: its marker's, or one made from its id."""
    for mark in node.iter_markers("region"):
        if "seed" in mark.kwargs:
            return str(mark.kwargs["seed"])
    return f"{options.SEED.read(node.config)}/{node.nodeid}"


def asserts_clauses(item: pytest.Item) -> bool:
    """Whether a test names clauses, so that it gives a verdict."""
    return next(item.iter_markers("clause"), None) is not None


def begins(item: pytest.Item) -> None:
    """Let new regions belong to a test."""
    stash = item.config.stash
    stash[RUNNING], stash[SEED], stash[ASSERTS] = item.nodeid, seed_of(item), asserts_clauses(item)


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
