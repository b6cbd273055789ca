"""Launch templates: their versions, what a launch takes of them, and their listings."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest

from faultzone import ApiError, Region, assert_nothing_made, assert_refused
from faultzone_specs.words import Words

clause = pytest.mark.clause

Shown = dict[str, Any]


def create(region: Region, name: str, **parameters: object) -> str:
    """A template, by its id."""
    made = region.call("CreateLaunchTemplate", LaunchTemplateName=name, **parameters)
    assert made["LaunchTemplateVersionNumber"] == 1
    return str(made["LaunchTemplateId"])


def add(region: Region, template: str, **parameters: object) -> int:
    """Another version, by its number."""
    return int(
        region.call("CreateLaunchTemplateVersion", LaunchTemplateId=template, **parameters)[
            "LaunchTemplateVersionNumber"
        ]
    )


def templates(region: Region, **asked: object) -> list[Shown]:
    """What DescribeLaunchTemplates lists, by name."""
    found = region.call("DescribeLaunchTemplates", **asked)["LaunchTemplateSets"]["LaunchTemplateSet"]
    return sorted(found, key=lambda each: str(each["LaunchTemplateName"]))


def versions(region: Region, template: str, **asked: object) -> dict[int, Shown]:
    """What DescribeLaunchTemplateVersions lists, by number."""
    answer = region.call("DescribeLaunchTemplateVersions", LaunchTemplateId=template, **asked)
    return {each["VersionNumber"]: each for each in answer["LaunchTemplateVersionSets"]["LaunchTemplateVersionSet"]}


def launch(region: Region, **asked: object) -> Shown:
    """What one instance shows that is launched with these parameters and no others."""
    (made,) = region.call("RunInstances", **asked)["InstanceIdSets"]["InstanceIdSet"]
    return region.instance(made).describe()


def usual(region: Region) -> dict[str, object]:
    """What a launch needs at the least."""
    return {"ImageId": region.defaults["image"], "InstanceType": region.defaults["instance-type"]}


@clause("instance/template-versions")
def test_versions_are_counted_and_take_nothing_from_one_another(region: Region) -> None:
    """Deleted numbers are not given again."""
    said = Words(region)
    given = {"VersionDescription": said.text("first"), "Description": said.text("one")}
    template = create(region, "web", **given, **usual(region))
    assert add(region, template, ImageId=region.defaults["image"]) == 2
    shown = versions(region, template)
    assert {number: each["DefaultVersion"] for number, each in shown.items()} == {1: True, 2: False}
    assert shown[1]["VersionDescription"] == said.text("first")
    assert shown[2]["LaunchTemplateData"].get("Description", "") == ""
    assert shown[2]["LaunchTemplateData"].get("InstanceType", "") == ""
    region.call("DeleteLaunchTemplateVersion", LaunchTemplateId=template, DeleteVersion=[2])
    assert add(region, template) == 3


@clause("instance/template-name")
def test_the_name_of_a_template_is_written_like_others_and_taken_once(region: Region) -> None:
    """At both bounds, and a byte beyond each."""
    for name in ("w", "1web", "http://web", "https://web", "w" * 129, "we b"):
        assert_refused(
            "InvalidLaunchTemplateName.Malformed",
            partial(region.call, "CreateLaunchTemplate", LaunchTemplateName=name),
        )
    for name in ("we", "w" * 128, "网站-1:_2"):
        create(region, name)
    for name in ("we", "网站-1:_2"):
        assert_refused(
            "LaunchTemplateName.Duplicated",
            partial(region.call, "CreateLaunchTemplate", LaunchTemplateName=name),
        )
    assert len(templates(region)) == 3


@clause("instance/template-limit")
def test_an_account_has_thirty_templates(region: Region) -> None:
    """One may be made again for each that is deleted."""
    made = [create(region, f"web-{number}") for number in range(30)]
    assert_refused("LaunchTemplateLimitExceed", lambda: create(region, "web-30"))
    region.call("DeleteLaunchTemplate", LaunchTemplateId=made[0])
    create(region, "web-30")


@clause("instance/template-versions-limit")
def test_a_template_has_thirty_versions(region: Region) -> None:
    """Each template has as many."""
    template, other = create(region, "web"), create(region, "other")
    for number in range(2, 31):
        assert add(region, template) == number
    assert_refused("LaunchTemplateVersionLimitExceed", lambda: add(region, template))
    assert add(region, other) == 2


@clause("instance/template-unknown")
def test_what_is_unknown_is_refused(region: Region) -> None:
    """By a wrong id, a wrong name, a deleted template and a wrong version."""
    template, gone = create(region, "web", **usual(region)), create(region, "gone", **usual(region))
    region.call("DeleteLaunchTemplate", LaunchTemplateId=gone)
    for named in (
        {"LaunchTemplateId": "lt-nosuchtemplate"},
        {"LaunchTemplateName": "none"},
        {"LaunchTemplateId": gone},
    ):
        assert_nothing_made(region, partial(region.call, "RunInstances", **named), "InvalidLaunchTemplate.NotFound")
        for action, more in {
            "CreateLaunchTemplateVersion": {},
            "DescribeLaunchTemplateVersions": {},
            "ModifyLaunchTemplateDefaultVersion": {"DefaultVersionNumber": 1},
        }.items():
            assert_refused(
                "InvalidLaunchTemplate.NotFound",
                partial(region.call, action, **named, **more),
            )
    assert_nothing_made(
        region,
        lambda: region.call("RunInstances", LaunchTemplateId=template, LaunchTemplateVersion=2),
        "InvalidLaunchTemplateVersion.NotFound",
    )
    assert_refused(
        "InvalidLaunchTemplateVersion.NotFound",
        lambda: region.call("ModifyLaunchTemplateDefaultVersion", LaunchTemplateId=template, DefaultVersionNumber=2),
    )


@clause("instance/template-default-version")
def test_a_launch_uses_the_version_that_is_named_or_the_default(region: Region) -> None:
    """By id and by name of the template."""
    template = create(region, "web", InstanceName="first", **usual(region))
    add(region, template, InstanceName="second", **usual(region))
    add(region, template, InstanceName="third", **usual(region))
    assert launch(region, LaunchTemplateId=template)["InstanceName"] == "first"
    assert launch(region, LaunchTemplateName="web", LaunchTemplateVersion=3)["InstanceName"] == "third"
    region.call("ModifyLaunchTemplateDefaultVersion", LaunchTemplateName="web", DefaultVersionNumber=2)
    assert launch(region, LaunchTemplateName="web")["InstanceName"] == "second"
    assert launch(region, LaunchTemplateId=template, LaunchTemplateVersion=1)["InstanceName"] == "first"
    assert [number for number, each in versions(region, template).items() if each["DefaultVersion"]] == [2]


@clause("instance/template-default-version-stays")
def test_all_versions_but_the_default_can_be_deleted(region: Region) -> None:
    """One that was the default can be."""
    template = create(region, "web")
    for _ in range(3):
        add(region, template)

    def delete(*numbers: int) -> object:
        return region.call("DeleteLaunchTemplateVersion", LaunchTemplateId=template, DeleteVersion=list(numbers))

    assert_refused("InvalidOperation.DeleteDefaultVersion", lambda: delete(1))
    assert sorted(versions(region, template)) == [1, 2, 3, 4]
    region.call("ModifyLaunchTemplateDefaultVersion", LaunchTemplateId=template, DefaultVersionNumber=2)
    delete(1, 4)
    assert sorted(versions(region, template)) == [2, 3]
    region.call("DeleteLaunchTemplateVersion", LaunchTemplateName="web", DeleteVersion=[3])
    assert sorted(versions(region, template)) == [2]
    assert_refused("InvalidOperation.DeleteDefaultVersion", lambda: delete(2))


@clause("instance/template-precedence")
def test_what_the_call_gives_counts_before_the_template(region: Region) -> None:
    """Field by field of the system disk; what the call leaves out is the template's."""
    said = Words(region)
    template = create(
        region,
        "web",
        InstanceName=said.name("template"),
        HostName="kept",
        Description=said.text("template"),
        Tag=said.tags(of="template"),
        SystemDisk={"Size": 60, "Category": "cloud_ssd", "DiskName": "system"},
        **usual(region),
    )
    shown = launch(region, LaunchTemplateId=template, InstanceName=said.name("call"), SystemDisk={"Size": 80})
    assert (shown["InstanceName"], shown["HostName"], shown["Description"]) == (
        said.name("call"),
        "kept",
        said.text("template"),
    )
    assert shown["Tags"]["Tag"] == said.shown(of="template")
    (disk,) = region.call("DescribeDisks", InstanceId=shown["InstanceId"])["Disks"]["Disk"]
    assert (disk["Size"], disk["Category"], disk["DiskName"]) == (80, "cloud_ssd", "system")
    other = launch(region, LaunchTemplateId=template, Tag=said.tags(of="call"))
    assert other["Tags"]["Tag"] == said.shown(of="call")


