"""The manual's sample flows of Cloud Assistant with both generations of the Python SDK, unmodified, on a served region.

The calling style is that of the published sample: `Timed` as text, an empty `Frequency`, and an output that is decoded
whatever became of the run. Contents are asserted, since a wrong shape is silent in the later SDK.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pytest
from alibabacloud_ecs20140526 import models
from alibabacloud_ecs20140526.client import Client
from alibabacloud_tea_openapi.models import Config
from aliyunsdkcore.acs_exception.exceptions import ServerException
from Tea.exceptions import TeaException

from tests.clients.test_old_sdk import IMAGE, TYPE, call, connect, wait_until
from tests.support.clients import faultzone_up
from tests.support.patience import PATIENCE

REGION = "cn-hangzhou"
SCRIPT = base64.b64encode(b"hostname; echo 123").decode()
T = TypeVar("T")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["2019-02", "2020-12"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A region whose seconds take 50 ms."""
    with faultzone_up("--scale", "20", "--edition", request.param) as served:
        yield served


@pytest.fixture
def history(request: pytest.FixtureRequest) -> bool:
    """Whether past runs are shown only to who asks for them: in the later edition, which alone has the parameter."""
    return bool(request.node.callspec.params["url"] == "2020-12")


@pytest.fixture(scope="module")
def later_url() -> Iterator[str]:
    with faultzone_up("--scale", "20", "--edition", "2020-12") as served:
        yield served


def new_client(url: str) -> Any:
    config = Config(
        access_key_id="testid", access_key_secret="testsecret", endpoint=urlsplit(url).netloc, protocol="http"
    )
    return Client(config)


def two_instances(url: str) -> list[str]:
    """Two instances that run, with host names of their own."""
    client = connect(urlsplit(url).netloc)
    made = [
        call(client, "RunInstances", ImageId=IMAGE, InstanceType=TYPE, Amount=1, HostName=name)
        for name in ("one", "two")
    ]
    ids = [each["InstanceIdSets"]["InstanceIdSet"][0] for each in made]
    wait_until(client, ids, "Running")
    return ids


def poll(read: Callable[[], T], done: Callable[[T], bool]) -> T:
    """Ask until it is so, with real sleeps, half a minute at the most."""
    deadline = time.monotonic() + PATIENCE
    while not done(seen := read()):
        assert time.monotonic() < deadline, f"not within {PATIENCE:g} s: {seen}"
        time.sleep(0.05)
    return seen


def test_the_sample_with_the_old_sdk(url: str) -> None:
    client, ids = connect(urlsplit(url).netloc), two_instances(url)
    given = {"CommandContent": SCRIPT, "Type": "RunShellScript", "Name": "test", "Description": "test"}
    command = call(client, "CreateCommand", **given)["CommandId"]
    (kept,) = call(client, "DescribeCommands", CommandId=command)["Commands"]["Command"]
    assert {name: kept[name] for name in given} == given
    invoke_id = call(client, "InvokeCommand", CommandId=command, InstanceIds=ids, Timed="false", Frequency="")[
        "InvokeId"
    ]

    def results(instance_id: str) -> list[dict[str, Any]]:
        answer = call(client, "DescribeInvocationResults", InvokeId=invoke_id, InstanceId=instance_id)
        found: list[dict[str, Any]] = answer["Invocation"]["InvocationResults"]["InvocationResult"]
        for each in found:
            base64.b64decode(each["Output"])
        return found

    def settled() -> bool:
        return all(each["InvokeRecordStatus"] != "Running" for instance_id in ids for each in results(instance_id))

    poll(settled, bool)
    for instance_id, name in zip(ids, ("one", "two"), strict=True):
        (shown,) = results(instance_id)
        assert base64.b64decode(shown["Output"]).decode() == f"{name}\n123\n"
        assert (shown["InvokeRecordStatus"], shown["ExitCode"], shown["CommandId"]) == ("Finished", 0, command)
        assert shown["FinishedTime"]
    (total,) = call(client, "DescribeInvocations", InvokeId=invoke_id, Timed="false")["Invocations"]["Invocation"]
    assert (total["InvokeStatus"], total["Timed"], total["Frequency"]) == ("Finished", False, "")
    states = {each["InstanceId"]: each["InstanceInvokeStatus"] for each in total["InvokeInstances"]["InvokeInstance"]}
    assert states == dict.fromkeys(ids, "Finished")
    agents = call(client, "DescribeCloudAssistantStatus", InstanceIds=ids)
    told = agents["InstanceCloudAssistantStatusSet"]["InstanceCloudAssistantStatus"]
    assert {each["CloudAssistantStatus"] for each in told} == {"true"}


