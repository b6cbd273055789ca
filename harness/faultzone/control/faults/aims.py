"""Whether what a fault or a step of a schedule is aimed at can ever be: a client, a resource, or an entry."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from faultzone import editions
from faultzone.control.targets import SHARED, find_account, find_instance
from faultzone.editions.edition import Edition, date_text
from faultzone.errors import UnknownTarget, UsageError, nearest
from faultzone.faults.calls import ENDPOINT, EVERYONE
from faultzone.faults.targets import is_described
from faultzone.journal.matching import is_wanted
from faultzone.model.core.dispatch import ACTIONS, find_actions, requests_of

if TYPE_CHECKING:
    from faultzone.conditions import Description
    from faultzone.conditions.patterns import Pattern
    from faultzone.control.local import Local
    from faultzone.faults.calls import Call, OfCalls
    from faultzone.journal.awaited import Entry
    from faultzone.model.cloud import Cloud
    from faultzone.model.core.state import RegionState

#: What the ID of a resource looks like that nobody would choose as a name.
_ID: Final = re.compile(r"(d|ds|eip|eni|i|lt|sg|vpc|vsw)-[\w-]+", re.ASCII)
#: How the parameters end that take a name or a text of the caller's own.
_CHOSEN: Final = ("Name", "Names", "Token", "Key", "Value", "Description")
#: How many digits the number of a part of an instance has at the most.
_NUMBER_MOST: Final = 2


def see(backend: Local, aim: OfCalls | Call) -> None:
    """See that there are clients and resources such as those whose calls are meant.

    Raises:
        UsageError: nobody has the key, or nothing the ID or name; the text says what there is.
    """
    see_client(backend, aim.only)
    for what in ("about", "item"):
        named = getattr(aim, what, None)
        if named is not None and not is_described(named):
            _see_resource(backend, what, named, aim.action)


def see_client(backend: Local, only: str | None) -> None:
    """See that somebody has the access key of this ID, where one is meant.

    Raises:
        UsageError: nobody has.
    """
    if only in (None, ENDPOINT, EVERYONE):
        return
    known = backend.access_keys
    if only not in known and backend.cloud.role_key(str(only)) is None:
        raise UsageError.expected_one_of("only", only, [ENDPOINT, EVERYONE, *known])


def _see_resource(backend: Local, what: str, named: str, pattern: str) -> None:
    """See that a resource is there or was, or that calls of an action can have such a name."""
    cloud = backend.cloud
    if _is_known(cloud, named):
        return
    if _ID.fullmatch(named) is None and any(_takes_names(each) for each in find_actions(pattern)):
        return
    known = [id for region in cloud.regions.values() for id in region.instances]
    near = nearest(named, known)
    raise UnknownTarget(
        f"{what}={named!r}: {near}expected the ID of a resource that is there, such as "
        f"{known[0] if known else 'that of an instance'}, or a description, such as newest(instance)"
    )


def _is_known(cloud: Cloud, named: str) -> bool:
    """Whether something is, was, or will be called so."""
    if cloud.world.can_make(named) or _is_part(cloud, named) or named in (*cloud.region_ids, *cloud.accounts):
        return True
    if named in cloud.catalog.images or named in cloud.catalog.types:
        return True
    return any(_is_in(region, named) for region in cloud.regions.values())


def _is_in(region: RegionState, named: str) -> bool:
    """Whether a zone or a host is called so."""
    return named in region.zone_ids or region.placement.find_host(named) is not None


def _is_part(cloud: Cloud, named: str) -> bool:
    """Whether a disk or network interface that an instance was made with is called so: like the instance, with a number
    where it is not the first."""
    kind, _, rest = named.partition("-")
    if kind not in ("d", "eni"):
        return False
    ends = (len(rest) - digits for digits in range(_NUMBER_MOST + 1))
    return any((not rest[end:] or rest[end:].isdigit()) and cloud.world.can_make(f"i-{rest[:end]}") for end in ends)


def _takes_names(action: str) -> bool:
    """Whether calls of an action have a name or a text of the caller's own."""
    return any(wire.endswith(_CHOSEN) for request in requests_of(action) for wire in request.parameters)


# Entries of the journal


def see_entry(backend: Local, what: Entry) -> None:
    """See that there can be such an entry in the journal of this cloud.

    Raises:
        UsageError: there cannot; the text says what there is.
    """
    from faultzone.conditions.vocabulary import of_entry  # Faults of the API do without.

    _see_pattern(backend, of_entry(what.kind, what.where))


def see_described(backend: Local, what: Description) -> None:
    """See that there can be such entries as a sentence describes in the journal of this cloud.

    Raises:
        UsageError: there cannot; the text says what there is.
    """
    _see_pattern(backend, what.pattern)
    if what.relation is not None:
        _see_pattern(backend, what.relation.other)


