"""Wrong regions of the launches of today."""

from __future__ import annotations

from typing import Final

from faultzone.mutations.library import (
    Answer,
    Parameters,
    answer,
    at,
    default,
    drop,
    put,
    read_as,
    refuse,
    refused_as,
    request,
    retry,
    where,
    without,
)
from faultzone.mutations.regions.places import INSTANCES
from faultzone.mutations.row import row

RUN: Final = "RunInstances"
LAUNCHES: Final = ("RunInstances", "CreateInstance")
LISTING: Final = "DescribeInstances"
DISKS: Final = "DescribeDisks"
A_DISK: Final = "Disks.Disk[]"
OFFERED: Final = "AvailableZones.AvailableZone[].AvailableResources.AvailableResource[]"
SHORT: Final = "InvalidVSwitchId.IpNotEnough"
CARDS: Final = "DescribeNetworkInterfaces"
CONFLICT: Final = "InvalidParameter.Conflict"


def is_batch(given: Parameters) -> bool:
    """Whether a launch asks for more than one."""
    return str(given.get("Amount", 1)) != "1"


def is_primary(card: Parameters) -> bool:
    """Whether a network interface of a launch is the primary one."""
    return card.get("InstanceType") == "Primary"


def newest_named(given: Answer) -> Answer:
    """A launch of a family with an image that is not of it."""
    image = {"ImageId": "centos_7_06_64_20G_alibase_20190218.vhd"}
    return {**{name: value for name, value in given.items() if name != "ImageFamily"}, **image}


