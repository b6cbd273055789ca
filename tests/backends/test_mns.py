"""Notifications as an MNS queue: over plain HTTP, and through the real SDK."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

import pytest

from faultzone import Region, make_region
from faultzone.backends.mns import MnsQueue
from faultzone.errors import UsageError
from tests.support.patience import PATIENCE
from tests.support.wire import RawClient

SPACE = "{http://mns.aliyuncs.com/doc/v1}"


@pytest.fixture
def region() -> Iterator[Region]:
    with make_region() as made:
        yield made


def ask(endpoint: str, method: str, path: str, body: str = "") -> tuple[int, ElementTree.Element | None]:
    connection = http.client.HTTPConnection(urlsplit(endpoint).netloc, timeout=PATIENCE)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, ElementTree.fromstring(text) if text else None
    finally:
        connection.close()


def texts(document: ElementTree.Element | None, name: str) -> list[str]:
    assert document is not None
    return [each.text or "" for each in document.iter(SPACE + name)]


def test_the_real_sdk_reads_the_queue(region: Region) -> None:
    account_module = pytest.importorskip("mns.account")
    exceptions = pytest.importorskip("mns.mns_exception")
    endpoint = region.control("subscribe", queue="events")["endpoint"]
    region.run_instances(1)
    queue = account_module.Account(endpoint, "testid", "testsecret").get_queue("events")
    found = []
    for _ in range(3):
        message = queue.receive_message(1)
        found.append(json.loads(message.message_body)["content"]["state"])
        queue.delete_message(message.receipt_handle)
    assert found == ["Pending", "Starting", "Running"]
    with pytest.raises(exceptions.MNSExceptionBase, match="MessageNotExist"):
        queue.receive_message(0)
    queue.mns_client.close_log()
    queue.mns_client.http.conn.close()


def test_a_message_comes_again_until_it_is_deleted() -> None:
    queue = MnsQueue("events", visibility=0.0)
    try:
        queue.put({"id": "A"})
        base = "/queues/events/messages"
        first = ask(queue.endpoint, "GET", base)[1]
        status, second = ask(queue.endpoint, "GET", base)
        assert status == 200
        assert texts(first, "MessageId") == texts(second, "MessageId")
        assert texts(second, "DequeueCount") == ["2"]
        (old,), (new,) = texts(first, "ReceiptHandle"), texts(second, "ReceiptHandle")
        assert ask(queue.endpoint, "DELETE", f"{base}?ReceiptHandle={quote(old)}")[0] == 404
        assert ask(queue.endpoint, "DELETE", f"{base}?ReceiptHandle={quote(new)}")[0] == 204
        status, error = ask(queue.endpoint, "GET", base)
        assert (status, texts(error, "Code")) == (404, ["MessageNotExist"])
    finally:
        queue.close()


def test_what_was_received_is_hidden_until_it_is_shown(region: Region) -> None:
    endpoint = region.control("subscribe", queue="events")["endpoint"]
    region.run_instances(1)
    base = "/queues/events/messages"
    assert len(texts(ask(endpoint, "GET", f"{base}?numOfMessages=16&peekonly=true")[1], "MessageId")) == 3
    _, all_three = ask(endpoint, "GET", f"{base}?numOfMessages=16&waitseconds=1")
    handles = texts(all_three, "ReceiptHandle")
    assert len(handles) == 3
    assert ask(endpoint, "GET", base)[0] == 404
    assert ask(endpoint, "PUT", f"{base}?receiptHandle={quote(handles[0])}&visibilityTimeout=0")[0] == 200
    assert ask(endpoint, "PUT", f"{base}?receiptHandle=none&visibilityTimeout=0")[0] == 404
    (again,) = texts(ask(endpoint, "GET", base)[1], "ReceiptHandle")
    named = "".join(f"<ReceiptHandle>{each}</ReceiptHandle>" for each in (again, *handles[1:]))
    assert ask(endpoint, "DELETE", base, f"<ReceiptHandles>{named}</ReceiptHandles>")[0] == 204


def test_other_queues_and_names_are_refused(region: Region) -> None:
    endpoint = region.control("subscribe", queue="events")["endpoint"]
    for method in ("GET", "PUT", "DELETE"):
        status, error = ask(endpoint, method, "/queues/others/messages")
        assert (status, texts(error, "Code")) == (404, ["QueueNotExist"])
    with pytest.raises(UsageError, match="letters, digits and hyphens"):
        region.control("subscribe", queue="no queue")
    with pytest.raises(UsageError, match="expected one of url, queue and function, got url and queue"):
        region.control("subscribe", queue="events", url="http://127.0.0.1/")


@pytest.fixture
def queue() -> Iterator[MnsQueue]:
    made = MnsQueue("events")
    yield made
    made.close()


BASE = "/queues/events/messages"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", f"{BASE}?numOfMessages=x", "", 400, "InvalidArgument"),
        ("GET", f"{BASE}?numOfMessages=0", "", 400, "InvalidArgument"),
        ("GET", f"{BASE}?numOfMessages=17", "", 400, "InvalidArgument"),
        ("GET", f"{BASE}?numOfMessages=%EF%BC%91", "", 400, "InvalidArgument"),
        ("GET", f"{BASE}?numOfMessages={'9' * 5000}", "", 400, "InvalidArgument"),
        ("GET", f"{BASE}?waitseconds=nan", "", 400, "InvalidArgument"),
        ("GET", f"{BASE}?waitseconds=31", "", 400, "InvalidArgument"),
        ("GET", f"{BASE}?a=%ff", "", 400, "InvalidQueryString"),
        ("GET", f"{BASE}?{'a=1&' * 100}", "", 400, "InvalidQueryString"),
        ("PUT", f"{BASE}?receiptHandle=a", "", 400, "MissingVisibilityTimeout"),
        ("PUT", f"{BASE}?visibilityTimeout=1", "", 400, "MissingReceiptHandle"),
        ("PUT", f"{BASE}?receiptHandle=a&visibilityTimeout=-1", "", 400, "InvalidArgument"),
        ("DELETE", BASE, "", 400, "MalformedXML"),
        ("DELETE", BASE, "<a", 400, "MalformedXML"),
        ("DELETE", BASE, "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", 400, "MalformedXML"),
        ("DELETE", BASE, "<ReceiptHandles/>", 400, "InvalidArgument"),
        ("POST", BASE, "<Message/>", 403, "AccessDenied"),
        ("PUT", "/queues/events", "", 403, "AccessDenied"),
        ("GET", "/", "", 403, "AccessDenied"),
        ("PATCH", BASE, "", 405, "MethodNotAllowed"),
    ],
)
def test_what_cannot_be_served_is_an_error_of_the_mns(
    queue: MnsQueue, method: str, path: str, body: str, status: int, code: str
) -> None:
    found, error = ask(queue.endpoint, method, path, body)
    assert (found, texts(error, "Code")) == (status, [code])
    assert texts(error, "Message") != [""]


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (f"GET {BASE} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999\r\n\r\n", 413),
        (f"GET {BASE} HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", 400),
        (f"GET {BASE} HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n", 400),
        (f"GET {BASE} HTTP/1.1\r\n\r\n", 400),
        (f"GET {BASE} HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403),
        (f"GET {BASE} HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n\r\n", 403),
        ("garbage\r\n\r\n", 400),
    ],
)
def test_its_connections_have_the_limits_of_the_endpoints(queue: MnsQueue, head: str, status: int) -> None:
    address = urlsplit(queue.endpoint)
    with RawClient((str(address.hostname), int(address.port or 0))) as client:
        response = client.ask(head.encode())
    assert response.status == status
    assert ElementTree.fromstring(response.body).tag == f"{SPACE}Error"


def test_who_waits_is_given_what_comes(queue: MnsQueue) -> None:
    answers: list[int] = []
    waiting = threading.Thread(target=lambda: answers.append(ask(queue.endpoint, "GET", f"{BASE}?waitseconds=30")[0]))
    waiting.start()
    while not queue._awaited:
        time.sleep(0.001)
    queue.put({"id": "A"})
    waiting.join(20)
    assert answers == [200]


def test_who_has_left_takes_no_message(queue: MnsQueue) -> None:
    address = urlsplit(queue.endpoint)
    with RawClient((str(address.hostname), int(address.port or 0))) as client:
        client.send(f"GET {BASE}?waitseconds=30 HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        while not queue._awaited:
            time.sleep(0.001)
    while queue._awaited:
        time.sleep(0.001)
    queue.put({"id": "A"})
    assert ask(queue.endpoint, "GET", BASE)[0] == 200