def _see_pattern(backend: Local, pattern: Pattern) -> None:
    equal = [each for each in pattern.properties if each.equal]
    for each in equal:
        if each.field in _SEES and "*" not in each.value and each.value != "null":
            _SEES[each.field](backend, each.value)
    if pattern.kind == "event":
        _see_event(backend, pattern)
    elif pattern.kind in ("call", "read"):
        for action in [*(each.value for each in equal if each.field == "action"), *pattern.words]:
            _see_kept(backend, pattern.kind, action)


def _see_event(backend: Local, pattern: Pattern) -> None:
    """See that the edition of a cloud has the types and the states of an event that a later one has."""
    name, own = backend.cloud.edition.name, _fields_of_events([backend.cloud.edition])
    every = _fields_of_events(editions.EDITIONS)
    for each in pattern.properties:
        values = sorted(value for field, value in own if field == each.field)
        if each.equal and values and not any(is_wanted(value, each.value) for value in (*values, "null")):
            raise UsageError.unknown(each.field, each.value, values, where=f"of events in edition {name}")
    for word in pattern.words:
        asked = replace(pattern, words=(word,), properties=())
        meeting = [(field, value) for field, value in sorted(every) if asked.meets("event", {field: value})]
        if meeting and not any(each in own for each in meeting):
            field = meeting[0][0]
            values = sorted(value for of, value in own if of == field)
            raise UsageError.unknown(field, word, values, where=f"of events in edition {name}")


def _fields_of_events(known: Iterable[Edition]) -> set[tuple[str, str]]:
    """The fields of events whose values are of the edition, with these."""
    found = set()
    for each in known:
        found |= {("type", type) for type in each.event.types}
        found |= {(field, state) for field in ("to", "from") for state in each.event.states}
    return found


def _see_kept(backend: Local, kind: str, action: str) -> None:
    """See that calls of an action, or of one of a pattern, are entries of this kind, and that the edition has it."""
    edition = backend.cloud.edition
    found = [ACTIONS[each].request for each in ACTIONS if is_wanted(each[1], action)]
    if not found:
        return
    there = [each for each in found if edition.has(each.since)]
    if not there:
        first = date_text(min(each.since for each in found))
        raise UsageError(f"{kind} {action}: edition {edition.name} has no such action: it is there from {first} on")
    if not any(each.writes == (kind == "call") for each in there):
        other, does = ("read", "changes nothing") if kind == "call" else ("call", "may change something")
        raise UsageError(f"{kind} {action}: a call that {does} is an entry of the kind {other!r}: write {other!r}")


def _regions(backend: Local) -> list[RegionState]:
    """All regions that are there."""
    return list(backend.cloud.regions.values())


def _region_around(backend: Local, place: str) -> list[RegionState]:
    """The regions in which a host or a zone of this ID could be; one may be made now."""
    found = [id for id in backend.cloud.region_ids if place.startswith(id)]
    return [region for id in found if (region := backend.cloud.find_region(id)) is not None]


def _see_region(backend: Local, value: str) -> None:
    if value not in backend.cloud.region_ids:
        raise UsageError.unknown("region", value, backend.cloud.region_ids)


def _see_zone(backend: Local, value: str) -> None:
    if not any(value in each.zone_ids for each in _region_around(backend, value)):
        raise UsageError.unknown("zone", value, [id for each in _regions(backend) for id in each.zone_ids])


def _see_host(backend: Local, value: str) -> None:
    if not any(each.placement.find_host(value) for each in _region_around(backend, value)):
        first = _regions(backend)[0]
        known = [host.id for each in _regions(backend) for host in each.placement.hosts]
        see = f"a host of {first.id} has an ID such as {first.zone_ids[0]}-h01"
        raise UnknownTarget.unknown("host", value, known, see=see)


def _sees_sharing(what: str) -> Callable[[Local, str], None]:
    def see_sharing(backend: Local, value: str) -> None:
        known = dict.fromkeys(
            each.placement.place(host, SHARED[what]) for each in _regions(backend) for host in each.placement.hosts
        )
        if value not in known:
            raise UsageError.unknown(what, value, known)

    return see_sharing


def _see_account(backend: Local, value: str) -> None:
    find_account(backend, value)


def _see_instance(backend: Local, value: str) -> None:
    if not backend.cloud.world.can_make(value):
        find_instance(backend, value)


#: The fields of entries that name what is there, and what sees that it is.
_SEES: Final[Mapping[str, Callable[[Local, str], None]]] = {
    "account": _see_account,
    "host": _see_host,
    "instance": _see_instance,
    "rack": _sees_sharing("rack"),
    "region": _see_region,
    "switch": _sees_sharing("switch"),
    "zone": _see_zone,
}
