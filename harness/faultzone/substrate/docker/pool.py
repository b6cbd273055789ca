"""The hosts of a session: started when first needed, leased to a region, reset, and leased again.

A reset host must say of itself what a fresh one says; one that does not is thrown away.
"""

from __future__ import annotations

import itertools
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final

from faultzone.errors import HarnessError
from faultzone.substrate.docker import clients, image
from faultzone.substrate.docker.agent.sandbox import CLIENT
from faultzone.substrate.docker.agent.services import ASSISTANT
from faultzone.substrate.docker.cleanup import KEPT, Watchdog, labels, lease_end, removable, remove_all, sweep
from faultzone.substrate.docker.connection import Missing, Taken
from faultzone.substrate.docker.engine import Container, Engine
from faultzone.substrate.docker.fabric import Fabric
from faultzone.substrate.docker.links import Link, Message, Switchboard
from faultzone.substrate.docker.outage import Outage
from faultzone.substrate.docker.roots import Roots
from faultzone.substrate.docker.settings import Settings as Settings

#: What takes a leased host, or the reason why there is none.
Taker = Callable[["Link | HarnessError"], None]

#: Under what names and addresses the Cloud Assistant's server is found.
SERVER_NAMES: Final = ("*.axt.aliyun.com", "*.axt.aliyuncs.com", ASSISTANT, "127.0.0.1")
_STARTERS: Final = 4
_READY_SECONDS: Final = 20.0
_RESET_SECONDS: Final = 10.0
_SWEEP_SECONDS: Final = 10.0
#: How long the end of a session waits for an engine that is away; after that, the watchdog does.
_LAST_SECONDS: Final = 5.0
#: How often a host is tried again where what it needs has been removed, or its address is somebody's.
_TRIES: Final = 3
_KEEP_SECONDS: Final = 2.0
#: How many hosts of failed tests a session keeps at most: they go on running.
_KEPT_HOSTS: Final = 16


