"""Whose call is under way: of a client, the code under test, or of the test and the harness themselves.

A fault of the API meets the calls of clients. Whoever lets a client call says so here: `Client`, and an endpoint.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Final, NamedTuple


class Caller(NamedTuple):
    """A client.

    Attributes:
        key: the access key ID that it signed with, or stands for in this process; empty where there is none.
        patience: for how many milliseconds it waits for an answer; None for as long as it takes.
        met: whether whoever serves it has taken the delay of its call already.
        served: whether it calls through an endpoint.
    """

    key: str = ""
    patience: int | None = None
    met: bool = False
    served: bool = False


#: The client whose call this is; None for a call of the test's own.
CALLER: Final[ContextVar[Caller | None]] = ContextVar("caller", default=None)
