"""Auto recovery: manual, section 3.2."""

from __future__ import annotations

import base64
from contextlib import suppress

import pytest

from faultzone import ApiError, Instance, Region, assert_recovered, assert_refused, assert_strictly_spread, one
from faultzone_specs.events import EXECUTED, HOUR, MAINTENANCE, SYSTEM_FAILURE, crash, crash_host_of
from faultzone_specs.observing import metadata, path

clause, needs = pytest.mark.clause, pytest.mark.needs

LOCAL = "ecs.i2.xlarge"
planned = pytest.mark.region(recovery="planned")


@clause("recovery/relocates", "recovery/same-zone")
@needs("see-hosts", "break-hosts", "move-time")
@pytest.mark.parametrize("reversible", [False, True])
def test_instances_of_a_lost_host_run_on_another_of_their_zone(region: Region, reversible: bool) -> None:
    """Also where the host could start and nobody starts it."""
    (instance,) = region.run_instances(1)
    host, zone, before = str(instance.host), instance.zone, instance.identity
    region.chaos.crash(host, reversible=reversible)
    region.wait_for_event(SYSTEM_FAILURE, instance=instance, state="Executed", within=EXECUTED)
    assert_recovered(instance, before)
    assert instance.host != host
    assert instance.zone == zone
    assert next(each["zone"] for each in region.hosts if each["host"] == instance.host) == zone


@clause("recovery/metadata-unchanged")
@needs("break-hosts", "move-time")
def test_a_recovered_instance_is_what_it_was(region: Region) -> None:
    """All that it shows, the public address included."""
    (instance,) = region.run_instances(1, UserData="ZWNobw==")
    before, identity, public = metadata(instance), instance.identity, instance.public_ip
    crash_host_of(region, instance)
    region.wait_for_event(SYSTEM_FAILURE, instance=instance, state="Executed", within=EXECUTED)
    assert_recovered(instance, identity)
    assert metadata(instance) == before
    assert instance.public_ip == public


@clause("recovery/event-code")
@needs("see-hosts", "break-hosts", "move-time")
@pytest.mark.region(zones=1, hosts_per_zone=2)
def test_each_instance_of_the_host_has_one_event(region: Region) -> None:
    """And no instance of another host."""
    instances = region.run_instances(4)
    host = str(instances[0].host)
    hit = {each.id for each in instances if each.host == host}
    region.chaos.crash(host, reversible=False)
    region.clock.advance("2d")
    found = region.events.of()
    assert sorted(event.instance for event in found) == sorted(hit)
    assert {event.type for event in found} == {SYSTEM_FAILURE}


@clause("recovery/queryable")
@planned
@needs("shape-region", "break-hosts", "move-time")
def test_a_planned_recovery_can_be_queried(region: Region) -> None:
    """Before it happens, and no longer once it has."""
    instance = crash(region)
    plans = region.events.planned(instance)
    assert [(each["EventType"]["Name"], each["EventCycleStatus"]["Name"]) for each in plans] == [
        (SYSTEM_FAILURE, "Scheduled")
    ]
    assert plans[0]["EventPublishTime"] < plans[0]["NotBefore"]
    region.wait_for_event(SYSTEM_FAILURE, instance=instance, state="Executed", within=EXECUTED)
    assert region.events.planned(instance) == []


@clause("recovery/no-user-reboot")
@planned
@needs("shape-region", "break-hosts")
def test_a_reboot_is_refused_while_recovery_is_planned(region: Region) -> None:
    """Instance and plan stay as they are."""
    instance = crash(region)
    before, plan = instance.describe(), region.events.of(instance)
    try:
        instance.reboot(wait=False)
    except ApiError:
        assert instance.describe() == before
        assert region.events.of(instance) == plan
    else:
        raise AssertionError("the reboot was not refused")


@clause("recovery/not-avoidable")
@planned
@needs("shape-region", "break-hosts", "move-time")
def test_nothing_answers_a_planned_recovery(region: Region) -> None:
    """Neither a reboot nor a stop; it executes at its time."""
    instance = crash(region)
    plan = one(region.events.of(instance))
    for attempt in (instance.reboot, instance.stop):
        with suppress(ApiError):
            attempt(wait=False)
    assert plan.not_before is not None
    done = region.wait_for_event(SYSTEM_FAILURE, instance=instance, state="Executed", within=EXECUTED)
    assert done.id == plan.id
    assert done.finished is not None
    assert done.finished >= plan.not_before
    assert instance.wait_until("Running").status == "Running"


