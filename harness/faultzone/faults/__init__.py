"""Faults: typed values that say what to break, and the chaos that injects them and owes their undo.

base.py      what a fault is
hosts.py machines.py provider.py guests.py billing.py api.py jumps.py  the catalogue, by what is broken
chaos.py     bringing faults into force and mending them; calls.py, a call for each
schedule.py  faults that are to come
promises.py  what an undo promises
strategies.py  faults drawn by Hypothesis
"""

from __future__ import annotations

from faultzone.faults.api import ApiFailure
from faultzone.faults.base import Fault
from faultzone.faults.billing import AccountArrears, SubscriptionLapse
from faultzone.faults.chaos import Chaos, Injection
from faultzone.faults.guests import AgentOutage, GuestCrash
from faultzone.faults.hosts import HostAtRisk, HostCrash, HostHang, NetworkCut, ZoneOutage
from faultzone.faults.jumps import ClockJump
from faultzone.faults.machines import DiskFull, HostKilled, HostPaused, MemoryExhausted, PeerCut, SlowNetwork
from faultzone.faults.provider import Maintenance, MigrationFails, SecurityLock, SupplyShortage
from faultzone.faults.schedule import Scheduled

#: Every fault that there is.
CATALOGUE: tuple[type[Fault], ...] = (
    HostCrash,
    HostHang,
    NetworkCut,
    HostAtRisk,
    ZoneOutage,
    PeerCut,
    SlowNetwork,
    DiskFull,
    MemoryExhausted,
    HostPaused,
    HostKilled,
    SupplyShortage,
    Maintenance,
    MigrationFails,
    SecurityLock,
    GuestCrash,
    AgentOutage,
    SubscriptionLapse,
    AccountArrears,
    ApiFailure,
    ClockJump,
)

__all__ = [
    "CATALOGUE",
    "AccountArrears",
    "AgentOutage",
    "ApiFailure",
    "Chaos",
    "ClockJump",
    "DiskFull",
    "Fault",
    "GuestCrash",
    "HostAtRisk",
    "HostCrash",
    "HostHang",
    "HostKilled",
    "HostPaused",
    "Injection",
    "Maintenance",
    "MemoryExhausted",
    "MigrationFails",
    "NetworkCut",
    "PeerCut",
    "Scheduled",
    "SecurityLock",
    "SlowNetwork",
    "SubscriptionLapse",
    "SupplyShortage",
    "ZoneOutage",
]
