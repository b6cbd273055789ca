"""Instances: changes of type, bandwidth and addresses in October 2026."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from faultzone import Instance, Region, assert_refused
from faultzone_specs.observing import listed, metadata, refused_unchanged

clause, needs = pytest.mark.clause, pytest.mark.needs

SMALL, LARGE, LOCAL = "ecs.g5.large", "ecs.g5.2xlarge", "ecs.i2.xlarge"
#: Codes for a state in which an instance keeps its type: the page of the action has one, the list for all the other.
NOT_NOW = ("InvalidStatus.ValueNotSupported", "IncorrectInstanceStatus")


def stopped(region: Region, **asked: object) -> Instance:
    """A small instance that ran before, and is Stopped."""
    (instance,) = region.run_instances(instance_type=SMALL, **asked)  # type: ignore[arg-type]
    return instance.stop()


def change(instance: Instance, action: str = "ModifyInstanceSpec", **asked: object) -> dict[str, Any]:
    """What an instance shows of itself after a change."""
    instance.region.call(action, InstanceId=instance.id, **asked)
    return instance.describe()


def bandwidth(shown: dict[str, Any]) -> tuple[int, int]:
    """How much may go out and come in."""
    return shown["InternetMaxBandwidthOut"], shown["InternetMaxBandwidthIn"]


def public(instance: Instance) -> list[str]:
    """The public addresses that an instance shows."""
    return list(instance.describe()["PublicIpAddress"]["IpAddress"])


def type_of(shown: dict[str, Any]) -> tuple[str, int, int]:
    """The type, with its vCPUs and its memory in MiB."""
    return shown["InstanceType"], shown["Cpu"], shown["Memory"]


# Types


@clause("instance/modify-spec-type")
def test_a_stopped_instance_becomes_another_type(region: Region) -> None:
    """Larger and smaller; all else stays, and it starts."""
    instance = stopped(region)
    kept = {name: value for name, value in metadata(instance).items() if name not in ("InstanceType", "Cpu", "Memory")}
    for name, vcpus, memory in ((LARGE, 8, 32768), (SMALL, 2, 8192), ("ecs.c5.xlarge", 4, 8192)):
        shown = change(instance, InstanceType=name)
        assert type_of(shown) == (name, vcpus, memory)
        assert instance.start().status == "Running"
        assert type_of(instance.describe()) == (name, vcpus, memory)
        instance.stop()
    after = metadata(instance)
    changes = {"InstanceTypeFamily", "CpuOptions"}
    assert {name for name, value in kept.items() if after[name] != value} <= changes
    assert listed(region, [instance], InstanceType="ecs.c5.xlarge") == {instance.id}
    assert listed(region, [instance], InstanceType=SMALL) == set()


@clause("instance/modify-spec-type")
def test_one_that_is_stopped_without_charge_becomes_another_type(region: Region) -> None:
    """It has no host meanwhile."""
    (instance,) = region.run_instances(instance_type=SMALL)
    instance.stop(StoppedMode="StopCharging")
    assert type_of(change(instance, InstanceType=LARGE))[0] == LARGE
    assert instance.start().describe()["InstanceType"] == LARGE


@clause("instance/modify-spec-type")
@needs("move-time")
def test_any_other_state_keeps_the_type(region: Region) -> None:
    """From Pending to Stopping."""
    (instance,) = region.run_instances(instance_type=SMALL, wait=False)
    for status in ("Pending", "Starting", "Running", "Stopping"):
        if status == "Stopping":
            instance.stop(wait=False)
        instance.wait_until(status)
        refused_unchanged(instance, "ModifyInstanceSpec", NOT_NOW, InstanceType=LARGE)


@clause("instance/modify-spec-type")
def test_what_cannot_become_another_type_keeps_its_own(region: Region) -> None:
    """Local disks on either side, a subscription, and a type that there is not."""
    refused_unchanged(stopped(region), "ModifyInstanceSpec", "CategoryViolation", InstanceType=LOCAL)
    refused_unchanged(
        region.create_instance(instance_type=LOCAL), "ModifyInstanceSpec", "CategoryViolation", InstanceType=SMALL
    )
    unknown = ("InvalidInstanceType.ValueNotSupported", "InvalidInstanceType.ValueUnauthorized")
    refused_unchanged(stopped(region), "ModifyInstanceSpec", unknown, InstanceType="ecs.none.large")
    term = region.create_instance(instance_type=SMALL, InstanceChargeType="PrePaid", Period=1)
    refused_unchanged(term, "ModifyInstanceSpec", "ChargeTypeViolation", InstanceType=LARGE)


@clause("instance/modify-spec-stock")
@needs("set-supply")
def test_without_stock_it_keeps_its_type(region: Region) -> None:
    """Whether it was stopped with charge or without; what it has itself is stock for its own family."""
    kept = stopped(region)
    (free,) = region.run_instances(instance_type=SMALL)
    free.stop(StoppedMode="StopCharging")
    with region.chaos.shortage(family="ecs.c5"):
        for instance in (kept, free):
            refused_unchanged(instance, "ModifyInstanceSpec", "OperationDenied.NoStock", InstanceType="ecs.c5.large")
    assert type_of(change(kept, InstanceType="ecs.c5.large"))[0] == "ecs.c5.large"


@clause("instance/modify-spec-stock")
@pytest.mark.region(zones=1, hosts_per_zone=1, host_vcpus=8, host_memory_gib=32)
@needs("shape-region", "set-supply")
def test_a_host_that_is_full_has_no_stock(region: Region) -> None:
    """Its own vCPUs count as free for it."""
    instance, other = stopped(region), stopped(region)
    refused_unchanged(instance, "ModifyInstanceSpec", "OperationDenied.NoStock", InstanceType=LARGE)
    assert type_of(change(instance, InstanceType="ecs.g5.xlarge"))[0] == "ecs.g5.xlarge"
    refused_unchanged(other, "ModifyInstanceSpec", "OperationDenied.NoStock", InstanceType=LARGE)
    region.call("DeleteInstance", InstanceId=other.id)
    assert type_of(change(instance, InstanceType=LARGE))[0] == LARGE
    assert instance.start().status == "Running"


@clause("instance/modify-spec-one-change")
def test_one_change_a_call(region: Region) -> None:
    """Two are too many, none is too few."""
    instance = stopped(region)
    refused = partial(refused_unchanged, instance, "ModifyInstanceSpec")
    for more in ({"InternetMaxBandwidthOut": 5}, {"InternetMaxBandwidthIn": 5}):
        refused("InvalidParameter.Mismatch", InstanceType=LARGE, **more)
    refused("MissingParameter")


@clause("instance/modify-spec-one-change")
def test_a_dry_run_changes_nothing(region: Region) -> None:
    """Of the type or of the bandwidth; what is wrong is found."""
    instance = stopped(region)
    refused = partial(refused_unchanged, instance, "ModifyInstanceSpec", DryRun=True)
    refused("DryRunOperation", InstanceType=LARGE)
    refused("DryRunOperation", InternetMaxBandwidthOut=5)
    refused("CategoryViolation", InstanceType=LOCAL)
    refused("InvalidParameter.Mismatch", InstanceType=LARGE, InternetMaxBandwidthOut=5)


# Bandwidth


@clause("instance/modify-spec-bandwidth")
def test_bandwidth_changes_at_once(region: Region) -> None:
    """Running or Stopped, up and down; as much comes in as may."""
    (running,), resting = region.run_instances(public_ip=False), region.create_instance()
    for instance in (running, resting):
        for out, most_in in ((5, 10), (10, 10), (50, 50), (100, 100), (0, 10)):
            assert bandwidth(change(instance, InternetMaxBandwidthOut=out)) == (out, most_in)
            assert bandwidth(change(instance, InternetMaxBandwidthIn=1)) == (out, 1)
            assert bandwidth(change(instance, InternetMaxBandwidthIn=most_in)) == (out, most_in)
            wrong = "InvalidInternetMaxBandwidthIn.ValueNotSupported"
            refused_unchanged(instance, "ModifyInstanceSpec", wrong, InternetMaxBandwidthIn=most_in + 1)
            assert instance.public_ip is None


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"InternetMaxBandwidthOut": 101}, "InvalidInternetMaxBandwidthOut.ValueNotSupported"),
        ({"InternetMaxBandwidthOut": -1}, "InvalidInternetMaxBandwidthOut.ValueNotSupported"),
        ({"InternetMaxBandwidthIn": 0}, "InvalidInternetMaxBandwidthIn.ValueNotSupported"),
    ],
)
@clause("instance/modify-spec-bandwidth")
def test_no_other_bandwidth_is_taken(region: Region, wrong: dict[str, int], code: str) -> None:
    """Just outside the range."""
    refused_unchanged(region.create_instance(), "ModifyInstanceSpec", code, **wrong)


@clause("instance/modify-spec-bandwidth")
@needs("move-time")
def test_a_transitional_state_keeps_its_bandwidth(region: Region) -> None:
    """From Pending to Stopping."""
    (instance,) = region.run_instances(public_ip=False, wait=False)
    for status in ("Pending", "Starting", "Stopping"):
        if status == "Stopping":
            instance.wait_until("Running").stop(wait=False)
        instance.wait_until(status)
        refused_unchanged(instance, "ModifyInstanceSpec", "IncorrectInstanceStatus", InternetMaxBandwidthOut=5)


NETWORK = "ModifyInstanceNetworkSpec"
NO_SUCH_OUT = "InvalidInternetMaxBandwidthOut.ValueNotSupported"


@clause("instance/modify-network-spec")
def test_pay_as_you_go_has_an_address_if_it_asks(region: Region) -> None:
    """Not for the bandwidth alone, and not with the next start."""
    (instance,) = region.run_instances(public_ip=False)
    assert bandwidth(change(instance, NETWORK, InternetMaxBandwidthOut=20, InternetMaxBandwidthIn=15)) == (20, 15)
    assert public(instance) == []
    assert public(instance.stop().start()) == []
    change(instance, NETWORK, InternetMaxBandwidthOut=30, AllocatePublicIp=True)
    address = public(instance)
    assert len(address) == 1
    change(instance, NETWORK, InternetMaxBandwidthOut=10, AllocatePublicIp=True)
    assert public(instance) == address
    refused = partial(refused_unchanged, instance, NETWORK)
    refused("InvalidParam.AllocatePublicIp", InternetMaxBandwidthOut=0, AllocatePublicIp=True)
    refused(NO_SUCH_OUT, InternetMaxBandwidthOut=101)
    refused(NO_SUCH_OUT, InternetMaxBandwidthOut=101, NetworkChargeType="PayByBandwidth")


@clause("instance/modify-network-spec")
def test_a_subscription_has_an_address_with_its_bandwidth(region: Region) -> None:
    """And more than others, if it pays for it by bandwidth."""
    (term,) = region.run_instances(public_ip=False, InstanceChargeType="PrePaid", Period=1)
    refused_unchanged(term, NETWORK, NO_SUCH_OUT, InternetMaxBandwidthOut=101)
    refused_unchanged(term, NETWORK, NO_SUCH_OUT, InternetMaxBandwidthOut=201, NetworkChargeType="PayByBandwidth")
    shown = change(term, NETWORK, InternetMaxBandwidthOut=200, NetworkChargeType="PayByBandwidth")
    assert (bandwidth(shown), shown["InternetChargeType"]) == ((200, 200), "PayByBandwidth")
    assert term.public_ip is not None


@clause("instance/modify-network-spec")
def test_what_is_paid_for_changes(region: Region) -> None:
    """There and back; the bandwidth stays."""
    (instance,) = region.run_instances(InternetMaxBandwidthOut=7)
    for charge_type in ("PayByBandwidth", "PayByTraffic"):
        shown = change(instance, NETWORK, NetworkChargeType=charge_type)
        assert (shown["InternetChargeType"], shown["InternetMaxBandwidthOut"]) == (charge_type, 7)
    wrong = "InvalidInternetChargeType.ValueNotSupported"
    refused_unchanged(instance, NETWORK, wrong, NetworkChargeType="PayByDay")


@clause("instance/temporary-bandwidth")
@needs("move-time")
def test_bandwidth_is_raised_for_some_hours(region: Region) -> None:
    """From the one instant to the other."""
    (term,) = region.run_instances(InstanceChargeType="PrePaid", Period=1, InternetMaxBandwidthOut=5)
    now = region.clock.now.replace(minute=0, second=0, microsecond=0)
    start, end = now + timedelta(hours=2), now + timedelta(hours=6)
    change(
        term,
        NETWORK,
        InternetMaxBandwidthOut=50,
        StartTime=start.strftime("%Y-%m-%dT%H:%MZ"),
        EndTime=end.strftime("%Y-%m-%dT%HZ"),
    )
    seen = []
    for instant in (start - timedelta(minutes=1), start + timedelta(minutes=1), end - timedelta(minutes=1), end):
        region.clock.advance(f"{max(0, round((instant - region.clock.now).total_seconds())) + 1}s")
        seen.append(term.describe()["InternetMaxBandwidthOut"])
    assert seen == [5, 50, 50, 5]


@clause("instance/temporary-bandwidth")
def test_less_than_three_hours_are_refused(region: Region) -> None:
    """As is less bandwidth, and an instance that pays as it goes."""
    (term,) = region.run_instances(InstanceChargeType="PrePaid", Period=1, InternetMaxBandwidthOut=5)
    (other,) = region.run_instances(InternetMaxBandwidthOut=5)
    now = region.clock.now

    def hours(start: float, end: float) -> dict[str, str]:
        times = {"StartTime": start, "EndTime": end}
        return {name: (now + timedelta(hours=each)).strftime("%Y-%m-%dT%H:%MZ") for name, each in times.items()}

    refused_unchanged(term, NETWORK, "InvalidStartTime.ValueNotSupported", InternetMaxBandwidthOut=50, **hours(1, 3.9))
    less = "InvalidBandwidth.ValueNotSupported"
    refused_unchanged(term, NETWORK, less, InternetMaxBandwidthOut=4, **hours(1, 5))
    refused_unchanged(other, NETWORK, "ChargeTypeViolation", InternetMaxBandwidthOut=50, **hours(1, 5))


# Addresses


@clause("instance/allocate-public-ip")
def test_an_address_is_allocated_once(region: Region) -> None:
    """Running or Stopped; a second call answers the same."""
    (running,), resting = region.run_instances(public_ip=False), region.create_instance()
    addresses = set()
    for instance in (running, resting):
        refused_unchanged(instance, "AllocatePublicIpAddress", "AllocateIpInvalidInstanceBandwidth")
        change(instance, InternetMaxBandwidthOut=1)
        answers = [region.call("AllocatePublicIpAddress", InstanceId=instance.id)["IpAddress"] for _ in range(2)]
        assert answers == [instance.public_ip] * 2
        addresses.add(answers[0])
    assert len(addresses) == 2
    assert listed(region, [running, resting], PublicIpAddresses=f'["{running.public_ip}"]') == {running.id}
    assert running.reboot().public_ip in addresses


@clause("instance/allocate-public-ip")
@needs("move-time")
def test_a_transitional_state_is_given_no_address(region: Region) -> None:
    """From Starting to Stopping."""
    instance = region.create_instance()
    change(instance, InternetMaxBandwidthOut=1)
    for status in ("Starting", "Stopping"):
        if status == "Stopping":
            instance.wait_until("Running").stop(wait=False)
        else:
            instance.start(wait=False)
        instance.wait_until(status)
        refused_unchanged(instance, "AllocatePublicIpAddress", "IncorrectInstanceStatus")


@clause("instance/allocate-public-ip")
@needs("change-account")
def test_a_locked_instance_is_given_no_address(region: Region) -> None:
    """It is locked for security."""
    instance = region.create_instance()
    change(instance, InternetMaxBandwidthOut=1)
    with region.chaos.security_lock(instance):
        refused_unchanged(instance, "AllocatePublicIpAddress", "InstanceLockedForSecurity")


VPC = "ModifyInstanceVpcAttribute"


def vswitch_of(instance: Instance) -> str:
    """The vSwitch that an instance is in."""
    return str(instance.describe()["VpcAttributes"]["VSwitchId"])


def next_free(instance: Instance, by: int = 100) -> str:
    """An address of the same vSwitch that nobody has."""
    parts = instance.private_ip.split(".")
    return ".".join([*parts[:3], str((int(parts[3]) + by) % 200 + 30)])


@clause("instance/modify-private-address")
def test_a_stopped_instance_has_the_address_that_it_asks_for(region: Region) -> None:
    """It is found by it, its card stays, and it starts; another may have the old one."""
    instance = stopped(region)
    before, asked = instance.identity, next_free(instance)
    shown = change(instance, VPC, VSwitchId=before.vswitch, PrivateIpAddress=asked)
    assert shown["VpcAttributes"]["PrivateIpAddress"]["IpAddress"] == [asked]
    assert instance.start().identity == before._replace(private_ip=asked)
    assert listed(region, [instance], PrivateIpAddresses=f'["{asked}"]') == {instance.id}
    assert listed(region, [instance], PrivateIpAddresses=f'["{before.private_ip}"]') == set()
    (card,) = region.call("DescribeNetworkInterfaces", InstanceId=instance.id)["NetworkInterfaceSets"][
        "NetworkInterfaceSet"
    ]
    assert (card["PrivateIpAddress"], card["MacAddress"]) == (asked, before.mac_address)
    other = region.create_instance(VSwitchId=before.vswitch, PrivateIpAddress=before.private_ip)
    assert other.private_ip == before.private_ip


@clause("instance/modify-private-address")
def test_without_an_address_it_has_another(region: Region) -> None:
    """Of the same vSwitch."""
    instance = stopped(region)
    before = instance.identity
    change(instance, VPC, VSwitchId=before.vswitch)
    after = instance.identity
    assert after.private_ip != before.private_ip
    assert after == before._replace(private_ip=after.private_ip)


@clause("instance/modify-private-address")
@pytest.mark.region(zones=2)
@needs("shape-region")
def test_an_address_that_cannot_be_changes_nothing(region: Region) -> None:
    """Nor a vSwitch that it cannot be in."""
    instance, other = stopped(region), stopped(region)
    vswitch = vswitch_of(instance)
    refused = partial(refused_unchanged, instance, VPC)
    refused("InvalidPrivateIpAddress.Malformed", VSwitchId=vswitch, PrivateIpAddress="10.0.0")
    refused("InvalidPrivateIpAddress.Mismatch", VSwitchId=vswitch, PrivateIpAddress="192.168.0.1")
    (second,) = region.run_instances(VSwitchId=vswitch)
    refused("InvalidPrivateIpAddress.Duplicated", VSwitchId=vswitch, PrivateIpAddress=second.private_ip)
    refused("InvalidVSwitchId.NotFound", VSwitchId="vsw-nosuch")
    elsewhere = [
        each["VSwitchId"]
        for each in region.call("DescribeVSwitches")["VSwitches"]["VSwitch"]
        if each["ZoneId"] != instance.zone
    ]
    refused("InvalidVSwitchId.Mismatch", VSwitchId=elsewhere[0])
    refused("InvalidVpcId.NotFound", VSwitchId=vswitch, VpcId="vpc-nosuch")
    (running,) = region.run_instances()
    refused_unchanged(running, VPC, "IncorrectInstanceStatus", VSwitchId=vswitch_of(running))
    assert other.exists


@clause("instance/modify-private-address-twice")
def test_it_has_to_be_started_between_two_changes(region: Region) -> None:
    """And before the first."""
    codes = ("InvalidPrivateIp.Changing", "IncorrectInstanceStatus")
    new = region.create_instance()
    refused_unchanged(new, VPC, codes, VSwitchId=vswitch_of(new))
    instance = stopped(region)
    vswitch = vswitch_of(instance)
    change(instance, VPC, VSwitchId=vswitch, PrivateIpAddress=next_free(instance))
    refused_unchanged(instance, VPC, codes, VSwitchId=vswitch, PrivateIpAddress=next_free(instance, 50))
    instance.start().stop()
    asked = next_free(instance, 50)
    change(instance, VPC, VSwitchId=vswitch, PrivateIpAddress=asked)
    assert instance.private_ip == asked


# What there is


def offered(region: Region, instance: Instance, **asked: object) -> dict[str, str]:
    """The types that an instance can be changed to, each with its status."""
    answer = region.call(
        "DescribeResourcesModification", ResourceId=instance.id, DestinationResource="InstanceType", **asked
    )
    (zone,) = answer["AvailableZones"]["AvailableZone"]
    assert zone["ZoneId"] == instance.zone
    (resource,) = zone["AvailableResources"]["AvailableResource"]
    return {each["Value"]: each["Status"] for each in resource["SupportedResources"]["SupportedResource"]}


@clause("instance/resources-modification")
@needs("set-supply")
def test_what_is_offered_can_be_had(region: Region) -> None:
    """And nothing else."""
    instance = stopped(region)
    with region.chaos.shortage(family="ecs.c5"):
        found = offered(region, instance)
        assert (found.get("ecs.c5.large"), found.get(LARGE), found.get(LOCAL)) == ("SoldOut", "Available", None)
        for name in sorted(found)[::17]:
            call = partial(region.call, "ModifyInstanceSpec", InstanceId=instance.id, InstanceType=name, DryRun=True)
            code = "DryRunOperation" if found[name] == "Available" else "OperationDenied.NoStock"
            assert_refused(code, call)


@clause("instance/resources-modification")
def test_types_are_offered_by_their_size(region: Region) -> None:
    """By vCPUs, by memory in GiB, by both, and by name."""
    instance = stopped(region)
    by_size = offered(region, instance, Cores=4, Memory=16)
    assert "ecs.g5.xlarge" in by_size
    assert not {SMALL, LARGE, "ecs.c5.xlarge", "ecs.r5.xlarge", "ecs.c5.2xlarge"} & by_size.keys()
    assert {"ecs.c5.xlarge", "ecs.r5.xlarge"} <= offered(region, instance, Cores=4).keys()
    assert "ecs.c5.2xlarge" in offered(region, instance, Memory=16)
    assert offered(region, instance, InstanceType=LARGE) == {LARGE: "Available"}


@clause("instance/resources-modification")
def test_disks_are_offered_for_a_type(region: Region) -> None:
    """Which has to be named."""
    instance = stopped(region)
    asked = {"ResourceId": instance.id, "DestinationResource": "SystemDisk"}
    answer = region.call("DescribeResourcesModification", InstanceType=LARGE, **asked)
    (zone,) = answer["AvailableZones"]["AvailableZone"]
    (resource,) = zone["AvailableResources"]["AvailableResource"]
    values = {each["Value"] for each in resource["SupportedResources"]["SupportedResource"]}
    assert (resource["Type"], "cloud_essd" in values) == ("SystemDisk", True)
    assert_refused("MissingParameter", partial(region.call, "DescribeResourcesModification", **asked))
    gone = partial(
        region.call, "DescribeResourcesModification", ResourceId="i-none", DestinationResource="InstanceType"
    )
    assert_refused("InvalidInstanceId.NotFound", gone)
