"""The marker `schedule`: faults of the region of a test as data."""

from __future__ import annotations

import pytest


def test_a_schedule_begins_with_the_test(pytester: pytest.Pytester) -> None:
    pytester.makefile(
        ".json",
        crash='{"version": 1, "steps": [{"at": "1m", "fault": {"fault": "HostCrash", "host": "cn-hangzhou-a-h01"}}]}',
    )
    pytester.makepyfile(
        """
        import pytest
        from faultzone import HostCrash
        from faultzone.faults.schedule import At, Schedule

        def check(region):
            assert region.control("faults")["faults"][0]["state"] == "planned"
            region.clock.advance("2m")
            assert [entry.data["host"] for entry in region.journal.of("fault")] == ["cn-hangzhou-a-h01"]

        @pytest.mark.schedule("crash.json")
        def test_file(region):
            check(region)

        @pytest.mark.schedule(Schedule([At("1m", HostCrash("cn-hangzhou-a-h01"))]))
        def test_value(region):
            check(region)
        """
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=2)


def test_a_stop_condition_comes_with_the_schedule(pytester: pytest.Pytester) -> None:
    pytester.makefile(
        ".json",
        short='{"version": 1, "steps": [{"at": 0, "fault": {"fault": "SupplyShortage"}}], "stop_when": ["refusal"]}',
    )
    pytester.makepyfile(
        """
        import pytest
        from faultzone import assert_refused

        @pytest.mark.schedule("short.json")
        def test_x(region):
            region.clock.advance("1s")
            assert_refused("OperationDenied.NoStock", lambda: region.run_instances(1))
            assert region.run_instances(1)
            assert len(region.journal.of("notice", what="experiment stopped")) == 1
        """
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        ("schedule()", "marker schedule: expected one argument, such as schedule('crash.json')"),
        ("schedule('none.json')", "none.json: expected a file with a schedule"),
        ("schedule({'version': 2, 'steps': []})", "version=2: expected 1"),
    ],
)
def test_a_marker_that_makes_no_sense_is_told_when_tests_are_collected(
    pytester: pytest.Pytester, mark: str, said: str
) -> None:
    pytester.makepyfile(f"import pytest\n@pytest.mark.{mark}\ndef test_x(region):\n    pass\n")
    result = pytester.runpytest_inprocess()
    result.stdout.fnmatch_lines([f"*{said}*"])
    assert result.ret != 0
