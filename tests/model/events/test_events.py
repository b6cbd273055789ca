"""System events: the machine as data, the book of events, and what makes no sense."""

from __future__ import annotations

from functools import partial
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultzone import Region, assert_avoided, assert_recovered, assert_refused, assert_strictly_spread, make_region
from faultzone.editions import load
from faultzone.errors import HarnessError, UsageError, WaitTimeout
from faultzone.model.core import events, transitions
from faultzone.model.core.events import ACTIVE, MAINTENANCE
from faultzone.model.core.state import Instance, RegionState
from tests.support.events import HOUR, SETTLED, STATES, bring_to, cloud_of, inside


@pytest.fixture
def region() -> Region:
    return make_region(zones=1, hosts_per_zone=4)


def test_every_transition_outside_the_machine_is_refused(region: Region) -> None:
    state, instance = inside(region)
    allowed = {
        ("Inquiring", "Avoided"),
        ("Inquiring", "Canceled"),
        ("Scheduled", "Avoided"),
        ("Scheduled", "Canceled"),
        ("Executing", "Executed"),
        ("Executing", "Failed"),
    }
    simulated_too = {("Scheduled", "Executed"), ("Executing", "Canceled")}
    for before, after, simulated in product(STATES, SETTLED, (False, True)):
        if simulated and before == events.INQUIRING:
            continue
        event = bring_to(state, instance, before, simulated)
        if (before, after) in allowed or (simulated and (before, after) in simulated_too):
            events.settle(state, event, after)
            assert event.status == after
        else:
            with pytest.raises(HarnessError, match="no such transition"):
                events.settle(state, event, after)
            assert event.status == before


@pytest.mark.parametrize("status", sorted(ACTIVE))
def test_nothing_is_settled_as_something_that_goes_on(region: Region, status: str) -> None:
    state, instance = inside(region)
    event = bring_to(state, instance, events.SCHEDULED, simulated=False)
    with pytest.raises(HarnessError, match="cannot be settled"):
        events.settle(state, event, status)


ACTS = st.sampled_from(["schedule", "begin", "settle", "advance", "reboot", "crash", "release", "maintain"])


@settings(max_examples=25, deadline=None, derandomize=True, database=None)
@given(st.lists(st.tuples(ACTS, st.integers(0, 20)), max_size=15))
@pytest.mark.slow
def test_the_book_adds_up_whatever_happens(acts: list[tuple[str, int]]) -> None:
    region = make_region(zones=1, hosts_per_zone=4)
    state, _ = inside(region)
    seen: list[tuple[str, str | None, str]] = []
    state.event_observers.append(lambda event, before, after: seen.append((event.id, before, after)))
    for act, number in acts:
        instances = sorted(state.instances)
        if act == "advance":
            region.clock.advance(number * 900)
        elif not instances:
            region.run_instances(1)
        else:
            _act(region, state, state.instances[instances[number % len(instances)]], act, number)
        active = {event.id for waiting in state.active_events.values() for event in waiting}
        assert active == {event.id for event in state.events.values() if event.status in ACTIVE}
        assert all(waiting for waiting in state.active_events.values())
        assert state.active_events.keys() <= state.instances.keys()
    region.clock.advance("3d")
    region.control("shape")  # The acts are no inputs: what the last one said is journalled with the next.
    said = [entry.data for entry in region.journal.of("event")]
    assert [(each["event"], each["from"], each["to"]) for each in said] == seen
    for event in state.events.values():
        path = [after for event_id, _, after in seen if event_id == event.id]
        assert path[-1] == event.status
        assert sum(each not in ACTIVE for each in path) == (event.status not in ACTIVE)


def _act(region: Region, state: RegionState, instance: Instance, act: str, number: int) -> None:
    handle = region.instance(instance.id)
    if act == "schedule":
        due = state.clock.now + number * HOUR
        events.schedule(state, instance, MAINTENANCE, not_before=due, execute=lambda: bool(number % 2), simulated=True)
    elif act == "begin":
        events.begin(state, instance, "SystemFailure.Reboot", simulated=True)
    elif act == "settle" and state.active_events.get(instance.id):
        event = state.active_events[instance.id][0]
        if event.simulated:
            events.settle(state, event, events.CANCELED)
    elif act == "reboot" and instance.status == "Running" and not instance.impaired:
        handle.reboot(wait=False)
    elif act == "crash" and instance.host is not None:
        region.chaos.crash(instance.host.id)
    elif act == "release":
        handle.delete()
    elif act == "maintain":
        region.chaos.maintenance(instance.id, within=number * 600)


