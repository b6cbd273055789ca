"""The windows that an account has for planned maintenance, in all of its regions.

Source: API reference of October 2026, CreatePlanMaintenanceWindow (event/plan-window, event/plan-window-form,
event/plan-window-applies).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from faultzone.api.ecs.maintenance_windows import (
    NAME_LENGTH,
    CreatePlanMaintenanceWindow,
    DeletePlanMaintenanceWindow,
    DescribePlanMaintenanceWindows,
    ModifyPlanMaintenanceWindow,
)
from faultzone.api.errors import ApiError
from faultzone.clock import DAY, HOUR, stamp
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.filters import has_tags, read_tag_list
from faultzone.model.core.listing import Envelope, Token, listing, within_limits
from faultzone.model.core.resource_groups import kept_group

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faultzone.model.core.state import AccountState, Instance, RegionState

_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
#: How the ends of a range are written, for each period: the day of a week, the hour.
_FORMS: Final = {
    "Daily": re.compile(r"()([01][0-9]|2[0-3]):00"),
    "Weekly": re.compile(rf"({'|'.join(_DAYS)}),([01][0-9]|2[0-3]):00"),
}
_SAMPLES: Final = {"Daily": "22:00", "Weekly": "Monday,22:00"}
#: Milliseconds of a period, and of what lies between the epoch, a Thursday, and the beginning of the first.
_LENGTHS: Final = {"Daily": (DAY, 0), "Weekly": (7 * DAY, 4 * DAY)}


class PlanWindow:
    """One window. All times are in milliseconds.

    Attributes:
        target, period: what it is for and when it is, as they are shown.
        group: the id under which the instances of its resource group are kept.
        ranges: when it is, as beginnings and ends after the beginning of a period.
        interval: the least time between two plans of an instance, in hours; None for any.
    """

    def __init__(self, id: str, created: int) -> None:
        self.id, self.created, self.modified = id, created, created
        self.name, self.action, self.group, self.enabled = "", "", "", False
        self.target: dict[str, Any] = {}
        self.period: dict[str, Any] = {}
        self.ranges: tuple[tuple[int, int], ...] = ()
        self.interval: int | None = None

    def is_for(self, instance: Instance) -> bool:
        """Whether it is enabled, and for an instance: one that has all of its tags, or is in its resource group."""
        if self.target.get("Scope") == "ResourceGroup":
            return self.enabled and instance.options.resource_group_id == self.group
        tags = self.target.get("Tags")
        return self.enabled and bool(tags) and has_tags(read_tag_list(instance.options.tags), tags or ())

    def first(self, instant: int) -> int:
        """The first instant in it, this one or later."""
        length, begins = _LENGTHS[self.period["PeriodUnit"]]
        into = (instant - begins) % length
        waits = (
            0 if (into - start) % length < (end - start) % length else (start - into) % length
            for start, end in self.ranges
        )
        return instant + min(waits)


class PlanWindows(dict[str, PlanWindow]):
    """The windows of an account by id, oldest first."""


def _windows_of(region: RegionState, account: str) -> PlanWindows:
    """The windows of an account: its first region keeps those of all."""
    return region.first.account(account).part(PlanWindows)


def first_in_window(region: RegionState, instance: Instance, least: int) -> int | None:
    """The first instant, `least` or later, in a window that is for an instance; None where there is no such window
    (event/plan-window-applies, event/plan-window-interval)."""
    instants = [
        each.first(max(least, _last_plan(region, instance) + each.interval * HOUR) if each.interval else least)
        for each in _windows_of(region, instance.account).values()
        if each.is_for(instance)
    ]
    return min(instants, default=None)


def _last_plan(region: RegionState, instance: Instance) -> int:
    """For when maintenance of an instance was planned last, or 0."""
    book = region.event_book
    found = book.found(book.rows("instance", instance.id))
    return max((each.not_before or 0 for each in found if each.type.startswith("SystemMaintenance.")), default=0)


def _ranges(period: dict[str, Any]) -> tuple[tuple[int, int], ...]:
    unit, given = period.get("PeriodUnit"), period.get("RangeList")
    if unit is None or not given:
        raise ApiError.of("MissingParameter", name="TimePeriod.RangeList" if unit else "TimePeriod.PeriodUnit")
    ranges = []
    for each in given:
        start, end = (_read_end(unit, each, name) for name in ("StartTime", "EndTime"))
        if start == end:
            raise ApiError.of("InvalidParameter", name="TimePeriod", why="a range ends when it starts")
        ranges.append((start, end))
    return tuple(ranges)


def _read_end(unit: str, given: dict[str, str], name: str) -> int:
    found = _FORMS[unit].fullmatch(given.get(name, ""))
    if found is None:
        why = f"write whole hours of UTC, such as {_SAMPLES[unit]}"
        raise ApiError.of("InvalidParameter", name=f"TimePeriod.RangeList.{name}", why=why)
    day, hour = found.groups()
    return (_DAYS.index(day) if day else 0) * DAY + int(hour) * HOUR


def _check_target(target: dict[str, Any]) -> None:
    """A target has a scope, and what that needs (event/plan-window-form)."""
    needs = {"Tag": "Tags", "ResourceGroup": "ResourceGroupId", None: "Scope"}[target.get("Scope")]
    if not target.get(needs):
        raise ApiError.of("MissingParameter", name=f"TargetResource.{needs}")
    if needs == "Tags" and not all(each.get("Key") for each in target["Tags"]):
        raise ApiError.of("MissingParameter", name="TargetResource.Tags.Key")


def _change(
    region: RegionState,
    account: AccountState,
    window: PlanWindow,
    request: CreatePlanMaintenanceWindow | ModifyPlanMaintenanceWindow,
) -> None:
    """Give a window what a request says, or refuse all of it."""
    r = request
    if r.name is not None and len(r.name) > NAME_LENGTH:
        raise ApiError.of("InvalidParameter", name="PlanWindowName", why=f"it has at most {NAME_LENGTH} characters")
    if r.target is not None:
        _check_target(r.target)
    group = kept_group(region, account, None if r.target is None else r.target.get("ResourceGroupId"))
    ranges = window.ranges if r.period is None else _ranges(r.period)
    window.name = window.name if r.name is None else r.name
    window.enabled = window.enabled if r.enable is None else r.enable
    window.action = window.action if r.action is None else r.action
    if r.target is not None:
        window.target, window.group = r.target, group
    window.interval = window.interval if r.interval is None else r.interval
    window.period, window.ranges = window.period if r.period is None else r.period, ranges


@handles(CreatePlanMaintenanceWindow)
def create_window(region: RegionState, account: AccountState, request: CreatePlanMaintenanceWindow) -> Answer:
    """CreatePlanMaintenanceWindow (event/plan-window)."""
    window = PlanWindow("", region.clock.now)
    _change(region, account, window, request)
    window.id = region.world.resource_id("pmw")
    _windows_of(region, account.id)[window.id] = window
    return {"PlanWindowId": window.id}


def _find(region: RegionState, account: AccountState, window_id: str) -> PlanWindow:
    window = _windows_of(region, account.id).get(window_id)
    if window is None:
        raise ApiError("InvalidPlanWindowId.NotFound")
    return window


@handles(ModifyPlanMaintenanceWindow)
def modify_window(region: RegionState, account: AccountState, request: ModifyPlanMaintenanceWindow) -> Answer:
    """ModifyPlanMaintenanceWindow: what is planned already stays (event/plan-window)."""
    window = _find(region, account, request.window_id)
    _change(region, account, window, request)
    window.modified = region.clock.now
    return {}


@handles(DeletePlanMaintenanceWindow)
def delete_window(region: RegionState, account: AccountState, request: DeletePlanMaintenanceWindow) -> Answer:
    """DeletePlanMaintenanceWindow: what is planned already stays (event/plan-window)."""
    del _windows_of(region, account.id)[_find(region, account, request.window_id).id]
    return {}


@handles(DescribePlanMaintenanceWindows)
def describe_windows(region: RegionState, account: AccountState, request: DescribePlanMaintenanceWindows) -> Answer:
    """DescribePlanMaintenanceWindows: by pages of tokens alone (event/plan-window-query)."""
    r = request

    def meets(window: PlanWindow) -> bool:
        shown = (window.id, window.name, window.enabled, window.target.get("ResourceGroupId"))
        asked = (r.window_id, r.name, r.enable, r.resource_group)
        tags = read_tag_list(window.target.get("Tags"))
        return all(each in (None, had) for each, had in zip(asked, shown, strict=True)) and (
            r.tags is None or has_tags(tags, [r.tags])
        )

    found = [each for each in _windows_of(region, account.id).values() if meets(each)]
    most = within_limits(r.max_results)
    return listing(
        "PlanMaintenanceWindowList",
        "",
        found,
        None,
        _render,
        token=Token(r.next_token, most),
        envelope=Envelope(ends=False),
        MaxResults=most,
    )


def _render(window: PlanWindow) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "PlanWindowId": window.id,
        "PlanWindowName": window.name,
        "Enable": window.enabled,
        "SupportMaintenanceAction": window.action,
        "CreateTime": stamp(window.created),
        "ModifiedTime": stamp(window.modified),
        "TargetResource": {name: _rows(value) for name, value in window.target.items()},
        "TimePeriod": {name: _rows(value) for name, value in window.period.items()},
    }
    return shown if window.interval is None else {**shown, "MinMaintenanceInterval": window.interval}


def _rows(value: str | Sequence[dict[str, str]]) -> str | list[dict[str, str]]:
    """What was given, with the empty value of a tag that has none."""
    if isinstance(value, str):
        return value
    return [{"Value": "", **each} if "Key" in each else each for each in value]
