"""Faults of the API: what callers in process and clients on the wire meet, and what has had an effect."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from aliyunsdkcore.acs_exception.exceptions import ClientException, ServerException
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import RpcRequest

from faultzone import (
    ApiError,
    ApiFailure,
    Client,
    NoAnswer,
    Region,
    SupplyShortage,
    UsageError,
    assert_refused,
    make_region,
)
from faultzone.editions.catalog import DEFAULT_IMAGE, DEFAULT_INSTANCE_TYPE
from faultzone.faults.api import BRANCHED_ON


@pytest.fixture
def served() -> Iterator[Region]:
    with make_region(clock="hybrid", accounts=2) as region:
        yield region


@pytest.fixture
def region() -> Iterator[Region]:
    with make_region() as made:
        yield made


def launch(ecs: Client) -> str:
    """Start an instance as a program does, and give its id."""
    made = ecs.RunInstances(ImageId=DEFAULT_IMAGE, InstanceType=DEFAULT_INSTANCE_TYPE)
    return str(made["InstanceIdSets"]["InstanceIdSet"][0])


def inject(region: Region, **fault: object) -> int:
    return int(region.control("inject", fault={"fault": "ApiFailure", **fault})["number"])


def test_a_refusal_comes_before_the_effect(served: Region) -> None:
    inject(served, action="RunInstances", code="Throttling", times=1)
    with pytest.raises(ApiError) as refused:
        launch(Client(served))
    assert (refused.value.code, refused.value.status) == ("Throttling", 400)
    assert served.instances == []
    assert len(served.run_instances(1, wait=False)) == 1


def test_an_answer_is_lost_after_the_effect_when_asked(served: Region) -> None:
    inject(served, action="RunInstances", kind="drop", after_effect=True, times=1)
    with pytest.raises(NoAnswer):
        launch(Client(served))
    assert len(served.instances) == 1


def test_a_pattern_and_its_end(served: Region) -> None:
    ecs = Client(served)
    fault = inject(served, action="Describe*")
    with pytest.raises(ApiError, match="ServiceUnavailable"):
        ecs.DescribeInstances()
    for _ in range(2):
        assert served.control("undo", number=fault)["state"] == "undone"
    assert ecs.DescribeInstances()["TotalCount"] == 0


def test_a_delay_in_process_is_region_time(region: Region) -> None:
    inject(region, action="DescribeInstances", kind="delay", seconds=90, times=1)
    began = region.clock.ms
    Client(region).DescribeInstances()
    assert region.clock.ms - began == 90_000
    assert region.journal.of("fault", fault="ApiFault")[0].data["does"] == "delay"


def test_what_is_carried_out_and_answered_late_has_its_effect_at_once(region: Region) -> None:
    region.chaos.at("30s", SupplyShortage())
    region.chaos.api_failure("RunInstances", kind="delay", seconds=90, after_effect=True)
    began = region.clock.ms
    launch(Client(region))
    assert region.clock.ms - began == 90_000
    assert region.journal.of("call", action="RunInstances")[0].at == began


def test_what_is_delayed_before_its_effect_meets_what_comes_meanwhile(region: Region) -> None:
    region.chaos.at("30s", SupplyShortage())
    region.chaos.api_failure("RunInstances", kind="delay", seconds=90)
    assert_refused("OperationDenied.NoStock", lambda: launch(Client(region)))


@pytest.mark.parametrize("after_effect", [False, True])
def test_a_client_waits_no_longer_than_its_timeout(region: Region, after_effect: bool) -> None:
    region.chaos.api_failure("RunInstances", kind="delay", seconds=3600, after_effect=after_effect)
    began = region.clock.ms
    with pytest.raises(NoAnswer, match="RunInstances was not answered within 30 s"):
        launch(Client(region, timeout="30s"))
    assert region.clock.ms - began == 30_000
    assert len(region.instances) == after_effect
    region.clock.advance("1h")
    assert len(region.instances) == 1, "it is carried out, though nobody waits for the answer"


def test_an_answer_within_the_timeout_is_waited_for(region: Region) -> None:
    region.chaos.api_failure("DescribeZones", kind="delay", seconds=30)
    assert Client(region, timeout="30s").DescribeZones()["Zones"]


# Whose calls


def test_by_default_a_fault_meets_clients_and_not_the_test(region: Region) -> None:
    (instance,) = region.run_instances(1)
    with region.chaos.throttling("DescribeInstances", times=1):
        assert instance.status == "Running"
        assert region.instances == [instance]
        with pytest.raises(TimeoutError):
            region.request("172.16.255.1", 80)
        assert_refused("Throttling", Client(region).DescribeInstances)
        assert Client(region).DescribeInstances()["TotalCount"] == 1


def test_a_fault_for_everyone_meets_the_tests_own_calls(region: Region) -> None:
    (instance,) = region.run_instances(1)
    with region.chaos.api_failure("DescribeInstances", only="everyone"):
        assert_refused("ServiceUnavailable", instance.describe)
        assert_refused("ServiceUnavailable", Client(region).DescribeInstances)


@pytest.mark.parametrize(("only", "met"), [("endpoint", True), ("testid", True), ("testid2", False)])
def test_a_fault_is_narrowed_to_the_clients_of_an_endpoint(served: Region, only: str, met: bool) -> None:
    with served.chaos.throttling("DescribeInstances", only=only):
        assert Client(served).DescribeInstances()["TotalCount"] == 0
        asked = RpcRequest("Ecs", "2014-05-26", "DescribeInstances")
        if met:
            with pytest.raises(ServerException, match="Throttling"):
                client_of(served).do_action_with_exception(asked)
        else:
            assert client_of(served).do_action_with_exception(asked)


def test_a_test_that_listens_within_the_call_of_a_client_is_no_client(region: Region) -> None:
    seen: list[str] = []
    (instance,) = region.run_instances(1)
    region.subscribe(lambda told: seen.append(instance.status))
    with region.chaos.throttling("DescribeInstances"):
        Client(region).StopInstance(InstanceId=instance.id)
    assert seen[0] == "Stopping"


# Which calls


def codes(ask: Callable[[], object], count: int) -> list[str]:
    """What becomes of so many calls."""
    found = []
    for _ in range(count):
        try:
            ask()
            found.append("ok")
        except ApiError as refusal:
            found.append(refusal.code)
    return found


def test_the_third_call_alone(region: Region) -> None:
    region.chaos.throttling("DescribeZones", nth=3, times=1)
    assert codes(Client(region).DescribeZones, 4) == ["ok", "ok", "Throttling", "ok"]


def test_the_second_page_of_a_listing(region: Region) -> None:
    region.run_instances(3)
    region.chaos.throttling("DescribeInstances", nth=2)
    pages = count(1)
    assert codes(lambda: Client(region).DescribeInstances(PageNumber=next(pages), PageSize=1), 3) == [
        "ok", "Throttling", "Throttling",
    ]  # fmt: skip


def test_calls_about_a_resource(region: Region) -> None:
    ecs = Client(region)
    one, other = region.run_instances(2)
    region.chaos.api_failure("*", about=one)
    assert_refused("ServiceUnavailable", lambda: ecs.DescribeInstances(InstanceIds=json.dumps([one.id])))
    assert_refused("ServiceUnavailable", lambda: ecs.StopInstance(InstanceId=one.id))
    assert_refused("ServiceUnavailable", lambda: ecs.StopInstances(InstanceId=[other.id, one.id]))
    assert ecs.StopInstance(InstanceId=other.id)


def test_a_share_of_calls_is_chosen_by_the_seed() -> None:
    def met(seed: int) -> list[str]:
        with make_region(seed=seed) as region:
            region.chaos.api_failure("DescribeZones", share=0.25)
            return codes(Client(region).DescribeZones, 100)

    assert met(1) == met(1) != met(2)
    assert 10 < met(1).count("ServiceUnavailable") < 40


def test_what_is_answered_and_not_carried_out(region: Region) -> None:
    (instance,) = region.run_instances(1)
    ecs = Client(region)
    with region.chaos.api_failure("StopInstance", kind="ignore", times=1):
        assert ecs.StopInstance(InstanceId=instance.id).keys() == {"RequestId"}
        region.clock.advance("1m")
        assert instance.status == "Running"
        ecs.StopInstance(InstanceId=instance.id)
    instance.wait_until("Stopped")


@pytest.mark.parametrize("action", ["DescribeInstances", "RunInstances", "Stop*"])
def test_what_tells_more_than_that_it_is_done_cannot_be_ignored(region: Region, action: str) -> None:
    with pytest.raises(UsageError, match="kind='ignore': expected an action that answers its RequestId alone"):
        region.chaos.api_failure(action, kind="ignore")


def test_a_client_is_walked_through_the_refusals_that_it_branches_on(region: Region) -> None:
    region.chaos.refusals("RunInstances", "terraform")
    region.chaos.refusals("RunInstances", ["OperationDenied.NoStock"])
    wanted = [*BRANCHED_ON["terraform"], "OperationDenied.NoStock", "ok"]
    assert codes(lambda: launch(Client(region)), len(wanted)) == wanted
    with pytest.raises(UsageError, match="did you mean 'terraform'"):
        region.chaos.refusals("RunInstances", "teraform")
    with pytest.raises(UsageError, match=r"codes=\[\]: expected at least one code"):
        region.chaos.refusals("RunInstances", [])


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "explode"},
        {"status": 200},
        {"status": 99},
        {"status": 1000},
        {"status": 304},
        {"status": 399},
        {"status": 600},
        {"status": True},
        {"status": "x"},
        {"status": "503"},
        {"status": 503.0},
        {"code": 1},
        {"code": ""},
        {"message": 1},
        {"seconds": "1"},
        {"times": "1"},
        {"times": True},
        {"retry_after": "1"},
        {"retry_after": 1.5},
        {"seconds": -1},
        {"kind": "delay", "seconds": float("nan")},
        {"kind": "delay", "seconds": float("inf")},
        {"times": 0},
        {"retry_after": -1},
        {"nth": 0},
        {"nth": "2"},
        {"share": 0},
        {"share": 1.5},
        {"share": True},
        {"only": ""},
        {"only": "endpont"},
        {"only": "Everyone"},
        {"about": ["i-1"]},
    ],
)
def test_a_fault_that_cannot_be_is_refused(served: Region, fault: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        inject(served, action="RunInstances", **fault)


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("ignore", "after_effect", True),
        ("refuse", "seconds", 5),
        ("drop", "status", 503),
        ("drop", "code", "Throttling"),
        ("drop", "seconds", 5),
        ("ignore", "message", "no"),
        ("delay", "retry_after", 100),
    ],
)
def test_a_field_that_changes_nothing_with_the_kind_is_refused(kind: str, field: str, value: Any) -> None:
    given: dict[str, Any] = {"kind": kind, field: value}
    with pytest.raises(UsageError, match=f"^{field}={value!r}: it changes nothing with kind='{kind}': leave it out"):
        ApiFailure("StopInstance", **{"seconds": 5, **given} if kind == "delay" else given)


def test_a_delay_has_a_length() -> None:
    with pytest.raises(UsageError, match=r"seconds=0.0: expected more than 0 seconds with kind='delay'"):
        ApiFailure("RunInstances", kind="delay")


@pytest.mark.parametrize("status", [420, 499, 520, 599])
def test_a_client_meets_a_status_that_has_no_name(served: Region, status: int) -> None:
    inject(served, action="DescribeInstances", code="Strange", status=status, times=1)
    with pytest.raises(ServerException) as refused:
        client_of(served).do_action_with_exception(RpcRequest("Ecs", "2014-05-26", "DescribeInstances"))
    assert (refused.value.get_http_status(), refused.value.get_error_code()) == (status, "Strange")


def client_of(region: Region) -> Any:
    client = AcsClient("testid", "testsecret", "cn-hangzhou", auto_retry=False)
    client.add_endpoint("cn-hangzhou", "Ecs", region.endpoint.removeprefix("http://"))
    return client


def test_a_client_meets_the_refusal_and_its_header(served: Region) -> None:
    inject(served, action="DescribeInstances", code="Throttling.User", retry_after=1500, times=1)
    with pytest.raises(ServerException) as refused:
        client_of(served).do_action_with_exception(RpcRequest("Ecs", "2014-05-26", "DescribeInstances"))
    assert refused.value.get_error_code() == "Throttling.User"


def test_a_client_meets_a_dropped_connection(served: Region) -> None:
    inject(served, action="DescribeInstances", kind="drop", times=1)
    with pytest.raises(ClientException) as lost:
        client_of(served).do_action_with_exception(RpcRequest("Ecs", "2014-05-26", "DescribeInstances"))
    assert lost.value.get_error_code() == "SDK.HttpError"


@pytest.mark.parametrize("how", ["reset", "half-closed"])
def test_a_client_meets_a_broken_connection_and_goes_on(served: Region, how: str) -> None:
    client, asked = client_of(served), RpcRequest("Ecs", "2014-05-26", "DescribeInstances")
    client.do_action_with_exception(asked)
    with served.chaos.broken_connection("DescribeInstances", how, times=1):
        with pytest.raises(ClientException) as lost:
            client.do_action_with_exception(asked)
        assert lost.value.get_error_code() == "SDK.HttpError"
        assert json.loads(client.do_action_with_exception(asked))["TotalCount"] == 0


def test_the_old_client_takes_half_a_body_for_an_answer(served: Region) -> None:
    client, asked = client_of(served), RpcRequest("Ecs", "2014-05-26", "DescribeInstances")
    with served.chaos.broken_connection("DescribeInstances", "truncated", times=1):
        half = client.do_action_with_exception(asked)
    assert client.do_action_with_exception(asked).startswith(half[:40])
    with pytest.raises(ValueError, match=r"Unterminated|Expecting|Invalid"):
        json.loads(half)


def test_a_client_waits_for_a_silent_endpoint_as_long_as_it_likes(served: Region) -> None:
    client = AcsClient("testid", "testsecret", "cn-hangzhou", auto_retry=False, timeout=0.2)
    client.add_endpoint("cn-hangzhou", "Ecs", served.endpoint.removeprefix("http://"))
    with (
        served.chaos.broken_connection("DescribeInstances", "silent"),
        pytest.raises(ClientException, match="timed out"),
    ):
        client.do_action_with_exception(RpcRequest("Ecs", "2014-05-26", "DescribeInstances"))


def test_a_client_sees_late_what_it_has_made(served: Region) -> None:
    client = client_of(served)
    asked = RpcRequest("Ecs", "2014-05-26", "DescribeInstances")
    with served.chaos.stale_reads(by="1h"):
        served.run_instances(1)
        assert json.loads(client.do_action_with_exception(asked))["TotalCount"] == 0
        served.clock.advance("1h")
        assert json.loads(client.do_action_with_exception(asked))["TotalCount"] == 1


def test_a_delay_holds_up_no_other_call(served: Region) -> None:
    client = client_of(served)
    inject(served, action="DescribeInstances", kind="delay", seconds=0.15, times=1)
    began = time.monotonic()
    client.do_action_with_exception(RpcRequest("Ecs", "2014-05-26", "DescribeInstances"))
    assert time.monotonic() - began >= 0.15


def test_the_old_client_retries_and_so_makes_a_second_batch(served: Region) -> None:
    """Its own retry after a 5xx, without a token: why faults come before the effect unless asked otherwise."""
    inject(served, action="RunInstances", code="InternalError", after_effect=True, times=1)
    client = AcsClient("testid", "testsecret", "cn-hangzhou")
    client.add_endpoint("cn-hangzhou", "Ecs", served.endpoint.removeprefix("http://"))
    request = RpcRequest("Ecs", "2014-05-26", "RunInstances")
    request.set_action_name("RunInstances")
    for name, value in (("ImageId", served.defaults["image"]), ("InstanceType", served.defaults["instance-type"])):
        request.add_query_param(name, value)
    made = json.loads(client.do_action_with_exception(request))["InstanceIdSets"]["InstanceIdSet"]
    assert len(made) == 1
    assert len(served.instances) == 2
