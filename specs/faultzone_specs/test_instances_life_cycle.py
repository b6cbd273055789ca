"""Instances: the states, and the actions that lead from one to another."""

from __future__ import annotations

from functools import partial

import pytest

from faultzone import ApiError, Instance, Region, assert_refused, one
from faultzone_specs.observing import assert_path, metadata, path, refused_unchanged

clause, needs = pytest.mark.clause, pytest.mark.needs

UNKNOWN = "i-bp1nosuchinstance000"


@clause("instance/run-starts", "instance/life-cycle")
def test_run_goes_through_pending_and_starting_to_running(region: Region) -> None:
    """Without anybody's StartInstance."""
    (instance,) = region.run_instances(wait=False)
    assert_path(region, path(instance, "Running"), "Pending", "Starting", "Running")


@clause("instance/create-ends-stopped")
def test_create_leaves_one_instance_stopped(region: Region) -> None:
    """It goes from Pending to Stopped and stays there."""
    instance = region.create_instance(wait=False)
    assert_path(region, path(instance, "Stopped"), "Pending", "Stopped")
    region.hold(lambda: instance.status == "Stopped", "5s", what="Stopped")


@clause("instance/create-ends-stopped", "instance/start")
def test_a_created_instance_can_be_started(region: Region) -> None:
    """Its first start."""
    assert region.create_instance().start().status == "Running"


@clause("instance/start", "instance/life-cycle")
def test_start_goes_through_starting(region: Region) -> None:
    """From Stopped to Running."""
    instance = region.create_instance().start(wait=False)
    assert_path(region, path(instance, "Running"), "Starting", "Running")


@clause("instance/stop", "instance/life-cycle")
def test_stop_goes_through_stopping(region: Region) -> None:
    """From Running to Stopped."""
    (instance,) = region.run_instances()
    instance.stop(wait=False)
    assert_path(region, path(instance, "Stopped"), "Stopping", "Stopped")


@clause("instance/reboot", "instance/life-cycle")
@needs("move-time")
def test_reboot_comes_back_to_running(region: Region) -> None:
    """By Stopping and Starting or by Starting alone: sources differ."""
    (instance,) = region.run_instances()
    seen = path(instance.reboot(wait=False), "Running")
    assert seen in (["Stopping", "Starting", "Running"], ["Starting", "Running"])


@clause("instance/reboot")
@needs("see-hosts")
def test_reboot_stays_on_the_host(region: Region) -> None:
    """Nor does anything else of it change."""
    (instance,) = region.run_instances()
    host, before = instance.host, metadata(instance)
    instance.reboot()
    assert (instance.host, metadata(instance)) == (host, before)


@clause("instance/start", "instance/life-cycle")
def test_start_of_a_running_instance_is_refused(region: Region) -> None:
    """Nothing changes."""
    (instance,) = region.run_instances()
    refused_unchanged(instance, "StartInstance", "IncorrectInstanceStatus")


@pytest.mark.parametrize(
    "action",
    [
        pytest.param("StopInstance", marks=clause("instance/stop")),
        pytest.param("RebootInstance", marks=clause("instance/reboot")),
    ],
)
@clause("instance/life-cycle")
def test_of_a_stopped_instance_is_refused(region: Region, action: str) -> None:
    """Nothing changes."""
    refused_unchanged(region.create_instance(), action, "IncorrectInstanceStatus")


@pytest.mark.parametrize("state", ["Pending", "Starting", "Stopping"])
@clause("instance/life-cycle", "instance/start", "instance/stop", "instance/reboot")
@needs("move-time")
def test_a_transitional_state_refuses_every_change_of_state(region: Region, state: str) -> None:
    """Whatever is under way comes first."""
    (instance,) = region.run_instances(wait=False)
    if state == "Stopping":
        instance.wait_until("Running").stop(wait=False)
    instance.wait_until(state)
    codes = ("IncorrectInstanceStatus", "IncorrectInstanceStatus.Initializing")
    for action in ("StartInstance", "StopInstance", "RebootInstance", "DeleteInstance"):
        code = codes if action == "DeleteInstance" else codes[0]
        assert_refused(code, partial(region.call, action, InstanceId=instance.id))
    assert instance.status == state