def test_release_ends_what_awaits_an_instance_and_keeps_its_history(region: Region) -> None:
    state, instance = inside(region)
    planned = bring_to(state, instance, events.SCHEDULED, simulated=False)
    under_way = bring_to(state, instance, events.EXECUTING, simulated=False)
    region.instance(instance.id).delete()
    assert (planned.status, under_way.status) == ("Avoided", "Failed")
    assert state.active_events == {}
    assert {event.id for event in region.events.of()} == {planned.id, under_way.id}
    region.clock.advance("2h")
    assert planned.status == "Avoided"


@pytest.mark.parametrize(
    ("type", "simulated", "status", "ended"),
    [
        (MAINTENANCE, False, events.SCHEDULED, "Avoided"),
        (MAINTENANCE, False, events.INQUIRING, "Avoided"),
        (MAINTENANCE, True, events.SCHEDULED, "Avoided"),
        ("InstanceExpiration.Delete", False, events.SCHEDULED, "Avoided"),
        ("SystemFailure.Reboot", False, events.SCHEDULED, "Canceled"),
        ("SystemFailure.Reboot", False, events.EXECUTING, "Failed"),
        ("SystemFailure.Reboot", True, events.EXECUTING, "Canceled"),
    ],
)
@pytest.mark.parametrize("why", ["user", "auto-release", "AccountUnbalanced.Delete"])
def test_who_releases_an_instance_decides_how_its_events_end(
    region: Region, type: str, simulated: bool, status: str, ended: str, why: str
) -> None:
    state, instance = inside(region)
    event = bring_to(state, instance, status, simulated, type)
    transitions.release(state, instance, why)
    assert event.status == (ended if ended != "Avoided" or why in ("user", "auto-release") else "Canceled")


def test_an_event_may_release_its_own_instance(region: Region) -> None:
    state, instance = inside(region)

    def execute() -> bool:
        region.instance(instance.id).delete()
        return True

    events.schedule(state, instance, "AccountUnbalanced.Delete", not_before=state.clock.now, execute=execute)
    (event,) = events.active(state, instance.id)
    # Timers run with the lock held; this one calls the API, so it is fired by hand.
    assert event.timer is not None
    event.timer.cancel()
    events.accept(state, event)
    assert event.status == "Executed"


def test_events_of_a_retired_family_happen_untold() -> None:
    region = make_region(edition="2019-02", zones=1, hosts_per_zone=4)
    (made,) = region.run_instances(1, instance_type="ecs.t1.small")
    region.chaos.maintenance(made.id, within="1h")
    assert cloud_of(region).regions[region.id].events == {}
    started = made.describe()["StartTime"]
    region.clock.advance("2h")
    assert made.describe()["StartTime"] != started
    assert region.events.of() == []
    assert len(region.journal.of("event")) == 0


def test_accounts_do_not_see_the_events_of_others() -> None:
    region = make_region(accounts=2)
    (made,) = region.run_instances(1)
    region.chaos.maintenance(made.id)
    (event,) = region.events.of()
    other = region.as_account(1)
    assert other.events.of() == []
    cancel = {"EventId": [event.id]}
    assert_refused("InvalidEventId.NotFound", lambda: other.call("CancelSimulatedSystemEvents", **cancel))


# Later editions


