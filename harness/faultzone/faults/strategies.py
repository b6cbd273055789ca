"""Faults drawn by Hypothesis. Nothing else of the harness imports this module, so nothing else needs Hypothesis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol

from hypothesis import strategies as st

from faultzone.faults import (
    AccountArrears,
    AgentOutage,
    ApiFailure,
    ClockJump,
    DiskFull,
    Fault,
    GuestCrash,
    HostAtRisk,
    HostCrash,
    HostHang,
    HostKilled,
    HostPaused,
    Maintenance,
    MemoryExhausted,
    MigrationFails,
    NetworkCut,
    PeerCut,
    SecurityLock,
    SlowNetwork,
    SubscriptionLapse,
    SupplyShortage,
    ZoneOutage,
)

#: What a drawn failure of the API refuses or loses: what tests do most, and wait with.
_ACTIONS: Final = ("RunInstances", "StartInstance", "StopInstance", "RebootInstance", "InvokeCommand", "Describe*")


class Named(Protocol):
    """Something with an id."""

    id: str

    def describe(self) -> dict[str, Any]:
        """What the API shows of it."""


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
    While an `ApiFailure` is in force, calls of its action are refused to the test, too.

    Args:
        irreversible: whether a host may crash for good.
    """
    at = st.just(region.id)
    zones, host_ids = st.sampled_from(region.zones), st.sampled_from([str(each["host"]) for each in region.hosts])
    answered = st.none() | st.sampled_from(("1h", "2d"))
    actions, codes = st.sampled_from(_ACTIONS), st.sampled_from(("ServiceUnavailable", "Throttling", "InternalError"))
    drawn: list[tuple[str, st.SearchStrategy[Fault]]] = [
        ("break-hosts", st.builds(HostCrash, host_ids, st.booleans() if irreversible else st.just(True), at)),
        ("break-hosts", st.builds(HostHang, host_ids, at)),
        ("break-hosts", st.builds(NetworkCut, host_ids, at)),
        ("break-hosts", st.builds(HostAtRisk, host_ids, at)),
        ("break-hosts", st.builds(ZoneOutage, zones, at)),
        ("break-hosts", st.builds(MigrationFails, st.none() | st.integers(0, 600).map(float), at)),
        ("break-machines", st.builds(HostPaused, host_ids, at)),
        ("break-machines", st.builds(HostKilled, host_ids, at)),
        ("break-machines", st.builds(DiskFull, host_ids, at)),
        ("break-machines", st.builds(SlowNetwork, host_ids, st.integers(8, 10_000), at)),
        ("set-supply", st.builds(SupplyShortage, st.none() | zones, st.none(), st.integers(0, 8), at)),
        ("change-account", st.builds(AccountArrears, debt=st.integers(1, 100).map(str), answered=answered)),
        ("break-api", st.builds(ApiFailure, actions, st.just("refuse"), codes, times=st.integers(1, 3))),
        ("break-api", st.builds(ApiFailure, actions, st.just("drop"), after_effect=st.booleans(), times=st.just(1))),
        ("move-time", st.builds(ClockJump, st.sampled_from(("1s", "10m", "1d")))),
    ]
    if len(region.hosts) > 1:
        pairs = st.lists(host_ids, min_size=2, max_size=2, unique=True)
        drawn.append(("break-machines", pairs.map(lambda pair: PeerCut(pair[0], pair[1], region.id))))
    if ids := [each.id for each in region.instances]:
        some = st.sampled_from(ids)
        states = st.sampled_from(("stopped", "hung", "outdated")[: 3 if region.supports("guest") else 2])
        within = st.sampled_from(("10m", "1h", "24h"))
        drawn += [
            ("guest", st.builds(GuestCrash, some)),
            ("break-machines", st.builds(MemoryExhausted, some)),
            ("break-agents", st.builds(AgentOutage, some, states)),
            ("break-hosts", st.builds(Maintenance, instance=some, within=within, region=at)),
            ("change-account", st.builds(SecurityLock, some)),
        ]
    if ids := [each.id for each in region.instances if each.describe().get("InstanceChargeType") == "PrePaid"]:
        leaving = st.sampled_from(("0s", "1d", "3d"))
        drawn.append(("change-account", st.builds(SubscriptionLapse, st.sampled_from(ids), leaving, answered)))
    return st.one_of([each for capability, each in drawn if region.supports(capability)])
