"""Which function answers which action, and which takes in which report.

Chapters register theirs with `@handles` and `@takes`; an action without a handler is not implemented.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

if TYPE_CHECKING:
    from faultzone.api.request import Request
    from faultzone.model.core.state import AccountState, RegionState

Answer = dict[str, Any]
#: Takes a report in; False for a stale one, which changes nothing.
Taker = Callable[["RegionState", Any], bool]
R = TypeVar("R", bound="Request")
Handler = Callable[["RegionState", "AccountState", R], Answer]


class Entry(NamedTuple):
    """An implemented action: the class that parses it and the function that answers it."""

    request: type[Request]
    handler: Handler[Any]


#: Action name, aliases included -> what implements it.
ACTIONS: dict[str, Entry] = {}


def handles(request: type[R]) -> Callable[[Handler[R]], Handler[R]]:
    """Register the function that answers the action of `request`."""

    def register(handler: Handler[R]) -> Handler[R]:
        for name in (request.__name__, *request.aliases):
            ACTIONS[name] = Entry(request, handler)
        return handler

    return register


#: Type of report -> what takes it in.
REPORTS: dict[type, Taker] = {}


def takes(report: type) -> Callable[[Taker], Taker]:
    """Register the function that takes in the reports of a type."""

    def register(taker: Taker) -> Taker:
        REPORTS[report] = taker
        return taker

    return register
