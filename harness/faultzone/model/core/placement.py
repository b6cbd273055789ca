"""Placement: which host an instance goes to.

Hosts are kept by how many instances of the account they carry, fewest first, so that instances spread over hosts as far
as capacity allows (deployment-set/best-effort-default) at a cost that does not grow with the number of hosts. Which
hosts a member of a deployment set must keep away from is a rule (`Rules.hosts_to_avoid`), not placement's business.

The classes know hosts and numbers; the functions at the end choose a host for an instance, and let it take and leave
one.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, zip_longest
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from faultzone.errors import ShapeError, UsageError
from faultzone.model.core import events
from faultzone.model.core.catalog import Catalog, InstanceType
from faultzone.model.core.shape import Shape

if TYPE_CHECKING:
    from faultzone.model.core.state import Instance, RegionState

UP: Final = "up"
DOWN: Final = "down"
AT_RISK: Final = "at-risk"


class Host:
    """A physical machine.

    Attributes:
        id: its name, of its zone and its number there, such as `cn-hangzhou-a-h03`.
        index: its number in the region.
        zone: the number of its zone.
        number: its number in the zone, from 0.
        vcpus_free, memory_free: what is left of it (memory in GiB).
        instances: the ids of the instances on it.
        state: `up`, `down` (crashed) or `at-risk` (takes nothing new).
        at_risk: whether it is at risk once it is up.
    """

    __slots__ = ("at_risk", "id", "index", "instances", "memory_free", "number", "state", "vcpus_free", "zone")

    def __init__(self, zone_id: str, index: int, zone: int, number: int, vcpus: int, memory: float) -> None:
        self.id = f"{zone_id}-h{number + 1:02d}"
        self.index, self.zone, self.number = index, zone, number
        self.vcpus_free, self.memory_free = vcpus, memory
        self.instances: set[str] = set()
        self.state = UP
        self.at_risk = False


class Spread:
    """How many instances of one account each host of one zone carries, as levels from none upwards.

    Dead hosts are in no level, so that looking for a host costs no more when many have died.
    """

    __slots__ = ("count", "dead", "levels", "total")

    def __init__(self, hosts: Iterable[Host]) -> None:
        #: levels[n] holds the hosts that carry n instances, in the order in which they came to.
        hosts = list(hosts)
        self.dead = {host.index for host in hosts if host.state == DOWN}
        self.levels: list[OrderedDict[int, None]] = [
            OrderedDict((host.index, None) for host in hosts if host.state != DOWN)
        ]
        self.count: dict[int, int] = {}
        self.total = 0

    def move(self, index: int, change: int) -> None:
        """Count one instance more or fewer on a host."""
        self.total += change
        before = self.count.get(index, 0)
        after = before + change
        self.levels[before].pop(index, None)
        if after == len(self.levels):
            self.levels.append(OrderedDict())
        if index not in self.dead:
            self.levels[after][index] = None
        if after:
            self.count[index] = after
        else:
            self.count.pop(index, None)

    def power(self, index: int, on: bool) -> None:
        """Take a host that has died out of the levels, or put it back."""
        level = self.levels[self.count.get(index, 0)]
        if on:
            self.dead.discard(index)
            level[index] = None
        else:
            self.dead.add(index)
            level.pop(index, None)


class Batch:
    """The hosts chosen for a batch, which its instances have not taken yet, over the spread that they will change.

    Args:
        spread: of the account, in the zone of the batch.
    """

    __slots__ = ("_came", "_spread", "more", "size")

    def __init__(self, spread: Spread) -> None:
        self._spread = spread
        #: How many more each host will carry, and how many that is in all.
        self.more: dict[int, int] = {}
        self.size = 0
        # As the levels of the spread: where the hosts that were chosen will be.
        self._came: list[OrderedDict[int, None]] = []

    def add(self, index: int) -> None:
        """Count one instance more on a host."""
        more = self.more.get(index, 0)
        after = self._spread.count.get(index, 0) + more + 1
        self._came += [OrderedDict() for _ in range(after + 1 - len(self._came))]
        if more:
            del self._came[after - 1][index]
        self._came[after][index] = None
        self.more[index] = more + 1
        self.size += 1

    def levels(self) -> Sequence[Iterable[int]]:
        """The levels as they will be; nothing moves."""
        more = self.more
        if not more:
            return self._spread.levels
        stay: list[Iterable[int]] = [(index for index in level if index not in more) for level in self._spread.levels]
        return [chain(*both) for both in zip_longest(stay, self._came, fillvalue=())]


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

    Raises:
        ShapeError: the shape names an unknown family or zone.
    """

    def __init__(self, shape: Shape, catalog: Catalog) -> None:
        self.shape = shape
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
                raise ShapeError(
                    f"family_hosts: there is no family {family!r}; write one of {', '.join(sorted(catalog.families))}"
                )
        limits: dict[tuple[str, str], int] = {}
        for scope, limit in shape.supply.items():
            zone_id, _, family = scope.partition("/")
            self.check_scope(zone_id, family, catalog)
            limits[zone_id, family] = limit
        self.supply = Supply(limits)
        self._spreads: dict[tuple[str, int], Spread] = {}
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
            raise ShapeError(f"supply: there is no zone {zone!r}; write '*' or one of {', '.join(self.zone_ids)}")
        if family != "*" and catalog.find_family(family) is None:
            raise ShapeError(
                f"supply: there is no family {family!r}; write '*' or one of {', '.join(sorted(catalog.families))}"
            )

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
            raise UsageError(f"limit={limit!r}: write how many instances, 0 or more, or null for no limit")
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
        key = (account, zone)
        if key not in self._spreads:
            self._spreads[key] = Spread(self.by_zone[zone])
        return self._spreads[key]

    def fits(self, host: Host, kind: InstanceType, amount: int = 1) -> bool:
        """Whether the host is up, carries the family and has room for so many."""
        if host.state != UP or host.vcpus_free < kind.vcpus * amount or host.memory_free < kind.memory_gib * amount:
            return False
        carried = self.shape.family_hosts.get(kind.family)
        return carried is None or host.number < carried

    def candidates(
        self,
        levels: Iterable[Iterable[int]],
        kind: InstanceType,
        avoid: Collection[int],
        pending: Mapping[int, int] = MappingProxyType({}),
    ) -> Iterator[Host]:
        """The hosts that an instance can go to, in the order of `levels`; `pending` others go to each before it.

        Of a level in which few hosts carry the family those alone are looked at, in the order of their numbers.
        """
        hosts = self.hosts
        carriers = self._carriers.get(kind.family)
        for level in levels:
            if carriers is not None:
                # Those of a batch are no mapping: they are chained from what stays and what comes.
                there = level if isinstance(level, OrderedDict) else dict.fromkeys(level)
                level = filter(there.__contains__, carriers) if len(carriers) < len(there) else there
            for index in level:
                host = hosts[index]
                if index not in avoid and self.fits(host, kind, 1 + pending.get(index, 0)):
                    yield host

    def take(self, host: Host, kind: InstanceType, account: str, instance_id: str) -> None:
        """Put an instance on a host."""
        host.vcpus_free -= kind.vcpus
        host.memory_free -= kind.memory_gib
        host.instances.add(instance_id)
        self.spread(account, host.zone).move(host.index, 1)
        self.supply.placed[self.zone_ids[host.zone], kind.family] += 1

    def free(self, host: Host, kind: InstanceType, account: str, instance_id: str) -> None:
        """Take an instance off its host."""
        host.vcpus_free += kind.vcpus
        host.memory_free += kind.memory_gib
        host.instances.discard(instance_id)
        self.spread(account, host.zone).move(host.index, -1)
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
    others: list[Host] | None,
    *,
    leaving: Host | None = None,
    member: Instance | None = None,
    batch: Batch | None = None,
) -> Host | None:
    """The host that an instance should go to, or None for lack of supply. Nothing is reserved.

    Args:
        others: the hosts of the other members of its deployment set, None without a set: then no host with room is
            refused (deployment-set/best-effort-never-refused).
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
    avoid: Collection[int] = rules.hosts_to_avoid(others, member) if others else ()
    if leaving is not None:
        avoid = {*avoid, leaving.index}
    if batch is None:
        return next(placement.candidates(rules.preference(placement.spread(account, zone).levels), kind, avoid), None)
    return next(placement.candidates(rules.preference(batch.levels()), kind, avoid, batch.more), None)


def choose_for(region: RegionState, instance: Instance, leaving: Host | None = None) -> Host | None:
    """The host that an existing instance should go to, within its zone (recovery/same-zone)."""
    others = None if instance.group is None else instance.group.hosts(without=instance)
    return choose(region, instance.account, instance.kind, instance.zone, others, leaving=leaving, member=instance)


def choose_elsewhere(region: RegionState, instance: Instance, *, spread: bool = True) -> Host | None:
    """The host of its zone to which an instance can go that cannot run where it is, or None for lack of supply
    (recovery/same-zone).

    What it takes of the supply where it is counts as given back.

    Args:
        spread: whether the spread of its set is kept.
    """
    zone = region.zone_ids[instance.zone]
    own = 0 if instance.host is None else 1
    if region.placement.supply.left(zone, instance.kind.family, given_back=own) == 0:
        return None
    if spread:
        return choose_for(region, instance, leaving=instance.host)
    return choose(region, instance.account, instance.kind, instance.zone, None, leaving=instance.host)


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
            events.withdraw(region, instance, "SystemMaintenance.", plans)
        region.placement.free(instance.host, instance.kind, instance.account, instance.id)
        instance.host = None


def relocate(region: RegionState, instance: Instance, host: Host, *, plans: str = events.CANCELED) -> None:
    """Move an instance to another host, and say so. Nothing is asked of either host: that is for the caller.

    Args:
        plans: as `vacate` has it.
    """
    vacate(region, instance, plans=plans)
    allocate(region, instance, host)
    region.say(instance, instance.status, instance.status)
