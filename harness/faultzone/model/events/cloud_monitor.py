"""CloudMonitor: what has become of system events, and rules that send those to come to where a user wants them.

Source: API reference of CloudMonitor 2019-01-01, 2026-10. Rules are those of an account in all regions of a cloud.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any, Final

from faultzone.api.cms import (
    STATES,
    DeleteEventRules,
    DeleteEventRuleTargets,
    DescribeEventRuleAttribute,
    DescribeEventRuleList,
    DescribeEventRuleTargetList,
    DescribeSystemEventAttribute,
    DisableEventRules,
    EnableEventRules,
    PutEventRule,
    PutEventRuleTargets,
    SendDryRunSystemEvent,
)
from faultzone.api.errors import ApiError
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.listing import BARE, Envelope, listing
from faultzone.model.core.state import AccountState, RegionState
from faultzone.model.events.notifications import HOST_NAME, QUEUE, WEBHOOK, Destination, Notification, dry_run, of_event

#: What the list of rules tells besides them.
_TOTAL: Final = Envelope("Total", "", "")
_DONE: Final = {"Code": "200", "Message": "success", "Success": True}
_ANY: Final = "*"
_ECS: Final = "ECS"
#: As much as a webhook can be posted to: host, port and path in ASCII.
_PORT: Final = r"(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
_URL: Final = re.compile(rf"https?://(?=.{{1,253}}(?:[:/?]|$)){HOST_NAME}(?::{_PORT})?(?:[/?][!-~]*)?")
_QUEUE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,255}")
#: What kind of event the beginning of a name is of; all others tell of a state.
_TYPES: Final = {"Instance:SystemMaintenance": "Maintenance", "Instance:SystemFailure": "Exception"}
#: A time below this is in seconds, as the page says; clients that write milliseconds are older.
_MILLISECONDS_FROM: Final = 100_000_000_000


class _Target:
    """Where a rule sends notifications, under an id of the user's."""

    def __init__(self, kind: str, where: str, account: str, region: str = "") -> None:
        self.destination: Final = Destination(kind, where, account)
        self.region: Final = region


class _Rule:
    """A rule of an account: what a notification must have, and where it is sent."""

    def __init__(self, request: PutEventRule) -> None:
        self.targets: dict[str, _Target] = {}
        self.change(request)

    def change(self, request: PutEventRule) -> None:
        """Take all but the targets from a request."""
        self.name, self.description, self.state = request.rule_name, request.description, request.state
        self.silence, self.patterns = request.silence, request.patterns

    def passes(self, notification: Notification) -> bool:
        """Whether it sends a notification (product/event-rules)."""
        return self.state == STATES[0] and any(_fits(each, notification) for each in self.patterns)


class _Rules(dict[str, dict[str, _Rule]]):
    """The rules of the accounts of a cloud by name, which its regions share."""


def _rules_of(region: RegionState, account: AccountState) -> dict[str, _Rule]:
    return region.first.part(_Rules).setdefault(account.id, {})


def _find(region: RegionState, account: AccountState, name: str) -> _Rule:
    rule = _rules_of(region, account).get(name)
    if rule is None:
        raise ApiError("ResourceNotFound")
    return rule


def _type_of(name: str) -> str:
    return next((kind for begins, kind in _TYPES.items() if name.startswith(begins)), "StatusNotification")


def _status_of(name: str) -> str:
    """The state in the name of an event, such as `Executing`; one without a state is normal."""
    parts = name.split(":")
    return parts[2] if len(parts) > 2 else "Normal"


def _fits(pattern: Mapping[str, Any], notification: Notification) -> bool:
    """Whether a notification has what a pattern asks for; nothing and `*` ask for anything."""
    name, words = notification["name"], pattern.get("CustomFilters")
    found = {
        "NameList": name,
        "LevelList": notification["level"],
        "StatusList": _status_of(name),
        "EventTypeList": _type_of(name),
    }
    return (
        pattern["Product"].upper() == notification["product"]
        and all(not (asked := pattern.get(key)) or _ANY in asked or value in asked for key, value in found.items())
        and (not words or words in json.dumps(notification["content"], ensure_ascii=False))
    )


def _tell(region: RegionState) -> None:
    """Tell who delivers notifications where they go now."""
    wanted: dict[Destination, list[tuple[str, _Rule]]] = {}
    for account, rules in region.first.part(_Rules).items():
        for rule in rules.values():
            for target in rule.targets.values():
                # A queue stays, with what is in it, while its rule is disabled.
                wanted.setdefault(target.destination, []).append((account, rule))
    for observer in region.first.rule_observers:
        observer({destination: partial(_is_sent, rules) for destination, rules in wanted.items()})


def _is_sent(rules: Iterable[tuple[str, _Rule]], notification: Notification) -> bool:
    return any(account == notification["userId"] and rule.passes(notification) for account, rule in rules)


# What was


