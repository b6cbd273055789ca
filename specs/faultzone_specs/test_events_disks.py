"""Events of disks, and what users report."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from faultzone import Instance, Region, assert_refused, one
from faultzone_specs.events import HOUR, history, stamp, state_of

clause, needs = pytest.mark.clause, pytest.mark.needs

LIST = "DescribeDisksFullStatus"
LOCAL_DISKS = "ecs.i2.xlarge"
DATA = [{"Size": 20}, {"Size": 20}]


def disks(region: Region, **filters: object) -> dict[str, dict[str, Any]]:
    """What DescribeDisksFullStatus lists, by the id of the disk."""
    return {
        each["DiskId"]: each for each in region.describe(LIST, "DiskFullStatusSet", "DiskFullStatusType", **filters)
    }


def ids_of(region: Region, instance: Instance) -> list[str]:
    """The disks of an instance, the system disk first."""
    shown = region.describe("DescribeDisks", "Disks", "Disk", InstanceId=instance.id)
    return [each["DiskId"] for each in sorted(shown, key=lambda each: each["Device"])]


def events(disk: dict[str, Any]) -> list[dict[str, Any]]:
    """The events of a disk."""
    return list(disk["DiskEventSet"]["DiskEventType"])


@clause("event/disk-events")
@needs("break-hosts")
def test_disks_are_shown_with_what_they_are_of(region: Region) -> None:
    """As DescribeDisks has them, of whatever kind; they are well."""
    (web,) = region.run_instances(1, DataDisk=DATA, wait=False)
    (db,) = region.run_instances(1, SystemDisk={"Category": "cloud_ssd"}, DataDisk=DATA[::-1], wait=False)
    known = region.describe("DescribeDisks", "Disks", "Disk")
    shown = disks(region)
    assert len(shown) == 6
    for each in known:
        found = shown[each["DiskId"]]
        assert {name: found[name] for name in ("InstanceId", "Device")} == {
            name: each[name] for name in ("InstanceId", "Device")
        }
        assert (found["Status"]["Name"], events(found)) == ("In_use", [])
        assert found["HealthStatus"]["Name"] not in ("Warning", "Impaired")
        assert isinstance(found["Status"]["Code"], int)
    assert {each["InstanceId"] for each in shown.values()} == {web.id, db.id}


@clause("event/disk-events")
@needs("break-hosts")
@pytest.mark.parametrize(
    ("type", "health"), [("Degraded", "Warning"), ("SeverelyDegraded", "Warning"), ("Stalled", "Impaired")]
)
def test_a_disk_that_ails_has_an_event(region: Region, type: str, health: str) -> None:
    """And no other disk has; once it is well, the event has ended."""
    (instance,) = region.run_instances(1, DataDisk=DATA)
    system, first, second = ids_of(region, instance)
    began = stamp(region, 0)
    with region.chaos.disk_impaired(instance, disk=1, type=type):
        shown = disks(region)
        assert shown[first]["HealthStatus"]["Name"] == health
        event = one(events(shown[first]))
        assert (event["EventType"]["Name"], event["EventTime"], event.get("EventEndTime", "")) == (type, began, "")
        assert isinstance(event["EventType"]["Code"], int)
        assert [events(shown[each]) for each in (system, second)] == [[], []]
        region.wait(lambda: stamp(region, 0) > began, "1m", what="time goes on")
    ended = stamp(region, 0)
    shown = disks(region)
    assert shown[first]["HealthStatus"]["Name"] == shown[second]["HealthStatus"]["Name"]
    over = one(events(shown[first]))
    assert (over["EventId"], over["EventTime"], over["EventEndTime"]) == (event["EventId"], began, ended)
    assert instance.status == "Running"


@clause("event/disk-events-week")
@needs("break-hosts", "move-time")
def test_events_of_disks_are_told_for_a_week(region: Region) -> None:
    """Those that last, longer."""
    (instance,) = region.run_instances(1, DataDisk=DATA)
    with region.chaos.disk_impaired(instance):
        pass
    lasting = region.chaos.disk_impaired(instance, disk=1)
    system, data, _ = ids_of(region, instance)
    region.clock.advance("1d")
    assert [len(events(disks(region)[each])) for each in (system, data)] == [1, 1]
    region.clock.advance("7d")
    shown = disks(region)
    assert [len(events(shown[each])) for each in (system, data)] == [0, 1]
    assert shown[data]["HealthStatus"]["Name"] == "Impaired"
    lasting.undo()
    assert events(disks(region)[data]) == []


@clause("event/disk-filters")
@needs("break-hosts")
def test_filters_narrow_the_disks(region: Region) -> None:
    """Each by itself, and two of them."""
    group = region.control("add-resource-group", name="web")["resource_group"]
    (web,) = region.run_instances(1, DataDisk=DATA, Tag=[{"Key": "team", "Value": "blue"}], ResourceGroupId=group)
    (db,) = region.run_instances(1)
    system, first, second = ids_of(region, web)
    (other,) = ids_of(region, db)
    every = {system, first, second, other}
    before = stamp(region, -HOUR)
    region.chaos.disk_impaired(web, disk=1, type="Degraded")
    region.chaos.disk_impaired(web, disk=2)
    slow, stalled = (one(events(disks(region)[each]))["EventId"] for each in (first, second))
    for filters, found in (
        ({}, every),
        ({"DiskId": [first, other]}, {first, other}),
        ({"DiskId": ["d-none", system]}, {system}),
        ({"EventId": [slow]}, {first}),
        ({"EventId": [slow, stalled]}, {first, second}),
        ({"EventId": [slow], "DiskId": [second]}, set()),
        ({"EventType": "Stalled"}, {second}),
        ({"EventType": "ErrorDetected"}, set()),
        ({"HealthStatus": "Warning"}, {first}),
        ({"HealthStatus": "Impaired"}, {second}),
        ({"HealthStatus": "Initializing"}, set()),
        ({"HealthStatus": "Warning", "DiskId": [second, system]}, set()),
        ({"Status": "In_use"}, every),
        ({"Status": "Available"}, set()),
        ({"Status": "Available", "DiskId": [first]}, set()),
        ({"Tag": [{"Key": "team", "Value": "blue"}]}, {system, first, second}),
        ({"Tag": [{"Key": "team", "Value": "red"}]}, set()),
        ({"ResourceGroupId": group}, {system, first, second}),
        ({"ResourceGroupId": group, "EventType": "Stalled"}, {second}),
        ({"ResourceGroupId": group, "DiskId": [other]}, set()),
        ({"EventTime": {"Start": before}}, {first, second}),
        ({"EventTime": {"End": before}}, set()),
        ({"EventTime": {"Start": before, "End": stamp(region, 0)}, "EventType": "Degraded"}, {first}),
    ):
        assert disks(region, **filters).keys() == found, filters


@clause("event/disk-filters")
@needs("break-hosts")
def test_disks_have_pages(region: Region) -> None:
    """Of ten where no size is given; ids and values have their bounds."""
    region.run_instances(4, DataDisk=DATA, wait=False)

    def page(**asked: object) -> dict[str, Any]:
        return region.call(LIST, **asked)

    assert (page()["TotalCount"], page()["PageNumber"], page()["PageSize"]) == (12, 1, 10)
    pages = [[each["DiskId"] for each in page(PageNumber=n)["DiskFullStatusSet"]["DiskFullStatusType"]] for n in (1, 2)]
    assert [len(each) for each in pages] == [10, 2]
    assert len({id for each in pages for id in each}) == 12
    hundred = [f"d-none{n}" for n in range(100)]
    assert page(DiskId=hundred, EventId=hundred)["TotalCount"] == 0
    assert_refused("DiskIdLimitExceeded", lambda: page(DiskId=[*hundred, "d-none"]))
    assert_refused("EventIdLimitExceeded", lambda: page(EventId=[*hundred, "e-none"]))
    for wrong in (
        {"PageSize": 101},
        {"PageSize": 0},
        {"EventType": "Slow"},
        {"HealthStatus": "Bad"},
        {"Status": "Gone"},
        {"EventTime": {"Start": "today"}},
    ):
        assert_refused("InvalidParameter", partial(page, **wrong))


@clause("event/disk-damaged")
@needs("break-hosts", "shape-region")
def test_a_damaged_local_disk_is_isolated_once_its_user_consents(region: Region) -> None:
    (instance,) = region.run_instances(1, instance_type=LOCAL_DISKS, DataDisk=DATA)
    _, disk, _ = ids_of(region, instance)
    region.chaos.disk_impaired(instance, disk=1, type="ErrorDetected")
    shown = disks(region)[disk]
    assert (shown["HealthStatus"]["Name"], one(events(shown))["EventType"]["Name"]) == ("Impaired", "ErrorDetected")
    asked = one(region.events.planned(instance))
    assert (asked["EventType"]["Name"], asked["EventCycleStatus"]["Name"]) == (
        "SystemMaintenance.IsolateErrorDisk",
        "Inquiring",
    )
    about = {"DiskId": disk, "Device": shown["Device"]}
    assert about.items() <= asked["ExtendedAttribute"].items()
    assert about.items() <= one(history(region, EventCycleStatus="Inquiring"))["ExtendedAttribute"].items()
    region.call("AcceptInquiredSystemEvent", EventId=asked["EventId"])
    assert state_of(region, asked["EventId"]) == "Executed"
    shown = disks(region)[disk]
    assert shown["HealthStatus"]["Name"] != "Impaired"
    assert one(events(shown))["EventEndTime"]
    assert instance.status == "Running"


REPORT = "ReportInstancesStatus"


@clause("event/report")
def test_a_user_reports_what_is_wrong(region: Region) -> None:
    """With what he knows of it."""
    web, db = region.run_instances(2, wait=False)
    said = {"InstanceId": [web.id, db.id], "Description": "it does not answer"}
    disk = ids_of(region, web)[:1]
    for more in (
        {},
        {"Reason": "instance-hang"},
        {"Reason": "others", "StartTime": stamp(region, -HOUR), "EndTime": stamp(region, 0)},
        {"Reason": "abnormal-cloud-disk", "DiskId": disk, "Device": ["/dev/xvda"]},
        {"IssueCategory": "hardware-fan-error"},
    ):
        region.call(REPORT, **said, **more)


@clause("event/report")
def test_a_report_that_makes_no_sense_is_refused(region: Region) -> None:
    """An instance that is not there, a disk that is not named, an unknown reason."""
    (instance,) = region.run_instances(1, wait=False)
    said: dict[str, Any] = {"InstanceId": [instance.id], "Description": "it does not answer"}
    for more, code in (
        ({"InstanceId": [instance.id, "i-none"]}, "InvalidInstanceId.NotFound"),
        ({"InstanceId": [f"i-{n}" for n in range(101)]}, "InstanceIdLimitExceeded"),
        ({"Reason": "bad-mood"}, "InvalidParameter"),
        ({"IssueCategory": "hardware-dust-error"}, "InvalidParameter"),
        ({"Reason": "abnormal-local-disk"}, "MissingParameter"),
        ({"Reason": "abnormal-cloud-disk"}, "MissingParameter"),
        ({"IssueCategory": "hardware-disk-error"}, "MissingParameter"),
        ({"DiskId": [f"d-{n}" for n in range(101)]}, "DiskIdLimitExceeded"),
        ({"StartTime": "yesterday"}, "InvalidParameter"),
        ({"EndTime": "2026"}, "InvalidParameter"),
    ):
        assert_refused(code, partial(region.call, REPORT, **{**said, **more}))
    for missing in said:
        some = {name: value for name, value in said.items() if name != missing}
        assert_refused("MissingParameter", partial(region.call, REPORT, **some))
