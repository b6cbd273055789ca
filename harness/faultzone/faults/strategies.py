"""Faults drawn by Hypothesis. Nothing else of the harness imports this module, so nothing else needs Hypothesis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from hypothesis import strategies as st

from faultzone.faults import CATALOGUE, Fault
from faultzone.faults.fault import drawn, parameters


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


def faults(region: Breakable, *, irreversible: bool = True) -> st.SearchStrategy[Fault]:
    """Faults of what is in a region at this moment, as far as its backend can bring them about.

    A drawn fault may be refused with `UsageError` by the time it is injected: its target may be gone or broken already.
    While an `ApiFailure` is in force, calls of its action are refused to the test, too.

    Args:
        irreversible: whether a host may crash for good.
    """
    instances = region.instances
    targets = {
        "hosts": [str(each["host"]) for each in region.hosts],
        "zones": region.zones,
        "instances": [each.id for each in instances],
        "subscriptions": [each.id for each in instances if each.describe().get("InstanceChargeType") == "PrePaid"],
    }
    # What Hypothesis finds is shortest where it is of the first.
    kinds = sorted(filter(lambda each: region.supports(each.capability), CATALOGUE), key=lambda each: each.in_the_way)
    every = [_of(kind, targets, region.id, irreversible=irreversible) for kind in kinds]
    return st.one_of([each for each in every if each is not None])


def _of(
    kind: type[Fault], targets: Mapping[str, Sequence[str]], region: str, *, irreversible: bool
) -> st.SearchStrategy[Fault] | None:
    """Faults of one kind; None where the region has nothing that they could hit."""
    given: dict[str, st.SearchStrategy[Any]] = {}
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
        pairs = st.permutations(targets["hosts"])
        rest = {name: each for name, each in given.items() if name not in ("host", "peer")}
        return st.builds(lambda pair, **more: kind(host=pair[0], peer=pair[1], **more), pairs, **rest)  # type: ignore[call-arg]
    return st.builds(kind, **given)
