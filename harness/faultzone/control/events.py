"""The verbs of system events: maintenance that is planned and withdrawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faultzone import editions
from faultzone.control.registry import Table, verb
from faultzone.control.targets import find_host, find_instance, find_region, region_of
from faultzone.errors import UnknownTarget, UsageError
from faultzone.model.core import events
from faultzone.model.events import bans, maintenance

if TYPE_CHECKING:
    from faultzone.control.local import Local
    from faultzone.model.core.events import SystemEvent
    from faultzone.model.core.state import RegionState

VERBS: Table = {}


def find_event(backend: Local, event_id: str) -> tuple[RegionState, SystemEvent]:
    """An event and its region, also one that its user does not see.

    Raises:
        UnknownTarget: there is none of this id, or none any more.
    """
    for region in backend.cloud.regions.values():
        if (event := region.events.get(event_id)) is not None:
            return region, event
        # What is planned for retired families is in no history.
        for event in (each for active in region.active_events.values() for each in active):
            if event.id == event_id:
                return region, event
    raise UnknownTarget.unknown("event", event_id)


def see_maintenance(backend: Local, type: str, outcome: str) -> None:
    """See that the edition has maintenance of a type, and with this outcome.

    Raises:
        UsageError: it has not; the text says what it has.
    """
    edition = backend.cloud.edition.event
    known = [each for each in edition.types if each.startswith(events.OF_HOSTS)]
    if type not in known:
        raise UsageError.expected_one_of("type", type, known)
    outcomes = ("executes", "fails", "inquires") if events.INQUIRING in edition.states else ("executes", "fails")
    if outcome not in outcomes:
        raise UsageError.expected_one_of("outcome", outcome, outcomes)


def plan_maintenance(
    backend: Local,
    *,
    instance: str | None = None,
    host: str | None = None,
    type: str = events.MAINTENANCE,
    not_before: int | None = None,
    within: int | None = None,
    outcome: str = "executes",
    region: str | None = None,
) -> list[SystemEvent]:
    """Plan maintenance of an instance, or of all on a host; see the verb `schedule-maintenance`.

    Raises:
        UsageError: there is no such type, outcome, instant, instance or host.
    """
    now = backend.clock.now
    see_maintenance(backend, type, outcome)
    if (instance is None) == (host is None):
        raise UsageError("schedule-maintenance: expected either instance or host")
    if not_before is not None and not_before < now:
        raise UsageError.expected("not_before", not_before, f"a time that is not before now, which is {now}")
    if within is not None and (not_before is not None or within < 0):
        raise UsageError.expected("within", within, "0 or more milliseconds, and no not_before with it")
    due = not_before if within is None else now + within
    if instance is not None:
        found = find_instance(backend, instance)
        at, instances = region_of(backend, found), [found]
    else:
        assert host is not None
        at = find_region(backend, region)
        instances = [at.instances[each] for each in sorted(find_host(at, host).instances)]
    fails, inquires = outcome == "fails", outcome == "inquires"
    return [maintenance.plan(at, each, type, due, fails=fails, inquires=inquires) for each in instances]


def withdraw(region: RegionState, event: SystemEvent) -> None:
    """Withdraw an event that has not begun."""
    events.settle(region, event, events.CANCELED)


@verb(VERBS, "break-hosts")
def schedule_maintenance(
    backend: Local,
    *,
    instance: str | None = None,
    host: str | None = None,
    type: str = events.MAINTENANCE,
    not_before: int | None = None,
    within: int | None = None,
    outcome: str = "executes",
    region: str | None = None,
) -> dict[str, Any]:
    """Plan maintenance of an instance, or of all on a host, for an instant in milliseconds since the epoch.

    Or for the one `within` so many milliseconds. Returns each `event`, null where its user sees none, and the id of the
    `plan`, by which it is withdrawn. `outcome` is `executes` or `fails`, or `inquires` for one that waits for consent.
    Instances of retired families are rebooted all the same, but without an event.
    """
    made = plan_maintenance(
        backend,
        instance=instance,
        host=host,
        type=type,
        not_before=not_before,
        within=within,
        outcome=outcome,
        region=region,
    )
    return {
        "events": [
            {"event": None if each.silent else each.id, "instance": each.instance, "plan": each.id} for each in made
        ]
    }


@verb(VERBS, "change-account")
def ban_website(backend: Local, *, instance: str, domain: str = "", url: str = "") -> dict[str, Any]:
    """Ban a website on an instance for a violation: an event tells of it, and nothing is locked."""
    found = find_instance(backend, instance)
    region = region_of(backend, found)
    if bans.TYPE not in region.edition.event.types:
        first = next(each for each in editions.EDITIONS if bans.TYPE in each.event.types)
        raise UsageError(
            f"ban-website: edition {region.edition.name} has no event {bans.TYPE}: write edition={first.name!r}"
        )
    event = bans.ban(region, found, domain, url)
    return {"event": None if event.silent else event.id}


@verb(VERBS, "break-hosts")
def cancel_maintenance(backend: Local, *, event: str) -> dict[str, Any]:
    """Withdraw a planned event; returns whether it was still planned."""
    region, found = find_event(backend, event)
    if found.simulated:
        raise UsageError(f"{found.id} is a simulated event: cancel it with CancelSimulatedSystemEvents")
    withdrawn = found.may_become(events.CANCELED)
    if withdrawn:
        withdraw(region, found)
    return {"withdrawn": withdrawn, "status": found.status}


@verb(VERBS, "break-hosts", writes=False)
def system_event(backend: Local, *, event: str) -> dict[str, Any]:
    """Return the state of an event, also of a hidden one, and whether it is still planned."""
    found = find_event(backend, event)[1]
    return {"status": found.status, "pending": found.may_become(events.CANCELED) and not found.simulated}