@clause("recovery/local-disk")
@needs("see-hosts", "break-hosts", "move-time")
def test_local_disks_wait_for_their_host(region: Region) -> None:
    """And are started there when it is back."""
    (instance,) = region.run_instances(1, instance_type=LOCAL)
    host, before = str(instance.host), instance.identity
    with region.chaos.crash(host):
        region.wait_for_event(SYSTEM_FAILURE, instance=instance, state="Executing")
        region.hold(lambda: instance.host == host and region.events.health(instance) != "Ok", "9m", what="waiting")
    region.wait_for_event(SYSTEM_FAILURE, instance=instance, state="Executed")
    assert_recovered(instance, before)
    assert instance.host == host


@clause("recovery/local-disk-lost")
@needs("see-hosts", "break-hosts", "move-time")
def test_local_disks_whose_host_is_lost_for_good(region: Region) -> None:
    """The event fails within its window, the instance is not shown Running, and its user may release it."""
    (instance,) = region.run_instances(1, instance_type=LOCAL)
    host = instance.host
    crash_host_of(region, instance)
    region.wait_for_event(SYSTEM_FAILURE, instance=instance, state="Executing", within=EXECUTED)
    region.wait_for_event(SYSTEM_FAILURE, instance=instance, state="Failed", within="7h")
    region.hold(lambda: instance.status == "Stopped" and instance.host == host, "1d", what="staying down")
    assert [event.state for event in region.events.of(instance)] == ["Failed"]
    instance.delete()
    assert not instance.exists


@clause("recovery/others-serve")
@needs("see-hosts", "break-hosts", "move-time")
def test_the_other_members_of_a_set_keep_running(region: Region) -> None:
    """On their hosts, without an event, while one recovers."""
    deployment_set = region.create_deployment_set()
    lost, *others = region.run_instances(4, deployment_set=deployment_set)
    before = [(each.describe(), each.host) for each in others]

    def serving() -> bool:
        return [(each.describe(), each.host) for each in others] == before and not any(map(region.events.of, others))

    region.chaos.crash(str(lost.host), reversible=False)
    region.hold(serving, "30m", what="the others serving")
    region.wait_for_event(SYSTEM_FAILURE, instance=lost, state="Executed", within=EXECUTED)
    assert serving()


#: A service that real guests start by their user data; scripted ones are taught that this is one.
SERVICE = """#!/usr/bin/python3
import os, socket
door = socket.create_server(("", 8080))
if os.fork():
    os._exit(0)
os.setsid()
while True:
    wire, _ = door.accept()
    wire.recv(1024)
    wire.sendall(b"here")
    wire.close()
"""


@clause("recovery/others-serve")
@needs("see-hosts", "break-hosts", "move-time", "reach-guests")
def test_the_other_members_of_a_set_answer_as_before(region: Region) -> None:
    """At their addresses, before, during and after; the lost one is silent, and answers again once it is back."""
    if region.supports("guest"):
        region.guest(SERVICE.strip(), serves=8080, answer=b"here")
    start, deployment_set = base64.b64encode(SERVICE.encode()).decode(), region.create_deployment_set()
    lost, *others = region.run_instances(3, deployment_set=deployment_set, UserData=start)
    addresses = {each: each.private_ip for each in (lost, *others)}

    def answers(instance: Instance) -> bool:
        try:
            return region.request(addresses[instance], 8080, b"?") == b"here"
        except (ConnectionRefusedError, TimeoutError):
            return False

    region.wait(lambda: all(map(answers, addresses)), "5m", what="all serving")
    region.chaos.crash(str(lost.host), reversible=False)
    region.wait(lambda: not answers(lost), "5m", what="the lost one silent")
    region.hold(lambda: all(map(answers, others)), "1m", what="the others serving")
    region.wait_for_event(SYSTEM_FAILURE, instance=lost, state="Executed", within=EXECUTED)
    region.wait(lambda: all(map(answers, addresses)), "5m", what="all serving again")


