"""System events as the documentation of today has them: types, the history, what they tell and whom they are about."""

from __future__ import annotations

from functools import partial

import pytest

from faultzone import Region, assert_refused, one
from faultzone_specs.events import (
    DAY,
    MAINTENANCE,
    SYSTEM_FAILURE,
    history,
    history_ids,
    planned_ids,
    simulate,
)

clause, needs = pytest.mark.clause, pytest.mark.needs

TYPES = [
    f"{kind}.{effect}"
    for kind, effects in {
        "SystemMaintenance": (
            "Reboot Stop Redeploy StopAndRepair RebootAndIsolateErrorDisk RebootAndReInitErrorDisk IsolateErrorDisk "
            "ReInitErrorDisk CleanInactiveDisks"
        ),
        "SystemFailure": "Reboot Stop Redeploy Delete",
        "InstanceFailure": "Reboot",
        "InstanceExpiration": "Stop Delete",
        "AccountUnbalanced": "Stop Delete",
        "SystemUpgrade": "Migrate",
        "SecurityPunish": "Locked WebsiteBanned",
    }.items()
    for effect in effects.split()
]


@clause("event/types-of-today")
@pytest.mark.parametrize("type", TYPES)
def test_both_queries_take_each_type(region: Region, type: str) -> None:
    """And show no event of another."""
    (instance,) = region.run_instances(1, wait=False)
    (planned,) = simulate(region, instance)
    shown = {planned} if type == MAINTENANCE else set()
    assert history_ids(region, InstanceEventType=[type], EventCycleStatus="Scheduled") == shown
    assert planned_ids(region, EventType=type) == shown


@clause("event/types-of-today")
def test_another_type_is_refused(region: Region) -> None:
    for query in ("DescribeInstanceHistoryEvents", "DescribeInstancesFullStatus"):
        assert_refused("InvalidParameter", partial(region.call, query, EventType="SystemMaintenance.Delete"))


@clause("event/history-30-days")
@needs("move-time")
def test_the_history_goes_back_thirty_days(region: Region) -> None:
    """They count from the end of an event, not from its publication."""
    web, db = region.run_instances(2)
    (early,) = simulate(region, web)
    (late,) = simulate(region, db, within=2 * DAY)
    region.clock.advance("30d")
    assert history_ids(region) == {early, late}
    region.clock.advance("1d")
    assert history_ids(region, InstanceId=web.id) == set()
    assert history_ids(region) == {late}
    region.clock.advance("2d")
    assert history_ids(region) == set()


@clause("event/history-30-days")
@needs("move-time")
def test_the_history_shows_what_is_not_settled_at_any_age(region: Region) -> None:
    """One that is published seventy days ahead is there all the time, and a month after its end."""
    (instance,) = region.run_instances(1)
    (planned,) = simulate(region, instance, within=70 * DAY)
    region.clock.advance("69d")
    assert history_ids(region, InstanceEventCycleStatus=["Scheduled"]) == {planned}
    region.clock.advance("30d")
    assert history_ids(region, EventCycleStatus="Executed") == {planned}


@clause("event/history-30-days")
@needs("move-time")
def test_the_history_outlives_an_instance(region: Region) -> None:
    """What happened to one that was released is still shown."""
    (instance,) = region.run_instances(1)
    ids = set(simulate(region, instance))
    region.clock.advance("2h")
    instance.delete()
    assert history_ids(region, InstanceId=instance.id) == ids


@clause("event/history-resources")
def test_the_history_of_some_resources(region: Region) -> None:
    """Beside them, InstanceId is not looked at."""
    web, db, cache = region.run_instances(3, wait=False)
    first, second, third = simulate(region, web, db, cache)
    shown = {"EventCycleStatus": "Scheduled"}
    assert history_ids(region, ResourceId=[web.id, cache.id], **shown) == {first, third}
    assert history_ids(region, ResourceId=[db.id], InstanceId=web.id, **shown) == {second}
    assert history_ids(region, ResourceId=["i-none"], **shown) == set()
    assert history_ids(region, ResourceId=[f"i-none{n}" for n in range(99)] + [web.id], **shown) == {first}
    more = [f"i-none{n}" for n in range(101)]
    assert_refused("InvalidParameter", lambda: history(region, ResourceId=more))


@clause("event/history-resources")
def test_hosts_have_events_of_their_own(region: Region) -> None:
    """Those of instances are not among them; an unknown type of resource is refused."""
    (instance,) = region.run_instances(1, wait=False)
    (planned,) = simulate(region, instance)
    (event,) = history(region, EventCycleStatus="Scheduled")
    assert (event["EventId"], event["ResourceType"]) == (planned, "instance")
    assert history_ids(region, EventCycleStatus="Scheduled", ResourceType="instance") == {planned}
    for hosts in ("ddh", "managedhost"):
        assert history_ids(region, EventCycleStatus="Scheduled", ResourceType=hosts) == set()
    assert_refused("InvalidParameter", lambda: history(region, ResourceType="disk"))


@clause("event/history-resources")
def test_the_history_of_what_has_a_tag(region: Region) -> None:
    """Of several tags, an instance has all; one without a value stands for any."""
    (web,) = region.run_instances(
        1, Tag=[{"Key": "role", "Value": "web"}, {"Key": "tier", "Value": "front"}], wait=False
    )
    (db,) = region.run_instances(1, Tag=[{"Key": "role", "Value": "db"}], wait=False)
    first, second = simulate(region, web, db)
    for tags, found in (
        ([{"Key": "role"}], {first, second}),
        ([{"Key": "role", "Value": "db"}], {second}),
        ([{"Key": "role"}, {"Key": "tier", "Value": "front"}], {first}),
        ([{"Key": "role", "Value": "db"}, {"Key": "tier"}], set()),
    ):
        assert history_ids(region, EventCycleStatus="Scheduled", Tag=tags) == found


@clause("event/reason")
def test_a_simulated_event_says_so(region: Region) -> None:
    """In what is planned and in the history."""
    (instance,) = region.run_instances(1, wait=False)
    simulate(region, instance)
    assert one(region.events.planned(instance))["Reason"] == "A simulated event."
    assert one(history(region, EventCycleStatus="Scheduled"))["Reason"] == "A simulated event."


@clause("event/reason")
@needs("break-hosts")
def test_a_real_event_is_not_told_as_a_simulated_one(region: Region) -> None:
    """Its reason may be empty."""
    web, db = region.run_instances(2)
    region.chaos.maintenance(web.id)
    region.chaos.crash(str(db.host))
    region.wait_for_event(SYSTEM_FAILURE, instance=db)
    told = [one(region.events.planned(web)), *history(region, EventCycleStatus="Executing")]
    assert len(told) == 2
    assert all(isinstance(each["Reason"], str) and "simulated" not in each["Reason"] for each in told)
