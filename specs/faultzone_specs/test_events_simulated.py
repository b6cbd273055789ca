"""Simulated events: API reference, CreateSimulatedSystemEvents and CancelSimulatedSystemEvents."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from faultzone import ApiError, Region, assert_avoided, assert_refused, one
from faultzone_specs.events import (
    HOUR,
    INSTANCE_FAILURE,
    MAINTENANCE,
    SYSTEM_FAILURE,
    history_ids,
    planned_ids,
    simulate,
    stamp,
    state_of,
)

clause, needs = pytest.mark.clause, pytest.mark.needs
CREATE, CANCEL = "CreateSimulatedSystemEvents", "CancelSimulatedSystemEvents"


@clause("event/simulated")
@pytest.mark.parametrize("type", [MAINTENANCE, SYSTEM_FAILURE, INSTANCE_FAILURE])
def test_events_are_simulated_on_several_instances(region: Region, type: str) -> None:
    """One id each, shown like any other."""
    instances = region.run_instances(2)
    ids = simulate(region, *instances, type=type)
    assert len(set(ids)) == 2
    assert planned_ids(region) == set(ids)
    found = {event.instance: event for event in region.events.of()}
    assert {found[each.id].type for each in instances} == {type}


@clause("event/simulated")
def test_events_of_bills_cannot_be_simulated(region: Region) -> None:
    """Three types alone can."""
    (instance,) = region.run_instances(1)
    with pytest.raises(ApiError):
        simulate(region, instance, type="InstanceExpiration.Stop")


@clause("event/simulated-executed")
@needs("move-time")
@pytest.mark.parametrize("type", [MAINTENANCE, SYSTEM_FAILURE, INSTANCE_FAILURE])
def test_a_simulated_event_that_nobody_touches_is_executed(region: Region, type: str) -> None:
    """At its time, with the instance Running throughout."""
    (instance,) = region.run_instances(1)
    started = instance.describe()["StartTime"]
    event = one(simulate(region, instance, type=type))
    due = region.events.of(instance)[-1].not_before
    assert due is not None
    assert state_of(region, event) == "Scheduled"

    def undisturbed() -> bool:
        early = state_of(region, event) != "Scheduled" and region.clock.ms < due
        return instance.status == "Running" and not early

    region.hold(undisturbed, "61m", what="running, and Scheduled until it is due")
    assert state_of(region, event) == "Executed"
    assert instance.describe()["StartTime"] == started


@clause("event/simulated-avoided")
@needs("move-time")
def test_a_reboot_avoids_simulated_maintenance_and_no_failure(region: Region) -> None:
    """Within the window."""
    (instance,) = region.run_instances(1)
    simulate(region, instance)
    failure = one(simulate(region, instance, type=SYSTEM_FAILURE))
    before = state_of(region, failure)
    instance.reboot()
    assert_avoided(instance, MAINTENANCE)
    assert state_of(region, failure) == before
    region.clock.advance("2h")
    assert_avoided(instance, MAINTENANCE)
    assert state_of(region, failure) == "Executed"


@clause("event/simulated-canceled")
@needs("move-time")
def test_simulated_events_can_be_canceled(region: Region) -> None:
    """And nothing follows at their time."""
    instances = region.run_instances(2)
    ids = simulate(region, *instances)
    region.call(CANCEL, EventId=ids)
    region.clock.advance("2h")
    assert [state_of(region, each) for each in ids] == ["Canceled", "Canceled"]


@clause("event/simulated-refusals")
def test_what_cannot_be_simulated_is_refused(region: Region) -> None:
    """With the documented code, and nothing is published."""
    (instance,) = region.run_instances(1)
    right: dict[str, Any] = {"InstanceId": [instance.id], "EventType": MAINTENANCE, "NotBefore": stamp(region, HOUR)}
    wrongs: list[tuple[str, dict[str, Any]]] = [
        ("InvalidNotBefore.Passed", {"NotBefore": stamp(region, -HOUR)}),
        ("InvalidInstanceId.NotFound", {"InstanceId": [instance.id, "i-bp1nosuchinstance00"]}),
        ("InstanceIdLimitExceeded", {"InstanceId": [f"i-{n}" for n in range(101)]}),
        *(("MissingParameter", {name: None}) for name in right),
    ]
    for code, wrong in wrongs:
        assert_refused(code, partial(region.call, CREATE, **{**right, **wrong}))
    assert region.events.of() == []


@clause("event/cancel-refusals")
def test_what_cannot_be_canceled_is_refused(region: Region) -> None:
    """With the documented code, and what else was named stays."""
    (instance,) = region.run_instances(1)
    ids = simulate(region, instance)
    assert_refused("InvalidEventId.NotFound", lambda: region.call(CANCEL, EventId=[*ids, "e-bp1nosuchevent0000"]))
    assert_refused("EventIdLimitExceeded", lambda: region.call(CANCEL, EventId=[f"e-{n}" for n in range(101)]))
    assert_refused("MissingParameter", lambda: region.call(CANCEL))
    assert state_of(region, ids[0]) == "Scheduled"


@clause("event/cancel-real")
@needs("break-hosts")
def test_a_real_event_cannot_be_canceled(region: Region) -> None:
    """It stays as it is."""
    (instance,) = region.run_instances(1)
    region.chaos.maintenance(instance.id)
    event = one(region.events.of(instance))
    assert_refused("CannotCancelSystemEvent.NotSimulated", lambda: region.call(CANCEL, EventId=[event.id]))
    assert region.events.of(instance) == [event]


@clause("event/cancel-settled")
@needs("move-time")
def test_what_is_settled_stays_so(region: Region) -> None:
    """Whether the cancellation is refused or accepted."""
    (instance,) = region.run_instances(1)
    event = one(simulate(region, instance))
    region.clock.advance("2h")
    with suppress(ApiError):
        region.call(CANCEL, EventId=[event])
    assert state_of(region, event) == "Executed"


@clause("event/simulated-failure-executes")
@needs("shape-region", "move-time")
def test_later_a_simulated_failure_begins_as_executing(region: Region) -> None:
    """Maintenance does not; both are Executed in time."""
    (instance,) = region.run_instances(1)
    failure = one(simulate(region, instance, type=SYSTEM_FAILURE))
    maintenance = one(simulate(region, instance))
    assert (state_of(region, failure), state_of(region, maintenance)) == ("Executing", "Scheduled")
    region.clock.advance("2h")
    assert history_ids(region, EventCycleStatus="Executed") == {failure, maintenance}


@clause("event/inquiring")
@needs("shape-region", "break-hosts", "move-time")
def test_an_event_that_inquires_waits_for_its_user(region: Region) -> None:
    """It is shown by both queries, for months, until it is accepted."""
    (instance,) = region.run_instances(1)
    region.control("schedule-maintenance", instance=instance.id, outcome="inquires")
    event = region.wait_for_event(MAINTENANCE, instance=instance, state="Inquiring")
    region.clock.advance("65d")
    assert history_ids(region, InstanceEventCycleStatus=["Inquiring"]) == {event.id}
    assert planned_ids(region) == {event.id}
    assert history_ids(region) == set()
    region.call("AcceptInquiredSystemEvent", EventId=event.id)
    region.wait_for_event(MAINTENANCE, instance=instance, state="Executed", within="6h")
    assert history_ids(region) == {event.id}
    assert planned_ids(region) == set()