@clause("recovery/intervention-table")
@planned
@needs("shape-region", "see-hosts", "break-hosts", "move-time")
def test_what_can_be_queried_and_what_can_be_answered(region: Region) -> None:
    """A recovery can be queried, a migration neither, maintenance both."""
    recovering = crash(region)
    moved, maintained = region.run_instances(2)
    assert region.control("migrate", instance=moved.id)["host"] is not None
    region.chaos.maintenance(maintained.id, within="24h")
    types = [
        [event["EventType"]["Name"] for event in region.events.planned(each)]
        for each in (recovering, moved, maintained)
    ]
    assert types == [[SYSTEM_FAILURE], [], [MAINTENANCE]]
    maintained.reboot()
    assert [event.state for event in region.events.of(maintained)] == ["Avoided"]
    try:
        recovering.reboot(wait=False)
    except ApiError:
        assert [event.state for event in region.events.of(recovering)] == ["Scheduled"]
    else:
        raise AssertionError("the user can answer a recovery")


@clause("recovery/status", "recovery/health")
@needs("break-hosts", "move-time")
def test_what_is_shown_between_crash_and_recovery(region: Region) -> None:
    """Impaired while its host is lost; Running by way of Starting at last."""
    (instance,) = region.run_instances(1)
    assert region.events.health(instance) == "Ok"
    with region.chaos.crash(str(instance.host)):
        region.wait_for_event(SYSTEM_FAILURE, instance=instance)
        assert region.events.health(instance) == "Impaired"
        assert instance.status == "Running"
    region.wait(lambda: instance.status != "Running", what="the restart")
    assert path(instance, "Running")[0] in ("Stopping", "Starting", "Stopped")
    assert region.events.health(instance) == "Ok"


@clause("recovery/no-supply")
@pytest.mark.region(zones=1, hosts_per_zone=2)
@needs("shape-region", "break-hosts", "set-supply", "move-time")
def test_an_instance_without_a_host_is_started_once_there_is_supply(region: Region) -> None:
    """As what it was."""
    (instance,) = region.run_instances(1)
    before = instance.identity
    with region.chaos.shortage():
        crash_host_of(region, instance)
        region.wait_for_event(SYSTEM_FAILURE, instance=instance, state="Executing", within=EXECUTED)
        region.clock.advance("1m")
        region.hold(lambda: instance.exists and instance.status != "Running", "5h", what="waiting for supply")
    region.wait_for_event(SYSTEM_FAILURE, instance=instance, state="Executed", within="30m")
    assert_recovered(instance, before)


@clause("recovery/second-failure")
@pytest.mark.region(zones=1, hosts_per_zone=3)
@needs("shape-region", "see-hosts", "break-hosts", "move-time")
def test_a_second_failure_during_the_recovery(region: Region) -> None:
    """It ends on the third host, with nothing left under way."""
    instance = crash(region)
    before = instance.identity
    region.wait(lambda: instance.status == "Starting", EXECUTED, what="the restart")
    region.chaos.crash(str(instance.host), reversible=False)
    region.wait_for_event(SYSTEM_FAILURE, instance=instance, state="Executed", within=EXECUTED)
    region.clock.advance("2d")
    assert_recovered(instance, before)
    assert {event.state for event in region.events.of(instance)} == {"Executed"}
    up = [each["host"] for each in region.hosts if each["state"] == "up"]
    assert up == [instance.host]


def _maintain(instance: Instance, action: str) -> None:
    asked = {"InstanceId": [instance.id], "ActionOnMaintenance": action}
    instance.region.call("ModifyInstanceMaintenanceAttributes", **asked)


@clause("recovery/restart-time")
@needs("shape-region", "break-hosts", "move-time")
@pytest.mark.parametrize("reversible", [False, True])
def test_later_a_failure_is_repaired_within_minutes(region: Region, reversible: bool) -> None:
    """Noticed within one, restarted within five."""
    (instance,) = region.run_instances(1)
    crashed = region.clock.ms
    region.chaos.crash(str(instance.host), reversible=reversible)
    event = region.wait_for_event(SYSTEM_FAILURE, instance=instance, state="Executed")
    assert event.finished is not None
    assert event.published - crashed <= HOUR // 60
    assert event.finished - event.published <= HOUR // 12


