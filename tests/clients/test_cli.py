"""The command line client `aliyun`, unmodified, where it is on the PATH.

Since 3.0.203 it speaks HTTPS unless `--insecure` is given. Since 3.0.83 `--pager` follows tokens alone unless
`NextToken=` turns that off. Since 3.4.0 it sends a throttled call again where the answer says when.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from faultzone.backends.http import flatten
from faultzone.serve.client import connect
from tests.clients.test_old_sdk import IMAGE, TYPE
from tests.support.clients import STS, TOKEN, faultzone_up
from tests.support.patience import PATIENCE

ALIYUN = shutil.which("aliyun")

pytestmark = [pytest.mark.slow, pytest.mark.skipif(ALIYUN is None, reason="the client `aliyun` is not on the PATH")]


class Aliyun:
    """The client with a home directory of its own.

    Args:
        home: where its profile goes.
        url: the endpoint.
    """

    def __init__(self, home: Path, url: str) -> None:
        self._environment = {"PATH": os.environ["PATH"], "HOME": str(home)}
        self.url, self.version = url, tuple(map(int, self.run("version").split(".")))
        self._endpoint = ["--endpoint", urlsplit(url).netloc, *(["--insecure"] if self.version >= (3, 0, 203) else [])]
        self.run("configure", "set", "--mode", "AK", "--region", "cn-hangzhou",
                 "--access-key-id", "testid", "--access-key-secret", "testsecret")  # fmt: skip

    def run(self, *words: str, refused: bool = False) -> str:
        """What it prints; a refusal goes to its output or to its errors, by version."""
        done = subprocess.run(
            [str(ALIYUN), *words], env=self._environment, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        assert (done.returncode != 0) == refused, done.stdout + done.stderr
        return done.stdout + done.stderr if refused else done.stdout

    def _told(self, action: str, flags: Sequence[str], parameters: Mapping[str, object], *, refused: bool) -> str:
        given = [word for name, value in flatten(parameters).items() for word in (f"--{name}", value)]
        return self.run("ecs", action, *self._endpoint, *given, *flags, refused=refused)

    def text(self, action: str, *flags: str, **parameters: object) -> str:
        """What it prints for an action."""
        return self._told(action, flags, parameters, refused=False)

    def ecs(self, action: str, *flags: str, **parameters: object) -> dict[str, Any]:
        """The answer to an action, as it prints it."""
        answer: dict[str, Any] = json.loads(self.text(action, *flags, **parameters))
        return answer

    def refusal(self, action: str, *flags: str, **parameters: object) -> str:
        """What it prints for an action that is refused."""
        return self._told(action, flags, parameters, refused=True)

    def code(self, action: str, **parameters: object) -> str:
        """The code with which an action is refused, as it prints it."""
        told = re.search(r"^ErrorCode: (\S+)$", self.refusal(action, **parameters), re.MULTILINE)
        assert told is not None
        return told[1]

    def wait(self, action: str, expression: str, to: str, **parameters: object) -> dict[str, Any]:
        """The answer with which its waiter was content."""
        waiter = ["--waiter", f"expr={expression}", f"to={to}", "interval=2", f"timeout={PATIENCE:.0f}"]
        return self.ecs(action, *waiter, **parameters)


@pytest.fixture(scope="module")
def aliyun(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aliyun]:
    with faultzone_up("--zones", "1", "--hosts", "3", "--scale", "20", "--sts", ":".join(STS)) as url:
        yield Aliyun(tmp_path_factory.mktemp("home"), url)


@pytest.fixture
def group(aliyun: Aliyun) -> Iterator[str]:
    """A deployment set that takes its members along when it goes."""
    made = aliyun.ecs("CreateDeploymentSet", DeploymentSetName="web", Description="the web tier")["DeploymentSetId"]
    yield made
    shown = aliyun.ecs("DescribeDeploymentSets", DeploymentSetIds=json.dumps([made]))
    for each in shown["DeploymentSets"]["DeploymentSet"][0]["InstanceIds"]["InstanceId"]:
        aliyun.wait("DescribeInstances", "Instances.Instance[0].Status", "Running", InstanceIds=json.dumps([each]))
        aliyun.ecs("DeleteInstance", InstanceId=each, Force=True)
    aliyun.ecs("DeleteDeploymentSet", DeploymentSetId=made)
    assert aliyun.ecs("DescribeDeploymentSets")["TotalCount"] == 0


def run_instances(aliyun: Aliyun, group: str, amount: int, **parameters: object) -> list[str]:
    answer = aliyun.ecs(
        "RunInstances", ImageId=IMAGE, InstanceType=TYPE, Amount=amount, DeploymentSetId=group, **parameters
    )
    ids: list[str] = answer["InstanceIdSets"]["InstanceIdSet"]
    return ids


def test_instances_are_run_waited_for_found_and_paged(aliyun: Aliyun, group: str) -> None:
    description = "it's * & + ~ = é, 你好"
    tag = {"Key": "tier", "Value": "web & more"}
    made = run_instances(aliyun, group, 3, InstanceName="web", Description=description, Tag=[tag])
    assert len(made) == 3

    (first,) = aliyun.wait(
        "DescribeInstances", "Instances.Instance[0].Status", "Running", InstanceIds=json.dumps(made[:1])
    )["Instances"]["Instance"]
    assert (first["InstanceId"], first["Description"], first["DeploymentSetId"]) == (made[0], description, group)
    assert first["Tags"]["Tag"] == [{"TagKey": "tier", "TagValue": "web & more"}]

    paged = aliyun.ecs("DescribeInstances", "--pager", "NextToken=", "path=Instances.Instance[]", PageSize=2)
    assert {each["InstanceId"] for each in paged["Instances"]["Instance"]} == set(made)
    assert len(paged["Instances"]["Instance"]) == 3
    assert aliyun.ecs("DescribeInstances", PageSize=2, PageNumber=2)["TotalCount"] == 3

    other = {"Key": "tier", "Value": "db"}
    assert aliyun.ecs("DescribeInstances", Tag=[tag], InstanceIds=json.dumps(made[1:]))["TotalCount"] == 2
    assert aliyun.ecs("DescribeInstances", Tag=[other])["TotalCount"] == 0
    table = aliyun.text("DescribeInstances", "--output", "cols=InstanceId,InstanceName", "rows=Instances.Instance[]")
    assert re.findall(r"^(i-\S+) +\| web *$", table, re.MULTILINE) == [
        each["InstanceId"] for each in aliyun.ecs("DescribeInstances")["Instances"]["Instance"]
    ]


def test_a_command_runs_and_its_output_is_read(aliyun: Aliyun, group: str) -> None:
    (made,) = run_instances(aliyun, group, 1)
    status = "InstanceCloudAssistantStatusSet.InstanceCloudAssistantStatus[0].CloudAssistantStatus"
    aliyun.wait("DescribeCloudAssistantStatus", status, "true", InstanceId=[made])

    script = base64.b64encode(b"echo it\\'s done; exit 3").decode()
    command = aliyun.ecs("CreateCommand", Name="deploy", Type="RunShellScript", CommandContent=script)["CommandId"]
    invoked = aliyun.ecs("InvokeCommand", CommandId=command, InstanceId=[made])["InvokeId"]
    record = "Invocation.InvocationResults.InvocationResult"
    answer = aliyun.wait("DescribeInvocationResults", f"{record}[0].InvokeRecordStatus", "Finished", InvokeId=invoked)
    (result,) = answer["Invocation"]["InvocationResults"]["InvocationResult"]
    assert (result["InstanceId"], result["ExitCode"]) == (made, 3)
    assert base64.b64decode(result["Output"]) == b"it's done\n"

    keys = {"PageNumber": "PageNumber", "PageSize": "PageSize", "TotalCount": "TotalCount"}
    pager = ["--pager", "NextToken=", f"path={record}[]", *(f"{key}=Invocation.{name}" for key, name in keys.items())]
    merged = aliyun.ecs("DescribeInvocationResults", *pager, InvokeId=invoked, PageSize=1)
    assert merged["InvocationResults"]["InvocationResult"] == [result]


def test_refusals_have_their_codes(aliyun: Aliyun, group: str) -> None:
    made = run_instances(aliyun, group, 3)
    # Three hosts, three members: the spread cannot be kept for a fourth.
    fourth = {"ImageId": IMAGE, "InstanceType": TYPE, "Amount": 1, "DeploymentSetId": group}
    assert aliyun.code("RunInstances", **fourth) == "OperationDenied.NoStock"
    assert aliyun.ecs("DescribeInstances")["TotalCount"] == 3
    assert aliyun.code("DeleteDeploymentSet", DeploymentSetId=group) == "DependencyViolation.NotEmpty"
    aliyun.wait("DescribeInstances", "Instances.Instance[0].Status", "Running", InstanceIds=json.dumps(made[:1]))
    assert aliyun.code("StartInstance", InstanceId=made[0]) == "IncorrectInstanceStatus"
    assert aliyun.code("StopInstance", InstanceId="i-none") == "InvalidInstanceId.NotFound"
    # The client knows the action and the region does not.
    assert aliyun.code("DescribeSnapshots") == "InvalidAction"


def test_the_client_finds_its_own_string_in_the_refusal_of_a_wrong_secret(aliyun: Aliyun) -> None:
    told = aliyun.refusal("DescribeInstances", "--access-key-secret", "wrong")
    assert "ErrorCode: SignatureDoesNotMatch" in told
    # It says so where the region signed exactly what it signed itself: V1, with an empty SignatureType.
    assert "InvalidAccessKeySecret: Please check you AccessKeySecret" in told
    assert "SignatureMethod%3DHMAC-SHA1" in told
    assert "SignatureType%3D%26SignatureVersion%3D1.0" in told


def test_a_throttled_call_is_sent_again_where_the_answer_says_when(aliyun: Aliyun) -> None:
    with closing(connect(aliyun.url, token=TOKEN)) as region:
        fault = {"fault": "ApiFailure", "action": "DescribeZones", "code": "Throttling", "times": 1}
        first = region.control("inject", {"fault": fault})["number"]
        assert aliyun.code("DescribeZones") == "Throttling"
        region.control("inject", {"fault": {**fault, "retry_after": 100}})
        if aliyun.version >= (3, 4, 0):
            assert aliyun.ecs("DescribeZones")["Zones"]["Zone"][0]["ZoneId"] == "cn-hangzhou-a"
        else:
            assert aliyun.code("DescribeZones") == "Throttling"
        assert region.control("undo", {"number": first})["state"] == "undone"


def test_a_temporary_key_needs_its_token(aliyun: Aliyun) -> None:
    key_id, secret, token = STS
    key = ["--mode", "StsToken", "--access-key-id", key_id, "--access-key-secret", secret, "--sts-token"]
    assert aliyun.ecs("DescribeInstances", *key, token)["TotalCount"] == 0
    assert "ErrorCode: InvalidSecurityToken" in aliyun.refusal("DescribeInstances", *key, "another")


def test_xml_when_it_is_asked_for(aliyun: Aliyun) -> None:
    told = aliyun.text("DescribeRegions", "--header", "Accept=application/xml")
    assert "<DescribeRegionsResponse>" in told
    assert "<RegionId>cn-hangzhou</RegionId>" in told
