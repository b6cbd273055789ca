"""Recovery beyond what is documented: odd moments, odd orders, several faults at once, the faults themselves."""

from __future__ import annotations

from datetime import timedelta

import pytest

from faultzone import (
    ApiError,
    GuestCrash,
    HostCrash,
    Instance,
    Maintenance,
    Region,
    SecurityLock,
    assert_recovered,
    assert_refused,
    make_region,
)
from faultzone.errors import ShapeError, UsageError
from faultzone.model.core.shape import Shape

FAILURE = "SystemFailure.Reboot"


@pytest.fixture
def region() -> Region:
    return make_region(zones=1, hosts_per_zone=3, recovery="immediate")


def states(region: Region, instance: Instance) -> list[tuple[str, str]]:
    return [(event.type, event.state) for event in region.events.of(instance)]


def host_of(instance: Instance) -> str:
    return str(instance.host)


def test_an_instance_that_is_stopping_has_stopped(region: Region) -> None:
    (made,) = region.run_instances(1)
    made.stop(wait=False)
    region.chaos.crash(host_of(made), reversible=False)
    made.wait_until("Stopped", within="5s")
    assert region.events.of() == []
    assert made.start().host is not None


@pytest.mark.parametrize("moment", ["pending", "starting", "rebooting"])
def test_a_crash_at_an_odd_moment_is_recovered(region: Region, moment: str) -> None:
    (made,) = region.run_instances(1, wait=moment == "rebooting")
    if moment == "starting":
        made.wait_until("Starting")
    if moment == "rebooting":
        made.reboot(wait=False)
    lost = host_of(made)
    region.chaos.crash(lost, reversible=False)
    region.clock.advance("1m")
    assert made.status == "Running"
    assert made.host != lost
    assert {state for _, state in states(region, made)} <= {"Executed"}


def test_one_that_is_made_stopped_can_be_started_elsewhere(region: Region) -> None:
    made = region.create_instance(wait=False)
    lost = host_of(made)
    region.chaos.crash(lost, reversible=False)
    made.wait_until("Stopped")
    made.start()
    assert made.host != lost
    assert region.events.of() == []


def test_a_stopped_instance_on_a_dead_host_starts_on_another(region: Region) -> None:
    (made,) = region.run_instances(1)
    made.stop(StoppedMode="KeepCharging")
    lost = host_of(made)
    region.chaos.crash(lost, reversible=False)
    region.clock.advance("1m")
    with region.chaos.shortage():
        assert_refused("OperationDenied.NoStock", lambda: made.start(wait=False))
    made.start()
    assert made.host != lost


def test_the_user_may_start_what_waits_for_supply(region: Region) -> None:
    (made,) = region.run_instances(1)
    before = made.identity
    with region.chaos.shortage():
        region.chaos.crash(host_of(made), reversible=False)
        made.wait_until("Stopped")
        assert_refused("OperationDenied.NoStock", lambda: made.start(wait=False))
    made.start(wait=False)
    made.wait_until("Running", within="5s")
    assert_recovered(made, before)


def test_what_its_user_has_started_is_not_placed_once_more_when_supply_is_looked_for(region: Region) -> None:
    (made,) = region.run_instances(1)
    with region.chaos.shortage():
        region.chaos.crash(host_of(made), reversible=False)
        made.wait_until("Stopped")
        region.clock.advance("14s")
    made.start(wait=False)
    host = host_of(made)
    made.wait_until("Running", within="2s")
    region.clock.advance("1m")
    assert (made.host, made.status) == (host, "Running")


def test_what_waits_for_supply_runs_on_its_own_host_when_that_is_back(region: Region) -> None:
    (made,) = region.run_instances(1)
    host, before = host_of(made), made.identity
    with region.chaos.shortage():
        with region.chaos.crash(host):
            made.wait_until("Stopped", within="6m")
        made.wait_until("Running", within="10s")
    assert_recovered(made, before)
    assert made.host == host


def test_a_plan_is_withdrawn_when_its_host_is_back() -> None:
    region = make_region(recovery="planned")
    (made,) = region.run_instances(1)
    host = host_of(made)
    region.chaos.crash(host, reversible=False)
    region.wait_for_event(FAILURE, instance=made, state="Scheduled")
    region.control("replace-host", host=host)
    made.wait_until("Running")
    region.clock.advance("1h")
    assert states(region, made) == [(FAILURE, "Canceled")]
    assert (made.host, region.events.health(made)) == (host, "Ok")


def test_release_during_recovery_ends_it() -> None:
    for recovery, state in (("immediate", "Failed"), ("planned", "Canceled")):
        region = make_region(recovery=recovery)
        (made,) = region.run_instances(1)
        region.chaos.crash(host_of(made), reversible=False)
        region.wait_for_event(FAILURE, instance=made)
        made.delete()
        region.clock.advance("1d")
        assert states(region, made) == [(FAILURE, state)]
        assert region.instances == []


