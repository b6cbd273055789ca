"""Instances: stops with and without charge, what they keep, and the start that follows."""

from __future__ import annotations

from typing import Any

import pytest

from faultzone import Instance, Region, assert_refused
from faultzone_specs.observing import metadata, refusal_of, refused_unchanged, stops_without_charge

clause, needs = pytest.mark.clause, pytest.mark.needs

LOCAL_DISKS = [
    "ecs.d1.2xlarge",
    "ecs.d1ne.2xlarge",
    "ecs.ga1.xlarge",
    "ecs.gn5-c4g1.xlarge",
    "ecs.i1.xlarge",
    "ecs.i2.xlarge",
]


def stopped_mode(instance: Instance) -> str:
    """What DescribeInstances says of its charges while it is stopped."""
    return str(instance.describe()["StoppedMode"])


@clause("instance/stop-no-charge", "instance/identity")
def test_a_stop_without_charge_keeps_all_but_the_public_address(region: Region) -> None:
    """The start brings a new one."""
    (instance,) = region.run_instances()
    before, address = metadata(instance), instance.public_ip
    instance.stop(StoppedMode="StopCharging")
    assert (instance.public_ip, stopped_mode(instance)) == (None, "StopCharging")
    assert metadata(instance) == before
    instance.start()
    assert instance.public_ip not in (None, address)
    assert stopped_mode(instance) == "Not-applicable"
    assert metadata(instance) == before


@clause("instance/stop-no-charge")
@needs("see-hosts")
def test_a_stop_without_charge_gives_vcpus_and_memory_back(region: Region) -> None:
    """No host carries it."""
    (instance,) = region.run_instances()
    instance.stop(StoppedMode="StopCharging")
    assert instance.host is None
    assert all(instance.id not in each["instances"] for each in region.hosts)


@clause("instance/stop-no-charge", "instance/stop-keep-charging")
@pytest.mark.region(zones=1, supply={"*/*": 1})
@needs("set-supply", "shape-region")
def test_what_is_stopped_without_charge_makes_room(region: Region) -> None:
    """For another, where there is supply for one."""
    (instance,) = region.run_instances()
    instance.stop(StoppedMode="KeepCharging")
    assert_refused("OperationDenied.NoStock", lambda: region.run_instances())
    instance.start().stop(StoppedMode="StopCharging")
    assert region.run_instances()[0].status == "Running"


@pytest.mark.parametrize("kind", LOCAL_DISKS)
@clause("instance/stop-no-charge-excluded")
def test_a_family_with_local_disks_is_never_stopped_without_charge(region: Region, kind: str) -> None:
    """Each of the families that are named."""
    (instance,) = region.run_instances(instance_type=kind)
    assert_keeps_charging(region, instance)


@clause("instance/stop-no-charge-excluded")
def test_a_subscription_is_never_stopped_without_charge(region: Region) -> None:
    """It is paid for."""
    (instance,) = region.run_instances(InstanceChargeType="PrePaid", Period=1)
    assert_keeps_charging(region, instance)


@clause("instance/stop-no-charge-excluded")
@pytest.mark.region(default_network=False)
@needs("shape-region")
def test_the_classic_network_is_never_stopped_without_charge(region: Region) -> None:
    """It has no address to come back to."""
    (instance,) = region.run_instances()
    assert instance.describe()["InstanceNetworkType"] == "classic"
    assert_keeps_charging(region, instance)


def assert_keeps_charging(region: Region, instance: Instance) -> None:
    """Asked to stop without charge it refuses to, or stops and keeps what is charged for."""
    address = instance.public_ip
    refusal = refusal_of(lambda: instance.stop(StoppedMode="StopCharging", ConfirmStop=True))
    if refusal is not None:
        assert (refusal.code, instance.status) == ("InvalidInstanceId.NotSupport", "Running")
        return
    assert stopped_mode(instance) in ("KeepCharging", "Not-applicable")
    assert instance.public_ip == address
    if region.supports("see-hosts"):
        assert instance.host is not None


