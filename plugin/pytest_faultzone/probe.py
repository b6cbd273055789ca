"""Whether the backend of a run can be judged at all, found out by a few cheap calls before the first test."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import pytest

from faultzone.api.errors import ApiError
from faultzone.backends.http import trouble
from faultzone.errors import HarnessError, Unanswered, UsageError
from faultzone.region import CloudOptions
from pytest_faultzone import backends, by_edition, checks, marks, options, running
from pytest_faultzone.proof import PROOF

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from faultzone.backends.http import HttpBackend

#: Seconds that one call has, that a look at a backend has, that a look at the port has, and that all calls together
#: have.
_CALL: Final = 3
_LOOKED: Final = 7
_LOOK: Final = 1.0
_ALL: Final = 4.0
#: How often a call is sent that was lost or throttled; less than that is for the budget of the run.
_TRIES: Final = 3
#: What is asked, and the field that the documented answer has: one of them is enough.
_ASKED: Final = {"DescribeRegions": "Regions", "DescribeInstances": "Instances", "DescribeZones": "Zones"}
#: How an endpoint refuses a key pair.
KEY_REFUSED: Final = frozenset(
    {
        "InvalidAccessKeyId.NotFound",
        "InvalidAccessKeySecret",
        "SignatureDoesNotMatch",
        "Forbidden.AccessKeyDisabled",
    }
)
_SERVES: Final = "Write the URL of what serves the ECS API, such as --backend http://127.0.0.1:8080."


def is_unusable(config: pytest.Config) -> bool:
    """Whether nothing can be learned of the backend, which is noted.

    Raises:
        pytest.UsageError: an option is wrong.
    """
    try:
        reason = _why_unusable(config)
    except UsageError as mistake:
        raise pytest.UsageError(str(mistake)) from None
    if reason is not None:
        config.stash[PROOF].nothing_known(reason)
    return reason is not None


def arrange(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let what uses up a quota of a backend that lasts come last, and see whether it can be judged, before it is.

    Raises:
        pytest.UsageError: an option is wrong, or the backend does not answer.
    """
    try:
        if backends.lasts(config):
            items.sort(key=marks.uses_up_a_quota)
    except UsageError as mistake:
        raise pytest.UsageError(str(mistake)) from None
    if not config.getoption("collectonly", False):
        judge(config, items, asserting=[item for item in items if running.asserts_clauses(item)])


def judge(config: pytest.Config, items: list[pytest.Item], asserting: Sequence[pytest.Item]) -> None:
    """Leave out the tests of clauses where nothing can be learned of the backend, and note why.

    Args:
        items: the tests of the run, whose list is changed.
        asserting: those of them that assert clauses.

    Raises:
        pytest.UsageError: an option is wrong, or tests without clauses are to use an endpoint that does not answer.
    """
    proof = config.stash[PROOF]
    try:
        if not asserting:
            if backends.lasts(config) and (reason := _why_unusable(config)):
                raise UsageError(reason)
            return
        lasts = backends.lasts(config)
        shared = f"{backends.shared(options.BACKEND.read(config))}."
        reason = shared if lasts and proof.is_worker else _why_unusable(config)
        if reason is None and lasts:
            checks.check_account(config)
            by_edition.ask_endpoint(config)
            by_edition.select(config, items)
    except (UsageError, pytest.UsageError) as mistake:
        if not proof.is_worker:
            raise pytest.UsageError(str(mistake)) from None
        proof.mistaken(str(mistake))
        items.clear()
        return
    if reason is not None:
        proof.nothing_known(reason)
        config.hook.pytest_deselected(items=list(asserting))
        items[:] = [item for item in items if item not in asserting]


def _why_unusable(config: pytest.Config) -> str | None:
    """Why nothing can be learned of the backend of a run, with what to write; None where it can.

    Raises:
        UsageError: an option is wrong, such as a key pair that the endpoint refuses.
    """
    name, kind = options.BACKEND.read(config), backends.kind_of(config)
    if kind is None:
        return None
    if kind.lasts:
        return _in_time(lambda: _endpoint(config), name, _ALL)
    own = config.hook.pytest_faultzone_backend.get_hookimpls()
    return None if own else _in_time(lambda: kind.look(backends.chosen(config)), f"The {name} backend", _LOOKED)