def test_a_crash_during_maintenance_fails_it(region: Region) -> None:
    (made,) = region.run_instances(1)
    before = made.identity
    region.chaos.maintenance(made.id, within=60)
    region.clock.advance(60.5)
    region.chaos.crash(host_of(made), reversible=False)
    region.clock.advance("1m")
    assert states(region, made) == [("SystemMaintenance.Reboot", "Failed"), (FAILURE, "Executed")]
    assert_recovered(made, before)


def test_maintenance_of_what_is_lost_fails() -> None:
    region = make_region(recovery="planned")
    (made,) = region.run_instances(1)
    region.chaos.maintenance(made.id, within=60)
    region.chaos.crash(host_of(made), reversible=False)
    region.clock.advance("2m")
    assert states(region, made) == [("SystemMaintenance.Reboot", "Failed"), (FAILURE, "Scheduled")]


def test_a_host_that_dies_while_a_guest_restarts(region: Region) -> None:
    (made,) = region.run_instances(1)
    region.chaos.guest_crash(made.id)
    region.wait_for_event("InstanceFailure.Reboot", instance=made, state="Executing")
    region.chaos.crash(host_of(made), reversible=False)
    region.clock.advance("1m")
    assert states(region, made) == [("InstanceFailure.Reboot", "Failed"), (FAILURE, "Executed")]


def test_a_guest_that_crashes_twice_has_one_event_at_a_time(region: Region) -> None:
    (made,) = region.run_instances(1)
    region.chaos.guest_crash(made.id)
    made.wait_until("Starting")
    region.chaos.guest_crash(made.id)
    region.clock.advance("1m")
    assert states(region, made) == [("InstanceFailure.Reboot", "Executed")]
    assert made.status == "Running"


def test_a_subscription_that_expires_while_its_host_is_lost_is_stopped() -> None:
    region = make_region(recovery="planned")
    (made,) = region.run_instances(1, InstanceChargeType="PrePaid", Period=1)
    region.clock.advance(made.expires - region.clock.now - timedelta(minutes=10))
    region.chaos.crash(host_of(made), reversible=False)
    region.wait_for_event(FAILURE, instance=made, state="Scheduled")
    made.wait_until("Stopped", within="11m")
    region.hold(lambda: made.status == "Stopped", "2h", what="stopped")
    assert made.lock_reasons == ["financial"]
    assert (FAILURE, "Canceled") in states(region, made)


# Faults, twice and in any order


def test_a_host_that_is_dead_cannot_die_again(region: Region) -> None:
    (made,) = region.run_instances(1)
    host = host_of(made)
    region.chaos.crash(host, reversible=False)
    region.chaos.crash(host)
    region.chaos.hang(host)
    region.chaos.cut(host)
    region.clock.advance("1m")
    assert states(region, made) == [(FAILURE, "Executed")]
    region.chaos.undo_all()
    region.clock.advance("1m")
    assert [each["host"] for each in region.hosts if each["state"] != "up"] == [host], "an irreversible crash stays"


@pytest.mark.parametrize("order", [("crash", "at_risk"), ("at_risk", "crash")])
def test_a_crash_and_a_risk_in_either_order(region: Region, order: tuple[str, str]) -> None:
    (made,) = region.run_instances(1)
    host, before = host_of(made), made.identity
    first, second = (getattr(region.chaos, each) for each in order)
    with first(host):
        if order[0] == "crash":
            region.clock.advance("1m")
            with pytest.raises(UsageError, match="is down"):
                second(host)
        else:
            with second(host):
                region.clock.advance("1m")
    region.clock.advance("10m")
    assert made.status == "Running"
    assert made.identity == before
    assert {each["state"] for each in region.hosts} == {"up"}


def test_a_cut_that_is_mended_before_it_is_missed_has_done_nothing(region: Region) -> None:
    one, two = region.run_instances(2)
    two.reboot(wait=False)
    region.clock.advance(2.5)
    with region.chaos.cut(host_of(two)):
        region.clock.advance(0.8)
        assert two.status == "Starting"
    assert two.status == "Running"
    region.hold(lambda: one.status == two.status == "Running", "1h", what="running")
    assert region.events.of() == []


@pytest.mark.parametrize("fault", ["cut", "hang"])
def test_a_host_that_is_missed_is_recovered_from(region: Region, fault: str) -> None:
    (made,) = region.run_instances(1)
    host, before = host_of(made), made.identity
    with getattr(region.chaos, fault)(host):
        region.wait_for_event(FAILURE, instance=made, state="Executing")
    region.clock.advance("1m")
    assert_recovered(made, before)
    assert made.host == host