@clause("instance/template-precedence")
def test_a_launch_has_all_that_its_template_says(region: Region) -> None:
    """Its network, its disks, its role, its protection and how it is reached."""
    vpc = region.create_instance().describe()["VpcAttributes"]["VpcId"]
    group = region.call("CreateSecurityGroup", VpcId=vpc)["SecurityGroupId"]
    template = create(
        region,
        "web",
        SecurityGroupId=group,
        InternetChargeType="PayByBandwidth",
        InternetMaxBandwidthOut=7,
        RamRoleName="reader",
        UserData="IyEvYmluL3NoCg==",
        DataDisk=[{"Size": 40, "Category": "cloud_ssd", "DiskName": "logs"}],
        **usual(region),
    )
    shown = launch(region, LaunchTemplateId=template)
    assert shown["SecurityGroupIds"]["SecurityGroupId"] == [group]
    assert (shown["InternetChargeType"], shown["InternetMaxBandwidthOut"]) == ("PayByBandwidth", 7)
    assert shown["PublicIpAddress"]["IpAddress"]
    assert region.call("DescribeUserData", InstanceId=shown["InstanceId"])["UserData"] == "IyEvYmluL3NoCg=="
    roles = region.call("DescribeInstanceRamRole", InstanceIds=json.dumps([shown["InstanceId"]]))
    (role,) = roles["InstanceRamRoleSets"]["InstanceRamRoleSet"]
    assert (role["InstanceId"], role["RamRoleName"]) == (shown["InstanceId"], "reader")
    disks = region.call("DescribeDisks", InstanceId=shown["InstanceId"], DiskType="data")["Disks"]["Disk"]
    assert [(each["Size"], each["Category"], each["DiskName"]) for each in disks] == [(40, "cloud_ssd", "logs")]
    for zone in region.zones:
        create(region, f"in-{zone}", ZoneId=zone, **usual(region))
        # A launch without a zone goes where there is most room, which is elsewhere before the third.
        assert [launch(region, LaunchTemplateName=f"in-{zone}")["ZoneId"] for _ in range(3)] == [zone] * 3
        other = launch(region, LaunchTemplateId=template, ZoneId=zone, InternetMaxBandwidthOut=0)
        assert (other["ZoneId"], other["PublicIpAddress"]["IpAddress"]) == (zone, [])


