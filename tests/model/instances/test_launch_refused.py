"""A launch that is refused, or only tried, leaves no trace: not in placement, and not in what is made next."""

from __future__ import annotations

from typing import Any

import pytest

from faultzone.api.errors import ApiError
from faultzone.backends.local import LocalBackend
from faultzone.editions import load
from faultzone.model.core.shape import Shape

RUN = {"ImageId": "centos_7_06_64_20G_alibase_20190218.vhd", "InstanceType": "ecs.g5.large", "RegionId": "cn-hangzhou"}


def made(backend: LocalBackend, **more: Any) -> list[str]:
    return list(backend.call("RunInstances", {**RUN, **more})["InstanceIdSets"]["InstanceIdSet"])


def placed(backend: LocalBackend) -> list[tuple[str, int]]:
    """Every instance with its host, in the order in which they were made."""
    (region,) = backend.cloud.regions.values()
    return [(each.id, each.host.index) for each in region.instances.values() if each.host is not None]


@pytest.mark.parametrize(
    ("refused", "code"),
    [
        ({"Amount": 9, "ZoneId": "cn-hangzhou-a"}, "OperationDenied.NoStock"),
        ({"Amount": 3, "DryRun": True}, "DryRunOperation"),
        (
            {"InstanceChargeType": "PrePaid", "Period": 1, "DeletionProtection": True},
            "InvalidChargeType.ValueNotSupported",
        ),
        ({"InstanceChargeType": "PrePaid", "Period": 1, "SpotStrategy": "SpotAsPriceGo"}, "InvalidSpotPrepaid"),
        ({"Password": "Abcd-1234", "PasswordInherit": True}, "InvalidPasswordParam.Mismatch"),
        ({"SpotStrategy": "SpotAsPriceGo", "DeletionProtection": True}, "InvalidChargeType.ValueNotSupported"),
        ({"Amount": 9, "DryRun": True}, "OperationDenied.NoStock"),
        ({"SystemDisk.Size": "abc"}, "InvalidParameter"),
        ({"SystemDisk.Size": "19"}, "InvalidSystemDiskSize.ValueNotSupported"),
        ({"SystemDisk.Size": "501"}, "InvalidSystemDiskSize.ValueNotSupported"),
        ({"SystemDisk.Category": "floppy"}, "InvalidSystemDiskCategory.ValueNotSupported"),
        ({"SystemDisk.DiskName": "x"}, "InvalidDiskName.Malformed"),
        ({"SystemDisk.Description": "http://x"}, "InvalidDiskDescription.Malformed"),
        ({"DataDisk.1.Size": "4"}, "InvalidDataDiskSize.ValueNotSupported"),
        ({"DataDisk.1.Category": "floppy"}, "InvalidDataDiskCategory.ValueNotSupported"),
        ({"DataDisk.1.Encrypted": "maybe"}, "InvalidParameter"),
        ({"DataDisk.1.PerformanceLevel": "PL1"}, "UnsupportedParameter"),
        ({"DataDisk.1.SnapshotId": "s-bp1nosuchsnapshot0"}, "InvalidDataDiskSnapshotId.NotFound"),
        ({"SpotPriceLimit": "much"}, "InvalidSpotPriceLimit"),
        ({"Password": "short"}, "InvalidPassword.Malformed"),
        ({"Tag.1.Value": "web"}, "InvalidTagKey.Malformed"),
        ({"Tag.1.key": "tier", "Tag.1.Key": "tier"}, "InvalidParameter"),
        ({"Tag": [{"Key": "k" * 65}]}, "InvalidTagKey.Malformed"),
        ({"Tag": [{"Key": "a", "Value": "aliyun"}]}, "InvalidTagValue.Malformed"),
        ({"InstanceName": "web.example.com"}, "InvalidInstanceName.Malformed"),
        ({"KeyPairName": "none"}, "InvalidKeyPairName.NotFound"),
        ({"ResourceGroupId": "rg-none"}, "InvalidResourceGroup.NotFound"),
        ({"HpcClusterId": "hpc-none"}, "InvalidHpcClusterId.NotFound"),
        ({"DataDisk.1.KMSKeyId": "none"}, "InvalidParameter.KMSKeyId.NotFound"),
        ({"InternetChargeType": "Free"}, "InvalidInternetChargeType.ValueNotSupported \\(400\\)"),
        ({"IoOptimized": "maybe"}, "InvalidIoOptimizedValue.ValueNotSupported"),
        ({"SpotPriceLimit": "0.1234"}, "InvalidSpotPriceLimit"),
        ({"Tag": [{"Key": f"k{n}"} for n in range(21)]}, "InvalidTagCount"),
        *(
            ({"InstanceChargeType": "PrePaid", "Period": 1, "AutoRenew": True, **given}, "InvalidAutoRenewPeriod")
            for given in (
                {"AutoRenewPeriod": 5},
                {"AutoRenewPeriod": 24},
                {"AutoRenewPeriod": 0},
                {"AutoRenewPeriod": 6, "PeriodUnit": "Week"},
            )
        ),
        ({"SpotInterruptionBehavior": "Stop"}, "InvalidSpotInterruptionBehavior"),
        ({"InstanceName": "web-[1,3]"}, "InvalidInstanceName.Malformed"),
        ({"Tag": [{"Key": "a"}, {"Key": "a"}]}, "Duplicate.TagKey"),
        ({"InstanceChargeType": "PrePaid", "Period": 1, "AutoPay": False}, "UnsupportedParameter"),
    ],
)
def test_what_follows_a_refusal_is_as_if_it_had_not_been(refused: dict[str, Any], code: str) -> None:
    shape = Shape(zones=1, hosts_per_zone=4, supply={"*/ecs.g5": 8})
    untouched, tried = LocalBackend((shape,)), LocalBackend((shape,))
    with pytest.raises(ApiError, match=code):
        made(tried, **refused)
    for backend in (untouched, tried):
        made(backend, Amount=3)
    assert placed(tried) == placed(untouched)


