"""What `--faultzone-unmet` makes of a fault that nothing met."""

from __future__ import annotations

import pytest

TEST = """
    def test_a_throttling_that_nothing_meets(chaos, clock):
        with chaos.throttling("RenewInstance"):
            clock.advance("1h")
"""


@pytest.mark.slow
def test_it_is_a_warning_with_its_line(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it=TEST)
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*test_it.py:2: UnmetFault: ApiFailure(*met nothing*"])


@pytest.mark.slow
def test_one_of_a_marker_has_the_line_of_the_test(pytester: pytest.Pytester) -> None:
    fault = {"fault": "ApiFailure", "action": "RenewInstance"}
    schedule = {"version": 1, "steps": [{"at": "1m", "fault": fault}]}
    pytester.makepyfile(
        test_it=f"""
        import pytest

        @pytest.mark.schedule({schedule!r})
        def test_of_a_schedule(clock):
            clock.advance("1h")
        """
    )
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*test_it.py:3: UnmetFault: ApiFailure(*met nothing*"])


@pytest.mark.parametrize(("unmet", "outcomes"), [("error", {"failed": 1}), ("ignore", {"passed": 1})])
def test_it_is_an_error_or_nothing(pytester: pytest.Pytester, unmet: str, outcomes: dict[str, int]) -> None:
    pytester.makepyfile(TEST)
    pytester.runpytest_inprocess(f"--faultzone-unmet={unmet}").assert_outcomes(**outcomes)


MANY = """
    import pytest
    from faultzone import AgentOutage, HostCrash, Schedule, SubscriptionExpiry
    from faultzone.faults.schedule import At, Call, Entry, On
    from faultzone.faults.targets import all, host_of, newest

    HOST = "cn-hangzhou-a-h01"
    STEPS = [At("1m", HostCrash(HOST)), On(Call("RunInstances"), AgentOutage(all("agent")))]

    @pytest.mark.schedule(Schedule([At("1m", HostCrash(HOST))]))
    def test_met(region):
        region.run_instances(1, zone="cn-hangzhou-a")
        region.clock.advance("1h")

    @pytest.mark.schedule(Schedule(STEPS, stop_when="refusal NoStock"))
    def test_of_a_marker(clock):
        clock.advance("1h")

    @pytest.mark.parametrize("number", range(3))
    def test_of_a_block(chaos, clock, number):
        with chaos.throttling("RenewInstance"):
            clock.advance("1h")

    def test_that_never_comes(chaos):
        chaos.play(Schedule([At("1m", HostCrash(HOST))]))

    def test_that_is_skipped(region):
        region.chaos.play(Schedule([At("1m", SubscriptionExpiry(newest("subscription")))]))
        region.clock.advance("2m")

    def test_after_an_entry(region):
        crash = HostCrash(host_of(newest("instance")))
        region.chaos.play(Schedule([On(Entry("transition", to="Running"), crash)]))
        region.run_instances(1, wait=False)
        region.clock.advance("1h")

    def test_that_fails(region):
        region.chaos.play(Schedule([At("1m", HostCrash(HOST))]))
        raise AssertionError
"""


@pytest.mark.slow
@pytest.mark.parametrize("unmet", ["warning", "error", "ignore"])
def test_workers_tell_what_one_process_does(pytester: pytest.Pytester, unmet: str) -> None:
    pytest.importorskip("xdist")
    pytester.makepyfile(test_it=MANY)
    told = []
    for workers in ("-n0", "-n2"):
        lines = pytester.runpytest_subprocess(workers, f"--faultzone-unmet={unmet}", "-rA", "--tb=line").outlines
        ends = sorted(each for each in lines if each.startswith(("PASSED ", "FAILED ", "ERROR ")))
        warned = sorted(each.strip() for each in lines if ": UnmetFault: " in each)
        told.append((ends, warned))
    one, several = told
    assert several == one
    assert [len(each) for each in one] == {"warning": [9, 6], "error": [13, 0], "ignore": [9, 0]}[unmet]
