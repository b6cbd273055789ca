"""The filters of the Describe actions on disks, images, security groups, network cards and instances."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from faultzone import Instance, Region, assert_refused, make_region

TAG = [{"Key": "team", "Value": "blue"}]


@pytest.fixture(scope="module")
def region() -> Region:
    return make_region(edition="2020-12")


@pytest.fixture(scope="module")
def tagged(region: Region) -> Instance:
    """A subscription with tags and a named data disk; the other instance of the region has neither."""
    region.create_instance()
    region.clock.advance("2m")
    disk = {"DiskName": "logs.web", "Size": 20, "Category": "cloud_ssd", "Encrypted": True, "DeleteWithInstance": False}
    return region.create_instance(
        InstanceChargeType="PrePaid", Period=1, Tag=TAG, DataDisk=[disk], SystemDisk={"DiskName": "root"}
    )


def kinds(region: Region, **filters: Any) -> list[tuple[str, str]]:
    """The disks found, each by its type and its name."""
    return [(each["Type"], each["DiskName"]) for each in region.call("DescribeDisks", **filters)["Disks"]["Disk"]]


LOGS, ROOT, PLAIN = ("data", "logs.web"), ("system", "root"), ("system", "")


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, [ROOT, LOGS, PLAIN]),
        ({"DiskName": "logs.web"}, [LOGS]),
        ({"DiskName": "logs"}, []),
        ({"Category": "cloud_ssd"}, [LOGS]),
        ({"Category": "all"}, [ROOT, LOGS, PLAIN]),
        ({"Portable": True}, [LOGS]),
        ({"Portable": False}, [ROOT, PLAIN]),
        ({"Encrypted": True}, [LOGS]),
        ({"Encrypted": False}, [ROOT, LOGS, PLAIN]),
        ({"DeleteWithInstance": False}, [LOGS]),
        ({"DeleteAutoSnapshot": True}, []),
        ({"EnableAutoSnapshot": True}, [ROOT, LOGS, PLAIN]),
        ({"EnableAutomatedSnapshotPolicy": True}, []),
        ({"DiskChargeType": "PostPaid"}, [PLAIN]),
        ({"LockReason": "security"}, []),
        ({"SnapshotId": "s-none"}, []),
        ({"KMSKeyId": "none"}, []),
        ({"ResourceGroupId": "rg-none"}, []),
        ({"AutoSnapshotPolicyId": "sp-none"}, []),
        ({"EnableShared": True}, []),
        ({"EnableShared": False}, [ROOT, LOGS, PLAIN]),
        ({"Tag": TAG}, [ROOT, LOGS]),
        ({"Tag.1.key": "team"}, [ROOT, LOGS]),
        ({"Tag": [{"Key": "team", "Value": "red"}]}, []),
    ],
)
def test_disks_are_found_by_what_they_are(
    region: Region, tagged: Instance, filters: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    assert kinds(region, **filters) == found


def test_disks_are_found_by_the_time_of_their_creation(region: Region, tagged: Instance) -> None:
    created = tagged.describe()["CreationTime"]
    assert kinds(region, **{"Filter.1.Key": "CreationStartTime", "Filter.1.Value": created}) == [ROOT, LOGS]
    assert kinds(region, **{"Filter.2.Key": "CreationEndTime", "Filter.2.Value": created}) == [ROOT, LOGS, PLAIN]
    expiry = {"Filter.1.Key": "ExpiredStartTime", "Filter.1.Value": created}
    assert_refused("InvalidFilterKey.NotFound", partial(kinds, region, **expiry))


def test_the_tags_of_a_launch_are_those_of_its_parts_and_stay(region: Region, tagged: Instance) -> None:
    shown = [{"TagKey": "team", "TagValue": "blue"}]
    (card,) = region.call("DescribeNetworkInterfaces", Tag=TAG)["NetworkInterfaceSets"]["NetworkInterfaceSet"]
    assert (card["InstanceId"], card["Tags"]["Tag"]) == (tagged.id, shown)
    region.call("TagResources", ResourceType="instance", ResourceId=[tagged.id], Tag=[{"Key": "team", "Value": "red"}])
    disks = region.call("DescribeDisks", InstanceId=tagged.id)["Disks"]["Disk"]
    assert [each["Tags"]["Tag"] for each in disks] == [shown, shown]


def test_a_locked_instance_has_locked_disks() -> None:
    region = make_region(edition="2020-12")
    instance = region.create_instance()
    region.control("lock", instance=instance.id, reason="security")
    assert kinds(region, LockReason="security") == [PLAIN]


def test_disks_are_refused_with_their_own_codes(region: Region) -> None:
    refused: dict[str, dict[str, Any]] = {
        "InvalidDiskIds.Malformed": {"DiskIds": [f"d-{n}" for n in range(101)]},
        "InvalidDiskChargeType.NotFound": {"DiskChargeType": "Free"},
        "InvalidLockReason.NotFound": {"LockReason": "none"},
        "DryRunOperation": {"DryRun": True},
    }
    for code, given in refused.items():
        assert_refused(code, partial(kinds, region, **given))


def images(region: Region, **filters: Any) -> int:
    return int(region.call("DescribeImages", **filters)["TotalCount"])


def test_images_are_found_by_what_they_are(region: Region, tagged: Instance) -> None:
    every = images(region)
    for none in (
        {"SnapshotId": "s-none"},
        {"Tag": TAG},
        {"ImageFamily": "none"},
        {"ResourceGroupId": "rg-none"},
        {"Architecture": "i386"},
        {"IsSupportCloudinit": False},
        {"IsSupportIoOptimized": False},
        {"Filter.1.Key": "CreationEndTime", "Filter.1.Value": "2001-01-01T00:00Z"},
    ):
        assert images(region, **none) == 0, none
    for all in (
        {"ActionType": "ChangeOS"},
        {"Architecture": "x86_64"},
        {"ShowExpired": True},
        {"IsSupportCloudinit": True},
        {"Filter.1.Key": "CreationStartTime", "Filter.1.Value": "2001-01-01T00:00Z"},
    ):
        assert images(region, **all) == every, all
    assert (images(region, Usage="instance"), images(region, Usage="none")) == (1, every - 1)
    assert_refused("DryRunOperation", lambda: images(region, DryRun=True))
    wrong = {"Filter.1.Key": "CreationEndTime", "Filter.1.Value": "never"}
    assert_refused("InvalidFilterKey.NotFound", lambda: images(region, **wrong))


def test_advanced_security_groups_are_told_apart(region: Region) -> None:
    made = region.call("CreateSecurityGroup", SecurityGroupType="enterprise")["SecurityGroupId"]

    def found(**filters: Any) -> list[str]:
        shown = region.call("DescribeSecurityGroups", **filters)["SecurityGroups"]["SecurityGroup"]
        return [each["SecurityGroupId"] for each in shown]

    assert found(SecurityGroupType="enterprise") == [made]
    assert made not in found(SecurityGroupType="normal")
    assert found(ResourceGroupId="rg-none") == []
    assert_refused("DryRunOperation", lambda: found(DryRun=True))
    before = found()
    assert_refused(
        "InvalidResourceGroup.NotFound", lambda: region.call("CreateSecurityGroup", ResourceGroupId="rg-none")
    )
    assert found() == before


def test_cards_are_found_by_their_addresses(region: Region, tagged: Instance) -> None:
    def found(**filters: Any) -> list[str]:
        shown = region.call("DescribeNetworkInterfaces", **filters)["NetworkInterfaceSets"]["NetworkInterfaceSet"]
        return [each["InstanceId"] for each in shown]

    assert found(PrivateIpAddress=[tagged.private_ip, "10.255.255.1"]) == [tagged.id]
    assert found(ServiceManaged=True) == []
    assert tagged.id in found(ServiceManaged=False)


def test_instances_are_alike_in_their_metadata_service(region: Region, tagged: Instance) -> None:
    def found(**filters: Any) -> int:
        return int(region.call("DescribeInstances", **filters)["TotalCount"])

    assert found(HttpEndpoint="enabled", HttpTokens="optional") == found()
    assert found(HttpEndpoint="disabled") == found(HttpTokens="required") == found(RdmaIpAddresses='["10.0.0.1"]') == 0


@pytest.mark.parametrize(
    "action",
    ["DescribeInstances", "DescribeDisks", "DescribeImages", "DescribeSecurityGroups", "DescribeNetworkInterfaces"],
)
def test_a_tag_to_filter_by_has_a_key_and_there_are_not_too_many(region: Region, action: str) -> None:
    assert_refused("InvalidTag.Mismatch", lambda: region.call(action, Tag=[{"Value": "blue"}]))
    assert_refused("InvalidTagCount", lambda: region.call(action, Tag=[{"Key": f"k{n}"} for n in range(21)]))
