"""The actions of elastic addresses of the product Vpc: those of ECS, with more of everything.

Source: API reference of Vpc 2016-04-28, 2026-10.
"""

from __future__ import annotations

from typing import Any, Final

from faultzone.api.answer import FIRST, PAGES, Answer, Text, Truth, items
from faultzone.api.ecs import eips as ecs
from faultzone.api.ecs.eips import BY_HOUR, OF_INSTANCES, SHOWN
from faultzone.api.ecs.shared import TAG
from faultzone.api.products import VPC
from faultzone.api.request import flag, structures, text

_ONE_NETWORK: Final = "every address is one of the internet"
_NONE_HERE: Final = "there are no such addresses here"
_NO_PLANS: Final = "there are no bandwidth plans here"


class AllocateEipAddress(ecs.AllocateEipAddress):
    """Get an elastic address."""

    product = VPC

    eip_name: str = text("Name", "")
    description: str = text("Description", "")
    resource_group_id: str | None = text("ResourceGroupId")
    tags: tuple[dict[str, Any], ...] = structures("Tag", *TAG, most=20, too_many="InvalidTagCount")

    not_simulated = (
        (BY_HOUR, "InstanceChargeType=PostPaid Period PricingCycle AutoPay"),
        (_ONE_NETWORK, "Netmode=public"),
        (_NONE_HERE, "PublicIpAddressPoolId IpAddress InstanceId SecurityProtectionTypes Zone"),
    )

    answer = Answer(Text("AllocationId", "EipAddress", "ResourceGroupId"), Text("OrderId", missing=BY_HOUR))


class AssociateEipAddress(ecs.AssociateEipAddress):
    """Give an elastic address to an instance."""

    product = VPC

    client_token: str | None = text("ClientToken")

    not_simulated = ((OF_INSTANCES, "PrivateIpAddress InstanceRegionId Mode=NAT VpcId"),)


class UnassociateEipAddress(ecs.UnassociateEipAddress):
    """Take an elastic address from its instance."""

    product = VPC

    force: bool = flag("Force", inert=FIRST, why="it is for NAT gateways, and there are none here")
    client_token: str | None = text("ClientToken")

    not_simulated = ((OF_INSTANCES, "PrivateIpAddress"),)


class ReleaseEipAddress(ecs.ReleaseEipAddress):
    """Give an elastic address back."""

    product = VPC

    client_token: str | None = text("ClientToken")


class ModifyEipAddressAttribute(ecs.ModifyEipAddressAttribute):
    """Change the bandwidth, the name or the description of an elastic address."""

    product = VPC

    bandwidth: str | None = text("Bandwidth")
    eip_name: str | None = text("Name")
    description: str | None = text("Description")
    client_token: str | None = text("ClientToken")


class DescribeEipAddresses(ecs.DescribeEipAddresses):
    """List elastic addresses."""

    product = VPC
    needs_region = False

    eip_name: str | None = text("EipName")
    resource_group_id: str | None = text("ResourceGroupId")
    segment: str | None = text("SegmentInstanceId")
    pool: str | None = text("PublicIpAddressPoolId")
    protected: bool = flag("SecurityProtectionEnabled", inert=FIRST, why=_NONE_HERE)
    reservations: bool = flag("IncludeReservationData", inert=FIRST, why=BY_HOUR)
    managed: bool = flag("ServiceManaged", inert=FIRST, why="no service manages an address here")
    tags: tuple[dict[str, Any], ...] = structures("Tag", *TAG, most=20, too_many="InvalidTagCount")
    dry_run: bool = flag("DryRun")

    answer = Answer(
        *PAGES,
        items(
            "EipAddresses",
            "EipAddress",
            *SHOWN,
            Text("InstanceRegionId", "Name", "Descritpion", "ISP", "Netmode", "BusinessStatus", "ResourceGroupId"),
            Truth("DeletionProtection", empty="an elastic address is not protected here"),
            Text("BandwidthPackageId", "BandwidthPackageType", "BandwidthPackageBandwidth", empty=_NO_PLANS),
            items("Tags", "Tag", Text("Key", "Value")),
        ),
    )
