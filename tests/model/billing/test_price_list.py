"""The price list, and what of it is charged."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from faultzone import Region, assert_refused, make_region


@pytest.fixture
def region() -> Region:
    return make_region(edition="2026-10")


def price(region: Region, **asked: object) -> dict[str, Any]:
    return dict(region.call("DescribePrice", **asked)["PriceInfo"]["Price"])


def test_nothing_is_taken_until_prices_are_set(region: Region) -> None:
    answer = region.call("DescribePrice", InstanceType="ecs.g5.large")["PriceInfo"]
    told = answer["Price"]
    assert told["TradePrice"] == 0
    assert told["OriginalPrice"] == told["DiscountPrice"] > 0
    assert {each["RuleId"] for each in answer["Rules"]["Rule"]} == {1, 2}


def test_a_larger_type_of_a_family_costs_more(region: Region) -> None:
    types = region.call("DescribeInstanceTypes", InstanceTypeFamily="ecs.g7")["InstanceTypes"]["InstanceType"]
    told = [price(region, InstanceType=each["InstanceTypeId"])["OriginalPrice"] for each in types]
    assert told == sorted(set(told))


def test_the_list_is_charged_where_a_test_wants_it(region: Region) -> None:
    region.set_prices(listed=True)
    part = price(region, InstanceType="ecs.g7.xlarge", PriceUnit="Month")["DetailInfos"]["DetailInfo"][0]
    assert part["TradePrice"] == part["OriginalPrice"] > 0
    before = region.account_balance
    region.run_instances(1, instance_type="ecs.g7.xlarge", InstanceChargeType="PrePaid", Period=1)
    assert before - region.account_balance == Decimal(str(part["TradePrice"]))
    hour = price(region, InstanceType="ecs.g7.xlarge")["TradePrice"]
    region.run_instances(1, instance_type="ecs.g7.xlarge", wait=False)
    before = region.account_balance
    region.clock.advance("10h")
    assert before - region.account_balance == pytest.approx(
        Decimal(str(hour)) * 10, abs=Decimal("0.1") * Decimal(str(hour)) * 10
    )
    region.set_prices(hourly=0, monthly=0)
    assert price(region, InstanceType="ecs.g7.xlarge")["TradePrice"] == 0


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"InstanceType": "ecs.none.large"}, "InvalidInstanceType.ValueNotSupported"),
        ({"InstanceType": "ecs.g7.large", "ImageId": "none"}, "InvalidImageId.NotFound"),
        ({"InstanceType": "ecs.g7.large", "ZoneId": "none"}, "InvalidZoneId.NotFound"),
        ({"ResourceType": "ddh"}, "UnsupportedParameter"),
        ({"ResourceType": "moon"}, "InvalidParameter"),
        ({"ResourceType": "disk", "DataDisk": [{"Size": 40}]}, "MissingParameter"),
    ],
)
def test_what_has_no_price_is_refused(region: Region, asked: dict[str, object], code: str) -> None:
    assert_refused(code, lambda: price(region, **asked))
