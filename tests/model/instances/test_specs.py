"""Changes of type, bandwidth and addresses, as hosts, bills and the journal have them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from faultzone import Instance, Region, assert_refused, make_region
from faultzone.checkers import VIOLATED, check


@pytest.fixture
def region() -> Region:
    return make_region(edition="2026-10", zones=1, hosts_per_zone=2, host_vcpus=16, host_memory_gib=64)


def stopped(region: Region, **asked: Any) -> Instance:
    (instance,) = region.run_instances(instance_type="ecs.g5.large", **asked)
    return instance.stop()


def retype(instance: Instance, name: str, **more: object) -> None:
    instance.region.call("ModifyInstanceSpec", InstanceId=instance.id, InstanceType=name, **more)


def free(region: Region) -> dict[str, tuple[int, float]]:
    """The vCPUs and the memory that hosts have left."""
    return {each["host"]: (each["vcpus_free"], each["memory_free"]) for each in region.hosts}


def test_a_type_takes_what_it_needs_of_its_host(region: Region) -> None:
    instance = stopped(region)
    host = str(instance.host)
    assert free(region)[host] == (14, 56)
    retype(instance, "ecs.g5.2xlarge")
    assert (instance.host, free(region)[host]) == (host, (8, 32))
    region.call("DeleteInstance", InstanceId=instance.id)
    assert free(region)[host] == (16, 64)


def test_a_type_that_has_no_room_moves_the_instance(region: Region) -> None:
    instance, other = stopped(region), stopped(region)
    first, second = str(instance.host), str(other.host)
    assert first != second
    retype(other, "ecs.g5.2xlarge")
    (third,) = region.run_instances(1, instance_type="ecs.g5.2xlarge")
    # The second host has no vCPU left now or the first has six: a larger type goes where there is room.
    full, roomy = (first, second) if third.host == first else (second, first)
    moving = instance if full == first else other
    assert full == moving.host
    region.call("DeleteInstance", InstanceId=(other if moving is instance else instance).id)
    retype(moving, "ecs.g5.4xlarge")
    assert moving.host == roomy
    assert moving.start().host == roomy


@pytest.mark.parametrize("wrong", ["ecs.g5.2xlarge", "ecs.g5.8xlarge"])
def test_a_dry_run_and_a_refusal_take_nothing(region: Region, wrong: str) -> None:
    instance = stopped(region)
    region.run_instances(3, instance_type="ecs.g5.large")
    before = free(region)
    code = "DryRunOperation" if wrong == "ecs.g5.2xlarge" else "OperationDenied.NoStock"
    assert_refused(code, lambda: retype(instance, wrong, DryRun=True))
    assert free(region) == before


def test_a_token_answers_again(region: Region) -> None:
    instance = stopped(region)
    retype(instance, "ecs.g5.xlarge", ClientToken="a")
    retype(instance, "ecs.g5.2xlarge", ClientToken="b")
    retype(instance, "ecs.g5.xlarge", ClientToken="a")
    assert instance.describe()["InstanceType"] == "ecs.g5.2xlarge"
    assert_refused("IdempotentParameterMismatch", lambda: retype(instance, "ecs.g5.large", ClientToken="a"))


def test_a_member_of_a_set_stays_spread_and_of_a_family_of_sets(region: Region) -> None:
    group = region.create_deployment_set()
    instance, other = region.run_instances(2, instance_type="ecs.g5.2xlarge", deployment_set=group)
    (third,) = region.run_instances(1, instance_type="ecs.g5.2xlarge")
    crowded = instance if third.host == instance.host else other
    crowded.stop()
    assert_refused("OperationDenied.NoStock", lambda: retype(crowded, "ecs.g5.4xlarge"))
    assert_refused("DependencyViolation.InstanceType", lambda: retype(crowded, "ecs.t5-c1m1.large"))


def test_a_type_is_charged_from_its_change_on() -> None:
    region = make_region(edition="2026-10")
    region.set_prices(hourly="1", instance_type="ecs.g5.large")
    region.set_prices(hourly="5", instance_type="ecs.g5.xlarge")
    kept, suspended = stopped(region), stopped(region)
    suspended.start().stop(StoppedMode="StopCharging")
    for instance in (kept, suspended):
        retype(instance, "ecs.g5.xlarge")
    region.clock.advance("1h")
    before = region.account_balance
    region.clock.advance("10h")
    assert before - region.account_balance == 10 * Decimal(5)
    suspended.start()
    region.clock.advance("1h")
    before = region.account_balance
    region.clock.advance("10h")
    assert before - region.account_balance == 10 * Decimal(10)


def test_nothing_changes_while_money_is_owed(region: Region) -> None:
    instance = stopped(region)
    region.chaos.arrears()
    assert_refused("Account.Arrearage", lambda: retype(instance, "ecs.g5.xlarge"))


def test_addresses_that_are_given_back_are_free_for_others(region: Region) -> None:
    instance = stopped(region)
    vswitch, address = instance.describe()["VpcAttributes"]["VSwitchId"], instance.private_ip
    assert instance.public_ip is not None
    region.call("ModifyInstanceNetworkSpec", InstanceId=instance.id, InternetMaxBandwidthOut=0)
    region.call("ModifyInstanceVpcAttribute", InstanceId=instance.id, VSwitchId=vswitch)
    region.create_instance(VSwitchId=vswitch, PrivateIpAddress=address)
    instance.start()
    region.call("DeleteInstance", InstanceId=instance.id, Force=True)
    assert [each.why for each in check(region.backend.journal) if each.verdict == VIOLATED] == []


def test_the_public_address_comes_back_after_a_stop_without_charge(region: Region) -> None:
    (had,) = region.run_instances(1)
    (never,) = region.run_instances(1, public_ip=False)
    region.call("ModifyInstanceSpec", InstanceId=never.id, InternetMaxBandwidthOut=1)
    for instance in (had, never):
        instance.stop(StoppedMode="StopCharging")
        region.call("ModifyInstanceSpec", InstanceId=instance.id, InternetMaxBandwidthOut=2)
        instance.start()
    assert [each.public_ip is None for each in (had, never)] == [False, True]
