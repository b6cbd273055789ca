"""Orders: what is bought at once, or waits for its payment, which is no action of this API.

Source: API reference 2026-10, AutoPay of RunInstances, ModifyInstanceChargeType and ModifyPrepayInstanceSpec.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from faultzone.api.errors import ApiError
from faultzone.model.billing import arrears
from faultzone.model.billing.ledger import Order, books_of, units

if TYPE_CHECKING:
    from faultzone.model.core.state import RegionState


def number(region: RegionState) -> str:
    """The id of the next order."""
    return region.world.number("order")


def check_balance(region: RegionState, account: str, amount: int) -> None:
    """Refuse to pay an order that the account's balance does not cover.

    Raises:
        ApiError: `InvalidAccountStatus.NotEnoughBalance`.
    """
    if not arrears.can_pay(books_of(region), account, amount):
        raise ApiError("InvalidAccountStatus.NotEnoughBalance")


def place(region: RegionState, order: Order, *, paid: bool) -> str:
    """Carry an order out, or let it wait to be paid, and say its id (billing/charge-type-order).

    Args:
        paid: whether it is paid at once; its balance has been checked then.
    """
    made = number(region)
    if paid:
        order.carry_out()
    else:
        books_of(region).unpaid[made] = order
    return made


def place_launch(
    region: RegionState, account: str, amount: float, action: str, carry_out: Callable[[], Collection[str]]
) -> str:
    """Let a launch wait to be paid, and say the id of its order (billing/launch-order); see `RegionState.place_order`.

    Args:
        amount: its price in yuan.
    """
    return place(region, Order(account, round(amount * units(1)), action, (), carry_out), paid=False)


def pay(region: RegionState, id: str) -> tuple[Order, Collection[str]]:
    """Pay an order that waits, and carry it out; the order, and the ids of what it is about now.

    Raises:
        ApiError: the balance does not cover it, or what was ordered cannot be done any more; it goes on waiting.
    """
    order = books_of(region).unpaid[id]
    check_balance(region, order.account, order.amount)
    ids = order.carry_out()
    del books_of(region).unpaid[id]
    return order, ids
