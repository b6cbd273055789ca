"""Client tokens of the actions that make or change something, beside those that make instances."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from faultzone import Region, assert_refused
from faultzone_specs.billing import pay_as_you_go, subscription
from faultzone_specs.observing import fresh_token

clause, needs = pytest.mark.clause, pytest.mark.needs
TODAY = pytest.mark.region(edition="2026-10")
MISMATCH = ("IdempotentParameterMismatch", "IdempotenceParamNotMatch")

#: An action, its parameters, others that are a mismatch, and what it changes, as it can be seen.
Case = tuple[str, dict[str, Any], dict[str, Any], Callable[[], object]]


def assert_once(region: Region, case: Case) -> None:
    """See that a repeated call has the first answer again and does nothing more, and that one with other parameters
    is refused."""
    action, given, other, seen = case
    token = fresh_token(region)
    before = seen()
    first = region.call(action, **given, ClientToken=token)
    done = seen()
    assert done != before, f"{action} changes nothing that can be seen"
    again = region.call(action, **given, ClientToken=token)
    assert {**again, "RequestId": ""} == {**first, "RequestId": ""}
    assert_refused(MISMATCH, lambda: region.call(action, **{**given, **other}, ClientToken=token))
    assert seen() == done, f"{action} was repeated with its token and did something more"


@clause("instance/client-token", "instance/client-token-mismatch")
def test_a_set_and_a_security_group_are_made_once(region: Region) -> None:
    def sets() -> set[str]:
        return {each["DeploymentSetId"] for each in region.describe("DescribeDeploymentSets", PageSize=10)}

    def groups() -> set[str]:
        return {each["SecurityGroupId"] for each in region.describe("DescribeSecurityGroups", PageSize=10)}

    web, other = {"DeploymentSetName": "web"}, {"DeploymentSetName": "other"}
    assert_once(region, ("CreateDeploymentSet", web, other, sets))
    web, other = {"SecurityGroupName": "web"}, {"SecurityGroupName": "other"}
    assert_once(region, ("CreateSecurityGroup", web, other, groups))


@clause("instance/client-token", "instance/client-token-mismatch")
def test_an_attribute_is_changed_once(region: Region) -> None:
    """A call that is repeated late does not undo what came in between."""
    (instance,) = region.run_instances(1)
    token = fresh_token(region)
    given = {"InstanceId": instance.id, "InstanceName": "first", "ClientToken": token}
    region.call("ModifyInstanceAttribute", **given)
    region.call("ModifyInstanceAttribute", InstanceId=instance.id, InstanceName="second")
    region.call("ModifyInstanceAttribute", **given)
    assert instance.describe()["InstanceName"] == "second"
    other = {**given, "InstanceName": "third"}
    assert_refused(MISMATCH, lambda: region.call("ModifyInstanceAttribute", **other))


@clause("instance/client-token", "instance/client-token-mismatch")
def test_a_subscription_is_renewed_once(region: Region) -> None:
    instance = subscription(region)
    given = {"InstanceId": instance.id, "Period": 1, "PeriodUnit": "Month"}
    assert_once(region, ("RenewInstance", given, {"Period": 2}, lambda: instance.expires))


@clause("instance/client-token", "instance/client-token-mismatch")
@TODAY
def test_a_charge_type_and_a_type_are_changed_once(region: Region) -> None:
    """Nothing is paid twice."""
    hourly, monthly = pay_as_you_go(region), subscription(region).stop()
    change = {"InstanceIds": json.dumps([hourly.id]), "Period": 1}
    assert_once(
        region,
        ("ModifyInstanceChargeType", change, {"Period": 2}, lambda: hourly.describe()["InstanceChargeType"]),
    )
    upgrade = {"InstanceId": monthly.id, "InstanceType": "ecs.g5.xlarge"}
    assert_once(
        region,
        (
            "ModifyPrepayInstanceSpec",
            upgrade,
            {"InstanceType": "ecs.g5.2xlarge"},
            lambda: monthly.describe()["InstanceType"],
        ),
    )


@clause("instance/client-token", "instance/client-token-mismatch")
@TODAY
def test_a_type_and_a_bandwidth_are_changed_once(region: Region) -> None:
    instance = pay_as_you_go(region)
    bandwidth = {"InstanceId": instance.id, "InternetMaxBandwidthOut": 7}
    assert_once(
        region,
        (
            "ModifyInstanceNetworkSpec",
            bandwidth,
            {"InternetMaxBandwidthOut": 8},
            lambda: instance.describe()["InternetMaxBandwidthOut"],
        ),
    )
    instance.stop()
    larger = {"InstanceId": instance.id, "InstanceType": "ecs.g5.xlarge"}
    other = {"InstanceType": "ecs.g5.2xlarge"}
    assert_once(region, ("ModifyInstanceSpec", larger, other, lambda: instance.describe()["InstanceType"]))


@clause("instance/client-token", "instance/client-token-mismatch")
@TODAY
def test_instances_are_deleted_once(region: Region) -> None:
    """What is gone is not missed when the call is repeated."""
    gone, kept = region.run_instances(2)
    given = {"InstanceId": [gone.id], "Force": True}

    def left() -> set[str]:
        region.wait(lambda: not gone.exists or gone.status != "Stopping", "10m", what="the deletion is over")
        return {each.id for each in region.instances}

    assert_once(region, ("DeleteInstances", given, {"InstanceId": [kept.id]}, left))
    assert kept.status == "Running"


@clause("instance/client-token", "instance/client-token-mismatch")
@TODAY
def test_an_activation_is_made_once(region: Region) -> None:
    def codes() -> list[str]:
        action = "DescribeActivations"
        return [each["ActivationId"] for each in region.call(action, PageSize=50)["ActivationList"]]

    given = {"InstanceName": "edge", "TimeToLiveInHours": 2}
    assert_once(region, ("CreateActivation", given, {"TimeToLiveInHours": 3}, codes))


@clause("instance/client-token")
@needs("change-account", "move-time")
def test_a_repeated_renewal_is_paid_once(region: Region) -> None:
    """However much later it is repeated."""
    region.set_prices(monthly=300)
    instance, token = subscription(region), fresh_token(region)
    before = region.account_balance
    for _ in range(3):
        region.call("RenewInstance", InstanceId=instance.id, Period=1, PeriodUnit="Month", ClientToken=token)
        region.clock.advance(timedelta(minutes=20))
    assert before - region.account_balance == 300
