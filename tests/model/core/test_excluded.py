"""Each combination of the table is refused with its code, and nothing is changed."""

from __future__ import annotations

from typing import Any

import pytest

from faultzone import ApiError, Region, assert_refused, make_region
from faultzone.cli.actions import implemented
from faultzone.model.core.excluded import ANY, TABLE, Excluded, Other

#: A value for each parameter of which the table does not say one, or says which it must not have.
VALUES = {
    "affinity": 2,
    "apart_by": "rack",
    "dedicated_host_id": "dh-nosuchhost0000000000",
    "group_number": 1,
    "host_affinity": "host",
    "period": 1,
    "period_unit": "Week",
    "price_unit": "Week",
    "renewal_day": 5,
    "host_name": "web",
    "host_names": ["web"],
    "image_family": "acs:ubuntu_22_04_x64",
    "image_id": "ubuntu_22_04_x64_20G_alibase_20240130.vhd",
    "instance_ids": ["i-bp1nosuchinstance000"],
    "instance_type": "ecs.g7.large",
    "ipv6_addresses": ["2001:db8::1"],
    "ipv6_count": 1,
    "resource_tags": [{"Key": "for", "Value": "web"}],
    "security_group_id": "sg-1",
    "security_group_ids": ["sg-1"],
    "sessions": {"SessionManagerEnabled": True},
    "strategy": "LowLatency",
    "tenancy": "host",
    "upgrade": {"Enabled": True},
    "usage": {"CpuLimit": 10},
}


def shown(region: Region) -> Any:
    sets = region.call("DescribeDeploymentSets")["DeploymentSets"]
    settings = region.call("DescribeCloudAssistantSettings", SettingType=["AgentUpgradeConfig", "SessionManagerConfig"])
    return sets, {**settings, "RequestId": ""}, [each.describe() for each in region.instances]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: "-".join((row.action, *row.given, row.lacks)))
def test_a_combination_of_the_table_is_refused(row: Excluded) -> None:
    region = make_region(edition="2026-10", ipv6=True)
    (instance,) = region.run_instances(1)
    known = {"InstanceId": instance.id} if row.action in ("ModifyInstanceDeployment", "RenewInstance") else {}
    if row.action == "DescribeRenewalPrice":
        known = {"ResourceId": instance.id}
    if row.action in ("RunInstances", "CreateInstance"):
        known = {"ImageId": region.defaults["image"], "InstanceType": region.defaults["instance-type"]}
    if row.action == "RunCommand":
        known = {"Type": "RunShellScript", "CommandContent": "echo 1"}
    if row.action == "InvokeCommand":
        known = {"CommandId": region.commands.create("echo 1")}
    values = {**VALUES, "deployment_set_id": region.create_deployment_set(Strategy="AvailabilityGroup").id}
    names = {each.attribute: each.name for each in implemented()[row.action].parameters.values()}
    given = {
        names[each]: values[each] if value is ANY or isinstance(value, Other) else value
        for each, value in row.given.items()
    }
    before = shown(region)
    refusal = assert_refused(row.code, lambda: region.call(row.action, **{**known, **given}))
    assert not row.lacks or names[row.lacks] in refusal.message
    assert row.why in refusal.message
    assert shown(region) == before


def test_what_the_table_does_not_have_is_taken() -> None:
    region = make_region(edition="2026-10")
    (instance,) = region.run_instances(1)
    deployment_set = region.create_deployment_set(Type="host", Affinity=1, Strategy="LowLatency")
    deployment_set.delete()
    move = {"InstanceId": instance.id, "MigrationType": "reboot"}
    region.call("ModifyInstanceDeployment", **move, DeploymentSetId=region.create_deployment_set().id)
    assert instance.describe()["DeploymentSetId"]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"DedicatedHostId": "dh-1"}, "InvalidDedicatedHostId.NotFound"),
        ({"DedicatedHostId": "dh-1", "InstanceType": "ecs.g7.large"}, "InvalidDedicatedHostId.NotFound"),
        ({"DedicatedHostId": "dh-1", "MigrationType": "live"}, "InvalidDedicatedHostId.NotFound"),
        ({"Tenancy": "host"}, "OperationDenied.NoStock"),
        ({"Tenancy": "default"}, "InvalidParam.Tenancy"),
        ({"Affinity": "host"}, "MissingParameter"),
        ({"MigrationType": "slow"}, "InvalidParameter"),
        ({"DedicatedHostClusterId": "dc-1"}, "UnsupportedParameter"),
        ({}, "MissingParameter"),
    ],
)
def test_what_asks_for_a_dedicated_host_finds_none(asked: dict[str, str], code: str) -> None:
    region = make_region(edition="2026-10")
    (instance,) = region.run_instances(1)
    before = shown(region)
    assert_refused(code, lambda: region.call("ModifyInstanceDeployment", InstanceId=instance.id, **asked))
    assert shown(region) == before


@pytest.mark.parametrize("edition", ["2019-02", "2020-12"])
def test_an_earlier_edition_has_none_of_it(edition: str) -> None:
    region = make_region(edition=edition)
    (instance,) = region.run_instances(1)
    asked = {"InstanceId": instance.id, "DeploymentSetId": region.create_deployment_set().id}
    with pytest.raises(ApiError) as refusal:
        region.call("ModifyInstanceDeployment", **asked, DedicatedHostId="dh-1")
    assert refusal.value.code == "InvalidDeploymentOnHost"
    asked["DeploymentSetId"] = "ds-nosuchset00000000000"
    assert_refused("DeploymentSet.InvalidId", lambda: region.call("ModifyInstanceDeployment", **asked))
