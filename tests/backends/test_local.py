from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from faultzone.api.ecs import ECS
from faultzone.api.errors import ApiError
from faultzone.backends.local import LocalBackend
from faultzone.clock import DAY, MINUTE, SECOND, HybridClock
from faultzone.errors import HarnessError, UsageError
from faultzone.journal.journal import KINDS
from faultzone.model.core import dispatch
from faultzone.model.core.shape import Shape
from faultzone.model.core.state import AccountState, RegionState
from tests.support.patience import PATIENCE

RUN = {"ImageId": "centos_7_06_64_20G_alibase_20190218.vhd", "InstanceType": "ecs.g5.large", "RegionId": "cn-hangzhou"}
LIST = {"RegionId": "cn-hangzhou", "PageSize": 100}


def launched(backend: LocalBackend, amount: int = 1, account: str | None = None, **more: object) -> list[str]:
    answer = backend.call("RunInstances", {**RUN, "Amount": amount, **more}, account=account)
    ids: list[str] = answer["InstanceIdSets"]["InstanceIdSet"]
    return ids


def listed(backend: LocalBackend, account: str | None = None, **more: object) -> set[str]:
    found = backend.call("DescribeInstances", {**LIST, **more}, account=account)
    return {each["InstanceId"] for each in found["Instances"]["Instance"]}


@pytest.fixture
def backend() -> LocalBackend:
    return LocalBackend((Shape(zones=1, hosts_per_zone=8),))


@pytest.fixture
def two(backend: LocalBackend) -> LocalBackend:
    return LocalBackend((Shape(), Shape(region_id="cn-beijing")), accounts=2)


# Time and threads


def test_an_advance_steps_from_timer_to_timer(backend: LocalBackend) -> None:
    launched(backend)
    assert backend.control("advance", {"milliseconds": DAY})["timers"] == 2, "provisioned and booted"
    at = {each.data["to"]: each.at - backend.journal.entries[0][1] for each in backend.journal.of("transition")}
    assert at == {"Pending": 0, "Starting": 1 * SECOND, "Running": 3 * SECOND}
    assert backend.clock.now - backend.journal.entries[0][1] == DAY


class Ticks:
    """Timers that follow one another until told to stop; `turns` is how many fired."""

    def __init__(self, backend: LocalBackend) -> None:
        self.backend, self.fired, self.enough = backend, 0, threading.Event()
        self.started = threading.Event()
        backend.clock.call_later(1, self.tick)

    def tick(self) -> None:
        self.fired += 1
        self.started.set()
        if not self.enough.is_set():
            self.backend.clock.call_later(1, self.tick)


def test_calls_are_answered_while_a_long_advance_runs(backend: LocalBackend) -> None:
    ticks = Ticks(backend)
    advance = threading.Thread(target=backend.advance, args=(DAY,))
    advance.start()
    assert ticks.started.wait(PATIENCE)
    waited = []
    for _ in range(20):
        before = ticks.fired
        backend.call("DescribeInstances", LIST)
        waited.append(ticks.fired - before)
    still_running = advance.is_alive()
    ticks.enough.set()
    advance.join(PATIENCE)
    assert still_running, "the advance would have ended without the calls"
    # A call waits for one turn of the advance, of at most 64 timers, and not for its end.
    assert min(waited) < 64 * 10


