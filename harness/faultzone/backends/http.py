"""The backend behind any URL: the public API signed and sent over HTTP, and control routes where the endpoint has
them."""

from __future__ import annotations

import http.client
import json
import selectors
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import count
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from faultzone.api.callers import CALLER
from faultzone.api.ecs import ECS
from faultzone.api.errors import ApiError
from faultzone.api.products import version_of
from faultzone.api.values import has_no_field
from faultzone.backends.answers import documented, from_control, kept, throttles
from faultzone.backends.listening import Listeners
from faultzone.backends.retries import Budget
from faultzone.clock import SECOND
from faultzone.control import tables
from faultzone.errors import HarnessError, NoAnswer, NotSupported, Unanswered, UnknownTarget, UsageError
from faultzone.journal.journal import Journal
from faultzone.journal.redaction import noted, quoted, recorded, text

#: Seconds that an endpoint has to answer a call, and a control verb: `advance` by months does all that falls due.
TIMEOUT: Final = 30.0
_CONTROL_TIMEOUT: Final = 600.0
#: What an answer may have: a whole journal, and more.
_ANSWER_MOST: Final = 1 << 29
#: Answers are nested no deeper: what looks into them calls itself for each level.
_DEEPEST: Final = 100
_CONTROL: Final = "/_faultzone/control/"
_TOKEN: Final = "x-faultzone-token"
#: Actions that change nothing begin so.
_READING: Final = ("Describe", "List", "Get")
#: What the end of a connection comes out as.
_ENDS: Final = (BrokenPipeError, ConnectionResetError, http.client.IncompleteRead)

#: Completes and signs flat parameters: (method, parameters, key pair) -> all parameters, `Signature` among them.
Sign = Callable[[str, Mapping[str, str], tuple[str, str]], Mapping[str, str]]


def flatten(parameters: Mapping[str, object]) -> dict[str, str]:
    """Parameters as the flat text of the wire: lists as `Name.1`, structures as `Name.Field`; what is None is left
    out.

    Raises:
        UsageError: a value cannot be sent, such as an item of a list that has no field.
    """
    flat: dict[str, str] = {}
    for name, value in parameters.items():
        _flatten(name, value, flat)
    return flat


def _flatten(name: str, value: object, into: dict[str, str]) -> None:
    if value is None:
        return
    if isinstance(value, Mapping):
        for field, inner in value.items():
            _flatten(f"{name}.{field}", inner, into)
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value, 1):
            if has_no_field(inner):
                raise UsageError.expected(
                    f"{name}.{number}", inner, "a structure with a field, such as {'Key': 'team'}"
                )
            _flatten(f"{name}.{number}", inner, into)
    elif isinstance(value, bool):
        into[name] = "true" if value else "false"
    elif isinstance(value, str | int | float):
        into[name] = str(value)
    else:
        raise UsageError.expected(name, value, "text, a number or a list")


