"""Wrong regions of Cloud Assistant's tags, settings, plug-ins and public commands."""

from __future__ import annotations

from typing import Any, Final

from faultzone.mutations.library import (
    accept,
    answer,
    at,
    becomes,
    copy,
    default,
    drop,
    emptied,
    in_ascii,
    put,
    read_as,
    refuse,
    request,
    swallow,
    where,
)
from faultzone.mutations.regions.places import AGENTS, COMMANDS, RECORDS
from faultzone.mutations.row import row

TAG: Final = "TagResources"
UNTAG: Final = "UntagResources"
TAGS: Final = "ListTagResources"
MODIFY: Final = "ModifyCloudAssistantSettings"
SHOW: Final = "DescribeCloudAssistantSettings"
UPGRADES: Final = "AgentUpgradeConfig"
SESSIONS: Final = "SessionManagerConfig"
USAGE: Final = "ResourceUsageConfig"
STATUS: Final = "DescribeCloudAssistantStatus"
PLUGINS: Final = "ListPluginStatus"
PLUGIN: Final = "InstancePluginStatusSet.InstancePluginStatus[].PluginStatusSet"
LISTED: Final = "DescribeCommands"
INVOKE: Final = "InvokeCommand"
TYPES: Final = ("command", "invocation", "activation", "managedinstance")


def of(kind: str) -> Any:
    """Whether a call is about resources of a type."""
    return lambda given: given.get("ResourceType") == kind


