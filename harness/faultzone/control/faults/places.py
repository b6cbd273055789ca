"""What a region knows of where faults are, and of how long what they break is gone: for which exclude each other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from faultzone.clock import SECOND, stamp
from faultzone.control.targets import SHARED
from faultzone.faults import exclusions
from faultzone.model.core.shape import IMMEDIATE

if TYPE_CHECKING:
    from faultzone.control.local import Local


class RegionPlaces(exclusions.Places):
    """Places and lengths of time of a cloud."""

    def __init__(self, backend: Local) -> None:
        self._backend = backend
        recovery = backend.cloud.edition.recovery
        regions = backend.cloud.regions.values()
        self.restart = recovery.host_patience * SECOND
        self.moved = 1 if any(each.shape.recovery == IMMEDIATE for each in regions) else recovery.planned_delay * SECOND
        if backend.memory is not None:
            self.missed, self.back, self.boot = backend.memory.lengths

    def moment(self, ms: int) -> str:
        """An instant, for a reader."""
        return stamp(ms)

    def around(self, host: str) -> Iterable[str]:
        """The zone, the rack and the switch of a host."""
        for region in self._backend.cloud.regions.values():
            if (found := region.placement.find_host(host)) is not None:
                shared = [f"{what} {region.placement.place(found, how)}" for what, how in SHARED.items()]
                return [f"zone {region.zone_ids[found.zone]}", *shared]
        return ()

    def host_of(self, instance: str) -> str | None:
        """The host that an instance is on now."""
        found = self._backend.cloud.find_instance(instance)
        return None if found is None or found.host is None else found.host.id
