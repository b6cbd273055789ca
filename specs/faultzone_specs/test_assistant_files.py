"""Cloud Assistant: files that are sent to instances, as of today."""

from __future__ import annotations

import pytest

from faultzone import ApiError, Region, one
from faultzone_specs.files import CONTENT, NAME, found, send, sent
from faultzone_specs.groups import make_group
from faultzone_specs.words import Words

clause, needs = pytest.mark.clause, pytest.mark.needs
pytestmark = [pytest.mark.region(edition="2026-10"), needs("shape-region")]

STAMP = "%Y-%m-%dT%H:%M:%SZ"


@clause("assistant/files-kept")
@needs("move-time")
def test_what_became_of_a_file_is_told_for_a_day(region: Region) -> None:
    (instance,) = region.run_instances()
    first = send(region, instance)
    region.clock.advance("23h")
    second = send(region, instance, Name="второй.conf")
    assert found(region) == [second, first]
    region.clock.advance("65m")
    assert found(region) == [second]


@clause("assistant/file-labels")
@needs("change-account")
def test_files_are_found_by_what_they_were_given(region: Region) -> None:
    group, said = make_group(region, "web"), Words(region)
    (here,), (there,) = region.run_instances(ResourceGroupId=group), region.run_instances()
    tags = said.tags(purpose="web")
    tagged = send(region, here, Tag=tags, ResourceGroupId=group)
    plain = send(region, there, Name="второй.conf")
    assert sent(region, tagged)["Tags"]["Tag"] == said.shown(purpose="web")
    assert sent(region, plain)["Tags"]["Tag"] == []
    for given in (
        {"Tag": tags}, {"Tag": [{"Key": said.key("purpose")}]}, {"ResourceGroupId": group}, {"InvokeId": tagged},
        {"InstanceId": here.id}, {"Name": NAME},
    ):  # fmt: skip
        assert found(region, **given) == [tagged], given
    assert found(region, Tag=said.tags(purpose="db")) == found(region, ResourceGroupId=make_group(region, "db")) == []
    assert found(region, InvocationStatus="Success") == [plain, tagged]
    assert found(region, InvocationStatus="Failed") == []
    asked = {"Name": "c", "TargetDir": "/srv", "Content": "1", "InstanceId": [here.id], "ClientToken": "once"}
    first, again = (region.call("SendFile", **asked)["InvokeId"] for _ in range(2))
    assert (again, len(found(region))) == (first, 3)


@clause("assistant/file-timeout")
@pytest.mark.parametrize("timeout", [0, 1, 9, 10])
def test_a_short_timeout_of_a_file_is_not_refused(region: Region, timeout: int) -> None:
    (instance,) = region.run_instances()
    assert sent(region, send(region, instance, Timeout=timeout))["InvocationStatus"] == "Success"


@clause("assistant/file-groups")
@needs("change-account")
def test_a_file_of_a_group_is_for_its_instances_alone(region: Region) -> None:
    """Also those of the default group are others."""
    web, db = make_group(region, "web"), make_group(region, "db")
    (inside,), (other,), (default,) = (region.run_instances(1, ResourceGroupId=each) for each in (web, db, None))
    made = [send(region, inside, ResourceGroupId=web)]
    for targets in ([other], [default], [inside, other], [inside, default]):
        with pytest.raises(ApiError):
            send(region, *targets, ResourceGroupId=web)
    assert found(region) == made
    send(region, inside, other, default)


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
@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"FileOwner": "nobody", "FileGroup": "nobody"}, ""),
        ({"FileOwner": "stranger"}, "AccountNotExists"),
        ({"FileGroup": "strangers"}, "UserGroupNotExists"),
        ({"Name": "a/b"}, "FileNameInvalid"),
        ({"Name": ".."}, "FileNameInvalid"),
        ({"TargetDir": "srv"}, "FilePathInvalid"),
        ({"TargetDir": f"/srv/{NAME}"}, "FileCreateFail"),
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


@clause("assistant/file-directory")
def test_a_directory_that_is_missing_is_made(region: Region) -> None:
    (instance,) = region.run_instances()
    assert region.commands.log_in(instance, "ls /srv/a/b")["exit_code"] != 0
    assert sent(region, send(region, instance, TargetDir="/srv/a/b"))["InvocationStatus"] == "Success"
    assert region.commands.log_in(instance, "cd /srv/a/b && pwd")["output"] == "/srv/a/b\n"
    assert sent(region, send(region, instance, TargetDir="/srv/a/b", Name="c"))["InvocationStatus"] == "Success"


@clause("assistant/file-listing")
def test_a_file_shows_how_it_was_sent(region: Region) -> None:
    here, there = region.run_instances(2)
    begun = f"{region.clock.now:{STAMP}}"
    plain, given = sent(region, send(region, here, there)), {"Description": "一个文件", "Overwrite": True}
    given |= {"Content": "MQ==", "ContentType": "Base64", "FileMode": "0600", "FileOwner": "nobody"}
    given |= {"FileGroup": "nobody", "Name": "b", "TargetDir": "/opt"}
    other = sent(region, send(region, here, **given))
    for shown, expected in (
        (plain, {
            "Name": NAME, "TargetDir": "/srv", "Content": CONTENT, "ContentType": "PlainText",
            "Description": "", "FileMode": "0644", "FileOwner": "root", "FileGroup": "root", "Overwrite": "false",
            "VmCount": 2,
        }),
        (other, {**given, "Overwrite": "true", "VmCount": 1}),
    ):  # fmt: skip
        assert {name: shown[name] for name in expected} == expected
        assert begun <= shown["CreationTime"] <= f"{region.clock.now:{STAMP}}"
        for target in shown["InvokeInstances"]["InvokeInstance"]:
            times = [target[name] for name in ("CreationTime", "StartTime", "FinishTime", "UpdateTime")]
            assert times == sorted(times)
            assert begun <= times[0] == shown["CreationTime"]
            assert times[3] == times[2] <= f"{region.clock.now:{STAMP}}"
    targets = [each["InstanceId"] for each in plain["InvokeInstances"]["InvokeInstance"]]
    assert sorted(targets) == sorted((here.id, there.id))


@clause("assistant/file-totals")
@needs("break-agents")
def test_the_whole_follows_from_the_targets(region: Region) -> None:
    here, there, hung = region.run_instances(3)
    everywhere = send(region, here, there)
    nowhere = send(region, here, there)  # It is there already.
    partly = send(region, here, hung)
    region.control("set-agent", instance=hung.id, state="hung")
    asked = {"Name": "late", "TargetDir": "/srv", "Content": "1", "InstanceId": [here.id, hung.id]}
    waits = region.call("SendFile", **asked)["InvokeId"]
    expected = {everywhere: "Success", nowhere: "Failed", partly: "PartialFailed", waits: "Pending"}
    assert {each: sent(region, each)["InvocationStatus"] for each in expected} == expected
    for invoke_id, status in expected.items():
        assert found(region, InvocationStatus=status) == [invoke_id]
    region.control("set-agent", instance=hung.id, state="running")
    region.wait(lambda: sent(region, waits)["InvocationStatus"] == "Success", "2m", what="the file")
