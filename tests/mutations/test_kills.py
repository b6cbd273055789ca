"""The suite has power: run against each wrong region, an assertion of the clause that the region breaks fails, in each
edition that has the clause."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from faultzone import clauses, editions, mutations
from faultzone.backends.options import CloudOptions, local_backend
from faultzone.errors import HarnessError
from faultzone.mutations.wrapper import Wrapper
from tests.support.suite import Suite, run_suite

pytestmark = pytest.mark.slow

NAMES = sorted(mutations.load())


@pytest.fixture(scope="module")
def suite() -> Iterator[Suite]:
    made = Suite()
    yield made
    made.close()


@pytest.mark.kills
@pytest.mark.parametrize("name", NAMES)
def test_wrong_region_is_caught(name: str, suite: Suite) -> None:
    wrong = mutations.get(name)
    clause, tests = wrong.clause, suite.tests.get(wrong.clause)
    assert tests, f"no test of the suite asserts {clause}"
    seen = suite.run(wrong.backend, tests)
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


def test_every_asserted_clause_has_a_wrong_region(suite: Suite) -> None:
    assert suite.tests.keys() - {region.clause for region in mutations.load().values()} == set()


def test_the_text_of_the_suite_tells_which_clauses_are_asserted_where(suite: Suite) -> None:
    """Files without a clause that is asked for are not gathered."""
    texts = {item.path: item.path.read_text("utf-8") for item in suite.all}
    assert [
        (clause, item.nodeid) for clause, each in suite.tests.items() for item in each if clause not in texts[item.path]
    ] == []


def test_a_wrong_region_that_cannot_answer_is_in_trouble_and_deviates_in_nothing() -> None:
    made = Wrapper(local_backend(CloudOptions.of(unknown="refuse")))
    with pytest.raises(HarnessError, match=r"DescribeInstances and was refused: .*UnsupportedParameter"):
        made.ask("DescribeInstances", {"Colour": "blue"})