@pytest.mark.parametrize("charge", [{"InstanceChargeType": "PrePaid", "Period": 1}, {"SpotStrategy": "SpotAsPriceGo"}])
def test_what_cannot_be_launched_with_protection_cannot_be_given_it_later(charge: dict[str, Any]) -> None:
    backend = LocalBackend((Shape(),))
    (instance,) = made(backend, **charge)
    with pytest.raises(ApiError, match=r"InvalidChargeType\.ValueNotSupported"):
        backend.call("ModifyInstanceAttribute", {"InstanceId": instance, "DeletionProtection": True})


@pytest.mark.parametrize(
    "taken",
    [
        {"InstanceName": "web.example.com"},
        {"Tag": [{"Key": "k" * 128, "Value": "aliyun"}]},
        {"InstanceChargeType": "PrePaid", "Period": 1, "AutoRenew": True, "AutoRenewPeriod": 24},
    ],
)
def test_what_a_later_edition_takes(taken: dict[str, Any]) -> None:
    assert made(LocalBackend((Shape(),), edition=load("2020-12")), **taken)


@pytest.mark.parametrize(
    ("refused", "code"),
    [
        ({"Key": "see http://x"}, "InvalidTagKey.Malformed"),
        ({"Key": "a", "Value": "see http://x"}, "InvalidTagValue.Malformed"),
    ],
)
def test_what_a_later_edition_refuses(refused: dict[str, str], code: str) -> None:
    assert made(LocalBackend(), Tag=[refused])
    with pytest.raises(ApiError, match=code):
        made(LocalBackend(edition=load("2020-12")), Tag=[refused])


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("web-[1,3]", ["web-001", "web-002"]),
        ("web-[9,1]-a", ["web-9-a001", "web-10-a002"]),
        ("web-[]", ["web-000000", "web-000001"]),
        ("web-[7]", ["web-000007", "web-000008"]),
        ("web-[,2]", ["web-00", "web-01"]),
        ("web-[7,]", ["web-000007", "web-000008"]),
        ("web", ["web001", "web002"]),
    ],
)
def test_names_of_a_batch(name: str, names: list[str]) -> None:
    backend = LocalBackend((Shape(),), edition=load("2020-12"))
    made(backend, InstanceName=name, HostName=name, UniqueSuffix=True, Amount=2)
    shown = backend.call("DescribeInstances", {"RegionId": "cn-hangzhou"})["Instances"]["Instance"]
    assert sorted(each["InstanceName"] for each in shown) == sorted(names)
    assert sorted(each["HostName"] for each in shown) == sorted(names)


@pytest.mark.parametrize(
    "name", ["web-[1,7]", "web-[1,0]", "web-[a]", "web-[1, 3]", "web-[1", "[1,3]", "web-[1][2]", "web-[1000000,1]"]
)
def test_names_that_number_nothing(name: str) -> None:
    backend = LocalBackend((Shape(),), edition=load("2020-12"))
    for given, code in (
        ({"InstanceName": name}, "InvalidInstanceName"),
        ({"HostName": f"a{name}]["}, "InvalidHostName"),
    ):
        with pytest.raises(ApiError, match=code):
            made(backend, **given)
    assert placed(backend) == []