@clause("instance/template-checked-at-launch")
@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"ImageId": "nosuchimage"}, "InvalidImageId.NotFound"),
        ({"InstanceType": "ecs.nosuchtype"}, "InvalidInstanceType.ValueNotSupported"),
        ({"SecurityGroupId": "sg-nosuchgroup"}, "InvalidSecurityGroupId.NotFound"),
        ({"VSwitchId": "vsw-nosuchswitch"}, "InvalidVSwitchId.NotFound"),
    ],
)
def test_what_a_template_names_is_looked_for_by_a_launch(region: Region, wrong: dict[str, str], code: str) -> None:
    """A call that names what there is helps, unless the template's other value still counts."""
    template = create(region, "web", **{**usual(region), **wrong})
    assert_nothing_made(region, lambda: region.call("RunInstances", LaunchTemplateId=template), code)
    right = {name: value for name, value in usual(region).items() if name in wrong}
    if right:
        assert launch(region, LaunchTemplateId=template, **right)["Status"]


@clause("instance/template-listing")
def test_templates_are_listed_by_id_and_by_name_in_pages(region: Region) -> None:
    """With the numbers of their versions."""
    ids = {name: create(region, name) for name in ("one", "three", "two")}
    add(region, ids["two"])
    add(region, ids["two"])
    region.call("ModifyLaunchTemplateDefaultVersion", LaunchTemplateId=ids["two"], DefaultVersionNumber=2)
    shown = templates(region)
    assert {each["LaunchTemplateName"]: each["LaunchTemplateId"] for each in shown} == ids
    numbers = [(each["DefaultVersionNumber"], each["LatestVersionNumber"]) for each in shown]
    assert numbers == [(1, 1), (1, 1), (2, 3)]
    assert all(each["CreateTime"] <= each["ModifiedTime"] for each in shown)
    by_id = templates(region, LaunchTemplateId=[ids["one"], ids["two"]])
    assert [each["LaunchTemplateName"] for each in by_id] == ["one", "two"]
    by_name = templates(region, LaunchTemplateName=["three", "two"])
    assert [each["LaunchTemplateName"] for each in by_name] == ["three", "two"]
    assert templates(region, LaunchTemplateName=["tw"]) == []
    pages = [region.call("DescribeLaunchTemplates", PageNumber=number, PageSize=2) for number in (1, 2, 3)]
    assert [(each["TotalCount"], each["PageNumber"], each["PageSize"]) for each in pages] == [
        (3, 1, 2),
        (3, 2, 2),
        (3, 3, 2),
    ]
    sets = [each["LaunchTemplateSets"]["LaunchTemplateSet"] for each in pages]
    assert [len(each) for each in sets] == [2, 1, 0]
    assert sorted(each["LaunchTemplateName"] for page in sets for each in page) == ["one", "three", "two"]


