"""From a request to an answer: the application of an endpoint, over a backend. No sockets."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
import traceback
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from faultzone.api.callers import CALLER, Caller
from faultzone.api.errors import ApiError
from faultzone.backends import Backend
from faultzone.errors import NoAnswer
from faultzone.journal.redaction import text
from faultzone.listen.messages import Answer as AnyAnswer
from faultzone.listen.messages import Broken, Refused, Request, head
from faultzone.serve.control import CERTIFICATE, ROOT, STREAM, TOKEN_HEADER, Control
from faultzone.serve.signatures import Verifier
from faultzone.serve.wire import (
    ADDRESSED,
    HTML,
    JSON,
    XML,
    Call,
    answered_at,
    format_of,
    named_in,
    read_call,
    read_request,
    refusal,
    render,
    render_error,
    signed_by,
    wants_xml,
)
from faultzone.world import World

#: How much of a refusal's reason is kept in the journal.
_REASON_MAX: Final = 300

#: The type of a certificate.
PEM: Final = "application/x-pem-file"
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
    """A request that was refused before the backend saw it. It holds nothing of what was signed, but whose action was
    asked for."""

    code: str
    status: int
    request_id: str
    reason: str
    product: str = ""
    action: str = ""


class Answer(NamedTuple):
    """What goes back: status, type, the request's id, the body, and further headers."""

    status: int
    content_type: str
    request_id: str
    body: bytes
    retry_after: int | None = None
    headers: tuple[tuple[str, str], ...] = ()

    def head(self, *, close: bool) -> bytes:
        """The status line and the headers; with `close` they say that the connection ends."""
        fields = [("Content-Type", self.content_type), ("x-acs-request-id", self.request_id), *self.headers]
        if self.retry_after is not None:
            fields.append(("x-acs-retry-after", str(self.retry_after)))
        return head(self.status, fields, len(self.body), close=close)


class _Signed(NamedTuple):
    """A call that may be handed to the backend."""

    call: Call
    account: str
    xml: bool
    host: str
    caller: Caller | None


