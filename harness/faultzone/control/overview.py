"""The verb of a console: what stands in a region, and what of it has changed since it was last asked.

Who asks keeps what it was told, and names the journal and how many of its entries it knows. It is told the rows of what
the entries since then name, and short lists as a whole where an entry is of their kind. Equal questions have equal
answers, so that an endpoint asks once for all who look on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from faultzone.api.errors import CODES
from faultzone.control.answers import answers
from faultzone.control.billing import books
from faultzone.control.cloud import hosts
from faultzone.control.faults.active import ACTIVE, FAILED, PLANNED, SKIPPED, UNDOING
from faultzone.control.registry import Table, verb
from faultzone.control.targets import find_region
from faultzone.errors import UsageError
from faultzone.journal.journal import copied, cut
from faultzone.model.assistant.state import AssistantState
from faultzone.model.assistant.states import instance_state, total
from faultzone.model.billing.ledger import yuan
from faultzone.model.events.windows import PlanWindow, PlanWindows

if TYPE_CHECKING:
    from faultzone.control.local import Local
    from faultzone.model.assistant.state import Invocation
    from faultzone.model.core.events import SystemEvent
    from faultzone.model.core.state import DeploymentSet, Instance, RegionState

VERBS: Table = {}

#: What is told at most of each kind; a region may have more of it.
INSTANCES_MOST: Final = 5_000
EVENTS_MOST: Final = 500
INVOCATIONS_MOST: Final = 20
TARGETS_MOST: Final = 20
SETS_MOST: Final = 100
WINDOWS_MOST: Final = 100
FAULTS_MOST: Final = 100
ENTRIES_MOST: Final = 100
REFUSALS_MOST: Final = 50
#: Whoever knows less of the journal than all but so many entries is told everything; refusals are sought so far back.
_BEHIND_MOST: Final = 5_000
_SOUGHT_MOST: Final = 20_000

#: Entries that say the same again, or that only the harness needs.
_NOT_SHOWN: Final = frozenset({"effect", "report", "owed", "summary"})
_ABOUT_FAULTS: Final = frozenset({"fault", "undo", "owed", "control", "notice"})
_ABOUT_HOSTS: Final = _ABOUT_FAULTS | {"report"}
#: Faults that a console shows: also those that did not end as promised, or could not come.
_SHOWN_FAULTS: Final = frozenset({PLANNED, ACTIVE, UNDOING, FAILED, SKIPPED})
_INSTANCE_OR_EVENT: Final = re.compile(r"\b[ie]-[A-Za-z0-9]+")
#: A longer text is no list of ids.
_IDS_MOST: Final = 8_192


@verb(VERBS, "see-hosts", writes=False, takes_lock=True)
def overview(
    backend: Local, *, since: int | None = None, of: str | None = None, region: str | None = None
) -> dict[str, Any]:
    """Return what a console shows of a region: hosts, instances, deployment sets, pending events and their answers,
    plan maintenance windows, invocations, money, faults, the last journal entries and the last refusals.

    With `since` and `of`, the `length` and the `of` of an earlier answer, only what has changed since. An instance or
    an event that is gone is null.
    """
    if since is not None and since < 0:
        raise UsageError.expected_whole("since", since, 0, unit="entries")
    faults = _faults(backend)
    with backend.locked():
        found, journal = find_region(backend, region), backend.journal
        length = len(journal)
        whole = of != journal.mark or since is None or not length - _BEHIND_MOST <= since <= length
        new = journal.entries[length - min(length, _SOUGHT_MOST) if whole else since :]
        touched = _Touched(everything=True) if whole else _Touched().by(new)
        return {
            "of": journal.mark,
            "length": length,
            "whole": whole,
            "region": found.id,
            "regions": list(backend.cloud.regions),
            "clock": {
                "now": backend.clock.now,
                "kind": backend.clock.kind,
                "scale": getattr(backend.clock, "scale", 0),
                "next": backend.clock.next_due(),
            },
            "capabilities": sorted(backend.capabilities),
            "money": _money(backend),
            "faults": faults,
            "entries": list(_entries(new)),
            **_parts(backend, found, touched),
        }


@dataclass
class _Touched:
    """What entries of a journal are about."""

    everything: bool = False
    hosts: bool = False
    sets: bool = False
    windows: bool = False
    invocations: bool = False
    ids: dict[str, None] = field(default_factory=dict)

    def by(self, entries: Iterable[tuple[int, int, str, Mapping[str, Any]]]) -> _Touched:
        """Take entries in; itself."""
        for _, _, kind, data in entries:
            if kind == "read":
                continue
            self.hosts |= kind in _ABOUT_HOSTS
            action = str(data.get("action", ""))
            self.sets |= "DeploymentSet" in action
            self.windows |= "MaintenanceWindow" in action
            self.invocations |= "run" in data or "invocation" in data or "Command" in action or "Invocation" in action
            _find_ids(data, self.ids)
        return self


def _find_ids(value: object, found: dict[str, None]) -> None:
    """Add the ids of instances and events in what an entry says. It is no generator: each of thousands of values would
    pass through all of its callers."""
    if isinstance(value, str):
        # Most texts have none.
        if ("i-" in value or "e-" in value) and len(value) <= _IDS_MOST:
            for id in _INSTANCE_OR_EVENT.findall(value):
                found[id] = None
    elif isinstance(value, dict | Mapping):
        for each in value.values():
            _find_ids(each, found)
    elif isinstance(value, list | tuple):
        for each in value:
            _find_ids(each, found)


def _parts(backend: Local, region: RegionState, touched: _Touched) -> dict[str, Any]:
    """The rows of a region that were touched, and the lists."""
    every = touched.everything
    ids = touched.ids
    shown = islice(region.instances, INSTANCES_MOST) if every else (each for each in ids if each[0] == "i")
    pending = list(islice(_pending(region), EVENTS_MOST)) if every else []
    told: dict[str, Any] = {
        "count": len(region.instances),
        "instances": {each: _instance(region.instances.get(each)) for each in shown},
        "events": {each.id: _event(region, each) for each in pending}
        | {each: _event(region, region.events.get(each)) for each in ids if each[0] == "e"},
    }
    if every:
        told |= {"zones": list(region.zone_ids), "accounts": [*backend.cloud.accounts]}
    if every or touched.hosts:
        told["hosts"] = [_host(each) for each in hosts(backend, region=region.id)["hosts"]]
    if every or touched.sets:
        found = (
            (account.id, each) for account in region.accounts.values() for each in account.deployment_sets.values()
        )
        told["sets"] = [_set(account, each) for account, each in islice(found, SETS_MOST)]
    if every or touched.windows:
        # The first region keeps those of all.
        kept = ((account.id, account.kept(PlanWindows) or PlanWindows()) for account in region.first.accounts.values())
        planned = ((account, each) for account, windows in kept for each in windows.values())
        told["windows"] = [_window(account, each) for account, each in islice(planned, WINDOWS_MOST)]
    if every or touched.invocations:
        told["invocations"] = [_invocation(region, each) for each in _last_invocations(region)]
    return told


def _host(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: told[name] for name in ("host", "zone", "rack", "switch", "state", "faults")}


def _instance(found: Instance | None) -> dict[str, Any] | None:
    if found is None:
        return None
    prefers: dict[str, Any] = {}
    if windows := found.options.maintenance_windows:
        prefers["windows"] = [[each["StartTime"], each["EndTime"]] for each in windows]
    if action := found.options.action_on_maintenance:
        prefers["action"] = action
    return {
        **prefers,
        "name": found.name,
        "state": found.status,
        "host": None if found.host is None else found.host.id,
        "type": found.kind.name,
        "set": None if found.group is None else found.group.id,
        "account": found.account,
        "locks": list(found.locks),
    }


def _pending(region: RegionState) -> Iterator[SystemEvent]:
    return (each for active in region.active_events.values() for each in active if not each.silent)


def _event(region: RegionState, found: SystemEvent | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "type": found.type,
        "instance": found.instance,
        "state": found.status,
        "due": found.not_before,
        "published": found.published,
        "simulated": found.simulated,
        "answers": list(answers(region, found)),
    }


def _set(account: str, found: DeploymentSet) -> dict[str, Any]:
    return {
        "set": found.id,
        "name": found.name,
        "strategy": found.strategy,
        "apart_by": found.apart_by,
        "affinity": found.affinity,
        "account": account,
    }


def _window(account: str, found: PlanWindow) -> dict[str, Any]:
    return {
        "window": found.id,
        "name": found.name,
        "account": account,
        "enabled": found.enabled,
        "action": found.action,
        "target": copied(found.target),
        "period": copied(found.period),
        "interval": found.interval,
    }


def _last_invocations(region: RegionState) -> list[Invocation]:
    """The latest invocations of all accounts, the latest first."""
    kept = [part for each in region.accounts.values() if (part := each.kept(AssistantState)) is not None]
    latest = [found for each in kept for found in islice(reversed(each.invocations.values()), INVOCATIONS_MOST)]
    return sorted(latest, key=lambda each: each.created, reverse=True)[:INVOCATIONS_MOST]


def _invocation(region: RegionState, found: Invocation) -> dict[str, Any]:
    """An invocation at three levels: its total, the state of each instance, and that of the last record there."""
    targets = []
    for target in islice(found.targets.values(), TARGETS_MOST):
        record = target.records[-1] if target.records else None
        targets.append(
            {
                "instance": target.instance,
                "state": instance_state(region, found, target),
                "record": None if record is None else region.rules.record_state(record.cause),
                "exit_code": None if record is None else record.exit_code,
                "runs": target.runs,
            }
        )
    return {
        "invocation": found.id,
        "command": found.command.name or found.command.id,
        "mode": found.mode,
        "created": found.created,
        "state": total(region, found),
        "targets": targets,
        "count": len(found.targets),
    }


def _money(backend: Local) -> list[dict[str, Any]]:
    accounts, now = books(backend), backend.clock.now
    return [
        {
            "account": each.account,
            "balance": yuan(each.balance(now)),
            "charged": yuan(each.charged(now)),
            "in_arrears": each.overdue,
            "to_pay": sum(order.account == each.account for order in accounts.unpaid.values()),
        }
        for each in accounts.ledgers.values()
    ]


def _faults(backend: Local) -> list[dict[str, Any]]:
    """The faults that are in force, planned or failed, the latest first."""
    known = backend.active_faults
    found = [known.look(each) for each in [*known.records.values()] if each.state in _SHOWN_FAULTS]
    shown = reversed([each for each in found if each.state in _SHOWN_FAULTS][-FAULTS_MOST:])
    return [{**each.render(), "why_no_undo": each.fault.why_no_undo} for each in shown]


def _entries(new: list[tuple[int, int, str, Mapping[str, Any]]]) -> Iterator[dict[str, Any]]:
    """The last entries, and the last refusals before them."""
    kept: list[tuple[int, int, str, Mapping[str, Any]]] = []
    refusals = 0
    for entry in reversed(new):
        refused = entry[2] == "refusal"
        refusals += refused
        if (len(kept) < ENTRIES_MOST and entry[2] not in _NOT_SHOWN) or (refused and refusals <= REFUSALS_MOST):
            kept.append(entry)
    for number, at, kind, data in reversed(kept):
        said: dict[str, Any] = {"n": number, "at": at, "kind": kind, **cut(data)}
        if kind == "refusal":
            said["why"] = _why(data)
        yield said


def _why(refused: Mapping[str, Any]) -> str:
    """Why a call was refused: what was written down, or the documented message of the code."""
    said = refused.get("why") or refused.get("reason")
    return str(said) if said else CODES.get(str(refused.get("code")), (0, ""))[1]
