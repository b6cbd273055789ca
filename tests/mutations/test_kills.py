"""The suite has power: run against each wrong region, an assertion of the clause that the region breaks fails, in each
edition that has the clause."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any

import pytest

from faultzone import clauses, editions, mutations
from faultzone.backends.options import CloudOptions, local_backend
from faultzone.errors import HarnessError
from faultzone.mutations.wrapper import Wrapper

pytestmark = pytest.mark.slow

NAMES = sorted(mutations.load())


class Verdicts:
    """Gathers the verdicts of a run inside this one."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, Any], str]] = []

    def pytest_configure(self, config: pytest.Config) -> None:
        """Long tracebacks take long to write, and nobody reads most of them."""
        config.option.tbstyle = "line"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for key, value in report.user_properties:
            if key == "faultzone":
                assert isinstance(value, dict)
                self.seen.append((report.nodeid, value, str(report.longrepr)))


SETTINGS = resources.files("faultzone_specs") / "pytest.ini"
#: What a run inside this one leaves out: reports for a reader, and a search for what nobody awaited, which takes longer
#: than the tests; the outer run has its own.
QUICK = ("-p", "no:terminal", "-p", "no:unraisableexception", "-p", "no:threadexception")


def run_suite(*arguments: str, tests: Iterable[str] = ()) -> Verdicts:
    """Run the conformance suite, or some of its tests, in this process, as a user would with these options."""
    verdicts = Verdicts()
    chosen = list(tests) or ["--pyargs", "faultzone_specs"]
    pytest.main(["-c", str(SETTINGS), *QUICK, *arguments, *chosen], plugins=[verdicts])
    return verdicts


class Collected:
    """Gathers which tests assert which clause."""

    def __init__(self) -> None:
        self.tests: defaultdict[str, list[str]] = defaultdict(list)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            for mark in item.iter_markers("clause"):
                for clause in mark.args:
                    self.tests[clause].append(f"{item.path}::{item.nodeid.partition('::')[2]}")


@cache
def mapped_tests() -> dict[str, list[str]]:
    """Clause -> the tests of the suite that assert it: the only ones that a region which breaks it has to face."""
    collected = Collected()
    arguments = ["-c", str(SETTINGS), *QUICK, "--collect-only", "--pyargs", "faultzone_specs"]
    pytest.main(arguments, plugins=[collected])
    return dict(collected.tests)


@pytest.mark.kills
@pytest.mark.parametrize("name", NAMES)
def test_wrong_region_is_caught(name: str) -> None:
    clause = mutations.get(name).clause
    tests = mapped_tests().get(clause)
    assert tests, f"no test of the suite asserts {clause}"
    seen = run_suite(f"--faultzone-backend=wrong:{name}", tests=tests).seen
    in_trouble = [(test, why) for test, value, why in seen if value["verdict"] == "harness-error"]
    assert in_trouble == [], f"{name} is in trouble itself"
    caught = {value["edition"] for _, value, _ in seen if clause in value["clauses"] and value["verdict"] == "deviates"}
    missed = [each for each in editions.names() if clauses.get(clause).holds_in(each) and each not in caught]
    assert missed == [], f"{name} is not caught by {clause} in these editions:\n" + "\n".join(
        f"{test}: {value['verdict']}\n{why}" for test, value, why in seen
    )


def test_right_region_conforms_in_each_edition() -> None:
    seen = run_suite().seen
    assert [(test, value["verdict"], why) for test, value, why in seen if value["verdict"] != "conforms"] == []
    asserted = {(clause, value["edition"]) for _, value, _ in seen for clause in value["clauses"]}
    holding = {
        (clause.id, edition)
        for clause in clauses.load().values()
        for edition in editions.names()
        if clause.holds_in(edition) and clause.untestable_because is None
    }
    assert asserted == holding


def test_every_asserted_clause_has_a_wrong_region() -> None:
    assert mapped_tests().keys() - {region.clause for region in mutations.load().values()} == set()


def test_a_wrong_region_that_cannot_answer_is_in_trouble_and_deviates_in_nothing() -> None:
    made = Wrapper(local_backend(CloudOptions.of(unknown="refuse")))
    with pytest.raises(HarnessError, match=r"DescribeInstances and was refused: .*UnsupportedParameter"):
        made.ask("DescribeInstances", {"Colour": "blue"})
