"""What a fault is: a value that says what to break. What breaks it, and mends it, is in the room `control`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar, Final

from faultzone.clock import Duration, milliseconds
from faultzone.errors import UsageError
from faultzone.faults.house import HOUSE
from faultzone.faults.targets import id_of

#: What a field of each annotation takes, and how that is called in JSON. A boolean is no number.
_TYPES: Final[Mapping[str, tuple[tuple[type, ...], str]]] = {
    "str": ((str,), "string"),
    "bool": ((bool,), "boolean"),
    "int": ((int,), "integer"),
    "float": ((int, float), "number"),
    "Decimal": ((Decimal,), "string"),
    "Duration": ((int, float, str, timedelta), "string or number"),
    "None": ((type(None),), "null"),
}
#: What an example says where a target is meant, and what the fields of that name take by themselves.
_TARGETS: Final = {"host": "hosts", "peer": "hosts", "zone": "zones", "instance": "instances"}

#: Every kind of fault that this process has loaded, by name: also those of a test's own.
KINDS: Final[dict[str, type[Fault]]] = {}


class Fault:
    """Something to break: a frozen dataclass, whose fields are its targets and how they break.

    Attributes:
        capability: what the backend must allow.
        ends: what its undo does, for the catalogue.
        compensation: what makes it good, where that is no undo; None where it is.
        never_ends: why it cannot be undone, whatever its fields say; None for one that can.
        undo_within: how long its undo may take until its targets are as promised, in region time. What the region
            itself keeps is so at once.
        is_seen: whether the end of it can be seen.
        in_the_way: whether the undo of other faults may fail while it is in force, so that it ends first.
        examples: by field, what is drawn for it: some values, or `hosts`, `zones`, `instances`, `subscriptions`.
            Fields named for a target are drawn from these by themselves, all others are left out.
    """

    capability: ClassVar[str]
    ends: ClassVar[str] = ""
    compensation: ClassVar[str | None] = None
    never_ends: ClassVar[str | None] = None
    undo_within: ClassVar[Duration] = 0
    is_seen: ClassVar[bool] = True
    in_the_way: ClassVar[bool] = False
    examples: ClassVar[Mapping[str, str | tuple[object, ...]]] = {}

    def __init_subclass__(cls) -> None:
        KINDS[cls.__name__] = cls

    def __post_init__(self) -> None:
        """Take the id of a target that is given by its handle, and look at the types of all values.

        Raises:
            UsageError: a value is of another type; the text says what to write.
        """
        if getattr(self, "instance", None) is not None:
            object.__setattr__(self, "instance", id_of(self.instance, "instance"))  # type: ignore[attr-defined]
        for name, types in _declared(type(self)).items():
            value = getattr(self, name)
            taken = tuple(each for kind in types for each in _TYPES[kind][0])
            if (isinstance(value, bool) and bool not in taken) or not isinstance(value, taken):
                if name in ("host", "peer"):
                    raise UsageError.expected(name, value, "the ID of a host; instance.host is None without a host")
                raise UsageError.expected(name, value, " or ".join(_in_json(types)))
            if "Duration" in types and value is not None:
                milliseconds(getattr(self, name))

    @property
    def why_no_undo(self) -> str | None:
        """Why it cannot be undone; None for a fault that can."""
        return self.never_ends

    def told(self) -> dict[str, Any]:
        """The fault as JSON carries it: `{"fault": "HostCrash", "host": …}`, without what is None."""
        given = {name: getattr(self, name) for name in _declared(type(self))}
        return {"fault": type(self).__name__} | {
            name: _plain(value) for name, value in given.items() if value is not None
        }


def _plain(value: object) -> object:
    if isinstance(value, timedelta):
        return f"{milliseconds(value)}ms"
    return value if isinstance(value, str | int | float) else str(value)


def _declared(kind: type[Fault]) -> dict[str, list[str]]:
    """The fields of a kind of fault, with the names of the types that each takes."""
    return {each.name: str(each.type).split(" | ") for each in fields(kind)}  # type: ignore[arg-type]


def _in_json(types: list[str]) -> list[str]:
    return list(dict.fromkeys(_TYPES[each][1] for each in types if each != "None"))


def read(given: Mapping[str, object]) -> Fault:
    """The fault that JSON describes; a field that is null is left out.

    Raises:
        UsageError: there is no such fault, it has no such field, or a value is none that the fault takes.
    """
    name = given.get("fault")
    kind = (HOUSE.get(name) or KINDS.get(name)) if isinstance(name, str) else None
    if kind is None:
        known = dict.fromkeys([*HOUSE, *KINDS])
        raise UsageError.unknown("fault", name, known, see='write a fault such as {"fault": "HostCrash", "host": …}')
    values = {key: value for key, value in given.items() if key != "fault" and value is not None}
    known = {each.name: each for each in fields(kind)}  # type: ignore[arg-type]
    wrong = [f"unknown field {key[:64]!r}" for key in values if key not in known]
    wrong += [f"missing field {key!r}" for key in required(kind) if key not in values]
    if wrong:
        takes = ", ".join(f"{key}: {said}" for key, said in parameters(kind).items())
        raise UsageError(f"{name}: {'; '.join(wrong)}; it takes {takes}")
    return kind(**values)


def required(kind: type[Fault]) -> list[str]:
    """The fields that must be given."""
    return [name for name, said in parameters(kind).items() if not said.endswith("?")]


def parameters(kind: type[Fault]) -> dict[str, str]:
    """The fields of a kind of fault with the JSON type of each; `?` at its end where it may be left out."""
    given = {each.name for each in fields(kind) if each.default is MISSING}  # type: ignore[arg-type]
    return {
        name: " or ".join(_in_json(types)) + ("" if name in given else "?") for name, types in _declared(kind).items()
    }


def drawn(kind: type[Fault]) -> dict[str, str | tuple[object, ...]]:
    """What is drawn for the fields of a kind of fault: values, or what stands for targets; see `Fault.examples`."""
    asked = required(kind)
    by_name = {name: _TARGETS[name] for name in asked if name in _TARGETS}
    return {**by_name, **kind.examples}
