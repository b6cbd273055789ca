"""The routes of the harness, under `/_faultzone/`, beside those of the API.

| route | does |
|---|---|
| `GET /_faultzone/health` | answers `{"status": "ok"}`; needs no token |
| `GET /_faultzone/ca.pem` | answers the certificate of the endpoint's authority; needs no token |
| `GET /_faultzone/schema` | describes the verbs and their arguments as a JSON schema |
| `GET /_faultzone/settings?region=<id>` | answers the settings of clients, by client |
| `GET /_faultzone/stream?region=<id>` | tells the answer of the verb `overview`, then changes, as server-sent events |
| `POST /_faultzone/control/<verb>` | hands the JSON object in the body to `Backend.control` and answers its answer |

The stream goes on from the `Last-Event-ID` of another one. The routes are open to loopback alone, whatever address the
endpoint listens on, and to whoever knows its token, the header `x-faultzone-token`. A refusal has the form of the
API's, so that a third party's fake needs one form: `Code` is the API's code, or the name of the harness's exception
(`UsageError` 400, `UnknownTarget` 400 for what a verb names and is not there, `NotSupported` 501, `HarnessError` 500).
"""

from __future__ import annotations

import asyncio
import hmac
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from faultzone.api.errors import ApiError
from faultzone.backends import Backend
from faultzone.errors import FaultzoneError, NotSupported, UsageError
from faultzone.listen.hosts import is_loopback
from faultzone.serve.wire import refusal, render

if TYPE_CHECKING:
    from faultzone.listen import Authority, Request
    from faultzone.serve.console import Feed, Stream

ROOT: Final = "/_faultzone/"
TOKEN_HEADER: Final = "x-faultzone-token"
CERTIFICATE: Final = ROOT + "ca.pem"
STREAM: Final = ROOT + "stream"
_CONTROL: Final = ROOT + "control/"
_VERB: Final = re.compile(r"[a-z][a-z0-9-]{0,63}")


class Control:
    """Answers the control routes of one endpoint.

    Args:
        backend: what answers.
        token: what a caller must show.
        authority: vouches for the endpoint where it speaks TLS.
        settings: gives those of clients for a region, by client.
    """

    def __init__(
        self,
        backend: Backend,
        token: str,
        authority: Authority,
        settings: Callable[[str], Mapping[str, str]] = lambda region: {},
    ) -> None:
        self._backend, self._authority, self._settings = backend, authority, settings
        self._token = token.encode()

    @cached_property
    def _feed(self) -> Feed:
        """What consoles are told; most endpoints have none."""
        from faultzone.serve.console import Feed

        return Feed(self._backend)

    def is_known(self, headers: Mapping[str, str]) -> bool:
        """Whether a request is of a harness, which shows the token. So are its calls of the API, which no client's
        are."""
        return hmac.compare_digest(headers.get(TOKEN_HEADER, "").encode(), self._token)

    async def answer(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, peer: str, query: bytes = b""
    ) -> bytes:
        """What to answer a request to one of the routes with: the body for status 200, JSON but for a certificate.

        Args:
            method: the method of the request.
            path: its path, which begins with `ROOT`.
            headers: names in lower case.
            body: its body, whole.
            peer: the address that it comes from.
            query: its query, without the question mark.

        Raises:
            ApiError: any refusal; `Forbidden` without the token or from another machine.
        """
        if not is_loopback(peer):
            raise _forbidden("these routes are open to loopback alone")
        if (method, path) == ("GET", ROOT + "health"):
            return _render({"status": "ok"})
        if (method, path) == ("GET", CERTIFICATE):
            with _refusing():
                return (await asyncio.to_thread(lambda: self._authority.certificate)).encode()
        self._check(headers)
        if (method, path) == ("GET", ROOT + "schema"):
            return await self._control("verbs", {}, schema)
        if (method, path) == ("GET", ROOT + "settings"):
            return _render(self._settings(await self._see_region(_region_of(query))))
        verb = path.removeprefix(_CONTROL)
        if not path.startswith(_CONTROL) or not _VERB.fullmatch(verb):
            raise ApiError("InvalidApi.NotFound")
        if method != "POST":
            raise ApiError("UnsupportedHTTPMethod")
        return await self._control(verb, _read_arguments(body))

    async def _see_region(self, named: str) -> str:
        """The region that is named; the first where none is.

        Raises:
            ApiError: there is no such region.
        """
        with _refusing():
            shape = await asyncio.to_thread(self._backend.control, "shape", {})
            known = [str(each) for each in shape.get("regions", ())]
            if named and known and named not in known:
                raise UsageError.unknown("region", named, known)
        return named or "".join(known[:1])

    async def stream(self, request: Request) -> Stream:
        """What to answer a request for the stream with.

        Raises:
            ApiError: any refusal; `Forbidden` without the token or from another machine.
        """
        if not is_loopback(request.peer):
            raise _forbidden("these routes are open to loopback alone")
        self._check(request.headers)
        with _refusing():
            return await self._feed.first(_region_of(request.query), request.headers.get("last-event-id", ""))

    def _check(self, headers: Mapping[str, str]) -> None:
        """See that a request has the token.

        Raises:
            ApiError: it does not.
        """
        if not self.is_known(headers):
            raise _forbidden(f"the header {TOKEN_HEADER} is missing or wrong")

    async def _control(
        self,
        verb: str,
        arguments: Mapping[str, object],
        shown: Callable[[dict[str, object]], dict[str, object]] = dict,
    ) -> bytes:
        # A verb may take long (`advance` by weeks) and have a long answer (`journal`), and the loop serves every
        # endpoint of the process.
        with _refusing():
            return await asyncio.to_thread(lambda: _render(shown(self._backend.control(verb, arguments))))


