"""faultzone: a simulated ECS region that tests may break.

The names below are loaded when first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from faultzone.assertions import (
        assert_avoided,
        assert_invocation,
        assert_nothing_made,
        assert_recovered,
        assert_refused,
        assert_released,
        assert_strictly_spread,
        assert_unchanged,
    )
    from faultzone.commands import Invocation, Outcome, failed, finished, running, stopped
    from faultzone.ecs.errors import ApiError
    from faultzone.errors import (
        FaultzoneError,
        HarnessError,
        Inconclusive,
        NoAnswer,
        NotSupported,
        ShapeError,
        UndoFailed,
        UsageError,
        WaitTimeout,
    )
    from faultzone.faults import (
        AccountArrears,
        AgentOutage,
        ClockJump,
        GuestCrash,
        HostAtRisk,
        HostCrash,
        HostHang,
        Maintenance,
        MigrationFails,
        NetworkCut,
        SecurityLock,
        SubscriptionLapse,
        SupplyShortage,
        ZoneOutage,
    )
    from faultzone.history import SystemEvent
    from faultzone.region import Client, CloudOptions, DeploymentSet, Instance, Region, make_region

_HOME = {
    "AccountArrears": "faults",
    "AgentOutage": "faults",
    "ApiError": "ecs.errors",
    "Client": "region",
    "ClockJump": "faults",
    "CloudOptions": "region",
    "DeploymentSet": "region",
    "FaultzoneError": "errors",
    "GuestCrash": "faults",
    "HarnessError": "errors",
    "HostAtRisk": "faults",
    "HostCrash": "faults",
    "HostHang": "faults",
    "Inconclusive": "errors",
    "Instance": "region",
    "Invocation": "commands",
    "Maintenance": "faults",
    "MigrationFails": "faults",
    "NetworkCut": "faults",
    "NoAnswer": "errors",
    "NotSupported": "errors",
    "Outcome": "commands",
    "Region": "region",
    "SecurityLock": "faults",
    "ShapeError": "errors",
    "SubscriptionLapse": "faults",
    "SupplyShortage": "faults",
    "SystemEvent": "history",
    "UndoFailed": "errors",
    "UsageError": "errors",
    "WaitTimeout": "errors",
    "ZoneOutage": "faults",
    "assert_avoided": "assertions",
    "assert_invocation": "assertions",
    "assert_nothing_made": "assertions",
    "assert_recovered": "assertions",
    "assert_refused": "assertions",
    "assert_released": "assertions",
    "assert_strictly_spread": "assertions",
    "assert_unchanged": "assertions",
    "failed": "commands",
    "finished": "commands",
    "make_region": "region",
    "running": "commands",
    "stopped": "commands",
}

__all__ = [
    "AccountArrears",
    "AgentOutage",
    "ApiError",
    "Client",
    "ClockJump",
    "CloudOptions",
    "DeploymentSet",
    "FaultzoneError",
    "GuestCrash",
    "HarnessError",
    "HostAtRisk",
    "HostCrash",
    "HostHang",
    "Inconclusive",
    "Instance",
    "Invocation",
    "Maintenance",
    "MigrationFails",
    "NetworkCut",
    "NoAnswer",
    "NotSupported",
    "Outcome",
    "Region",
    "SecurityLock",
    "ShapeError",
    "SubscriptionLapse",
    "SupplyShortage",
    "SystemEvent",
    "UndoFailed",
    "UsageError",
    "WaitTimeout",
    "ZoneOutage",
    "assert_avoided",
    "assert_invocation",
    "assert_nothing_made",
    "assert_recovered",
    "assert_refused",
    "assert_released",
    "assert_strictly_spread",
    "assert_unchanged",
    "failed",
    "finished",
    "make_region",
    "running",
    "stopped",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'faultzone' has no attribute {name!r}")
    return getattr(import_module(f"faultzone.{_HOME[name]}"), name)