def test_two_advances_at_the_same_time_add_up(backend: LocalBackend) -> None:
    began = backend.clock.now
    threads = [threading.Thread(target=backend.advance, args=(n * SECOND,)) for n in (3, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert backend.clock.now - began == 7 * SECOND


def test_calls_of_eight_threads_are_serialised() -> None:
    backend = LocalBackend((Shape(hosts_per_zone=16),))
    made: list[str] = []
    barrier = threading.Barrier(8)

    def work() -> None:
        barrier.wait(PATIENCE)
        for _ in range(5):
            made.extend(launched(backend, 2))
            listed(backend)
            backend.advance(100)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(set(made)) == len(made) == 80
    assert listed(backend) == set(made)
    entries = list(backend.journal)
    assert [each.number for each in entries] == list(range(len(entries)))
    assert [each.at for each in entries] == sorted(each.at for each in entries)
    for call in backend.journal.of("call"):
        ids = call.data["answer"]["InstanceIdSets"]["InstanceIdSet"]
        following = entries[call.number + 1 : call.number + 1 + len(ids)]
        assert [each.data.get("instance") for each in following] == ids, "nothing comes between a call and its effects"


def test_a_region_may_be_used_from_coroutines(backend: LocalBackend) -> None:
    async def use() -> list[list[str]]:
        return await asyncio.gather(*(asyncio.to_thread(launched, backend) for _ in range(5)))

    assert {each for part in asyncio.run(use()) for each in part} == listed(backend)


def test_a_hybrid_region_is_caught_up_whenever_it_is_accessed() -> None:
    now = [0.0]
    backend = LocalBackend(clock=HybridClock(0, lambda: now[0], scale=2))
    (made,) = launched(backend)
    now[0] += 1.6
    shown = backend.call("DescribeInstances", LIST)["Instances"]["Instance"][0]
    assert (shown["InstanceId"], shown["Status"]) == (made, "Running")
    assert backend.control("advance", {"milliseconds": DAY})["now"] == DAY + 3200
    now[0] += 1
    assert backend.control("clock", {})["now"] == DAY + 5200


# Determinism


def script(seed: object) -> LocalBackend:
    backend = LocalBackend((Shape(), Shape(region_id="cn-beijing")), accounts=2, seed=str(seed))
    other = backend.cloud.accounts[1]
    group = backend.call("CreateDeploymentSet", {"RegionId": "cn-hangzhou"})["DeploymentSetId"]
    first, *_ = launched(backend, 3, DeploymentSetId=group)
    launched(backend, 2, other, RegionId="cn-beijing")
    backend.advance(10 * SECOND)
    host = backend.control("host-of", {"instance": first})["host"]
    fault = {"fault": "HostCrash", "host": host, "reversible": False}
    backend.control("inject", {"fault": fault})
    with pytest.raises(ApiError):
        backend.call("StopInstance", {"InstanceId": "i-none"}, account=other)
    backend.advance(10 * SECOND)
    backend.control("replace-host", {"host": host})
    backend.advance(DAY)
    listed(backend)
    return backend


def test_the_same_script_gives_the_same_journal_and_another_seed_other_ids() -> None:
    one, same, other = script(1), script(1), script(2)
    assert one.journal.entries == same.journal.entries
    assert listed(one).isdisjoint(listed(other))

    def outline(backend: LocalBackend) -> list[tuple[int, str]]:
        return [(at, kind) for _, at, kind, _ in backend.journal.entries]

    assert outline(one) == outline(other), "chance decides names, not what happens"


def test_the_journal_says_whose_and_where_and_nothing_of_an_unknown_kind() -> None:
    backend = script(1)
    assert {each.kind for each in backend.journal} <= KINDS
    other = backend.cloud.accounts[1]
    assert [each.data["account"] for each in backend.journal.of("refusal")] == [other]
    assert [each.data.get("account") for each in backend.journal.of("call", action="RunInstances")] == [None, other]
    assert {each.data["region"] for each in backend.journal.of("effect", "report")} == {"cn-hangzhou", "cn-beijing"}


def test_what_a_caller_does_to_an_answer_reaches_neither_journal_nor_token(backend: LocalBackend) -> None:
    tags = [{"Key": "a", "Value": "b"}]
    ids = launched(backend, ClientToken="t", Tag=tags)
    expected = list(ids)
    ids.clear()
    tags.clear()
    assert launched(backend, ClientToken="t", Tag=[{"Key": "a", "Value": "b"}]) == expected
    call = backend.journal.of("call")[0].data
    assert call["answer"]["InstanceIdSets"]["InstanceIdSet"] == expected
    assert call["parameters"]["Tag"] == [{"Key": "a", "Value": "b"}]


def test_secrets_are_in_no_entry(backend: LocalBackend) -> None:
    (made,) = launched(backend, UserData="c2VjcmV0LXRleHQ=")
    backend.call("ModifyInstanceAttribute", {"InstanceId": made, "Password": "hunter2!"})
    with pytest.raises(ApiError):
        backend.call("ModifyInstanceAttribute", {"InstanceId": made, "Password": "hunter2"})
    backend.call("DescribeInstances", {**LIST, "SecurityToken": "sts-secret"})
    hidden = ["UserData", "Password", "Password", "SecurityToken"]
    said = [each.data["parameters"] for each in backend.journal.of("call", "refusal", "read")]
    assert [each[name] for each, name in zip(said, hidden, strict=True)] == ["***"] * 4
    backend.advance(DAY)
    text = str(backend.journal.entries)
    assert not [secret for secret in ("hunter2", "sts-secret", "c2VjcmV0", "secret-text") if secret in text]


def test_verbs_that_only_look_are_in_no_entry_and_all_others_are(backend: LocalBackend) -> None:
    (made,) = launched(backend)
    backend.advance(MINUTE)
    planned = backend.control("schedule-maintenance", {"instance": made, "type": "SystemMaintenance.Reboot"})
    looks: dict[str, dict[str, object]] = {
        "account-balance": {},
        "agent": {"instance": made},
        "clock": {},
        "guest-history": {"instance": made},
        "host-of": {"instance": made},
        "hosts": {},
        "journal": {},
        "locks": {"instance": made},
        "metadata": {"instance": made, "path": "/latest/"},
        "migrations": {},
        "notices": {},
        "orders": {},
        "prepare-call": {"action": "DescribeInstances", "parameters": {"InstanceName": "web-*"}},
        "role-key": {"access_key_id": "STS.x"},
        "shape": {},
        "supply": {},
        "system-event": {"event": planned["events"][0]["plan"]},
        "verbs": {},
    }
    before = len(backend.journal)
    for verb, arguments in looks.items():
        backend.control(verb, arguments)
    assert len(backend.journal) == before
    inside = {verb: found for verb, found in backend.verbs.items() if not found.takes_lock}
    assert {verb for verb, found in inside.items() if not found.writes} == set(looks)


# Trouble in the model


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """Puts another function in the place of the one that answers StopInstance."""

    def put(function: Any) -> None:
        entry = dispatch.ACTIONS[ECS, "StopInstance"]._replace(handler=function)
        monkeypatch.setitem(dispatch.ACTIONS, (ECS, "StopInstance"), entry)

    return put


def test_a_handler_that_changes_something_before_it_refuses_is_found_out(backend: LocalBackend, handler: Any) -> None:
    def wrong(region: RegionState, account: AccountState, request: object) -> dict[str, Any]:
        region.record("transition", instance="i-1")
        raise ApiError("IncorrectInstanceStatus")

    handler(wrong)
    with pytest.raises(HarnessError, match="changed something before it refused StopInstance with IncorrectInstance"):
        backend.call("StopInstance", {"InstanceId": "i-1"})
    assert backend.journal.of("transition") == []
    with pytest.raises(ApiError):
        backend.call("StartInstance", {"InstanceId": "i-1"})


@pytest.mark.parametrize("trouble", [AssertionError("unknown host"), KeyError("x"), ZeroDivisionError()])
def test_a_failure_of_the_model_is_no_verdict(backend: LocalBackend, handler: Any, trouble: Exception) -> None:
    def wrong(region: RegionState, account: AccountState, request: object) -> dict[str, Any]:
        region.record("transition", instance="i-1")
        raise trouble

    handler(wrong)
    with pytest.raises(HarnessError, match="the model failed") as caught:
        backend.call("StopInstance", {"InstanceId": "i-1"})
    assert caught.value.__cause__ is trouble
    backend.call("DescribeInstances", LIST)
    assert backend.journal.of("transition") == []


def test_a_timer_that_fails_is_no_verdict_and_the_region_goes_on(backend: LocalBackend) -> None:
    backend.clock.call_later(1, lambda: [][0])
    with pytest.raises(HarnessError, match="IndexError"):
        backend.advance(SECOND)
    assert backend.advance(SECOND) == 0


# Isolation


def test_accounts_do_not_see_each_other(two: LocalBackend) -> None:
    other = two.cloud.accounts[1]
    (mine,) = launched(two)
    (theirs,) = launched(two, account=other)
    assert (listed(two), listed(two, other)) == ({mine}, {theirs})
    with pytest.raises(ApiError, match=r"InvalidInstanceId\.NotFound"):
        two.call("DeleteInstance", {"InstanceId": theirs, "Force": True})
    assert listed(two, other, InstanceIds=[mine, theirs]) == {theirs}


def test_regions_are_apart_but_share_clock_and_public_addresses(two: LocalBackend) -> None:
    (here,) = launched(two, InternetMaxBandwidthOut=5)
    (there,) = launched(two, InternetMaxBandwidthOut=5, RegionId="cn-beijing")
    assert (listed(two), listed(two, RegionId="cn-beijing")) == ({here}, {there})
    two.advance(10 * SECOND)
    shown = [
        two.call("DescribeInstances", {**LIST, "RegionId": each})["Instances"]["Instance"][0]
        for each in ("cn-hangzhou", "cn-beijing")
    ]
    assert [each["Status"] for each in shown] == ["Running", "Running"]
    assert shown[0]["PublicIpAddress"] != shown[1]["PublicIpAddress"]


def test_a_crash_in_one_region_spares_the_other(two: LocalBackend) -> None:
    launched(two)
    (there,) = launched(two, RegionId="cn-beijing")
    two.control("inject", {"fault": {"fault": "HostCrash", "host": "cn-hangzhou-a-h01", "region": "cn-hangzhou"}})
    two.advance(10 * SECOND)
    shown = two.call("DescribeInstances", {**LIST, "RegionId": "cn-beijing"})["Instances"]["Instance"]
    assert [(each["InstanceId"], each["Status"]) for each in shown] == [(there, "Running")]


def test_an_unknown_account_region_action_or_verb_is_refused(backend: LocalBackend) -> None:
    for code, parameters, account in (
        ("InvalidAccessKeyId.NotFound", LIST, "1"),
        ("InvalidRegionId.NotFound", {"RegionId": "cn-none"}, None),
    ):
        with pytest.raises(ApiError) as refused:
            backend.call("DescribeInstances", parameters, account=account)
        assert refused.value.code == code
        assert refused.value.request_id == backend.journal.tail(1)[0].data["request"]
    with pytest.raises(ApiError, match="InvalidAction"):
        backend.call("MakeCoffee", {})
    with pytest.raises(UsageError, match=r"unknown control verb 'make-coffee': docs/control.md"):
        backend.control("make-coffee", {})
    with pytest.raises(
        UsageError, match=r"'host-of': unknown argument 'hsot'; missing argument 'instance'; it takes instance: "
    ):
        backend.control("host-of", {"hsot": "x"})
    with pytest.raises(UsageError, match=r"'host-of': 'instance': expected string, got array; it takes"):
        backend.control("host-of", {"instance": []})


@pytest.mark.parametrize("product", ["slb", "ECS", "", None, 7, ["ecs"], {}])
def test_a_product_that_there_is_not_is_no_refusal_of_the_api(backend: LocalBackend, product: Any) -> None:
    before = len(backend.journal)
    with pytest.raises(UsageError, match=r"^product=.*: expected one of ecs, sts, location, "):
        backend.call("DescribeInstances", {"RegionId": "cn-hangzhou"}, product=product)
    assert len(backend.journal) == before
    assert "TotalCount" in backend.call("DescribeInstances", {"RegionId": "cn-hangzhou"}, product="ecs")


def test_region_time_has_an_end(backend: LocalBackend) -> None:
    before = backend.clock.now
    with pytest.raises(UsageError, match="region time ends at 9900-01-01T00:00:00Z"):
        backend.control("advance", {"milliseconds": 10**15})
    assert backend.clock.now == before


def test_the_shape_that_was_asked_for_is_the_shape_that_is_there() -> None:
    backend = LocalBackend((Shape()._replace(zones=3, hosts_per_zone=2),))
    assert backend.control("shape", {})["regions"]["cn-hangzhou"]["hosts_per_zone"] == 2
    assert len(backend.control("hosts", {})["hosts"]) == 6