@pytest.mark.parametrize(("force", "finished"), [(False, True), (True, False)])
@pytest.mark.parametrize("action", ["stop", "reboot"])
@clause("instance/force-stop")
@needs("log-in")
def test_only_an_orderly_shutdown_lets_the_guest_finish(
    region: Region, action: str, force: bool, finished: bool
) -> None:
    """What needs half a second more, well within an orderly shutdown, is done with in one case alone."""
    (instance,) = region.run_instances()
    script = "trap '' TERM\necho begun\nsleep 0.5\necho saved"
    region.control("log-in", instance=instance.id, script=script)
    region.wait(lambda: "begun" in one(region.commands.ran_on(instance))["output"], "1m", what="its beginning")
    getattr(instance, action)(ForceStop=force)
    ran = one(region.commands.ran_on(instance))
    assert ("saved" in ran["output"]) == finished


@clause("instance/confirm-stop")
def test_stop_of_i1_must_be_confirmed(region: Region) -> None:
    """Its local disks are wiped."""
    (instance,) = region.run_instances(instance_type="ecs.i1.xlarge")
    refused_unchanged(instance, "StopInstance", "InstanceType.ParameterMismatch")
    refused_unchanged(instance, "StopInstance", "InstanceType.ParameterMismatch", ConfirmStop=False)
    assert instance.stop(ConfirmStop=True).status == "Stopped"


@pytest.mark.parametrize("confirm", [{}, {"ConfirmStop": True}, {"ConfirmStop": False}])
@clause("instance/confirm-stop")
def test_stop_of_another_family_need_not_be_confirmed(region: Region, confirm: dict[str, bool]) -> None:
    """The parameter is ignored, whatever it says."""
    (instance,) = region.run_instances()
    assert instance.stop(**confirm).status == "Stopped"


def assert_gone(instance: Instance) -> None:
    """It is no longer listed, and no action finds it."""
    instance.region.wait(lambda: not instance.exists, "1m", what=f"{instance.id} released")
    for action in ("StartInstance", "StopInstance", "RebootInstance", "DeleteInstance"):
        assert_refused("InvalidInstanceId.NotFound", partial(instance.region.call, action, InstanceId=instance.id))


@clause("instance/delete")
def test_delete_releases_a_stopped_instance(region: Region) -> None:
    """That one alone."""
    instance, other = region.create_instance(), region.create_instance()
    instance.delete(Force=False)
    assert_gone(instance)
    assert other.exists


@clause("instance/delete", "instance/life-cycle")
def test_delete_of_a_running_instance_is_refused(region: Region) -> None:
    """Unless it is forced."""
    (instance,) = region.run_instances()
    refused_unchanged(instance, "DeleteInstance", "IncorrectInstanceStatus")
    refused_unchanged(instance, "DeleteInstance", "IncorrectInstanceStatus", Force=False)


@clause("instance/delete-force")
def test_forced_delete_releases_a_running_instance(region: Region) -> None:
    """Without a stop before."""
    (instance,) = region.run_instances()
    instance.delete(Force=True)
    assert_gone(instance)


@clause("instance/delete-subscription")
@needs("move-time")
def test_a_subscription_is_deleted_only_after_it_has_expired(region: Region) -> None:
    """And then only with TerminateSubscription."""
    instance = region.create_instance(InstanceChargeType="PrePaid", Period=1, PeriodUnit="Week")
    refused_unchanged(instance, "DeleteInstance", "ChargeTypeViolation")
    refused_unchanged(instance, "DeleteInstance", "ChargeTypeViolation", Force=True, TerminateSubscription=True)
    region.clock.advance("6d")
    refused_unchanged(instance, "DeleteInstance", "ChargeTypeViolation", TerminateSubscription=True)
    region.clock.advance("50h")
    instance.wait_until("Stopped")
    with pytest.raises(ApiError):
        instance.delete(Force=False)
    instance.delete(Force=False, TerminateSubscription=True)
    assert_gone(instance)


@pytest.mark.parametrize("action", ["StartInstance", "StopInstance", "RebootInstance", "DeleteInstance"])
@clause("instance/unknown-instance")
def test_an_unknown_instance_is_not_found(region: Region, action: str) -> None:
    """The code, and the status with it."""
    refusal = assert_refused("InvalidInstanceId.NotFound", lambda: region.call(action, InstanceId=UNKNOWN))
    assert refusal.status == 404
