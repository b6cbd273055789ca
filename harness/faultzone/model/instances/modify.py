"""What can be changed of an instance at once: its attributes, roles and security groups, and what its metadata service
answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from faultzone.api.ecs.changes import (
    AttachInstanceRamRole,
    DetachInstanceRamRole,
    JoinSecurityGroup,
    LeaveSecurityGroup,
    ModifyInstanceMetadataOptions,
)
from faultzone.api.ecs.instances import ModifyInstanceAttribute
from faultzone.api.errors import ApiError
from faultzone.model.core import cards, locks
from faultzone.model.core.addresses import check_security_groups
from faultzone.model.core.client_tokens import once
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.state import RUNNING, STARTING, STOPPED, AccountState, Instance, RegionState
from faultzone.model.instances.checks import check_password, check_texts, check_user_data

if TYPE_CHECKING:
    from faultzone.model.core.options import Options


@handles(ModifyInstanceAttribute)
@once
def modify_instance_attribute(region: RegionState, account: AccountState, request: ModifyInstanceAttribute) -> Answer:
    """ModifyInstanceAttribute: each attribute in the states in which it may be changed.

    Clauses: instance/user-data-stopped-only, instance/user-data-in-any-state, instance/host-name-states,
    instance/modify-security-groups, instance/modify-jumbo-frame, instance/modify-cpu-options,
    instance/modify-private-names.
    """
    instance = account.instance(request.instance_id)
    locks.check(region, instance, "ModifyInstanceAttribute")
    check_texts(region, None, request.description, request.host_name, instance.image.system)
    if request.instance_name is not None and not region.rules.instance_rename_is_valid(request.instance_name):
        raise ApiError("InvalidInstanceName.Malformed")
    check_user_data(region, request.user_data)
    check_password(region, request.password, instance.image.system)
    if request.user_data is not None:
        optimized = instance.options.io_optimized == "optimized"
        if not region.rules.takes_user_data(instance.in_vpc, optimized):
            raise ApiError("InvalidUserData.NotSupported")
        if not region.rules.user_data_may_change(instance.status):
            raise ApiError("IncorrectInstanceStatus")
    if request.password is not None and instance.status == STARTING:
        raise ApiError("IncorrectInstanceStatus")
    if request.host_name is not None and not region.rules.host_name_may_change(instance.status):
        raise ApiError("IncorrectInstanceStatus")
    if request.security_group_ids:
        check_security_groups(account, request.security_group_ids, instance.vswitch.vpc)
    _check_hardware(instance, request)
    if request.deletion_protection is not None:
        if not region.rules.may_be_protected(instance.charge_type, instance.options.spot_strategy):
            raise ApiError("InvalidChargeType.ValueNotSupported")
        instance.deletion_protection = request.deletion_protection
    if request.instance_name:
        region.change(instance, "name", request.instance_name)
    if request.security_group_ids:
        region.change(instance, "security_groups", request.security_group_ids)
    instance.host_name = request.host_name or instance.host_name
    _change_options(region, instance, request)
    return {}


def _change_options(region: RegionState, instance: Instance, request: ModifyInstanceAttribute) -> None:
    asked = {
        "description": request.description,
        "user_data": request.user_data,
        "credit_specification": request.credit_specification,
        "enable_jumbo_frame": request.enable_jumbo_frame,
    }
    changes: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
    if request.queue_number is not None:
        changes["queue_number"] = None if request.queue_number == -1 else request.queue_number
    before: Options = instance.options
    if request.cpu_options:
        changes["cpu_options"] = {**before.cpu_options, **request.cpu_options}
    if request.private_dns_name_options:
        changes["private_dns_name_options"] = {**before.private_dns_name_options, **request.private_dns_name_options}
    region.change(instance, "options", before._replace(**changes))


def _check_hardware(instance: Instance, request: ModifyInstanceAttribute) -> None:
    """Refuse what the state, the network or the type of an instance does not allow of its vCPUs and its network card.

    Raises:
        ApiError: `IncorrectInstanceStatus`, or `InvalidParameter` with what is allowed.
    """
    if request.enable_jumbo_frame is not None:
        if instance.status not in (RUNNING, STOPPED):
            raise ApiError("IncorrectInstanceStatus")
        if not instance.in_vpc:
            raise ApiError("InvalidInstanceNetworkType.NotSupport")
    if (request.queue_number is not None or request.cpu_options) and instance.status != STOPPED:
        raise ApiError("IncorrectInstanceStatus")
    if request.queue_number is not None and not (
        request.queue_number == -1 or 1 <= request.queue_number <= _queues(instance)
    ):
        why = f"{instance.kind.name} has 1 to {_queues(instance)} queues for each network interface, -1 is its default"
        raise ApiError.of("InvalidParameter", name="NetworkInterfaceQueueNumber", why=why)
    if request.cpu_options:
        check_cpu_options(instance.kind.vcpus, request.cpu_options)


def _queues(instance: Instance) -> int:
    """How many queues a network interface has at most: no type has more than one for each vCPU."""
    return instance.kind.vcpus


def check_cpu_options(vcpus: int, asked: Mapping[str, Any]) -> None:
    """Refuse options that do not make the vCPUs of a type: cores times threads.

    Raises:
        ApiError: `InvalidParameter`.
    """
    threads = asked.get("ThreadsPerCore", 2 if vcpus > 1 else 1)
    if threads not in (1, 2):
        raise ApiError.of("InvalidParameter", name="CpuOptions.ThreadsPerCore", why="it must be 1 or 2")
    if asked.get("Core", vcpus // 2 or 1) != (vcpus // 2 or 1):
        raise ApiError.of("InvalidParameter", name="CpuOptions.Core", why=f"it must be {vcpus // 2 or 1}")


@handles(ModifyInstanceMetadataOptions)
def modify_metadata_options(
    region: RegionState, account: AccountState, request: ModifyInstanceMetadataOptions
) -> Answer:
    """ModifyInstanceMetadataOptions: of one instance, at once; what is not given stays (instance/metadata-options)."""
    instance = account.instance(request.instance_id)
    before = instance.options
    after = before._replace(
        http_endpoint=request.http_endpoint,
        http_tokens=request.http_tokens or before.http_tokens,
        metadata_tags=request.metadata_tags or before.metadata_tags,
    )
    region.change(instance, "options", after)
    return {}


@handles(AttachInstanceRamRole)
def attach_role(region: RegionState, account: AccountState, request: AttachInstanceRamRole) -> Answer:
    """AttachInstanceRamRole: to each instance in a VPC that has none, at once (instance/attach-role)."""
    if not account.has_role(request.ram_role_name):
        raise ApiError("InvalidRamRole.NotFound")

    def attach(instance: Instance) -> None:
        if not instance.in_vpc:
            raise ApiError("InvalidNetworkType.MismatchRamRole")
        if instance.options.ram_role_name not in (None, request.ram_role_name):
            raise ApiError("InvalidOperation.RamRoleAttached")
        region.change(instance, "options", instance.options._replace(ram_role_name=request.ram_role_name))

    results = [_result(account, each, attach) for each in dict.fromkeys(request.instance_ids)]
    return _told("AttachInstanceRamRoleResult", request.ram_role_name, results)


@handles(DetachInstanceRamRole)
def detach_role(region: RegionState, account: AccountState, request: DetachInstanceRamRole) -> Answer:
    """DetachInstanceRamRole: from each instance that has the role, or any if none is named (instance/detach-role)."""
    asked = request.ram_role_name
    if asked is not None and not account.has_role(asked):
        raise ApiError("InvalidRamRole.NotFound")

    def detach(instance: Instance) -> None:
        if instance.options.ram_role_name is None or asked not in (None, instance.options.ram_role_name):
            raise ApiError("InvalidOperation.RamRoleNotAttached")
        region.change(instance, "options", instance.options._replace(ram_role_name=None))

    results = []
    for each in dict.fromkeys(request.instance_ids):
        there = account.instances.get(each)
        role = None if there is None else there.options.ram_role_name
        result = _result(account, each, detach)
        taken = [{"InstanceId": each, "RamRoleName": role}] if result["Success"] else []
        results.append({**result, "InstanceRamRoleSets": {"InstanceRamRoleSet": taken}})
    return _told("DetachInstanceRamRoleResult", asked or "", results)


def _result(account: AccountState, instance_id: str, change: Callable[[Instance], None]) -> dict[str, Any]:
    """What becomes of one instance of several, each by itself."""
    try:
        change(account.instance(instance_id))
    except ApiError as refusal:
        return {"InstanceId": instance_id, "Code": refusal.code, "Message": refusal.message, "Success": False}
    return {"InstanceId": instance_id, "Code": "200", "Message": "success", "Success": True}


def _told(name: str, role: str, results: Sequence[Mapping[str, Any]]) -> Answer:
    failed = sum(not each["Success"] for each in results)
    return {"RamRoleName": role, "TotalCount": len(results), "FailCount": failed, f"{name}s": {name: list(results)}}


@handles(JoinSecurityGroup)
def join_security_group(region: RegionState, account: AccountState, request: JoinSecurityGroup) -> Answer:
    """JoinSecurityGroup: of the same type as those that it is in (instance/join-security-group,
    instance/security-groups-of-interfaces)."""
    card = _member(account, request)
    if request.security_group_id in card.security_groups:
        raise ApiError("InvalidInstanceId.AlreadyExists")
    joined = (*card.security_groups, request.security_group_id)
    check_security_groups(account, joined, card.vswitch.vpc)
    cards.change(region, account, card, security_groups=joined)
    return {}


@handles(LeaveSecurityGroup)
def leave_security_group(region: RegionState, account: AccountState, request: LeaveSecurityGroup) -> Answer:
    """LeaveSecurityGroup: not the last one (instance/leave-security-group, instance/security-groups-of-interfaces)."""
    card = _member(account, request)
    if request.security_group_id not in card.security_groups:
        raise ApiError("InvalidSecurityGroupAssociation.NotFound")
    left = tuple(each for each in card.security_groups if each != request.security_group_id)
    if not left:
        raise ApiError("InstanceLastSecurityGroup")
    cards.change(region, account, card, security_groups=left)
    return {}


def _member(account: AccountState, request: JoinSecurityGroup | LeaveSecurityGroup) -> cards.Interface:
    """The network interface of a request: the primary one is in the security groups of its instance. An instance must
    be Running or Stopped, and the security group there."""
    instance_id, interface = request.instance_id, request.network_interface_id
    if instance_id is not None and interface is not None:
        raise ApiError.of("InvalidParameter.Conflict", why="InstanceId and NetworkInterfaceId exclude each other")
    if interface is not None:
        card = cards.card_of(account, interface)
    elif instance_id is None:
        raise ApiError.of("MissingParameter", name="InstanceId")
    else:
        card = cards.primary_of(account.instance(instance_id))
    if request.security_group_id not in account.security_groups:
        raise ApiError("InvalidSecurityGroupId.NotFound")
    if card.instance is not None and account.instances[card.instance].status not in (RUNNING, STOPPED):
        raise ApiError("IncorrectInstanceStatus")
    return card