class Pool:
    """All hosts of one process.

    Raises:
        NotSupported: no engine answers, or no image can be had.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.session = secrets.token_hex(6)
        self.engine = Engine()
        self.outage = Outage(self.engine.ping)
        self._labels = labels(self.session)
        self._undo: list[Callable[[], None]] = [self.engine.close]
        self.trouble: BaseException | None = None
        self.idle: list[Link] = []
        self.leased: set[Link] = set()
        self.kept: list[Link] = []
        self._starting = 0
        self._numbers, self._networks = itertools.count(1), itertools.count(1)
        self.thrown_away = 0
        #: What instances run as their Cloud Assistant agent; see `agent.sandbox.Spec`.
        self.agent = CLIENT if settings.agent else "own"
        self._lost: tuple[str, ...] | None = None
        self._all_gone = True
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        """Make what hosts need. Whatever can be left behind is watched over before it is made."""
        from faultzone.substrate.gateway.secure import Authority

        self.authority = Authority(SERVER_NAMES)
        self.watchdog = Watchdog(self.session)
        self._undo.append(lambda: self.watchdog.close(all_gone=self._all_gone))
        with suppress(HarnessError):  # What does not go keeps nobody from work; `faultzone doctor` counts it.
            sweep(self.engine, _SWEEP_SECONDS)
        self._client = b""
        if path := self.settings.agent:
            self._client = clients.read(path)
            clients.check(path, self._client, str(self.engine.info.get("Architecture")))
        self.image = self._make_image()
        self.watchdog.wait_until_it_watches()
        self._undo.append(self._remove_made)
        self._fabric = Fabric(self.engine, self.watchdog, self.session, self._labels)
        self.volume = f"faultzone-{self.session}"
        with self.watchdog.expecting("volume", self.volume):
            self.engine.create_volume(self.volume, self._labels)
        self.roots = Roots(self.engine, self.watchdog, self.outage, self.image, self.volume, self._labels)
        self.board = Switchboard(self._failed)
        self._undo.append(self.board.close)
        self._threads = ThreadPoolExecutor(_STARTERS, "faultzone-starts")
        self._undo.append(lambda: self._threads.shutdown(cancel_futures=True))
        self._undo.append(self._let_go)

    def _make_image(self) -> str:
        return image.ensure(self.engine, self.settings.base, self.settings.mirror, self._client)

    @property
    def network(self) -> str:
        """The name of the network between its hosts."""
        return self._fabric.name

    @property
    def subnet(self) -> str:
        """The first three numbers of the addresses in it."""
        return self._fabric.subnet

    def next_network(self) -> int:
        """The number of a private network that no region of this session has."""
        return next(self._networks)

    def _failed(self, trouble: BaseException) -> None:
        self.trouble = self.trouble or trouble

    # Leases; on the switchboard's thread

    def lease(self, taker: Taker) -> None:
        """Give a host to `taker`, now or once one has started."""
        while self.idle:
            link = self.idle.pop()
            if link.alive:
                self.leased.add(link)
                link.log.clear()
                taker(link)
                return
        if len(self.leased) + self._starting >= self.settings.hosts:
            limit = self.settings.hosts
            taker(
                HarnessError(
                    f"more than {limit} hosts would be in use at a time; faultzone_docker_hosts sets the limit"
                )
            )
            return
        self._starting += 1
        place = self._place()
        self._threads.submit(self._start, place, taker)

    def _place(self) -> tuple[int, int]:
        """The number of the next host, and one in the subnet that no other has; on the switchboard's thread."""
        taken = {link.address.rpartition(".")[2] for link in [*self.idle, *self.leased, *self.kept]}
        places = ((number, number % 250 + 2) for number in self._numbers)
        return next((number, place) for number, place in places if str(place) not in taken)

    def _start(self, place: tuple[int, int], taker: Taker) -> None:
        """Start a host; on a thread of its own."""
        try:
            link = self._make_host(place)
        except (HarnessError, TimeoutError) as trouble:
            refusal = trouble if isinstance(trouble, HarnessError) else HarnessError(str(trouble))
            self.board.post(lambda: self._not_started(taker, refusal))
            return
        self.board.post(lambda: self._greet(link, taker))

    def _make_host(self, place: tuple[int, int]) -> Link:
        """Make a container; another, once the engine is back or what was removed is there again."""
        tried: list[str] = []

        def make() -> Link:
            if tried:  # The engine may have made something of it.
                self.engine.discard(tried[-1])
            number, octet = self.board.ask(lambda answer: answer(self._place()), _RESET_SECONDS) if tried else place
            name, address = f"faultzone-{self.session}-{number}", f"{self.subnet}.{octet}"
            tried.append(name)
            plain = self.settings.plain
            wanted = Container(name, self.image, self.network, address, self.volume, self._labels, plain)
            with self.watchdog.expecting("container", name):
                container, stream = self.engine.start(wanted)
            return Link(self.board, container, name, address, stream)

        for _ in range(_TRIES):
            try:
                return self.outage.patiently(make)
            except (Missing, Taken):
                self._restore()
        return self.outage.patiently(make)

    def _restore(self) -> None:
        """Make again what hosts need and somebody has removed."""
        self._fabric.restore()
        if self.engine.image_id(self.image) is None:
            self.image = self._make_image()

    def _not_started(self, taker: Taker, trouble: HarnessError) -> None:
        self._starting -= 1
        taker(trouble)

    def _greet(self, link: Link, taker: Taker) -> None:
        """Wait for a host's first words."""
        said: list[bool] = []

        def hears(message: Message) -> None:
            if said or message.get("event") not in (None, "hello"):
                return
            said.append(True)
            if not message:
                self._not_started(taker, HarnessError(f"host {link.name} ended at its start: {' '.join(link.log)}"))
                return
            link.fresh, link.lost = message["state"], tuple(message["lost"])
            self._lost = link.lost
            self._starting -= 1
            self.leased.add(link)
            taker(link)

        link.hears = hears
        self.board.listen(link)
        self.board.later(_READY_SECONDS, lambda: None if said else link.end())

    def give_back(self, link: Link, then: Callable[[], None]) -> None:
        """Reset a host and keep it, or throw it away if it does not become as it was."""
        done: list[bool] = []

        def finish(good: bool) -> None:
            if done:
                return
            done.append(True)
            self.leased.discard(link)
            if good and link.alive:
                self.idle.append(link)
            else:
                self.thrown_away += 1
                link.end()
            then()

        def compare(answer: Message) -> None:
            # Without roots of their own, instances may have left anything anywhere.
            finish("own-root" not in link.lost and answer.get("state") == link.fresh)

        link.part()
        link.send("reset", lambda answer: None if "trouble" not in answer else finish(False))
        link.send("state", compare)
        self.board.later(_RESET_SECONDS, lambda: finish(False))

    def keep(self, links: Sequence[Link]) -> str:
        """Let hosts stay as they are after the session, until a sweep is told to remove them; from any thread but the
        switchboard's.

        Returns:
            Until when they stay at most, as text.

        Raises:
            HarnessError: so many are kept already that these are not, or the engine refuses.
        """
        if len(self.kept) + len(links) > _KEPT_HOSTS:
            raise HarnessError(f"{len(self.kept)} hosts of earlier tests are kept, and {_KEPT_HOSTS} at most")
        for link in links:
            self.engine.rename(link.container, link.name + KEPT)
            link.name += KEPT
            self.kept.append(link)

        def tell(answer: Callable[[Any], None]) -> None:
            told: list[Message] = []

            def heard(message: Message) -> None:
                told.append(message)
                if len(told) == len(links):
                    answer(None)

            for link in links:
                link.hears = lambda message: None
                self.leased.discard(link)
                link.send("keep", heard)
            # One that the engine has paused does not answer; it will read it all the same.
            self.board.later(_KEEP_SECONDS, lambda: answer(None))

        def part(answer: Callable[[Any], None]) -> None:
            for link in links:
                link.end()
            answer(None)

        for step in (tell, part):
            self.board.ask(step, _RESET_SECONDS)
        return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(lease_end(self._labels)))

    def look(self, then: Callable[[HarnessError | None], None]) -> None:
        """See whether the engine is there; on the switchboard's thread, without waiting.

        Args:
            then: takes what is wrong with it, on that thread too.
        """

        def look() -> None:
            trouble = None
            try:
                self.engine.ping()
            except HarnessError as why:
                trouble = why
            self.board.post(lambda: then(trouble))

        self._threads.submit(look)

    def kill(self, link: Link) -> None:
        """End a host that does not answer; on the switchboard's thread, without waiting."""

        def kill() -> None:
            with suppress(HarnessError):  # It may just be going.
                self.engine.kill(link.container)
            self.board.post(link.end)

        self._threads.submit(kill)

    def write_off(self, link: Link) -> None:
        """Keep no account of a host that is gone."""
        self.leased.discard(link)
        link.end()

    @property
    def lost(self) -> tuple[str, ...]:
        """What instances lack on this engine, by the names of capabilities; from any thread but the switchboard's.

        Raises:
            HarnessError: no host starts, which would say it.
        """
        if self._lost is None:
            self.warm(1)
        return self._lost or ()

    def warm(self, count: int) -> None:
        """See that so many hosts are ready; from any thread but the switchboard's.

        Raises:
            HarnessError: one does not start.
        """

        def start(answer: Callable[[Any], None]) -> None:
            missing = count - len(self.idle)
            taken: list[Link | HarnessError] = []

            def take(link: Link | HarnessError) -> None:
                taken.append(link)
                if len(taken) == missing:
                    for each in taken:
                        if isinstance(each, Link):
                            self.leased.discard(each)
                            self.idle.append(each)
                    answer(next((each for each in taken if not isinstance(each, Link)), None))

            idle, self.idle = self.idle, []
            for _ in range(missing):
                self.lease(take)
            self.idle += idle
            if missing <= 0:
                answer(None)

        trouble = self.board.ask(start, _READY_SECONDS * count)
        if trouble is not None:
            raise trouble

    def cool(self) -> None:
        """End the hosts that nobody has, and wait until they are gone; from any thread but the switchboard's."""

        def end(answer: Callable[[Any], None]) -> None:
            ended = {link.container for link in self.idle}
            while self.idle:
                self.idle.pop().end()
            answer(ended)

        ended = self.board.ask(end, _RESET_SECONDS)
        while ended & {each.id for each in self.engine.made(self.session)}:
            time.sleep(0.01)

    # The end

    def _let_go(self) -> None:
        """End all hosts at once, by ending the connections to them."""

        def end(answer: Callable[[Any], None]) -> None:
            for link in [*self.idle, *self.leased]:
                link.end()
            answer(None)

        self.board.ask(end, _RESET_SECONDS)

    def _remove_made(self) -> None:
        def remove() -> None:
            remove_all(self.engine, lambda: removable(self.engine, self.session))

        self._all_gone = False
        self.outage.patiently(remove, _LAST_SECONDS)
        self._all_gone = True

    @property
    def closed(self) -> bool:
        """Whether its hosts have ended and what was made is removed."""
        return not self._undo

    def close(self) -> None:
        """End the hosts and remove what was made; each step has its turn, whatever became of the others.

        Raises:
            HarnessError: something could not be removed; the watchdog goes on trying for two minutes, and the next
                session's sweep removes the rest.
        """
        troubles: list[HarnessError] = []
        while self._undo:
            step = self._undo.pop()
            try:
                step()
            except HarnessError as trouble:
                troubles.append(trouble)
            except TimeoutError as late:
                troubles.append(HarnessError(f"the hosts do not end: {late}"))
        if troubles:
            raise troubles[0]


_POOLS: dict[Settings, Pool] = {}
_LOCK: Final = threading.Lock()


def pool(settings: Settings) -> Pool:
    """The process's pool with these settings, opened when first asked for.

    Raises:
        NotSupported: no engine answers, or no image can be had.
    """
    with _LOCK:
        if settings not in _POOLS:
            _POOLS[settings] = Pool(settings)
        return _POOLS[settings]


def close_all() -> None:
    """Close the process's pools."""
    with _LOCK:
        while _POOLS:
            _POOLS.popitem()[1].close()
