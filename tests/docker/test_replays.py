"""A fault of each kind that only real machines know: planned, drawn, printed, read back and replayed."""

from __future__ import annotations

import json
import warnings
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, find, settings

from faultzone import Instance, Region, UnmetFault
from faultzone.faults import CATALOGUE, Fault
from faultzone.faults.schedule import At, Schedule
from faultzone.faults.strategies import faults
from tests.docker.conftest import MakeRegion
from tests.docker.test_instances import lose, soon
from tests.support.faults import IN_MEMORY, name_of

pytestmark = [pytest.mark.docker, pytest.mark.slow]

REAL: Final = [each for each in CATALOGUE if each not in IN_MEMORY]

#: What tells of a fault and of what came of it. Left out are the calls and reads of whoever waits, and the reports,
#: effects and debts of hosts: how many there are depends on how fast the machine is.
TOLD: Final = ("fault", "undo", "notice", "event", "transition", "refusal")
#: The fields of such entries that say when something was, or will be: hosts take real time.
WHEN: Final = frozenset({"not_before", "started", "finished", "published", "due"})
#: What a schedule is made of, for whoever reads its text.
NAMES: Final = {each.__name__: each for each in (At, Schedule, *CATALOGUE)}
#: Kinds that take the host from the region, which notices that after a second without a sign of life.
LOST: Final = ("HostKilled", "HostPaused")


def story(region: Region) -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """What the journal tells of each subject, in order and without instants: of an instance, or of the region."""
    told: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for entry in region.journal.of(*TOLD):
        data = {name: value for name, value in entry.data.items() if name not in WHEN}
        told.setdefault(str(data.get("instance", "region")), []).append((entry.kind, data))
    return told


def begun(make: MakeRegion) -> tuple[Region, list[Instance]]:
    region = make(zones=1, hosts_per_zone=3, seed=7)
    return region, region.run_instances(2, deployment_set=region.create_deployment_set())


def played(make: MakeRegion, schedule: Schedule) -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """What comes of a schedule in a fresh region, until all is as it was."""
    region, web = begun(make)
    (fault,) = region.chaos.play(schedule)
    region.clock.advance("11s")
    assert fault.state == "active"
    host = getattr(fault.fault, "host", None)
    for each in web:
        if type(fault.fault).__name__ in LOST and each.host == host:
            lose(region, each)
    region.clock.advance("1h")
    region.wait(lambda: {each.status for each in web} == {"Running"}, "10m", what="both of them Running")
    soon(lambda: {each["state"] for each in region.hosts} == {"up"})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnmetFault)
        region.chaos.undo_all()
    told = story(region)
    region.close()
    return told


def drawn(region: Region, kind: type[Fault]) -> Fault:
    """A fault of a kind, which Hypothesis draws, of a host or an instance that is there by its ID."""
    quick = settings(
        max_examples=50,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    return find(faults(region, kinds=[kind]), lambda each: "(" not in str(getattr(each, "host", "")), settings=quick)


@pytest.mark.parametrize("kind", REAL, ids=name_of)
def test_a_fault_of_real_machines_is_replayed(make: MakeRegion, kind: type[Fault]) -> None:
    """Both runs tell the same of each instance and of the region, in the same order; only instants may differ."""
    region, _ = begun(make)
    fault = drawn(region, kind)
    region.close()
    schedule = Schedule([At("10s", fault, until="30m")])
    back = Schedule.read(json.loads(schedule.text()))
    assert back == schedule == eval(repr(schedule), NAMES)
    first = played(make, schedule)
    entries = [entry for told in first.values() for entry in told]
    for wanted in ("fault", "undo"):
        assert [data["fault"] for name, data in entries if name == wanted] == [kind.__name__]
    assert played(make, back) == first
