"""What a cloud was like a while ago: copies of its model, one from before each change."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from math import inf
from typing import TYPE_CHECKING, Any, Final

from faultzone.clock import Clock
from faultzone.world import World

if TYPE_CHECKING:
    from faultzone.control.local import Local
    from faultzone.model.cloud import Cloud

#: How many are kept: of more changes within the time that is looked back, what is seen may be older.
_MOST: Final = 256
#: The entries of a journal that come without a change of the model.
_UNCHANGED: Final = frozenset("read refusal notice summary advance verdict owed".split())


def copy_of(backend: Local) -> Cloud:
    """A copy of a cloud as it is now, which answers calls that read; its clock stands still."""
    cloud = backend.cloud
    at = Clock(cloud.clock.now)
    alike: dict[int, object] = {
        id(each): each for each in (cloud.catalog, cloud.edition, cloud.rules, backend, backend.substrate)
    }
    alike[id(cloud.clock)] = at
    for world in (cloud.world, *(region.world for region in cloud.regions.values())):
        alike[id(world)] = World(world.seed)
    return deepcopy(cloud, alike)


class Copies:
    """The copies of a cloud that are still to be looked at.

    Args:
        backend: whose model is copied, whenever it has changed.
        back: how many milliseconds back it is looked at.
    """

    def __init__(self, backend: Local, back: int) -> None:
        self._backend, self._back = backend, back
        self._due = False
        with backend.locked():
            #: From when on each is what there is, in their order.
            self._kept: list[tuple[float, Cloud]] = [(-inf, copy_of(backend))]
            backend.journal.watchers.append(self._hear)

    def at(self, instant: int) -> Cloud | None:
        """The cloud as it was at an instant; None where nothing has changed since. Its caller has the lock."""
        self._forget()
        found = [number for number, (since, _) in enumerate(self._kept) if since <= instant]
        return None if found[-1] == len(self._kept) - 1 and not self._due else self._kept[found[-1]][1]

    def close(self) -> None:
        """Keep no more."""
        with self._backend.locked():
            self._backend.journal.watchers.remove(self._hear)
            self._kept = self._kept[-1:]

    def _hear(self, at: int, kind: str, data: Mapping[str, Any]) -> None:
        if kind not in _UNCHANGED and not self._due:
            self._due = True
            # Whoever appends is in the middle of the change.
            self._backend.plan(0, self._keep, soon=True)

    def _keep(self) -> None:
        with self._backend.locked():
            self._due = False
            now = self._backend.clock.now
            if self._kept[-1][0] == now:
                self._kept.pop()
            self._kept.append((now, copy_of(self._backend)))
            self._forget()

    def _forget(self) -> None:
        """Drop those that are too old to be looked at."""
        oldest = self._backend.clock.now - self._back
        while len(self._kept) > 1 and self._kept[1][0] <= oldest:
            del self._kept[0]
        if len(self._kept) > _MOST:
            del self._kept[1:-1:2]
