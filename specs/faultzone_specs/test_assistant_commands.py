"""Cloud Assistant: keeping commands. Manual 2.1 and 2.3."""

from __future__ import annotations

import base64
import re
from functools import partial
from typing import Any

import pytest

from faultzone import ApiError, Invocation, Region, assert_refused, one
from faultzone_specs.words import Words

clause, needs = pytest.mark.clause, pytest.mark.needs

CONTENT = base64.b64encode(b"echo 123").decode()
UNKNOWN = "c-" + "0" * 32


def listed(region: Region, **filters: object) -> list[dict[str, Any]]:
    """The commands that DescribeCommands shows."""
    found: list[dict[str, Any]] = region.call("DescribeCommands", PageSize=50, **filters)["Commands"]["Command"]
    return found


def create(region: Region, **given: object) -> str:
    """CreateCommand with the least that it needs, and the id."""
    asked = {"Name": "test", "Type": "RunShellScript", "CommandContent": CONTENT, **given}
    return str(region.call("CreateCommand", **asked)["CommandId"])


@clause("assistant/create-command")
def test_a_command_is_listed_with_all_that_was_given(region: Region) -> None:
    given = {
        "Name": "test",
        "Type": "RunShellScript",
        "CommandContent": CONTENT,
        "Description": "d",
        "WorkingDir": "/tmp",
    }
    made = create(region, **given, Timeout=77)
    assert re.fullmatch("c-[0-9a-f]{32}", made)
    shown = one(listed(region, CommandId=made))
    assert {key: shown[key] for key in given} == given
    assert int(shown["Timeout"]) == 77


@clause("assistant/create-command-required")
@pytest.mark.parametrize("missing", ["Name", "Type", "RegionId"])
def test_create_command_needs(region: Region, missing: str) -> None:
    assert_refused(f"MissingParameter.{missing}", lambda: create(region, **{missing: ""}))
    assert listed(region) == []


@clause("assistant/command-types")
def test_an_unknown_type_is_refused(region: Region) -> None:
    assert_refused("InvalidCmdType.NotFound", lambda: create(region, Type="RunPython"))
    for kind in ("RunShellScript", "RunBatScript", "RunPowerShellScript"):
        shown = one(listed(region, CommandId=create(region, Type=kind)))
        assert shown["Type"] == kind


@clause("assistant/modify-command")
def test_modify_changes_name_and_description_alone(region: Region) -> None:
    made = create(region)
    region.call("ModifyCommand", CommandId=made, Name="other", Description="why")
    shown = one(listed(region, CommandId=made))
    assert (shown["Name"], shown["Description"], shown["Type"]) == ("other", "why", "RunShellScript")
    assert shown["CommandContent"] == CONTENT
    assert_refused("InvalidCmdId.NotFound", lambda: region.call("ModifyCommand", CommandId=UNKNOWN, Name="x"))
    assert_refused("CmdName.ExceedLimit", lambda: region.call("ModifyCommand", CommandId=made, Name="n" * 129))


@clause("assistant/modify-command", "assistant/name-limits")
def test_a_command_is_renamed_within_thirty_characters(region: Region) -> None:
    made = create(region)
    region.call("ModifyCommand", CommandId=made, Name="n" * 30)
    assert_refused("CmdName.ExceedLimit", lambda: region.call("ModifyCommand", CommandId=made, Name="n" * 31))
    assert one(listed(region, CommandId=made))["Name"] == "n" * 30


def output(region: Region, invocation: str, status: str = "Finished") -> list[str]:
    """What the runs of an invocation that have ended so have written, oldest first."""
    answer = region.call("DescribeInvocationResults", InvokeId=invocation, InvokeRecordStatus=status)
    found = answer["Invocation"]["InvocationResults"]["InvocationResult"]
    return [Invocation.written(each).strip() for each in reversed(found)]


