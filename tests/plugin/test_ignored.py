"""Parameters that no edition has: the end of a run tells of each once, with its action."""

from __future__ import annotations

import pytest

TESTS = """
import pytest

def called(region):
    for _ in range(2):
        region.call("DescribeInstances", Colour="blue", PageSize=1)
    region.call("DescribeZones", Kennwort="secret value")

def test_one(region): called(region)
def test_two(make_region):
    with make_region() as made: called(made)
def test_three():
    import faultzone
    faultzone.make_region().call("DescribeInstances", Size="large")
"""


@pytest.mark.parametrize("workers", [[], pytest.param(["-n", "2"], marks=pytest.mark.slow)], ids=["alone", "workers"])
def test_the_end_of_a_run_tells_of_each_once(pytester: pytest.Pytester, workers: list[str]) -> None:
    pytester.makepyfile(TESTS)
    result = pytester.runpytest_inprocess("-p", "no:randomly", *workers)
    result.assert_outcomes(passed=3)
    told = [line for line in result.outlines if line.startswith("ignored, since no edition has it: ")]
    assert sorted(name for line in told for name in line.partition(": ")[2].split(", ")) == [
        "DescribeInstances Colour",
        "DescribeInstances Size",
        "DescribeZones Kennwort",
    ]
    assert "secret value" not in "\n".join(told)


def test_a_run_in_which_nothing_was_ignored_tells_of_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(region): region.call('DescribeInstances', PageSize=1)")
    assert "no edition has" not in pytester.runpytest().stdout.str()