def test_an_event_that_inquires_waits_for_consent() -> None:
    region = make_region(edition="2020-12")
    one, two = region.run_instances(2)
    for each in (one, two):
        region.control("schedule-maintenance", instance=each.id, outcome="inquires")
        assert region.wait_for_event(MAINTENANCE, instance=each, state="Inquiring").finished is None
    (event,) = region.events.planned(one)
    assert event["EventCycleStatus"]["Name"] == "Inquiring"
    region.clock.advance("30d")

    def accept() -> None:
        region.call("AcceptInquiredSystemEvent", EventId=event["EventId"])

    accept()
    region.wait_for_event(MAINTENANCE, instance=one, state="Executed")
    assert_refused("InvalidEventId.NoInquiringEventFound", accept)
    region.call("RedeployInstance", InstanceId=two.id)
    assert_avoided(two)
    assert two.wait_until("Running").status == "Running"


@pytest.mark.parametrize(
    "action",
    [
        "AcceptInquiredSystemEvent",
        "RedeployInstance",
        "ModifyInstanceMaintenanceAttributes",
        "DescribeInstanceMaintenanceAttributes",
    ],
)
def test_later_actions_are_unknown_to_the_edition(region: Region, action: str) -> None:
    assert load().name == "2019-02"
    assert_refused("InvalidAction", lambda: region.call(action))


def test_maintenance_attributes_are_shown_as_they_were_set() -> None:
    region = make_region(edition="2020-12")
    (made,) = region.run_instances(1)
    modify, describe = "ModifyInstanceMaintenanceAttributes", "DescribeInstanceMaintenanceAttributes"
    window = [{"StartTime": "02:00:00", "EndTime": "06:00:00"}]
    asked: dict[str, Any] = {"InstanceId": [made.id], "ActionOnMaintenance": "Stop", "NotifyOnMaintenance": True}
    region.call(modify, **asked, MaintenanceWindow=window)
    (shown,) = region.call(describe)["MaintenanceAttributes"]["MaintenanceAttribute"]
    assert shown["ActionOnMaintenance"]["Value"] == "Stop"
    assert shown["ActionOnMaintenance"]["DefaultValue"] == "AutoRecover"
    assert (shown["MaintenanceWindows"]["MaintenanceWindow"], shown["NotifyOnMaintenance"]) == (window, True)
    for start, end in (("02:30:00", "06:00:00"), ("24:00:00", "06:00:00"), ("²:00", "06:00:00"), ("02:00", "02:00")):
        bad = [{"StartTime": start, "EndTime": end}]
        assert_refused("InvalidParameter", partial(region.call, modify, **asked, MaintenanceWindow=bad))
    redeploy = {**asked, "ActionOnMaintenance": "AutoRedeploy"}
    assert_refused("InvalidParameter", lambda: region.call(modify, **redeploy))


# What makes no sense


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "expected either instance or host"),
        ({"instance": "i-none"}, "unknown instance"),
        ({"host": "cn-hangzhou-a-h99"}, "unknown host"),
        ({"instance": "{}", "host": "cn-hangzhou-a-h01"}, "expected either instance or host"),
        ({"instance": "{}", "type": "SystemFailure.Reboot"}, "SystemMaintenance"),
        ({"instance": "{}", "outcome": "perhaps"}, "'executes'|executes, fails"),
        ({"instance": "{}", "outcome": "inquires"}, "expected 'executes' or 'fails'"),
        ({"instance": "{}", "not_before": 0}, "a time that is not before now"),
        ({"instance": "{}", "not_before": "soon"}, "'not_before': expected integer, got string"),
        ({"instance": "{}", "within": -1}, "within=-1"),
        ({"instance": "{}", "within": 1, "not_before": 10**13}, "and no not_before with it"),
    ],
)
def test_maintenance_that_makes_no_sense_is_refused(region: Region, given: dict[str, Any], says: str) -> None:
    (made,) = region.run_instances(1)
    filled = {name: made.id if value == "{}" else value for name, value in given.items()}
    with pytest.raises(UsageError, match=says):
        region.control("schedule-maintenance", **filled)
    assert region.events.of() == []


