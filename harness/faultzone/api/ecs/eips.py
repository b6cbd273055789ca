"""The actions of elastic addresses that ECS has besides the product Vpc, which does the same with them.

What Vpc has more is in `faultzone.api.eips`.

Source: SDK of 2019 and API reference of October 2026, of ECS 2014-05-26.
"""

from __future__ import annotations

from typing import Any, Final

from faultzone.api.answer import PAGES, Answer, Text, Time, items
from faultzone.api.ecs.resources import Paged
from faultzone.api.ecs.shared import time_filters
from faultzone.api.request import Request, text
from faultzone.editions.edition import Date

_FIRST: Final[Date] = (2019, 2)
OF_INSTANCES: Final = "an elastic address is of an instance here"
BY_HOUR: Final = "an elastic address is paid by the hour here"
#: The lines to the internet that an address may be of; the first is the usual one.
LINES: Final = (
    *("BGP", "BGP_PRO", "BGP_FinanceCloud", "BGP_International"),
    *("ChinaTelecom", "ChinaUnicom", "ChinaMobile", "ChinaTelecom_L2", "ChinaUnicom_L2", "ChinaMobile_L2"),
)
#: What an elastic address can be of; only the first is here.
INSTANCE_TYPES: Final = ("EcsInstance", "SlbInstance", "Nat", "HaVip", "NetworkInterface")
#: What an elastic address may be; none is seen on its way out here.
STATUSES: Final = ("Associating", "Unassociating", "InUse", "Available", "Releasing")
_TYPE: Final = "InvalidInstanceType.ValueNotSupported"

#: What both products show of an elastic address.
SHOWN: Final = (
    Text("AllocationId", "IpAddress", "InstanceId", "InstanceType", "Status", "RegionId"),
    Text("Bandwidth", "EipBandwidth", "InternetChargeType", "ChargeType"),
    Text("ExpiredTime", empty=BY_HOUR),
    Time("AllocationTime"),
    items("OperationLocks", "LockReason", Text("LockReason"), empty="no elastic address is locked here"),
)


class AllocateEipAddress(Request):
    """Get an elastic address."""

    needs_region = True

    bandwidth: str = text("Bandwidth", "5")
    internet_charge_type: str = text("InternetChargeType", "PayByBandwidth", among=("PayByBandwidth", "PayByTraffic"))
    isp: str = text("ISP", LINES[0], among=LINES)
    activity: str | None = text("ActivityId", inert=_FIRST, why="prices have no promotions here")
    client_token: str | None = text("ClientToken")

    answer = Answer(Text("AllocationId", "EipAddress"))


class AssociateEipAddress(Request):
    """Give an elastic address to an instance."""

    allocation_id: str = text("AllocationId", required=True)
    instance_id: str = text("InstanceId", required=True)
    instance_type: str = text("InstanceType", INSTANCE_TYPES[0], among=INSTANCE_TYPES, code=_TYPE)


class UnassociateEipAddress(Request):
    """Take an elastic address from its instance."""

    allocation_id: str = text("AllocationId", required=True)
    instance_id: str | None = text("InstanceId")
    instance_type: str = text("InstanceType", INSTANCE_TYPES[0], among=INSTANCE_TYPES, code=_TYPE)


class ReleaseEipAddress(Request):
    """Give an elastic address back."""

    allocation_id: str = text("AllocationId", required=True)


class ModifyEipAddressAttribute(Request):
    """Change the bandwidth of an elastic address."""

    allocation_id: str = text("AllocationId", required=True)
    bandwidth: str | None = text("Bandwidth", required=True)


class DescribeEipAddresses(Paged):
    """List elastic addresses."""

    allocation_id: str | None = text("AllocationId")
    address: str | None = text("EipAddress")
    associated_id: str | None = text("AssociatedInstanceId")
    associated_type: str | None = text("AssociatedInstanceType", among=INSTANCE_TYPES)
    status: str | None = text("Status", among=STATUSES)
    charge_type: str | None = text("ChargeType", among=("PrePaid", "PostPaid"))
    isp: str | None = text("ISP", among=LINES)
    lock_reason: str | None = text("LockReason", among=("financial", "security"))
    filters: tuple[dict[str, Any], ...] = time_filters()

    answer = Answer(*PAGES, items("EipAddresses", "EipAddress", *SHOWN))
