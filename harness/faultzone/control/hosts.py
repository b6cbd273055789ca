"""The verbs of hosts that are no faults: new hardware, live migrations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faultzone.control.faults.hosts import place_of
from faultzone.control.registry import Table, verb
from faultzone.control.targets import find_instance, find_region, region_of
from faultzone.model.events import migration

if TYPE_CHECKING:
    from faultzone.control.local import Local

VERBS: Table = {}


@verb(VERBS, "break-hosts")
def migrate(backend: Local, *, instance: str) -> dict[str, Any]:
    """Live-migrate a running instance to another host of its zone; null if no host has room."""
    found = find_instance(backend, instance)
    host = migration.migrate(region_of(backend, found), found)
    return {"host": None if host is None else host.id}


@verb(VERBS, "break-hosts", takes_lock=True)
def replace_host(backend: Local, *, host: str, region: str | None = None) -> dict[str, Any]:
    """Replace the hardware of a host: its power is on, and its faults have ended."""
    place = place_of(backend, region, host)
    backend.active_faults.clear(place)
    with backend.locked():
        backend.substrate.repair(*place)
    backend.note("control", {"verb": "replace-host", "arguments": {"host": host, "region": region}})
    return {"host": host}


@verb(VERBS, "see-hosts", writes=False)
def migrations(backend: Local, *, region: str | None = None) -> dict[str, Any]:
    """Return whether live migrations fail, and their duration in seconds."""
    at = find_region(backend, region)
    now = at.part(migration.Migrations)
    return {"fails": now.fails, "takes": now.takes / 1000}
