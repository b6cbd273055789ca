"""The actions of elastic addresses of the product Vpc. Source: API reference of Vpc 2016-04-28, 2026-10."""

from __future__ import annotations

from typing import Any, Final

from faultzone.api.answer import FIRST, PAGES, Answer, Text, Time, Truth, items
from faultzone.api.ecs.eips import INSTANCE_TYPES
from faultzone.api.ecs.shared import TAG
from faultzone.api.products import VPC
from faultzone.api.request import Request, flag, integer, structures, text

_ONE_LINE: Final = "there is one line to the internet here"
_BY_HOUR: Final = "an elastic address is paid by the hour here"
_NONE_HERE: Final = "there are no such addresses here"
_NO_PLANS: Final = "there are no bandwidth plans here"
_TYPE: Final = "InvalidInstanceType.ValueNotSupported"


class _OfVpc(Request):
    """What all have in common."""

    product = VPC

    client_token: str | None = text("ClientToken")


class AllocateEipAddress(_OfVpc):
    """Get an elastic address."""

    needs_region = True

    bandwidth: str = text("Bandwidth", "5")
    internet_charge_type: str = text("InternetChargeType", "PayByBandwidth", among=("PayByBandwidth", "PayByTraffic"))
    eip_name: str = text("Name", "")
    description: str = text("Description", "")
    resource_group_id: str | None = text("ResourceGroupId")
    tags: tuple[dict[str, Any], ...] = structures("Tag", *TAG, most=20, too_many="InvalidTagCount")
    isp: str | None = text("ISP", inert=FIRST, why=_ONE_LINE)
    activity: str | None = text("ActivityId", inert=FIRST, why="prices have no promotions here")

    not_simulated = (
        (_BY_HOUR, "InstanceChargeType=PostPaid Period PricingCycle AutoPay"),
        (_ONE_LINE, "Netmode=public"),
        (_NONE_HERE, "PublicIpAddressPoolId IpAddress InstanceId SecurityProtectionTypes Zone"),
    )

    answer = Answer(Text("AllocationId", "EipAddress", "ResourceGroupId"), Text("OrderId", missing=_BY_HOUR))


class AssociateEipAddress(_OfVpc):
    """Give an elastic address to an instance."""

    allocation_id: str = text("AllocationId", required=True)
    instance_id: str = text("InstanceId", required=True)
    instance_type: str = text("InstanceType", INSTANCE_TYPES[0], among=INSTANCE_TYPES, code=_TYPE)

    not_simulated = (("an elastic address is of an instance here", "PrivateIpAddress InstanceRegionId Mode=NAT VpcId"),)


class UnassociateEipAddress(_OfVpc):
    """Take an elastic address from its instance."""

    allocation_id: str = text("AllocationId", required=True)
    instance_id: str | None = text("InstanceId")
    instance_type: str = text("InstanceType", INSTANCE_TYPES[0], among=INSTANCE_TYPES, code=_TYPE)
    force: bool = flag("Force", inert=FIRST, why="it is for NAT gateways, and there are none here")

    not_simulated = (("an elastic address is of an instance here", "PrivateIpAddress"),)


class ReleaseEipAddress(_OfVpc):
    """Give an elastic address back."""

    allocation_id: str = text("AllocationId", required=True)


class ModifyEipAddressAttribute(_OfVpc):
    """Change the bandwidth, the name or the description of an elastic address."""

    allocation_id: str = text("AllocationId", required=True)
    bandwidth: str | None = text("Bandwidth")
    eip_name: str | None = text("Name")
    description: str | None = text("Description")


class DescribeEipAddresses(Request):
    """List elastic addresses."""

    product = VPC
    writes = False

    page_number: int = integer("PageNumber", 1, least=1)
    page_size: int = integer("PageSize", 10, least=1, most=100)
    allocation_id: str | None = text("AllocationId")
    address: str | None = text("EipAddress")
    eip_name: str | None = text("EipName")
    associated_id: str | None = text("AssociatedInstanceId")
    associated_type: str | None = text("AssociatedInstanceType", among=INSTANCE_TYPES)
    status: str | None = text("Status")
    charge_type: str | None = text("ChargeType", among=("PrePaid", "PostPaid"))
    isp: str | None = text("ISP", inert=FIRST, why=_ONE_LINE)
    lock_reason: str | None = text("LockReason")
    resource_group_id: str | None = text("ResourceGroupId")
    segment: str | None = text("SegmentInstanceId")
    pool: str | None = text("PublicIpAddressPoolId")
    protected: bool = flag("SecurityProtectionEnabled", inert=FIRST, why=_NONE_HERE)
    reservations: bool = flag("IncludeReservationData", inert=FIRST, why=_BY_HOUR)
    managed: bool = flag("ServiceManaged", inert=FIRST, why="no service manages an address here")
    filters: Any = structures("Filter", text("Key"), text("Value"), inert=FIRST, why=_NONE_HERE)
    tags: tuple[dict[str, Any], ...] = structures("Tag", *TAG, most=20, too_many="InvalidTagCount")
    dry_run: bool = flag("DryRun")

    answer = Answer(
        *PAGES,
        items(
            "EipAddresses",
            "EipAddress",
            Text("AllocationId", "IpAddress", "InstanceId", "InstanceType", "InstanceRegionId", "Status", "RegionId"),
            Text("Bandwidth", "EipBandwidth", "InternetChargeType", "ChargeType", "Name", "Descritpion"),
            Text("ExpiredTime", empty=_BY_HOUR),
            Text("ISP", "Netmode", "BusinessStatus", "ResourceGroupId"),
            Time("AllocationTime"),
            Truth("DeletionProtection", empty="an elastic address is not protected here"),
            Text("BandwidthPackageId", "BandwidthPackageType", "BandwidthPackageBandwidth", empty=_NO_PLANS),
            items("OperationLocks", "LockReason", Text("LockReason"), empty="no elastic address is locked here"),
            items("Tags", "Tag", Text("Key", "Value")),
        ),
    )
