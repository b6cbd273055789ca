"""CloudMonitor in process: the form of its answers in each edition, bad input, and what reaches which target."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest

from faultzone import Region, UsageError, assert_refused, make_region, one
from faultzone.backends.answers import deviations
from faultzone.backends.local import LocalBackend
from faultzone.cli.actions import implemented
from faultzone.editions import load, names
from faultzone.model.events.notifications import QUEUE, Destination

Given = dict[str, Any]
_RULE: Given = {"RuleName": "web", "EventPattern": [{"Product": "ECS"}]}
_QUEUE: Given = {"RuleName": "web", "MnsParameters": [{"Id": "1", "Queue": "events"}]}


def _webhook(url: str) -> Given:
    return {"Id": "2", "Url": url}


def _sent(region: Region) -> list[tuple[str, str]]:
    """Notes what each destination is sent: where, and the name of the notification."""
    assert isinstance(region.backend, LocalBackend)
    publisher, sent = region.backend.subscriptions, list[tuple[str, str]]()

    def note(notice: Given) -> None:
        sent.extend((each.where, notice["name"]) for each, passes in publisher._rules.items() if passes(notice))

    publisher.subscribe(note)
    return sent


@pytest.mark.parametrize("edition", names())
def test_answers_have_what_is_declared_and_nothing_else(edition: str) -> None:
    with make_region(edition=edition) as region:
        wrong: list[str] = []
        asked: set[str] = set()

        def ask(action: str, **given: object) -> None:
            asked.add(action)
            answer = region.call(action, "cms", **given)
            wrong.extend(f"{action}: {each}" for each in deviations(action, answer, load(edition).date, "cms"))

        (instance,) = region.run_instances(1)
        host = instance.host
        assert host is not None
        with region.chaos.crash(host):
            region.wait_for_event("SystemFailure.Reboot", instance=instance, state="Executed")
        ask("PutEventRule", **_RULE, Description="of tests", SilenceTime=60)
        ask(
            "PutEventRuleTargets",
            **_QUEUE,
            WebhookParameters=[{"Id": "2", "Url": "http://127.0.0.1:9/", "Method": "POST"}],
        )
        for action in ("DescribeSystemEventAttribute", "DescribeEventRuleList"):
            ask(action)
        for action in ("DescribeEventRuleAttribute", "DescribeEventRuleTargetList"):
            ask(action, RuleName="web")
        ask("SendDryRunSystemEvent", Product="ECS", EventName="Instance:StateChange")
        for action in ("DisableEventRules", "EnableEventRules"):
            ask(action, RuleNames=["web"])
        ask("DeleteEventRuleTargets", RuleName="web", Ids=["1"])
        ask("DeleteEventRules", RuleNames=["web"])
    assert wrong == []
    assert asked == implemented("cms").keys()


@pytest.mark.parametrize(
    ("action", "given", "code"),
    [
        ("PutEventRule", {"RuleName": "web"}, "MissingParameter"),
        ("PutEventRule", {"RuleName": "web", "EventPattern": [{"NameList": ["*"]}]}, "MissingParameter"),
        ("PutEventRule", {**_RULE, "State": "ASLEEP"}, "InvalidParameter"),
        ("PutEventRule", {**_RULE, "EventType": "CUSTOM"}, "UnsupportedParameter"),
        ("PutEventRule", {**_RULE, "EventPattern": [{"Product": "ECS", "SQLFilter": "a"}]}, "UnsupportedParameter"),
        ("PutEventRuleTargets", {"RuleName": "web"}, "MissingParameter"),
        ("PutEventRuleTargets", {**_QUEUE, "RuleName": "none"}, "ResourceNotFound"),
        ("PutEventRuleTargets", {**_QUEUE, "ContactParameters": [{"Id": "3"}]}, "UnsupportedParameter"),
        *(
            ("PutEventRuleTargets", {"RuleName": "web", "WebhookParameters": [_webhook(url)]}, "InvalidParameterValue")
            for url in (
                "", "ftp://a/", "http://", "http://a b/", "http://a:0/", "http://a:70000/", "http://é/", "http://a/\n",
                "http://a..b/", f"http://{'a' * 64}/",
            )
        ),
        ("PutEventRuleTargets", {**_QUEUE, "WebhookParameters": [{"Url": "http://a/"}]}, "InvalidParameterValue"),
        ("PutEventRuleTargets", {**_QUEUE, "MnsParameters": [{"Id": "1", "Queue": "a/b"}]}, "InvalidParameterValue"),
        (
            "PutEventRuleTargets",
            {**_QUEUE, "WebhookParameters": [{"Id": "1", "Url": "http://a/"}]},
            "InvalidParameterValue",
        ),
        ("DeleteEventRuleTargets", {"RuleName": "web", "Ids": ["9"]}, "ResourceNotFound"),
        ("DeleteEventRules", {"RuleNames": ["web", "none"]}, "ResourceNotFound"),
        ("SendDryRunSystemEvent", {"Product": "RDS", "EventName": "a"}, "InvalidParameterValue"),
        ("SendDryRunSystemEvent", {"Product": "ECS", "EventName": "a", "EventContent": "[]"}, "InvalidParameterValue"),
        ("SendDryRunSystemEvent", {"Product": "ECS", "EventName": "a", "EventContent": "{"}, "InvalidParameterValue"),
        ("DescribeSystemEventAttribute", {"PageSize": 101}, "InvalidParameter"),
        ("DescribeSystemEventAttribute", {"StartTime": "soon"}, "InvalidParameter"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_and_changes_nothing(action: str, given: Given, code: str) -> None:
    with make_region() as region:
        region.call("PutEventRule", "cms", **_RULE)
        before = region.call("DescribeEventRuleTargetList", "cms", RuleName="web")
        assert_refused(code, partial(region.call, action, "cms", **given))
        assert region.call("DescribeEventRuleList", "cms")["Total"] == 1
        after = region.call("DescribeEventRuleTargetList", "cms", RuleName="web")
        assert {**after, "RequestId": ""} == {**before, "RequestId": ""}


def test_a_rule_sends_what_fits_while_it_is_enabled() -> None:
    with make_region() as region:
        sent = _sent(region)
        pattern = {
            "Product": "ecs",
            "NameList": ["Instance:StateChange"],
            "LevelList": ["*"],
            "CustomFilters": "Running",
        }
        region.call("PutEventRule", "cms", RuleName="web", EventPattern=[pattern])
        region.call("PutEventRuleTargets", "cms", **_QUEUE)
        region.run_instances(1)
        assert sent == [("events", "Instance:StateChange")]
        region.call("DisableEventRules", "cms", RuleNames=["web"])
        region.run_instances(1)
        assert len(sent) == 1
        region.call("EnableEventRules", "cms", RuleNames=["web"])
        region.run_instances(1)
        assert len(sent) == 2


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ({}, True),
        ({"StatusList": ["Executing"]}, True),
        ({"StatusList": ["Executed", "*"]}, True),
        ({"StatusList": ["Executed"]}, False),
        ({"EventTypeList": ["Exception"]}, True),
        ({"EventTypeList": ["Maintenance"]}, False),
        ({"LevelList": ["INFO"]}, True),
        ({"LevelList": ["CRITICAL"]}, False),
        ({"CustomFilters": "other"}, False),
        ({"Product": "RDS"}, False),
    ],
)
def test_a_pattern_says_what_a_notification_has(pattern: Given, fits: bool) -> None:
    with make_region() as region:
        sent, name = _sent(region), "Instance:SystemFailure.Reboot:Executing"
        region.call("PutEventRule", "cms", RuleName="web", EventPattern=[{"Product": "ECS", **pattern}])
        region.call("PutEventRuleTargets", "cms", **_QUEUE)
        region.call("SendDryRunSystemEvent", "cms", Product="ECS", EventName=name, EventContent='{"instanceId": "i-1"}')
        assert sent == ([("events", name)] if fits else [])


def test_rules_are_of_an_account_in_all_regions() -> None:
    with make_region(all_regions=True, accounts=2) as region:
        sent = _sent(region)
        other = region.in_region("us-west-1")
        other.call("PutEventRule", "cms", **_RULE)
        other.call("PutEventRuleTargets", "cms", **_QUEUE)
        assert region.call("DescribeEventRuleList", "cms")["Total"] == 1
        assert region.as_account(1).call("DescribeEventRuleList", "cms")["Total"] == 0
        dry_run = {"Product": "ECS", "EventName": "Instance:StateChange"}
        region.call("SendDryRunSystemEvent", "cms", **dry_run)
        region.as_account(1).call("SendDryRunSystemEvent", "cms", **dry_run)
        assert len(sent) == 1


def test_a_queue_of_a_rule_is_served_while_the_rule_has_it() -> None:
    with make_region() as region:
        region.call("PutEventRule", "cms", **_RULE)
        region.call("PutEventRuleTargets", "cms", **_QUEUE)
        endpoint = region.control("queue-endpoint", queue="events")["endpoint"]
        assert endpoint.startswith("http://")
        region.call("PutEventRule", "cms", **_RULE, Description="changed")
        assert region.control("queue-endpoint", queue="events")["endpoint"] == endpoint
        with pytest.raises(UsageError, match="unknown queue 'other'"):
            region.control("queue-endpoint", queue="other")
        assert isinstance(region.backend, LocalBackend)
        assert list(region.backend.subscriptions._rules) == [Destination(QUEUE, "events", region.accounts[0])]
        region.call("DeleteEventRules", "cms", RuleNames=["web"])
        with pytest.raises(UsageError):
            region.control("queue-endpoint", queue="events")


def test_a_queue_stays_while_its_rule_is_disabled() -> None:
    with make_region() as region:
        region.call("PutEventRule", "cms", **_RULE)
        region.call("PutEventRuleTargets", "cms", **_QUEUE)
        endpoint = region.control("queue-endpoint", queue="events")
        region.call("DisableEventRules", "cms", RuleNames=["web"])
        assert region.control("queue-endpoint", queue="events") == endpoint


def test_queues_of_one_name_are_of_their_accounts() -> None:
    with make_region(accounts=2) as region:
        endpoints = []
        for account in region.accounts:
            owner = region.as_account(account)
            owner.call("PutEventRule", "cms", **_RULE)
            owner.call("PutEventRuleTargets", "cms", **_QUEUE)
            endpoints.append(region.control("queue-endpoint", queue="events", account=account)["endpoint"])
        assert len(set(endpoints)) == 2


def test_a_filter_finds_text_of_any_script() -> None:
    with make_region() as region:
        sent = _sent(region)
        region.call("PutEventRule", "cms", RuleName="web", EventPattern=[{"Product": "ECS", "CustomFilters": "中文"}])
        region.call("PutEventRuleTargets", "cms", **_QUEUE)
        region.call("SendDryRunSystemEvent", "cms", Product="ECS", EventName="a", EventContent='{"a": "中文"}')
        assert [where for where, _ in sent] == ["events"]


def test_a_webhook_has_any_port_and_says_its_protocol() -> None:
    with make_region() as region:
        region.call("PutEventRule", "cms", **_RULE)
        url = "https://a.example:65535/"
        region.call("PutEventRuleTargets", "cms", RuleName="web", WebhookParameters=[_webhook(url)])
        told = region.call("DescribeEventRuleTargetList", "cms", RuleName="web")["WebhookParameters"]
        assert [each["Protocol"] for each in told["WebhookParameter"]] == ["https"]


def test_the_past_is_told_as_it_was() -> None:
    """The state of an event at the time, whatever became of it, in pages of the latest first."""
    with make_region(edition="2026-10") as region:
        (instance,) = region.run_instances(1)
        inbox = region.control("subscribe")["id"]
        host = instance.host
        assert host is not None
        with region.chaos.crash(host):
            region.wait_for_event("SystemFailure.Reboot", instance=instance, state="Executed")
        told = region.control("notifications", id=inbox)["notifications"]
        of_events = [each for each in told if "eventId" in each["content"]]
        listed = region.call("DescribeSystemEventAttribute", "cms", PageSize=100)["SystemEvents"]["SystemEvent"]

        assert [json.loads(each["Content"]) for each in reversed(listed)] == [each["content"] for each in of_events]
        assert [each["Name"] for each in reversed(listed)] == [each["name"] for each in of_events]
        ask = partial(region.call, "DescribeSystemEventAttribute", "cms", PageSize=1)
        second = one(ask(PageNumber=2)["SystemEvents"]["SystemEvent"])
        assert second == listed[1]