@clause("assistant/modify-content")
@needs("move-time", "guest-time")
def test_modify_changes_the_content_of_later_runs(region: Region) -> None:
    """One that has begun ends as it began; a schedule goes on with the new content."""
    (instance,) = region.run_instances(1)
    made = create(region, CommandContent=base64.b64encode(b"sleep 20; echo old").decode())
    asked: dict[str, Any] = {"CommandId": made, "InstanceId": [instance.id]}
    begun = region.call("InvokeCommand", **asked)["InvokeId"]
    timed = region.call("InvokeCommand", **asked, Timed=True, Frequency="0 0 * * * *")["InvokeId"]
    region.clock.advance(10)
    after = base64.b64encode(b"echo new").decode()
    region.call("ModifyCommand", CommandId=made, CommandContent=after)
    shown = one(listed(region, CommandId=made))
    assert (shown["CommandContent"], shown["Name"]) == (after, "test")
    region.clock.advance("3h")
    assert output(region, begun) == ["old"]
    assert set(output(region, timed)) == {"new"}


@clause("assistant/modify-content")
def test_modify_checks_the_content_as_create_does(region: Region) -> None:
    """What is refused changes nothing else either."""
    made = create(region)
    for bad, codes in (
        ("not Base64!", ("Invalid.CommandContent",)),
        ("A" * 16_388, ("CmdContent.ExceedLimit", "Invalid.CommandContent")),
    ):
        asked = {"CommandId": made, "Name": "other", "CommandContent": bad}
        assert_refused(codes, partial(region.call, "ModifyCommand", **asked))
        shown = one(listed(region, CommandId=made))
        assert (shown["CommandContent"], shown["Name"]) == (CONTENT, "test")


@clause("assistant/modify-more")
@needs("shape-region")
def test_later_modify_changes_directory_and_timeout(region: Region) -> None:
    """And takes a content without effect."""
    made = create(region)
    region.call("ModifyCommand", CommandId=made, WorkingDir="/tmp", Timeout=77, CommandContent="bm8=")
    shown = one(listed(region, CommandId=made))
    assert (shown["WorkingDir"], int(shown["Timeout"]), shown["CommandContent"]) == ("/tmp", 77, CONTENT)


@clause("assistant/delete-command")
def test_a_deleted_command_is_gone(region: Region) -> None:
    made = create(region)
    region.call("DeleteCommand", CommandId=made)
    assert listed(region, CommandId=made) == []
    assert_refused("InvalidCmdId.NotFound", lambda: region.call("DeleteCommand", CommandId=made))
    assert_refused("InvalidCmdId.NotFound", lambda: region.call("InvokeCommand", CommandId=made, InstanceId=["i-1"]))


@clause("assistant/delete-command-in-use")
@needs("shape-region")
def test_a_command_in_use_is_not_deleted(region: Region) -> None:
    (instance,) = region.run_instances()
    ran = region.run_command("sleep 5", on=instance, wait=False)
    assert_refused("InvalidStatus.CmdIdInUse", lambda: region.call("DeleteCommand", CommandId=ran.command_id))
    ran.wait("2m")
    region.call("DeleteCommand", CommandId=ran.command_id)


@clause("assistant/describe-commands")
def test_commands_are_filtered_and_paged(region: Region) -> None:
    made = [
        create(region, Name=f"n{number}", Type=kind)
        for number in range(6)
        for kind in ("RunShellScript", "RunBatScript")
    ]
    answer = region.call("DescribeCommands")
    assert (answer["TotalCount"], len(answer["Commands"]["Command"])) == (12, 10)
    assert {each["CommandId"] for each in listed(region)} == set(made)
    assert {each["CommandId"] for each in listed(region, Name="n3")} == set(made[6:8])
    assert {each["CommandId"] for each in listed(region, Type="RunBatScript")} == set(made[1::2])
    pages = [region.call("DescribeCommands", PageNumber=number, PageSize=5)["Commands"] for number in range(1, 5)]
    assert [len(each["Command"]) for each in pages] == [5, 5, 2, 0]
    assert sorted(each["CommandId"] for page in pages for each in page["Command"]) == sorted(made)
    assert_refused("InvalidParam.PageSize", lambda: region.call("DescribeCommands", PageSize=51))


