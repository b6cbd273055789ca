"""From a request to an answer: an ASGI application over a door. No sockets."""

from __future__ import annotations

import asyncio
import logging
import secrets
import traceback
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from faultzone.ecs.errors import ApiError
from faultzone.errors import NoAnswer
from faultzone.redaction import text
from faultzone.serve.control import ROOT, Control
from faultzone.serve.door import Door
from faultzone.serve.signatures import Verifier
from faultzone.serve.wire import (
    JSON,
    XML,
    Call,
    check_length,
    read_call,
    read_request,
    regions_at,
    render,
    render_error,
    wants_xml,
)
from faultzone.world import World

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

#: What a scope holds besides ASGI's: an async function that sends an `Answer` whole, or cuts the connection for None.
REPLY: Final = "faultzone.reply"

_STATUS_LINES: Final = {each.value: f"HTTP/1.1 {each.value} {each.phrase}" for each in HTTPStatus}

_logger: Final = logging.getLogger("faultzone.serve")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that was refused before the door saw it. It holds nothing of what was signed."""

    code: str
    status: int
    request_id: str
    reason: str


class Answer(NamedTuple):
    """What goes back: status, type, the request's id and the body."""

    status: int
    content_type: str
    request_id: str
    body: bytes
    retry_after: int | None = None

    def head(self, *, close: bool) -> bytes:
        """The status line and the headers; with `close` they say that the connection ends."""
        lines = [
            _STATUS_LINES[self.status],
            f"content-type: {self.content_type}",
            f"x-acs-request-id: {self.request_id}",
            f"content-length: {len(self.body)}",
        ]
        if self.retry_after is not None:
            lines.append(f"x-acs-retry-after: {self.retry_after}")
        if close:
            lines.append("connection: close")
        return "\r\n".join([*lines, "", ""]).encode()


class _Signed(NamedTuple):
    """A call that may be handed to the door."""

    call: Call
    account: str
    xml: bool
    host: str | None


class Application:
    """Answers the requests to one endpoint.

    Args:
        door: the backend.
        verifier: judges who signed a request.
        control: answers the control routes.
        host_id: the `HostId` of refusals.
        log: told of each request that is refused here, on the serving thread.
    """

    def __init__(
        self,
        door: Door,
        verifier: Verifier,
        control: Control,
        host_id: str,
        log: Callable[[Refusal], None] | None = None,
    ) -> None:
        self._door = door
        self._verifier = verifier
        self._control = control
        self._host_id = host_id
        self._log = log
        # Apart from the region's, whose ids must not depend on what never reached it.
        self._world = World(secrets.token_hex())

    async def __call__(self, scope: Scope, receive: Receive, _: Send) -> None:
        """Serve one request, as ASGI has it but for the answer: ASGI's comes in two parts, and to send each by itself
        takes a seventh of a request's time."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            body = await _receive_body(receive, headers)
        except ApiError as error:
            await scope[REPLY](self.refuse(error))
            return
        if body is not None:
            await scope[REPLY](await self._answer_whole(scope, headers, body))

    async def _answer_whole(self, scope: Scope, headers: Mapping[str, str], body: bytes) -> Answer | None:
        """The answer to a request that has arrived whole; None where a fault drops it."""
        method, path = scope["method"], scope["path"]
        if path.startswith(ROOT):
            return await self._answer_control(method, path, headers, body, scope["client"])
        signed = self._admit(method, path, scope["query_string"], headers, body)
        if not isinstance(signed, _Signed):
            return signed
        if delay := self._door.delay_of(signed.call.action):
            await asyncio.sleep(delay)
        try:
            return self._ask(signed)
        except NoAnswer:
            return None

    def answer(self, method: str, path: str, query: bytes, headers: Mapping[str, str], body: bytes) -> Answer:
        """The answer to one request of the API: always one, whatever the request is made of, but where a fault drops
        it.

        Raises:
            NoAnswer: a fault of the API drops the call.
        """
        signed = self._admit(method, path, query, headers, body)
        return self._ask(signed) if isinstance(signed, _Signed) else signed

    def _admit(self, method: str, path: str, query: bytes, headers: Mapping[str, str], body: bytes) -> _Signed | Answer:
        """The call that a request carries, or the answer that refuses it."""
        xml = False
        try:
            request = read_request(method, path, query, headers, body)
            xml = wants_xml(request)
            call = read_call(request)
            credential = self._verifier.verify(request)
        except ApiError as error:
            return self.refuse(error, xml=xml)
        return _Signed(call, credential.account, xml, headers.get("host"))

    def _ask(self, signed: _Signed) -> Answer:
        call, xml = signed.call, signed.xml
        try:
            answer = self._door.call(call.action, call.parameters, account=signed.account)
            if call.action == "DescribeRegions" and signed.host:
                answer = regions_at(answer, signed.host)
            rendered = render(answer, f"{call.action}Response", xml)
        except ApiError as error:
            return self._render(error, xml)
        except NoAnswer:
            raise
        except Exception:
            _log_trouble(f"The backend could not answer {call.action}.")
            return self._render(ApiError("InternalError"), xml)
        return Answer(200, XML if xml else JSON, str(answer.get("RequestId", "")), rendered)

    def refuse(self, error: ApiError, *, xml: bool = False) -> Answer:
        """The answer that refuses a request before the door sees it; it is logged."""
        answer = self._render(error, xml)
        if self._log is not None:
            reason = error.message.partition(" server string to sign")[0]
            self._log(Refusal(error.code, error.status, answer.request_id, reason))
        return answer

    def _render(self, error: ApiError, xml: bool) -> Answer:
        request_id = error.request_id or self._world.request_id()
        body = render_error(error, request_id, self._host_id, xml)
        return Answer(error.status, XML if xml else JSON, request_id, body, error.retry_after)

    async def _answer_control(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, peer: tuple[str, int] | None
    ) -> Answer:
        try:
            answer = await self._control.answer(method, path, headers, body, peer[0] if peer else "::")
            return Answer(200, JSON, self._world.request_id(), answer)
        except ApiError as error:
            return self.refuse(error)
        except Exception:
            _log_trouble(f"The backend could not serve {path}.")
            return self._render(ApiError("InternalError"), xml=False)


def _log_trouble(what: str) -> None:
    """Log the exception that is being handled, without the secrets that it quotes."""
    _logger.error("%s\n%s", what, text(traceback.format_exc()))


async def _receive_body(receive: Receive, headers: Mapping[str, str]) -> bytes | None:
    """The body of a request; None when its sender has gone.

    Raises:
        ApiError: it is too long, or said to be: there is no waiting for it. The connection discards what comes.
    """
    check_length(int(headers.get("content-length", "0")))
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message["body"]
        check_length(len(body))
        if not message["more_body"]:
            return bytes(body)
