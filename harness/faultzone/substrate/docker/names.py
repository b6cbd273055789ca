"""The files in which instances find one another by name, one for each private network, on the hosts' shared volume."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from faultzone.errors import HarnessError
from faultzone.model.core.effects import Boot
from faultzone.substrate.docker.agent.services import ASSISTANT
from faultzone.substrate.docker.link import HostError, Link, Message
from faultzone.substrate.docker.loop import Tasks


@dataclass
class _Book:
    """The names of one network.

    Attributes:
        entries: what is said of each instance.
        writer: the host that writes them down; one alone, so that an older text cannot overtake a newer one.
        there: whether it has done so before, so that there is a file.
    """

    path: str
    entries: dict[str, str] = field(default_factory=dict)
    writer: Link | None = None
    there: bool = False


class Names:
    """The names in all networks of a cloud; on the loop's thread alone.

    Args:
        lease: the directory of the cloud, below the volume.
        tasks: owns the writing that nobody waits for.
    """

    def __init__(self, lease: str, tasks: Tasks) -> None:
        self._lease, self._tasks = lease, tasks
        self._books: dict[str, _Book] = {}

    async def add(self, link: Link, region: str, boot: Boot) -> str | None:
        """Let an instance be found by its name in its network.

        Besides, the Cloud Assistant's server is found by the name that the genuine client asks for.

        Args:
            link: the host that is to start it.
            region: the region's id.
            boot: the instance.

        Returns:
            The file, below the volume: it is there for whatever the host is asked next. None if the host is gone.

        Raises:
            HarnessError: the names cannot be written down.
        """
        book = self._books.setdefault(boot.network, _Book(f"{self._lease}/names-{boot.network}"))
        book.entries[boot.instance] = f"{boot.address} {boot.host_name or boot.instance}"
        while link.alive:
            writer, answer = self._write(book, link, region)
            if book.there or writer is link:
                # A host does one thing after the other, so what it writes itself is there in time.
                self._tasks.begin(self._see_to(book, link, region, writer, answer))
                return book.path
            if await self._written(book, writer, answer):
                return book.path
        return None

    def remove(self, boot: Boot) -> None:
        """Write an instance's name down no more."""
        if boot.network in self._books:
            self._books[boot.network].entries.pop(boot.instance, None)

    def _write(self, book: _Book, link: Link, region: str) -> tuple[Link, asyncio.Future[Message]]:
        """Let the host write that does so, or this one in its place; which that is, and its answer."""
        if book.writer is None or not book.writer.alive:
            book.writer = link
        text = ["127.0.0.1 localhost", f"{ASSISTANT} {region}.axt.aliyun.com", *book.entries.values(), ""]
        return book.writer, book.writer.ask("names", file=book.path, text="\n".join(text))

    async def _see_to(
        self, book: _Book, link: Link, region: str, writer: Link, answer: asyncio.Future[Message]
    ) -> None:
        """See that the names are written, by another host if the one that writes ends meanwhile."""
        while not await self._written(book, writer, answer) and link.alive:
            writer, answer = self._write(book, link, region)

    async def _written(self, book: _Book, writer: Link, answer: asyncio.Future[Message]) -> bool:
        """Wait until the names are written; False if the host that writes has ended.

        Raises:
            HarnessError: they cannot be.
        """
        try:
            await answer
        except HostError as error:
            if writer.alive:
                raise HarnessError(f"the names of instances cannot be written down: {error}") from None
            return False
        book.there = True
        return True