def test_a_periodic_run_with_the_old_sdk(url: str, history: bool) -> None:
    client, ids = connect(urlsplit(url).netloc), two_instances(url)
    given = {"CommandContent": SCRIPT, "Type": "RunShellScript", "Name": "often"}
    command = call(client, "CreateCommand", **given)["CommandId"]
    with pytest.raises(ServerException) as refused:
        call(client, "InvokeCommand", CommandId=command, InstanceIds=ids, Timed="true", Frequency="")
    missing = "MissingParam" if history else "MissingParameter"
    assert refused.value.get_error_code() == f"{missing}.Frequency"
    invoke_id = call(
        client, "InvokeCommand", CommandId=command, InstanceIds=ids, Timed="true", Frequency="*/10 * * * * *"
    )["InvokeId"]

    def count() -> int:
        asked = {"InvokeId": invoke_id, "InvokeRecordStatus": "Finished"} | (
            {"IncludeHistory": "true"} if history else {}
        )
        answer = call(client, "DescribeInvocationResults", **asked)
        return int(answer["Invocation"]["TotalCount"])

    poll(count, lambda seen: seen >= 4)
    (running,) = call(client, "DescribeInvocations", Timed="true", InvokeStatus="Running")["Invocations"]["Invocation"]
    assert (running["InvokeId"], running["Frequency"], running["Timed"]) == (invoke_id, "*/10 * * * * *", True)
    call(client, "StopInvocation", InvokeId=invoke_id)
    # A stop settles what was under way, and no time of the two that pass now brings a run.
    seen = count()
    time.sleep(1.1)
    assert count() == seen
    (stopped,) = call(client, "DescribeInvocations", InvokeId=invoke_id)["Invocations"]["Invocation"]
    assert stopped["InvokeStatus"] == "Stopped"
    call(client, "DeleteCommand", CommandId=command)


def test_the_sample_with_the_new_sdk(url: str) -> None:
    client, ids = new_client(url), two_instances(url)
    asked = models.CreateCommandRequest(
        region_id=REGION, name="test", type="RunShellScript", command_content=SCRIPT, timeout=60, working_dir="/tmp"
    )
    command = client.create_command(asked).body.command_id
    listing = models.DescribeCommandsRequest(region_id=REGION, command_id=command)
    (kept,) = client.describe_commands(listing).body.commands.command
    assert (kept.name, kept.command_content, kept.timeout, kept.working_dir) == ("test", SCRIPT, 60, "/tmp")
    invoke = models.InvokeCommandRequest(
        region_id=REGION, command_id=command, instance_id=ids, timed=False, frequency=""
    )
    invoke_id = client.invoke_command(invoke).body.invoke_id

    def results() -> list[Any]:
        wanted = models.DescribeInvocationResultsRequest(region_id=REGION, invoke_id=invoke_id, page_size=20)
        found: list[Any] = client.describe_invocation_results(
            wanted
        ).body.invocation.invocation_results.invocation_result
        for each in found:
            base64.b64decode(each.output)
        return found

    found = poll(results, lambda seen: all(each.invoke_record_status != "Running" for each in seen))
    assert {each.instance_id: base64.b64decode(each.output).decode() for each in found} == {
        ids[0]: "one\n123\n",
        ids[1]: "two\n123\n",
    }
    assert {(each.invoke_record_status, each.exit_code) for each in found} == {("Finished", 0)}
    wanted = models.DescribeInvocationsRequest(region_id=REGION, invoke_id=invoke_id)
    (total,) = client.describe_invocations(wanted).body.invocations.invocation
    assert (total.invoke_status, total.timed, total.command_name) == ("Finished", False, "test")
    assert {each.instance_invoke_status for each in total.invoke_instances.invoke_instance} == {"Finished"}
    client.delete_command(models.DeleteCommandRequest(region_id=REGION, command_id=command))


