"""Functions that show how they were written."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, wraps
from pathlib import Path
from types import FunctionType
from typing import Generic, ParamSpec, TypeVar

P = ParamSpec("P")
M = ParamSpec("M")
T = TypeVar("T")


@dataclass(frozen=True)
class Written(Generic[P, T]):
    """A function that a call has made. Its `repr` is that call, such as `drop('MinAmount')`."""

    text: str
    function: Callable[P, T] = field(compare=False)

    def __call__(self, *arguments: P.args, **named: P.kwargs) -> T:
        """What the function returns."""
        return self.function(*arguments, **named)

    def __repr__(self) -> str:
        return self.text


def written(make: Callable[M, Callable[P, T]]) -> Callable[M, Written[P, T]]:
    """Lets the functions that `make` returns show the call that made them."""

    @wraps(make)
    def made(*arguments: M.args, **named: M.kwargs) -> Written[P, T]:
        shown = [*map(value, arguments), *(f"{key}={value(each)}" for key, each in named.items())]
        return Written(f"{make.__name__}({', '.join(shown)})", make(*arguments, **named))

    return made


def value(given: object) -> str:
    """A value as it is written: a function or a type by its name, a lambda by its source."""
    if isinstance(given, FunctionType):
        return given.__name__ if given.__name__ != "<lambda>" else _source(given)
    return getattr(given, "__qualname__", None) or repr(given)


def _source(given: FunctionType) -> str:
    """The source of a lambda: the one of its file whose body begins where its code does."""
    code = given.__code__
    places = {(line, column) for line, _, column, _ in code.co_positions()}
    for each in _lambdas(code.co_filename):
        if each.lineno == code.co_firstlineno and (each.body.lineno, each.body.col_offset) in places:
            return ast.unparse(each)
    return "lambda"


@cache
def _lambdas(path: str) -> list[ast.Lambda]:
    # Of two that begin on one line, the inner one comes later, and its body is no part of the outer one's code.
    return [each for each in ast.walk(ast.parse(Path(path).read_bytes())) if isinstance(each, ast.Lambda)]
