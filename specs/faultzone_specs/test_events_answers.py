"""Maintenance, its answers, and migration that nobody notices: manual, section 3.1."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from faultzone import ApiError, Instance, Region, assert_avoided, one
from faultzone_specs.events import (
    DAY,
    EXECUTED,
    HOUR,
    INSTANCE_FAILURE,
    MAINTENANCE,
    SYSTEM_FAILURE,
    crash,
    planned_ids,
    simulate,
    stamp,
)

clause, needs = pytest.mark.clause, pytest.mark.needs

RETIRED = ["ecs.t1.small", "ecs.s1.small", "ecs.m1.medium", "ecs.c1.small"]


@clause("event/routine-maintenance-is-silent")
@needs("see-hosts", "break-hosts", "move-time")
def test_a_live_migration_is_seen_nowhere(region: Region) -> None:
    """The host changes; state, metadata and events do not."""
    (instance,) = region.run_instances(1)
    before, host = instance.describe(), instance.host
    assert region.control("migrate", instance=instance.id)["host"] not in (None, host)
    region.hold(lambda: instance.describe() == before, "1h", what="nothing to be seen")
    assert instance.host != host
    assert region.events.of(instance) == []
    assert planned_ids(region) == set()
    assert region.events.health(instance) == "Ok"


@clause("event/routine-maintenance-is-silent")
@needs("break-hosts", "live-migration")
def test_what_runs_is_not_interrupted_by_a_live_migration(region: Region) -> None:
    """A command that was begun on one host ends on another."""
    (instance,) = region.run_instances(1)
    ran = region.run_command("echo begun; sleep 30; echo through", on=instance, wait=False)
    region.control("migrate", instance=instance.id)
    assert ran.wait("2m").states == {instance.id: "Finished"}
    assert ran.output(instance) == "begun\nthrough\n"


@clause("event/degraded-host-migrates")
@needs("see-hosts", "break-hosts", "move-time")
def test_a_host_at_risk_is_emptied_without_an_event(region: Region) -> None:
    """Its instances keep running elsewhere."""
    (instance,) = region.run_instances(1)
    host = str(instance.host)
    with region.chaos.at_risk(host):
        region.hold(lambda: instance.status == "Running", "1h", what="running")
        assert instance.host != host
    assert region.events.of() == []


@clause("event/degraded-host-migrates")
@needs("see-hosts", "break-hosts", "move-time")
@pytest.mark.parametrize("meanwhile", ["stopped", "rebooting"])
def test_what_comes_to_run_on_a_host_at_risk_is_carried_off_too(region: Region, meanwhile: str) -> None:
    """It was not running when the risk was found."""
    (instance,) = region.run_instances(1)
    host = str(instance.host)
    if meanwhile == "stopped":
        instance.stop(StoppedMode="KeepCharging")
    else:
        instance.reboot(wait=False)
    with region.chaos.at_risk(host):
        if meanwhile == "stopped":
            instance.start()
        instance.wait_until("Running")
        region.wait(lambda: instance.host != host, "10m", what="another host")
        assert instance.status == "Running"
    assert region.events.of() == []


@clause("event/retired-families")
@needs("break-hosts", "move-time")
@pytest.mark.parametrize("kind", RETIRED)
def test_retired_families_have_no_events(region: Region, kind: str) -> None:
    """Neither simulated ones nor of what happens; others have."""
    (old,) = region.run_instances(1, instance_type=kind)
    (new,) = region.run_instances(1)
    with pytest.raises(ApiError):
        simulate(region, old)
    simulate(region, new)
    region.chaos.crash(str(old.host), reversible=False)
    region.clock.advance("1h")
    assert old.status == "Running"
    assert region.events.of(old) == []
    assert region.events.of(new) != []


@clause("event/window-maintenance")
@needs("break-hosts")
def test_maintenance_leaves_a_day_or_two(region: Region) -> None:
    """Or longer."""
    (instance,) = region.run_instances(1)
    region.chaos.maintenance(instance.id)
    event = one(region.events.of(instance))
    assert event.not_before is not None
    assert event.not_before - event.published >= DAY


@clause("event/window-execution", "event/default-action")
@needs("break-hosts", "move-time")
def test_maintenance_without_an_answer_reboots_at_its_time(region: Region) -> None:
    """Not before, and within six hours."""
    (instance,) = region.run_instances(1)
    started = instance.describe()["StartTime"]
    region.chaos.maintenance(instance.id, within="30h")
    event = one(region.events.of(instance))
    assert event.not_before is not None
    region.hold(
        lambda: instance.status == "Running" and region.events.of(instance) == [event], "29h", what="nothing before"
    )
    done = region.wait_for_event(MAINTENANCE, instance=instance, state="Executed", within="8h")
    assert done.finished is not None
    assert event.not_before <= done.finished <= event.not_before + 6 * HOUR
    instance.wait_until("Running")
    assert instance.describe()["StartTime"] != started


@clause("event/window-execution")
@needs("break-hosts", "move-time")
def test_a_failure_is_repaired_within_six_hours(region: Region) -> None:
    """From its Executing on."""
    instance = crash(region)
    region.wait_for_event(SYSTEM_FAILURE, instance=instance, state="Executing", within=EXECUTED)
    began = region.clock.ms
    done = region.wait_for_event(SYSTEM_FAILURE, instance=instance, state="Executed", within="7h")
    assert done.finished is not None
    assert done.finished - began <= 6 * HOUR


@clause("event/unexpected-has-no-window", "event/system-failure")
@needs("break-hosts", "move-time")
def test_a_crash_of_the_host_restarts_what_was_on_it(region: Region) -> None:
    """Each instance has one event, Executing at once where the host can start again."""
    instance = crash(region, reversible=True)
    event = one(region.events.of(instance))
    assert (event.type, event.state, event.not_before) == (SYSTEM_FAILURE, "Executing", None)
    region.wait_for_event(SYSTEM_FAILURE, instance=instance, state="Executed")
    instance.wait_until("Running")
    assert len(region.events.of(instance)) == 1


@clause("event/system-failure")
@needs("break-hosts", "move-time")
def test_a_host_that_starts_again_restarts_what_was_on_it(region: Region) -> None:
    """With one event each, too."""
    (instance,) = region.run_instances(1)
    with region.chaos.crash(str(instance.host)):
        region.wait_for_event(SYSTEM_FAILURE, instance=instance, state="Executing")
    region.wait_for_event(SYSTEM_FAILURE, instance=instance, state="Executed")
    instance.wait_until("Running")
    assert len(region.events.of(instance)) == 1


@clause("event/instance-failure")
@needs("crash-guests", "see-hosts")
def test_a_crash_of_the_operating_system_restarts_that_instance(region: Region) -> None:
    """Where it is, and no other."""
    web, db = region.run_instances(2)
    host, before = web.host, db.describe()
    region.chaos.guest_crash(web.id)
    region.wait_for_event(INSTANCE_FAILURE, instance=web, state="Executed")
    assert (web.status, web.host) == ("Running", host)
    assert [event.type for event in region.events.of()] == [INSTANCE_FAILURE]
    assert db.describe() == before


@clause("event/avoid-by-reboot")
@needs("break-hosts", "move-time")
def test_a_reboot_within_the_window_avoids_maintenance(region: Region) -> None:
    """And nothing happens at its time."""
    (instance,) = region.run_instances(1)
    region.chaos.maintenance(instance.id, within="24h")
    region.clock.advance("2h")
    instance.reboot()
    assert_avoided(instance)
    region.hold(lambda: instance.status == "Running", "2d", what="running")
    assert_avoided(instance)


@clause("event/guest-reboot-does-not-avoid")
@needs("break-hosts", "log-in", "move-time")
def test_a_reboot_from_inside_avoids_nothing(region: Region) -> None:
    """The event stays Scheduled and executes at its time."""
    (instance,) = region.run_instances(1)
    region.chaos.maintenance(instance.id, within="24h")
    region.control("log-in", instance=instance.id, script="reboot")
    region.clock.advance("10m")
    event = one(region.events.of(instance))
    assert event.state == "Scheduled"
    region.clock.advance("24h")
    event = one(region.events.of(instance))
    assert event.state == "Executed"


@clause("event/recommended-action")
@needs("break-hosts", "move-time")
def test_a_reboot_answers_maintenance_and_no_failure(region: Region) -> None:
    """A failure can only be looked into afterwards."""
    (instance,) = region.run_instances(1)
    region.chaos.maintenance(instance.id, within="24h")
    failure = one(simulate(region, instance, type=INSTANCE_FAILURE, within=DAY))
    before = {event.id: event.state for event in region.events.of(instance)}
    instance.reboot()
    states = {event.id: event.state for event in region.events.of(instance)}
    assert states.pop(failure) == before[failure]
    assert list(states.values()) == ["Avoided"]


@clause("event/canceled")
@needs("break-hosts", "move-time")
def test_maintenance_can_be_withdrawn(region: Region) -> None:
    """Nothing happens at its time."""
    (instance,) = region.run_instances(1)
    planned = region.control("schedule-maintenance", instance=instance.id, within=DAY)
    region.clock.advance("1h")
    for event in planned["events"]:
        region.control("cancel-maintenance", event=event["plan"])
    region.hold(lambda: instance.status == "Running", "2d", what="running")
    assert [event.state for event in region.events.of(instance)] == ["Canceled"]


def _stop_and_start(region: Region, instance: Instance) -> None:
    """Without charge, so that it is placed anew; its host takes nothing new."""
    host = str(instance.host)
    instance.stop(StoppedMode="StopCharging")
    with region.chaos.at_risk(host):
        instance.start()


def _move_by_force(region: Region, instance: Instance) -> None:
    """Into a set of which another member is on its host."""
    deployment_set = region.create_deployment_set()
    deployment_set.add(next(each for each in region.instances if each != instance and each.host == instance.host))
    deployment_set.add(instance, force=True)
    region.wait(lambda: instance.status == "Running", what="running elsewhere")


def _carry(region: Region, instance: Instance) -> None:
    """Live, as the region does."""
    region.control("migrate", instance=instance.id)


@clause("event/maintenance-of-its-host")
@pytest.mark.region(zones=1, hosts_per_zone=2)
@needs("shape-region", "see-hosts", "break-hosts", "move-time")
@pytest.mark.parametrize("leave", [_stop_and_start, _move_by_force, _carry])
def test_maintenance_does_not_follow_an_instance(region: Region, leave: Callable[[Region, Instance], None]) -> None:
    """What has left its host is not rebooted for it."""
    instance, *_ = region.run_instances(4)
    host = instance.host
    region.chaos.maintenance(instance.id, within="24h")
    leave(region, instance)
    assert instance.host != host
    started = instance.describe()["StartTime"]
    region.hold(lambda: instance.status == "Running", "31h", what="running")
    assert instance.describe()["StartTime"] == started
    assert [event.state in ("Avoided", "Canceled") for event in region.events.of(instance)] == [True]


@clause("event/failed")
@needs("break-hosts", "move-time")
def test_maintenance_may_fail(region: Region) -> None:
    """And is in the history as Failed."""
    (instance,) = region.run_instances(1)
    region.chaos.maintenance(instance.id, within="24h", outcome="fails")
    region.clock.advance("31h")
    assert [event.state for event in region.events.of(instance)] == ["Failed"]
    shown = one(region.call("DescribeInstanceHistoryEvents")["InstanceSystemEventSet"]["InstanceSystemEventType"])
    assert shown["EventCycleStatus"]["Name"] == "Failed"


@clause("event/avoid-by-release")
@needs("break-hosts", "move-time")
def test_a_release_by_its_user_answers_what_is_planned(region: Region) -> None:
    """Maintenance, of an instance that runs and of one that is stopped, by a call and by an automatic release."""
    running, stopped, timed = region.run_instances(3)
    for each in (running, stopped, timed):
        region.chaos.maintenance(each.id, within="30h")
    stopped.stop()
    stopped.delete()
    running.delete()
    due = stamp(region, 2 * HOUR)
    region.call("ModifyInstanceAutoReleaseTime", InstanceId=timed.id, AutoReleaseTime=due)
    region.clock.advance("3h")
    for each in (running, stopped, timed):
        assert [event.state for event in region.events.of(each)] == ["Avoided"]


@clause("event/violation")
@needs("change-account", "move-time")
def test_a_violation_is_an_event_and_a_lock(region: Region) -> None:
    """It is shown as it happens, for that instance alone, and ends in time."""
    instance, other = region.run_instances(2)
    region.chaos.security_lock(instance.id)
    assert instance.lock_reasons == ["security"]
    event = one(region.events.of(instance))
    assert event.state in ("Executing", "Executed")
    assert event.not_before is None
    assert region.events.planned(instance) == []
    region.clock.advance("6h")
    event = one(region.events.of(instance))
    assert event.state == "Executed"
    assert region.events.of(other) == []
    region.control("lock", instance=instance.id, reason="security", locked=False)
    assert [each.id for each in region.events.of(instance)] == [event.id]
    assert instance.lock_reasons == []


@clause("event/maintenance-window")
@needs("shape-region", "break-hosts")
@pytest.mark.parametrize(("start", "end"), [(2, 3), (22, 1), (0, 23), (13, 14), (23, 22)])
def test_later_maintenance_is_planned_for_the_window_of_its_user(region: Region, start: int, end: int) -> None:
    """An hour, the night, nearly all day."""
    (instance,) = region.run_instances(1)
    window = [{"StartTime": f"{start:02d}:00:00", "EndTime": f"{end:02d}:00:00"}]
    region.call("ModifyInstanceMaintenanceAttributes", InstanceId=[instance.id], MaintenanceWindow=window)
    region.control("schedule-maintenance", instance=instance.id)
    event = one(region.events.of(instance))
    assert event.not_before is not None
    hour = (event.not_before // HOUR + 8) % 24
    assert (hour - start) % 24 < (end - start) % 24
    assert DAY <= event.not_before - event.published <= 2 * DAY
