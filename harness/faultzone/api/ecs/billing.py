"""The actions of billing: renewal of subscriptions and reactivation of what was stopped for arrears.

Source: API reference of February 2019, chapter "Instances". Paying into an account is no action of this API.
"""

from __future__ import annotations

from faultzone.api.answer import CURRENT, PAGES, Answer, Number, Text, Truth, items
from faultzone.api.ecs.instances import CHARGE_TYPES
from faultzone.api.request import Request, flag, integer, json_texts, text

PERIOD_UNITS = ("Week", "Month")
RENEWAL_STATUSES = ("AutoRenewal", "Normal", "NotRenewal")


class RenewInstance(Request):
    """Buy further months or weeks of a subscription instance."""

    instance_id: str = text("InstanceId", required=True)
    period: int | None = integer("Period", least=1, most=60, code="InvalidPeriod")
    period_unit: str = text("PeriodUnit", "Month", among=PERIOD_UNITS, code="InvalidPeriodUnit.ValueNotSupported")
    renewal_day: int | None = integer("ExpectedRenewDay", least=1, most=28, since=CURRENT)
    client_token: str | None = text("ClientToken")

    # For docs/actions.md: one of the two is needed, and before there was a day the period.
    mandatory = ("Period",)

    answer = Answer(Text("OrderId", since=CURRENT))


class ModifyInstanceChargeType(Request):
    """Turn pay-as-you-go instances into subscriptions, or subscriptions into pay-as-you-go."""

    needs_region = True

    instance_ids: tuple[str, ...] = json_texts("InstanceIds", most=20, too_many="InstancesIdQuotaExceed", required=True)
    charge_type: str = text(
        "InstanceChargeType", "PrePaid", among=CHARGE_TYPES, code="InvalidInstanceChargeType.ValueNotSupported"
    )
    period: int | None = integer("Period", least=1, most=60, code="InvalidPeriod")
    period_unit: str = text(
        "PeriodUnit",
        "Month",
        among=PERIOD_UNITS,
        code="InvalidPeriod",
        later={CURRENT: {"among": (*PERIOD_UNITS, "Year")}},
    )
    include_data_disks: bool = flag(
        "IncludeDataDisks", inert=(2019, 2), why="the disks of an instance are charged as it is"
    )
    auto_pay: bool = flag("AutoPay", True)
    detailed: bool = flag("IsDetailFee")
    client_token: str | None = text("ClientToken")
    dry_run: bool = flag("DryRun")

    answer = Answer(
        Text("OrderId"),
        items(
            "FeeOfInstances",
            "FeeOfInstance",
            Text("InstanceId", "Fee", "Currency"),
            when="IsDetailFee asks for what is refunded",
        ),
    )


class ModifyInstanceAutoRenewAttribute(Request):
    """Say whether subscription instances are renewed automatically; RenewalStatus prevails over AutoRenew."""

    needs_region = True

    instance_id: str = text("InstanceId", required=True)
    auto_renew: bool | None = flag("AutoRenew", None)
    renewal_status: str | None = text("RenewalStatus", among=RENEWAL_STATUSES, code="InvalidParameter.RenewalStatus")
    duration: int | None = integer("Duration", least=1, most=60, code="InvalidParameter.Duration")
    period_unit: str = text(
        "PeriodUnit",
        "Month",
        among=PERIOD_UNITS,
        code="InvalidPeriodUnit.ValueNotSupported",
        later={CURRENT: {"among": (*PERIOD_UNITS, "Year")}},
    )


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
            Truth("EnableExpectedRenewDay", since=CURRENT),
        ),
    )


class ReActivateInstances(Request):
    """Start a pay-as-you-go instance that was stopped for arrears, once they are paid."""

    # The reference has the one spelling, the published clients send the other.
    aliases = ("ReactivateInstances",)

    instance_id: str = text("InstanceId", required=True)