class HttpBackend:
    """An ECS endpoint.

    Args:
        url: such as `http://127.0.0.1:8000`.
        keys: (access key id, secret) of each account, the default account first.
        token: of the control routes; without one the public API alone is used.
        sign: signs flat parameters with a key pair for a method, and gives them back complete.

    Raises:
        UsageError: the URL is none, or no key pair is given.
        HarnessError: the endpoint does not answer.
    """

    outlives_tests = True
    delaying = False

    def __init__(self, url: str, keys: Sequence[tuple[str, str]], *, token: str | None, sign: Sign) -> None:
        parts = urlsplit(url)
        try:
            complete = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:  # Of the port.
            complete = False
        if not complete or parts.path not in ("", "/") or parts.query or parts.username:
            raise UsageError(f"url={text(url)!r}: expected the URL of an endpoint, such as http://127.0.0.1:8080")
        if not keys:
            raise UsageError("keys: expected at least one key pair, such as testid:testsecret")
        self.name, self._parts, self._keys, self._token, self._sign = url, parts, list(keys), token, sign
        self._idle: list[http.client.HTTPConnection] = []
        #: Whether calls may be refused or go unanswered on purpose.
        self._faults = False
        #: The numbers of the faults that are to come, as far as the journal knows.
        self._planned: set[int] = set()
        #: What calls are repeated from, where they may be; and the seconds that each has.
        self.budget: Budget | None = None
        self.timeout = TIMEOUT
        self._accounts: dict[str, tuple[str, str]] = {}
        self.capabilities: frozenset[str] = frozenset()
        self.journal = Journal()
        self._listeners = Listeners(lambda number: self._control("notices", {"since": number})["notices"])
        self._numbers = count(-1, -1)
        if token is not None:
            try:
                self._learn(self._control("shape", {}))
            except BaseException:
                self.close()
                raise

    def _learn(self, shape: Mapping[str, Any]) -> None:
        """Note what the endpoint says that it can do, as far as the key pairs reach."""
        self._accounts = dict(zip(shape["accounts"], self._keys, strict=False))
        lacking = set() if len(self._accounts) == len(shape["accounts"]) else {"change-account"}
        self.capabilities = frozenset(shape["capabilities"]) - lacking

    def call(
        self, action: str, parameters: Mapping[str, object], *, product: str = ECS, account: str | None = None
    ) -> dict[str, Any]:
        """Sign and send one action; see `Backend.call`.

        Raises:
            NoAnswer: a fault of the API drops the call.
        """
        if account is not None and not isinstance(account, str):
            raise UsageError(f"account={quoted(account)}: expected the ID of an account")
        if account is None:
            key = self._keys[0]
        elif account in self._accounts:
            key = self._accounts[account]
        else:
            raise NotSupported(f"no key pair is given for the account {account}")
        if not isinstance(action, str):
            raise UsageError(f"action={quoted(action)}: expected the name of an action, such as 'DescribeInstances'")
        named = {"Version": version_of(product), "Action": action}
        said: dict[str, Any] = {"action": action, "parameters": recorded(parameters)}
        if product != ECS:
            said["product"] = product

        def signed() -> str:
            try:
                return urlencode(self._sign("POST", {**flatten(parameters), **named}, key))
            except UnicodeEncodeError as error:
                raise UsageError(f"{action}: expected text that UTF-8 can encode, got {quoted(error.object)}") from None

        form = {"Content-Type": "application/x-www-form-urlencoded"}
        if self._token is not None and CALLER.get() is None:
            form[_TOKEN] = self._token  # A call of the test's own, which meets no fault that is for clients.
        refuses = frozenset({_THROTTLING} if throttles(action, product) else ())
        status, answer = self._ask("/", signed, form, reads=action.startswith(_READING), refuses=refuses)
        if status < 300:
            self.journal.append(int(time.time() * SECOND), "call", {**said, "answer": kept(answer)})
            self._listeners.deliver()
            return self._held(partial(documented, action, product=product), answer)
        self.journal.append(int(time.time() * SECOND), "refusal", {**said, "code": answer.get("Code")})
        self._listeners.deliver()
        refusal = ApiError(str(answer.get("Code", "")), str(answer.get("Message", "")), status)
        refusal.request_id = answer.get("RequestId")
        raise refusal

    def control(self, verb: str, arguments: Mapping[str, object]) -> dict[str, Any]:
        """Ask a control route; see `Backend.control`.

        A function that subscribes is called here, with the notices that the endpoint has after each call and each verb;
        `advance` stops for each of them. Its number is below 0, so that it is none of the endpoint's.
        """
        recorded(arguments, "arguments")  # Only what is plain travels.
        function = arguments.get("function")
        if verb == "subscribe" and callable(function) and len(arguments) == 1:
            number = next(self._numbers)
            self._listeners.add(number, function, self._control("notices", {})["next"])
            return {"id": number}
        if verb == "unsubscribe" and self._listeners.remove(arguments.get("id")):
            return {"ended": True}
        if verb == "advance" and self._listeners:
            return self._advance(arguments)
        answer = self._control(verb, arguments)
        self._listeners.deliver()
        return answer

    def _advance(self, arguments: Mapping[str, object]) -> dict[str, Any]:
        """Let region time pass, and call who listens before more of it passes."""
        timers, left = 0, arguments.get("milliseconds")
        while True:
            answer = self._control("advance", {**arguments, "milliseconds": left, "to_notice": True})
            timers, left = timers + answer["timers"], answer["left"]
            self._listeners.deliver()
            if not left:
                return {"now": answer["now"], "timers": timers}

    def _control(self, verb: str, arguments: Mapping[str, object]) -> dict[str, Any]:
        if self._token is None:
            raise NotSupported(f"{self.name} is used through its public API alone: no control token is given")
        headers = {"Content-Type": "application/json", _TOKEN: self._token}
        if functions := [name for name, value in arguments.items() if callable(value)]:
            raise NotSupported(f"{verb}: {functions[0]} is a function, which does not travel to {self.name}")
        try:
            body = json.dumps(dict(arguments))
        except (TypeError, ValueError) as error:
            raise UsageError(f"{verb}: expected arguments that JSON can encode: {error}") from None
        if verb == "inject":
            self._note("owed", arguments.get("fault"))
        known = tables.MEMORY.get(verb)
        reads = known is not None and known.repeatable
        status, answer = self._ask(_CONTROL + verb, lambda: body, headers, reads=reads, seconds=_CONTROL_TIMEOUT)
        if status < 300:
            checked = self._held(partial(from_control, verb), answer)
            self._learn_of(verb, arguments, checked)
            return checked
        message = str(answer.get("Message", answer))
        if status == 501:
            raise NotSupported(message)
        if status == 400:
            raise UnknownTarget(message) if answer.get("Code") == "UnknownTarget" else UsageError(message)
        raise HarnessError(f"{self.name}: {status} {message}")

    def _ask(
        self,
        path: str,
        write: Callable[[], str],
        headers: dict[str, str],
        *,
        reads: bool,
        refuses: frozenset[str] = frozenset(),
        seconds: float | None = None,
    ) -> tuple[int, dict[str, Any]]:
        """Send a request, and send it again where it is lost or throttled, as far as the budget goes.

        Args:
            write: the body, anew for each time: an endpoint takes no signature twice.
            refuses: the codes with which the action itself refuses, which are an answer.
        """
        budget = None if self._faults else self.budget
        if budget is None:
            return self._request(path, write(), headers, seconds)
        budget.calls += 1
        tries = 0
        while True:
            tries += 1
            try:
                status, answer = self._request(path, write(), headers, seconds)
                code = str(answer.get("Code", ""))
                if code not in refuses and (kind := trouble(status, code)):
                    does = "throttles" if kind == "throttled" else "is unavailable"
                    raise Unanswered(f"{self.name} {does}: {status} {code}", kind, status=status)
                return status, answer
            except Unanswered as error:
                if not budget.repeats(error, tries, reads=reads):
                    raise

    def _learn_of(self, verb: str, arguments: Mapping[str, object], answer: Mapping[str, Any]) -> None:
        """Journal what became of faults, as the endpoint does in its own journal, and note what may follow."""
        if verb == "reset":
            self._listeners.clear()
            self._learn(answer)
            self._faults, self._planned = False, set()
        elif verb == "schedule":
            self._planned.add(answer["number"])
            self._faults = self._faults or tables.is_of_calls(answer["fault"]["fault"])
            self._note("notice", {"what": "fault scheduled", "after": arguments["after"], **answer["fault"]})
        elif verb == "play":
            for record in answer["faults"]:
                self._planned.add(record["number"])
                self._faults = self._faults or tables.is_of_calls(record["fault"]["fault"])
                self._note("notice", {"what": "fault scheduled", **record["fault"]})
        elif verb == "inject":
            self._began(answer)
        elif verb == "note" and arguments["kind"] in ("operation", "probe"):
            self._note(str(arguments["kind"]), arguments["data"])
        elif verb in ("undo", "faults"):
            for record in [answer] if verb == "undo" else answer["faults"]:
                if record["number"] in self._planned and record["since"] is not None:
                    self._planned.remove(record["number"])
                    self._note("owed", record["fault"], record["since"])
                    self._began(record)
            if verb == "undo" and answer["since"] is not None:
                self._note("undo", answer["fault"])

    def _began(self, record: Mapping[str, Any]) -> None:
        self._note("fault", record["fault"], record["since"])
        self._faults = self._faults or tables.is_of_calls(record["fault"]["fault"])

    def _note(self, kind: str, said: object, at: int | None = None) -> None:
        """Journal something at an instant of the region's time, at the present one if none is given."""
        if isinstance(said, Mapping):
            now = self._control("clock", {})["now"] if at is None and "move-time" in self.capabilities else at or 0
            self.journal.append(now, kind, noted(recorded(said)))

    def _request(
        self, path: str, body: str, headers: dict[str, str], seconds: float | None
    ) -> tuple[int, dict[str, Any]]:
        connection = self._connection()
        try:
            connection.timeout = seconds or self.timeout
            if connection.sock is not None:
                connection.sock.settimeout(connection.timeout)
            connection.request("POST", path, body.encode(), headers)
            response = connection.getresponse()
            status, raw = response.status, _read(response, self.name)
            location = response.getheader("location", "") if 300 <= status < 400 else ""
        except BaseException as error:
            connection.close()
            if self._faults and path == "/" and isinstance(error, _ENDS):
                raise NoAnswer(f"{self.name} ended the connection: {error}") from error
            if isinstance(error, http.client.HTTPException | OSError):
                raise Unanswered(f"{self.name} does not answer: {error}", _kind(error)) from error
            raise
        self._idle.append(connection)
        try:
            answer = json.loads(raw)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            kind = "unavailable" if status in _UNAVAILABLE else "unreadable"
            says = f"{self.name} answered {status} with something that is no JSON object: {raw[:200]!r}"
            raise Unanswered(says, kind, status=status, location=location)
        if 300 <= status < 400:
            says = f"{self.name} answered {status}, a redirect to {location or 'nowhere'}"
            raise Unanswered(says, "unreadable", status=status, location=location)
        return status, answer

    def _held(self, hold: Callable[[dict[str, Any]], dict[str, Any]], answer: dict[str, Any]) -> dict[str, Any]:
        """An answer as its reader holds it, who looks into it later."""
        if _is_deeper(answer, _DEEPEST):
            raise Unanswered(f"{self.name} answered with JSON that is nested too deeply", "unreadable")
        return hold(answer)

    def _connection(self) -> http.client.HTTPConnection:
        """One that no other thread uses: idle, and not closed by the other side meanwhile, or else new."""
        while self._idle:
            with suppress(IndexError):  # Another thread took the last one.
                connection = self._idle.pop()
                if connection.sock is None or not _has_ended(connection.sock):
                    return connection
                connection.close()
        kind = http.client.HTTPSConnection if self._parts.scheme == "https" else http.client.HTTPConnection
        return kind(self._parts.hostname or "", self._parts.port)

    def close(self) -> None:
        """End the connections; the next call makes a new one."""
        while self._idle:
            with suppress(IndexError):
                self._idle.pop().close()


