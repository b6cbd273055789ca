"""The windows that an account has for planned maintenance."""

from __future__ import annotations

import json
from datetime import datetime
from functools import partial
from typing import Any

import pytest

from faultzone import ApiError, Instance, Region, assert_refused, one
from faultzone_specs.events import DAY, HOUR
from faultzone_specs.groups import make_group
from faultzone_specs.words import Words

clause, needs = pytest.mark.clause, pytest.mark.needs

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


PARTS = ("PlanWindowName", "Enable", "SupportMaintenanceAction", "TargetResource", "TimePeriod")


def weekly(start: str, end: str) -> dict[str, Any]:
    """One range of each week."""
    return {"PeriodUnit": "Weekly", "RangeList": [{"StartTime": start, "EndTime": end}]}


def ask(region: Region, **more: object) -> dict[str, Any]:
    """What makes a window of every night for what has a tag, or of what is said."""
    return {
        "PlanWindowName": "nights",
        "Enable": True,
        "SupportMaintenanceAction": "Reboot",
        "TargetResource": {"Scope": "Tag", "Tags": Words(region).tags(team="blue")},
        "TimePeriod": {"PeriodUnit": "Daily", "RangeList": [{"StartTime": "22:00", "EndTime": "04:00"}]},
        **more,
    }


def make(region: Region, **more: object) -> str:
    """CreatePlanMaintenanceWindow; the id of the window."""
    return str(region.call("CreatePlanMaintenanceWindow", **ask(region, **more))["PlanWindowId"])


def windows(region: Region, **filters: object) -> list[dict[str, Any]]:
    """What DescribePlanMaintenanceWindows lists."""
    return list(region.call("DescribePlanMaintenanceWindows", **filters)["PlanMaintenanceWindowList"])


def ids(region: Region, **filters: object) -> set[str]:
    """Which windows it lists."""
    return {each["PlanWindowId"] for each in windows(region, **filters)}


@clause("event/plan-window")
def test_a_window_is_shown_as_it_was_made(region: Region) -> None:
    """Until it is deleted."""
    made = make(region, MinMaintenanceInterval=12)
    shown = one(windows(region))
    assert {**ask(region, MinMaintenanceInterval=12), "PlanWindowId": made}.items() <= shown.items()
    assert shown["CreateTime"] == shown["ModifiedTime"] == region.clock.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    region.call("DeletePlanMaintenanceWindow", PlanWindowId=made)
    assert windows(region) == []


@clause("event/plan-window")
def test_what_a_change_leaves_out_stays(region: Region) -> None:
    """Each by itself; other windows stay."""
    made, other = make(region), make(region, PlanWindowName="other")
    expected = ask(region)
    for change in (
        {"PlanWindowName": "weekends"},
        {"Enable": False},
        {"SupportMaintenanceAction": "Redeploy"},
        {"TargetResource": {"Scope": "Tag", "Tags": Words(region).tags(team="red")}},
        {"TimePeriod": weekly("Friday,22:00", "Monday,04:00")},
        {"MinMaintenanceInterval": 48},
    ):
        region.call("ModifyPlanMaintenanceWindow", PlanWindowId=made, **change)
        expected |= change
        assert expected.items() <= one(windows(region, PlanWindowId=made)).items()
    assert ask(region, PlanWindowName="other").items() <= one(windows(region, PlanWindowId=other)).items()


@clause("event/plan-window")
def test_what_is_nested_may_come_as_json(region: Region) -> None:
    """As clients send it."""
    text = {name: json.dumps(ask(region)[name]) for name in ("TargetResource", "TimePeriod")}
    made = make(region, **text)
    assert {**ask(region), "PlanWindowId": made}.items() <= one(windows(region)).items()


@clause("event/plan-window")
@pytest.mark.parametrize("action", ["ModifyPlanMaintenanceWindow", "DeletePlanMaintenanceWindow"])
def test_there_is_no_such_window(region: Region, action: str) -> None:
    made = make(region)
    with pytest.raises(ApiError):
        region.call(action, PlanWindowId="pmw-none")
    assert_refused("MissingParameter", lambda: region.call(action))
    assert ids(region) == {made}


