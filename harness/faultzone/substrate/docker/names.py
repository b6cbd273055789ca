"""The files in which instances find one another by name, one for each private network, on the hosts' shared volume."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from faultzone.errors import HarnessError
from faultzone.model.core.effects import Boot
from faultzone.substrate.docker.agent.services import ASSISTANT
from faultzone.substrate.docker.links import Link, Message


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
    """The names in all networks of a cloud; on the switchboard's thread alone.

    Args:
        lease: the directory of the cloud, below the volume.
    """

    def __init__(self, lease: str) -> None:
        self._lease = lease
        self._books: dict[str, _Book] = {}

    def add(self, link: Link, region: str, boot: Boot, then: Callable[[str], None]) -> None:
        """Let an instance be found by its name in its network.

        Besides, the Cloud Assistant's server is found by the name that the genuine client asks for.

        Args:
            link: the host that is to start it.
            region: the region's id.
            boot: the instance.
            then: takes the file, below the volume, once it is there for whatever the host is asked next; it is not
                called if the host is gone before.
        """
        book = self._books.setdefault(boot.network, _Book(f"{self._lease}/names-{boot.network}"))
        book.entries[boot.instance] = f"{boot.address} {boot.host_name or boot.instance}"
        self._write(book, link, region, then)

    def remove(self, boot: Boot) -> None:
        """Write an instance's name down no more."""
        if boot.network in self._books:
            self._books[boot.network].entries.pop(boot.instance, None)

    def _write(self, book: _Book, link: Link, region: str, then: Callable[[str], None]) -> None:
        if not link.alive:
            return
        if book.writer is None or not book.writer.alive:
            book.writer = link
        writer = book.writer
        # A host does one thing after the other, so what it writes itself is there in time.
        waits = not book.there and writer is not link

        def written(answer: Message) -> None:
            if "trouble" not in answer:
                book.there = True
                if waits:
                    then(book.path)
            elif not writer.alive:
                self._write(book, link, region, then if waits else lambda _: None)
            else:
                raise HarnessError(f"the names of instances cannot be written down: {answer['trouble']}")

        text = ["127.0.0.1 localhost", f"{ASSISTANT} {region}.axt.aliyun.com", *book.entries.values(), ""]
        writer.send("names", written, file=book.path, text="\n".join(text))
        if not waits:
            then(book.path)
