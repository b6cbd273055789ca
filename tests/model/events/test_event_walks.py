"""Random walks over what happens to instances: what holds of their events whatever the order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultzone import Instance, Region, editions, make_region
from faultzone.api.errors import ApiError
from faultzone.errors import UsageError

#: Families whose instances are moved, are bound to their host, and have no events.
_TYPES: Final = ("ecs.g5.large", "ecs.d1ne.2xlarge", "ecs.t1.small")


def _event(region: Region, number: int, *states: str) -> str:
    """The id of one of the events in these states; of none where there is none."""
    found = [event.id for event in region.events.of() if event.state in states]
    return found[number % len(found)] if found else "e-none"


def _run(region: Region, instance: Instance, number: int) -> None:
    charged = "PrePaid" if number % 2 else "PostPaid"
    asked: dict[str, Any] = {"instance_type": _TYPES[number % 3], "InstanceChargeType": charged}
    if number % 2:
        asked["Period"] = 1
    region.run_instances(1, wait=False, **asked)


def _simulate(region: Region, instance: Instance, number: int) -> None:
    types = region.edition.event.simulated_types
    asked: dict[str, Any] = {"EventType": types[number % len(types)], "NotBefore": "2019-06-01T00:00:00Z"}
    region.call("CreateSimulatedSystemEvents", InstanceId=[instance.id], **asked)


def _maintain(region: Region, instance: Instance, number: int) -> None:
    outcomes = ["executes", "fails", *(["inquires"] if "Inquiring" in region.edition.event.states else [])]
    region.control("schedule-maintenance", instance=instance.id, outcome=outcomes[number % len(outcomes)])


def _crash(region: Region, instance: Instance, number: int) -> None:
    if instance.host is not None:
        region.chaos.crash(str(instance.host), reversible=bool(number % 2))


def _recover(region: Region, instance: Instance, number: int) -> None:
    hosts = region.control("hosts")["hosts"]
    region.control("replace-host", host=hosts[number % len(hosts)]["host"])


def _call(action: str, **given: object) -> Callable[[Region, Instance, int], object]:
    return lambda region, instance, number: region.call(action, InstanceId=instance.id, **given)


#: What may happen, each to one instance.
ACTS: Final[Mapping[str, Callable[[Region, Instance, int], object]]] = {
    "run": _run,
    "start": _call("StartInstance"),
    "stop": _call("StopInstance"),
    "stop-without-charge": _call("StopInstance", StoppedMode="StopCharging"),
    "reboot": _call("RebootInstance"),
    "delete": _call("DeleteInstance", Force=True),
    "delete-subscription": _call("DeleteInstance", Force=True, TerminateSubscription=True),
    "renew": _call("RenewInstance", Period=1, PeriodUnit="Week"),
    "reactivate": _call("ReActivateInstances"),
    "redeploy": _call("RedeployInstance"),
    "simulate": _simulate,
    "cancel-simulated": lambda region, _, number: region.call(
        "CancelSimulatedSystemEvents", EventId=[_event(region, number, "Scheduled", "Executing")]
    ),
    "maintain": _maintain,
    "withdraw": lambda region, _, number: region.control(
        "cancel-maintenance", event=_event(region, number, "Scheduled", "Inquiring")
    ),
    "accept": lambda region, _, number: region.call(
        "AcceptInquiredSystemEvent", EventId=_event(region, number, "Inquiring")
    ),
    "crash": _crash,
    "recover": _recover,
    "guest-crash": lambda region, instance, _: region.chaos.guest_crash(instance.id),
    "shortage": lambda region, _, number: region.chaos.shortage(limit=number),
    "arrears": lambda region, *_: region.chaos.arrears(debt="10"),
    "pay": lambda region, *_: region.top_up(1000),
    "expire": lambda region, instance, number: region.control(
        "expire", instance=instance.id, within=number * 3_600_000
    ),
    "lock": lambda region, instance, number: region.control(
        "lock", instance=instance.id, reason="security", locked=bool(number % 2)
    ),
    "wait": lambda region, _, number: region.clock.advance(number * 17),
    "wait-for-hours": lambda region, _, number: region.clock.advance(number * 7000),
    "wait-for-days": lambda region, _, number: region.clock.advance(number * 86_400),
}


def walk(region: Region, steps: list[tuple[str, int]]) -> None:
    """Do these acts; one that is refused changes nothing."""
    region.run_instances(2)
    for act, number in steps:
        with suppress(ApiError, UsageError):
            instances = region.instances or region.run_instances(1, wait=False)
            ACTS[act](region, instances[number % len(instances)], number)


STEPS: Final = st.lists(st.tuples(st.sampled_from(sorted(ACTS)), st.integers(0, 20)), max_size=25)


@pytest.mark.slow
@pytest.mark.parametrize("edition", editions.names())
@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(steps=STEPS)
def test_every_transition_of_every_event_is_published(edition: str, steps: list[tuple[str, int]]) -> None:
    with make_region(zones=1, hosts_per_zone=3, edition=edition) as region:
        notices: list[tuple[str, str]] = []

        def read(notification: dict[str, Any]) -> None:
            content = notification["content"]
            if "eventId" in content:
                notices.append((content["eventId"], content["eventStatus"]))

        region.subscribe(read)
        walk(region, steps)
        region.clock.advance("100d")
        assert notices == [(entry.data["event"], entry.data["to"]) for entry in region.journal.of("event")]
        assert {event.id for event in region.events.of()} <= {event for event, _ in notices}
