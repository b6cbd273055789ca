"""The verb of a cloud behind an endpoint: it can be made anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from faultzone.control.registry import Table, verb

VERBS: Table = {}


class Resettable(Protocol):
    """A cloud that can be made anew."""

    def reset(self, options: Mapping[str, object]) -> dict[str, Any]:
        """Make it anew with these options, all others as at the start; return its shape."""


@verb(VERBS, "shape-region", takes_lock=True)
def reset(
    backend: Resettable,
    *,
    accounts: int | None = None,
    all_regions: bool | None = None,
    clock: str | None = None,
    default_network: bool | None = None,
    edition: str | None = None,
    family_hosts: Mapping[str, int] | None = None,
    host_memory_gib: int | None = None,
    host_vcpus: int | None = None,
    hosts_per_rack: int | None = None,
    hosts_per_zone: int | None = None,
    ipv6: bool | None = None,
    provision: float | None = None,
    racks_per_switch: int | None = None,
    recovery: str | None = None,
    region_id: str | None = None,
    regions: Sequence[str] | None = None,
    scale: float | None = None,
    seed: int | str | None = None,
    supply: Mapping[str, int] | None = None,
    unknown: str | None = None,
    vswitch_prefix: int | None = None,
    zones: int | Sequence[str] | None = None,
) -> dict[str, Any]:
    """Make a new cloud; other options keep their first values."""
    options = {
        "accounts": accounts,
        "all_regions": all_regions,
        "clock": clock,
        "default_network": default_network,
        "edition": edition,
        "family_hosts": family_hosts,
        "host_memory_gib": host_memory_gib,
        "host_vcpus": host_vcpus,
        "hosts_per_rack": hosts_per_rack,
        "hosts_per_zone": hosts_per_zone,
        "ipv6": ipv6,
        "provision": provision,
        "racks_per_switch": racks_per_switch,
        "recovery": recovery,
        "region_id": region_id,
        "regions": regions,
        "scale": scale,
        "seed": seed,
        "supply": supply,
        "unknown": unknown,
        "vswitch_prefix": vswitch_prefix,
        "zones": zones,
    }
    return backend.reset({name: value for name, value in options.items() if value is not None})