def test_a_periodic_run_with_the_new_sdk(url: str, history: bool) -> None:
    client, ids = new_client(url), two_instances(url)
    asked = models.CreateCommandRequest(region_id=REGION, name="often", type="RunShellScript", command_content=SCRIPT)
    command = client.create_command(asked).body.command_id
    invoke = models.InvokeCommandRequest(
        region_id=REGION, command_id=command, instance_id=ids, timed=True, frequency="*/10 * * * * *"
    )
    invoke_id = client.invoke_command(invoke).body.invoke_id
    wanted = models.DescribeInvocationResultsRequest(
        region_id=REGION, invoke_id=invoke_id, include_history=history or None
    )
    poll(lambda: client.describe_invocation_results(wanted).body.invocation.total_count, lambda seen: seen >= 4)
    client.stop_invocation(models.StopInvocationRequest(region_id=REGION, invoke_id=invoke_id))
    described = models.DescribeInvocationsRequest(region_id=REGION, invoke_id=invoke_id)
    (total,) = client.describe_invocations(described).body.invocations.invocation
    assert (total.invoke_status, total.timed, total.frequency) == ("Stopped", True, "*/10 * * * * *")


def test_what_came_later_with_the_new_sdk(later_url: str) -> None:
    client, ids = new_client(later_url), two_instances(later_url)
    asked = models.RunCommandRequest(
        region_id=REGION,
        type="RunShellScript",
        command_content="echo '{{Greeting}}' {{ACS::InstanceId}}; whoami",
        content_encoding="PlainText",
        enable_parameter=True,
        parameters={"greeting": "hello & welcome"},
        repeat_mode="Once",
        username="nobody",
        instance_id=ids,
        keep_command=True,
    )
    ran = client.run_command(asked).body
    wanted = models.DescribeInvocationsRequest(
        region_id=REGION, invoke_id=ran.invoke_id, include_output=True, content_encoding="PlainText"
    )

    def described() -> Any:
        return client.describe_invocations(wanted).body.invocations.invocation[0]

    total = poll(described, lambda seen: seen.invocation_status not in ("Pending", "Running"))
    assert (total.invocation_status, total.repeat_mode, total.username) == ("Success", "Once", "nobody")
    assert total.parameters == '{"greeting": "hello & welcome"}'
    outputs = {each.instance_id: each.output for each in total.invoke_instances.invoke_instance}
    assert outputs == {each: f"hello & welcome {each}\nnobody\n" for each in ids}
    (kept,) = client.describe_commands(
        models.DescribeCommandsRequest(region_id=REGION, command_id=ran.command_id)
    ).body.commands.command
    assert (kept.enable_parameter, kept.parameter_names.parameter_name) == (True, ["Greeting"])


def test_pages_by_token_with_the_new_sdk(later_url: str) -> None:
    client = new_client(later_url)
    content = base64.b64encode(b"true").decode()
    for number in range(5):
        client.create_command(
            models.CreateCommandRequest(
                region_id=REGION, name=f"page-{number}", type="RunBatScript", command_content=content
            )
        )
    seen: list[str] = []
    token = None
    while token != "":
        asked = models.DescribeCommandsRequest(region_id=REGION, type="RunBatScript", max_results=2, next_token=token)
        page = client.describe_commands(asked).body
        seen += [each.name for each in page.commands.command]
        token = page.next_token
    assert seen == [f"page-{number}" for number in reversed(range(5))]


def test_what_came_later_is_refused_before() -> None:
    with faultzone_up("--edition", "2019-02") as url:
        client = new_client(url)
        command = models.CreateCommandRequest(
            region_id=REGION, name="n", type="RunShellScript", command_content=SCRIPT, enable_parameter=True
        )
        listing = models.DescribeCommandsRequest(region_id=REGION, max_results=2)
        for send, asked in ((client.create_command, command), (client.describe_commands, listing)):
            with pytest.raises(TeaException) as refused:
                send(asked)
            assert refused.value.code == "UnsupportedParameter"
