"""Managed instances: machines outside the cloud that register with an activation, and what they then do."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

import pytest

from faultzone import ApiError, Instance, Region, assert_refused, one
from faultzone_specs.groups import make_group
from faultzone_specs.words import Words

clause, needs = pytest.mark.clause, pytest.mark.needs
pytestmark = [pytest.mark.region(edition="2026-10"), needs("shape-region")]

Answer = dict[str, Any]


def activation(region: Region, activation_id: str) -> Answer:
    found: Answer = one(region.call("DescribeActivations", ActivationId=activation_id)["ActivationList"])
    return found


def counts(region: Region, activation_id: str) -> tuple[int, int]:
    shown = activation(region, activation_id)
    return shown["RegisteredCount"], shown["DeregisteredCount"]


def machine(region: Region, **given: object) -> str:
    """A machine outside the cloud."""
    return str(region.control("add-machine", **given)["machine"])


def register(region: Region, of: Answer, on: object = None, **given: object) -> Answer:
    """Register a machine, a new one if none is named."""
    code = {"activation_id": of["ActivationId"], "activation_code": of["ActivationCode"]}
    return region.control("register-machine", machine=on or machine(region), **{**code, **given})


def registered(region: Region, of: Answer, **given: object) -> Instance:
    return region.instance(str(register(region, of, **given)["instance"]))


def managed(region: Region, **filters: object) -> list[Answer]:
    return list(region.call("DescribeManagedInstances", **filters)["Instances"])


def ids(shown: list[Answer]) -> set[str]:
    return {each["InstanceId"] for each in shown}


# Activations


@clause("assistant/create-activation")
@needs("change-account")
def test_an_activation_is_shown_as_it_was_made_and_its_code_is_told_once(region: Region) -> None:
    plain, said = region.call("CreateActivation"), Words(region)
    asked = {
        "InstanceName": "web", "InstanceCount": 1000, "TimeToLiveInHours": 1, "IpAddressRange": "10.0.0.0/8",
        "Description": said.text("test"), "ResourceGroupId": make_group(region, "web"),
    }  # fmt: skip
    full = region.call("CreateActivation", Tag=said.tags(purpose="web"), **asked)
    assert plain["ActivationId"] != full["ActivationId"]
    assert plain["ActivationCode"] != full["ActivationCode"]
    shown = activation(region, full["ActivationId"])
    assert {name: shown[name] for name in asked} == asked
    assert shown["Tags"] == said.shown(purpose="web")
    assert (shown["Disabled"], shown["RegisteredCount"], shown["DeregisteredCount"]) == (False, 0, 0)
    defaults = activation(region, plain["ActivationId"])
    assert (defaults["InstanceCount"], defaults["TimeToLiveInHours"]) == (10, 4)
    assert plain["ActivationCode"] not in str(defaults)


@clause("assistant/activation-rules")
@pytest.mark.parametrize(
    ("given", "fine"),
    [
        ({"InstanceCount": 0}, False),
        ({"InstanceCount": 1}, True),
        ({"InstanceCount": 1001}, False),
        ({"TimeToLiveInHours": 0}, False),
        ({"TimeToLiveInHours": 5}, False),
        ({"InstanceName": "w"}, False),
        ({"InstanceName": "w" * 50}, True),
        ({"InstanceName": "w" * 51}, False),
        ({"InstanceName": "1w"}, False),
        ({"InstanceName": "w b"}, False),
        ({"InstanceName": "w.b_c-d:e"}, True),
        ({"Description": "d" * 100}, True),
        ({"Description": "d" * 101}, False),
        ({"IpAddressRange": "10.0.0.300"}, False),
        ({"IpAddressRange": "2001:db8::/32"}, True),
    ],
)
def test_an_activation_is_refused_where_a_value_is_not_valid(region: Region, given: Answer, fine: bool) -> None:
    if fine:
        region.call("CreateActivation", **given)
    else:
        with pytest.raises(ApiError):
            region.call("CreateActivation", **given)
    assert region.call("DescribeActivations")["TotalCount"] == int(fine)


@clause("assistant/activation-quota")
def test_ten_activations_are_the_most(region: Region) -> None:
    asked = region.call("DescribeAccountAttributes", AttributeName=["max-cloud-assistant-activation-count"])
    told = one(asked["AccountAttributeItems"]["AccountAttributeItem"])["AttributeValues"]["ValueItem"]
    assert [each["Value"] for each in told] == ["10"]
    made = [region.call("CreateActivation")["ActivationId"] for _ in range(10)]
    with pytest.raises(ApiError):
        region.call("CreateActivation")
    region.call("DeleteActivation", ActivationId=made[0])
    region.call("CreateActivation")


@clause("assistant/activation-listing")
@needs("change-account")
def test_activations_are_filtered_and_paged(region: Region) -> None:
    group = make_group(region, "web")
    web = region.call("CreateActivation", InstanceName="web", ResourceGroupId=group)["ActivationId"]
    said = Words(region)
    tagged = region.call("CreateActivation", InstanceName="db", Tag=said.tags(purpose="db"))["ActivationId"]
    third = region.call("CreateActivation")["ActivationId"]

    def found(**given: object) -> list[str]:
        return [each["ActivationId"] for each in region.call("DescribeActivations", **given)["ActivationList"]]

    assert set(found()) == {web, tagged, third}
    assert found(InstanceName="web") == found(ResourceGroupId=group) == found(ActivationId=web) == [web]
    assert found(Tag=said.tags(purpose="db")) == found(Tag=[{"Key": said.key("purpose")}]) == [tagged]
    assert found(Tag=said.tags(purpose="web")) == found(InstanceName="we") == []
    pages = [found(PageSize=2, PageNumber=number) for number in (1, 2, 3)]
    assert [len(each) for each in pages] == [2, 1, 0]
    first = region.call("DescribeActivations", MaxResults=2)
    rest = region.call("DescribeActivations", MaxResults=2, NextToken=first["NextToken"])
    seen = [each["ActivationId"] for page in (first, rest) for each in page["ActivationList"]]
    assert (sorted(seen), rest["NextToken"]) == (sorted([web, tagged, third]), "")
    assert_refused("InvalidParameter", partial(found, PageSize=51))


@clause("assistant/register-limits")
@needs("outside-machines", "move-time")
def test_a_code_registers_so_many_for_so_long(region: Region) -> None:
    made = region.call("CreateActivation", InstanceCount=1, TimeToLiveInHours=2)
    assert register(region, made, activation_code="a-0") == {"error": "wrong-code"}
    assert register(region, made, activation_id="0") == {"error": "unknown"}
    first = registered(region, made)
    assert register(region, made) == {"error": "used-up"}
    region.call("DeregisterManagedInstance", InstanceId=first.id)
    assert register(region, made) == {"error": "used-up"}
    two = region.call("CreateActivation", TimeToLiveInHours=2)
    region.clock.advance("119m")
    registered(region, two)
    region.clock.advance("1m")
    assert register(region, two) == {"error": "expired"}
    assert counts(region, two["ActivationId"]) == (1, 0)


@clause("assistant/activation-addresses")
@needs("outside-machines")
def test_a_code_may_be_for_some_addresses_alone(region: Region) -> None:
    made = region.call("CreateActivation", IpAddressRange="10.1.0.0/16")
    within, public, without = (
        machine(region, private_ip="10.1.255.9"),
        machine(region, private_ip="192.168.0.7", public_ip="10.1.0.1"),
        machine(region, private_ip="10.2.0.1"),
    )
    assert "instance" in register(region, made, within)
    assert "instance" in register(region, made, public)
    assert register(region, made, without) == {"error": "wrong-address"}
    one_address = region.call("CreateActivation", IpAddressRange="10.2.0.1")
    assert "instance" in register(region, one_address, without)


@clause("assistant/disable-activation")
@needs("outside-machines")
def test_a_disabled_code_registers_nothing_more(region: Region) -> None:
    made = region.call("CreateActivation", InstanceName="web")
    before = registered(region, made)
    told = region.call("DisableActivation", ActivationId=made["ActivationId"])["Activation"]
    assert (told["ActivationId"], told["InstanceName"], told["RegisteredCount"], told["Disabled"]) == (
        made["ActivationId"], "web", 1, True,
    )  # fmt: skip
    assert activation(region, made["ActivationId"])["Disabled"] is True
    assert register(region, made) == {"error": "disabled"}
    assert region.run_command("echo 1", on=before).output(before) == "1\n"


@clause("assistant/delete-activation", "assistant/activation-counts")
@needs("outside-machines")
def test_a_code_is_deleted_once_nothing_is_registered_with_it(region: Region) -> None:
    made = region.call("CreateActivation", InstanceName="web")
    instance = registered(region, made)
    delete = partial(region.call, "DeleteActivation", ActivationId=made["ActivationId"])
    assert_refused("ActivationId.InUse", delete)
    assert counts(region, made["ActivationId"]) == (1, 0)
    region.call("DeregisterManagedInstance", InstanceId=instance.id)
    assert counts(region, made["ActivationId"]) == (0, 1)
    told = delete()["Activation"]
    assert (told["InstanceName"], told["RegisteredCount"], told["DeregisteredCount"]) == ("web", 0, 1)
    assert region.call("DescribeActivations")["ActivationList"] == []
    with pytest.raises(ApiError):
        delete()


# Managed instances


@clause("assistant/managed-runs")
@needs("outside-machines")
def test_a_managed_instance_runs_commands_and_takes_files_like_an_instance(region: Region) -> None:
    (instance,) = region.run_instances()
    outside = registered(region, region.call("CreateActivation"), on=machine(region, host_name="pc"))
    assert outside.id.startswith("mi-")
    ran = region.run_command("hostname", on=[instance, outside])
    assert ran.output(outside) == "pc\n"
    assert ran.states == {instance.id: "Finished", outside.id: "Finished"}
    assert {each["InstanceId"] for each in ran.results()} == {instance.id, outside.id}
    given = {"Name": "a", "TargetDir": "/srv", "Content": "1", "InstanceId": [outside.id]}
    sent = region.call("SendFile", **given)["InvokeId"]

    def file() -> Answer:
        return one(region.call("DescribeSendFileResults", InvokeId=sent)["Invocations"]["Invocation"])

    region.wait(lambda: file()["InvocationStatus"] == "Success", "2m", what="sent")
    assert one(file()["InvokeInstances"]["InvokeInstance"])["InstanceId"] == outside.id
    assert one(managed(region))["InvocationCount"] == 1
    assert outside.id not in {each.id for each in region.instances}


@clause("assistant/managed-runs")
@needs("outside-machines", "move-time")
def test_a_schedule_runs_on_a_managed_instance(region: Region) -> None:
    outside = registered(region, region.call("CreateActivation"))
    ran = region.run_command("echo 1", on=outside, frequency="0 0 * * * *")
    region.wait(lambda: [each.get("ExitCode") for each in ran.results()][:3] == [0] * 3, "4h", what="three runs")


@clause("assistant/register-by-program")
@needs("outside-machines", "log-in")
def test_a_machine_registers_by_the_program_of_its_agent(region: Region) -> None:
    made = region.call("CreateActivation", InstanceName="web")
    name = machine(region)
    options = f"--RegionId={region.id} --ActivationId={made['ActivationId']} --ActivationCode="
    wrong = region.commands.log_in(region.instance(name), f"aliyun-service --register {options}a-0")
    assert (wrong["exit_code"], managed(region)) == (1, [])
    script = f"aliyun-service --register {options}{made['ActivationCode']} --InstanceName=db --MachineId=m1"
    assert region.commands.log_in(region.instance(name), script)["exit_code"] == 0
    shown = one(managed(region))
    assert (shown["InstanceName"], shown["MachineId"], shown["Hostname"]) == ("db-01", "m1", name)


@clause("assistant/managed-name")
@needs("outside-machines")
def test_managed_instances_are_numbered_behind_their_prefix(region: Region) -> None:
    named = region.call("CreateActivation", InstanceName="web", InstanceCount=100)
    few = region.call("CreateActivation", InstanceName="db", InstanceCount=9)
    plain = region.call("CreateActivation")
    for each in (named, named, few):
        registered(region, each)
    registered(region, named, instance_name="app")
    registered(region, plain, on=machine(region, host_name="pc-7"))
    assert {each["InstanceName"] for each in managed(region)} == {"web-001", "web-002", "db-1", "app-003", "pc-7"}


@clause("assistant/managed-machine-id")
@needs("outside-machines")
def test_a_machine_can_keep_its_id(region: Region) -> None:
    made = region.call("CreateActivation")
    pc, other = machine(region), machine(region)
    first = registered(region, made, on=pc, machine_id="m-1", reuse=True)
    assert one(managed(region))["MachineId"] == "m-1"
    assert register(region, made, pc, machine_id="m-1") == {"error": "registered"}
    region.call("DeregisterManagedInstance", InstanceId=first.id)
    assert registered(region, made, on=pc, machine_id="m-1", reuse=True).id == first.id
    again = registered(region, made, on=other, machine_id="m-1", reuse=True)
    assert (again.id, len(managed(region))) == (first.id, 1)
    assert region.run_command("hostname", on=again).output(again) == f"{other}\n"
    region.call("DeregisterManagedInstance", InstanceId=first.id)
    assert registered(region, made, on=pc, machine_id="m-1").id != first.id


@clause("assistant/managed-listing")
@needs("change-account", "outside-machines", "windows")
def test_managed_instances_are_filtered_by_what_they_show(region: Region) -> None:
    group, said = make_group(region, "web"), Words(region)
    tags = said.tags(purpose="web")
    made = region.call("CreateActivation", InstanceName="web", ResourceGroupId=group, Tag=tags)
    linux = machine(region, host_name="pc", private_ip="10.0.0.7", public_ip="198.51.100.7")
    windows = machine(region, os_name="Windows Server 2016 Datacenter")
    first = registered(region, made, on=linux, machine_id="m-1")
    second = registered(region, region.call("CreateActivation"), on=windows)
    shown = one(managed(region, InstanceId=[first.id]))
    wanted = {
        "InstanceId": first.id, "InstanceName": "web-01", "ActivationId": made["ActivationId"], "MachineId": "m-1",
        "Hostname": "pc", "IntranetIp": "10.0.0.7", "InternetIp": "198.51.100.7", "OsType": "linux",
        "ResourceGroupId": group, "Connected": True, "InvocationCount": 0, "LastInvokedTime": "",
        "Tags": said.shown(purpose="web"),
    }  # fmt: skip
    assert {name: shown[name] for name in wanted} == wanted
    assert all(shown[name] for name in ("AgentVersion", "OsVersion", "RegistrationTime"))
    for given in (
        {"ActivationId": made["ActivationId"]}, {"InstanceName": "web-01"}, {"InstanceIp": "10.0.0.7"},
        {"InstanceIp": "198.51.100.7"}, {"MachineId": "m-1"}, {"OsType": "linux"}, {"ResourceGroupId": group},
        {"Tag": tags}, {"Tag": [{"Key": said.key("purpose")}]},
    ):  # fmt: skip
        assert ids(managed(region, **given)) == {first.id}, given
    assert ids(managed(region, OsType="windows")) == {second.id}
    assert ids(managed(region, Connected=True)) == ids(managed(region)) == {first.id, second.id}
    assert (
        managed(region, OsType="FreeBSD")
        == managed(region, Connected=False)
        == managed(region, InstanceName="web")
        == []
    )
    page = region.call("DescribeManagedInstances", MaxResults=1)
    rest = region.call("DescribeManagedInstances", MaxResults=1, NextToken=page["NextToken"])
    assert ids([*page["Instances"], *rest["Instances"]]) == {first.id, second.id}
    assert_refused("InstanceIds.ExceedLimit", partial(managed, region, InstanceId=["mi-0"] * 51))


@clause("assistant/managed-rename")
@needs("outside-machines")
def test_a_managed_instance_is_renamed(region: Region) -> None:
    instance = registered(region, region.call("CreateActivation", InstanceName="web"))
    rename = partial(region.call, "ModifyManagedInstance", InstanceId=instance.id)
    for name in ("w", "1web", "w" * 129, "a/b"):
        with pytest.raises(ApiError):
            rename(InstanceName=name)
        assert one(managed(region))["InstanceName"] == "web-01"
    told = rename(InstanceName="w" * 128)["Instance"]
    assert told == {"InstanceId": instance.id, "InstanceName": "w" * 128}
    assert one(managed(region))["InstanceName"] == "w" * 128
    assert_refused(
        "InvalidInstance.NotFound", partial(region.call, "ModifyManagedInstance", InstanceId="mi-0", InstanceName="web")
    )


@clause("assistant/deregister")
@needs("outside-machines", "move-time")
def test_nothing_runs_on_what_is_registered_no_more(region: Region) -> None:
    made = region.call("CreateActivation", InstanceName="web")
    instance = registered(region, made)
    ran = region.run_command("sleep 10m", on=instance, wait=False)
    region.clock.advance("5s")
    told = region.call("DeregisterManagedInstance", InstanceId=instance.id)["Instance"]
    assert (told["InstanceId"], told["InstanceName"], told["ActivationId"]) == (
        instance.id, "web-01", made["ActivationId"],
    )  # fmt: skip
    assert managed(region) == []
    assert one(ran.describe()["InvokeInstances"]["InvokeInstance"])["ErrorCode"] == "InstanceReleased"
    command = region.commands.create("true")
    for action, given in (
        ("InvokeCommand", {"CommandId": command, "InstanceId": [instance.id]}),
        ("SendFile", {"Name": "a", "TargetDir": "/srv", "Content": "1", "InstanceId": [instance.id]}),
        ("DeregisterManagedInstance", {"InstanceId": instance.id}),
    ):
        assert_refused("InvalidInstance.NotFound", partial(region.call, action, **given))


# Agents that are heard of


def told(region: Region, *instances: Instance, **filters: object) -> list[Answer]:
    asked = {"InstanceId": [each.id for each in instances]} if instances else {}
    answer = region.call("DescribeCloudAssistantStatus", **asked, **filters)
    return list(answer["InstanceCloudAssistantStatusSet"]["InstanceCloudAssistantStatus"])


@clause("assistant/heartbeats")
@needs("outside-machines", "move-time", "break-agents")
def test_an_agent_is_there_for_two_minutes_after_its_last_heartbeat(region: Region) -> None:
    (instance,) = region.run_instances()
    outside = registered(region, region.call("CreateActivation"))
    region.clock.advance("10m")
    last = {each["InstanceId"]: each["LastHeartbeatTime"] for each in told(region, instance, outside)}
    now = region.clock.now
    assert all(last.values())
    assert all(0 <= (now - datetime.fromisoformat(each)).total_seconds() <= 65 for each in last.values()), last
    for each in (instance, outside):
        region.control("set-agent", instance=each.id, state="stopped")

    def seen() -> tuple[set[tuple[str, str]], bool]:
        shown = told(region, instance, outside)
        assert {each["InstanceId"]: each["LastHeartbeatTime"] for each in shown} == last
        return {(each["CloudAssistantStatus"], each["CloudAssistantVersion"]) for each in shown}, one(managed(region))[
            "Connected"
        ]

    region.clock.advance("59s")
    assert seen() == ({("true", "")}, True)
    region.clock.advance("62s")
    assert seen() == ({("false", "")}, False)
    assert ids(managed(region, Connected=False)) == {outside.id}
    for each in (instance, outside):
        region.control("set-agent", instance=each.id, state="running")
    assert {each["CloudAssistantStatus"] for each in told(region, instance, outside)} == {"true"}


@clause("assistant/session-support")
@needs("outside-machines", "old-agents", "break-agents")
@pytest.mark.parametrize("os_name", ["CentOS 7.6 64-bit", pytest.param("Windows Server 2016", marks=needs("windows"))])
def test_an_old_agent_has_no_sessions(region: Region, os_name: str) -> None:
    outside = registered(region, region.call("CreateActivation"), on=machine(region, os_name=os_name))
    assert one(told(region, outside))["SupportSessionManager"] is True
    region.control("set-agent", instance=outside.id, state="outdated")
    assert one(told(region, outside))["SupportSessionManager"] is False


@clause("assistant/status-of-all")
@needs("outside-machines", "windows")
def test_the_status_of_all_instances_is_listed(region: Region) -> None:
    linux = region.run_instances(2)
    windows = registered(region, region.call("CreateActivation"), on=machine(region, os_name="Windows Server 2016"))
    every = {each.id for each in (*linux, windows)}
    assert ids(told(region)) == every
    assert ids(told(region, OSType="Windows")) == {windows.id}
    assert ids(told(region, OSType="Linux")) == every - {windows.id}
    assert told(region, OSType="FreeBSD") == told(region, linux[0], OSType="Windows") == []
    assert {each["OSType"] for each in told(region, *linux)} == {"Linux"}
    first = region.call("DescribeCloudAssistantStatus", MaxResults=2)
    rest = region.call("DescribeCloudAssistantStatus", MaxResults=2, NextToken=first["NextToken"])
    pages = [page["InstanceCloudAssistantStatusSet"]["InstanceCloudAssistantStatus"] for page in (first, rest)]
    assert ([len(page) for page in pages], ids([*pages[0], *pages[1]]), rest["NextToken"]) == ([2, 1], every, "")
    assert len(told(region, *linux, MaxResults=1)) == 2
    assert [len(told(region, PageSize=2, PageNumber=number)) for number in (1, 2, 3)] == [2, 1, 0]
    assert_refused("InvalidParameter", partial(told, region, MaxResults=51))


@clause("assistant/install-limit")
def test_the_agent_is_installed_on_fifty_instances_at_once(region: Region) -> None:
    (instance,) = region.run_instances()
    install = partial(region.call, "InstallCloudAssistant")
    install(InstanceId=[instance.id] * 50)
    assert_refused("InstanceIds.ExceedLimit", partial(install, InstanceId=[instance.id] * 51))
    outside = registered(region, region.call("CreateActivation")).id if region.supports("outside-machines") else "mi-0"
    assert_refused("InvalidInstance.NotFound", partial(install, InstanceId=[outside]))
