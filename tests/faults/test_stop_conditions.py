"""Stop conditions: an experiment ends, its faults undone, once the journal has what a sentence describes."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from faultzone import (
    AgentOutage,
    ApiError,
    HostCrash,
    Region,
    Schedule,
    SecurityLock,
    SubscriptionExpiry,
    SupplyShortage,
    UnmetFault,
    UsageError,
    make_region,
)
from faultzone.clock import HOUR, SECOND
from faultzone.conditions import describe, never
from faultzone.faults.schedule import At, Call, Entry, On, Step, schema
from faultzone.serve import cloud as hosted
from faultzone.serve.client import connect

HOST = "cn-hangzhou-a-h01"


@pytest.fixture
def region() -> Iterator[Region]:
    with make_region(zones=1, hosts_per_zone=3, edition="2020-12") as made:
        yield made


def refused(region: Region) -> None:
    with pytest.raises(ApiError):
        region.run_instances(1)


def told(region: Region, what: str) -> list[dict[str, Any]]:
    return [dict(entry.data) for entry in region.journal.of("notice", what=what)]


# Schedules


def test_a_schedule_ends_with_the_first_such_entry(region: Region) -> None:
    (one,) = region.run_instances(1)
    steps: list[Step] = [
        At("1m", HostCrash(one.host or "")),
        At("1m", SecurityLock(one.id)),
        At("1h", SupplyShortage()),
        On(Call("RunInstances", nth=9), AgentOutage(one.id)),
        On(Entry("event", nth=99), AgentOutage(one.id)),
    ]
    made = region.chaos.play(Schedule(steps, stop_when="event SystemFailure.Reboot Executing"))
    region.clock.advance("2h")
    (event,) = region.journal.of("event", type="SystemFailure.Reboot", to="Executing")
    assert [(entry.data["fault"], entry.at) for entry in region.journal.of("undo")] == [
        ("SecurityLock", event.at),
        ("HostCrash", event.at),
    ]
    assert [each.state for each in made] == ["undone"] * 5
    assert told(region, "experiment stopped") == [
        {
            "what": "experiment stopped",
            "condition": "event SystemFailure.Reboot Executing",
            "number": 1,
            "entry": event.number,
            "why": "",
        }
    ]
    assert one.lock_reasons == []
    with warnings.catch_warnings():
        warnings.simplefilter("error", UnmetFault)
        region.chaos.undo_all()  # Nothing is told of what never came: the test has said so.


def test_one_of_several_ends_it_and_the_others_wait_no_longer(region: Region) -> None:
    schedule = Schedule([At(0, SupplyShortage())], stop_when=["event", "refusal 2 times within 1m"])
    region.chaos.play(schedule, stop_when=describe("undo"))
    region.clock.advance("1s")
    refused(region)
    refused(region)
    region.run_instances(1)
    assert [each["state"] for each in region.control("stops")["stops"]] == ["ended", "reached", "ended"]
    assert len(told(region, "experiment stopped")) == 1


def test_faults_of_others_stay(region: Region) -> None:
    (one,) = region.run_instances(1)
    lock = region.chaos.inject(SecurityLock(one.id))
    region.chaos.play(Schedule([At("1s", SupplyShortage())], stop_when="refusal"))
    region.clock.advance("2s")
    refused(region)
    assert [each["state"] for each in region.control("faults")["faults"]] == ["active", "undone"]
    lock.undo()


def test_a_fault_without_an_undo_stays_and_the_others_end(region: Region) -> None:
    steps = [At(0, SupplyShortage()), At(0, HostCrash(HOST, reversible=False))]
    shortage, crash = region.chaos.play(Schedule(steps, stop_when="report HostLost"))
    region.clock.advance("1m")
    assert (shortage.state, crash.state) == ("undone", "active")


def test_it_is_data() -> None:
    schedule = Schedule([At("1m", HostCrash(HOST))], stop_when=["refusal not during fault", describe("stale")])
    assert schedule.told()["stop_when"] == ["refusal not during fault", "stale"]
    assert Schedule.read(schedule.told()) == schedule
    assert repr(schedule).endswith("stop_when=['refusal not during fault', 'stale'])")
    assert Schedule([], "stale").stop_when == ("stale",)
    assert "stop_when" not in Schedule([]).told()
    properties: Any = schema()["properties"]
    assert properties["stop_when"]["type"] == "array"


@pytest.mark.parametrize("wrong", [None, 3, "", " ", ["refusal", None], {"a": 1}])
def test_what_is_no_sentence_is_refused(wrong: Any) -> None:
    with pytest.raises(UsageError, match="stop_when"):
        Schedule([], wrong)
    with pytest.raises(UsageError, match="stop_when"):
        Schedule.read({"version": 1, "steps": [], "stop_when": wrong})


@pytest.mark.parametrize(
    ("wrong", "says"), [("refusal NoStok", "did you mean 'NoStock'"), ("never refusal", "leave out 'never'")]
)
def test_one_that_can_never_be_is_refused_when_the_schedule_is_made(tmp_path: Path, wrong: str, says: str) -> None:
    with pytest.raises(UsageError, match=rf"^stop_when: .*{says}"):
        Schedule([], wrong)
    given = {"version": 1, "steps": [], "stop_when": ["refusal", wrong]}
    with pytest.raises(UsageError, match=rf"^stop_when: .*{says}"):
        Schedule.read(given)
    path = tmp_path / "crash.json"
    path.write_text(json.dumps(given), "utf-8")
    with pytest.raises(UsageError, match=rf"crash\.json: stop_when: .*{says}"):
        Schedule.load(path)


@pytest.mark.parametrize(
    ("wrong", "says"), [("refusal NoStok", "did you mean 'NoStock'"), ("never refusal", "leave out 'never'")]
)
def test_one_that_can_never_be_is_refused_and_nothing_planned(region: Region, wrong: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        region.chaos.play(Schedule([At("1m", HostCrash(HOST))], stop_when=wrong))
    with pytest.raises(UsageError, match=says):
        region.chaos.stop_when(wrong)
    with pytest.raises(UsageError, match="leave out"):
        region.chaos.stop_when(never("stale"))  # type: ignore[arg-type]
    assert region.control("faults")["faults"] == []
    assert region.control("stops")["stops"] == []


# Of a test


def test_all_faults_end_before_anything_else_is_called(region: Region) -> None:
    stop = region.chaos.stop_when("refusal NoStock")
    region.chaos.shortage()
    region.chaos.at("1h", HostCrash(HOST))
    assert (stop.state, stop.entry) == ("waiting", None)
    refused(region)
    assert stop.state == "reached"
    assert stop.entry is not None
    assert stop.entry.data["code"] == "OperationDenied.NoStock"
    region.run_instances(1)
    region.clock.advance("2h")
    assert [entry.data["fault"] for entry in region.journal.of("fault")] == ["SupplyShortage"]


def test_what_does_not_come_in_time_ends_it_at_that_moment(region: Region) -> None:
    (one,) = region.run_instances(1)
    began = region.clock.ms
    region.chaos.stop_when("fault HostCrash not followed by event Executed within 30s")
    region.chaos.crash(one)
    region.clock.advance("1h")
    (undo,) = region.journal.of("undo")
    assert undo.at == began + 30 * SECOND + 1
    (said,) = told(region, "experiment stopped")
    assert said["why"].startswith("no event Executed came in the 30 s after")


def test_what_came_in_time_does_not_end_it(region: Region) -> None:
    region.chaos.stop_when("fault not followed by undo same number within 1h")
    shortage = region.chaos.inject(SupplyShortage(), lasts="59m")
    region.clock.advance("58m")
    region.chaos.inject(SupplyShortage(family="ecs.g5"))
    region.clock.advance("59m")
    assert shortage.state == "undone"
    assert told(region, "experiment stopped") == []
    before = region.clock.ms
    region.clock.advance("2h")
    assert [entry.at for entry in region.journal.of("notice", what="experiment stopped")] == [before + 60 * SECOND + 1]


def test_what_came_before_does_not_end_it(region: Region) -> None:
    with region.chaos.shortage():
        refused(region)
    stop = region.chaos.stop_when("refusal preceded by fault within 1h")
    region.clock.advance("1s")
    assert stop.state == "waiting"
    refused_now = region.chaos.shortage()
    refused(region)
    assert (stop.state, refused_now.state) == ("reached", "undone")


def test_it_waits_no_longer_than_its_block(region: Region) -> None:
    with region.chaos.stop_when("refusal") as stop:
        pass
    with region.chaos.shortage() as shortage:
        refused(region)
        assert (stop.state, shortage.state) == ("ended", "active")


def test_a_probe_ends_it(region: Region) -> None:
    web = region.run_instances(2, deployment_set=region.create_deployment_set())

    def most_are_down() -> bool:
        return [each["state"] for each in region.hosts].count("down") >= 2

    stop = region.chaos.stop_when("probe most_are_down true")
    with region.probe(most_are_down):
        region.chaos.crash(web[0])
        region.chaos.at("1m", HostCrash(web[1].host or ""))
        region.clock.advance("2m")
    assert stop.state == "reached"
    region.clock.advance("1m")
    assert [each["state"] for each in region.hosts] == ["up"] * 3


def test_an_undo_that_fails_is_still_owed(region: Region) -> None:
    one = region.create_instance(InstanceChargeType="PrePaid", Period=1)
    region.chaos.stop_when("fault ApiFailure")
    expiry = region.chaos.inject(SubscriptionExpiry(one.id))
    region.chaos.shortage()
    with region.chaos.throttling("DescribeZones", only="everyone"):
        pass
    assert [each["stopped"] for each in region.control("faults")["faults"]] == [True, True, True]
    assert expiry.state == "undone"


def test_it_is_told_where_there_is_none(region: Region) -> None:
    for verb in ("stops", "end-stop"):
        with pytest.raises(UsageError, match="unknown stop condition 7"):
            region.control(verb, number=7)


# Behind an endpoint


@pytest.mark.slow
def test_behind_an_endpoint() -> None:
    cloud = hosted.Hosted(clock="virtual", edition="2020-12")
    with (
        hosted.endpoint(cloud, token="token") as served,
        closing(connect(served.url, token="token")) as connected,
        make_region(connected) as region,
    ):
        (shortage,) = region.chaos.play(Schedule([At("1s", SupplyShortage())], stop_when="refusal NoStock"))
        later = region.chaos.stop_when("call CreateDeploymentSet")
        region.clock.advance("2s")
        refused(region)
        assert (shortage.state, later.state) == ("undone", "waiting")
        assert region.run_instances(1)
        region.create_deployment_set()
        assert later.entry is not None
        assert later.entry.data["action"] == "CreateDeploymentSet"


def test_a_scenario_of_a_served_cloud_has_them() -> None:
    """As `faultzone up --scenario` plays it."""
    cloud = hosted.Hosted(clock="virtual", edition="2020-12")
    scenario = Schedule([At(0, SupplyShortage()), At("2h", HostCrash(HOST))], stop_when="refusal 2 times within 1h")
    cloud.control("play", {"schedule": scenario.told()})
    cloud.control("advance", {"milliseconds": SECOND})
    image = "centos_7_06_64_20G_alibase_20190218.vhd"
    asked = {"RegionId": "cn-hangzhou", "ImageId": image, "InstanceType": "ecs.g5.large"}
    for _ in range(2):
        with pytest.raises(ApiError):
            cloud.call("RunInstances", asked)
    cloud.call("RunInstances", asked)
    cloud.control("advance", {"milliseconds": 3 * HOUR})
    assert [entry.kind for entry in cloud.journal.of("fault", "undo")] == ["fault", "undo"]
    cloud.close()


def test_a_fault_whose_own_beginning_is_waited_for_ends_at_once(region: Region) -> None:
    schedule = Schedule([At("1s", SupplyShortage(), until="1m")])
    (shortage,) = region.chaos.play(schedule, stop_when="fault SupplyShortage")
    region.clock.advance("2s")
    assert shortage.state == "undone"
    assert len(region.journal.of("undo")) == 1
    region.clock.advance("1h")
    assert len(region.journal.of("undo")) == 1