def test_only_a_batch_is_numbered() -> None:
    backend = LocalBackend((Shape(),), edition=load("2020-12"))
    with pytest.raises(ApiError, match="InvalidInstanceName"):
        backend.call("CreateInstance", {**RUN, "InstanceName": "web-[1,3]"})
    template = {**RUN, "LaunchTemplateName": "web", "InstanceName": "web-[1,3]"}
    assert backend.call("CreateLaunchTemplate", template)["LaunchTemplateId"]


def test_windows_looks_at_no_key_pair() -> None:
    assert made(LocalBackend(), KeyPairName="none", ImageId="win2016_64_dtc_1607_en-us_40G_alibase_20181220.vhd")


def test_a_template_may_name_what_is_not_there_and_a_launch_from_it_not() -> None:
    backend = LocalBackend()
    template = {**RUN, "LaunchTemplateName": "web", "KeyPairName": "none"}
    made_of = {
        "RegionId": "cn-hangzhou",
        "LaunchTemplateId": backend.call("CreateLaunchTemplate", template)["LaunchTemplateId"],
    }
    with pytest.raises(ApiError, match=r"InvalidKeyPairName\.NotFound"):
        backend.call("RunInstances", made_of)
    assert placed(backend) == []


def test_a_batch_is_placed_as_its_instances_would_be_one_by_one() -> None:
    shape = Shape(zones=1, hosts_per_zone=4)
    batch, singly = LocalBackend((shape,)), LocalBackend((shape,))
    for backend in (batch, singly):
        made(backend, InstanceType="ecs.g5.xlarge")
    made(batch, Amount=10)
    for _ in range(10):
        made(singly)
    assert placed(batch) == placed(singly)


def test_a_batch_takes_no_more_than_a_host_holds() -> None:
    backend = LocalBackend((Shape(zones=1, hosts_per_zone=2, host_vcpus=4, host_memory_gib=64),))
    assert len(made(backend, Amount=9, MinAmount=1)) == 4, "two instances of 2 vCPUs on each host"


def test_a_launch_template_is_found_by_its_id_or_its_name_which_none_shares() -> None:
    backend = LocalBackend()
    kinds = {"small": "ecs.g5.large", "large": "ecs.g5.xlarge"}
    ids: dict[str, str] = {}
    for name, kind in kinds.items():
        template = {
            "RegionId": "cn-hangzhou",
            "LaunchTemplateName": name,
            "InstanceType": kind,
            "ImageId": RUN["ImageId"],
        }
        ids[name] = backend.call("CreateLaunchTemplate", template)["LaunchTemplateId"]
        with pytest.raises(ApiError, match=r"LaunchTemplateName\.Duplicated"):
            backend.call("CreateLaunchTemplate", template)

    def launched(**by: str) -> str:
        (made,) = backend.call("RunInstances", {"RegionId": "cn-hangzhou", **by})["InstanceIdSets"]["InstanceIdSet"]
        listed = backend.call("DescribeInstances", {"RegionId": "cn-hangzhou", "InstanceIds": [made]})
        return str(listed["Instances"]["Instance"][0]["InstanceType"])

    assert {name: launched(LaunchTemplateId=ids[name]) for name in kinds} == kinds
    assert {name: launched(LaunchTemplateName=name) for name in kinds} == kinds
    assert launched(LaunchTemplateName="small", InstanceType="ecs.g5.xlarge") == "ecs.g5.xlarge", "the call says so"
    with pytest.raises(ApiError, match=r"InvalidLaunchTemplate\.NotFound"):
        launched(LaunchTemplateId=ids["small"], LaunchTemplateName="large")
    backend.call("DeleteLaunchTemplate", {"RegionId": "cn-hangzhou", "LaunchTemplateName": "small"})
    with pytest.raises(ApiError, match=r"InvalidLaunchTemplate\.NotFound"):
        launched(LaunchTemplateId=ids["small"])
    assert launched(LaunchTemplateName="large") == "ecs.g5.xlarge"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, r"MissingParameter.*DeploymentSetId"),
        ({"DedicatedHostId": "dh-1"}, r"InvalidDedicatedHostId\.NotFound"),
        ({"DeploymentSetId": "ds-none"}, r"DeploymentSet\.InvalidId"),
    ],
)
def test_a_move_to_what_is_not_there_is_refused(given: dict[str, str], code: str) -> None:
    backend = LocalBackend()
    (instance,) = made(backend)
    with pytest.raises(ApiError, match=code):
        backend.call("ModifyInstanceDeployment", {"RegionId": "cn-hangzhou", "InstanceId": instance, **given})
