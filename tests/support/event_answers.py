"""The actions of today on events, tasks and windows, for the tests of the shapes of answers."""

from __future__ import annotations

from typing import Any

from faultzone import Region, one


def windows(group: str) -> list[dict[str, Any]]:
    """One window for each way to say whom it is for, such as this resource group."""
    return [
        {
            "PlanWindowName": "nights",
            "Enable": True,
            "SupportMaintenanceAction": "Reboot",
            "TargetResource": target,
            "TimePeriod": {"PeriodUnit": "Daily", "RangeList": [{"StartTime": "22:00", "EndTime": "04:00"}]},
            "MinMaintenanceInterval": 12,
        }
        for target in (
            {"Scope": "Tag", "Tags": [{"Key": "team", "Value": "blue"}]},
            {"Scope": "ResourceGroup", "ResourceGroupId": group},
        )
    ]


def ask_of_events(region: Region) -> None:
    """Redeployments that end well and badly, maintenance that is moved, and more windows than a page."""
    (gone,) = region.run_instances(1)
    region.control("ban-website", instance=gone.id, domain="shop.example", url="https://shop.example/sale")
    region.call("DescribeInstanceHistoryEvents", InstanceId=gone.id)
    region.chaos.maintenance(gone)
    due = one(region.events.planned(gone))
    moved = {"InstanceId": gone.id, "EventId": due["EventId"], "NotBefore": due["NotBefore"]}
    region.call("ModifySystemEventAttribute", **moved)
    region.call("RedeployInstance", InstanceId=gone.id)
    gone.delete()
    region.clock.advance("10m")
    for each in region.describe("DescribeTasks", "TaskSet", "Task"):
        region.call("DescribeTaskAttribute", TaskId=each["TaskId"])
    group = region.control("add-resource-group", name="windows")["resource_group"]
    made = [region.call("CreatePlanMaintenanceWindow", **each)["PlanWindowId"] for each in windows(group) * 6]
    region.call("ModifyPlanMaintenanceWindow", PlanWindowId=made[0], Enable=False)
    region.call("DescribePlanMaintenanceWindows")
    region.call("DeletePlanMaintenanceWindow", PlanWindowId=made[0])
    (seen,) = region.run_instances(1)
    region.call("GetInstanceScreenshot", InstanceId=seen.id)
    local = region.create_instance(instance_type="ecs.i2.xlarge")
    with region.chaos.disk_impaired(local, type="ErrorDetected"):
        region.call("DescribeDisksFullStatus")
        region.call("DescribeDisksFullStatus", HealthStatus="Impaired")
        region.call("DescribeInstancesFullStatus", InstanceId=[local.id])
        region.call("DescribeInstanceHistoryEvents", EventCycleStatus="Inquiring")
    region.call("DescribeDisksFullStatus", DiskId=[f"d-{local.id[2:]}"])
    region.call("ReportInstancesStatus", InstanceId=[local.id], Description="its disk was damaged")
