"""How two things that a test compares differ, in lines: identities, instances, events, states of an invocation."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import zip_longest

from faultzone.region.commands import States
from faultzone.region.events import SystemEvent
from faultzone.region.handles import Identity, Instance


def changed(before: object, after: object) -> list[tuple[str, object, object]]:
    """The fields or keys in which two things differ, each with what it was and what it is."""
    old, new = _fields(before), _fields(after)
    names = [*old, *(name for name in new if name not in old)]
    return [(name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)]


def _fields(of: object) -> Mapping[str, object]:
    if isinstance(of, Mapping):
        return of
    names = getattr(of, "_fields", None) or getattr(of, "__dataclass_fields__", None)  # Of a NamedTuple; a dataclass.
    return {name: getattr(of, name) for name in names} if names else getattr(of, "__dict__", {})


def differences(left: object, right: object) -> list[str] | None:
    """What differs, a line for each; None for things that are none of the harness's."""
    if isinstance(left, Identity) and isinstance(right, Identity):
        return [f"{name}: {was!r} != {now!r}" for name, was, now in changed(left, right)]
    if isinstance(left, States | Mapping) and isinstance(right, States | Mapping):
        return _states(left, right) if States in (type(left), type(right)) else None
    for kind, tell in ((SystemEvent, _events), (Instance, _instances)):
        if _are(kind, left) and _are(kind, right) and type(left) is type(right) and (left or right):
            assert isinstance(left, Collection)
            assert isinstance(right, Collection)
            return tell(left, right)
    return None


def _are(kind: type, items: object) -> bool:
    return isinstance(items, list | tuple | set | frozenset) and all(isinstance(each, kind) for each in items)


def _states(left: Mapping[str, object], right: Mapping[str, object]) -> list[str]:
    """Targets by their ids, with the states of both."""
    return [f"{target}: {one or 'none'} != {other or 'none'}" for target, one, other in changed(left, right)]


def _events(left: Collection[SystemEvent], right: Collection[SystemEvent]) -> list[str]:
    """Events in their order, with what both have at each place."""
    pairs = list(zip_longest(left, right))
    return [
        f"event {number}: {one or 'none'} != {other or 'none'}"
        for number, (one, other) in enumerate(pairs, 1)
        if one != other
    ]


def _instances(left: Collection[Instance], right: Collection[Instance]) -> list[str]:
    """Instances that one of the two lacks."""
    lines = [
        f"only {where}: {', '.join(each.id for each in one if each not in other)}"
        for where, one, other in (("left", left, right), ("right", right, left))
        if any(each not in other for each in one)
    ]
    if not lines and isinstance(left, Sequence) and isinstance(right, Sequence):
        lines = [
            f"item {number}: {one.id if one else 'none'} != {other.id if other else 'none'}"
            for number, (one, other) in enumerate(zip_longest(left, right))
            if one != other
        ]
    return lines
