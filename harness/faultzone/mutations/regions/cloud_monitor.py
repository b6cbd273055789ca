"""Wrong regions of CloudMonitor."""

from __future__ import annotations

from typing import Final

from faultzone.mutations.library import accept, answer, at, backwards, becomes, drop, emptied, put, request, swallow
from faultzone.mutations.row import row

EVENTS: Final = "cms.DescribeSystemEventAttribute"
LISTED: Final = "SystemEvents.SystemEvent"
RULES: Final = "cms.DescribeEventRuleList"
TARGETS: Final = "cms.DescribeEventRuleTargetList"
PUT: Final = "cms.PutEventRule"
PATTERNS: Final = "EventPattern[]"

REGIONS: Final = (
    row("oldest-events-first", "product/system-events", "lists the oldest state first",
        answer(EVENTS, LISTED, backwards())),
    row("events-of-any-status", "product/system-events", "does not filter events by status",
        request(EVENTS, drop("Status"))),
    row("events-of-any-time", "product/system-events", "does not filter events by time",
        request(EVENTS, drop("StartTime"))),
    row("words-unheeded", "product/system-events", "does not search the content of events",
        request(EVENTS, drop("SearchKeywords"))),
    row("events-of-now", "product/system-events", "tells another time of each event",
        answer(EVENTS, f"{LISTED}[].Time", becomes(0))),
    row("events-of-any-type", "product/system-events", "does not filter events by type",
        request(EVENTS, drop("EventType"))),
    row("events-have-one-page", "product/system-events", "lists the first page whatever was asked",
        request(EVENTS, drop("PageNumber"))),
    row("rules-stay-enabled", "product/event-rules", "does not disable a rule", accept("cms.DisableEventRules")),
    row("rules-stay", "product/event-rules", "does not delete a rule", accept("cms.DeleteEventRules")),
    row("rules-of-any-name", "product/event-rules", "does not filter rules by name",
        request(RULES, drop("NamePrefix"))),
    row("unknown-rules-are-told", "product/event-rules", "tells of a rule that there is not",
        swallow("cms.DescribeEventRuleAttribute", "ResourceNotFound")),
    row("rules-without-description", "product/event-rules", "forgets the description of a rule",
        request(PUT, drop("Description"))),
    row("rules-are-made-enabled", "product/event-rules", "enables each rule that is put", request(PUT, drop("State"))),
    row("rules-of-one-pattern", "product/event-rules", "lists the first pattern of a rule alone",
        answer(RULES, "EventRules.EventRule[].EventPattern.EventPattern", lambda patterns: patterns[:1])),
    row("rules-have-one-page", "product/event-rules", "lists the first page whatever was asked",
        request(RULES, drop("PageNumber"))),
    row("page-counts-as-all-rules", "product/event-rules", "counts the rules of the page alone",
        answer(RULES, "", lambda told: {**told, "Total": len(told["EventRules"]["EventRule"])})),
    row("levels-of-a-pattern-unheeded", "product/event-rule-targets", "sends whatever the level",
        request(PUT, at(PATTERNS, drop("LevelList")))),
    row("states-of-a-pattern-unheeded", "product/event-rule-targets", "sends whatever the state",
        request(PUT, at(PATTERNS, drop("StatusList")))),
    row("types-of-a-pattern-unheeded", "product/event-rule-targets", "sends whatever the type of the event",
        request(PUT, at(PATTERNS, drop("EventTypeList")))),
    row("words-of-a-pattern-unheeded", "product/event-rule-targets", "sends whatever the content",
        request(PUT, at(PATTERNS, drop("CustomFilters")))),
    row("disabled-rules-send", "product/event-rule-targets", "sends what a disabled rule asks for",
        accept("cms.DisableEventRules")),
    row("deleted-rules-send", "product/event-rule-targets", "sends what a deleted rule asks for",
        accept("cms.DeleteEventRules")),
    row("targets-of-another-url", "product/event-rule-targets", "tells another URL than was put",
        answer(TARGETS, "WebhookParameters.WebhookParameter[].Url", becomes("http://localhost/"))),
    row("some-targets-are-taken", "product/event-rule-targets", "takes the good ones of several targets",
        request("cms.PutEventRuleTargets", at("WebhookParameters", lambda given: [
            each for each in given if each["Url"] != "nowhere" or len(given) == 1]))),
    row("targets-are-lost", "product/event-rule-targets", "forgets where a rule sends notifications",
        answer(TARGETS, "WebhookParameters.WebhookParameter", emptied())),
    row("targets-stay", "product/event-rule-targets", "takes no target away", accept("cms.DeleteEventRuleTargets")),
    row("any-target", "product/event-rule-targets", "takes any text for a URL",
        swallow("cms.PutEventRuleTargets", "InvalidParameterValue")),
    row("rules-send-everything", "product/event-rule-targets", "sends each notification whatever the pattern",
        request(PUT, put(EventPattern=[{"Product": "ECS"}]))),
    row("dry-runs-without-content", "product/event-dry-run", "sends an event without its content",
        request("cms.SendDryRunSystemEvent", drop("EventContent"))),
    row("dry-runs-of-one-name", "product/event-dry-run", "sends an event of another state",
        request("cms.SendDryRunSystemEvent", put(EventName="Instance:SystemFailure.Reboot:Executed"))),
)  # fmt: skip
