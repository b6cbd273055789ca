"""Gray failures of the API in process: what calls see, what of a batch is done, what passes in a minute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from faultzone import (
    ApiError,
    ApiFailure,
    BrokenConnection,
    Client,
    Instance,
    NoAnswer,
    PageSlip,
    PartialSuccess,
    Region,
    StaleReads,
    ThrottlingBursts,
    UnmetFault,
    UsageError,
    assert_refused,
    make_region,
)
from faultzone.control import tables
from faultzone.control.faults import copies
from faultzone.faults import CATALOGUE, Fault
from faultzone.model.core.dispatch import ACTIONS
from tests.support.faults import stage


@pytest.fixture
def region() -> Iterator[Region]:
    with make_region(edition="2026-10", zones=1, hosts_per_zone=3, seed=7) as made:
        yield made


@pytest.fixture
def ecs(region: Region) -> Client:
    return Client(region)


def launch(ecs: Client, region: Region) -> str:
    made = ecs.RunInstances(ImageId=region.defaults["image"], InstanceType="ecs.g6.large")
    return str(made["InstanceIdSets"]["InstanceIdSet"][0])


def listed(ecs: Client, **parameters: object) -> list[str]:
    rows = ecs.DescribeInstances(**parameters)["Instances"]["Instance"]
    return [str(each["InstanceId"]) for each in rows]


# What calls see


def test_what_is_made_is_listed_later(region: Region, ecs: Client) -> None:
    with region.chaos.stale_reads(by="5s"):
        new = launch(ecs, region)
        assert [each.id for each in region.instances] == [new]
        region.clock.advance("4s")
        assert (listed(ecs), ecs.DescribeInstances()["TotalCount"]) == ([], 0)
        assert listed(ecs, InstanceIds=f'["{new}"]') == []
        region.clock.advance("1s")
        assert (listed(ecs), ecs.DescribeInstances()["TotalCount"]) == ([new], 1)
        assert ecs.DescribeInstances()["Instances"]["Instance"][0]["Status"] == "Pending"


def test_what_was_there_before_the_fault_is_seen(region: Region, ecs: Client) -> None:
    new = launch(ecs, region)
    with region.chaos.stale_reads(by="1h"):
        assert listed(ecs) == [new]


def test_what_is_released_is_listed_for_a_while(region: Region, ecs: Client) -> None:
    (web,) = region.run_instances(1)
    with region.chaos.stale_reads(by="5s"):
        web.delete()
        assert (listed(ecs), region.instances) == ([web.id], [])
        region.clock.advance("5s")
        assert listed(ecs) == []


def test_filters_see_what_was(region: Region, ecs: Client) -> None:
    (web,) = region.run_instances(1)
    with region.chaos.stale_reads(by="1m"):
        web.stop()
        region.clock.advance("30s")
        assert web.status == "Stopped"
        assert (listed(ecs, Status="Running"), listed(ecs, Status="Stopped")) == ([web.id], [])


def test_all_is_seen_at_the_end_of_the_fault(region: Region, ecs: Client) -> None:
    with region.chaos.stale_reads(by="1h"):
        new = launch(ecs, region)
        assert listed(ecs) == []
    assert listed(ecs) == [new]
    assert region.backend.journal.watchers == []  # Nothing is copied any more.


def test_so_many_changes_are_looked_back_at(region: Region, ecs: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """More are thinned out: what is seen is older then, never newer, and new again in the end."""
    monkeypatch.setattr(copies, "_MOST", 4)
    with region.chaos.stale_reads(by="1m"):
        for _ in range(10):
            region.run_instances(1, wait=False)
            region.clock.advance("10s")
            made_then = sum(each.at <= region.clock.ms - 60_000 for each in region.journal.of("call"))
            assert len(listed(ecs)) <= made_then
        region.clock.advance("1m")
        assert len(listed(ecs)) == 10


def test_one_item_lags_alone(region: Region, ecs: Client) -> None:
    web, other = region.run_instances(2)
    with region.chaos.stale_reads(by="1m", item=web):
        web.stop()
        other.stop()
        region.clock.advance("30s")
        shown = {each["InstanceId"]: each["Status"] for each in ecs.DescribeInstances()["Instances"]["Instance"]}
        assert shown == {web.id: "Running", other.id: "Stopped"}
        web.delete()
        assert set(listed(ecs)) == {web.id, other.id}
        assert ecs.DescribeInstances()["TotalCount"] == 2


def test_one_new_item_lags_alone(region: Region, ecs: Client) -> None:
    (seen,) = region.run_instances(1)
    expected = make_region(edition="2026-10", zones=1, hosts_per_zone=3, seed=7)
    late = [each.id for each in expected.run_instances(2)][1]
    with region.chaos.stale_reads(by="1m", item=late):
        assert launch(ecs, region) == late
        assert (listed(ecs), ecs.DescribeInstances()["TotalCount"]) == ([seen.id], 1)
        assert listed(ecs, InstanceIds=f'["{late}"]') == []


def test_one_page_lags_alone(region: Region, ecs: Client) -> None:
    region.run_instances(2)
    with region.chaos.stale_reads(by="1m", page=2):
        region.run_instances(1, wait=False)
        pages = [listed(ecs, PageNumber=number, PageSize=1) for number in (1, 2, 3)]
        before = [each.id for each in region.instances]
        assert (pages[0], pages[2]) == ([before[2]], [before[0]])
        assert pages[1] == [before[0]]


def test_what_is_not_seen_yet_cannot_be_used(region: Region, ecs: Client) -> None:
    with region.chaos.stale_reads(by="5s", action="StopInstance"):
        new = launch(ecs, region)
        region.clock.advance("2s")
        assert_refused("InvalidInstanceId.NotFound", lambda: ecs.StopInstance(InstanceId=new))
        assert region.instances[0].status != "Stopping"
        region.clock.advance("3s")
        ecs.StopInstance(InstanceId=new)
        assert region.instances[0].status in ("Stopping", "Stopped")


def test_every_listing_answers_as_it_did(region: Region) -> None:
    """Whatever is read during the lag is what was answered before, although nearly everything has changed since."""
    on = stage(region)
    region.subscribe(lambda told: None)
    region.run_command("echo hi", on=[on.web.id])
    region.create_deployment_set("web")
    ecs, reads = (
        Client(region),
        [name for (of, name), each in ACTIONS.items() if of == "ecs" and not each.request.writes],
    )
    before = {}
    for name in reads:
        with suppress(ApiError):
            before[name] = {**ecs.call(name), "RequestId": ""}
    with region.chaos.stale_reads(by="1h", action="*"):
        on.web.delete()
        on.paid.stop()
        region.run_instances(1, Tag=[{"Key": "新", "Value": "值"}])
        region.chaos.crash(on.host)
        region.run_command("echo ho", on=[on.spot.id])
        region.clock.advance("10m")
        after = {name: {**ecs.call(name), "RequestId": ""} for name in before}
    assert len(before) > 10
    assert {name: after[name] for name in before if after[name] != before[name]} == {}
    assert {**ecs.DescribeInstances(), "RequestId": ""} != before["DescribeInstances"]


def test_a_region_that_is_copied_goes_on_as_one_that_is_not() -> None:
    def lived(fault: Fault) -> list[str]:
        region = stage(make_region(zones=1, hosts_per_zone=3, seed=7)).region
        region.chaos.inject(fault)
        region.run_command("echo hi", on=[region.instances[0].id])
        region.instances[0].stop()
        region.chaos.crash(str(region.instances[1].host))
        region.clock.advance("40d")
        of_fault = [each for each in region.journal if each.data.get("fault") == type(fault).__name__]
        assert of_fault
        return [str(each) for each in region.journal if each not in of_fault]

    never = 10**6
    assert lived(StaleReads(by="1m", nth=never)) == lived(ApiFailure("*", nth=never))


# Pages


@pytest.mark.parametrize(("how", "counts"), [("lacks", [1, 1]), ("repeats", [1, 1, 2])])
def test_a_page_lacks_an_item_or_has_it_twice(region: Region, ecs: Client, how: str, counts: list[int]) -> None:
    region.run_instances(3)
    with region.chaos.page_slip(how):
        answer = ecs.DescribeInstances()
    ids = [each["InstanceId"] for each in answer["Instances"]["Instance"]]
    assert sorted(Counter(ids).values()) == counts
    assert answer["TotalCount"] == 3


def test_the_item_that_slips_can_be_named(region: Region, ecs: Client) -> None:
    web, other = region.run_instances(2)
    with region.chaos.page_slip(item=web):
        assert listed(ecs) == [other.id]
        assert [each.id for each in region.instances] == [web.id, other.id]
    with region.chaos.page_slip("repeats", item=web, page=2):
        assert sorted(listed(ecs)) == sorted([web.id, other.id])


def by_number(ecs: Client) -> list[list[str]]:
    return [listed(ecs, PageNumber=number, PageSize=10) for number in (1, 2, 3)]


def by_token(ecs: Client) -> list[list[str]]:
    pages, token = list[list[str]](), dict[str, str]()
    while not pages or token["NextToken"]:
        answer = ecs.DescribeInstances(MaxResults=10, **token)
        pages.append([str(each["InstanceId"]) for each in answer["Instances"]["Instance"]])
        token = {"NextToken": answer["NextToken"]}
    return pages


@pytest.mark.parametrize("read", [by_number, by_token])
def test_an_item_at_a_border_is_on_two_pages_or_on_none(
    region: Region, ecs: Client, read: Callable[[Client], list[list[str]]]
) -> None:
    region.run_instances(25, wait=False)
    first, second, third = whole = read(ecs)
    reads = len(region.journal.of("read"))
    with region.chaos.page_slip("repeats", border=True):
        assert read(ecs) == [first, [first[-1], *second], [second[-1], *third]]
    assert len(region.journal.of("read")) == reads + 3
    with region.chaos.page_slip("lacks", border=True):
        assert read(ecs) == [first, second[1:], third[1:]]
    with region.chaos.page_slip("repeats", border=True, item=second[-1]):
        assert read(ecs) == [first, second, [second[-1], *third]]
    assert read(ecs) == whole


@pytest.mark.parametrize("read", [by_number, by_token])
@pytest.mark.parametrize("page", [1, 2, 3])
def test_a_page_slips_by_its_number_and_by_its_token(
    region: Region, ecs: Client, read: Callable[[Client], list[list[str]]], page: int
) -> None:
    region.run_instances(25, wait=False)
    whole = read(ecs)
    with region.chaos.page_slip("lacks", page=page):
        seen = read(ecs)
    shorter = [len(each) - (place == page) for place, each in enumerate(whole, 1)]
    assert [len(each) for each in seen] == shorter
    with region.chaos.stale_reads(by="1m", page=page):
        (new,) = region.run_instances(1, wait=False)
        seen = read(ecs)
    assert (new.id in seen[0]) is (page != 1)
    assert [len(region.journal.of("fault", does=each)) for each in ("PageSlip", "StaleReads")] == [1, 1]


def test_a_token_stands_for_its_page_while_the_list_grows(region: Region, ecs: Client) -> None:
    region.run_instances(25, wait=False)
    token = ecs.DescribeInstances(MaxResults=10)["NextToken"]
    region.run_instances(3, wait=False)
    with region.chaos.page_slip("lacks", page=2):
        assert len(listed(ecs, NextToken=token)) == 9
        assert_refused("InvalidParameter", lambda: listed(ecs, NextToken="of-nobody"))


@pytest.mark.parametrize(("how", "seen"), [("repeats", [1, 0]), ("lacks", [0, 0])])
def test_one_border_slips_alone(region: Region, ecs: Client, how: str, seen: list[int]) -> None:
    region.run_instances(25, wait=False)
    first, second, third = by_number(ecs)
    with region.chaos.page_slip(how, border=True, page=2):
        pages = by_number(ecs)
    border = first[-1] if how == "repeats" else second[0]
    assert [border in pages[1], border in pages[2]] == [bool(each) for each in seen]
    assert (pages[0], pages[2]) == (first, third)
    assert listed(ecs, PageNumber=4, PageSize=10) == []


def test_a_first_page_has_no_border_before_it(region: Region, ecs: Client) -> None:
    (web,) = region.run_instances(1)
    slip = region.chaos.page_slip("lacks", border=True)
    assert listed(ecs) == [web.id]
    with pytest.warns(UnmetFault, match="met nothing"):
        slip.undo()


def test_the_seed_chooses_what_slips() -> None:
    def missing(seed: int) -> set[str]:
        with make_region(seed=seed) as region:
            ids = [each.id for each in region.run_instances(20, wait=False)]
            with region.chaos.inject(PageSlip()):
                shown = listed(Client(region), PageSize=20)
        return {str(ids.index(each)) for each in set(ids) - set(shown)}

    assert missing(1) == missing(1)
    assert len({tuple(missing(seed)) for seed in range(8)}) > 1


# Batches


def codes(answer: dict[str, Any]) -> list[str]:
    return [str(each["Code"]) for each in answer["InstanceResponses"]["InstanceResponse"]]


def ids_of(instances: list[Instance]) -> list[str]:
    return [each.id for each in instances]


def test_a_batch_is_done_in_part(region: Region, ecs: Client) -> None:
    web = region.run_instances(3)
    flat = {f"InstanceId.{number}": each.id for number, each in enumerate(web, 1)}
    with region.chaos.partial_success("StopInstances", item=web[1], code="OperationConflict"):
        answer = ecs.StopInstances(**flat, BatchOptimization="SuccessFirst")
    assert codes(answer) == ["200", "OperationConflict", "200"]
    rows = answer["InstanceResponses"]["InstanceResponse"]
    assert [each["InstanceId"] for each in rows] == ids_of(web)
    assert (rows[1]["PreviousStatus"], rows[1]["CurrentStatus"]) == ("Running", "Running")
    assert web[1].status == "Running"
    assert {web[0].status, web[2].status} == {"Stopping"}


def test_so_many_of_a_batch_are_refused(region: Region, ecs: Client) -> None:
    web = region.run_instances(3)
    with region.chaos.partial_success(fails=2):
        answer = ecs.RebootInstances(InstanceId=ids_of(web), BatchOptimization="SuccessFirst")
    assert Counter(codes(answer)) == {"200": 1, "InternalError": 2}
    with region.chaos.partial_success(fails=9):
        answer = ecs.RebootInstances(InstanceId=ids_of(web), BatchOptimization="SuccessFirst")
    assert codes(answer) == ["InternalError"] * 3
    assert answer["RequestId"]


def test_a_batch_that_is_all_or_nothing_is_refused(region: Region, ecs: Client) -> None:
    web = region.run_instances(2)
    with region.chaos.partial_success("StopInstances", item=web[0]):
        assert_refused("InternalError", lambda: ecs.StopInstances(InstanceId=ids_of(web)))
    assert {each.status for each in web} == {"Running"}


def test_a_batch_without_the_item_is_left_alone(region: Region, ecs: Client) -> None:
    web = region.run_instances(2)
    with region.chaos.partial_success("StopInstances", item=web[0]):
        assert codes(ecs.StopInstances(InstanceId=[web[1].id], BatchOptimization="SuccessFirst")) == ["200"]


def test_a_dry_run_of_a_batch_changes_nothing(region: Region, ecs: Client) -> None:
    (web,) = region.run_instances(1)
    with region.chaos.partial_success("StopInstances"):
        assert_refused("DRYRUN.SUCCESS", lambda: ecs.StopInstances(InstanceId=[web.id], DryRun=True))


def test_a_batch_of_what_is_not_there_is_refused_as_ever(region: Region, ecs: Client) -> None:
    with region.chaos.partial_success("StopInstances"):
        (web,) = region.run_instances(1)
        for given, code in (
            ({}, "MissingParameter"),
            ({"InstanceId": ["i-none", web.id]}, "InvalidInstanceId.NotFound"),
        ):
            assert_refused(code, partial(ecs.StopInstances, BatchOptimization="SuccessFirst", **given))
            assert region.journal.of("refusal")[-1].data["code"] == code
        assert web.status == "Running"


# Too many calls


def test_so_many_calls_of_a_minute_pass(region: Region, ecs: Client) -> None:
    region.clock.advance("30s")

    def refused(count: int) -> int:
        found = 0
        for _ in range(count):
            try:
                ecs.DescribeZones()
            except ApiError as error:
                found += error.code == "Throttling.User"
        return found

    with region.chaos.throttling_bursts("Describe*", calls=3):
        assert refused(5) == 2
        ecs.DescribeRegions()  # Each action is counted by itself.
        region.clock.advance("29s")
        assert refused(1) == 1
        region.clock.advance("1s")  # The minute is over.
        assert refused(4) == 1
    assert refused(9) == 0


# Connections


@pytest.mark.parametrize("how", ["reset", "half-closed", "truncated", "silent"])
def test_a_client_in_process_has_no_answer(region: Region, how: str) -> None:
    ecs, began = Client(region, timeout="30s"), region.clock.ms
    with region.chaos.broken_connection("RunInstances", how, times=1), pytest.raises(NoAnswer, match=how):
        launch(ecs, region)
    assert len(region.instances) == 1
    assert region.clock.ms - began == (30_000 if how == "silent" else 0)


def test_a_refusal_does_not_arrive_either(region: Region, ecs: Client) -> None:
    with region.chaos.broken_connection("StopInstance"), pytest.raises(NoAnswer):
        ecs.StopInstance(InstanceId="i-none")
    assert region.journal.of("refusal")[-1].data["code"] == "InvalidInstanceId.NotFound"


def test_a_connection_breaks_before_the_effect_if_asked(region: Region, ecs: Client) -> None:
    with region.chaos.broken_connection("RunInstances", after_effect=False), pytest.raises(NoAnswer):
        launch(ecs, region)
    assert region.instances == []


# What all have in common


def test_they_leave_the_calls_of_the_test_alone(region: Region) -> None:
    for fault in (StaleReads(by="1h"), PageSlip(), ThrottlingBursts(calls=0), BrokenConnection("*")):
        region.chaos.inject(fault)
    assert len(region.run_instances(2)) == len(region.instances) == 2


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: StaleReads(by="soon"), "expected a duration"),
        (lambda: StaleReads(by=0), "by=0: expected a length of time"),
        (lambda: StaleReads(page=0), "page=0: expected a whole number"),
        (lambda: StaleReads(nth=0), "nth=0"),
        (
            lambda: StaleReads(item=3),  # type: ignore[arg-type]
            "expected an ID",
        ),
        (lambda: PageSlip(how="loses"), "expected 'lacks' or 'repeats'"),
        (lambda: PageSlip(share=2), "share=2"),
        (lambda: PageSlip(page=1, border=True), "page=1: expected a later page"),
        (lambda: PartialSuccess(fails=0), "fails=0"),
        (lambda: PartialSuccess(code=""), "code=''"),
        (lambda: ThrottlingBursts(calls=-1), "calls=-1"),
        (lambda: ThrottlingBursts(every="0s"), "every='0s'"),
        (lambda: BrokenConnection(how="cut"), "expected one of 'reset', 'half-closed', 'truncated', 'silent'"),
        (lambda: BrokenConnection(how="truncated", after_effect=False), "after_effect=False"),
    ],
)
def test_what_cannot_be_is_refused(make: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        make()


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (PartialSuccess("RunInstances"), "expected one of 'StartInstances'"),
        (PartialSuccess("Nothing*"), "unknown action"),
        (StaleReads("DescribeInstancs"), "unknown action"),
    ],
)
def test_what_no_action_is_of_is_refused_when_it_is_planned(region: Region, fault: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        region.chaos.at("1h", fault)


def test_a_batch_of_anothers_instances_is_refused_as_ever() -> None:
    with make_region(edition="2026-10", accounts=2, zones=1, seed=7) as region:
        (one,) = region.run_instances(1)
        other = Client(region.as_account(1))
        with region.chaos.inject(PartialSuccess("StopInstances", fails=1)):
            assert_refused("InvalidInstanceId.NotFound", lambda: other.StopInstances(InstanceId=[one.id]))


def test_each_says_whether_the_documentation_allows_it() -> None:
    of_calls = [each for each in CATALOGUE if each.capability == "break-api"]
    assert all(each.documented for each in of_calls)
    assert [each for each in CATALOGUE if tables.is_of_calls(each.__name__)] == of_calls
