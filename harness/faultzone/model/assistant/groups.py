"""Moving what Cloud Assistant keeps between resource groups (instance/join-resource-group)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from faultzone.api.errors import ApiError
from faultzone.model.assistant.managed import ManagedState
from faultzone.model.assistant.state import AssistantState

if TYPE_CHECKING:
    from faultzone.model.core.resource_groups import Join
    from faultzone.model.core.state import AccountState, RegionState


def _moves(kept: Callable[[AccountState], dict[str, Any]]) -> Join:
    """Moves one of what an account keeps by id."""

    def move(region: RegionState, account: AccountState, id: str, group: str) -> None:
        found = kept(account).get(id)
        if found is None:
            raise ApiError("InvalidResourceId.NotFound")
        found.group = group

    return move


JOINS: Final[dict[str, Join]] = {
    "command": _moves(lambda account: account.part(AssistantState).commands),
    "activation": _moves(lambda account: account.part(ManagedState).activations),
    "managedinstance": _moves(lambda account: account.part(ManagedState).instances),
}
