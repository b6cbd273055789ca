"""CloudMonitor: what has become of system events, and rules that send them on."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from queue import Empty, Queue
from typing import Any, Final

import pytest

from faultzone import ApiError, Instance, Region, assert_refused, one

clause = pytest.mark.clause
pytestmark = pytest.mark.region(edition="2026-10")

Answer = dict[str, Any]
REBOOT: Final = "Instance:SystemMaintenance.Reboot:{}"
#: Real seconds until a server in this process has been posted to, which takes some milliseconds.
PATIENCE: Final = 60


def ask(region: Region, action: str, **given: object) -> Answer:
    return region.call(action, "cms", **given)


def simulate(region: Region, instance: Instance, type: str = "SystemMaintenance.Reboot") -> str:
    """A simulated event of an instance, an hour from now."""
    due = region.clock.now + timedelta(hours=1)
    made = region.call(
        "CreateSimulatedSystemEvents",
        EventType=type,
        InstanceId=[instance.id],
        NotBefore=f"{due:%Y-%m-%dT%H:%M:00Z}",
    )
    return str(made["EventIdSet"]["EventId"][0])


def cancel(region: Region, event: str) -> None:
    region.call("CancelSimulatedSystemEvents", EventId=[event])


def events(region: Region, **filters: object) -> list[Answer]:
    listed: list[Answer] = ask(region, "DescribeSystemEventAttribute", **{"PageSize": 100, **filters})["SystemEvents"][
        "SystemEvent"
    ]
    return listed


def rules(region: Region, **filters: object) -> list[Answer]:
    listed: list[Answer] = ask(region, "DescribeEventRuleList", **filters)["EventRules"]["EventRule"]
    return listed


def put_rule(region: Region, name: str, **pattern: object) -> None:
    ask(region, "PutEventRule", RuleName=name, EventPattern=[{"Product": "ECS", **pattern}])


@pytest.fixture
def posted() -> Iterator[tuple[str, Queue[Answer]]]:
    """The URL of a server, and what is posted to it, with the path."""
    got: Queue[Answer] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            read = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            got.put({**read, "path": self.path})
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{made.server_address[1]}/events", got
    finally:
        made.shutdown()
        thread.join()
        made.server_close()


def receive(got: Queue[Answer]) -> Answer:
    """What is posted next; that nothing comes is a deviation."""
    try:
        return got.get(timeout=PATIENCE)
    except Empty:
        pytest.fail("nothing more was posted to the target of the rule")


@clause("product/system-events")
def test_each_state_of_an_event_is_listed(region: Region) -> None:
    instance, other = region.run_instances(2)
    event, later = simulate(region, instance), simulate(region, other)
    cancel(region, event)
    listed = [each for each in events(region) if json.loads(each["Content"])["eventId"] == event]
    assert [each["Name"] for each in listed] == [REBOOT.format("Canceled"), REBOOT.format("Scheduled")]
    ended, begun = listed
    assert (begun["Product"], begun["Level"], begun["Status"], ended["Status"]) == (
        "ECS", "CRITICAL", "Scheduled", "Canceled",
    )  # fmt: skip
    assert begun["ResourceId"].endswith(f"instance/{instance.id}")
    assert (begun["InstanceName"], begun["RegionId"]) == (instance.describe()["InstanceName"], region.id)
    content = json.loads(begun["Content"])
    assert (content["instanceId"], content["eventType"]) == (instance.id, "SystemMaintenance.Reboot")
    assert abs(begun["Time"] / 1000 - region.clock.now.timestamp()) < 60
    assert len({each["Id"] for each in events(region)}) == 3
    assert json.loads(one(events(region, Status="Canceled"))["Content"])["eventId"] == event
    assert {json.loads(each["Content"])["eventId"] for each in events(region, SearchKeywords=other.id)} == {later}
    both = f"{instance.id} or {other.id}"
    assert len(events(region, SearchKeywords=both)) == 3
    assert events(region, SearchKeywords=f"{instance.id} and {other.id}") == []


@clause("product/system-events")
def test_events_are_listed_by_each_filter(region: Region) -> None:
    (instance,) = region.run_instances(1)
    simulate(region, instance)
    now = int(region.clock.now.timestamp())
    shown = one(events(region))
    fits: dict[str, object] = {
        "Product": "ECS",
        "Name": shown["Name"],
        "Level": "CRITICAL",
        "Status": "Scheduled",
        "EventType": "Maintenance",
        "StartTime": now - 600,
        "EndTime": now + 600,
    }
    assert events(region, **fits) == [shown]
    misses = {
        "Product": "RDS",
        "Name": REBOOT.format("Executing"),
        "Level": "INFO",
        "Status": "Executed",
        "EventType": "Exception",
        "StartTime": now + 600,
        "EndTime": now - 600,
    }
    for name, value in misses.items():
        assert events(region, **{**fits, name: value}) == [], name


@clause("product/system-events")
@pytest.mark.needs("move-time")
def test_states_of_several_events_are_listed_page_by_page(region: Region) -> None:
    """The latest first, whichever event they are of."""
    instance, other = region.run_instances(2)
    first = simulate(region, instance)
    region.clock.advance("1m")
    second = simulate(region, other)
    region.clock.advance("1m")
    cancel(region, first)

    def told(listed: list[Answer]) -> list[tuple[str, str]]:
        return [(json.loads(each["Content"])["eventId"], each["Status"]) for each in listed]

    every = events(region)
    assert told(every) == [(first, "Canceled"), (second, "Scheduled"), (first, "Scheduled")]
    times = [each["Time"] for each in every]
    assert [(earlier - later) // 1000 for earlier, later in pairwise(times)] == [60, 60]
    for size, sizes in ((1, [1, 1, 1, 0]), (2, [2, 1, 0])):
        pages = [events(region, PageSize=size, PageNumber=number + 1) for number in range(len(sizes))]
        assert [len(each) for each in pages] == sizes
        assert [each for page in pages for each in page] == every


@clause("product/system-events")
def test_what_fails_is_listed_apart_from_what_is_maintained(region: Region) -> None:
    instance, other = region.run_instances(2)
    planned, failed = simulate(region, instance), simulate(region, other, "SystemFailure.Reboot")
    for kind, found in (("Maintenance", {planned}), ("Exception", {failed}), ("*", {planned, failed})):
        assert {json.loads(each["Content"])["eventId"] for each in events(region, EventType=kind)} == found, kind


@clause("product/event-rules")
def test_a_rule_is_told_of_as_it_was_put(region: Region) -> None:
    """With all of its patterns; a change leaves nothing of what it was."""
    lists: dict[str, list[str]] = {
        "NameList": [REBOOT.format("Scheduled"), REBOOT.format("Canceled")],
        "LevelList": ["CRITICAL"],
        "EventTypeList": ["Maintenance"],
    }
    pattern = {"Product": "ECS", **lists, "StatusList": ["Scheduled"], "CustomFilters": "i-web"}
    put = partial(ask, region, "PutEventRule", RuleName="shop")
    put(EventPattern=[pattern, {"Product": "ECS"}], Description="of the shop", State="DISABLED", SilenceTime=600)
    shown = one(rules(region))
    told = ask(region, "DescribeEventRuleAttribute", RuleName="shop")["Result"]
    for each in (shown, told):
        assert (each["Name"], each["Description"], each["State"]) == ("shop", "of the shop", "DISABLED")
    assert shown["SilenceTime"] == 600
    patterns = shown["EventPattern"]["EventPattern"]
    assert len(patterns) == 2
    first, second = patterns
    for name, values in lists.items():
        assert first[name][name] == told["EventPattern"][name][name] == values
        assert second[name][name] == []
    assert (first["CustomFilters"], second["CustomFilters"]) == ("i-web", "")
    assert told["EventPattern"]["StatusList"]["StatusList"] == ["Scheduled"]
    put(EventPattern=[{"Product": "ECS", "LevelList": ["INFO"]}])
    shown = one(rules(region))
    assert (shown["Description"], shown["State"], shown["SilenceTime"]) == ("", "ENABLED", 0)
    assert one(shown["EventPattern"]["EventPattern"])["NameList"]["NameList"] == []


@clause("product/event-rules")
def test_rules_have_pages(region: Region) -> None:
    for number in range(12):
        put_rule(region, f"rule-{number:02}")
    put_rule(region, "other")
    names = [each["Name"] for each in rules(region, NamePrefix="rule", PageSize=100)]
    assert sorted(names) == [f"rule-{number:02}" for number in range(12)]
    pages = [ask(region, "DescribeEventRuleList", NamePrefix="rule", PageNumber=number) for number in (1, 2, 3)]
    assert [page["Total"] for page in pages] == [12, 12, 12]
    listed = [[each["Name"] for each in page["EventRules"]["EventRule"]] for page in pages]
    assert listed == [names[:10], names[10:], []]
    ask(region, "DeleteEventRules", RuleNames=["rule-03", "rule-04"])
    assert len(rules(region, NamePrefix="rule", PageSize=100)) == 10


@clause("product/event-rules")
@pytest.mark.parametrize(
    ("action", "given"),
    [
        ("DescribeEventRuleAttribute", {}),
        ("DescribeEventRuleTargetList", {}),
        ("PutEventRuleTargets", {"MnsParameters": [{"Id": "1", "Queue": "events"}]}),
        ("DeleteEventRuleTargets", {"Ids": ["1"]}),
        ("EnableEventRules", None),
        ("DisableEventRules", None),
        ("DeleteEventRules", None),
    ],
)
def test_a_rule_that_there_is_not_is_refused(region: Region, action: str, given: Answer | None) -> None:
    """Those that there are stay as they are."""
    put_rule(region, "all")
    before = rules(region)
    named: Answer = {"RuleNames": ["all", "none"]} if given is None else {"RuleName": "none", **given}
    with pytest.raises(ApiError):
        ask(region, action, **named)
    assert rules(region) == before


@clause("product/event-rules")
def test_a_rule_is_made_told_of_and_deleted(region: Region) -> None:
    put_rule(region, "shop-events", NameList=["*"], LevelList=["CRITICAL", "WARN"])
    put_rule(region, "all")
    shown = one(rules(region, NamePrefix="shop"))
    assert (shown["Name"], shown["State"], shown["EventType"]) == ("shop-events", "ENABLED", "SYSTEM")
    pattern = one(shown["EventPattern"]["EventPattern"])
    assert (pattern["Product"], pattern["LevelList"]["LevelList"]) == ("ECS", ["CRITICAL", "WARN"])
    told = ask(region, "DescribeEventRuleAttribute", RuleName="shop-events")["Result"]
    assert (told["Name"], told["EventPattern"]["NameList"]["NameList"]) == ("shop-events", ["*"])
    ask(region, "DisableEventRules", RuleNames=["shop-events"])
    assert [each["Name"] for each in rules(region, IsEnable=True)] == ["all"]
    assert [each["Name"] for each in rules(region, IsEnable=False)] == ["shop-events"]
    ask(region, "EnableEventRules", RuleNames=["shop-events"])
    assert len(rules(region, IsEnable=True)) == 2
    put_rule(region, "shop-events", LevelList=["INFO"])
    changed = one(one(rules(region, NamePrefix="shop"))["EventPattern"]["EventPattern"])
    assert changed["LevelList"]["LevelList"] == ["INFO"]
    ask(region, "DeleteEventRules", RuleNames=["shop-events"])
    assert [each["Name"] for each in rules(region)] == ["all"]
    for action, given in (
        ("DescribeEventRuleAttribute", {"RuleName": "none"}),
        ("PutEventRuleTargets", {"RuleName": "none", "WebhookParameters": [{"Id": "1", "Url": "http://localhost/"}]}),
        ("DisableEventRules", {"RuleNames": ["all", "none"]}),
    ):
        with pytest.raises(ApiError):
            ask(region, action, **given)
    assert one(rules(region))["State"] == "ENABLED"


@clause("product/event-rule-targets")
def test_a_rule_sends_what_fits_to_its_target(region: Region, posted: tuple[str, Queue[Answer]]) -> None:
    url, got = posted
    instance = one(region.run_instances(1))
    put_rule(region, "planned", NameList=[REBOOT.format("Scheduled")])
    ask(region, "PutEventRuleTargets", RuleName="planned", WebhookParameters=[{"Id": "1", "Url": url}])
    told = ask(region, "DescribeEventRuleTargetList", RuleName="planned")
    assert one(told["WebhookParameters"]["WebhookParameter"])["Url"] == url
    made = [simulate(region, instance)]
    cancel(region, made[0])
    made.append(simulate(region, instance))
    received = [receive(got) for _ in made]
    assert [each["name"] for each in received] == [REBOOT.format("Scheduled")] * 2
    assert [each["content"].get("eventId") for each in received] == made
    ask(region, "PutEventRuleTargets", RuleName="planned", MnsParameters=[{"Id": "2", "Queue": "events"}])
    told = ask(region, "DescribeEventRuleTargetList", RuleName="planned")
    assert one(told["MnsParameters"]["MnsParameter"])["Queue"] == "events"
    ask(region, "DeleteEventRuleTargets", RuleName="planned", Ids=["1"])
    told = ask(region, "DescribeEventRuleTargetList", RuleName="planned")
    assert told["WebhookParameters"]["WebhookParameter"] == []
    assert one(told["MnsParameters"]["MnsParameter"])["Id"] == "2"
    bad = partial(ask, region, "PutEventRuleTargets", RuleName="planned")
    assert_refused("InvalidParameterValue", partial(bad, WebhookParameters=[{"Id": "3", "Url": "nowhere"}]))


def planned(region: Region) -> str:
    """An event of another instance each time, which the region tells of once; its id."""
    return simulate(region, one(region.run_instances(1)))


@clause("product/event-rule-targets")
@pytest.mark.parametrize(
    ("misses", "fits"),
    [
        ({"NameList": [REBOOT.format("Executing")]}, {"NameList": ["other", REBOOT.format("Scheduled")]}),
        ({"LevelList": ["WARN"]}, {"LevelList": ["CRITICAL"], "StatusList": ["Scheduled"]}),
        ({"StatusList": ["Executed", "Canceled"]}, {"StatusList": ["Scheduled", "Canceled"]}),
        ({"EventTypeList": ["Exception"]}, {"EventTypeList": ["Maintenance"]}),
        ({"CustomFilters": "i-nobody"}, {"CustomFilters": "SystemMaintenance.Reboot"}),
        ({"LevelList": ["CRITICAL"], "StatusList": ["Executed"]}, {"NameList": ["*"], "StatusList": ["Scheduled"]}),
    ],
)
def test_each_part_of_a_pattern_counts(
    region: Region, posted: tuple[str, Queue[Answer]], misses: Answer, fits: Answer
) -> None:
    """A rule that is changed keeps its targets; one of several patterns is enough."""
    url, got = posted
    put_rule(region, "some", **misses)
    ask(region, "PutEventRuleTargets", RuleName="some", WebhookParameters=[{"Id": "1", "Url": url}])
    planned(region)
    ask(region, "PutEventRule", RuleName="some", EventPattern=[{"Product": "ECS", **each} for each in (misses, fits)])
    assert planned(region) == receive(got)["content"].get("eventId")


@clause("product/event-rule-targets")
def test_what_is_sent_where_follows_each_change(region: Region, posted: tuple[str, Queue[Answer]]) -> None:
    """A rule that is disabled or deleted sends nothing, nor is anything sent to a target that was taken away."""
    url, got = posted
    pattern = {"NameList": [REBOOT.format("Scheduled")]}

    def put(id: str, path: str, rule: str = "some") -> None:
        to = [{"Id": id, "Url": f"{url}/{path}"}]
        ask(region, "PutEventRuleTargets", RuleName=rule, WebhookParameters=to)

    def next_is(event: str, *paths: str) -> None:
        received = [receive(got) for _ in paths]
        assert sorted((str(each["content"].get("eventId")), each["path"]) for each in received) == sorted(
            (event, f"/events/{path}") for path in paths
        )

    put_rule(region, "some", **pattern)
    put_rule(region, "other", **pattern)
    put("1", "a")
    next_is(planned(region), "a")
    ask(region, "DisableEventRules", RuleNames=["some"])
    planned(region)
    ask(region, "EnableEventRules", RuleNames=["some"])
    next_is(planned(region), "a")
    put("1", "b")
    next_is(planned(region), "b")
    put("2", "a")
    put("3", "c")
    put("1", "d", "other")
    next_is(planned(region), "a", "b", "c", "d")
    ask(region, "DeleteEventRuleTargets", RuleName="some", Ids=["1", "3"])
    next_is(planned(region), "a", "d")
    ask(region, "DeleteEventRules", RuleNames=["some"])
    next_is(planned(region), "d")
    put_rule(region, "some", **pattern)
    told = ask(region, "DescribeEventRuleTargetList", RuleName="some")
    assert told["WebhookParameters"]["WebhookParameter"] == []


@clause("product/event-rule-targets")
def test_targets_are_told_of_as_they_were_put(region: Region) -> None:
    """All of them or none."""
    put_rule(region, "some")
    put = partial(ask, region, "PutEventRuleTargets", RuleName="some")

    def told() -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        shown = ask(region, "DescribeEventRuleTargetList", RuleName="some")
        web, queues = shown["WebhookParameters"]["WebhookParameter"], shown["MnsParameters"]["MnsParameter"]
        assert [(each["Method"], each["Protocol"]) for each in web] == [("POST", "http")] * len(web)
        for each in queues:
            assert each["Arn"].endswith(f"/queues/{each['Queue']}/messages")
            assert each["Region"] in each["Arn"]
        return [(each["Id"], each["Url"]) for each in web], [(each["Id"], each["Queue"]) for each in queues]

    first, second = {"Id": "1", "Url": "http://localhost/a"}, {"Id": "2", "Url": "http://localhost/b"}
    put(WebhookParameters=[first, second], MnsParameters=[{"Id": "3", "Queue": "events"}])
    expected = ([("1", "http://localhost/a"), ("2", "http://localhost/b")], [("3", "events")])
    assert told() == expected
    with pytest.raises(ApiError):
        put(WebhookParameters=[{"Id": "4", "Url": "http://localhost/c"}, {"Id": "5", "Url": "nowhere"}])
    with pytest.raises(ApiError):
        put()
    assert told() == expected
    put(WebhookParameters=[{"Id": "1", "Url": "http://localhost/c"}])
    ask(region, "DeleteEventRuleTargets", RuleName="some", Ids=["2", "3"])
    assert told() == ([("1", "http://localhost/c")], [])


@clause("product/event-dry-run")
def test_an_event_that_is_none_goes_where_its_rule_says(region: Region, posted: tuple[str, Queue[Answer]]) -> None:
    """Not where no rule asks for it; nor is anything done to an instance that it names."""
    url, got = posted
    instance = one(region.run_instances(1))
    put_rule(region, "failures", NameList=["Instance:SystemFailure.Reboot:Executed"])
    ask(region, "PutEventRuleTargets", RuleName="failures", WebhookParameters=[{"Id": "1", "Url": url}])
    content = json.dumps({"instanceId": instance.id})
    for state in ("Executing", "Executed"):
        name = f"Instance:SystemFailure.Reboot:{state}"
        ask(region, "SendDryRunSystemEvent", Product="ECS", EventName=name, EventContent=content)
    received = receive(got)
    assert received["name"] == "Instance:SystemFailure.Reboot:Executed"
    assert received["resourceId"].endswith(instance.id)
    assert instance.status == "Running"


@clause("product/event-dry-run")
def test_an_event_that_is_none_is_sent_like_any_other(region: Region, posted: tuple[str, Queue[Answer]]) -> None:
    url, got = posted
    name = "Instance:SystemFailure.Reboot:Executing"
    put_rule(region, "failures", NameList=[name])
    ask(region, "PutEventRuleTargets", RuleName="failures", WebhookParameters=[{"Id": "1", "Url": url}])
    content = {"instanceId": "i-none", "eventId": "e-none"}
    ask(region, "SendDryRunSystemEvent", Product="ECS", EventName=name, EventContent=json.dumps(content))
    received = receive(got)
    assert (received["name"], received["content"]) == (name, content)
    assert events(region) == []
