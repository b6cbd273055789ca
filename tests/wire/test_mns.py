"""Notifications as an MNS queue: over plain HTTP, and through the real SDK."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

import pytest

from faultzone import Region, make_region
from faultzone.backends.mns import MnsQueue
from faultzone.errors import UsageError

SPACE = "{http://mns.aliyuncs.com/doc/v1}"


@pytest.fixture
def region() -> Iterator[Region]:
    with make_region() as made:
        yield made


def ask(endpoint: str, method: str, path: str, body: str = "") -> tuple[int, ElementTree.Element | None]:
    connection = http.client.HTTPConnection(urlsplit(endpoint).netloc, timeout=10)
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
    with pytest.raises(UsageError, match="url or queue"):
        region.control("subscribe", queue="events", url="http://127.0.0.1/")
