"""Hosts, and how many instances of an account each of them carries."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby, repeat
from typing import Final

from faultzone.model.core.index import Index, first_of, rows_from, rows_of

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

    def __init__(self, zone_id: str, index: int, zone: int, number: int, vcpus: float, memory: float) -> None:
        self.id = f"{zone_id}-h{number + 1:02d}"
        self.index, self.zone, self.number = index, zone, number
        self.vcpus_free, self.memory_free = vcpus, memory
        self.instances: set[str] = set()
        self.state = UP
        self.at_risk = False


#: What is left of a host: vCPUs, memory, and how many families that are scarce it comes too late in its zone to carry.
Room = tuple[float, float, int]


class Order:
    """The hosts of a spread in an order, by their level and their room: what has room is found without a look at what
    has none.

    Args:
        hosts: all of the region.
        levels: of the spread.
        tiers: how many hosts of each zone carry a family, ascending, wherever not all do.
        arrivals: whether the order is that of the levels; else that of the hosts' numbers.
    """

    def __init__(
        self,
        hosts: Sequence[Host],
        levels: Iterable[Iterable[int]],
        tiers: Sequence[int],
        *,
        arrivals: bool,
    ) -> None:
        self._hosts, self._tiers, self._arrivals = hosts, tiers, arrivals
        self._next = 0
        #: Host -> its place, level and room; and the other way round.
        self._placed: dict[int, tuple[int, int, Room | None]] = {}
        self._host: dict[int, int] = {}
        self.levels, self.rooms = Index(), Index()
        for number, level in enumerate(levels):
            if arrivals:
                self._enter_all(list(level), number)
            else:
                for index in level:
                    self._enter(index, number)

    def move(self, index: int, level: int | None) -> None:
        """Put a host at the end of a level, or in none."""
        if index in self._placed:
            place, before, room = self._placed.pop(index)
            del self._host[place]
            self.levels.discard(before, place)
            if room is not None:
                self.rooms.discard(room, place)
        if level is not None:
            self._enter(index, level)

    def _enter_all(self, level: list[int], number: int) -> None:
        """The same as to enter one after the other."""
        if not level:
            return
        first = place = self._next
        self._next += len(level)
        rooms = [self._room(index) for index in level]
        for room, run in groupby(rooms):
            count = len(list(run))
            if room is not None:
                self.rooms.add_rows(room, rows_from(place, count))
            place += count
        places = range(first, self._next)
        self.levels.add_rows(number, rows_from(first, len(level)))
        self._host.update(zip(places, level, strict=True))
        self._placed.update(zip(level, zip(places, repeat(number), rooms), strict=True))

    def _enter(self, index: int, level: int) -> None:
        place = self._next if self._arrivals else index
        self._next += 1
        room = self._room(index)
        self._placed[index], self._host[place] = (place, level, room), index
        self.levels.add(level, place)
        if room is not None:
            self.rooms.add(room, place)

    def _room(self, index: int) -> Room | None:
        host = self._hosts[index]
        if host.state != UP:
            return None
        return host.vcpus_free, host.memory_free, bisect_right(self._tiers, host.number) if self._tiers else 0

    def update(self, index: int) -> None:
        """Take note of the room that a host has now."""
        if index not in self._placed:
            return
        place, level, before = self._placed[index]
        room = self._room(index)
        if room != before:
            if before is not None:
                self.rooms.discard(before, place)
            if room is not None:
                self.rooms.add(room, place)
            self._placed[index] = (place, level, room)

    def first(self, level: int, fitting: Iterable[Mapping[int, int]], avoid: Iterable[int]) -> Host | None:
        """The first host of a level at one of the fitting places, but for those to avoid."""
        there = self.levels.rows(level)
        avoided = rows_of(self._placed[index][0] for index in avoid if index in self._placed)
        gets = [rows.get for rows in fitting]
        for block in sorted(there):
            room = 0
            for get in gets:
                room |= get(block, 0)
            if found := there[block] & room & ~avoided.get(block, 0):
                return self._hosts[self._host[first_of(block, found)]]
        return None


class Spread:
    """How many instances of one account each host of one zone carries, as levels from none upwards.

    Dead hosts are in no level, so that looking for a host costs no more when many have died.
    """

    __slots__ = ("count", "dead", "levels", "missed", "orders", "size", "total", "zone")

    def __init__(self, hosts: Iterable[Host]) -> None:
        #: levels[n] holds the hosts that carry n instances, in the order in which they came to.
        hosts = list(hosts)
        self.size, self.zone = len(hosts), hosts[0].zone
        self.dead = {host.index for host in hosts if host.state == DOWN}
        self.levels: list[OrderedDict[int, None]] = [
            OrderedDict((host.index, None) for host in hosts if host.state != DOWN)
        ]
        self.count: dict[int, int] = {}
        self.total = 0
        #: How many hosts without room have been looked at in vain, and what finds room since there were too many.
        self.missed = 0
        self.orders: dict[bool, Order] = {}

    def move(self, index: int, change: int) -> None:
        """Count one instance more or fewer on a host."""
        self.total += change
        before = self.count.get(index, 0)
        after = before + change
        self.levels[before].pop(index, None)
        if self.orders:
            for order in self.orders.values():
                order.move(index, after if index not in self.dead else None)
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
        count = self.count.get(index, 0)
        level = self.levels[count]
        for order in self.orders.values():
            order.move(index, count if on else None)
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

    def came(self, level: int) -> Collection[int]:
        """The hosts that come to a level, in the order in which they do; they are in `more`."""
        return self._came[level] if level < len(self._came) else ()

    @property
    def depth(self) -> int:
        """How many levels there will be."""
        return max(len(self._spread.levels), len(self._came))

    def leaving(self, level: int) -> int:
        """How many hosts of a level go to another."""
        return sum(self._spread.count.get(index, 0) == level for index in self.more)
