from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from faultzone import (
    AccountArrears,
    ApiFailure,
    ClockJump,
    SecurityLock,
    SubscriptionExpiry,
    UsageError,
    assert_released,
    make_region,
)
from faultzone.clock import MINUTE
from faultzone.faults import Fault
from tests.support.billing import advance_past, subscription


def test_an_expiry_is_made_good_by_renewal() -> None:
    region = make_region()
    instance = subscription(region)
    with region.chaos.subscription_expiry(instance.id) as injection:
        assert injection.fault == SubscriptionExpiry(instance.id, "3d")
        region.clock.advance("4d")
        assert instance.status == "Stopped"
    assert instance.lock_reasons == []
    region.clock.advance("16d")
    assert instance.exists


def test_an_expiry_whose_instance_is_gone_needs_nothing() -> None:
    region = make_region()
    instance = subscription(region)
    with region.chaos.inject(SubscriptionExpiry(instance.id, "0s")):
        region.clock.advance("17d")
        assert_released(instance)


def test_an_expiry_is_made_good_free_of_charge() -> None:
    region = make_region()
    instance = subscription(region)
    region.set_prices(monthly="20000")
    balance = region.account_balance
    with region.chaos.subscription_expiry(instance.id):
        pass
    assert region.account_balance == balance


def test_arrears_are_made_good_by_payment() -> None:
    region = make_region()
    (instance,) = region.run_instances(1)
    with region.chaos.inject(AccountArrears(debt="2.5")):
        assert region.account_balance == Decimal("-2.5")
    assert region.account_balance == 10_000
    region.clock.advance("1h")
    assert instance.status == "Running"


def test_an_expiry_that_is_answered_late_is_renewed_once() -> None:
    with make_region() as region:
        instance = subscription(region)
        expiry = region.chaos.subscription_expiry(instance.id, within="1d", answered="8d")
        region.clock.advance("7d")
        assert (instance.status, instance.lock_reasons) == ("Stopped", ["financial"])
        region.clock.advance("2d")
        assert (instance.status, instance.lock_reasons) == ("Stopped", [])
        renewed = instance.expires
        expiry.undo()
        assert instance.expires == renewed


HINDRANCES: dict[str, Callable[[str], Fault]] = {
    "debt": lambda instance: AccountArrears(debt="50"),
    "lock": lambda instance: SecurityLock(instance),
    "throttled": lambda instance: ApiFailure("RenewInstance", code="Throttling", only="everyone"),
    "dropped": lambda instance: ApiFailure("DescribeInstances", kind="drop", only="everyone"),
}


@pytest.mark.parametrize("hindrance", HINDRANCES)
def test_an_expiry_is_made_good_whatever_keeps_its_owner_from_it(hindrance: str) -> None:
    with make_region() as region:
        instance = subscription(region)
        region.set_prices(monthly="100")
        injection = region.chaos.inject(HINDRANCES[hindrance](instance.id))
        with region.chaos.subscription_expiry(instance.id, within="0s") as expiry:
            region.clock.advance("2d")
        assert expiry.state == "undone"
        injection.undo()
        assert instance.status == "Stopped"
        assert instance.lock_reasons == []


def test_an_owner_whose_renewal_is_lost_does_not_stop_the_time() -> None:
    with make_region() as region:
        instance = subscription(region)
        region.chaos.api_failure("RenewInstance", kind="drop", times=1, only="everyone")
        region.chaos.subscription_expiry(instance.id, within="0s", answered="1h")
        region.clock.advance("2d")
        assert instance.status == "Stopped"


def test_an_expiry_that_is_answered_too_late_is_not_answered() -> None:
    with make_region() as region:
        instance = subscription(region)
        region.chaos.subscription_expiry(instance.id, within="0s", answered="20d")
        region.clock.advance("21d")
        assert_released(instance)
        assert region.journal.of("refusal", action="RenewInstance", code="InvalidInstanceId.NotFound")
        region.chaos.undo_all()
    assert "vanished" in region.journal.of("undo")[0].data


def test_arrears_that_are_answered_late_are_paid_once_and_each_by_itself() -> None:
    with make_region() as region:
        (instance,) = region.run_instances(1)
        late = region.chaos.arrears(answered="2d")
        region.clock.advance("1d")
        assert instance.status == "Stopped"
        other = region.chaos.arrears(debt="20")
        assert region.account_balance == -20
        region.clock.advance("2d")
        assert region.account_balance == Decimal(10_000 - 10)
        late.undo()
        assert region.account_balance == Decimal(10_000 - 10)
        other.undo()
        assert region.account_balance == 10_000


@pytest.mark.parametrize("kind", ["AccountArrears", "SubscriptionExpiry"])
def test_an_answer_cannot_come_before_the_fault(kind: str) -> None:
    with make_region() as region:
        instance = subscription(region)
        target = {} if kind == "AccountArrears" else {"instance": instance.id}
        before = (region.account_balance, instance.expires)
        with pytest.raises(UsageError, match="expected 0 or more"):
            region.control("inject", fault={"fault": kind, "answered": -1, **target})
        assert (region.account_balance, instance.expires) == before


def test_a_jump_of_the_clock_is_not_undone() -> None:
    region = make_region()
    before = region.clock.ms
    with region.chaos.jump("90m") as injection:
        assert injection.fault == ClockJump("90m")
    assert region.clock.ms == before + 90 * MINUTE


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("top-up", {"amount": "-1"}),
        ("top-up", {"amount": 0.1}),
        ("inject", {"fault": {"fault": "AccountArrears", "amount": "-1"}}),
        ("inject", {"fault": {"fault": "AccountArrears", "debt": 0.1}}),
        ("prices", {"hourly": "-1"}),
        ("prices", {"hourly": "1", "instance_type": "ecs.none"}),
        ("expire", {"instance": "i-unknown", "within": 0}),
        ("account-balance", {"account": "nobody"}),
    ],
)
def test_bad_arguments_are_told_what_to_write(verb: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        make_region().control(verb, **arguments)


def test_only_a_subscription_can_be_made_to_expire() -> None:
    region = make_region()
    (instance,) = region.run_instances(1)
    with pytest.raises(UsageError, match="the ID of a subscription instance"):
        region.chaos.subscription_expiry(instance.id)
    other = subscription(region)
    with pytest.raises(UsageError, match="within"):
        region.control("expire", instance=other.id, within=-1)
    before = other.expires
    with region.chaos.subscription_expiry(other.id, within="90d"):
        assert other.expires == before
    advance_past(region, other.expires)
    with pytest.raises(UsageError, match="has expired"):
        region.chaos.subscription_expiry(other.id)


def test_a_release_that_has_not_happened_is_told_with_its_timeline() -> None:
    region = make_region()
    (instance,) = region.run_instances(1)
    with pytest.raises(AssertionError, match=r"not been released: it is Running(.|\n)*new -> Running on"):
        assert_released(instance)
