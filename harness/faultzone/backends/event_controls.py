"""The control verbs of system events: maintenance that is planned and withdrawn, operating systems that crash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faultzone.backends.controls import Arguments, _host, _instance, _region, verb
from faultzone.errors import NotSupported, UsageError
from faultzone.model import events, maintenance
from faultzone.substrate.memory import MemorySubstrate

if TYPE_CHECKING:
    from faultzone.backends.local import LocalBackend
    from faultzone.model.events import SystemEvent
    from faultzone.model.state import Instance, RegionState


def _memory(backend: LocalBackend) -> MemorySubstrate:
    if not isinstance(backend.substrate, MemorySubstrate):
        raise NotSupported(f"the hosts of the {backend.name} backend are no hosts in memory")
    return backend.substrate


def _home(backend: LocalBackend, instance: Instance) -> RegionState:
    return next(each for each in backend.cloud.regions.values() if instance.id in each.instances)


def _planned(backend: LocalBackend, event_id: object) -> tuple[RegionState, SystemEvent]:
    for region in backend.cloud.regions.values():
        if (event := region.events.get(str(event_id))) is not None:
            return region, event
        # What is planned for retired families is in no history.
        for event in (each for active in region.active_events.values() for each in active):
            if event.id == event_id:
                return region, event
    raise UsageError(f"there is no event {event_id!r}")


@verb(
    "schedule-maintenance",
    "break-hosts",
    instance="string?",
    host="string?",
    type="string?",
    not_before="integer?",
    within="integer?",
    outcome="string?",
    region="string?",
)
def schedule_maintenance(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Plan maintenance of an instance, or of all on a host, for an instant in milliseconds since the epoch.

    Or for the one `within` so many milliseconds. Tells each `event`, null where its user sees none, and the id of the
    `plan`, by which it is withdrawn. `outcome` is `executes` or `fails`, or `inquires` for one that waits for consent.
    Instances of retired families are rebooted all the same, but no event tells of it.
    """
    type, outcome = given.get("type") or events.MAINTENANCE, given.get("outcome") or "executes"
    due, within = given.get("not_before"), given.get("within")
    known = [each for each in backend.cloud.edition.event.types if each.startswith("SystemMaintenance.")]
    if type not in known:
        raise UsageError(f"type={type!r}: write one of {', '.join(known)}")
    inquiring = events.INQUIRING in backend.cloud.edition.event.states
    outcomes = ("executes", "fails", "inquires") if inquiring else ("executes", "fails")
    if outcome not in outcomes:
        raise UsageError(f"outcome={outcome!r}: write one of {', '.join(outcomes)}")
    if (given.get("instance") is None) == (given.get("host") is None):
        raise UsageError("schedule-maintenance is for an instance or for a host: name one of them")
    if due is not None and due < backend.clock.now:
        raise UsageError(f"not_before={due!r}: write an instant that has not passed; it is {backend.clock.now} now")
    if within is not None:
        if due is not None or within < 0:
            raise UsageError(f"within={within!r}: write milliseconds, 0 or more, and no not_before besides")
        due = backend.clock.now + within
    if given.get("instance") is not None:
        instance = _instance(backend, given)
        region, instances = _home(backend, instance), [instance]
    else:
        region = _region(backend, given)
        instances = [region.instances[each] for each in sorted(_host(region, given).instances)]
    fails, inquires = outcome == "fails", outcome == "inquires"
    made = [maintenance.plan(region, each, type, due, fails=fails, inquires=inquires) for each in instances]
    return {
        "events": [
            {"event": None if each.silent else each.id, "instance": each.instance, "plan": each.id} for each in made
        ]
    }


@verb("cancel-maintenance", "break-hosts", event="string")
def cancel_maintenance(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Withdraw a planned event; tells whether there was anything left to withdraw."""
    region, event = _planned(backend, given["event"])
    if event.simulated:
        raise UsageError(f"{event.id} is simulated: its user cancels it with CancelSimulatedSystemEvents")
    withdrawn = event.may_become(events.CANCELED)
    if withdrawn:
        events.settle(region, event, events.CANCELED)
    return {"withdrawn": withdrawn, "status": event.status}


@verb("system-event", "break-hosts", writes=False, event="string")
def system_event(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Tell the state of an event, also of one that its user does not see, and whether it is still to come."""
    event = _planned(backend, given["event"])[1]
    return {"status": event.status, "pending": event.may_become(events.CANCELED) and not event.simulated}


@verb("guest-crash", "guest", instance="string")
def guest_crash(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Crash the operating system of an instance."""
    instance = _instance(backend, given)
    if not _memory(backend).crash_guest(instance.id):
        raise UsageError(f"no operating system is up in {instance.id}: it is {instance.status}")
    return {}
