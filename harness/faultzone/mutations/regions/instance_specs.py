"""Wrong regions of the chapter on instances: changes of type, bandwidth and addresses."""

from __future__ import annotations

from typing import Final

from faultzone.mutations.library import (
    Next,
    Parameters,
    accept,
    after,
    answer,
    becomes,
    default,
    drop,
    emptied,
    put,
    read_as,
    refuse,
    refused_as,
    request,
    swallow,
    where,
    without,
)
from faultzone.mutations.regions.places import INSTANCES
from faultzone.mutations.row import row

LISTING: Final = "DescribeInstances"
SPEC: Final = "ModifyInstanceSpec"
NETWORK: Final = "ModifyInstanceNetworkSpec"
PUBLIC: Final = "AllocatePublicIpAddress"
VPC: Final = "ModifyInstanceVpcAttribute"
OFFERS: Final = "DescribeResourcesModification"
NOT_NOW: Final = "InvalidStatus.ValueNotSupported"
ZONES: Final = "AvailableZones.AvailableZone"
OFFERED: Final = f"{ZONES}[].AvailableResources.AvailableResource[].SupportedResources.SupportedResource"


def is_too_much(given: Parameters) -> bool:
    """Whether more than 100 Mbit/s are asked for."""
    return int(given.get("InternetMaxBandwidthOut") or 0) > 100


def allocate(on: Next, given: Parameters, answer: object) -> None:
    """Give an instance with bandwidth a public address."""
    named = {name: given[name] for name in ("RegionId", "InstanceId") if name in given}
    shown = on("DescribeInstanceAttribute", named)
    if shown["InternetMaxBandwidthOut"]:
        on(PUBLIC, named)


