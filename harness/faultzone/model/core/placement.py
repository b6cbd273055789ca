"""Placement: which host an instance goes to.

Hosts are kept by how many instances of the account they carry, fewest first, so that instances spread over hosts as far
as capacity allows (deployment-set/best-effort-default) at a cost that does not grow with the number of hosts. Which
hosts a member of a deployment set must keep away from, and which it goes to first, its seat says (`seats`).

The classes know hosts and numbers; the functions at the end choose a host for an instance, and let it take and leave
one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from math import inf
from typing import TYPE_CHECKING, Final

from faultzone.errors import ShapeError, UsageError
from faultzone.model.core import events
from faultzone.model.core.catalog import Catalog, InstanceType
from faultzone.model.core.hosts import AT_RISK, DOWN, UP, Batch, Host, Order, Spread
from faultzone.model.core.seats import BY_HOST, BY_RACK, BY_SWITCH, Seat, hosts_to_avoid, seat
from faultzone.model.core.shape import Shape

if TYPE_CHECKING:
    from faultzone.model.core.state import Instance, RegionState

#: How many hosts without room are looked at one by one before what finds room is asked, where there is that; and from
#: how many on it counts that they were looked at in vain.
_PATIENCE: Final = 4
_MANY: Final = 64


class Supply:
    """What the region sells: limits on how many instances are placed in a zone and of a family at a time."""

    def __init__(self, limits: dict[tuple[str, str], int]) -> None:
        self.limits = limits
        #: Limits in force for a time, by number: each ends by itself, whatever others came and went meanwhile.
        self.shortages: dict[int, tuple[str, str, int]] = {}
        self.placed: defaultdict[tuple[str, str], int] = defaultdict(int)

    def left(self, zone_id: str, family: str, given_back: int = 0) -> int | None:
        """How many more can be placed there once so many are given back, or None where there is no limit."""
        if not self.limits and not self.shortages:
            return None
        left: int | None = None
        lasting = ((zone, kind, limit) for (zone, kind), limit in self.limits.items())
        for zone, kind, limit in (*lasting, *self.shortages.values()):
            if zone in ("*", zone_id) and kind in ("*", family):
                used = sum(n for (z, f), n in self.placed.items() if zone in ("*", z) and kind in ("*", f))
                free = max(0, limit - used + given_back)
                left = free if left is None else min(left, free)
        return left


class Placement:
    """The hosts of a region and what is placed on them.

    Args:
        shape: the region's shape.
        catalog: the families that `shape.family_hosts` may name.
        whole_hosts: whether an instance of a type that is larger than a host takes a whole one.

    Raises:
        ShapeError: the shape names an unknown family or zone.
    """

    def __init__(self, shape: Shape, catalog: Catalog, *, whole_hosts: bool = False) -> None:
        self.shape = shape
        #: The most that an instance takes of a host.
        self._most: tuple[float, float] = (inf, inf)
        if whole_hosts:
            self._most = (shape.host_vcpus, shape.host_memory_gib)
        self.zone_ids = shape.zone_ids()
        self.hosts: list[Host] = []
        self.by_zone: list[list[Host]] = []
        for zone in range(len(self.zone_ids)):
            first = len(self.hosts)
            row = [
                Host(self.zone_ids[zone], first + n, zone, n, shape.host_vcpus, shape.host_memory_gib)
                for n in range(shape.hosts_per_zone)
            ]
            self.hosts += row
            self.by_zone.append(row)
        for family in shape.family_hosts:
            if catalog.find_family(family) is None:
                raise ShapeError.unknown("family", family, sorted(catalog.families), where="in family_hosts")
        limits: dict[tuple[str, str], int] = {}
        for scope, limit in shape.supply.items():
            zone_id, _, family = scope.partition("/")
            self.check_scope(zone_id, family, catalog)
            limits[zone_id, family] = limit
        self.supply = Supply(limits)
        #: How many hosts share a rack and a switch.
        self._shared = {
            BY_HOST: 1,
            BY_RACK: shape.hosts_per_rack,
            BY_SWITCH: shape.hosts_per_rack * shape.racks_per_switch,
        }
        self._spreads: dict[tuple[str, int], Spread] = {}
        #: What finds room, by zone; and how many hosts carry a family, wherever not all do.
        self._orders: list[list[Order]] = [[] for _ in self.by_zone]
        self._tiers = sorted({*shape.family_hosts.values()})
        #: The hosts that carry a family which not all do.
        self._carriers = {
            family: [host.index for row in self.by_zone for host in row[:carried]]
            for family, carried in shape.family_hosts.items()
        }

    def check_scope(self, zone: str, family: str, catalog: Catalog) -> None:
        """Refuse a supply scope that names nothing.

        Raises:
            ShapeError: the zone or the family is unknown.
        """
        if zone != "*" and zone not in self.zone_ids:
            raise ShapeError.unknown("zone", zone, ("*", *self.zone_ids), where="in supply")
        if family != "*" and catalog.find_family(family) is None:
            raise ShapeError.unknown("family", family, ("*", *sorted(catalog.families)), where="in supply")

    def limit_supply(self, zone: str, family: str, limit: int | None, catalog: Catalog) -> int | None:
        """Limit how many instances may be in a zone and of a family; `*` stands for all, None lifts it.

        Returns:
            The limit before.

        Raises:
            ShapeError: the zone or the family is unknown.
            UsageError: the limit is below 0.
        """
        self.check_scope(zone, family, catalog)
        if limit is not None and limit < 0:
            raise UsageError.expected_whole("limit", limit, 0, unit="instances")
        before = self.supply.limits.pop((zone, family), None)
        if limit is not None:
            self.supply.limits[zone, family] = limit
        return before

    def begin_shortage(self, zone: str, family: str, limit: int) -> int:
        """Hold a limit, whatever other limits come and go, until `end_shortage` of the number that this gives.

        `check_scope` comes before.
        """
        number = max(self.supply.shortages, default=0) + 1
        self.supply.shortages[number] = (zone, family, limit)
        return number

    def end_shortage(self, number: int) -> bool:
        """End a shortage; whether it was in force."""
        return self.supply.shortages.pop(number, None) is not None

    def spread(self, account: str, zone: int) -> Spread:
        """The spread of an account's instances over a zone's hosts."""
        spread = self._spreads.get((account, zone))
        if spread is None:
            spread = self._spreads[account, zone] = Spread(self.by_zone[zone])
        return spread

    def fits(self, host: Host, kind: InstanceType, amount: int = 1) -> bool:
        """Whether the host is up, carries the family and has room for so many."""
        if host.state != UP:
            return False
        if host.vcpus_free < kind.vcpus * amount or host.memory_free < kind.memory_gib * amount:
            vcpus, memory = self.room(kind)
            if host.vcpus_free < vcpus * amount or host.memory_free < memory * amount:
                return False
        return not self._carriers or self.carries(host, kind)

    def room(self, kind: InstanceType) -> tuple[float, float]:
        """The vCPUs and the memory in GiB that an instance takes of a host; one of a type that is larger than a host
        takes a host that is empty, where the edition has it."""
        most_vcpus, most_memory = self._most
        return min(kind.vcpus, most_vcpus), min(kind.memory_gib, most_memory)

    def fits_as(self, instance: Instance, kind: InstanceType) -> bool:
        """Whether an instance can be of another type where it is."""
        host, before = instance.host, instance.kind
        if host is None or host.state != UP or not self.carries(host, kind):
            return False
        if kind.family != before.family and self.supply.left(self.zone_ids[host.zone], kind.family) == 0:
            return False
        (vcpus, memory), (vcpus_before, memory_before) = self.room(kind), self.room(before)
        return host.vcpus_free + vcpus_before >= vcpus and host.memory_free + memory_before >= memory

    def carries(self, host: Host, kind: InstanceType) -> bool:
        """Whether a host carries the family of a type."""
        carried = self.shape.family_hosts.get(kind.family)
        return carried is None or host.number < carried

    def first(
        self,
        spread: Spread,
        levels: Iterable[int],
        kind: InstanceType,
        avoid: Collection[int],
        batch: Batch | None = None,
    ) -> Host | None:
        """The first host of the levels, in their order, that an instance can go to; those of `batch` go before it.

        Of a level in which few hosts carry the family those alone are looked at, in the order of their numbers.
        """
        hosts, carriers = self.hosts, self._carriers.get(kind.family)
        there: Mapping[int, None]
        no_others: Collection[int] = ()
        more: Mapping[int, int] = {} if batch is None else batch.more
        for level in levels:
            if batch is None:
                there, came = spread.levels[level], no_others
            else:
                there, came = spread.levels[level] if level < len(spread.levels) else {}, batch.came(level)
            if not there and not came:
                continue
            by_number = False
            if carriers is not None:
                count = len(there) + len(came) - (batch.leaving(level) if batch is not None else 0)
                by_number = len(carriers) < count
            elif there and (index := next(iter(there))) not in more and index not in avoid:
                host = hosts[index]  # It is the one nearly always.
                if self.fits(host, kind):
                    return host
            stays = self._stays(spread, level, kind, avoid, more, by_number=by_number)
            if stays is not None and not by_number:
                return stays
            comes = (index for index in came if index not in avoid and self.fits(hosts[index], kind, 1 + more[index]))
            if by_number and stays is not None:
                return hosts[min([stays.index, *comes])]
            first = min(comes, default=None) if by_number else next(comes, None)
            if first is not None:
                return hosts[first]
        return None

    def _stays(
        self,
        spread: Spread,
        level: int,
        kind: InstanceType,
        avoid: Collection[int],
        more: Mapping[int, int],
        *,
        by_number: bool,
    ) -> Host | None:
        """The first host of a level that has room, without those in `more`.

        Hosts are looked at one by one until as many have been looked at in vain as there are, many at a time. From then
        on it is kept which have room: to keep that costs each placement a little, so that small regions do without.
        """
        there = spread.levels[level] if level < len(spread.levels) else {}
        order, looked, found = spread.orders.get(by_number), 0, None
        hosts = self.hosts
        for index in filter(there.__contains__, self._carriers[kind.family]) if by_number else there:
            if index in more or index in avoid:
                continue
            if order is not None and looked >= _PATIENCE:
                return order.first(level, self._fitting(order, kind), {*avoid, *more})
            host = hosts[index]
            if self.fits(host, kind):
                found = host
                break
            looked += 1
        if looked >= _MANY:
            spread.missed += looked
        if order is None and spread.missed > spread.size:
            spread.missed = 0
            order = spread.orders[by_number] = Order(hosts, spread.levels, self._tiers, arrivals=not by_number)
            self._orders[spread.zone].append(order)
        return found

    def _fitting(self, order: Order, kind: InstanceType) -> list[Mapping[int, int]]:
        """The places of an order whose hosts have room for an instance of a type, and carry its family."""
        carried = self.shape.family_hosts.get(kind.family)
        tier = len(self._tiers) if carried is None else self._tiers.index(carried)
        vcpus, memory = self.room(kind)
        return [
            rows for room, rows in order.rooms.items() if room[0] >= vcpus and room[1] >= memory and room[2] <= tier
        ]

    def _look_again(self, host: Host) -> None:
        """The room of a host has changed."""
        for order in self._orders[host.zone]:
            order.update(host.index)

    def take(self, host: Host, kind: InstanceType, account: str, instance_id: str) -> None:
        """Put an instance on a host."""
        vcpus, memory = self.room(kind)
        host.vcpus_free -= vcpus
        host.memory_free -= memory
        host.instances.add(instance_id)
        self.spread(account, host.zone).move(host.index, 1)
        if self._orders[host.zone]:
            self._look_again(host)
        self.supply.placed[self.zone_ids[host.zone], kind.family] += 1

    def free(self, host: Host, kind: InstanceType, account: str, instance_id: str) -> None:
        """Take an instance off its host."""
        vcpus, memory = self.room(kind)
        host.vcpus_free += vcpus
        host.memory_free += memory
        host.instances.discard(instance_id)
        self.spread(account, host.zone).move(host.index, -1)
        if self._orders[host.zone]:
            self._look_again(host)
        self.supply.placed[self.zone_ids[host.zone], kind.family] -= 1

    def power(self, host: Host, on: bool) -> None:
        """A host has died, or is back."""
        host.state = (AT_RISK if host.at_risk else UP) if on else DOWN
        for (_, zone), spread in self._spreads.items():
            if zone == host.zone:
                spread.power(host.index, on)

    def risk(self, host: Host, *, at_risk: bool) -> None:
        """A host is at risk, or sound again; one that is down is so once it is back."""
        host.at_risk = at_risk
        if host.state != DOWN:
            host.state = AT_RISK if at_risk else UP
        self._look_again(host)

    def sharing(self, host: Host, what: str) -> range:
        """The hosts, by their indexes, that share a host's rack or switch; for `host`, it alone."""
        size, start = self._shared[what], host.index - host.number
        first = host.number - host.number % size
        return range(start + first, start + min(first + size, self.shape.hosts_per_zone))

    def place(self, host: Host, what: str) -> str:
        """The name of a host, or of its rack or its switch, such as `cn-hangzhou-a-r02` or `cn-hangzhou-a-s01`."""
        if what == BY_HOST:
            return host.id
        return f"{self.zone_ids[host.zone]}-{what[0]}{host.number // self._shared[what] + 1:02d}"

    def find_host(self, host_id: str) -> Host | None:
        """The host of that name, or None."""
        zone, _, number = host_id.rpartition("-h")
        if zone not in self.zone_ids or not (number.isascii() and number.isdigit() and len(number) < 10):
            return None
        row = self.by_zone[self.zone_ids.index(zone)]
        return row[int(number) - 1] if 1 <= int(number) <= len(row) else None


