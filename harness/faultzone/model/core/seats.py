"""Where a member of a deployment set may be: which hosts it keeps away from, and which it goes to first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from faultzone.api.errors import ApiError

if TYPE_CHECKING:
    from faultzone.model.core.hosts import Host
    from faultzone.model.core.state import DeploymentSet, Instance, RegionState

#: The strategies of sets that differ in what they demand (deployment-set/strategies).
AVAILABILITY: Final = "Availability"
GROUPS: Final = "AvailabilityGroup"
LOW_LATENCY: Final = "LowLatency"
#: What members are kept apart by, as the API writes them (deployment-set/type).
BY_HOST: Final = "host"
BY_RACK: Final = "rack"
BY_SWITCH: Final = "sw"


class Seat(NamedTuple):
    """The place that an instance is to have as a member of a set.

    Attributes:
        group: the set.
        apart: the hosts of the members that it is kept apart from.
        near: the hosts that it goes to first, since it may share them.
        others: the groups that it is kept apart from.
    """

    group: DeploymentSet
    apart: list[Host]
    near: list[Host]
    others: Collection[int]

    def add(self, host: Host, number: int) -> None:
        """Heed another member, of the group `number`."""
        (self.apart if number in self.others else self.near).append(host)


def seat(region: RegionState, group: DeploymentSet, number: int, *, without: Instance | None = None) -> Seat:
    """The seat of a member of a set.

    Args:
        number: the group that it is in or goes to; 0 where there are no groups.
        without: the member itself, where it is one already.
    """
    numbers, found = group.numbers, Seat(group, [], [], region.rules.groups_apart(group, number))
    for member in group.members.values():
        if member.host is not None and member is not without:
            found.add(member.host, numbers.get(member.id, 0))
    return found


def hosts_to_avoid(region: RegionState, seat: Seat, member: Instance | None) -> Collection[int]:
    """The hosts that a member must not be placed on: those of the others, or what shares their rack or switch, once as
    many are there as may share it.

    Clauses: deployment-set/strict-spread, deployment-set/type, deployment-set/affinity.
    """
    if not seat.apart:
        return ()
    rules, others = region.rules, seat.apart
    apart_by, affinity = rules.apart_by(seat.group), rules.affinity(seat.group)
    if apart_by == BY_HOST and affinity == 1:
        return rules.hosts_to_avoid(others, member)
    placement = region.placement
    if affinity > 1:
        shared = Counter(placement.sharing(host, apart_by) for host in others)
        others = [host for host in others if shared[placement.sharing(host, apart_by)] >= affinity]
    full = rules.hosts_to_avoid(others, member)
    return {each for index in full for each in placement.sharing(placement.hosts[index], apart_by)}


def check_group_number(group: DeploymentSet, number: int | None) -> None:
    """Refuse the number of a group that a set does not have (deployment-set/group-number).

    Raises:
        ApiError: `InvalidParameter`.
    """
    if number is not None and number > group.group_count:
        why = f"the set has {group.group_count} groups" if group.group_count else "the set has no groups"
        raise ApiError.of("InvalidParameter", name="DeploymentSetGroupNo", why=why)


def emptiest_groups(
    region: RegionState,
    group: DeploymentSet,
    zone: int,
    *,
    without: Instance | None = None,
    more: Mapping[int, int] | None = None,
) -> list[int]:
    """The groups of a set that have the fewest members, of those with room in a zone (deployment-set/group-even).

    A set without groups has one, 0.

    Args:
        without: a member that is not counted, since it is spread anew.
        more: how many of a batch go to each group besides.
    """
    if not group.group_count:
        return [0]
    rules, more = region.rules, more or {}
    counts = Counter(group.numbers.values())
    counts.update(more)
    own = 0
    if without is not None and without.group is group:
        own = group.number(without)
        counts[own] -= 1
    groups = range(1, group.group_count + 1)
    there = {
        number: rules.room_in_group(group, zone, number) - more.get(number, 0) + (number == own) for number in groups
    }
    return rules.groups_in_turn([number for number in groups if there[number] > 0], counts)