@handles(DescribeSystemEventAttribute)
def describe_system_events(region: RegionState, account: AccountState, request: DescribeSystemEventAttribute) -> Answer:
    """DescribeSystemEventAttribute: each state that a system event has come into, the latest first
    (product/system-events)."""
    r = request
    start, end = _instant(r.start_time), _instant(r.end_time)
    found = [
        (at, number, told)
        for at, number, told in _told(region, account, start, end)
        if r.name in (None, told["name"])
        and r.level in (None, told["level"])
        and r.status in (None, _status_of(told["name"]))
        and r.event_type in (None, _ANY, _type_of(told["name"]))
        and (r.of_product or _ECS).upper() == _ECS
        and r.group_id is None
        and (not r.keywords or _has_words(json.dumps(told["content"], ensure_ascii=False), r.keywords))
    ]
    found.sort(key=lambda each: each[:2], reverse=True)
    listed = listing("SystemEvents", "SystemEvent", found, r, lambda each: _show(region, *each), envelope=BARE)
    return {"Code": "200", "Message": "success", "Success": "true", **listed}


def _instant(time: int | None) -> int | None:
    """A time in milliseconds; the page has seconds."""
    return time if time is None or time >= _MILLISECONDS_FROM else time * 1000


def _told(
    region: RegionState, account: AccountState, start: int | None, end: int | None
) -> Iterator[tuple[int, int, Notification]]:
    """When an event came into each of its states in a time, a number that rises, and what was told of it."""
    number = 0
    for event in region.events.values():
        for at, status in event.states:
            number += 1
            if event.account == account.id and (start is None or start <= at) and (end is None or at <= end):
                yield at, number, of_event(region, event, status, at)


def _has_words(content: str, words: str) -> bool:
    """Whether a content has the words: `a and b` all of them, `a or b` any."""
    if " or " in words:
        return any(each.strip() in content for each in words.split(" or "))
    return all(each.strip() in content for each in words.split(" and "))


def _show(region: RegionState, at: int, number: int, told: Notification) -> dict[str, Any]:
    instance = region.instances.get(told["content"]["instanceId"])
    return {
        "Id": told["id"],
        "Product": told["product"],
        "Name": told["name"],
        "Level": told["level"],
        "Status": _status_of(told["name"]),
        "Content": json.dumps(told["content"], ensure_ascii=False),
        "ResourceId": told["resourceId"],
        "InstanceName": "" if instance is None else instance.name,
        "RegionId": told["regionId"],
        "Time": at,
    }


@handles(SendDryRunSystemEvent)
def send_dry_run(region: RegionState, account: AccountState, request: SendDryRunSystemEvent) -> Answer:
    """SendDryRunSystemEvent: rules send it like any other; nothing else happens (product/event-dry-run)."""
    if request.of_product.upper() != _ECS:
        raise ApiError.of(
            "InvalidParameterValue", why=f"Product: no events of {request.of_product[:64]} are known here"
        )
    try:
        content = json.loads(request.content or "{}")
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise ApiError.of("InvalidParameterValue", why="EventContent: write the JSON text of an object")
    for observer in region.test_observers:
        observer(dry_run(region, account.id, request.event_name, content))
    return dict(_DONE)


# Rules


@handles(PutEventRule)
def put_event_rule(region: RegionState, account: AccountState, request: PutEventRule) -> Answer:
    """PutEventRule: a rule of that name that is there keeps its targets (product/event-rules)."""
    for number, pattern in enumerate(request.patterns, 1):
        if not pattern.get("Product"):
            raise ApiError.of("MissingParameter", name=f"EventPattern.{number}.Product")
    rules = _rules_of(region, account)
    if request.rule_name in rules:
        rules[request.rule_name].change(request)
    else:
        rules[request.rule_name] = _Rule(request)
    _tell(region)
    return {**_DONE, "Data": "1"}


@handles(PutEventRuleTargets)
def put_event_rule_targets(region: RegionState, account: AccountState, request: PutEventRuleTargets) -> Answer:
    """PutEventRuleTargets: all or none; one of an id that is there is replaced (product/event-rule-targets)."""
    rule = _find(region, account, request.rule_name)
    targets = {
        **_read(account, request.webhooks, "Url", WEBHOOK, _URL),
        **_read(account, request.queues, "Queue", QUEUE, _QUEUE),
    }
    if len(targets) < len(request.webhooks) + len(request.queues):
        raise ApiError.of("InvalidParameterValue", why="two targets have one Id")
    if not targets:
        raise ApiError.of("MissingParameter", name="WebhookParameters")
    rule.targets |= targets
    _tell(region)
    return {**_DONE, "FailedParameterCount": "0"}


def _read(
    account: AccountState, given: Iterable[Mapping[str, str]], name: str, kind: str, form: re.Pattern[str]
) -> dict[str, _Target]:
    """The targets of a kind by id."""
    read = {}
    for each in given:
        where = each.get(name, "")
        if not each.get("Id") or not form.fullmatch(where):
            why = (
                f"a target has an Id and a {name}, such as {'http://127.0.0.1:8080/' if kind == WEBHOOK else 'events'}"
            )
            raise ApiError.of("InvalidParameterValue", why=why)
        read[each["Id"]] = _Target(kind, where, account.id, each.get("Region", ""))
    return read


