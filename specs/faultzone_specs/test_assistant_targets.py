"""Cloud Assistant: how targets are chosen, what ends a run, and runs that are only tried, as of edition 2026-10."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from faultzone import Instance, Invocation, Region, assert_refused, one
from faultzone_specs.groups import make_group
from faultzone_specs.observing import refusal_of
from faultzone_specs.words import Words

clause, needs = pytest.mark.clause, pytest.mark.needs
pytestmark = pytest.mark.region(edition="2026-10")


def calls(region: Region, script: str = "echo 1", **given: object) -> tuple[Callable[[], Invocation], ...]:
    """A RunCommand and an InvokeCommand of these parameters, to be made."""
    command = region.commands.create(script)

    def made(action: str, **asked: object) -> Invocation:
        return region.commands.invocation(region.call(action, **asked)["InvokeId"])

    return (
        partial(made, "RunCommand", Type="RunShellScript", CommandContent=script, **given),
        partial(made, "InvokeCommand", CommandId=command, **given),
    )


def listed(region: Region) -> set[str]:
    found = region.call("DescribeInvocations", PageSize=50)["Invocations"]["Invocation"]
    return {each["InvokeId"] for each in found}


def nothing_runs(region: Region, *made: Callable[[], object], code: str = "") -> None:
    """Each call is refused, with a code if one is documented, and no invocation is listed on account of it."""
    before = listed(region)
    for call in made:
        refusal = refusal_of(call)
        assert refusal is not None
        assert code in ("", refusal.code)
    assert listed(region) == before


# Targets


@clause("assistant/resource-tag")
def test_targets_are_chosen_by_all_of_their_tags(region: Region) -> None:
    tags, key = Words(region).tags, Words(region).key
    web = region.run_instances(2, Tag=tags(role="web", env="a"))
    (other,) = region.run_instances(1, Tag=tags(role="web", env="b"))
    (database,) = region.run_instances(1, Tag=tags(role="db", env="a"))
    region.run_instances(1)
    for asked, chosen in (
        (tags(role="web", env="a"), web),
        (tags(role="web"), [*web, other]),
        ([{"Key": key("env")}], [*web, other, database]),
        (tags(env="a"), [*web, database]),
        (tags(role="db"), [database]),
    ):
        for call in calls(region, ResourceTag=asked):
            ran = call().wait("2m")
            assert ran.states == {each.id: "Finished" for each in chosen}, asked
    nothing_runs(region, *calls(region, ResourceTag=tags(role="db", env="b")))
    other.stop()
    nothing_runs(region, *calls(region, ResourceTag=tags(role="web")), code="InvalidInstanceStatus")


@clause("assistant/resource-tag-excludes-ids")
def test_targets_are_named_or_chosen_and_not_both(region: Region) -> None:
    (instance,) = region.run_instances(1, Tag=[{"Key": f"key-{n}", "Value": "v"} for n in range(11)])
    eleven = [{"Key": f"key-{n}", "Value": "v"} for n in range(11)]
    run, invoke = calls(region, ResourceTag=eleven)
    assert run().states.keys() == {instance.id}
    nothing_runs(region, invoke)
    assert calls(region, ResourceTag=eleven[:10])[1]().states.keys() == {instance.id}
    nothing_runs(region, calls(region, ResourceTag=[*eleven, *({"Key": f"k{n}"} for n in range(10))])[0])
    nothing_runs(region, *calls(region, InstanceId=[instance.id], ResourceTag=eleven[:1]))
    nothing_runs(region, *calls(region))


@clause("assistant/target-groups")
@needs("change-account", "outside-machines")
def test_a_target_of_another_resource_group_is_refused(region: Region) -> None:
    web, db = make_group(region, "web"), make_group(region, "db")
    activation = region.call("CreateActivation", ResourceGroupId=web)
    machine = region.control("add-machine")["machine"]
    code = {"activation_id": activation["ActivationId"], "activation_code": activation["ActivationCode"]}
    managed = str(region.control("register-machine", machine=machine, **code)["instance"])
    (instance,) = region.run_instances()
    for ids in ([managed], [instance.id, managed]):
        for call in calls(region, InstanceId=ids, ResourceGroupId=web):
            assert call().states.keys() == {*ids}
        nothing_runs(region, *calls(region, InstanceId=ids, ResourceGroupId=db))
    for group in (db, None):
        for call in calls(region, InstanceId=[instance.id], ResourceGroupId=group):
            assert call().states.keys() == {instance.id}


# What ends a run


def serves(instance: Instance) -> bool:
    try:
        return instance.request(8080) == b"here"
    except ConnectionRefusedError:
        return False


@clause("assistant/termination-mode")
@needs("guest", "move-time")
@pytest.mark.parametrize("by", ["timeout", "stop"])
@pytest.mark.parametrize("mode", ["Process", "ProcessTree"])
def test_a_run_ends_alone_or_with_what_it_has_started(region: Region, mode: str, by: str) -> None:
    (instance,) = region.run_instances()
    region.guest("start the service", serves=8080, answer=b"here")
    script = "start the service\nsleep 60\nhostname over"
    for call in calls(region, script, InstanceId=[instance.id], TerminationMode=mode):
        ran = call()
        region.clock.advance("20s")
        assert serves(instance)
        if by == "stop":
            ran.stop()
        region.clock.advance("70s")
        assert ran.states == {instance.id: "Stopped" if by == "stop" else "Failed"}
        assert serves(instance) is (mode == "Process")
        assert region.run_command("hostname", on=instance).output(instance) != "over\n"
        assert ran.describe()["TerminationMode"] == one(ran.results())["TerminationMode"] == mode
        instance.reboot()


@clause("assistant/termination-mode")
def test_a_mode_of_another_name_is_refused(region: Region) -> None:
    (instance,) = region.run_instances()
    nothing_runs(region, *calls(region, InstanceId=[instance.id], TerminationMode="Group"))


# Trying


@clause("assistant/dry-run")
@needs("log-in")
def test_a_dry_run_runs_nothing(region: Region) -> None:
    (instance,) = region.run_instances()
    before = region.commands.ran_on(instance)
    run, invoke = calls(region, InstanceId=[instance.id], RepeatMode="DryRun")
    kept = commands(region)
    asked = {"Type": "RunShellScript", "CommandContent": "echo 1", "InstanceId": [instance.id], "KeepCommand": True}
    for call in (run, invoke, partial(region.call, "RunCommand", RepeatMode="DryRun", **asked)):
        refusal_of(call)
    region.wait(lambda: not pending(region), "2m", what="all settled")
    assert region.commands.ran_on(instance) == before
    assert commands(region) == kept


def commands(region: Region) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = region.call("DescribeCommands")["Commands"]["Command"]
    return found


def pending(region: Region) -> list[dict[str, Any]]:
    found = region.call("DescribeInvocations", InvokeStatus="Running")["Invocations"]["Invocation"]
    return list(found)


@clause("assistant/dry-run")
def test_a_dry_run_refuses_what_a_run_would(region: Region) -> None:
    running, stopped = region.run_instances(2)
    stopped.stop()
    dry = {"RepeatMode": "DryRun"}
    both = [running.id, stopped.id]
    nothing_runs(region, *calls(region, InstanceId=both, **dry), code="InvalidInstanceStatus")
    nothing_runs(region, *calls(region, InstanceId=["i-bp1nosuchinstance000"], **dry), code="InvalidInstance.NotFound")
    nothing_runs(region, *calls(region, InstanceId=[running.id], Parameters='{"a": "1"}', **dry))
    assert_refused(
        "InvalidCmdId.NotFound",
        lambda: region.call("InvokeCommand", CommandId="c-" + "0" * 32, InstanceId=[running.id], **dry),
    )
