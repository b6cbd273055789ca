"""What is made through the handle of a region that lasts is deleted again."""

from __future__ import annotations

from faultzone import Region, make_region

#: A listing of each kind of thing that a test can make.
LISTINGS = {
    "DescribeDeploymentSets": ("DeploymentSets", "DeploymentSet"),
    "DescribeLaunchTemplates": ("LaunchTemplateSets", "LaunchTemplateSet"),
    "DescribeCommands": ("Commands", "Command"),
    "DescribeKeyPairs": ("KeyPairs", "KeyPair"),
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
    region.run_instances(1)
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
    assert all(counts(region)[each] > before[each] for each in LISTINGS)
    region.clock.advance("1m")
    region.clean_up()
    region.clock.advance("1m")
    assert counts(region) == before
