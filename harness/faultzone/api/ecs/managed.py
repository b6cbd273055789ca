"""The actions of Cloud Assistant on managed instances: machines outside the cloud that registered with an activation.

Source: API reference of October 2026, chapter "Cloud Assistant".
"""

from __future__ import annotations

from faultzone.api.answer import CURRENT, PAGES_OR_TOKENS, Answer, Field, Number, Rows, Structure, Text, Time, Truth
from faultzone.api.ecs.shared import TAG
from faultzone.api.request import Request, flag, integer, structures, text, texts

_TAGS_MOST = 20


class _ManagedRequest(Request):
    needs_region = True
    since = CURRENT


class ManagedPages(_ManagedRequest):
    """A listing of activations or of managed instances, by number or by token."""

    writes = False

    page_number: int = integer("PageNumber", 1, least=1)
    page_size: int = integer("PageSize", 10, least=1, most=50)
    max_results: int | None = integer("MaxResults", least=1, most=50)
    next_token: str | None = text("NextToken")
    resource_group: str | None = text("ResourceGroupId")
    tags: tuple[dict[str, str], ...] = structures("Tag", *TAG, most=_TAGS_MOST, too_many="InvalidTagCount")


def _tags() -> Rows:
    return Rows("Tags", Text("TagKey", "TagValue"))


def _activation(*, empty: str = "") -> tuple[Field, ...]:
    return (
        Text("ActivationId", "InstanceName", "Description", "IpAddressRange"),
        Number("InstanceCount", "TimeToLiveInHours", "DeregisteredCount"),
        Number("RegisteredCount", empty=empty),
        Time("CreationTime"),
    )


class CreateActivation(_ManagedRequest):
    """Make a code with which machines register."""

    tells_secrets = True

    instance_name: str = text("InstanceName", "")
    instance_count: int = integer("InstanceCount", 10, least=1, most=1000)
    hours: int = integer("TimeToLiveInHours", 4, least=1, most=4)
    addresses: str = text("IpAddressRange", "")
    description: str = text("Description", "")
    resource_group: str | None = text("ResourceGroupId")
    tags: tuple[dict[str, str], ...] = structures("Tag", *TAG, most=_TAGS_MOST, too_many="InvalidTagCount")
    client_token: str | None = text("ClientToken")

    answer = Answer(Text("ActivationId", "ActivationCode"))


class DescribeActivations(ManagedPages):
    """List activations, filtered and paged."""

    activation_id: str | None = text("ActivationId")
    instance_name: str | None = text("InstanceName")

    answer = Answer(
        *PAGES_OR_TOKENS,
        Rows("ActivationList", *_activation(), Truth("Disabled"), Text("ResourceGroupId"), _tags()),
    )


class DisableActivation(_ManagedRequest):
    """Let no further machine register with a code."""

    activation_id: str = text("ActivationId", required=True)

    answer = Answer(Structure("Activation", *_activation(), Truth("Disabled")))


class DeleteActivation(_ManagedRequest):
    """Delete a code with which no machine is registered."""

    activation_id: str = text("ActivationId", required=True)

    answer = Answer(Structure("Activation", *_activation(empty="nothing is registered with what is deleted")))


def _instance() -> tuple[Field, ...]:
    return (
        Text("InstanceId", "InstanceName", "ActivationId", "MachineId", "Hostname", "IntranetIp", "InternetIp"),
        Text("OsType", "OsVersion", "AgentVersion", "ResourceGroupId"),
        Number("InvocationCount"),
        Time("RegistrationTime", "LastInvokedTime"),
    )


class DescribeManagedInstances(ManagedPages):
    """List managed instances, filtered and paged."""

    instance_ids: tuple[str, ...] = texts("InstanceId", most=50, too_many="InstanceIds.ExceedLimit")
    activation_id: str | None = text("ActivationId")
    instance_name: str | None = text("InstanceName")
    instance_ip: str | None = text("InstanceIp")
    machine_id: str | None = text("MachineId")
    os_type: str | None = text("OsType", among=("windows", "linux", "FreeBSD"))
    connected: bool | None = flag("Connected", None)

    answer = Answer(*PAGES_OR_TOKENS, Rows("Instances", *_instance(), Truth("Connected"), _tags()))


class ModifyManagedInstance(_ManagedRequest):
    """Give a managed instance another name."""

    instance_id: str = text("InstanceId", required=True)
    instance_name: str = text("InstanceName", required=True)

    answer = Answer(Structure("Instance", Text("InstanceId", "InstanceName")))


class DeregisterManagedInstance(_ManagedRequest):
    """Let a managed instance be one no more."""

    instance_id: str = text("InstanceId", required=True)
    client_token: str | None = text("ClientToken")

    answer = Answer(Structure("Instance", *_instance()))