@handles(DeleteEventRuleTargets)
def delete_event_rule_targets(region: RegionState, account: AccountState, request: DeleteEventRuleTargets) -> Answer:
    """DeleteEventRuleTargets: all or none (product/event-rule-targets)."""
    rule = _find(region, account, request.rule_name)
    if any(each not in rule.targets for each in request.ids):
        raise ApiError("ResourceNotFound")
    rule.targets = {id: target for id, target in rule.targets.items() if id not in request.ids}
    _tell(region)
    return dict(_DONE)


def _find_all(region: RegionState, account: AccountState, names: Iterable[str]) -> list[_Rule]:
    """The rules of these names, all or none."""
    return [_find(region, account, each) for each in dict.fromkeys(names)]


def _set_state(region: RegionState, account: AccountState, names: Iterable[str], state: str) -> Answer:
    for rule in _find_all(region, account, names):
        rule.state = state
    _tell(region)
    return dict(_DONE)


@handles(EnableEventRules)
def enable_event_rules(region: RegionState, account: AccountState, request: EnableEventRules) -> Answer:
    """EnableEventRules: what happens from now on is sent (product/event-rules)."""
    return _set_state(region, account, request.rule_names, STATES[0])


@handles(DisableEventRules)
def disable_event_rules(region: RegionState, account: AccountState, request: DisableEventRules) -> Answer:
    """DisableEventRules: nothing more is sent (product/event-rules)."""
    return _set_state(region, account, request.rule_names, STATES[1])


@handles(DeleteEventRules)
def delete_event_rules(region: RegionState, account: AccountState, request: DeleteEventRules) -> Answer:
    """DeleteEventRules: with their targets (product/event-rules)."""
    for rule in _find_all(region, account, request.rule_names):
        del _rules_of(region, account)[rule.name]
    _tell(region)
    return dict(_DONE)


@handles(DescribeEventRuleList)
def describe_event_rules(region: RegionState, account: AccountState, request: DescribeEventRuleList) -> Answer:
    """DescribeEventRuleList: by the beginning of the name and by state (product/event-rules)."""
    r = request
    found = [
        rule
        for rule in _rules_of(region, account).values()
        if rule.name.startswith(r.name_prefix or "")
        and r.is_enabled in (None, rule.state == STATES[0])
        and r.group_id is None
    ]
    return {**_DONE, **listing("EventRules", "EventRule", found, r, _show_listed, envelope=_TOTAL)}


def _show_listed(rule: _Rule) -> dict[str, Any]:
    patterns = [{**_show_pattern(each), "CustomFilters": each.get("CustomFilters", "")} for each in rule.patterns]
    return {**_show_rule(rule), "SilenceTime": rule.silence, "EventPattern": {"EventPattern": patterns}}


def _show_rule(rule: _Rule) -> dict[str, str]:
    return {"Name": rule.name, "Description": rule.description, "EventType": "SYSTEM", "State": rule.state}


def _show_pattern(pattern: Mapping[str, Any], *more: str) -> dict[str, Any]:
    lists = ("NameList", "LevelList", "EventTypeList", *more)
    return {"Product": pattern["Product"], **{name: {name: list(pattern.get(name, ()))} for name in lists}}


@handles(DescribeEventRuleAttribute)
def describe_event_rule(region: RegionState, account: AccountState, request: DescribeEventRuleAttribute) -> Answer:
    """DescribeEventRuleAttribute: the rule with its first pattern (product/event-rules)."""
    rule = _find(region, account, request.rule_name)
    return {**_DONE, "Result": {**_show_rule(rule), "EventPattern": _show_pattern(rule.patterns[0], "StatusList")}}


@handles(DescribeEventRuleTargetList)
def describe_event_rule_targets(
    region: RegionState, account: AccountState, request: DescribeEventRuleTargetList
) -> Answer:
    """DescribeEventRuleTargetList: by their kind (product/event-rule-targets)."""
    targets = _find(region, account, request.rule_name).targets
    by_kind: dict[str, list[tuple[str, _Target]]] = {WEBHOOK: [], QUEUE: []}
    for id, target in targets.items():
        by_kind[target.destination.kind].append((id, target))
    webhooks = [
        {
            "Id": id,
            "Url": target.destination.where,
            "Method": "POST",
            "Protocol": target.destination.where.partition(":")[0],
        }
        for id, target in by_kind[WEBHOOK]
    ]
    queues = [
        {
            "Id": id,
            "Queue": target.destination.where,
            "Region": target.region or region.id,
            "Arn": f"acs:mns:{target.region or region.id}:{account.id}:/queues/{target.destination.where}/messages",
        }
        for id, target in by_kind[QUEUE]
    ]
    return {
        "Code": "200",
        "Message": "success",
        "WebhookParameters": {"WebhookParameter": webhooks},
        "MnsParameters": {"MnsParameter": queues},
    }
