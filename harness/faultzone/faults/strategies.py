"""Faults drawn by Hypothesis. Nothing else of the harness imports this module, so nothing else needs Hypothesis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, Protocol

from hypothesis import strategies as st

from faultzone.errors import UsageError
from faultzone.faults import CATALOGUE, ApiFailure, Fault
from faultzone.faults.calls import Call, OfCalls
from faultzone.faults.exclusions import Places, see_exclusions
from faultzone.faults.fault import drawn, parameters
from faultzone.faults.hosts import HostCrash, HostHang, NetworkCut
from faultzone.faults.patterns import flapping, swizzle
from faultzone.faults.schedule import At, On, Schedule, see_followers
from faultzone.faults.targets import all, host_of, is_described, newest, oldest, rack_of, rank, switch_of, zone_of
from faultzone.journal.awaited import Entry
from faultzone.model.core.shape import Shape

#: Descriptions that are drawn beside what is there, where there are instances.
_NEWEST: Final = newest("instance")
_DESCRIBED: Final[Mapping[str, Sequence[str]]] = {
    "hosts": (host_of(_NEWEST), host_of(oldest("instance")), rank(2, "host")),
    "racks": (rack_of(_NEWEST), rank(1, "rack")),
    "switches": (switch_of(_NEWEST), rank(1, "switch")),
    "zones": (zone_of(_NEWEST), newest("zone")),
    "instances": (_NEWEST, rank(1), all("agent")),
    "subscriptions": (newest("subscription"), all("subscription")),
}
#: What calls are aimed at, beside the first of a client.
_AIMS: Final = {"nth": (2, 3), "times": (1, 2), "share": (0.25, 0.5)}
#: What an instance shows that has no tags.
_NO_TAGS: Final[Mapping[str, Any]] = {"Tag": ()}
#: What ends a drawn schedule: what happens often in a region, and what seldom does.
_STOPS: Final = (
    "refusal",
    "refusal 3 times within 10m",
    "event SystemFailure.Reboot Executing",
    "transition to=Stopped",
    "fault HostCrash not followed by event Executed within 30s",
    "refusal not during fault",
    "stale",
)


class Named(Protocol):
    """Something with an id."""

    id: str

    def describe(self) -> dict[str, Any]:
        """What the API shows of it."""


class Breakable(Protocol):
    """What is to be known of a region to break it; a `Region` is one."""

    id: str

    @property
    def zones(self) -> list[str]:
        """The ids of its zones."""
        ...

    @property
    def hosts(self) -> list[dict[str, Any]]:
        """Its hosts."""
        ...

    @property
    def instances(self) -> Sequence[Named]:
        """Its instances."""
        ...

    def supports(self, capability: str) -> bool:
        """Whether its backend has a capability."""


def faults(
    region: Breakable, *, irreversible: bool = True, kinds: Sequence[type[Fault]] = ()
) -> st.SearchStrategy[Fault]:
    """Faults of what is in a region at this moment or is described, as far as its backend can bring them about.

    Their texts are those of the region: targets are also described by the names and the tags of its instances, and the
    messages of refusals are their descriptions. Those of a region that `faultzone.region.drawn` draws are from Faker.

    A drawn fault may be refused with `UsageError` by the time it is injected: its target may be gone or broken already.

    Args:
        irreversible: whether a host may crash for good.
        kinds: the kinds that are drawn; all of the catalogue when left out.

    Raises:
        UsageError: the backend cannot bring any of these kinds about, or the region has nothing that they could hit.
    """
    instances, hosts = region.instances, [str(each["host"]) for each in region.hosts]
    shown = {each.id: each.describe() for each in instances}
    there: dict[str, Sequence[str]] = {
        "hosts": hosts,
        "racks": [*dict.fromkeys(str(each["rack"]) for each in region.hosts)],
        "switches": [*dict.fromkeys(str(each["switch"]) for each in region.hosts)],
        "zones": region.zones,
        "instances": [*shown],
        "subscriptions": [id for id, each in shown.items() if each.get("InstanceChargeType") == "PrePaid"],
        "spots": [id for id, each in shown.items() if each.get("SpotStrategy", "NoSpot") != "NoSpot"],
    }
    targets = {
        kind: [*found, *(_DESCRIBED.get(kind, ()) if found and instances else ())] for kind, found in there.items()
    }
    targets["instances"] += _called([*shown.values()])
    targets["texts"] = [*dict.fromkeys(text for each in shown.values() if (text := str(each.get("Description", ""))))]
    able = [each for each in kinds or CATALOGUE if region.supports(each.capability)]
    every = [_of(kind, targets, region.id, irreversible=irreversible) for kind in able]
    found = [each for each in every if each is not None]
    if not found:
        names = ", ".join(each.__name__ for each in kinds or CATALOGUE)
        raise UsageError(f"faults: {region.id} has nothing that {names} could hit, or its backend cannot do it")
    return st.one_of(found)


def _called(shown: Sequence[Mapping[str, Any]]) -> list[str]:
    """Descriptions of instances by their names and tags, as far as they were given any."""
    names = [str(each["InstanceName"]) for each in shown if each["InstanceName"] != each["InstanceId"]]
    tags = [(str(tag["TagKey"]), str(tag["TagValue"])) for each in shown for tag in each.get("Tags", _NO_TAGS)["Tag"]]
    of_tags = [all("agent", tag=text) for key, value in tags for text in (key, f"{key}={value}") if "=" not in key]
    return [*dict.fromkeys([*(all("instance", name=each) for each in names), *of_tags])]


def schedules(region: Breakable, *, within: int = 3600, most: int = 5) -> st.SearchStrategy[Schedule]:
    """Schedules of faults of what is in a region at this moment, and of what is described.

    Args:
        within: the seconds in which they begin and end.
        most: how many faults they have at the most.
    """
    ends = st.none() | st.integers(1, within)
    moments = st.tuples(st.integers(0, within), faults(region), ends).map(_at)
    there = [each.id for each in region.instances]
    about = st.none() | st.sampled_from(there) if there else st.none()
    actions = st.sampled_from(("RunInstances", "Describe*", "StopInstance", "*"))
    calls = st.builds(Call, actions, st.integers(1, 3), st.none() | st.just("everyone"), about)
    entries = st.sampled_from((Entry("transition", to="Running"), Entry("event"), Entry("call", nth=2), Entry("fault")))
    happens = st.tuples(calls | entries, faults(region), st.integers(0, 60), ends).map(_on)
    stops = st.lists(st.sampled_from(_STOPS), max_size=2, unique=True)
    places = _Places(region.hosts)
    steps = st.lists(moments | happens, max_size=most).map(lambda drawn: _without_exclusions(drawn, places))
    return st.builds(Schedule, steps, stops)


def patterns(region: Breakable) -> st.SearchStrategy[Schedule]:
    """Schedules of hosts that stop in one order and start in another, and of one that flaps."""
    hosts = [str(each["host"]) for each in region.hosts]
    lengths = st.sampled_from(("1s", "10s", "5m"))
    kinds = st.sampled_from((HostCrash, HostHang, NetworkCut))
    one = st.builds(lambda kind, host: kind(host, region=region.id), kinds, st.sampled_from(hosts))
    many = st.lists(one, min_size=1, unique_by=lambda fault: fault.host)
    swizzles = st.builds(swizzle, many, every=lengths, after=lengths, seed=st.integers(0, 99))
    return swizzles | st.builds(flapping, one, down=lengths, up=lengths, times=st.integers(1, 5), after=lengths)


def shapes(*, zones: int = 3, hosts_per_zone: int = 8) -> st.SearchStrategy[Shape]:
    """Shapes of small regions, for `make_region(shape=...)`.

    Args:
        zones: how many there are at the most.
        hosts_per_zone: how many hosts a zone has at the most.
    """
    given: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
        {
            "zones": st.integers(1, zones),
            "hosts_per_zone": st.integers(1, hosts_per_zone),
            "hosts_per_rack": st.integers(1, hosts_per_zone),
            "racks_per_switch": st.integers(1, 3),
        },
        optional={
            "recovery": st.sampled_from(("planned", "immediate")),
            "provision": st.sampled_from((0, 1.0, 90)),
            "default_network": st.booleans(),
            "supply": st.dictionaries(st.sampled_from(("*/ecs.g5", "*/*")), st.integers(0, 20), max_size=1),
        },
    )
    return given.map(lambda drawn: Shape(**drawn))


def _at(drawn: tuple[int, Fault, int | None]) -> At:
    after, fault, lasts = drawn
    return At(after, fault, None if lasts is None or fault.why_no_undo is not None else after + lasts)


def _on(drawn: tuple[Call | Entry, Fault, int, int | None]) -> On:
    what, fault, after, lasts = drawn
    return On(what, fault, after, lasts if fault.why_no_undo is None else None)


class _Places(Places):
    """What is known of places from the hosts of a region; how long anything takes is taken to be long."""

    missed, back, boot, restart, moved = 0, 300_000, 300_000, 3_600_000, 3_600_000

    def __init__(self, hosts: Sequence[Mapping[str, Any]]) -> None:
        self._hosts = {str(each["host"]): each for each in hosts}
        self._of = {str(instance): host for host, each in self._hosts.items() for instance in each["instances"]}

    def around(self, host: str) -> list[str]:
        row = self._hosts.get(host, {})
        return [f"{what} {row[what]}" for what in ("zone", "rack", "switch") if what in row]

    def host_of(self, instance: str) -> str | None:
        return self._of.get(instance)


def _without_exclusions(steps: list[At | On], places: Places) -> list[At | On]:
    """These steps, without a fault that excludes one before it."""
    kept: list[At | On] = []
    for each in steps:
        with suppress(UsageError):
            see_exclusions((step.planned for step in (*kept, each) if isinstance(step, At)), places)
            see_followers((*kept, each), places)
            kept.append(each)
    return kept


def _of(
    kind: type[Fault], targets: Mapping[str, Sequence[str]], region: str, *, irreversible: bool
) -> st.SearchStrategy[Fault] | None:
    """Faults of one kind; None where the region has nothing that they could hit."""
    given: dict[str, st.SearchStrategy[Any]] = {}
    if issubclass(kind, OfCalls):
        given = {name: st.none() | st.sampled_from(values) for name, values in _AIMS.items()}
        if there := targets["instances"]:
            named = st.none() | st.sampled_from([each for each in there if not is_described(each)])
            given |= {name: named for name in ("about", "item") if name in parameters(kind)}
        if "message" in parameters(kind):
            given["message"] = st.none() | st.sampled_from(targets["texts"]) if targets["texts"] else st.none()
    for name, values in drawn(kind).items():
        chosen = targets[values] if isinstance(values, str) else values
        if not chosen:
            return None
        given[name] = st.sampled_from(chosen)
    if "reversible" in given and not irreversible:
        given["reversible"] = st.just(True)
    if "region" in parameters(kind):
        given["region"] = st.just(region)
    if "peer" in given:
        if len(targets["hosts"]) < 2:
            return None
        pairs = st.permutations([each for each in targets["hosts"] if not is_described(each)])
        rest = {name: each for name, each in given.items() if name not in ("host", "peer")}
        return st.builds(lambda pair, **more: kind(host=pair[0], peer=pair[1], **more), pairs, **rest)  # type: ignore[call-arg]
    if kind is ApiFailure:
        return st.fixed_dictionaries(given).map(_api_failure)
    return st.builds(kind, **given)


def _api_failure(drawn: Mapping[str, Any]) -> Fault:
    """The failure with these fields, without those that change nothing with its kind."""
    acts, kind = ApiFailure.acts_with, drawn["kind"]
    return ApiFailure(**{name: value for name, value in drawn.items() if kind in acts.get(name, (kind,))})