@clause("instance/stop-charging-default")
def test_charges_go_on_by_default(region: Region) -> None:
    """The switch of the account is off."""
    (instance,) = region.run_instances()
    address = instance.public_ip
    instance.stop()
    assert (stopped_mode(instance), instance.public_ip) == ("KeepCharging", address)


@pytest.mark.parametrize(("asked", "mode"), [({}, "StopCharging"), ({"StoppedMode": "KeepCharging"}, "KeepCharging")])
@clause("instance/stop-charging-default")
@needs("change-account")
def test_the_switch_of_the_account_decides_unless_the_call_does(
    region: Region, asked: dict[str, Any], mode: str
) -> None:
    """KeepCharging in the call prevails."""
    (instance,) = region.run_instances()
    with stops_without_charge(region):
        assert stopped_mode(instance.stop(**asked)) == mode


@clause("instance/stop-charging-default", "instance/stop-no-charge-excluded")
@needs("change-account")
def test_the_switch_of_the_account_does_not_reach_subscriptions(region: Region) -> None:
    """Nor does the call ask for it."""
    (instance,) = region.run_instances(InstanceChargeType="PrePaid", Period=1)
    with stops_without_charge(region):
        assert stopped_mode(instance.stop()) != "StopCharging"


@clause("instance/stop-keep-charging")
@needs("set-supply")
def test_a_stop_with_charge_keeps_place_and_public_address(region: Region) -> None:
    """It starts although nothing else can be had."""
    (instance,) = region.run_instances()
    address = instance.public_ip
    instance.stop(StoppedMode="KeepCharging")
    assert instance.public_ip == address
    with region.chaos.shortage():
        assert instance.start().public_ip == address


@clause("instance/stop-keep-charging")
@needs("see-hosts")
def test_a_stop_with_charge_keeps_the_host(region: Region) -> None:
    """While it is Stopped, and once it runs again."""
    (instance,) = region.run_instances()
    host = instance.host
    instance.stop(StoppedMode="KeepCharging")
    assert instance.host == host
    assert instance.start().host == host


@clause("instance/start-no-stock")
@needs("set-supply")
def test_start_after_a_stop_without_charge_fails_for_lack_of_supply(region: Region) -> None:
    """And works once there is some."""
    (instance,) = region.run_instances()
    instance.stop(StoppedMode="StopCharging")
    with region.chaos.shortage():
        refused_unchanged(instance, "StartInstance", "OperationDenied.NoStock")
    assert instance.start().status == "Running"


@clause("instance/guest-shutdown-keeps-charging")
@needs("change-account", "log-in")
def test_a_shutdown_from_inside_keeps_charging(region: Region) -> None:
    """The switch of the account is on, and the guest powers itself off."""
    (instance,) = region.run_instances()
    address = instance.public_ip
    with stops_without_charge(region):
        region.control("log-in", instance=instance.id, script="poweroff")
        instance.wait_until("Stopped")
    assert (stopped_mode(instance), instance.public_ip) == ("KeepCharging", address)


@clause("instance/economical-mode-falls-back")
@pytest.mark.parametrize(
    "asked",
    [
        {"InstanceChargeType": "PrePaid", "Period": 1},
        {"instance_type": "ecs.i4.2xlarge"},
        {"instance_type": "ecs.d2s.5xlarge"},
    ],
    ids=["subscription", "local SSDs", "local disks"],
)
def test_what_cannot_be_stopped_without_charge_is_stopped_all_the_same(region: Region, asked: dict[str, Any]) -> None:
    (instance,) = region.run_instances(**asked)
    address = instance.public_ip
    instance.stop(StoppedMode="StopCharging")
    assert stopped_mode(instance) in ("KeepCharging", "Not-applicable")
    assert (instance.status, instance.public_ip) == ("Stopped", address)
    assert instance.start().status == "Running"