def choose(
    region: RegionState,
    account: str,
    kind: InstanceType,
    zone: int,
    seat: Seat | None,
    *,
    leaving: Host | None = None,
    member: Instance | None = None,
    batch: Batch | None = None,
) -> Host | None:
    """The host that an instance should go to, or None for lack of supply. Nothing is reserved.

    Args:
        seat: its place in a deployment set, None without a set: then no host with room is refused
            (deployment-set/best-effort-never-refused).
        leaving: the host that it must leave.
        member: which member of the set it is; None for an instance that is being made.
        batch: those of the same batch for which a host has been chosen already.
    """
    placement, rules = region.placement, region.rules
    if (
        leaving is None
        and placement.supply.left(region.zone_ids[zone], kind.family, 0 if batch is None else -batch.size) == 0
    ):
        return None
    avoid: Collection[int] = () if seat is None else hosts_to_avoid(region, seat, member)
    if leaving is not None:
        avoid = {*avoid, leaving.index}
    if seat is not None and seat.near:
        more: Mapping[int, int] = {} if batch is None else batch.more
        for host in seat.near:
            if (
                host.zone == zone
                and host.index not in avoid
                and placement.fits(host, kind, 1 + more.get(host.index, 0))
            ):
                return host
    spread = placement.spread(account, zone)
    if batch is None or not batch.more:
        return placement.first(spread, rules.preference(range(len(spread.levels))), kind, avoid)
    return placement.first(spread, rules.preference(range(batch.depth)), kind, avoid, batch)


