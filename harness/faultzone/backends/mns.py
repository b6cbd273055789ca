"""A queue of notifications that clients of Alibaba Cloud's Message Service (MNS) read over HTTP, such as its own SDK.

Receive, peek, delete, one message or up to 16, and change of visibility; signatures are not looked at. A message that
is received and not deleted comes again when its visibility returns, so each is delivered at least once. The limits of
its connections are those of every server of the process, `faultzone.listen`.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
import threading
import time
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl
from xml.etree import ElementTree

from faultzone.errors import UsageError
from faultzone.listen import Hosts, Listener, Refused, Request, bind, head
from faultzone.model.events.notifications import Notification

_NAMESPACE: Final = "http://mns.aliyuncs.com/doc/v1"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,255}")
_NUMBER: Final = re.compile(r"[0-9]{1,9}")
#: Real seconds, as a queue has them by default; the longest that a client may wait for a message, and hide
#: one.
_VISIBILITY: Final = 30.0
_LONGEST_WAIT: Final = 30
_LONGEST_VISIBILITY: Final = 43_200
_BATCH: Final = 16
#: How much of what was given a refusal quotes; and how many parameters a request has at most.
_QUOTED_MAX: Final = 100
_PARAMETERS_MAX: Final = 20
_METHODS: Final = frozenset({"GET", "POST", "PUT", "DELETE"})


class _Refusal(Exception):
    """A request that is refused, with a code of the MNS and its status."""

    def __init__(self, why: str, code: str = "InvalidArgument", status: int = 400) -> None:
        super().__init__(why)
        self.status, self.code, self.why = status, code, why


class _Answer(NamedTuple):
    """What goes back."""

    status: int
    body: bytes

    def head(self, *, close: bool) -> bytes:
        """The status line and the headers."""
        kind = [("Content-Type", "text/xml;charset=utf-8")] if self.body else []
        fields = [*kind, ("x-mns-request-id", "0" * 24), ("x-mns-version", "2015-06-06")]
        return head(self.status, fields, len(self.body), close=close)


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
    """A queue behind a socket of its own, on loopback.

    Args:
        name: the queue's name: letters, digits and hyphens.
        visibility: real seconds for which a message that was received is not seen by others.

    Raises:
        UsageError: no queue can be named so.
    """

    def __init__(self, name: str, visibility: float = _VISIBILITY) -> None:
        if not _NAME.fullmatch(name):
            raise UsageError.expected("queue", name, "letters, digits and hyphens")
        self.name, self._visibility = name, visibility
        self._messages: dict[str, _Message] = {}
        # A notification may come from any thread; requests are served on the loop.
        self._lock = threading.Lock()
        self._awaited: set[asyncio.Event] = set()
        self._receipts = 0
        self._closed = False
        socket = bind("127.0.0.1", 0)
        port = socket.getsockname()[1]
        self.endpoint = f"http://127.0.0.1:{port}"
        self._listener = Listener(_Requests(self), socket, Hosts(port))

    def put(self, notification: Notification) -> None:
        """Append a message."""
        body = base64.b64encode(json.dumps(notification).encode()).decode()
        with self._lock:
            number = f"{len(self._messages):016X}-{notification['id']}"
            self._messages[number] = _Message(number, body, int(time.time() * 1000))
        self._notify()

    def _notify(self) -> None:
        """Have those who wait for a message look again."""
        self._listener.loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        for each in self._awaited:
            each.set()

    def receive(self, most: int, *, peek: bool) -> list[tuple[_Message, str]]:
        """Up to `most` messages that are visible, oldest first, each with its receipt."""
        with self._lock:
            now = time.monotonic()
            found = [each for each in self._messages.values() if each.handle != "gone" and each.visible <= now][:most]
            return [(each, "" if peek else self._take(each, now)) for each in found]

    async def await_some(self, most: int, seconds: float, *, peek: bool) -> list[tuple[_Message, str]]:
        """The same, on the loop, waiting up to so many seconds for one."""
        end = time.monotonic() + seconds
        event = asyncio.Event()
        self._awaited.add(event)
        try:
            while True:
                event.clear()
                found = self.receive(most, peek=peek)
                left = end - time.monotonic()
                if found or left <= 0 or self._closed:
                    return found
                # A received message is visible again after a while, and nothing calls `_notify` then.
                with self._lock:
                    coming = [each.visible for each in self._messages.values() if each.handle != "gone"]
                pause = max(0.001, min([end, *coming]) - time.monotonic())
                try:
                    await asyncio.wait_for(event.wait(), min(left, pause))
                except TimeoutError:
                    continue
        finally:
            self._awaited.discard(event)

    def _take(self, message: _Message, now: float) -> str:
        self._receipts += 1
        message.visible = now + self._visibility
        message.received += 1
        message.first = message.first or int(time.time() * 1000)
        message.handle = f"{self._receipts}-{message.id}"
        return message.handle

    def delete(self, handles: Sequence[str]) -> bool:
        """Delete the messages of these receipts; False where one is not the latest of its message."""
        with self._lock:
            known = {each.handle: each for each in self._messages.values()}
            found = [known[each] for each in handles if each in known]
            for message in found:
                # The place stays taken, so that numbers are not given twice.
                message.handle, message.body = "gone", ""
        return len(found) == len(handles)

    def show(self, handle: str, seconds: float) -> _Message | None:
        """Let the message of a receipt be seen again after so many seconds; None where there is none."""
        with self._lock:
            known = (each for each in self._messages.values() if each.handle not in ("", "gone"))
            found = next((each for each in known if each.handle == handle), None)
            if found is not None:
                found.visible = time.monotonic() + seconds
        self._notify()
        return found

    def close(self) -> None:
        """End the socket and its connections. Not waited for: whoever closes may hold a lock that a request awaits."""
        self._closed = True
        self._listener.close(wait=False)

    def next_visible(self, message: _Message) -> int:
        """When a message is seen again, in milliseconds since the epoch."""
        return int((time.time() + max(0.0, message.visible - time.monotonic())) * 1000)


class _Requests:
    """The part of the MNS protocol of version 2015-06-06 that reads queues."""

    #: Who has left would take messages away from others.
    gives_up = True

    def __init__(self, queue: MnsQueue) -> None:
        self._queue = queue

    def answer(self, request: Request) -> _Answer | Coroutine[Any, Any, _Answer]:
        """The answer to one request; later where it waits for a message."""
        try:
            asked = self._asked(request)
            if request.method == "DELETE":
                return self._delete(asked, request.body)
            if request.method == "PUT":
                return self._show(asked)
            most = _number(asked, "numOfMessages", 1, _BATCH, 1)
            seconds = _number(asked, "waitseconds", 0, _LONGEST_WAIT, 0)
            peek = asked.get("peekonly") == "true"
            if seconds:
                return self._receive_later(most, seconds, peek=peek, several="numOfMessages" in asked)
            return self._received(self._queue.receive(most, peek=peek), several="numOfMessages" in asked)
        except _Refusal as refusal:
            return self._refusal(refusal)

    async def _receive_later(self, most: int, seconds: float, *, peek: bool, several: bool) -> _Answer:
        return self._received(await self._queue.await_some(most, seconds, peek=peek), several=several)

    def refuse(self, refused: Refused) -> _Answer:
        """The answer to what is no request that can be read."""
        code = "AccessDenied" if refused.status == 403 else "InvalidRequest"
        return self._refusal(_Refusal(f"The {refused.what} cannot be served: {refused.why}.", code, refused.status))

    def _asked(self, request: Request) -> dict[str, str]:
        """The parameters of a request for the queue's messages.

        Raises:
            _Refusal: it is for anything else.
        """
        if request.method not in _METHODS:
            raise _Refusal(f"There is no method {request.method} here.", "MethodNotAllowed", 405)
        path = f"/queues/{self._queue.name}"
        if request.path != f"{path}/messages":
            if request.path.rstrip("/") == path or not request.path.startswith("/queues/"):
                raise _Refusal("This server has one queue, whose messages can be read, no more.", "AccessDenied", 403)
            raise _Refusal("The queue name you provided is not exist.", "QueueNotExist", 404)
        if request.method == "POST":
            raise _Refusal("Messages of this queue are sent by the region alone.", "AccessDenied", 403)
        try:
            query = request.query.decode("ascii")
            return dict(parse_qsl(query, errors="strict", keep_blank_values=True, max_num_fields=_PARAMETERS_MAX))
        except ValueError:
            raise _Refusal("The query cannot be read.", "InvalidQueryString", 400) from None

    def _received(self, found: Sequence[tuple[_Message, str]], *, several: bool) -> _Answer:
        if not found:
            return self._refusal(_Refusal("Message not exist.", "MessageNotExist", 404))
        shown = [self._message(*each) for each in found]
        return _Answer(200, _document(_element("Messages", {}, shown) if several else shown[0]))

    def _delete(self, asked: Mapping[str, str], body: bytes) -> _Answer:
        handles = [asked["ReceiptHandle"]] if "ReceiptHandle" in asked else _handles(body)
        if not self._queue.delete(handles):
            raise _Refusal("The receipt handle is not that of a message.", "MessageNotExist", 404)
        return _Answer(204, b"")

    def _show(self, asked: Mapping[str, str]) -> _Answer:
        for needed in ("receiptHandle", "visibilityTimeout"):
            if not asked.get(needed):
                raise _Refusal(f"{needed} is missing.", f"Missing{needed[0].upper()}{needed[1:]}", 400)
        handle = asked["receiptHandle"]
        message = self._queue.show(handle, _number(asked, "visibilityTimeout", 0, _LONGEST_VISIBILITY, 0))
        if message is None:
            raise _Refusal("The receipt handle is not that of a message.", "MessageNotExist", 404)
        fields = {"ReceiptHandle": handle, "NextVisibleTime": self._queue.next_visible(message)}
        return _Answer(200, _document(_element("ChangeVisibility", fields)))

    def _message(self, message: _Message, handle: str) -> ElementTree.Element:
        fields: dict[str, object] = {
            "MessageId": message.id,
            "MessageBodyMD5": hashlib.md5(message.body.encode(), usedforsecurity=False).hexdigest().upper(),
            "MessageBody": message.body,
            "EnqueueTime": message.enqueued,
            "FirstDequeueTime": message.first,
            "DequeueCount": message.received,
            "Priority": 8,
        }
        if handle:
            fields |= {"ReceiptHandle": handle, "NextVisibleTime": self._queue.next_visible(message)}
        return _element("Message", fields)

    def _refusal(self, refusal: _Refusal) -> _Answer:
        fields = {
            "Code": refusal.code,
            "Message": refusal.why,
            "RequestId": "0" * 24,
            "HostId": self._queue.endpoint,
        }
        return _Answer(refusal.status, _document(_element("Error", fields)))


def _number(asked: Mapping[str, str], name: str, least: int, most: int, default: int) -> int:
    """A whole number among the parameters.

    Raises:
        _Refusal: it is none from `least` to `most`.
    """
    given = asked.get(name, str(default))
    if not _NUMBER.fullmatch(given) or not least <= int(given) <= most:
        why = f"{name} is {given[:_QUOTED_MAX]!r}: write a whole number from {least} to {most}."
        raise _Refusal(why, "InvalidArgument", 400)
    return int(given)


def _handles(body: bytes) -> list[str]:
    """The receipts in the body of a request that deletes several messages.

    Raises:
        _Refusal: it is no such document.
    """
    # A document that declares entities can be far longer than it is written.
    if b"<!" in body:
        raise _Refusal("The body declares a document type or has comments; write elements alone.", "MalformedXML", 400)
    try:
        document = ElementTree.fromstring(body)
    except (ElementTree.ParseError, ValueError, LookupError):
        raise _Refusal("The body is not XML.", "MalformedXML", 400) from None
    handles = [each.text or "" for each in document.iter() if each.tag.rpartition("}")[2] == "ReceiptHandle"]
    if not 1 <= len(handles) <= _BATCH:
        raise _Refusal(f"The body has {len(handles)} receipt handles; write 1 to {_BATCH}.", "InvalidArgument", 400)
    return handles


def _element(name: str, fields: Mapping[str, object], inner: Sequence[ElementTree.Element] = ()) -> ElementTree.Element:
    element = ElementTree.Element(name)
    for key, value in fields.items():
        # The characters that XML does not have, which a name in a notification may.
        ElementTree.SubElement(element, key).text = _NOT_XML.sub("\ufffd", str(value))
    element.extend(inner)
    return element


#: Characters that XML cannot carry, not even escaped.
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _document(element: ElementTree.Element) -> bytes:
    element.set("xmlns", _NAMESPACE)
    written: bytes = ElementTree.tostring(element, encoding="utf-8", xml_declaration=True)
    return written
