"""The verbs of the API's faults: calls that are refused, delayed or dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faultzone.control.api_faults import ApiFault
from faultzone.control.registry import Table, verb

if TYPE_CHECKING:
    from faultzone.control.local import Local

VERBS: Table = {}


@verb(VERBS, "break-api")
def api_fault(
    backend: Local,
    *,
    action: str,
    kind: str = "refuse",
    code: str = "ServiceUnavailable",
    status: int | None = None,
    message: str | None = None,
    seconds: float = 0.0,
    times: int | None = None,
    after_effect: bool = False,
    retry_after: int | None = None,
) -> dict[str, Any]:
    """Refuse, delay or drop the next calls of an action; tells the number that takes the fault out again."""
    fault = ApiFault(action, kind, code, status, message, seconds, times, after_effect, retry_after)
    return {"id": backend.api_faults.inject(fault)}


@verb(VERBS, "break-api")
def remove_api_fault(backend: Local, *, id: int) -> dict[str, Any]:
    """Take a fault of the API out; tells whether it was still in force."""
    return {"removed": backend.api_faults.remove(id)}


@verb(VERBS, "break-api", writes=False)
def api_faults(backend: Local) -> dict[str, Any]:
    """List the numbers of the faults of the API in force."""
    return {"ids": [each.id for each in backend.api_faults.faults]}
