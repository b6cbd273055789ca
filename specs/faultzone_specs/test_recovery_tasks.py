"""Redeployments of today, and their tasks."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import pytest

from faultzone import Instance, Region, assert_refused, one
from faultzone_specs.events import HOUR, history, simulate, stamp, state_of

clause, needs = pytest.mark.clause, pytest.mark.needs

DISKS = ("RebootAndIsolateErrorDisk", "RebootAndReInitErrorDisk", "IsolateErrorDisk", "ReInitErrorDisk")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?Z")


def plan(region: Region, instance: Instance, type: str = "SystemMaintenance.Reboot", **more: object) -> str:
    """Plan maintenance of a type; the id of its event."""
    asked = {"instance": instance.id, "type": type, **more}
    return str(one(region.control("schedule-maintenance", **asked)["events"])["event"])


def redeploy(region: Region, instance: Instance) -> str:
    """Redeploy an instance for which maintenance is planned; the id of the task."""
    plan(region, instance)
    return str(region.call("RedeployInstance", InstanceId=instance.id)["TaskId"])


def tasks(region: Region, **filters: object) -> list[str]:
    """The ids of the tasks that DescribeTasks lists."""
    return [each["TaskId"] for each in region.describe("DescribeTasks", "TaskSet", "Task", **filters)]


def task(region: Region, task_id: str) -> dict[str, Any]:
    """What DescribeTaskAttribute tells of a task."""
    return region.call("DescribeTaskAttribute", TaskId=task_id)


@clause("recovery/task")
@needs("break-hosts")
def test_a_redeployment_is_a_task(region: Region) -> None:
    """Processing, then Finished once the instance runs; both queries agree."""
    (instance,) = region.run_instances(1)
    made = redeploy(region, instance)
    shown = one(region.describe("DescribeTasks", "TaskSet", "Task"))
    told = {"TaskId": made, "TaskAction": "RedeployInstance", "SupportCancel": "false"}
    assert {name: shown[name] for name in told} == told
    assert (shown["ResourceId"], shown["TaskStatus"], shown.get("FinishedTime", "")) == (instance.id, "Processing", "")
    assert INSTANT.fullmatch(shown["CreationTime"])
    whole = task(region, made)
    assert (whole["TotalCount"], whole["SuccessCount"], whole["FailedCount"]) == (1, 0, 0)
    instance.wait_until("Running")
    over = one(region.describe("DescribeTasks", "TaskSet", "Task"))
    assert over["TaskStatus"] == "Finished"
    assert INSTANT.fullmatch(over["FinishedTime"])
    assert over["FinishedTime"] >= over["CreationTime"]
    whole = task(region, made)
    assert {name: whole[name] for name in over if name != "ResourceId"} == {
        name: value for name, value in over.items() if name != "ResourceId"
    }
    assert (whole["RegionId"], whole["TaskProcess"]) == (region.id, "100%")
    assert (whole["TotalCount"], whole["SuccessCount"], whole["FailedCount"]) == (1, 1, 0)


@clause("recovery/task")
@needs("break-hosts")
def test_a_redeployment_of_what_is_released_fails(region: Region) -> None:
    """Its task does not stay Processing."""
    (instance,) = region.run_instances(1)
    made = redeploy(region, instance)
    instance.delete()
    region.wait(lambda: task(region, made)["TaskStatus"] != "Processing", "10m", what="the task has ended")
    shown = task(region, made)
    assert (shown["TaskStatus"], shown["SuccessCount"], shown["FailedCount"]) == ("Failed", 0, 1)


@clause("recovery/task")
@needs("break-hosts")
def test_a_stopped_instance_runs_after_its_redeployment(region: Region) -> None:
    """Then the task is Finished."""
    (instance,) = region.run_instances(1)
    instance.stop()
    made = redeploy(region, instance)
    assert task(region, made)["TaskStatus"] == "Processing"
    instance.wait_until("Running")
    assert task(region, made)["TaskStatus"] == "Finished"


@clause("recovery/tasks-query")
@needs("break-hosts", "move-time")
def test_filters_narrow_the_tasks(region: Region) -> None:
    """Each by itself, and two together."""
    web, db = region.run_instances(2)
    first = redeploy(region, web)
    web.wait_until("Running")
    region.clock.advance("1h")
    second = redeploy(region, db)
    both, middle = {first, second}, stamp(region, -HOUR // 2)
    for filters, found in (
        ({}, both),
        ({"TaskAction": "RedeployInstance"}, both),
        ({"TaskAction": "ModifyDiskSpec"}, set()),
        ({"TaskIds": first}, {first}),
        ({"TaskIds": f"{first},{second}"}, both),
        ({"TaskIds": f"{first},{second}", "TaskStatus": "Processing"}, {second}),
        ({"TaskStatus": "Finished"}, {first}),
        ({"TaskStatus": "Failed"}, set()),
        ({"TaskStatus": "Waiting"}, both),
        ({"ResourceIds": [db.id]}, {second}),
        ({"ResourceIds": [web.id, db.id]}, both),
        ({"StartTime": middle}, {second}),
        ({"EndTime": middle}, {first}),
        ({"StartTime": middle, "EndTime": middle}, set()),
    ):
        assert set(tasks(region, **filters)) == found, filters


@clause("recovery/tasks-query")
@needs("break-hosts", "move-time")
def test_tasks_have_pages(region: Region) -> None:
    """Of ten, where no size is given; none is on two pages."""
    made = {redeploy(region, each) for each in region.run_instances(11)}

    def page(**asked: object) -> dict[str, Any]:
        return region.call("DescribeTasks", **asked)

    assert (page()["TotalCount"], page()["PageNumber"], page()["PageSize"]) == (11, 1, 10)
    pages = [[each["TaskId"] for each in page(PageNumber=n)["TaskSet"]["Task"]] for n in (1, 2, 3)]
    assert [len(each) for each in pages] == [10, 1, 0]
    assert {id for each in pages for id in each} == made
    assert len(page(PageSize=100)["TaskSet"]["Task"]) == 11
    for wrong in ({"PageSize": 101}, {"PageSize": 0}, {"ResourceIds": [f"i-{n}" for n in range(101)]}):
        assert_refused("InvalidParameter", partial(page, **wrong))


@clause("recovery/task-cancel")
@needs("break-hosts")
def test_a_redeployment_cannot_be_canceled(region: Region) -> None:
    """It goes on."""
    (instance,) = region.run_instances(1)
    made = redeploy(region, instance)
    assert task(region, made)["SupportCancel"] == "false"
    assert_refused("InvalidTaskId.TaskActionNotSupport", partial(region.call, "CancelTask", TaskId=made))
    assert task(region, made)["TaskStatus"] == "Processing"
    instance.wait_until("Running")
    assert task(region, made)["TaskStatus"] == "Finished"


@clause("recovery/task-cancel")
@needs("break-hosts")
@pytest.mark.parametrize("action", ["CancelTask", "DescribeTaskAttribute"])
def test_there_is_no_such_task(region: Region, action: str) -> None:
    assert_refused("InvalidTaskId.NotFound", lambda: region.call(action, TaskId="t-none"))
    assert_refused("MissingParameter", lambda: region.call(action))


@clause("recovery/redeploy-answers")
@needs("break-hosts")
@pytest.mark.parametrize("outcome", ["executes", "inquires"])
@pytest.mark.parametrize("type", ["Reboot", "Redeploy", *DISKS])
def test_what_a_redeployment_answers(region: Region, type: str, outcome: str) -> None:
    """Maintenance of disks only while it is Inquiring."""
    (instance,) = region.run_instances(1)
    event = plan(region, instance, f"SystemMaintenance.{type}", outcome=outcome)
    call = partial(region.call, "RedeployInstance", InstanceId=instance.id)
    if type in DISKS and outcome == "executes":
        assert_refused("InvalidOperation.RedeployInstance", call)
        assert one(region.events.planned(instance))["EventId"] == event
        return
    call()
    assert state_of(region, event) == "Avoided"
    assert region.events.planned(instance) == []


@clause("recovery/redeploy-answers")
@needs("break-hosts")
def test_a_redeployment_answers_nothing_else(region: Region) -> None:
    """Neither a planned stop nor what is simulated."""
    (instance,) = region.run_instances(1)
    plan(region, instance, "SystemMaintenance.Stop")
    simulate(region, instance)
    call = partial(region.call, "RedeployInstance", InstanceId=instance.id)
    assert_refused("InvalidOperation.RedeployInstance", call)
    assert len(region.events.planned(instance)) == 2
    assert history(region) == []
