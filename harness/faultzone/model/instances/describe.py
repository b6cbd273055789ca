"""What an instance looks like: the Describe actions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

from faultzone.api.answer import CURRENT
from faultzone.api.ecs.described_instances import (
    DescribeInstanceAttribute,
    DescribeInstanceRamRole,
    DescribeInstances,
    DescribeInstanceStatus,
    DescribeUserData,
)
from faultzone.api.errors import ApiError
from faultzone.clock import stamp_minute
from faultzone.model.core import periods
from faultzone.model.core.addresses import dotted, network_interface
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.fields import (
    addressed,
    all_instances,
    bounded,
    in_vpc,
    in_vswitch,
    named,
    tagged,
    where_terms,
    with_ipv6,
)
from faultzone.model.core.filters import read_asked_tags, read_bounds, read_tag_list, tag_list
from faultzone.model.core.index import NONE
from faultzone.model.core.listing import Listed, listing, token_of
from faultzone.model.core.state import AccountState, Instance, RegionState


def render(region: RegionState, account: AccountState, instance: Instance, *, today: bool = False) -> dict[str, Any]:
    """One instance as DescribeInstances shows it (instance/describe-times, instance/describe-resources).

    Args:
        today: whether all addresses of its network interfaces are shown.
    """
    kind, image, group, more, vpc = instance.kind, instance.image, instance.group, instance.options, instance.in_vpc
    private, public, out = dotted(instance.private_ip), dotted(instance.public_ip), instance.bandwidth_out
    shown: dict[str, Any] = {
        "InstanceId": instance.id,
        "InstanceName": instance.name,
        "HostName": instance.host_name,
        "Description": more.description,
        "Status": instance.status,
        "StoppedMode": instance.stopped_mode,
        "RegionId": region.id,
        "ZoneId": region.zone_ids[instance.zone],
        "InstanceType": kind.name,
        "InstanceTypeFamily": kind.family,
        "Cpu": kind.vcpus,
        "Memory": int(kind.memory_gib * 1024),
        "GPUAmount": kind.gpus,
        "GPUSpec": kind.gpu,
        "LocalStorageAmount": kind.local_disks,
        "LocalStorageCapacity": kind.local_disks * kind.local_disk_gib,
        "ImageId": image.id,
        "OSType": image.system,
        "OSName": image.os_name,
        "OSNameEn": image.os_name,
        "SerialNumber": instance.id,
        "ClusterId": "",
        "VlanId": "",
        "DeviceAvailable": True,
        "IoOptimized": _is_optimized(instance),
        "CreationTime": stamp_minute(instance.created),
        "StartTime": "" if instance.started is None else stamp_minute(instance.started),
        "ExpiredTime": periods.expiry(instance.expires),
        "AutoReleaseTime": "" if instance.auto_release is None else stamp_minute(instance.auto_release),
        "SaleCycle": more.period_unit or "",
        "InstanceChargeType": instance.charge_type,
        "SpotStrategy": more.spot_strategy,
        "SpotPriceLimit": more.spot_price_limit if more.spot_strategy == "SpotWithPriceLimit" else 0,
        "CreditSpecification": more.credit_specification,
        "KeyPairName": more.key_pair,
        "ResourceGroupId": more.resource_group_id,
        "DeletionProtection": instance.deletion_protection,
        "Recyclable": False,
        "DeploymentSetId": group.id if group is not None else "",
        "InstanceNetworkType": "vpc" if vpc else "classic",
        "InternetChargeType": more.internet_charge_type,
        "InternetMaxBandwidthIn": more.internet_max_bandwidth_in or region.rules.bandwidth_in_most(out),
        "InternetMaxBandwidthOut": out,
        # Before the public address, as the service writes them: a client that flattens the answer keeps the later one.
        "EipAddress": _elastic(region, account, instance),
        "PublicIpAddress": {"IpAddress": [public] if public else []},
        "InnerIpAddress": {"IpAddress": [] if vpc else [private]},
        "VpcAttributes": {
            "VpcId": instance.vswitch.vpc.id if vpc else "",
            "VSwitchId": instance.vswitch.id if vpc else "",
            "PrivateIpAddress": {"IpAddress": [private] if vpc else []},
            "NatIpAddress": "",
        },
        "NetworkInterfaces": {"NetworkInterface": _interfaces(account, instance, today=today) if vpc else []},
        "SecurityGroupIds": {"SecurityGroupId": list(instance.security_groups)},
        "OperationLocks": {"LockReason": [{"LockReason": reason} for reason in instance.locks]},
        "DedicatedHostAttribute": {"DedicatedHostId": "", "DedicatedHostName": ""},
    }
    if more.tags:
        shown["Tags"] = {"Tag": tag_list(read_tag_list(more.tags))}
    return shown


def _elastic(region: RegionState, account: AccountState, instance: Instance) -> dict[str, Any]:
    """The elastic address of an instance (product/associate-eip)."""
    if not instance.options.eip:
        return {"AllocationId": "", "IpAddress": "", "InternetChargeType": ""}
    from faultzone.model.core.eips import eip_of  # Few instances have one.

    eip = eip_of(account, instance)
    assert eip is not None
    shown = {"AllocationId": eip.id, "IpAddress": dotted(eip.address), "InternetChargeType": eip.charge_type}
    return {**shown, "Bandwidth": eip.bandwidth} if region.edition.has(CURRENT) else shown


def _interfaces(account: AccountState, instance: Instance, *, today: bool) -> list[dict[str, Any]]:
    """The network interfaces of an instance in a VPC, the primary one first."""
    options = instance.options
    if options.has_cards or options.ipv6:
        from faultzone.model.core.cards import show_attached  # Few instances have any.

        return show_attached(account, instance, today=today)
    card: dict[str, Any] = network_interface(instance)
    if today:
        card["Ipv6Sets"] = {"Ipv6Set": []}
        card["PrivateIpSets"] = {"PrivateIpSet": [{"PrivateIpAddress": card["PrimaryIpAddress"], "Primary": True}]}
        card["Ipv4PrefixSets"], card["Ipv6PrefixSets"] = {"Ipv4PrefixSet": []}, {"Ipv6PrefixSet": []}
    return [card]


def _render_today(region: RegionState, account: AccountState, instance: Instance) -> dict[str, Any]:
    """The same with what today's documentation shows besides."""
    shown = render(region, account, instance, today=True)
    shown["MetadataOptions"] = _metadata_options(region, instance)
    more = instance.options
    shown["EipAddress"]["IsSupportUnassociate"] = bool(more.eip)
    if more.spot_strategy == "NoSpot":
        shown["SpotInterruptionBehavior"] = ""
    else:
        shown["SpotInterruptionBehavior"] = more.spot_interruption or "Terminate"
        shown["SpotDuration"] = 1 if more.spot_duration is None else more.spot_duration
    shown["CpuOptions"] = _cpu_options(instance)
    shown["PrivateDnsNameOptions"] = {**_NO_PRIVATE_NAMES, **instance.options.private_dns_name_options}
    asked = more.settings
    for name, usual in _USUAL.items():
        shown[name] = {**usual, **asked[name]} if name in asked else {**usual}
    shown["ISP"] = asked.get("ISP", "")
    if instance.group is not None and (number := instance.group.number(instance)):
        shown["DeploymentSetGroupNo"] = number
    return shown


