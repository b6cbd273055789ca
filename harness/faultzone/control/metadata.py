"""The verb of the metadata service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faultzone.control.registry import Table, verb
from faultzone.control.targets import find_instance
from faultzone.errors import UsageError

if TYPE_CHECKING:
    from faultzone.control.local import Local

VERBS: Table = {}


@verb(VERBS, "guest", writes=False)
def metadata(backend: Local, *, instance: str, path: str) -> dict[str, Any]:
    """Read a path of the metadata service inside a running instance; null for an unknown path."""
    found = find_instance(backend, instance)
    if found.status != "Running" or found.impaired:
        raise UsageError(f"{found.id} is not up: only a running guest can read metadata")
    return {"text": backend.cloud.metadata(found.id, path)}