@clause("assistant/create-modify-delete-describe")
def test_what_one_action_does_the_next_shows(region: Region) -> None:
    before, after = (Words(region).value(each)[-30:] for each in ("before", "after"))
    made = create(region, Name=before, Description=Words(region).text("why"))
    region.call("ModifyCommand", CommandId=made, Name=after)
    shown = one(listed(region))
    assert (shown["Name"], shown["Description"]) == (after, Words(region).text("why"))
    region.call("DeleteCommand", CommandId=made)
    assert listed(region) == []


@clause("assistant/command-quota")
def test_a_region_keeps_a_hundred_commands(region: Region) -> None:
    made = [create(region) for _ in range(100)]
    assert_refused("CmdCount.ExceedQuota", lambda: create(region))
    region.call("DeleteCommand", CommandId=made[0])
    create(region)


@clause("assistant/content-limit")
def test_content_counts_after_encoding(region: Region) -> None:
    fits = base64.b64encode(b"#" * 12288).decode()
    assert len(fits) == 16384
    create(region, CommandContent=fits)
    too_long = base64.b64encode(b"#" * 12289).decode()
    assert_refused(
        ["CmdContent.ExceedLimit", "Invalid.CommandContent"], lambda: create(region, CommandContent=too_long)
    )


@clause("assistant/content-encoding")
@pytest.mark.parametrize("content", ["echo 123", "ZWNobw", "ZWNob====", "汉字"])
def test_content_that_is_no_base64_is_refused(region: Region, content: str) -> None:
    assert_refused("Invalid.CommandContent", lambda: create(region, CommandContent=content))


@clause("assistant/name-limits")
def test_names_and_descriptions_count_characters(region: Region) -> None:
    shown = one(listed(region, CommandId=create(region, Name="名" * 30, Description="述" * 100)))
    assert (shown["Name"], shown["Description"]) == ("名" * 30, "述" * 100)
    assert_refused("CmdName.ExceedLimit", lambda: create(region, Name="n" * 31))
    assert_refused("CmdDesc.ExceedLimit", lambda: create(region, Description="d" * 101))


@clause("assistant/all-regions")
@pytest.mark.region(regions=("cn-hangzhou", "ap-southeast-1"))
@needs("shape-region")
def test_every_region_has_cloud_assistant(region: Region) -> None:
    for region_id in ("cn-hangzhou", "ap-southeast-1"):
        view = region.in_region(region_id)
        try:
            (instance,) = view.run_instances()
            ran = view.run_command("echo here", on=instance)
        except ApiError as refusal:
            raise AssertionError(f"{region_id}: {refusal}") from refusal
        assert ran.output(instance) == "here\n"


@clause("assistant/free")
@needs("change-account")
def test_commands_cost_nothing(region: Region) -> None:
    instance = region.run_instances()[0]
    before = region.account_balance
    region.run_command("echo 1", on=instance)
    assert region.account_balance == before


@clause("assistant/send-file")
@needs("shape-region")
def test_a_file_is_put_on_each_target(region: Region) -> None:
    ids = [each.id for each in region.run_instances(2)]

    def send(**given: object) -> dict[str, Any]:
        asked = {"Name": "应用.conf", "TargetDir": "/etc/app", "Content": "开", "InstanceId": ids, **given}
        sent = region.call("SendFile", **asked)["InvokeId"]

        def settled() -> dict[str, Any] | None:
            shown = region.call("DescribeSendFileResults", InvokeId=sent)["Invocations"]["Invocation"][0]
            return None if shown["InvocationStatus"] in ("Pending", "Running") else shown

        return region.wait(settled, "2m", what=sent) or {}

    assert send()["InvocationStatus"] == "Success"
    again = send()
    assert again["InvocationStatus"] == "Failed"
    assert {each["ErrorCode"] for each in again["InvokeInstances"]["InvokeInstance"]} == {"FileAlreadyExists"}
    assert send(Overwrite=True)["InvocationStatus"] == "Success"
    assert_refused("FileSize.ExceedLimit", lambda: send(Content="x" * 24577))
