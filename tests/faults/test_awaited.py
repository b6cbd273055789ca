"""What the steps of a schedule wait for: calls and entries that can exist; and those that wait for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from faultzone import HostCrash, HostHang, NetworkCut, Region, SecurityLock, SupplyShortage, UsageError, make_region
from faultzone.faults.schedule import At, Call, Entry, On, Schedule
from faultzone.faults.targets import newest

HOST = "cn-hangzhou-a-h01"
STEP = {"at": "1m", "fault": {"fault": "HostCrash", "host": HOST}}


@pytest.fixture
def region() -> Iterator[Region]:
    with make_region(zones=2, hosts_per_zone=3) as made:
        yield made


def test_a_call_that_cannot_exist_is_refused_when_its_schedule_is_made_or_read(region: Region) -> None:
    said = "unknown action 'RunInstanses': did you mean 'RunInstances'"
    with pytest.raises(UsageError, match=said):
        On(Call("RunInstanses"), HostCrash(HOST))
    given = {"version": 1, "steps": [STEP, {"on": {"call": "RunInstanses"}, "fault": STEP["fault"]}]}
    for way in (Schedule.read, region.chaos.play, lambda each: region.control("play", schedule=each)):
        with pytest.raises(UsageError, match=f"step 2: {said}"):
            way(given)
    assert region.control("faults")["faults"] == []
    with pytest.raises(UsageError, match=r"about='newest\(instance\)': expected an ID"):
        Call("StopInstance", about=newest("instance"))


@pytest.mark.parametrize(
    ("wanted", "data", "meets"),
    [
        (Entry("call", **{"parameters.Amount": 3}), {"parameters": {"Amount": 3}}, True),
        (Entry("call", **{"parameters.Amount": 3}), {"parameters": {"Amount": "3"}}, True),
        (Entry("call", **{"parameters.Amount": 3}), {"parameters": {"Amount": 4}}, False),
        (Entry("call", **{"parameters.Amount": 3}), {"parameters": None}, False),
        (Entry("call", **{"parameters.DryRun": True}), {"parameters": {"DryRun": "true"}}, True),
        (Entry.of("call", 1, {"parameters.InstanceId": "i-2"}), {"parameters": {"InstanceId": ["i-1", "i-2"]}}, True),
        (Entry("event", type="SystemFailure.*"), {"type": "SystemFailure.Reboot"}, True),
        (Entry("event", type="SystemFailure.*"), {"type": "SystemMaintenance.Reboot"}, False),
        (Entry.of("transition", 1, {"from": None}), {"from": None}, True),
        (Entry("fault", kind="drop"), {"kind": "drop"}, True),
    ],
)
def test_an_entry_is_described_as_in_a_sentence(wanted: Entry, data: dict[str, Any], meets: bool) -> None:
    from faultzone.conditions import vocabulary

    assert wanted.meets(wanted.kind, data) is meets
    assert vocabulary.of_entry(wanted.kind, wanted.where).meets(wanted.kind, data) is meets
    assert eval(repr(wanted)) == wanted
    step = On(wanted, HostCrash(HOST))
    assert Schedule.read(Schedule([step]).told()).steps == (step,)


def test_an_entry_with_a_field_in_a_field_is_waited_for(region: Region) -> None:
    (crash,) = region.chaos.play(Schedule([On(Entry("call", **{"parameters.Amount": 2}), HostCrash(HOST))]))
    region.run_instances(1)
    assert crash.state == "planned"
    region.run_instances(2, wait=False)
    assert crash.state == "active"


def test_what_a_schedule_has_at_its_beginning_comes_when_it_is_played(region: Region) -> None:
    began = region.clock.ms
    steps: list[At | On] = [
        On(Entry("fault", fault="NetworkCut"), HostHang("cn-hangzhou-a-h03")),
        At(0, HostCrash(HOST), until="1m"),
        At("0s", NetworkCut("cn-hangzhou-a-h02")),
        At(0, SecurityLock(newest("instance"))),
    ]
    hang, crash, cut, lock = region.chaos.play(Schedule(steps))
    assert [each.state for each in (hang, crash, cut, lock)] == ["active", "active", "active", "skipped"]
    assert region.clock.ms == began
    region.clock.advance("2m")
    assert crash.state == "undone"


def test_a_stop_condition_cancels_what_else_is_at_the_beginning(region: Region) -> None:
    steps = [At(0, HostCrash(HOST)), At(0, SupplyShortage())]
    first, second = region.chaos.play(Schedule(steps, stop_when="fault HostCrash"))
    assert (first.record["stopped"], second.record["since"], second.state) == (True, None, "undone")


def test_what_is_scheduled_for_now_comes_now(region: Region) -> None:
    with region.chaos.at(0, HostCrash(HOST)) as crash:
        assert crash.state == "active"
