"""Changes of what an instance is made of and how it is reached: its type, bandwidth and addresses.

Source: API reference of October 2026, ModifyInstanceSpec, ModifyInstanceNetworkSpec, AllocatePublicIpAddress and
ModifyInstanceVpcAttribute.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from faultzone.api.ecs.specs import (
    AllocatePublicIpAddress,
    ModifyInstanceNetworkSpec,
    ModifyInstanceSpec,
    ModifyInstanceVpcAttribute,
)
from faultzone.api.errors import ApiError
from faultzone.clock import HOUR, SECOND, read_stamp
from faultzone.model.core import locks, retyping
from faultzone.model.core.addresses import check_security_groups, dotted, find_vswitch, read_dotted, vpc_of
from faultzone.model.core.client_tokens import once
from faultzone.model.core.dispatch import Answer, check_dry_run, handles
from faultzone.model.core.state import RUNNING, STOPPED, AccountState, Instance, RegionState

if TYPE_CHECKING:
    from faultzone.model.core.addresses import VSwitch
    from faultzone.model.core.catalog import InstanceType

#: The least time for which bandwidth is raised (instance/temporary-bandwidth).
_TEMPORARY_LEAST: Final = 3 * HOUR
#: The most that goes out, by what is paid for.
_OUT_MOST: Final = 100
_OUT_MOST_BOUGHT: Final = 200


class _Bandwidth(NamedTuple):
    """So many Mbit/s in and out."""

    incoming: int
    outgoing: int


@handles(ModifyInstanceSpec)
@once
def modify_instance_spec(region: RegionState, account: AccountState, request: ModifyInstanceSpec) -> Answer:
    """ModifyInstanceSpec: one change a call, of the type while Stopped, of the bandwidth while Running or Stopped.

    Clauses: instance/modify-spec-type, instance/modify-spec-bandwidth, instance/modify-spec-one-change,
    instance/modify-spec-stock.
    """
    instance = account.instance(request.instance_id)
    locks.check(region, instance, "ModifyInstanceSpec")
    if instance.charge_type != "PostPaid":
        raise ApiError("ChargeTypeViolation")
    if region.in_arrears(account.id):
        raise ApiError("Account.Arrearage")
    of_network = request.bandwidth_out is not None or request.bandwidth_in is not None
    if request.instance_type is None and not of_network:
        raise ApiError.of("MissingParameter", name="InstanceType")
    if request.instance_type is not None and of_network:
        raise ApiError("InvalidParameter.Mismatch")
    if request.instance_type is None:
        bandwidth = _read_bandwidth(region, instance, request.bandwidth_out, request.bandwidth_in, _OUT_MOST)
        _check_still(instance)
        check_dry_run(region, request.dry_run)
        _set_bandwidth(region, instance, bandwidth, allocates=False)
    else:
        kind = _read_type(region, instance, request.instance_type)
        if instance.status != STOPPED or instance.waits_for_host:
            raise ApiError("InvalidStatus.ValueNotSupported")
        host = retyping.find_host(region, instance, kind)
        check_dry_run(region, request.dry_run)
        retyping.set_type(region, instance, kind, host, (request.system_disk or {}).get("Category"))
    return {}


# Types


def _read_type(region: RegionState, instance: Instance, name: str) -> InstanceType:
    """The type that an instance is to have.

    Raises:
        ApiError: there is none of this name, it is sold no more, or this instance cannot be changed to it.
    """
    kind = region.catalog.type_of(name)
    refusal = retyping.why_not(region, instance, kind)
    if refusal is not None:
        raise ApiError(refusal)
    return kind


# Bandwidth


def _read_bandwidth(
    region: RegionState, instance: Instance, outgoing: int | None, incoming: int | None, most: int
) -> _Bandwidth:
    """The bandwidth that is asked for: what comes in is 1 to 10, or up to what goes out if that is more; by default the
    most (instance/modify-spec-bandwidth).

    Raises:
        ApiError: more is asked for.
    """
    out = instance.bandwidth_out if outgoing is None else outgoing
    if out > most:
        raise ApiError("InvalidInternetMaxBandwidthOut.ValueNotSupported")
    most_in = region.rules.bandwidth_in_most(out)
    if incoming is not None and incoming > most_in:
        raise ApiError("InvalidInternetMaxBandwidthIn.ValueNotSupported")
    return _Bandwidth(most_in if incoming is None else incoming, out)


def _check_still(instance: Instance) -> None:
    """Refuse an instance that is on its way from one state to another."""
    if instance.status not in (RUNNING, STOPPED):
        raise ApiError("IncorrectInstanceStatus")


def _set_bandwidth(region: RegionState, instance: Instance, bandwidth: _Bandwidth, *, allocates: bool) -> None:
    """Change the bandwidth of an instance; with none its public address goes, with some it may come."""
    options, had = instance.options, instance.bandwidth_out
    instance.bandwidth_out = bandwidth.outgoing
    if not bandwidth.outgoing:
        _set_public_ip(region, instance, 0)
        options = options._replace(without_public_ip=False)
    elif not instance.public_ip:
        if allocates:
            _set_public_ip(region, instance, region.public.allocate() or 0)
        # What a stop without charge has taken comes back with the next start; what never was does not.
        options = options._replace(without_public_ip=not allocates and (options.without_public_ip or not had))
    region.change(instance, "options", options._replace(internet_max_bandwidth_in=bandwidth.incoming))


def _set_public_ip(region: RegionState, instance: Instance, address: int) -> None:
    """Give an instance a public address, or take it with 0, and say so."""
    if instance.public_ip == address:
        return
    if instance.public_ip:
        region.public.give_back(instance.public_ip)
    region.change(instance, "public_ip", address)
    _say_addresses(region, instance)


def _say_addresses(region: RegionState, instance: Instance) -> None:
    """Journal that the addresses of an instance were changed for its user, and what they are now."""
    region.record("notice", instance=instance.id, what="addresses")
    region.say(instance, instance.status, instance.status)


@handles(ModifyInstanceNetworkSpec)
@once
def modify_network_spec(region: RegionState, account: AccountState, request: ModifyInstanceNetworkSpec) -> Answer:
    """ModifyInstanceNetworkSpec: a subscription with bandwidth has a public address, pay-as-you-go has one if it is
    asked for; what is bought for some hours ends by itself.

    Clauses: instance/modify-network-spec, instance/temporary-bandwidth.
    """
    instance = account.instance(request.instance_id)
    locks.check(region, instance, "ModifyInstanceNetworkSpec")
    if locks.is_unpaid(instance):
        raise ApiError("InstanceExpiredOrInArrears")
    bought = instance.charge_type == "PrePaid"
    charge_type = request.charge_type or instance.options.internet_charge_type
    most = _OUT_MOST_BOUGHT if bought and charge_type == "PayByBandwidth" else _OUT_MOST
    bandwidth = _read_bandwidth(region, instance, request.bandwidth_out, request.bandwidth_in, most)
    if request.allocate_public_ip and not bandwidth.outgoing:
        raise ApiError("InvalidParam.AllocatePublicIp")
    hours = _read_hours(region, instance, request)
    _check_still(instance)
    if hours is not None:
        _raise_for_hours(region, instance, bandwidth, *hours)
    else:
        allocates = request.allocate_public_ip or (bought and not instance.bandwidth_out)
        _set_bandwidth(region, instance, bandwidth, allocates=allocates)
        region.change(instance, "options", instance.options._replace(internet_charge_type=charge_type))
    return {}


def _read_hours(region: RegionState, instance: Instance, request: ModifyInstanceNetworkSpec) -> tuple[int, int] | None:
    """From when to when bandwidth is raised; None if it is for good (instance/temporary-bandwidth).

    Raises:
        ApiError: an instant is missing or malformed, the second is not three hours after the first, the instance is no
            subscription, or it has so much already.
    """
    if request.start_time is None and request.end_time is None:
        return None
    if request.end_time is None:
        raise ApiError.of("MissingParameter", name="EndTime")
    if instance.charge_type != "PrePaid":
        raise ApiError("ChargeTypeViolation")
    if request.bandwidth_out is None:
        raise ApiError.of("MissingParameter", name="InternetMaxBandwidthOut")
    now = region.clock.now
    start = now if request.start_time is None else max(now, _read_instant("StartTime", request.start_time))
    end = _read_instant("EndTime", request.end_time)
    if end - start < _TEMPORARY_LEAST:
        raise ApiError.of("InvalidStartTime.ValueNotSupported", why="EndTime must be at least three hours later")
    if request.bandwidth_out < instance.bandwidth_out:
        raise ApiError("InvalidBandwidth.ValueNotSupported")
    return start, end


def _read_instant(name: str, text: str) -> int:
    """An instant to the hour, as EndTime is written, or to the minute or second."""
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\dZ", text, re.ASCII):
            hour = datetime.strptime(text, "%Y-%m-%dT%HZ").replace(tzinfo=UTC)
            return round(hour.timestamp()) * SECOND
        return read_stamp(text)
    except ValueError:
        why = "write yyyy-MM-ddTHH:mmZ, or yyyy-MM-ddTHHZ"
        raise ApiError.of("InvalidParameter", name=name, why=why) from None


def _raise_for_hours(region: RegionState, instance: Instance, raised: _Bandwidth, start: int, end: int) -> None:
    """Raise the bandwidth of an instance at an instant, and lower it again at another, unless it is changed between."""
    out = instance.bandwidth_out
    usual = _Bandwidth(instance.options.internet_max_bandwidth_in or region.rules.bandwidth_in_most(out), out)

    def change(bandwidth: _Bandwidth) -> None:
        if region.instances.get(instance.id) is instance:
            _set_bandwidth(region, instance, bandwidth, allocates=not instance.bandwidth_out)

    if start <= region.clock.now:
        change(raised)
    else:
        region.clock.call_at(start, lambda: change(raised))
    region.clock.call_at(end, lambda: change(usual) if instance.bandwidth_out == raised.outgoing else None)


@handles(AllocatePublicIpAddress)
def allocate_public_ip(region: RegionState, account: AccountState, request: AllocatePublicIpAddress) -> Answer:
    """AllocatePublicIpAddress: the one that the instance has, or a new one (instance/allocate-public-ip)."""
    instance = account.instance(request.instance_id)
    locks.check(region, instance, "AllocatePublicIpAddress")
    if locks.is_unpaid(instance):
        raise ApiError("InstanceExpiredOrInArrears")
    _check_still(instance)
    if not instance.bandwidth_out:
        raise ApiError("AllocateIpInvalidInstanceBandwidth")
    if not instance.public_ip:
        _set_public_ip(region, instance, region.public.allocate() or 0)
        region.change(instance, "options", instance.options._replace(without_public_ip=False))
    return {"IpAddress": dotted(instance.public_ip)}


# Private addresses


@handles(ModifyInstanceVpcAttribute)
def modify_vpc_attribute(region: RegionState, account: AccountState, request: ModifyInstanceVpcAttribute) -> Answer:
    """ModifyInstanceVpcAttribute: of a stopped instance that was started since it was made, or since the last change.

    Clauses: instance/modify-private-address, instance/modify-private-address-twice.
    """
    instance = account.instance(request.instance_id)
    locks.check(region, instance, "ModifyInstanceVpcAttribute")
    if not instance.in_vpc:
        raise ApiError("OperationDenied")
    vswitch = _read_vswitch(account, instance, request)
    if request.security_group_ids:
        check_security_groups(account, request.security_group_ids, vswitch.vpc)
    address = _read_private_address(instance, vswitch, request.private_ip_address)
    if instance.status != STOPPED or instance.waits_for_host:
        raise ApiError("IncorrectInstanceStatus")
    if instance.started is None or instance.options.address_until_boot == instance.started:
        raise ApiError("InvalidPrivateIp.Changing")
    if request.security_group_ids:
        region.change(instance, "security_groups", request.security_group_ids)
    if vswitch is not instance.vswitch or address != instance.private_ip:
        _set_private_ip(region, instance, vswitch, address)
    return {}


def _read_vswitch(account: AccountState, instance: Instance, request: ModifyInstanceVpcAttribute) -> VSwitch:
    """The vSwitch that an instance is to be in: of its zone, and of its VPC or the one that is named
    (instance/modify-private-address, product/change-network).

    Raises:
        ApiError: there is none, it is elsewhere, or the instance cannot leave its VPC.
    """
    vswitch = find_vswitch(account, request.vswitch_id, None)
    vpc = instance.vswitch.vpc if request.vpc_id is None else vpc_of(account, request.vpc_id)
    if vswitch.zone != instance.zone or vswitch.vpc is not vpc:
        raise ApiError("InvalidVSwitchId.Mismatch")
    if request.vpc_id is not None and not request.security_group_ids:
        raise ApiError.of("MissingParameter", name="SecurityGroupId")
    leaves = vswitch is not instance.vswitch
    options = instance.options
    if (leaves and (options.ipv6 or options.card.more)) or (vpc is not instance.vswitch.vpc and options.cards):
        why = (
            "An instance with a secondary network interface stays in its VPC, one with an IPv6 or a secondary private "
            "address in its vSwitch."
        )
        raise ApiError("OperationDenied", why)
    if leaves and not vswitch.addresses.left:
        raise ApiError("QuotaExceeded.PrivateIpAddress")
    return vswitch


def _read_private_address(instance: Instance, vswitch: VSwitch, text: str | None) -> int | None:
    """The address that an instance is to have in a vSwitch; None for any other than it has.

    Raises:
        ApiError: it is no address, not one of its vSwitch, or another's.
    """
    if text is None:
        return None
    address, block = read_dotted(text), vswitch.addresses
    if address is None:
        raise ApiError("InvalidPrivateIpAddress.Malformed")
    if not block.has(address):
        raise ApiError("InvalidPrivateIpAddress.Mismatch")
    stays = vswitch is instance.vswitch and address == instance.private_ip
    if not stays and not block.is_free(address):
        raise ApiError("InvalidPrivateIpAddress.Duplicated")
    return address


def _set_private_ip(region: RegionState, instance: Instance, vswitch: VSwitch, address: int | None) -> None:
    """Give an instance another private address, in its vSwitch or another; its network card stays, and it has to be
    started before the next."""
    before = instance.private_ip
    if address is None:
        address = vswitch.addresses.allocate()
    else:
        vswitch.addresses.claim(address)
    if address is None:
        return  # Nothing but its own address is left in its vSwitch.
    instance.vswitch.addresses.give_back(before)
    options = instance.options
    region.change(
        instance,
        "options",
        options._replace(mac_address=options.mac_address or before, address_until_boot=instance.started),
    )
    region.change(instance, "private_ip", address)
    region.change(instance, "vswitch", vswitch)
    _say_addresses(region, instance)
