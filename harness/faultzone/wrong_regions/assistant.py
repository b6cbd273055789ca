"""Wrong regions of the chapter on Cloud Assistant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from faultzone.ecs.errors import ApiError
from faultzone.model.assistant.cron import Cron
from faultzone.model.rules import Rules
from faultzone.wrong_regions import Answer, Parameters, Wrapper, declare, wrong
from faultzone.wrong_regions.wrappers import ignores, swallows

for _name, _clause, _says, _value in (
    ("hundred-and-one-commands", "command-quota", "keeps a command too many", {"commands": 101}),
    ("long-scripts", "content-limit", "takes larger scripts", {"content_characters": 20000}),
    ("long-names", "name-limits", "takes longer names", {"name_length": 31}),
    ("hundred-targets", "targets-limit", "takes 100 targets in a call", {"targets": 100}),
    ("thousand-invocations", "invocation-quota", "takes 1000 invocations a day", {"invocations_per_day": 1000}),
    ("fast-periods", "period-floor", "repeats a command every 5 seconds", {"period_floor": 5}),
    ("cron-in-utc", "cron-time-zone", "reads cron expressions in UTC", {"cron_offset": 0}),
    ("minute-timeout", "timeout", "kills a command after a minute by default", {"timeout": 60}),
    ("long-output", "output-cap", "keeps all output", {"output_bytes": {"linux": 1 << 30, "windows": 1 << 30}}),
    ("frequency-without-timed", "repeat-mode", "ignores Frequency without Timed", {"frequency_repeats": False}),
    ("deletes-in-use", "delete-command-in-use", "deletes a command in use", {"delete_in_use_refused": False}),
):
    declare(_name, f"assistant/{_clause}", _says, {f"assistant.{key}": value for key, value in _value.items()})


def records(cause: str, state: str) -> type[Rules]:
    """Rules by which what became of a run gives another state of its record."""

    def record_state(self: Rules, given: str) -> str:
        return state if given == cause else Rules.record_state(self, given)

    return type("Records", (Rules,), {"record_state": record_state})


for _name, _clause, _cause, _state in (
    ("running-reads-finished", "assistant/record-running", "delivering", "Finished"),
    ("finished-reads-failed", "assistant/record-finished", "exited-zero", "Failed"),
    ("exit-code-fails", "assistant/finished-is-not-success", "exited-nonzero", "Failed"),
    ("timed-out-reads-finished", "assistant/record-failed", "timed-out", "Finished"),
    ("stopped-reads-finished", "assistant/record-stopped", "stopped-while-running", "Finished"),
    ("interrupted-reads-finished", "assistant/run-interrupted", "interrupted", "Finished"),
):
    wrong(_name, _clause, f"lets a record read {_state} whose run is {_cause}")(records(_cause, _state))


def drops(action: str, *names: str) -> type[Wrapper]:
    """A region that does not look at some parameters of an action."""

    def call(self: Wrapper, called: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        kept = parameters if called != action else {key: parameters[key] for key in parameters if key not in names}
        return Wrapper.call(self, called, kept, account=account)

    return type("Drops", (Wrapper,), {"call": call})


for _name, _clause, _action, _parameter in (
    ("ignores-name-filter", "assistant/describe-commands", "DescribeCommands", "Name"),
    ("never-overwrites", "assistant/send-file", "SendFile", "Overwrite"),
    ("ignores-directory", "assistant/working-dir", "CreateCommand", "WorkingDir"),
    ("ignores-placeholders", "assistant/parameters", "InvokeCommand", "Parameters"),
    ("ignores-encoding", "assistant/encodings", "DescribeInvocationResults", "ContentEncoding"),
    ("ignores-users", "assistant/user-name", "InvokeCommand", "Username"),
    ("ignores-history", "assistant/include-history", "DescribeInvocationResults", "IncludeHistory"),
    ("ignores-tokens", "assistant/token-paging", "DescribeInvocations", "NextToken"),
    ("ignores-instance-filter", "assistant/describe-invocations", "DescribeInvocations", "InstanceId"),
    ("ignores-state-of-results", "assistant/describe-results", "DescribeInvocationResults", "InvokeRecordStatus"),
    ("repeats-the-first-page", "assistant/describe-invocations", "DescribeInvocations", "PageNumber"),
    ("ignores-instance-of-results", "assistant/describe-results", "DescribeInvocationResults", "InstanceId"),
):
    wrong(_name, _clause, f"ignores {_parameter} of {_action}")(drops(_action, _parameter))


def _swallows(action: str) -> type[Wrapper]:
    """A region that accepts an action and does nothing."""

    def call(self: Wrapper, called: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        return {} if called == action else Wrapper.call(self, called, parameters, account=account)

    return type("Swallows", (Wrapper,), {"call": call})


for _name, _clause, _action in (
    ("modifies-nothing", "assistant/modify-command", "ModifyCommand"),
    ("deletes-nothing", "assistant/delete-command", "DeleteCommand"),
    ("installs-nothing", "assistant/agent-required", "InstallCloudAssistant"),
):
    wrong(_name, _clause, f"accepts {_action} and does nothing")(_swallows(_action))


declare(
    "content-for-ever",
    "assistant/modify-content",
    "takes a content and keeps the old one",
    {"assistant.modify_content": False},
)
wrong("any-content", "assistant/modify-content", "takes a content that is no Base64 for the changed one")(
    swallows("ModifyCommand", "Invalid.CommandContent")
)
declare(
    "content-changes",
    "assistant/modify-more",
    "changes the content that it only takes",
    {"assistant.modify_content": True},
)
wrong("timeout-for-ever", "assistant/modify-more", "keeps the timeout that a command was made with")(
    ignores("ModifyCommand", "Timeout")
)


def _recodes(action: str, code: str) -> type[Wrapper]:
    """A region that refuses with another code."""

    def call(self: Wrapper, called: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        try:
            return Wrapper.call(self, called, parameters, account=account)
        except ApiError as refusal:
            if (called, refusal.code) == (action, code):
                raise ApiError("OperationConflict") from None
            raise

    return type("Recodes", (Wrapper,), {"call": call})


for _name, _clause, _action, _code in (
    ("bad-base64-by-another-code", "assistant/content-encoding", "CreateCommand", "Invalid.CommandContent"),
    ("unknown-target-by-another-code", "assistant/invoke-unknown", "InvokeCommand", "InvalidInstance.NotFound"),
    (
        "unknown-install-by-another-code",
        "assistant/install-unknown",
        "InstallCloudAssistant",
        "InvalidInstance.NotFound",
    ),
    ("unknown-stop-by-another-code", "assistant/stop-unknown", "StopInvocation", "InvalidInvokeId.NotFound"),
):
    wrong(_name, _clause, f"refuses {_action} with another code than {_code}")(_recodes(_action, _code))


# Commands


@wrong("commands-cost", "assistant/free", "charges for invocations")
class CommandsCost(Wrapper):
    """Each invocation costs a yuan."""

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        """Count invocations."""
        self.spent = self.__dict__.get("spent", 0) + (action == "InvokeCommand")
        return answer

    def control(self, verb: str, arguments: Mapping[str, object]) -> Answer:
        """Take their price off the balance."""
        answer = super().control(verb, arguments)
        if verb == "account-balance":
            answer["balance"] = str(Decimal(answer["balance"]) - self.__dict__.get("spent", 0))
        return answer


@wrong("names-for-the-nameless", "assistant/create-command-required", "makes a command without a name")
class NamesForTheNameless(Wrapper):
    """A name is made up."""

    def call(self, action: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        """Fill a name in."""
        filled = (
            {**parameters, "Name": parameters.get("Name") or "unnamed"} if action == "CreateCommand" else parameters
        )
        return super().call(action, filled, account=account)


@wrong("any-type", "assistant/command-types", "takes an unknown type for a shell script")
class AnyType(Wrapper):
    """Python becomes shell."""

    def call(self, action: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        """Read another type."""
        known = {**parameters, "Type": "RunShellScript"} if parameters.get("Type") == "RunPython" else parameters
        return super().call(action, known, account=account)


@wrong("forgets-directory", "assistant/create-command", "does not show the directory of a command")
class ForgetsDirectory(Wrapper):
    """The field is empty."""

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        """Leave the directory out."""
        for each in answer["Commands"]["Command"] if action == "DescribeCommands" else ():
            each["WorkingDir"] = ""
        return answer


@wrong("shows-first-name", "assistant/create-modify-delete-describe", "shows a command under its first name for ever")
class ShowsFirstName(Wrapper):
    """What ModifyCommand changed is not shown."""

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        """Remember the first name."""
        if action == "CreateCommand":
            self.__dict__.setdefault("names", {})[answer["CommandId"]] = parameters.get("Name")
        for each in answer["Commands"]["Command"] if action == "DescribeCommands" else ():
            each["Name"] = self.names.get(each["CommandId"], each["Name"])
        return answer


@wrong("one-region-only", "assistant/all-regions", "has Cloud Assistant in one region alone")
class OneRegionOnly(Wrapper):
    """Elsewhere there is none."""

    def call(self, action: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        """Refuse commands elsewhere."""
        if action == "CreateCommand" and parameters.get("RegionId") != "cn-hangzhou":
            raise ApiError("ServiceUnavailable")
        return super().call(action, parameters, account=account)


# Invocations


@wrong("waits-for-the-end", "assistant/invoke-is-asynchronous", "answers InvokeCommand once the command has ended")
class WaitsForTheEnd(Wrapper):
    """The call lasts as long as the command."""

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        """Let time pass first."""
        if action == "InvokeCommand":
            self.inner.control("advance", {"milliseconds": 60_000})
        return answer


@wrong("refuses-twice-named", "assistant/targets-once", "refuses an instance that is named twice")
class RefusesTwiceNamed(Wrapper):
    """The manual's own sample fails."""

    def call(self, action: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        """Look for ids that come twice."""
        ids = parameters.get("InstanceId")
        if action == "InvokeCommand" and isinstance(ids, list) and len(set(ids)) < len(ids):
            raise ApiError("InvalidInstance.NotFound")
        return super().call(action, parameters, account=account)


@wrong("runs-on-stopped", "assistant/running-only", "accepts targets that do not run")
class RunsOnStopped(Rules):
    """Any state will do."""

    def may_run_in(self, status: str) -> bool:
        """Always."""
        return True


@wrong("runs-in-classic", "assistant/vpc-only", "accepts targets in the classic network")
class RunsInClassic(Rules):
    """Any network will do."""

    def may_run_in_network(self, in_vpc: bool) -> bool:
        """Always."""
        return True


def _reads_mode(mode: str, other: str) -> type[Rules]:
    """Rules that take one mode of an invocation for another."""

    def repeat_mode(self: Rules, asked: str | None, timed: bool | None, frequency: str) -> str:
        return Rules.repeat_mode(self, other if asked == mode else asked, timed, frequency)

    return type("ReadsMode", (Rules,), {"repeat_mode": repeat_mode})


for _name, _mode, _other in (
    ("next-reboot-at-once", "NextRebootOnly", "Once"),
    ("next-reboot-for-ever", "NextRebootOnly", "EveryReboot"),
    ("every-reboot-once", "EveryReboot", "NextRebootOnly"),
):
    wrong(_name, "assistant/run-at-start", f"takes {_mode} for {_other}")(_reads_mode(_mode, _other))


@wrong("runs-on-the-fit", "assistant/all-or-nothing", "leaves unfit targets out and runs on the others")
class RunsOnTheFit(Wrapper):
    """An unfit target is skipped."""

    def call(self, action: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        """Try the targets one by one."""
        try:
            return super().call(action, parameters, account=account)
        except ApiError:
            ids = parameters.get("InstanceId")
            if action != "InvokeCommand" or not isinstance(ids, list) or len(ids) < 2:
                raise
            return super().call(action, {**parameters, "InstanceId": ids[:1]}, account=account)


def targets_of(action: str, answer: Answer) -> Iterator[list[Answer]]:
    """The targets of each invocation that an answer shows."""
    for each in answer["Invocations"]["Invocation"] if action == "DescribeInvocations" else ():
        yield each["InvokeInstances"]["InvokeInstance"]


def results(action: str, answer: Answer) -> list[Answer]:
    """The records that an answer shows."""
    shown: list[Answer] = []
    return (
        answer["Invocation"]["InvocationResults"]["InvocationResult"]
        if action == "DescribeInvocationResults"
        else shown
    )


@wrong("one-fails-all", "assistant/instances-independent", "lets one failed target fail all")
class OneFailsAll(Wrapper):
    """Failure spreads."""

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        """Make all Failed where one is."""
        for targets in targets_of(action, answer):
            if any(each["InstanceInvokeStatus"] == "Failed" for each in targets):
                for each in targets:
                    each["InstanceInvokeStatus"] = "Failed"
        return answer


@wrong("once-without-frequency", "assistant/frequency-required", "runs a timed invocation without a frequency once")
class OnceWithoutFrequency(Wrapper):
    """Timed is forgotten."""

    def call(self, action: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        """Run it once."""
        once = (
            {**parameters, "Timed": False}
            if action == "InvokeCommand" and not parameters.get("Frequency")
            else parameters
        )
        return super().call(action, once, account=account)


@wrong("five-fields-as-crontab", "assistant/cron", "reads five fields as minutes to weekday")
class FiveFieldsAsCrontab(Rules):
    """The manual's sample fires at midnight and in the evening."""

    def schedule(self, frequency: str) -> Cron:
        """Put a second in front of five fields."""
        return super().schedule(f"0 {frequency}" if len(frequency.split()) == 5 else frequency)


@wrong("sunday-on-monday", "assistant/cron-week-and-year", "takes Monday for SUN")
class SundayOnMonday(Rules):
    """Weekdays are one off."""

    def schedule(self, frequency: str) -> Cron:
        """Read another weekday."""
        return super().schedule(frequency.replace("SUN", "MON"))


@wrong("every-other-time", "assistant/timed-runs-repeat", "runs at every other time that a frequency names")
class EveryOtherTime(Rules):
    """Half of the runs are missing."""

    def schedule(self, frequency: str) -> Cron:
        """Read another period."""
        return super().schedule(frequency.replace("0 * *", "0 */2 *"))


@wrong("runs-overlap", "assistant/timed-overlap", "runs a timed command twice at a time on an instance")
class RunsOverlap(Wrapper):
    """The run before does not matter."""

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        """Show every run that is under way twice."""
        shown = results(action, answer)
        shown += [each for each in shown if each["InvokeRecordStatus"] == "Running"]
        return answer


@wrong("stop-ends-schedules", "assistant/timed-missed", "ends timed invocations when an instance stops")
class StopEndsSchedules(Wrapper):
    """A schedule does not survive its instance's stop."""

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        """Stop them all."""
        if action == "StopInstance":
            region = {"RegionId": parameters["RegionId"]}
            for each in self.ask("DescribeInvocations", region)["Invocations"]["Invocation"]:
                self.ask("StopInvocation", {**region, "InvokeId": each["InvokeId"]})
        return answer
