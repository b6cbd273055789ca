"""Wrong regions of the chapter on Cloud Assistant: how commands are run as documented today."""

from __future__ import annotations

from typing import Final

from faultzone.mutations.library import answer, at, becomes, drop, put, replaced, request, where
from faultzone.mutations.row import always, row

RUN: Final = ("RunCommand", "InvokeCommand")
MAKE: Final = (*RUN, "CreateCommand")
TARGETS: Final = "assistant/targets-by-tag"
TAGS: Final = "assistant/tags"
TOKEN: Final = "assistant/client-token"
RATE: Final = "assistant/rate"
AT: Final = "assistant/at"
ZONE: Final = "assistant/cron-zone"
SECONDS: Final = "assistant.rate_seconds"
INVOCATION: Final = "Invocations.Invocation[]"

REGIONS: Final = (
    row("targets-of-one-tag", TARGETS, "looks at the first tag of targets alone",
        request(RUN, at("ResourceTag", lambda tags: tags[:1]))),
    row("targets-of-any-value", TARGETS, "looks at the keys of the tags of targets alone",
        request(RUN, at("ResourceTag[]", put(Value="")))),
    row("targets-by-id-besides", TARGETS, "lets the tags of targets count less than ids",
        request(RUN, where(lambda given: given.get("InstanceId"), drop("ResourceTag")))),
    row("commands-without-tags", TAGS, "keeps no tags of commands", request("CreateCommand", drop("Tag"))),
    row("runs-without-tags", TAGS, "keeps no tags of invocations that RunCommand makes",
        request("RunCommand", drop("Tag"))),
    row("invocations-without-tags", TAGS, "keeps no tags of invocations", request("InvokeCommand", drop("Tag"))),
    row("first-tags", TAGS, "keeps the first tag alone", request(MAKE, at("Tag", lambda tags: tags[:1]))),
    row("commands-of-all-tags", TAGS, "lists commands whatever their tags", request("DescribeCommands", drop("Tag"))),
    row("invocations-of-all-tags", TAGS, "lists invocations whatever their tags",
        request("DescribeInvocations", drop("Tag"))),
    row("results-of-all-tags", TAGS, "lists results whatever their tags",
        request("DescribeInvocationResults", drop("Tag"))),
    row("invocations-show-no-tags", TAGS, "shows no tags of invocations",
        answer("DescribeInvocations", f"{INVOCATION}.Tags.Tag", becomes([]))),
    row("commands-show-no-tags", TAGS, "shows no tags of commands",
        answer("DescribeCommands", "Commands.Command[].Tags.Tag", becomes([]))),
    row("results-show-no-tags", TAGS, "shows no tags of results",
        answer("DescribeInvocationResults", "Invocation.InvocationResults.InvocationResult[].Tags.Tag", becomes([]))),
    row("run-command-again", TOKEN, "runs a command again for the same token",
        request("RunCommand", drop("ClientToken"))),
    row("invoke-again", TOKEN, "invokes a command again for the same token",
        request("InvokeCommand", drop("ClientToken"))),
    row("command-made-again", TOKEN, "makes a command again for the same token",
        request("CreateCommand", drop("ClientToken"))),
    row("tokens-are-one", TOKEN, "takes every token for the same",
        request(MAKE, where(lambda given: "ClientToken" in given, put(ClientToken="t")))),
    row("timeout-of-the-command", "assistant/invocation-timeout", "knows the timeout of the command alone",
        request("InvokeCommand", drop("Timeout"))),
    row("timeouts-of-a-second", "assistant/invocation-timeout", "takes a shorter timeout for ten seconds",
        request("InvokeCommand", at("Timeout", lambda given: max(10, int(given))))),
    row("timeout-unseen", "assistant/invocation-timeout", "shows the timeout of the command",
        answer("DescribeInvocations", INVOCATION, put(Timeout=600))),
    row("directory-of-the-command", "assistant/invocation-directory", "knows the directory of the command alone",
        request("InvokeCommand", drop("WorkingDir"))),
    row("directory-unseen", "assistant/invocation-directory", "shows the directory of the command",
        answer("DescribeInvocations", INVOCATION, put(WorkingDir="/tmp"))),
    row("no-rates", RATE, "knows no rates", values={SECONDS: None}),
    row("rates-of-59", RATE, "takes a rate of less than a minute", values={SECONDS: (59, 604_800)}),
    row("rates-of-61", RATE, "takes no rate of a minute", values={SECONDS: (61, 604_800)}),
    row("rates-over-a-week", RATE, "takes a rate of more than a week", values={SECONDS: (60, 604_801)}),
    row("rates-under-a-week", RATE, "takes no rate of a week", values={SECONDS: (60, 604_799)}),
    row("rates-as-long-as-the-timeout", RATE, "takes a rate that is the timeout",
        check_period=lambda right, period, timeout, rate: right.check_period(period, timeout - rate, rate=rate)),
    row("rates-are-minutes", RATE, "takes hours for minutes", request(RUN, at("Frequency", replaced("h)", "m)")))),
    row("rates-twice-as-fast", RATE, "takes five minutes for four",
        request(RUN, at("Frequency", replaced("rate(5m)", "rate(4m)")))),
    row("no-moments", AT, "knows no moments", takes_rates=always(False)),
    row("moments-elsewhere", AT, "takes all moments for UTC",
        request(RUN, at("Frequency", replaced(" GMT+8:00)", ")"), replaced(" GMT-3:00)", ")")))),
    row("moments-of-the-instance", AT, "takes moments without a zone for UTC+8",
        request(RUN, where(lambda given: str(given.get("Frequency")).startswith("at(2019")
                           and "GMT" not in str(given["Frequency"]) and "UTC" not in str(given["Frequency"]),
                           at("Frequency", replaced(")", " GMT+8:00)"))))),
    row("zones-unknown", ZONE, "knows no time zones", takes_rates=always(False)),
    row("zones-ahead", ZONE, "takes a zone behind UTC for one ahead",
        request(RUN, at("Frequency", replaced("GMT-", "GMT+")))),
    row("zones-are-utc", ZONE, "takes every zone for UTC", request(RUN, at("Frequency", replaced("GMT+8:00", "UTC")))),
    row("zones-with-zeros", ZONE, "takes hours of zones with a leading zero",
        request(RUN, at("Frequency", replaced("GMT+08", "GMT+8")))),
    row("periods-under-the-timeout", "assistant/period-over-timeout", "looks at no timeout of what repeats",
        check_period=always(None)),
    row("periods-over-the-timeout", "assistant/period-over-timeout", "takes no period that is the timeout",
        check_period=lambda right, period, timeout, rate: right.check_period(period, timeout + 1, rate=rate)),
)  # fmt: skip