def _is_of_a_browser(request: Request) -> bool:
    """Whether a request without a query asks for nothing of the API: no header names an action."""
    return (
        request.method == "GET"
        and request.path == "/"
        and not request.body
        and "x-acs-action" not in request.headers
        and "authorization" not in request.headers
    )


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
        #: How many calls are answered later, for now.
        self.under_way = 0
        # Apart from the region's, whose ids must not depend on what never reached it.
        self._world = World(secrets.token_hex())
        #: The form of a listing -> until when it counts as ready.
        self._ready: dict[tuple[object, ...], float] = {}

    def answer(self, request: Request) -> Answer | Broken | Coroutine[Any, Any, AnyAnswer | Broken | None] | None:
        """The answer to one request: always one, whatever the request is made of, but where a fault drops it. It comes
        later where a fault delays it, and from the routes of the harness."""
        if request.path.startswith(ROOT):
            return self._answer_control(request)
        if not request.query and (shown := self._show(request)) is not None:
            return shown
        signed = self._admit(request)
        if not isinstance(signed, _Signed):
            return signed
        if self._backend.delaying:
            return self._delay(signed)
        if not self._is_ready(signed):
            return self._answer_late(signed, 0)
        return self._ask(signed)

    def _show(self, request: Request) -> Answer | None:
        """The page for a browser, if a request is of one."""
        if not _is_of_a_browser(request):
            return None
        from faultzone.serve import console  # Most calls are of clients.

        page, headers = console.page(self._host_id)
        return Answer(200, HTML, self._world.request_id(), page, headers=headers)

    def _delay(self, signed: _Signed) -> Answer | Broken | Coroutine[Any, Any, Answer | Broken | None] | None:
        """The same where a fault may delay the call."""
        call, caller = signed.call, signed.caller
        before = CALLER.set(caller)
        try:
            told = self._backend.control("call-delay", {"action": call.action, "parameters": call.parameters})
        finally:
            CALLER.reset(before)
        if caller is not None:
            signed = signed._replace(caller=caller._replace(met=True))
        seconds: float = told["seconds"]
        if seconds or not self._is_ready(signed):
            return self._answer_late(signed, seconds, after_effect=told["after_effect"])
        return self._ask(signed)

    async def _answer_late(
        self, signed: _Signed, delay: float, *, after_effect: bool = False
    ) -> Answer | Broken | None:
        self.under_way += 1
        try:
            if not after_effect:
                await asyncio.sleep(delay)
            while not self._is_ready(signed):
                await asyncio.sleep(0)
            answer = self._ask(signed)
            if after_effect:
                await asyncio.sleep(delay)
            return answer
        finally:
            self.under_way -= 1

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
        xml, request = False, None
        try:
            request = read_request(asked.method, asked.path, asked.query, asked.headers, asked.body)
            xml = wants_xml(request)
            call = read_call(request)
            credential = self._verifier.verify(request)
        except ApiError as error:
            named = named_in(request) if request is not None else ("", "")
            return self._refuse(error, xml=xml, named=named, host=asked.headers.get("host", ""))
        except Exception:
            _log_exception("The request could not be read.")
            return self._render(ApiError("InternalError"), xml)
        call = signed_by(call, credential.access_key_id)
        own = TOKEN_HEADER in asked.headers and self._control.is_known(asked.headers)
        caller = None if own else Caller(credential.access_key_id, served=True)
        return _Signed(call, credential.account, xml, asked.headers.get("host", ""), caller)

    def _ask(self, signed: _Signed) -> Answer | Broken | None:
        """The backend's answer, or what becomes of its connection; None where a fault drops it."""
        call, xml = signed.call, signed.xml
        before = CALLER.set(signed.caller)
        try:
            answer = self._backend.call(call.action, call.parameters, product=call.product, account=signed.account)
            return self._show_answer(signed, answer)
        except ApiError as error:
            return self._render(error, xml, signed.host)
        except NoAnswer as lost:
            if not lost.how:
                return None
            cut = lost.how == "truncated" and lost.answer is not None
            return Broken(lost.how, self._show_answer(signed, lost.answer or {}) if cut else None)
        except Exception:
            _log_exception(f"The backend could not answer {call.action}.")
            return self._render(ApiError("InternalError"), xml, signed.host)
        finally:
            CALLER.reset(before)

    def _show_answer(self, signed: _Signed, answer: Mapping[str, Any]) -> Answer:
        """What goes back to the client of a call that was answered."""
        call, xml = signed.call, signed.xml
        shown = answered_at(call, answer, signed.host) if call.action in ADDRESSED else answer
        rendered = render(shown, f"{call.action}Response", xml)
        return Answer(200, XML if xml else JSON, str(answer.get("RequestId", "")), rendered)

    def _refuse(
        self, error: ApiError, *, xml: bool = False, named: tuple[str, str] = ("", ""), host: str = ""
    ) -> Answer:
        """The answer that refuses a request before the backend sees it; it is logged."""
        answer = self._render(error, xml, host)
        if self._log is not None:
            reason = error.message.partition(" server string to sign")[0]
            self._log(Refusal(error.code, error.status, answer.request_id, reason[:_REASON_MAX], *named))
        return answer

    def _render(self, error: ApiError, xml: bool, host: str = "") -> Answer:
        """A refusal, which names the host that was asked."""
        request_id = error.request_id or self._world.request_id()
        body = render_error(error, request_id, host or self._host_id, xml)
        return Answer(error.status, XML if xml else JSON, request_id, body, error.retry_after)

    async def _answer_control(self, request: Request) -> AnyAnswer:
        method, path = request.method, request.path
        try:
            if (method, path) == ("GET", STREAM):
                return await self._control.stream(request)
            answer = await self._control.answer(
                method, path, request.headers, request.body, request.peer, request.query
            )
            return Answer(200, PEM if path == CERTIFICATE else JSON, self._world.request_id(), answer)
        except ApiError as error:
            return self._refuse(error)
        except Exception:
            _log_exception(f"The backend could not serve {path[:100]}.")
            return self._render(ApiError("InternalError"), xml=False)


def _log_exception(what: str) -> None:
    """Log the exception that is being handled, without the secrets that it quotes."""
    _logger.error("%s\n%s", what, text(traceback.format_exc()))