def _in_time(look: Callable[[], str | None], name: str, seconds: float) -> str | None:
    """What `look` finds; else that it takes too long: an answer that comes byte by byte times out nowhere."""
    found: list[str | BaseException | None] = []

    def run() -> None:
        try:
            found.append(look())
        except BaseException as error:
            found.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if not found:
        return f"{name} has not answered within {seconds:g} s. {_SERVES if '://' in name else ''}".rstrip()
    (result,) = found
    if isinstance(result, BaseException):
        raise result
    return result


def _endpoint(config: pytest.Config) -> str | None:
    """Why an endpoint cannot be judged."""
    url = options.BACKEND.read(config)
    try:
        backend = backends.endpoint_of(config)
        if backend is None:
            return None
    except Unanswered as error:
        return _advise(url, error)
    except HarnessError as error:
        return f"{error}\nSee that --token is the one that `faultzone up` printed; without one the public API is used."
    before, backend.timeout = backend.timeout, _CALL
    try:
        return _asked(backend)
    except Unanswered as error:
        return _advise(url, error)
    finally:
        backend.timeout = before


def _asked(backend: HttpBackend) -> str | None:
    """Why what answers is no ECS endpoint.

    Raises:
        UsageError: it refuses the key pair.
        Unanswered: it does not answer, or throttles.
    """
    seen = []
    for action, wrapper in _ASKED.items():
        try:
            answer = _call(backend, action)
        except ApiError as refusal:
            if refusal.code in KEY_REFUSED:
                raise UsageError(
                    f"{backend.name} refuses the key pair of {options.KEYS.flag}: {refusal.code}"
                ) from None
            seen.append(f"{action} is refused: {refusal.status} {refusal.code or 'without a code'}")
            continue
        if isinstance(answer.get(wrapper), dict):
            return None
        seen.append(f"{action} is answered without {wrapper}: {str(dict(answer))[:60]}")
    return f"{backend.name} does not answer as ECS does:\n  " + "\n  ".join(seen) + f"\n{_SERVES}"


def _call(backend: HttpBackend, action: str) -> dict[str, object]:
    region_id = CloudOptions().shapes[0].region_id
    for last in (*[False] * (_TRIES - 1), True):
        try:
            return backend.call(action, {"RegionId": region_id})
        except Unanswered as error:
            if last or error.kind not in ("lost", "reset", "throttled", "unavailable"):
                raise
        except ApiError as refusal:
            kind = trouble(refusal.status, refusal.code)
            if not kind:
                raise
            if last:
                answers = f"{backend.name} answers {refusal.status} {refusal.code} to each call"
                raise Unanswered(answers, kind) from None
    raise AssertionError("the last attempt either answers or raises")


def _advise(url: str, error: Unanswered) -> str:
    """What became of the calls, and what to write."""
    parts = urlsplit(url)
    at = f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
    if error.location:
        return f"{error}\nWrite where it leads to, if that serves the ECS API: --backend {_root(error.location)}"
    match error.kind:
        case "refused":
            return f"{error}\nNothing listens at {at}. Start what is to be judged, or see that the address is right."
        case "throttled":
            return f"{error}\nRaise the account's limit of calls, or run when nobody else uses it."
        case "unavailable":
            return f"{error}\nSee why the service at {at} takes no calls now, then run again."
        case "late":
            return f"{error}\nIt takes connections at {at}, or drops them silently, and does not answer. {_SERVES}"
    if parts.scheme == "http" and _speaks_tls(url):
        return f"{error}\nIt speaks TLS at {at}: write --backend https://{parts.netloc}"
    if isinstance(error.__cause__, ssl.SSLCertVerificationError):
        return f"{error}\nIts certificate is not trusted here: let SSL_CERT_FILE name the file of its authority."
    if parts.scheme == "https" and isinstance(error.__cause__, ssl.SSLError):
        return f"{error}\nIt speaks no TLS at {at}: write --backend http://{parts.netloc}"
    return f"{error}\n{_SERVES}"


def _root(location: str) -> str:
    """The endpoint of a URL."""
    parts = urlsplit(location)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else location


def _speaks_tls(url: str) -> bool:
    """Whether a port answers a TLS handshake."""
    parts = urlsplit(url)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            closing(socket.create_connection((parts.hostname, parts.port or 80), _LOOK)) as plain,
            closing(context.wrap_socket(plain, server_hostname=parts.hostname)),
        ):
            return True
    except (OSError, ValueError):
        return False
