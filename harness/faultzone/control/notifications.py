"""The verbs of notifications: those since a number, a queue to read, here or by an MNS client, a URL to be called."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from faultzone.control.registry import Table, verb
from faultzone.control.targets import find_account
from faultzone.errors import UsageError
from faultzone.model.events.notifications import CLOUD_MONITOR, FORMS

if TYPE_CHECKING:
    from faultzone.control.local import Local

VERBS: Table = {}


@verb(VERBS)
def subscribe(
    backend: Local,
    *,
    url: str | None = None,
    queue: str | None = None,
    function: Callable[[dict[str, Any]], object] | None = None,
    form: str = CLOUD_MONITOR,
) -> dict[str, Any]:
    """Post notifications from now on to a URL, serve them as an MNS queue of a name, call a function with each, or keep
    them for `notifications`. The form is that of `cloudmonitor`, or of `eventbridge`.

    The answer has the number that ends it, and for a queue the endpoint that an MNS client is given.
    """
    if form not in FORMS:
        raise UsageError.expected_one_of("form", form, FORMS)
    given = {"url": url, "queue": queue, "function": function}
    if len(named := [name for name, value in given.items() if value is not None]) > 1:
        raise UsageError(f"subscribe: expected one of url, queue and function, got {' and '.join(named)}")
    subscriptions = backend.subscriptions
    if queue is not None:
        number, endpoint = subscriptions.open_mns(queue, form)
        return {"id": number, "endpoint": endpoint}
    if function is not None:
        return {"id": subscriptions.subscribe(function, form)}
    return {"id": subscriptions.open_queue(form) if url is None else subscriptions.call_back(url, form)}


@verb(VERBS, takes_lock=True)
def unsubscribe(backend: Local, *, id: int) -> dict[str, Any]:
    """End a subscription; returns whether it existed."""
    return {"ended": backend.subscriptions.unsubscribe(id)}


@verb(VERBS, writes=False)
def notices(backend: Local, *, since: int | None = None) -> dict[str, Any]:
    """Read the notifications since a number, oldest first, and `next`, the number for the next call.

    Without a number there are none: those from now on are asked for with the number that is answered.
    """
    found, following = backend.subscriptions.since(since)
    return {"notices": found, "next": following}


@verb(VERBS, writes=False, takes_lock=True)
def queue_endpoint(backend: Local, *, queue: str, account: str | None = None) -> dict[str, Any]:
    """Return the endpoint that an MNS client is given for a queue that an event rule of CloudMonitor sends to."""
    return {"endpoint": backend.subscriptions.endpoint_of(queue, find_account(backend, account))}


@verb(VERBS, writes=False, takes_lock=True)
def notifications(backend: Local, *, id: int) -> dict[str, Any]:
    """Read the stored notifications of a subscription without a URL, oldest first."""
    return {"notifications": backend.subscriptions.read(id)}
