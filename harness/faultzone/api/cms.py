"""The actions of CloudMonitor that clients of ECS ask: system events that were, and rules that send those to come.

Source: API reference of CloudMonitor 2019-01-01 as it is in October 2026, the pages of the actions.
"""

from __future__ import annotations

from typing import Any, Final

from faultzone.api.answer import FIRST, Answer, Field, Number, Structure, Text, Truth, items
from faultzone.api.products import CMS
from faultzone.api.request import Request, flag, integer, not_simulated, structures, text, texts

_NO_CONTACTS: Final = "nobody can be called here; write WebhookParameters or MnsParameters"
_NO_CUSTOM: Final = "there are no custom events here"
_NO_GROUPS: Final = "there are no application groups here"
_NO_SQL: Final = "no queries are run here; write NameList, LevelList, StatusList or CustomFilters"
_ONE_METHOD: Final = "notifications are posted"
_ONE_REGION: Final = "a queue is of no region here"
_NO_TOPICS: Final = "there are queues alone here"

#: How CloudMonitor says that all is well.
DONE: Final[tuple[Field, ...]] = (Text("Code", "Message"), Truth("Success"))
STATES: Final = ("ENABLED", "DISABLED")
LEVELS: Final = ("CRITICAL", "WARN", "INFO")


class _Cms(Request):
    """What all have in common."""

    product = CMS


class _Read(_Cms):
    """What those have in common that only tell."""

    writes = False


class DescribeSystemEventAttribute(_Read):
    """List what has become of system events."""

    of_product: str | None = text("Product")
    event_type: str | None = text("EventType")
    name: str | None = text("Name")
    level: str | None = text("Level", among=LEVELS)
    status: str | None = text("Status")
    keywords: str | None = text("SearchKeywords")
    start_time: int | None = integer("StartTime", least=0)
    end_time: int | None = integer("EndTime", least=0)
    page_number: int = integer("PageNumber", 1, least=1)
    page_size: int = integer("PageSize", 10, least=1, most=100)
    group_id: str | None = text("GroupId")

    answer = Answer(
        *DONE[:1],
        Text("Success"),
        items(
            "SystemEvents",
            "SystemEvent",
            Text("Id", "Product", "Name", "Level", "Status", "Content", "ResourceId", "InstanceName", "RegionId"),
            Text("GroupId", empty=_NO_GROUPS),
            Number("Time"),
        ),
    )


class SendDryRunSystemEvent(_Cms):
    """Send an event that is none, to try what a rule does."""

    of_product: str = text("Product", required=True)
    event_name: str = text("EventName", required=True)
    content: str | None = text("EventContent")
    group_id: str | None = text("GroupId", inert=FIRST, why=_NO_GROUPS)

    answer = Answer(*DONE)


class PutEventRule(_Cms):
    """Make a rule, or change the one of that name."""

    rule_name: str = text("RuleName", required=True)
    patterns: tuple[dict[str, Any], ...] = structures(
        "EventPattern",
        text("Product"),
        texts("NameList", most=50),
        texts("LevelList", most=50),
        texts("StatusList", most=50),
        texts("EventTypeList", most=50),
        text("CustomFilters"),
        not_simulated("SQLFilter", _NO_SQL, since=FIRST),
        most=50,
        required=True,
    )
    description: str = text("Description", "")
    state: str = text("State", STATES[0], among=STATES)
    silence: int = integer("SilenceTime", 0, least=0)
    event_type: object = not_simulated("EventType=SYSTEM", _NO_CUSTOM, since=FIRST)
    group_id: str | None = text("GroupId", inert=FIRST, why=_NO_GROUPS)

    answer = Answer(*DONE, Text("Data"))