WRONG: dict[str, dict[str, Any]] = {
    "minutes": {"TimePeriod": {"PeriodUnit": "Daily", "RangeList": [{"StartTime": "22:30", "EndTime": "04:00"}]}},
    "no hour": {"TimePeriod": {"PeriodUnit": "Daily", "RangeList": [{"StartTime": "24:00", "EndTime": "04:00"}]}},
    "day": {"TimePeriod": {"PeriodUnit": "Daily", "RangeList": [{"StartTime": "Monday,22:00", "EndTime": "04:00"}]}},
    "no day": {"TimePeriod": weekly("22:00", "04:00")},
    "short day": {"TimePeriod": weekly("Mon,22:00", "Mon,23:00")},
    "no end": {"TimePeriod": {"PeriodUnit": "Daily", "RangeList": [{"StartTime": "22:00"}]}},
    "no range": {"TimePeriod": {"PeriodUnit": "Daily"}},
    "no unit": {"TimePeriod": {"RangeList": [{"StartTime": "22:00", "EndTime": "04:00"}]}},
    "unit": {"TimePeriod": {"PeriodUnit": "Monthly", "RangeList": [{"StartTime": "22:00", "EndTime": "04:00"}]}},
    "no tags": {"TargetResource": {"Scope": "Tag"}},
    "no key": {"TargetResource": {"Scope": "Tag", "Tags": [{"Key": "team", "Value": "blue"}, {"Value": "blue"}]}},
    "no group": {"TargetResource": {"Scope": "ResourceGroup", "Tags": [{"Key": "team", "Value": "blue"}]}},
    "no scope": {"TargetResource": {"Tags": [{"Key": "team", "Value": "blue"}]}},
    "scope": {"TargetResource": {"Scope": "Everything", "Tags": [{"Key": "team", "Value": "blue"}]}},
    "name": {"PlanWindowName": "n" * 201},
    "interval 0": {"MinMaintenanceInterval": 0},
    "interval 49": {"MinMaintenanceInterval": 49},
}


@clause("event/plan-window-form")
@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_window_that_makes_no_sense_is_refused(region: Region, wrong: dict[str, Any]) -> None:
    """When it is made and when it is changed; nothing is made or changed then."""
    made = make(region, PlanWindowName="n" * 200, MinMaintenanceInterval=48)
    before = windows(region)
    for call in (
        partial(region.call, "CreatePlanMaintenanceWindow", **ask(region, **wrong)),
        partial(region.call, "ModifyPlanMaintenanceWindow", PlanWindowId=made, **{"Enable": False, **wrong}),
    ):
        with pytest.raises(ApiError):
            call()
        assert windows(region) == before


@clause("event/plan-window-form")
@pytest.mark.parametrize("missing", PARTS)
def test_a_window_needs_all_of_its_parts(region: Region, missing: str) -> None:
    asked = {name: value for name, value in ask(region).items() if name != missing}
    assert_refused("MissingParameter", lambda: region.call("CreatePlanMaintenanceWindow", **asked))
    assert windows(region) == []


@clause("event/plan-window-query")
@needs("change-account")
def test_filters_narrow_the_windows(region: Region) -> None:
    """Each by itself."""
    first = make(region)
    second = make(region, PlanWindowName="off", Enable=False, TargetResource={"Scope": "Tag", "Tags": [{"Key": "键"}]})
    group = make_group(region, "web")
    third = make(region, TargetResource={"Scope": "ResourceGroup", "ResourceGroupId": group})
    for filters, found in (
        ({}, {first, second, third}),
        ({"PlanWindowId": second}, {second}),
        ({"PlanWindowName": "nights"}, {first, third}),
        ({"Enable": True}, {first, third}),
        ({"Enable": False}, {second}),
        ({"TargetResourceGroupId": group}, {third}),
        ({"TargetResourceTags": one(Words(region).tags(team="blue"))}, {first}),
        ({"TargetResourceTags": json.dumps({"Key": "键"})}, {second}),
    ):
        assert ids(region, **filters) == found, filters


@clause("event/plan-window-query")
@pytest.mark.parametrize(("most", "sizes"), [(None, [10, 2]), (1, [10, 2]), (11, [11, 1]), (500, [12])])
def test_windows_have_pages_by_token(region: Region, most: int | None, sizes: list[int]) -> None:
    """Each is on one of them."""
    made = [make(region, PlanWindowName=f"w{n}") for n in range(12)]
    make(region, Enable=False)
    pages: list[list[str]] = []
    token: str | None = None
    while len(pages) < 5:
        answer = region.call("DescribePlanMaintenanceWindows", MaxResults=most, NextToken=token, Enable=True)
        pages.append([each["PlanWindowId"] for each in answer["PlanMaintenanceWindowList"]])
        if not (token := answer.get("NextToken")):
            break
    assert [len(each) for each in pages] == sizes
    assert sorted(id for page in pages for id in page) == sorted(made)


