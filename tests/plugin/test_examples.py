"""The shortest example of a `@given` test, printed as a test that runs and fails in the same way."""

from __future__ import annotations

import re

import pytest

HEAD = """
from dataclasses import dataclass

import pytest
from hypothesis import Phase, given, settings, strategies as st
from faultzone import HostCrash, UsageError
from faultzone import make_region as bare
from faultzone.faults.strategies import faults

quick = settings(
    max_examples=30, deadline=None, derandomize=True, database=None, phases=(Phase.generate, Phase.shrink)
)

def broken(region, plan):
    for fault in plan:
        try:
            region.chaos.inject(fault)
        except UsageError:
            continue
    region.clock.advance("1m")
    return sorted(each["host"] for each in region.hosts if each["state"] != "up")
"""

PLANNED = """
@pytest.mark.parametrize("least", [2])
@pytest.mark.region(hosts_per_zone=3)
@quick
@given(plan=st.lists(st.builds(HostCrash, st.integers(1, 3).map("cn-hangzhou-a-h{:02}".format)), max_size=4))
def test_it(make_region, least, plan):
    region = make_region(hosts_per_zone=3)
    made = region.run_instances(1)
    hosts = broken(region, plan)
    assert len(hosts) < least, f"{made} {hosts}"
"""

DRAWN = """
@quick
@given(data=st.data())
def test_it(make_region, data):
    region = make_region(hosts_per_zone=2)
    (instance,) = region.run_instances(1)
    drawn = [data.draw(faults(region)) for _ in range(data.draw(st.integers(0, 3)))]
    hosts = broken(region, drawn)
    assert instance.status == "Running" and not hosts, f"{instance} {drawn} {hosts}"
"""

BARE = """
@quick
@given(crash=st.builds(HostCrash, st.just("cn-hangzhou-a-h01"), st.booleans()))
def test_it(crash):
    assert not broken(bare(), [crash]), f"{crash} broke it"
"""

OWN = """
@dataclass(frozen=True)
class Plan:
    crash: HostCrash

@quick
@given(plan=st.builds(Plan, st.builds(HostCrash, st.just("cn-hangzhou-a-h01"))))
def test_it(make_region, plan):
    assert not broken(make_region(), [plan.crash]), f"{plan} broke it"
"""

CONSUMED = """
@quick
@given(
    data=st.data(),
    plan=st.lists(st.builds(HostCrash, st.just("cn-hangzhou-a-h01")), min_size=1, max_size=3),
    deep=st.dictionaries(st.just("a"), st.tuples(st.sets(st.integers(0, 3)), st.lists(st.integers()))),
)
def test_it(make_region, plan, deep, data):
    region, count = make_region(), len(plan)
    drawn = data.draw(st.lists(st.integers(), min_size=2))
    count += len(drawn)
    drawn.clear()
    for some, more in deep.values():
        some.clear()
        more.append(1)
    assert not broken(region, [plan.pop() for _ in range(len(plan))]), count
"""

METHOD = """
class TestOuter:
    class TestIt:
        @pytest.fixture(autouse=True)
        def shape(self):
            self.shape = {"hosts_per_zone": 3}

        @pytest.mark.parametrize("least", [1])
        @quick
        @given(plan=st.lists(st.builds(HostCrash, st.integers(1, 3).map("cn-hangzhou-a-h{:02}".format)), max_size=4))
        def test_it(self, make_region, least, plan):
            region = make_region(**self.shape)
            hosts = broken(region, plan)
            assert len(hosts) < least, f"{region.run_instances(1)} {hosts}"
"""

#: A runner of coroutines replaces `inner_test`, as Hypothesis asks it to, once the test runs.
RUNNER = """
import asyncio
import functools
import inspect
import pytest

@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    handle = getattr(pyfuncitem.obj, "hypothesis", None)
    given = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    if handle is None and inspect.iscoroutinefunction(pyfuncitem.obj):
        asyncio.run(pyfuncitem.obj(**given))
        return True
    if handle is not None and inspect.iscoroutinefunction(handle.inner_test):
        inner = handle.inner_test
        handle.inner_test = lambda *arguments, **given: asyncio.run(inner(*arguments, **given))
    return None
"""

