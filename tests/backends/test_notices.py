"""Notices since a number: numbered, kept while somebody may ask, and what functions are called with, here and over
HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from faultzone import NotSupported, Region, UsageError, make_region
from faultzone.backends.foreign import complete
from faultzone.backends.http import HttpBackend
from faultzone.backends.local import LocalBackend
from faultzone.faults import ClockJump
from faultzone.mutations.library import answer, put
from faultzone.mutations.wrapper import Mutated
from faultzone.serve import cloud as hosted
from faultzone.serve.client import connect

STATES = ["Pending", "Starting", "Running"]


def states(notices: list[dict[str, Any]]) -> list[str]:
    return [each["content"].get("state") or each["content"]["eventStatus"] for each in notices]


@pytest.fixture
def region() -> Region:
    return make_region(zones=1)


@pytest.fixture
def remote() -> Iterator[HttpBackend]:
    with (
        closing(hosted.Hosted(zones=1)) as cloud,
        hosted.endpoint(cloud, token="t") as served,
        closing(connect(served.url, token="t")) as backend,
    ):
        yield backend


def test_notices_are_asked_for_by_number(region: Region) -> None:
    assert region.control("notices") == {"notices": [], "next": 1}
    region.run_instances(1)
    first = region.control("notices", since=1)
    assert (states(first["notices"]), first["next"]) == (STATES, 4)
    assert states(region.control("notices", since=3)["notices"]) == ["Running"]
    assert region.control("notices", since=4) == {"notices": [], "next": 4}
    region.instances[0].stop()
    assert states(region.control("notices", since=4)["notices"]) == ["Stopping", "Stopped"]
    assert states(region.control("notices", since=1)["notices"]) == [*STATES, "Stopping", "Stopped"]


def test_numbers_that_there_are_not(region: Region) -> None:
    region.subscribe(lambda notice: None)
    region.run_instances(1)
    with pytest.raises(UsageError, match="since=4: write a number from 1 to 1, as `next`"):
        make_region().control("notices", since=4)
    assert region.control("notices")["next"] == 4
    for number in (-1, 0, 3, 5):
        with pytest.raises(UsageError, match=f"since={number}: write a number from 4 to 4"):
            region.control("notices", since=number)


def test_what_is_read_is_the_readers_own(region: Region) -> None:
    region.control("notices")
    region.run_instances(1)
    for each in region.control("notices", since=1)["notices"]:
        each["content"].clear()
    assert states(region.control("notices", since=1)["notices"]) == STATES


def test_what_nobody_asks_for_is_forgotten() -> None:
    backend = LocalBackend()
    region = make_region(backend)
    end = region.subscribe(lambda notice: None)
    region.run_instances(3)
    assert (backend.subscriptions.end, len(backend.subscriptions._kept)) == (10, 0)
    end()
    region.run_instances(3)
    assert backend.subscriptions.end == 10, "nobody listens, so none is made"
    queue = region.control("subscribe")["id"]
    region.run_instances(1)
    assert len(region.control("notifications", id=queue)["notifications"]) == 3


def test_whoever_comes_later_is_told_from_then_on(region: Region) -> None:
    early, late = list[dict[str, Any]](), list[dict[str, Any]]()

    def join(notice: dict[str, Any]) -> None:
        if not early:
            region.subscribe(late.append)
        early.append(notice)

    region.subscribe(join)
    region.run_instances(1)
    assert (states(early), states(late)) == (STATES, STATES[1:])


def test_an_advance_may_stop_at_the_next_notice(region: Region) -> None:
    region.run_instances(1, wait=False)
    began = region.clock.ms
    stopped = region.control("advance", milliseconds=10_000, to_notice=True)
    assert (stopped["now"], stopped["left"]) == (began + 1000, 9000)
    again = region.control("advance", milliseconds=stopped["left"], to_notice=True)
    assert (again["now"], again["left"]) == (began + 3000, 7000)
    last = region.control("advance", milliseconds=again["left"], to_notice=True)
    assert (last["now"], last["left"]) == (began + 10_000, 0)
    passed = [each.data["milliseconds"] for each in region.journal.tail(1000) if each.kind == "advance"]
    assert passed == [1000, 2000, 7000]
    assert "left" not in region.control("advance", milliseconds=1)


def test_a_jump_on_the_way_is_no_time_that_is_left(region: Region) -> None:
    region.chaos.at("2s", ClockJump("1h"))
    region.run_instances(1, wait=False)
    left, began = 10_000, region.clock.ms
    while left:
        left = region.control("advance", milliseconds=left, to_notice=True)["left"]
    assert region.clock.ms == began + 10_000 + 3600_000


def test_a_function_is_called_over_http_before_more_time_passes(remote: HttpBackend) -> None:
    region = make_region(remote)
    seen: list[tuple[str, str, int]] = []

    def look(notice: dict[str, Any]) -> None:
        instance = region.instance(notice["content"]["resourceId"])
        seen.append((notice["content"]["state"], instance.status, region.clock.ms))

    end = region.subscribe(look)
    began = region.clock.ms
    region.run_instances(1, wait=False)
    assert seen == [("Pending", "Pending", began)]
    region.clock.advance("1h")
    assert seen[1:] == [("Starting", "Starting", began + 1000), ("Running", "Running", began + 3000)]
    assert region.clock.ms == began + 3600_000
    end()
    region.run_instances(1)
    assert len(seen) == 3


def test_what_a_function_raises_comes_out_of_the_call_over_http(remote: HttpBackend) -> None:
    region, found = make_region(remote), list[dict[str, Any]]()

    def fail(notice: dict[str, Any]) -> None:
        raise ValueError(notice["content"]["state"])

    region.subscribe(fail)
    region.subscribe(found.append)
    with pytest.raises(ValueError, match="Pending"):
        region.run_instances(1, wait=False)
    with pytest.raises(ValueError, match="Starting"):
        region.clock.advance("2s")
    assert states(found) == ["Pending", "Starting"]


def test_other_ways_to_subscribe_are_the_endpoints_own(remote: HttpBackend) -> None:
    region = make_region(remote)
    number = region.control("subscribe")["id"]
    region.run_instances(1)
    assert states(region.control("notifications", id=number)["notifications"]) == STATES
    assert region.control("unsubscribe", id=number) == {"ended": True}
    with pytest.raises(NotSupported, match="function is a function, which does not travel"):
        remote.control("subscribe", {"function": print, "queue": "events"})


def test_a_cloud_made_anew_tells_nobody_of_before(remote: HttpBackend) -> None:
    region, found = make_region(remote), list[dict[str, Any]]()
    region.subscribe(found.append)
    remote.control("reset", {})
    make_region(remote).run_instances(1)
    assert found == []


def test_a_region_whose_answers_are_changed_has_subscribers_too() -> None:
    inner = LocalBackend()
    region, found = make_region(Mutated(inner, [answer("DescribeRegions", "", put(Wrong=1))])), list[dict[str, Any]]()
    region.subscribe(found.append)
    region.run_instances(1)
    assert states(found) == STATES
    region.close()
    region.run_instances(1)
    assert len(found) == 6, "only what is served, or posted, ends with the region"


def test_a_backend_that_tells_of_nothing() -> None:
    class Silent(LocalBackend):
        def control(self, verb: str, arguments: Any) -> dict[str, Any]:
            if verb in ("subscribe", "release"):
                raise NotImplementedError
            return super().control(verb, arguments)

    class Bare:
        def __init__(self) -> None:
            self.inner = Silent()
            self.call, self.control, self.close = self.inner.call, self.inner.control, self.inner.close

    with (
        make_region(complete(Bare(), "mine"), edition="2019-02") as region,
        pytest.raises(NotSupported, match="mine has no control verb 'subscribe'"),
    ):
        region.subscribe(print)