@clause("recovery/action-on-maintenance")
@needs("shape-region", "break-hosts", "move-time")
@pytest.mark.parametrize(
    ("kind", "action", "type", "ends"),
    [
        (None, "AutoRecover", SYSTEM_FAILURE, "Running"),
        (None, "Stop", "SystemFailure.Stop", "Stopped"),
        (LOCAL, "AutoRedeploy", "SystemFailure.Redeploy", "Running"),
    ],
)
def test_later_users_choose_what_a_failure_does(
    region: Region, kind: str | None, action: str, type: str, ends: str
) -> None:
    """By an attribute of the instance."""
    (instance,) = region.run_instances(1, instance_type=kind)
    _maintain(instance, action)
    crash_host_of(region, instance, type=type)
    region.wait_for_event(type, instance=instance, state="Executed", within=EXECUTED)
    assert instance.status == ends
    assert [event.type for event in region.events.of(instance)] == [type]


@clause("instance/redeploy")
@needs("shape-region", "see-hosts", "break-hosts", "move-time")
def test_an_instance_with_local_disks_can_be_redeployed(region: Region) -> None:
    """While its host is lost, and not otherwise."""
    (instance,) = region.run_instances(1, instance_type=LOCAL)
    code = "InvalidOperation.RedeployInstance"
    assert_refused(code, lambda: region.call("RedeployInstance", InstanceId=instance.id))
    host, before = instance.host, instance.identity
    crash_host_of(region, instance)
    region.call("RedeployInstance", InstanceId=instance.id)
    region.wait_for_event(SYSTEM_FAILURE, instance=instance, state="Executed")
    assert_recovered(instance, before)
    assert instance.host != host


@clause("instance/redeploy")
@needs("shape-region", "see-hosts", "break-hosts", "move-time")
def test_local_disks_can_be_redeployed_after_their_event_has_failed(region: Region) -> None:
    """As long as their host is lost."""
    (instance,) = region.run_instances(1, instance_type=LOCAL)
    host, before = instance.host, instance.identity
    crash_host_of(region, instance)
    region.wait_for_event(SYSTEM_FAILURE, instance=instance, state="Executing", within=EXECUTED)
    region.wait_for_event(SYSTEM_FAILURE, instance=instance, state="Failed", within="7h")
    region.call("RedeployInstance", InstanceId=instance.id)
    instance.wait_until("Running")
    assert instance.identity == before
    assert instance.host != host
    assert region.events.health(instance) == "Ok"


@clause("deployment-set/failover-keeps-spread")
@pytest.mark.region(zones=1, hosts_per_zone=5)
@needs("shape-region", "see-hosts", "break-hosts", "move-time")
def test_a_recovered_member_keeps_the_spread(region: Region) -> None:
    """There is one host left that keeps it."""
    deployment_set = region.create_deployment_set()
    members = region.run_instances(4, deployment_set=deployment_set)
    crash_host_of(region, members[0])
    region.wait_for_event(SYSTEM_FAILURE, instance=members[0], state="Executed", within=EXECUTED)
    assert_strictly_spread(members)
    assert {each.id for each in deployment_set.members} == {each.id for each in members}


@clause("deployment-set/failover-cancels-membership")
@pytest.mark.region(zones=1, hosts_per_zone=3)
@needs("shape-region", "see-hosts", "break-hosts", "move-time")
def test_a_member_that_cannot_be_spread_leaves_the_set_and_runs(region: Region) -> None:
    """That is the default."""
    deployment_set = region.create_deployment_set()
    lost, *others = region.run_instances(3, deployment_set=deployment_set)
    crash_host_of(region, lost)
    region.wait_for_event(SYSTEM_FAILURE, instance=lost, state="Executed", within=EXECUTED)
    assert lost.status == "Running"
    assert {each.id for each in deployment_set.members} == {each.id for each in others}
    assert_strictly_spread(others)


@clause("deployment-set/failover-keeps-stopped")
@pytest.mark.region(zones=1, hosts_per_zone=3)
@needs("shape-region", "see-hosts", "break-hosts", "move-time")
def test_a_member_that_is_to_be_kept_waits_for_a_host(region: Region) -> None:
    """It is a member and does not run until there is one."""
    deployment_set = region.create_deployment_set(OnUnableToRedeployFailedInstance="KeepStopped")
    members = region.run_instances(3, deployment_set=deployment_set)
    lost = members[0]
    with region.chaos.crash(str(lost.host)):
        region.wait(lambda: lost.status == "Stopped", what="given up for now")
        region.hold(lambda: lost.status == "Stopped" and lost in deployment_set.members, "2h", what="kept and stopped")
    lost.wait_until("Running")
    assert lost in deployment_set.members
    assert_strictly_spread(members)
