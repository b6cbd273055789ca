"""Wrong regions of Cloud Assistant's commands and invocations of today: limits, labels, launchers, targets, changes."""

from __future__ import annotations

from typing import Any, Final

from faultzone.mutations.library import (
    Next,
    Parameters,
    accept,
    after,
    answer,
    at,
    becomes,
    before,
    drop,
    emptied,
    put,
    read_as,
    refuse,
    refused_as,
    replaced,
    request,
    retry,
    swallow,
    where,
)
from faultzone.mutations.regions.places import COMMANDS, RECORDS
from faultzone.mutations.row import always, row

CREATE: Final = "CreateCommand"
RUN: Final = "RunCommand"
INVOKE: Final = "InvokeCommand"
RUNS: Final = (RUN, INVOKE)
MODIFY: Final = "ModifyInvocationAttribute"
LISTED: Final = "DescribeCommands"
INVOCATIONS: Final = "DescribeInvocations"
RESULTS: Final = "DescribeInvocationResults"
SHOWN: Final = "Invocations.Invocation"
ATTRIBUTES: Final = "AccountAttributeItems.AccountAttributeItem"
NOBODY: Final = "t-" + "0" * 32


def cut(most: int) -> Any:
    """No more than so many characters of a text."""
    return where(lambda text: isinstance(text, str) and len(text) > most, _shorter(most))


def _shorter(most: int) -> Any:
    def shorter(text: str) -> str:
        return text[:most]

    return shorter


def named(*names: str) -> Any:
    """Whether a call has all of these parameters."""
    return lambda given: all(given.get(name) for name in names)


def first_tag(tags: Any) -> Any:
    """The first of several tags."""
    return tags[:1]


def keys_alone(tags: Any) -> Any:
    """Tags without their values."""
    return [{"Key": each["Key"]} for each in tags]


def stop_all(on: Next, given: Parameters, *answered: object) -> None:
    """Stop what is changed, if it is there."""
    if given["InvokeId"] == NOBODY:
        return
    on.ask("StopInvocation", {"RegionId": given["RegionId"], "InvokeId": given["InvokeId"]})


def invoke_again(on: Next, given: Parameters, *answered: object) -> None:
    """Run the same for real."""
    if given.get("RepeatMode") == "DryRun":
        on("RunCommand", {**given, "RepeatMode": "Once", "KeepCommand": False})


def keep_too(on: Next, given: Parameters, *answered: object) -> None:
    """Keep what was tried."""
    if given.get("RepeatMode") != "DryRun":
        return
    kept = {"Type": given["Type"], "CommandContent": given["CommandContent"], "ContentEncoding": "PlainText"}
    on.ask(CREATE, {"RegionId": given["RegionId"], "Name": given.get("Name") or "of a run", **kept})