AWAITED = """
@pytest.mark.usefixtures("tmp_path")
@quick
@given(data=st.data(), plan=st.lists(st.builds(HostCrash, st.just("cn-hangzhou-a-h01")), min_size=1))
async def test_it(make_region, plan, data):
    count = data.draw(st.integers(1, 3))
    assert not broken(make_region(), plan), count
"""


def message(output: str) -> str:
    """What the failed assertion of the one test that failed says."""
    found = re.search(r"^E +AssertionError: (.*)$", output, re.MULTILINE)
    assert found is not None, output
    return found[1]


def printed(output: str) -> str:
    """The function that the report of a failure shows."""
    found = re.search(r"the shortest example, as a test:\n(.*?)\nagain ", output, re.DOTALL)
    assert found is not None, output
    return found[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    "body",
    [PLANNED, DRAWN, BARE, OWN, CONSUMED, METHOD, AWAITED],
    ids=["planned", "drawn", "bare", "own-values", "consumed", "method", "awaited"],
)
def test_the_function_that_is_printed_fails_in_the_same_way(pytester: pytest.Pytester, body: str) -> None:
    path = pytester.makepyfile(HEAD + body)
    pytester.makeconftest(RUNNER)
    options = ("-p", "no:randomly", "--faultzone-seed=7")
    first = pytester.runpytest_inprocess(*options)
    first.assert_outcomes(failed=1)
    path.write_text(path.read_text("utf-8") + "\n\n" + printed(first.stdout.str()), "utf-8")
    again = pytester.runpytest_inprocess(*options, "-k", "test_it_again")
    again.assert_outcomes(failed=1, deselected=1)
    assert message(again.stdout.str()) == message(first.stdout.str())


@pytest.mark.slow
def test_the_function_is_the_shortest_that_hypothesis_found(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(HEAD + PLANNED)
    result = pytester.runpytest_inprocess()
    function = printed(result.stdout.str())
    assert function.count("HostCrash(") == 2
    assert "@pytest.mark.region(hosts_per_zone=3, seed=" in function
    assert "least=2," in function
    result.stdout.fnmatch_lines(
        ["broken    +3 s  HostCrash(host='cn-hangzhou-a-h0?'*", "*+3 s  HostCrash(host='cn-hangzhou-a-h0?'*"]
    )


def test_a_value_that_cannot_be_written_down_is_named(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        HEAD
        + """
@quick
@given(act=st.just(lambda region: region.chaos.crash("cn-hangzhou-a-h01")))
def test_it(make_region, act):
    region = make_region()
    act(region)
    assert not broken(region, [])

@quick
@given(kind=st.just(HostCrash))
def test_kind(make_region, kind):
    assert not broken(make_region(), [kind("cn-hangzhou-a-h01")])

class TestIt:
    @staticmethod
    @quick
    @given(number=st.just(1))
    def test_it(make_region, number):
        assert make_region().hosts == number
"""
    )
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines(
        [
            "example   The shortest example is not written as a function: the value of act is <function <lambda>*",
            "example   The shortest example is not written as a function: the value of kind is <class",
            "          'faultzone.*.HostCrash'>.",
            "example   The shortest example is not written as a function: the test is a method without self.",
        ]
    )


def test_an_assumption_that_does_not_hold_is_no_failing_example(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        HEAD
        + """
from hypothesis import assume

@quick
@given(number=st.integers())
def test_never(make_region, number):
    make_region()
    assume(False)

@quick
@given(number=st.integers(0, 9))
def test_failing(make_region, number):
    make_region()
    pytest.fail("as it is")
"""
    )
    result = pytester.runpytest_inprocess("-p", "no:randomly")
    result.assert_outcomes(failed=2)
    assert "number=0," in printed(result.stdout.str())
    assert "test_never_again" not in result.stdout.str()


def test_a_test_that_passes_after_all_shows_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        HEAD
        + """
@quick
@given(number=st.integers())
def test_it(make_region, number):
    make_region()

def test_other(region):
    assert False
"""
    )
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.no_fnmatch_line("*shortest example*")


def test_the_seed_of_the_marker_is_that_of_all_regions_of_a_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("n", [1, 2])
        @pytest.mark.region(seed="mine")
        def test_it(region, make_region, n):
            seeds = [each.journal.entries[0][3]["seed"] for each in (region, make_region(), make_region(seed="own"))]
            assert seeds == ["mine", "mine", "own"]
        """
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=2)
