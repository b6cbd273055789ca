"""Launches whose order waits to be paid: nothing is made before.

Source: API reference 2026-10, AutoPay of RunInstances.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from faultzone.api.answer import CURRENT
from faultzone.api.errors import ApiError

if TYPE_CHECKING:
    from faultzone.api.ecs.launches import RunInstances
    from faultzone.model.core.dispatch import Answer
    from faultzone.model.core.state import AccountState, RegionState


def waits(region: RegionState, request: RunInstances) -> bool:
    """Whether a launch with AutoPay=false waits to be paid (billing/launch-order).

    Raises:
        ApiError: there is nothing that could wait, or the edition tells of no order.
    """
    bought, told = request.instance_charge_type == "PrePaid", region.edition.has(CURRENT)
    if told and not bought:
        raise ApiError.of("InvalidParameter.Conflict", why="AutoPay=false is for PrePaid alone")
    if bought and not told:
        raise ApiError.of("UnsupportedParameter", name="AutoPay", why="no order waits to be paid in this edition")
    return bought


def place(region: RegionState, account: AccountState, price: float, launch: Callable[[], Answer]) -> Answer:
    """Let a launch wait; its answer names the order, and no instance.

    Args:
        price: of all instances, in yuan.
        launch: makes them; gives the answer of a launch that is paid.
    """

    def carry_out() -> Collection[str]:
        ids: list[str] = launch()["InstanceIdSets"]["InstanceIdSet"]
        return ids

    order = region.place_order(account.id, price, "RunInstances", carry_out)
    return {"InstanceIdSets": {"InstanceIdSet": []}, "OrderId": order, "TradePrice": round(price, 4)}
