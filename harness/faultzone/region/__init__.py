"""Regions as tests hold them.

handles.py  instances, deployment sets and the clock of a region
region.py   the region itself, and the client of its public API
"""

from __future__ import annotations

from faultzone.backends.options import CloudOptions, docker_backend, local_backend
from faultzone.region.handles import DeploymentSet, Executed, Identity, Instance, RegionClock
from faultzone.region.region import Client, Region, make_region

__all__ = [
    "Client",
    "CloudOptions",
    "DeploymentSet",
    "Executed",
    "Identity",
    "Instance",
    "Region",
    "RegionClock",
    "docker_backend",
    "local_backend",
    "make_region",
]
