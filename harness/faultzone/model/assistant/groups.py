"""Moving what Cloud Assistant keeps between resource groups (instance/join-resource-group)."""

from __future__ import annotations

from typing import Final

from faultzone.model.assistant.managed import ManagedState
from faultzone.model.assistant.state import AssistantState
from faultzone.model.core.resource_groups import Join, moves

JOINS: Final[dict[str, Join]] = {
    "command": moves(lambda account: account.part(AssistantState).commands),
    "activation": moves(lambda account: account.part(ManagedState).activations),
    "managedinstance": moves(lambda account: account.part(ManagedState).instances),
}
