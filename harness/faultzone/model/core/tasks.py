"""Tasks: what goes on after the call that began it was answered, and how it ended.

Source: API reference of October 2026, DescribeTasks (recovery/task). The chapter of an action begins and ends its
tasks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from faultzone.model.core.state import AccountState, RegionState

PROCESSING: Final = "Processing"
FINISHED: Final = "Finished"
FAILED: Final = "Failed"


class Task:
    """One task. Times are in milliseconds since the epoch.

    Attributes:
        action: the action that began it.
        resource: the id of what it works on, and `kind`, the name of the parameter that names such things.
        finished: when it ended; None while it is Processing.
    """

    __slots__ = ("action", "created", "finished", "id", "kind", "resource", "status")

    def __init__(self, id: str, action: str, kind: str, resource: str, created: int) -> None:
        self.id, self.action, self.kind, self.resource, self.created = id, action, kind, resource, created
        self.status = PROCESSING
        self.finished: int | None = None


class Tasks(dict[str, Task]):
    """The tasks of an account in a region by id, oldest first."""


def begin(region: RegionState, account: AccountState, action: str, kind: str, resource: str) -> Task:
    """Begin a task of an action on a resource, which is Processing until `end`."""
    task = Task(region.world.resource_id("t"), action, kind, resource, region.clock.now)
    account.part(Tasks)[task.id] = task
    region.record("notice", what="task", task=task.id, action=action, resource=resource, status=PROCESSING)
    return task


def end(region: RegionState, task: Task, status: str) -> None:
    """End a task as Finished or Failed."""
    task.status, task.finished = status, region.clock.now
    region.record("notice", what="task", task=task.id, action=task.action, resource=task.resource, status=status)
