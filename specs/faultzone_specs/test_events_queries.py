"""System events as they are shown: manual, section 3.1; API reference, the two Describe actions."""

from __future__ import annotations

import re
from functools import partial

import pytest

from faultzone import ApiError, Instance, Region, assert_refused, one
from faultzone_specs.events import (
    DAY,
    EXECUTED,
    HOUR,
    INSTANCE_FAILURE,
    MAINTENANCE,
    SETTLED,
    SYSTEM_FAILURE,
    crash,
    full,
    history,
    history_ids,
    planned_ids,
    simulate,
    stamp,
    state_of,
)

clause, needs = pytest.mark.clause, pytest.mark.needs

TYPES = {
    MAINTENANCE,
    SYSTEM_FAILURE,
    INSTANCE_FAILURE,
    "InstanceExpiration.Stop",
    "InstanceExpiration.Delete",
    "AccountUnbalanced.Stop",
    "AccountUnbalanced.Delete",
}


@clause("event/types")
@needs("break-hosts")
def test_events_have_documented_types(region: Region) -> None:
    """Of what happens, and as filters: each is accepted, another is not."""
    crashed = crash(region)
    region.chaos.maintenance(crashed.id)
    simulate(region, *region.run_instances(1), type=INSTANCE_FAILURE)
    assert {event.type for event in region.events.of()} <= TYPES
    for each in sorted(TYPES):
        history(region, InstanceEventType=[each])


@clause("event/states")
@needs("break-hosts", "move-time")
def test_events_go_through_their_states_in_order(region: Region) -> None:
    """Seen at every change: maintenance that executes, that fails and that is withdrawn, and a crash."""
    web, db, cache, queue = region.run_instances(4)
    for each, outcome in ((web, "executes"), (db, "fails"), (cache, "executes")):
        region.chaos.maintenance(each.id, within="1h", outcome=outcome)
    withdrawn = one(region.events.of(cache))
    region.control("cancel-maintenance", event=withdrawn.id)
    seen: dict[str, list[str]] = {}

    def settled() -> bool:
        for event in region.events.of():
            path = seen.setdefault(event.id, [])
            if path[-1:] != [event.state]:
                path.append(event.state)
        return len(seen) == 4 and all(path[-1] in SETTLED for path in seen.values())

    settled()
    region.chaos.crash(str(queue.host), reversible=False)
    region.wait(settled, EXECUTED, what="every event settled")
    for path in seen.values():
        assert "/".join(path) in {
            "Scheduled/Executing/Executed",
            "Scheduled/Executing/Failed",
            "Scheduled/Failed",
            "Scheduled/Canceled",
            "Canceled",
            "Executing/Executed",
        }
    region.hold(lambda: not settled() or all(len(path) <= 3 for path in seen.values()), "1d", what="settled for good")
    assert all(path[-1] in SETTLED for path in seen.values())


@clause("event/pending-query")
@needs("break-hosts")
def test_planned_events_are_shown_and_settled_ones_are_not(region: Region) -> None:
    """With id, type, and both instants."""
    (instance,) = region.run_instances(1)
    (quiet,) = region.run_instances(1)
    region.chaos.maintenance(instance.id)
    shown = full(region)
    assert shown[instance.id]["Status"]["Name"] == "Running"
    assert shown[instance.id]["HealthStatus"]["Name"] == "Ok"
    assert len(region.events.planned(instance)) == 1
    event = one(region.events.planned(instance))
    assert re.fullmatch(r"e-\w+", event["EventId"])
    assert (event["EventType"]["Name"], event["EventCycleStatus"]["Name"]) == (MAINTENANCE, "Scheduled")
    assert event["EventPublishTime"] < event["NotBefore"]
    assert region.events.planned(quiet) == []
    region.control("cancel-maintenance", event=event["EventId"])
    assert region.events.planned(instance) == []


