"""The verbs of the metadata service and of the keys that it gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from faultzone.control.registry import Table, verb
from faultzone.control.targets import find_instance
from faultzone.errors import UsageError

if TYPE_CHECKING:
    from faultzone.control.local import Local
    from faultzone.model.core.state import Instance

VERBS: Table = {}


@verb(VERBS, "reach-guests", writes=False)
def metadata(
    backend: Local, *, instance: str, path: str, method: str = "GET", headers: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Ask the metadata service inside a running instance: the HTTP status, and the text, null for an unknown path."""
    found, named = who_asks(backend, instance, headers)
    status, text = backend.cloud.metadata(found.id, path, method, named)
    return {"text": None if status == 404 else text, "status": status}


def who_asks(backend: Local, instance: str, headers: Mapping[str, Any] | None) -> tuple[Instance, dict[str, str]]:
    """The instance that asks the metadata service, and the headers of its request, their names in lower case.

    Raises:
        UsageError: it is not up, or the headers are none.
    """
    found = find_instance(backend, instance)
    if found.status != "Running" or found.impaired:
        raise UsageError(f"{found.id} is not up: only a running guest can read metadata")
    named = {}
    for name, value in ({} if headers is None else headers).items():
        if not isinstance(value, str):
            raise UsageError.expected("headers", headers, "a mapping of names to texts")
        named[name.lower()] = value
    return found, named


@verb(VERBS, writes=False)
def role_key(backend: Local, *, access_key_id: str) -> dict[str, Any]:
    """Return the temporary key of an instance's RAM role, by the ID of the key; null for an unknown one."""
    key = backend.cloud.role_key(access_key_id)
    if key is None:
        return {"key": None}
    return {
        "key": {
            "secret": key.secret,
            "token": key.token,
            "account": key.account,
            "role": key.role,
            "ended": key.ends <= backend.clock.now,
        }
    }