REGIONS: Final = (
    # Tags
    *(
        row(
            f"tags-no-{kind}",
            "assistant/tag-resources",
            f"knows no tags of the type {kind}",
            refuse((TAG, UNTAG, TAGS), "InvalidResourceType.NotFound", of(kind)),
        )
        for kind in TYPES
    ),
    row(
        "tags-without-values",
        "assistant/tag-resources",
        "leaves the values of later tags out",
        request(TAG, lambda given: {**given, "Tag": [{"Key": each["Key"]} for each in given["Tag"]]}),
    ),
    row(
        "tags-the-first-alone",
        "assistant/tag-resources",
        "tags the first of several resources alone",
        request(TAG, lambda given: {**given, "ResourceId": given["ResourceId"][:1]}),
    ),
    row(
        "tags-what-it-finds",
        "assistant/tag-resources",
        "tags what it finds among what a call names",
        swallow(TAG, "InvalidResourceId.NotFound"),
    ),
    row("untags-nothing", "assistant/tag-resources", "takes no tags off", accept(UNTAG)),
    row(
        "untags-all-keys",
        "assistant/tag-resources",
        "takes all tags off where one is named",
        request(UNTAG, drop("TagKey"), put(All=True)),
    ),
    row(
        "lists-any-tag",
        "assistant/tag-resources",
        "lists resources of any tag",
        request(
            TAGS,
            where(
                lambda given: given.get("Tag"),
                lambda given: {**given, "Tag": [{"Key": each["Key"]} for each in given["Tag"]]},
            ),
        ),
    ),
    row(
        "lists-tags-in-ascii",
        "assistant/tag-resources",
        "keeps tags in ASCII",
        answer(TAGS, "TagResources.TagResource[].TagValue", in_ascii()),
    ),
    row(
        "lists-no-tags", "assistant/tag-resources", "lists no tags", answer(TAGS, "TagResources.TagResource", emptied())
    ),
    row(
        "shows-old-tags-of-records",
        "assistant/tag-resources",
        "shows no tags of records",
        answer("DescribeInvocationResults", f"{RECORDS}[].Tags.Tag", emptied()),
    ),
    row(
        "shows-old-tags-of-commands",
        "assistant/tag-resources",
        "shows no tags of commands that got them later",
        answer("DescribeCommands", f"{COMMANDS}[].Tags.Tag", emptied()),
    ),
    # Settings
    *(
        row(
            f"sets-no-{name.lower()}",
            "assistant/settings",
            f"ignores {name} of AgentUpgradeConfig",
            request(MODIFY, at(UPGRADES, drop(name))),
        )
        for name in ("Enabled", "TimeZone", "AllowedUpgradeWindow", "BootstrapUpgrade", "DisableUpgrade")
    ),
    *(
        row(
            f"sets-no-{name.lower()}",
            "assistant/settings",
            f"ignores {name} of ResourceUsageConfig",
            request(MODIFY, at(USAGE, drop(name))),
        )
        for name in ("CpuLimit", "MemoryLimit", "LogFileCountLimit", "LogSizeLimit", "KeepScriptFile")
    ),
    row(
        "sets-all-anew",
        "assistant/settings",
        "sets what a call does not give to what is usual",
        request(MODIFY, at(UPGRADES, default(BootstrapUpgrade=True, TimeZone="UTC"))),
    ),
    row(
        "shows-the-first-setting",
        "assistant/settings",
        "shows the first of several settings",
        request(SHOW, lambda given: {**given, "SettingType": given["SettingType"][:1]}),
    ),
    row("sets-whatever-comes", "assistant/settings", "answers success to settings that cannot be", swallow(MODIFY)),
    row(
        "upgrades-are-on",
        "assistant/settings",
        "says at first that upgrades are chosen",
        answer(SHOW, UPGRADES, put(Enabled=True)),
    ),
    row(
        "switches-sessions-here",
        "assistant/session-switch",
        "switches sessions in the region of the call alone",
        answer(
            SHOW, SESSIONS, put(SessionManagerEnabled=False), when=lambda given: given.get("RegionId") != "cn-beijing"
        ),
    ),
    row(
        "keeps-sessions-on",
        "assistant/session-switch",
        "lets sessions be on for ever",
        answer(SHOW, SESSIONS, put(SessionManagerEnabled=True)),
    ),
    row(
        "looks-hourly",
        "assistant/upgrade-half-hourly",
        "lets agents look hourly for upgrades",
        values={"assistant.upgrade_every": 3600},
    ),
    row(
        "shows-old-agents",
        "assistant/upgrade-half-hourly",
        "shows the version of an agent as it was",
        answer(STATUS, f"{AGENTS}[].CloudAssistantVersion", becomes("2.2.3.178")),
    ),
    *(
        row(
            f"upgrades-without-{name.lower()}",
            "assistant/upgrade-by-settings",
            f"does not heed {name}",
            request(MODIFY, at(UPGRADES, drop(name))),
        )
        for name in ("Enabled", "TimeZone", "AllowedUpgradeWindow")
    ),
    row(
        "upgrades-are-enabled",
        "assistant/upgrade-by-settings",
        "heeds settings that are not enabled",
        request(MODIFY, at(UPGRADES, put(Enabled=True))),
    ),
    row(
        "old-agents-heed",
        "assistant/upgrade-by-settings",
        "switches upgrades of old agents off too",
        request(
            MODIFY,
            at(
                UPGRADES,
                where(
                    lambda given: given.get("DisableUpgrade"),
                    put(AllowedUpgradeWindow=["00:00-00:01"], TimeZone="GMT+12:00"),
                ),
            ),
        ),
    ),
    # Plug-ins
    row(
        "lists-no-plugins",
        "assistant/plugin-states",
        "lists no plug-ins",
        answer(PLUGINS, f"{PLUGIN}.PluginStatus", emptied()),
    ),
    row(
        "lists-any-plugin",
        "assistant/plugin-states",
        "lists all plug-ins where one is named",
        request(PLUGINS, where(lambda given: len(given.get("InstanceId", ())) == 1, drop("Name"))),
    ),
    *(
        row(
            f"plugins-are-never-{state.lower()}",
            "assistant/plugin-states",
            f"does not say that a plug-in is {state}",
            answer(PLUGINS, f"{PLUGIN}.PluginStatus[].PluginStatus", read_as({state: other})),
        )
        for state, other in (
            ("NotInstalled", "Unknown"),
            ("Installed", "Running"),
            ("Stopped", "Crashed"),
            ("Crashed", "Stopped"),
            ("Removed", "NotInstalled"),
            ("Unknown", "Running"),
        )
    ),
    row(
        "plugins-without-versions",
        "assistant/plugin-states",
        "shows no version of plug-ins",
        answer(PLUGINS, f"{PLUGIN}.PluginStatus[].PluginVersion", becomes("")),
    ),
    row(
        "plugins-are-heard-once",
        "assistant/plugin-states",
        "shows the first time of a plug-in as the last",
        answer(PLUGINS, f"{PLUGIN}.PluginStatus[]", copy("FirstHeartbeatTime", to="LastHeartbeatTime")),
    ),
    row(
        "plugins-begin-again",
        "assistant/plugin-states",
        "shows the last time of a plug-in as the first",
        answer(PLUGINS, f"{PLUGIN}.PluginStatus[]", copy("LastHeartbeatTime", to="FirstHeartbeatTime")),
    ),
    row("lists-plugins-of-many", "assistant/plugin-states", "refuses no listing of plug-ins", swallow(PLUGINS)),
    # Public commands
    *(
        row(
            f"public-commands-without-{name.lower()}",
            "assistant/public-commands",
            f"ignores {name} of DescribeCommands",
            request(LISTED, where(lambda given: given.get("Provider"), drop(name))),
        )
        for name in ("Latest", "Name", "Description")
    ),
    row(
        "lists-public-commands-of-all",
        "assistant/public-commands",
        "lists the public commands of all providers",
        request(LISTED, where(lambda given: given.get("Provider"), put(Provider="AlibabaCloud"))),
    ),
    row(
        "lists-own-commands",
        "assistant/public-commands",
        "lists own commands for public ones",
        request(LISTED, drop("Provider")),
    ),
    row(
        "finds-no-parts-of-names",
        "assistant/public-commands",
        "finds public commands by whole names alone",
        answer(LISTED, COMMANDS, emptied(), when=lambda given: given.get("Provider") and given.get("Name") == "eck-d"),
    ),
    *(
        row(
            f"public-commands-are-{word}",
            "assistant/public-commands",
            f"shows another {name}",
            answer(LISTED, f"{COMMANDS}[]", where(lambda item: item.get("Provider"), put(**{name: other}))),
        )
        for word, name, other in (
            ("all-new", "Latest", True),
            ("first-ones", "Version", 1),
            ("of-no-kind", "Category", ""),
            ("of-nobody", "Provider", "AlibabaCloud"),
        )
    ),
    *(
        row(
            f"defines-no-{name.lower()}",
            "assistant/public-commands",
            f"shows no {name} of public commands",
            answer(LISTED, f"{COMMANDS}[].ParameterDefinitions.ParameterDefinition[]", put(**{name: empty})),
        )
        for name, empty in (
            ("Required", False),
            ("DefaultValue", ""),
            ("PatternRegex", ""),
            ("Description", ""),
            ("PossibleValues", {"PossibleValue": []}),
        )
    ),
    row(
        "runs-no-public-names",
        "assistant/public-command-runs",
        "runs no public command by its name",
        refuse(INVOKE, "InvalidCmdId.NotFound", lambda given: not given["CommandId"].startswith("c-")),
    ),
    row(
        "deletes-public-commands",
        "assistant/public-commands",
        "answers success to changes of public commands",
        swallow(("DeleteCommand", "ModifyCommand"), "InvalidCmdId.NotFound"),
    ),
    row(
        "changes-public-commands",
        "assistant/public-command-runs",
        "answers success to other contents of public commands",
        swallow("ModifyInvocationAttribute", "InvalidParameter"),
    ),
    row(
        "runs-whatever-is-given",
        "assistant/public-command-runs",
        "runs public commands without what they require",
        swallow(INVOKE, "InvalidParameter"),
    ),
)
