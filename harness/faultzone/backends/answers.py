"""An answer as a test of clauses reads it: what it lacks, or has in another shape than is documented, is the fault of
the region and not of the harness."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, SupportsIndex

from faultzone.clock import read_stamp
from faultzone.errors import HarnessError, IncompleteAnswer, UsageError
from faultzone.journal.redaction import recorded

#: The holder of the fields of a whole answer.
_WHOLE: Final = "answer"
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)


def _is_time(value: object) -> bool:
    try:
        return isinstance(value, str) and (not value or read_stamp(value) >= 0)
    except ValueError:
        return False


def _is_date(value: object) -> bool:
    return _is_time(value) or (isinstance(value, str) and _DATE.fullmatch(value) is not None)


def _is_list_of(kind: type) -> Callable[[object], bool]:
    return lambda value: isinstance(value, list) and all(isinstance(each, kind) for each in value)


#: The kinds of fields, as `api/ecs/answers.toml` names them: what each is, for a message, and whether a value is one.
_KINDS: Final[Mapping[str, tuple[str, Callable[[object], bool]]]] = {
    "text": ("text", lambda value: isinstance(value, str)),
    "time": ("a time such as 2019-03-01T00:00:00Z", _is_time),
    "date": ("a time such as 2019-03-01 00:00:00", _is_date),
    "number": ("a number", lambda value: isinstance(value, int | float) and not isinstance(value, bool)),
    "truth": ("true or false", lambda value: isinstance(value, bool)),
    "object": ("an object", lambda value: isinstance(value, dict)),
    "objects": ("a list of objects", _is_list_of(dict)),
    "texts": ("a list of texts", _is_list_of(str)),
    "list": ("a list", _is_list_of(object)),
}


@cache
def fields() -> Mapping[str, Mapping[str, str]]:
    """The kind of each field that answers are documented to have: by the field that holds it, and by its name."""
    # Here, since no region outside tests of clauses needs them.
    import tomllib
    from importlib import resources

    read = tomllib.loads(resources.files("faultzone.api.ecs").joinpath("answers.toml").read_text("utf-8"))
    return {
        holder: {name: kind for kind, names in kinds.items() for name in names.split()}
        for holder, kinds in read.items()
    }


def is_of(kind: str, value: object) -> bool:
    """Whether a value is of a kind of `fields`."""
    return _KINDS[kind][1](value)


def documented(answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer whose fields, read by name, are there in their shape or raise `IncompleteAnswer`.

    A null is as good as nothing, and so is what is of another kind than is documented.
    """
    return answer if isinstance(answer, _Object) else _Object(answer, _WHOLE)


class _Object(dict[str, Any]):
    """What has fields, held by a field of an answer."""

    __slots__ = ("_misshapen",)

    def __init__(self, shown: Mapping[str, Any], holder: str) -> None:
        super().__init__()
        self._misshapen: dict[str, str] = {}
        kinds = fields().get(holder, {})
        for name, value in shown.items():
            kind = kinds.get(name)
            if value is None:
                self._misshapen[name] = "null"
            elif kind is not None and not _KINDS[kind][1](value):
                self._misshapen[name] = f"{value!r:.80}, where {_KINDS[kind][0]} is documented"
            elif isinstance(value, Mapping):
                self[name] = _Object(value, name)
            elif isinstance(value, list):
                self[name] = _List(_Object(each, name) if isinstance(each, dict) else each for each in value)
            else:
                self[name] = value

    def __missing__(self, field: object) -> Any:
        if field in self._misshapen:
            raise IncompleteAnswer(f"{field!r} in the answer is {self._misshapen[str(field)]}")
        raise IncompleteAnswer(f"there is no {field!r} in the answer, where it has {sorted(self)}")


class _List(list[Any]):
    """What has items."""

    def __getitem__(self, place: SupportsIndex | slice) -> Any:
        try:
            return super().__getitem__(place)
        except IndexError:
            raise IncompleteAnswer(f"there is no item {place} in the answer, where it has {len(self)}") from None


class _ControlAnswer(dict[str, Any]):
    """What the answer to a control verb has."""

    __slots__ = ("_verb",)

    def __init__(self, verb: str, answer: Mapping[str, Any]) -> None:
        super().__init__({name: _control_value(verb, value) for name, value in answer.items()})
        self._verb = verb

    def __missing__(self, field: object) -> Any:
        raise HarnessError(f"the answer to the control verb {self._verb!r} has no {field!r}; it has {sorted(self)}")


def _control_value(verb: str, value: Any) -> Any:
    if isinstance(value, dict):
        return _ControlAnswer(verb, value)
    return [_control_value(verb, each) for each in value] if isinstance(value, list) else value


def from_control(verb: str, answer: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a control verb: reading a field that it lacks raises `HarnessError`, since the fault is
    of the harness and no verdict on the region."""
    return answer if isinstance(answer, _ControlAnswer) else _ControlAnswer(verb, answer)


def kept(answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer as it may be written down."""
    try:
        return recorded(answer, "the answer")
    except UsageError as odd:  # What somebody else's region answers is for the tests to judge.
        return {"not_kept": str(odd)}
