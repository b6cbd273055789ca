"""Which faults cannot come while another is in force: a host without power, say, cannot be found at risk.

What excludes what is said by the classes of faults, as `alone` and `excluded_by`. Where a fault is, is known in part
from IDs, and in full to a region.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from math import inf
from typing import Final, NamedTuple

from faultzone.clock import in_words, milliseconds
from faultzone.errors import UsageError
from faultzone.faults.fault import Fault
from faultzone.faults.hosts import CUT, POWERLESS
from faultzone.faults.targets import FIELDS, STEPS, described, is_described, zone_of_host

#: The kinds of fault by which instances get to another host.
_MOVING: Final = (*POWERLESS, *CUT, "HostKilled", "HostAtRisk", "Maintenance")
#: The fields by which hosts are named together.
_WIDE: Final = ("zone", "rack", "switch")


class Planned(NamedTuple):
    """A fault that is to come, or is in force.

    Attributes:
        fault: it.
        begins: when it comes, in milliseconds from any moment.
        lasts: for how many milliseconds; None for one that does not end by itself.
    """

    fault: Fault
    begins: int
    lasts: int | None = None

    @property
    def ends(self) -> float:
        """When it excludes others no longer."""
        if self.fault.never_ends is not None:
            return self.begins + milliseconds(self.fault.alone_for)
        return inf if self.lasts is None else self.begins + self.lasts


class Places:
    """What is known of places and lengths of time from IDs alone; a region knows more.

    Attributes:
        missed: milliseconds until a host that is cut off has lost its power; None where that is not known.
        back: until a host is up again after the end of what took its power.
        boot: until a guest is up again after its crash.
        restart: for how long, at the least, an instance is down whose host is lost and may come back.
        moved: the same, where its host cannot come back.
    """

    missed: int | None = None
    back: int = 0
    boot: int = 1
    restart: int = 180_000
    moved: int = 1

    def moment(self, ms: int) -> str:
        """A moment of the plan, for a reader."""
        return in_words(ms)

    def around(self, host: str) -> Iterable[str]:
        """The zone of a host, and its rack and its switch where they are known."""
        return (f"zone {zone_of_host(host)}",)

    def host_of(self, instance: str) -> str | None:
        """The host that an instance is on now, where that is known."""
        return None


def see_exclusions(new: Iterable[Planned], places: Places | None = None, old: Iterable[Planned] = ()) -> None:
    """See that no fault comes while another one excludes it.

    A fault whose target is known only when it is due is left out.

    Args:
        new: the faults to see to; of the same instant, the first comes first.
        places: where they are.
        old: those that were planned before, and those in force.

    Raises:
        UsageError: one does; the text names both, and says when.
    """
    seen = [*((each, False) for each in old), *((each, True) for each in new)]
    every = sorted(seen, key=lambda each: each[0].begins)
    known = places or Places()
    for number, (later, is_new) in enumerate(every):
        if not (later.fault.alone or later.fault.excluded_by):
            continue
        before = [each for each, _ in every[:number]]
        for earlier, was_new in every[:number]:
            if is_new or was_new:
                _see_pair(earlier, later, known, before)


def _see_pair(earlier: Planned, later: Planned, places: Places, before: Sequence[Planned]) -> None:
    name, fault = type(earlier.fault).__name__, later.fault
    if fault.alone and name == type(fault).__name__ and _own(fault) & _own(earlier.fault):
        ends = earlier.ends
        if getattr(fault, "instance", None) is not None and fault.never_ends is not None:
            ends = max(ends, earlier.begins + places.boot)
        if later.begins < ends:
            raise UsageError(
                f"{earlier.fault!r} excludes a second one on its target, which is planned from "
                f"{places.moment(later.begins)} on: expected an end of the first before that"
            )
    window = _window(earlier, later, places, before)
    if window is not None and window[0] <= later.begins < window[1]:
        raise UsageError(
            f"{fault!r} cannot come at {places.moment(later.begins)}: {earlier.fault!r} excludes it on its host from "
            f"{places.moment(window[0])} on: expected an end of that before"
        )


def _window(earlier: Planned, later: Planned, places: Places, before: Sequence[Planned]) -> tuple[int, float] | None:
    """From when on until when a fault excludes another one; None where it does not."""
    name = type(earlier.fault).__name__
    begins = earlier.begins
    if name in later.fault.excluded_once_missed:
        if places.missed is None:
            return None
        begins += places.missed
    elif name not in later.fault.excluded_by:
        return None
    hit, own = _hit(earlier.fault, places), _own(later.fault)
    ends = earlier.ends + (places.back if earlier.lasts is not None and later.fault.excluded_once_missed else 0)
    named = {each for host in _hosts(later.fault) for each in (host, *places.around(host))}
    if hit & named:
        return begins, ends
    down = _down(earlier, places)
    if hit & own:
        return begins, min(ends, down)
    # An instance, or what is found by one, is where it is now, unless something moves it before.
    shared = _hit(earlier.fault, places, now=True) & (named | _now(own, places))
    if not shared or any(_moves(each.fault, shared | own, places) for each in before if each.begins < earlier.begins):
        return None
    return begins, ends if hit.isdisjoint(shared) and named & shared else min(ends, down)


def _down(loss: Planned, places: Places) -> float:
    """Until when an instance is down at the least: until it is up elsewhere, or, with its zone, until that is back."""
    if hasattr(loss.fault, "zone"):
        return inf
    return loss.begins + (places.restart if getattr(loss.fault, "reversible", True) else places.moved)


def _now(instances: Collection[str], places: Places) -> set[str]:
    """The hosts of some instances, and what is around these."""
    hosts = [host for each in instances if (host := places.host_of(each)) is not None]
    return {each for host in hosts for each in (host, *places.around(host))}


def _moves(fault: Fault, what: Collection[str], places: Places) -> bool:
    """Whether a fault may move an instance: it is one that does, of the same instance or host."""
    return type(fault).__name__ in _MOVING and not (_hit(fault, places) | _own(fault)).isdisjoint(what)


def _own(fault: Fault) -> set[str]:
    """What a fault names as its target: a host, or the instance that it is found by."""
    found = set()
    for field in ("host", "instance"):
        value = getattr(fault, field, None)
        if isinstance(value, str) and (target := _begin(value)) is not None:
            found.add(target)
    return found


def _begin(target: str) -> str | None:
    """An ID, or the ID that a description begins with; None where what is meant is known only when it is due."""
    if not is_described(target):
        return target
    what = described(target)
    while what.how in STEPS and not isinstance(what.of, str):
        what = what.of
    return str(what.of) if what.how in STEPS else None


def _hosts(fault: Fault) -> Collection[str]:
    """The hosts that a fault names."""
    named = (getattr(fault, field, None) for field in FIELDS if FIELDS[field] == "host")
    return [each for each in named if isinstance(each, str) and not is_described(each)]


def _hit(fault: Fault, places: Places, *, now: bool = False) -> set[str]:
    """What a fault of hosts breaks: hosts, zones, racks and switches; and the instances by which these are found.

    Args:
        now: whether an instance is taken to be where it is now, too.
    """
    found = set()
    for field in ("host", "peer", *_WIDE):
        value = getattr(fault, field, None)
        begin = _begin(value) if isinstance(value, str) else None
        if begin is None:
            continue
        if begin == value:
            found.add(value if FIELDS[field] == "host" else f"{field} {value}")
        elif zone_of_host(begin):
            found |= _led(begin, field, places)
        else:
            found.add(begin)
            host = places.host_of(begin) if now else None
            found |= _led(host, field, places) if host is not None else set()
    return found


def _led(host: str, field: str, places: Places) -> set[str]:
    """What a description leads to from a host: the host itself where no more is known."""
    led = {each for each in places.around(host) if each.startswith(f"{field} ")}
    return led or {host}
