"""What a call to run a command may not say together, as documented in October 2026: a table, and one test."""

from __future__ import annotations

import pytest

from faultzone import Instance, Region, assert_refused, make_region
from faultzone.api.ecs.assistant import MODES_OF_TODAY

#: What is given, in short -> parameters. `on` and `tagged` choose the target, a machine of Windows is `windows`.
SHORT: dict[str, dict[str, object]] = {
    "cron": {"Frequency": "0 0 * * * ?"},
    "rate": {"Frequency": "rate(5m)"},
    "fast": {"Frequency": "rate(60s)"},
    "timed": {"Timed": True},
    "untimed": {"Timed": False},
    "once": {"RepeatMode": "Once"},
    "period": {"RepeatMode": "Period"},
    "start": {"RepeatMode": "EveryReboot"},
    "next": {"RepeatMode": "NextRebootOnly"},
    "dry": {"RepeatMode": "DryRun"},
    "minute": {"Timeout": 60},
    "values": {"Parameters": '{"a": "1"}'},
    "user": {"Username": "administrator"},
    "system": {"Username": "System"},
    "password": {"WindowsPasswordName": "p"},
    "container": {"ContainerName": "c"},
    "delivery": {"OssOutputDelivery": "oss://bucket/prefix"},
    "tree": {"TerminationMode": "ProcessTree"},
}
#: The combination -> what becomes of it: a code, or the mode in which it runs.
TABLE = """
on                     Once
tagged                 Once
on tagged              InvalidParameter.Conflict
                       MissingParameter.InstanceIds
on cron                Period
on cron once           Period
on cron start          Period
on cron next           Period
on cron dry            Period
on rate untimed        Period
on timed               Once
on timed start         EveryReboot
on period              MissingParam.Frequency
on period timed        MissingParam.Frequency
on start               EveryReboot
on next                NextRebootOnly
on dry                 DryRun
on fast minute         InvalidParam.Frequency
on rate minute         Period
on fast minute once    InvalidParam.Frequency
on values              Parameter.Disabled
on dry values          Parameter.Disabled
on container           UnsupportedParameter
on delivery            UnsupportedParameter
on dry container       UnsupportedParameter
on tree                Once
on tree start          EveryReboot
on user                Once
on password            Once
on user password       Once
windows                Once
windows user           InvalidParameter
windows password       InvalidParameter
windows user password  Once
windows system         Once
windows system password InvalidParameter
on windows             InvalidInstance.NotMatch
"""
ROWS = [line.rsplit(maxsplit=1) for line in TABLE.strip("\n").splitlines()]
WINDOWS = "win2016_64_dtc_1607_en-us_40G_alibase_20181220.vhd"


@pytest.fixture(scope="module")
def region() -> Region:
    return make_region(edition="2026-10")


@pytest.fixture(scope="module")
def linux(region: Region) -> Instance:
    (made,) = region.run_instances(1, Tag=[{"Key": "role", "Value": "web"}])
    return made


@pytest.fixture(scope="module")
def windows(region: Region) -> Instance:
    (made,) = region.run_instances(1, ImageId=WINDOWS)
    return made


@pytest.mark.parametrize("row", ROWS, ids=lambda row: " ".join(row))
@pytest.mark.parametrize("action", ["RunCommand", "InvokeCommand"])
def test_each_combination_is_refused_or_runs_in_its_mode(
    region: Region, linux: Instance, windows: Instance, action: str, row: list[str]
) -> None:
    words, expected = row[0].split() if len(row) > 1 else [], row[-1]
    kind = "RunBatScript" if "windows" in words else "RunShellScript"
    ids = [each.id for name, each in (("on", linux), ("windows", windows)) if name in words]
    asked: dict[str, object] = {"InstanceId": ids} if ids else {}
    if "tagged" in words:
        asked["ResourceTag"] = [{"Key": "role", "Value": "web"}]
    for word in words:
        asked |= SHORT.get(word, {})
    if action == "RunCommand":
        asked |= {"Type": kind, "CommandContent": "echo 1", "Timeout": asked.get("Timeout", 10)}
    else:
        asked["CommandId"] = region.commands.create("echo 1", type=kind, Timeout=10)
    before = region.call("DescribeInvocations")["TotalCount"]
    if expected in MODES_OF_TODAY:
        made = region.call(action, **asked)["InvokeId"]
        assert region.commands.invocation(made).describe()["RepeatMode"] == expected
    else:
        assert_refused(expected, lambda: region.call(action, **asked))
        assert region.call("DescribeInvocations")["TotalCount"] == before
