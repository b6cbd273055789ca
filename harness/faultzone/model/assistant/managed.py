"""Managed instances: machines outside the cloud that register with an activation and then run commands like instances.

Source: API reference of October 2026, chapter "Cloud Assistant".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any, Final, NamedTuple

from faultzone.api.answer import CURRENT
from faultzone.api.ecs.managed import (
    CreateActivation,
    DeleteActivation,
    DeregisterManagedInstance,
    DescribeActivations,
    DescribeManagedInstances,
    DisableActivation,
    ModifyManagedInstance,
)
from faultzone.api.errors import ApiError
from faultzone.clock import HOUR, stamp
from faultzone.model.assistant.agents import is_heard, os_type, runs_on
from faultzone.model.assistant.runs import interrupt
from faultzone.model.assistant.state import AssistantState, Managed, Outside, SystemOf
from faultzone.model.core.client_tokens import once
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.effects import Release
from faultzone.model.core.filters import has_tags, read_asked_tags, read_tags, tag_list
from faultzone.model.core.listing import listing, plain_token
from faultzone.model.core.resource_groups import kept_group
from faultzone.model.core.state import AccountState, RegionState
from faultzone.model.core.tagging import Tagged, retag, tags_of

#: How long the default prefix of names may be, the name of a managed instance, a description, and a MachineId.
_PREFIX: Final = (2, 50)
_NAME: Final = (2, 128)
_DESCRIPTION_MOST: Final = 100
_MACHINE_MOST: Final = 36
_NAMED: Final = re.compile(r"[A-Za-z][A-Za-z0-9._:-]*")

#: Why a machine cannot register.
UNKNOWN: Final = "unknown"
WRONG_CODE: Final = "wrong-code"
DISABLED: Final = "disabled"
EXPIRED: Final = "expired"
USED_UP: Final = "used-up"
WRONG_ADDRESS: Final = "wrong-address"
BAD_NAME: Final = "bad-name"


class Activation:
    """A code with which machines register.

    Attributes:
        group: the resource group that it is in, and what registers with it.
        used: how often it was used.
        registered: the managed instances that there are of it, by id.
    """

    __slots__ = (
        "addresses", "code", "created", "deregistered", "disabled", "group", "id", "registered", "request", "tags",
        "used",
    )  # fmt: skip

    def __init__(
        self, id: str, code: str, request: CreateActivation, group: str, tags: Mapping[str, str], created: int
    ) -> None:
        self.id, self.code, self.request, self.tags, self.created = id, code, request, tags, created
        self.addresses, self.group = _range(request.addresses), group
        self.registered: dict[str, Managed] = {}
        self.used = self.deregistered = 0
        self.disabled = False


class ManagedState:
    """The activations and managed instances of an account in a region, in the order in which they were made.

    Attributes:
        fixed: MachineId -> the id that each machine has that is to keep one.
    """

    def __init__(self) -> None:
        self.activations: dict[str, Activation] = {}
        self.instances: dict[str, Managed] = {}
        self.fixed: dict[str, str] = {}


def _range(text: str) -> IPv4Network | IPv6Network | None:
    """The addresses that a text means, None for any.

    Raises:
        ApiError: `InvalidParameter`.
    """
    if not text:
        return None
    try:
        return ip_network(text, strict=False)
    except ValueError:
        why = "an address or a CIDR block is expected, such as 10.0.0.0/8"
        raise ApiError.of("InvalidParameter", name="IpAddressRange", why=why) from None


def _check_name(name: str, length: tuple[int, int], parameter: str) -> None:
    least, most = length
    if not least <= len(name) <= most or not _NAMED.fullmatch(name):
        why = f"{least} to {most} letters, digits, '.', '_', ':' and '-' are expected, a letter first"
        raise ApiError.of("InvalidParameter", name=parameter, why=why)


# Activations


@handles(CreateActivation)
@once
def create_activation(region: RegionState, account: AccountState, request: CreateActivation) -> Answer:
    """CreateActivation (assistant/create-activation, assistant/activation-rules)."""
    if request.instance_name:
        _check_name(request.instance_name, _PREFIX, "InstanceName")
    if len(request.description) > _DESCRIPTION_MOST:
        why = f"at most {_DESCRIPTION_MOST} characters are accepted"
        raise ApiError.of("InvalidParameter", name="Description", why=why)
    tags = read_tags(region, request.tags, key_length=region.edition.assistant.tag_key_length)
    group = kept_group(region, account, request.resource_group)
    _range(request.addresses)
    state = account.part(ManagedState)
    if len(state.activations) >= region.edition.assistant.activations:
        raise ApiError("QuotaExceed.Activation")
    world = region.world
    made = Activation(world.uuid("activation").upper(), world.hex_id("a"), request, group, tags, region.clock.now)
    state.activations[made.id] = made
    return {"ActivationId": made.id, "ActivationCode": made.code}


def _activation(account: AccountState, activation_id: str) -> Activation:
    found = account.part(ManagedState).activations.get(activation_id)
    if found is None:
        raise ApiError.of("InvalidParameter", name="ActivationId", why="there is no activation of this id")
    return found


def _usage(activation: Activation) -> dict[str, Any]:
    """An activation and what was made of it (assistant/activation-counts)."""
    asked = activation.request
    return {
        "ActivationId": activation.id,
        "InstanceName": asked.instance_name,
        "Description": asked.description,
        "IpAddressRange": asked.addresses,
        "InstanceCount": asked.instance_count,
        "TimeToLiveInHours": asked.hours,
        "RegisteredCount": len(activation.registered),
        "DeregisteredCount": activation.deregistered,
        "CreationTime": stamp(activation.created),
    }


@handles(DescribeActivations)
def describe_activations(region: RegionState, account: AccountState, request: DescribeActivations) -> Answer:
    """DescribeActivations, latest first; codes are told only when they are made (assistant/activation-listing)."""
    asked = read_asked_tags(request.tags)

    def shown(each: Activation) -> dict[str, Any]:
        group, tags = each.group, tag_list(each.tags)
        return {**_usage(each), "Disabled": each.disabled, "ResourceGroupId": group, "Tags": tags}

    return listing(
        "ActivationList",
        "",
        account.part(ManagedState).activations.values(),
        request,
        shown,
        where=[lambda each: has_tags(each.tags, asked)],
        having=(
            (request.activation_id, lambda each: each.id),
            (request.instance_name, lambda each: each.request.instance_name),
            (request.resource_group, lambda each: each.group),
        ),
        latest_first=True,
        token=plain_token(request),
    )


@handles(DisableActivation)
def disable_activation(region: RegionState, account: AccountState, request: DisableActivation) -> Answer:
    """DisableActivation: what is registered stays so (assistant/disable-activation)."""
    activation = _activation(account, request.activation_id)
    activation.disabled = True
    return {"Activation": {**_usage(activation), "Disabled": True}}


@handles(DeleteActivation)
def delete_activation(region: RegionState, account: AccountState, request: DeleteActivation) -> Answer:
    """DeleteActivation, of one with which nothing is registered (assistant/delete-activation)."""
    activation = _activation(account, request.activation_id)
    if activation.registered:
        raise ApiError("ActivationId.InUse")
    del account.part(ManagedState).activations[activation.id]
    return {"Activation": _usage(activation)}


# Managed instances


class Registering(NamedTuple):
    """What a machine says of itself when it registers.

    Attributes:
        name: in the place of the prefix that the activation has; empty to leave it.
        machine: its MachineId, which its hardware tells where nobody gives one.
        reuse: whether the machine keeps its id whenever it registers.
    """

    activation: str
    code: str
    image: SystemOf
    host_name: str
    private_ip: str
    public_ip: str
    name: str
    machine: str
    reuse: bool


class RegistrationRefused(Exception):
    """A machine cannot register, for one of the reasons above."""


def register(region: RegionState, asked: Registering) -> Managed:
    """Register a machine.

    Clauses: assistant/register-limits, assistant/managed-name, assistant/managed-machine-id.

    Raises:
        RegistrationRefused: its text is the reason; nothing has changed.
    """
    account, activation = _find_activation(region, asked.activation)
    if activation.code != asked.code:
        raise RegistrationRefused(WRONG_CODE)
    if activation.disabled:
        raise RegistrationRefused(DISABLED)
    if region.clock.now >= activation.created + activation.request.hours * HOUR:
        raise RegistrationRefused(EXPIRED)
    if activation.used >= activation.request.instance_count:
        raise RegistrationRefused(USED_UP)
    if not _is_within(activation, (asked.private_ip, asked.public_ip)):
        raise RegistrationRefused(WRONG_ADDRESS)
    prefix = asked.name or activation.request.instance_name
    if len(asked.machine) > _MACHINE_MOST or (prefix and not _NAMED.fullmatch(prefix)):
        raise RegistrationRefused(BAD_NAME)
    state = account.part(ManagedState)
    fixed = state.fixed.get(asked.machine) if asked.reuse else None
    if fixed is not None and fixed in state.instances:
        # Another machine takes its place, or its own has lost what it knew: whoever registers it sees to that.
        _remove(region, account, state.instances[fixed])
    made = Managed(fixed or region.world.resource_id("mi"), account.id, activation.id, asked.image, region.clock.now)
    if asked.reuse:
        state.fixed[asked.machine] = made.id
    activation.used += 1
    digits = len(str(activation.request.instance_count))
    made.name = f"{prefix}-{activation.used:0{digits}d}" if prefix else asked.host_name
    made.host_name, made.private_ip, made.public_ip = asked.host_name, asked.private_ip, asked.public_ip
    made.machine = asked.machine
    made.group, made.tags = activation.group, dict(activation.tags)
    activation.registered[made.id] = state.instances[made.id] = region.part(Outside)[made.id] = made
    return made


def _find_activation(region: RegionState, activation_id: str) -> tuple[AccountState, Activation]:
    for account in region.accounts.values():
        state = account.kept(ManagedState)
        if state is not None and activation_id in state.activations:
            return account, state.activations[activation_id]
    raise RegistrationRefused(UNKNOWN)


def _is_within(activation: Activation, addresses: Iterable[str]) -> bool:
    """Whether one of a machine's addresses is among those that may use a code (assistant/activation-addresses)."""
    allowed = activation.addresses
    return allowed is None or any(ip_address(each) in allowed for each in addresses if each)


