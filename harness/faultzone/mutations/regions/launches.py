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
    refused_as,
    request,
    retry,
    where,
)
from faultzone.mutations.regions.places import INSTANCES
from faultzone.mutations.row import row

RUN: Final = "RunInstances"
LAUNCHES: Final = ("RunInstances", "CreateInstance")
LISTING: Final = "DescribeInstances"
DISKS: Final = "DescribeDisks"
A_DISK: Final = "Disks.Disk[]"
CONFLICT: Final = "InvalidParameter.Conflict"


def is_batch(given: Parameters) -> bool:
    """Whether a launch asks for more than one."""
    return str(given.get("Amount", 1)) != "1"


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
    row("bursts-of-any-category", "instance/disk-settings", "takes ProvisionedIops of any category",
        retry(RUN, CONFLICT, drop("SystemDisk", "DataDisk"))),
)  # fmt: skip
