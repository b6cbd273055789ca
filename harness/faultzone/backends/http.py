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
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from faultzone.backends.answers import documented
from faultzone.clock import SECOND
from faultzone.ecs.errors import ApiError
from faultzone.errors import HarnessError, NoAnswer, NotSupported, UnknownTarget, UsageError
from faultzone.journal import Journal
from faultzone.redaction import recorded, text, told

#: Seconds that an endpoint has to answer a call, and a control verb: `advance` by months does all that falls due.
_TIMEOUT: Final = 30.0
_CONTROL_TIMEOUT: Final = 600.0
_CONTROL: Final = "/_faultzone/control/"
_TOKEN: Final = "x-faultzone-token"

#: Completes and signs flat parameters: (method, parameters, key pair) -> all parameters, `Signature` among them.
Sign = Callable[[str, Mapping[str, str], tuple[str, str]], Mapping[str, str]]


def flatten(parameters: Mapping[str, object]) -> dict[str, str]:
    """Parameters as the flat text of the wire: lists as `Name.1`, structures as `Name.Field`; what is None is left
    out."""
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
            _flatten(f"{name}.{number}", inner, into)
    elif isinstance(value, bool):
        into[name] = "true" if value else "false"
    elif isinstance(value, str | int | float):
        into[name] = str(value)
    else:
        raise UsageError(f"{name} is a {type(value).__name__}, which cannot be sent: write text, a number, or a list")


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

    def __init__(self, url: str, keys: Sequence[tuple[str, str]], *, token: str | None, sign: Sign) -> None:
        parts = urlsplit(url)
        try:
            complete = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:  # Of the port.
            complete = False
        if not complete or parts.path not in ("", "/") or parts.query or parts.username:
            raise UsageError(f"{text(url)!r} is not the URL of an endpoint; write http://127.0.0.1:PORT")
        if not keys:
            raise UsageError("an endpoint needs at least one key pair")
        self.name, self._parts, self._keys, self._token, self._sign = url, parts, list(keys), token, sign
        self._idle: list[http.client.HTTPConnection] = []
        #: Whether calls may go unanswered on purpose.
        self._drops = False
        self._accounts: dict[str, tuple[str, str]] = {}
        self.capabilities: frozenset[str] = frozenset()
        self.journal = Journal()
        if token is not None:
            try:
                self._learn(self.control("shape", {}))
            except BaseException:
                self.close()
                raise

    def _learn(self, shape: Mapping[str, Any]) -> None:
        """Note what the endpoint says that it can do, as far as the key pairs reach."""
        self._accounts = dict(zip(shape["accounts"], self._keys, strict=False))
        lacking = set() if len(self._accounts) == len(shape["accounts"]) else {"change-account"}
        self.capabilities = frozenset(shape["capabilities"]) - lacking

    def reset(self, options: Mapping[str, object]) -> None:
        """Have the cloud behind the endpoint made anew.

        Raises:
            UsageError: it cannot be of this shape.
        """
        self._learn(self.control("reset", options))

    def call(self, action: str, parameters: Mapping[str, object], *, account: str | None = None) -> dict[str, Any]:
        """Sign and send one action; see `Backend.call`.

        Raises:
            NoAnswer: a fault of the API drops the call.
        """
        if account is not None and not isinstance(account, str):
            raise UsageError(f"account={told(account)}: write the id of an account")
        if account is None:
            key = self._keys[0]
        elif account in self._accounts:
            key = self._accounts[account]
        else:
            raise NotSupported(f"no key pair is given for the account {account}")
        if not isinstance(action, str):
            raise UsageError(f"action={told(action)}: write the name of an action, such as 'DescribeInstances'")
        said: dict[str, Any] = {"action": action, "parameters": recorded(parameters)}
        try:
            body = urlencode(self._sign("POST", {**flatten(parameters), "Action": action}, key))
        except UnicodeEncodeError as trouble:
            raise UsageError(f"{action} has the text {told(trouble.object)}: UTF-8 cannot carry it") from None
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        status, answer = self._request("/", body, form)
        if status < 300:
            self.journal.append(int(time.time() * SECOND), "call", {**said, "answer": _kept(answer)})
            read: dict[str, Any] = documented(answer)
            return read
        self.journal.append(int(time.time() * SECOND), "refusal", {**said, "code": answer.get("Code")})
        refusal = ApiError(str(answer.get("Code", "")), str(answer.get("Message", "")), status)
        refusal.request_id = answer.get("RequestId")
        raise refusal

    def control(self, verb: str, arguments: Mapping[str, object]) -> dict[str, Any]:
        """Ask a control route; see `Backend.control`."""
        if self._token is None:
            raise NotSupported(f"{self.name} is used through its public API alone: no control token is given")
        headers = {"Content-Type": "application/json", _TOKEN: self._token}
        recorded(arguments, "arguments")  # Only what is plain travels.
        if functions := [name for name, value in arguments.items() if callable(value)]:
            raise NotSupported(f"{verb}: {functions[0]} is a function, which does not travel to {self.name}")
        try:
            body = json.dumps(dict(arguments))
        except (TypeError, ValueError) as trouble:
            raise UsageError(f"{verb}: {trouble}: write what JSON can carry") from None
        status, answer = self._request(_CONTROL + verb, body, headers, _CONTROL_TIMEOUT)
        if status < 300:
            self._drops = verb != "reset" and (self._drops or (verb == "api-fault" and arguments.get("kind") == "drop"))
            return answer
        message = str(answer.get("Message", answer))
        if status == 501:
            raise NotSupported(message)
        if status == 400:
            raise UnknownTarget(message) if answer.get("Code") == "UnknownTarget" else UsageError(message)
        raise HarnessError(f"{self.name}: {status} {message}")

    def _request(
        self, path: str, body: str, headers: dict[str, str], seconds: float = _TIMEOUT
    ) -> tuple[int, dict[str, Any]]:
        connection = self._connection()
        try:
            connection.timeout = seconds
            if connection.sock is not None:
                connection.sock.settimeout(seconds)
            connection.request("POST", path, body.encode(), headers)
            response = connection.getresponse()
            status, raw = response.status, response.read()
        except BaseException as trouble:
            connection.close()
            if self._drops and path == "/" and isinstance(trouble, BrokenPipeError | ConnectionResetError):
                raise NoAnswer(f"{self.name} ended the connection: {trouble}") from trouble
            if isinstance(trouble, http.client.HTTPException | OSError):
                raise HarnessError(f"{self.name} does not answer: {trouble}") from trouble
            raise
        self._idle.append(connection)
        try:
            answer = json.loads(raw)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise HarnessError(f"{self.name} answered {status} with something that is no JSON object: {raw[:200]!r}")
        return status, answer

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


def _kept(answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer as it may be written down."""
    try:
        return recorded(answer, "the answer")
    except UsageError as odd:  # What an endpoint answers is for the tests to judge.
        return {"not_kept": str(odd)}


def _has_ended(idle: socket.socket) -> bool:
    """Whether the other side has closed an idle connection: only then is there something to read, its end.

    What is sent on it would be lost, and could not be told from what the other side took and did not answer.
    """
    with selectors.DefaultSelector() as selector:
        selector.register(idle, selectors.EVENT_READ)
        return bool(selector.select(0))
