"""Subscriptions that run out: manual, section 3.1."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta

import pytest

from faultzone import ApiError, Instance, Region, assert_refused, assert_released, assert_unchanged, one
from faultzone_specs.billing import SOON, advance_to, events, pay_as_you_go, statuses, subscription
from faultzone_specs.words import Words

clause, needs = pytest.mark.clause, pytest.mark.needs

STOP, DELETE = "InstanceExpiration.Stop", "InstanceExpiration.Delete"
GRACE = timedelta(days=15)


def _disks(region: Region, instance: Instance) -> set[str]:
    shown = region.describe("DescribeDisks", "Disks", "Disk", InstanceId=instance.id)
    return {each["DiskId"] for each in shown}


@clause("billing/expiry-time")
@pytest.mark.parametrize("weeks", [1, 4])
def test_a_subscription_expires_at_the_first_midnight_after_its_span(region: Region, weeks: int) -> None:
    """Midnight of UTC+8 is 16:00 UTC."""
    before = region.clock.now
    expires = subscription(region, Period=weeks, PeriodUnit="Week").expires
    assert (expires.hour, expires.minute) == (16, 0)
    left = expires - (before + timedelta(weeks=weeks))
    assert timedelta(0) <= left <= timedelta(days=1, minutes=10)


@clause("billing/expiry-stop")
@needs("move-time")
def test_an_unrenewed_subscription_is_stopped_at_its_expiry(region: Region) -> None:
    """A minute before it still runs."""
    instance = subscription(region)
    advance_to(region, instance.expires, minutes=-1)
    assert instance.status == "Running"
    assert instance.lock_reasons == []
    instance.wait_until("Stopped", within=SOON)
    assert instance.lock_reasons == ["financial"]


@clause("billing/expiry-event")
@needs("move-time")
def test_stop_and_release_at_expiry_are_announced_and_recorded(region: Region) -> None:
    """Scheduled before, Executed after."""
    instance = subscription(region)
    expires = instance.expires
    advance_to(region, expires, minutes=-1)
    assert statuses(region, instance, STOP) == ["Scheduled"]
    advance_to(region, expires, minutes=10)
    assert statuses(region, instance, STOP) == ["Executed"]
    assert statuses(region, instance, DELETE) == ["Scheduled"]
    advance_to(region, expires + GRACE, minutes=10)
    assert statuses(region, instance, DELETE) == ["Executed"]


@clause("event/window-expiration")
@needs("move-time")
def test_the_stop_is_announced_three_days_before(region: Region) -> None:
    """NotBefore is the expiry."""
    instance = subscription(region)
    expires = instance.expires
    advance_to(region, expires - timedelta(days=3), minutes=-1)
    assert events(region, instance, STOP) == []
    advance_to(region, expires, minutes=-1)
    announced = one(events(region, instance, STOP))
    assert announced.not_before == expires
    assert announced.published == expires - timedelta(days=3)


@clause("billing/release-after-15-days")
@needs("move-time")
def test_an_expired_subscription_is_released_fifteen_days_after_its_stop(region: Region) -> None:
    """The release is Scheduled meanwhile, with its day as NotBefore."""
    instance = subscription(region)
    stopped = instance.expires
    advance_to(region, stopped, minutes=10)
    announced = one(events(region, instance, DELETE))
    assert announced.status == "Scheduled"
    assert announced.not_before is not None
    assert abs(announced.not_before - (stopped + GRACE)) <= timedelta(minutes=10)
    advance_to(region, stopped + GRACE, minutes=-1)
    assert instance.status == "Stopped"
    advance_to(region, stopped + GRACE, minutes=10)
    assert_released(instance)


@clause("billing/renew")
@needs("move-time")
def test_renewal_before_the_stop_moves_the_expiry(region: Region) -> None:
    """The instance runs on past the first expiry."""
    instance = subscription(region)
    first = instance.expires
    instance.renew(1, "Week")
    assert instance.expires > first
    advance_to(region, first, minutes=10)
    assert instance.status == "Running"


@clause("billing/renew")
@needs("move-time")
def test_renewal_between_stop_and_release_unlocks(region: Region) -> None:
    """It is not released at the time that was announced; whether it is started is left open."""
    instance = subscription(region)
    stopped = instance.expires
    advance_to(region, stopped + timedelta(days=14))
    instance.renew(2)
    assert instance.lock_reasons == []
    assert instance.expires > stopped
    assert statuses(region, instance, DELETE) == ["Avoided"]
    advance_to(region, stopped + GRACE, minutes=10)
    assert instance.status in ("Stopped", "Starting", "Running")


@clause("billing/renew-late")
@needs("move-time")
@pytest.mark.parametrize(
    ("days", "period", "unit"), [(12, 1, "Week"), (1, 1, "Month"), (14, 1, "Week"), (14, 2, "Week")]
)
def test_a_late_renewal_does_not_end_in_the_past(region: Region, days: int, period: int, unit: str) -> None:
    """It is refused and changes nothing, or it holds until the new expiry."""
    instance = subscription(region)
    first = instance.expires
    advance_to(region, first + timedelta(days=days))
    try:
        instance.renew(period, unit)
    except ApiError:
        assert (instance.expires, instance.lock_reasons) == (first, ["financial"])
        assert statuses(region, instance, DELETE) == ["Scheduled"]
        return
    until = instance.expires
    assert until > region.clock.now
    assert instance.lock_reasons == []
    if instance.status == "Stopped":
        instance.start()
    advance_to(region, until, minutes=-1)
    assert (instance.status, instance.lock_reasons) == ("Running", [])
    instance.wait_until("Stopped", within=SOON)


@clause("billing/renew")
@needs("move-time")
def test_renewal_after_the_release_is_too_late(region: Region) -> None:
    """There is nothing left to renew."""
    instance = subscription(region)
    advance_to(region, instance.expires + GRACE, minutes=10)
    assert_refused("InvalidInstanceId.NotFound", instance.renew)


@clause("event/avoid-by-renewal")
@needs("move-time")
def test_renewal_avoids_the_stop(region: Region) -> None:
    """Nothing happens at NotBefore."""
    instance = subscription(region)
    first = instance.expires
    advance_to(region, first - timedelta(days=1))
    instance.renew()
    assert statuses(region, instance, STOP) == ["Avoided"]
    advance_to(region, first + GRACE, minutes=10)
    assert instance.status == "Running"


@clause("billing/renew-periods")
@pytest.mark.parametrize(("unit", "periods"), [("Month", (*range(1, 10), 12, 24, 36, 48, 60)), ("Week", range(1, 5))])
def test_periods_on_sale_are_accepted(region: Region, unit: str, periods: Iterable[int]) -> None:
    """The expiry moves by that span."""
    instance = subscription(region)
    for period in periods:
        first = instance.expires
        days = 7 * period if unit == "Week" else 30.4 * period
        assert abs(instance.renew(period, unit).expires - first - timedelta(days=days)) < timedelta(days=4)


@clause("billing/renew-periods")
@pytest.mark.parametrize(
    ("period", "unit"),
    [*((period, "Month") for period in (0, 10, 11, 13, 23, 25, 59, 61)), (0, "Week"), (5, "Week")],
)
def test_other_periods_are_refused(region: Region, period: int, unit: str) -> None:
    """The expiry stays."""
    instance = subscription(region)
    first = instance.expires
    assert_refused("InvalidPeriod", lambda: instance.renew(period, unit))
    assert instance.expires == first


@clause("billing/renew-charge-type")
def test_pay_as_you_go_is_not_renewed(region: Region) -> None:
    """There is no term to extend."""
    assert_refused("ChargeTypeViolation", pay_as_you_go(region).renew)


def renew_by_itself(instance: Instance, status: str, **given: object) -> None:
    """ModifyInstanceAutoRenewAttribute."""
    instance.region.call("ModifyInstanceAutoRenewAttribute", InstanceId=instance.id, RenewalStatus=status, **given)


def renewal_of(instance: Instance) -> str:
    """What DescribeInstanceAutoRenewAttribute shows."""
    shown = instance.region.call("DescribeInstanceAutoRenewAttribute", InstanceId=instance.id)
    return str(one(shown["InstanceRenewAttributes"]["InstanceRenewAttribute"])["RenewalStatus"])


@clause("billing/auto-renew")
@needs("move-time")
@pytest.mark.parametrize("at_launch", [True, False])
def test_a_subscription_may_renew_itself(region: Region, at_launch: bool) -> None:
    """Twice, for two months each time; the one beside it expires."""
    asked = {"AutoRenew": True, "AutoRenewPeriod": 2} if at_launch else {}
    instance, other = subscription(region, **asked), subscription(region)
    if not at_launch:
        renew_by_itself(instance, "AutoRenewal", Duration=2)
    first = instance.expires
    for times in (1, 2):
        advance_to(region, instance.expires, minutes=10)
        assert (instance.status, instance.lock_reasons) == ("Running", [])
        assert abs(instance.expires - first - timedelta(days=61 * times)) < timedelta(days=5)
    assert "Executed" not in statuses(region, instance, STOP)
    assert not other.exists


@clause("billing/auto-renew")
@needs("move-time")
@pytest.mark.parametrize("status", ["Normal", "NotRenewal"])
def test_automatic_renewal_can_be_turned_off(region: Region, status: str) -> None:
    """The subscription is stopped at its expiry."""
    instance = subscription(region, AutoRenew=True)
    renew_by_itself(instance, status)
    advance_to(region, instance.expires)
    instance.wait_until("Stopped", within=SOON)


@clause("billing/auto-renew-expired")
@needs("move-time")
def test_automatic_renewal_cannot_be_turned_on_after_the_expiry(region: Region) -> None:
    """It is stopped, and remains so; nor can it be turned on beside another."""
    instance, other = subscription(region), subscription(region, Period=2)
    first = instance.expires
    advance_to(region, first)
    instance.wait_until("Stopped", within=SOON)
    with pytest.raises(ApiError):
        renew_by_itself(instance, "AutoRenewal", Duration=1)
    both = f"{other.id},{instance.id}"
    with suppress(ApiError):
        region.call("ModifyInstanceAutoRenewAttribute", InstanceId=both, RenewalStatus="AutoRenewal", Duration=1)
    assert renewal_of(instance) != "AutoRenewal"
    region.clock.advance("2d")
    assert (instance.status, instance.expires) == ("Stopped", first)


@clause("billing/security-lock")
@needs("change-account")
def test_what_is_locked_for_security_is_not_renewed(region: Region) -> None:
    """The expiry stays."""
    instance = subscription(region)
    first = instance.expires
    region.control("lock", instance=instance.id, reason="security")
    assert_refused("InstanceLockedForSecurity", instance.renew)
    assert instance.expires == first
    region.control("lock", instance=instance.id, reason="security", locked=False)
    assert instance.renew().expires > first


@clause("billing/renew-keeps-identity")
@needs("move-time")
def test_an_instance_that_is_renewed_late_is_the_same(region: Region) -> None:
    """In time and after the stop: id, addresses, names, image, disks."""
    instance = subscription(region)
    before, disks = instance.identity, _disks(region, instance)
    assert disks
    instance.renew(1, "Week")
    assert_unchanged(before, instance.identity, "the identity across a renewal in time")
    advance_to(region, instance.expires + timedelta(days=14))
    instance.renew()
    assert_unchanged(before, instance.identity, "the identity across a late renewal")
    assert _disks(region, instance) == disks


@clause("billing/recycling")
@needs("move-time", "set-supply")
def test_a_recycled_instance_comes_back_with_its_addresses(region: Region) -> None:
    """Coming back may fail while nothing is in stock, and succeeds once there is supply."""
    instance = subscription(region)
    before = instance.identity
    advance_to(region, instance.expires + timedelta(days=1))
    # It may fail for want of supply, where the compute was taken back.
    with region.chaos.shortage(), suppress(ApiError):
        instance.renew()
        instance.start()
    if instance.lock_reasons:
        instance.renew()
    if instance.status == "Stopped":
        instance.start()
    assert_unchanged(before, instance.wait_until("Running").identity, "the identity across recycling")


@clause("billing/about-to-expire")
@needs("move-time")
@pytest.mark.parametrize("days", [14, 2])
def test_an_instance_that_is_about_to_expire_works_as_ever(region: Region, days: int) -> None:
    """It is Running for the API, and nothing is refused."""
    instance = subscription(region)
    advance_to(region, instance.expires - timedelta(days=days))
    assert (instance.status, instance.lock_reasons) == ("Running", [])
    instance.reboot()
    instance.stop()
    instance.start()


@clause("billing/financial-lock")
@needs("move-time")
def test_an_expired_subscription_refuses_power_and_shows_itself(region: Region) -> None:
    """Start, stop and reboot are refused; it can be described, renamed and deleted."""
    instance = subscription(region)
    advance_to(region, instance.expires, minutes=10)
    assert_refused(("InstanceExpired", "InsufficientBalance"), lambda: instance.start(wait=False))
    for act in (instance.stop, instance.reboot):
        with pytest.raises(ApiError):
            act(wait=False)
    region.call("ModifyInstanceAttribute", InstanceId=instance.id, InstanceName=Words(region).name("expired"))
    assert instance.describe()["InstanceName"] == Words(region).name("expired")
    instance.delete(TerminateSubscription=True)
    assert_released(instance)
