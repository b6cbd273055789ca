"""Images of the user's as what instances have under their system disks.

The engine unpacks an image once into the volume that all hosts share, in a directory named by its content.
"""

from __future__ import annotations

import asyncio
import io
import itertools
import tarfile
from collections.abc import Mapping
from functools import partial
from typing import Final

from faultzone.errors import HarnessError, UsageError
from faultzone.substrate.docker.cleanup import Watchdog
from faultzone.substrate.docker.engine import Engine
from faultzone.substrate.docker.outage import Outage

#: Where they are, below the volume.
_DIRECTORY: Final = "roots"


class Roots:
    """The root file systems of a session.

    Args:
        engine: what has the images.
        watchdog: is told of the containers before they are made.
        outage: waits for an engine that is away for some seconds.
        hosts: the hosts' image.
        volume: the volume that the hosts share.
        labels: what everything that is made says of itself.
    """

    def __init__(
        self, engine: Engine, watchdog: Watchdog, outage: Outage, hosts: str, volume: str, labels: Mapping[str, str]
    ) -> None:
        self._engine, self._watchdog, self._outage = engine, watchdog, outage
        self._turns = itertools.count(1)
        self._hosts, self._volume, self._labels = hosts, volume, labels
        self._lock = asyncio.Lock()
        self._there: set[str] = set()

    async def lay(self, image: str) -> str:
        """The directory of an image's file system below the volume, unpacked when first asked for.

        Raises:
            UsageError: the engine does not have the image and cannot pull it, or it has no shell that runs.
            HarnessError: the engine failed.
        """
        async with self._lock:
            number = await self._outage.patiently(partial(asyncio.to_thread, self._engine.image_id, image))
            if number is None:
                number = await asyncio.to_thread(self._pull, image)
            directory = f"{_DIRECTORY}/{str(number).rpartition(':')[2][:32]}"
            if directory not in self._there:
                await asyncio.to_thread(self._unpack, image, directory)
                self._there.add(directory)
            return directory

    def _pull(self, image: str) -> str | None:
        try:
            self._engine.pull(image)
        except HarnessError as error:
            raise UsageError(f"root_image={image!r}: {error}") from None
        return self._engine.image_id(image)

    def _unpack(self, image: str, directory: str) -> None:
        turn = next(self._turns)  # Those of one that failed may not be gone yet.
        source, target = f"{self._volume}-root-{turn}", f"{self._volume}-door-{turn}"
        with (
            self._watchdog.expecting("container", source),
            self._engine.container(image, ("/bin/sh", "-c", "exit 0"), self._labels, source) as made,
        ):
            try:
                self._engine.run(made)
            except HarnessError as error:
                raise UsageError(f"root_image={image!r}: its /bin/sh does not run: {error}") from None
            with (
                self._watchdog.expecting("container", target),
                self._engine.container(self._hosts, ("true",), self._labels, target, self._volume) as door,
            ):
                self._engine.copy_files(door, "/cloud", _directories(directory))
                self._engine.copy_files(door, f"/cloud/{directory}", made)


def _directories(path: str) -> bytes:
    """An archive of a directory and those above it."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        parts = path.split("/")
        for count in range(1, len(parts) + 1):
            entry = tarfile.TarInfo("/".join(parts[:count]))
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(entry)
    return packed.getvalue()
