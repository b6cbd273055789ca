"""The actions of key pairs, rules of security groups and disks, called in a region: what they answer is noted."""

from __future__ import annotations

from faultzone import Region
from faultzone.api.answer import CURRENT

PUBLIC_KEY = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB"


def ask_of_resources(region: Region) -> None:
    """Call each of them, with all that it can tell."""
    later, today = region.edition.has((2020, 12)), region.edition.has(CURRENT)
    group = {}
    if later:
        group["ResourceGroupId"] = region.control("add-resource-group", name="keys")["resource_group"]
    region.call("CreateKeyPair", KeyPairName="made", Tag=[{"Key": "team", "Value": "blue"}], **group)
    region.call("ImportKeyPair", KeyPairName="key", PublicKeyBody=PUBLIC_KEY)
    (instance,) = region.run_instances(1, KeyPairName="key")
    region.call("DescribeInstances", KeyPairName="key")
    region.call("DescribeInstanceAttribute", InstanceId=instance.id)
    region.call("DescribeKeyPairs", **({"IncludePublicKey": True} if today else {}))
    for action in ("AttachKeyPair", "DetachKeyPair"):
        region.call(action, KeyPairName="made", InstanceIds=[instance.id])
    region.call("DeleteKeyPairs", KeyPairNames=["made", "key"])
    _ask_of_rules(region, later=later, today=today)
    _ask_of_disks(region, today=today)
    _ask_of_snapshots(region, group, today=today)
    _ask_of_older_actions(region)
    _ask_of_addresses(region)


def _ask_of_rules(region: Region, *, later: bool, today: bool) -> None:
    group, other = (
        region.call("CreateSecurityGroup", SecurityGroupName=name)["SecurityGroupId"] for name in ("a1", "b1")
    )
    one = {"SecurityGroupId": group, "IpProtocol": "tcp", "PortRange": "22/22", "SourcePortRange": "1/9"}
    more = {"Description": "a rule", "SourceCidrIp": "10.0.0.0/8", "DestCidrIp": "10.0.0.0/8"}
    v6 = {"Ipv6SourceCidrIp": "2001:db8::/32", "Ipv6DestCidrIp": "2001:db8::/32"}
    peers = {"Source": "AuthorizeSecurityGroup", "Dest": "AuthorizeSecurityGroupEgress"}
    for end, action in peers.items():
        region.call(action, **one, **more)
        region.call(action, **one, **v6)
        region.call(action, **one, **{f"{end}GroupId": other, f"{end}GroupOwnerAccount": "somebody"})
    region.call("DescribeSecurityGroupAttribute", SecurityGroupId=group)
    region.call("DescribeSecurityGroups", SecurityGroupId=group)
    region.call("DescribeSecurityGroupReferences", SecurityGroupId=[other])
    if today:
        for port in range(1, 12):
            ports = {"PortRange": f"{port}/{port}", "IpProtocol": "udp", "SourceCidrIp": "10.0.0.0/8"}
            region.call("AuthorizeSecurityGroup", SecurityGroupId=group, **ports)
        region.call("DescribeSecurityGroupAttribute", SecurityGroupId=group, MaxResults=10)
    region.call("ModifySecurityGroupRule", **one, **more)
    if later:
        region.call("ModifySecurityGroupEgressRule", **one, **more)
    for action in ("RevokeSecurityGroup", "RevokeSecurityGroupEgress"):
        region.call(action, **one, **more)
    region.call("ModifySecurityGroupAttribute", SecurityGroupId=group, SecurityGroupName="other")
    region.call("ModifySecurityGroupPolicy", SecurityGroupId=group, InnerAccessPolicy="Drop")


def _ask_of_disks(region: Region, *, today: bool) -> None:
    zone = region.zones[0]
    (instance,) = region.run_instances(1, ZoneId=zone)
    more = {"DiskName": "data", "Description": "by itself", "Encrypted": True, "Tag": [{"Key": "team", "Value": "red"}]}
    made = region.call("CreateDisk", ZoneId=zone, Size=40, **more)["DiskId"]
    region.call("DescribeDisks", DiskIds=[made])
    region.call("AttachDisk", InstanceId=instance.id, DiskId=made)
    region.call("ModifyDiskAttribute", DiskId=made, DeleteAutoSnapshot=False)
    region.call("ResizeDisk", DiskId=made, NewSize=60)
    region.call("DescribeDisks", **({"MaxResults": 10} if today else {}))
    region.call("DetachDisk", InstanceId=instance.id, DiskId=made)
    region.clock.advance("1m")
    region.call("DescribeDisks", DiskIds=[made])
    region.call("DeleteDisk", DiskId=made)


