"""Resource groups that calls of Cloud Assistant and windows for maintenance name."""

from __future__ import annotations

from functools import partial

from faultzone import assert_refused, make_region
from tests.support.event_answers import windows

NONE = "rg-none"


def test_a_group_that_there_is_not_is_refused() -> None:
    with make_region(edition="2026-10") as region:
        (instance,) = region.run_instances()
        script = {"Type": "RunShellScript", "CommandContent": "echo 1"}
        file = {"Name": "a", "TargetDir": "/tmp", "Content": "b", "InstanceId": [instance.id]}
        for call in (
            partial(region.commands.create, "echo 1"),
            partial(region.call, "RunCommand", InstanceId=[instance.id], **script),
            partial(region.call, "InvokeCommand", InstanceId=[instance.id], CommandId=region.commands.create("echo 1")),
            partial(region.call, "SendFile", **file),
            partial(region.call, "CreateActivation"),
        ):
            call()
            assert_refused("InvalidResourceGroup.NotFound", partial(call, ResourceGroupId=NONE))
        assert_refused(
            "InvalidResourceGroup.NotFound", lambda: region.call("CreatePlanMaintenanceWindow", **windows(NONE)[1])
        )


def test_the_default_group_is_that_of_what_was_put_into_none() -> None:
    with make_region(edition="2026-10") as region:
        (instance,) = region.run_instances()
        default = region.call("ListResourceGroups", "resourcemanager")["ResourceGroups"]["ResourceGroup"][0]["Id"]
        file = {"Name": "a", "TargetDir": "/tmp", "Content": "b", "InstanceId": [instance.id]}
        assert region.call("SendFile", ResourceGroupId=default, **file)["InvokeId"]
        region.call("CreatePlanMaintenanceWindow", **{**windows(default)[1], "MinMaintenanceInterval": None})
        region.control("schedule-maintenance", instance=instance.id)
        (event,) = region.events.planned(instance)
        assert event["NotBefore"][11:13] in {f"{hour:02d}" for hour in (22, 23, 0, 1, 2, 3)}
