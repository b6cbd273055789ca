"""Events that have causes of their own: launches that fail, upgrades of hosts, banned websites, disks that ail."""

from __future__ import annotations

import pytest

from faultzone import Region, UsageError, editions, make_region, one
from faultzone.checkers import demand
from faultzone.region.handles import Instance

every_edition = pytest.mark.parametrize("edition", editions.names())


def types(region: Region, instance: Instance) -> list[str]:
    return [entry.data["type"] for entry in region.journal.of("event", instance=instance.id)]


@every_edition
def test_launches_fail_in_every_edition(edition: str) -> None:
    region = make_region(edition=edition)
    with region.chaos.launch_failure(family="ecs.c5"):
        failed = region.run_instances(1, instance_type="ecs.c5.large", wait=False)[0]
        made = region.create_instance()
        region.clock.advance("1m")
    assert (failed.exists, made.status) == (False, "Stopped")
    assert set(types(region, failed)) == ({"SystemFailure.Delete"} if edition == "2026-10" else set())
    demand(region.journal)


def test_what_is_made_already_when_launches_begin_to_fail_fails_too() -> None:
    region = make_region(edition="2026-10", zones=2)
    here, there = (region.run_instances(1, zone=zone, wait=False)[0] for zone in region.zones)
    with region.chaos.launch_failure(zone=region.zones[0]):
        region.clock.advance("1m")
    assert (here.exists, there.exists) == (False, True)


@pytest.mark.parametrize("where", [{"zone": "cn-none"}, {"family": "ecs.none"}])
def test_a_scope_that_there_is_not_is_refused(where: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        make_region().chaos.launch_failure(**where)


def test_an_upgrade_of_the_host_migrates_what_runs() -> None:
    region = make_region(edition="2026-10", zones=1, hosts_per_zone=2)
    (instance,) = region.run_instances(1)
    host, started = instance.host, instance.describe()["StartTime"]
    region.chaos.maintenance(instance, within="1h", type="SystemUpgrade.Migrate")
    assert one(region.events.planned(instance))["EventType"]["Name"] == "SystemUpgrade.Migrate"
    region.clock.advance("2h")
    assert instance.host != host
    assert instance.describe()["StartTime"] == started
    assert one(region.events.of(instance)).state == "Executed"


def test_what_has_left_its_host_is_not_migrated() -> None:
    region = make_region(edition="2026-10", zones=1, hosts_per_zone=2)
    (instance,) = region.run_instances(1)
    region.chaos.maintenance(instance, within="10h", type="SystemUpgrade.Migrate")
    region.call("ModifyInstanceDeployment", InstanceId=instance.id, DeploymentSetId=region.create_deployment_set().id)
    instance.stop(StoppedMode="StopCharging")
    assert one(region.events.of(instance)).state == "Avoided"


@pytest.mark.parametrize("edition", ["2019-02", "2020-12"])
def test_earlier_editions_have_no_such_events(edition: str) -> None:
    region = make_region(edition=edition)
    (instance,) = region.run_instances(1)
    with pytest.raises(UsageError, match="2026-10"):
        region.control("ban-website", instance=instance.id)
    with pytest.raises(UsageError, match="SystemMaintenance"):
        region.chaos.maintenance(instance, type="SystemUpgrade.Migrate")
    inbox = region.control("subscribe")["id"]
    with region.chaos.disk_impaired(instance):
        assert region.control("notifications", id=inbox)["notifications"] == []


def test_the_end_of_what_ailed_a_released_instance_is_not_told() -> None:
    region = make_region(edition="2026-10")
    (instance,) = region.run_instances(1)
    injection = region.chaos.disk_impaired(instance)
    instance.delete(Force=True)
    inbox = region.control("subscribe")["id"]
    injection.undo()
    assert region.control("notifications", id=inbox)["notifications"] == []
