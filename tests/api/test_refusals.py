"""Refusals that no other test names: of what, and with which code."""

from __future__ import annotations

from typing import Any

import pytest

from faultzone import Region, assert_refused, make_region
from faultzone.editions import load


@pytest.fixture
def region() -> Region:
    return make_region(zones=2)


def template(region: Region, name: str = "web") -> dict[str, str]:
    kept = {"ImageId": region.defaults["image"], "InstanceType": "ecs.g5.large"}
    made = region.call("CreateLaunchTemplate", LaunchTemplateName=name, **kept)
    return {"LaunchTemplateId": made["LaunchTemplateId"]}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"InstanceType": "ecs.g5.none"}, "InvalidInstanceType.ValueNotSupported"),
        ({"Amount": 2, "MinAmount": 3}, "InvalidMinAmount.Malformed"),
        ({"MinAmount": 0}, "InvalidMinAmount.Malformed"),
        ({"VSwitchId": "vsw-none"}, "InvalidVSwitchId.NotFound"),
        ({"UserData": "echo hello"}, "InvalidUserData.Base64FormatInvalid"),
        ({"ClientToken": "é"}, "InvalidClientToken.ValueNotSupported"),
        ({"ClientToken": "t" * 65}, "InvalidClientToken.ValueNotSupported"),
    ],
)
def test_a_launch_that_cannot_be(region: Region, given: dict[str, Any], code: str) -> None:
    launch = {"ImageId": region.defaults["image"], "InstanceType": "ecs.g5.large", **given}
    assert_refused(code, lambda: region.call("RunInstances", **launch))
    assert region.instances == []


def test_a_switch_of_another_zone(region: Region) -> None:
    one, two = region.call("DescribeVSwitches")["VSwitches"]["VSwitch"]
    launch = {"ZoneId": one["ZoneId"], "VSwitchId": two["VSwitchId"], "DryRun": True}
    assert_refused("InvalidParameter.NotMatch", lambda: region.run_instances(**launch))
    assert_refused("DryRunOperation", lambda: region.run_instances(**{**launch, "ZoneId": two["ZoneId"]}))


@pytest.mark.parametrize("action", ["CreateDeploymentSet", "DescribeDeploymentSets"])
@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"Domain": "nowhere"}, "InvalidParameter.Domain"),
        ({"Granularity": "rack"}, "InvalidParameter.granularity"),
        ({"Strategy": "none"}, "InvalidParameter.Strategy"),
    ],
)
def test_sets_of_another_kind(region: Region, action: str, given: dict[str, str], code: str) -> None:
    assert_refused(code, lambda: region.call(action, **given))


@pytest.mark.parametrize("name", ["1web", "http://web", "w"])
def test_names_of_sets_and_templates(region: Region, name: str) -> None:
    group = region.create_deployment_set()
    named: dict[str, Any] = {"DeploymentSetName": name}
    code = "InvalidDeploymentSetName.Malformed"
    assert_refused(code, lambda: region.call("CreateDeploymentSet", **named))
    assert_refused(code, lambda: region.call("ModifyDeploymentSetAttribute", DeploymentSetId=group.id, **named))
    assert_refused("InvalidLaunchTemplateName.Malformed", lambda: template(region, name))


def test_a_version_of_a_template_that_there_is_not(region: Region) -> None:
    launch: dict[str, Any] = template(region)
    code = "InvalidLaunchTemplateVersion.NotFound"
    assert_refused(code, lambda: region.call("RunInstances", LaunchTemplateVersion=2, **launch))
    region.call("RunInstances", LaunchTemplateVersion=1, **launch)


def test_more_templates_than_an_account_may_have() -> None:
    region = make_region(edition=load().changed({"instance.launch_templates": 2}))
    template(region, "one")
    template(region, "two")
    assert_refused("LaunchTemplateLimitExceed", lambda: template(region, "three"))


@pytest.mark.parametrize("action", ["DescribeAvailableResource", "DescribeImages"])
def test_types_that_nothing_is_known_of(region: Region, action: str) -> None:
    asked = {"InstanceType": "ecs.g5.none"}
    if action == "DescribeAvailableResource":
        asked["DestinationResource"] = "InstanceType"
    assert_refused("InvalidInstanceType.ValueNotSupported", lambda: region.call(action, **asked))


def test_a_command_in_the_classic_network() -> None:
    region = make_region(default_network=False)
    (instance,) = region.run_instances(1)
    assert_refused("InvalidInstance.NotVpc", lambda: region.run_command("echo 1", on=instance))
