"""How a target is named: by its id, or by what a test holds of it."""

from __future__ import annotations

from typing import Protocol

from faultzone.errors import UsageError


class Named(Protocol):
    """Something with an id, such as an `Instance`."""

    id: str


def id_of(target: str | Named, what: str) -> str:
    """The id of an instance or of another target that may be given by its handle.

    Raises:
        UsageError: it is neither an id nor a handle.
    """
    found = target if isinstance(target, str) else getattr(target, "id", None)
    if not isinstance(found, str):
        raise UsageError.expected(what, target, "an ID, or an object that has one, such as an Instance")
    return found
