"""The verbs of what is to come: a verb that the region's own clock asks for, once time has passed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from faultzone.control.registry import Table, verb
from faultzone.errors import FaultzoneError, UsageError

if TYPE_CHECKING:
    from faultzone.clock import Timer
    from faultzone.control.local import Local

VERBS: Table = {}


@dataclass
class Planned:
    """A verb that is to come, or has come.

    Attributes:
        timer: what brings it about.
        answer: what it answered.
        error: why it could not be carried out.
        told: whether an advance of time has raised that.
    """

    timer: Timer | None = None
    answer: Mapping[str, Any] | None = None
    error: FaultzoneError | None = None
    told: bool = False


@verb(VERBS, "move-time", name="later")
def plan(
    backend: Local, *, after: int, verb: str, arguments: Mapping[str, Any], says: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Ask for another verb once `after` milliseconds of region time have passed, and before more pass.

    `says` is what the journal shall say of it as a fault. An advance of time that meets what cannot be carried out is
    refused.
    """
    if after < 0:
        raise UsageError(f"after={after!r}: write a whole number of milliseconds, 0 or more")
    planned = Planned()

    def come() -> None:
        if says is not None:
            backend.note("owed", says)
        try:
            planned.answer = backend.control(verb, arguments)
        except FaultzoneError as error:
            planned.error = error
            backend.failed.append(planned)
            if says is not None:
                backend.note("undo", {**says, "not_injected": str(error)})
        else:
            if says is not None:
                backend.note("fault", says)

    planned.timer = backend.plan(after, come)
    backend.planned.append(planned)
    return {"id": len(backend.planned)}


def _find(backend: Local, number: int) -> Planned:
    if not 1 <= number <= len(backend.planned):
        raise UsageError(f"id={number!r}: nothing of this number is to come")
    return backend.planned[number - 1]


@verb(VERBS, "move-time")
def call_off(backend: Local, *, id: int) -> dict[str, Any]:
    """Call off what is to come; does nothing where it has come."""
    timer = _find(backend, id).timer
    if timer is not None:
        timer.cancel()
    return {}


@verb(VERBS, "move-time", writes=False)
def came(backend: Local, *, id: int) -> dict[str, Any]:
    """Tell what became of a verb that was asked for later: its answer, or why it could not be carried out."""
    planned = _find(backend, id)
    return {
        "came": planned.answer is not None,
        "answer": planned.answer,
        "error": None if planned.error is None else str(planned.error),
        "told": planned.told,
    }
