"""A line for each request, for whoever looks on while an endpoint serves: `faultzone up --log`."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from faultzone.api.errors import ApiError
from faultzone.clock import stamp
from faultzone.errors import FaultzoneError
from faultzone.journal.redaction import quoted, recorded
from faultzone.journal.story import called
from faultzone.listen import Answer, Application, Refused, Request
from faultzone.listen.messages import Broken
from faultzone.serve.wire import read_call, read_request

#: The code of a refusal, in an answer that is XML.
_CODE: Final = re.compile(rb"<Code>([^<]{1,99})</Code>")
_STATUS: Final = re.compile(rb"HTTP/1\.1 (\d{3})")


class Watched:
    """An application whose requests are told, a line each, once they are answered.

    A line has the time of day, what was asked without its secrets, the status, the code of a refusal, and how long the
    answer took.

    Args:
        application: what answers.
        tell: called with each line, on the serving thread.
    """

    def __init__(self, application: Application, tell: Callable[[str], None]) -> None:
        self._application, self._tell = application, tell
        self.gives_up = application.gives_up

    def answer(self, request: Request) -> Answer | Broken | Awaitable[Answer | Broken | None] | None:
        """The answer of the application."""
        began = time.perf_counter()
        answer = self._application.answer(request)
        if isinstance(answer, Awaitable):
            return self._answer_late(request, answer, began)
        self._tell(_line(_asked(request), answer, began))
        return answer

    async def _answer_late(
        self, request: Request, coming: Awaitable[Answer | Broken | None], began: float
    ) -> Answer | Broken | None:
        answer = await coming
        self._tell(_line(_asked(request), answer, began))
        return answer

    def refuse(self, refused: Refused) -> Answer:
        """The answer of the application to what is no request."""
        answer = self._application.refuse(refused)
        self._tell(_line(f"{refused.method or 'a request'} that cannot be read", answer, time.perf_counter()))
        return answer


def _asked(request: Request) -> str:
    """What a request asks for: its action and parameters, or its method and path."""
    with suppress(ApiError, FaultzoneError):
        call = read_call(read_request(request.method, request.path, request.query, request.headers, request.body))
        return called({"action": call.action, "parameters": recorded(call.parameters)})
    return f"{quoted(request.method)[1:-1]} {quoted(request.path, 100)[1:-1]}"


def _line(asked: str, answer: Answer | Broken | None, began: float) -> str:
    taken = f"{(time.perf_counter() - began) * 1000:.1f} ms"
    return f"{stamp(int(time.time() * 1000))[11:19]}  {_ended(answer)}  {asked}  {taken}"


def _ended(answer: Answer | Broken | None) -> str:
    """How a request ended: a status, with the code of a refusal; or what became of its connection."""
    if answer is None:
        return "dropped"
    if isinstance(answer, Broken):
        return answer.how
    found = _STATUS.match(answer.head(close=False))
    status = found[1].decode() if found else "?"
    if status < "400":
        return status
    code = _CODE.search(answer.body)
    if code is not None:
        return f"{status} {code[1].decode('ascii', 'replace')}"
    with suppress(ValueError, TypeError, KeyError):
        return f"{status} {json.loads(answer.body)['Code']}"
    return status
