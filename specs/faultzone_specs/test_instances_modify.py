"""Instances: their security groups, roles, metadata options and hardware, as they may be changed in October 2026."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest

from faultzone import Instance, Region, assert_refused
from faultzone_specs.observing import listed, refusal_of, refused_unchanged

clause, needs = pytest.mark.clause, pytest.mark.needs


def changed(instance: Instance, **attributes: object) -> dict[str, Any]:
    """What an instance shows of itself after a change of attributes."""
    instance.region.call("ModifyInstanceAttribute", InstanceId=instance.id, **attributes)
    return instance.describe()


def security_group(region: Region, **asked: object) -> str:
    """A new security group."""
    return str(region.call("CreateSecurityGroup", **asked)["SecurityGroupId"])


def groups_of(instance: Instance) -> list[str]:
    """The security groups that an instance is in."""
    return sorted(instance.describe()["SecurityGroupIds"]["SecurityGroupId"])


# Security groups


@clause("instance/modify-security-groups")
def test_the_named_groups_are_all_that_it_is_in(region: Region) -> None:
    """Those before are left, and found no longer."""
    first, second, third = (security_group(region) for _ in range(3))
    (instance,) = region.run_instances(SecurityGroupId=first)
    changed(instance, SecurityGroupIds=[second, third])
    assert groups_of(instance) == sorted([second, third])
    assert [listed(region, [instance], SecurityGroupId=each) for each in (first, second, third)] == [
        set(),
        {instance.id},
        {instance.id},
    ]
    changed(instance, SecurityGroupIds=[third])
    assert groups_of(instance) == [third]
    region.call("DeleteSecurityGroup", SecurityGroupId=second)


@clause("instance/modify-security-groups")
def test_groups_that_cannot_be_change_nothing(region: Region) -> None:
    """One unknown, one twice, two types, and more than five."""
    instance = region.create_instance(SecurityGroupId=security_group(region))
    group = security_group(region)
    enterprise = security_group(region, SecurityGroupType="enterprise")
    refused = partial(refused_unchanged, instance, "ModifyInstanceAttribute")
    refused("InvalidSecurityGroupId.NotFound", SecurityGroupIds=[group, "sg-nosuch"], InstanceName="renamed")
    before = instance.describe()
    for wrong in ([group, group], [group, enterprise], [security_group(region) for _ in range(6)]):
        with pytest.raises(Exception, match=r"\(4\d\d\)"):
            changed(instance, SecurityGroupIds=wrong, InstanceName="renamed")
        assert instance.describe() == before


@clause("instance/join-security-group")
def test_a_group_is_joined(region: Region) -> None:
    """Besides those that it is in, Running or Stopped."""
    for instance in (*region.run_instances(), region.create_instance()):
        before, group = groups_of(instance), security_group(region)
        region.call("JoinSecurityGroup", InstanceId=instance.id, SecurityGroupId=group)
        assert groups_of(instance) == sorted([*before, group])


@clause("instance/join-security-group")
def test_a_group_is_not_joined_twice(region: Region) -> None:
    """Nor one that there is not, nor by an instance that there is not."""
    instance, group = region.create_instance(), security_group(region)
    region.call("JoinSecurityGroup", InstanceId=instance.id, SecurityGroupId=group)
    refused = partial(refused_unchanged, instance, "JoinSecurityGroup")
    refused("InvalidInstanceId.AlreadyExists", SecurityGroupId=group)
    refused("InvalidSecurityGroupId.NotFound", SecurityGroupId="sg-nosuch")
    call = partial(region.call, "JoinSecurityGroup", InstanceId="i-nosuch", SecurityGroupId=group)
    assert_refused("InvalidInstanceId.NotFound", call)


@pytest.mark.parametrize(
    "action",
    [
        pytest.param("JoinSecurityGroup", marks=clause("instance/join-security-group")),
        pytest.param("LeaveSecurityGroup", marks=clause("instance/leave-security-group")),
    ],
)
@needs("move-time")
def test_a_transitional_state_keeps_its_groups(region: Region, action: str) -> None:
    """From Pending to Stopping."""
    (instance,), group = region.run_instances(wait=False), security_group(region)
    if action == "LeaveSecurityGroup":
        region.call("ModifyInstanceAttribute", InstanceId=instance.id, SecurityGroupIds=[*groups_of(instance), group])
    for status in ("Pending", "Starting", "Stopping"):
        if status == "Stopping":
            instance.wait_until("Running").stop(wait=False)
        instance.wait_until(status)
        refused_unchanged(instance, action, "IncorrectInstanceStatus", SecurityGroupId=group)


@clause("instance/leave-security-group")
def test_a_group_is_left(region: Region) -> None:
    """But not the last one."""
    for instance in (*region.run_instances(), region.create_instance()):
        (first,), group = groups_of(instance), security_group(region)
        region.call("JoinSecurityGroup", InstanceId=instance.id, SecurityGroupId=group)
        region.call("LeaveSecurityGroup", InstanceId=instance.id, SecurityGroupId=first)
        assert groups_of(instance) == [group]
        with pytest.raises(Exception, match=r"\(4\d\d\)"):
            region.call("LeaveSecurityGroup", InstanceId=instance.id, SecurityGroupId=group)
        refused = partial(refused_unchanged, instance, "LeaveSecurityGroup")
        refused("InvalidSecurityGroupAssociation.NotFound", SecurityGroupId=first)
        refused("InvalidSecurityGroupId.NotFound", SecurityGroupId="sg-nosuch")
        assert groups_of(instance) == [group]


def cards_of(region: Region, instance: Instance) -> dict[str, tuple[str, list[str]]]:
    """The type of each network interface of an instance, and the security groups that it is in, by its id."""
    shown = region.describe(
        "DescribeNetworkInterfaces", "NetworkInterfaceSets", "NetworkInterfaceSet", InstanceId=instance.id
    )
    return {
        each["NetworkInterfaceId"]: (each["Type"], sorted(each["SecurityGroupIds"]["SecurityGroupId"]))
        for each in shown
    }


@clause("instance/security-groups-of-interfaces")
def test_a_network_interface_joins_and_leaves_groups(region: Region) -> None:
    """The others, and the instance of a secondary one, stay in theirs."""
    first, second = security_group(region), security_group(region)
    cards = [{"InstanceType": "Secondary"}] * 2
    (instance,) = region.run_instances(1, instance_type="ecs.g6.2xlarge", NetworkInterface=cards, SecurityGroupId=first)
    ids = {kind: [id for id, (type, _) in cards_of(region, instance).items() if type == kind]
           for kind in ("Primary", "Secondary")}  # fmt: skip
    (primary,), (chosen, other) = ids["Primary"], ids["Secondary"]

    def groups() -> list[list[str]]:
        shown = cards_of(region, instance)
        return [groups_of(instance), *(shown[each][1] for each in (primary, chosen, other))]

    one, both = [first], sorted([first, second])
    assert groups() == [one, one, one, one]
    join = partial(region.call, "JoinSecurityGroup", SecurityGroupId=second)
    leave = partial(region.call, "LeaveSecurityGroup", SecurityGroupId=first)
    join(NetworkInterfaceId=chosen)
    assert groups() == [one, one, both, one]
    leave(NetworkInterfaceId=chosen)
    assert groups() == [one, one, [second], one]
    join(NetworkInterfaceId=primary)
    assert groups() == [both, both, [second], one]
    for call in (partial(join, SecurityGroupId=security_group(region)), leave, partial(leave, SecurityGroupId=second)):
        for card in (chosen, other):
            assert refusal_of(partial(call, NetworkInterfaceId=card, InstanceId=instance.id)) is not None
    assert groups() == [both, both, [second], one]
    leave(NetworkInterfaceId=primary)
    assert groups() == [[second], [second], [second], one]
    for call, wrong in (
        (join, {"NetworkInterfaceId": chosen}),  # It is there already.
        (leave, {"NetworkInterfaceId": other}),  # The last one of its own.
        (leave, {"NetworkInterfaceId": chosen}),
        (join, {"NetworkInterfaceId": "eni-nosuch"}),
        (join, {"NetworkInterfaceId": f"{chosen}0"}),
        (join, {}),
        (leave, {}),
    ):
        assert refusal_of(partial(call, **wrong)) is not None, wrong
    assert groups() == [[second], [second], [second], one]


# Roles


def roles(region: Region, *instances: Instance) -> list[str]:
    """The roles that instances have."""
    shown = region.call("DescribeInstanceRamRole", InstanceIds=json.dumps([each.id for each in instances]))
    found = {each["InstanceId"]: each["RamRoleName"] for each in shown["InstanceRamRoleSets"]["InstanceRamRoleSet"]}
    return [found.get(each.id, "") for each in instances]


def told(answer: dict[str, Any], action: str, *instances: Instance) -> list[dict[str, Any]]:
    """What is answered for each instance; the counts agree with it."""
    results = answer[f"{action}Results"][f"{action}Result"]
    by_id = {each["InstanceId"]: each for each in results}
    assert sorted(each["InstanceId"] for each in results) == sorted(each.id for each in instances)
    assert answer["TotalCount"] == len(results)
    assert answer["FailCount"] == sum(each["Code"] != "200" for each in results)
    assert all(each["Success"] == (each["Code"] == "200") for each in results)
    return [by_id[each.id] for each in instances]


@clause("instance/attach-role")
def test_each_is_given_the_role(region: Region) -> None:
    """Whatever its state."""
    (running,), stopped = region.run_instances(), region.create_instance()
    ids = json.dumps([running.id, stopped.id])
    answer = region.call("AttachInstanceRamRole", InstanceIds=ids, RamRoleName="reader")
    assert answer["RamRoleName"] == "reader"
    assert [each["Code"] for each in told(answer, "AttachInstanceRamRole", running, stopped)] == ["200", "200"]
    assert roles(region, running, stopped) == ["reader", "reader"]


@clause("instance/attach-role")
def test_an_instance_keeps_the_role_that_it_has(region: Region) -> None:
    """The others are given theirs all the same."""
    (taken,), (free,) = region.run_instances(RamRoleName="writer"), region.run_instances()
    ids = json.dumps([taken.id, free.id])
    answer = region.call("AttachInstanceRamRole", InstanceIds=ids, RamRoleName="reader")
    failed, done = told(answer, "AttachInstanceRamRole", taken, free)
    assert (failed["Code"] == "200", done["Code"], answer["FailCount"], answer["TotalCount"]) == (False, "200", 1, 2)
    assert roles(region, taken, free) == ["writer", "reader"]


@clause("instance/detach-role")
def test_the_named_role_is_taken(region: Region) -> None:
    """And no other."""
    (reader,), (writer,) = region.run_instances(RamRoleName="reader"), region.run_instances(RamRoleName="writer")
    ids = json.dumps([reader.id, writer.id])
    answer = region.call("DetachInstanceRamRole", InstanceIds=ids, RamRoleName="reader")
    done, failed = told(answer, "DetachInstanceRamRole", reader, writer)
    assert (done["Code"], failed["Code"] == "200", answer["FailCount"]) == ("200", False, 1)
    assert roles(region, reader, writer) == ["", "writer"]


@clause("instance/detach-role")
def test_without_a_name_each_loses_its_own(region: Region) -> None:
    """The answer says which."""
    (reader,), (writer,) = region.run_instances(RamRoleName="reader"), region.run_instances(RamRoleName="writer")
    answer = region.call("DetachInstanceRamRole", InstanceIds=json.dumps([reader.id, writer.id]))
    taken = [
        each["InstanceRamRoleSets"]["InstanceRamRoleSet"]
        for each in told(answer, "DetachInstanceRamRole", reader, writer)
    ]
    assert taken == [
        [{"InstanceId": reader.id, "RamRoleName": "reader"}],
        [{"InstanceId": writer.id, "RamRoleName": "writer"}],
    ]
    assert roles(region, reader, writer) == ["", ""]
    answer = region.call("AttachInstanceRamRole", InstanceIds=json.dumps([reader.id]), RamRoleName="writer")
    assert answer["FailCount"] == 0


# Metadata


def options_of(instance: Instance) -> dict[str, Any]:
    """What an instance shows of its metadata options."""
    shown: dict[str, Any] = instance.describe()["MetadataOptions"]
    return {name: shown[name] for name in ("HttpEndpoint", "HttpTokens", "InstanceMetadataTags")}


@clause("instance/metadata-options")
def test_metadata_options_change_and_are_found_by(region: Region) -> None:
    """What is not given stays."""
    changes: list[dict[str, str]] = [
        {"HttpEndpoint": "enabled", "HttpTokens": "required"},
        {"HttpEndpoint": "disabled"},
        {"HttpEndpoint": "disabled", "InstanceMetadataTags": "enabled"},
        {"HttpEndpoint": "enabled", "HttpTokens": "optional"},
        {"HttpEndpoint": "enabled", "InstanceMetadataTags": "disabled"},
    ]
    instance, other = region.run_instances(2)
    is_now = {"HttpEndpoint": "enabled", "HttpTokens": "optional", "InstanceMetadataTags": "disabled"}
    assert options_of(instance) == is_now
    for change in changes:
        region.call("ModifyInstanceMetadataOptions", InstanceId=instance.id, **change)
        is_now |= change
        assert options_of(instance) == is_now
        for name in ("HttpEndpoint", "HttpTokens"):
            for value in ("enabled", "disabled") if name == "HttpEndpoint" else ("optional", "required"):
                of_other = value in ("enabled", "optional")
                expected = ({instance.id} if is_now[name] == value else set()) | ({other.id} if of_other else set())
                assert listed(region, [instance, other], **{name: value}) == expected


@pytest.mark.parametrize(
    "wrong",
    [
        {"HttpEndpoint": "off"},
        {"HttpEndpoint": "enabled", "HttpTokens": "never"},
        {"HttpEndpoint": "enabled", "InstanceMetadataTags": "some"},
        {"HttpTokens": "required"},
    ],
)
@clause("instance/metadata-options")
def test_other_metadata_options_are_refused(region: Region, wrong: dict[str, str]) -> None:
    """HttpEndpoint is mandatory."""
    instance = region.create_instance()
    codes = ("InvalidParameter", "MissingParameter")
    refused_unchanged(instance, "ModifyInstanceMetadataOptions", codes, **wrong)


# Hardware


@clause("instance/modify-jumbo-frame")
def test_jumbo_frames_are_switched(region: Region) -> None:
    """On and off, Running or Stopped."""
    for instance in (*region.run_instances(), region.create_instance()):
        for enabled in (True, False):
            changed(instance, EnableJumboFrame=enabled)
            shown = region.call("DescribeInstanceAttribute", InstanceId=instance.id)
            assert (shown["EnableJumboFrame"], shown["NetworkOptions"]["EnableJumboFrame"]) == (enabled, enabled)


@clause("instance/modify-jumbo-frame")
@needs("move-time")
def test_a_transitional_state_keeps_its_frames(region: Region) -> None:
    """It is Pending, Starting, and Stopping."""
    (instance,) = region.run_instances(wait=False)
    for status in ("Pending", "Starting", "Stopping"):
        if status == "Stopping":
            instance.wait_until("Running").stop(wait=False)
        instance.wait_until(status)
        refused_unchanged(instance, "ModifyInstanceAttribute", "IncorrectInstanceStatus", EnableJumboFrame=True)


@clause("instance/modify-cpu-options")
def test_a_stopped_instance_changes_its_cpu_options(region: Region) -> None:
    """What is not given stays."""
    instance = region.create_instance(instance_type="ecs.g5.xlarge")
    shown = changed(instance, CpuOptions={"ThreadsPerCore": 1})["CpuOptions"]
    assert (shown["CoreCount"], shown["ThreadsPerCore"]) == (2, 1)
    topology = "DiscreteCoreToHTMapping"
    shown = changed(instance, CpuOptions={"TopologyType": topology}, NetworkInterfaceQueueNumber=2)["CpuOptions"]
    assert (shown["ThreadsPerCore"], shown["TopologyType"]) == (1, topology)
    changed(instance, NetworkInterfaceQueueNumber=-1)


@pytest.mark.parametrize(
    "change",
    [
        {"CpuOptions": {"ThreadsPerCore": 1}},
        {"CpuOptions": {"TopologyType": "ContinuousCoreToHTMapping"}},
        {"NetworkInterfaceQueueNumber": 1},
    ],
)
@clause("instance/modify-cpu-options")
def test_a_running_instance_keeps_its_cpu_options(region: Region, change: dict[str, object]) -> None:
    """It has to be stopped for it."""
    (instance,) = region.run_instances()
    refused_unchanged(instance, "ModifyInstanceAttribute", "IncorrectInstanceStatus", **change)


@pytest.mark.parametrize(
    "wrong",
    [
        {"CpuOptions": {"ThreadsPerCore": 3}},
        {"CpuOptions": {"Core": 64}},
        {"CpuOptions": {"TopologyType": "Round"}},
        {"NetworkInterfaceQueueNumber": 0},
        {"NetworkInterfaceQueueNumber": 1000},
    ],
)
@clause("instance/modify-cpu-options")
def test_what_no_type_has_is_refused(region: Region, wrong: dict[str, object]) -> None:
    """Of a stopped instance too."""
    refused_unchanged(region.create_instance(), "ModifyInstanceAttribute", "InvalidParameter", **wrong)


@clause("instance/modify-private-names")
def test_private_names_are_shown(region: Region) -> None:
    """What is not given stays."""
    (instance,) = region.run_instances()
    shown = changed(instance, PrivateDnsNameOptions={"HostnameType": "IpBased", "EnableIpDnsARecord": True})
    assert shown["PrivateDnsNameOptions"] == {
        "HostnameType": "IpBased",
        "EnableIpDnsARecord": True,
        "EnableIpDnsPtrRecord": False,
        "EnableInstanceIdDnsARecord": False,
        "EnableInstanceIdDnsAAAARecord": False,
    }
    names = changed(instance, PrivateDnsNameOptions={"EnableIpDnsPtrRecord": True})["PrivateDnsNameOptions"]
    assert (names["HostnameType"], names["EnableIpDnsARecord"], names["EnableIpDnsPtrRecord"]) == (
        "IpBased",
        True,
        True,
    )
    wrong = {"HostnameType": "Mine"}
    refused_unchanged(instance, "ModifyInstanceAttribute", "InvalidParameter", PrivateDnsNameOptions=wrong)
