"""What must hold for a block of a test or so far, probes, and the operations of a test's own client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

import pytest

from faultzone import ApiError, ConditionBroken, Region, SupplyShortage, UsageError, assert_holds, make_region
from faultzone.checkers import ViolationError, check, demand
from faultzone.conditions import always, eventually, follows, never, precedes, probe, reached, sometimes
from faultzone.errors import NotSupported
from faultzone.journal.operations import Operation, history
from faultzone.region import CloudOptions, local_backend
from faultzone.serve import cloud as hosted
from faultzone.serve.client import connect


@pytest.fixture
def region() -> Iterator[Region]:
    with make_region(zones=1, hosts_per_zone=3, edition="2020-12") as made:
        yield made


def refused(region: Region) -> None:
    with pytest.raises(ApiError):
        region.run_instances(1)


# Blocks


def test_a_block_in_which_all_holds(region: Region) -> None:
    (one,) = region.run_instances(1)
    with region.expect(
        follows("event Scheduled", after="fault HostCrash", within="10s"),
        precedes("fault HostCrash", before="event Scheduled", within="10s"),
        never("transition Stopped"),
        eventually("event Executed", within="10m"),
        "always event is SystemFailure.Reboot",
    ):
        region.chaos.crash(one, reversible=False)


def test_time_passes_until_it_is_known(region: Region) -> None:
    (one,) = region.run_instances(1)
    began = region.clock.ms
    with region.expect(follows("event Executed", after="fault", within="1h")):
        region.chaos.crash(one, reversible=False)
    event = region.journal.of("event", to="Executed")[0]
    assert began < event.at == region.clock.ms  # No longer than it takes.


def test_what_is_not_followed_in_time_is_broken(region: Region) -> None:
    (one,) = region.run_instances(1)
    began = region.clock.ms
    with pytest.raises(ConditionBroken, match="no event Executed came in the 1 s after"):  # noqa: SIM117
        with region.expect(follows("event Executed", after="fault", within="1s")):
            region.chaos.crash(one, reversible=False)
    assert region.clock.ms == began + 1_001


def test_what_begins_after_the_block_is_not_awaited(region: Region) -> None:
    """The end of the awaited answers what was asked for; the fault that comes meanwhile is not of the block."""
    (one,) = region.run_instances(1)
    with region.expect(follows("undo", after="fault SupplyShortage", within="30s", same="number")):
        region.chaos.inject(SupplyShortage(), lasts="20s")
        region.chaos.at("10s", SupplyShortage(zone=region.zones[0]))
    assert one.status == "Running"


def test_what_came_before_the_block_counts_as_before(region: Region) -> None:
    with region.chaos.shortage():
        refused(region)
        with region.expect(always("refusal during fault SupplyShortage"), always("refusal preceded by fault")):
            refused(region)
        with pytest.raises(ConditionBroken, match="expected no refusal NoStock"):  # noqa: SIM117
            with region.expect(never("refusal NoStock")):
                refused(region)


def test_the_message_has_the_condition_the_entries_and_the_moments(region: Region) -> None:
    condition = "never refusal NoStock not during fault HostCrash"
    with pytest.raises(ConditionBroken) as broken, region.expect(condition), region.chaos.shortage():
        refused(region)
    first, second, third = str(broken.value).splitlines()
    (entry,) = region.journal.of("refusal")
    assert first == "never refusal NoStock not during fault HostCrash: broken"
    assert second == (f"  entry {entry.number}, 2019-03-01T00:00:00Z: no fault HostCrash was active; there was none")
    assert third == str(entry)


def test_a_failure_of_the_block_itself_comes_out_with_what_was_broken(region: Region) -> None:
    def fails() -> None:
        with region.expect(never("call"), eventually("event")):
            region.create_deployment_set()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as failed:
        fails()
    assert [note.splitlines()[0] for note in failed.value.__notes__] == [
        "never call: broken",
        "eventually event: broken",
    ]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ((), "expected a condition"),
        (("refusal",), "refusal: expected a condition"),
        ((3,), "3: expected a condition"),
        (("never refusal NoStok",), "did you mean 'NoStock'"),
    ],
)
def test_what_is_no_condition_is_refused(region: Region, given: tuple[Any, ...], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        region.expect(*given)
    with pytest.raises(UsageError, match=says):
        assert_holds(region, *given)


# So far


def test_so_far(region: Region) -> None:
    (one,) = region.run_instances(1)
    with region.chaos.crash(one):
        region.clock.advance("10m")
    assert_holds(region, "always fault followed by undo same number", eventually("event Executed"), never("stale"))
    with pytest.raises(ConditionBroken, match="expected no fault"):
        assert_holds(region, never("fault"))


def test_what_is_not_known_yet_is_no_success(region: Region) -> None:
    (one,) = region.run_instances(1)
    region.chaos.crash(one, reversible=False)
    with pytest.raises(ConditionBroken, match="can still be followed in time"):
        assert_holds(region, follows("event Executed", after="fault", within="1h"))
    with pytest.raises(ConditionBroken, match="there is time until"):
        assert_holds(region, eventually("event Executed", within="1h"))


def test_a_function_cannot_be_asked_of_the_past(region: Region) -> None:
    with pytest.raises(UsageError, match=r"write region\.expect"):
        assert_holds(region, never(probe("x", lambda: True)))


def test_conditions_are_checkers(region: Region) -> None:
    with region.chaos.shortage():
        refused(region)
    kept, broken, epochs = check(region.journal, [always("refusal during fault"), never("refusal NoStock"), "epochs"])
    assert (kept.verdict, broken.verdict, epochs.verdict) == ("holds", "violated", "holds")
    assert broken.checker == "never refusal NoStock"
    assert [entry.kind for entry in broken.entries] == ["refusal"]
    with pytest.raises(ViolationError, match="never refusal NoStock: violated"):
        demand(region.journal, [never("refusal NoStock")])
    (unknown,) = check(region.journal, [follows("refusal", after="fault SupplyShortage", within="1d")])
    assert unknown.verdict == "holds"


# Probes


def test_a_probe_is_asked_at_each_change(region: Region) -> None:
    (one,) = region.run_instances(1)

    def runs() -> bool:
        return one.status == "Running"

    with region.expect(follows(runs, after="fault", within="4m")), region.chaos.crash(one):
        region.clock.advance("10m")
    told = region.journal.of("probe", probe="runs")
    assert [entry.data["value"] for entry in told] == [True, False, True]
    starting, again = region.journal.of("transition", instance=one.id, to="Starting")[-1], told[-1]
    assert told[1].at == starting.at
    assert again.at == region.journal.of("transition", instance=one.id, to="Running")[-1].at

    with pytest.raises(ConditionBroken, match="probe is runs, value is false"):  # noqa: SIM117
        with region.expect(always(runs)), region.chaos.crash(one):
            region.clock.advance("10m")


def test_a_probe_that_is_false_at_first_breaks_always(region: Region) -> None:
    with pytest.raises(ConditionBroken), region.expect(always(probe("no", lambda: False))):
        pass


def test_a_probe_that_becomes_true_in_the_end(region: Region) -> None:
    (one,) = region.run_instances(1)
    region.chaos.crash(one, reversible=False)
    with region.expect(eventually(probe("moved", lambda: one.host == "cn-hangzhou-a-h02"), within="10m")):
        pass
    assert one.host == "cn-hangzhou-a-h02"


def test_a_probe_by_itself_has_any_value_that_json_has(region: Region) -> None:
    with region.probe(probe("how many", lambda: len(region.instances))):
        region.run_instances(2)
    region.run_instances(1)
    assert [entry.data["value"] for entry in region.journal.of("probe")] == [0, 2]
    assert_holds(region, 'always probe "how many" is value!=1', 'eventually probe "how many" 2')
    region.probe(probe("list", lambda: region.instances)).end()
    assert region.journal.of("probe", probe="list")[0].data["value"] is True


def test_a_probe_may_change_the_region(region: Region) -> None:
    def pays() -> bool:
        region.top_up(1)
        return True

    with region.probe(pays):
        region.create_deployment_set()
    assert (
        len(region.journal.of("bill")) == 3
    )  # It was asked at first, after the call, and at last; not after its own change.


def test_a_probe_that_fails_fails_the_call_and_is_asked_again(region: Region) -> None:
    asked = []

    def fails_once() -> bool:
        asked.append(1)
        if len(asked) == 2:
            raise ZeroDivisionError
        return True

    with region.probe(fails_once):
        with pytest.raises(ZeroDivisionError):
            region.create_deployment_set()
        region.create_deployment_set()
    assert len(asked) == 4


def test_a_probe_without_a_name_is_refused(region: Region) -> None:
    with pytest.raises(UsageError, match="a function with a name"):
        region.probe(lambda: True)
    with pytest.raises(UsageError, match="a function with a name"):
        region.probe(3)  # type: ignore[arg-type]


# Several runs


def test_what_is_reached_sometimes_is_counted(region: Region) -> None:
    reached.take()
    for moves in (False, True, False):
        with region.expect(sometimes("call CreateDeploymentSet"), sometimes("refusal")):
            if moves:
                region.create_deployment_set()
    assert reached.take() == {"sometimes call CreateDeploymentSet": (3, 1), "sometimes refusal": (3, 0)}
    assert reached.take() == {}


# Operations


def test_operations_are_a_history(region: Region) -> None:
    with region.operation("write", 3) as write:
        region.clock.advance("2s")
        write.returns("ok")
    with pytest.raises(ApiError), region.operation("stop", "i-x", who="b"):
        region.call("StopInstance", InstanceId="i-x")
    with pytest.raises(ConnectionError), region.operation("read", {"of": "x"}, who="b"):
        raise ConnectionError("gone")
    with pytest.raises(KeyError), region.operation("read", fails=[KeyError]):
        raise KeyError("x")
    with region.operation("read"):
        (*_, under_way) = region.history()
    found = region.history()
    assert [(each.number, each.name, each.arguments, each.who, each.state) for each in found] == [
        (1, "write", (3,), "main", "returned"),
        (2, "stop", ("i-x",), "b", "failed"),
        (3, "read", ({"of": "x"},), "b", "unknown"),
        (4, "read", (), "main", "failed"),
        (5, "read", (), "main", "returned"),
    ]
    write_, stop, read, *_ = found
    assert (write_.value, stop.error, read.error) == ("ok", str(found[1].error), "ConnectionError: gone")
    assert write_.ended is not None
    assert write_.ended - write_.invoked == 2_000
    assert str(write_) == "2019-03-01T00:00:00Z main: write(3) returned after 2 s -> 'ok'"
    assert (under_way.state, under_way.ended, under_way.last) == ("invoked", None, None)
    assert history(region.journal, "read", who="b") == [read]
    assert_holds(region, "always operation write returned preceded by operation write invoked same number")


def test_which_came_first(region: Region) -> None:
    with region.operation("write", 1), region.operation("write", 2, who="b"):
        pass
    with pytest.raises(TimeoutError), region.operation("write", 3):
        raise TimeoutError
    with region.operation("read"):
        pass
    outer, inner, lost, read = region.history()
    assert outer.before(read)
    assert inner.before(lost)
    assert not outer.before(inner)
    assert not inner.before(outer)
    assert not lost.before(read)  # It may take effect at any time.


def test_a_checker_of_the_tests_own_judges_a_history(region: Region) -> None:
    """The last write that was over before a read, or one beside it, is what the read returns."""
    for value in (1, 2):
        with region.operation("write", value):
            pass
    with region.operation("read") as read:
        read.returns(1)

    def stale(operations: list[Operation]) -> list[Operation]:
        writes = [each for each in operations if each.name == "write"]
        return [
            each
            for each in operations
            if each.name == "read"
            and each.value in [w.arguments[0] for w in writes if any(w.before(x) and x.before(each) for x in writes)]
        ]

    assert [each.value for each in stale(region.history())] == [1]


@pytest.mark.parametrize("name", ["", "a\nb", 3])
def test_an_operation_has_a_name(region: Region, name: Any) -> None:
    with pytest.raises(UsageError, match="name="):
        region.operation(name)


def test_an_operation_has_what_json_can_carry(region: Region) -> None:
    with pytest.raises(UsageError, match="what JSON can carry"):
        region.operation("write", object())
    with region.operation("write") as write, pytest.raises(UsageError, match="what JSON can carry"):
        write.returns(float("nan"))
    assert region.history()[0].value is None


def test_views_count_operations_together(region: Region) -> None:
    with region.operation("a"), region.in_region(region.id).operation("b"):
        pass
    assert [each.number for each in region.history()] == [1, 2]


# Behind an endpoint


@pytest.mark.slow
def test_behind_an_endpoint_the_journal_is_that_of_the_endpoint() -> None:
    cloud = hosted.Hosted(clock="virtual", edition="2020-12")
    with (
        hosted.endpoint(cloud, token="token") as served,
        closing(connect(served.url, token="token")) as connected,
        make_region(connected) as far,
    ):
        (one,) = far.run_instances(1)
        with far.expect(follows("event Executed", after="fault", within="10m"), "never transition Stopped"):
            far.chaos.crash(one, reversible=False)
        with far.operation("write", 3) as write:
            write.returns(4)
        assert [each.value for each in far.history()] == [4]
        assert len(far.journal.of("operation")) == len(cloud.journal.of("operation")) == 2
        with pytest.raises(NotSupported, match="does not travel"), far.expect(always(probe("x", lambda: True))):
            pass


def test_behind_a_bare_endpoint_the_journal_has_the_calls() -> None:
    class Bare:
        """A backend that has the public API alone."""

        def __init__(self) -> None:
            self._inner = local_backend(CloudOptions.of())

        def call(self, action: str, parameters: Mapping[str, object], **more: Any) -> dict[str, Any]:
            return self._inner.call(action, parameters, **more)

        def control(self, verb: str, arguments: Mapping[str, object]) -> dict[str, Any]:
            raise NotImplementedError

        def close(self) -> None:
            self._inner.close()

    with make_region(Bare()) as region:
        with region.expect("always call DescribeZones preceded by call CreateDeploymentSet"):
            region.create_deployment_set()
            region.call("DescribeZones")
        with region.operation("write", 3, who="a"):
            pass
        assert [each.state for each in region.history()] == ["returned"]
        with pytest.raises(UsageError, match="does not begin with the region"), region.expect("never transition"):
            pass


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"fails": ValueError}, "fails=<class 'ValueError'>: expected a list of exceptions"),
        ({"fails": ["ValueError"]}, "fails='ValueError': expected exceptions"),
        ({"who": ""}, "who='': expected the name of a client"),
        ({"who": 5}, "who=5: expected the name of a client"),
    ],
)
def test_an_operation_says_what_it_needs(region: Region, given: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        region.operation("write", **given)
    assert region.journal.of("operation") == []


def test_a_probe_that_fails_at_the_start_leaves_none_behind(region: Region) -> None:
    asked = []

    def serves() -> bool:
        asked.append(1)
        return True

    def broken() -> bool:
        raise ZeroDivisionError

    wanted = [always(probe("serves", serves)), always(probe("broken", broken))]
    with pytest.raises(ZeroDivisionError), region.expect(*wanted):
        pass
    before = len(asked)
    region.run_instances(1)
    assert len(asked) == before


def test_the_error_of_a_block_is_told_and_not_that_of_a_probe(region: Region) -> None:
    works = [True]

    def serves() -> bool:
        if not works[0]:
            raise ZeroDivisionError
        return True

    def fail() -> None:
        works[0] = False
        raise KeyError("the block's own")

    with pytest.raises(KeyError), region.expect(always(probe("serves", serves))):
        fail()
    region.run_instances(1)


def test_an_operation_is_one(region: Region) -> None:
    write = region.operation("write", 3)
    with write, pytest.raises(UsageError, match=r"has begun before: write region\.operation"):
        write.__enter__()
    with pytest.raises(UsageError, match="has begun before"), write:
        pass
    with pytest.raises(UsageError, match="is over: expected what it returned within its block"):
        write.returns(5)
    assert [(each.number, each.state) for each in region.history()] == [(1, "returned")]


def test_a_probe_lets_no_time_pass(region: Region) -> None:
    def look() -> bool:
        region.clock.advance("1s")
        return True

    began = region.clock.ms
    with pytest.raises(UsageError, match="the probe 'look' lets time pass: expected a function that only looks"):
        region.probe(look)
    region.clock.advance("1s")
    assert region.clock.ms - began == 1_000
