"""Placement of a member of a deployment set among many hosts, beside looking at every host."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.measure import MICRO, Case, Row, Sizes, seconds
from faultzone.backends.local import LocalBackend
from faultzone.model.core import placement
from faultzone.model.core.hosts import Host
from faultzone.model.core.seats import Seat
from faultzone.model.core.shape import Shape
from faultzone.model.core.state import DeploymentSet

_OTHERS = 6
_SCARCE = 26
_TARGET = 20.0


class _Zone:
    """One zone whose hosts are chosen from, for a set that has six members in it."""

    def __init__(self, hosts: int, *, taken: int = 0, family_hosts: int | None = None) -> None:
        """Let another account fill `taken` of the hosts; `family_hosts` says how many of them carry the family."""
        carried = {} if family_hosts is None else {"ecs.g5": family_hosts}
        shape = Shape(zones=1, hosts_per_zone=hosts, host_vcpus=64, family_hosts=carried)
        backend = LocalBackend([shape], accounts=2)
        self.region = backend.cloud.regions[shape.region_id]
        self.account, another = backend.cloud.accounts
        self.kind = self.region.catalog.types["ecs.g5.large"]
        row = self.region.placement.hosts
        for host in row[:taken]:
            self.region.placement.take(host, self.region.catalog.types["ecs.g5.16xlarge"], another, f"i-{host.index}")
        self.others = row[taken : taken + _OTHERS] or row[:_OTHERS]
        group = DeploymentSet("ds-1", "", "", "Availability", "CancelMembershipAndStart", 0)
        self.seat = Seat(group, self.others, [], (0,))
        for host in self.others[: hosts - taken]:
            self.take(host)
        self.placed: list[Host] = []

    def take(self, host: Host) -> None:
        self.region.placement.take(host, self.kind, self.account, f"i-{host.index}")

    def place(self) -> None:
        """Choose a host as a launch does, and take it."""
        host = placement.choose(self.region, self.account, self.kind, 0, self.seat)
        assert host is not None
        self.take(host)
        self.placed.append(host)

    def refuse(self) -> None:
        """Find no host."""
        assert placement.choose(self.region, self.account, self.kind, 0, self.seat) is None

    def leave(self) -> None:
        for host in self.placed:
            self.region.placement.free(host, self.kind, self.account, f"i-{host.index}")
        self.placed.clear()

    def scan(self) -> None:
        """What a scheduler without an index does: look at every host."""
        avoid = {host.index for host in self.others}
        fits = (each for each in self.region.placement.hosts if each.index not in avoid and each.vcpus_free >= 2)
        assert min(fits, key=lambda host: len(host.instances)) is not None


def measure(sizes: Sizes) -> Iterator[Row]:
    """A member placed in an empty zone, where few hosts carry its family, where others fill most hosts, and all."""
    hosts = sizes.hosts
    what = f"a member of a set placed among {hosts:,} hosts"
    zones = {
        what: _Zone(hosts),
        f"the same, {_SCARCE} of them with its family": _Zone(hosts, family_hosts=_SCARCE),
        f"the same, all but {_SCARCE} full of another account's": _Zone(hosts, taken=hosts - _SCARCE),
    }
    cases = {name: Case(zone.place, after=zone.leave) for name, zone in zones.items()}
    found = seconds(cases, calls=sizes.calls, batches=sizes.batches)
    scan = seconds({"": Case(zones[what].scan)}, calls=5, batches=sizes.batches)[""]
    for some in (hosts, 10 * hosts):
        full = _Zone(some, taken=some)
        full.refuse()
        full.refuse()  # From now on it is known that no host has room.
        refused = seconds({"": Case(full.refuse)}, calls=sizes.calls, batches=sizes.batches)[""]
        yield Row(f"a member refused, among {some:,} hosts full of another account's", refused * MICRO, "us", _TARGET)
    for name, each in found.items():
        target = _TARGET if name == what else None
        yield Row(name, each * MICRO, "us", target, {"a look at every host": scan * MICRO})
