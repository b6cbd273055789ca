"""What of a traceback is the user's: frames of faultzone, of pytest and of libraries, such as an SDK, are left out.

They are all there again with `--full-trace`.
"""

from __future__ import annotations

import linecache
import sys
import sysconfig
from contextlib import contextmanager
from functools import cache
from itertools import zip_longest
from pathlib import Path
from textwrap import dedent
from traceback import walk_tb
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

import pytest

import faultzone
from faultzone.api.errors import ApiError
from faultzone.errors import FaultzoneError, UnmetFault
from pytest_faultzone.terminal import Frame

if TYPE_CHECKING:
    from collections.abc import Iterator

_LIBRARIES: Final = tuple({*map(Path, sysconfig.get_paths().values()), Path(sys.base_prefix) / "lib"})
_OURS: Final = (Path(faultzone.__file__).parent, Path(__file__).parent)
#: Of the conformance suite, which may be among the libraries: it is what its user looks at.
_SUITE: Final = "faultzone_specs"
#: Exceptions of a chain or of a group that are told, and lines of one statement.
_CHAIN: Final = 4
_MEMBERS: Final = 8
_STATEMENT: Final = 6
#: Of a way with more frames, such as that of a function that calls itself, the first and the last are told.
_FIRST: Final = 3
_LAST: Final = 7


@cache
def is_of_the_user(file: str) -> bool:
    """Whether a file is neither faultzone's nor of a library."""
    path = Path(file)
    if _SUITE in path.parts:
        return True
    return path.suffix == ".py" and not any(path.is_relative_to(each) for each in (*_OURS, *_LIBRARIES))


def is_our_fault(error: BaseException) -> bool:
    """Whether faultzone itself has failed in a way that nobody has foreseen, so that its frames are needed."""
    if isinstance(error, BaseExceptionGroup):
        return any(map(is_our_fault, error.exceptions))
    if isinstance(error, FaultzoneError | ApiError | AssertionError | OSError | UnmetFault):
        return False
    passed = [Path(frame.f_code.co_filename) for frame, _ in walk_tb(error.__traceback__)]
    return bool(passed) and any(passed[-1].is_relative_to(each) for each in _OURS)


def of(excinfo: pytest.ExceptionInfo[BaseException], root: Path) -> list[Frame]:
    """The user's frames on the way to an exception, the outermost first; those that hide themselves are left out.

    The way to the first exception of a group is a part of it. A fault that nothing met is where the test injected it.
    """
    entries = [entry for entry in excinfo.traceback if is_of_the_user(str(entry.path)) and not entry.ishidden(excinfo)]
    error = excinfo.value
    if isinstance(error, BaseExceptionGroup):
        first = error.exceptions[0]
        # One that was never raised has come no way.
        more = of(pytest.ExceptionInfo.from_exception(first), root) if first.__traceback__ is not None else []
        return [*(_frame(entry, root) for entry in entries), *more]
    if isinstance(error, UnmetFault) and error.where is not None and not entries:
        file, line = error.where
        return [Frame(_shown(Path(file), root), line, "", [linecache.getline(file, line).strip()])]
    left_out = entries[_FIRST:-_LAST]
    found = [_frame(entry, root) for entry in [*entries[:_FIRST], *entries[_FIRST:][-_LAST:]]]
    if left_out:
        found[_FIRST - 1].source.append(f"... {len(left_out)} more calls ...")
    return [frame for frame, following in zip_longest(found, found[1:]) if not _is_decorator(frame, following)]


def of_test(item: pytest.Item) -> Frame:
    """Where a test is written."""
    root = Path(str(item.config.invocation_params.dir))
    return Frame(_shown(item.path, root), (item.location[1] or 0) + 1, item.name, [])


def _frame(entry: Any, root: Path) -> Frame:
    try:
        source = dedent(str(entry.statement)).splitlines()
    except Exception:  # There may be no source, or none that can be read.
        source = []
    source = [*source[:_STATEMENT], "..."] if len(source) > _STATEMENT else source
    return Frame(_shown(Path(entry.path), root), entry.lineno + 1, entry.name, source)


def _shown(path: Path, root: Path) -> str:
    if _SUITE in path.parts:  # Wherever it is installed.
        return "/".join(path.parts[path.parts.index(_SUITE) :])
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def members(error: BaseException, root: Path, indent: str = "") -> Iterator[str]:
    """The exceptions of a group, a line for each; nothing of an exception that is none."""
    if not isinstance(error, BaseExceptionGroup):
        return
    for each in error.exceptions[:_MEMBERS]:
        yield f"{indent}  {brief(each, root)}"
        yield from members(each, root, f"{indent}  ")
    if len(error.exceptions) > _MEMBERS:
        yield f"{indent}  ... and {len(error.exceptions) - _MEMBERS} more"


def brief(error: BaseException, root: Path) -> str:
    """An exception in a line, with the last of the user's lines that it passed through, as `test_it.py:7`."""
    passed = [
        (frame.f_code.co_filename, line)
        for frame, line in walk_tb(error.__traceback__)
        if is_of_the_user(frame.f_code.co_filename)
    ]
    first = (str(error).splitlines() or [""])[0]
    at = f" ({_shown(Path(passed[-1][0]), root)}:{passed[-1][1]})" if passed else ""
    return f"{type(error).__name__}: {first}{at}"


def _is_decorator(frame: Frame, following: Frame | None) -> bool:
    """Whether a frame is of what a decorator such as `given` puts in the place of a test, with its name and file."""
    return following is not None and frame.function == following.function and "".join(frame.source).startswith("@")


def causes(error: BaseException) -> list[BaseException]:
    """What led to an exception, the latest first, as far as a user's frame was passed."""
    found: list[BaseException] = []
    seen = {id(error)}
    while len(found) < _CHAIN:
        following = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if following is None or id(following) in seen:
            break
        error = following
        seen.add(id(error))
        if any(is_of_the_user(frame.f_code.co_filename) for frame, _ in walk_tb(error.__traceback__)):
            found.append(error)
    return found


@contextmanager
def pruned(excinfo: pytest.ExceptionInfo[BaseException]) -> Iterator[None]:
    """Let whoever shows an exception meanwhile see the user's frames alone, those of the exceptions before it too.

    Where none is left, all stay: something has to be shown.
    """
    undo: list[tuple[BaseException, TracebackType | None]] = []
    before: Any = excinfo.traceback
    kept = before.filter(lambda entry: is_of_the_user(str(entry.path)))
    try:
        if kept:
            excinfo.traceback = kept
        for error in _chain(excinfo.value):
            undo.append((error, error.__traceback__))
            if error is not excinfo.value:
                error.__traceback__ = _pruned(error.__traceback__) or error.__traceback__
        yield
    finally:
        excinfo.traceback = before
        for error, trace in undo:
            error.__traceback__ = trace


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _pruned(trace: TracebackType | None) -> TracebackType | None:
    if trace is None:
        return None
    rest = _pruned(trace.tb_next)
    if not is_of_the_user(trace.tb_frame.f_code.co_filename):
        return rest
    return TracebackType(rest, trace.tb_frame, trace.tb_lasti, trace.tb_lineno)
