"""What is made through the handle of a region that lasts is deleted again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from faultzone import Region, make_region

#: A listing of each kind of thing that a test can make.
LISTINGS = {
    "DescribeDeploymentSets": ("DeploymentSets", "DeploymentSet"),
    "DescribeLaunchTemplates": ("LaunchTemplateSets", "LaunchTemplateSet"),
    "DescribeCommands": ("Commands", "Command"),
    "DescribeKeyPairs": ("KeyPairs", "KeyPair"),
    "DescribeSnapshots": ("Snapshots", "Snapshot"),
    "DescribeImages": ("Images", "Image"),
    "DescribeDisks": ("Disks", "Disk"),
    "DescribeNetworkInterfaces": ("NetworkInterfaceSets", "NetworkInterfaceSet"),
    "DescribeEipAddresses": ("EipAddresses", "EipAddress"),
    "DescribeSecurityGroups": ("SecurityGroups", "SecurityGroup"),
    "DescribeVSwitches": ("VSwitches", "VSwitch"),
    "DescribeVpcs": ("Vpcs", "Vpc"),
    "DescribeInstances": ("Instances", "Instance"),
}


def counts(region: Region) -> dict[str, int]:
    return {action: len([*region.describe(action, *where)]) for action, where in LISTINGS.items()}


def test_everything_that_was_made_is_deleted() -> None:
    region = make_region(edition="2026-10")
    before = counts(region)
    call, zone = region.call, region.zones[0]
    (instance,) = region.run_instances(1)
    region.create_deployment_set()
    call("CreateLaunchTemplate", LaunchTemplateName="web", ImageId=region.defaults["image"])
    call("CreateCommand", Name="true", Type="RunShellScript", CommandContent="true", ContentEncoding="PlainText")
    call("CreateKeyPair", KeyPairName="web")
    call("CreateDisk", ZoneId=zone, Size=20)
    vpc = call("CreateVpc", CidrBlock="192.168.0.0/16")["VpcId"]
    region.clock.advance("1m")
    vswitch = call("CreateVSwitch", VpcId=vpc, ZoneId=zone, CidrBlock="192.168.1.0/24")["VSwitchId"]
    call("CreateVpc", "vpc", CidrBlock="10.0.0.0/8")
    region.clock.advance("1m")
    group = call("CreateSecurityGroup", VpcId=vpc)["SecurityGroupId"]
    call("CreateNetworkInterface", VSwitchId=vswitch, SecurityGroupId=group)
    call("AllocateEipAddress")
    system = call("DescribeDisks", InstanceId=instance.id)["Disks"]["Disk"][0]["DiskId"]
    call("CreateSnapshot", DiskId=system)
    region.clock.advance("1m")
    call("CreateImage", InstanceId=instance.id)
    region.clock.advance("1m")
    call("CreateImage", InstanceId=instance.id)
    assert call("DescribeSnapshots")["TotalCount"] == 3
    assert all(counts(region)[each] > before[each] for each in LISTINGS)
    region.clock.advance("1m")
    region.clean_up()
    region.clock.advance("1m")
    assert counts(region) == before


@pytest.fixture
def region() -> Iterator[Region]:
    """Of the edition that has all that can be made."""
    with make_region(edition="2026-10") as made:
        yield made


def test_an_activation_goes_with_the_machines_that_registered(region: Region) -> None:
    made = region.call("CreateActivation")
    region.control("add-machine")
    code = {"activation_id": made["ActivationId"], "activation_code": made["ActivationCode"]}
    region.control("register-machine", machine="machine-1", **code)
    assert region.call("DescribeManagedInstances")["TotalCount"] == 1
    region.clean_up()
    assert region.call("DescribeManagedInstances")["TotalCount"] == 0
    assert region.call("DescribeActivations")["TotalCount"] == 0


def test_a_maintenance_window_is_deleted(region: Region) -> None:
    region.call(
        "CreatePlanMaintenanceWindow",
        PlanWindowName="nights",
        Enable=True,
        SupportMaintenanceAction="Reboot",
        TargetResource={"Scope": "Tag", "Tags": [{"Key": "a", "Value": "b"}]},
        TimePeriod={"PeriodUnit": "Daily", "RangeList": [{"StartTime": "22:00", "EndTime": "23:00"}]},
    )
    region.clean_up()
    assert region.call("DescribePlanMaintenanceWindows")["TotalCount"] == 0


@pytest.mark.parametrize(("kept", "left"), [(True, 0), ("true", 0), (False, 0), (None, 0)])
def test_a_command_that_a_run_kept_is_deleted(region: Region, kept: object, left: int) -> None:
    (instance,) = region.run_instances(1)
    content = {"Type": "RunShellScript", "CommandContent": "true", "ContentEncoding": "PlainText"}
    region.call("RunCommand", **content, KeepCommand=kept, InstanceId=[instance.id])
    assert region.call("DescribeCommands")["TotalCount"] == (1 if kept else 0)
    region.clean_up()
    assert region.call("DescribeCommands")["TotalCount"] == left


def _disks(region: Region) -> set[str]:
    return {each["DiskId"] for each in region.describe("DescribeDisks")}


def test_disks_of_a_launch_that_outlive_it_are_deleted(region: Region) -> None:
    disks = [{"Size": 20, "DeleteWithInstance": False}, {"Size": 30, "DeleteWithInstance": True}]
    _kept, detached = region.run_instances(2, DataDisk=disks)
    region.clock.advance("1m")
    for each in [*region.describe("DescribeDisks", InstanceId=detached.id, DiskType="data")]:
        region.call("DetachDisk", InstanceId=detached.id, DiskId=each["DiskId"])
    region.clock.advance("1m")
    assert len(_disks(region)) == 6
    region.clean_up()
    region.clock.advance("1m")
    assert _disks(region) == set()


def test_a_disk_that_another_has_made_stays(region: Region) -> None:
    """It was attached to an instance of the handle, by the handle or by its owner."""
    other = Region(region.backend, region.id, edition=region.edition, defaults=region.defaults)
    disks = [other.call("CreateDisk", ZoneId=region.zones[0], Size=20)["DiskId"] for _ in range(2)]
    region.clock.advance("1m")
    (instance,) = region.run_instances(1, zone=region.zones[0])
    for by, disk in zip((region, other), disks, strict=True):
        by.call("AttachDisk", InstanceId=instance.id, DiskId=disk)
    region.clock.advance("1m")
    region.call("DetachDisk", InstanceId=instance.id, DiskId=disks[0])
    region.clock.advance("1m")
    region.clean_up()
    region.clock.advance("1m")
    assert _disks(region) == {*disks}
