"""What older clients ask ECS for: tags of one resource, and networks."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from faultzone import ApiError, Region, assert_refused, one

clause = pytest.mark.clause

Answer = dict[str, Any]
KINDS = ("instance", "securitygroup", "disk")


def resource(region: Region, kind: str) -> str:
    if kind == "securitygroup":
        made: str = region.call("CreateSecurityGroup")["SecurityGroupId"]
        return made
    if kind == "instance":
        return one(region.run_instances(1, wait=False)).id
    disk: str = region.call("CreateDisk", ZoneId=region.zones[0], Size=20)["DiskId"]
    return disk


def shown(region: Region, kind: str, id: str) -> dict[str, str]:
    """The tags of a resource, as the listing of its type has them."""
    action, name, wrapper, item = {
        "securitygroup": ("DescribeSecurityGroups", "SecurityGroupIds", "SecurityGroups", "SecurityGroup"),
        "instance": ("DescribeInstances", "InstanceIds", "Instances", "Instance"),
        "disk": ("DescribeDisks", "DiskIds", "Disks", "Disk"),
    }[kind]
    (found,) = region.call(action, **{name: [id]})[wrapper][item]
    return {each["TagKey"]: each["TagValue"] for each in found.get("Tags", {}).get("Tag", [])}


def change(region: Region, action: str, kind: str, id: str, *tags: tuple[str, str | None]) -> None:
    listed = [{"Key": key, **({} if value is None else {"Value": value})} for key, value in tags]
    region.call(action, ResourceType=kind, ResourceId=id, Tag=listed)


@clause("resource/add-tags")
@pytest.mark.parametrize("kind", KINDS)
def test_tags_are_put_on_one_resource(region: Region, kind: str) -> None:
    id, other = resource(region, kind), resource(region, kind)
    change(region, "AddTags", kind, id, ("team", "red"), ("env", "dev"))
    change(region, "AddTags", kind, id, ("team", "blue"), ("a", ""))
    assert shown(region, kind, id) == {"team": "blue", "env": "dev", "a": ""}
    assert shown(region, kind, other) == {}
    many = [(f"k{number}", "v") for number in range(18)]
    assert_refused("InvalidTagCount", partial(change, region, "AddTags", kind, id, *many))
    nameless = partial(region.call, "AddTags", ResourceType=kind, ResourceId=id, Tag=[{"Value": "v"}])
    assert_refused("InvalidTag.Mismatch", nameless)
    assert len(shown(region, kind, id)) == 3
    change(region, "AddTags", kind, id, *many[:17])
    assert len(shown(region, kind, id)) == 20


@clause("resource/add-tags")
def test_other_types_have_no_tags(region: Region) -> None:
    for action in ("AddTags", "RemoveTags"):
        refused = partial(change, region, action, "planet", "p-1", ("team", "red"))
        assert_refused("InvalidResourceType.NotFound", refused)


@clause("resource/remove-tags")
@pytest.mark.parametrize("kind", KINDS)
def test_tags_are_taken_off_one_resource(region: Region, kind: str) -> None:
    id, other = resource(region, kind), resource(region, kind)
    for each in (id, other):
        change(region, "AddTags", kind, each, ("team", "red"), ("env", "dev"), ("a", "b"))
    change(region, "RemoveTags", kind, id, ("team", None), ("env", "test"))
    assert shown(region, kind, id) == {"env": "dev", "a": "b"}
    change(region, "RemoveTags", kind, id, ("env", "dev"))
    assert shown(region, kind, id) == {"a": "b"}
    assert len(shown(region, kind, other)) == 3


@clause("resource/describe-tags")
def test_tags_are_counted(region: Region) -> None:
    made = {kind: [resource(region, kind) for _ in range(2)] for kind in KINDS}
    for kind, ids in made.items():
        change(region, "AddTags", kind, ids[0], ("team", "red"))
    change(region, "AddTags", "disk", made["disk"][1], ("team", "red"), ("env", "dev"))
    change(region, "AddTags", "securitygroup", made["securitygroup"][1], ("team", "blue"))

    def counted(**filters: object) -> dict[tuple[str, str], tuple[int, int, int]]:
        listed = region.call("DescribeTags", **filters)["Tags"]["Tag"]
        names = ("Instance", "Disk", "Securitygroup")
        found = {
            (each["TagKey"], each["TagValue"]): tuple(each["ResourceTypeCount"][name] for name in names)
            for each in listed
        }
        assert len(found) == len(listed)
        return {tag: (counts[0], counts[1], counts[2]) for tag, counts in found.items()}

    red, blue, dev = ("team", "red"), ("team", "blue"), ("env", "dev")
    assert counted() == {red: (1, 2, 1), blue: (0, 0, 1), dev: (0, 1, 0)}
    assert counted(ResourceType="disk") == {red: (0, 2, 0), dev: (0, 1, 0)}
    assert counted(ResourceType="disk", ResourceId=made["disk"][0]) == {red: (0, 1, 0)}
    assert counted(Tag=[{"Key": "team"}]) == {red: (1, 2, 1), blue: (0, 0, 1)}
    assert counted(Tag=[{"Key": "team", "Value": "blue"}]) == {blue: (0, 0, 1)}
    assert_refused("InvalidResourceType.NotFound", partial(counted, ResourceType="planet"))


# Networks


def vpc_shown(region: Region, id: str) -> Answer:
    (found,) = region.call("DescribeVpcs", "vpc", VpcId=id)["Vpcs"]["Vpc"]
    return dict(found)


def vswitch_shown(region: Region, id: str) -> Answer:
    (found,) = region.call("DescribeVSwitches", "vpc", VSwitchId=id)["VSwitches"]["VSwitch"]
    return dict(found)


def make_vpc(region: Region, product: str = "ecs", **given: object) -> Answer:
    made = region.call("CreateVpc", product, **{"CidrBlock": "192.168.0.0/16", **given})
    region.wait(lambda: vpc_shown(region, made["VpcId"])["Status"] == "Available")
    return made


def make_vswitch(region: Region, vpc: str, **given: object) -> str:
    asked = {"VpcId": vpc, "ZoneId": region.zones[0], "CidrBlock": "192.168.1.0/24", **given}
    made: str = region.call("CreateVSwitch", **asked)["VSwitchId"]
    region.wait(lambda: vswitch_shown(region, made)["Status"] == "Available")
    return made


@clause("product/networks-in-ecs")
def test_networks_are_made_by_ecs(region: Region) -> None:
    made = make_vpc(region, VpcName="web", Description="of the shop")
    told = vpc_shown(region, made["VpcId"])
    assert (told["VpcName"], told["Description"], told["CidrBlock"]) == ("web", "of the shop", "192.168.0.0/16")
    assert (told["VRouterId"], told["RouterTableIds"]["RouterTableIds"]) == (made["VRouterId"], [made["RouteTableId"]])
    vswitch = make_vswitch(region, made["VpcId"], VSwitchName="front")
    told = vswitch_shown(region, vswitch)
    assert (told["VpcId"], told["VSwitchName"], told["CidrBlock"]) == (made["VpcId"], "front", "192.168.1.0/24")
    region.call("ModifyVpcAttribute", VpcId=made["VpcId"], VpcName="back")
    region.call("ModifyVSwitchAttribute", VSwitchId=vswitch, Description="of nobody")
    assert vpc_shown(region, made["VpcId"])["VpcName"] == "back"
    assert vswitch_shown(region, vswitch)["Description"] == "of nobody"
    assert_refused("InvalidVpcId.NotFound", partial(make_vswitch, region, "vpc-no-such"))
    assert_refused("InvalidParameter", partial(make_vpc, region, CidrBlock="ten"))


@clause("product/networks-in-ecs")
def test_an_instance_is_launched_into_such_a_network(region: Region) -> None:
    vpc = make_vpc(region)["VpcId"]
    vswitch = make_vswitch(region, vpc)
    group = region.call("CreateSecurityGroup", VpcId=vpc)["SecurityGroupId"]
    instance = one(region.run_instances(1, VSwitchId=vswitch, SecurityGroupId=group))
    assert instance.private_ip.startswith("192.168.1.")


@clause("product/networks-in-ecs-deleted")
@pytest.mark.parametrize("product", ["ecs", "vpc"])
def test_networks_are_deleted_by_ecs(region: Region, product: str) -> None:
    vpc = make_vpc(region, product)["VpcId"]
    vswitch = make_vswitch(region, vpc)
    with pytest.raises(ApiError, match="DependencyViolation"):
        region.call("DeleteVpc", VpcId=vpc)
    assert vpc_shown(region, vpc)["VSwitchIds"]["VSwitchId"] == [vswitch]
    region.call("DeleteVSwitch", VSwitchId=vswitch)
    assert vpc_shown(region, vpc)["VSwitchIds"]["VSwitchId"] == []
    region.call("DeleteVpc", VpcId=vpc)
    assert region.call("DescribeVpcs", "vpc", VpcId=vpc)["Vpcs"]["Vpc"] == []
