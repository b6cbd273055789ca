"""What faults, steps and stop conditions are aimed at: what can never be is refused by every way in."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any

import pytest

from faultzone import (
    AgentOutage,
    ApiError,
    ApiFailure,
    Client,
    HostCrash,
    PageSlip,
    PartialSuccess,
    Region,
    Schedule,
    StaleReads,
    UsageError,
    assert_holds,
    assert_refused,
    make_region,
    never,
)
from faultzone.api.callers import Caller
from faultzone.faults import CATALOGUE, Fault
from faultzone.faults.calls import OfCalls
from faultzone.faults.schedule import At, Call, Entry, On
from faultzone.faults.targets import newest
from faultzone.region.chaos import Chaos
from faultzone.serve import serve_backend

HOST = "cn-hangzhou-a-h01"


@pytest.fixture
def region() -> Iterator[Region]:
    with make_region(zones=2, hosts_per_zone=2, accounts=2) as made:
        yield made


def ways(region: Region, fault: Fault) -> dict[str, Callable[[], object]]:
    """Every way in for a fault."""
    chaos, told = region.chaos, fault.told()
    return {
        "inject": lambda: chaos.inject(fault),
        "at": lambda: chaos.at("1m", fault),
        "play": lambda: chaos.play(Schedule([At("1m", fault)])),
        "play now": lambda: chaos.play(Schedule([At(0, fault)])),
        "play on": lambda: chaos.play(Schedule([On(Call("DescribeZones"), fault)])),
        "verb inject": lambda: region.control("inject", fault=told),
        "verb schedule": lambda: region.control("schedule", after=1000, fault=told),
        "verb play": lambda: region.control("play", schedule={"version": 1, "steps": [{"at": "1m", "fault": told}]}),
    }


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (
            ApiFailure("DescribeZones", only="testid3"),
            "only='testid3': did you mean 'testid.?'.*'endpoint', 'everyone'",
        ),
        (ApiFailure("DescribeZones", only="LTAI-nobody"), "only='LTAI-nobody': expected one of 'endpoint', 'everyone'"),
        (ApiFailure("StopInstance", about="i-nope"), r"about='i-nope': .*expected the ID .*such as i-bp1"),
        (ApiFailure("*", about="vpc-nope"), "about='vpc-nope': .*expected the ID of a resource that is there"),
        (ApiFailure("StopInstance", about="web-1"), "about='web-1': .*expected the ID of a resource that is there"),
        (StaleReads(item="i-nope"), "item='i-nope': .*expected the ID of a resource that is there"),
        (PageSlip("DescribeInstances", item="i-nope"), "item='i-nope': .*expected the ID of a resource"),
        (PartialSuccess(item="vsw-nope"), "item='vsw-nope': .*expected the ID of a resource"),
        (PageSlip("StopInstance"), "action='StopInstance': expected an action that lists items"),
        (PageSlip("Release*"), r"action='Release\*': expected an action that lists items, such as DescribeInstances"),
        (PageSlip("DescribeZones", page=2), "action='DescribeZones': expected an action that lists items by pages"),
        (PageSlip("DescribeZones", border=True), "expected an action that lists items by pages, since border is given"),
        (StaleReads("StopInstance", page=1), "action='StopInstance': expected an action that has pages"),
    ],
)
def test_what_can_never_be_is_refused_by_every_way_in(region: Region, fault: Fault, said: str) -> None:
    region.run_instances(1)
    told = {name: _refusal(way) for name, way in ways(region, fault).items()}
    assert [name for name, text in told.items() if not re.search(said, text)] == []
    assert region.control("faults")["faults"] == []


def _refusal(way: Callable[[], object]) -> str:
    """What is said of what is refused; nothing of what is taken."""
    try:
        way()
    except UsageError as wrong:
        return str(wrong)
    return ""


#: The methods of the faults that are of calls.
AIMED = [name for name, each in vars(Chaos).items() if "action" in getattr(each, "__annotations__", ())]


def test_each_fault_of_calls_has_a_method() -> None:
    kinds = [each for each in CATALOGUE if issubclass(each, OfCalls)]
    source = "".join(inspect.getsource(getattr(Chaos, name)) for name in AIMED)
    assert [each.__name__ for each in kinds if f"faults.{each.__name__}(" not in source] == []


@pytest.mark.parametrize("name", AIMED)
def test_each_method_of_a_fault_of_calls_takes_the_aims(name: str) -> None:
    region = make_region(edition="2026-10")
    (web,) = region.run_instances(1)
    action = "StopInstances" if name == "partial_success" else "DescribeInstances"
    aim: dict[str, Any] = {"times": 2, "nth": 3, "only": "endpoint", "about": web, "share": 0.5}
    assert set(aim) == {each.name for each in fields(OfCalls)} - {"action"}
    made = getattr(region.chaos, name)(action=action, **aim)
    for each in made if isinstance(made, list) else [made]:
        assert {**aim, "about": web.id}.items() <= each.fault.told().items()
        each.undo()


def test_refusals_meet_one_call_of_those_that_are_meant(region: Region) -> None:
    web, other = region.run_instances(2)
    ecs = Client(region)
    codes = ["Throttling", "InternalError"]
    region.chaos.refusals("RebootInstance", codes, about=web)
    ecs.RebootInstance(InstanceId=other.id)
    for code in codes:
        assert_refused(code, lambda: ecs.RebootInstance(InstanceId=web.id))
    ecs.RebootInstance(InstanceId=web.id)


def test_a_client_in_process_is_meant_by_its_key(region: Region) -> None:
    served = Caller("testid", served=True)
    calls: dict[str, Callable[[], object]] = {
        "no key": Client(region).DescribeZones,
        "first": Client(region, key="testid").DescribeZones,
        "second": Client(region, key="testid2").DescribeZones,
        "served": lambda: region.call_as(served, "DescribeZones", {}),
    }
    wanted = {None: [*calls], "testid": ["first", "served"], "testid2": ["second"], "endpoint": ["served"]}
    for only, meant in wanted.items():
        with region.chaos.api_failure("DescribeZones", only=only):
            assert [name for name, each in calls.items() if _code(each)] == meant


def _code(call: Callable[[], object]) -> str:
    """The code that a call is refused with; empty where it is not."""
    try:
        call()
    except ApiError as refused:
        return refused.code
    return ""


@pytest.mark.parametrize("key", ["", " ", 7])
def test_a_key_that_is_none_is_refused(region: Region, key: Any) -> None:
    with pytest.raises(UsageError, match=r"key=.*: expected an access key ID, such as 'testid'"):
        Client(region, key=key)


class Behind:
    """A backend that is not in process."""

    def __init__(self) -> None:
        inner = make_region().backend
        self.call, self.control, self.close = inner.call, inner.control, inner.close


def test_a_client_of_an_endpoint_has_the_key_that_signs() -> None:
    behind = make_region(backend=Behind())
    with pytest.raises(UsageError, match=r"key='testid': expected none, since .* sees the key that calls are signed"):
        Client(behind, key="testid")


def test_the_nearest_id_is_told(region: Region) -> None:
    (web,) = region.run_instances(1)
    for fault in (ApiFailure("*", about=web.id[:-1] + "-"), StaleReads(item=web.id[:-1] + "-")):
        with pytest.raises(UsageError, match=f"did you mean '{web.id}'"):
            region.chaos.inject(fault)


def resources(region: Region) -> dict[str, str]:
    """The IDs of what a region has, and the names of what there could be."""
    (web, gone) = region.run_instances(2, SystemDisk={"Size": 40}, DataDisk=[{"Size": 20}])
    shown = region.call("DescribeDisks", InstanceId=web.id)["Disks"]["Disk"]
    found = {f"disk {number}": each["DiskId"] for number, each in enumerate(shown)}
    card = web.describe()["NetworkInterfaces"]["NetworkInterface"][0]["NetworkInterfaceId"]
    network = web.describe()["VpcAttributes"]
    command = region.commands.create("true")
    gone.delete()
    found |= {"instance": web.id, "one that was released": gone.id, "interface": card, "command": command}
    found |= {"vpc": network["VpcId"], "vswitch": network["VSwitchId"], "set": region.create_deployment_set().id}
    found |= {"zone": region.zones[1], "host": HOST, "region": region.id, "account": region.accounts[0]}
    found |= {"image": region.defaults["image"], "type": region.defaults["instance-type"]}
    # What a run with the same seed has told is known before it is made.
    with make_region(zones=2, hosts_per_zone=2, accounts=2) as same:
        found["next"] = same.run_instances(4)[-1].id
    found["group"] = web.describe()["SecurityGroupIds"]["SecurityGroupId"][0]
    return found


def test_calls_about_anything_that_is_or_was_there_can_be_meant(region: Region) -> None:
    for what, named in resources(region).items():
        try:
            region.chaos.at("1m", ApiFailure("DescribeZones", about=named))
        except UsageError as wrong:
            pytest.fail(f"{what}: {wrong}")


def test_calls_with_a_name_that_somebody_chooses_can_be_meant(region: Region) -> None:
    with region.chaos.api_failure("CreateKeyPair", about="keys-of-mine"):
        with pytest.raises(Exception, match="ServiceUnavailable"):
            Client(region).CreateKeyPair(KeyPairName="keys-of-mine")
        assert Client(region).CreateKeyPair(KeyPairName="others")


def test_the_resource_can_be_described(region: Region) -> None:
    ecs = Client(region)
    region.chaos.play(Schedule([On(Call("RunInstances"), ApiFailure("StopInstance", about=newest("instance")))]))
    (other,) = region.run_instances(1)
    defaults = region.defaults
    asked = {"ImageId": defaults["image"], "InstanceType": defaults["instance-type"]}
    (made,) = ecs.RunInstances(**asked)["InstanceIdSets"]["InstanceIdSet"]
    region.instance(made).wait_until("Running")
    with pytest.raises(Exception, match="ServiceUnavailable"):
        ecs.StopInstance(InstanceId=made)
    ecs.StopInstance(InstanceId=other.id)
    with pytest.raises(UsageError, match="unknown action 'StopInstanse'"):
        region.chaos.at("1m", ApiFailure("StopInstanse", about=newest("instance")))


def test_the_keys_of_an_endpoint_are_known(region: Region) -> None:
    with serve_backend(region.backend, key=("mine", "secret")):
        region.chaos.at("1m", ApiFailure("DescribeZones", only="mine"))
        region.chaos.at("1m", ApiFailure("DescribeZones", only="testid2"))
        with pytest.raises(UsageError, match="only='testid': "):
            region.chaos.at("1m", ApiFailure("DescribeZones", only="testid"))


def test_a_temporary_key_is_known(region: Region) -> None:
    credentials = region.call(
        "AssumeRole", "sts", RoleArn=f"acs:ram::{region.accounts[0]}:role/r", RoleSessionName="alice"
    )["Credentials"]
    region.chaos.at("1m", ApiFailure("DescribeZones", only=credentials["AccessKeyId"]))


@pytest.mark.parametrize(
    ("awaited", "said"),
    [
        (Entry("fault", host="cn-hangzhou-a-h99"), "unknown host 'cn-hangzhou-a-h99': did you mean 'cn-hangzhou-a-h0"),
        (Entry("fault", host="h1"), "unknown host 'h1': a host of cn-hangzhou has an ID such as cn-hangzhou-a-h01"),
        (Entry("fault", zone="cn-hangzhou-x"), "unknown zone 'cn-hangzhou-x': did you mean 'cn-hangzhou-"),
        (Entry("fault", rack="cn-hangzhou-a-r99"), "unknown rack"),
        (Entry("fault", switch="s"), "unknown switch"),
        (Entry("transition", instance="i-nope"), "unknown instance 'i-nope'"),
        (Entry("transition", region="cn-mars"), "unknown region 'cn-mars'"),
        (Entry("call", account="1"), "unknown account '1'"),
        (Call("StopInstance", about="i-nope"), "about='i-nope'"),
        (Call("StopInstance", only="testid9"), "only='testid9'"),
    ],
)
def test_a_step_that_waits_for_what_can_never_be_plans_nothing(region: Region, awaited: Any, said: str) -> None:
    with pytest.raises(UsageError, match=f"step 2: .*{said}"):
        region.chaos.play(Schedule([At("1m", HostCrash(HOST)), On(awaited, HostCrash(HOST))]))
    assert region.control("faults")["faults"] == []


def test_a_step_waits_for_what_is_there(region: Region) -> None:
    (web,) = region.run_instances(1)
    awaited = [
        Entry("fault", host=HOST, zone=None),
        Entry("transition", instance=web.id, region=region.id, zone="cn-hangzhou-*"),
        Entry("call", account=region.accounts[1]),
        Entry("fault", rack=region.hosts[0]["rack"], switch=region.hosts[0]["switch"]),
    ]
    assert len(region.chaos.play(Schedule([On(each, AgentOutage(web.id)) for each in awaited]))) == len(awaited)


def test_a_stop_condition_of_what_can_never_be_is_refused(region: Region) -> None:
    said = "stop_when: unknown host 'cn-hangzhou-a-h99'"
    with pytest.raises(UsageError, match=said):
        region.chaos.stop_when("refusal during fault host=cn-hangzhou-a-h99")
    with pytest.raises(UsageError, match=said):
        region.chaos.play(Schedule([], stop_when="fault host=cn-hangzhou-a-h99"))
    assert region.chaos.stop_when(f"fault host!=cn-hangzhou-a-h99 host={HOST}").state == "waiting"


# By edition


@pytest.fixture
def old() -> Iterator[Region]:
    with make_region(edition="2019-02", zones=1, hosts_per_zone=2) as made:
        yield made


@pytest.mark.parametrize(
    ("sentence", "where", "why"),
    [
        ("event type=SystemFailure.Delete", {"type": "SystemFailure.Delete"}, "unknown type 'SystemFailure.Delete' of"),
        ("event type=SystemFailure.D*", {"type": "SystemFailure.D*"}, r"unknown type 'SystemFailure.D\*' of"),
        ("event SystemFailure.Delete", None, "unknown type 'SystemFailure.Delete' of events in edition 2019-02"),
        ("event to=Inquiring", {"to": "Inquiring"}, "unknown to 'Inquiring' of events in edition 2019-02"),
        ("transition not during event Inquiring", None, "unknown (from|to) 'Inquiring' of events in edition 2019-02"),
        ("call StopInstances", None, "edition 2019-02 has no such action: it is there from 2020-12 on"),
        ("call action=DescribeZones", {"action": "DescribeZones"}, "a call that changes nothing is .*: write 'read'"),
        ("call Describe*", None, "a call that changes nothing is .*: write 'read'"),
        ("read action=RunInstances", {"action": "RunInstances"}, "a call that may change something .*: write 'call'"),
    ],
)
def test_entries_that_an_edition_cannot_have_are_refused(
    old: Region, sentence: str, where: dict[str, object] | None, why: str
) -> None:
    ways: list[Callable[[], object]] = [
        lambda: old.chaos.stop_when(sentence),
        lambda: old.chaos.play(Schedule([], [sentence])),
        lambda: assert_holds(old, never(sentence)),
        lambda: old.expect(never(sentence)).__enter__(),
    ]
    if where is not None:
        awaited = Entry.of(sentence.split()[0], 1, where)
        ways.append(lambda: old.chaos.play(Schedule([On(awaited, HostCrash(HOST))])))
    for way in ways:
        with pytest.raises(UsageError, match=why):
            way()
    assert old.control("faults")["faults"] == []


def test_entries_that_an_edition_can_have_are_awaited(old: Region) -> None:
    for sentence in (
        "event SystemFailure.Reboot Executing",
        "event from=null",
        "event e-1",
        "call *",
        "read Describe*",
    ):
        assert old.chaos.stop_when(sentence).state == "waiting"
    with make_region(edition="2026-10") as new:
        assert new.chaos.stop_when("event type=SystemFailure.Delete").state == "waiting"
        assert new.chaos.stop_when("event Inquiring").state == "waiting"


# What must hold


def test_what_must_hold_is_of_what_is_or_was_there(region: Region) -> None:
    instance, other = region.run_instances(2)
    for each in (instance, other):
        each.stop()
    instance.delete()
    gone = never(f"transition instance={instance.id} to=Pending from=Stopped")
    assert_holds(region, gone)
    with region.expect(gone, f"never transition instance={other.id} to=Running"):
        pass
    for condition in (never("transition instance=i-none to=Running"), "never transition host=h9"):
        with pytest.raises(UsageError, match=r"^never transition .*: unknown (instance 'i-none'|host 'h9')"):
            assert_holds(region, condition)
        with pytest.raises(UsageError, match=r"^never transition .*: unknown"), region.expect(condition):
            pass


def test_a_description_is_not_as_deep_as_one_likes() -> None:
    with pytest.raises(UsageError, match="expected a description such as host_of"):
        HostCrash("host_of(" * 3000 + "newest(instance)" + ")" * 3000)
