"""Five experiments that a platform team runs. Each has a steady state, and looks at it before, during and after.

They need no more than the fixture `region`: what is broken is mended at the end of its block, and the checkers judge
each run by its journal besides.
"""

from __future__ import annotations

from collections.abc import Sequence
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


def serving(instances: Sequence[Instance]) -> list[Instance]:
    """Those that a load balancer would send requests to: they run, and are well."""
    return [each for each in instances if each.status == "Running" and each.region.health(each) == "Ok"]


@pytest.mark.region(zones=3, hosts_per_zone=4)
def test_a_web_tier_survives_the_outage_of_a_zone(region: Region) -> None:
    """Two of three zones serve while one is dark; then the lost third comes back as it was."""
    tier = [each for zone in region.zones for each in region.run_instances(2, zone=zone)]
    dark = region.zones[0]
    lost, others = tier[:2], tier[2:]
    identities = [each.identity for each in lost]
    assert serving(tier) == tier

    with region.chaos.zone_outage(dark):
        region.wait(lambda: serving(tier) == others, "5m", what="the loss noticed")
        region.hold(lambda: serving(others) == others, "2h", what="the other zones serving")
        assert_refused("OperationDenied.NoStock", lambda: region.run_instances(1, zone=dark))
        (spare,) = region.run_instances(1, zone=region.zones[1])
        assert serving([spare]) == [spare]

    region.wait(lambda: serving(tier) == tier, "30m", what="the whole tier serving")
    for instance, before in zip(lost, identities, strict=True):
        assert_recovered(instance, before)
    assert not any(region.events(each) for each in others)


def test_a_maintenance_wave_never_takes_two_members_of_a_set(region: Region) -> None:
    """The operator answers each notice with a reboot of his own, one by one; whom he forgets is rebooted anyway."""
    quorum = region.run_instances(3, deployment_set=region.create_deployment_set())
    first, second, forgotten = quorum
    assert_strictly_spread(quorum)
    assert serving(quorum) == quorum

    down: list[int] = []
    region.subscribe(lambda told: down.append(3 - sum(each.status == "Running" for each in quorum)))
    for day, member in enumerate(quorum, 2):
        region.chaos.maintenance(member.id, within=timedelta(days=day))
    for member in (first, second):
        member.reboot()
    done = region.wait_for_event(MAINTENANCE, instance=forgotten, state="Executed", within="5d")
    assert max(down) == 1

    assert_avoided(first)
    assert_avoided(second)
    assert done.not_before is not None
    assert done.finished is not None
    assert done.finished >= done.not_before
    region.wait(lambda: serving(quorum) == quorum, "10m", what="the quorum whole")
    assert_strictly_spread(quorum)


def test_a_late_renewal_saves_what_a_lapse_has_stopped(region: Region) -> None:
    """The bill is forgotten for a week: the instance stops and is locked, but it is kept and comes back as it was."""
    (database,) = region.run_instances(1, InstanceChargeType="PrePaid", Period=1)
    (neighbour,) = region.run_instances(1)
    before = database.identity
    assert serving([database, neighbour]) == [database, neighbour]

    with region.chaos.lapse(database.id, within="3d"):
        database.wait_until("Stopped", within="5d")
        assert database.lock_reasons == ["financial"]
        with pytest.raises(ApiError):
            database.start()
        region.hold(lambda: database.exists and serving([neighbour]) == [neighbour], "7d", what="kept, alone")

    assert database.lock_reasons == []
    database.start()
    assert database.identity == before
    assert serving([database, neighbour]) == [database, neighbour]


def test_a_fleet_wide_command_tells_whose_agent_was_out(region: Region) -> None:
    """It runs wherever an agent answers, says where none did, and needs repeating there alone."""
    fleet = region.run_instances(5)
    deaf = fleet[1:3]
    region.guest("deploy", takes="30s", output="deployed")
    assert_invocation(region.run_command("deploy", on=fleet), "Finished")

    wave = region.run_command("deploy", on=fleet, wait=False)
    for each in deaf:  # It is on its way, and nobody is there to take it.
        region.chaos.agent_outage(each.id)
    wave.wait()
    assert_invocation(wave, "PartialFailed")
    assert {each for each in fleet if wave.states[each.id] != "Finished"} == set(deaf)
    assert serving(fleet) == fleet, "only agents are out"
    assert_refused("InvalidInstance.NoClient", lambda: region.run_command("deploy", on=fleet))

    region.chaos.undo_all()
    assert_invocation(region.run_command("deploy", on=deaf), "Finished")
    assert_invocation(region.run_command("deploy", on=fleet), "Finished")


@pytest.mark.region(zones=1, hosts_per_zone=4, host_vcpus=8, host_memory_gib=32)
def test_a_recovery_storm_ends_once_supply_is_back(region: Region) -> None:
    """Two hosts die where there is room for the instances of one: some wait, and are back once there is a host."""
    fleet = region.run_instances(12)
    assert serving(fleet) == fleet
    hosts = [each["host"] for each in region.hosts if each["instances"]]
    homes = {each: each.host for each in fleet}
    identities = {each: each.identity for each in fleet}
    hit = [each for each in fleet if homes[each] in hosts[:2]]
    calm = [each for each in fleet if each not in hit]

    with region.chaos.crash(hosts[0], reversible=False), region.chaos.crash(hosts[1]):
        region.clock.advance("1h")
        back = [each for each in hit if each in serving(hit)]
        assert 0 < len(back) < len(hit), "there is room for some, not for all"
        region.hold(lambda: serving(calm) == calm, "3h", what="the others undisturbed")
        assert len(serving(hit)) == len(back)

    region.wait(lambda: serving(fleet) == fleet, "2h", what="the storm over")
    for each in hit:
        assert_recovered(each, identities[each])
    assert [each.host for each in calm] == [homes[each] for each in calm]
