"""Changes of how instances are charged: pay-as-you-go becomes a subscription, or a subscription pay-as-you-go.

Source: API reference 2019-02 and 2026-10, ModifyInstanceChargeType. All instances of a call are changed, or none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from faultzone.api.ecs.billing import ModifyInstanceChargeType
from faultzone.api.errors import ApiError
from faultzone.clock import HOUR, utc
from faultzone.model.billing import arrears, orders, subscriptions
from faultzone.model.billing.ledger import Order, books_of, yuan
from faultzone.model.core import events, locks, periods
from faultzone.model.core.client_tokens import once
from faultzone.model.core.dispatch import Answer, check_dry_run, handles
from faultzone.model.core.state import (
    KEEP_CHARGING,
    NOT_APPLICABLE,
    RUNNING,
    STOPPED,
    AccountState,
    Instance,
    RegionState,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

_ACTION: Final = "ModifyInstanceChargeType"


@handles(ModifyInstanceChargeType)
@once
def modify_charge_type(region: RegionState, account: AccountState, request: ModifyInstanceChargeType) -> Answer:
    """ModifyInstanceChargeType: of up to 20 instances that run or are stopped.

    Clauses: billing/charge-type, billing/charge-type-back, billing/charge-type-batch, billing/charge-type-order.
    """
    ids = tuple(dict.fromkeys(request.instance_ids))
    if not ids:
        raise ApiError("InvalidParameter.InstanceIds")
    if request.charge_type == "PrePaid":
        periods.check_period(region.edition, request.period, request.period_unit)
        answer = _to_subscription(region, account, request, ids)
    else:
        answer = _to_pay_as_you_go(region, account, request, ids)
    return answer


def _to_subscription(
    region: RegionState, account: AccountState, request: ModifyInstanceChargeType, ids: Sequence[str]
) -> Answer:
    """Buy a subscription for each instance, now or when the order is paid."""
    period, unit, books = request.period or 1, request.period_unit, books_of(region)
    prices = {
        each.id: books.prices.subscription(each.bought_kind.name, period, unit)
        for each in _changeable(region, account, ids, to="PrePaid")
    }
    kinds = {each: account.instances[each].bought_kind for each in ids}

    def buy() -> Sequence[str]:
        instances = _changeable(region, account, ids, to="PrePaid")
        if any(each.bought_kind is not kinds[each.id] for each in instances):
            raise ApiError("OrderCreationFailed")  # The price was that of another type.
        for instance in instances:
            _begin(region, instance, period, unit, prices[instance.id])
        return ids

    order = Order(account.id, sum(prices.values()), _ACTION, tuple(ids), buy)
    if request.auto_pay:
        orders.check_balance(region, account.id, order.amount)
    check_dry_run(region, request.dry_run)
    return {"OrderId": orders.place(region, order, paid=request.auto_pay)}


def _to_pay_as_you_go(
    region: RegionState, account: AccountState, request: ModifyInstanceChargeType, ids: Sequence[str]
) -> Answer:
    """End the subscription of each instance and refund what is left of it."""
    instances = _changeable(region, account, ids, to="PostPaid")
    _use_quota(region, account, instances, dry_run=request.dry_run)
    refunds = {each.id: _end(region, each) for each in instances}
    answer: Answer = {"OrderId": orders.number(region)}
    if request.detailed:
        fees = [{"InstanceId": id, "Fee": yuan(refund), "Currency": "CNY"} for id, refund in refunds.items()]
        answer["FeeOfInstances"] = {"FeeOfInstance": fees}
    return answer


def _changeable(region: RegionState, account: AccountState, ids: Sequence[str], *, to: str) -> list[Instance]:
    """The instances of these ids.

    Raises:
        ApiError: one of them is not there, is charged so already, or may not be changed now (billing/charge-type-state,
            billing/charge-type-release-time, billing/charge-type-unpaid).
    """
    if any(each not in account.instances for each in ids):
        raise ApiError("InvalidParameter.InstanceIds")
    instances = [account.instances[each] for each in ids]
    suspended = books_of(region).ledgers[account.id].suspended
    for instance in instances:
        locks.check(region, instance, _ACTION)
        if instance.charge_type == to or instance.options.spot_strategy != "NoSpot":
            raise ApiError("InvalidInstanceChargeType.ValueNotSupported")
        if instance.expires is not None and (instance.expires <= region.clock.now or locks.is_unpaid(instance)):
            raise ApiError("ExpiredInstance")
        if region.in_arrears(account.id):
            raise ApiError("Account.Arrearage")
        if instance.auto_release is not None:
            raise ApiError("ReleaseTimeHaveBeenSet")
        # What is stopped without charge, by its owner or for arrears, has no host: it has to be started first.
        still = instance.status in (RUNNING, STOPPED) and instance.id not in suspended
        if not still or instance.waits_for_host:
            raise ApiError("InvalidStatus.ValueNotSupported")
    return instances


def _use_quota(region: RegionState, account: AccountState, instances: Sequence[Instance], *, dry_run: bool) -> None:
    """Count what is refunded against the quota of the month, in vCPU hours (billing/charge-type-quota).

    Raises:
        ApiError: `QuotaExceed.RufundVcpu`, or `DryRunOperation` for a dry run that has passed.
    """
    now, most = region.clock.now, region.edition.billing.refund_vcpu_hours
    local = utc(now + periods.BILLING_ZONE)
    month, refunded = local.year * 12 + local.month, books_of(region).ledgers[account.id].refunded
    used = sum(each.kind.vcpus * ((each.expires or now) - now) // HOUR for each in instances)
    if refunded[month] + used > most:
        raise ApiError.of("QuotaExceed.RufundVcpu", most=most)
    check_dry_run(region, dry_run)
    refunded[month] += used


def _begin(region: RegionState, instance: Instance, period: int, unit: str, price: int) -> None:
    """Let a pay-as-you-go instance be a subscription from now on."""
    books = books_of(region)
    arrears.meter(books, books.ledgers[instance.account], instance.kind.name, -1)
    region.change(instance, "expires", region.rules.subscription_end(region.clock.now, period, unit))
    _set(region, instance, "PrePaid", period, unit)
    # Subscriptions have no deletion protection: nobody can delete them before they expire.
    instance.deletion_protection = False
    arrears.pay(books, instance.account, price, "subscription", instance=instance.id)
    subscriptions.begin(region, instance, price)


def _end(region: RegionState, instance: Instance) -> int:
    """Let a subscription be a pay-as-you-go instance from now on, and say what was refunded, in 1/10000 yuan."""
    assert instance.expires is not None
    books = books_of(region)
    left = region.rules.refunded(subscriptions.term_of(region, instance).left(region.clock.now, instance.expires))
    subscriptions.close(region, instance)
    events.avoid(region, instance, *region.edition.billing.renewal_avoids)
    region.change(instance, "expires", None)
    region.change(instance, "renewal", "")
    _set(region, instance, "PostPaid", None, None)
    arrears.refund(books, instance.account, left, instance=instance.id)
    arrears.meter(books, books.ledgers[instance.account], instance.kind.name, 1)
    return left


def _set(region: RegionState, instance: Instance, charge_type: str, period: int | None, unit: str | None) -> None:
    """Show another charge type; a stopped instance has a stopped mode where its charge type has one."""
    region.change(instance, "charge_type", charge_type)
    options = instance.options._replace(period=period, period_unit=unit, auto_renew=False, auto_renew_period=None)
    region.change(instance, "options", options)
    if instance.status == STOPPED:
        instance.stopped_mode = KEEP_CHARGING if region.rules.qualifies_for_no_charge(instance) else NOT_APPLICABLE
    region.record("notice", instance=instance.id, what="charge type", charge_type=charge_type)
