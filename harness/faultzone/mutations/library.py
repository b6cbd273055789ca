"""Small mutations of requests, answers and refusals, to make a region that is wrong in one thing.

A *change* makes another value of a value, and leaves the one that it is given as it is. `at` leads it to a place::

    at("Instances.Instance[].Cpu", as_text())

A *mutation* is what becomes of a call then. It is given the name of the action, its parameters, and `on`, which passes
the call on; it says nothing of where that leads::

    answer("DescribeInstances", "Instances.Instance[].Cpu", as_text())
    request("RunInstances", drop("MinAmount"))

A control verb is a call like an action. Both changes and mutations show how they were written: `repr` is that call.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Collection, Mapping
from functools import reduce
from operator import getitem
from typing import Any, Final, Protocol

from faultzone.api.errors import ApiError
from faultzone.clock import read_stamp, stamp
from faultzone.mutations.described import Written, written

Parameters = Mapping[str, Any]
Answer = dict[str, Any]
Apply = Callable[[Any], Any]
Test = Callable[[Any], object]
Names = str | Collection[str]

#: In the place of the name of an action: every call.
EVERY: Final = "*"


class Next(Protocol):
    """Where a call goes on to."""

    @property
    def memory(self) -> dict[object, set[object]]:
        """What the mutations of one region remember, each under a key of its own."""
        ...

    def __call__(self, name: str, given: Parameters) -> Answer:
        """Pass the call on, as it is or changed; it may be passed on again."""
        ...

    def ask(self, action: str, given: Parameters) -> Answer:
        """What the right region answers to another call, in its first region if none is named.

        Raises:
            HarnessError: it refuses. This is a mistake of the mutation, which must not read as its deviation.
        """
        ...

    def control(self, verb: str, arguments: Parameters) -> Answer:
        """Do what only a harness may do."""
        ...


#: Makes another value of a value, which stays as it is.
Change = Written[[Any], Any]
#: What is answered to a call: takes its name, its parameters, and what passes it on. It raises ApiError to refuse.
Mutation = Written[[str, Parameters, Next], Answer]
Mutate = Callable[[str, Parameters, Next], Answer]


def _is(name: str, names: Names) -> bool:
    return names == EVERY or name == names if isinstance(names, str) else name in names


# Changes of a place, and under a condition


def changed(value: Any, changes: Collection[Apply]) -> Any:
    """The value after each of the changes, in their order."""
    for change in changes:
        value = change(value)
    return value


@written
def at(path: str, *changes: Apply) -> Apply:
    """Changes what is at a place, such as `Instances.Instance[].Cpu`: names with periods between, `[]` for every item
    of a list. Where there is no such place, nothing changes."""
    steps = re.findall(r"\[\]|[^.\[\]]+", path)

    def go(value: Any, rest: list[str]) -> Any:
        if not rest:
            return changed(value, changes)
        if rest[0] == "[]":
            return [go(each, rest[1:]) for each in value] if isinstance(value, list) else value
        if not isinstance(value, Mapping) or rest[0] not in value:
            return value
        return {**value, rest[0]: go(value[rest[0]], rest[1:])}

    return lambda value: go(value, steps)


@written
def where(test: Test, *changes: Apply) -> Apply:
    """Changes a value that passes the test."""
    return lambda value: changed(value, changes) if test(value) else value


# Changes of named fields: of parameters, of an answer, of an item


@written
def drop(*names: str) -> Apply:
    """Leaves fields out."""
    return lambda fields: {name: value for name, value in fields.items() if name not in names}


@written
def put(**values: object) -> Apply:
    """Gives fields these values, whether they are there or not."""
    return lambda fields: {**fields, **values}


@written
def default(**values: object) -> Apply:
    """Gives fields these values where they are not there."""
    return lambda fields: {**values, **fields}


@written
def copy(source: str, to: str) -> Apply:
    """Gives a field the value of a sibling."""
    return lambda fields: {**fields, to: fields[source]} if source in fields else fields


@written
def counted(name: str, path: str) -> Apply:
    """Gives a field the number of the items that the list at a place has."""
    return lambda fields: {**fields, name: len(reduce(getitem, path.split("."), fields))}


# Changes of one value


@written
def becomes(other: object) -> Apply:
    """Another value, whatever it was."""
    return lambda value: other


@written
def emptied() -> Apply:
    """The empty value of the same type: no text, no items, zero, false."""
    return lambda value: type(value)()


@written
def as_text() -> Apply:
    """The value as a text, where the type is another."""
    return str


@written
def in_ascii() -> Apply:
    """A text with question marks for what is not ASCII, as what keeps text in a narrow encoding makes of it."""
    return lambda text: text.encode("ascii", "replace").decode()


@written
def read_as(others: Mapping[Any, object]) -> Apply:
    """Other values for some; the rest stay."""
    return lambda value: others.get(value, value)


@written
def replaced(old: str, new: str) -> Apply:
    """A text with other words for some."""
    return lambda text: text.replace(old, new)


@written
def decoded(change: Callable[[bytes], bytes]) -> Apply:
    """Changes what a text in Base64 stands for."""
    return lambda text: base64.b64encode(change(base64.b64decode(text))).decode()


@written
def shifted(milliseconds: int) -> Apply:
    """A time of the wire, later by so much; an empty one stays."""
    return lambda text: stamp(read_stamp(text) + milliseconds) if text else text


@written
def to_the_minute() -> Apply:
    """A time of the wire with no seconds."""
    return lambda text: f"{text[:16]}Z" if text else text


# Changes of a list


@written
def repeated(test: Test = bool) -> Apply:
    """The items that pass the test come again at the end."""
    return lambda items: [*items, *(each for each in items if test(each))]


@written
def backwards() -> Apply:
    """The items in reverse order."""
    return lambda items: items[::-1]


@written
def without(test: Test) -> Apply:
    """The items that do not pass the test."""
    return lambda items: [each for each in items if not test(each)]


# Mutations of a request


@written
def request(names: Names, *changes: Apply) -> Mutate:
    """Changes the parameters of these actions."""
    return lambda name, given, on: on(name, changed(dict(given), changes) if _is(name, names) else given)


@written
def instead(names: Names, other: str, *changes: Apply, when: Test = lambda given: True) -> Mutate:
    """Calls another action in the place of these, where the parameters pass the test."""

    def mutate(name: str, given: Parameters, on: Next) -> Answer:
        is_meant = _is(name, names) and when(given)
        return on(other, changed(dict(given), changes)) if is_meant else on(name, given)

    return mutate


@written
def accept(names: Names) -> Mutate:
    """Answers these actions with success, and does nothing."""
    return lambda name, given, on: {"RequestId": ""} if _is(name, names) else on(name, given)


@written
def refuse(names: Names, code: str, when: Test = lambda given: True) -> Mutate:
    """Refuses these actions where the parameters pass the test."""

    def mutate(name: str, given: Parameters, on: Next) -> Answer:
        if _is(name, names) and when(given):
            raise ApiError(code)
        return on(name, given)

    return mutate


# Mutations of an answer


@written
def answer(names: Names, path: str, *changes: Apply, when: Test = lambda given: True) -> Mutate:
    """Changes what is at a place of the answers of these actions, where the parameters pass the test.

    An empty path is the whole answer.
    """
    change = at(path, *changes)

    def mutate(name: str, given: Parameters, on: Next) -> Answer:
        right = on(name, given)
        wrong: Answer = change(right) if _is(name, names) and when(given) else right
        return wrong

    return mutate


@written
def after(names: Names, do: Callable[[Next, Parameters, Answer], object]) -> Mutate:
    """Does something more once one of these actions was answered; `do` is given where calls go, parameters, answer."""

    def mutate(name: str, given: Parameters, on: Next) -> Answer:
        right = on(name, given)
        if _is(name, names):
            do(on, given, right)
        return right

    return mutate


@written
def before(names: Names, do: Callable[[Next, Parameters], object]) -> Mutate:
    """Does something before one of these actions is passed on; `do` is given where calls go, and the parameters."""

    def mutate(name: str, given: Parameters, on: Next) -> Answer:
        if _is(name, names):
            do(on, given)
        return on(name, given)

    return mutate


@written
def once_called(
    trigger: str, parameter: str, names: Names, path: str, *changes: Apply, field: str = "InstanceId"
) -> Mutate:
    """Changes items of answers from a call that named them on.

    Args:
        trigger: the call.
        parameter: what names the item in it.
        names: the actions whose answers are changed.
        path: the place of the items in them.
        changes: what is done to an item.
        field: what names the item in the answers.
    """

    def mutate(name: str, given: Parameters, on: Next) -> Answer:
        right = on(name, given)
        called = on.memory.setdefault((trigger, parameter), set())
        if name == trigger:
            called.add(given[parameter])
        wrong: Answer = at(path, where(lambda item: item[field] in called, *changes))(right)
        return wrong if _is(name, names) else right

    return mutate


# Mutations of a refusal


def _refusals(names: Names, codes: Collection[str], do: Callable[[ApiError, str, Parameters, Next], Answer]) -> Mutate:
    def mutate(name: str, given: Parameters, on: Next) -> Answer:
        try:
            return on(name, given)
        except ApiError as right:
            if not _is(name, names) or (codes and right.code not in codes):
                raise
            return do(right, name, given, on)

    return mutate


@written
def swallow(names: Names, *codes: str) -> Mutate:
    """Answers success where these actions are refused with one of the codes, or with any if there are none."""
    return _refusals(names, codes, lambda right, name, given, on: {"RequestId": right.request_id or ""})


@written
def retry(names: Names, code: str, *changes: Apply) -> Mutate:
    """Tries again with changed parameters where these actions are refused with the code, or with any if it is empty."""
    codes = (code,) if code else ()
    return _refusals(names, codes, lambda right, name, given, on: on(name, changed(dict(given), changes)))


@written
def refused_as(
    names: Names,
    code: str = "",
    other: str = "",
    *,
    message: str | None = None,
    status: int | None = None,
    has_id: bool = True,
    only: Test = lambda right: True,
    when: Test = lambda given: True,
) -> Mutate:
    """Refuses otherwise what these actions are refused with the code for, or with any if it is empty.

    Args:
        names: the actions.
        code: of the right refusal.
        other: the code in its place, with its own message and status; the same if empty.
        message: another message.
        status: another HTTP status.
        has_id: whether the refusal has the id of the request.
        only: the test of the right refusal.
        when: the test of the parameters.
    """

    def do(right: ApiError, name: str, given: Parameters, on: Next) -> Answer:
        if not (only(right) and when(given)):
            raise right
        base = ApiError(other) if other else right
        wrong = ApiError(
            base.code, base.message if message is None else message, base.status if status is None else status
        )
        wrong.request_id = right.request_id if has_id else None
        raise wrong from None

    return _refusals(names, (code,) if code else (), do)


@written
def after_refusal(names: Names, code: str, do: Callable[[Next, Parameters], object]) -> Mutate:
    """Does something more where one of these actions is refused with the code, and refuses it as it should."""

    def act(right: ApiError, name: str, given: Parameters, on: Next) -> Answer:
        do(on, given)
        raise right

    return _refusals(names, (code,), act)
