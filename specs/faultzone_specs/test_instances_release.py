"""Instances: protection and locks, and release at a set time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from faultzone import Instance, Region, assert_refused, assert_released, one
from faultzone_specs.observing import listed, refusal_of, refused_unchanged

clause, needs = pytest.mark.clause, pytest.mark.needs

PROTECTED = "InvalidOperation.DeletionProtection"
LOCKED = "InstanceLockedForSecurity"
UNKNOWN_ACTION = ("InvalidAction", "InvalidApi.NotFound", "InvalidAction.NotFound")
OUT_OF_BOUNDS = "InvalidAutoReleaseTime.Malformed"


# Protection


@clause("instance/deletion-protection")
def test_a_protected_instance_cannot_be_deleted_by_hand(region: Region) -> None:
    """Running or Stopped, with Force or without."""
    (instance,) = region.run_instances(DeletionProtection=True)
    assert instance.describe()["DeletionProtection"] is True
    refused_unchanged(instance, "DeleteInstance", PROTECTED, Force=True)
    instance.stop()
    refused_unchanged(instance, "DeleteInstance", PROTECTED)
    refused_unchanged(instance, "DeleteInstance", PROTECTED, Force=True)


@clause("instance/deletion-protection")
def test_protection_can_be_turned_on_and_off(region: Region) -> None:
    """By ModifyInstanceAttribute."""
    instance = region.create_instance()
    region.call("ModifyInstanceAttribute", InstanceId=instance.id, DeletionProtection=True)
    refused_unchanged(instance, "DeleteInstance", PROTECTED)
    region.call("ModifyInstanceAttribute", InstanceId=instance.id, DeletionProtection=False)
    instance.delete(Force=False)
    assert_released(instance)


@clause("instance/deletion-protection-scope")
def test_a_subscription_is_protected_or_refused(region: Region) -> None:
    """Sources differ on whether it can be: if it is accepted, it holds."""
    before = region.instances
    asked: dict[str, Any] = {"InstanceChargeType": "PrePaid", "Period": 1, "DeletionProtection": True}
    refusal = refusal_of(lambda: region.create_instance(**asked))
    if refusal is None:
        instance = one(set(region.instances) - set(before))
        assert instance.describe()["DeletionProtection"] is True
    else:
        assert (refusal.code, region.instances) == ("InvalidChargeType.ValueNotSupported", before)


@clause("instance/deletion-protection-and-system")
@needs("move-time")
def test_protection_does_not_keep_off_the_automatic_release(region: Region) -> None:
    """The system releases it, not a user."""
    (instance,) = region.run_instances(DeletionProtection=True)
    release_at(instance, region.clock.now + timedelta(minutes=40))
    region.clock.advance("41m")
    assert_released(instance)


@clause("instance/deletion-protection-and-system")
@needs("move-time", "change-account")
def test_protection_does_not_keep_off_the_release_for_arrears(region: Region) -> None:
    """15 days after the stop, which comes within hours."""
    (instance,) = region.run_instances(DeletionProtection=True)
    with region.chaos.arrears():
        region.clock.advance("17d")
        assert_released(instance)


# Release at a set time


def release_at(instance: Instance, moment: datetime) -> None:
    """ModifyInstanceAutoReleaseTime."""
    text = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    instance.region.call("ModifyInstanceAutoReleaseTime", InstanceId=instance.id, AutoReleaseTime=text)


@pytest.mark.parametrize("status", ["Running", "Stopped"])
@clause("instance/auto-release")
@needs("move-time")
def test_release_comes_at_the_minute_and_not_before(region: Region, status: str) -> None:
    """The seconds of what was asked for are cut off."""
    instance = region.run_instances()[0] if status == "Running" else region.create_instance()
    moment = (region.clock.now + timedelta(minutes=40)).replace(second=50, microsecond=0)
    release_at(instance, moment)
    minute = moment.replace(second=0)
    region.clock.advance(minute - timedelta(seconds=10) - region.clock.now)
    assert instance.status == status
    region.wait(lambda: not instance.exists, "30s", what="the release at the full minute")


@clause("instance/auto-release")
@needs("move-time")
def test_run_instances_can_set_the_release_time(region: Region) -> None:
    """For each of the batch."""
    moment = region.clock.now + timedelta(hours=1)
    made = region.run_instances(2, AutoReleaseTime=moment.strftime("%Y-%m-%dT%H:%M:%SZ"))
    region.clock.advance("50m")
    assert all(each.exists for each in made)
    region.clock.advance("11m")
    for each in made:
        assert_released(each)


@clause("instance/auto-release")
@needs("move-time")
def test_a_later_release_time_replaces_the_earlier(region: Region) -> None:
    """There is one release time at most."""
    instance = region.create_instance()
    release_at(instance, region.clock.now + timedelta(minutes=40))
    release_at(instance, region.clock.now + timedelta(minutes=80))
    region.clock.advance("50m")
    assert instance.exists
    region.clock.advance("31m")
    assert_released(instance)


def created(instance: Instance) -> datetime:
    """The minute of its creation, which is at most a moment ago."""
    return datetime.fromisoformat(instance.describe()["CreationTime"]).astimezone(UTC)


@pytest.mark.parametrize("ahead", [timedelta(minutes=35), timedelta(days=3 * 365 - 1)])
@clause("instance/auto-release-bounds")
def test_a_release_time_within_the_bounds_is_accepted(region: Region, ahead: timedelta) -> None:
    """Counted from the minute of creation, with room to spare."""
    instance = region.create_instance()
    moment = created(instance) + ahead
    release_at(instance, moment)
    assert instance.describe()["AutoReleaseTime"][:16] == moment.strftime("%Y-%m-%dT%H:%M")


@pytest.mark.parametrize("ahead", [timedelta(minutes=29), timedelta(minutes=-5), timedelta(days=3 * 366 + 1)])
@clause("instance/auto-release-bounds")
def test_a_release_time_out_of_bounds_is_refused(region: Region, ahead: timedelta) -> None:
    """Counted from the minute of creation."""
    instance = region.create_instance()
    assert_refused(OUT_OF_BOUNDS, lambda: release_at(instance, created(instance) + ahead))
    assert instance.describe()["AutoReleaseTime"] == ""


@clause("instance/auto-release-bounds")
@needs("move-time")
def test_half_an_hour_is_the_least(region: Region) -> None:
    """To the second, with a few to spare for clocks that go on."""
    instance = region.create_instance()
    assert_refused(OUT_OF_BOUNDS, lambda: release_at(instance, region.clock.now + timedelta(minutes=30, seconds=-2)))
    release_at(instance, region.clock.now + timedelta(minutes=30, seconds=5))


@pytest.mark.parametrize("form", ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S+08:00", "%d.%m.%Y", "tomorrow"])
@clause("instance/auto-release-bounds")
def test_a_release_time_of_another_form_is_refused(region: Region, form: str) -> None:
    """Times are UTC, and written in one way."""
    instance = region.create_instance()
    text = (created(instance) + timedelta(hours=9)).strftime(form)
    refused_unchanged(instance, "ModifyInstanceAutoReleaseTime", OUT_OF_BOUNDS, AutoReleaseTime=text)


@clause("instance/auto-release-cancel")
@needs("move-time")
def test_without_a_time_the_release_is_cancelled(region: Region) -> None:
    """Its time passes, and the instance stays."""
    instance = region.create_instance()
    release_at(instance, region.clock.now + timedelta(minutes=40))
    region.call("ModifyInstanceAutoReleaseTime", InstanceId=instance.id)
    assert instance.describe()["AutoReleaseTime"] == ""
    region.clock.advance("1h")
    assert instance.exists


@clause("instance/auto-release-charge-type")
def test_a_subscription_has_no_release_time(region: Region) -> None:
    """It ends when it expires."""
    instance = region.create_instance(InstanceChargeType="PrePaid", Period=1)
    text = (created(instance) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    refused_unchanged(instance, "ModifyInstanceAutoReleaseTime", "ChargeTypeViolation", AutoReleaseTime=text)


@clause("instance/auto-release-unknown")
def test_what_does_not_exist_has_no_release_time(region: Region) -> None:
    """Neither one to set nor one to cancel."""
    later = created(region.create_instance()) + timedelta(hours=1)
    for given in ({}, {"AutoReleaseTime": later.strftime("%Y-%m-%dT%H:%M:%SZ")}):
        asked = {"InstanceId": "i-bp1nosuchinstance000", **given}
        refusal = refusal_of(partial(region.call, "ModifyInstanceAutoReleaseTime", **asked))
        assert refusal is not None
        assert (refusal.code in ("NoSuchResource", "InvalidInstanceId.NotFound"), refusal.status) == (True, 404)


@clause("instance/auto-release-in-arrears")
@needs("move-time", "change-account")
def test_in_arrears_the_release_time_is_not_honored(region: Region) -> None:
    """It is stopped by then, and not released for days."""
    (instance,) = region.run_instances()
    release_at(instance, region.clock.now + timedelta(days=2))
    with region.chaos.arrears():
        region.clock.advance("3d")
        assert instance.status == "Stopped"


@clause("instance/auto-release-in-arrears")
@needs("move-time", "change-account")
def test_the_release_time_is_not_honored_between_the_notice_and_the_stop(region: Region) -> None:
    """The account is in arrears already, and the window to pay still open."""
    (instance,) = region.run_instances()
    release_at(instance, region.clock.now + timedelta(minutes=35))
    region.clock.advance("30m")
    with region.chaos.arrears():
        region.clock.advance("10m")
        assert instance.exists


# Locks


@pytest.fixture
def locked(region: Region) -> Instance:
    """A running instance that is locked for security."""
    (instance,) = region.run_instances()
    region.control("lock", instance=instance.id, reason="security")
    return instance


@clause("instance/security-lock")
@needs("change-account")
def test_a_lock_is_shown_and_every_describe_answers(region: Region, locked: Instance) -> None:
    """OperationLocks says why."""
    assert [each["LockReason"] for each in locked.describe()["OperationLocks"]["LockReason"]] == ["security"]
    assert region.call("DescribeInstanceAttribute", InstanceId=locked.id)["InstanceId"] == locked.id
    assert region.call("DescribeUserData", InstanceId=locked.id)["UserData"] == ""
    states = region.call("DescribeInstanceStatus", InstanceId=[locked.id])["InstanceStatuses"]["InstanceStatus"]
    assert states == [{"InstanceId": locked.id, "Status": "Running"}]


@pytest.mark.parametrize(
    ("action", "parameters"),
    [
        ("StopInstance", {}),
        ("RebootInstance", {}),
        ("ModifyInstanceAttribute", {"InstanceName": "other"}),
        ("AllocatePublicIpAddress", {}),
        ("AttachDisk", {"DiskId": "d-bp1nosuchdisk000000"}),
    ],
)
@clause("instance/security-lock")
@needs("change-account")
def test_a_running_instance_that_is_locked_cannot_be_changed(
    region: Region, locked: Instance, action: str, parameters: dict[str, str]
) -> None:
    """An action that the region does not have cannot be held off by a lock."""
    core = action in ("StopInstance", "RebootInstance", "ModifyInstanceAttribute")
    refused_unchanged(locked, action, LOCKED if core else (LOCKED, *UNKNOWN_ACTION), **parameters)


@clause("instance/security-lock")
@needs("change-account")
def test_a_stopped_instance_that_is_locked_cannot_be_started(region: Region) -> None:
    """Until the lock is taken off."""
    instance = region.create_instance()
    region.control("lock", instance=instance.id, reason="security")
    refused_unchanged(instance, "StartInstance", LOCKED)
    region.control("lock", instance=instance.id, reason="security", locked=False)
    assert instance.start().status == "Running"


@clause("instance/security-lock-delete")
@needs("change-account")
def test_a_locked_instance_is_released_or_refused_for_the_lock(region: Region) -> None:
    """Sources differ: nothing else may happen."""
    instance = region.create_instance()
    region.control("lock", instance=instance.id, reason="security")
    refusal = refusal_of(lambda: instance.delete(Force=False))
    if refusal is None:
        assert_released(instance)
    else:
        assert (refusal.code, instance.exists) == (LOCKED, True)


@clause("instance/auto-release-spot")
@needs("move-time")
def test_a_spot_instance_is_released_at_its_time(region: Region) -> None:
    """Unless that is called off."""
    kept, released = region.run_instances(2, SpotStrategy="SpotAsPriceGo")
    at = (region.clock.now + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:00Z")
    for each in (kept, released):
        region.call("ModifyInstanceAutoReleaseTime", InstanceId=each.id, AutoReleaseTime=at)
        assert each.describe()["AutoReleaseTime"] == at.replace(":00Z", "Z")
    region.call("ModifyInstanceAutoReleaseTime", InstanceId=kept.id)
    assert kept.describe()["AutoReleaseTime"] == ""
    region.clock.advance("115m")
    assert listed(region, [kept, released]) == {kept.id, released.id}
    region.clock.advance("10m")
    assert listed(region, [kept, released]) == {kept.id}
