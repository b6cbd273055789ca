"""What is listed of invocations and records by any filters, and what is kept of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from random import Random
from typing import Any, Final

import pytest

from faultzone import ApiError, Region, make_region
from faultzone.backends.local import LocalBackend
from faultzone.editions import load
from faultzone.model.assistant.state import AssistantState
from tests.support.books import indexes, rebuilt

Shown = Mapping[str, Any]

NAIVE: Final[Mapping[str, tuple[str, str, Mapping[str, Callable[[Shown, Any], bool]]]]] = {
    "DescribeInvocations": (
        "Invocations",
        "Invocation",
        {
            "CommandId": lambda shown, asked: shown["CommandId"] == asked,
            "CommandName": lambda shown, asked: shown["CommandName"] == asked,
            "Timed": lambda shown, asked: shown["Timed"] == asked,
            "InvokeStatus": lambda shown, asked: shown["InvokeStatus"] == asked,
            "InstanceId": lambda shown, asked: (
                asked in {each["InstanceId"] for each in shown["InvokeInstances"]["InvokeInstance"]}
            ),
        },
    ),
    "DescribeInvocationResults": (
        "InvocationResults",
        "InvocationResult",
        {
            "CommandId": lambda shown, asked: shown["CommandId"] == asked,
            "InstanceId": lambda shown, asked: shown["InstanceId"] == asked,
            "InvokeRecordStatus": lambda shown, asked: shown["InvokeRecordStatus"] == asked,
        },
    ),
}


def parts(region: Region) -> AssistantState:
    assert isinstance(region.backend, LocalBackend)
    (state,) = region.backend.cloud.regions.values()
    (account,) = state.accounts.values()
    return account.part(AssistantState)


def check_indexes(region: Region) -> None:
    """The indexes are what they would be if they were made now."""
    state = parts(region)
    assert indexes(state.record_book) == indexes(rebuilt(state.record_book))
    assert list(state.record_book.found()) == list(state.records)
    assert indexes(state.invocation_book) == indexes(rebuilt(state.invocation_book))
    assert list(state.invocation_book.found()) == list(state.invocations.values())


def everything(region: Region, action: str) -> list[Shown]:
    name, item, _ = NAIVE[action]
    shown: list[Shown] = []
    for page in range(1, 100):
        answer = region.call(action, PageNumber=page, PageSize=20)
        answer = answer.get("Invocation", answer)
        shown += answer[name][item]
        if len(shown) >= answer["TotalCount"]:
            break
    return shown


def walked(edition: str, seed: int, steps: int) -> None:
    chance = Random(seed)
    region = make_region(zones=1, hosts_per_zone=4, seed=seed, edition=load(edition).changed({"assistant.records": 40}))
    ids = [each.id for each in region.run_instances(5)]
    commands: list[str] = []
    invocations: list[str] = ["t-none"]

    def create() -> None:
        made = region.call(
            "CreateCommand", Name=chance.choice("ab"), Type="RunShellScript", CommandContent="ZWNobyBoaQ=="
        )
        commands.append(made["CommandId"])

    def invoke() -> None:
        timed = chance.choice([{}, {}, {"Timed": True, "Frequency": "0 */10 * * * *"}])
        some = chance.sample(ids, chance.choice([1, 2, 4]))
        made = region.call("InvokeCommand", CommandId=chance.choice(commands), InstanceId=some, **timed)
        invocations.append(made["InvokeId"])

    deeds: list[Callable[[], object]] = [
        create,
        *[invoke] * 4,
        lambda: region.call("StopInvocation", InvokeId=chance.choice(invocations)),
        lambda: region.call("ModifyCommand", CommandId=chance.choice(commands), Name=chance.choice("abz")),
        lambda: region.call("RebootInstance", InstanceId=chance.choice(ids)),
        *[lambda: region.clock.advance(chance.choice(["1s", "10s", "61s", "11m"]))] * 3,
    ]
    create()
    for _ in range(steps):
        with suppress(ApiError):
            chance.choice(deeds)()
        action = chance.choice(list(NAIVE))
        name, item, naive = NAIVE[action]
        values: dict[str, list[Any]] = {
            "CommandId": commands,
            "CommandName": ["a", "z"],
            "Timed": [True, False],
            "InstanceId": ids,
            "InvokeStatus": ["Running", "Finished", "Failed", "PartialFailed", "Stopped"],
            "InvokeRecordStatus": ["Running", "Finished", "Failed"],
        }
        filters = {each: chance.choice(values[each]) for each in chance.sample(list(naive), chance.randrange(3))}
        expected = [
            each
            for each in everything(region, action)
            if all(naive[key](each, value) for key, value in filters.items())
        ]
        answer = region.call(action, **filters, PageSize=10)
        answer = answer.get("Invocation", answer)
        total = len(expected)
        assert answer["TotalCount"] == total, (action, filters)
        if answer[name][item] != expected[:10]:
            pytest.fail(f"{action} {filters}")
    check_indexes(region)


def test_invocations_by_index_are_those_that_a_look_at_all_finds() -> None:
    walked("2019-02", 0, steps=8)


@pytest.mark.slow
@pytest.mark.parametrize("edition", ["2019-02", "2020-12"])
@pytest.mark.parametrize("seed", range(4))
def test_any_invocations_by_index_are_those_that_a_look_at_all_finds(edition: str, seed: int) -> None:
    walked(edition, seed, steps=80)


@pytest.mark.parametrize("edition", ["2019-02", "2020-12"])
def test_an_invocation_keeps_its_total_when_the_first_of_its_records_is_forgotten(edition: str) -> None:
    region = make_region(edition=load(edition).changed({"assistant.records": 3}))
    ids = [each.id for each in region.run_instances(2)]
    command = region.call("CreateCommand", Name="a", Type="RunShellScript", CommandContent="ZWNobyBoaQ==")["CommandId"]
    for _ in range(2):
        region.call("InvokeCommand", CommandId=command, InstanceId=ids)
        region.clock.advance("10s")
    listed = region.call("DescribeInvocations")
    assert [each["InvokeStatus"] for each in listed["Invocations"]["Invocation"]] == ["Finished", "Finished"]
    assert region.call("DescribeInvocations", InvokeStatus="Finished")["TotalCount"] == 2
    assert region.call("DescribeInvocationResults")["Invocation"]["TotalCount"] == 3
    check_indexes(region)
