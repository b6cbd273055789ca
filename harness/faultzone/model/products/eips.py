"""Elastic addresses, by the actions of the product Vpc and by those that ECS has for them.

Source: API reference of Vpc 2016-04-28, 2026-10, Elastic IP Address.
"""

from __future__ import annotations

from typing import Any, Final

from faultzone.api import eips as vpc
from faultzone.api.ecs import eips as ecs
from faultzone.api.errors import ApiError
from faultzone.clock import stamp
from faultzone.model.core.addresses import dotted
from faultzone.model.core.client_tokens import once
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.eips import ASSOCIATING, AVAILABLE, IN_USE, UNASSOCIATING, Eip, Eips
from faultzone.model.core.filters import has_tags, read_asked_tags, read_bounds, within
from faultzone.model.core.listing import listing
from faultzone.model.core.resource_groups import check_group, groups_of
from faultzone.model.core.state import RUNNING, STOPPED, AccountState, RegionState
from faultzone.model.products.around_networks import read_network_tags

#: How many an account may have in a region.
EIPS_MOST: Final = 20
_BANDWIDTH: Final = (1, 200)
_OF_INSTANCES: Final = "EcsInstance"


def _find(account: AccountState, id: str) -> Eip:
    """The account's elastic address of this id.

    Raises:
        ApiError: `InvalidAllocationId.NotFound` (product/unknown-eip).
    """
    found = account.part(Eips).get(id)
    if found is None:
        raise ApiError("InvalidAllocationId.NotFound")
    return found


def _bandwidth(text: str) -> int:
    """The bandwidth that is asked for (product/allocate-eip)."""
    least, most = _BANDWIDTH
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and least <= int(text) <= most):
        raise ApiError.of("InvalidParameter", name="Bandwidth", why=f"write {least} to {most}")
    return int(text)


@once
def allocate(region: RegionState, account: AccountState, request: ecs.AllocateEipAddress) -> Answer:
    """AllocateEipAddress: Available (product/allocate-eip, product/eip-quota)."""
    bandwidth, kept = _bandwidth(request.bandwidth), account.part(Eips)
    tags: dict[str, str] = {}
    if isinstance(request, vpc.AllocateEipAddress):
        check_group(region, account, request.resource_group_id)
        tags = read_network_tags(region, request.tags)
    if len(kept) >= EIPS_MOST:
        raise ApiError("QuotaExceeded.Eip")
    address = region.public.allocate()
    if address is None:
        raise ApiError("ReserveIpFail")
    id = region.world.resource_id("eip")
    eip = kept[id] = Eip(id, address, bandwidth, request.internet_charge_type, request.isp, region.clock.now)
    answer = {"AllocationId": id, "EipAddress": dotted(address)}
    if isinstance(request, vpc.AllocateEipAddress):
        eip.name, eip.description, eip.group = request.eip_name, request.description, request.resource_group_id or ""
        eip.tags, answer["ResourceGroupId"] = tags, _group(region, account, eip)
    return answer


def _group(region: RegionState, account: AccountState, eip: Eip) -> str:
    return eip.group or groups_of(region, account.id).default.id


def associate(region: RegionState, account: AccountState, request: ecs.AssociateEipAddress) -> Answer:
    """AssociateEipAddress: with an instance of a VPC that has none (product/associate-eip, product/unknown-eip)."""
    eip = _find(account, request.allocation_id)
    if request.instance_type != _OF_INSTANCES:
        raise ApiError("InvalidInstanceType.ValueNotSupported", "There are none of this type here.", 400)
    if eip.status != AVAILABLE:
        raise ApiError("IncorrectEipStatus")
    instance = account.instances.get(request.instance_id)
    if instance is None:
        raise ApiError("InvalidInstanId.NotFound")
    if not instance.in_vpc:
        raise ApiError("OperationDenied", "Specified instance is not in VPC.", 400)
    if instance.options.eip:
        raise ApiError("InvalidAssociation.Duplicated")
    if instance.status not in (RUNNING, STOPPED):
        raise ApiError("IncorrectInstanceStatus", status=400)
    eip.instance = instance.id
    region.change(instance, "options", instance.options._replace(eip=eip.id))
    _change_later(region, eip, ASSOCIATING, IN_USE)
    return {}


def unassociate(region: RegionState, account: AccountState, request: ecs.UnassociateEipAddress) -> Answer:
    """UnassociateEipAddress: Available again (product/unassociate-eip, product/unknown-eip)."""
    eip = _find(account, request.allocation_id)
    if eip.status != IN_USE:
        raise ApiError("IncorrectEipStatus")
    if request.instance_type != _OF_INSTANCES or request.instance_id not in (None, eip.instance):
        raise ApiError("InvalidInstanceId.NotFound", status=400)
    instance = account.instances[eip.instance]
    region.change(instance, "options", instance.options._replace(eip=""))
    eip.instance = ""
    _change_later(region, eip, UNASSOCIATING, AVAILABLE)
    return {}


