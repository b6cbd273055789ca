"""Wrong regions of elastic addresses."""

from __future__ import annotations

from typing import Final

from faultzone.mutations.library import accept, answer, becomes, drop, refuse, request, retry, swallow
from faultzone.mutations.row import row


def both(action: str) -> tuple[str, str]:
    """An action of both products."""
    return action, f"vpc.{action}"


ALLOCATE: Final = both("AllocateEipAddress")
ASSOCIATE: Final = both("AssociateEipAddress")
UNASSOCIATE: Final = both("UnassociateEipAddress")
RELEASE: Final = both("ReleaseEipAddress")
MODIFY: Final = both("ModifyEipAddressAttribute")
LIST: Final = both("DescribeEipAddresses")
EIPS: Final = "EipAddresses.EipAddress[]"
OF_INSTANCE: Final = "Instances.Instance[].EipAddress"

REGIONS: Final = (
    row("addresses-of-a-usual-bandwidth", "product/allocate-eip", "gives each address the usual bandwidth",
        request(ALLOCATE, drop("Bandwidth"))),
    row("addresses-by-bandwidth-alone", "product/allocate-eip", "takes each address by bandwidth",
        request(ALLOCATE, drop("InternetChargeType"))),
    row("addresses-of-any-bandwidth", "product/allocate-eip", "takes any bandwidth",
        retry(ALLOCATE, "InvalidParameter", drop("Bandwidth"))),
    row("one-elastic-address-for-all", "product/allocate-eip", "shows the same address for all",
        answer(LIST, f"{EIPS}.IpAddress", becomes("198.18.0.1"))),
    row("any-number-of-elastic-addresses", "product/eip-quota", "says nothing of the quota",
        swallow(ALLOCATE, "QuotaExceeded.Eip")),
    row("no-elastic-address-of-ecs", "product/eip-quota", "gives no address by ECS",
        refuse("AllocateEipAddress", "ReserveIpFail")),
    row("unknown-addresses-are-associated", "product/unknown-eip", "associates an address that there is not",
        swallow(ASSOCIATE, "InvalidAllocationId.NotFound")),
    row("unknown-addresses-are-released", "product/unknown-eip", "releases an address that there is not",
        swallow(RELEASE, "InvalidAllocationId.NotFound")),
    row("addresses-are-not-associated", "product/associate-eip", "associates no address", accept(ASSOCIATE)),
    row("instances-hide-their-address", "product/associate-eip", "shows no elastic address of an instance",
        answer("DescribeInstances", f"{OF_INSTANCE}.IpAddress", becomes(""))),
    row("instances-of-any-elastic-address", "product/associate-eip", "does not find instances by their address",
        request("DescribeInstances", drop("EipAddresses"))),
    row("interfaces-hide-their-address", "product/associate-eip", "shows no elastic address of a network interface",
        answer("DescribeNetworkInterfaces", "NetworkInterfaceSets.NetworkInterfaceSet[].AssociatedPublicIp",
               becomes({"AllocationId": "", "PublicIpAddress": ""}))),
    row("two-addresses-of-an-instance", "product/associate-eip", "says nothing of a second address",
        swallow(ASSOCIATE, "InvalidAssociation.Duplicated")),
    row("addresses-in-use-are-associated", "product/associate-eip", "says nothing of an address in use",
        swallow(ASSOCIATE, "IncorrectEipStatus")),
    row("addresses-for-any-state", "product/associate-eip", "says nothing of the state of the instance",
        swallow(ASSOCIATE, "IncorrectInstanceStatus")),
    row("addresses-stay-with-instances", "product/unassociate-eip", "takes no address away", accept(UNASSOCIATE)),
    row("free-addresses-are-taken-away", "product/unassociate-eip", "takes away an address that nothing has",
        swallow(UNASSOCIATE, "IncorrectEipStatus")),
    row("elastic-addresses-are-kept", "product/release-eip", "releases no address", accept(RELEASE)),
    row("addresses-in-use-are-released", "product/release-eip", "says that an address in use was released",
        swallow(RELEASE, "IncorrectEipStatus")),
    row("bandwidths-stay", "product/modify-eip", "changes no bandwidth", request(MODIFY, drop("Bandwidth"))),
    row("addresses-are-not-renamed", "product/modify-eip", "renames no address", request(MODIFY, drop("Name"))),
    row("addresses-of-any-state", "product/describe-eips", "does not filter addresses by state",
        request(LIST, drop("Status"))),
    row("addresses-of-any-instance", "product/describe-eips", "does not filter addresses by instance",
        request(LIST, drop("AssociatedInstanceId", "AssociatedInstanceType"))),
    row("addresses-of-any-address", "product/describe-eips", "does not filter by the address",
        request(LIST, drop("EipAddress"))),
    row("addresses-of-any-line", "product/describe-eips", "does not filter addresses by line",
        request(LIST, drop("ISP"))),
    row("addresses-of-any-time", "product/describe-eips", "does not filter addresses by time",
        request(LIST, drop("Filter"))),
    row("addresses-keep-their-instance", "product/eip-kept", "shows an address as in use for ever",
        answer(LIST, f"{EIPS}.InstanceId", becomes("i-1"))),
    row("elastic-addresses-are-never-free", "product/eip-kept", "releases no address that was in use",
        refuse(RELEASE, "IncorrectEipStatus")),
)  # fmt: skip
