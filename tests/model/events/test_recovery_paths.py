"""How instances are recovered: planned or at once, by looking for supply, bound to their hosts; and what they leave."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from faultzone import Instance, Region, assert_refused, editions, make_region
from faultzone.checkers import demand
from faultzone.cli.main import main
from faultzone.errors import UsageError
from faultzone.model.core.shape import IMMEDIATE, PLANNED
from faultzone.model.events.recovery import PATHS
from faultzone.serve import cloud as hosted

FAILURE, MAINTENANCE = "SystemFailure.Reboot", "SystemMaintenance.Reboot"
LOCAL, USUAL = "ecs.i2.xlarge", "ecs.g5.large"


def states(region: Region, instance: Instance) -> list[tuple[str, str]]:
    return [(event.type, event.state) for event in region.events.of(instance)]


def crash(instance: Instance, *, reversible: bool = False) -> None:
    instance.region.chaos.crash(str(instance.host), reversible=reversible)


# The table of paths


def way_of(shape: dict[str, Any]) -> str:
    return str(shape["regions"]["cn-hangzhou"]["recovery"])


def test_an_irreversible_failure_is_planned_unless_told_otherwise() -> None:
    assert way_of(make_region().control("shape")) == PLANNED
    assert [key for key, path in PATHS.items() if path == PLANNED] == [("its host is lost for good", True)]


@pytest.mark.parametrize(
    ("recovery", "reversible", "kind"), [*product((PLANNED, IMMEDIATE), (True, False), (USUAL, LOCAL))]
)
def test_each_path_begins_as_the_table_has_it(recovery: str, reversible: bool, kind: str) -> None:
    region = make_region(recovery=recovery)
    (made,) = region.run_instances(1, instance_type=kind)
    crash(made, reversible=reversible)
    event = region.wait_for_event(FAILURE, instance=made)
    planned = recovery == PLANNED and not reversible and kind == USUAL
    assert event.state == ("Scheduled" if planned else "Executing")
    assert (event.not_before is not None) == planned
    if event.not_before is not None:
        assert event.not_before - event.published == editions.load().recovery.planned_delay * 1000


def test_what_its_user_starts_while_its_host_dies_is_not_planned() -> None:
    """It is made on a host that is dead before it is started there."""
    region = make_region(provision=60)
    (made,) = region.run_instances(1, wait=False)
    crash(made)
    region.clock.advance(70)
    assert made.status == "Running"
    assert states(region, made) == [(FAILURE, "Executed")]


def test_a_host_that_can_restart_and_does_not_is_waited_for_as_long_as_the_edition_has_it() -> None:
    region = make_region()
    (made,) = region.run_instances(1)
    host = made.host
    crash(made, reversible=True)
    noticed = region.wait_for_event(FAILURE, instance=made).published
    region.wait(lambda: made.host != host)
    assert region.clock.ms - noticed == editions.load().recovery.host_patience * 1000


@pytest.mark.parametrize(("given", "first"), [((), "planned"), (("--recovery", "immediate"), "immediate")])
def test_the_command_takes_the_way_of_recovery(
    given: tuple[str, ...], first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shapes = []

    def look(cloud: hosted.Hosted, **options: object) -> None:
        shapes.append(way_of(cloud.control("shape", {})))
        raise UsageError("enough")

    monkeypatch.setattr(hosted, "endpoint", look)
    assert main(["up", *given]) == 2
    assert shapes == [first]


# Looking for supply


def looks(region: Region, seconds: int) -> list[int]:
    """The seconds from now at which supply is looked for: there is no other timer."""
    began, found = region.clock.ms, []
    while (due := region.control("clock")["next"]) is not None and due - began <= seconds * 1000:
        found.append((due - began) // 1000)
        region.clock.advance((due - region.clock.ms) / 1000)
    return found


def test_supply_is_looked_for_each_time_after_twice_as_long() -> None:
    region = make_region(recovery=IMMEDIATE)
    (made,) = region.run_instances(1)
    region.chaos.shortage()
    crash(made)
    made.wait_until("Stopped")
    found = looks(region, 3600)
    assert found[:6] == [15, 45, 105, 225, 465, 705]
    assert len(found) == 4 + (3600 - 225) // 240


def test_what_comes_to_wait_later_is_looked_for_soon() -> None:
    region = make_region(recovery=IMMEDIATE, zones=1, hosts_per_zone=4)
    one, two = region.run_instances(2)
    shortage = region.chaos.shortage()
    crash(one)
    one.wait_until("Stopped")
    region.clock.advance("20m")
    crash(two)
    two.wait_until("Stopped")
    assert looks(region, 50)[-2:] == [15, 45]
    shortage.undo()
    region.wait(lambda: (one.status, two.status) == ("Running", "Running"), "70s")
    assert looks(region, 3600) == [], "nobody waits any more"


# Local disks


@pytest.fixture
def stranded() -> Instance:
    region = make_region(zones=1, hosts_per_zone=3)
    (made,) = region.run_instances(1, instance_type=LOCAL)
    crash(made)
    region.wait_for_event(FAILURE, instance=made, state="Executing")
    return made


def test_local_disks_whose_host_is_lost_for_good_wait_stopped(stranded: Instance) -> None:
    region = stranded.region
    assert stranded.status == "Stopped"
    assert region.events.health(stranded) == "Impaired"
    assert_refused("OperationDenied.NoStock", lambda: stranded.start(wait=False))
    began = region.clock.ms
    failed = region.wait_for_event(FAILURE, instance=stranded, state="Failed", within="7h")
    assert failed.finished is not None
    assert failed.finished - began == editions.load().recovery.execution_window * 1000
    stranded.delete()
    assert states(region, stranded) == [(FAILURE, "Failed")]
    demand(region.journal)


def test_local_disks_run_again_on_their_host_also_after_their_event_has_failed(stranded: Instance) -> None:
    region, host = stranded.region, stranded.host
    region.clock.advance("1d")
    region.control("replace-host", host=host)
    stranded.wait_until("Running")
    assert (stranded.host, region.events.health(stranded)) == (host, "Ok")
    assert states(region, stranded) == [(FAILURE, "Failed")]
    crash(stranded)
    region.clock.advance("1d")
    assert states(region, stranded) == [(FAILURE, "Failed"), (FAILURE, "Failed")]
    demand(region.journal)


def test_the_choice_of_its_user_at_the_loss_is_what_counts() -> None:
    region = make_region(zones=1, hosts_per_zone=3, edition="2020-12", recovery=IMMEDIATE)
    (made,) = region.run_instances(1, instance_type=LOCAL)
    choose = {"InstanceId": [made.id], "ActionOnMaintenance": "AutoRedeploy"}
    region.call("ModifyInstanceMaintenanceAttributes", **choose)
    with region.chaos.shortage():
        crash(made)
        made.wait_until("Stopped")
        region.call("ModifyInstanceMaintenanceAttributes", **choose | {"ActionOnMaintenance": "AutoRecover"})
        region.clock.advance("1h")
    region.wait_for_event("SystemFailure.Redeploy", instance=made, state="Executed")
    assert made.status == "Running"


# What billing stops on the way


@pytest.mark.parametrize("kind", [USUAL, LOCAL])
@pytest.mark.parametrize("moment", ["starting", "rebooting"])
def test_arrears_stop_what_is_on_its_way_on_a_lost_host(kind: str, moment: str) -> None:
    """The event of the stop is not Executing for ever, nor the instance Starting."""
    region = make_region(zones=1, hosts_per_zone=3)
    (made,) = region.run_instances(1, instance_type=kind)
    if moment == "starting":
        made.stop()
        made.start(wait=False)
    else:
        made.reboot(wait=False)
    region.chaos.arrears(debt="1")
    region.backend.control("advance", {"milliseconds": 500})
    crash(made, reversible=True)
    region.clock.advance("1d")
    assert made.status == "Stopped"
    assert ("AccountUnbalanced.Stop", "Executed") in states(region, made)
    assert "Executing" not in dict(states(region, made)).values()
    demand(region.journal)


@pytest.mark.parametrize("other", ["maintenance", "guest"])
def test_a_second_loss_ends_what_else_was_restarting_the_instance(other: str) -> None:
    """The recovery goes on; without a host it waits, and nothing but it is Executing."""
    region = make_region(zones=1, hosts_per_zone=2, recovery=IMMEDIATE)
    (made,) = region.run_instances(1)
    crash(made)
    region.wait(lambda: made.status == "Starting")
    if other == "maintenance":
        region.control("schedule-maintenance", instance=made.id, within=0)
        region.clock.advance(0.1)
    else:
        region.chaos.guest_crash(made.id)
        region.clock.advance(1.1)
    crash(made)
    made.wait_until("Stopped")
    assert sorted(state for _, state in states(region, made)) == ["Executing", "Failed"]
    assert dict(states(region, made))[FAILURE] == "Executing"


# The host of maintenance


def _redeploy(instance: Instance) -> None:
    instance.region.call("RedeployInstance", InstanceId=instance.id)


def _stop_without_charge(instance: Instance) -> None:
    instance.stop(StoppedMode="StopCharging")


def _recover(instance: Instance) -> None:
    crash(instance)


def _migrate(instance: Instance) -> None:
    instance.region.control("migrate", instance=instance.id)


def _stay(instance: Instance) -> None:
    instance.stop(StoppedMode="KeepCharging")
    instance.start()


@pytest.mark.parametrize(
    ("leave", "ends"),
    [
        (_redeploy, "Avoided"),
        (_stop_without_charge, "Avoided"),
        (_recover, "Canceled"),
        (_migrate, "Canceled"),
        (_stay, "Executed"),
    ],
)
@pytest.mark.parametrize("inquires", [False, True])
def test_maintenance_ends_for_what_leaves_its_host(
    leave: Callable[[Instance], None], ends: str, inquires: bool
) -> None:
    region = make_region(edition="2020-12", recovery=IMMEDIATE)
    (made,) = region.run_instances(1)
    region.control("schedule-maintenance", instance=made.id, outcome="inquires" if inquires else "executes")
    leave(made)
    region.clock.advance("3d")
    expected = "Inquiring" if inquires and ends == "Executed" else ends
    asked = {"InstanceId": made.id, "InstanceEventType.1": MAINTENANCE, "InstanceEventCycleStatus.1": expected}
    assert region.call("DescribeInstanceHistoryEvents", **asked)["TotalCount"] == 1


def test_what_is_simulated_is_of_no_host() -> None:
    region = make_region()
    (made,) = region.run_instances(1)
    due = "2019-03-02T00:00:00Z"
    region.call("CreateSimulatedSystemEvents", InstanceId=[made.id], EventType=MAINTENANCE, NotBefore=due)
    _migrate(made)
    region.clock.advance("2d")
    assert states(region, made) == [(MAINTENANCE, "Executed")]


# A guest that goes down by itself meanwhile


def test_a_stop_and_a_shutdown_from_inside_at_the_same_time() -> None:
    """The guest's own shutdown is of an earlier epoch; the stop that was asked for comes to its end all the same."""
    region = make_region()
    (made,) = region.run_instances(1)
    region.run_command("poweroff", on=made, wait=False)
    region.clock.advance(0.5)
    made.stop(wait=False)
    made.wait_until("Stopped", within="5s")