def _remove(region: RegionState, account: AccountState, instance: Managed) -> None:
    """Let a managed instance be one no more: nothing runs there any longer (assistant/deregister)."""
    state = account.part(ManagedState)
    interrupt(region, account.part(AssistantState), instance.id, "instance-released")
    del state.instances[instance.id], region.part(Outside)[instance.id]
    activation = state.activations[instance.activation]
    del activation.registered[instance.id]
    activation.deregistered += 1


def _managed(account: AccountState, instance_id: str) -> Managed:
    found = account.part(ManagedState).instances.get(instance_id)
    if found is None:
        raise ApiError("InvalidInstance.NotFound")
    return found


def _shown(region: RegionState, account: AccountState, instance: Managed) -> dict[str, Any]:
    done = runs_on(account.part(AssistantState), instance.id)
    return {
        "InstanceId": instance.id,
        "InstanceName": instance.name,
        "ActivationId": instance.activation,
        "MachineId": instance.machine,
        "Hostname": instance.host_name,
        "IntranetIp": instance.private_ip,
        "InternetIp": instance.public_ip,
        "OsType": os_type(instance),
        "OsVersion": instance.image.os_name,
        "AgentVersion": instance.seen,
        "ResourceGroupId": instance.group,
        "InvocationCount": done["InvocationCount"],
        "RegistrationTime": stamp(instance.registered),
        "LastInvokedTime": done["LastInvokedTime"],
    }