def due(region: Region, instance: Instance) -> datetime:
    """When maintenance that is now planned for an instance is due."""
    region.control("schedule-maintenance", instance=instance.id)
    return datetime.fromisoformat(region.events.planned(instance)[-1]["NotBefore"])


@clause("event/plan-window-applies")
@needs("break-hosts")
@pytest.mark.parametrize(("start", "end"), [(2, 3), (22, 1), (0, 23), (13, 14), (23, 22)])
def test_maintenance_is_planned_for_a_daily_window(region: Region, start: int, end: int) -> None:
    """Of hours of UTC."""
    (instance,) = region.run_instances(1, Tag=Words(region).tags(team="blue"))
    ranges = [{"StartTime": f"{start:02d}:00", "EndTime": f"{end:02d}:00"}]
    make(region, TimePeriod={"PeriodUnit": "Daily", "RangeList": ranges})
    at = due(region, instance)
    assert (at.hour - start) % 24 < (end - start) % 24
    assert DAY <= at.timestamp() * 1000 - region.clock.ms + 1000 <= 2 * DAY + 1000


@clause("event/plan-window-applies")
@needs("break-hosts")
@pytest.mark.parametrize("day", DAYS)
def test_maintenance_is_planned_for_a_weekly_window(region: Region, day: str) -> None:
    """The first of several ranges that comes."""
    (instance,) = region.run_instances(1, Tag=Words(region).tags(team="blue"))
    after = DAYS[(DAYS.index(day) + 1) % 7]
    make(region, TimePeriod=weekly(f"{day},22:00", f"{after},01:00"))
    at = due(region, instance)
    assert (DAYS[at.weekday()], at.hour) in {(day, 22), (day, 23), (after, 0)}
    assert DAY <= at.timestamp() * 1000 - region.clock.ms + 1000 <= 8 * DAY + 1000


@clause("event/plan-window-applies")
@needs("break-hosts")
def test_a_window_is_for_what_has_its_tags(region: Region) -> None:
    """While it is enabled; a change counts for what is planned from then on."""
    (web,) = region.run_instances(1, Tag=Words(region).tags(team="blue", role="web"))
    (db,) = region.run_instances(1, Tag=Words(region).tags(team="red"))
    now = region.clock.now
    hour = (now.hour + 6) % 24  # Neither now nor, on another day, what is planned where there is no window.
    ranges = [{"StartTime": f"{hour:02d}:00", "EndTime": f"{(hour + 1) % 24:02d}:00"}]
    made = make(region, TimePeriod={"PeriodUnit": "Daily", "RangeList": ranges})
    usual = due(region, db)
    assert due(region, web).hour == hour != usual.hour
    region.call("ModifyPlanMaintenanceWindow", PlanWindowId=made, Enable=False)
    assert due(region, web).hour == usual.hour
    region.call("ModifyPlanMaintenanceWindow", PlanWindowId=made, Enable=True)
    assert due(region, web).hour == hour
    region.call("DeletePlanMaintenanceWindow", PlanWindowId=made)
    assert due(region, web).hour == usual.hour


@clause("event/plan-window-applies")
@needs("break-hosts", "change-account")
def test_a_window_is_for_a_resource_group(region: Region) -> None:
    """And for no other instances."""
    web = make_group(region, "web")
    (inside,) = region.run_instances(1, ResourceGroupId=web)
    (outside,) = region.run_instances(1, Tag=Words(region).tags(team="blue"))
    hour = (region.clock.now.hour + 6) % 24
    ranges = [{"StartTime": f"{hour:02d}:00", "EndTime": f"{(hour + 1) % 24:02d}:00"}]
    target = {"Scope": "ResourceGroup", "ResourceGroupId": web}
    make(region, TargetResource=target, TimePeriod={"PeriodUnit": "Daily", "RangeList": ranges})
    assert due(region, inside).hour == hour != due(region, outside).hour


@clause("event/plan-window-interval")
@needs("break-hosts")
def test_plans_of_an_instance_lie_apart(region: Region) -> None:
    """By so many hours; those of another instance do not count."""
    web, db = region.run_instances(2, Tag=Words(region).tags(team="blue"))
    every = [{"StartTime": "00:00", "EndTime": "23:00"}, {"StartTime": "12:00", "EndTime": "11:00"}]
    make(region, TimePeriod={"PeriodUnit": "Daily", "RangeList": every}, MinMaintenanceInterval=48)
    first, second, other = due(region, web), due(region, web), due(region, db)
    assert (second - first).total_seconds() * 1000 >= 48 * HOUR
    assert (other - first).total_seconds() * 1000 < HOUR
