"""A queue of notifications that clients of Alibaba Cloud's Message Service (MNS) read over HTTP, such as its own SDK.

Receive, peek, delete, one message or up to 16, and change of visibility; signatures are not looked at. A message that
is received and not deleted comes again when its visibility returns, so each is delivered at least once.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Final
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from faultzone.errors import UsageError
from faultzone.model.notifications import Notification

_NAMESPACE: Final = "http://mns.aliyuncs.com/doc/v1"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,255}")
_HANDLES: Final = re.compile(r"<ReceiptHandle>([^<]+)</ReceiptHandle>")
#: Real seconds, as a queue has them unless told otherwise, and the longest that a client may wait for a message.
_VISIBILITY: Final = 30.0
_LONGEST_WAIT: Final = 30.0
_BATCH: Final = 16


@dataclass
class _Message:
    """One message; `handle` names its latest receipt, and `visible` is the monotonic second from which it is seen."""

    id: str
    body: str
    enqueued: int
    visible: float = 0.0
    first: int = 0
    received: int = 0
    handle: str = ""


class MnsQueue:
    """A queue behind an HTTP server of its own, on loopback.

    Args:
        name: the queue's name: letters, digits and hyphens.
        visibility: real seconds for which a message that was received is not seen by others.

    Raises:
        UsageError: no queue can be named so.
    """

    def __init__(self, name: str, visibility: float = _VISIBILITY) -> None:
        if not _NAME.fullmatch(name):
            raise UsageError(f"queue={name!r}: write letters, digits and hyphens")
        self.name, self._visibility = name, visibility
        self._messages: dict[str, _Message] = {}
        self._changed = threading.Condition()
        self._receipts = 0
        self._closed = False
        handler = type("Handler", (_Handler,), {"queue": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, name="faultzone-mns", daemon=True
        )
        self._thread.start()

    def put(self, notification: Notification) -> None:
        """Append a message."""
        body = base64.b64encode(json.dumps(notification).encode()).decode()
        with self._changed:
            number = f"{len(self._messages):016X}-{notification['id']}"
            self._messages[number] = _Message(number, body, int(time.time() * 1000))
            self._changed.notify_all()

    def receive(self, most: int, wait: float, *, peek: bool) -> list[tuple[_Message, str]]:
        """Up to `most` messages that are visible, oldest first, each with its receipt; waiting for one if need be."""
        end = time.monotonic() + wait
        with self._changed:
            while True:
                now = time.monotonic()
                found = [each for each in self._messages.values() if each.handle != "gone" and each.visible <= now][
                    :most
                ]
                if found or now >= end or self._closed:
                    return [(each, "" if peek else self._take(each, now)) for each in found]
                self._changed.wait(min(end - now, 0.1))

    def _take(self, message: _Message, now: float) -> str:
        self._receipts += 1
        message.visible = now + self._visibility
        message.received += 1
        message.first = message.first or int(time.time() * 1000)
        message.handle = f"{self._receipts}-{message.id}"
        return message.handle

    def delete(self, handles: list[str]) -> bool:
        """Delete the messages of these receipts; False where one is not the latest of its message."""
        with self._changed:
            known = {each.handle: each for each in self._messages.values()}
            found = [known[each] for each in handles if each in known]
            for message in found:
                # The place stays taken, so that numbers are not given twice.
                message.handle, message.body = "gone", ""
        return len(found) == len(handles)

    def show(self, handle: str, seconds: float) -> _Message | None:
        """Let the message of a receipt be seen again after so many seconds; None where there is none."""
        with self._changed:
            found = next((each for each in self._messages.values() if each.handle == handle), None)
            if found is not None:
                found.visible = time.monotonic() + seconds
                self._changed.notify_all()
        return found

    def close(self) -> None:
        """End the server."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def next_visible(self, message: _Message) -> int:
        """When a message is seen again, in milliseconds since the epoch."""
        return int((time.time() + max(0.0, message.visible - time.monotonic())) * 1000)


class _Handler(BaseHTTPRequestHandler):
    """The part of the MNS protocol of version 2015-06-06 that reads queues."""

    queue: ClassVar[MnsQueue]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        asked = self._asked()
        if asked is None:
            return
        several = "numOfMessages" in asked
        most = min(_BATCH, int(asked.get("numOfMessages", "1")))
        peek = asked.get("peekonly") == "true"
        wait = min(_LONGEST_WAIT, float(asked.get("waitseconds", "0")))
        found = self.queue.receive(most, wait, peek=peek)
        if not found:
            self._refuse(404, "MessageNotExist", "Message not exist.")
            return
        shown = "".join(self._message(*each) for each in found)
        self._answer(200, f'<Messages xmlns="{_NAMESPACE}">{shown}</Messages>' if several else shown)

    def do_DELETE(self) -> None:
        asked = self._asked()
        if asked is None:
            return
        handles = [asked["ReceiptHandle"]] if "ReceiptHandle" in asked else _HANDLES.findall(self._body)
        if self.queue.delete(handles):
            self._answer(204, "")
        else:
            self._refuse(404, "MessageNotExist", "The receipt handle is not that of a message.")

    def do_PUT(self) -> None:
        asked = self._asked()
        if asked is None:
            return
        handle = asked.get("receiptHandle", "")
        message = self.queue.show(handle, float(asked.get("visibilityTimeout", "0")))
        if message is None:
            self._refuse(404, "MessageNotExist", "The receipt handle is not that of a message.")
            return
        fields = {"ReceiptHandle": handle, "NextVisibleTime": self.queue.next_visible(message)}
        self._answer(200, _element("ChangeVisibility", fields))

    def _asked(self) -> dict[str, str] | None:
        """The parameters of a request for the queue's messages; None once one for anything else is refused."""
        self._body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        parts = urlsplit(self.path)
        if parts.path != f"/queues/{self.queue.name}/messages":
            self._refuse(404, "QueueNotExist", "The queue name you provided is not exist.")
            return None
        return {name: values[0] for name, values in parse_qs(parts.query).items()}

    def _message(self, message: _Message, handle: str) -> str:
        fields: dict[str, Any] = {
            "MessageId": message.id,
            "MessageBodyMD5": hashlib.md5(message.body.encode(), usedforsecurity=False).hexdigest().upper(),
            "MessageBody": message.body,
            "EnqueueTime": message.enqueued,
            "FirstDequeueTime": message.first,
            "DequeueCount": message.received,
            "Priority": 8,
        }
        if handle:
            fields |= {"ReceiptHandle": handle, "NextVisibleTime": self.queue.next_visible(message)}
        return _element("Message", fields)

    def _refuse(self, status: int, code: str, why: str) -> None:
        fields = {"Code": code, "Message": why, "RequestId": "0" * 24, "HostId": self.queue.endpoint}
        self._answer(status, _element("Error", fields))

    def _answer(self, status: int, document: str) -> None:
        body = document and f'<?xml version="1.0" encoding="utf-8"?>{document}'
        self.send_response(status)
        self.send_header("Content-Type", "text/xml;charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-mns-request-id", "0" * 24)
        self.send_header("x-mns-version", "2015-06-06")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: what is published is in the answer to whoever asks."""


def _element(name: str, fields: dict[str, Any]) -> str:
    inner = "".join(f"<{key}>{escape(str(value))}</{key}>" for key, value in fields.items())
    return f'<{name} xmlns="{_NAMESPACE}">{inner}</{name}>'
