"""Regions behind a URL: the built-in region served by another process, somebody's fake, or a real endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from faultzone import editions
from faultzone.backends import TEST_KEYS, Backend
from faultzone.backends.options import BackendOptions, CloudOptions
from faultzone.backends.registry import Kind
from faultzone.errors import NotSupported, UsageError
from faultzone.journal.journal import Journal
from faultzone.model.core.shape import Shape

if TYPE_CHECKING:
    from faultzone.backends.http import HttpBackend


def connect(url: str, *, keys: Sequence[tuple[str, str]] = TEST_KEYS, token: str | None = None) -> HttpBackend:
    """A backend for an endpoint.

    Args:
        url: such as `http://127.0.0.1:8080`.
        keys: (access key id, secret) of each account, the default account first.
        token: of the endpoint's control routes; without one the public API alone is used.

    Raises:
        UsageError: the URL is none.
        HarnessError: the endpoint does not answer.
    """
    from faultzone.backends.http import HttpBackend
    from faultzone.serve.signatures import complete_v1

    return HttpBackend(url, keys, token=token, sign=complete_v1)


def read_keys(text: str) -> tuple[tuple[str, str], ...]:
    """Key pairs as an option writes them: `ID:SECRET`, several separated by commas.

    Raises:
        UsageError: it is written otherwise.
    """
    pairs = [part.strip().partition(":") for part in text.split(",") if part.strip()]
    if not all(key and colon and secret for key, colon, secret in pairs):
        raise UsageError("keys: expected ID:SECRET, with a comma between key pairs")
    return tuple((key, secret) for key, _, secret in pairs)


def _connect(options: BackendOptions) -> HttpBackend:
    return connect(options.name, keys=options.keys, token=options.token or None)


def _check(options: BackendOptions) -> None:
    """See that an endpoint could be connected to, without a call."""
    connect(options.name, keys=options.keys).close()


#: The backends `http://…` and `https://…`.
ENDPOINT: Final = Kind(_connect, check=_check, lasts=True)


def prepare(backend: Backend, options: CloudOptions) -> None:
    """Have the cloud of a backend that outlives tests be as a test asks for: made anew where it lets a test shape it,
    its clock included, since one that goes on between two calls of a test lets it miss what it asserts. What is
    recorded from now on is the test's own.

    Raises:
        NotSupported: the test asks for more than the endpoint lets it have.
    """
    backend.journal = Journal()
    if "shape-region" not in backend.capabilities:
        if options.shapes != (Shape(),) or options.accounts != 1 or not _travels(options):
            raise NotSupported(f"{backend.name} does not let a test choose the shape of the region")
        return
    if not _travels(options):
        raise NotSupported("rules, timings and changed editions do not travel to an endpoint")
    asked = {
        **options.shapes[0]._asdict(),
        "regions": [each.region_id for each in options.shapes],
        "accounts": options.accounts,
        "all_regions": options.all_regions,
        "edition": options.edition,
        "seed": options.seed,
        "clock": options.clock,
        "scale": options.scale,
    }
    backend.control("reset", asked)
    now = backend.control("clock", {})["now"] if "move-time" in backend.capabilities else 0
    backend.journal.append(now, "control", {"verb": "reset", "arguments": asked})


def _travels(options: CloudOptions) -> bool:
    """Whether the options can be said in JSON."""
    right = CloudOptions(edition=editions.DEFAULT)
    return isinstance(options.edition, str) and options.rules is right.rules and options.timings is None