@clause("instance/template-versions-listing")
def test_versions_are_listed_as_they_were_given(region: Region) -> None:
    """Every parameter comes back under its name; one that was not given has no value."""
    given = {
        "InstanceName": "web",
        "HostName": "host",
        "Description": "an instance",
        "ZoneId": region.zones[0],
        "InternetMaxBandwidthOut": 5,
        "InstanceChargeType": "PostPaid",
        "SpotStrategy": "SpotWithPriceLimit",
        "SpotPriceLimit": 0.5,
        "UserData": "IyEvYmluL3NoCg==",
        "DeploymentSetId": "ds-nosuchset",
        **usual(region),
    }
    disk = {"Size": 40, "Category": "cloud_ssd", "DiskName": "data", "DeleteWithInstance": False}
    template = create(
        region, "web", SystemDisk={"Size": 60}, DataDisk=[disk], Tag=[{"Key": "a", "Value": "b"}], **given
    )
    data = versions(region, template)[1]["LaunchTemplateData"]
    assert {name: data.get(name) for name in given} == given
    assert data["SystemDisk.Size"] == 60
    assert [{name: shown[name] for name in disk} for shown in data["DataDisks"]["DataDisk"]] == [disk]
    assert data["Tags"]["InstanceTag"] == [{"Key": "a", "Value": "b"}]
    assert not data.get("KeyPairName")
    assert not data.get("Password")


