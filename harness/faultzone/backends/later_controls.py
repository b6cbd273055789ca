"""The control verbs of what is to come: a verb that the region's own clock asks for, once time has passed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from faultzone.backends.controls import Arguments, verb
from faultzone.errors import FaultzoneError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from faultzone.backends.local import LocalBackend
    from faultzone.clock import Timer


@dataclass
class Later:
    """A verb that is to come, or has come.

    Attributes:
        answer: what it answered.
        trouble: why it could not be carried out.
        told: whether an advance of time has raised that.
    """

    timer: Timer | None = None
    answer: Mapping[str, Any] | None = None
    trouble: FaultzoneError | None = None
    told: bool = False


@verb("later", "move-time", after="integer", verb="string", arguments="object", says="object?")
def later(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Ask for another verb once `after` milliseconds of region time have passed, and before more pass.

    `says` is what the journal shall say of it as a fault. An advance of time that meets what cannot be carried out is
    refused.
    """
    after, name, arguments, says = given["after"], given["verb"], given["arguments"], given.get("says")
    if after < 0:
        raise UsageError(f"after={after!r}: write a whole number of milliseconds, 0 or more")
    if not isinstance(name, str) or not isinstance(arguments, dict):
        raise UsageError(f"later takes a control verb and its arguments, not {name!r} and {arguments!r}")
    coming = Later()

    def come() -> None:
        if says is not None:
            backend.note("owed", says)
        try:
            coming.answer = backend.control(name, arguments)
        except FaultzoneError as trouble:
            coming.trouble = trouble
            backend.late.append(coming)
            if says is not None:
                backend.note("undo", {**says, "not_injected": str(trouble)})
        else:
            if says is not None:
                backend.note("fault", says)

    coming.timer = backend.plan(after, come)
    backend.coming.append(coming)
    return {"id": len(backend.coming)}


def _coming(backend: LocalBackend, given: Arguments) -> Later:
    number: int = given["id"]
    if not 1 <= number <= len(backend.coming):
        raise UsageError(f"id={number!r}: nothing of this number is to come")
    return backend.coming[number - 1]


@verb("call-off", "move-time", id="integer")
def call_off(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Call off what is to come; does nothing where it has come."""
    timer = _coming(backend, given).timer
    if timer is not None:
        timer.cancel()
    return {}


@verb("came", "move-time", writes=False, id="integer")
def came(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Tell what became of a verb that was asked for later: its answer, or why it could not be carried out."""
    coming = _coming(backend, given)
    return {
        "came": coming.answer is not None,
        "answer": coming.answer,
        "trouble": None if coming.trouble is None else str(coming.trouble),
        "told": coming.told,
    }