def _read(response: http.client.HTTPResponse, name: str) -> bytes:
    """The body of an answer.

    Raises:
        Unanswered: it is longer than any that is kept in memory here.
    """
    raw = b""
    length = response.length
    if length is None:  # Where its end is, is said when it comes.
        raw = response.read(_ANSWER_MOST + 1)
        length = len(raw)
    elif length <= _ANSWER_MOST:
        raw = response.read()
    if length > _ANSWER_MOST:
        raise Unanswered(f"{name} answered {response.status} with more than {_ANSWER_MOST >> 20} MiB", "unreadable")
    return raw


def _has_ended(idle: socket.socket) -> bool:
    """Whether the other side has closed an idle connection: only then is there something to read, its end.

    What is sent on it would be lost, and would look like what the other side took and did not answer.
    """
    with selectors.DefaultSelector() as selector:
        selector.register(idle, selectors.EVENT_READ)
        return bool(selector.select(0))


#: How a gateway says that the service behind it cannot be had now, and how a service says that it is asked too often.
_UNAVAILABLE: Final = frozenset({502, 503, 504})
_TOO_MANY: Final = 429
_THROTTLING: Final = "Throttling"


def trouble(status: int, code: str) -> str:
    """What an answer says that says nothing of the region: `throttled` or `unavailable`; empty for any other."""
    if status == _TOO_MANY or (status >= 400 and code.partition(".")[0] == _THROTTLING):
        return "throttled"
    return "unavailable" if status in _UNAVAILABLE else ""


def _is_deeper(answer: object, most: int) -> bool:
    """Whether mappings and lists stand in each other more than so many times."""
    level = [answer]
    for _ in range(most):
        inner = [each.values() if isinstance(each, dict) else each for each in level if isinstance(each, dict | list)]
        level = [each for holder in inner for each in holder]
        if not level:
            return False
    return True


def _kind(error: BaseException) -> str:
    """What became of a call; see `Unanswered`."""
    if isinstance(error, ConnectionRefusedError | socket.gaierror):
        return "refused"
    if isinstance(error, TimeoutError):
        return "late"
    # Of these, http.client's own error of an answer that never began is both.
    if isinstance(error, http.client.RemoteDisconnected | http.client.IncompleteRead | BrokenPipeError):
        return "lost"
    if isinstance(error, ConnectionError):
        return "reset"
    return "unreadable"
