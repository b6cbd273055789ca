"""Conditions of a run: judged of the region of each test after it, by an option or the configuration file."""

from __future__ import annotations

import pytest

TEST = """
    import pytest
    from faultzone import ApiError

    @pytest.mark.parametrize("refused", {refused})
    @pytest.mark.region(zones=1, supply={{"*/*": 1}})
    def test_it(region, refused):
        if refused:
            with pytest.raises(ApiError):
                region.run_instances(2)

    def test_without_a_region():
        pass
"""
NEVER = "--faultzone-condition=never refusal NoStock"


def test_a_test_that_breaks_one_fails_with_its_entries(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(TEST.format(refused=[False, True]))
    result = pytester.runpytest_inprocess(NEVER, "--faultzone-condition=always refusal is action=RunInstances")
    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines(
        [
            "*ConditionBroken: never refusal NoStock: broken*",
            "*expected no refusal NoStock*",
            "*'--faultzone-condition=never refusal NoStock'*",
            "condition: never refusal NoStock: held in 1, was broken in 1 of 2 regions",
            "condition: always refusal is action=RunInstances: held in 2 of 2 regions",
        ]
    )


def test_those_of_the_configuration_file_have_a_line_each(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(TEST.format(refused=[True]))
    pytester.makeini("[pytest]\nfaultzone_condition =\n    never refusal NoStock\n    never stale\n")
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["condition: never stale: held in 1 of 1 region"])


def test_the_command_line_replaces_those_of_the_file(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(TEST.format(refused=[True]))
    pytester.makeini("[pytest]\nfaultzone_condition = never refusal NoStock\n")
    pytester.runpytest_inprocess("--faultzone-condition=never stale").assert_outcomes(passed=2)


def test_one_that_is_not_decided_fails_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(region): region.run_instances(1)")
    result = pytester.runpytest_inprocess("--faultzone-condition=eventually within 9h call StopInstance")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["condition: * call StopInstance: was not decided in 1 of 1 region"])


def test_a_region_that_the_test_made_is_judged_too_and_without_checkers(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        from faultzone import make_region
        from faultzone.model.rules import Rules

        class Own(Rules):
            pass

        def test_it():
            with make_region(rules=Own) as region:
                region.run_instances(1)
    """)
    result = pytester.runpytest_inprocess("--faultzone-checkers=none", "--faultzone-condition=never call RunInstances")
    result.assert_outcomes(passed=1, errors=1)


@pytest.mark.parametrize(("refused", "status"), [([False, True], 0), ([False], 1)])
def test_what_must_be_reached_sometimes_is_reached_in_one_of_all_tests(
    pytester: pytest.Pytester, refused: list[bool], status: int
) -> None:
    pytester.makepyfile(TEST.format(refused=refused))
    result = pytester.runpytest_inprocess("--faultzone-condition=sometimes refusal NoStock")
    assert result.ret == status
    if status:
        result.stdout.fnmatch_lines(["never reached: all tests: sometimes refusal NoStock: not reached in 1 run"])


def test_a_broken_one_departs_from_the_clauses_of_the_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.mark.clause("deployment-set/strategy")
        def test_it(region):
            region.create_deployment_set()
    """)
    result = pytester.runpytest_inprocess("--faultzone-condition=never call CreateDeploymentSet")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*deviates: deployment-set/strategy*"])


@pytest.mark.slow
def test_workers_count_together(pytester: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    pytester.makepyfile(TEST.format(refused=[False, True]))
    result = pytester.runpytest_subprocess("-n2", NEVER)
    result.stdout.fnmatch_lines(["condition: never refusal NoStock: held in 1, was broken in 1 of 2 regions"])


@pytest.mark.parametrize(
    ("sentence", "says"),
    [
        ("refusal NoStock", "expected a condition: write always, never, eventually or sometimes before it"),
        ("never refusal NoStok", "did you mean 'NoStock'"),
        ("never", "expected a kind of entry"),
    ],
)
def test_what_is_no_condition_is_one_usage_error(pytester: pytest.Pytester, sentence: str, says: str) -> None:
    pytester.makepyfile("def test_it(region): pass")
    result = pytester.runpytest_inprocess(f"--faultzone-condition={sentence}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*--faultzone-condition*{says}*"])
