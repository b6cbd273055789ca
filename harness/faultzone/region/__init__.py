"""Regions as tests hold them.

chaos.py    what injects faults and owes their undo
handles.py  instances, deployment sets and the clock of a region
region.py   the region itself, and the client of its public API
"""

from __future__ import annotations

from faultzone.backends.options import CloudOptions, docker_backend, local_backend
from faultzone.region.chaos import Chaos, Injection
from faultzone.region.handles import DeploymentSet, Executed, Identity, Instance, RegionClock
from faultzone.region.region import Client, Region, make_region

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
    "docker_backend",
    "local_backend",
    "make_region",
]
