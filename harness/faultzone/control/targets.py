"""What a verb's arguments name: a region, a host, an instance, an account.

Each refuses a name that there is not, and says how they are named: `UnknownTarget` for what may have gone meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from faultzone.errors import UnknownTarget, UsageError

if TYPE_CHECKING:
    from faultzone.control.local import Local
    from faultzone.model.core.hosts import Host
    from faultzone.model.core.state import Instance, RegionState


def find_region(backend: Local, region_id: str | None) -> RegionState:
    """The region of this id, or the first."""
    regions = backend.cloud.regions
    region = regions.get(region_id or backend.cloud.default_region)
    if region is None:
        raise UsageError.unknown("region", region_id, regions)
    return region


def find_host(region: RegionState, host_id: str) -> Host:
    """The host of this id."""
    host = region.placement.find_host(host_id)
    if host is None:
        raise UnknownTarget.unknown(
            "host", host_id, see=f"a host of {region.id} has an ID such as {region.zone_ids[0]}-h01"
        )
    return host


def find_instance(backend: Local, instance_id: str) -> Instance:
    """The instance of this id."""
    instance = backend.cloud.find_instance(instance_id)
    if instance is None:
        raise UnknownTarget.unknown("instance", instance_id)
    return instance


def region_of(backend: Local, instance: Instance) -> RegionState:
    """The region that an instance is in."""
    return next(each for each in backend.cloud.regions.values() if instance.id in each.instances)


def find_account(backend: Local, account: str | None) -> str:
    """The account of this id, or the first."""
    accounts = backend.cloud.accounts
    if account is not None and account not in accounts:
        raise UsageError.unknown("account", account, accounts)
    return account or accounts[0]
