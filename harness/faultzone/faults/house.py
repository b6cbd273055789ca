"""The faults that the house has, by name, and the fault that JSON describes."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Final

from faultzone.errors import UsageError
from faultzone.loading import Searched

if TYPE_CHECKING:
    from faultzone.faults.fault import Fault

#: The files of faults, in the order of docs/chaos.md.
_FILES: Final = "api gray billing containers guests hosts provider time"


def _faults_of(module: ModuleType) -> dict[str, type[Fault]]:
    """The faults that a module defines."""
    from faultzone.faults.fault import Fault

    return {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, Fault) and value.__module__ == module.__name__
    }


#: They are loaded when one is first asked for.
HOUSE: Final[Searched[type[Fault]]] = Searched([f"faultzone.faults.{each}" for each in _FILES.split()], _faults_of)


def read(given: Mapping[str, object]) -> Fault:
    """The fault that JSON describes. Null is None, for a field that takes it; it does not stand for a default.

    Raises:
        UsageError: there is no such fault, it has no such field, or a value is none that the fault takes.
    """
    from faultzone.faults.fault import KINDS, parameters, required

    name = given.get("fault")
    kind = (HOUSE.get(name) or KINDS.get(name)) if isinstance(name, str) else None
    if kind is None:
        known = dict.fromkeys([*HOUSE, *KINDS])
        raise UsageError.unknown("fault", name, known, see='write a fault such as {"fault": "HostCrash", "host": …}')
    values = {key: value for key, value in given.items() if key != "fault"}
    fields = parameters(kind)
    wrong = [f"unknown field {str(key)[:64]!r}" for key in values if key not in fields]
    wrong += [f"missing field {key!r}" for key in required(kind) if key not in values]
    if wrong:
        takes = ", ".join(f"{key}: {said}" for key, said in fields.items())
        raise UsageError(f"{name}: {'; '.join(wrong)}; it takes {takes}")
    return kind(**values)
