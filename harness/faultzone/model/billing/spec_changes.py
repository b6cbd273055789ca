"""Changes of the types of subscriptions: an upgrade is paid for the rest of the term, a downgrade is refunded.

Source: API reference 2026-10, ModifyPrepayInstanceSpec and DescribeInstanceModificationPrice.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from faultzone.api.ecs.specs import ModifyPrepayInstanceSpec
from faultzone.api.errors import ApiError
from faultzone.model.billing import arrears, orders, subscriptions
from faultzone.model.billing.ledger import Order, books_of
from faultzone.model.core import locks, retyping, transitions
from faultzone.model.core.client_tokens import once_or
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.filters import read_instant
from faultzone.model.core.periods import price_of_days
from faultzone.model.core.state import RUNNING, STOPPED, AccountState, Instance, RegionState

if TYPE_CHECKING:
    from faultzone.model.core.catalog import InstanceType
    from faultzone.model.core.hosts import Host
    from faultzone.model.core.options import Ordered

_ACTION: Final = "ModifyPrepayInstanceSpec"
#: What this action calls the refusals of a type that others call otherwise.
_CODES: Final = {
    "CategoryViolation": "OperationDenied.LocalDiskUnsupported",
    "DependencyViolation.InstanceType": "InvalidInstanceType.NotSupported",
}


class Change(NamedTuple):
    """Another type for a subscription.

    Attributes:
        kind: the type.
        lowers: whether it is a downgrade.
        original: what the rest of the term costs more before any discount, in 1/10000 yuan; less than 0 for less.
        trade: what is charged of that, or refunded.
    """

    kind: InstanceType
    lowers: bool
    original: int
    trade: int


def check_current(region: RegionState, instance: Instance) -> int:
    """For how many milliseconds a subscription goes on.

    Raises:
        ApiError: it is none, or has expired (billing/prepay-spec-refused).
    """
    if instance.charge_type != "PrePaid":
        raise ApiError("ChargeTypeViolation")
    assert instance.expires is not None
    if instance.expires <= region.clock.now or locks.is_unpaid(instance):
        raise ApiError("InvalidInstance.PreInstanceExpired")
    return instance.expires - region.clock.now


def change_to(region: RegionState, instance: Instance, name: str) -> Change:
    """What it costs to give a subscription a type for the rest of its term; nothing changes.

    Args:
        name: of the type.

    Raises:
        ApiError: as `check_current`; or the instance has it, or cannot have it (billing/prepay-spec-refused).
    """
    left = check_current(region, instance)
    kind, before = region.catalog.type_of(name), instance.bought_kind
    if kind.name == before.name:
        raise ApiError("InvalidInstanceType.ValueNotSupported")
    refusal = retyping.why_not(region, instance, kind)
    if refusal is not None:
        raise ApiError(_CODES.get(refusal, refusal))
    prices = books_of(region).prices

    def month(of: InstanceType) -> tuple[int, int]:
        return prices.subscription(of.name, 1, "Month"), prices.before_discount(of.name, 1, "Month")

    (was, original_was), (becomes, original) = month(before), month(kind)
    return Change(
        kind,
        # What is charged decides; where that is the same, as where nothing is, what the price list says.
        (becomes, original) < (was, original_was),
        price_of_days(original, left) - price_of_days(original_was, left),
        region.rules.spec_difference(price_of_days(was, left), price_of_days(becomes, left)),
    )


@handles(ModifyPrepayInstanceSpec)
@once_or("IdempotenceParamNotMatch")
def modify_prepay_spec(region: RegionState, account: AccountState, request: ModifyPrepayInstanceSpec) -> Answer:
    """ModifyPrepayInstanceSpec: a stopped instance has its type at once, a running one from its next start on.

    Clauses: billing/prepay-spec, billing/prepay-spec-downgrade, billing/prepay-spec-running,
    billing/prepay-spec-reboot, billing/prepay-spec-order, billing/prepay-spec-refused.
    """
    reboot_at = _read_reboot_time(region, request.reboot_time)
    instance = account.instance(request.instance_id)
    before, ends = instance.bought_kind, instance.expires
    change, _ = _check(region, account, request)

    def carry_out() -> tuple[str]:
        if (account.instance(request.instance_id).bought_kind, instance.expires) != (before, ends):
            raise ApiError("OrderCreationFailed")  # The price was that of another type or term.
        _, host = _check(region, account, request)
        _change(region, instance, change, host, request, reboot_at)
        return (instance.id,)

    order = Order(account.id, max(0, change.trade), _ACTION, (instance.id,), carry_out)
    paid = request.auto_pay or change.lowers
    if paid:
        orders.check_balance(region, account.id, order.amount)
    return {"OrderId": orders.place(region, order, paid=paid)}


def _read_reboot_time(region: RegionState, text: str | None) -> int | None:
    """The instant at which an instance is to restart, None for none.

    Raises:
        ApiError: the text names no instant, or one that has passed.
    """
    if text is None:
        return None
    at = read_instant(text, "InvalidRebootTime.MalFormed")
    if at <= region.clock.now:
        raise ApiError("InvalidRebootTime.ValueNotSupported")
    return at


def _check(region: RegionState, account: AccountState, request: ModifyPrepayInstanceSpec) -> tuple[Change, Host | None]:
    """What is asked for, as far as it can be done now, and the host that the instance would have.

    Raises:
        ApiError: it cannot (billing/prepay-spec-refused, instance/security-lock).
    """
    instance = account.instance(request.instance_id)
    locks.check(region, instance, _ACTION)
    change = change_to(region, instance, request.instance_type)
    if region.in_arrears(account.id):
        raise ApiError("Account.Arrearage")
    if request.operator_type not in (None, "downgrade" if change.lowers else "upgrade"):
        why = f"{request.instance_type} is {'less' if change.lowers else 'no less'} than {instance.bought_kind.name}"
        raise ApiError.of("InvalidParameter", name="OperatorType", why=why)
    if instance.impaired or instance.status not in (RUNNING, STOPPED):
        raise ApiError("IncorrectInstanceStatus")
    if change.lowers and instance.status != STOPPED:
        raise ApiError("InvalidStatus.NotStopped")
    return change, retyping.find_host(region, instance, change.kind)


def _change(
    region: RegionState,
    instance: Instance,
    change: Change,
    host: Host | None,
    request: ModifyPrepayInstanceSpec,
    reboot_at: int | None,
) -> None:
    """Take or refund the difference, and give the instance its type now or from its next start on."""
    assert instance.expires is not None
    books, now = books_of(region), region.clock.now
    term = subscriptions.term_of(region, instance)
    # No more is refunded than is left of what was paid.
    difference = max(change.trade, -term.left(now, instance.expires))
    term.pay(now, instance.expires, difference)
    category = (request.system_disk or {}).get("Category")
    if instance.status == STOPPED:
        retyping.set_type(region, instance, change.kind, host, category)
    else:
        retyping.order(region, instance, change.kind, category)
        if request.reboot_when_finished:
            transitions.reboot(region, instance, force=False)
        elif reboot_at is not None:
            region.clock.call_at(reboot_at, partial(_reboot, region, instance, instance.options.ordered))
    if difference < 0:
        arrears.refund(books, instance.account, -difference, instance=instance.id)
    else:
        arrears.pay(books, instance.account, difference, "upgrade", instance=instance.id)


def _reboot(region: RegionState, instance: Instance, ordered: Ordered | None) -> None:
    """The time has come that was chosen for the restart: it is for what runs, and does not have yet what
    was ordered with it (billing/prepay-spec-reboot)."""
    here = region.instances.get(instance.id) is instance
    due = ordered is not None and instance.options.ordered is ordered
    if here and due and instance.status == RUNNING and not instance.impaired:
        transitions.reboot(region, instance, force=False)
