"""What tests of resource groups have in common."""

from __future__ import annotations

from typing import Final

from faultzone import Region

#: A resource group that there is not.
NO_GROUP: Final = "rg-nosuchgroup0"


def make_group(region: Region, name: str) -> str:
    """The id of a new resource group. Another product makes them; here the harness does."""
    made: str = region.control("add-resource-group", name=name)["resource_group"]
    return made
