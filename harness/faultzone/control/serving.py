"""The verbs of whoever serves a cloud, or holds one: what happened at the edge, delays, the end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from faultzone.api.callers import CALLER
from faultzone.api.ecs import ECS
from faultzone.control.faults.failing import Made
from faultzone.control.registry import Table, verb
from faultzone.errors import UsageError
from faultzone.journal.redaction import recorded

if TYPE_CHECKING:
    from faultzone.control.local import Local

VERBS: Table = {}
#: What others than the cloud itself can know of.
_NOTED: Final = ("notice", "refusal", "operation", "probe")


@verb(VERBS, takes_lock=True, last=True)
def note(backend: Local, *, kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Add an outside fact to the journal: a `notice`, a `refusal` of a request by the server, an `operation` of a
    client of a test, or the value of a `probe`."""
    if kind not in _NOTED:
        raise UsageError(f"kind={kind[:64]!r}: write {' or '.join(map(repr, _NOTED))}")
    backend.note(kind, recorded(data, "data"))
    return {}


@verb(VERBS, "break-api", takes_lock=True)
def call_delay(backend: Local, *, action: str, parameters: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Take the delay that a fault has for the next call of an action, in seconds; the server waits, before it hands the
    call on or, `after_effect`, before it answers."""
    late = backend.failing_calls.meet(Made(action, parameters or {}, CALLER.get()), delays=True)
    return {"seconds": (late and late.delay) or 0.0, "after_effect": late is not None and late.after_effect}


@verb(VERBS, writes=False)
def prepare_call(
    backend: Local, *, action: str, parameters: Mapping[str, Any], product: str = ECS, account: str | None = None
) -> dict[str, Any]:
    """Do a part of what a call needs that would take long; its server answers others until the call is `ready`."""
    cloud = backend.cloud
    return {"ready": cloud.prepare(product, action, parameters, account or cloud.accounts[0])}


@verb(VERBS, takes_lock=True, last=True)
def release(backend: Local) -> dict[str, Any]:
    """Release the outside resources of the cloud: callbacks, served queues, containers."""
    backend.release()
    return {}
