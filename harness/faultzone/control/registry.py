"""What a control verb is: a function whose keyword-only parameters are its declaration.

The names, annotations and defaults of the parameters are all that is written down: checking, the answer of the verb
`verbs`, the JSON schema and the documentation are read from them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

from faultzone.errors import UsageError

F = TypeVar("F", bound=Callable[..., dict[str, Any]])

#: A fault and a schedule as JSON has them. Each has a schema of its own, which its annotation stands for.
GivenFault: TypeAlias = Mapping[str, Any]
GivenSchedule: TypeAlias = Mapping[str, Any]

#: How an annotation is called in JSON. Annotations are text here, so that none is evaluated when a process starts.
_JSON: Final = {
    "bool": "boolean",
    "int": "integer",
    "float": "number",
    "str": "string",
    "None": "null",
    "Any": "any",
    "Mapping": "object",
    "Sequence": "array",
    "Callable": "callable, in process alone",
    "GivenFault": "fault",
    "GivenSchedule": "schedule",
}
#: Those of them that are objects.
_OBJECTS: Final = frozenset({"object", "fault", "schedule"})
#: What a type is made of: `[str, int]` in `Mapping[str, int]`.
_INNERMOST: Final = re.compile(r"\[[^\[\]]*\]")
_TYPES: Final = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}

#: Of the whole numbers that an argument may be.
_BITS: Final = 63


class Parameter(NamedTuple):
    """One parameter of a verb.

    Attributes:
        types: the JSON types that it takes, such as `("integer", "null")`.
        required: whether it must be given.
        null: whether null stands for leaving it out; where a value stands for that, null is refused.
    """

    types: tuple[str, ...]
    required: bool
    null: bool = False

    def __str__(self) -> str:
        return " or ".join(self.types) + ("" if self.required else "?")

    def takes(self, value: object) -> bool:
        """Whether a value is of its types."""
        given = json_type(value)
        if given == "object":
            return "any" in self.types or not _OBJECTS.isdisjoint(self.types)
        return "any" in self.types or given in self.types or (given == "integer" and "number" in self.types)


class Verb(NamedTuple):
    """One control verb.

    Attributes:
        name: what it is asked for by.
        function: takes the backend and the arguments, gives the answer.
        parameters: by name, read from the function.
        capability: what a backend must be able to do for it; empty for none.
        writes: whether it may change something, and so is journalled.
        takes_lock: whether it takes the lock of the backend itself.
        last: whether it may be used after real hosts failed: to see why, and to end.
        repeatable: whether it may be asked for again where its answer was lost.
    """

    name: str
    function: Callable[..., dict[str, Any]]
    parameters: Mapping[str, Parameter]
    capability: str
    writes: bool
    takes_lock: bool
    last: bool
    repeatable: bool

    @property
    def summary(self) -> str:
        """The first paragraph of the documentation."""
        return " ".join((self.function.__doc__ or "").partition("\n\n")[0].split())

    def run(self, backend: object, arguments: Mapping[str, object]) -> dict[str, Any]:
        """Check the arguments and carry it out.

        Raises:
            UsageError: an argument is missing, unknown, or of another type.
        """
        known, given, fits = self.parameters, {}, True
        for name, value in arguments.items():
            each = known.get(name)
            if each is None or value is not None or not each.null:
                given[name] = value
                fits = fits and each is not None and each.takes(value)
        if not fits or any(each.required and name not in given for name, each in known.items()):
            raise self._refusal(given)
        return self.function(backend, **given)

    def _refusal(self, given: Mapping[str, object]) -> UsageError:
        """What is wrong with these arguments."""
        known = self.parameters
        wrong = [f"unknown argument {name[:64]!r}" for name in given if name not in known]
        wrong += [f"missing argument {name!r}" for name, each in known.items() if each.required and name not in given]
        wrong += [
            f"{name!r}: expected {' or '.join(known[name].types)}, got {json_type(value)}"
            for name, value in given.items()
            if name in known and not known[name].takes(value)
        ]
        takes = ", ".join(f"{name}: {each}" for name, each in known.items()) or "nothing"
        return UsageError(f"control verb {self.name!r}: {'; '.join(wrong)}; it takes {takes}")


#: The control verbs of a module, and those of a backend, by name.
Table = dict[str, Verb]
Verbs = Mapping[str, Verb]


def verb(
    table: Table,
    capability: str = "",
    *,
    name: str = "",
    writes: bool = True,
    takes_lock: bool = False,
    last: bool = False,
    repeatable: bool | None = None,
) -> Callable[[F], F]:
    """Put a function into a table of verbs; `host_of` is asked for by `host-of`.

    Args:
        table: where a backend finds it.
        capability: what a backend must be able to do for it.
        name: where the function cannot have the verb's name.
        writes: whether it may change something, and so is journalled.
        takes_lock: whether it takes the lock of the backend itself.
        last: whether it may be used after real hosts failed.
        repeatable: whether it may be asked for again where its answer was lost; None for a verb that only reads.
    """

    def add(function: F) -> F:
        called = name or function.__name__.replace("_", "-")
        again = not writes if repeatable is None else repeatable
        table[called] = Verb(called, function, _parameters(function), capability, writes, takes_lock, last, again)
        return function

    return add


def _parameters(function: Callable[..., object]) -> dict[str, Parameter]:
    """The keyword-only parameters of a function, by name."""
    code = function.__code__
    names = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    defaults = function.__kwdefaults__ or {}
    return {name: _parameter(function.__annotations__[name], name in defaults) for name in names}


def _parameter(annotation: str, optional: bool) -> Parameter:
    plain = annotation
    while "[" in plain:
        plain = _INNERMOST.sub("", plain)
    types = [_JSON[each] for each in plain.split(" | ")]
    # None is what a function sees where an optional argument is left out.
    blank = optional and "null" in types
    return Parameter(tuple(each for each in types if not (blank and each == "null")), not optional, blank)


def json_type(value: object) -> str:
    """How JSON calls the type of a value."""
    if callable(value):
        return _JSON["Callable"]
    if isinstance(value, int) and value.bit_length() > _BITS:
        return "a number too large"
    if isinstance(value, float) and not math.isfinite(value):
        return f"{value}"
    if known := _TYPES.get(type(value)):
        return known
    sequence = isinstance(value, list | tuple | bytes)
    return "object" if isinstance(value, Mapping) else "array" if sequence else f"a {type(value).__name__}"
