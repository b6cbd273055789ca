"""Cloud Assistant: files that are sent to instances, as of today."""

from __future__ import annotations

from typing import Any

import pytest

from faultzone import ApiError, Instance, Region, one

clause, needs = pytest.mark.clause, pytest.mark.needs
pytestmark = [pytest.mark.region(edition="2026-10"), needs("shape-region")]


def send(region: Region, *instances: Instance, **given: object) -> str:
    """Send a file and wait until it is there, or will not be."""
    asked = {"Name": "app.conf", "TargetDir": "/srv", "Content": "port=80\n", **given}
    invoke_id: str = region.call("SendFile", InstanceId=[each.id for each in instances], **asked)["InvokeId"]
    region.wait(lambda: sent(region, invoke_id)["InvocationStatus"] not in ("Pending", "Running"), "2m", what="sent")
    return invoke_id


def sent(region: Region, invoke_id: str) -> dict[str, Any]:
    shown: dict[str, Any] = region.call("DescribeSendFileResults", InvokeId=invoke_id)["Invocations"]["Invocation"][0]
    return shown


def found(region: Region, **filters: object) -> list[str]:
    answer = region.call("DescribeSendFileResults", **filters)
    return [each["InvokeId"] for each in answer["Invocations"]["Invocation"]]


@clause("assistant/files-kept")
@needs("move-time")
def test_what_became_of_a_file_is_told_for_a_day(region: Region) -> None:
    (instance,) = region.run_instances()
    first = send(region, instance)
    region.clock.advance("23h")
    second = send(region, instance, Name="b.conf")
    assert found(region) == [second, first]
    region.clock.advance("65m")
    assert found(region) == [second]


@clause("assistant/file-labels")
def test_files_are_found_by_what_they_were_given(region: Region) -> None:
    here, there = region.run_instances(2)
    tags = [{"Key": "for", "Value": "web"}]
    tagged = send(region, here, Tag=tags, ResourceGroupId="rg-1")
    plain = send(region, there, Name="b.conf")
    assert sent(region, tagged)["Tags"]["Tag"] == [{"TagKey": "for", "TagValue": "web"}]
    assert sent(region, plain)["Tags"]["Tag"] == []
    for given in (
        {"Tag": tags}, {"Tag": [{"Key": "for"}]}, {"ResourceGroupId": "rg-1"}, {"InvokeId": tagged},
        {"InstanceId": here.id}, {"Name": "app.conf"},
    ):  # fmt: skip
        assert found(region, **given) == [tagged], given
    assert found(region, Tag=[{"Key": "for", "Value": "db"}]) == found(region, ResourceGroupId="rg-2") == []
    assert found(region, InvocationStatus="Success") == [plain, tagged]
    assert found(region, InvocationStatus="Failed") == []
    asked = {"Name": "c", "TargetDir": "/srv", "Content": "1", "InstanceId": [here.id], "ClientToken": "once"}
    first, again = (region.call("SendFile", **asked)["InvokeId"] for _ in range(2))
    assert (again, len(found(region))) == (first, 3)


@clause("assistant/file-limits")
@pytest.mark.parametrize("name", ["FileOwner", "FileGroup"])
def test_owners_of_files_have_a_length(region: Region, name: str) -> None:
    (instance,) = region.run_instances()
    asked = {"Name": "c", "TargetDir": "/srv", "Content": "1", "InstanceId": [instance.id]}
    region.call("SendFile", **{**asked, name: "u" * 64})
    with pytest.raises(ApiError):
        region.call("SendFile", **{**asked, name: "u" * 65})
    assert len(found(region)) == 1


@clause("assistant/file-errors")
@needs("guest")
@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"FileOwner": "nobody", "FileGroup": "nobody"}, ""),
        ({"FileOwner": "stranger"}, "AccountNotExists"),
        ({"FileGroup": "strangers"}, "UserGroupNotExists"),
        ({"Name": "a/b"}, "FileNameInvalid"),
        ({"Name": ".."}, "FileNameInvalid"),
        ({"TargetDir": "srv"}, "FilePathInvalid"),
        ({"TargetDir": "/srv/app.conf"}, "FileCreateFail"),
    ],
)
def test_a_file_that_cannot_be_written_says_why(region: Region, given: dict[str, object], code: str) -> None:
    (instance,) = region.run_instances()
    if code == "FileCreateFail":
        send(region, instance)  # A file is there where the directory should be.
    target = one(sent(region, send(region, instance, **given))["InvokeInstances"]["InvokeInstance"])
    assert target["ErrorCode"] == code
    assert bool(target["ErrorInfo"]) is bool(code)
    assert target["InvocationStatus"] in (("Invalid", "Failed") if code else ("Success",))


@clause("assistant/run-denied")
@needs("guest", "break-agents")
@pytest.mark.parametrize(("state", "code"), [("denied", "SecurityGroupRuleDenied"), ("busy", "TaskConcurrencyLimit")])
def test_a_run_that_may_not_begin_says_why(region: Region, state: str, code: str) -> None:
    (instance,) = region.run_instances()
    region.control("set-agent", instance=instance.id, state=state)
    ran = region.run_command("echo 1", on=instance)
    target, result = one(ran.describe()["InvokeInstances"]["InvokeInstance"]), one(ran.results())
    assert (target["ErrorCode"], result["ErrorCode"]) == (code, code)
    assert target["ErrorInfo"]
    assert (target["StartTime"], result["Output"]) == ("", "")
    region.control("set-agent", instance=instance.id, state="running")
    assert region.run_command("echo 1", on=instance).output(instance) == "1\n"