@clause("instance/template-versions-listing")
def test_a_further_version_is_listed_as_it_was_given(region: Region) -> None:
    """With what says where its instances are, how they are reached and paid."""
    given = {
        "ImageOwnerAlias": "system",
        "NetworkType": "vpc",
        "VpcId": "vpc-nosuchvpc",
        "VSwitchId": "vsw-nosuchswitch",
        "SecurityGroupId": "sg-nosuchgroup",
        "PrivateIpAddress": "10.0.0.77",
        "KeyPairName": "nobody's",
        "RamRoleName": "reader",
        "InternetChargeType": "PayByTraffic",
        "InternetMaxBandwidthIn": 10,
        "InternetMaxBandwidthOut": 7,
        "IoOptimized": "optimized",
        "AutoReleaseTime": "2030-01-01T00:00:00Z",
        "InstanceChargeType": "PrePaid",
        "Period": 2,
        "HostName": "host",
        "UserData": "IyEvYmluL3NoCg==",
    }
    template = create(region, "web")
    number = add(region, template, VersionDescription="all of it", **given)
    shown = versions(region, template)[number]
    assert (shown["VersionDescription"], shown["LaunchTemplateId"], shown["DefaultVersion"]) == (
        "all of it",
        template,
        False,
    )
    data = shown["LaunchTemplateData"]
    assert {name: data.get(name) for name in given} == given
    first = versions(region, template)[1]["LaunchTemplateData"]
    assert not any(first.get(name) for name in given)


@clause("instance/template-versions-listing")
def test_versions_are_listed_by_number_and_in_pages(region: Region) -> None:
    """One by one, from one to another, and the default one."""
    template, other = create(region, "web"), create(region, "other")
    for _ in range(4):
        add(region, template)
    add(region, other)
    region.call("ModifyLaunchTemplateDefaultVersion", LaunchTemplateId=template, DefaultVersionNumber=3)
    assert sorted(versions(region, template)) == [1, 2, 3, 4, 5]
    assert sorted(versions(region, template, LaunchTemplateVersion=[2, 5, 9])) == [2, 5]
    assert sorted(versions(region, template, MinVersion=2, MaxVersion=4)) == [2, 3, 4]
    assert sorted(versions(region, template, MinVersion=4)) == [4, 5]
    assert sorted(versions(region, template, MaxVersion=1)) == [1]
    assert sorted(versions(region, template, DefaultVersion=True)) == [3]
    asked = {"LaunchTemplateId": template, "PageSize": 2}
    pages = [region.call("DescribeLaunchTemplateVersions", PageNumber=number, **asked) for number in (1, 2, 3)]
    assert [(each["TotalCount"], each["PageNumber"], each["PageSize"]) for each in pages] == [
        (5, 1, 2),
        (5, 2, 2),
        (5, 3, 2),
    ]
    sets = [each["LaunchTemplateVersionSets"]["LaunchTemplateVersionSet"] for each in pages]
    assert [len(each) for each in sets] == [2, 2, 1]
    assert sorted(each["VersionNumber"] for page in sets for each in page) == [1, 2, 3, 4, 5]


@clause("instance/template-detail")
def test_the_data_of_versions_can_be_left_out(region: Region) -> None:
    """What is said of the version itself stays."""
    template = create(region, "web", VersionDescription="the first", ImageId=region.defaults["image"])
    for flag, detailed in ((None, True), (True, True), (False, False)):
        shown = versions(region, template, **({} if flag is None else {"DetailFlag": flag}))[1]
        assert bool(shown.get("LaunchTemplateData")) is detailed
        assert (shown["VersionDescription"], shown["LaunchTemplateName"]) == ("the first", "web")


@clause("instance/template-delete")
def test_a_template_goes_with_its_versions_and_without_its_instances(region: Region) -> None:
    """By id and by name; the name is free then."""
    template = create(region, "web", InstanceName="web", **usual(region))
    create(region, "other")
    add(region, template)
    made = launch(region, LaunchTemplateId=template)
    region.call("DeleteLaunchTemplate", LaunchTemplateId=template)
    assert [each["LaunchTemplateName"] for each in templates(region)] == ["other"]
    with pytest.raises(ApiError):
        versions(region, template)
    assert region.instance(made["InstanceId"]).describe()["InstanceName"] == "web"
    assert create(region, "web") != template
    region.call("DeleteLaunchTemplate", LaunchTemplateName="other")
    assert [each["LaunchTemplateName"] for each in templates(region)] == ["web"]
