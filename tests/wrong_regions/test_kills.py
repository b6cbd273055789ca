"""The suite has power: run against each wrong region, an assertion of the clause that the region breaks fails."""

from __future__ import annotations

from importlib import resources
from typing import Any

import pytest

from faultzone import wrong_regions

NAMES = sorted(wrong_regions.load())


class Verdicts:
    """Gathers the verdicts of a run inside this one."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, Any], str]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for key, value in report.user_properties:
            if key == "faultzone":
                assert isinstance(value, dict)
                self.seen.append((report.nodeid, value, str(report.longrepr)))


def run_suite(*arguments: str) -> Verdicts:
    """Run the conformance suite in this process, as a user would with these options."""
    verdicts = Verdicts()
    settings = resources.files("faultzone_specs") / "pytest.ini"
    pytest.main(
        ["-c", str(settings), "--pyargs", "faultzone_specs", "-p", "no:terminal", *arguments], plugins=[verdicts]
    )
    return verdicts


@pytest.mark.parametrize("name", NAMES)
def test_wrong_region_is_caught(name: str) -> None:
    clause = wrong_regions.get(name).clause
    seen = run_suite(f"--faultzone-backend=wrong:{name}", f"--faultzone-clause={clause}").seen
    assert seen, f"no test of the suite asserts {clause}"
    caught = [test for test, value, _ in seen if clause in value["clauses"] and value["verdict"] == "deviates"]
    assert caught, f"{name} is not caught by {clause}:\n" + "\n".join(
        f"{test}: {value['verdict']}\n{why}" for test, value, why in seen
    )


def test_right_region_conforms() -> None:
    seen = run_suite().seen
    assert seen
    assert [(test, value["verdict"], why) for test, value, why in seen if value["verdict"] != "conforms"] == []


def test_every_asserted_clause_has_a_wrong_region() -> None:
    asserted = {clause for _, value, _ in run_suite().seen for clause in value["clauses"]}
    assert asserted - {region.clause for region in wrong_regions.load().values()} == set()
