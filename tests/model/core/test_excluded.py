"""What is near the combinations of tests/api/combinations.toml: what is taken, and dedicated hosts."""

from __future__ import annotations

from typing import Any

import pytest

from faultzone import ApiError, Region, assert_refused, make_region


def shown(region: Region) -> Any:
    sets = region.call("DescribeDeploymentSets")["DeploymentSets"]
    settings = region.call("DescribeCloudAssistantSettings", SettingType=["AgentUpgradeConfig", "SessionManagerConfig"])
    return sets, {**settings, "RequestId": ""}, [each.describe() for each in region.instances]


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
