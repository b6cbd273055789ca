"""A request, an answer, a refusal, and what an application is."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, NamedTuple, Protocol, runtime_checkable

_STATUS_LINES: Final = {each.value: f"HTTP/1.1 {each.value} {each.phrase}" for each in HTTPStatus}


class Request(NamedTuple):
    """A request that has arrived whole.

    Args:
        method: as sent, such as `GET`.
        path: decoded, without the query.
        query: as sent, without the question mark.
        headers: names in lower case; of a name given twice the last value.
        body: whole.
        peer: the address of the sender.
    """

    method: str
    path: str
    query: bytes
    headers: Mapping[str, str]
    body: bytes
    peer: str


class Answer(Protocol):
    """What goes back."""

    @property
    def body(self) -> bytes:
        """The body, whole."""

    def head(self, *, close: bool) -> bytes:
        """The status line and the headers, up to the body; with `close` they say that the connection ends."""


class Broken(NamedTuple):
    """What becomes of a connection in place of an answer.

    Args:
        how: `reset`; `half-closed`: this side ends, and what else arrives is dropped; `truncated`: the connection ends
            in the middle of the body; `silent`: nothing is sent until the client leaves.
        answer: of which a part is sent; None where nothing is.
    """

    how: str
    answer: Answer | None = None


@runtime_checkable
class Stream(Answer, Protocol):
    """What goes back piece by piece, until it ends or its reader leaves; the connection ends with it.

    Its body is what comes before the first piece.
    """

    def pieces(self) -> AsyncGenerator[bytes]:
        """The pieces, each as soon as it is there; ended where the reader leaves."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a request is refused before an application reads it.

    Args:
        status: of HTTP, 400 to 499.
        what: the part of the request that is at fault, such as `headers`.
        why: a clause that says what is wrong with it.
        method, query, headers: of the request as far as it has been read, for the form of the answer.
    """

    status: int
    what: str
    why: str
    method: str = ""
    query: bytes = b""
    headers: Mapping[str, str] | None = None


class Application(Protocol):
    """What answers requests. Its functions run on the serving thread and must not wait.

    Attributes:
        gives_up: whether an answer that is being waited for is given up when its client leaves.
    """

    gives_up: bool

    def answer(self, request: Request) -> Answer | Broken | Awaitable[Answer | Broken | None] | None:
        """The answer to a request, now or later, or what becomes of the connection; None cuts it."""

    def refuse(self, refused: Refused) -> Answer:
        """The answer to what cannot be handed on as a request."""


def head(status: int, fields: Sequence[tuple[str, str]], length: int | None, *, close: bool) -> bytes:
    """The head of an answer.

    Args:
        status: one that the standard library does not name has no reason phrase.
        fields: names and values of headers; what cannot stand in one is replaced.
        length: of the body, in bytes; None for one that ends with the connection.
        close: whether the connection ends after it.
    """
    # The space after the status stands even where no phrase follows.
    lines = [_STATUS_LINES.get(status) or f"HTTP/1.1 {status} "]
    lines += [f"{name}: {value}" for name, value in fields]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    if close:
        lines.append("Connection: close")
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")
