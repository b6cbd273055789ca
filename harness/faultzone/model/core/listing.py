"""Listings: what the Describe actions find, by their conditions, and one page of it, by number or by token."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from faultzone.api.errors import ApiError
from faultzone.model.core.book import Found, Several

#: What is kept by rows.
_BY_ROWS: Final = (Found, Several)

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


class Envelope(NamedTuple):
    """The fields of an answer besides the list; one without a name is left out.

    Attributes:
        total: the name of the number of all items.
        number, size: the names of what a page by number was asked for with.
        ends: whether the last page by token has a token too, which is empty.
    """

    total: str = "TotalCount"
    number: str = "PageNumber"
    size: str = "PageSize"
    ends: bool = True


#: What most answers have, and what those have that tell no number.
USUAL: Final = Envelope()
BARE: Final = Envelope("", "", "")


class AskedByToken(Protocol):
    """A request for one page that may be asked for by token."""

    page_size: int
    max_results: int | None
    next_token: str | None


#: How few and how many items a page by token has; what is asked beyond either is not refused but cut
#: (instance/token-paging, event/history-token-paging).
FEWEST_BY_TOKEN: Final = 10
MOST_BY_TOKEN: Final = 100


def within_limits(asked: int | None, most: int = MOST_BY_TOKEN) -> int:
    """How many items a page by token has for which so many are asked."""
    return min(max(asked or 0, FEWEST_BY_TOKEN), most)


def token_of(request: AskedByToken, *, most: int = MOST_BY_TOKEN) -> Token | None:
    """What asks for a page by token; None for a page by number."""
    if request.max_results is None and request.next_token is None:
        return None
    return Token(request.next_token, within_limits(request.max_results, most))


def plain_token(request: AskedByToken) -> Token | None:
    """What asks for a page by token, of as many items as it says, as Cloud Assistant has it (assistant/token-paging);
    None for a page by number."""
    if request.max_results is None and request.next_token is None:
        return None
    return Token(request.next_token, request.max_results or type(request).page_size)


def _as_it_is(item: Any) -> Any:
    return item


def listing(
    wrapper: str,
    item: str,
    candidates: Listed[T],
    request: Paged | None,
    render: Callable[[T], Any] = _as_it_is,
    *,
    where: Iterable[Callable[[T], object]] = (),
    having: Iterable[tuple[object, Callable[[T], object]]] = (),
    latest_first: bool = False,
    token: Token | None = None,
    envelope: Envelope = USUAL,
    **more: object,
) -> dict[str, Any]:
    """A page of the candidates that meet all conditions, in the form of the Describe actions.

    Args:
        wrapper: the name of the list.
        item: the name of its items, empty where the list stands by itself.
        candidates: oldest first, if `latest_first`; else in the order in which they are shown.
        request: asks for a page by number; None for all on one page, unless `token` asks for one.
        render: makes of a candidate what is shown; asked for those of the page alone.
        where: conditions.
        having: more of them: a value that each must have, None for any, and what reads it.
        token: asks for a page by token, instead of by number.
        envelope: which fields the answer has besides the list.
        more: further fields of the answer.

    Raises:
        ApiError: `InvalidParameter`: the token is not one that was given out.
    """
    found = candidates
    conditions = [*where, *[_having(value, read) for value, read in having if value is not None]]
    if conditions:
        each_in_turn = reversed(candidates) if latest_first else candidates
        found = [each for each in each_in_turn if all(condition(each) for condition in conditions)]
        latest_first = False
    total = len(found)
    answer: dict[str, Any] = {envelope.total: total} if envelope.total else {}
    if token is not None:
        start, following = _place(token, total)
        shown = cut(found, start, token.most, latest_first=latest_first)
        if following or envelope.ends:
            answer["NextToken"] = following
    elif request is not None:
        size = request.page_size
        start = (request.page_number - 1) * size
        shown = cut(found, start, size, latest_first=latest_first) if start < total else []
        if envelope.number:
            answer[envelope.number], answer[envelope.size] = request.page_number, size
    else:
        shown = cut(found, 0, total, latest_first=latest_first)
    if more:
        answer.update(more)
    rows = [render(each) for each in shown]
    answer[wrapper] = {item: rows} if item else rows
    return answer


def _having(value: object, read: Callable[[T], object]) -> Callable[[T], object]:
    return lambda each: read(each) == value


def cut(found: Listed[T], start: int, most: int, *, latest_first: bool = False) -> list[T]:
    """So many of a listing from one on; what is kept by rows counts those before it, and does not look at them."""
    if isinstance(found, list) and not latest_first:
        return found[start : start + most]
    if isinstance(found, _BY_ROWS):
        return found.page(start, most, latest_first=latest_first)
    return list(islice(reversed(found) if latest_first else found, start, start + most))


def like(pattern: str, text: str) -> bool:
    """Whether a text is as a filter has it, where `*` stands for any characters."""
    return all_like(pattern, [text])[0]


def all_like(pattern: str, texts: list[str]) -> list[bool]:
    """The same of each of some texts.

    By hand: a regular expression with many of them takes longer than anybody waits.
    """
    first, *rest = pattern.split("*")
    if not rest:
        return [text == first for text in texts]
    *middle, last = rest
    if not any(middle):
        least = len(first) + len(last)
        if not last:
            return [text.startswith(first) for text in texts]
        return [text.startswith(first) and text.endswith(last) and len(text) >= least for text in texts]
    if not first and not last and len(middle) == 1:
        return [middle[0] in text for text in texts]
    return [text.startswith(first) and _follow(middle, last, text, len(first)) for text in texts]


def _follow(middle: Sequence[str], last: str, text: str, at: int) -> bool:
    """Whether some parts follow one another in a text from a place on, and the last is its end."""
    for part in middle:
        at = text.find(part, at) + len(part)
        if at < len(part):
            return False
    return text.endswith(last) and at <= len(text) - len(last)


#: The token of the first page of any list.
FIRST_PAGE: Final = f"fz{10**15}"


def left_from(token: str) -> int:
    """How many items a list has from the page of a token on.

    Raises:
        ApiError: `InvalidParameter`: the token is not one that was given out.
    """
    if not (token.startswith("fz") and token[2:].isdecimal() and token.isascii() and len(token) < 20):
        raise ApiError.of("InvalidParameter", name="NextToken", why="it was not given out")
    return int(token[2:])


def _place(token: Token, total: int) -> tuple[int, str]:
    """Where a page by token begins, and the token of the next, empty at the end (assistant/token-paging).

    A token counts from the end of the list: what is put at its head meanwhile moves no page.

    Raises:
        ApiError: `InvalidParameter`: the token is not one that was given out.
    """
    start = 0 if token.text is None else max(0, total - left_from(token.text))
    end = start + token.most
    return start, f"fz{total - end}" if end < total else ""
