"""Listings: what the Describe actions find, by their conditions, and one page of it, by number or by token."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple, Protocol, TypeVar

from faultzone.api.errors import ApiError

T = TypeVar("T")
C = TypeVar("C", covariant=True)


class Listed(Protocol[C]):
    """What may be listed: the values of a dictionary, a list, a tuple, a deque."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[C]: ...
    def __reversed__(self) -> Iterator[C]: ...


class Paged(Protocol):
    """A request for one page, counted from 1."""

    page_number: int
    page_size: int


class Token(NamedTuple):
    """What asks for a page by token: the token, None for the first page, and how many items it has at most."""

    text: str | None
    most: int


def _as_it_is(item: Any) -> Any:
    return item


def listing(
    wrapper: str,
    item: str,
    candidates: Listed[T],
    request: Paged,
    render: Callable[[T], Any] = _as_it_is,
    *,
    where: Iterable[Callable[[T], object]] = (),
    having: Iterable[tuple[object, Callable[[T], object]]] = (),
    latest_first: bool = False,
    token: Token | None = None,
    **more: object,
) -> dict[str, Any]:
    """A page of the candidates that meet all conditions, in the form of the Describe actions.

    Args:
        wrapper: the name of the list.
        item: the name of its items.
        candidates: oldest first, if `latest_first`; else in the order in which they are shown.
        render: makes of a candidate what is shown; asked for those of the page alone.
        where: conditions.
        having: more of them: a value that each must have, None for any, and what reads it.
        token: asks for a page by token, instead of by number.
        more: further fields of the answer.

    Raises:
        ApiError: `InvalidParameter`: the token is not one that was given out.
    """
    found: Iterable[T] = reversed(candidates) if latest_first else candidates
    total = len(candidates)
    asked = [(value, read) for value, read in having if value is not None]
    conditions = list(where)
    if asked:
        conditions.append(lambda each: all(read(each) == value for value, read in asked))
    if conditions:
        kept = [each for each in found if all(condition(each) for condition in conditions)]
        found, total = kept, len(kept)
    fields: dict[str, Any]
    if token is not None:
        shown, following = by_token(found, total, *token)
        fields = {"TotalCount": total, "NextToken": following}
    else:
        number, size = request.page_number, request.page_size
        start = (number - 1) * size
        shown = list(islice(found, start, start + size)) if start < total else []
        fields = {"TotalCount": total, "PageNumber": number, "PageSize": size}
    return {**fields, **more, wrapper: {item: [render(each) for each in shown]}}


def like(pattern: str, text: str) -> bool:
    """Whether a text is as a filter has it, where `*` stands for any characters.

    By hand: a regular expression with many of them takes longer than anybody waits.
    """
    first, *rest = pattern.split("*")
    if not rest:
        return text == first
    *middle, last = rest
    if not text.startswith(first):
        return False
    at = len(first)
    for part in middle:
        at = text.find(part, at) + len(part)
        if at < len(part):
            return False
    return text.endswith(last) and at <= len(text) - len(last)


def by_token(items: Iterable[Any], total: int, token: str | None, most: int) -> tuple[list[Any], str]:
    """A page of at most so many of a listing, and the token of the next, empty at the end (assistant/token-paging).

    A token counts from the end of the list: what is put at its head meanwhile moves no page.

    Raises:
        ApiError: `InvalidParameter`: the token is not one that was given out.
    """
    start = 0
    if token is not None:
        if not (token.startswith("fz") and token[2:].isdecimal() and token.isascii() and len(token) < 20):
            raise ApiError.of("InvalidParameter", name="NextToken", why="it was not given out")
        start = max(0, total - int(token[2:]))
    end = start + most
    return list(islice(items, start, end)), f"fz{total - end}" if end < total else ""
