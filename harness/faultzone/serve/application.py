"""From a request to an answer: the application of an endpoint, over a backend. No sockets."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
import traceback
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from faultzone.api.ecs import ECS
from faultzone.api.errors import ApiError
from faultzone.backends import Backend
from faultzone.errors import NoAnswer
from faultzone.journal.redaction import text
from faultzone.listen.messages import Refused, Request, head
from faultzone.serve.control import ROOT, Control
from faultzone.serve.signatures import Verifier
from faultzone.serve.wire import (
    JSON,
    XML,
    Call,
    format_of,
    read_call,
    read_request,
    refusal,
    regions_at,
    render,
    render_error,
    wants_xml,
)
from faultzone.world import World

#: How much of a refusal's reason is kept in the journal.
_REASON_MAX: Final = 300

#: What the names of listings begin with.
_LISTS: Final = ("Describe", "List")
#: How many forms of listings are known to be ready, and for how long: meanwhile a small region may become a large one.
_FORMS: Final = 1_000
_READY_SECONDS: Final = 1.0
#: Actions that look through all instances -> the parameter in whose text `*` stands for any characters.
_PATTERNS: Final = {"DescribeInstances": "InstanceName"}

_logger: Final = logging.getLogger("faultzone.serve")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that was refused before the backend saw it. It holds nothing of what was signed."""

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
        fields = [("Content-Type", self.content_type), ("x-acs-request-id", self.request_id)]
        if self.retry_after is not None:
            fields.append(("x-acs-retry-after", str(self.retry_after)))
        return head(self.status, fields, len(self.body), close=close)


class _Signed(NamedTuple):
    """A call that may be handed to the backend."""

    call: Call
    account: str
    xml: bool
    host: str | None


class Application:
    """Answers the requests to one endpoint.

    Args:
        backend: what answers.
        verifier: judges who signed a request.
        control: answers the control routes.
        host_id: the `HostId` of refusals.
        log: called with each request that is refused here, on the serving thread.
    """

    #: A call that a fault delays is carried out, whether or not its client waits for the answer.
    gives_up = False

    def __init__(
        self,
        backend: Backend,
        verifier: Verifier,
        control: Control,
        host_id: str,
        log: Callable[[Refusal], None] | None = None,
    ) -> None:
        self._backend = backend
        self._verifier = verifier
        self._control = control
        self._host_id = host_id
        self._log = log
        # Apart from the region's, whose ids must not depend on what never reached it.
        self._world = World(secrets.token_hex())
        #: The form of a listing -> until when it counts as ready.
        self._ready: dict[tuple[object, ...], float] = {}

    def answer(self, request: Request) -> Answer | Coroutine[Any, Any, Answer | None] | None:
        """The answer to one request: always one, whatever the request is made of, but where a fault drops it. It comes
        later where a fault delays it, and from the routes of the harness."""
        if request.path.startswith(ROOT):
            return self._answer_control(request)
        signed = self._admit(request)
        if not isinstance(signed, _Signed):
            return signed
        if self._backend.delaying:
            delay: float = self._backend.control("call-delay", {"action": signed.call.action})["seconds"]
            if delay:
                return self._answer_late(signed, delay)
        if not self._is_ready(signed):
            return self._answer_late(signed, 0)
        return self._ask(signed)

    async def _answer_late(self, signed: _Signed, delay: float) -> Answer | None:
        await asyncio.sleep(delay)
        while not self._is_ready(signed):
            await asyncio.sleep(0)
        return self._ask(signed)

    def _is_ready(self, signed: _Signed) -> bool:
        """Whether a call can be answered now; a listing that would take long is prepared in parts, with others
        between.

        Of listings by the same parameters, the first in a while is asked about: only the first has something to make,
        and each by a pattern.
        """
        call = signed.call
        if not call.action.startswith(_LISTS):
            return True
        parameters, now = call.parameters, time.monotonic()
        form = (call.product, call.action, signed.account, parameters.get("RegionId"), frozenset(parameters))
        patterned = "*" in parameters.get(_PATTERNS.get(call.action, ""), "")
        if not patterned and self._ready.get(form, 0) > now:
            return True
        asked = {"action": call.action, "parameters": parameters, "account": signed.account}
        try:
            ready = bool(self._backend.control("prepare-call", {**asked, "product": call.product})["ready"])
        except Exception:
            # What is wrong, the call itself says.
            ready = True
        if ready:
            if len(self._ready) >= _FORMS:
                self._ready.clear()
            self._ready[form] = now + _READY_SECONDS
        return ready

    def refuse(self, refused: Refused) -> Answer:
        """The answer to what is no request that can be read."""
        xml = format_of(refused.query, refused.headers or {})
        status = refused.status
        if status == 403:
            return self._refuse(ApiError("Forbidden", f"The request is refused: {refused.why}.", status), xml=xml)
        return self._refuse(refusal(refused.what, refused.why, status), xml=xml)

    def _admit(self, asked: Request) -> _Signed | Answer:
        """The call that a request carries, or the answer that refuses it."""
        xml = False
        try:
            request = read_request(asked.method, asked.path, asked.query, asked.headers, asked.body)
            xml = wants_xml(request)
            call = read_call(request)
            credential = self._verifier.verify(request)
        except ApiError as error:
            return self._refuse(error, xml=xml)
        except Exception:
            _log_exception("The request could not be read.")
            return self._render(ApiError("InternalError"), xml)
        return _Signed(call, credential.account, xml, asked.headers.get("host"))

    def _ask(self, signed: _Signed) -> Answer | None:
        """The backend's answer; None where a fault drops it."""
        call, xml = signed.call, signed.xml
        try:
            answer = self._backend.call(call.action, call.parameters, product=call.product, account=signed.account)
            if call.action == "DescribeRegions" and call.product == ECS and signed.host:
                answer = regions_at(answer, signed.host)
            rendered = render(answer, f"{call.action}Response", xml)
        except ApiError as error:
            return self._render(error, xml)
        except NoAnswer:
            return None
        except Exception:
            _log_exception(f"The backend could not answer {call.action}.")
            return self._render(ApiError("InternalError"), xml)
        return Answer(200, XML if xml else JSON, str(answer.get("RequestId", "")), rendered)

    def _refuse(self, error: ApiError, *, xml: bool = False) -> Answer:
        """The answer that refuses a request before the backend sees it; it is logged."""
        answer = self._render(error, xml)
        if self._log is not None:
            reason = error.message.partition(" server string to sign")[0]
            self._log(Refusal(error.code, error.status, answer.request_id, reason[:_REASON_MAX]))
        return answer

    def _render(self, error: ApiError, xml: bool) -> Answer:
        request_id = error.request_id or self._world.request_id()
        body = render_error(error, request_id, self._host_id, xml)
        return Answer(error.status, XML if xml else JSON, request_id, body, error.retry_after)

    async def _answer_control(self, request: Request) -> Answer:
        method, path = request.method, request.path
        try:
            answer = await self._control.answer(method, path, request.headers, request.body, request.peer)
            return Answer(200, JSON, self._world.request_id(), answer)
        except ApiError as error:
            return self._refuse(error)
        except Exception:
            _log_exception(f"The backend could not serve {path[:100]}.")
            return self._render(ApiError("InternalError"), xml=False)


def _log_exception(what: str) -> None:
    """Log the exception that is being handled, without the secrets that it quotes."""
    _logger.error("%s\n%s", what, text(traceback.format_exc()))
