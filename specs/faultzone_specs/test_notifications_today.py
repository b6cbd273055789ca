"""Notifications as documented today: the ends of tasks, and the form of EventBridge."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from faultzone import Instance, Region
from faultzone_specs.events import DAY
from faultzone_specs.words import Words

clause, needs = pytest.mark.clause, pytest.mark.needs

TASK = "CloudAssistant:TaskCompleted"


def opened(region: Region, **given: str) -> int:
    """A subscription from now on."""
    return int(region.control("subscribe", **given)["id"])


def read(region: Region, subscription: int) -> list[dict[str, Any]]:
    """All that came."""
    found: list[dict[str, Any]] = region.control("notifications", id=subscription)["notifications"]
    return found


def tasks(region: Region, subscription: int) -> list[dict[str, Any]]:
    """What came of tasks."""
    return [each for each in read(region, subscription) if str(each.get("name")).startswith("CloudAssistant")]


@clause("event/task-notification")
@needs("move-time")
def test_the_end_of_each_run_is_told_once(region: Region) -> None:
    one, other = region.run_instances(2)
    inbox = opened(region)
    asked = {"Type": "RunShellScript", "CommandContent": "exit 3", "ContentEncoding": "PlainText", "Name": "check"}
    answer = region.call("RunCommand", InstanceId=[one.id, other.id], **asked)
    command = answer["CommandId"]
    region.commands.invocation(answer["InvokeId"]).wait("2m")
    told = tasks(region, inbox)
    assert [each["name"] for each in told] == [TASK, TASK]
    assert sorted(each["content"]["instanceId"] for each in told) == sorted([one.id, other.id])
    for each in told:
        content = each["content"]
        assert each["level"] == "INFO"
        assert content.get("commandId") == command
        assert content.get("commandName") == "check"
        assert content.get("exitCode") == "3"
        assert content.get("invocationStatus") == "Failed"
        assert datetime.fromisoformat(content["finishTime"]) <= region.clock.now
    region.run_command("exit 0", on=one)
    assert [each["content"]["invocationStatus"] for each in tasks(region, inbox)[2:]] == ["Success"]


@clause("event/task-notification")
@needs("guest-time", "move-time")
def test_a_run_that_is_cut_off_is_told_too(region: Region) -> None:
    (instance,) = region.run_instances()
    inbox = opened(region)
    region.run_command("sleep 1000", on=instance, timeout=60, wait=False)
    region.clock.advance("1s")
    assert tasks(region, inbox) == []
    region.clock.advance("2m")
    told = [each["content"] for each in tasks(region, inbox)]
    assert [(each.get("invocationStatus"), each.get("exitCode")) for each in told] == [("Timeout", "")]


@clause("event/disk-notification")
@needs("break-hosts")
def test_what_ails_a_disk_is_told_when_it_begins_and_when_it_ends(region: Region) -> None:
    name = Words(region).name("web")
    (instance,) = region.run_instances(InstanceName=name, DataDisk=[{"Size": 20, "Category": "cloud_ssd"}])
    inbox, bridged = opened(region), opened(region, form="eventbridge")
    with region.chaos.disk_impaired(instance, disk=1, type="Stalled"):
        assert [each["name"] for each in read(region, inbox)] == ["Disk:Stalled:Executing"]
    told = read(region, inbox)
    assert len(told) == 2
    begun, ended = told
    (disk,) = region.call("DescribeDisks", InstanceId=instance.id, DiskType="data")["Disks"]["Disk"]
    (shown,) = region.call("DescribeDisksFullStatus", DiskId=[disk["DiskId"]])["DiskFullStatusSet"][
        "DiskFullStatusType"
    ]
    (event,) = shown["DiskEventSet"]["DiskEventType"]
    said = {
        "eventId": event["EventId"],
        "diskId": disk["DiskId"],
        "device": disk["Device"],
        "eventType": "Stalled",
        "executeStartTime": event["EventTime"],
        "ecsInstanceId": instance.id,
        "ecsInstanceName": name,
    }
    assert ended["name"] in ("Disk:Stalled:Executing", "Disk:Stalled:Executed")
    assert (begun["content"], ended["content"]) == (said, {**said, "executeFinishTime": event["EventEndTime"]})
    for each in (begun, ended):
        assert each["level"] == "CRITICAL"
        assert each["resourceId"].endswith(f":disk/{disk['DiskId']}")
    types = {(each["type"], each["subject"].rpartition(":")[2]) for each in read(region, bridged)}
    assert types == {("ecs:Disk:Stalled", disk["DiskId"])}


def is_cloud_event_of(event: dict[str, Any], notification: dict[str, Any], instance: Instance) -> None:
    """One and the same, in both forms."""
    region, account = notification["regionId"], notification["userId"]
    at = datetime.strptime(notification["eventTime"], "%Y%m%dT%H%M%S.%f%z").replace(microsecond=0)
    assert (event.get("source"), event.get("specversion"), event.get("aliyuneventbusname")) == (
        "acs.ecs",
        "1.0",
        "default",
    )
    assert event.get("type") == "ecs:" + ":".join(notification["name"].split(":")[:2])
    assert event.get("subject") == f"acs.ecs:{region}:{account}:{instance.id}"
    assert (event.get("aliyunaccountid"), event.get("aliyunregionid")) == (account, region)
    assert datetime.fromisoformat(str(event.get("time"))) == at
    assert datetime.fromisoformat(str(event.get("time"))).utcoffset() == timedelta(hours=8)
    assert str(event.get("aliyunpublishtime")).endswith("Z")
    assert datetime.fromisoformat(str(event.get("aliyunpublishtime"))).astimezone(UTC) == at
    assert event.get("data") == notification["content"]


@clause("event/created-notification")
@needs("see-hosts")
@pytest.mark.parametrize("form", ["cloudmonitor", "eventbridge"])
def test_an_instance_that_is_made_is_created(region: Region, form: str) -> None:
    inbox = opened(region, form=form)
    instance = region.create_instance()
    instance.start()
    told = [each["content" if form == "cloudmonitor" else "data"]["state"] for each in read(region, inbox)]
    assert told[0] == "Created"
    assert (told.count("Created"), "Pending" in told) == (1, False)


@clause("event/cloud-events")
@needs("break-hosts", "move-time")
def test_event_bridge_tells_the_same_in_its_own_form(region: Region) -> None:
    (instance,) = region.run_instances()
    plain, bridged = opened(region), opened(region, form="eventbridge")
    region.control("schedule-maintenance", instance=instance.id, not_before=region.clock.ms + DAY)
    region.run_command("true", on=instance)
    instance.stop()
    notifications, events = read(region, plain), read(region, bridged)
    assert len(events) == len(notifications)
    for event, notification in zip(events, notifications, strict=True):
        is_cloud_event_of(event, notification, instance)
    assert {event.get("type") for event in events} == {
        "ecs:Instance:SystemMaintenance.Reboot",
        "ecs:Instance:StateChange",
        f"ecs:{TASK}",
    }
    assert len({event.get("id") for event in events}) == len(events)
