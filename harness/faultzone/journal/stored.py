"""Values of a test that are also files: their text as JSON, their version, and their file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from faultzone.errors import UsageError

T = TypeVar("T")


def text(told: Mapping[str, Any]) -> str:
    """What a value tells of itself, as the text of a file."""
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def see_version(given: Mapping[str, Any], version: int) -> None:
    """See that what JSON describes is of the version that is read here.

    Raises:
        UsageError: it is of another, or of none.
    """
    if given.get("version") != version or isinstance(given.get("version"), bool):
        raise UsageError.expected("version", given.get("version"), f"{version}, the version that is read here")


def see_fields(given: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    """See that what JSON describes has no other fields.

    Args:
        where: whose fields they are, such as `of the schedule`.

    Raises:
        UsageError: it has one.
    """
    if unknown := given.keys() - {*known}:
        raise UsageError.unknown("field", min(map(str, unknown)), known, where=where)


def load(path: Path | str, what: str, read: Callable[[object], T]) -> T:
    """The value of a file.

    Args:
        path: of the file.
        what: what the file is expected to have, such as `schedule`.
        read: makes the value from what JSON has for it.

    Raises:
        UsageError: the file cannot be read, is no whole JSON, or `read` refuses it; the text begins with the path.
    """
    named: object = path
    if not isinstance(named, Path | str):
        raise UsageError.expected("path", named, f"the path of a file, such as '{what}.json'")
    try:
        told = Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: expected a file with a {what}: {error}") from None
    try:
        given = json.loads(told)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: expected a {what} as JSON; it is cut short, or no JSON: {error}") from None
    try:
        return read(given)
    except UsageError as wrong:
        raise UsageError(f"{path}: {wrong}") from None