@clause("event/pending-query")
@needs("break-hosts", "move-time")
def test_events_that_are_executing_are_not_shown_as_planned(region: Region) -> None:
    """They are for the history to tell; the plans of the same instance go on being shown."""
    (instance,) = region.run_instances(1)
    region.chaos.maintenance(instance.id, within="30h")
    plan = one(region.events.planned(instance))
    region.chaos.crash(str(instance.host))
    under_way = region.wait_for_event(SYSTEM_FAILURE, instance=instance, state="Executing")
    assert [each["EventId"] for each in region.events.planned(instance)] == [plan["EventId"]]
    assert planned_ids(region, EventId=[under_way.id]) == set()


def simulate_other(region: Region, instance: Instance, within: int) -> tuple[str, str]:
    """Simulate an event that waits and is of another type than maintenance by reboot; its type and its id.

    In later editions a failure that is simulated begins at once, and other maintenance can be simulated.
    """
    try:
        return "SystemMaintenance.Stop", one(simulate(region, instance, type="SystemMaintenance.Stop", within=within))
    except ApiError:
        return SYSTEM_FAILURE, one(simulate(region, instance, type=SYSTEM_FAILURE, within=within))


@clause("event/pending-filters")
@needs("break-hosts")
def test_filters_narrow_what_is_planned(region: Region) -> None:
    """Each by itself; EventType is not looked at beside InstanceEventType."""
    web, db, cache = region.run_instances(3)
    region.chaos.maintenance(web.id, within="30h")
    first = one(region.events.planned(web))
    other, second = simulate_other(region, db, within=2 * HOUR)
    cache.stop()
    every = {first["EventId"], second}
    assert planned_ids(region) == every
    assert full(region, InstanceId=[web.id]).keys() == {web.id}
    assert planned_ids(region, EventId=[second]) == {second}
    assert planned_ids(region, InstanceEventType=[MAINTENANCE]) == {first["EventId"]}
    assert planned_ids(region, EventType=other) == {second}
    assert planned_ids(region, EventType=other, InstanceEventType=[MAINTENANCE]) == {first["EventId"]}
    assert full(region, Status="Stopped").keys() == {cache.id}
    assert full(region, HealthStatus="Ok").keys() == {web.id, db.id}
    assert planned_ids(region, **{"NotBefore.End": stamp(region, DAY)}) == {second}
    assert planned_ids(region, **{"NotBefore.Start": stamp(region, DAY)}) == {first["EventId"]}
    assert planned_ids(region, **{"EventPublishTime.Start": stamp(region, -HOUR)}) == every
    assert planned_ids(region, **{"EventPublishTime.End": stamp(region, -HOUR)}) == set()
    assert full(region, Status="Stopped", HealthStatus="Ok") == {}
    assert full(region, InstanceId=[web.id, cache.id], Status="Stopped").keys() == {cache.id}
    assert full(region, InstanceId=[web.id, cache.id], HealthStatus="Ok").keys() == {web.id}
    assert planned_ids(region, InstanceId=[db.id], InstanceEventType=[MAINTENANCE]) == set()
    assert planned_ids(region, EventId=[first["EventId"], second], EventType=other) == {second}


@clause("event/pending-filters")
@needs("break-hosts")
def test_filters_choose_among_the_events_of_one_instance(region: Region) -> None:
    """By their ids, their type and their instants; of two events each, neither meets two conditions."""
    (instance,) = region.run_instances(1)
    region.chaos.maintenance(instance.id, within="30h")
    first = one(region.events.planned(instance))["EventId"]
    other, second = simulate_other(region, instance, within=2 * HOUR)
    assert planned_ids(region) == {first, second}
    assert planned_ids(region, EventId=[second]) == {second}
    assert planned_ids(region, InstanceEventType=[MAINTENANCE]) == {first}
    assert planned_ids(region, EventType=other) == {second}
    assert planned_ids(region, InstanceEventType=[MAINTENANCE, other]) == {first, second}
    assert planned_ids(region, **{"NotBefore.End": stamp(region, DAY)}) == {second}
    assert planned_ids(region, **{"NotBefore.Start": stamp(region, DAY)}) == {first}
    assert full(region, EventId=[second], InstanceEventType=[MAINTENANCE]) == {}
    assert full(region, EventType=other, **{"NotBefore.Start": stamp(region, DAY)}) == {}


