"""The subscribers to notifications: functions here, queues that a test or an MNS client reads, HTTP callbacks.

Notifications are delivered in the order of their commits, after the commit and outside the region's lock, so that a
subscriber may call the region.
"""

from __future__ import annotations

import json
import queue
import re
import threading
import time
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Mapping
from itertools import count
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit

from faultzone.errors import UsageError
from faultzone.journal import redaction
from faultzone.model.events import notifications
from faultzone.model.events.notifications import Notification

if TYPE_CHECKING:
    from faultzone.backends.mns import MnsQueue
    from faultzone.model.cloud import Cloud

Subscriber = Callable[[Notification], object]

#: How often a callback is tried, and the real seconds of the first pause; each following one is twice as long.
_TRIES: Final = 6
_PAUSE: Final = 0.05
_TIMEOUT: Final = 5.0
#: How long the end of a cloud waits for callbacks that have not been heard.
_LINGER: Final = 5.0
#: How much of a URL is quoted; and the names of hosts, each label of at most 63 characters.
_SHOWN: Final = 200
_USER: Final = re.compile(r"[^:@/]+(:[^:@/]*)?")
_HOST: Final = re.compile(
    r"(?=.{1,253}$)[a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?"
    r"(\.[a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?)*\.?"
)


class Publisher:
    """Delivers what a cloud publishes to its subscribers.

    Args:
        cloud: whose notifications.
        note: takes (kind, data) into the journal, from any thread.
    """

    def __init__(self, cloud: Cloud, note: Callable[[str, Mapping[str, Any]], None]) -> None:
        self._note = note
        self._numbers = count(1)
        self._subscribers: dict[int, Subscriber] = {}
        self._open: dict[int, Callback | MnsQueue] = {}
        self._queues: dict[int, list[Notification]] = {}
        #: Published, not yet committed; committed, not yet delivered.
        self._published: list[Notification] = []
        self._committed: deque[Notification] = deque()
        self._delivering = threading.Lock()
        for region in cloud.regions.values():
            notifications.watch(region, self._published.append, lambda: bool(self._subscribers))

    def subscribe(self, subscriber: Subscriber) -> int:
        """Call a function with all that is published from now on; returns the number that ends it."""
        number = next(self._numbers)
        self._subscribers = {**self._subscribers, number: subscriber}
        return number

    def open_queue(self) -> int:
        """Keep all that is published from now on; the number to read it by."""
        kept: list[Notification] = []
        number = self.subscribe(kept.append)
        self._queues[number] = kept
        return number

    def call_back(self, url: str) -> int:
        """Post all that is published from now on to a URL; the number that ends it.

        Raises:
            UsageError: it is no HTTP URL.
        """
        callback = Callback(url, self._note)
        number = self.subscribe(callback.put)
        self._open[number] = callback
        return number

    def open_mns(self, name: str) -> tuple[int, str]:
        """Serve all that is published from now on as an MNS queue; the number that ends it, and the endpoint.

        Raises:
            UsageError: no queue can be named so.
        """
        from faultzone.backends.mns import MnsQueue

        served = MnsQueue(name)
        number = self.subscribe(served.put)
        self._open[number] = served
        return number, served.endpoint

    def read(self, number: int) -> list[Notification]:
        """What has been published to a queue since it was opened.

        Raises:
            UsageError: there is no such queue.
        """
        if number not in self._queues:
            raise UsageError(f"there is no queue {number}; there are {', '.join(map(str, self._queues)) or 'none'}")
        return list(self._queues[number])

    def unsubscribe(self, number: int) -> bool:
        """Deliver nothing more to a subscriber; False where there is none of that number."""
        known = number in self._subscribers
        self._subscribers = {each: subscriber for each, subscriber in self._subscribers.items() if each != number}
        self._queues.pop(number, None)
        if (ending := self._open.pop(number, None)) is not None:
            ending.close()
        return known

    @property
    def waiting(self) -> bool:
        """Whether something has been committed and not yet delivered to subscribers."""
        return bool(self._committed)

    def commit(self) -> None:
        """What was published has happened."""
        if self._published:
            self._committed += self._published
            self._published.clear()

    def drop(self) -> None:
        """What was published has not happened."""
        self._published.clear()

    def deliver(self) -> None:
        """Deliver what has been committed; by one thread at a time, so that the order stays.

        Raises:
            Exception: what the first failing subscriber raised, once everything has been delivered to all.
        """
        failed: list[Exception] = []
        while self._committed and self._delivering.acquire(blocking=False):
            try:
                while self._committed:
                    notification = self._committed.popleft()
                    for subscriber in self._subscribers.values():
                        try:
                            subscriber(json.loads(json.dumps(notification)))
                        except Exception as error:
                            failed.append(error)
            finally:
                self._delivering.release()
        if failed:
            raise failed[0]

    def close(self) -> None:
        """End the callbacks, once they have delivered what they can, and the queues that are served."""
        for number in list(self._open):
            self.unsubscribe(number)


