"""The faults that the house has, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from faultzone.loading import Loaded

if TYPE_CHECKING:
    from faultzone.faults.fault import Fault

#: In the order of docs/chaos.md; each is loaded when it is first asked for.
HOUSE: Final[Loaded[str, type[Fault]]] = Loaded(
    {
        f"faultzone.faults.{home}": names.split()
        for home, names in {
            "api": "ApiFailure",
            "billing": "SubscriptionLapse AccountArrears",
            "containers": "PeerCut SlowNetwork DiskFull MemoryExhausted HostPaused HostKilled",
            "guests": "GuestCrash AgentOutage",
            "hosts": "HostCrash HostHang NetworkCut HostAtRisk ZoneOutage MigrationFails",
            "provider": "SupplyShortage Maintenance SecurityLock",
            "time": "ClockJump",
        }.items()
    },
    "__dict__",
)
