"""Events of today that their user moves, what maintenance does, and the attributes of maintenance."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from faultzone import ApiError, Instance, Region, assert_refused, one
from faultzone_specs.events import DAY, HOUR, INSTANCE_FAILURE, history, planned_ids, simulate, stamp, state_of

clause, needs = pytest.mark.clause, pytest.mark.needs

MINUTE = HOUR // 60


def planned(region: Region, instance: Instance) -> dict[str, Any]:
    """The one event that is planned for an instance."""
    return dict(one(region.events.planned(instance)))


def plan(region: Region, instance: Instance, **more: object) -> str:
    """Plan maintenance in thirty hours, or as said; the id of its event."""
    asked = {"within": 30 * HOUR, **more, "instance": instance.id}
    return str(one(region.control("schedule-maintenance", **asked)["events"])["event"])


def move(region: Region, instance: Instance, event: str, within: int) -> None:
    """Let an event be due in so many milliseconds."""
    asked = {"InstanceId": instance.id, "EventId": event, "NotBefore": stamp(region, within)}
    region.call("ModifySystemEventAttribute", **asked)


def assert_not_moved(region: Region, instance: Instance, event: str, within: int) -> None:
    """See that an event cannot be moved there, and is as it was."""
    before = history(region, EventId=[event], InstanceEventCycleStatus=EVERY)
    with pytest.raises(ApiError):
        move(region, instance, event, within)
    assert history(region, EventId=[event], InstanceEventCycleStatus=EVERY) == before


EVERY = ["Scheduled", "Executing", "Inquiring", "Avoided", "Executed", "Canceled", "Failed"]


@clause("event/move")
@needs("break-hosts", "move-time")
def test_maintenance_comes_sooner(region: Region) -> None:
    """At the new time, and not again at the first."""
    (instance,) = region.run_instances(1)
    event = plan(region, instance)
    first, sooner = planned(region, instance)["NotBefore"], stamp(region, 2 * HOUR)
    move(region, instance, event, 2 * HOUR)
    assert planned(region, instance)["NotBefore"] == sooner
    assert planned_ids(region, **{"NotBefore.End": stamp(region, DAY)}) == {event}
    assert planned_ids(region, **{"NotBefore.Start": stamp(region, DAY)}) == set()
    shown = one(history(region, EventCycleStatus="Scheduled", **{"NotBefore.End": stamp(region, DAY)}))
    assert (shown["NotBefore"], shown["ExtendedAttribute"]["InitialNotBefore"]) == (sooner, first)
    region.clock.advance("119m")
    assert (instance.status, state_of(region, event)) == ("Running", "Scheduled")
    region.wait_for_event("SystemMaintenance.Reboot", instance=instance, state="Executed", within="10m")
    region.hold(lambda: instance.status == "Running", "30h", what="it is not restarted again")


@clause("event/move")
@needs("break-hosts", "move-time")
def test_what_was_moved_can_be_answered(region: Region) -> None:
    """Then nothing happens at either time."""
    (instance,) = region.run_instances(1)
    event = plan(region, instance)
    move(region, instance, event, HOUR)
    instance.reboot()
    assert state_of(region, event) == "Avoided"
    region.hold(lambda: instance.status == "Running", "31h", what="it is not restarted")


@clause("event/move-bounds")
@needs("break-hosts")
def test_an_event_is_moved_within_bounds(region: Region) -> None:
    """From now to its first time, back and forth."""
    (instance,) = region.run_instances(1)
    event = plan(region, instance)
    assert_not_moved(region, instance, event, 31 * HOUR)
    assert_not_moved(region, instance, event, -MINUTE)
    for within in (HOUR, 5 * HOUR, 29 * HOUR, 20 * HOUR):
        move(region, instance, event, within)
        assert planned(region, instance)["NotBefore"] == stamp(region, within)
    assert_not_moved(region, instance, event, 31 * HOUR)
    asked = {"InstanceId": instance.id, "EventId": event, "NotBefore": "tomorrow"}
    assert_refused("InvalidParameter", lambda: region.call("ModifySystemEventAttribute", **asked))
    for missing in asked:
        some = {name: value for name, value in asked.items() if name != missing}
        assert_refused("MissingParameter", partial(region.call, "ModifySystemEventAttribute", **some))


@clause("event/move-refusals")
@needs("break-hosts")
def test_what_is_not_scheduled_is_not_moved(region: Region) -> None:
    """What is Executing, Inquiring or over, of another instance, or not there."""
    web, db, cache = region.run_instances(3)
    event = plan(region, web)
    assert_not_moved(region, db, event, HOUR)
    with pytest.raises(ApiError):
        move(region, web, "e-none", HOUR)
    assert_not_moved(region, db, plan(region, db, outcome="inquires", within=None), HOUR)
    (failing,) = simulate(region, cache, type=INSTANCE_FAILURE, within=2 * HOUR)
    assert_not_moved(region, cache, failing, HOUR)
    web.reboot()
    assert state_of(region, event) == "Avoided"
    assert_not_moved(region, web, event, HOUR)


@clause("event/effects")
@needs("see-hosts", "break-hosts", "move-time")
@pytest.mark.parametrize("type", ["Stop", "StopAndRepair"])
def test_maintenance_stops_an_instance(region: Region, type: str) -> None:
    """Until its user starts it again."""
    (instance,) = region.run_instances(1)
    event = plan(region, instance, type=f"SystemMaintenance.{type}", within=HOUR)
    region.clock.advance("59m")
    assert instance.status == "Running"
    region.wait(lambda: state_of(region, event) == "Executed", "1h", what="the maintenance is over")
    region.hold(lambda: instance.status == "Stopped", "1h", what="it stays Stopped")
    instance.start()
    assert instance.status == "Running"


@clause("event/effects")
@needs("see-hosts", "break-hosts", "move-time")
def test_maintenance_redeploys_an_instance(region: Region) -> None:
    (instance,) = region.run_instances(1)
    host = instance.host
    event = plan(region, instance, type="SystemMaintenance.Redeploy", within=HOUR)
    region.wait(lambda: instance.status != "Running", "2h", what="it is restarted")
    instance.wait_until("Running")
    assert instance.host != host
    assert state_of(region, event) == "Executed"


@clause("event/effects")
@needs("see-hosts", "break-hosts", "move-time")
@pytest.mark.parametrize("type", ["Reboot", "RebootAndIsolateErrorDisk", "RebootAndReInitErrorDisk"])
def test_maintenance_restarts_an_instance(region: Region, type: str) -> None:
    """Where it is."""
    (instance,) = region.run_instances(1)
    host = instance.host
    event = plan(region, instance, type=f"SystemMaintenance.{type}", within=HOUR)
    region.wait(lambda: instance.status != "Running", "2h", what="it is restarted")
    instance.wait_until("Running")
    assert (instance.host, state_of(region, event)) == (host, "Executed")


@clause("event/effects")
@needs("see-hosts", "break-hosts", "move-time")
@pytest.mark.parametrize("type", ["IsolateErrorDisk", "ReInitErrorDisk", "CleanInactiveDisks"])
def test_maintenance_of_disks_leaves_an_instance_running(region: Region, type: str) -> None:
    (instance,) = region.run_instances(1)
    event = plan(region, instance, type=f"SystemMaintenance.{type}", within=HOUR)
    region.hold(lambda: instance.status == "Running", "2h", what="it goes on")
    assert state_of(region, event) == "Executed"


def simulate_real(region: Region, instance: Instance, type: str) -> str:
    """Simulate an event in an hour that does what it says; its id."""
    asked = {"InstanceId": [instance.id], "EventType": type, "NotBefore": stamp(region, HOUR), "TriggerRealOps": True}
    return str(one(region.call("CreateSimulatedSystemEvents", **asked)["EventIdSet"]["EventId"]))


@clause("event/real-operations")
@needs("move-time")
@pytest.mark.parametrize(
    ("type", "end"),
    [
        ("SystemMaintenance.Reboot", "Running"),
        ("SystemMaintenance.Stop", "Stopped"),
        ("SystemMaintenance.Redeploy", "Running"),
    ],
)
def test_simulated_maintenance_does_what_it_says(region: Region, type: str, end: str) -> None:
    """Once it is due."""
    (instance,) = region.run_instances(1)
    event = simulate_real(region, instance, type)
    region.clock.advance("59m")
    assert (instance.status, state_of(region, event)) == ("Running", "Scheduled")
    region.wait(lambda: instance.status != "Running", "10m", what="something is done to it")
    instance.wait_until(end)
    assert state_of(region, event) == "Executed"


@clause("event/real-operations")
@needs("move-time")
@pytest.mark.parametrize(
    ("type", "end"),
    [("SystemFailure.Reboot", "Running"), ("SystemFailure.Stop", "Stopped"), ("InstanceFailure.Reboot", "Running")],
)
def test_a_simulated_failure_does_what_it_says(region: Region, type: str, end: str) -> None:
    """At once, since it is Executing; Executed at its NotBefore."""
    (instance,) = region.run_instances(1)
    event = simulate_real(region, instance, type)
    region.wait(lambda: instance.status != "Running", "10m", what="something is done to it")
    instance.wait_until(end)
    assert state_of(region, event) == "Executing"
    region.clock.advance("1h")
    assert (instance.status, state_of(region, event)) == (end, "Executed")


@clause("event/real-operations")
@needs("move-time")
@pytest.mark.parametrize("real", [None, False])
def test_a_simulated_event_does_nothing_by_default(region: Region, real: bool | None) -> None:
    """Nor does one that was withdrawn."""
    web, db = region.run_instances(2)
    asked = {"EventType": "SystemMaintenance.Stop", "NotBefore": stamp(region, HOUR)}
    region.call("CreateSimulatedSystemEvents", InstanceId=[web.id], TriggerRealOps=real, **asked)
    region.call("CancelSimulatedSystemEvents", EventId=[simulate_real(region, db, "SystemMaintenance.Stop")])
    region.hold(lambda: (web.status, db.status) == ("Running", "Running"), "2h", what="both go on")


def attributes(region: Region, instance: Instance) -> dict[str, Any]:
    """The attributes of the maintenance of an instance."""
    action = "DescribeInstanceMaintenanceAttributes"
    return dict(one(region.describe(action, "MaintenanceAttributes", "MaintenanceAttribute", InstanceId=[instance.id])))


MODIFY = "ModifyInstanceMaintenanceAttributes"


@clause("event/maintenance-window-form")
@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("02:30:00", "06:00:00"),
        ("02:00:00", "06:00:30"),
        ("2:00:00", "06:00:00"),
        ("02:00", "06:00"),
        ("24:00:00", "06:00:00"),
        ("02:00:00", "02:00:00"),
        ("two", "three"),
        ("02:00:00", None),
        (None, "02:00:00"),
    ],
)
def test_a_window_has_two_whole_hours(region: Region, start: str | None, end: str | None) -> None:
    """What is refused changes nothing; both ends of the day are hours."""
    (instance,) = region.run_instances(1, wait=False)
    good = [{"StartTime": "00:00:00", "EndTime": "23:00:00"}]
    region.call(MODIFY, InstanceId=[instance.id], MaintenanceWindow=good)
    before = attributes(region, instance)
    bad = [{name: value for name, value in (("StartTime", start), ("EndTime", end)) if value is not None}]
    asked = {"InstanceId": [instance.id], "NotifyOnMaintenance": True, "MaintenanceWindow": bad}
    with pytest.raises(ApiError):
        region.call(MODIFY, **asked)
    with pytest.raises(ApiError):
        region.call(MODIFY, **{**asked, "MaintenanceWindow": good * 2})
    assert attributes(region, instance) == before


@clause("event/maintenance-attributes")
def test_the_attributes_of_maintenance_are_shown_as_they_were_set(region: Region) -> None:
    """Of one instance, not of the other; what is left out stays."""
    web, db = region.run_instances(2, wait=False)
    usual = attributes(region, db)
    assert usual["ActionOnMaintenance"]["Value"] == usual["ActionOnMaintenance"]["DefaultValue"] == "AutoRecover"
    assert {"AutoRecover", "Stop"} <= set(usual["ActionOnMaintenance"]["SupportedValues"]["SupportedValue"])
    assert (usual["MaintenanceWindows"]["MaintenanceWindow"], usual["NotifyOnMaintenance"]) == ([], False)
    window = [{"StartTime": "22:00:00", "EndTime": "04:00:00"}]
    region.call(MODIFY, InstanceId=[web.id], MaintenanceWindow=window, NotifyOnMaintenance=True)
    region.call(MODIFY, InstanceId=[web.id], ActionOnMaintenance="Stop")
    shown = attributes(region, web)
    assert (shown["ActionOnMaintenance"]["Value"], shown["NotifyOnMaintenance"]) == ("Stop", True)
    assert shown["ActionOnMaintenance"]["DefaultValue"] == "AutoRecover"
    assert shown["MaintenanceWindows"]["MaintenanceWindow"] == window
    assert attributes(region, db) == usual
    assert_refused("InvalidParameter", lambda: region.call(MODIFY, InstanceId=[web.id], ActionOnMaintenance="Wait"))
    assert_refused("InvalidInstanceId.NotFound", lambda: region.call(MODIFY, InstanceId=[db.id, "i-none"]))
    assert_refused("MissingParameter", lambda: region.call(MODIFY, NotifyOnMaintenance=True))
    assert (attributes(region, web), attributes(region, db)) == (shown, usual)
