"""The actions of billing: renewal of subscriptions and reactivation of what was stopped for arrears.

Source: API reference of February 2019, chapter "Instances". Paying into an account is no action of this API.
"""

from __future__ import annotations

from faultzone.api.answer import CURRENT, PAGES, Answer, Number, Text, Truth, items
from faultzone.api.ecs.reasons import (
    NO_ORDERS,
    NO_RENEWAL_DAY,
)
from faultzone.api.request import Request, flag, integer, text

PERIOD_UNITS = ("Week", "Month")
RENEWAL_STATUSES = ("AutoRenewal", "Normal", "NotRenewal")


class RenewInstance(Request):
    """Buy further months or weeks of a subscription instance."""

    instance_id: str = text("InstanceId", required=True)
    period: int = integer("Period", required=True, least=1, most=60, code="InvalidPeriod")
    period_unit: str = text("PeriodUnit", "Month", among=PERIOD_UNITS, code="InvalidPeriod")
    client_token: str | None = text("ClientToken")

    not_simulated = ((NO_RENEWAL_DAY, "ExpectedRenewDay"),)

    answer = Answer(Text("OrderId", since=CURRENT, missing=NO_ORDERS))


class ModifyInstanceAutoRenewAttribute(Request):
    """Say whether subscription instances are renewed automatically; RenewalStatus prevails over AutoRenew."""

    needs_region = True

    instance_id: str = text("InstanceId", required=True)
    auto_renew: bool | None = flag("AutoRenew", None)
    renewal_status: str | None = text("RenewalStatus", among=RENEWAL_STATUSES, code="InvalidParameter.RenewalStatus")
    duration: int | None = integer("Duration", least=1, most=60, code="InvalidParameter.Duration")
    period_unit: str = text("PeriodUnit", "Month", among=PERIOD_UNITS, code="InvalidPeriodUnit.ValueNotSupported")


class DescribeInstanceAutoRenewAttribute(Request):
    """Show whether subscription instances are renewed automatically."""

    needs_region = True
    writes = False

    instance_id: str | None = text("InstanceId")
    renewal_status: str | None = text("RenewalStatus", among=RENEWAL_STATUSES, code="InvalidParameter.RenewalStatus")
    page_number: int = integer("PageNumber", 1, least=1)
    page_size: int = integer("PageSize", 10, least=1, most=100)

    answer = Answer(
        *PAGES,
        items(
            "InstanceRenewAttributes",
            "InstanceRenewAttribute",
            Text("InstanceId", "PeriodUnit", "RenewalStatus"),
            Truth("AutoRenewEnabled"),
            Number("Duration"),
            Truth("EnableExpectedRenewDay", since=CURRENT, empty="no account has one day for all renewals"),
        ),
    )


class ReActivateInstances(Request):
    """Start a pay-as-you-go instance that was stopped for arrears, once they are paid."""

    # The reference has the one spelling, the published clients send the other.
    aliases = ("ReactivateInstances",)

    instance_id: str = text("InstanceId", required=True)
