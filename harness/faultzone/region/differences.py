"""How two things that a test compares differ, in lines: identities, instances and how they are spread, events, states
and totals of invocations."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import zip_longest
from typing import Final

from faultzone.region.commands import States, Total
from faultzone.region.events import SystemEvent
from faultzone.region.handles import Identity, Instance

#: So many targets of an invocation are shown.
_SHOWN: Final = 20


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
    if isinstance(left, Mapping) and isinstance(right, Mapping) and _are_groups(left) and _are_groups(right):
        return _groups(left, right)
    if isinstance(left, States | Mapping) and isinstance(right, States | Mapping):
        return _states(left, right) if States in (type(left), type(right)) else None
    if isinstance(left, Total) != isinstance(right, Total) and isinstance(left, str) and isinstance(right, str):
        return _total(left, right)
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


def _total(left: str, right: str) -> list[str]:
    """What the total of an invocation is made of that is not another."""
    if left == right:
        return []
    seen = left if isinstance(left, Total) else right
    made = [f"{target}: {state}" for target, state in seen.states.items()] if isinstance(seen, Total) else []
    more = [f"and {len(made) - _SHOWN} more"] if len(made) > _SHOWN else []
    return [*made[:_SHOWN], *more]


def _are_groups(spread: Mapping[object, object]) -> bool:
    """Whether a mapping says which instances are together."""
    return any(spread.values()) and all(_are(Instance, each) for each in spread.values())


def _groups(left: Mapping[object, Collection[Instance]], right: Mapping[object, Collection[Instance]]) -> list[str]:
    """How a spread is another: who is elsewhere, group by group."""
    found = []
    for name in [*left, *(each for each in right if each not in left)]:
        one, other = left.get(name, ()), right.get(name, ())
        told = _instances(one, other) if one != other else []
        found += [f"{name}: {line}" for line in told]
    return found


def _events(left: Collection[SystemEvent], right: Collection[SystemEvent]) -> list[str]:
    """Events in their order, with what both have at each place."""
    pairs = list(zip_longest(left, right))
    return [
        f"event {number}: {one or 'none'} != {other or 'none'}"
        for number, (one, other) in enumerate(pairs, 1)
        if one != other
    ]


def _instances(left: Collection[Instance], right: Collection[Instance]) -> list[str]:
    """Instances that one of the two lacks; those of a set by their ids, as a set has another order in each process."""
    lines = [
        f"only {where}: {', '.join(lacking if isinstance(one, Sequence) else sorted(lacking))}"
        for where, one, other in (("left", left, right), ("right", right, left))
        if (lacking := [each.id for each in one if each not in other])
    ]
    if not lines and isinstance(left, Sequence) and isinstance(right, Sequence):
        lines = [
            f"item {number}: {one.id if one else 'none'} != {other.id if other else 'none'}"
            for number, (one, other) in enumerate(zip_longest(left, right))
            if one != other
        ]
    return lines
