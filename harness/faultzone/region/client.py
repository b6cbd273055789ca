"""The client of the code under test."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from faultzone.api.callers import Caller
from faultzone.clock import Duration, milliseconds
from faultzone.errors import NotSupported, UsageError

if TYPE_CHECKING:
    from faultzone.region.region import Region


def _see_key(region: Region, key: object) -> None:
    """See that a client in process can stand for a key.

    Raises:
        UsageError: it is no text, or empty; or its calls are signed with another.
    """
    if not isinstance(key, str) or not key.strip():
        raise UsageError.expected("key", key, "an access key ID, such as 'testid'")
    if getattr(region.backend, "access_keys", None) is None:
        raise UsageError(
            f"key={key!r}: expected none, since {region.backend.name} sees the key that calls are signed with: "
            "leave it out"
        )


class Client:
    """Only the public API, on any backend, as the code under test has it: faults of the API meet its calls.

    `ecs.DescribeInstances(PageSize=1)` is the same as `ecs.call("DescribeInstances", PageSize=1)`.

    Args:
        region: whose API.
        timeout: for how long it waits for an answer, in region time; None for as long as it takes.
        key: the access key ID by which `only` of a fault means its calls, such as `testid`; None for none. The calls
            are of the account of the region, whatever the key.

    Raises:
        NotSupported: a timeout is given, and the region is behind an endpoint, where a late answer takes real time.
        UsageError: the key is empty, or the region is behind an endpoint, whose clients are known by what they sign
            with.
    """

    def __init__(self, region: Region, *, timeout: Duration | None = None, key: str | None = None) -> None:
        if key is not None:
            _see_key(region, key)
        self._region = region
        patience = None if timeout is None else milliseconds(timeout)
        if patience is not None and region.backend.outlives_tests:
            raise NotSupported(
                f"timeout={timeout!r}: expected none, because {region.backend.name} answers in real time, "
                "and this timeout is region time: leave it out, or use an SDK with its own timeout"
            )
        self._caller = Caller(key or "", patience)

    def __repr__(self) -> str:
        return f"Client({self._region!r})"

    def call(self, action: str, **parameters: object) -> dict[str, Any]:
        """Answer one action.

        Raises:
            ApiError: refused.
            NoAnswer: a fault of the API loses it, or delays it for longer than the timeout; what it asks for may happen
                all the same.
        """
        return self._region.call_as(self._caller, action, parameters)

    def __getattr__(self, action: str) -> Callable[..., dict[str, Any]]:
        if not action[:1].isupper():
            raise AttributeError(f"actions are written as on the wire, such as DescribeInstances, not {action!r}")
        return lambda **parameters: self._region.call_as(self._caller, action, parameters)
