"""The verbs of whoever serves a cloud or holds one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from faultzone import UsageError, make_region
from faultzone.backends.local import LocalBackend
from faultzone.errors import HarnessError, NotSupported
from faultzone.faults import ApiFailure
from faultzone.mutations.wrapper import Wrapper
from faultzone.serve import serve_backend
from tests.support.wire import RawClient, http_request


def test_what_happened_outside_is_noted() -> None:
    backend = LocalBackend()
    data: dict[str, Any] = {"what": "seen at the door", "Password": "secret-1", "list": [1]}
    assert backend.control("note", {"kind": "notice", "data": data}) == {}
    data["list"].append(2)
    (entry,) = backend.journal.tail(1)
    assert (entry.kind, entry.data["what"], entry.data["list"]) == ("notice", "seen at the door", [1])
    assert "secret-1" not in str(entry)


@pytest.mark.parametrize("kind", ["transition", "call", "fault", "", "x" * 500])
def test_nobody_notes_what_only_the_cloud_knows(kind: str) -> None:
    backend = LocalBackend()
    before = len(backend.journal)
    with pytest.raises(UsageError, match=r"^kind='.{0,64}': write 'notice' or 'refusal' or 'operation' or 'probe'$"):
        backend.control("note", {"kind": kind, "data": {}})
    assert len(backend.journal) == before


def test_a_delay_is_taken_once() -> None:
    region = make_region()
    backend = region.backend
    none = {"seconds": 0.0, "after_effect": False}
    assert (backend.delaying, backend.control("call-delay", {"action": "DescribeZones"})) == (False, none)
    region.chaos.inject(ApiFailure("DescribeRegions", kind="delay", seconds=7, times=1, only="everyone"))
    assert Wrapper(backend).delaying
    assert backend.control("call-delay", {"action": "DescribeZones"}) == none
    told = backend.control("call-delay", {"action": "DescribeRegions"})
    assert told == {"seconds": 7, "after_effect": False}
    assert (backend.delaying, backend.control("call-delay", {"action": "DescribeRegions"})) == (False, none)


@pytest.mark.parametrize("trouble", [NotSupported("no"), HarnessError("the hosts failed")])
def test_a_request_is_refused_though_its_backend_notes_nothing(trouble: Exception) -> None:
    class Deaf(LocalBackend):
        def control(self, verb: str, arguments: Mapping[str, object]) -> dict[str, Any]:
            if verb == "note":
                raise trouble
            return super().control(verb, arguments)

    with serve_backend(Deaf()) as served, RawClient((served.host, served.port)) as client:
        answer = client.ask(http_request(b"/?Action=DescribeZones&Format=JSON"))
        assert (answer.status, answer.json["Code"]) == (400, "MissingParameter")


def test_what_is_held_is_released_at_the_end_of_a_region() -> None:
    released: list[str] = []

    class Holding(LocalBackend):
        def release(self) -> None:
            released.append("hosts")
            super().release()

    backend = Holding()
    with make_region(Wrapper(backend)) as region:
        endpoint = region.control("subscribe", queue="events")["endpoint"]
        assert endpoint.startswith("http://127.0.0.1:")
    assert released == ["hosts"]
    assert backend.subscriptions._open == {}
