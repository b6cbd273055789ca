"""What a fault is: a value that says what to break. What breaks it, and mends it, is in the room `control`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar, Final

from faultzone.clock import Duration, milliseconds
from faultzone.errors import UsageError
from faultzone.faults.targets import FIELDS, descriptions, see_target, target_of

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
#: A line of the documentation that begins to say what a field is, as the house writes it.
_FIELD: Final = re.compile(r" {4,8}(\w+): (.*)")
#: What an example says where a target is meant, and what the fields of that name take by themselves.
_TARGETS: Final = {
    "host": "hosts",
    "peer": "hosts",
    "rack": "racks",
    "switch": "switches",
    "zone": "zones",
    "instance": "instances",
}

#: That no documentation allows a client to meet it.
BEYOND: Final = ""

#: Every kind of fault that this process has loaded, by name: also those of a test's own.
KINDS: Final[dict[str, type[Fault]]] = {}


class Fault:
    """Something to break: a frozen dataclass, whose fields are its targets and how they break.

    Attributes:
        capability: what the backend must allow.
        ends: what its undo does, for the catalogue.
        never_ends: why it cannot be undone, whatever its fields say; None for one that can.
        undo_within: how long its undo may take until its targets are as promised, in region time. What the region
            itself keeps is so at once.
        is_seen: whether the end of it can be seen.
        alone: whether a second one of its kind on the same target is refused, or changes nothing, while it is in force.
        alone_for: of one that is alone and never ends, for how long from its beginning.
        excluded_by: the names of the kinds that exclude it: while one of them is in force on its host, or on the zone,
            rack or switch of its host, it is refused.
        excluded_once_missed: the names of those that exclude it as soon as their host is missed.
        documented: for each way in which it breaks, where the documentation allows a client to meet that; `BEYOND`
            where it does not. Empty where nobody says.
        examples: by field, what is drawn for it: some values, or `hosts`, `racks`, `switches`, `zones`, `instances`,
            `subscriptions`, `spots`.
            Fields named for a target are drawn from these by themselves, all others are left out.
        choices: by field, the values that it may have, where these are few.
    """

    capability: ClassVar[str]
    ends: ClassVar[str] = ""
    never_ends: ClassVar[str | None] = None
    undo_within: ClassVar[Duration] = 0
    is_seen: ClassVar[bool] = True
    alone: ClassVar[bool] = False
    alone_for: ClassVar[Duration] = 0
    excluded_by: ClassVar[tuple[str, ...]] = ()
    excluded_once_missed: ClassVar[tuple[str, ...]] = ()
    documented: ClassVar[Mapping[str, str]] = {}
    examples: ClassVar[Mapping[str, str | tuple[object, ...]]] = {}
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    def __init_subclass__(cls, *, base: bool = False) -> None:
        """Let a kind of fault be known by its name, unless it is what several kinds have in common."""
        cls.__repr__ = _as_code  # type: ignore[assignment]  # Else a dataclass makes one.
        if not base:
            KINDS[cls.__name__] = cls

    def __post_init__(self) -> None:
        """Take the id of a target that is given by its handle, and look at the types and descriptions of all values.

        Raises:
            UsageError: a value is of another type; the text says what to write.
        """
        declared = _declared(type(self))
        for name in FIELDS.keys() & declared.keys():
            object.__setattr__(self, name, target_of(name, getattr(self, name)))
        for name, types in declared.items():
            value = getattr(self, name)
            taken = tuple(each for kind in types for each in _TYPES[kind][0])
            if (isinstance(value, bool) and bool not in taken) or not isinstance(value, taken):
                if name in ("host", "peer"):
                    raise UsageError.expected(name, value, "the ID of a host; instance.host is None without a host")
                raise UsageError.expected(name, value, " or ".join(_in_json(types)))
            if "Duration" in types and value is not None:
                milliseconds(getattr(self, name))
            if name in FIELDS and isinstance(value, str):
                see_target(name, value)
        for name, allowed in self.choices.items():
            if getattr(self, name) not in allowed:
                raise UsageError.expected_one_of(name, getattr(self, name), allowed)

    @property
    def why_no_undo(self) -> str | None:
        """Why it cannot be undone; None for a fault that can."""
        return self.never_ends

    def see_end(self) -> None:
        """See that it can end by itself.

        Raises:
            UsageError: it cannot be undone.
        """
        if self.why_no_undo is not None:
            raise UsageError(f"{self!r} does not end: {self.why_no_undo}; leave out its end")

    def lengths(self) -> dict[str, int]:
        """The lengths of time that it has, by field, in milliseconds."""
        given = {name: getattr(self, name) for name, types in _declared(type(self)).items() if "Duration" in types}
        return {name: milliseconds(value) for name, value in given.items() if value is not None}

    def told(self) -> dict[str, Any]:
        """The fault as JSON carries it: `{"fault": "HostCrash", "host": …}`, without what is None."""
        given = {name: getattr(self, name) for name in _declared(type(self))}
        return {"fault": type(self).__name__} | {
            name: _plain(value) for name, value in given.items() if value is not None
        }


def _as_code(fault: Fault) -> str:
    """A fault as code that makes it, without what is None."""
    given = {name: getattr(fault, name) for name in _declared(type(fault))}
    said = ", ".join(f"{name}={value!r}" for name, value in given.items() if value is not None)
    return f"{type(fault).__name__}({said})"


def _plain(value: object) -> object:
    if isinstance(value, timedelta):
        return f"{milliseconds(value)}ms"
    return value if isinstance(value, str | int | float) else str(value)


def _declared(kind: type[Fault]) -> dict[str, list[str]]:
    """The fields of a kind of fault, with the names of the types that each takes."""
    return {each.name: str(each.type).split(" | ") for each in fields(kind)}  # type: ignore[arg-type]


def _in_json(types: list[str]) -> list[str]:
    return list(dict.fromkeys(_TYPES[each][1] for each in types if each != "None"))


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


def schema(kind: type[Fault]) -> dict[str, object]:
    """The JSON schema of a kind of fault."""
    said = _said_of_fields(kind)
    return {
        "type": "object",
        "description": " ".join((kind.__doc__ or "").partition("\n\n")[0].split()),
        "x-capability": kind.capability,
        "properties": {
            "fault": {"const": kind.__name__},
            **{each.name: _field_schema(kind, each, said) for each in fields(kind)},  # type: ignore[arg-type]
        },
        "required": ["fault", *required(kind)],
        "additionalProperties": False,
    }


def _field_schema(kind: type[Fault], field: Field[Any], said: Mapping[str, str]) -> dict[str, object]:
    """The schema of one field: its types, what it is, and what it is when left out."""
    types = parameters(kind)[field.name].removesuffix("?").split(" or ")
    told: dict[str, object] = {"type": types}
    if field.name in said:
        told["description"] = said[field.name]
    if field.name in kind.choices:
        allowed = kind.choices[field.name]
        told["enum"] = list(allowed)
        missing = [f"`{each}`" for each in allowed if f"`{each}`" not in str(told.get("description"))]
        if missing:
            told["description"] = f"{told.get('description')} {', '.join(missing)}"
    if field.name in FIELDS:
        told |= {"x-target": FIELDS[field.name], "examples": descriptions(FIELDS[field.name])}
    if field.default is not MISSING and field.default is not None:
        told["default"] = _plain(field.default)
    return told


def _said_of_fields(kind: type[Fault]) -> dict[str, str]:
    """What the documentation of a kind of fault says of its fields, and of those that several kinds have in common."""
    found: dict[str, str] = {}
    name = ""
    bases = reversed([each for each in kind.__mro__ if issubclass(each, Fault)])
    for line in (line for each in bases for line in (each.__doc__ or "").partition("Args:\n")[2].splitlines()):
        first = _FIELD.fullmatch(line)
        if first:
            name = first[1]
            found[name] = first[2]
        elif name and line.strip():
            found[name] += f" {line.strip()}"
    return found