def _ask_of_snapshots(region: Region, group: dict[str, str], *, today: bool) -> None:
    zone, tags = region.zones[0], [{"Key": "team", "Value": "red"}]
    more = {"KMSKeyId": "a-key", "Category": "cloud_essd"} if today else {}
    (instance,) = region.run_instances(1, ZoneId=zone, DataDisk=[{"Size": 20, "Encrypted": True, **more}])
    said = {"Description": "by itself", "Tag": tags, **group}
    kept = {"SnapshotName": "nightly", "RetentionDays": 9}
    made = [
        region.call("CreateSnapshot", DiskId=each["DiskId"], **kept, **said)["SnapshotId"]
        for each in region.call("DescribeDisks", InstanceId=instance.id)["Disks"]["Disk"]
    ][-1]
    region.call("DescribeSnapshots")
    region.clock.advance("1m")
    region.call("ModifySnapshotAttribute", SnapshotId=made, SnapshotName="weekly")
    region.call("DescribeSnapshots", **({"MaxResults": 1} if group else {}))
    data = region.call("CreateDisk", ZoneId=zone, SnapshotId=made, DiskCategory="cloud_efficiency")["DiskId"]
    region.call("DescribeDisks", DiskIds=[data])
    family = {"ImageFamily": "golden"} if group else {}
    features = {"BootMode": "UEFI", "Features": {"ImdsSupport": "v2"}} if today else {}
    named = {"ImageName": "golden", "ImageVersion": "1", **said, **family, **features}
    image = region.call("CreateImage", InstanceId=instance.id, **named)["ImageId"]
    region.call("DescribeImages", ImageId=image, Status="Creating")
    region.clock.advance("1m")
    nvme = {"Features": {"NvmeSupport": "supported"}} if today else {}
    region.call("ModifyImageAttribute", ImageId=image, ImageName="golden-1", **nvme)
    region.call("ModifyImageSharePermission", ImageId=image, AddAccount=["1000000000000077"])
    region.call("DescribeImageSharePermission", ImageId=image)
    region.call("DescribeImages", ImageId=image)
    if today:
        region.call("DescribeImageFromFamily", ImageFamily="golden")
    region.call("DeleteImage", ImageId="m-no-such")
    region.call("DeleteSnapshot", SnapshotId=made, Force=True)


def ask_of_copies(region: Region) -> None:
    """Copy an image, in a cloud of two regions."""
    there, today = region.in_region("cn-beijing"), region.edition.has(CURRENT)
    (instance,) = region.run_instances(1)
    image = region.call("CreateImage", InstanceId=instance.id)["ImageId"]
    region.clock.advance("1m")
    given_up, copied = (
        region.call("CopyImage", ImageId=image, DestinationRegionId="cn-beijing")["ImageId"] for _ in range(2)
    )
    there.call("DescribeSnapshots")
    there.call("CancelCopyImage", ImageId=given_up)
    region.clock.advance("1m")
    there.call("DescribeImages", ImageId=copied)
    if today:
        there.call("ModifyImageAttribute", ImageId=copied, ImageFamily="copied")
        there.call("DescribeImageFromFamily", ImageFamily="copied")


def _ask_of_older_actions(region: Region) -> None:
    disk = region.call("CreateDisk", ZoneId=region.zones[0], Size=20)["DiskId"]
    group = region.call("CreateSecurityGroup")["SecurityGroupId"]
    region.call("CreateKeyPair", KeyPairName="tagged", Tag=[{"Key": "team", "Value": "red"}])
    tags = [{"Key": "team", "Value": "red"}]
    template = {"TemplateTag": tags} if region.edition.has(CURRENT) else {}
    region.call("CreateLaunchTemplate", LaunchTemplateName="tagged", **template)
    region.run_instances(1, Tag=tags)
    for kind, id in (("disk", disk), ("securitygroup", group)):
        region.call("AddTags", ResourceType=kind, ResourceId=id, Tag=tags)
    region.call("DescribeTags")
    region.call("RemoveTags", ResourceType="disk", ResourceId=disk, Tag=tags)
    vpc = region.call("CreateVpc", CidrBlock="192.168.0.0/16")["VpcId"]
    region.clock.advance("1m")
    block = {"ZoneId": region.zones[0], "CidrBlock": "192.168.1.0/24"}
    vswitch = region.call("CreateVSwitch", VpcId=vpc, **block)["VSwitchId"]
    region.clock.advance("1m")
    region.call("ModifyVpcAttribute", VpcId=vpc, VpcName="web")
    region.call("ModifyVSwitchAttribute", VSwitchId=vswitch, VSwitchName="web")
    region.call("DeleteVSwitch", VSwitchId=vswitch)
    region.call("DeleteVpc", VpcId=vpc)


def _ask_of_addresses(region: Region) -> None:
    tags = [{"Key": "team", "Value": "red"}]
    (instance,) = region.run_instances(1, public_ip=False)
    mine = region.call("AllocateEipAddress", "vpc", Name="web", Description="of tests", Tag=tags)["AllocationId"]
    other = region.call("AllocateEipAddress")["AllocationId"]
    for product, id in (("vpc", mine), ("ecs", other)):
        region.call("AssociateEipAddress", product, AllocationId=id, InstanceId=instance.id)
        region.clock.advance("1m")
        region.call("DescribeEipAddresses", product)
        region.call("DescribeNetworkInterfaces", InstanceId=instance.id)
        if region.edition.has(CURRENT):
            region.call("DescribeNetworkInterfaceAttribute", NetworkInterfaceId=f"eni-{instance.id[2:]}")
        region.call("DescribeInstances", InstanceIds=[instance.id])
        region.call("DescribeInstanceAttribute", InstanceId=instance.id)
        region.call("ModifyEipAddressAttribute", product, AllocationId=id, Bandwidth="9")
        region.call("UnassociateEipAddress", product, AllocationId=id, InstanceId=instance.id)
        region.clock.advance("1m")
        region.call("ReleaseEipAddress", product, AllocationId=id)