def choose_for(
    region: RegionState, instance: Instance, leaving: Host | None = None, kind: InstanceType | None = None
) -> Host | None:
    """The host that an existing instance should go to, within its zone (recovery/same-zone)."""
    group, kind = instance.group, kind or instance.kind
    place = None if group is None else seat(region, group, group.number(instance), without=instance)
    return choose(region, instance.account, kind, instance.zone, place, leaving=leaving, member=instance)


def choose_elsewhere(
    region: RegionState, instance: Instance, *, spread: bool = True, kind: InstanceType | None = None
) -> Host | None:
    """The host of its zone to which an instance can go that cannot run where it is, or None for lack of supply
    (recovery/same-zone).

    What it takes of the supply where it is counts as given back.

    Args:
        spread: whether the spread of its set is kept.
        kind: the type that it will have there, if that is another.
    """
    zone, kind = region.zone_ids[instance.zone], kind or instance.kind
    own = 0 if instance.host is None or kind.family != instance.kind.family else 1
    if region.placement.supply.left(zone, kind.family, given_back=own) == 0:
        return None
    if spread:
        return choose_for(region, instance, leaving=instance.host, kind=kind)
    return choose(region, instance.account, kind, instance.zone, None, leaving=instance.host)


def allocate(region: RegionState, instance: Instance, host: Host) -> None:
    """Give an instance the vCPUs and memory of a host."""
    instance.host = host
    region.placement.take(host, instance.kind, instance.account, instance.id)


def vacate(region: RegionState, instance: Instance, *, plans: str | None = events.CANCELED) -> None:
    """Give an instance's vCPUs and memory back.

    Args:
        plans: what becomes of the maintenance that was planned for it on its host (event/maintenance-of-its-host):
            Canceled where the region has made it leave, Avoided where its user has; None where it is released, which
            ends all of its events.
    """
    if instance.host is not None:
        if plans is not None and region.rules.maintenance_stays_with_host():
            events.withdraw(region, instance, events.OF_HOSTS, plans)
        region.placement.free(instance.host, instance.kind, instance.account, instance.id)
        instance.host = None


def relocate(
    region: RegionState,
    instance: Instance,
    host: Host,
    *,
    plans: str = events.CANCELED,
    kind: InstanceType | None = None,
) -> None:
    """Move an instance to another host, and say so. Nothing is asked of either host: that is for the caller.

    Args:
        plans: as `vacate` has it.
        kind: the type that the instance has there; None for the one that it has.
    """
    vacate(region, instance, plans=plans)
    if kind is not None:
        region.change(instance, "kind", kind)
    allocate(region, instance, host)
    region.say(instance, instance.status, instance.status)