REGIONS: Final = (
    # Types
    row("type-stays", "instance/modify-spec-type", "answers success, and keeps the type",
        swallow(SPEC, "DryRunOperation"),
        request(SPEC, where(lambda given: "InstanceType" in given, put(DryRun=True)))),
    row("type-keeps-its-vcpus", "instance/modify-spec-type", "shows the vCPUs of the type before",
        answer(LISTING, f"{INSTANCES}[].Cpu", becomes(2))),
    row("type-keeps-its-memory", "instance/modify-spec-type", "shows the memory of the type before",
        answer(LISTING, f"{INSTANCES}[].Memory", becomes(8192))),
    row("type-is-not-found", "instance/modify-spec-type", "does not find by the new type",
        answer(LISTING, INSTANCES, becomes([]), when=lambda given: given.get("InstanceType") == "ecs.c5.xlarge")),
    row("type-changes-in-any-state", "instance/modify-spec-type", "answers success in every state",
        swallow(SPEC, NOT_NOW)),
    row("local-disks-change", "instance/modify-spec-type", "answers success where there are local disks",
        swallow(SPEC, "CategoryViolation")),
    row("subscriptions-change", "instance/modify-spec-type", "answers success to a subscription",
        swallow(SPEC, "ChargeTypeViolation")),
    row("unknown-type-passes", "instance/modify-spec-type", "answers success for a type that there is not",
        swallow(SPEC, "InvalidInstanceType.ValueNotSupported")),
    row("stock-is-not-asked", "instance/modify-spec-stock", "answers success without stock",
        swallow(SPEC, "OperationDenied.NoStock")),
    row("stock-has-another-code", "instance/modify-spec-stock", "knows another code for it",
        refused_as(SPEC, "OperationDenied.NoStock", "InvalidInstanceType.ValueNotSupported")),
    row("own-room-does-not-count", "instance/modify-spec-stock", "wants room beside the instance itself",
        refuse(SPEC, "OperationDenied.NoStock", lambda given: given.get("InstanceType") == "ecs.g5.xlarge")),
    row("two-changes-are-one", "instance/modify-spec-one-change", "changes the type of the two",
        request(SPEC, where(lambda given: "InstanceType" in given,
                            drop("InternetMaxBandwidthOut", "InternetMaxBandwidthIn")))),
    row("no-change-is-a-change", "instance/modify-spec-one-change", "answers success to no change",
        swallow(SPEC, "MissingParameter")),
    row("dry-type-changes", "instance/modify-spec-one-change", "changes in a dry run", request(SPEC, drop("DryRun"))),
    row("dry-type-is-fine", "instance/modify-spec-one-change", "checks nothing in a dry run",
        refuse(SPEC, "DryRunOperation", lambda given: given.get("DryRun"))),

    # Bandwidth
    row("bandwidth-stays", "instance/modify-spec-bandwidth", "answers success, and keeps the bandwidth",
        swallow(SPEC, "DryRunOperation"), request(SPEC, put(DryRun=True))),
    row("bandwidth-brings-an-address", "instance/modify-spec-bandwidth", "gives a public address with the bandwidth",
        after(SPEC, allocate)),
    row("less-comes-in", "instance/modify-spec-bandwidth", "takes at most 10 Mbit/s for what comes in",
        refuse(SPEC, "InvalidInternetMaxBandwidthIn.ValueNotSupported",
               lambda given: int(given.get("InternetMaxBandwidthIn") or 0) > 10)),
    row("more-comes-in", "instance/modify-spec-bandwidth", "answers success for more than may come in",
        swallow(SPEC, "InvalidInternetMaxBandwidthIn.ValueNotSupported")),
    row("as-much-comes-in-as-before", "instance/modify-spec-bandwidth", "lets 200 Mbit/s come in",
        answer(LISTING, f"{INSTANCES}[].InternetMaxBandwidthIn", becomes(200))),
    row("any-bandwidth", "instance/modify-spec-bandwidth", "answers success for more than may go out",
        swallow(SPEC, "InvalidInternetMaxBandwidthOut.ValueNotSupported")),
    row("bandwidth-in-any-state", "instance/modify-spec-bandwidth", "answers success in every state",
        swallow(SPEC, "IncorrectInstanceStatus")),
    row("network-spec-is-forgotten", "instance/modify-network-spec", "answers success, and changes nothing",
        accept(NETWORK)),
    row("network-brings-an-address", "instance/modify-network-spec", "gives everybody an address",
        after(NETWORK, allocate)),
    row("network-brings-none", "instance/modify-network-spec", "gives no address that is asked for",
        request(NETWORK, drop("AllocatePublicIp"))),
    row("subscription-is-given-none", "instance/modify-network-spec", "shows no address of a subscription",
        answer(LISTING, f"{INSTANCES}[]",
               where(lambda each: each["InstanceChargeType"] == "PrePaid", put(PublicIpAddress={"IpAddress": []})))),
    row("network-takes-200", "instance/modify-network-spec", "answers success for more than 100 Mbit/s",
        swallow(NETWORK, "InvalidInternetMaxBandwidthOut.ValueNotSupported")),
    row("network-takes-100", "instance/modify-network-spec", "refuses more than 100 Mbit/s of subscriptions",
        refuse(NETWORK, "InvalidInternetMaxBandwidthOut.ValueNotSupported", is_too_much)),
    row("network-payment-stays", "instance/modify-network-spec", "forgets how bandwidth is paid for",
        request(NETWORK, drop("NetworkChargeType"))),
    row("nothing-has-no-address", "instance/modify-network-spec", "answers success for an address without bandwidth",
        swallow(NETWORK, "InvalidParam.AllocatePublicIp")),
    row("hours-are-for-good", "instance/temporary-bandwidth", "raises the bandwidth for good",
        request(NETWORK, drop("StartTime", "EndTime"))),
    row("hours-begin-now", "instance/temporary-bandwidth", "raises the bandwidth at once",
        request(NETWORK, drop("StartTime"))),
    row("hours-never-begin", "instance/temporary-bandwidth", "never raises the bandwidth",
        request(NETWORK, where(lambda given: "EndTime" in given, put(InternetMaxBandwidthOut=5)))),
    row("few-hours-pass", "instance/temporary-bandwidth", "answers success for less than three hours",
        swallow(NETWORK, "InvalidStartTime.ValueNotSupported")),
    row("hours-of-less-pass", "instance/temporary-bandwidth", "answers success for less bandwidth",
        swallow(NETWORK, "InvalidBandwidth.ValueNotSupported")),
    row("hours-for-everybody", "instance/temporary-bandwidth", "answers success to pay-as-you-go",
        swallow(NETWORK, "ChargeTypeViolation")),

    # Addresses
    row("address-is-another", "instance/allocate-public-ip", "answers an address that is not the instance's",
        answer(PUBLIC, "IpAddress", becomes("203.0.113.7"))),
    row("address-is-not-answered", "instance/allocate-public-ip", "does not answer the address",
        answer(PUBLIC, "IpAddress", emptied())),
    row("address-without-bandwidth", "instance/allocate-public-ip", "answers success without bandwidth",
        swallow(PUBLIC, "AllocateIpInvalidInstanceBandwidth")),
    row("address-on-the-way", "instance/allocate-public-ip", "answers success in every state",
        swallow(PUBLIC, "IncorrectInstanceStatus")),
    row("address-in-spite-of-a-lock", "instance/allocate-public-ip", "answers success to a locked instance",
        swallow(PUBLIC, "InstanceLockedForSecurity")),
    row("allocated-address-is-not-found", "instance/allocate-public-ip", "does not find by the address",
        answer(LISTING, INSTANCES, becomes([]), when=lambda given: "PublicIpAddresses" in given)),
    row("private-address-stays", "instance/modify-private-address", "answers success, and keeps the address",
        accept(VPC)),
    row("private-address-is-drawn", "instance/modify-private-address", "gives any address in place of the one",
        request(VPC, drop("PrivateIpAddress"))),
    row("private-address-changes-the-card", "instance/modify-private-address", "gives a new network card",
        answer(LISTING, f"{INSTANCES}[]", lambda each: {**each, "NetworkInterfaces": {"NetworkInterface": [
            {**card, "MacAddress": f"00:16:{card['PrimaryIpAddress']}"}
            for card in each["NetworkInterfaces"]["NetworkInterface"]]}})),
    *(
        row(f"private-address-{what}-passes", "instance/modify-private-address", f"answers success in spite of {code}",
            swallow(VPC, code))
        for what, code in (
            ("malformed", "InvalidPrivateIpAddress.Malformed"),
            ("mismatched", "InvalidPrivateIpAddress.Mismatch"),
            ("in-use", "InvalidPrivateIpAddress.Duplicated"),
            ("elsewhere", "InvalidVSwitchId.Mismatch"),
            ("nowhere", "InvalidVSwitchId.NotFound"),
            ("of-no-vpc", "InvalidVpcId.NotFound"),
            ("on-the-way", "IncorrectInstanceStatus"),
        )
    ),
    row("private-address-twice", "instance/modify-private-address-twice", "answers success to each change",
        swallow(VPC, "InvalidPrivateIp.Changing")),
    row("private-address-once", "instance/modify-private-address-twice", "takes one change alone for good",
        refuse(VPC, "InvalidPrivateIp.Changing")),

    # What there is
    row("everything-is-offered", "instance/resources-modification", "has everything in stock",
        answer(OFFERS, f"{OFFERED}[].Status", becomes("Available"))),
    row("nothing-is-offered", "instance/resources-modification", "has nothing in stock",
        answer(OFFERS, f"{OFFERED}[].Status", becomes("SoldOut"))),
    row("status-has-other-words", "instance/resources-modification", "has other words for what is in stock",
        answer(OFFERS, f"{OFFERED}[].Status", read_as({"SoldOut": "WithoutStock"}))),
    row("large-types-are-left-out", "instance/resources-modification", "does not list larger types",
        answer(OFFERS, OFFERED, without(lambda each: "xlarge" in each["Value"]))),
    row("cores-are-ignored", "instance/resources-modification", "lists types with any number of vCPUs",
        request(OFFERS, drop("Cores"))),
    row("memory-is-ignored", "instance/resources-modification", "lists types with any memory",
        request(OFFERS, drop("Memory"))),
    row("named-type-is-ignored", "instance/resources-modification", "lists all types beside the named one",
        request(OFFERS, where(lambda given: given.get("DestinationResource") == "InstanceType",
                              drop("InstanceType")))),
    row("disks-need-no-type", "instance/resources-modification", "lists disks for no type",
        request(OFFERS, default(InstanceType="ecs.g5.2xlarge"), where(
            lambda given: given.get("DestinationResource") == "InstanceType", drop("InstanceType")))),
    row("offers-are-elsewhere", "instance/resources-modification", "tells of another zone",
        answer(OFFERS, f"{ZONES}[].ZoneId", becomes("cn-hangzhou-z"))),
)  # fmt: skip
