"""Wrong regions of events that are moved, of what events do, and of the attributes of maintenance."""

from __future__ import annotations

from typing import Final

from faultzone.api.errors import ApiError
from faultzone.clock import HOUR
from faultzone.mutations.described import written
from faultzone.mutations.library import (
    Answer,
    Change,
    Mutate,
    Next,
    Parameters,
    accept,
    after,
    after_refusal,
    answer,
    at,
    becomes,
    default,
    drop,
    emptied,
    put,
    request,
    swallow,
    where,
)
from faultzone.mutations.regions.events import CANCEL, CREATE
from faultzone.mutations.regions.places import EVENTS, HISTORY
from faultzone.mutations.row import row

MOVE: Final = "ModifySystemEventAttribute"
PLAN: Final = ("schedule-maintenance", "Maintenance")
MODIFY: Final = "ModifyInstanceMaintenanceAttributes"
DESCRIBE: Final = "DescribeInstanceMaintenanceAttributes"
ATTRIBUTES: Final = "MaintenanceAttributes.MaintenanceAttribute[]"


@written
def moves_once() -> Mutate:
    """Refuses to move an event that was moved."""

    def mutate(name: str, given: Parameters, on: Next) -> Answer:
        if name != MOVE:
            return on(name, given)
        moved = on.memory.setdefault(MOVE, set())
        if given["EventId"] in moved:
            raise ApiError("InvalidEventId.NotFound")
        answer = on(name, given)
        moved.add(given["EventId"])
        return answer

    return mutate


@written
def planned_as(type: str, other: str) -> Mutate:
    """Does what maintenance of another type does."""
    swap: Change = where(
        lambda given: given.get("type") == f"SystemMaintenance.{type}", put(type=f"SystemMaintenance.{other}")
    )
    return request(PLAN, swap)


def plan_again(on: Next, given: Parameters, answer: Answer) -> None:
    """Plan maintenance besides what was moved."""
    on.control("schedule-maintenance", {"instance": given["InstanceId"], "within": 30 * HOUR})


def notify(on: Next, given: Parameters) -> None:
    """Change something of a call that is refused."""
    on.ask(MODIFY, {"InstanceId": given["InstanceId"], "NotifyOnMaintenance": True})


REGIONS: Final = (
    row("moves-nothing", "event/move", "accepts another time and keeps the first", accept(MOVE)),
    row("forgets-the-first-time", "event/move", "does not tell for when an event was first planned",
        answer(HISTORY, f"{EVENTS}[].ExtendedAttribute", drop("InitialNotBefore"))),
    row("executes-at-both-times", "event/move", "plans what is moved once more", after(MOVE, plan_again)),
    row("moves-to-any-time", "event/move-bounds", "accepts a time later than the first",
        swallow(MOVE, "InvalidParameter")),
    row("moves-to-the-past", "event/move-bounds", "accepts a time before now",
        swallow(MOVE, "InvalidNotBefore.Passed")),
    row("moves-once", "event/move-bounds", "moves an event only once", moves_once()),
    row("moves-what-is-over", "event/move-refusals", "accepts another time for what is not Scheduled",
        swallow(MOVE, "InvalidParameter")),
    row("moves-the-events-of-others", "event/move-refusals", "accepts another time for what is not of the instance",
        swallow(MOVE, "InvalidEventId.NotFound")),

    row("stops-are-reboots", "event/effects", "restarts what is to be stopped", planned_as("Stop", "Reboot")),
    row("repairs-are-reboots", "event/effects", "restarts what is to be stopped and repaired",
        planned_as("StopAndRepair", "Reboot")),
    row("redeploys-where-it-is", "event/effects", "restarts on its host what is to be redeployed",
        planned_as("Redeploy", "Reboot")),
    row("reboots-elsewhere", "event/effects", "restarts on another host what is to be rebooted",
        planned_as("Reboot", "Redeploy")),
    row("isolates-with-a-reboot", "event/effects", "restarts an instance to isolate a disk",
        planned_as("IsolateErrorDisk", "RebootAndIsolateErrorDisk")),
    row("isolates-without-a-reboot", "event/effects", "does not restart an instance whose maintenance says so",
        planned_as("RebootAndReInitErrorDisk", "ReInitErrorDisk")),

    row("real-operations-are-simulated", "event/real-operations", "does nothing, though it is asked to",
        request(CREATE, drop("TriggerRealOps"))),
    row("simulations-are-carried-out", "event/real-operations", "does what is only simulated",
        request(CREATE, put(TriggerRealOps=True))),
    row("real-stops-are-reboots", "event/real-operations", "restarts what is to be stopped",
        request(CREATE, where(lambda given: str(given["EventType"]).endswith("Failure.Stop"),
                              put(EventType="SystemFailure.Reboot")))),
    row("withdrawn-and-carried-out", "event/real-operations", "does what was withdrawn", accept(CANCEL)),

    row("windows-of-any-form", "event/maintenance-window-form", "takes windows of any form",
        swallow(MODIFY, "InvalidParameter")),
    row("windows-are-refused-in-part", "event/maintenance-window-form", "changes the rest where a window is refused",
        after_refusal(MODIFY, "InvalidParameter", notify)),
    row("never-notifies-of-maintenance", "event/maintenance-attributes", "forgets NotifyOnMaintenance",
        answer(DESCRIBE, f"{ATTRIBUTES}.NotifyOnMaintenance", becomes(False))),
    row("shows-no-window", "event/maintenance-attributes", "shows no window",
        answer(DESCRIBE, f"{ATTRIBUTES}.MaintenanceWindows.MaintenanceWindow", emptied())),
    row("shows-the-default-action", "event/maintenance-attributes", "shows the default in place of what was set",
        answer(DESCRIBE, f"{ATTRIBUTES}.ActionOnMaintenance.Value", becomes("AutoRecover"))),
    row("stops-by-default", "event/maintenance-attributes", "tells of another default",
        answer(DESCRIBE, f"{ATTRIBUTES}.ActionOnMaintenance.DefaultValue", becomes("Stop"))),
    row("supports-no-action", "event/maintenance-attributes", "does not tell what is supported",
        answer(DESCRIBE, f"{ATTRIBUTES}.ActionOnMaintenance.SupportedValues.SupportedValue", emptied())),
    row("forgets-what-is-left-out", "event/maintenance-attributes", "sets what a call leaves out to its default",
        request(MODIFY, default(NotifyOnMaintenance=False))),
    row("attributes-of-all", "event/maintenance-attributes", "shows the attributes of all instances",
        request(DESCRIBE, drop("InstanceId"))),
    row("attributes-of-anything", "event/maintenance-attributes", "takes instances that there are not",
        swallow(MODIFY, "InvalidInstanceId.NotFound")),
    row("any-action-on-maintenance", "event/maintenance-attributes", "takes any ActionOnMaintenance",
        request(MODIFY, at("ActionOnMaintenance", lambda action: "Stop" if action == "Wait" else action))),
)  # fmt: skip
