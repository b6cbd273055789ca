"""Assertions that read like the manual. A failed assertion shows the actual state."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from faultzone import editions
from faultzone.api.errors import ApiError
from faultzone.errors import UsageError
from faultzone.journal.redaction import quoted
from faultzone.model.assistant import invocation_status as status
from faultzone.region import DeploymentSet, Identity, Instance, Region
from faultzone.region.commands import Invocation
from faultzone.region.differences import changed
from faultzone.region.events import SystemEvent, brief
from faultzone.region.handles import held

T = TypeVar("T")

#: pytest shows the line of the test that asserts, and none of here.
__tracebackhide__ = True

#: At most so many items, or deviations, are shown.
_SHOWN = 10


def assert_strictly_spread(
    instances: Sequence[Instance | str], over: str = "host", *, region: Region | None = None
) -> None:
    """No two of these instances share a host (deployment-set/strict-spread); else what happened to two that do.

    Needs `see-hosts`.

    Args:
        instances: those to look at; one that is stopped without charge shares nothing.
        over: what they must not share: "host", "rack" or "switch".
        region: where they are; only IDs need it.

    Raises:
        UsageError: `over` is something else, or an ID has no region.
    """
    handles = [held(Instance, each, "instances", region) for each in instances]
    shared = [(place, found) for place, found in _placed(handles, over) if len(found) > 1]
    if shared:
        raise AssertionError(_not_spread("not strictly spread", shared))


def assert_spread(deployment_set: DeploymentSet | str, *, region: Region | None = None) -> None:
    """The members are as the strategy of their deployment set demands; else what happened to two that are not.

    - Availability: no more than its Affinity share a host, rack or switch, as its Type says.
    - AvailabilityGroup: no host has members of two groups.
    - LowLatency: all are in one zone.

    Needs `see-hosts`.

    Args:
        deployment_set: it, or its ID.
        region: where it is; only an ID needs it.

    Raises:
        UsageError: an ID has no region.
    """
    deployment_set = held(DeploymentSet, deployment_set, "deployment_set", region)
    shown, members = deployment_set.describe(), deployment_set.members
    strategy, over = shown.get("Strategy") or shown["DeploymentStrategy"], shown.get("Type", "host")
    if strategy == "LowLatency":
        zones = sorted({each.zone for each in members})
        if len(zones) > 1:
            raise AssertionError(f"not in one zone: {deployment_set.id} has members in {' and '.join(zones)}")
        return
    over = "switch" if over == "sw" else over
    most = int(shown.get("Affinity", 1))
    if strategy == "AvailabilityGroup":
        group_of = {each.id: number for number, found in deployment_set.groups.items() for each in found}
        shared = [
            (host, found) for host, found in _placed(members, "host") if len({group_of[each.id] for each in found}) > 1
        ]
    else:
        shared = [(place, found) for place, found in _placed(members, over) if len(found) > most]
    if shared:
        raise AssertionError(_not_spread(f"{deployment_set.id} is not spread ({strategy}, {over}, {most})", shared))


def _placed(instances: Iterable[Instance], over: str) -> list[tuple[str, list[Instance]]]:
    """The hosts, racks or switches that these instances are on, each with those on it."""
    if over not in ("host", "rack", "switch"):
        raise UsageError.expected_one_of("over", over, ("host", "rack", "switch"))
    found: defaultdict[str, list[Instance]] = defaultdict(list)
    for instance in instances:
        place = getattr(instance, over)
        if place is not None:
            found[place].append(instance)
    return sorted(found.items(), key=lambda each: each[0])


def _not_spread(what: str, shared: Sequence[tuple[str, Sequence[Instance]]]) -> str:
    """What the members that share something are, and what happened to two of them."""
    said = "; ".join(f"{place} has {', '.join(each.id for each in found)}" for place, found in shared)
    return "\n".join([f"{what}: {said}", *map(brief, shared[0][1][:2])])


def assert_refused(code: str | Sequence[str], call: Callable[[], object]) -> ApiError:
    """`call` is refused with this code, or one of these, and returns the refusal.

    Raises:
        UsageError: `call` cannot be called.
    """
    codes = (code,) if isinstance(code, str) else tuple(code)
    if not callable(call):
        raise UsageError.expected("call", call, "a function: write lambda: before the call")
    try:
        answer = call()
    except ApiError as error:
        refusal = error
    else:
        raise AssertionError(f"not refused with {' or '.join(codes)}; answered {answer!r}")
    if refusal.code not in codes:
        raise AssertionError(
            f"refused with {refusal.code} ({refusal.status}), not {' or '.join(codes)}: {refusal.message}"
        )
    return refusal


def one(listing: Iterable[T]) -> T:
    """Return the only item of a listing.

    Raises:
        AssertionError: the listing has no item, or several. The text counts and shows them.
        UsageError: `listing` is a text or a mapping. It has characters or keys, not items.
    """
    if isinstance(listing, str | bytes | Mapping) or not isinstance(listing, Iterable):
        raise UsageError.expected("listing", listing, "a list, such as the one inside the answer")
    items = list(listing)
    if len(items) == 1:
        return items[0]
    shown = [quoted(each, 200) for each in items[:_SHOWN]] + ["..."] * (len(items) > _SHOWN)
    raise AssertionError("\n  ".join([f"expected one item, got {len(items) or 'none'}{':' * bool(items)}", *shown]))


def assert_unchanged(before: T, after: T, what: str) -> None:
    """Two observations are equal; else the fields that differ are named."""
    if before != after:
        if found := changed(before, after):
            told = sorted(f"{name}: {was!r} became {now!r}" for name, was, now in found)
            raise AssertionError(f"{what} changed: {'; '.join(told)}")
        raise AssertionError(f"{what} changed: {before!r} became {after!r}")


def assert_nothing_made(region: Region, call: Callable[[], object], code: str | Sequence[str]) -> ApiError:
    """`call` is refused and leaves no instance behind, not even half made."""
    before = {each.id for each in region.instances}
    refusal = assert_refused(code, call)
    left = {each.id for each in region.instances} - before
    if left:
        raise AssertionError(f"refused with {refusal.code}, yet {', '.join(sorted(left))} were made")
    return refusal


def assert_avoided(
    instance: Instance | str, type: str = "SystemMaintenance.Reboot", *, region: Region | None = None
) -> SystemEvent:
    """The latest event of this type on an instance is Avoided (event/avoid-by-reboot); else what befell it last.

    Args:
        instance: it, or its ID.
        type: the type of the event.
        region: where it is; only an ID needs it.

    Raises:
        UsageError: an ID has no region.
    """
    instance = held(Instance, instance, "instance", region)
    found = instance.region.events.of(instance, type)
    if not found or found[-1].state != "Avoided":
        seen = f"the latest is {found[-1].state}" if found else "there is none"
        raise AssertionError(f"no {type} of {instance.id} is Avoided: {seen}\n{brief(instance)}")
    return found[-1]


def assert_recovered(
    instance: Instance | str,
    before: Identity,
    *,
    type: str = "SystemFailure.Reboot",
    region: Region | None = None,
) -> SystemEvent:
    """Assert that an instance recovered from a failure of its host; otherwise show its last entries.

    It is Running, healthy and unchanged (recovery/metadata-unchanged), and its latest event of this type is Executed.

    Args:
        instance: it, or its ID.
        before: its identity before the failure.
        type: the type of the event.
        region: where it is; only an ID needs it.

    Raises:
        ApiError: `InvalidInstanceId.NotFound`.
        UsageError: an ID has no region.
    """
    instance = held(Instance, instance, "instance", region)
    wrong = []
    full = instance.region.events.full_status(instance)
    status, health = full["Status"]["Name"], full["HealthStatus"]["Name"]
    if (status, health) != ("Running", "Ok"):
        wrong.append(f"it is {status}, its health {health}")
    found = instance.region.events.of(instance, type)
    if not found or found[-1].state != "Executed":
        wrong.append(f"its latest {type} is {found[-1].state}" if found else f"it has no {type}")
    wrong += [f"{name} was {was!r} and is {now!r}" for name, was, now in changed(before, instance.identity)]
    if wrong:
        raise AssertionError(f"{instance.id} has not recovered: {'; '.join(wrong)}\n{brief(instance)}")
    return found[-1]


def assert_released(instance: Instance | str, *, region: Region | None = None) -> None:
    """Assert that the instance was released (billing/release-after-15-days); otherwise show its state and journal.

    An instance that never was fails, too, where the journal has every instance: in a simulated region in process.

    Args:
        instance: it, or its ID.
        region: where it is; only an ID needs it.

    Raises:
        UsageError: an ID has no region.
    """
    instance = held(Instance, instance, "instance", region)
    if instance.exists:
        shown = instance.describe()
        locks = ", ".join(each["LockReason"] for each in shown["OperationLocks"]["LockReason"]) or "nothing"
        raise AssertionError(
            f"{instance.id} has not been released: it is {shown['Status']}, locked for {locks}, "
            f"until {shown['ExpiredTime']}\n{brief(instance)}"
        )
    if _never_was(instance):
        raise AssertionError(f"{instance.id} has not been released: there never was an instance of this ID")


def _never_was(instance: Instance) -> bool:
    """Whether the journal has every instance, and not this one."""
    entries = instance.region.journal.entries
    if not entries or entries[0][2] != "region":  # Only a simulated region writes down its own beginning.
        return False
    return not any(kind == "transition" and data.get("instance") == instance.id for _, _, kind, data in entries)


def assert_documented(region: Region, action: str, **parameters: object) -> dict[str, Any]:
    """An action answers what the edition of the region documents: every field, in its kind, and no other.

    Else what is missing, of another kind or not documented, with the way to it, such as `Instances.Instance[0].Cpu`.

    Returns:
        The answer.

    Raises:
        ApiError: refused.
        HarnessError: nothing is known of the action.
    """
    from faultzone.backends.answers import deviations

    answer = region.call(action, **parameters)
    found = deviations(action, answer, region.edition.date)
    if found:
        more = [f"and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
        lines = "\n  ".join([*found[:_SHOWN], *more])
        raise AssertionError(f"{action} answers otherwise than edition {region.edition.name} documents:\n  {lines}")
    return answer


def assert_invocation(
    invocation: Invocation | str, total: str, edition: str | None = None, *, region: Region | None = None
) -> None:
    """The total of an invocation is this (invocation-status/one-time, invocation-status/timed-total).

    Else its instances with their states, and the row that decides, of the table of this edition: of the region's own,
    if none is named.

    Args:
        invocation: it, or its ID.
        total: such as `PartialFailed`.
        edition: the edition whose table is meant.
        region: where it is; only an ID needs it.

    Raises:
        NotListed: there is no such invocation.
        UsageError: an ID has no region.
    """
    invocation = held(Invocation, invocation, "invocation", region)
    shown = invocation.describe()
    seen = shown["InvokeStatus"]
    if seen == total:
        return
    items = {each["InstanceId"]: each["InstanceInvokeStatus"] for each in shown["InvokeInstances"]["InvokeInstance"]}
    lines = [f"{invocation.id} is {seen}, not {total}", *(f"  {each}: {state}" for each, state in items.items())]
    followed = invocation.region.edition if edition is None else editions.load(edition)
    table = followed.assistant.totals
    try:
        decision = status.total(items.values(), status.TIMED if shown["Timed"] else status.ONE_TIME[table])
    except ValueError as wrong:
        lines.append(f"these states have no total in edition {followed.name}: {wrong}")
    else:
        lines.append(f"edition {followed.name}: {decision.row.name} -> {decision.state} ({decision.row.clause})")
    raise AssertionError("\n".join(lines))


__all__ = [
    "assert_avoided",
    "assert_documented",
    "assert_invocation",
    "assert_nothing_made",
    "assert_recovered",
    "assert_refused",
    "assert_released",
    "assert_spread",
    "assert_strictly_spread",
    "assert_unchanged",
    "one",
]
