"""From a request to an answer: an ASGI application over a door. No sockets."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from faultzone.ecs.errors import ApiError
from faultzone.errors import NoAnswer
from faultzone.serve.control import ROOT, Control
from faultzone.serve.door import Door
from faultzone.serve.signatures import Verifier
from faultzone.serve.wire import BODY_MAX, JSON, XML, Call, read_call, read_request, render, render_error, wants_xml

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_logger: Final = logging.getLogger("faultzone.serve")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that was refused before the door saw it. It holds nothing of what was signed."""

    code: str
    status: int
    request_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: status, type, the request's id and the body."""

    status: int
    content_type: str
    request_id: str
    body: bytes
    retry_after: int | None = None

    def headers(self) -> list[tuple[bytes, bytes]]:
        """The headers of the answer."""
        headers = [
            (b"content-type", self.content_type.encode()),
            (b"x-acs-request-id", self.request_id.encode()),
            (b"content-length", b"%d" % len(self.body)),
        ]
        if self.retry_after is not None:
            headers.append((b"x-acs-retry-after", b"%d" % self.retry_after))
        return headers


@dataclass(frozen=True, slots=True)
class _Signed:
    """A call that may be handed to the door."""

    call: Call
    account: str
    xml: bool


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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as ASGI has it."""
        body = b""
        more = True
        # What is too long is refused by what reads it; the connection discards the rest.
        while more and len(body) <= BODY_MAX:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message["body"]
            more = message["more_body"]
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        method, path = scope["method"], scope["path"]
        if path.startswith(ROOT):
            answer = await self._answer_control(method, path, headers, body, scope["client"])
        else:
            signed = self._admit(method, path, scope["query_string"], headers, body)
            if isinstance(signed, _Signed) and (delay := self._door.delay_of(signed.call.action)):
                await asyncio.sleep(delay)
            try:
                answer = self._ask(signed) if isinstance(signed, _Signed) else signed
            except NoAnswer:
                scope["faultzone.abort"]()
                return
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers()})
        await send({"type": "http.response.body", "body": answer.body})

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
        return _Signed(call, credential.account, xml)

    def _ask(self, signed: _Signed) -> Answer:
        call, xml = signed.call, signed.xml
        try:
            answer = self._door.call(call.action, call.parameters, account=signed.account)
            rendered = render(answer, f"{call.action}Response", xml)
        except ApiError as error:
            return self._render(error, xml)
        except NoAnswer:
            raise
        except Exception:
            _logger.exception("The backend could not answer %s.", call.action)
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
        request_id = error.request_id or str(uuid4()).upper()
        body = render_error(error, request_id, self._host_id, xml)
        return Answer(error.status, XML if xml else JSON, request_id, body, error.retry_after)

    async def _answer_control(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, peer: tuple[str, int] | None
    ) -> Answer:
        try:
            answer = await self._control.answer(method, path, headers, body, peer[0] if peer else "::")
            return Answer(200, JSON, str(answer.get("RequestId") or uuid4()).upper(), render(answer, "", xml=False))
        except ApiError as error:
            return self._render(error, xml=False)
        except Exception:
            _logger.exception("The backend could not serve %s.", path)
            return self._render(ApiError("InternalError"), xml=False)
