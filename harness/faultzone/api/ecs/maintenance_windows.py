"""The actions on the windows that an account has for planned maintenance.

Source: API reference of October 2026, CreatePlanMaintenanceWindow and its siblings.
"""

from __future__ import annotations

from typing import Any

from faultzone.api.answer import CURRENT, Answer, Number, Rows, Structure, Text, Time, Truth
from faultzone.api.ecs.shared import TAG
from faultzone.api.request import Request, flag, integer, json_fields, structures, text

#: How the instances of a window are told.
SCOPES = ("Tag", "ResourceGroup")
PERIODS = ("Daily", "Weekly")
#: How long a name may be, in characters.
NAME_LENGTH = 200


def _target(**options: Any) -> Any:
    fields = (text("Scope", among=SCOPES), text("ResourceGroupId"), structures("Tags", *TAG, most=20))
    return json_fields("TargetResource", *fields, **options)


def _period(**options: Any) -> Any:
    fields = (text("PeriodUnit", among=PERIODS), structures("RangeList", text("StartTime"), text("EndTime")))
    return json_fields("TimePeriod", *fields, **options)


class CreatePlanMaintenanceWindow(Request):
    """Make a window for the planned maintenance of instances."""

    needs_region = True
    since = CURRENT

    name: str = text("PlanWindowName", required=True)
    enable: bool = flag("Enable", required=True)
    action: str = text("SupportMaintenanceAction", required=True)
    target: dict[str, Any] = _target(required=True)
    period: dict[str, Any] = _period(required=True)
    interval: int | None = integer("MinMaintenanceInterval", least=1, most=48)

    answer = Answer(Text("PlanWindowId"))


class ModifyPlanMaintenanceWindow(Request):
    """Change a window; what is left out stays."""

    needs_region = True
    since = CURRENT

    window_id: str = text("PlanWindowId", required=True)
    name: str | None = text("PlanWindowName")
    enable: bool | None = flag("Enable", None)
    action: str | None = text("SupportMaintenanceAction")
    target: dict[str, Any] | None = _target()
    period: dict[str, Any] | None = _period()
    interval: int | None = integer("MinMaintenanceInterval", least=1, most=48)


class DeletePlanMaintenanceWindow(Request):
    """Delete a window."""

    needs_region = True
    since = CURRENT

    window_id: str = text("PlanWindowId", required=True)


class DescribePlanMaintenanceWindows(Request):
    """List the windows of an account."""

    needs_region = True
    since = CURRENT
    writes = False

    window_id: str | None = text("PlanWindowId")
    name: str | None = text("PlanWindowName")
    enable: bool | None = flag("Enable", None)
    resource_group: str | None = text("TargetResourceGroupId")
    tags: dict[str, str] | None = json_fields("TargetResourceTags", *TAG)
    max_results: int | None = integer("MaxResults")
    next_token: str | None = text("NextToken")

    answer = Answer(
        Number("TotalCount", "MaxResults"),
        Text("NextToken", when="another page follows"),
        Rows(
            "PlanMaintenanceWindowList",
            Text("PlanWindowId", "PlanWindowName", "SupportMaintenanceAction"),
            Truth("Enable"),
            Number("MinMaintenanceInterval", when="it was given"),
            Time("CreateTime", "ModifiedTime"),
            Structure(
                "TargetResource",
                Text("Scope"),
                Text("ResourceGroupId", when="the scope is a resource group"),
                Rows("Tags", Text("Key", "Value"), when="the scope is tags"),
            ),
            Structure("TimePeriod", Text("PeriodUnit"), Rows("RangeList", Text("StartTime", "EndTime"))),
        ),
    )
