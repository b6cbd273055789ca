"""Resource groups and tag filters in October 2026: what is put into a group, moved, and found by it."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from faultzone import Instance, Region, assert_nothing_made, assert_refused, one
from faultzone_specs.events import history_ids, simulate
from faultzone_specs.groups import NO_GROUP, make_group
from faultzone_specs.words import Words

clause, needs = pytest.mark.clause, pytest.mark.needs


def found(region: Region, action: str, **filters: object) -> list[dict[str, Any]]:
    """What a listing shows."""
    (listed,) = (each for each in region.call(action, **filters).values() if isinstance(each, dict))
    (items,) = listed.values()
    return list(items)


def groups_shown(region: Region, instance: Instance) -> dict[str, str]:
    """In which group an instance, its disks and its network interface are shown, by kind."""
    (card,) = found(region, "DescribeNetworkInterfaces", InstanceId=instance.id)
    disks = found(region, "DescribeDisks", InstanceId=instance.id)
    shown = {"instance": instance.describe()["ResourceGroupId"], "eni": card["ResourceGroupId"]}
    return shown | {str(each["Type"]): each["ResourceGroupId"] for each in disks}


def ids_in(region: Region, group: str) -> tuple[list[str], list[str], list[str]]:
    """The instances, the types of the disks, and the instances of the network interfaces that are found in a group."""
    return (
        [each["InstanceId"] for each in found(region, "DescribeInstances", ResourceGroupId=group)],
        sorted(each["Type"] for each in found(region, "DescribeDisks", ResourceGroupId=group)),
        [each["InstanceId"] for each in found(region, "DescribeNetworkInterfaces", ResourceGroupId=group)],
    )


@clause("instance/resource-group")
@needs("change-account")
@pytest.mark.parametrize("action", ["RunInstances", "CreateInstance"])
def test_a_launch_puts_what_it_makes_into_a_group(region: Region, action: str) -> None:
    """The instance, its disks and its network interface, and nothing else."""
    web, db = make_group(region, "web"), make_group(region, "db")
    asked: dict[str, Any] = {"ResourceGroupId": web, "DataDisk": [{"Size": 40}], "wait": False}
    launch = region.run_instances if action == "RunInstances" else region.create_instance
    made = launch(**asked)
    instance = made if isinstance(made, Instance) else one(made)
    other = region.create_instance(wait=False)
    assert groups_shown(region, instance) == dict.fromkeys(("instance", "eni", "system", "data"), web)
    assert web not in groups_shown(region, other).values()
    assert ids_in(region, web) == ([instance.id], ["data", "system"], [instance.id])
    assert ids_in(region, db) == ([], [], [])


@clause("instance/resource-group")
@needs("change-account")
def test_security_groups_and_templates_are_put_into_a_group(region: Region) -> None:
    """And found by it."""
    web, db = make_group(region, "web"), make_group(region, "db")
    security_group = region.call("CreateSecurityGroup", ResourceGroupId=web)["SecurityGroupId"]
    template = region.call("CreateLaunchTemplate", LaunchTemplateName="web", TemplateResourceGroupId=web)
    shown = found(region, "DescribeSecurityGroups", ResourceGroupId=web)
    assert [(each["SecurityGroupId"], each["ResourceGroupId"]) for each in shown] == [(security_group, web)]
    shown = found(region, "DescribeLaunchTemplates", TemplateResourceGroupId=web)
    named = [(each["LaunchTemplateId"], each["ResourceGroupId"]) for each in shown]
    assert named == [(template["LaunchTemplateId"], web)]
    assert found(region, "DescribeSecurityGroups", ResourceGroupId=db) == []
    assert found(region, "DescribeLaunchTemplates", TemplateResourceGroupId=db) == []


@clause("instance/resource-group")
@needs("change-account")
def test_the_history_of_the_instances_of_a_group(region: Region) -> None:
    """And of no others."""
    web, db = make_group(region, "web"), make_group(region, "db")
    (instance,) = region.run_instances(1, wait=False, ResourceGroupId=web)
    (planned, _) = simulate(region, instance, one(region.run_instances(1, wait=False)))
    assert history_ids(region, EventCycleStatus="Scheduled", ResourceGroupId=web) == {planned}
    assert history_ids(region, EventCycleStatus="Scheduled", ResourceGroupId=db) == set()


@clause("instance/resource-group")
def test_nothing_is_put_into_a_group_that_there_is_not(region: Region) -> None:
    """It is refused, and nothing is made."""
    code = "InvalidResourceGroup.NotFound"
    for launch in (region.run_instances, region.create_instance):
        assert_nothing_made(region, partial(launch, wait=False, ResourceGroupId=NO_GROUP), code)
    before = found(region, "DescribeSecurityGroups")
    assert_refused(code, partial(region.call, "CreateSecurityGroup", ResourceGroupId=NO_GROUP))
    assert found(region, "DescribeSecurityGroups") == before
    template = {"LaunchTemplateName": "web", "TemplateResourceGroupId": NO_GROUP}
    assert_refused(code, partial(region.call, "CreateLaunchTemplate", **template))
    assert found(region, "DescribeLaunchTemplates", LaunchTemplateName=["web"]) == []


def join(region: Region, group: str, kind: str, id: str) -> None:
    """Move a resource."""
    region.call("JoinResourceGroup", ResourceGroupId=group, ResourceType=kind, ResourceId=id)


@clause("instance/join-resource-group")
@needs("change-account")
def test_an_instance_and_its_parts_are_moved_each_by_itself(region: Region) -> None:
    """The others stay where they are."""
    web, db = make_group(region, "web"), make_group(region, "db")
    (instance,) = region.run_instances(1, wait=False, DataDisk=[{"Size": 40}], ResourceGroupId=web)
    (card,) = found(region, "DescribeNetworkInterfaces", InstanceId=instance.id)
    ids = {each["Type"]: each["DiskId"] for each in found(region, "DescribeDisks", InstanceId=instance.id)}
    ids |= {"instance": instance.id, "eni": card["NetworkInterfaceId"]}
    expected = dict.fromkeys(ids, web)
    for kind in ("data", "eni", "instance", "system"):
        join(region, db, "disk" if kind in ("data", "system") else kind, ids[kind])
        expected[kind] = db
        assert groups_shown(region, instance) == expected
    assert ids_in(region, db) == ([instance.id], ["data", "system"], [instance.id])
    assert ids_in(region, web) == ([], [], [])
    join(region, web, "instance", instance.id)
    assert (ids_in(region, web), ids_in(region, db)[0]) == (([instance.id], [], []), [])


@clause("instance/join-resource-group")
@needs("change-account")
def test_other_resources_are_moved(region: Region) -> None:
    """Security groups, launch templates, commands and activations."""
    web = make_group(region, "web")
    security_group = region.call("CreateSecurityGroup")["SecurityGroupId"]
    template = region.call("CreateLaunchTemplate", LaunchTemplateName="web")["LaunchTemplateId"]
    command = region.commands.create("echo 1")
    activation = region.call("CreateActivation")["ActivationId"]
    for kind, id in (
        ("securitygroup", security_group),
        ("launchtemplate", template),
        ("command", command),
        ("activation", activation),
    ):
        join(region, web, kind, id)
    shown = {each["SecurityGroupId"]: each["ResourceGroupId"] for each in found(region, "DescribeSecurityGroups")} | {
        each["LaunchTemplateId"]: each["ResourceGroupId"] for each in found(region, "DescribeLaunchTemplates")
    }
    shown[command] = one(found(region, "DescribeCommands", CommandId=command))["ResourceGroupId"]
    shown[activation] = one(region.call("DescribeActivations", ActivationId=activation)["ActivationList"])[
        "ResourceGroupId"
    ]
    assert {id for id, group in shown.items() if group == web} == {security_group, template, command, activation}


@clause("instance/join-resource-group")
@needs("change-account")
def test_what_there_is_not_cannot_be_moved(region: Region) -> None:
    """Nor into a group that there is not; nothing moves then."""
    web = make_group(region, "web")
    (instance,) = region.run_instances(1, wait=False, ResourceGroupId=web)
    assert_refused("InvalidResourceGroup.NotFound", partial(join, region, NO_GROUP, "instance", instance.id))
    kinds = "instance disk eni securitygroup launchtemplate command activation managedinstance keypair snapshot image"
    for kind in kinds.split():
        assert_refused("InvalidResourceId.NotFound", partial(join, region, web, kind, "no-such-thing-0"))
    assert_refused("InvalidResourceType.NotFound", partial(join, region, web, "Instance", instance.id))
    assert groups_shown(region, instance) == dict.fromkeys(("instance", "eni", "system"), web)


@clause("instance/tag-filter")
@pytest.mark.parametrize("kind", ["instance", "securitygroup"])
def test_tags_are_listed_by_a_filter_of_values(region: Region, kind: str) -> None:
    """Of what has a tag with one of the values, or with the key where there is none; several filters add up."""

    said = Words(region)

    def tagged(env: str, team: str) -> str:
        tags = said.tags(env=env, team=team)
        if kind == "instance":
            return one(region.run_instances(1, wait=False, Tag=tags)).id
        made: str = region.call("CreateSecurityGroup", Tag=tags)["SecurityGroupId"]
        return made

    a, b, c = tagged("dev", "red"), tagged("test", "blue"), tagged("live", "red")

    def listed(**wanted: list[str]) -> set[str]:
        filters = [
            {"TagKey": said.key(key)} | ({"TagValues": [said.value(each) for each in values]} if values else {})
            for key, values in wanted.items()
        ]
        answer = region.call("ListTagResources", ResourceType=kind, TagFilter=filters)
        return {each["ResourceId"] for each in answer["TagResources"]["TagResource"]}

    assert listed(env=["dev", "test"]) == {a, b}
    assert listed(env=["live"]) == {c}
    assert listed(env=[]) == {a, b, c}
    assert listed(env=["dev", "test"], team=["red"]) == {a}
    assert listed(owner=[]) == set()


@clause("instance/tag-filter")
@pytest.mark.parametrize("kind", ["instance", "securitygroup"])
def test_a_star_of_a_filter_stands_for_any_text(region: Region, kind: str) -> None:
    """In a key that has no values, or in a value; what is asked by tags besides is refused."""
    said = Words(region)

    def tagged(env: str) -> str:
        tags = said.tags(env=env)
        if kind == "instance":
            return one(region.run_instances(1, wait=False, Tag=tags)).id
        made: str = region.call("CreateSecurityGroup", Tag=tags)["SecurityGroupId"]
        return made

    dev, live = tagged("dev"), tagged("live")
    key, value = said.key("env"), said.value("dev")

    def listed(**wanted: object) -> set[str]:
        answer = region.call("ListTagResources", ResourceType=kind, TagFilter=[wanted])
        return {each["ResourceId"] for each in answer["TagResources"]["TagResource"]}

    assert listed(TagKey=f"{key[:-1]}*") == listed(TagKey=f"*{key[1:]}") == {dev, live}
    assert listed(TagKey=f"{key}x*") == set()
    assert listed(TagKey=key, TagValues=[f"{value[:-1]}*"]) == listed(TagKey=key, TagValues=[f"*{value[1:]}"]) == {dev}
    assert listed(TagKey=key, TagValues=["*"]) == {dev, live}
    asked = partial(region.call, "ListTagResources", ResourceType=kind)
    assert_refused("InvalidParameter", lambda: asked(TagFilter=[{"TagKey": f"{key}*", "TagValues": [value]}]))
    assert_refused("InvalidParameter.Conflict", lambda: asked(TagFilter=[{"TagKey": key}], Tag=[{"Key": key}]))


@clause("instance/default-resource-group")
@needs("change-account")
def test_without_a_group_nothing_is_shown(region: Region) -> None:
    """Nor of what has come back from another."""
    (instance,) = region.run_instances(1, wait=False, DataDisk=[{"Size": 40}])
    assert groups_shown(region, instance) == dict.fromkeys(("instance", "eni", "system", "data"), "")
    security_group = region.call("CreateSecurityGroup")["SecurityGroupId"]
    template = region.call("CreateLaunchTemplate", LaunchTemplateName="web")["LaunchTemplateId"]
    command = region.commands.create("echo 1")

    def shown() -> list[str]:
        groups = {each["SecurityGroupId"]: each for each in found(region, "DescribeSecurityGroups")}
        (made,) = found(region, "DescribeLaunchTemplates")
        (kept,) = found(region, "DescribeCommands")
        return [each["ResourceGroupId"] for each in (groups[security_group], made, kept)]

    assert shown() == ["", "", ""]
    web, default = make_group(region, "web"), default_group(region)
    assert web != default
    made = {"instance": instance.id, "securitygroup": security_group, "launchtemplate": template, "command": command}
    for kind, id in made.items():
        join(region, web, kind, id)
    assert [*shown(), groups_shown(region, instance)["instance"]] == [web] * 4
    for kind, id in made.items():
        join(region, default, kind, id)
    assert {*shown(), groups_shown(region, instance)["instance"]} <= {"", default}
    assert ids_in(region, web) == ([], [], [])
    back = region.create_instance(wait=False, ResourceGroupId=default)
    assert set(groups_shown(region, back).values()) <= {"", default}


def default_group(region: Region) -> str:
    """The id of the default resource group."""
    (groups,) = region.call("ListResourceGroups", "resourcemanager", Name="default")["ResourceGroups"].values()
    (group,) = (each for each in groups if each["Name"] == "default")
    return str(group["Id"])


@clause("instance/security-group-in-use")
def test_a_security_group_that_is_used_is_not_deleted(region: Region) -> None:
    """By an instance, or by a network interface of one alone."""
    first, second, free = (str(region.call("CreateSecurityGroup")["SecurityGroupId"]) for _ in range(3))
    card = [{"InstanceType": "Secondary", "SecurityGroupId": second}]
    (instance,) = region.run_instances(1, SecurityGroupId=first, NetworkInterface=card, InstanceType="ecs.g6.xlarge")

    def groups() -> set[str]:
        return {each["SecurityGroupId"] for each in found(region, "DescribeSecurityGroups")} & {first, second, free}

    for used in (first, second):
        assert_refused("DependencyViolation", partial(region.call, "DeleteSecurityGroup", SecurityGroupId=used))
    region.call("DeleteSecurityGroup", SecurityGroupId=free)
    assert groups() == {first, second}
    instance.delete(force=True)
    for used in (first, second):
        region.call("DeleteSecurityGroup", SecurityGroupId=used)
    assert groups() == set()
