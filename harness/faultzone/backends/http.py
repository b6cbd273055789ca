"""The backend behind any URL: the public API signed and sent over HTTP, and control routes where the endpoint has
them."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from faultzone.backends.answers import documented
from faultzone.clock import SECOND
from faultzone.ecs.errors import ApiError
from faultzone.errors import HarnessError, NotSupported, UsageError
from faultzone.journal import Journal, redacted

#: Seconds that an endpoint has to answer.
_TIMEOUT: Final = 30.0
_CONTROL: Final = "/_faultzone/control/"
_TOKEN: Final = "x-faultzone-token"

#: How a connection ends that the other side had closed while it was idle.
_STALE: Final = (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError)

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
    else:
        into[name] = str(value)


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
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError(f"{url!r} is not the URL of an endpoint; write http://127.0.0.1:PORT")
        if not keys:
            raise UsageError("an endpoint needs at least one key pair")
        self.name, self._parts, self._keys, self._token, self._sign = url, parts, list(keys), token, sign
        self._local = threading.local()
        self._connections: list[http.client.HTTPConnection] = []
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
        """Sign and send one action; see `Backend.call`."""
        if account is None:
            key = self._keys[0]
        elif account in self._accounts:
            key = self._accounts[account]
        else:
            raise NotSupported(f"no key pair is given for the account {account}")
        body = urlencode(self._sign("POST", {**flatten(parameters), "Action": action}, key))
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        status, answer = self._request("POST", "/", body, form)
        said: dict[str, Any] = {"action": action, "parameters": redacted(parameters)}
        if status < 300:
            self.journal.append(int(time.time() * SECOND), "call", {**said, "answer": answer})
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
        given = {name: value for name, value in arguments.items() if value is not None or name == "limit"}
        if functions := [name for name, value in given.items() if callable(value)]:
            raise NotSupported(f"{verb}: {functions[0]} is a function, which does not travel to {self.name}")
        status, answer = self._request("POST", _CONTROL + verb, json.dumps(given), headers)
        if status < 300:
            return answer
        message = str(answer.get("Message", answer))
        if status == 501:
            raise NotSupported(message)
        raise UsageError(message) if status == 400 else HarnessError(f"{self.name}: {status} {message}")

    def _request(self, method: str, path: str, body: str, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
        reused = getattr(self._local, "connection", None) is not None
        try:
            try:
                status, raw = self._exchange(method, path, body, headers)
            except _STALE:
                # An idle connection may have been closed meanwhile: then nothing was done, and it is sent once more.
                if not reused:
                    raise
                self._drop()
                status, raw = self._exchange(method, path, body, headers)
        except (http.client.HTTPException, OSError) as trouble:
            self._drop()
            raise HarnessError(f"{self.name} does not answer: {trouble}") from trouble
        try:
            answer = json.loads(raw)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise HarnessError(f"{self.name} answered {status} with something that is no JSON object: {raw[:200]!r}")
        return status, answer

    def _exchange(self, method: str, path: str, body: str, headers: dict[str, str]) -> tuple[int, bytes]:
        connection = self._connection()
        connection.request(method, path, body.encode(), headers)
        response = connection.getresponse()
        return response.status, response.read()

    def _connection(self) -> http.client.HTTPConnection:
        connection: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if connection is None:
            kind = http.client.HTTPSConnection if self._parts.scheme == "https" else http.client.HTTPConnection
            connection = kind(self._parts.hostname or "", self._parts.port, timeout=_TIMEOUT)
            self._local.connection = connection
            self._connections.append(connection)
        return connection

    def _drop(self) -> None:
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._connections.remove(connection)
            self._local.connection = None

    def close(self) -> None:
        """End the connections of all threads; the next call makes a new one."""
        for connection in self._connections:
            connection.close()
        self._connections.clear()
        self._local = threading.local()