def test_only_real_events_that_wait_can_be_withdrawn(region: Region) -> None:
    (made,) = region.run_instances(1)
    with pytest.raises(UsageError, match="unknown event"):
        region.control("cancel-maintenance", event="e-none")
    due = {"InstanceId": [made.id], "EventType": MAINTENANCE, "NotBefore": "2030-01-01T00:00:00Z"}
    (simulated,) = region.call("CreateSimulatedSystemEvents", **due)["EventIdSet"]["EventId"]
    with pytest.raises(UsageError, match="simulated"):
        region.control("cancel-maintenance", event=simulated)
    region.chaos.maintenance(made.id, within="1h")
    region.clock.advance("2h")
    done = next(event for event in region.events.of(made) if event.state == "Executed")
    assert region.control("cancel-maintenance", event=done.id) == {"withdrawn": False, "status": "Executed"}


@pytest.mark.parametrize("state", ["Stopped", "Pending"])
def test_maintenance_of_what_does_not_run_has_nothing_to_do(region: Region, state: str) -> None:
    if state == "Stopped":
        (made,) = region.run_instances(1)
        made.stop()
    else:
        region = make_region(provision=7200)
        (made,) = region.run_instances(1, wait=False)
    region.chaos.maintenance(made.id, within="1h")
    region.clock.advance("61m")
    assert (made.status, region.events.of(made)[0].state) == (state, "Executed")


def test_maintenance_that_finds_a_stop_or_restart_under_way_ends_with_it() -> None:
    region = make_region()
    one, two = region.run_instances(2)
    for each in (one, two):
        region.chaos.maintenance(each.id, within=60)
    region.clock.advance(59.5)
    one.stop(wait=False)
    region.clock.advance(0.5)
    assert region.events.health(one) == "Maintaining"
    region.clock.advance("1m")
    assert (one.status, [event.state for event in region.events.of(one)]) == ("Stopped", ["Executed"])
    assert (two.status, [event.state for event in region.events.of(two)]) == ("Running", ["Executed"])


@pytest.mark.parametrize(
    ("filters", "code"),
    [
        ({"InstanceEventType": ["SystemFailure.Nap"]}, "InvalidParameter"),
        ({"HealthStatus": "ok"}, "InvalidParameter"),
        ({"Status": "Sleeping"}, "InvalidParameter"),
        ({"NotBefore.Start": "yesterday"}, "InvalidParameter"),
        ({"NotBefore": "2019-03-01T00:00:00Z"}, "InvalidParameter"),
        ({"PageNumber": 0}, "InvalidParameter"),
    ],
)
def test_filters_that_make_no_sense_are_refused(region: Region, filters: dict[str, Any], code: str) -> None:
    assert_refused(code, lambda: region.call("DescribeInstancesFullStatus", **filters))


def test_filters_that_contradict_one_another_find_nothing(region: Region) -> None:
    (made,) = region.run_instances(1)
    region.chaos.maintenance(made.id)
    for filters in (
        {"Status": "Stopped", "HealthStatus": "Ok"},
        {"InstanceId": [made.id], "EventId": ["e-none"]},
        {"InstanceEventType": ["InstanceFailure.Reboot"], "InstanceId": [made.id]},
    ):
        assert region.call("DescribeInstancesFullStatus", **filters)["TotalCount"] == 0


def test_an_event_is_simulated_on_an_instance_that_is_stopped_and_does_nothing(region: Region) -> None:
    (made,) = region.run_instances(1)
    made.stop()
    due = {"InstanceId": [made.id], "EventType": MAINTENANCE, "NotBefore": "2019-03-01T02:00:00Z"}
    region.call("CreateSimulatedSystemEvents", **due)
    region.clock.advance("3h")
    assert [(event.type, event.state) for event in region.events.of(made)] == [(MAINTENANCE, "Executed")]
    assert made.status == "Stopped"


def test_simulations_beyond_the_limit_are_refused_as_one() -> None:
    region = make_region(edition=load().changed({"event.simulated_limit": 3}))
    ids = [each.id for each in region.run_instances(4)]
    asked = {"EventType": MAINTENANCE, "NotBefore": "2030-01-01T00:00:00Z"}
    call = "CreateSimulatedSystemEvents"
    assert_refused("SimulatedEventLimitExceeded", lambda: region.call(call, **asked, InstanceId=ids))
    assert region.events.of() == []
    region.call(call, **asked, InstanceId=ids[:3])
    assert_refused("SimulatedEventLimitExceeded", lambda: region.call(call, **asked, InstanceId=ids[3:]))