def _change_later(region: RegionState, eip: Eip, now: str, then: str) -> None:
    """Let an address come into a state after the time that provisioning takes, unless it has come into another."""
    eip.status = now

    def done() -> None:
        if eip.status == now:
            eip.status = then

    if region.provision:
        region.clock.call_later(region.provision, done)
    else:
        done()


def release(region: RegionState, account: AccountState, request: ecs.ReleaseEipAddress) -> Answer:
    """ReleaseEipAddress: one that nothing has (product/release-eip, product/unknown-eip)."""
    eip = _find(account, request.allocation_id)
    if eip.status != AVAILABLE:
        raise ApiError("IncorrectEipStatus")
    region.public.give_back(eip.address)
    del account.part(Eips)[eip.id]
    return {}


def modify(region: RegionState, account: AccountState, request: ecs.ModifyEipAddressAttribute) -> Answer:
    """ModifyEipAddressAttribute: the bandwidth, the name and the description (product/modify-eip)."""
    eip = _find(account, request.allocation_id)
    if request.bandwidth is not None:
        eip.bandwidth = _bandwidth(request.bandwidth)
    if isinstance(request, vpc.ModifyEipAddressAttribute):
        eip.name = eip.name if request.eip_name is None else request.eip_name
        eip.description = eip.description if request.description is None else request.description
    return {}


def describe(region: RegionState, account: AccountState, request: ecs.DescribeEipAddresses) -> Answer:
    """DescribeEipAddresses: oldest first, by each filter (product/describe-eips)."""
    r, bounds = request, read_bounds(request.filters, ("Creation",))
    found = [
        eip
        for eip in account.part(Eips).values()
        if (r.allocation_id is None or eip.id in r.allocation_id.split(","))
        and (r.address is None or dotted(eip.address) in r.address.split(","))
        and r.associated_id in (None, eip.instance)
        and (r.associated_type is None or (bool(eip.instance) and r.associated_type == _OF_INSTANCES))
        and r.status in (None, eip.status)
        and r.charge_type != "PrePaid"
        and r.lock_reason is None
        and r.isp in (None, eip.isp)
        and within(bounds, {"Creation": eip.created})
    ]
    if not isinstance(r, vpc.DescribeEipAddresses):
        return listing("EipAddresses", "EipAddress", found, r, lambda each: _show(region, each))
    tags = read_asked_tags(r.tags)
    found = [
        eip
        for eip in found
        if r.eip_name in (None, eip.name)
        and r.resource_group_id in (None, _group(region, account, eip))
        and not (r.segment or r.pool)
        and has_tags(eip.tags, tags)
    ]

    def show(eip: Eip) -> dict[str, Any]:
        more = {
            "InstanceRegionId": region.id if eip.instance else "",
            "Name": eip.name,
            # The service spells it so.
            "Descritpion": eip.description,
            "ISP": eip.isp,
            "Netmode": "public",
            "BusinessStatus": "Normal",
            "ResourceGroupId": _group(region, account, eip),
            "Tags": {"Tag": [{"Key": key, "Value": value} for key, value in eip.tags.items()]},
        }
        return {**_show(region, eip), **more}

    return listing("EipAddresses", "EipAddress", found, r, show)


def _show(region: RegionState, eip: Eip) -> dict[str, Any]:
    return {
        "AllocationId": eip.id,
        "IpAddress": dotted(eip.address),
        "InstanceId": eip.instance,
        "InstanceType": _OF_INSTANCES if eip.instance else "",
        "Status": eip.status,
        "RegionId": region.id,
        "Bandwidth": str(eip.bandwidth),
        "EipBandwidth": str(eip.bandwidth),
        "InternetChargeType": eip.charge_type,
        "ChargeType": "PostPaid",
        "ExpiredTime": "",
        "AllocationTime": stamp(eip.created),
        "OperationLocks": {"LockReason": []},
    }


# Both products have each of them; that of Vpc also takes a ClientToken for what is not made.
handles(ecs.AllocateEipAddress)(allocate)
handles(vpc.AllocateEipAddress)(allocate)
handles(ecs.AssociateEipAddress)(associate)
handles(vpc.AssociateEipAddress)(once(associate))
handles(ecs.UnassociateEipAddress)(unassociate)
handles(vpc.UnassociateEipAddress)(once(unassociate))
handles(ecs.ReleaseEipAddress)(release)
handles(vpc.ReleaseEipAddress)(once(release))
handles(ecs.ModifyEipAddressAttribute)(modify)
handles(vpc.ModifyEipAddressAttribute)(once(modify))
handles(ecs.DescribeEipAddresses)(describe)
handles(vpc.DescribeEipAddresses)(describe)
