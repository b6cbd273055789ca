"""What breaks the API itself: chosen actions refused, delayed or dropped, before their effect unless told otherwise."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from faultzone.control.faults.breaks import Breakers, Breaking, breaks
from faultzone.control.faults.failing import Failing
from faultzone.errors import UsageError
from faultzone.faults.api import ApiFailure
from faultzone.model.core.dispatch import ACTIONS

if TYPE_CHECKING:
    from faultzone.control.local import Local

BREAKERS: Final[Breakers] = {}


@breaks(ApiFailure, BREAKERS)
def fail(backend: Local, fault: ApiFailure) -> Breaking:
    """Let calls go wrong until it has run out, or ends."""
    names = sorted({name for _, name in ACTIONS})
    if not any(fnmatchcase(name, fault.action) for name in names):
        raise UsageError.unknown("action", fault.action, names, see="docs/actions.md lists the actions")
    failing, calls = Failing(fault), backend.failing_calls
    calls.faults = [*calls.faults, failing]
    yield lambda: failing not in calls.faults
    calls.faults = [each for each in calls.faults if each is not failing]
