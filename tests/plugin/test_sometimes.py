"""What must be reached in at least one of the runs of a test: the plugin judges it when all are over."""

from __future__ import annotations

import pytest

TEST = """
    import pytest
    from faultzone.conditions import sometimes

    @pytest.mark.parametrize("refused", {refused})
    def test_it(region, refused):
        with region.expect(sometimes("call CreateDeploymentSet")):
            if refused:
                region.create_deployment_set()
"""
EXAMPLES = """
    from hypothesis import given, settings, strategies as st
    from faultzone import make_region
    from faultzone.conditions import sometimes

    @settings(max_examples=5, deadline=None, database=None)
    @given(st.integers(0, 3))
    def test_it(number):
        with make_region() as region, region.expect(sometimes("call CreateDeploymentSet")):
            if number > {least}:
                region.create_deployment_set()
"""


def test_reached_by_one_of_the_parameters(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(TEST.format(refused=[False, True, False]))
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(passed=3)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.no_fnmatch_line("*never reached*")


def test_reached_by_none_fails_the_run(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_a=TEST.format(refused=[False, False]))
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(passed=2)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        ["never reached: test_a.py::test_it: sometimes call CreateDeploymentSet: not reached in 2 runs"]
    )


@pytest.mark.slow
@pytest.mark.parametrize(("least", "status"), [(0, pytest.ExitCode.OK), (9, pytest.ExitCode.TESTS_FAILED)])
def test_of_all_examples(pytester: pytest.Pytester, least: int, status: pytest.ExitCode) -> None:
    pytester.makepyfile(EXAMPLES.format(least=least))
    assert pytester.runpytest_inprocess().ret == status


@pytest.mark.slow
@pytest.mark.parametrize(("refused", "status"), [([False, True], 0), ([False, False], 1)])
def test_of_all_workers(pytester: pytest.Pytester, refused: list[bool], status: int) -> None:
    pytest.importorskip("xdist")
    pytester.makepyfile(TEST.format(refused=refused))
    result = pytester.runpytest_subprocess("-n2", "--dist=each" if status else "--dist=load")
    assert result.ret == status
