"""Launches of today: settings that are shown, names and addresses of a batch, disks, and what excludes one another."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from faultzone import Region, assert_nothing_made, assert_refused, one

clause = pytest.mark.clause

LOCAL_DISKS = "ecs.i2.xlarge"


@clause("instance/launch-settings")
def test_settings_are_shown_of_each_instance_of_a_batch(region: Region) -> None:
    """And of none that was launched without them."""
    asked: dict[str, Any] = {
        "ClockOptions": {"PtpStatus": "enabled"},
        "HibernationOptions": {"Configured": True},
        "ImageOptions": {"LoginAsNonRoot": True},
        "SecurityOptions": {"EnableSecureBoot": True},
        "PrivateDnsNameOptions": {"HostnameType": "IpBased", "EnableIpDnsARecord": True},
    }
    usual: dict[str, Any] = {
        "ClockOptions": {"PtpStatus": "disabled"},
        "HibernationOptions": {"Configured": False},
        "ImageOptions": {"LoginAsNonRoot": False},
        "SecurityOptions": {"EnableSecureBoot": False},
        "PrivateDnsNameOptions": {"HostnameType": "Custom", "EnableIpDnsARecord": False},
    }
    made = region.run_instances(2, HttpEndpoint="disabled", HttpTokens="required", **asked)
    for each in (*made, one(region.run_instances(1))):
        shown, expected = each.describe(), asked if each in made else usual
        for name, fields in expected.items():
            assert {field: shown.get(name, {}).get(field, usual[name][field]) for field in fields} == fields
        metadata = shown["MetadataOptions"]
        wanted = ("disabled", "required") if each in made else ("enabled", "optional")
        assert (metadata["HttpEndpoint"], metadata["HttpTokens"]) == wanted


@clause("instance/launch-cpu-options")
def test_cores_and_threads_are_chosen_at_the_launch(region: Region) -> None:
    """One thread of each core, and the topology."""
    topology = "DiscreteCoreToHTMapping"
    asked = {"Core": 1, "ThreadsPerCore": 1, "TopologyType": topology}
    shown = one(region.run_instances(1, CpuOptions=asked)).describe()["CpuOptions"]
    assert (shown["CoreCount"], shown["ThreadsPerCore"], shown["TopologyType"]) == (1, 1, topology)
    for wrong in ({"Core": 1000}, {"ThreadsPerCore": 64}, {"TopologyType": "Ring"}):
        assert_nothing_made(region, partial(region.run_instances, wait=False, CpuOptions=wrong), "InvalidParameter")


@clause("instance/spot-interruption")
def test_what_becomes_of_a_spot_instance_is_said_at_the_launch(region: Region) -> None:
    """By default it is released, and not within the first hour."""
    spot: dict[str, Any] = {"SpotStrategy": "SpotAsPriceGo"}
    plain = one(region.run_instances(1, **spot)).describe()
    assert (plain["SpotInterruptionBehavior"], plain["SpotDuration"]) == ("Terminate", 1)
    asked = one(region.run_instances(1, **spot, SpotInterruptionBehavior="Stop", SpotDuration=0)).describe()
    assert (asked["SpotInterruptionBehavior"], asked["SpotDuration"]) == ("Stop", 0)
    refused: tuple[tuple[dict[str, Any], str], ...] = (
        ({"SpotInterruptionBehavior": "Hibernate"}, "InvalidSpotInterruptionBehavior"),
        ({"SpotDuration": 2}, "InvalidSpotDuration"),
        (
            {"SpotInterruptionBehavior": "Stop", "InstanceType": LOCAL_DISKS},
            "InvalidSpotInterruptionBehavior.LocalDiskNotSupport",
        ),
    )
    for wrong, code in refused:
        assert_nothing_made(region, partial(region.run_instances, wait=False, **{**spot, **wrong}), code)
    stays = one(region.run_instances(1, instance_type=LOCAL_DISKS, **spot, SpotInterruptionBehavior="Terminate"))
    assert stays.describe()["SpotInterruptionBehavior"] == "Terminate"


@clause("instance/private-pools")
def test_a_launch_takes_from_the_public_pool_where_there_is_no_private_one(region: Region) -> None:
    """Open and None do; Target names a pool, and there is none."""
    for criteria in ("Open", "None"):
        assert len(region.run_instances(1, PrivatePoolOptions={"MatchCriteria": criteria})) == 1
    for wrong, code in (
        ({"MatchCriteria": "Target"}, "MissingParameter.PrivatePoolOptionsId"),
        ({"MatchCriteria": "Target", "Id": "eap-nosuchpool"}, "Invalid.PrivatePoolOptionsId"),
    ):
        for launch in (region.run_instances, region.create_instance):
            assert_nothing_made(region, partial(launch, wait=False, PrivatePoolOptions=wrong), code)


@clause("instance/launch-alternatives")
def test_what_excludes_one_another_is_refused_together(region: Region) -> None:
    """Each by itself is taken."""
    group = region.call("CreateSecurityGroup")["SecurityGroupId"]
    usual = {"ImageId": region.defaults["image"], "InstanceType": region.defaults["instance-type"]}
    family = family_of(region)
    pairs: tuple[dict[str, Any], ...] = (
        {"SecurityGroupId": group, "SecurityGroupIds": [group]},
        {"HostName": "web", "HostNames": ["web"]},
        {"ImageFamily": family},
    )
    for both in pairs:
        with_both = partial(region.call, "RunInstances", **usual, **both)
        assert_nothing_made(region, with_both, "InvalidParameter.Conflict")
        for name, value in both.items():
            given = {name: value, **usual}
            if name == "ImageFamily":
                del given["ImageId"]
            assert region.call("RunInstances", **given)["InstanceIdSets"]["InstanceIdSet"]
    created = partial(region.call, "CreateInstance", **usual, ImageFamily=family)
    assert_nothing_made(region, created, "InvalidParameter.Conflict")


def family_of(region: Region) -> str:
    """The family of an image that the region has."""
    images = region.call("DescribeImages", PageSize=100)["Images"]["Image"]
    families = [each["ImageFamily"] for each in images if each.get("ImageFamily")]
    assert families, "no image has a family"
    return str(families[0])


@clause("instance/image-family")
def test_a_family_stands_for_its_newest_image(region: Region) -> None:
    """By RunInstances and CreateInstance."""
    family = family_of(region)
    listed = region.call("DescribeImages", ImageFamily=family, PageSize=100)["Images"]["Image"]
    newest = max(listed, key=lambda each: str(each["CreationTime"]))["ImageId"]
    asked = {"InstanceType": region.defaults["instance-type"], "ImageFamily": family}
    (ran,) = region.call("RunInstances", **asked)["InstanceIdSets"]["InstanceIdSet"]
    created = region.call("CreateInstance", **asked)["InstanceId"]
    assert [region.instance(each).describe()["ImageId"] for each in (ran, created)] == [newest, newest]
    assert_refused(
        "InvalidImageId.NotFound", partial(region.call, "RunInstances", **{**asked, "ImageFamily": "acs:nosuchfamily"})
    )


@clause("instance/host-names")
def test_each_instance_has_the_host_name_of_its_number(region: Region) -> None:
    """In the order of the ids."""
    made = region.run_instances(3, HostNames=["red", "green", "blue"])
    assert sorted(each.describe()["HostName"] for each in made) == ["blue", "green", "red"]
    assert_nothing_made(
        region, partial(region.run_instances, 2, wait=False, HostNames=["red", "-"]), "InvalidHostName.Malformed"
    )


@clause("instance/host-name-of-id")
def test_a_host_name_has_the_id_of_its_instance(region: Region) -> None:
    """Each of a batch its own."""
    made = region.run_instances(2, HostName="k8s-${instance_id}")
    assert [each.describe()["HostName"] for each in made] == [f"k8s-{each.id}" for each in made]


@clause("instance/consecutive-addresses")
def test_a_batch_has_the_addresses_from_the_one_that_is_named(region: Region) -> None:
    """All of them, or none where one is taken."""
    first = one(region.run_instances(1)).describe()["VpcAttributes"]["PrivateIpAddress"]["IpAddress"][0]
    head, _, last = first.rpartition(".")
    begin = int(last) + 20
    made = region.run_instances(3, PrivateIpAddress=f"{head}.{begin}")
    assert sorted(each.private_ip for each in made) == [f"{head}.{begin + number}" for number in range(3)]
    for start in (begin - 1, begin + 2):
        assert_nothing_made(
            region,
            partial(region.run_instances, 2, wait=False, PrivateIpAddress=f"{head}.{start}"),
            "InvalidPrivateIpAddress.Duplicated",
        )


@clause("instance/disk-settings")
def test_disks_show_what_the_launch_said_of_them(region: Region) -> None:
    """The system disk and a data disk, each its own."""
    of_system = {
        "Category": "cloud_auto",
        "ProvisionedIops": 500,
        "BurstingEnabled": True,
        "AutoSnapshotPolicyId": "sp-1",
    }
    of_data = {"Category": "cloud_essd", "Size": 40, "Encrypted": True, "KMSKeyId": "key-1"}
    made = one(region.run_instances(1, SystemDisk=of_system, DataDisk=[of_data]))
    disks = region.call("DescribeDisks", InstanceId=made.id)["Disks"]["Disk"]
    by_type = {each["Type"]: each for each in disks}
    assert {name: by_type["system"][name] for name in of_system} == of_system
    assert {name: by_type["data"][name] for name in of_data} == of_data
    assert (by_type["system"]["Encrypted"], by_type["data"]["AutoSnapshotPolicyId"]) == (False, "")
    assert (by_type["data"]["ProvisionedIops"], by_type["data"]["BurstingEnabled"]) == (0, False)
    for wrong in ({"ProvisionedIops": 500}, {"BurstingEnabled": True}):
        for disk in ({"SystemDisk": {"Category": "cloud_essd", **wrong}}, {"DataDisk": [{"Size": 40, **wrong}]}):
            assert_nothing_made(region, partial(region.run_instances, wait=False, **disk), "InvalidParameter.Conflict")
