"""What a test wants to say of a region, said in the short way: ids and handles, listings, stamps, states of agents."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from faultzone import (
    Client,
    HostCrash,
    Region,
    UsageError,
    assert_invocation,
    make_region,
    milliseconds,
    read_stamp,
    stamp,
)


@pytest.fixture
def region() -> Iterator[Region]:
    with make_region(zones=1, hosts_per_zone=3) as made:
        yield made


def test_an_id_does_for_an_instance_wherever_one_is_asked_for(region: Region) -> None:
    one, other = region.run_instances(2)
    assert region.instance(one) == one
    region.wait_until_all([one.id, other], "Running")
    region.chaos.maintenance(one.id, within="1h")
    event = region.wait_for_event("SystemMaintenance.Reboot", instance=one.id)
    assert region.events.of(one.id) == region.events.of(one) == [event]
    assert len(region.events.planned(one.id)) == 1
    assert region.events.health(one.id) == region.events.health(one)
    region.guest("web", on=other.id, output="here")
    ran = region.run_command("web", on=[one.id, other], wait=False)
    ran.wait(besides=[one])
    assert ran.output(other.id) == ran.output(other) == "here"
    assert len(region.commands.ran_on(other.id)) == len(region.commands.ran_on(other)) > 0
    assert region.commands.log_in(other.id, "web")["output"] == "here"


def test_an_id_does_for_a_member_and_for_what_is_stopped() -> None:
    region = make_region(edition="2020-12")
    (one,) = region.run_instances(1)
    deployment_set = region.create_deployment_set()
    deployment_set.add(one.id)
    assert deployment_set.members == [one]
    deployment_set.remove(one.id)
    assert deployment_set.members == []
    region.guest("long", hang=True)
    ran = region.run_command("long", on=one, wait=False)
    region.clock.advance("1m")
    ran.stop(one.id).wait()
    assert_invocation(ran, "Stopped")


def test_what_is_no_instance_is_told_what_to_write(region: Region) -> None:
    with pytest.raises(UsageError, match="instance=5: expected an ID, or an object that has one"):
        region.events.of(5)  # type: ignore[arg-type]


def test_all_that_there_is_in_one_look(region: Region) -> None:
    made = region.run_instances(3)
    assert {each["InstanceId"]: each["Status"] for each in region.describe("DescribeInstances")} == {
        each.id: "Running" for each in made
    }
    assert len(list(region.describe("DescribeInstances", PageSize=1))) == 3
    assert [each["ZoneId"] for each in region.describe("DescribeZones")] == region.zones
    with pytest.raises(UsageError, match="action='DescribeUserData': expected an action that lists items"):
        list(region.describe("DescribeUserData"))


def test_lists_that_stand_by_themselves_and_pages_by_token_alone_are_listed_whole() -> None:
    with make_region(edition="2026-10") as region:
        made = [region.call("CreateActivation")["ActivationId"] for _ in range(3)]
        assert [each["ActivationId"] for each in region.describe("DescribeActivations", PageSize=1)] == made[::-1]
        for number in range(6):
            region.create_instance(wait=False, Tag=[{"Key": f"{number}-{n}", "Value": ""} for n in range(20)])
        ids = [each.id for each in region.instances]
        tags = region.describe("ListTagResources", ResourceType="instance", ResourceId=ids)
        assert len({each["TagKey"] for each in tags}) == 120


def test_stamps_and_lengths_can_be_read(region: Region) -> None:
    assert milliseconds("5m10s") == 310_000
    assert read_stamp(stamp(region.clock.ms)) == region.clock.ms


def test_what_a_program_needs_to_start_an_instance_is_there(region: Region) -> None:
    ecs = Client(region)
    ecs.RunInstances(ImageId=region.defaults["image"], InstanceType=region.defaults["instance-type"])
    assert len(region.instances) == 1


@pytest.mark.parametrize("state", ["stopped", "hung", "lacking", "outdated", "upgrading"])
def test_the_state_of_an_agent_is_one_word(region: Region, state: str) -> None:
    (instance,) = region.run_instances(1)
    assert region.control("agent", instance=instance.id)["state"] == "running"
    with region.chaos.agent_outage(instance, state):
        assert region.control("agent", instance=instance.id)["state"] == state
    instance.stop()
    assert region.control("agent", instance=instance.id)["state"] == "stopped"


@pytest.mark.parametrize("reversible", [True, False])
def test_how_long_a_recovery_takes_is_in_the_edition(region: Region, reversible: bool) -> None:
    (instance,) = region.run_instances(1)
    recovery, began = region.edition.recovery, region.clock.ms
    region.chaos.inject(HostCrash(str(instance.host), reversible))
    region.wait_for_event("SystemFailure.Reboot", instance=instance, state="Executed")
    took = (region.clock.ms - began) / 1000
    waited = recovery.host_patience if reversible else recovery.planned_delay
    assert waited < took < waited + 60


def test_a_member_leaves_its_set_unless_it_is_told_to_stay() -> None:
    with make_region(zones=1, hosts_per_zone=2) as region:
        quorum = region.create_deployment_set()
        lost, _ = region.run_instances(2, deployment_set=quorum)
        region.chaos.crash(str(lost.host), reversible=False)
        region.wait_for_event("SystemFailure.Reboot", instance=lost, state="Executed")
        assert lost not in quorum.members
    with make_region(zones=1, hosts_per_zone=2) as region:
        quorum = region.create_deployment_set(OnUnableToRedeployFailedInstance="KeepStopped")
        lost, _ = region.run_instances(2, deployment_set=quorum)
        region.chaos.crash(str(lost.host), reversible=False)
        region.clock.advance("1h")
        assert (lost in quorum.members, lost.status) == (True, "Stopped")
