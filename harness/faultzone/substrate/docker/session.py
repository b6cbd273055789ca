"""What one process has on the engine: a network, a volume and hosts; and what sees to it that nothing of it is left.

What others than the loop's own thread call is here and in `substrate.py`; all parts are on that thread.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Final

from faultzone.errors import HarnessError
from faultzone.substrate.docker import clients, image
from faultzone.substrate.docker.agent.sandbox import CLIENT
from faultzone.substrate.docker.agent.services import ASSISTANT
from faultzone.substrate.docker.cleanup import Watchdog, labels, removable, remove_all, sweep
from faultzone.substrate.docker.engine import Engine, Miscounted
from faultzone.substrate.docker.fabric import Fabric
from faultzone.substrate.docker.loop import Loop, Tasks
from faultzone.substrate.docker.outage import Outage
from faultzone.substrate.docker.owed import Failures
from faultzone.substrate.docker.pool import READY_SECONDS, Pool
from faultzone.substrate.docker.roots import Roots
from faultzone.substrate.docker.settings import Settings as Settings

#: Under what names and addresses the Cloud Assistant's server is found.
SERVER_NAMES: Final = ("*.axt.aliyun.com", "*.axt.aliyuncs.com", ASSISTANT, "127.0.0.1")
_SWEEP_SECONDS: Final = 10.0
_COUNT_SECONDS: Final = 0.5
#: How long the end of a session waits for an engine that is away; after that, the watchdog does.
_LAST_SECONDS: Final = 5.0
#: How long the end of a session waits for its hosts.
_END_SECONDS: Final = 30.0


class Session:
    """All that one process has on an engine.

    Attributes:
        id: what tells it apart from other sessions; it is in the names and labels of all that it makes.
        engine: the engine.
        loop: the thread that all hosts are heard on.
        tasks: what is done there for the session itself.
        pool: its hosts.
        roots: images of the user's that it has unpacked.
        volume: the name of the volume that hosts share.

    Raises:
        NotSupported: no engine answers, or no image can be had.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.id = secrets.token_hex(6)
        self.engine = Engine()
        self.outage = Outage(self.engine.ping)
        self.labels = labels(self.id)
        self.failures = Failures()
        #: What instances run as their Cloud Assistant agent; see `agent.sandbox.Spec`.
        self.agent = CLIENT if settings.agent else "own"
        self._networks, self._leases = itertools.count(1), itertools.count(1)
        self._all_gone = True
        self._undo: list[Callable[[], None]] = [self.engine.close]
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        """Make what hosts need. Whatever can be left behind is watched over before it is made."""
        from faultzone.listen.authority import Authority

        authority = Authority()
        #: What instances trust, and what the servers show that they speak to.
        self.trusted, self.context = authority.certificate, authority.context(*SERVER_NAMES)
        self.watchdog = Watchdog(self.id)
        self._undo.append(lambda: self.watchdog.close(all_gone=self._all_gone))
        with suppress(HarnessError):  # What does not go keeps nobody from work; `faultzone doctor` counts it.
            sweep(self.engine, _SWEEP_SECONDS, count_seconds=_COUNT_SECONDS)
        self._client = b""
        if path := self.settings.agent:
            self._client = clients.read(path)
            clients.check(path, self._client, str(self.engine.info.get("Architecture")))
        self.image = self._make_image()
        self.watchdog.wait_until_it_watches()
        self.loop = Loop(self.failures.add)
        self._undo.append(self.loop.close)
        self.tasks = Tasks(self.loop, self.failures.add)
        self._undo.append(self._remove_made)
        self._fabric = Fabric(self.engine, self.watchdog, self.id, self.labels)
        self.volume = f"faultzone-{self.id}"
        with self.watchdog.expecting("volume", self.volume):
            self.engine.create_volume(self.volume, self.labels)
        self.roots = Roots(self.engine, self.watchdog, self.outage, self.image, self.volume, self.labels)
        self.pool = Pool(self)
        self._undo.append(self._end_hosts)

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

    def next_lease(self) -> str:
        """The directory of a region below the volume."""
        return f"{self.id}-{next(self._leases)}"

    def restore(self) -> None:
        """Make again what hosts need and somebody has removed; it waits for the engine."""
        self._fabric.restore()
        if self.engine.image_id(self.image) is None:
            self.image = self._make_image()

    # From any other thread than the loop's

    @property
    def lost(self) -> tuple[str, ...]:
        """What instances lack on this engine, by the names of capabilities.

        Raises:
            HarnessError: no host starts, which would say it.
        """
        if self.pool.lost is None:
            self.warm(1)
        return self.pool.lost or ()

    def warm(self, count: int) -> None:
        """See that so many hosts are ready.

        Raises:
            HarnessError: one does not start.
        """
        self.loop.run(self.pool.warm(count), READY_SECONDS * count)

    def cool(self) -> None:
        """End the hosts that nobody has, and wait until they are gone."""
        self.loop.run(self.pool.cool(), _END_SECONDS)

    def root(self, image: str) -> str:
        """The directory of the files of an image of the user's, below the volume; see `Roots.lay`."""
        return self.loop.run(self.roots.lay(image))

    # The end

    def _end_hosts(self) -> None:
        async def end() -> None:
            await self.tasks.finish(_LAST_SECONDS)
            await self.pool.close()

        self.loop.run(end(), _END_SECONDS)

    def _remove_made(self) -> None:
        remove = partial(asyncio.to_thread, remove_all, self.engine, lambda: removable(self.engine, self.id))
        self._all_gone = False
        with suppress(Miscounted):  # It is the engine's; `faultzone sweep` says so, once that has started anew.
            self.loop.run(self.outage.patiently(remove, _LAST_SECONDS))
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
        errors: list[HarnessError] = []
        while self._undo:
            step = self._undo.pop()
            try:
                step()
            except HarnessError as error:
                errors.append(error)
            except TimeoutError as late:
                errors.append(HarnessError(f"the hosts do not end: {late}"))
        if errors:
            raise errors[0]


_SESSIONS: dict[Settings, Session] = {}
_LOCK: Final = threading.Lock()


def session(settings: Settings) -> Session:
    """The process's session with these settings, opened when first asked for.

    Raises:
        NotSupported: no engine answers, or no image can be had.
    """
    with _LOCK:
        if settings not in _SESSIONS:
            _SESSIONS[settings] = Session(settings)
        return _SESSIONS[settings]


def close_all() -> None:
    """Close the process's sessions."""
    with _LOCK:
        while _SESSIONS:
            _SESSIONS.popitem()[1].close()
