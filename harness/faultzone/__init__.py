"""faultzone: a simulated ECS region that tests may break.

The names below are loaded when first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from faultzone.assertions import assert_nothing_made, assert_refused, assert_strictly_spread, assert_unchanged
    from faultzone.ecs.errors import ApiError
    from faultzone.errors import (
        FaultzoneError,
        HarnessError,
        Inconclusive,
        NoAnswer,
        NotSupported,
        ShapeError,
        UsageError,
        WaitTimeout,
    )
    from faultzone.faults import HostAtRisk, HostCrash, SupplyShortage
    from faultzone.region import Client, CloudOptions, DeploymentSet, Instance, Region, make_region

_HOME = {
    "ApiError": "ecs.errors",
    "Client": "region",
    "CloudOptions": "region",
    "DeploymentSet": "region",
    "FaultzoneError": "errors",
    "HarnessError": "errors",
    "HostAtRisk": "faults",
    "HostCrash": "faults",
    "Inconclusive": "errors",
    "Instance": "region",
    "NoAnswer": "errors",
    "NotSupported": "errors",
    "Region": "region",
    "ShapeError": "errors",
    "SupplyShortage": "faults",
    "UsageError": "errors",
    "WaitTimeout": "errors",
    "assert_nothing_made": "assertions",
    "assert_refused": "assertions",
    "assert_strictly_spread": "assertions",
    "assert_unchanged": "assertions",
    "make_region": "region",
}

__all__ = [
    "ApiError",
    "Client",
    "CloudOptions",
    "DeploymentSet",
    "FaultzoneError",
    "HarnessError",
    "HostAtRisk",
    "HostCrash",
    "Inconclusive",
    "Instance",
    "NoAnswer",
    "NotSupported",
    "Region",
    "ShapeError",
    "SupplyShortage",
    "UsageError",
    "WaitTimeout",
    "assert_nothing_made",
    "assert_refused",
    "assert_strictly_spread",
    "assert_unchanged",
    "make_region",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'faultzone' has no attribute {name!r}")
    return getattr(import_module(f"faultzone.{_HOME[name]}"), name)