@handles(DescribeManagedInstances)
def describe_managed(region: RegionState, account: AccountState, request: DescribeManagedInstances) -> Answer:
    """DescribeManagedInstances, latest first (assistant/managed-listing)."""
    asked, named = read_asked_tags(request.tags), frozenset(request.instance_ids)

    def shown(each: Managed) -> dict[str, Any]:
        heard = is_heard(region, account, each)
        return {**_shown(region, account, each), "Connected": heard, "Tags": tag_list(each.tags)}

    conditions = [lambda each: has_tags(each.tags, asked)]
    if named:
        conditions.append(lambda each: each.id in named)
    if request.instance_ip is not None:
        conditions.append(lambda each: request.instance_ip in (each.private_ip, each.public_ip))
    return listing(
        "Instances",
        "",
        account.part(ManagedState).instances.values(),
        request,
        shown,
        where=conditions,
        having=(
            (request.activation_id, lambda each: each.activation),
            (request.instance_name, lambda each: each.name),
            (request.machine_id, lambda each: each.machine),
            (request.os_type, os_type),
            (request.connected, lambda each: is_heard(region, account, each)),
            (request.resource_group, lambda each: each.group),
        ),
        latest_first=True,
        token=plain_token(request),
    )


@handles(ModifyManagedInstance)
def modify_managed(region: RegionState, account: AccountState, request: ModifyManagedInstance) -> Answer:
    """ModifyManagedInstance: its name (assistant/managed-rename)."""
    instance = _managed(account, request.instance_id)
    _check_name(request.instance_name, _NAME, "InstanceName")
    instance.name = request.instance_name
    return {"Instance": {"InstanceId": instance.id, "InstanceName": instance.name}}


@handles(DeregisterManagedInstance)
@once
def deregister_managed(region: RegionState, account: AccountState, request: DeregisterManagedInstance) -> Answer:
    """DeregisterManagedInstance (assistant/deregister)."""
    instance = _managed(account, request.instance_id)
    answer = {"Instance": _shown(region, account, instance)}
    _remove(region, account, instance)
    region.emit(Release(instance.id, instance.epoch))
    return answer


#: Activations and managed instances among what has tags (assistant/tag-resources).
TAGGED: Final = {
    "activation": Tagged(lambda account: account.part(ManagedState).activations, tags_of, retag, CURRENT),
    "managedinstance": Tagged(lambda account: account.part(ManagedState).instances, tags_of, retag, CURRENT),
}