def _region_of(query: bytes) -> str:
    """The region that a query names."""
    return dict(parse_qsl(query.decode("latin-1"))).get("region", "")


@contextmanager
def _refusing() -> Iterator[None]:
    """Have what the harness raises refuse the request."""
    try:
        yield
    except FaultzoneError as error:
        status = 400 if isinstance(error, UsageError) else 501 if isinstance(error, NotSupported) else 500
        raise ApiError(type(error).__name__, str(error), status) from error


def schema(verbs: Mapping[str, Any]) -> dict[str, object]:
    """The JSON schema (draft 2020-12) of the control routes: for each verb a property, the schema of its arguments.

    Args:
        verbs: what `Backend.control("verbs", {})` answers: for each verb a mapping of `says`, `capability` and
            `arguments`: the JSON type of each (`integer or null`, `any`), with `?` at its end if it may be left out.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "faultzone control",
        "description": f"POST {_CONTROL}<property>: an object of the property's schema, and the header {TOKEN_HEADER}.",
        "type": "object",
        "properties": {verb: _verb_schema(about) for verb, about in verbs.items()},
    }


def _verb_schema(about: Mapping[str, Any]) -> dict[str, object]:
    arguments: Mapping[str, str] = about["arguments"]
    return {
        "type": "object",
        "description": about["says"],
        "x-capability": about["capability"],
        "properties": {
            name: _type_schema(kind.removesuffix("?"))
            for name, kind in arguments.items()
            if not kind.startswith("callable")  # A function does not travel.
        },
        "required": [name for name, kind in arguments.items() if not kind.endswith("?")],
        "additionalProperties": False,
    }


def _type_schema(kind: str) -> dict[str, object]:
    """The schema of a type, as the verb `verbs` says it: a fault and a schedule have their own."""
    if kind == "fault":
        from faultzone.faults.schedule import fault_schema

        return fault_schema()
    if kind == "schedule":
        from faultzone.faults.schedule import schema as schedule_schema

        return schedule_schema()
    return {} if kind == "any" else {"type": kind.split(" or ")}


def _read_arguments(body: bytes) -> dict[str, object]:
    try:
        arguments = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise refusal("body", "it is not JSON") from None
    if not isinstance(arguments, dict):
        raise refusal("body", "it is not a JSON object")
    return arguments


def _render(answer: Mapping[str, object]) -> bytes:
    return render(answer, "", xml=False)


def _forbidden(why: str) -> ApiError:
    return ApiError("Forbidden", f"The control routes are closed to this request: {why}.", 403)
