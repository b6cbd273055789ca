"""Combinations of parameters that are refused whatever a region has, as a table.

Sources: API reference 2026-10, of the actions that are named; user guide 2026-06, deployment sets.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from faultzone.api.answer import CURRENT
from faultzone.api.errors import ApiError

if TYPE_CHECKING:
    from faultzone.api.request import Request
    from faultzone.model.core.state import RegionState

#: In the place of the value of a parameter: any.
ANY: Final = object()


class Other(NamedTuple):
    """In the place of the value of a parameter: any but this."""

    value: object


class Excluded(NamedTuple):
    """One combination.

    Attributes:
        action: of the call.
        given: the parameters of the call by their attribute, with the value, `ANY` or `Other`.
        lacks: the attribute of the parameter that it lacks; none if empty.
        code: of the refusal.
        why: what the message says of it, where the code has such a message.
    """

    action: str
    given: Mapping[str, object]
    lacks: str
    code: str
    why: str = ""


_MOVE: Final = "ModifyInstanceDeployment"
_CREATE: Final = "CreateDeploymentSet"
_RUN: Final = "RunInstances"
_ON_HOST: Final = "InvalidDeploymentOnHost"
_MISSING: Final = "MissingParameter"
_CONFLICT: Final = "InvalidParameter.Conflict"
_RENEW: Final = "RenewInstance"
_RENEWAL_PRICE: Final = "DescribeRenewalPrice"
_ONCE: Final = "name security groups once"
_ONE_SPAN: Final = "name a span or a day, not both"
_OF_AVAILABILITY: Final = "it is for the strategy Availability alone"
_ANOTHER: Final = Other("Availability")

_SETTINGS: Final = "ModifyCloudAssistantSettings"
#: SettingType -> the attribute of the structure that has what is set.
_SET: Final = {
    "AgentUpgradeConfig": "upgrade",
    "SessionManagerConfig": "sessions",
    "ResourceUsageConfig": "usage",
}

#: The first that a call is refuses it.
TABLE: Final = (
    # deployment-set/not-with-dedicated-host-parameters
    Excluded(_MOVE, {"deployment_set_id": ANY, "dedicated_host_id": ANY}, "", _ON_HOST),
    Excluded(_MOVE, {"deployment_set_id": ANY, "tenancy": ANY}, "", _ON_HOST),
    Excluded(_MOVE, {"deployment_set_id": ANY, "host_affinity": ANY}, "", _ON_HOST),
    Excluded(_MOVE, {"instance_type": ANY, "migration_type": "live"}, "", _CONFLICT, "live, the type stays"),
    Excluded(_MOVE, {"instance_type": ANY}, "dedicated_host_id", _MISSING),
    Excluded(_MOVE, {"migration_type": "live"}, "dedicated_host_id", _MISSING),
    # deployment-set/group-number
    Excluded(_MOVE, {"group_number": ANY}, "deployment_set_id", _MISSING),
    Excluded(_RUN, {"group_number": ANY}, "deployment_set_id", _MISSING),
    Excluded("CreateInstance", {"group_number": ANY}, "deployment_set_id", _MISSING),
    # instance/launch-alternatives
    *(
        Excluded(each, {"security_group_id": ANY, "security_group_ids": ANY}, "", _CONFLICT, _ONCE)
        for each in (_RUN, "CreateLaunchTemplate", "CreateLaunchTemplateVersion")
    ),
    Excluded(_RUN, {"image_id": ANY, "image_family": ANY}, "", _CONFLICT, "name an image or a family"),
    Excluded("CreateInstance", {"image_id": ANY, "image_family": ANY}, "", _CONFLICT, "name an image or a family"),
    Excluded(_RUN, {"host_name": ANY, "host_names": ANY}, "", _CONFLICT, "HostName is for all, HostNames for each"),
    Excluded(_RUN, {"ipv6_addresses": ANY, "ipv6_count": ANY}, "", _CONFLICT, "write Ipv6Address or Ipv6AddressCount"),
    # assistant/resource-tag-excludes-ids
    *(
        Excluded(each, {"instance_ids": ANY, "resource_tags": ANY}, "", _CONFLICT, "InstanceId and ResourceTag")
        for each in ("RunCommand", "InvokeCommand")
    ),
    # deployment-set/type, deployment-set/affinity
    Excluded(_CREATE, {"strategy": _ANOTHER, "apart_by": Other("host")}, "", _CONFLICT, f"Type: {_OF_AVAILABILITY}"),
    Excluded(_CREATE, {"strategy": _ANOTHER, "affinity": Other(1)}, "", _CONFLICT, f"Affinity: {_OF_AVAILABILITY}"),
    # assistant/settings
    *(
        Excluded(_SETTINGS, {"setting_type": other, config: ANY}, "", _CONFLICT, f"{kind} is for that SettingType")
        for kind, config in _SET.items()
        for other in _SET
        if other != kind
    ),
    *(Excluded(_SETTINGS, {"setting_type": kind}, config, _MISSING) for kind, config in _SET.items()),
    # billing/auto-renew-period
    Excluded("CreateInstance", {"instance_charge_type": "PrePaid", "auto_renew": True}, "auto_renew_period", _MISSING),
    # billing/renew-day
    Excluded(_RENEW, {"period": ANY, "renewal_day": ANY}, "", _CONFLICT, _ONE_SPAN),
    Excluded(_RENEW, {"period_unit": ANY, "renewal_day": ANY}, "", _CONFLICT, _ONE_SPAN),
    Excluded(_RENEWAL_PRICE, {"period": ANY, "renewal_day": ANY}, "", _CONFLICT, _ONE_SPAN),
    Excluded(_RENEWAL_PRICE, {"price_unit": ANY, "renewal_day": ANY}, "", _CONFLICT, _ONE_SPAN),
    # instance/tag-filter
    Excluded("ListTagResources", {"tags": ANY, "tag_filters": ANY}, "", _CONFLICT, "name tags by Tag or by TagFilter"),
)


def check_excluded(region: RegionState, request: Request) -> None:
    """Refuse a combination of the table, in the edition that has it.

    Raises:
        ApiError: with the code of the table.
    """
    if not region.edition.has(CURRENT):
        return
    action, given = type(request).__name__, request.given
    for row in TABLE:
        if row.action == action and row.lacks not in given and _has(given, row.given):
            if row.lacks:
                name = next(each.name for each in request.parameters.values() if each.attribute == row.lacks)
                raise ApiError.of(row.code, name=name)
            raise ApiError.of(row.code, why=row.why) if row.why else ApiError(row.code)


def _has(given: Mapping[str, object], demanded: Mapping[str, object]) -> bool:
    """Whether all parameters are given, each with the value that is demanded."""
    for attribute, value in demanded.items():
        found = given.get(attribute)
        if found is None:
            return False
        if value is not ANY and (found == value.value if isinstance(value, Other) else found != value):
            return False
    return True
