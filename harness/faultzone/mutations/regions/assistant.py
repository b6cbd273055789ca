"""Wrong regions of the chapter on Cloud Assistant: commands and invocations."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from faultzone.backends import Backend
from faultzone.mutations.described import written
from faultzone.mutations.library import (
    EVERY,
    Answer,
    Next,
    Parameters,
    accept,
    after,
    answer,
    at,
    becomes,
    drop,
    put,
    refuse,
    refused_as,
    repeated,
    request,
    retry,
    swallow,
    where,
)
from faultzone.mutations.regions.places import COMMANDS, RECORDS, TARGETS
from faultzone.mutations.row import Rule, always, row
from faultzone.mutations.wrapper import Wrapper


@written
def reads(cause: str, state: str) -> Rule:
    """Another state of the record of a run of which this became."""
    return lambda right, given: state if given == cause else right.record_state(given)


@written
def takes_mode(mode: str, other: str) -> Rule:
    """One mode of an invocation taken for another."""
    return lambda right, asked, *more: right.repeat_mode(other if asked == mode else asked, *more)


@written
def rewrites(old: str, new: str) -> Rule:
    """A frequency read with other words in it."""
    return lambda right, frequency: right.schedule(frequency.replace(old, new))


def is_named_twice(given: Parameters) -> bool:
    """Whether an id comes twice."""
    ids = given.get("InstanceId")
    return isinstance(ids, list) and len(set(ids)) < len(ids)


def end_schedules(on: Next, given: Parameters, stopped: Answer) -> None:
    """Stop every invocation."""
    region = {"RegionId": given["RegionId"]}
    for each in on.ask("DescribeInvocations", region)["Invocations"]["Invocation"]:
        on.ask("StopInvocation", {**region, "InvokeId": each["InvokeId"]})


def fail_all(targets: list[Answer]) -> list[Answer]:
    """All targets as Failed, if one is."""
    failed = any(each["InstanceInvokeStatus"] == "Failed" for each in targets)
    return [{**each, "InstanceInvokeStatus": "Failed"} for each in targets] if failed else targets


class CommandsCost(Wrapper):
    """Each invocation costs a yuan."""

    spent = 0

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        self.spent += action == "InvokeCommand"
        return answer

    def control(self, verb: str, arguments: Mapping[str, object]) -> Answer:
        answer = super().control(verb, arguments)
        if verb == "account-balance":
            answer["balance"] = str(Decimal(answer["balance"]) - self.spent)
        return answer


class ShowsFirstName(Wrapper):
    """Shows a command under the name that CreateCommand gave it."""

    def __init__(self, inner: Backend) -> None:
        super().__init__(inner)
        self.names: dict[str, object] = {}

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        if action == "CreateCommand":
            self.names[answer["CommandId"]] = parameters.get("Name")
        for each in answer["Commands"]["Command"] if action == "DescribeCommands" else ():
            each["Name"] = self.names.get(each["CommandId"], each["Name"])
        return answer


COMMAND: Final = "CreateCommand"
INVOKE: Final = "InvokeCommand"
RESULTS: Final = "DescribeInvocationResults"

REGIONS: Final = (
    row("hundred-and-one-commands", "assistant/command-quota", "keeps a command too many",
        values={"assistant.commands": 101}),
    row("long-scripts", "assistant/content-limit", "takes larger scripts",
        values={"assistant.content_characters": 20000}),
    row("long-names", "assistant/name-limits", "takes longer names", values={"assistant.name_length": 31}),
    row("hundred-targets", "assistant/targets-limit", "takes 100 targets in a call", values={"assistant.targets": 100}),
    row("thousand-invocations", "assistant/invocation-quota", "takes 1000 invocations a day",
        values={"assistant.invocations_per_day": 1000}),
    row("fast-periods", "assistant/period-floor", "repeats a command every 5 seconds",
        values={"assistant.period_floor": 5}),
    row("cron-in-utc", "assistant/cron-time-zone", "reads cron expressions in UTC",
        values={"assistant.cron_offset": 0}),
    row("minute-timeout", "assistant/timeout-default", "kills a command after a minute by default",
        values={"assistant.timeout": 60}),
    row("hour-timeout", "assistant/timeout-default-2020", "lets a command run for an hour by default",
        values={"assistant.timeout": 3600}),
    row("ignores-the-timeout", "assistant/timeout", "lets each command run as long as by default",
        request({"CreateCommand", "RunCommand"}, drop("Timeout", "TimeOut"))),
    row("timeout-ends-well", "assistant/timeout", "shows a run that was killed as a success",
        answer(RESULTS, f"{RECORDS}[]", where(
            lambda each: each["InvokeRecordStatus"] == "Failed", put(InvokeRecordStatus="Finished", ExitCode=0)))),
    row("long-output", "assistant/output-cap", "keeps all output",
        values={"assistant.output_bytes": {"linux": 1 << 30, "windows": 1 << 30}}),
    row("frequency-without-timed", "assistant/repeat-mode", "ignores Frequency without Timed",
        values={"assistant.frequency_repeats": False}),
    row("deletes-in-use", "assistant/delete-command-in-use", "deletes a command in use",
        values={"assistant.delete_in_use_refused": False}),

    # Records
    row("running-reads-finished", "assistant/record-running", "lets a record read Finished whose run is delivering",
        record_state=reads("delivering", "Finished")),
    row("finished-reads-failed", "assistant/record-finished", "lets a record read Failed whose run is exited-zero",
        record_state=reads("exited-zero", "Failed")),
    row("exit-code-fails", "assistant/finished-is-not-success",
        "lets a record read Failed whose run is exited-nonzero", record_state=reads("exited-nonzero", "Failed")),
    row("timed-out-reads-finished", "assistant/record-failed", "lets a record read Finished whose run is timed-out",
        record_state=reads("timed-out", "Finished")),
    row("stopped-reads-finished", "assistant/record-stopped",
        "lets a record read Finished whose run is stopped-while-running",
        record_state=reads("stopped-while-running", "Finished")),
    row("interrupted-reads-finished", "assistant/run-interrupted",
        "lets a record read Finished whose run is interrupted", record_state=reads("interrupted", "Finished")),

    # Parameters that are not looked at
    row("ignores-name-filter", "assistant/describe-commands", "ignores Name of DescribeCommands",
        request("DescribeCommands", drop("Name"))),
    row("never-overwrites", "assistant/send-file", "ignores Overwrite of SendFile",
        request("SendFile", drop("Overwrite"))),
    row("ignores-directory", "assistant/working-dir", "ignores WorkingDir of CreateCommand",
        request(COMMAND, drop("WorkingDir"))),
    row("ignores-placeholders", "assistant/parameters", "ignores Parameters of InvokeCommand",
        request(INVOKE, drop("Parameters"))),
    row("ignores-encoding", "assistant/encodings", "ignores ContentEncoding of DescribeInvocationResults",
        request(RESULTS, drop("ContentEncoding"))),
    row("ignores-users", "assistant/user-name", "ignores Username of InvokeCommand", request(INVOKE, drop("Username"))),
    row("ignores-history", "assistant/include-history", "ignores IncludeHistory of DescribeInvocationResults",
        request(RESULTS, drop("IncludeHistory"))),
    *(row(f"{action}-begins-again", "assistant/token-paging", f"ignores NextToken of {action}",
          request(action, drop("NextToken"))) for action in ("DescribeCommands", "DescribeInvocationResults")),
    row("ignores-tokens", "assistant/token-paging", "ignores NextToken of DescribeInvocations",
        request("DescribeInvocations", drop("NextToken"))),
    row("ignores-instance-filter", "assistant/describe-invocations", "ignores InstanceId of DescribeInvocations",
        request("DescribeInvocations", drop("InstanceId"))),
    row("ignores-state-of-results", "assistant/describe-results",
        "ignores InvokeRecordStatus of DescribeInvocationResults", request(RESULTS, drop("InvokeRecordStatus"))),
    row("repeats-the-first-page", "assistant/describe-invocations", "ignores PageNumber of DescribeInvocations",
        request("DescribeInvocations", drop("PageNumber"))),
    row("ignores-instance-of-results", "assistant/describe-results",
        "ignores InstanceId of DescribeInvocationResults", request(RESULTS, drop("InstanceId"))),

    # Actions that are accepted in vain, and refusals
    row("modifies-nothing", "assistant/modify-command", "accepts ModifyCommand and does nothing",
        accept("ModifyCommand")),
    row("deletes-nothing", "assistant/delete-command", "accepts DeleteCommand and does nothing",
        accept("DeleteCommand")),
    row("installs-nothing", "assistant/agent-required", "accepts InstallCloudAssistant and does nothing",
        accept("InstallCloudAssistant")),
    row("content-for-ever", "assistant/modify-content", "takes a content and keeps the old one",
        values={"assistant.modify_content": False}),
    row("any-content", "assistant/modify-content", "takes a content that is no Base64 for the changed one",
        swallow("ModifyCommand", "Invalid.CommandContent")),
    row("content-changes", "assistant/modify-more", "changes the content that it only takes",
        values={"assistant.modify_content": True}),
    row("timeout-for-ever", "assistant/modify-more", "keeps the timeout that a command was made with",
        request("ModifyCommand", drop("Timeout"))),
    row("bad-base64-by-another-code", "assistant/content-encoding",
        "refuses CreateCommand with another code than Invalid.CommandContent",
        refused_as(COMMAND, "Invalid.CommandContent", "OperationConflict")),
    row("unknown-target-by-another-code", "assistant/invoke-unknown",
        "refuses InvokeCommand with another code than InvalidInstance.NotFound",
        refused_as(INVOKE, "InvalidInstance.NotFound", "OperationConflict")),
    row("unknown-install-by-another-code", "assistant/install-unknown",
        "refuses InstallCloudAssistant with another code than InvalidInstance.NotFound",
        refused_as("InstallCloudAssistant", "InvalidInstance.NotFound", "OperationConflict")),
    row("unknown-stop-by-another-code", "assistant/stop-unknown",
        "refuses StopInvocation with another code than InvalidInvokeId.NotFound",
        refused_as("StopInvocation", "InvalidInvokeId.NotFound", "OperationConflict")),

    # Commands
    row("commands-cost", "assistant/free", "charges for invocations", wrap=CommandsCost),
    row("names-for-the-nameless", "assistant/create-command-required", "makes a command without a name",
        request(COMMAND, where(lambda given: not given.get("Name"), put(Name="unnamed")))),
    row("any-type", "assistant/command-types", "takes an unknown type for a shell script",
        request(EVERY, where(lambda given: given.get("Type") == "RunPython", put(Type="RunShellScript")))),
    row("forgets-directory", "assistant/create-command", "does not show the directory of a command",
        answer("DescribeCommands", f"{COMMANDS}[].WorkingDir", becomes(""))),
    row("shows-first-name", "assistant/create-modify-delete-describe",
        "shows a command under its first name for ever", wrap=ShowsFirstName),
    row("one-region-only", "assistant/all-regions", "has Cloud Assistant in one region alone",
        refuse(COMMAND, "ServiceUnavailable", lambda given: given.get("RegionId") != "cn-hangzhou")),

    # Invocations
    row("waits-for-the-end", "assistant/invoke-is-asynchronous", "answers InvokeCommand once the command has ended",
        after(INVOKE, lambda on, given, answer: on.control("advance", {"milliseconds": 60_000}))),
    row("refuses-twice-named", "assistant/targets-once", "refuses an instance that is named twice",
        refuse(INVOKE, "InvalidInstance.NotFound", is_named_twice)),
    row("runs-on-stopped", "assistant/running-only", "accepts targets that do not run", may_run_in=always(True)),
    row("runs-in-classic", "assistant/vpc-only", "accepts targets in the classic network",
        may_run_in_network=always(True)),
    row("next-reboot-at-once", "assistant/run-at-start", "takes NextRebootOnly for Once",
        repeat_mode=takes_mode("NextRebootOnly", "Once")),
    row("next-reboot-for-ever", "assistant/run-at-start", "takes NextRebootOnly for EveryReboot",
        repeat_mode=takes_mode("NextRebootOnly", "EveryReboot")),
    row("every-reboot-once", "assistant/run-at-start", "takes EveryReboot for NextRebootOnly",
        repeat_mode=takes_mode("EveryReboot", "NextRebootOnly")),
    row("runs-on-the-fit", "assistant/all-or-nothing", "leaves unfit targets out and runs on the others",
        retry(INVOKE, "", where(lambda given: isinstance(given.get("InstanceId"), list),
                                at("InstanceId", lambda ids: ids[:1])))),
    row("one-fails-all", "assistant/instances-independent", "lets one failed target fail all",
        answer("DescribeInvocations", TARGETS, fail_all)),
    row("once-without-frequency", "assistant/frequency-required", "runs a timed invocation without a frequency once",
        request(INVOKE, where(lambda given: not given.get("Frequency"), put(Timed=False)))),
    row("five-fields-as-crontab", "assistant/cron", "reads five fields as minutes to weekday",
        schedule=lambda right, given: right.schedule(f"0 {given}" if len(given.split()) == 5 else given)),
    row("sunday-on-monday", "assistant/cron-week-and-year", "takes Monday for SUN", schedule=rewrites("SUN", "MON")),
    row("every-other-time", "assistant/timed-runs-repeat", "runs at every other time that a frequency names",
        schedule=rewrites("0 * *", "0 */2 *")),
    row("runs-overlap", "assistant/timed-overlap", "runs a timed command twice at a time on an instance",
        answer(RESULTS, RECORDS, repeated(lambda each: each["InvokeRecordStatus"] == "Running"))),
    row("stop-ends-schedules", "assistant/timed-missed", "ends timed invocations when an instance stops",
        after("StopInstance", end_schedules)),
)  # fmt: skip