def test_a_zone_that_is_out_comes_back_with_what_it_carried() -> None:
    region = make_region(zones=2, hosts_per_zone=2)
    here, there = region.zones
    hit = region.run_instances(3, zone=here)
    (other,) = region.run_instances(1, zone=there)
    before = [each.identity for each in hit]
    with region.chaos.zone_outage(here):
        region.clock.advance("20m")
        assert {each.status for each in hit} == {"Stopped"}
        assert other.status == "Running"
    region.clock.advance("10m")
    for each, identity in zip(hit, before, strict=True):
        assert_recovered(each, identity)
    assert region.events.of(other) == []


@pytest.mark.parametrize("takes", [None, 30])
def test_migrations_that_fail_or_take_long(region: Region, takes: float | None) -> None:
    (made,) = region.run_instances(1)
    host = host_of(made)
    with region.chaos.migration_fails(takes):
        assert region.control("migrate", instance=made.id)["host"] is None
        region.clock.advance(29)
        assert made.host == host
        region.clock.advance(2)
        assert (made.host == host) == (takes is None)
    assert region.control("migrate", instance=made.id)["host"] is not None
    assert region.events.of() == []


def test_a_host_that_dies_during_a_slow_migration_takes_the_instance_with_it(region: Region) -> None:
    (made,) = region.run_instances(1)
    before = made.identity
    with region.chaos.migration_fails(30):
        region.control("migrate", instance=made.id)
        region.chaos.crash(host_of(made), reversible=False)
        region.clock.advance("2m")
    assert_recovered(made, before)


def test_maintenance_of_a_host_is_that_of_its_instances(region: Region) -> None:
    made = region.run_instances(4)
    host = host_of(made[0])
    on_it = {each.id for each in made if each.host == host}
    with region.chaos.maintenance(host=host, within="1h"):
        assert {event.instance for event in region.events.of()} == on_it
    assert {event.state for event in region.events.of()} == {"Canceled"}


def test_undo_of_what_has_vanished_is_done(region: Region) -> None:
    one, two = region.run_instances(2)
    region.chaos.security_lock(one.id)
    region.chaos.maintenance(two.id)
    with pytest.raises(ApiError, match="InstanceLockedForSecurity"):
        one.reboot(wait=False)
    one.delete()
    two.delete()
    region.clock.advance("63d")
    region.events.of()
    region.chaos.undo_all()


@pytest.mark.parametrize(
    "fault",
    [
        GuestCrash("i-none"),
        Maintenance("i-none"),
        SecurityLock("i-none"),
        HostCrash("cn-hangzhou-a-h99"),
    ],
)
def test_faults_that_name_nothing_are_refused(region: Region, fault: GuestCrash | Maintenance | SecurityLock) -> None:
    with pytest.raises(UsageError):
        region.chaos.inject(fault)
    region.chaos.undo_all()


def test_a_guest_that_is_not_up_cannot_crash(region: Region) -> None:
    (made,) = region.run_instances(1)
    made.stop()
    with pytest.raises(UsageError, match="is Stopped: "):
        region.chaos.guest_crash(made.id)


@pytest.mark.parametrize("given", [{"zone": "cn-hangzhou-z"}, {"takes": -1}, {"takes": True}, {"takes": 86_400}])
def test_controls_that_make_no_sense_are_refused(region: Region, given: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        region.control("inject", fault={"fault": "ZoneOutage" if "zone" in given else "MigrationFails", **given})


def test_there_are_two_ways_of_recovery() -> None:
    with pytest.raises(ShapeError, match="'planned' or 'immediate'"):
        Shape(recovery="sometime").check()


@pytest.mark.slow
def test_a_storm_with_scarce_supply_settles() -> None:
    region = make_region(zones=1, hosts_per_zone=6, host_vcpus=8, host_memory_gib=64)
    made = region.run_instances(20)
    for host in region.hosts[:3]:
        region.chaos.crash(str(host["host"]), reversible=True)
    region.clock.advance("1h")
    up = [each for each in made if each.status == "Running"]
    assert len(up) == 12
    assert {each.status for each in made} == {"Running", "Stopped"}
    region.chaos.undo_all()
    region.clock.advance("1h")
    assert {each.status for each in made} == {"Running"}
    assert {event.state for event in region.events.of()} == {"Executed"}


def test_an_operating_system_that_crashes_while_it_is_recovered_is_restarted_too() -> None:
    with make_region(recovery="immediate") as region:
        (one,) = region.run_instances(1)
        region.chaos.crash(str(one.host), reversible=False)
        region.wait(lambda: one.status == "Starting", "10m")
        region.chaos.guest_crash(one.id)
        one.wait_until("Running")
