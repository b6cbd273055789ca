"""The routes of the harness, under `/_faultzone/`, beside those of the API.

| route | does |
|---|---|
| `GET /_faultzone/health` | answers `{"status": "ok"}`; the only route that needs no token |
| `GET /_faultzone/schema` | describes the verbs and their arguments as a JSON schema |
| `POST /_faultzone/control/<verb>` | hands the JSON object in the body to `Backend.control` and answers its answer |

They are open to loopback alone, whatever address the endpoint listens on, and to whoever knows its token, the header
`x-faultzone-token`. A refusal has the form of the API's, so that a third party's fake needs one form: `Code` is the
API's code, or the name of the harness's exception (`UsageError` 400, `UnknownTarget` 400 for what a verb
names and is not there, `NotSupported` 501, `HarnessError` 500).
"""

from __future__ import annotations

import asyncio
import hmac
import json
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from faultzone.api.errors import ApiError
from faultzone.backends import Backend
from faultzone.errors import FaultzoneError, NotSupported, UsageError
from faultzone.listen.hosts import is_loopback
from faultzone.serve.wire import refusal, render

if TYPE_CHECKING:
    from faultzone.faults import Fault

ROOT: Final = "/_faultzone/"
TOKEN_HEADER: Final = "x-faultzone-token"
_CONTROL: Final = ROOT + "control/"
_VERB: Final = re.compile(r"[a-z][a-z0-9-]{0,63}")


class Control:
    """Answers the control routes of one endpoint.

    Args:
        backend: what answers.
        token: what a caller must show.
    """

    def __init__(self, backend: Backend, token: str) -> None:
        self._backend = backend
        self._token = token.encode()

    async def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes, peer: str) -> bytes:
        """What to answer a request to one of the routes with: the body, JSON, for status 200.

        Args:
            method: the method of the request.
            path: its path, which begins with `ROOT`.
            headers: names in lower case.
            body: its body, whole.
            peer: the address that it comes from.

        Raises:
            ApiError: any refusal; `Forbidden` without the token or from another machine.
        """
        if not is_loopback(peer):
            raise _forbidden("these routes are open to loopback alone")
        if (method, path) == ("GET", ROOT + "health"):
            return _render({"status": "ok"})
        if not hmac.compare_digest(headers.get(TOKEN_HEADER, "").encode(), self._token):
            raise _forbidden(f"the header {TOKEN_HEADER} is missing or wrong")
        if (method, path) == ("GET", ROOT + "schema"):
            return await self._control("verbs", {}, schema)
        verb = path.removeprefix(_CONTROL)
        if not path.startswith(_CONTROL) or not _VERB.fullmatch(verb):
            raise ApiError("InvalidApi.NotFound")
        if method != "POST":
            raise ApiError("UnsupportedHTTPMethod")
        return await self._control(verb, _read_arguments(body))

    async def _control(
        self,
        verb: str,
        arguments: Mapping[str, object],
        shown: Callable[[dict[str, object]], dict[str, object]] = dict,
    ) -> bytes:
        # A verb may take long (`advance` by weeks) and have a long answer (`journal`), and the loop serves every
        # endpoint of the process.
        try:
            return await asyncio.to_thread(lambda: _render(shown(self._backend.control(verb, arguments))))
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
            name: {"oneOf": _fault_schemas()} if name == "fault" else _type_schema(kind.removesuffix("?"))
            for name, kind in arguments.items()
            if not kind.startswith("callable")  # A function does not travel.
        },
        "required": [name for name, kind in arguments.items() if not kind.endswith("?")],
        "additionalProperties": False,
    }


def _fault_schemas() -> list[dict[str, object]]:
    from faultzone.faults import CATALOGUE

    return [_fault_schema(each) for each in CATALOGUE]


def _fault_schema(kind: type[Fault]) -> dict[str, object]:
    from faultzone.faults.fault import parameters, required

    return {
        "type": "object",
        "description": (kind.__doc__ or "").partition("\n")[0],
        "x-capability": kind.capability,
        "properties": {
            "fault": {"const": kind.__name__},
            **{name: _type_schema(said.removesuffix("?")) for name, said in parameters(kind).items()},
        },
        "required": ["fault", *required(kind)],
        "additionalProperties": False,
    }


def _type_schema(kind: str) -> dict[str, object]:
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