REGIONS: Final = (
    row("settings-of-clocks-lost", "instance/launch-settings", "forgets ClockOptions",
        request(RUN, drop("ClockOptions"))),
    row("settings-of-sleep-lost", "instance/launch-settings", "forgets HibernationOptions",
        request(RUN, drop("HibernationOptions"))),
    row("settings-of-images-lost", "instance/launch-settings", "forgets ImageOptions",
        request(RUN, drop("ImageOptions"))),
    row("settings-of-boot-lost", "instance/launch-settings", "forgets SecurityOptions",
        request(RUN, drop("SecurityOptions"))),
    row("settings-of-names-lost", "instance/launch-settings", "forgets PrivateDnsNameOptions",
        request(RUN, drop("PrivateDnsNameOptions"))),
    row("settings-of-metadata-lost", "instance/launch-settings", "forgets HttpTokens",
        request(RUN, drop("HttpTokens"))),
    row("settings-of-endpoint-lost", "instance/launch-settings", "forgets HttpEndpoint",
        request(RUN, drop("HttpEndpoint"))),
    row("secure-boot-for-all", "instance/launch-settings", "has everybody boot securely",
        request(RUN, default(SecurityOptions={"EnableSecureBoot": True}))),
    row("launched-with-tokens", "instance/launch-settings", "asks everybody for tokens",
        request(RUN, default(HttpTokens="required"))),
    row("cpu-options-lost", "instance/launch-cpu-options", "forgets CpuOptions", request(RUN, drop("CpuOptions"))),
    row("topology-lost", "instance/launch-cpu-options", "forgets the topology",
        request(RUN, at("CpuOptions", drop("TopologyType")))),
    row("any-cpu-options-launched", "instance/launch-cpu-options", "launches with other cores than asked",
        retry(RUN, "InvalidParameter", drop("CpuOptions"))),
    row("spot-is-terminated", "instance/spot-interruption", "releases every spot instance",
        request(RUN, where(lambda given: given.get("SpotInterruptionBehavior") == "Stop" and
                given.get("InstanceType") != "ecs.i2.xlarge", drop("SpotInterruptionBehavior")))),
    row("spot-has-an-hour", "instance/spot-interruption", "keeps every spot instance for an hour",
        request(RUN, where(lambda given: given.get("SpotDuration") == 0, drop("SpotDuration")))),
    row("spot-has-no-hour", "instance/spot-interruption", "keeps none unless told",
        answer(LISTING, f"{INSTANCES}[]", where(lambda each: "SpotDuration" in each, put(SpotDuration=0)))),
    row("spot-for-six-hours", "instance/spot-interruption", "takes the durations of earlier years",
        retry(RUN, "InvalidSpotDuration", put(SpotDuration=1))),
    row("local-disks-are-kept", "instance/spot-interruption", "stops what has local disks",
        retry(RUN, "InvalidSpotInterruptionBehavior.LocalDiskNotSupport", drop("SpotInterruptionBehavior"))),
    row("no-pool-is-public", "instance/private-pools", "takes from the public pool where a private one is named",
        retry(LAUNCHES, "Invalid.PrivatePoolOptionsId", drop("PrivatePoolOptions"))),
    row("pool-without-id", "instance/private-pools", "takes Target without a pool for None",
        retry(LAUNCHES, "MissingParameter.PrivatePoolOptionsId", drop("PrivatePoolOptions"))),
    row("pools-of-one-code", "instance/private-pools", "does not tell a missing pool from a wrong one",
        refused_as(LAUNCHES, "MissingParameter.PrivatePoolOptionsId", "Invalid.PrivatePoolOptionsId")),
    row("open-needs-a-pool", "instance/private-pools", "refuses Open where there is no private pool",
        request(LAUNCHES, at("PrivatePoolOptions", at("MatchCriteria", read_as({"Open": "Target"}))))),
    row("first-of-the-groups", "instance/launch-alternatives", "takes the group before the groups",
        request(RUN, where(lambda given: "SecurityGroupId" in given, drop("SecurityGroupIds")))),
    row("host-name-before-names", "instance/launch-alternatives", "takes HostName before HostNames",
        request(RUN, where(lambda given: "HostName" in given, drop("HostNames")))),
    row("image-before-family", "instance/launch-alternatives", "takes the image before the family",
        request(RUN, where(lambda given: "ImageId" in given, drop("ImageFamily")))),
    row("created-image-before-family", "instance/launch-alternatives", "takes the image of CreateInstance first",
        request("CreateInstance", where(lambda given: "ImageId" in given, drop("ImageFamily")))),
    row("family-is-any-image", "instance/image-family", "launches another image for a family",
        request(LAUNCHES, where(lambda given: "ImageId" not in given, newest_named))),
    row("unknown-family-is-an-image", "instance/image-family", "has an image for every family",
        retry(RUN, "InvalidImageId.NotFound", newest_named)),
    row("host-names-of-the-first", "instance/host-names", "gives all the first host name",
        request(RUN, at("HostNames", lambda names: names[:1] * len(names) if isinstance(names, list) and "-" not in
                names else names))),
    row("host-names-lost", "instance/host-names", "forgets HostNames",
        request(RUN, where(lambda given: "-" not in given.get("HostNames", ()), drop("HostNames")))),
    row("host-names-of-any-form", "instance/host-names", "takes malformed host names",
        retry(RUN, "InvalidHostName.Malformed", drop("HostNames"))),
    row("id-stays-a-word", "instance/host-name-of-id", "leaves the place of the id out",
        host_name_of_id=lambda right, name, instance_id: name.replace("${instance_id}", "x")),
    row("id-without-its-prefix", "instance/host-name-of-id", "writes the id without its prefix",
        host_name_of_id=lambda right, name, instance_id: right.host_name_of_id(name, instance_id[2:])),
    row("address-for-one", "instance/consecutive-addresses", "has an address for one instance alone",
        values={"instance.consecutive_addresses": False}),
    row("address-of-a-batch-lost", "instance/consecutive-addresses", "gives a batch any addresses",
        request(RUN, where(is_batch, drop("PrivateIpAddress")))),
    row("taken-addresses-are-others", "instance/consecutive-addresses", "gives others for addresses that are taken",
        retry(RUN, "InvalidPrivateIpAddress.Duplicated", drop("PrivateIpAddress"))),
    row("keys-of-nobody", "instance/disk-settings", "knows no key", values={"instance.any_kms_key": False}),
    row("keys-not-shown", "instance/disk-settings", "does not show keys", answer(DISKS, A_DISK, put(KMSKeyId=""))),
    row("iops-not-shown", "instance/disk-settings", "does not show ProvisionedIops",
        answer(DISKS, A_DISK, put(ProvisionedIops=0))),
    row("bursts-not-shown", "instance/disk-settings", "shows no disk that bursts",
        answer(DISKS, A_DISK, put(BurstingEnabled=False))),
    row("policies-not-shown", "instance/disk-settings", "does not show snapshot policies",
        answer(DISKS, A_DISK, put(AutoSnapshotPolicyId=""))),
    row("policy-of-all-disks", "instance/disk-settings", "shows one policy of all disks",
        answer(DISKS, A_DISK, put(AutoSnapshotPolicyId="sp-1"))),
    row("system-disk-for-data-disk", "instance/disk-settings", "takes one disk for the other",
        answer(DISKS, "Disks.Disk", lambda disks: [{**each, "Type": other["Type"]} for each, other in
               zip(disks, reversed(disks), strict=True)])),
    row("system-disks-of-once", "instance/system-disk-sizes", "has system disks of 20 to 500 GiB",
        values={"instance.system_disk_gib": {}}),
    row("system-disks-of-any-size", "instance/system-disk-sizes", "makes another system disk of one that cannot be",
        retry(RUN, "InvalidSystemDiskSize.ValueNotSupported", at("SystemDisk", drop("Size")))),
    row("system-disks-of-one-level", "instance/system-disk-sizes", "takes every system disk for one of PL1",
        request(RUN, at("SystemDisk", drop("PerformanceLevel")))),
    row("images-on-small-disks", "instance/system-disk-sizes", "puts an image on a disk that is too small for it",
        retry(RUN, "InvalidSystemDiskSize.LessThanImageSize", at("SystemDisk", drop("Size")))),
    row("small-disks-of-one-code", "instance/system-disk-sizes", "does not tell a small disk from a wrong size",
        refused_as(RUN, "InvalidSystemDiskSize.LessThanImageSize", "InvalidSystemDiskSize.ValueNotSupported")),
    row("data-disks-of-once", "instance/data-disk-sizes", "has data disks of 5 to 32768 GiB",
        values={"instance.data_disk_gib": {}}),
    row("data-disks-of-any-size", "instance/data-disk-sizes", "makes another data disk of one that cannot be",
        retry(RUN, "InvalidDataDiskSize.ValueNotSupported", at("DataDisk[]", drop("Size")))),
    row("data-disks-of-one-level", "instance/data-disk-sizes", "takes every data disk for one of PL1",
        request(RUN, at("DataDisk[]", drop("PerformanceLevel")))),
    row("sizes-told-of-once", "instance/data-disk-sizes", "tells that every data disk has 20 to 32768 GiB",
        answer("DescribeAvailableResource", f"{OFFERED}.SupportedResources.SupportedResource[]",
               put(Min=20, Max=32768))),
    row("full-vswitches-of-no-stock", "instance/vswitch-addresses", "tells of no stock where addresses are short",
        refused_as(LAUNCHES, SHORT, "OperationDenied.NoStock")),
    row("full-vswitches-are-left", "instance/vswitch-addresses", "launches elsewhere where a vSwitch is full",
        retry(LAUNCHES, SHORT, drop("VSwitchId"))),
    row("part-of-a-vswitch", "instance/vswitch-addresses", "makes one instance where there are too few addresses",
        retry(RUN, SHORT, put(Amount=1), drop("MinAmount"))),
    row("free-addresses-not-counted", "instance/vswitch-addresses", "tells that the addresses of a vSwitch are free",
        answer("DescribeVSwitches", "VSwitches.VSwitch[]", put(AvailableIpAddressCount=4))),
    row("kept-addresses-are-given", "instance/reserved-addresses", "gives any other address where one is kept",
        retry(LAUNCHES, "InvalidPrivateIpAddress", drop("PrivateIpAddress"))),
    row("five-addresses-are-kept", "instance/reserved-addresses", "counts one address more as kept",
        answer("DescribeVSwitches", "VSwitches.VSwitch[].AvailableIpAddressCount", lambda count: count - 1)),
    row("the-second-is-kept-too", "instance/reserved-addresses", "keeps the second address of a vSwitch",
        refuse(LAUNCHES, "InvalidPrivateIpAddress", lambda given: (
            str(given.get("PrivateIpAddress")).endswith(".0.1")))),
    row("any-address-will-do", "instance/reserved-addresses", "ignores PrivateIpAddress",
        request(LAUNCHES, drop("PrivateIpAddress"))),
    row("primary-interface-lost", "instance/network-interfaces", "ignores a primary interface",
        request(RUN, at("NetworkInterface", without(is_primary)))),
    row("primary-interface-is-second", "instance/network-interfaces", "takes a primary interface for a secondary one",
        request(RUN, at("NetworkInterface[]", where(lambda card: "Ipv6AddressCount" not in card,
                                                  drop("InstanceType"))))),
    *(row(f"primary-besides-{name}", "instance/network-interfaces", f"takes {parameter} besides a primary interface",
          request(RUN, where(lambda given: any(map(is_primary, given.get("NetworkInterface", ()))), drop(parameter))))
      for name, parameter in (("vswitch", "VSwitchId"), ("group", "SecurityGroupId"), ("groups", "SecurityGroupIds"),
                              ("address", "PrivateIpAddress"))),
    row("secondary-interfaces-lost", "instance/network-interfaces", "makes no secondary interfaces",
        request(RUN, at("NetworkInterface", without(lambda card: not is_primary(card))))),
    *(row(f"secondary-{field.lower()}-lost", "instance/network-interfaces", f"forgets {field} of an interface",
          request(RUN, at("NetworkInterface[]", where(lambda card: not is_primary(card), drop(field)))))
      for field in ("NetworkInterfaceName", "Description", "SecurityGroupId")),
    row("interfaces-of-both-types", "instance/network-interfaces", "finds interfaces of any type",
        request(CARDS, drop("Type"))),
    row("interfaces-beyond-the-type", "instance/network-interfaces", "makes as many interfaces as a type may have",
        retry(RUN, "InvalidOperation.EniCountExceeded", drop("NetworkInterface"))),
    row("secondary-interface-alone", "instance/network-interfaces", "shows primary interfaces alone",
        answer(LISTING, f"{INSTANCES}[].NetworkInterfaces.NetworkInterface", lambda cards: cards[:1])),
    row("ipv6-count-lost", "instance/ipv6-addresses", "gives no IPv6 addresses for their number",
        request(RUN, drop("Ipv6AddressCount"))),
    row("ipv6-addresses-lost", "instance/ipv6-addresses", "gives any IPv6 address for those that are named",
        request(RUN, where(lambda given: "Ipv6Address" in given and "Ipv6AddressCount" not in given,
                           put(Ipv6AddressCount=2), drop("Ipv6Address")))),
    row("one-ipv6-address", "instance/ipv6-addresses", "gives one IPv6 address for several",
        request(RUN, at("Ipv6AddressCount", read_as({2: 1})))),
    row("ipv6-number-first", "instance/ipv6-addresses", "takes the number before the addresses",
        request(RUN, where(lambda given: "Ipv6AddressCount" in given, drop("Ipv6Address")))),
    row("ipv6-not-turned-on", "instance/ipv6-addresses", "launches without where a vSwitch has no IPv6",
        retry(RUN, "InvalidVSwitch.Ipv6NotTurnOn", drop("Ipv6AddressCount"))),
    row("ipv6-of-any-instance", "instance/ipv6-addresses", "finds instances by any IPv6 address",
        request(LISTING, drop("Ipv6Address"))),
    row("ipv6-of-any-interface", "instance/ipv6-addresses", "finds interfaces by any IPv6 address",
        request(CARDS, drop("Ipv6Address"))),
    *(row(f"entry-{name}-of-any-type", "instance/disk-category-of-types", f"gives any type such a {name} disk",
          retry(["RunInstances", "CreateInstance"], f"Invalid{kind}Category.ValueNotSupported", drop(kind)))
      for name, kind in (("system", "SystemDisk"), ("data", "DataDisk"))),
    row("bursts-of-any-category", "instance/disk-settings", "takes ProvisionedIops of any category",
        retry(RUN, CONFLICT, drop("SystemDisk", "DataDisk"))),
)  # fmt: skip
