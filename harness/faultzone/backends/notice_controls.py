"""The control verbs of notifications: a queue to read, here or by an MNS client, and a URL to be called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faultzone.backends.controls import Arguments, verb
from faultzone.errors import UsageError

if TYPE_CHECKING:
    from faultzone.backends.local import LocalBackend


@verb("subscribe", "", url="string?", queue="string?")
def subscribe(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Post notifications from now on to a URL, serve them as an MNS queue of a name, or keep them for `notifications`.

    The answer has the number that ends it, and for a queue the endpoint that an MNS client is given.
    """
    url, name = given.get("url"), given.get("queue")
    if url is not None and name is not None:
        raise UsageError("write url or queue, not both")
    if name is not None:
        number, endpoint = backend.publisher.open_mns(str(name))
        return {"id": number, "endpoint": endpoint}
    return {"id": backend.publisher.open_queue() if url is None else backend.publisher.call_back(str(url))}


@verb("unsubscribe", "", outside_lock=True, id="integer")
def unsubscribe(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """End a subscription; tells whether there was one."""
    return {"ended": backend.publisher.unsubscribe(given["id"])}


@verb("notifications", "", writes=False, outside_lock=True, id="integer")
def notifications(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Read all notifications that a subscription without a URL has kept, oldest first."""
    return {"notifications": backend.publisher.read(given["id"])}
