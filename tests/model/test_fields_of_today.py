"""What the edition 2026-10 shows besides, where the model knows it."""

from __future__ import annotations

from typing import Any

import pytest

from faultzone import Region, make_region
from faultzone.editions import load


@pytest.fixture
def region() -> Region:
    return make_region(edition="2026-10", zones=2, hosts_per_zone=8)


def one(region: Region, action: str, wrapper: str, item: str, **asked: object) -> dict[str, Any]:
    (shown,) = region.call(action, **asked)[wrapper][item]
    return dict(shown)


def test_a_set_shows_the_zones_that_it_has_members_in(region: Region) -> None:
    group = region.create_deployment_set()
    first, _ = region.zones
    region.run_instances(3, deployment_set=group, zone=first)
    shown = group.describe()
    limit = load("2026-10").deployment_set.zone_limit
    assert shown["Capacities"] == {"Capacity": [{"ZoneId": first, "UsedAmount": 3, "AvailableAmount": limit - 3}]}
    assert (shown["AccountId"], shown["Type"], shown["Affinity"]) == (int(region.accounts[0]), "host", 1)


def test_an_instance_shows_its_card_and_how_it_is_taken_back(region: Region) -> None:
    (plain,), (spot,) = region.run_instances(1), region.run_instances(1, SpotStrategy="SpotAsPriceGo")
    (card,) = plain.describe()["NetworkInterfaces"]["NetworkInterface"]
    address = {"PrivateIpAddress": plain.private_ip, "Primary": True, "PrivateDnsName": ""}
    assert card["PrivateIpSets"] == {"PrivateIpSet": [address]}
    assert [each.describe()["SpotInterruptionBehavior"] for each in (plain, spot)] == ["", "Terminate"]
    assert plain.describe()["MetadataOptions"]["HttpTokens"] == "optional"


def test_a_disk_shows_where_it_is_attached_and_until_when(region: Region) -> None:
    (plain,) = region.run_instances(1)
    disk = one(region, "DescribeDisks", "Disks", "Disk", InstanceId=plain.id)
    attached = {"InstanceId": plain.id, "Device": disk["Device"], "AttachedTime": disk["AttachedTime"]}
    assert disk["Attachments"] == {"Attachment": [attached]}
    assert (disk["SerialNumber"], disk["MultiAttach"]) == (disk["DiskId"][2:], "Disabled")
    (term,) = region.run_instances(1, InstanceChargeType="PrePaid", Period=1)
    other = one(region, "DescribeDisks", "Disks", "Disk", InstanceId=term.id)
    assert [disk["ExpiredTime"], other["ExpiredTime"]] == ["2099-12-31T15:59Z", term.describe()["ExpiredTime"]]


def test_a_card_shows_its_instance_and_owner(region: Region) -> None:
    (instance,) = region.run_instances(1)
    card = one(region, "DescribeNetworkInterfaces", "NetworkInterfaceSets", "NetworkInterfaceSet")
    assert (card["OwnerId"], card["Attachment"]["InstanceId"]) == (region.accounts[0], instance.id)
    assert card["DeleteOnRelease"] is True


def test_images_of_the_provider_are_public(region: Region) -> None:
    images = region.call("DescribeImages", PageSize=100)["Images"]["Image"]
    assert {each["ImageOwnerAlias"]: each["IsPublic"] for each in images}["system"] is True
    assert [each for each in images if each["IsPublic"] != (each["ImageOwnerAlias"] == "system")] == []


def test_a_deleted_template_shows_its_version(region: Region) -> None:
    template = region.call("CreateLaunchTemplate", LaunchTemplateName="plain")["LaunchTemplateId"]
    deleted = region.call("DeleteLaunchTemplate", LaunchTemplateId=template)
    assert deleted["LaunchTemplateVersionNumbers"] == {"versionNumbers": [1]}


def test_a_target_shows_when_something_last_happened_to_it(region: Region) -> None:
    (instance,) = region.run_instances(1)
    ran = region.run_command("sleep 60", on=instance, wait=False)

    def times() -> dict[str, Any]:
        (target,) = ran.describe()["InvokeInstances"]["InvokeInstance"]
        return dict(target)

    assert times()["UpdateTime"] == times()["CreationTime"]
    region.clock.advance("30s")
    assert times()["UpdateTime"] == times()["StartTime"] != ""
    region.clock.advance("2m")
    assert times()["UpdateTime"] == times()["FinishTime"] > times()["StartTime"]


