"""How a command that a test has taught its guests behaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from faultzone.clock import Duration
from faultzone.errors import UsageError

#: Gives the answer of a service to a request. It may raise ConnectionRefusedError or TimeoutError, as a service that
#: has died or hangs would be met with.
Answer = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Reaction:
    """How a taught command behaves.

    Args:
        takes: how long until it ends, such as `"40s"`.
        exit_code: what it ends with.
        output: what it writes when it ends; text, or bytes that need not be UTF-8.
        hang: it never ends by itself.
        crash: it does not end but breaks, so that the agent cannot go on with the run.
        serves: the port at which it serves from its end on, in the background, until the guest goes down.
        answer: what the service answers: the same to each request, or what a function gives to its bytes.

    Raises:
        UsageError: there is no such port, an answer without a port, or a service that hangs or crashes.
    """

    takes: Duration = 0
    exit_code: int = 0
    output: str | bytes = ""
    hang: bool = False
    crash: bool = False
    serves: int | None = None
    answer: str | bytes | Answer = b""

    def __post_init__(self) -> None:
        if self.serves is None:
            if self.answer:
                raise UsageError("answer: expected the port of the service too, such as serves=80")
            return
        if type(self.serves) is not int or not 1 <= self.serves <= 65535:
            raise UsageError.expected_whole("serves", self.serves, 1, 65535)
        if self.hang or self.crash:
            raise UsageError("serves: expected neither hang nor crash with it: a service runs in the background")