@clause("event/pending-limits")
def test_full_status_takes_a_hundred_ids_and_pages_of_a_hundred(region: Region) -> None:
    """One more is refused; ten are shown where no size is given."""
    region.run_instances(11)
    query = "DescribeInstancesFullStatus"
    hundred = [f"i-none{n}" for n in range(100)]
    events = [f"e-none{n}" for n in range(100)]
    region.call(query, InstanceId=hundred)
    region.call(query, EventId=events)
    assert_refused("InstanceIdLimitExceeded", lambda: region.call(query, InstanceId=[*hundred, "i-none"]))
    assert_refused("EventIdLimitExceeded", lambda: region.call(query, EventId=[*events, "e-none"]))
    shown = region.call(query)
    assert len(shown["InstanceFullStatusSet"]["InstanceFullStatusType"]) == 10
    assert shown["TotalCount"] == 11
    assert len(region.call(query, PageSize=100)["InstanceFullStatusSet"]["InstanceFullStatusType"]) == 11
    for size in (0, 101):
        assert_refused("InvalidParameter", partial(region.call, query, PageSize=size))


@clause("event/time-range-order")
@pytest.mark.parametrize("span", ["NotBefore", "EventPublishTime"])
def test_a_range_that_ends_before_it_starts_is_refused(region: Region, span: str) -> None:
    """One that ends when it starts is not."""
    first, last = stamp(region, 0), stamp(region, HOUR)
    query = "DescribeInstancesFullStatus"
    region.call(query, **{f"{span}.Start": first, f"{span}.End": first})
    asked = {f"{span}.Start": last, f"{span}.End": first}
    assert_refused("InvalidParameter.TimeEndBeforeStart", lambda: region.call(query, **asked))


@clause("event/history-query")
@needs("move-time")
def test_the_history_goes_back_a_week_and_not_three_months(region: Region) -> None:
    """Of one instance, and of the region."""
    web, db = region.run_instances(2)
    ids = set(simulate(region, web, db))
    region.clock.advance("2h")
    own = one(history_ids(region, InstanceId=web.id))
    assert history_ids(region) == ids
    region.clock.advance("6d")
    assert history_ids(region, InstanceId=web.id) == {own}
    region.clock.advance("57d")
    assert history_ids(region) == set()


@clause("event/history-query")
@needs("move-time")
def test_the_history_outlives_the_instance(region: Region) -> None:
    """What happened to one that was released is still shown."""
    (instance,) = region.run_instances(1)
    ids = set(simulate(region, instance))
    region.clock.advance("2h")
    instance.delete()
    assert history_ids(region, InstanceId=instance.id) == ids


@clause("event/history-age")
@needs("move-time")
def test_the_history_counts_from_the_end_of_an_event(region: Region) -> None:
    """One that is published seventy days ahead is there all the time, and a week after its end."""
    (instance,) = region.run_instances(1)
    planned = one(simulate(region, instance, within=70 * DAY))
    region.clock.advance("69d")
    assert history_ids(region, InstanceEventCycleStatus=["Scheduled"]) == {planned}
    region.clock.advance("2d")
    assert history_ids(region, EventCycleStatus="Executed") == {planned}
    region.clock.advance("6d")
    assert history_ids(region) == {planned}


PAST = ("EventPublishTime", "NotBefore", "EventFinishTime")
SECOND = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@clause("event/times-to-the-second")
@needs("move-time")
def test_times_of_events_are_told_to_the_second(region: Region) -> None:
    """In the plan and in the history; a query may use what they show."""
    (instance,) = region.run_instances(1)
    simulate(region, instance)
    plan = one(region.events.planned(instance))
    region.clock.advance("2h")
    past = one(history(region))
    told = [plan["EventPublishTime"], plan["NotBefore"], *(past[each] for each in PAST)]
    assert [text for text in told if not SECOND.fullmatch(text)] == []
    assert (past["EventPublishTime"], past["NotBefore"]) == (plan["EventPublishTime"], plan["NotBefore"])
    asked: dict[str, object] = {"EventPublishTime": {"Start": plan["EventPublishTime"], "End": plan["NotBefore"]}}
    assert history_ids(region, **asked) == {past["EventId"]}


