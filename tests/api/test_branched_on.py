"""Refusals that clients tell apart: each can be injected with its documented status."""

from __future__ import annotations

import pytest

from faultzone import assert_refused, make_region
from faultzone.faults import ApiFailure

#: Code -> HTTP status.
BRANCHED_ON = {
    "QuotaExceed.ElasticQuota": 403,
    "QuotaExceeded.ElasticQuota": 403,
    "QuotaExceed.Instance": 403,
    "QuotaExceed.Spot": 403,
    "Zone.NotOnSale": 403,
    "InvalidResourceType.NotSupported": 403,
    "InvalidVSwitchId.IpNotEnough": 403,
    "Forbidden.RiskControl": 403,
    "OperationDenied.ZoneNotAllowed": 403,
    "OperationDenied.CloudSSDNotSupported": 403,
    "LastTokenProcessing": 403,
    "IdempotentProcessing": 403,
    "Operation.Conflict": 409,
    "Throttling.Api": 400,
    "Throttling.ConcurrentLimitExceeded": 400,
}


@pytest.mark.parametrize("code", BRANCHED_ON)
def test_it_is_injected_with_its_status(code: str) -> None:
    region = make_region()
    with region.chaos.inject(ApiFailure("RunInstances", code=code, only="everyone")):
        refusal = assert_refused(code, lambda: region.run_instances(1))
    assert refusal.status == BRANCHED_ON[code]
    assert refusal.message != code
    region.run_instances(1)


def test_an_unknown_action_is_refused_as_the_gateway_of_today_does() -> None:
    refusal = assert_refused("InvalidAction.NotFound", lambda: make_region(edition="2026-10").call("DescribeNothing"))
    assert refusal.status == 404
    refusal = assert_refused("InvalidAction", lambda: make_region(edition="2020-12").call("DescribeNothing"))
    assert refusal.status == 403
