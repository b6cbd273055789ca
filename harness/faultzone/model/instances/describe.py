"""What an instance looks like and what of it can be changed: the Describe actions and ModifyInstanceAttribute."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from faultzone.api.answer import CURRENT
from faultzone.api.ecs.instances import (
    DescribeInstanceAttribute,
    DescribeInstanceRamRole,
    DescribeInstances,
    DescribeInstanceStatus,
    DescribeUserData,
    ModifyInstanceAttribute,
)
from faultzone.api.errors import ApiError
from faultzone.clock import stamp_minute
from faultzone.model.core import locks, periods
from faultzone.model.core.addresses import dotted, network_interface
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.filters import has_tags, read_asked_tags, read_bounds, read_tag_list, tag_list, within
from faultzone.model.core.listing import Listed, like, listing
from faultzone.model.core.state import STARTING, AccountState, Instance, RegionState
from faultzone.model.instances.checks import check_password, check_texts, check_user_data


def render(region: RegionState, account: AccountState, instance: Instance) -> dict[str, Any]:
    """One instance as DescribeInstances shows it (instance/describe-times, instance/describe-resources)."""
    kind, image, group, more = instance.kind, instance.image, instance.group, instance.options
    private, public = dotted(instance.private_ip), dotted(instance.public_ip)
    vpc = instance.in_vpc
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
        "SpotPriceLimit": more.spot_price_limit,
        "CreditSpecification": more.credit_specification,
        "KeyPairName": "",
        "ResourceGroupId": "",
        "DeletionProtection": instance.deletion_protection,
        "Recyclable": False,
        "DeploymentSetId": group.id if group is not None else "",
        "InstanceNetworkType": "vpc" if vpc else "classic",
        "InternetChargeType": more.internet_charge_type,
        "InternetMaxBandwidthIn": more.internet_max_bandwidth_in,
        "InternetMaxBandwidthOut": instance.bandwidth_out,
        # Before the public address, as the service writes them: a client that flattens the answer keeps the later one.
        "EipAddress": {"AllocationId": "", "IpAddress": "", "InternetChargeType": ""},
        "PublicIpAddress": {"IpAddress": [public] if public else []},
        "InnerIpAddress": {"IpAddress": [] if vpc else [private]},
        "VpcAttributes": {
            "VpcId": account.vpc_id if vpc else "",
            "VSwitchId": account.vswitch_ids[instance.zone] if vpc else "",
            "PrivateIpAddress": {"IpAddress": [private] if vpc else []},
            "NatIpAddress": "",
        },
        "NetworkInterfaces": {"NetworkInterface": [network_interface(instance)] if vpc else []},
        "SecurityGroupIds": {"SecurityGroupId": list(instance.security_groups)},
        "OperationLocks": {"LockReason": [{"LockReason": reason} for reason in instance.locks]},
        "DedicatedHostAttribute": {"DedicatedHostId": "", "DedicatedHostName": ""},
    }
    if more.tags:
        shown["Tags"] = {"Tag": tag_list(read_tag_list(more.tags))}
    return shown


def _listed(region: RegionState, account: AccountState, instance: Instance) -> dict[str, Any]:
    """The same with what a later edition shows besides."""
    shown = render(region, account, instance)
    if region.edition.has(CURRENT):
        shown["MetadataOptions"] = _metadata_options()
        shown["SpotInterruptionBehavior"] = "" if instance.options.spot_strategy == "NoSpot" else "Terminate"
        for card in shown["NetworkInterfaces"]["NetworkInterface"]:
            card["PrivateIpSets"] = {"PrivateIpSet": [{"PrivateIpAddress": card["PrimaryIpAddress"], "Primary": True}]}
    return shown


def _metadata_options() -> dict[str, str]:
    return {"HttpEndpoint": "enabled", "HttpTokens": "optional"}


Filter = Callable[[Instance], bool]


def _filters(region: RegionState, account: AccountState, request: DescribeInstances) -> Iterator[Filter]:
    """The conditions that the request sets, besides ids.

    Clauses: instance/describe-filters, instance/describe-name-wildcard, instance/describe-by-time.
    """
    r = request
    if r.status is not None:
        yield lambda i: i.status == r.status
    if r.zone_id is not None:
        zone = region.zone_number(r.zone_id)
        yield lambda i: i.zone == zone
    if r.vswitch_id is not None:
        vswitch = r.vswitch_id
        yield lambda i: i.in_vpc and account.vswitch_ids[i.zone] == vswitch
    if r.vpc_id is not None:
        yield lambda i: i.in_vpc and r.vpc_id == account.vpc_id
    if r.instance_network_type is not None:
        yield lambda i: i.in_vpc == (r.instance_network_type == "vpc")
    if r.security_group_id is not None:
        yield lambda i: r.security_group_id in i.security_groups
    for addresses, in_vpc in ((r.private_ip_addresses, True), (r.inner_ip_addresses, False)):
        if addresses is not None:
            wanted = set(addresses)
            yield lambda i, wanted=wanted, in_vpc=in_vpc: i.in_vpc == in_vpc and dotted(i.private_ip) in wanted  # type: ignore[misc]
    if r.public_ip_addresses is not None:
        public = set(r.public_ip_addresses)
        yield lambda i: dotted(i.public_ip) in public
    if r.instance_charge_type is not None:
        yield lambda i: i.charge_type == r.instance_charge_type
    if r.instance_name is not None:
        named = r.instance_name
        yield lambda i: like(named, i.name)
    if r.image_id is not None:
        yield lambda i: i.image.id == r.image_id
    if r.instance_type is not None:
        yield lambda i: i.kind.name == r.instance_type
    if r.instance_type_family is not None:
        yield lambda i: i.kind.family == r.instance_type_family
    if r.deployment_set_id is not None:
        yield lambda i: i.group is not None and i.group.id == r.deployment_set_id
    if r.lock_reason is not None:
        yield lambda i: r.lock_reason in i.locks
    for name in ("internet_charge_type", "spot_strategy", "credit_specification"):
        asked = getattr(r, name)
        if asked is not None:
            yield lambda i, name=name, asked=asked: getattr(i.options, name) == asked  # type: ignore[misc]
    if r.io_optimized is not None:
        yield lambda i: _is_optimized(i) == r.io_optimized
    nobody_has = (r.eip_addresses, r.key_pair_name, r.resource_group_id, r.rdma_ip_addresses)
    unlike_all = (r.device_available is False, r.http_endpoint == "disabled", r.http_tokens == "required")
    if any(unlike_all) or any(each is not None for each in nobody_has):
        # What has to be made before cannot be made here, and all instances are alike in the rest.
        yield lambda i: False
    if r.hpc_cluster_id is not None:
        raise ApiError("InvalidHpcClusterId.NotFound")
    if r.filters:
        bounds = read_bounds(r.filters, ("Creation", "Expired"))
        yield lambda i: within(bounds, {"Creation": i.created, "Expired": i.expires})
    if r.tags:
        asked_tags = read_asked_tags(r.tags)
        yield lambda i: has_tags(read_tag_list(i.options.tags), asked_tags)


def _is_optimized(instance: Instance) -> bool:
    return instance.options.io_optimized == "optimized"


@handles(DescribeInstances)
def describe_instances(region: RegionState, account: AccountState, request: DescribeInstances) -> Answer:
    """DescribeInstances: unknown ids are left out, filters add up, newest first (instance/describe-filters,
    instance/describe-empty-ids)."""
    if request.dry_run:
        raise ApiError("DryRunOperation")
    instances, ids = account.instances, request.instance_ids
    where = [] if len(request.given) <= (ids is not None) else list(_filters(region, account, request))
    found: Listed[Instance] = instances.values()
    if ids is not None:
        found = [instances[each] for each in dict.fromkeys(ids) if each in instances]
    show = partial(_listed, region, account)
    answer = listing("Instances", "Instance", found, request, show, where=where, latest_first=ids is None)
    if "META_OPTIONS" in request.additional_attributes:
        for each in answer["Instances"]["Instance"]:
            each["MetadataOptions"] = _metadata_options()
    return answer


@handles(DescribeInstanceStatus)
def describe_instance_status(region: RegionState, account: AccountState, request: DescribeInstanceStatus) -> Answer:
    """DescribeInstanceStatus: ids and states, of one zone or of all."""
    zone = None if request.zone_id is None else region.zone_number(request.zone_id)
    ids = request.instance_ids
    found: Listed[Instance] = account.instances.values()
    if ids:
        found = [account.instance(each) for each in dict.fromkeys(ids)]
    return listing(
        "InstanceStatuses",
        "InstanceStatus",
        found,
        request,
        lambda each: {"InstanceId": each.id, "Status": each.status},
        having=((zone, lambda each: each.zone),),
        latest_first=not ids,
    )


@handles(DescribeInstanceAttribute)
def describe_instance_attribute(
    region: RegionState, account: AccountState, request: DescribeInstanceAttribute
) -> Answer:
    """DescribeInstanceAttribute: what DescribeInstances shows, of one."""
    shown = render(region, account, account.instance(request.instance_id))
    shown["IoOptimized"] = "optimized" if shown["IoOptimized"] else "none"
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
    found = [account.instance(each) for each in dict.fromkeys(request.instance_ids or account.instances)]
    if request.instance_ids and not all(each.in_vpc for each in found):
        raise ApiError("InvalidNetworkType.MismatchRamRole")
    roles = [{"InstanceId": each.id, "RamRoleName": each.options.ram_role_name or ""} for each in found]
    listed = listing(
        "InstanceRamRoleSets",
        "InstanceRamRoleSet",
        roles,
        request,
        having=((request.ram_role_name, lambda each: each["RamRoleName"]),),
    )
    return {"RegionId": region.id, **listed}


@handles(ModifyInstanceAttribute)
def modify_instance_attribute(region: RegionState, account: AccountState, request: ModifyInstanceAttribute) -> Answer:
    """ModifyInstanceAttribute: user data of a stopped instance only, the password not while it starts."""
    instance = account.instance(request.instance_id)
    locks.check(region, instance, "ModifyInstanceAttribute")
    check_texts(region, request.instance_name, request.description, request.host_name, instance.image.system)
    check_user_data(region, request.user_data)
    check_password(region, request.password, instance.image.system)
    if request.user_data is not None:
        if not region.rules.takes_user_data(instance.in_vpc, _is_optimized(instance)):
            raise ApiError("InvalidUserData.NotSupported")
        if not region.rules.user_data_may_change(instance.status):
            raise ApiError("IncorrectInstanceStatus")
    if request.password is not None and instance.status == STARTING:
        raise ApiError("IncorrectInstanceStatus")
    if request.deletion_protection is not None:
        if not region.rules.may_be_protected(instance.charge_type, instance.options.spot_strategy):
            raise ApiError("InvalidChargeType.ValueNotSupported")
        instance.deletion_protection = request.deletion_protection
    instance.name = request.instance_name or instance.name
    instance.host_name = request.host_name or instance.host_name
    before, credit = instance.options, request.credit_specification
    instance.options = before._replace(
        description=before.description if request.description is None else request.description,
        user_data=before.user_data if request.user_data is None else request.user_data,
        credit_specification=before.credit_specification if credit is None else credit,
    )
    return {}
