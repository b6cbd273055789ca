"""The shortest example on which a `@given` test fails, written as a test of its own.

The body of such a test is recorded while Hypothesis calls it. The last example on which it fails is the shortest that
Hypothesis found; where every value can be written down, the report of the failure has a function that runs it again.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from textwrap import indent
from typing import Any

import pytest

from pytest_faultzone import marks

#: What the last failing example of a test was given, by the name of the argument.
FAILED: pytest.StashKey[dict[str, object]] = pytest.StashKey()
#: The markers of a test that decide what it runs with, besides that of its regions.
_CARRIED = frozenset({"usefixtures", "asyncio", "anyio", "trio"})


class Drawn:
    """Stands in for `data` of a test that draws while it runs: gives the same values again.

    Args:
        values: in the order in which they were drawn.
    """

    def __init__(self, *values: object) -> None:
        self.values, self._left = values, iter(values)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Drawn) and other.values == self.values

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Drawn({', '.join(map(repr, self.values))})"

    def draw(self, strategy: object, label: object = None) -> object:
        """The next value, whatever the strategy.

        Raises:
            AssertionError: the test draws more than it did when it failed.
        """
        for value in self._left:
            return value
        raise AssertionError("the test draws more than it did when it failed: it has changed since")


def record(item: pytest.Item) -> Callable[[], None]:
    """Keep what each failing example of a test is given from now on; returns what ends that.

    Hypothesis calls whatever is the `inner_test` of a test, so that runners can wrap it.
    """
    handle = getattr(getattr(item, "obj", None), "hypothesis", None)
    inner = getattr(handle, "inner_test", None)
    if handle is None or inner is None:
        return lambda: None

    @functools.wraps(inner)
    def recorded(*arguments: Any, **given: Any) -> object:
        __tracebackhide__ = True
        with _keeping(item, given):
            return inner(*arguments, **given)

    @functools.wraps(inner)
    async def awaited(*arguments: Any, **given: Any) -> object:
        __tracebackhide__ = True
        with _keeping(item, given):
            return await inner(*arguments, **given)

    # What runs a coroutine looks for one here, and replaces it by what awaits it.
    handle.inner_test = awaited if inspect.iscoroutinefunction(inner) else recorded

    def end() -> None:
        handle.inner_test = inner

    return end


@contextmanager
def _keeping(item: pytest.Item, given: Mapping[str, Any]) -> Iterator[None]:
    """Keep what one example of a test is given, if it fails."""
    from hypothesis.errors import HypothesisException
    from hypothesis.strategies import DataObject

    drawn = {name: _drawn_from(value) for name, value in given.items() if isinstance(value, DataObject)}
    before = {name: _kept(value) for name, value in given.items()}
    try:
        yield
    except (Exception, pytest.fail.Exception) as error:
        if not isinstance(error, HypothesisException):  # Such as an assumption that does not hold.
            item.stash[FAILED] = before | {name: Drawn(*values) for name, values in drawn.items()}
        raise


def _drawn_from(data: Any) -> list[object]:
    """What is drawn from now on, as it comes."""
    values: list[object] = []
    draw = data.draw

    def drawing(*arguments: Any, **named: Any) -> object:
        value = draw(*arguments, **named)
        values.append(_kept(value))
        return value

    data.draw = drawing
    return values


#: What is nested deeper, or holds itself, is kept as it is and not written down.
_DEPTH = 32


def _kept(value: Any, depth: int = 0) -> Any:
    """A value as it is now, whatever the test does to its lists, sets and mappings."""
    if depth > _DEPTH:
        return value
    if type(value) in (list, tuple):
        return type(value)(_kept(each, depth + 1) for each in value)
    if type(value) is dict:
        return {key: _kept(each, depth + 1) for key, each in value.items()}
    return set(value) if type(value) is set else value


def as_function(item: pytest.Item, seed: str) -> str | None:
    """The last failing example of a test as a function for the same file, or as a method for the same class; None where
    there is none.

    A sentence that says why in place of a function where a value cannot be written down.

    Args:
        item: the test.
        seed: that of the regions that it makes.
    """
    given = item.stash.get(FAILED, None)
    if given is None or not isinstance(item, pytest.Function):
        return None
    # Fixtures are asked for again; what was drawn, and what a parametrized test was given, is written down.
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    fixtures = [name for name in given if name in item.funcargs and name not in parameters]
    itself = [name for name, value in given.items() if item.cls is not None and value is item.instance]
    if item.cls is not None and not itself:
        return "The shortest example is not written as a function: the test is a method without self."
    written = {name: value for name, value in given.items() if name not in fixtures + itself}
    imports = sorted({line for value in written.values() for line in _imports(value, item.module.__name__)})
    from faultzone.journal.redaction import quoted

    for name, value in written.items():
        if not _is_written_by_its_repr(value, imports, vars(item.module)):
            return f"The shortest example is not written as a function: the value of {name} is {quoted(value, 2000)}."
    test = item.originalname
    marked = ", ".join(f"{key}={value!r}" for key, value in {**marks.shape(item), "seed": seed}.items())
    passed = [f"{name}={name}," for name in itself + fixtures] + [
        f"{name}={value!r}," for name, value in written.items()
    ]
    define, call = "def", f"{''.join(f'{name}.' for name in itself)}{test}.hypothesis.inner_test("
    if inspect.iscoroutinefunction(inspect.unwrap(item.obj.hypothesis.inner_test)):
        define, call = "async def", f"await {call}"
    body = [
        *imports,
        *([""] if imports else []),
        call,
        *(f"    {each}" for each in passed),
        ")",
    ]
    head = [
        "import pytest",
        *([""] if itself else ["", ""]),
        *map(_written_mark, reversed([mark for mark in item.own_markers if mark.name in _CARRIED])),
        f"@pytest.mark.region({marked})",
        f"{define} {test}_again({', '.join(itself + fixtures)}):",
        f'    """The shortest example on which {test} fails; for the same {"class" if itself else "file"}."""',
    ]
    text = "\n".join(head) + "\n" + indent("\n".join(body), "    ") + "\n"
    # A class may be in another.
    return text if item.cls is None else indent(text, "    " * len(item.cls.__qualname__.split(".")))


def _written_mark(mark: pytest.Mark) -> str:
    """A marker as it stands above a function."""
    arguments = [*map(repr, mark.args), *(f"{name}={value!r}" for name, value in mark.kwargs.items())]
    return f"@pytest.mark.{mark.name}" + (f"({', '.join(arguments)})" if arguments else "")


def has_faults(item: pytest.Item) -> bool:
    """Whether faults are among what the last failing example of a test was given."""
    given = item.stash.get(FAILED, {})
    homes = (type(part).__module__ for value in given.values() for part in _parts(value))
    return any(home.startswith("faultzone.faults") for home in homes)


def _parts(value: object, depth: int = 0) -> Iterator[object]:
    """A value and what it is made of."""
    yield value
    if depth > _DEPTH:
        return
    inner: Sequence[object] = ()
    if isinstance(value, Drawn):
        inner = value.values
    elif isinstance(value, Mapping):
        inner = [*value.keys(), *value.values()]
    elif isinstance(value, list | tuple | set | frozenset):
        inner = list(value)
    elif is_dataclass(value) and not isinstance(value, type):
        inner = [getattr(value, field.name) for field in fields(value)]
    for each in inner:
        yield from _parts(each, depth + 1)


def _imports(value: object, module: str) -> Iterator[str]:
    """The lines that import what the repr of a value names and its test's own module does not."""
    import faultzone

    for kind in {type(part) for part in _parts(value)}:
        home = (
            "faultzone"
            if kind.__name__ in faultzone.__all__ and kind.__module__.startswith("faultzone.")
            else kind.__module__
        )
        if home not in ("builtins", module):
            yield f"from {home} import {kind.__name__}"


def _is_written_by_its_repr(value: object, imports: Sequence[str], names: Mapping[str, object]) -> bool:
    """Whether the repr of a value, read again where its function will stand, gives an equal value."""
    place = dict(names)
    try:
        exec("\n".join(imports), place)
        return bool(eval(repr(value), place) == value)
    except Exception:  # Whatever a repr may do; it is no program then.
        return False