def _parts_of(url: str) -> SplitResult:
    """The parts of a URL that can be posted to.

    Raises:
        UsageError: it is no HTTP URL, or has what none can have.
    """
    # A password is not shown to whoever reads the report of a test.
    shown = redaction.url(url[:_SHOWN]) + ("…" if len(url) > _SHOWN else "")
    example = "write an HTTP URL such as http://127.0.0.1:8080/notify"
    try:
        parts = urlsplit(url)
        named = bool(parts.hostname) and parts.port != 0
    except ValueError as error:
        raise UsageError(f"url={shown!r}: {redaction.text(str(error))[:_SHOWN]}; {example}") from None
    if parts.scheme not in ("http", "https") or not named:
        raise UsageError(f"url={shown!r}: {example}")
    # The parser drops some of them, and a request has no place for the others.
    if not url.isascii() or not all("!" <= each <= "~" for each in url):
        raise UsageError(f"url={shown!r}: a URL is written in ASCII without blanks, others as %XX; {example}")
    user, at, _ = parts.netloc.rpartition("@")
    if at and not _USER.fullmatch(user):
        raise UsageError(f"url: what stands before '@' is not NAME or NAME:PASSWORD, others as %XX; {example}")
    host = parts.hostname or ""
    if not (":" in host or _HOST.fullmatch(host)):
        raise UsageError(f"url={shown!r}: it has no name of a host; {example}")
    return parts


class Callback:
    """Posts notifications to a URL, in order, each until it is answered with success, or given up after some tries.

    Args:
        url: where to.
        note: takes (kind, data) into the journal.

    Raises:
        UsageError: it is no HTTP URL.
    """

    def __init__(self, url: str, note: Callable[[str, Mapping[str, Any]], None]) -> None:
        self._parts, self._note = _parts_of(url), note
        user, at, where = self._parts.netloc.rpartition("@")
        self._headers = {"Content-Type": "application/json"}
        if at:
            self._headers["Authorization"] = f"Basic {b64encode(unquote_to_bytes(user)).decode()}"
        #: As the journal has it, without name and password.
        self._url = self._parts._replace(netloc=where).geturl()
        self._waiting: queue.SimpleQueue[Notification | None] = queue.SimpleQueue()
        self._worker = threading.Thread(target=self._work, name="faultzone-callback", daemon=True)
        self._worker.start()

    def put(self, notification: Notification) -> None:
        """Post this after what came before."""
        self._waiting.put(notification)

    def close(self) -> None:
        """End, once what is waiting has been posted."""
        self._waiting.put(None)
        if self._worker is not threading.current_thread():
            self._worker.join(_LINGER)

    def _work(self) -> None:
        while (notification := self._waiting.get()) is not None:
            why = ""
            for attempt in range(_TRIES):
                if attempt:
                    time.sleep(_PAUSE * 2 ** (attempt - 1))
                why = self._post(notification)
                if not why:
                    break
            if why:
                self._note(
                    "notice", {"what": "callback given up", "url": self._url, "id": notification["id"], "why": why}
                )

    def _post(self, notification: Notification) -> str:
        """Post once; why that failed, else nothing."""
        import http.client

        parts = self._parts
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=_TIMEOUT)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            connection.request("POST", target, json.dumps(notification), self._headers)
            status = connection.getresponse().status
        except Exception as error:
            # Whatever it is, the thread goes on with the next notification.
            return repr(error)
        finally:
            connection.close()
        return "" if 200 <= status < 300 else f"status {status}"
