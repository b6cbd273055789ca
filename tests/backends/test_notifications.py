"""Publishing: to functions in this process, to queues, and to a real HTTP server that is not always well."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from faultzone import Instance, Region, make_region
from faultzone.backends.publishing import Callback
from faultzone.errors import UsageError

STATES = ["Pending", "Starting", "Running"]


def told(found: list[dict[str, Any]]) -> list[str]:
    return [each["content"].get("state") or each["content"]["eventStatus"] for each in found]


@contextmanager
def server(answers: list[int]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A server that answers with these statuses, then with 200; its URL and what it was sent."""
    got: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(answers.pop(0) if answers else 200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{made.server_address[1]}/notify?from=here", got
    finally:
        made.shutdown()
        thread.join()
        made.server_close()


def one_at_a_time(region: Region) -> Instance:
    (instance,) = region.run_instances(1)
    return instance


def test_a_function_is_told_after_the_change_and_before_time_goes_on() -> None:
    region = make_region()
    seen: list[tuple[str, str, int]] = []

    def look(notification: dict[str, Any]) -> None:
        instance = region.instance(notification["content"]["resourceId"])
        seen.append((notification["content"]["state"], instance.status, region.clock.ms))

    region.subscribe(look)
    began = region.clock.ms
    region.run_instances(1, wait=False)
    region.clock.advance("1h")
    assert seen == [
        ("Pending", "Pending", began),
        ("Starting", "Starting", began + 1000),
        ("Running", "Running", began + 3000),
    ]


def test_what_a_subscriber_does_is_published_after_what_it_was_told_of() -> None:
    region, found = make_region(), list[dict[str, Any]]()

    def stop(notification: dict[str, Any]) -> None:
        found.append(notification)
        if notification["content"]["state"] == "Running":
            region.instance(notification["content"]["resourceId"]).stop(wait=False)

    region.subscribe(stop)
    region.run_instances(1, wait=False)
    region.clock.advance("10s")
    assert told(found) == [*STATES, "Stopping", "Stopped"]


def test_a_subscriber_that_fails_keeps_no_other_from_being_told() -> None:
    region, found = make_region(), list[dict[str, Any]]()

    def fail(notification: dict[str, Any]) -> None:
        raise ValueError(notification["content"]["state"])

    region.subscribe(fail)
    region.subscribe(found.append)
    with pytest.raises(ValueError, match="Pending"):
        region.run_instances(1, wait=False)
    with pytest.raises(ValueError, match="Starting"):
        region.clock.advance("2s")
    assert told(found) == ["Pending", "Starting"]


def test_nobody_is_told_after_the_end_or_of_other_accounts() -> None:
    region, found = make_region(accounts=2), list[dict[str, Any]]()
    end = region.subscribe(found.append)
    one_at_a_time(region.as_account(1))
    assert found == []
    one_at_a_time(region)
    end()
    one_at_a_time(region)
    assert told(found) == STATES


def test_a_subscriber_cannot_change_what_others_are_told() -> None:
    region, found = make_region(), list[dict[str, Any]]()
    region.subscribe(lambda each: each["content"].clear())
    region.subscribe(found.append)
    one_at_a_time(region)
    assert told(found) == STATES


def test_the_order_is_that_of_the_changes() -> None:
    """The event of a failure is over because its instance runs."""
    region, found = make_region(recovery="immediate"), list[dict[str, Any]]()
    instance = one_at_a_time(region)
    region.subscribe(found.append)
    region.chaos.crash(str(instance.host), reversible=False)
    region.clock.advance("1h")
    assert told(found) == ["Executing", "Starting", "Running", "Executed"]
    assert len({each["id"] for each in found}) == 4
    assert found[0]["eventTime"] == "20190301T080004.000+0800"


def test_a_queue_is_read_by_its_number() -> None:
    region = make_region()
    number = region.control("subscribe")["id"]
    one_at_a_time(region)
    assert told(region.control("notifications", id=number)["notifications"]) == STATES
    assert region.control("unsubscribe", id=number) == {"ended": True}
    assert region.control("unsubscribe", id=number) == {"ended": False}
    with pytest.raises(UsageError, match=f"unknown queue {number}"):
        region.control("notifications", id=number)
    with pytest.raises(UsageError, match="'id': expected integer, got string"):
        region.control("notifications", id="one")


def test_a_callback_is_repeated_until_it_is_taken_in_order() -> None:
    with server([500, 503]) as (url, got), make_region() as region:
        number = region.control("subscribe", url=url)["id"]
        one_at_a_time(region)
        region.control("unsubscribe", id=number)  # Waits for what is under way.
        assert told(got) == ["Pending", "Pending", *STATES]
        assert len({each["id"] for each in got}) == 3


def test_a_callback_that_nobody_takes_is_given_up_and_journalled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("faultzone.backends.publishing._PAUSE", 0.0)
    with server([404] * 6) as (url, got), make_region() as region:
        region.control("subscribe", url=url)
        one_at_a_time(region)
        region.close()
        assert told(got) == ["Pending"] * 6 + STATES[1:]
        (given_up,) = region.journal.of("notice", what="callback given up")
        assert given_up.data["why"] == "status 404"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://there",
        "there",
        "",
        "http://",
        "http://[",
        "http://[::1",
        "http://[nonsense]/",
        "http://there:port/",
        "http://there:0/",
        "http://there:65536/",
        "http://the re/",
        "http://there/a b",
        "http://there/\n",
        " http://there/",
        "http://th\u00e9re/",
        "http://there\uff0fhere/",
        "http://there:\uff18\uff10/",
        "http://@there/",
        "http://a@b@there/",
        "http://a:b:c@there/",
        "http://:b@there/",
        "http://the,re/",
        "http://there..here/",
        f"http://{'a' * 64}.there/",
        "http://" + "a" * 100_000 + "/",
    ],
)
def test_a_callback_needs_an_http_url(url: str) -> None:
    region = make_region()
    with pytest.raises(UsageError, match="expected an HTTP URL") as refused:
        region.control("subscribe", url=url)
    assert "url" in str(refused.value)
    assert len(str(refused.value)) < 1000
    assert region.control("subscribe")["id"] == 1


def test_a_callback_sends_the_name_and_password_of_its_url_and_the_journal_has_neither(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[dict[str, str]] = []

    class Connection:
        def __init__(self, *_: object, **__: object) -> None:
            pass

        def request(self, method: str, target: str, body: str, headers: dict[str, str]) -> None:
            sent.append(headers)
            raise ValueError("whatever a library raises")

        def close(self) -> None:
            pass

    monkeypatch.setattr("http.client.HTTPConnection", Connection)
    monkeypatch.setattr("faultzone.backends.publishing._PAUSE", 0.0)
    with make_region() as region:
        region.control("subscribe", url="http://me:s%40cret@there.example/notify")
        one_at_a_time(region)
        region.close()
        given_up = region.journal.of("notice", what="callback given up")
    # The thread has gone on with the other two.
    assert len(given_up) == 3
    assert {each.data["url"] for each in given_up} == {"http://there.example/notify"}
    assert {each["Authorization"] for each in sent} == {"Basic bWU6c0BjcmV0"}


@pytest.mark.parametrize(
    "url", ["http://there", "https://there.example:8443/a?b=%20", "http://[::1]:80/", "HTTP://a_b/"]
)
def test_urls_that_can_be_posted_to(url: str) -> None:
    Callback(url, lambda *_: None).close()
