"""What a function of `Region.call_at` raised, and the test has not got, fails the test at its end."""

from __future__ import annotations

import pytest

TEST = """
    from faultzone import Client, make_region as make

    def fail():
        assert False, "of the function"

    def leave(region):
        region.call_at("30s", fail)
        region.chaos.api_failure("DescribeZones", kind="delay", seconds=60)
        Client(region).DescribeZones()

    def test_fixture(region):
        leave(region)

    def test_dropped(make_region):
        leave(make_region())

    def test_own():
        leave(make())

    def test_after(make_region):
        make_region()
"""


@pytest.mark.slow
def test_it_is_an_error_of_the_test_whose_region_it_is(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it=TEST)
    result = pytester.runpytest_subprocess("-rE")
    result.assert_outcomes(passed=4, errors=3)
    for name in ("fixture", "dropped", "own"):
        result.stdout.fnmatch_lines([f"ERROR test_it.py::test_{name}*of the function*"])