@clause("event/history-instance-list")
@needs("move-time")
def test_the_history_of_an_instance_may_be_asked_for_as_in_the_manual(region: Region) -> None:
    """What is answered has the events of that instance."""
    web, db = region.run_instances(2)
    mine = one(simulate(region, web))
    other = one(simulate(region, db))
    region.clock.advance("2h")
    assert history_ids(region) == {mine, other}
    try:
        listed = history_ids(region, InstanceId=[web.id])
    except ApiError:
        return
    assert mine in listed


@clause("event/history-default")
@needs("break-hosts", "move-time")
def test_the_history_shows_what_is_settled_unless_asked_for_more(region: Region) -> None:
    """Scheduled and Executing ones only by a filter."""
    web, db, cache = region.run_instances(3)
    over = one(simulate(region, web))
    region.clock.advance("2h")
    waiting = one(simulate(region, db))
    region.chaos.crash(str(cache.host))
    under_way = region.wait_for_event(SYSTEM_FAILURE, instance=cache, state="Executing")
    assert history_ids(region) == {over}
    assert history_ids(region, InstanceEventCycleStatus=["Scheduled"]) == {waiting}
    assert under_way.id in history_ids(region, EventCycleStatus="Executing")


@clause("event/history-default")
@needs("break-hosts", "move-time")
def test_the_history_shows_every_state_in_which_an_event_settles(region: Region) -> None:
    """Avoided, Executed, Canceled and Failed."""
    answered, left, withdrawn, broken = region.run_instances(4)
    simulate(region, answered, left, withdrawn)
    answered.reboot()
    region.call("CancelSimulatedSystemEvents", EventId=[each.id for each in region.events.of(withdrawn)])
    region.chaos.maintenance(broken.id, within="1h", outcome="fails")
    region.clock.advance("2h")
    states = {each["InstanceId"]: each["EventCycleStatus"]["Name"] for each in history(region)}
    assert [states.get(each.id) for each in (answered, left, withdrawn, broken)] == [
        "Avoided",
        "Executed",
        "Canceled",
        "Failed",
    ]


@clause("event/history-filters")
@needs("move-time")
def test_filters_narrow_the_history(region: Region) -> None:
    """Each by itself; the single filters are not looked at beside the lists."""
    web, db = region.run_instances(2)
    first = one(simulate(region, web))
    region.clock.advance("1d")
    second = one(simulate(region, db, type=SYSTEM_FAILURE, within=2 * HOUR))
    third = one(simulate(region, db))
    region.call("CancelSimulatedSystemEvents", EventId=[third])
    region.clock.advance("1d")
    assert history_ids(region, InstanceId=web.id) == {first}
    assert history_ids(region, EventId=[second, third]) == {second, third}
    assert history_ids(region, InstanceEventType=[SYSTEM_FAILURE]) == {second}
    assert history_ids(region, EventType=SYSTEM_FAILURE) == {second}
    assert history_ids(region, EventType=SYSTEM_FAILURE, InstanceEventType=[MAINTENANCE]) == {first, third}
    assert history_ids(region, InstanceEventCycleStatus=["Canceled"]) == {third}
    assert history_ids(region, EventCycleStatus="Canceled") == {third}
    both = {"EventCycleStatus": "Canceled", "InstanceEventCycleStatus": ["Executed"]}
    assert history_ids(region, **both) == {first, second}
    yesterday = stamp(region, -DAY - HOUR)
    assert history_ids(region, **{"EventPublishTime.End": yesterday}) == {first}
    assert history_ids(region, **{"NotBefore.Start": yesterday}) == {second, third}


