"""Five experiments that a platform team runs. Each has a steady state, and looks at it before, during and after.

What serves is a program in each guest, started by its user data, and asked at the instance's address. They need no
more than the fixture `region`: what is broken is mended at the end of its block, and the checkers judge each run by its
journal besides.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from datetime import timedelta

import pytest

from faultzone import (
    ApiError,
    Instance,
    Region,
    assert_avoided,
    assert_invocation,
    assert_recovered,
    assert_refused,
    assert_strictly_spread,
)

RECOVERY, MAINTENANCE = "SystemFailure.Reboot", "SystemMaintenance.Reboot"
START = base64.b64encode(b"#!/bin/sh\nweb\n").decode()


@pytest.fixture(autouse=True)
def _guests_can_serve(region: Region) -> None:
    region.guest("web", serves=80, answer=b"hello")


def addresses(instances: Iterable[Instance]) -> dict[Instance, str]:
    """Where a load balancer finds them."""
    return {each: each.private_ip for each in instances}


def serving(tier: dict[Instance, str]) -> set[Instance]:
    """Those that answer at their addresses."""
    found = set()
    for instance, address in tier.items():
        try:
            if instance.region.request(address, 80, "GET /") == b"hello":
                found.add(instance)
        except (ConnectionRefusedError, TimeoutError):
            continue
    return found


def of(tier: dict[Instance, str], some: Sequence[Instance]) -> dict[Instance, str]:
    """A part of a tier."""
    return {each: tier[each] for each in some}


@pytest.mark.slow
@pytest.mark.region(zones=3, hosts_per_zone=4)
def test_a_web_tier_survives_the_outage_of_a_zone(region: Region) -> None:
    """Two of three zones serve while one is dark; then the lost third comes back as it was."""
    web = [each for zone in region.zones for each in region.run_instances(2, zone=zone, UserData=START)]
    dark, lost, others = region.zones[0], web[:2], web[2:]
    tier = addresses(web)
    identities = [each.identity for each in lost]
    assert serving(tier) == set(web)

    with region.chaos.zone_outage(dark):
        assert serving(tier) == set(others), "it is dark at once"
        region.hold(lambda: serving(tier) == set(others), "2h", what="the other zones serving, and they alone")
        assert_refused("OperationDenied.NoStock", lambda: region.run_instances(1, zone=dark))
        spare = addresses(region.run_instances(1, zone=region.zones[1], UserData=START))
        assert serving(spare) == set(spare)

    region.wait(lambda: serving(tier) == set(web), "30m", what="the whole tier serving")
    for instance, before in zip(lost, identities, strict=True):
        assert_recovered(instance, before)
    assert not any(region.events.of(each) for each in others)


def test_a_maintenance_wave_never_takes_two_members_of_a_set(region: Region) -> None:
    """The operator answers each notice with a reboot of his own, one by one; whom he forgets is rebooted anyway."""
    quorum = region.run_instances(3, deployment_set=region.create_deployment_set(), UserData=START)
    first, second, forgotten = quorum
    tier = addresses(quorum)
    assert_strictly_spread(quorum)
    assert serving(tier) == set(quorum)

    silent: list[int] = []
    region.subscribe(lambda told: silent.append(3 - len(serving(tier))))
    for day, member in enumerate(quorum, 2):
        region.chaos.maintenance(member.id, within=timedelta(days=day))
    for member in (first, second):
        member.reboot()
    done = region.wait_for_event(MAINTENANCE, instance=forgotten, state="Executed", within="5d")
    assert max(silent) == 1, "never two at a time"

    assert_avoided(first)
    assert_avoided(second)
    assert done.not_before is not None
    assert done.finished is not None
    assert done.finished >= done.not_before
    region.wait(lambda: serving(tier) == set(quorum), "10m", what="the quorum whole")
    assert_strictly_spread(quorum)


def test_a_late_renewal_saves_what_an_expiry_has_stopped(region: Region) -> None:
    """The bill is forgotten for a week: the instance stops and is locked, but it is kept and comes back as it was."""
    (database,) = region.run_instances(1, InstanceChargeType="PrePaid", Period=1, UserData=START)
    (neighbour,) = region.run_instances(1, UserData=START)
    tier, before = addresses([database, neighbour]), database.identity
    assert serving(tier) == {database, neighbour}

    with region.chaos.subscription_expiry(database.id, within="3d"):
        database.wait_until("Stopped", within="5d")
        assert database.lock_reasons == ["financial"]
        with pytest.raises(ApiError):
            database.start()
        region.hold(lambda: database.exists and serving(tier) == {neighbour}, "7d", what="kept, and alone silent")

    assert database.lock_reasons == []
    database.start()
    assert database.identity == before
    region.wait(lambda: serving(tier) == {database, neighbour}, "1m", what="both serving")


def test_a_fleet_wide_command_tells_whose_agent_was_out(region: Region) -> None:
    """It runs wherever an agent answers, says where none did, and needs repeating there alone."""
    fleet = region.run_instances(5, UserData=START)
    deaf, tier = fleet[1:3], addresses(fleet)
    region.guest("deploy", takes="30s", output="deployed")
    assert_invocation(region.run_command("deploy", on=fleet), "Finished")
    assert serving(tier) == set(fleet)

    wave = region.run_command("deploy", on=fleet, wait=False)
    for each in deaf:  # It is on its way, and nobody is there to take it.
        region.chaos.agent_outage(each.id)
    region.hold(lambda: serving(tier) == set(fleet), "5m", what="all serving, since only agents are out")
    wave.wait()
    assert_invocation(wave, "PartialFailed")
    assert {each for each in fleet if wave.states[each.id] != "Finished"} == set(deaf)
    assert serving(tier) == set(fleet)
    assert_refused("InvalidInstance.NoClient", lambda: region.run_command("deploy", on=fleet))

    region.chaos.undo_all()
    assert_invocation(region.run_command("deploy", on=deaf), "Finished")
    assert_invocation(region.run_command("deploy", on=fleet), "Finished")
    assert serving(tier) == set(fleet)


@pytest.mark.slow
@pytest.mark.region(zones=1, hosts_per_zone=4, host_vcpus=8, host_memory_gib=32)
def test_a_recovery_storm_ends_once_supply_is_back(region: Region) -> None:
    """Two hosts die where there is room for the instances of one: some wait, and are back once there is a host."""
    fleet = region.run_instances(12, UserData=START)
    tier = addresses(fleet)
    assert serving(tier) == set(fleet)
    hosts = [each["host"] for each in region.hosts if each["instances"]]
    homes = {each: each.host for each in fleet}
    identities = {each: each.identity for each in fleet}
    hit = [each for each in fleet if homes[each] in hosts[:2]]
    calm = [each for each in fleet if each not in hit]

    with region.chaos.crash(hosts[0], reversible=False), region.chaos.crash(hosts[1]):
        assert serving(tier) == set(calm), "nobody answers on a dead host"
        region.hold(lambda: serving(of(tier, calm)) == set(calm), "1h", what="the others undisturbed")
        back = serving(of(tier, hit))
        assert 0 < len(back) < len(hit), "there is room for some, not for all"
        region.hold(lambda: serving(tier) == {*calm, *back}, "3h", what="as many serving as there is room for")

    region.wait(lambda: serving(tier) == set(fleet), "2h", what="the storm over")
    for each in hit:
        assert_recovered(each, identities[each])
    assert [each.host for each in calm] == [homes[each] for each in calm]
