"""Schedules of faults as data: written, read, played; targets that are described; what cannot be."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from faultzone import (
    AgentOutage,
    ApiFailure,
    Client,
    DiskFull,
    GuestCrash,
    HostAtRisk,
    HostCrash,
    HostHang,
    HostKilled,
    HostPaused,
    NetworkCut,
    PeerCut,
    Region,
    SecurityLock,
    SlowNetwork,
    SpotInterruption,
    SubscriptionExpiry,
    UnmetFault,
    UsageError,
    ZoneOutage,
    assert_refused,
    make_region,
)
from faultzone.api.errors import ApiError
from faultzone.errors import NotSupported
from faultzone.faults import Fault
from faultzone.faults.schedule import At, Call, Entry, On, Schedule, schema
from faultzone.faults.targets import all, described, host, host_of, newest, oldest, rank, zone_of

HOST = "cn-hangzhou-a-h01"


@pytest.fixture
def region() -> Iterator[Region]:
    with make_region(zones=2, hosts_per_zone=3) as made:
        yield made


def launch(ecs: Client) -> str:
    made = ecs.RunInstances(ImageId="centos_7_06_64_20G_alibase_20190218.vhd", InstanceType="ecs.g5.large")
    return str(made["InstanceIdSets"]["InstanceIdSet"][0])


def broken(region: Region) -> list[tuple[str, str]]:
    """The faults that came and ended, with their targets."""
    names = ("host", "instance", "zone")
    return [
        (entry.kind, next(str(entry.data[each]) for each in names if each in entry.data))
        for entry in region.journal.of("fault", "undo")
        if "number" in entry.data
    ]


def down(region: Region) -> list[str]:
    """The hosts that have no power, as soon as that is noticed."""
    region.clock.advance(1)
    return [str(each["host"]) for each in region.hosts if each["state"] == "down"]


# When


def test_a_fault_at_a_moment_until_another(region: Region) -> None:
    (crash,) = region.chaos.play(Schedule([At("5m10s", HostCrash(HOST), until="7m")]))
    began = region.clock.ms
    region.clock.advance("10m")
    assert [entry.at - began for entry in region.journal.of("fault", "undo")] == [310_000, 420_000]
    assert crash.state == "undone"


def test_the_host_of_what_a_program_is_yet_to_start_between_its_third_and_fourth_call(region: Region) -> None:
    region.chaos.play(Schedule([On(Call("*", nth=3), HostCrash(host_of(newest("instance"))))]))
    ecs = Client(region)
    ecs.DescribeZones()
    launch(ecs)
    last = launch(ecs)
    assert down(region) == [region.instance(last).host]
    ecs.DescribeZones()
    assert len(down(region)) == 1


def test_calls_of_the_test_are_not_those_that_are_awaited(region: Region) -> None:
    region.chaos.play(Schedule([On(Call("Describe*"), HostCrash(HOST))]))
    assert region.instances == []
    assert down(region) == []
    Client(region).DescribeZones()
    assert down(region) == [HOST]


def test_calls_about_a_resource_and_those_that_are_refused_count(region: Region) -> None:
    one, other = region.run_instances(2)
    ecs = Client(region)
    region.chaos.play(Schedule([On(Call("StopInstance", nth=2, about=one.id), HostCrash(HOST))]))
    ecs.StopInstance(InstanceId=other.id)
    ecs.StopInstance(InstanceId=one.id)
    assert down(region) == []
    with pytest.raises(ApiError):
        ecs.StopInstance(InstanceId=one.id)
    assert down(region) == [HOST]


def test_a_fault_after_an_entry_and_for_a_while(region: Region) -> None:
    (instance,) = region.run_instances(1)
    event = Entry("event", type="SystemFailure.Reboot", to="Executing")
    region.chaos.play(Schedule([On(event, AgentOutage(instance.id), after="2s", lasts="1m")]))
    region.chaos.crash(instance, reversible=False)
    region.wait_for_event("SystemFailure.Reboot", instance=instance, state="Executing")
    seen = region.journal.of("event", to="Executing")[0].at
    region.clock.advance("2m")
    outage = region.journal.of("fault", fault="AgentOutage")
    assert [entry.at - seen for entry in outage] == [2_000]
    assert [entry.at - seen for entry in region.journal.of("undo", fault="AgentOutage")] == [62_000]


def test_a_fault_at_once_after_an_entry_comes_before_time_passes(region: Region) -> None:
    region.chaos.play(Schedule([On(Entry("transition", to="Running", nth=2), ZoneOutage(zone_of(newest("instance"))))]))
    region.run_instances(1)
    assert down(region) == []
    second = region.run_instances(1, wait=False)[0]
    region.clock.advance("1h")
    (fault,) = region.journal.of("fault", fault="ZoneOutage")
    assert fault.at == region.journal.of("transition", instance=second.id, to="Running")[0].at
    assert fault.data["zone"] == second.zone


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"entry": "refusal", "where": {"colour": "red"}}, "unknown field 'colour' of the kind 'refusal'"),
        ({"entry": "event", "where": {"type": "SystemFailure.Moon"}}, "unknown type 'SystemFailure.Moon'"),
        ({"entry": "transition", "where": {"to": "Flying"}}, "unknown to 'Flying' of the kind 'transition'"),
        ({"entry": "transition", "where": {"to": None}}, "unknown to 'null' of the kind 'transition'"),
        ({"entry": "evnt"}, "kind='evnt': did you mean 'event'"),
    ],
)
def test_an_entry_that_cannot_exist_is_refused_when_its_schedule_is_made_or_read(
    region: Region, wanted: dict[str, Any], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        On(Entry(wanted["entry"], **wanted.get("where", {})), HostCrash(HOST))
    given = {"version": 1, "steps": [STEP, {"on": wanted, "fault": STEP["fault"]}]}
    with pytest.raises(UsageError, match=f"step 2: {said}"):
        Schedule.read(given)
    with pytest.raises(UsageError, match=f"step 2: {said}"):
        region.control("play", schedule=given)
    region.clock.advance("2m")
    assert down(region) == []


@pytest.mark.parametrize("sentence", ["evnt", "refusal colour=red", "transition to=Flying", "refusal during call"])
def test_a_stop_condition_that_cannot_exist_is_refused_when_its_schedule_is_made_or_read(sentence: str) -> None:
    with pytest.raises(UsageError, match="stop_when: sentence"):
        Schedule([], stop_when=sentence)
    with pytest.raises(UsageError, match="stop_when: sentence"):
        Schedule.read({"version": 1, "steps": [], "stop_when": [sentence]})


def test_a_fault_that_waits_is_called_off_by_the_end_of_its_block(region: Region) -> None:
    steps = [On(Call("DescribeZones"), HostCrash(HOST)), On(Entry("call"), HostCrash(HOST))]
    for injection in region.chaos.play(Schedule(steps)):
        with injection:
            assert injection.state == "planned"
    launch(Client(region))
    Client(region).DescribeZones()
    assert down(region) == []


def test_programs_act_beside_one_another(region: Region) -> None:
    ecs, rival, seen = Client(region), Client(region), list[str]()
    with region.chaos.api_failure("DescribeZones", kind="delay", seconds=60):
        region.call_at("30s", lambda: seen.append(launch(rival)))
        ecs.DescribeZones()
    assert [each.id for each in region.instances] == seen
    began = region.clock.ms
    region.call_at(region.clock.now.replace(microsecond=0), lambda: seen.append("now"))
    region.clock.advance("1s")
    assert (seen[-1], region.clock.ms - began) == ("now", 1000)


def test_what_happened_cannot_be_acted_beside(region: Region) -> None:
    before = region.clock.now
    region.clock.advance("1m")
    with pytest.raises(UsageError, match=r"moment=.*: expected no instant before"):
        region.call_at(before, lambda: None)
    with pytest.raises(UsageError, match="function=5: expected a function"):
        region.call_at("1m", 5)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="after=-1"):
        region.control("call-later", after=-1, function=lambda: None)


# What


def test_targets_are_described_and_found_when_they_are_due(region: Region) -> None:
    first, second, third = (region.run_instances(1)[0] for _ in range(3))
    plans: list[tuple[Fault, list[str]]] = [
        (SecurityLock(newest("instance")), [third.id]),
        (SecurityLock(oldest("instance")), [first.id]),
        (SecurityLock(rank(2)), [second.id]),
        (AgentOutage(all("agent")), [first.id, second.id, third.id]),
        (HostCrash(host_of(second)), [str(second.host)]),
        (HostCrash(rank(2, "host")), ["cn-hangzhou-a-h02"]),
        (ZoneOutage(newest("zone")), ["cn-hangzhou-b"]),
        (ZoneOutage(zone_of(host("cn-hangzhou-b-h01"))), ["cn-hangzhou-b"]),
    ]
    for fault, targets in plans:
        before = len(broken(region))
        with region.chaos.inject(fault) as injection:
            assert [target for _, target in broken(region)[before:]] == targets
            assert injection.fault == fault
        assert sorted(broken(region)[before + len(targets) :]) == sorted(("undo", each) for each in targets)


def test_an_instance_stands_for_its_host(region: Region) -> None:
    (instance,) = region.run_instances(1)
    with region.chaos.crash(instance):
        assert down(region) == [instance.host]
    assert HostCrash(instance) == HostCrash(host_of(instance.id))  # type: ignore[arg-type]


def test_a_description_that_matches_nothing_when_it_is_due_is_skipped_and_told(region: Region) -> None:
    (subscription,) = region.chaos.play(Schedule([At("1m", SubscriptionExpiry(newest("subscription")))]))
    region.clock.advance("2m")
    assert (subscription.state, "its description matches none" in subscription.record["error"]) == ("skipped", True)
    with pytest.warns(UnmetFault, match=r"SubscriptionExpiry.* was skipped: .*its description matches none"):
        region.chaos.undo_all()
    with pytest.raises(UsageError, match="its description matches none"):
        region.chaos.security_lock(newest("instance"))


@pytest.mark.parametrize(
    "text",
    ["host_of()", "newest()", "newest(thing)", "rank(0)", "rank(instance)", "all(2)", "host_of(zone_of(x))", "f(x)",
     "newest(instance", "host_of(all(zone))", "rank(1, thing)"],
)  # fmt: skip
def test_what_is_no_description_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"target=|rank=0"):
        described(text)
    with pytest.raises(UsageError):
        HostCrash(text)


def test_a_description_leads_to_what_the_field_names() -> None:
    with pytest.raises(UsageError, match=r"it describes an instance, expected a host: write host_of\(...\)"):
        HostCrash(newest("instance"))
    with pytest.raises(UsageError, match=r"it describes a host, expected a zone: write zone_of"):
        ZoneOutage(newest("host"))
    with pytest.raises(UsageError, match="it describes a host, expected an instance"):
        AgentOutage(newest("host"))


# Written and read

FULL = Schedule([
    At("5m10s", HostCrash(HOST), until="7m"),
    At(90, ApiFailure("RunInstances", nth=3, times=1)),
    On(Call("RunInstances", nth=3, only="endpoint", about="i-1"), HostCrash(host_of(newest("instance")))),
    On(Entry("event", type="SystemFailure.Reboot", nth=2), AgentOutage(all("agent")), after="2s", lasts=60),
])  # fmt: skip


def test_a_schedule_is_written_and_read(tmp_path: Path) -> None:
    path = tmp_path / "crash.json"
    path.write_text(FULL.text(), "utf-8")
    assert Schedule.load(path) == FULL
    assert Schedule.read(FULL) is FULL
    assert eval(repr(FULL)) == FULL
    assert FULL.told()["version"] == 1


def test_the_schema_knows_each_step() -> None:
    steps: Any = schema()["properties"]
    assert [sorted(each["properties"]) for each in steps["steps"]["items"]["oneOf"]] == [
        ["at", "fault", "until"], ["after", "fault", "lasts", "on"],
    ]  # fmt: skip
    assert json.loads(json.dumps(schema())) == schema()


STEP = {"at": "1m", "fault": {"fault": "HostCrash", "host": HOST}}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], r"schedule=\[\]: expected \{\"version\": 1"),
        ({"version": 2, "steps": []}, "version=2: expected 1, the version that is read here"),
        ({"version": True, "steps": []}, "version=True"),
        ({"steps": []}, "version=None"),
        ({"version": 1, "steps": [], "name": "x"}, "unknown field 'name' of the schedule"),
        ({"version": 1, "steps": [STEP, {}]}, "step 2: step="),
        ({"version": 1, "steps": [{**STEP, "until": "30s"}]}, "step 1: until='30s': expected a moment after"),
        ({"version": 1, "steps": [{**STEP, "lasts": "30s"}]}, "step 1: unknown field 'lasts'"),
        ({"version": 1, "steps": [{**STEP, "at": None}]}, "step 1: at=None: expected a length of time"),
        ({"version": 1, "steps": [{**STEP, "at": "soon"}]}, "step 1: duration='soon'"),
        ({"version": 1, "steps": [{**STEP, "fault": {"fault": "HostCrsh"}}]}, "step 1: unknown fault 'HostCrsh'"),
        ({"version": 1, "steps": [{"on": {"entry": "evnt"}, "fault": STEP["fault"]}]}, "did you mean 'event'"),
        ({"version": 1, "steps": [{"on": {"call": ""}, "fault": STEP["fault"]}]}, "action=''"),
        ({"version": 1, "steps": [{"on": {"call": "X", "nth": 0}, "fault": STEP["fault"]}]}, "nth=0"),
    ],
)
def test_what_is_no_schedule_is_told_what_to_write(given: object, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Schedule.read(given)


def test_a_file_that_is_cut_short_is_told(tmp_path: Path) -> None:
    path = tmp_path / "crash.json"
    path.write_text(FULL.text()[:40], "utf-8")
    with pytest.raises(UsageError, match=r"crash\.json: expected a schedule as JSON; it is cut short"):
        Schedule.load(path)
    with pytest.raises(UsageError, match=r"none\.json: expected a file with a schedule"):
        Schedule.load(tmp_path / "none.json")
    nothing: Any = None
    with pytest.raises(UsageError, match=r"path=None: expected the path of a file, such as 'schedule\.json'"):
        Schedule.load(nothing)


@pytest.mark.parametrize("length", ["999999999999d", 1e300, "2878418d"])
def test_what_would_come_after_the_end_of_region_time_is_refused_when_it_is_made(region: Region, length: Any) -> None:
    crash, said = HostCrash(HOST), r"expected at most 2878417 days, because region time ends at 9900-01-01T00:00:00Z"
    makers: list[Callable[[], object]] = [
        lambda: At(length, crash),
        lambda: At(0, crash, until=length),
        lambda: On(Call("*"), crash, after=length),
        lambda: On(Call("*"), crash, lasts=length),
        lambda: region.chaos.at(length, crash),
        lambda: Schedule.read({"version": 1, "steps": [{**STEP, "at": length}]}),
    ]
    for make in makers:
        with pytest.raises(UsageError, match=said):
            make()


def test_what_comes_too_late_for_a_region_that_is_older_plans_nothing(region: Region) -> None:
    last = At("2878417d", HostCrash(HOST))
    region.clock.advance("1d")
    with pytest.raises(
        UsageError, match=r"step 2: after='\d+ms': expected at most 2878416 days, because region time ends"
    ):
        region.chaos.play(Schedule([At("1m", HostCrash(HOST)), last]))
    with pytest.raises(UsageError, match=r"after='\d+ms': expected at most 2878416 days"):
        region.chaos.at("2878417d", HostCrash(HOST))
    with pytest.raises(UsageError, match=r"until='\d+ms': expected at most 2878416 days"):
        region.chaos.at("1d", HostCrash(HOST), until="2878417d")
    assert region.control("faults")["faults"] == []


@pytest.mark.parametrize("steps", [None, 3, HostCrash(HOST)])
def test_steps_that_are_no_list_are_refused(steps: Any) -> None:
    with pytest.raises(UsageError, match=r"expected a list of At\(\.\.\.\) and On\(\.\.\.\)"):
        Schedule(steps)


def test_faults_that_exclude_each_other_are_named() -> None:
    lock = SecurityLock("i-1")
    with pytest.raises(UsageError, match=r"SecurityLock\(instance='i-1'\) excludes a second one .* from 2 min on"):
        Schedule([At("1m", lock, until="3m"), At("2m", lock)])
    assert len(Schedule([At("1m", lock, until="2m"), At("2m", lock), At("2m", SecurityLock("i-2"))]).steps) == 3


def test_faults_of_two_kinds_that_exclude_each_other_are_named(region: Region) -> None:
    """A host without power cannot be found at risk: such a schedule would skip what it has planned."""
    crash, risk = HostCrash(HOST), HostAtRisk(HOST)
    with pytest.raises(UsageError, match=r"HostAtRisk\(.* cannot come at 2 min: HostCrash\(.* from 1 min on"):
        Schedule([At("2m", risk), At("1m", crash, until="3m")])
    with pytest.raises(UsageError, match="excludes it on its host"):
        Schedule.read({"version": 1, "steps": [At("1m", crash).told(), At("9h", risk).told()]})
    fine = [At("1m", crash, until="2m"), At("10m", risk), At("1h", HostAtRisk("cn-hangzhou-a-h02"))]
    crashed, *risks = region.chaos.play(Schedule(fine))
    region.clock.advance("2h")
    assert (crashed.state, [each.state for each in risks]) == ("undone", ["active", "active"])
    assert len(Schedule([At("1m", crash), At("2m", HostAtRisk(host_of(newest("instance"))))]).steps) == 2


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (HostCrash(HOST), HostAtRisk(HOST)),
        (HostHang(HOST), HostAtRisk(HOST)),
        (HostKilled(HOST), HostAtRisk(HOST)),
        (HostCrash(HOST), HostPaused(HOST)),
        (HostKilled(HOST), HostPaused(HOST)),
        (HostHang(HOST), HostKilled(HOST)),
        (HostKilled(HOST), HostKilled(HOST)),
        (HostPaused(HOST), SlowNetwork(HOST)),
        (HostKilled(HOST), DiskFull(HOST)),
        (HostPaused(HOST), PeerCut("cn-hangzhou-b-h01", HOST)),
        (ZoneOutage("cn-hangzhou-b"), PeerCut(HOST, "cn-hangzhou-b-h01")),
        (ZoneOutage("cn-hangzhou-a"), HostAtRisk(HOST)),
        (HostAtRisk(HOST), HostAtRisk(HOST)),
        (SecurityLock("i-1"), SecurityLock("i-1")),
        (SpotInterruption("i-1"), SpotInterruption("i-1")),
    ],
)
def test_what_cannot_come_beside_another_on_one_target_is_refused(first: Fault, second: Fault) -> None:
    with pytest.raises(UsageError, match=r"excludes (it on its host|a second one)"):
        Schedule([At("1m", first), At("2m", second)])


def test_what_changes_nothing_while_the_same_is_under_way_is_refused_only_so_long() -> None:
    crash, taken = GuestCrash("i-1"), SpotInterruption("i-1")
    with pytest.raises(UsageError, match=r"GuestCrash.* excludes a second one"):
        Schedule([At("1m", crash), At("1m", crash)])
    with pytest.raises(UsageError, match=r"SpotInterruption.* excludes a second one"):
        Schedule([At("5m59s", taken), At("1m", taken)])
    assert len(Schedule([At("1m", crash), At("61s", crash), At("6m", taken), At("1m", taken)]).steps) == 4


@pytest.mark.parametrize(
    "steps",
    [
        [At("2m", HostAtRisk(HOST)), At("3m", HostCrash(HOST)), At("4m", HostCrash(HOST))],
        [At("1m", ZoneOutage("cn-hangzhou-b")), At("2m", HostAtRisk(HOST))],
        [At("1m", NetworkCut(HOST)), At("2m", HostAtRisk(HOST))],
        [At("1m", HostPaused(HOST)), At("2m", HostPaused(HOST)), At("2m", HostKilled(HOST))],
        [At("1m", HostPaused(HOST), until="2m"), At("2m", SlowNetwork(HOST))],
        [At("1m", HostCrash(host_of(newest("instance")))), At("2m", HostAtRisk(HOST))],
        [At("1m", SecurityLock(newest("instance"))), At("2m", SecurityLock(newest("instance")))],
    ],
)
def test_what_can_stand_beside_another_is_not_refused(steps: list[At]) -> None:
    assert Schedule(steps).steps == tuple(steps)


def test_a_zone_without_power_has_no_host_at_risk(region: Region) -> None:
    """What the schedule refuses would be skipped; after the outage it comes."""
    outage = ZoneOutage("cn-hangzhou-a")
    region.chaos.inject(outage, lasts="30m")
    region.clock.advance("1m")
    with pytest.raises(UsageError, match="only a host that is up can be at risk"):
        region.chaos.inject(HostAtRisk(HOST))
    _, risk = region.chaos.play(Schedule([At("30m", outage, until="1h"), At("2h", HostAtRisk(HOST))]))
    region.clock.advance("3h")
    assert risk.state == "active"


def test_an_irreversible_crash_has_no_end() -> None:
    with pytest.raises(UsageError, match="does not end: an irreversible crash cannot be undone"):
        At("1m", HostCrash(HOST, reversible=False), until="2m")
    with pytest.raises(UsageError, match="does not end"):
        On(Call("RunInstances"), HostCrash(HOST, reversible=False), lasts="2m")


@pytest.mark.parametrize(
    "step",
    [
        At("1m", HostCrash("cn-mars-a-h01")),
        On(Call("RunInstances"), AgentOutage("i-none")),
        On(Call("StopInstance"), ZoneOutage("cn-hangzhou-x")),
    ],
)
def test_a_schedule_for_what_is_not_there_plans_nothing(region: Region, step: At | On) -> None:
    with pytest.raises(UsageError, match="step 2: unknown"):
        region.chaos.play(Schedule([At("1m", HostCrash(HOST)), step]))
    region.clock.advance("2m")
    assert down(region) == []


def test_a_schedule_is_played_at_an_endpoint(region: Region) -> None:
    played = region.control("play", schedule=FULL.told() | {"steps": FULL.told()["steps"][:1]})
    assert [each["state"] for each in played["faults"]] == ["planned"]
    with pytest.raises(UsageError, match="version"):
        region.control("play", schedule={"version": 9, "steps": []})


def test_a_backend_that_cannot_plays_nothing() -> None:
    from faultzone.backends.local import LocalBackend

    class Public(LocalBackend):
        capabilities = frozenset({"break-api", "move-time"})

    region = make_region(Public())
    with pytest.raises(NotSupported, match="HostCrash"):
        region.chaos.play(Schedule([At("1m", ApiFailure("RunInstances")), At("1m", HostCrash(HOST))]))
    assert region.control("faults")["faults"] == []


def test_a_refusal_that_is_scheduled_meets_the_calls_after_it(region: Region) -> None:
    region.chaos.play(Schedule([On(Call("DescribeZones"), ApiFailure("DescribeZones", times=1))]))
    ecs = Client(region)
    ecs.DescribeZones()
    assert_refused("ServiceUnavailable", ecs.DescribeZones)
    ecs.DescribeZones()
