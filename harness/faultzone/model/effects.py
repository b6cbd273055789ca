"""What passes between the model and the substrate: effects out, reports in. Each carries the epoch of its instance."""

from __future__ import annotations

from typing import NamedTuple


class Boot(NamedTuple):
    """Power an instance on, on a host, and run its start-up program."""

    instance: str
    epoch: int
    host: int
    user_data: str | None


class Halt(NamedTuple):
    """Shut an instance down; `force` cuts its power."""

    instance: str
    epoch: int
    host: int
    force: bool


class Move(NamedTuple):
    """Carry a running instance to another host without anything inside noticing."""

    instance: str
    epoch: int
    host: int
    to: int


class Release(NamedTuple):
    """Forget an instance and its disks."""

    instance: str
    epoch: int


class Booted(NamedTuple):
    """An instance runs."""

    instance: str
    epoch: int


class Halted(NamedTuple):
    """An instance has shut down, because it was asked to or by itself."""

    instance: str
    epoch: int


class HostLost(NamedTuple):
    """A host no longer answers; what ran on it is gone."""

    host: int
    reversible: bool


class HostBack(NamedTuple):
    """A host that was lost answers again, empty of running instances."""

    host: int


Effect = Boot | Halt | Move | Release
Report = Booted | Halted | HostLost | HostBack