# What assertions say


def test_assertions_fail_with_the_timeline(region: Region) -> None:
    (made,) = region.run_instances(1)
    before = made.identity
    with pytest.raises(AssertionError, match="there is none"):
        assert_avoided(made)
    region.chaos.maintenance(made.id, within="1h")
    with pytest.raises(AssertionError, match=rf"the latest is Scheduled[\s\S]*{MAINTENANCE}: new -> Scheduled"):
        assert_avoided(made)
    with pytest.raises(AssertionError, match=r"it has no SystemFailure.Reboot[\s\S]*is Running, its health Ok"):
        assert_recovered(made, before)
    with pytest.raises(WaitTimeout, match=rf"Executed of {made.id}: not within[\s\S]*new -> Running on"):
        region.wait_for_event("SystemFailure.Reboot", instance=made, state="Executed", within="1m")
    made.delete()
    with pytest.raises(WaitTimeout, match=r"cannot be seen: InvalidInstanceId\.NotFound[\s\S]*Avoided"):
        region.wait_for_event(MAINTENANCE, instance=made, state="Executed", within="1m")


def test_instances_that_share_a_host_are_told_with_their_timelines() -> None:
    with make_region(zones=1, hosts_per_zone=1) as region:
        made = region.run_instances(3)
        assert_strictly_spread(made[:1])
        with pytest.raises(AssertionError, match="not strictly spread: cn-hangzhou-a-h01 has ") as told:
            assert_strictly_spread(made)
        assert [each.id in str(told.value).split("\n", 1)[0] for each in made] == [True] * 3
        assert [f"{each.id} is Running" in str(told.value) for each in made] == [True, True, False]
        assert "new -> Running on cn-hangzhou-a-h01" in str(told.value)


MANY = [f"i-{number}" for number in range(101)]
LATER = "2030-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("edition", "action", "asked", "code", "status"),
    [
        ("2019-02", "DescribeInstancesFullStatus", {"EventType": "x"}, "InvalidParameter", 403),
        ("2019-02", "DescribeInstancesFullStatus", {"InstanceId": MANY}, "InstanceIdLimitExceeded", 403),
        ("2019-02", "CreateSimulatedSystemEvents", {"InstanceId": MANY}, "InstanceIdLimitExceeded", 400),
        ("2020-12", "CreateSimulatedSystemEvents", {"InstanceId": MANY}, "InstanceIdLimitExceeded", 403),
        ("2019-02", "CreateSimulatedSystemEvents", {"InstanceId": ["i-1"]}, "InvalidInstanceId.NotFound", 400),
        ("2020-12", "CreateSimulatedSystemEvents", {"InstanceId": ["i-1"]}, "InvalidInstanceId.NotFound", 404),
        ("2019-02", "CancelSimulatedSystemEvents", {"EventId": MANY}, "EventIdLimitExceeded", 400),
        ("2019-02", "CancelSimulatedSystemEvents", {}, "MissingParameter", 404),
        ("2019-02", "DescribeInstanceHistoryEvents", {"EventId": MANY}, "EventIdLimitExceeded", 403),
        ("2020-12", "AcceptInquiredSystemEvent", {"EventId": "e-1"}, "InvalidEventId.NoInquiringEventFound", 404),
    ],
)
def test_a_refusal_has_the_status_of_the_page_of_its_action(
    edition: str, action: str, asked: dict[str, object], code: str, status: int
) -> None:
    region = make_region(edition=edition)
    if action == "CreateSimulatedSystemEvents":
        asked = {**asked, "EventType": "SystemMaintenance.Reboot", "NotBefore": LATER}
    assert assert_refused(code, lambda: region.call(action, **asked)).status == status


def test_a_range_of_events_of_disks_that_ends_before_it_begins_is_refused() -> None:
    with make_region(edition="2026-10") as region:
        asked = {"EventTime": {"Start": "2026-03-02T00:00:00Z", "End": "2026-03-01T00:00:00Z"}}
        assert_refused("InvalidParameter.TimeEndBeforeStart", lambda: region.call("DescribeDisksFullStatus", **asked))