@clause("event/history-limits")
def test_the_history_takes_a_hundred_events_and_known_states(region: Region) -> None:
    """And pages of a hundred; ten are shown where no size is given."""
    query = "DescribeInstanceHistoryEvents"
    hundred = [f"e-none{n}" for n in range(100)]
    region.call(query, EventId=hundred)
    assert_refused("EventIdLimitExceeded", lambda: region.call(query, EventId=[*hundred, "e-none"]))
    assert_refused("InvalidParameter", lambda: region.call(query, EventCycleStatus="Finished"))
    for size in (0, 101):
        assert_refused("InvalidParameter", partial(region.call, query, PageSize=size))
    region.call("CancelSimulatedSystemEvents", EventId=simulate(region, *region.run_instances(11)))
    shown = region.call(query)
    assert (len(shown["InstanceSystemEventSet"]["InstanceSystemEventType"]), shown["TotalCount"]) == (10, 11)


@clause("event/history-fields")
@needs("break-hosts", "move-time")
def test_events_of_the_history_have_their_fields(region: Region) -> None:
    """A planned event has a NotBefore; an ended one has an EventFinishTime."""
    web, db = region.run_instances(2)
    region.chaos.crash(str(web.host))
    region.wait_for_event(SYSTEM_FAILURE, instance=web)
    planned = one(simulate(region, db))
    shown = {each["EventId"]: each for each in history(region, InstanceEventCycleStatus=["Scheduled", "Executing"])}
    for each in shown.values():
        assert {"EventId", "InstanceId", "EventPublishTime"} <= each.keys()
        for field in ("EventType", "EventCycleStatus"):
            assert isinstance(each[field]["Code"], int)
            assert each[field]["Name"]
        assert not each.get("EventFinishTime")
    assert shown[planned]["InstanceId"] == db.id
    assert shown[planned]["NotBefore"] == stamp(region, HOUR)
    region.clock.advance("2h")
    assert state_of(region, planned) == "Executed"
    over = one(history(region, EventId=[planned]))
    assert over["EventFinishTime"]


@clause("event/times-in-order")
@needs("break-hosts", "move-time")
def test_times_are_in_order(region: Region) -> None:
    """Published by NotBefore, finished once published; Executed no earlier than planned."""
    web, db, cache = region.run_instances(3)
    region.chaos.maintenance(web.id, within="1h")
    region.chaos.maintenance(db.id, within="1h")
    db.reboot()
    region.chaos.crash(str(cache.host), reversible=False)
    region.wait_for_event(SYSTEM_FAILURE, instance=cache, state="Executed", within=EXECUTED)
    region.clock.advance("2h")
    found = region.events.of()
    assert {event.state for event in found} == {"Executed", "Avoided"}
    for event in found:
        assert event.finished is not None
        assert event.published <= event.finished
        if event.not_before is not None:
            assert event.published <= event.not_before
            assert event.state != "Executed" or event.finished >= event.not_before


@clause("event/history-token-paging")
@pytest.mark.parametrize(("most", "pages"), [(1, [10, 2]), (10, [10, 2]), (11, [11, 1]), (500, [12])])
def test_the_history_has_pages_by_token(region: Region, most: int, pages: list[int]) -> None:
    """They name each event once, by the filters of the first."""
    ids = simulate(region, *region.run_instances(12, wait=False))
    simulate(region, *region.run_instances(2, wait=False), type=SYSTEM_FAILURE)
    asked: dict[str, object] = {"InstanceEventCycleStatus": ["Scheduled"], "EventType": MAINTENANCE}
    found: list[list[str]] = []
    token: dict[str, str] = {}
    while len(found) < 5:
        answer = region.call("DescribeInstanceHistoryEvents", MaxResults=most, **asked, **token)
        found.append([each["EventId"] for each in answer["InstanceSystemEventSet"]["InstanceSystemEventType"]])
        if "NextToken" not in answer:
            break
        token = {"NextToken": answer["NextToken"]}
    assert [len(each) for each in found] == pages
    assert sorted(id for page in found for id in page) == sorted(ids)


@clause("event/history-token-paging")
def test_a_token_that_nobody_gave_out_is_refused(region: Region) -> None:
    """It leads nowhere."""
    call = partial(region.call, "DescribeInstanceHistoryEvents", MaxResults=10, NextToken="no token")
    assert_refused("InvalidParameter", call)