def test_a_sent_file_shows_when_it_arrived(region: Region) -> None:
    (instance,) = region.run_instances(1)
    region.call("SendFile", Name="a", TargetDir="/tmp", Content="b", InstanceId=[instance.id])
    region.clock.advance("1m")
    (target,) = one(region, "DescribeSendFileResults", "Invocations", "Invocation")["InvokeInstances"]["InvokeInstance"]
    assert target["UpdateTime"] == target["FinishTime"] >= target["CreationTime"]


def test_an_agent_shows_what_it_has_run(region: Region) -> None:
    busy, idle = region.run_instances(2)
    region.run_command("true", on=busy)
    ran = region.run_command("sleep 600", on=busy, wait=False)
    region.clock.advance("10s")
    answer = region.call("DescribeCloudAssistantStatus", InstanceId=[busy.id, idle.id])
    shown = answer["InstanceCloudAssistantStatusSet"]["InstanceCloudAssistantStatus"]
    assert [(each["InvocationCount"], each["ActiveTaskCount"]) for each in shown] == [(1, 1), (0, 0)]
    assert [each["LastInvokedTime"] for each in shown] == [ran.result(busy)["StartTime"], ""]


def test_an_event_shows_for_when_it_was_first_planned(region: Region) -> None:
    planned, begun = region.run_instances(2)
    region.chaos.maintenance(planned.id, within="1d")
    region.clock.advance("2d")
    region.chaos.crash(str(begun.host))
    region.wait_for_event("SystemFailure.Reboot", instance=begun, state="Executed")
    events = region.call("DescribeInstanceHistoryEvents")["InstanceSystemEventSet"]["InstanceSystemEventType"]
    first = {each["InstanceId"]: each["ExtendedAttribute"].get("InitialNotBefore") for each in events}
    due = {each["InstanceId"]: each.get("NotBefore") for each in events}
    assert first == due
    assert (first[begun.id], first[planned.id] is None) == (None, False)
    assert {each["ResourceType"] for each in events} == {"instance"}


def test_a_launch_shows_what_its_subscriptions_cost(region: Region) -> None:
    region.set_prices(monthly="12.5")
    region.top_up(1000)
    asked = {"ImageId": region.defaults["image"], "InstanceType": region.defaults["instance-type"]}
    bought = region.call("RunInstances", InstanceChargeType="PrePaid", Period=2, Amount=3, **asked)
    assert bought["TradePrice"] == 75
    assert "TradePrice" not in region.call("RunInstances", **asked)
    assert region.call("CreateInstance", InstanceChargeType="PrePaid", Period=1, **asked)["TradePrice"] == 12.5


def test_disks_that_can_be_had_show_their_sizes(region: Region) -> None:
    def offered(kind: str) -> set[tuple[object, ...]]:
        asked = {"DestinationResource": kind, "InstanceType": "ecs.g5.large"}
        asked |= {"SystemDiskCategory": "cloud_ssd", "DataDiskCategory": "cloud_ssd"}
        zones = region.call("DescribeAvailableResource", **asked)["AvailableZones"]["AvailableZone"]
        kinds = [each["AvailableResources"]["AvailableResource"][0] for each in zones]
        disks = [each for kind in kinds for each in kind["SupportedResources"]["SupportedResource"]]
        return {(each.get("Min"), each.get("Max"), each.get("Unit")) for each in disks}

    assert offered("SystemDisk") == {(20, 2048, "GiB")}
    assert offered("DataDisk") == {(20, 32768, "GiB")}
    assert offered("Zone") == {(None, None, None)}


def test_an_image_shows_its_family(region: Region) -> None:
    image = one(region, "DescribeImages", "Images", "Image", ImageId="ubuntu_22_04_x64_20G_alibase_20240130.vhd")
    assert image["ImageFamily"] == "acs:ubuntu_22_04_x64"