#: What is shown of settings that no launch asked for (instance/launch-settings).
_USUAL: Final[Mapping[str, Mapping[str, Any]]] = {
    "ClockOptions": {"PtpStatus": "disabled"},
    "HibernationOptions": {"Configured": False},
    "ImageOptions": {"LoginAsNonRoot": False},
    "SecurityOptions": {"EnableSecureBoot": False},
    "EcsCapacityReservationAttr": {"CapacityReservationPreference": ""},
}
#: Which private names an instance has of itself.
_NO_PRIVATE_NAMES: Final = {
    "HostnameType": "Custom",
    "EnableInstanceIdDnsAAAARecord": False,
    "EnableInstanceIdDnsARecord": False,
    "EnableIpDnsARecord": False,
    "EnableIpDnsPtrRecord": False,
}


def _cpu_options(instance: Instance) -> dict[str, Any]:
    """How its vCPUs are made of cores; of two threads each unless it was chosen otherwise."""
    cores, chosen = instance.kind.vcpus // 2 or 1, instance.options.cpu_options
    return {
        "CoreCount": chosen.get("Core", cores),
        "ThreadsPerCore": chosen.get("ThreadsPerCore", instance.kind.vcpus // cores),
        "TopologyType": chosen.get("TopologyType", ""),
    }


def _metadata_options(region: RegionState, instance: Instance) -> dict[str, Any]:
    """How the metadata service answers it (instance/metadata-options)."""
    options = instance.options
    shown: dict[str, Any] = {"HttpEndpoint": options.http_endpoint, "HttpTokens": options.http_tokens}
    if region.edition.has(CURRENT):
        shown["InstanceMetadataTags"] = options.metadata_tags
        if options.hop_limit:
            shown["HttpPutResponseHopLimit"] = options.hop_limit
    return shown


def _conditions(region: RegionState, account: AccountState, request: DescribeInstances) -> Iterator[Mapping[int, int]]:
    """The instances that meet each condition of the request but ids, by their rows.

    Clauses: instance/describe-filters, instance/describe-name-wildcard, instance/describe-by-time,
    instance/describe-by-creation.
    """
    r, book = request, account.book
    if r.status is not None:
        yield book.rows("status", r.status)
    if r.zone_id is not None:
        yield book.rows("zone", region.zone_number(r.zone_id))
    if r.vswitch_id is not None:
        yield in_vswitch(account, r.vswitch_id)
    if r.vpc_id is not None:
        yield in_vpc(account, r.vpc_id)
    if r.security_group_id is not None:
        yield book.rows("security group", r.security_group_id)
    for addresses, inside in ((r.private_ip_addresses, True), (r.inner_ip_addresses, False)):
        if addresses is not None:
            yield addressed(book, "private address", addresses)
            yield from where_terms(book, in_vpc=inside)
    if r.public_ip_addresses is not None:
        yield addressed(book, "public address", r.public_ip_addresses)
    if r.instance_name is not None:
        yield named(account, r.instance_name)
    if r.image_id is not None:
        yield book.rows("image", r.image_id)
    if r.instance_type is not None:
        yield book.rows("type", r.instance_type)
    if r.instance_type_family is not None:
        find, family = region.catalog.find_type, r.instance_type_family
        yield book.rows_where("type", lambda name: (kind := find(name)) is not None and kind.family == family)
    if r.deployment_set_id is not None:
        yield book.rows("deployment set", r.deployment_set_id)
    if r.lock_reason is not None:
        if r.lock_reason not in region.edition.instance.lock_reasons:
            raise ApiError("InvalidLockReason.NotFound")
        yield book.rows("lock", r.lock_reason)
    if r.instance_charge_type is not None:
        yield book.rows("charge type", r.instance_charge_type)
    yield from where_terms(
        book,
        internet_charge_type=r.internet_charge_type,
        spot_strategy=r.spot_strategy,
        credit_specification=r.credit_specification,
        optimized=r.io_optimized,
        in_vpc=None if r.instance_network_type is None else r.instance_network_type == "vpc",
        http_endpoint=r.http_endpoint,
        http_tokens=r.http_tokens,
    )
    if r.resource_group_id is not None:
        yield book.rows("resource group", r.resource_group_id)
    if r.key_pair_name is not None:
        yield book.rows("key pair", r.key_pair_name)
    if r.eip_addresses is not None:
        from faultzone.model.core.eips import having  # Few ask for any.

        yield having(account, r.eip_addresses)
    nobody_has = (r.rdma_ip_addresses,)
    if r.ipv6_addresses:
        yield with_ipv6(book, r.ipv6_addresses)
    if r.device_available is False or any(each is not None for each in nobody_has):
        # What has to be made before cannot be made here, and all instances are alike in the rest.
        yield NONE
    if r.hpc_cluster_id is not None:
        raise ApiError("InvalidHpcClusterId.NotFound")
    yield from bounded(book, read_bounds(r.filters, ("Creation", "Expired")))
    yield from tagged(book, "tag", read_asked_tags(r.tags))


def _is_optimized(instance: Instance) -> bool:
    return instance.options.io_optimized == "optimized"


@handles(DescribeInstances)
def describe_instances(region: RegionState, account: AccountState, request: DescribeInstances) -> Answer:
    """DescribeInstances: unknown ids are left out, filters add up, newest first (instance/describe-filters,
    instance/describe-empty-ids, instance/token-paging)."""
    instances, ids, where = account.instances, request.instance_ids, []
    conditions = list(_conditions(region, account, request)) if len(request.given) > (ids is not None) else []
    found: Listed[Instance]
    if ids is None:
        found = account.book.found(*conditions) if conditions else all_instances(account, request)
    else:
        if conditions:
            where.append(account.book.found(*conditions).__contains__)
        found = [instances[each] for each in dict.fromkeys(ids) if each in instances]
    show = partial(_render_today if region.edition.has(CURRENT) else render, region, account)
    answer = listing(
        "Instances",
        "Instance",
        found,
        request,
        show,
        where=where,
        latest_first=ids is None,
        token=token_of(request),
    )
    if "META_OPTIONS" in request.additional_attributes:
        for each in answer["Instances"]["Instance"]:
            each["MetadataOptions"] = _metadata_options(region, instances[each["InstanceId"]])
    return answer


@handles(DescribeInstanceStatus)
def describe_instance_status(region: RegionState, account: AccountState, request: DescribeInstanceStatus) -> Answer:
    """DescribeInstanceStatus: ids and states, of one zone or of all."""
    ids, selected = request.instance_ids, None
    if request.zone_id is not None:
        selected = account.book.found(account.book.rows("zone", region.zone_number(request.zone_id)))
    found: Listed[Instance]
    if ids:
        found = [account.instance(each) for each in dict.fromkeys(ids)]
    else:
        found = all_instances(account, request) if selected is None else selected
    return listing(
        "InstanceStatuses",
        "InstanceStatus",
        found,
        request,
        lambda each: {"InstanceId": each.id, "Status": each.status},
        where=[selected.__contains__] if ids and selected is not None else [],
        latest_first=not ids,
    )


@handles(DescribeInstanceAttribute)
def describe_instance_attribute(
    region: RegionState, account: AccountState, request: DescribeInstanceAttribute
) -> Answer:
    """DescribeInstanceAttribute: what DescribeInstances shows, of one."""
    instance = account.instance(request.instance_id)
    shown = render(region, account, instance)
    shown["IoOptimized"] = "optimized" if shown["IoOptimized"] else "none"
    if region.edition.has(CURRENT):
        shown["EnableJumboFrame"] = instance.options.enable_jumbo_frame
        shown["NetworkOptions"] = {
            "EnableJumboFrame": instance.options.enable_jumbo_frame,
            "BandwidthWeighting": instance.options.bandwidth_weighting,
        }
        security = "SecurityOptions"
        shown[security] = {**_USUAL[security], **instance.options.settings.get(security, {})}
    return shown


@handles(DescribeUserData)
def describe_user_data(region: RegionState, account: AccountState, request: DescribeUserData) -> Answer:
    """DescribeUserData: the start-up program of one instance (instance/user-data)."""
    instance = account.instance(request.instance_id)
    return {"RegionId": region.id, "InstanceId": instance.id, "UserData": instance.options.user_data or ""}


@handles(DescribeInstanceRamRole)
def describe_instance_ram_role(region: RegionState, account: AccountState, request: DescribeInstanceRamRole) -> Answer:
    """DescribeInstanceRamRole: of the instances that are named, or of those with a role; no role is an empty name."""
    if not request.instance_ids and request.ram_role_name is None:
        raise ApiError("InvalidParameter.AllEmpty")
    role = request.ram_role_name
    found: Listed[Instance]
    if request.instance_ids:
        found = [account.instance(each) for each in dict.fromkeys(request.instance_ids)]
        if not all(each.in_vpc for each in found):
            raise ApiError("InvalidNetworkType.MismatchRamRole")
        found = [each for each in found if role in (None, each.options.ram_role_name or "")]
    else:
        found = account.book.found(account.book.rows("role", role or ""))
    listed = listing(
        "InstanceRamRoleSets",
        "InstanceRamRoleSet",
        found,
        request,
        lambda each: {"InstanceId": each.id, "RamRoleName": each.options.ram_role_name or ""},
    )
    return {"RegionId": region.id, **listed}
