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
from collections.abc import Callable, Mapping
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit

from faultzone.backends.listening import Listener, Listeners
from faultzone.errors import UsageError
from faultzone.journal import redaction
from faultzone.journal.journal import copied
from faultzone.model.events import notifications
from faultzone.model.events.notifications import CLOUD_MONITOR, QUEUE, Destination, Notification, in_form

if TYPE_CHECKING:
    from faultzone.backends.mns import MnsQueue
    from faultzone.model.cloud import Cloud

#: How often a callback is tried, and the real seconds of the first pause; each following one is twice as long.
_TRIES: Final = 6
_PAUSE: Final = 0.05
_TIMEOUT: Final = 5.0
#: How long the end of a cloud waits for callbacks that have not been heard.
_LINGER: Final = 5.0
#: How much of a URL is quoted; and the names of hosts, each label of at most 63 characters.
_SHOWN: Final = 200
_USER: Final = re.compile(r"[^:@/]+(:[^:@/]*)?")
_HOST: Final = re.compile(rf"(?=.{{1,253}}$){notifications.HOST_NAME}")


class Publisher:
    """What a cloud publishes, in order: each notice has a number, and whoever wants notices asks for those since one.

    Notices are made while somebody listens, and kept while somebody may still ask for them.

    Args:
        cloud: whose notifications.
        note: takes (kind, data) into the journal, from any thread.
    """

    def __init__(self, cloud: Cloud, note: Callable[[str, Mapping[str, Any]], None]) -> None:
        self._note = note
        self._numbers = count(1)
        self._listeners = Listeners(self._from)
        self._open: dict[int, Callback | MnsQueue] = {}
        #: What event rules send to: what decides which notices, and the subscription with the endpoint of a queue.
        self._rules: Mapping[Destination, Callable[[Notification], bool]] = {}
        self._followed: dict[Destination, tuple[int, str]] = {}
        #: The first notice of each queue and its form, by the queue's number; the first of whoever asks for notices.
        self._queues: dict[int, tuple[int, str]] = {}
        self._asked: int | None = None
        #: Published, not yet committed; committed, from the number `_first` on.
        self._published: list[Notification] = []
        self._kept: list[Notification] = []
        self._first = 1
        self._keeping = threading.Lock()
        cloud.watch_regions(lambda region: notifications.watch(region, self._published.append, self._is_wanted))

    def _is_wanted(self) -> bool:
        return bool(self._listeners or self._queues) or self._asked is not None

    @property
    def end(self) -> int:
        """The number of the next notice."""
        return self._first + len(self._kept)

    def since(self, number: int | None) -> tuple[list[Notification], int]:
        """The notices from a number on, and the number to ask with next time; with None, none, and the same number.

        From the first time on all are kept.

        Raises:
            UsageError: notices of that number are not kept, or not there by far.
        """
        first = self._first if self._asked is None else self._asked
        if self._asked is None:
            self._asked = self.end
        if number is None:
            return [], self.end
        if not first <= number <= self.end:
            raise UsageError(
                f"since={number!r}: write a number from {first} to {self.end}, as `next` of an earlier answer has it"
            )
        notices = self._from(number)
        return list(map(copied, notices)), number + len(notices)

    def _from(self, number: int) -> list[Notification]:
        with self._keeping:
            return self._kept[max(0, number - self._first) :]

    def follow(self, rules: Mapping[Destination, Callable[[Notification], bool]]) -> None:
        """Send what event rules want to where they want it, from now on; what they had before ends."""
        self._rules = rules
        for destination in self._followed.keys() - rules.keys():
            self.unsubscribe(self._followed.pop(destination)[0])
        for destination in rules.keys() - self._followed.keys():
            passes = partial(self._passes, destination)
            if destination.kind == QUEUE:
                self._followed[destination] = self.open_mns(destination.where, passes=passes)
            else:
                self._followed[destination] = self.call_back(destination.where, passes=passes), ""

    def _passes(self, destination: Destination, notice: Notification) -> bool:
        passes = self._rules.get(destination)
        return passes is not None and passes(notice)

    def endpoint_of(self, queue: str, account: str) -> str:
        """The endpoint of a queue that an event rule of an account sends to.

        Raises:
            UsageError: none does.
        """
        endpoints = {
            each.where: endpoint
            for each, (_, endpoint) in self._followed.items()
            if (each.kind, each.account) == (QUEUE, account)
        }
        if queue not in endpoints:
            raise UsageError.unknown("queue", queue, endpoints)
        return endpoints[queue]

    def subscribe(
        self, listener: Listener, form: str = CLOUD_MONITOR, passes: Callable[[Notification], bool] | None = None
    ) -> int:
        """Call a function with all that is published from now on, in one of the `FORMS`; returns the number that ends
        it. `passes` chooses."""
        number = next(self._numbers)

        def heard(notice: Notification) -> object:
            return listener(in_form(notice, form)) if passes is None or passes(notice) else None

        self._listeners.add(number, listener if passes is None and form == CLOUD_MONITOR else heard, self.end)
        return number

    def open_queue(self, form: str = CLOUD_MONITOR) -> int:
        """Keep all that is published from now on; the number to read it by."""
        number = next(self._numbers)
        self._queues[number] = self.end, form
        return number

    def call_back(
        self, url: str, form: str = CLOUD_MONITOR, passes: Callable[[Notification], bool] | None = None
    ) -> int:
        """Post all that is published from now on to a URL; the number that ends it.

        Raises:
            UsageError: it is no HTTP URL.
        """
        callback = Callback(url, self._note)
        number = self.subscribe(callback.put, form, passes)
        self._open[number] = callback
        return number

    def open_mns(
        self, name: str, form: str = CLOUD_MONITOR, passes: Callable[[Notification], bool] | None = None
    ) -> tuple[int, str]:
        """Serve all that is published from now on as an MNS queue; the number that ends it, and the endpoint.

        Raises:
            UsageError: no queue can be named so.
        """
        from faultzone.backends.mns import MnsQueue

        served = MnsQueue(name)
        number = self.subscribe(served.put, form, passes)
        self._open[number] = served
        return number, served.endpoint

    def read(self, number: int) -> list[Notification]:
        """What has been published to a queue since it was opened.

        Raises:
            UsageError: there is no such queue.
        """
        if number not in self._queues:
            raise UsageError.unknown("queue", number, self._queues)
        first, form = self._queues[number]
        return [in_form(copied(each), form) for each in self._from(first)]

    def unsubscribe(self, number: int) -> bool:
        """Deliver nothing more to a subscriber; False where there is none of that number."""
        known = self._listeners.remove(number) or number in self._queues
        self._queues.pop(number, None)
        if (ending := self._open.pop(number, None)) is not None:
            ending.close()
        return known

    @property
    def waiting(self) -> bool:
        """Whether something has been committed and not yet delivered to subscribers."""
        return bool(self._listeners) and self._listeners.next < self.end

    def commit(self) -> None:
        """What was published has happened."""
        if self._published:
            with self._keeping:
                self._kept += self._published
            self._published.clear()

    def drop(self) -> None:
        """What was published has not happened."""
        self._published.clear()

    def deliver(self) -> None:
        """Deliver what has been committed, and forget what nobody will ask for.

        Raises:
            Exception: what the first failing subscriber raised, once everything has been delivered to all.
        """
        try:
            self._listeners.deliver()
        finally:
            if self._asked is None and not self._queues:
                with self._keeping:
                    done = min(self._listeners.next - self._first, len(self._kept))
                    del self._kept[:done]
                    self._first += done

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
    example = "expected an HTTP URL, such as http://127.0.0.1:8080/notify"
    try:
        parts = urlsplit(url)
        named = bool(parts.hostname) and parts.port != 0
    except ValueError as error:
        raise UsageError(f"url={shown!r}: {example}: {redaction.text(str(error))[:_SHOWN]}") from None
    if parts.scheme not in ("http", "https") or not named:
        raise UsageError(f"url={shown!r}: {example}")
    # The parser drops some of them, and a request has no place for the others.
    if not url.isascii() or not all("!" <= each <= "~" for each in url):
        raise UsageError(f"url={shown!r}: {example}, in ASCII without spaces; write other characters as %XX")
    user, at, _ = parts.netloc.rpartition("@")
    if at and not _USER.fullmatch(user):
        raise UsageError(f"url: {example}, with NAME or NAME:PASSWORD before '@'; write other characters as %XX")
    host = parts.hostname or ""
    if not (":" in host or _HOST.fullmatch(host)):
        raise UsageError(f"url={shown!r}: {example}, with the name of a host")
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