class PutEventRuleTargets(_Cms):
    """Say where a rule sends notifications."""

    rule_name: str = text("RuleName", required=True)
    webhooks: tuple[dict[str, Any], ...] = structures(
        "WebhookParameters",
        text("Id"),
        text("Url"),
        not_simulated("Method=POST", _ONE_METHOD, since=FIRST),
        not_simulated("Protocol=http|https", _ONE_METHOD, since=FIRST),
        most=5,
    )
    queues: tuple[dict[str, Any], ...] = structures(
        "MnsParameters",
        text("Id"),
        text("Queue"),
        text("Region", inert=FIRST, why=_ONE_REGION),
        not_simulated("Topic", _NO_TOPICS, since=FIRST),
        most=5,
    )

    not_simulated = ((_NO_CONTACTS, "ContactParameters FcParameters SlsParameters OpenApiParameters"),)

    answer = Answer(
        *DONE,
        Text("FailedParameterCount"),
        items("FailedMnsParameters", "MnsParameter", Text("Id", "Queue", "Region"), empty="all or none are taken"),
        items("FailedFcParameters", "FcParameter", Text("Id"), empty=_NO_CONTACTS),
        items("FailedContactParameters", "ContactParameter", Text("Id"), empty=_NO_CONTACTS),
    )


_PATTERN: Final[tuple[Field, ...]] = (
    Text("Product"),
    items("NameList", "NameList"),
    items("LevelList", "LevelList"),
    items("EventTypeList", "EventTypeList"),
)
_RULE: Final = Text("Name", "Description", "EventType", "State")


class DescribeEventRuleList(_Read):
    """List rules."""

    name_prefix: str | None = text("NamePrefix")
    is_enabled: bool | None = flag("IsEnable", None)
    group_id: str | None = text("GroupId")
    page_number: int = integer("PageNumber", 1, least=1)
    page_size: int = integer("PageSize", 10, least=1, most=100)

    answer = Answer(
        *DONE,
        Number("Total"),
        items(
            "EventRules",
            "EventRule",
            _RULE,
            Text("GroupId", empty=_NO_GROUPS),
            Number("SilenceTime"),
            items(
                "EventPattern",
                "EventPattern",
                *_PATTERN,
                Text("CustomFilters"),
                Text("SQLFilter", empty=_NO_SQL),
                Structure("KeywordFilter", Text("Relation"), items("Keywords", "Keywords"), empty=_NO_SQL),
            ),
        ),
    )


class DescribeEventRuleAttribute(_Read):
    """Tell of one rule."""

    rule_name: str = text("RuleName", required=True)
    silence: int | None = integer("SilenceTime", inert=FIRST, why="the rule has it")

    answer = Answer(
        *DONE,
        Structure(
            "Result",
            _RULE,
            Text("GroupId", empty=_NO_GROUPS),
            Structure(
                "EventPattern",
                *_PATTERN,
                items("StatusList", "StatusList"),
                Text("SQLFilter", empty=_NO_SQL),
                Structure("KeywordFilterObj", Text("Relation"), items("Keywords", "keyword"), empty=_NO_SQL),
            ),
        ),
    )


class DescribeEventRuleTargetList(_Read):
    """Tell where a rule sends notifications."""

    rule_name: str = text("RuleName", required=True)

    answer = Answer(
        *DONE[:1],
        items("WebhookParameters", "WebhookParameter", Text("Id", "Url", "Method", "Protocol")),
        items("MnsParameters", "MnsParameter", Text("Id", "Queue", "Region", "Arn"), Text("Topic", empty=_NO_TOPICS)),
        items("ContactParameters", "ContactParameter", Text("Id"), empty=_NO_CONTACTS),
        items("FcParameters", "FCParameter", Text("Id"), empty=_NO_CONTACTS),
        items("SlsParameters", "SlsParameter", Text("Id"), empty=_NO_CONTACTS),
        items("OpenApiParameters", "OpenApiParameters", Text("Id"), empty=_NO_CONTACTS),
    )


class EnableEventRules(_Cms):
    """Let rules send notifications again."""

    rule_names: tuple[str, ...] = texts("RuleNames", required=True)

    answer = Answer(*DONE)


class DisableEventRules(EnableEventRules):
    """Let rules send nothing."""


class DeleteEventRules(EnableEventRules):
    """Delete rules with their targets."""


class DeleteEventRuleTargets(_Cms):
    """Take targets from a rule."""

    rule_name: str = text("RuleName", required=True)
    ids: tuple[str, ...] = texts("Ids", required=True)

    answer = Answer(*DONE)
