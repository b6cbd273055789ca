"""Faults drawn by Hypothesis. Nothing else of the harness imports this module, so nothing else needs Hypothesis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from hypothesis import strategies as st

from faultzone.faults import (
    AccountArrears,
    AgentOutage,
    Fault,
    GuestCrash,
    HostAtRisk,
    HostCrash,
    HostHang,
    Maintenance,
    MigrationFails,
    NetworkCut,
    SecurityLock,
    SupplyShortage,
    ZoneOutage,
)


class Named(Protocol):
    """Something with an id."""

    id: str


class Breakable(Protocol):
    """What is to be known of a region to break it; a `Region` is one."""

    id: str

    @property
    def zones(self) -> list[str]:
        """The ids of its zones."""
        ...

    @property
    def hosts(self) -> list[dict[str, Any]]:
        """Its hosts."""
        ...

    @property
    def instances(self) -> Sequence[Named]:
        """Its instances."""
        ...

    def supports(self, capability: str) -> bool:
        """Whether its backend has a capability."""


def faults(region: Breakable, *, irreversible: bool = True) -> st.SearchStrategy[Fault]:
    """Faults of what is in a region at this moment, as far as its backend can bring them about.

    A drawn fault may be refused with `UsageError` by the time it is injected: its target may be gone or broken already.
    Subscriptions are left out, since a lapse is for those alone, and so are jumps of the clock.

    Args:
        irreversible: whether a host may crash for good.
    """
    at = st.just(region.id)
    zones, host_ids = st.sampled_from(region.zones), st.sampled_from([str(each["host"]) for each in region.hosts])
    drawn: list[tuple[str, st.SearchStrategy[Fault]]] = [
        ("break-hosts", st.builds(HostCrash, host_ids, st.booleans() if irreversible else st.just(True), at)),
        ("break-hosts", st.builds(HostHang, host_ids, at)),
        ("break-hosts", st.builds(NetworkCut, host_ids, at)),
        ("break-hosts", st.builds(HostAtRisk, host_ids, at)),
        ("break-hosts", st.builds(ZoneOutage, zones, at)),
        ("break-hosts", st.builds(MigrationFails, st.none() | st.integers(0, 600).map(float), at)),
        ("set-supply", st.builds(SupplyShortage, st.none() | zones, st.none(), st.integers(0, 8), at)),
        ("change-account", st.builds(AccountArrears, debt=st.integers(1, 100).map(str))),
    ]
    if ids := [each.id for each in region.instances]:
        some = st.sampled_from(ids)
        states = st.sampled_from(("stopped", "hung", "outdated"))
        within = st.sampled_from(("10m", "1h", "24h"))
        drawn += [
            ("guest", st.builds(GuestCrash, some)),
            ("guest", st.builds(AgentOutage, some, states)),
            ("break-hosts", st.builds(Maintenance, instance=some, within=within, region=at)),
            ("change-account", st.builds(SecurityLock, some)),
        ]
    return st.one_of([each for capability, each in drawn if region.supports(capability)])
