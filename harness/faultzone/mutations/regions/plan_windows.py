"""Wrong regions of the windows that an account has for planned maintenance."""

from __future__ import annotations

from typing import Final

from faultzone.mutations.described import written
from faultzone.mutations.library import (
    Answer,
    Apply,
    Mutate,
    Next,
    Parameters,
    accept,
    after_refusal,
    answer,
    at,
    becomes,
    changed,
    default,
    drop,
    emptied,
    put,
    refuse,
    replaced,
    request,
    swallow,
    where,
)
from faultzone.mutations.row import row

CREATE: Final = "CreatePlanMaintenanceWindow"
MODIFY: Final = "ModifyPlanMaintenanceWindow"
DELETE: Final = "DeletePlanMaintenanceWindow"
LIST: Final = "DescribePlanMaintenanceWindows"
WINDOWS: Final = "PlanMaintenanceWindowList"
#: A window that makes sense.
RIGHT: Final = {
    "PlanWindowName": "any",
    "Enable": True,
    "SupportMaintenanceAction": "Reboot",
    "TargetResource": {"Scope": "Tag", "Tags": [{"Key": "any"}]},
    "TimePeriod": {"PeriodUnit": "Daily", "RangeList": [{"StartTime": "22:00", "EndTime": "04:00"}]},
}


@written
def planned_as_if(*changes: Apply) -> Mutate:
    """Plans maintenance as if the windows of the account were otherwise."""

    def mutate(name: str, given: Parameters, on: Next) -> Answer:
        if name not in ("schedule-maintenance", "Maintenance"):
            return on(name, given)
        windows = [
            {part: each[part] for part in ("PlanWindowId", *RIGHT)}
            for each in on.ask(LIST, {"MaxResults": 100})[WINDOWS]
        ]
        for each in windows:
            on.ask(MODIFY, changed(each, changes))
        answer = on(name, given)
        for each in windows:
            on.ask(MODIFY, each)
        return answer

    return mutate


def make_another(on: Next, given: Parameters) -> None:
    """Make a window though the call is refused."""
    on.ask(CREATE, RIGHT)


def disable(on: Next, given: Parameters) -> None:
    """Change something of a window though the call is refused."""
    on.ask(MODIFY, {"PlanWindowId": given["PlanWindowId"], "Enable": False})


REGIONS: Final = (
    row("window-has-no-interval", "event/plan-window", "forgets MinMaintenanceInterval",
        answer(LIST, f"{WINDOWS}[]", drop("MinMaintenanceInterval"))),
    row("window-has-no-tags", "event/plan-window", "forgets whom a window is for",
        answer(LIST, f"{WINDOWS}[].TargetResource.Tags", emptied())),
    row("window-has-no-ranges", "event/plan-window", "forgets when a window is",
        answer(LIST, f"{WINDOWS}[].TimePeriod.RangeList", emptied())),
    row("window-without-birth", "event/plan-window", "does not tell when a window was made",
        answer(LIST, f"{WINDOWS}[].CreateTime", emptied())),
    row("window-never-changes", "event/plan-window", "accepts changes of windows and does nothing", accept(MODIFY)),
    row("window-never-ends", "event/plan-window", "accepts the deletion of a window and does nothing", accept(DELETE)),
    row("window-is-enabled-by-changes", "event/plan-window", "enables a window with each change",
        request(MODIFY, default(Enable=True))),
    row("window-is-named-by-changes", "event/plan-window", "names a window anew with each change",
        request(MODIFY, default(PlanWindowName="nights"))),
    row("windows-without-json", "event/plan-window", "takes no JSON",
        refuse(CREATE, "InvalidParameter", lambda given: isinstance(given.get("TimePeriod"), str))),
    row("any-window-changes", "event/plan-window", "takes changes of windows that there are not",
        swallow(MODIFY, "InvalidPlanWindowId.NotFound")),
    row("any-window-ends", "event/plan-window", "takes the deletion of windows that there are not",
        swallow(DELETE, "InvalidPlanWindowId.NotFound")),

    row("windows-of-any-sense", "event/plan-window-form", "takes windows that make no sense",
        swallow((CREATE, MODIFY), "InvalidParameter")),
    row("windows-without-parts", "event/plan-window-form", "takes windows that lack something",
        swallow((CREATE, MODIFY), "MissingParameter")),
    row("windows-of-half-hours", "event/plan-window-form", "takes half hours",
        request((CREATE, MODIFY), at("TimePeriod.RangeList[].StartTime", replaced(":30", ":00")))),
    row("windows-with-long-names", "event/plan-window-form", "cuts names that are too long",
        request((CREATE, MODIFY), at("PlanWindowName", lambda name: name[:200]))),
    row("windows-with-short-names", "event/plan-window-form", "refuses names of 200 characters",
        refuse(CREATE, "InvalidParameter", lambda given: len(given.get("PlanWindowName", "")) == 200)),
    row("windows-refused-and-made", "event/plan-window-form", "makes a window though it refuses to",
        after_refusal(CREATE, "InvalidParameter", make_another)),
    row("windows-refused-and-changed", "event/plan-window-form", "changes a window though it refuses to",
        after_refusal(MODIFY, "InvalidParameter", disable)),

    row("windows-of-any-id", "event/plan-window-query", "does not look at PlanWindowId",
        request(LIST, drop("PlanWindowId"))),
    row("windows-of-any-name", "event/plan-window-query", "does not look at PlanWindowName",
        request(LIST, drop("PlanWindowName"))),
    row("windows-on-or-off", "event/plan-window-query", "does not look at Enable", request(LIST, drop("Enable"))),
    row("windows-of-any-group", "event/plan-window-query", "does not look at TargetResourceGroupId",
        request(LIST, drop("TargetResourceGroupId"))),
    row("windows-of-any-tag", "event/plan-window-query", "does not look at TargetResourceTags",
        request(LIST, drop("TargetResourceTags"))),
    row("windows-have-one-page", "event/plan-window-query", "gives no token", answer(LIST, "", drop("NextToken"))),
    row("windows-begin-again", "event/plan-window-query", "shows the first page for every token",
        request(LIST, drop("NextToken"))),
    row("windows-on-small-pages", "event/plan-window-query", "shows one window where one is asked for",
        answer(LIST, WINDOWS, lambda page: page[:1], when=lambda given: int(given.get("MaxResults") or 10) < 10)),

    row("plans-without-windows", "event/plan-window-applies", "plans maintenance without a look at windows",
        planned_as_if(put(Enable=False))),
    row("plans-in-disabled-windows", "event/plan-window-applies", "plans maintenance in disabled windows, too",
        planned_as_if(put(Enable=True))),
    row("plans-for-any-sunday", "event/plan-window-applies", "begins on Mondays what begins on Sundays",
        planned_as_if(at("TimePeriod.RangeList[].StartTime", replaced("Sunday", "Monday")))),
    row("plans-for-no-group", "event/plan-window-applies", "plans nothing in the windows of a resource group",
        planned_as_if(at("TargetResource", where(lambda target: target["Scope"] == "ResourceGroup",
                                                 becomes({"Scope": "Tag", "Tags": [{"Key": "nobody"}]}))))),
    row("plans-for-any-tag", "event/plan-window-applies", "plans maintenance of all that has the key of a tag",
        planned_as_if(at("TargetResource.Tags[]", put(Value="")))),
    row("plans-at-any-time", "event/plan-window-interval", "does not look at MinMaintenanceInterval",
        request((CREATE, MODIFY), drop("MinMaintenanceInterval"))),
)  # fmt: skip
