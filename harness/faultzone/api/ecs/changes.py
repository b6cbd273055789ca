"""The actions that change what an instance is: its roles, its security groups, and how its metadata are answered.

Source: API reference of October 2026, chapters "Instances" and "Security groups".
"""

from __future__ import annotations

from typing import Final

from faultzone.api.answer import CURRENT, Answer, Field, Number, Text, Truth, items
from faultzone.api.ecs.reasons import CANNOT_BE_USED, NO_POLICIES
from faultzone.api.request import Request, integer, json_texts, text


class ModifyInstanceMetadataOptions(Request):
    """Choose whether and how the metadata service answers an instance."""

    needs_region = True
    since = CURRENT

    instance_id: str = text("InstanceId", required=True)
    http_endpoint: str = text("HttpEndpoint", among=("enabled", "disabled"), required=True)
    http_tokens: str | None = text("HttpTokens", among=("optional", "required"))
    metadata_tags: str | None = text("InstanceMetadataTags", among=("enabled", "disabled"))
    hop_limit: int | None = integer("HttpPutResponseHopLimit", inert=CURRENT, why=CANNOT_BE_USED)


def _results(name: str, *more: Field) -> tuple[Field, ...]:
    """What became of each instance that a role was to be given to, or taken from."""
    return (
        Text("RamRoleName"),
        Number("TotalCount", "FailCount"),
        items(f"{name}s", name, Text("InstanceId", "Code", "Message"), Truth("Success"), *more),
    )


class AttachInstanceRamRole(Request):
    """Give instances a role."""

    needs_region = True
    since = CURRENT

    instance_ids: tuple[str, ...] = json_texts("InstanceIds", most=100, required=True)
    ram_role_name: str = text("RamRoleName", required=True)
    policy: str | None = text("Policy", inert=CURRENT, why=NO_POLICIES)

    answer = Answer(*_results("AttachInstanceRamRoleResult"))


_ROLES: Final = items("InstanceRamRoleSets", "InstanceRamRoleSet", Text("InstanceId", "RamRoleName"))


class DetachInstanceRamRole(Request):
    """Take their role from instances: one that is named, or whichever they have."""

    needs_region = True
    since = CURRENT

    instance_ids: tuple[str, ...] = json_texts("InstanceIds", most=100, required=True)
    ram_role_name: str | None = text("RamRoleName")

    answer = Answer(*_results("DetachInstanceRamRoleResult", _ROLES))


class _Membership(Request):
    """What the two have in common."""

    since = CURRENT

    security_group_id: str = text("SecurityGroupId", required=True)
    instance_id: str | None = text("InstanceId")
    network_interface_id: str | None = text("NetworkInterfaceId")


class JoinSecurityGroup(_Membership):
    """Put an instance, or one of its network interfaces, into one security group more."""


class LeaveSecurityGroup(_Membership):
    """Take an instance, or one of its network interfaces, out of a security group."""