REGIONS: Final = (
    row("commands-with-long-keys", "assistant/tag-keys", "takes keys of tags as long as those of instances",
        values={"assistant.tag_key_length": 128}),
    row("commands-with-short-keys", "assistant/tag-keys", "takes keys of tags of 63 characters",
        values={"assistant.tag_key_length": 63}),
    # Limits
    row("keeps-499-commands", "assistant/command-quota-500", "keeps 499 commands",
        values={"assistant.commands": 499}),
    row("keeps-more-than-it-tells", "assistant/command-quota-500", "keeps 600 commands and tells of 500",
        answer("DescribeAccountAttributes", f"{ATTRIBUTES}[].AttributeValues.ValueItem[].Value",
               read_as({"600": "500"})),
        values={"assistant.commands": 600}),
    row("runs-keep-beyond-the-quota", "assistant/command-quota-500", "keeps commands of RunCommand beyond the quota",
        retry(RUN, "CmdCount.ExceedQuota", drop("KeepCommand"))),
    *(row(f"content-of-{size}", "assistant/content-24k", f"takes {size} characters",
          values={"assistant.content_characters": size}) for size in (16384, 24572, 24580)),
    row("parameters-do-not-count", "assistant/content-24k", "does not count parameters into the content",
        retry(RUN, "CmdContent.ExceedLimit", drop("Parameters"))),
    *(row(f"{number}-targets", "assistant/targets-100", f"takes {number} targets",
          values={"assistant.targets": number}) for number in (50, 99, 101)),
    row("tags-choose-a-hundred", "assistant/targets-100", "takes the first of too many instances that tags choose",
        swallow(RUNS, "InstanceIds.ExceedLimit")),
    row("stops-any-number", "assistant/stop-limit", "stops any number of targets at once",
        retry("StopInvocation", "InstanceIds.ExceedLimit", drop("InstanceId"))),
    row("stops-49", "assistant/stop-limit", "stops 49 targets at once",
        refuse("StopInvocation", "InstanceIds.ExceedLimit", lambda given: len(given.get("InstanceId") or ()) > 49)),
    *(row(f"directories-of-{most}", "assistant/working-dir-200", f"takes directories of {most} characters",
          values={"assistant.directory_length": most}) for most in (199, 201)),
    *(row(f"cuts-directories-of-{action.lower()}", "assistant/working-dir-200",
          f"cuts a directory of {action} that is too long",
          request(action, at("WorkingDir", cut(200)))) for action in (CREATE, "ModifyCommand", *RUNS)),
    *(row(f"launchers-of-{most}", "assistant/launcher-limit", f"takes launchers of {most} bytes",
          values={"assistant.launcher_length": most}) for most in (1023, 1025)),
    *(row(f"cuts-launchers-of-{action.lower()}", "assistant/launcher-limit",
          f"cuts a launcher of {action} that is too long",
          request(action, at("Launcher", cut(1024)))) for action in (CREATE, "ModifyCommand", *RUNS)),

    # Commands
    row("keeps-no-command", "assistant/keep-command", "ignores KeepCommand", request(RUN, drop("KeepCommand"))),
    row("keeps-every-command", "assistant/keep-command", "keeps the command of each run",
        request(RUN, put(KeepCommand=True))),
    *(row(f"modifies-no-{name.lower()}", "assistant/modify-command-fields", f"ignores {name} of ModifyCommand",
          request("ModifyCommand", drop(name)))
      for name in ("Name", "Description", "WorkingDir", "Timeout", "Launcher")),
    row("renaming-clears-the-description", "assistant/modify-command-fields", "clears the description with a new name",
        request("ModifyCommand", where(lambda given: given.get("Name"), put(Description=" ")))),
    row("created-without-tags", "assistant/command-labels", "ignores Tag of CreateCommand",
        request(CREATE, drop("Tag"))),
    row("created-without-group", "assistant/command-labels", "ignores ResourceGroupId of CreateCommand",
        request(CREATE, drop("ResourceGroupId"))),
    row("shows-no-tags-of-commands", "assistant/command-labels", "shows no tags of commands",
        answer(LISTED, f"{COMMANDS}[].Tags.Tag", emptied())),
    row("shows-no-group-of-commands", "assistant/command-labels", "shows no resource group of commands",
        answer(LISTED, f"{COMMANDS}[].ResourceGroupId", becomes(""))),
    row("finds-commands-of-any-tag", "assistant/command-labels", "ignores Tag of DescribeCommands",
        request(LISTED, drop("Tag"))),
    row("finds-commands-of-any-group", "assistant/command-labels", "ignores ResourceGroupId of DescribeCommands",
        request(LISTED, drop("ResourceGroupId"))),
    row("finds-commands-by-the-first-tag", "assistant/command-labels", "finds commands by the first tag alone",
        request(LISTED, where(named("Tag"), at("Tag", first_tag)))),
    row("finds-commands-by-keys", "assistant/command-labels", "finds commands by the keys of tags alone",
        request(LISTED, where(named("Tag"), at("Tag", keys_alone)))),
    row("patterns-are-names", "assistant/command-patterns", "takes an asterisk for itself",
        values={"assistant.name_patterns": False}),
    row("patterns-are-anywhere", "assistant/command-patterns", "finds what a pattern is anywhere in",
        command_matches=lambda right, text, wanted: right.command_matches(
            text, f"*{wanted.strip('*')}*" if "*" in wanted else wanted)),
    row("names-begin-so", "assistant/command-patterns", "finds by a name what begins so",
        command_matches=lambda right, text, wanted: right.command_matches(
            text, wanted if "*" in wanted else f"{wanted}*")),
    row("any-description", "assistant/command-patterns", "ignores Description of DescribeCommands",
        request(LISTED, drop("Description"))),
    *(row(f"no-token-of-{action.lower()}", "assistant/command-token", f"ignores ClientToken of {action}",
          request(action, drop("ClientToken"))) for action in (CREATE, *RUNS, MODIFY)),
    row("token-for-another-call", "assistant/command-token", "answers another call with the same token as the first",
        swallow((CREATE, *RUNS, MODIFY), "IdempotentParameterMismatch")),
    row("command-tokens-of-65", "assistant/command-token", "takes tokens of 65 characters",
        values={"instance.client_token_length": 65}),

    # What an invocation says of itself
    *(row(f"no-{name.lower()}-of-{action.lower()}", "assistant/invocation-labels", f"ignores {name} of {action}",
          request(action, drop(name))) for name in ("Tag", "ResourceGroupId") for action in RUNS),
    *(row(f"any-{name.lower()}-of-{action.lower()}", "assistant/invocation-labels", f"ignores {name} of {action}",
          request(action, drop(name))) for name in ("Tag", "ResourceGroupId") for action in (INVOCATIONS, RESULTS)),
    *(row(f"shows-no-tags-in-{action.lower()}", "assistant/invocation-labels", f"shows no tags in {action}",
          answer(action, f"{place}[].Tags.Tag", emptied()))
      for action, place in ((INVOCATIONS, SHOWN), (RESULTS, RECORDS))),
    row("finds-invocations-by-keys", "assistant/invocation-labels", "finds invocations by the keys of tags alone",
        request(INVOCATIONS, where(named("Tag"), at("Tag", keys_alone)))),
    row("finds-results-by-the-first-tag", "assistant/invocation-labels", "finds results by the first tag alone",
        request(RESULTS, where(named("Tag"), at("Tag", first_tag)))),
    *(row(f"no-launcher-of-{action.lower()}", "assistant/launcher", f"ignores Launcher of {action}",
          request(action, drop("Launcher"))) for action in (CREATE, *RUNS)),
    *(row(f"shows-no-launcher-in-{action.lower()}", "assistant/launcher", f"shows no launcher in {action}",
          answer(action, f"{place}[].Launcher", becomes("")))
      for action, place in ((INVOCATIONS, SHOWN), (RESULTS, RECORDS), (LISTED, COMMANDS))),
    row("no-timeout-of-its-own", "assistant/own-timeout", "ignores Timeout of InvokeCommand",
        request(INVOKE, drop("Timeout"))),
    row("timeouts-of-nine", "assistant/own-timeout", "takes a timeout of nine seconds for ten",
        request(INVOKE, where(lambda given: given.get("Timeout") == 9, put(Timeout=10)))),
    row("shows-no-timeout-of-its-own", "assistant/own-timeout", "shows the timeout of the command",
        answer(INVOCATIONS, f"{SHOWN}[].Timeout", read_as({10: 300}))),
    row("no-directory-of-its-own", "assistant/own-directory", "ignores WorkingDir of InvokeCommand",
        request(INVOKE, drop("WorkingDir"))),
    row("shows-no-directory-of-its-own", "assistant/own-directory", "shows the directory of the command",
        answer(INVOCATIONS, f"{SHOWN}[].WorkingDir", read_as({"/": "/tmp"}))),
    row("placeholders-stay", "assistant/parameters-default-empty", "leaves a placeholder without a value as it is",
        request(RUN, where(lambda given: given.get("Parameters") is None, put(EnableParameter=False)))),
    row("values-are-not-empty", "assistant/parameters-default-empty", "refuses a value that is empty",
        refuse(RUN, "Parameter.NotMatched", lambda given: '""' in str(given.get("Parameters")))),
    *(row(f"knows-no-{name.lower()}", "assistant/built-in-parameters", f"fills in nothing for ACS::{name}",
          request(RUN, at("CommandContent", replaced(f"{{{{ACS::{name}}}}}", "-"))))
      for name in ("RegionId", "AccountId", "InstanceId", "InstanceName", "InvokeId", "CommandId")),

    # Windows
    row("runs-as-administrator", "assistant/run-as-system", "runs commands as administrator on Windows",
        values={"assistant.windows_user": ""}),
    row("runs-beside-the-agent", "assistant/windows-directory", "runs commands where the agent is on Windows",
        values={"assistant.windows_directory": ""}),
    row("needs-no-password", "assistant/windows-password", "needs no password of a user",
        password_suffices=always(True)),
    row("password-without-user", "assistant/windows-password", "takes a password without a user",
        password_suffices=lambda right, user, password: bool(password) or right.password_suffices(user, password)),
    row("system-needs-a-password", "assistant/windows-password", "needs a password of System too",
        password_suffices=lambda right, user, password: not user or bool(password)),
    row("passwords-of-256", "assistant/windows-password", "cuts the name of a password",
        request(RUNS, at("WindowsPasswordName", cut(255)))),
    row("system-on-windows-of-2019", "assistant/as-windows-administrator", "runs commands as System on Windows",
        values={"assistant.windows_user": "System"}),
    row("system-directory-of-2019", "assistant/windows-agent-directory", "runs commands in System32 on Windows",
        values={"assistant.windows_directory": r"C:\Windows\System32"}),

    # Targets
    row("chooses-by-the-first-tag", "assistant/resource-tag", "chooses targets by the first tag alone",
        request(RUNS, where(named("ResourceTag"), at("ResourceTag", first_tag)))),
    row("chooses-by-keys", "assistant/resource-tag", "chooses targets by the keys of tags alone",
        request(RUNS, where(named("ResourceTag"), at("ResourceTag", keys_alone)))),
    row("nobody-has-the-tags", "assistant/resource-tag", "answers where no instance has the tags",
        swallow(RUNS, "InvalidInstance.NotFound")),
    row("unfit-by-tag", "assistant/resource-tag", "answers where an instance with the tags is not fit",
        swallow(RUNS, "InvalidInstanceStatus")),
    row("names-before-tags", "assistant/resource-tag-excludes-ids", "ignores tags beside ids",
        request(RUNS, where(named("InstanceId", "ResourceTag"), drop("ResourceTag")))),
    row("tags-before-names", "assistant/resource-tag-excludes-ids", "ignores ids beside tags",
        request(RUNS, where(named("InstanceId", "ResourceTag"), drop("InstanceId")))),
    row("no-targets", "assistant/resource-tag-excludes-ids", "answers a call without targets",
        swallow(RUNS, "MissingParameter.InstanceIds")),
    row("eleven-keys", "assistant/resource-tag-excludes-ids", "takes ten of more keys of InvokeCommand",
        request(INVOKE, where(named("ResourceTag"), at("ResourceTag", lambda tags: tags[:10])))),
    row("ten-keys-of-run-command", "assistant/resource-tag-excludes-ids", "takes ten keys of RunCommand",
        refuse(RUN, "InvalidParameter", lambda given: len(given.get("ResourceTag") or ()) > 10)),
    row("any-group-of-targets", "assistant/target-groups", "takes targets of any resource group",
        request(RUNS, drop("ResourceGroupId"))),
    row("default-group-is-another", "assistant/target-groups", "takes no target of the default group with another",
        refuse(RUNS, "InvalidParameter", named("ResourceGroupId"))),
    *(row(f"always-{mode.lower()}", "assistant/termination-mode", f"takes every TerminationMode for {mode}",
          request(RUNS, where(named("TerminationMode"), put(TerminationMode=mode))))
      for mode in ("Process", "ProcessTree")),
    row("no-termination-mode", "assistant/termination-mode", "ignores TerminationMode",
        request(RUNS, drop("TerminationMode"))),
    *(row(f"shows-no-mode-in-{action.lower()}", "assistant/termination-mode", f"shows no TerminationMode in {action}",
          answer(action, f"{place}[].TerminationMode", becomes("")))
      for action, place in ((INVOCATIONS, SHOWN), (RESULTS, RECORDS))),

    # Trying
    row("dry-runs-run", "assistant/dry-run", "runs what was only to be tried",
        request(RUNS, where(lambda given: given.get("RepeatMode") == "DryRun", drop("RepeatMode")))),
    row("dry-runs-run-too", "assistant/dry-run", "runs what was tried besides", after(RUN, invoke_again)),
    row("dry-runs-keep", "assistant/dry-run", "keeps the command of a dry run", after(RUN, keep_too)),
    row("dry-runs-always-go-well", "assistant/dry-run", "answers a dry run of which a target is not fit",
        swallow(RUNS, "InvalidInstanceStatus")),
    row("dry-runs-of-nobody", "assistant/dry-run", "answers a dry run on instances that there are not",
        swallow(RUNS, "InvalidInstance.NotFound")),

    # Changes
    row("changes-nothing", "assistant/modify-invocation", "accepts changes and does nothing", accept(MODIFY)),
    row("content-never-changes", "assistant/modify-invocation", "ignores CommandContent",
        request(MODIFY, drop("CommandContent"))),
    row("changes-forget-the-id", "assistant/modify-invocation", "answers no CommandId",
        answer(MODIFY, "CommandId", becomes(""))),
    row("changed-content-is-base64", "assistant/modify-invocation", "takes plain text for Base64",
        request(MODIFY, where(named("CommandContent"), put(ContentEncoding="Base64")))),
    row("changed-content-is-plain", "assistant/modify-invocation", "takes Base64 for plain text",
        request(MODIFY, drop("ContentEncoding"))),
    row("changes-take-any-content", "assistant/modify-invocation", "answers a content that is too long",
        swallow(MODIFY, "CmdContent.ExceedLimit")),
    row("changes-take-no-base64", "assistant/modify-invocation", "answers a content that is no Base64",
        swallow(MODIFY, "Invalid.CommandContent")),
    row("results-of-the-new-command", "assistant/modify-invocation", "tells no command of results",
        answer(RESULTS, f"{RECORDS}[].CommandId", becomes(""))),
    row("parameters-never-change", "assistant/modify-invocation-parameters", "ignores Parameters",
        request(MODIFY, drop("Parameters"))),
    row("parameters-of-any-name", "assistant/modify-invocation-parameters", "answers parameters of other names",
        swallow(MODIFY, "Parameter.NotMatched")),
    row("any-number-of-parameters", "assistant/modify-invocation-parameters", "answers any number of parameters",
        swallow(MODIFY, "ParameterCount.ExceedLimit")),
    row("parameters-make-a-command", "assistant/modify-invocation-parameters", "answers another command for parameters",
        answer(MODIFY, "CommandId", becomes("c-" + "1" * 32), when=named("Parameters"))),
    row("times-never-change", "assistant/modify-invocation-times", "ignores Frequency",
        request(MODIFY, drop("Frequency"))),
    row("any-times", "assistant/modify-invocation-times", "answers times that cannot be",
        swallow(MODIFY, "InvalidParam.Frequency")),
    row("shows-the-first-times", "assistant/modify-invocation-times", "shows the first times for ever",
        answer(INVOCATIONS, f"{SHOWN}[].Frequency", read_as({"rate(1h)": "rate(1d)"}))),
    row("targets-are-never-added", "assistant/modify-invocation-targets", "ignores InstanceId",
        request(MODIFY, drop("InstanceId"))),
    row("adds-the-unfit", "assistant/modify-invocation-targets", "adds targets that do not run",
        swallow(MODIFY, "InvalidInstanceStatus")),
    row("adds-nobody", "assistant/modify-invocation-targets", "adds targets that there are not",
        swallow(MODIFY, "InvalidInstance.NotFound")),
    row("changes-what-runs-once", "assistant/modify-invocation-states", "answers changes of what runs once or no more",
        swallow(MODIFY, "InvalidParameter")),
    row("changes-what-there-is-not", "assistant/modify-invocation-states", "answers changes of unknown invocations",
        swallow(MODIFY, "InvalidInvokeId.NotFound")),
    row("changes-stop", "assistant/modify-invocation-states", "stops what is changed",
        before(MODIFY, stop_all)),
    row("unknown-invocation-by-another-code", "assistant/modify-invocation-states",
        "refuses an unknown invocation otherwise",
        refused_as(MODIFY, "InvalidInvokeId.NotFound", "OperationConflict")),
    row("old-agents-take-changes", "assistant/modify-invocation-agents", "changes what old agents run",
        agent_takes_changes=always(True)),
    row("no-agent-takes-changes", "assistant/modify-invocation-agents", "takes no agent for new enough",
        agent_takes_changes=always(False)),
    row("old-agents-by-another-code", "assistant/modify-invocation-agents", "refuses old agents with another code",
        refused_as(MODIFY, "InvalidOperation.CloudAssistantVersionUnsupported", "OperationConflict")),
)  # fmt: skip
