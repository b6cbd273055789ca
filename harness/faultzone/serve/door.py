"""What the wire needs of a backend."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from faultzone.api.ecs import ECS


class Door(Protocol):
    """The ways into a backend. All may be called from any thread."""

    def call(
        self, action: str, parameters: Mapping[str, object], *, product: str = ECS, account: str | None = None
    ) -> dict[str, object]:
        """Answer one call of the public API, or raise `ApiError`.

        It runs on the thread that serves every endpoint of the process, so it must not wait.

        Args:
            action: the name of the action.
            parameters: the flat text of the wire, without what only the wire needs.
            product: whose action it is.
            account: the account that signed the call.
        """

    def delay_of(self, action: str) -> float:
        """The seconds to sleep before the call of an action is handed on: 0.0 unless a fault delays it."""

    def note(self, kind: str, data: Mapping[str, object]) -> None:
        """Put what happened at the edge into the journal: a request that was refused before it became a call."""

    def control(self, verb: str, arguments: Mapping[str, object]) -> dict[str, object]:
        """Do what only a harness may do. It runs on a thread of its own and may take its time."""
