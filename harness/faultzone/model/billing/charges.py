"""Billing: what instances cost, who may have more of them, and the way back after arrears. Nothing else costs anything:
no deployment set (deployment-set/free), no command (assistant/free).

Source: manual 3.1; ECS pricing, Pay-as-you-go and Reactivation; API reference, ReactivateInstances. Its parts:
`ledger` has the money, `arrears` the accounts that run out, `subscriptions` the terms, `nonpayment` what follows
when nobody pays.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from faultzone.api.ecs.billing import ReActivateInstances
from faultzone.api.errors import ApiError
from faultzone.model.billing import arrears, nonpayment, subscriptions
from faultzone.model.billing.ledger import books_of, units
from faultzone.model.core import locks, transitions
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.state import PENDING, STARTING, STOP_CHARGING, STOPPED, AccountState, Instance, RegionState

if TYPE_CHECKING:
    from faultzone.model.core.catalog import InstanceType


def watch(region: RegionState) -> None:
    """Follow the transitions of a region's instances."""
    region.reactions.append(partial(_follow, region))
    region.check_payment = partial(check_payment, region)
    region.meter_as = partial(_meter_as, region)
    region.in_arrears = lambda account: books_of(region).ledgers[account].overdue


def check_payment(
    region: RegionState,
    account: AccountState,
    charge_type: str,
    kind: InstanceType,
    period: tuple[int, str],
    amount: int,
) -> float:
    """Refuse new instances that the account cannot pay for, and say what one costs at once, in yuan: nothing where
    it is paid as it goes.

    Args:
        period: what is bought of a subscription, such as (1, "Month").

    Raises:
        ApiError: `Account.Arrearage` for pay-as-you-go while the account is in arrears (billing/create-in-arrears),
            `InvalidAccountStatus.NotEnoughBalance` for a subscription that the balance does not cover.
    """
    books = books_of(region)
    if charge_type == "PrePaid":
        price = books.prices.subscription(kind.name, *period)
        if not arrears.can_pay(books, account.id, price * amount):
            raise ApiError("InvalidAccountStatus.NotEnoughBalance")
        return price / units(1)
    if books.ledgers[account.id].overdue and region.rules.refuses_new_in_arrears():
        raise ApiError("Account.Arrearage")
    return 0.0


def metered_as(region: RegionState, instance: Instance, kind: InstanceType | None = None) -> str:
    """The key under which the hours of a pay-as-you-go instance are charged, of its type or another; see
    `Prices.metered`."""
    name = (kind or instance.kind).name
    if instance.options.spot_strategy == "NoSpot" or not region.edition.billing.spot_market:
        return name
    return f"{region.id}:{instance.zone}:{name}"


def _begin(region: RegionState, instance: Instance) -> None:
    """Bill a new instance: a subscription at once, pay-as-you-go from now on."""
    books = books_of(region)
    if instance.charge_type == "PrePaid":
        period, unit = instance.options.period or 1, instance.options.period_unit or "Month"
        price = books.prices.subscription(instance.kind.name, period, unit)
        arrears.pay(books, instance.account, price, "subscription", instance=instance.id)
        subscriptions.begin(region, instance, price)
    else:
        arrears.meter(books, books.ledgers[instance.account], metered_as(region, instance), 1)


def _follow(region: RegionState, instance: Instance, before: str | None, after: str) -> None:
    """Charge for pay-as-you-go instances unless they are stopped without charge, and see stops for billing through."""
    if before is None:
        _begin(region, instance)
        return
    ledger = books_of(region).ledgers[instance.account]
    if ledger.stops:
        nonpayment.follow(region, instance, before, after)
    if instance.charge_type == "PrePaid":
        if after == "Released":
            if before == PENDING and instance.expires is not None:
                # It could not be made (event/creation-failure).
                left = subscriptions.term_of(region, instance).left(region.clock.now, instance.expires)
                refunded = region.rules.refunded(left)
                arrears.refund(books_of(region), instance.account, refunded, instance=instance.id)
            subscriptions.close(region, instance)
        return
    suspended = instance.id in ledger.suspended
    if after == STOPPED:
        in_arrears = locks.is_unpaid(instance) and not region.rules.charges_in_arrears()
        if not suspended and (in_arrears or instance.stopped_mode == STOP_CHARGING):
            ledger.suspended.add(instance.id)
            arrears.meter(books_of(region), ledger, metered_as(region, instance), -1)
    elif after == STARTING and suspended:
        ledger.suspended.discard(instance.id)
        arrears.meter(books_of(region), ledger, metered_as(region, instance), 1)
    elif after == "Released":
        if suspended:
            ledger.suspended.discard(instance.id)
        else:
            arrears.meter(books_of(region), ledger, metered_as(region, instance), -1)


def _meter_as(region: RegionState, instance: Instance, before: InstanceType) -> None:
    """Charge for an instance of pay-as-you-go as its new type costs, from now on."""
    books = books_of(region)
    ledger = books.ledgers[instance.account]
    if instance.charge_type != "PrePaid" and instance.id not in ledger.suspended:
        arrears.meter(books, ledger, metered_as(region, instance, before), -1)
        arrears.meter(books, ledger, metered_as(region, instance), 1)


@handles(ReActivateInstances)
def reactivate_instances(region: RegionState, account: AccountState, request: ReActivateInstances) -> Answer:
    """ReactivateInstances: start what was stopped for arrears, once these are paid.

    Clauses: billing/reactivate, billing/reactivate-state, billing/security-lock.
    """
    instance = account.instance(request.instance_id)
    if instance.charge_type != "PostPaid":
        raise ApiError("InvalidPayType.NotSupport")
    locks.check(region, instance, "ReActivateInstances")
    if instance.status != STOPPED or not locks.is_unpaid(instance):
        raise ApiError("ReactivateInstances.InstanceStatusNotValid")
    billing = region.edition.billing
    if books_of(region).ledgers[account.id].balance(region.clock.now) <= units(billing.reactivation_balance):
        raise ApiError("InsufficientBalance")
    host = transitions.find_host(region, instance)
    nonpayment.unlock(region, instance)
    transitions.start_on(region, instance, host)
    return {}
