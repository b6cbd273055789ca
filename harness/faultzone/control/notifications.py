"""The verbs of notifications: a queue to read, here or by an MNS client, and a URL to be called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faultzone.control.registry import Table, verb
from faultzone.errors import UsageError

if TYPE_CHECKING:
    from faultzone.control.local import Local

VERBS: Table = {}


@verb(VERBS)
def subscribe(backend: Local, *, url: str | None = None, queue: str | None = None) -> dict[str, Any]:
    """Post notifications from now on to a URL, serve them as an MNS queue of a name, or keep them for `notifications`.

    The answer has the number that ends it, and for a queue the endpoint that an MNS client is given.
    """
    if url is not None and queue is not None:
        raise UsageError("write url or queue, not both")
    if queue is not None:
        number, endpoint = backend.subscriptions.open_mns(queue)
        return {"id": number, "endpoint": endpoint}
    return {"id": backend.subscriptions.open_queue() if url is None else backend.subscriptions.call_back(url)}


@verb(VERBS, takes_lock=True)
def unsubscribe(backend: Local, *, id: int) -> dict[str, Any]:
    """End a subscription; returns whether there was one."""
    return {"ended": backend.subscriptions.unsubscribe(id)}


@verb(VERBS, writes=False, takes_lock=True)
def notifications(backend: Local, *, id: int) -> dict[str, Any]:
    """Read all notifications that a subscription without a URL has kept, oldest first."""
    return {"notifications": backend.subscriptions.read(id)}
