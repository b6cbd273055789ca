"""What a user can do about a pending event, and the verb that does it in the user's place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from faultzone.api.ecs.events import ModifySystemEventAttribute
from faultzone.clock import stamp
from faultzone.control.billing import books
from faultzone.control.events import find_event
from faultzone.control.registry import Table, verb
from faultzone.errors import UsageError
from faultzone.model.billing.ledger import units, yuan
from faultzone.model.core import events

if TYPE_CHECKING:
    from faultzone.control.local import Local
    from faultzone.model.core.events import SystemEvent
    from faultzone.model.core.state import RegionState

VERBS: Table = {}

#: What is no call of ECS: money comes into the account.
PAYMENT: Final = "a payment"
_MOVE: Final = ModifySystemEventAttribute.__name__
#: Yuan that a payment has above what is owed.
_MORE: Final = "100"


def answers(region: RegionState, event: SystemEvent) -> Iterator[str]:
    """The calls by which its user answers an event as it stands."""
    rules, edition = region.rules, region.edition
    if event.status == events.INQUIRING:
        yield "AcceptInquiredSystemEvent"
    if rules.redeploy_answers(event.type, event.status):
        yield "RedeployInstance"
    maintenance = event.type.startswith("SystemMaintenance.") and event.status == events.SCHEDULED
    if maintenance and edition.has(ModifySystemEventAttribute.since):
        yield _MOVE
    if not event.may_become(events.AVOIDED):
        return
    if event.type in rules.reboot_avoids():
        yield "RebootInstance"
    if event.type in edition.billing.renewal_avoids:
        yield "RenewInstance"
    if event.type in edition.billing.payment_avoids:
        yield PAYMENT
    if rules.release_answers(event.type):
        yield "DeleteInstance"


@verb(VERBS, "change-account", takes_lock=True)
def answer_event(backend: Local, *, event: str, by: str | None = None, not_before: int | None = None) -> dict[str, Any]:
    """Answer a pending event in place of its user: by a call that `overview` lists, by default the first, or by `a
    payment`; returns the call and the event's state.

    `not_before`, in milliseconds since the epoch, is for ModifySystemEventAttribute: maintenance comes sooner.
    """
    with backend.locked():
        region, found = find_event(backend, event)
        known = list(answers(region, found))
        if not known:
            raise UsageError.expected("event", event, f"a pending event; it is {found.status}, and no call answers it")
        by = by or known[0]
        if by not in known:
            raise UsageError.expected_one_of("by", by, known)
        if (not_before is None) is (by == _MOVE):
            needed = "the instant to which the event moves" if by == _MOVE else f"none, because {by} moves nothing"
            raise UsageError.expected("not_before", not_before, needed)
        account, instance = found.account, found.instance
        owed = -min(0, books(backend).ledgers[account].balance(backend.clock.now))
    if by == PAYMENT:
        backend.control("top-up", {"account": account, "amount": yuan(owed + units(_MORE))})
    else:
        of = {"RegionId": region.id, "InstanceId": instance}
        given: dict[str, dict[str, object]] = {
            "AcceptInquiredSystemEvent": {"RegionId": region.id, "EventId": event},
            "RedeployInstance": {"InstanceId": instance, "ForceStop": "true"},
            _MOVE: {**of, "EventId": event, "NotBefore": stamp(not_before or 0)},
            "RebootInstance": {"InstanceId": instance},
            "RenewInstance": {"InstanceId": instance, "Period": "1"},
            "DeleteInstance": {"InstanceId": instance, "Force": "true"},
        }
        backend.call(by, given[by], account=account)
    with backend.locked():
        return {"event": event, "by": by, "state": found.status}
