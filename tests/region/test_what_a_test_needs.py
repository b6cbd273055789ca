"""What a test of a program needs of a region, one test for each need: each is the short way to say it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from faultzone import (
    AgentOutage,
    ApiFailure,
    Client,
    HostCrash,
    Instance,
    NoAnswer,
    Region,
    Schedule,
    UnmetFault,
    UsageError,
    assert_recovered,
    assert_refused,
    make_region,
    milliseconds,
    one,
    read_stamp,
    stamp,
)
from faultzone.faults.schedule import Call, On
from faultzone.faults.targets import host_of, newest


@pytest.fixture
def region() -> Iterator[Region]:
    with make_region(zones=1, hosts_per_zone=4) as made:
        yield made


@pytest.fixture
def ecs(region: Region) -> Client:
    return Client(region)


@pytest.fixture
def web(region: Region) -> Instance:
    return one(region.run_instances(1))


def deploy(region: Region, ecs: Client, count: int = 1) -> list[str]:
    """A program under test, which starts instances one by one."""
    asked = {"ImageId": region.defaults["image"], "InstanceType": region.defaults["instance-type"]}
    return [one(ecs.RunInstances(**asked)["InstanceIdSets"]["InstanceIdSet"]) for _ in range(count)]


def ids(ecs: Client, **parameters: object) -> list[str]:
    """What a program finds on one page of the listing of instances."""
    return [each["InstanceId"] for each in ecs.DescribeInstances(**parameters)["Instances"]["Instance"]]


def test_a_fault_of_the_api_meets_the_program_alone(region: Region, ecs: Client, web: Instance) -> None:
    """What the test asks for itself uses up no fault, and meets none."""
    with region.chaos.throttling("DescribeInstances", times=1):
        assert (web.status, region.instances) == ("Running", [web])
        with pytest.raises(ConnectionRefusedError):
            region.request(web.private_ip, 80)
        assert_refused("Throttling", ecs.DescribeInstances)
        assert ids(ecs) == [web.id]


def test_time_goes_on_where_a_planned_fault_has_no_target(region: Region, web: Instance) -> None:
    """It is skipped, and its warning names it: whoever lets time pass is not stopped half-way."""
    region.chaos.at("10s", AgentOutage(web.id))
    web.delete()
    began = region.clock.ms
    region.clock.advance("1m")
    assert region.clock.ms - began == 60_000
    with pytest.warns(UnmetFault, match=f"AgentOutage.* was skipped: .*{web.id}"):
        region.chaos.undo_all()


def test_a_call_goes_on_where_a_planned_fault_has_no_target(region: Region, ecs: Client, web: Instance) -> None:
    """Also while the call lets time pass: the fault of another is no error of the program."""
    region.chaos.at("10s", AgentOutage(web.id))
    web.delete()
    with region.chaos.api_failure("DescribeZones", kind="delay", seconds=60):
        assert len(ecs.DescribeZones()["Zones"]["Zone"]) == 1
    with pytest.warns(UnmetFault, match="AgentOutage.* was skipped"):
        region.chaos.undo_all()


def test_a_planned_fault_ends_when_it_is_to(region: Region, web: Instance) -> None:
    """A crash from one moment to another is one line, and data."""
    host, began = str(web.host), region.clock.ms
    region.chaos.at("5m10s", HostCrash(host), until="7m")
    region.clock.advance("10m")
    assert [entry.at - began for entry in region.journal.of("fault", "undo")] == [310_000, 420_000]
    assert {each["state"] for each in region.hosts} == {"up"}


def test_a_planned_fault_hits_what_the_program_is_yet_to_start(region: Region, ecs: Client) -> None:
    """The host of the third instance crashes between the third call of the program and the fourth."""
    crash = On(Call("RunInstances", nth=3), HostCrash(host_of(newest("instance"))), lasts="2m")
    region.chaos.play(Schedule([crash]))
    made = deploy(region, ecs, 4)
    assert one(region.journal.of("fault")).data["host"] == region.instance(made[2]).host
    calls = region.journal.of("call", "fault")
    assert [each.kind for each in calls] == ["call", "call", "call", "fault", "call"]


def test_a_fault_that_can_never_be_is_refused_when_it_is_planned(region: Region) -> None:
    """Not when it is due, in the middle of the test."""
    with pytest.raises(UsageError, match="unknown host 'no-such-host'"):
        region.chaos.at("10s", HostCrash("no-such-host"))
    with pytest.raises(UsageError, match="kind='stale': expected"):
        region.chaos.at("10s", ApiFailure("DescribeInstances", kind="stale"))


def test_a_fault_of_the_api_is_aimed_at_a_call(region: Region, ecs: Client, web: Instance) -> None:
    """At the second call, at those about an instance, at those of a client, at the second page of a listing."""
    (other,) = region.run_instances(1)
    with region.chaos.throttling("DescribeZones", nth=2, times=1):
        ecs.DescribeZones()
        assert_refused("Throttling", ecs.DescribeZones)
        ecs.DescribeZones()
    with region.chaos.throttling("RebootInstance", about=web):
        ecs.RebootInstance(InstanceId=other.id)
        assert_refused("Throttling", lambda: ecs.RebootInstance(InstanceId=web.id))
    with region.chaos.throttling("DescribeZones", only="everyone"):
        assert_refused("Throttling", lambda: region.call("DescribeZones"))
    with region.chaos.page_slip("lacks", page=2):
        pages = [ids(ecs, PageSize=1, PageNumber=number) for number in (1, 2)]
    assert [len(each) for each in pages] == [1, 0]


def test_a_call_is_carried_out_and_answered_late(region: Region) -> None:
    """The effect comes first; and a client has a timeout, as programs have."""
    impatient = Client(region, timeout="30s")
    region.chaos.at("31s", ApiFailure("StopInstance"))
    with region.chaos.api_failure("RunInstances", kind="delay", seconds=90, after_effect=True):
        with pytest.raises(NoAnswer):
            deploy(region, impatient)
        assert len(region.instances) == 1


def test_a_list_lags_behind(region: Region, ecs: Client) -> None:
    """An instance was made and is not listed yet."""
    with region.chaos.stale_reads(by="5s"):
        made = deploy(region, ecs)
        assert ids(ecs) == []
        region.clock.advance("5s")
        assert ids(ecs) == made


def test_two_programs_act_beside_one_another(region: Region, ecs: Client, web: Instance) -> None:
    """The second acts while the first waits for an answer."""
    other = Client(region)
    region.call_at("10s", lambda: other.StopInstance(InstanceId=web.id))
    with region.chaos.api_failure("DescribeInstances", kind="delay", seconds=60, after_effect=True, times=1):
        seen = ecs.DescribeInstances()["Instances"]["Instance"][0]["Status"]
    assert (seen, web.status) == ("Running", "Stopped")


def test_an_expiry_ends_whatever_the_api_does(region: Region) -> None:
    """The undo is not a call: what is refused, lost or locked does not hold it up."""
    (paid,) = region.run_instances(1, InstanceChargeType="PrePaid", Period=1)
    before = paid.expires
    expiry = region.chaos.subscription_expiry(paid, within="1m")
    region.clock.advance("2m")
    with (
        region.chaos.throttling("RenewInstance", only="everyone"),
        region.chaos.api_failure("DescribeInstances", kind="drop", only="everyone"),
        region.chaos.security_lock(paid),
    ):
        expiry.undo()
        assert expiry.state == "undone"
        assert_refused("Throttling", paid.renew)
        with pytest.raises(NoAnswer):
            region.call("DescribeInstances")
    assert paid.expires >= before


def test_a_fault_that_nothing_met_is_told(region: Region) -> None:
    """A wrong moment does not look like a right program."""
    with pytest.warns(UnmetFault, match="met nothing"), region.chaos.throttling("RenewInstance", times=3):
        region.clock.advance("1h")


def test_an_id_does_wherever_a_handle_does(region: Region, web: Instance) -> None:
    """Also where the host of an instance is meant. `test_handles_and_ids.py` tries every parameter."""
    before = web.identity
    region.chaos.crash(web.id)
    region.wait_for_event("SystemFailure.Reboot", instance=web.id, state="Executed")
    assert_recovered(web.id, before, region=region)
    assert region.events.of(web.id) == region.events.of(web)
    region.wait_until_all([web.id], "Running")
    assert region.commands.ran_on(web.id) == region.commands.ran_on(web)


def test_how_long_each_crash_lasts_is_in_the_edition(region: Region) -> None:
    """A crash that can be mended waits for the host; one for good waits for its plan. `chaos.crash` says so."""
    took = {}
    for reversible in (True, False):
        (lost,) = region.run_instances(1)
        began = region.clock.ms
        region.chaos.crash(lost, reversible=reversible)
        region.wait_for_event("SystemFailure.Reboot", instance=lost, state="Executed")
        took[reversible] = (region.clock.ms - began) // 1000
    recovery = region.edition.recovery
    assert recovery.host_patience < took[True] < recovery.host_patience + 60
    assert recovery.planned_delay < took[False] < recovery.planned_delay + 60


def test_what_a_launch_needs_is_known(region: Region, ecs: Client) -> None:
    """RunInstances wants an image and a type, and the region has both."""
    ecs.RunInstances(ImageId=region.defaults["image"], InstanceType=region.defaults["instance-type"])
    assert len(region.instances) == 1


def test_all_instances_in_one_look(region: Region) -> None:
    """One call, whatever the names of the wire for its list."""
    made = region.run_instances(3, public_ip=False)
    calls = len(region.journal.of("read", action="DescribeInstances"))
    seen = {each["InstanceId"]: each["Status"] for each in region.describe("DescribeInstances")}
    assert seen == {each.id: "Running" for each in made}
    assert len(region.journal.of("read", action="DescribeInstances")) == calls + 1


def test_stamps_and_lengths_are_read(region: Region, web: Instance) -> None:
    """The clock, an event and the API tell the time in three forms, and each can be had from another."""
    with region.chaos.maintenance(web, within=milliseconds("5m10s") / 1000):
        (event,) = region.events.of(web)
        (planned,) = region.events.planned(web)
        assert event.not_before == region.clock.ms + milliseconds("5m10s") == read_stamp(planned["NotBefore"])
        assert stamp(event.not_before) == planned["NotBefore"]
        assert datetime.fromtimestamp(region.clock.ms / 1000, UTC) == region.clock.now


def test_the_state_of_an_agent_is_seen(region: Region, web: Instance) -> None:
    """It is one word, and not what the API tells of it."""
    assert web.agent == "running"
    for state in ("stopped", "hung", "lacking", "outdated", "upgrading"):
        with region.chaos.agent_outage(web, state):
            assert web.agent == state
    web.stop()
    region.clock.advance(region.edition.assistant.heartbeat or 0)
    told = one(region.describe("DescribeCloudAssistantStatus", InstanceId=[web.id]))
    assert (web.agent, told["CloudAssistantStatus"]) == ("stopped", "false")


def test_a_member_stays_in_its_set_where_it_is_told_to() -> None:
    """Without that, one that cannot be recovered within the set leaves it: `create_deployment_set` says so."""
    for more, stays in (({}, False), ({"OnUnableToRedeployFailedInstance": "KeepStopped"}, True)):
        with make_region(zones=1, hosts_per_zone=2) as small:
            quorum = small.create_deployment_set(**more)
            lost, _ = small.run_instances(2, deployment_set=quorum)
            small.chaos.crash(lost, reversible=False)
            small.clock.advance("1h")
            assert (lost in quorum.members) is stays
