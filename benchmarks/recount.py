"""Counts that the model keeps as things come and go, made anew from what there is.

Nothing that a caller can see says that a count is wrong until it is used up, negative, or waited for: so walks compare
each of them with what it stands for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from faultzone.model.assistant.state import AssistantState
from faultzone.model.billing.charges import metered_as
from faultzone.model.billing.ledger import books_of
from faultzone.model.core.cards import Interfaces
from faultzone.model.core.free_disks import Disks, id_of, numbers
from faultzone.model.core.hosts import DOWN
from faultzone.model.core.state import AccountState, RegionState

#: How many addresses of a vSwitch the network keeps (instance/reserved-addresses).
RESERVED: Final = 4


def wrong_counts(region: RegionState) -> Iterator[str]:
    """What a region counts otherwise than there is, a sentence each."""
    yield from _hosts(region)
    yield from _supply(region)
    yield from _events(region)
    for account in region.accounts.values():
        yield from _spreads(region, account)
        yield from _charges(region, account)
        yield from _addresses(account)
        yield from _disks(account)
        yield from _found(account)
        yield from _sets(account)
        yield from _commands(account)


def _hosts(region: RegionState) -> Iterator[str]:
    """The instances of each host, and what they leave of it."""
    shape = region.shape
    for host in region.placement.hosts:
        there = {each.id: each for each in region.instances.values() if each.host is host}
        if there.keys() != host.instances:
            yield f"{host.id} has {sorted(host.instances)}, not {sorted(there)}"
        taken = [region.placement.room(each.kind) for each in there.values()]
        free = shape.host_vcpus - sum(vcpus for vcpus, _ in taken), shape.host_memory_gib - sum(gib for _, gib in taken)
        if (host.vcpus_free, host.memory_free) != free:
            yield f"{host.id} has {host.vcpus_free} vCPUs and {host.memory_free} GiB left, not {free}"


def _supply(region: RegionState) -> Iterator[str]:
    """What is placed of each family in each zone."""
    told = Counter({scope: count for scope, count in region.placement.supply.placed.items() if count})
    placed = [each for each in region.instances.values() if each.host is not None]
    meant = Counter((region.zone_ids[each.zone], each.kind.family) for each in placed)
    if told != meant:
        yield f"{told} are placed, not {meant}"


def _spreads(region: RegionState, account: AccountState) -> Iterator[str]:
    """The hosts of a zone by how many of an account's instances they carry, without those that are down."""
    for zone in range(len(region.zone_ids)):
        spread = region.placement.spread(account.id, zone)
        carried = Counter(
            each.host.index for each in account.instances.values() if each.host is not None and each.zone == zone
        )
        if spread.count != dict(carried) or spread.total != carried.total():
            yield f"hosts of zone {zone} carry {spread.count} of {account.id}, not {dict(carried)}"
        levels = {index: level for level, hosts in enumerate(spread.levels) for index in hosts}
        alive = {host.index: carried[host.index] for host in region.placement.by_zone[zone] if host.state != DOWN}
        if levels != alive:
            yield f"hosts of zone {zone} are in the levels {levels}, not {alive}"


def _charges(region: RegionState, account: AccountState) -> Iterator[str]:
    """What is charged by the hour: all that is paid as it goes, but for what is stopped without charge."""
    ledger = books_of(region).ledgers[account.id]
    pay_as_you_go = [each for each in account.instances.values() if each.charge_type != "PrePaid"]
    told = Counter({key: count for key, count in ledger.metered.items() if count})
    meant = Counter(metered_as(region, each) for each in pay_as_you_go if each.id not in ledger.suspended)
    if told != meant:
        yield f"{told} are charged by the hour, not {meant}"
    rate = sum(books_of(region).prices.metered(key) * count for key, count in meant.items())
    if ledger.rate != rate:
        yield f"an hour costs {ledger.rate}, not {rate}"
    if gone := ledger.suspended - {each.id for each in pay_as_you_go}:
        yield f"{sorted(gone)} are not charged by the hour, but stand as stopped without charge"
    subscribed = {each.id for each in account.instances.values() if each.charge_type == "PrePaid"}
    if ledger.terms.keys() != subscribed:
        yield f"there are terms of {sorted(ledger.terms)}, not of {sorted(subscribed)}"


def _addresses(account: AccountState) -> Iterator[str]:
    """What is left of each vSwitch."""
    cards = [*(account.kept(Interfaces) or {}).values()]
    instances = account.instances.values()
    held = Counter(each.vswitch.id for each in instances for _ in (each.private_ip, *each.options.card.more))
    held += Counter(each.vswitch.id for each in cards for _ in (each.private_ip, *each.more))
    for vswitch in account.vswitches.values():
        left, size = vswitch.addresses.left, (1 << 32 - vswitch.prefix) - RESERVED
        if left != size - held[vswitch.id]:
            yield f"{vswitch.id} has {left} addresses left of {size}, but {held[vswitch.id]} are held"
    taken = Counter(each.private_ip for each in instances) + Counter(each.private_ip for each in cards)
    if taken.total() > len(taken):
        yield f"{taken.most_common(1)} is held more than once"


def _disks(account: AccountState) -> Iterator[str]:
    """Where each disk is: in one instance, or by itself."""
    kept = account.kept(Disks) or Disks()
    held = {id_of(each, number): each.id for each in account.instances.values() for number in numbers(each)}
    count = sum(len(numbers(each)) for each in account.instances.values())
    if len(held) < count or held.keys() & kept.free.keys():
        yield f"{count} disks of instances and {len(kept.free)} others have {len(held.keys() | kept.free.keys())} ids"
    if elsewhere := {id: owner for id, owner in kept.attached.items() if held.get(id) != owner}:
        yield f"{elsewhere} are elsewhere than they are told to be"


def _events(region: RegionState) -> Iterator[str]:
    """The events of each instance that are not settled."""
    told = {id for active in region.active_events.values() for id in (each.id for each in active)}
    settled = {each.id for each in region.settled_events}
    if meant := told & settled:
        yield f"{sorted(meant)} are settled and active"
    if gone := {id for id, active in region.active_events.items() if active} - region.instances.keys():
        yield f"{sorted(gone)} are gone and have events"
    if lost := region.events.keys() - told - settled:
        yield f"{sorted(lost)} are neither active nor settled"


def _found(account: AccountState) -> Iterator[str]:
    """What a listing finds by each field, beside what has the value."""
    instances = account.instances.values()
    for name, field in account.book.fields.items():
        values = {value for each in instances for value in field.read(each)}
        for value in values:
            told = {each.id for each in account.book.found(account.book.rows(name, value))}
            meant = {each.id for each in instances if value in field.read(each)}
            if told != meant:
                yield f"by {name}={value!r} are found {sorted(told)}, not {sorted(meant)}"


def _sets(account: AccountState) -> Iterator[str]:
    """The members of each deployment set."""
    for group in account.deployment_sets.values():
        meant = {each.id for each in account.instances.values() if each.group is group}
        if {each.id for each in group.members.values()} != meant:
            yield f"{group.id} has the members {sorted(group.members)}, not {sorted(meant)}"


def _commands(account: AccountState) -> Iterator[str]:
    """How many invocations of each command are not over."""
    state = account.kept(AssistantState)
    if state is None:
        return
    meant = Counter(each.command.id for each in state.invocations.values() if each.open)
    for command in state.commands.values():
        if command.open != meant[command.id]:
            yield f"{command.id} has {command.open} open invocations, not {meant[command.id]}"
