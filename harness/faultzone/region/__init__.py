"""Regions as tests hold them.

chaos.py     what injects faults and owes their undo
clean_up.py  what was made, and its deletion
client.py    the client of the code under test
handles.py   instances, deployment sets and the clock of a region
region.py    the region itself
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from faultzone.backends.options import CloudOptions, docker_backend, local_backend
from faultzone.loading import Loaded as _Loaded
from faultzone.model.core.shape import Shape
from faultzone.region.handles import DeploymentSet, Executed, Identity, Instance, RegionClock
from faultzone.region.region import Region, make_region

if TYPE_CHECKING:
    from faultzone.region.chaos import Chaos
    from faultzone.region.client import Client
    from faultzone.region.injection import Injection

__all__ = [
    "Chaos",
    "Client",
    "CloudOptions",
    "DeploymentSet",
    "Executed",
    "Identity",
    "Injection",
    "Instance",
    "Region",
    "RegionClock",
    "Shape",
    "docker_backend",
    "local_backend",
    "make_region",
]

#: What few regions need.
_LATER: Final[_Loaded[str, Any]] = _Loaded(
    {
        "faultzone.region.chaos": ["Chaos"],
        "faultzone.region.client": ["Client"],
        "faultzone.region.injection": ["Injection"],
    },
    "__dict__",
)


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return _LATER[name]
    raise AttributeError(f"module 'faultzone.region' has no attribute {name!r}")
