"""Wrong regions of Cloud Assistant's states of today, and of what is kept and found of invocations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from faultzone.model.assistant.invocation_status import DETAILED, total
from faultzone.mutations.described import written
from faultzone.mutations.library import answer, becomes, drop, put, read_as, request, where
from faultzone.mutations.regions.places import RECORDS, TARGETS
from faultzone.mutations.row import Rule, row

INVOCATIONS: Final = "DescribeInvocations"
RESULTS: Final = "DescribeInvocationResults"
FILES: Final = "DescribeSendFileResults"
_UNSUCCESSFUL: Final = ("Failed", "Timeout", "Error", "Aborted", "Invalid")


@written
def leaving_out(*left: str) -> Rule:
    """The total of the targets that are in none of these states, if there are any."""
    return lambda right, states: total(set(states) - {*left} or {*states}, DETAILED)


@written
def failing_on(*failing: str) -> Rule:
    """Failed where any target is in one of these states."""

    def wrong(right: object, states: Iterable[str]) -> object:
        return total({"Failed"} if {*failing} & {*states} else states, DETAILED)

    return wrong


REGIONS: Final = (
    # One target
    *(
        row(
            f"{word.lower()}-reads-{other.lower()}",
            "invocation-status/target-words",
            f"calls a target {other} that is {word}",
            answer(INVOCATIONS, f"{TARGETS}[].InvocationStatus", read_as({word: other})),
        )
        for word, other in (
            ("Pending", "Running"),
            ("Running", "Pending"),
            ("Success", "Finished"),
            ("Failed", "Error"),
            ("Timeout", "Failed"),
            ("Error", "Failed"),
            ("Aborted", "Error"),
            ("Invalid", "Aborted"),
            ("Cancelled", "Terminated"),
            ("Terminated", "Cancelled"),
        )
    ),
    row(
        "results-tell-no-timeout",
        "invocation-status/target-words",
        "calls the result of a run Failed that timed out",
        answer(RESULTS, f"{RECORDS}[].InvocationStatus", read_as({"Timeout": "Failed"})),
    ),
    row(
        "results-tell-the-older-word",
        "invocation-status/target-words",
        "shows of results the older word as InvocationStatus",
        answer(RESULTS, f"{RECORDS}[].InvocationStatus", read_as({"Success": "Finished", "Cancelled": "Stopped"})),
    ),
    row(
        "no-time-of-the-stop",
        "invocation-status/target-words",
        "does not say when a target was stopped",
        answer(INVOCATIONS, f"{TARGETS}[].StopTime", becomes("")),
    ),
    *(
        row(
            f"says-nothing-of-{code.lower()}",
            "invocation-status/error-codes",
            f"has no ErrorCode for {code}",
            answer(INVOCATIONS, f"{TARGETS}[].ErrorCode", read_as({code: ""})),
        )
        for code in (
            "ExitCodeNonzero",
            "ExecutionTimeout",
            "ExecutionException",
            "DeliveryTimeout",
            "DirectoryNotExists",
        )
    ),
    row(
        "results-say-no-code",
        "invocation-status/error-codes",
        "has no ErrorCode in results",
        answer(RESULTS, f"{RECORDS}[].ErrorCode", becomes("")),
    ),
    row(
        "error-without-information",
        "invocation-status/error-codes",
        "has no ErrorInfo",
        answer(INVOCATIONS, f"{TARGETS}[].ErrorInfo", becomes("")),
    ),
    # All of them
    *(
        row(
            f"total-without-{word.lower()}",
            "invocation-status/total-words",
            f"adds states up without those that are {word}",
            detailed_total=leaving_out(word),
        )
        for word in (*_UNSUCCESSFUL, "Pending", "Running")
    ),
    row(
        "total-without-success",
        "invocation-status/total-words",
        "adds states up without those that are Success",
        detailed_total=leaving_out("Success"),
    ),
    row(
        "one-failure-fails-all",
        "invocation-status/total-words",
        "calls an invocation Failed once one target is",
        detailed_total=failing_on(*_UNSUCCESSFUL),
    ),
    row(
        "a-stop-fails-all",
        "invocation-status/total-words",
        "calls an invocation Failed once one target was stopped",
        detailed_total=failing_on("Cancelled", "Terminated"),
    ),
    row(
        "total-in-older-words",
        "invocation-status/total-words",
        "calls the whole Finished",
        answer(INVOCATIONS, "Invocations.Invocation[].InvocationStatus", read_as({"Success": "Finished"})),
    ),
    # Filters
    row(
        "success-is-finished",
        "invocation-status/filter-by-later-words",
        "finds by Success what is Finished",
        request(INVOCATIONS, where(lambda given: given.get("InvokeStatus") == "Success", put(InvokeStatus="Finished"))),
    ),
    row(
        "pending-is-running",
        "invocation-status/filter-by-later-words",
        "finds by Pending what is Running",
        request(INVOCATIONS, where(lambda given: given.get("InvokeStatus") == "Pending", put(InvokeStatus="Running"))),
    ),
    row(
        "results-of-all-who-finished",
        "invocation-status/filter-by-later-words",
        "finds by Success each result that is Finished",
        request(
            RESULTS,
            where(lambda given: given.get("InvokeRecordStatus") == "Success", put(InvokeRecordStatus="Finished")),
        ),
    ),
    row(
        "finds-results-of-any-state",
        "invocation-status/filter-by-later-words",
        "ignores InvokeRecordStatus",
        request(RESULTS, drop("InvokeRecordStatus")),
    ),
    row(
        "timed-is-what-repeated-once",
        "assistant/timed-filter",
        "finds by Timed=false one-time invocations alone",
        values={"assistant.timed_while_open": False},
    ),
    row("timed-finds-all", "assistant/timed-filter", "ignores Timed", request(INVOCATIONS, drop("Timed"))),
    row(
        "all-filters-count",
        "assistant/filters-beside-instance",
        "heeds all filters beside InstanceId",
        values={"assistant.instance_prevails": False},
    ),
    *(
        row(
            f"ignores-{name.lower()}-of-invocations",
            "assistant/filters-beside-instance",
            f"ignores {name}",
            request(INVOCATIONS, drop(name)),
        )
        for name in ("RepeatMode", "CommandName", "InstanceId")
    ),
    row(
        "instance-is-the-one-filter",
        "assistant/filters-beside-instance",
        "ignores InvokeStatus beside InstanceId",
        request(INVOCATIONS, where(lambda given: given.get("InstanceId"), drop("InvokeStatus"))),
    ),
    # What repeats
    row(
        "schedules-as-of-2020",
        "invocation-status/scheduled-target",
        "tells no run of a schedule that has not begun",
        values={"assistant.detailed_schedules": False},
    ),
    row(
        "schedules-always-run",
        "invocation-status/scheduled-target",
        "calls a target Running between its runs",
        answer(INVOCATIONS, f"{TARGETS}[].InvocationStatus", read_as({"Scheduled": "Running"})),
    ),
    row(
        "schedule-as-a-whole-runs",
        "invocation-status/scheduled-target",
        "calls a schedule Running between its runs",
        answer(INVOCATIONS, "Invocations.Invocation[].InvocationStatus", read_as({"Scheduled": "Running"})),
    ),
    row(
        "stopped-schedule-is-cancelled",
        "invocation-status/scheduled-target",
        "calls a target Cancelled that had run",
        answer(INVOCATIONS, f"{TARGETS}[].InvocationStatus", read_as({"Terminated": "Cancelled"})),
    ),
    row(
        "schedules-never-end",
        "invocation-status/schedule-over",
        "calls a target Scheduled that runs no more",
        values={"assistant.detailed_schedules": False},
    ),
    row(
        "schedules-end-well",
        "invocation-status/schedule-over",
        "calls each target Success that runs no more",
        answer(INVOCATIONS, f"{TARGETS}[].InvocationStatus", read_as({"Failed": "Success"})),
    ),
    row(
        "schedules-end-in-older-words",
        "invocation-status/schedule-over",
        "calls a target Finished that runs no more",
        answer(INVOCATIONS, f"{TARGETS}[].InstanceInvokeStatus", read_as({"Running": "Finished"})),
    ),
    # What is kept
    *(
        row(
            f"keeps-records-for-{days}-days",
            "assistant/retention",
            f"forgets invocations after {days} days",
            values={"assistant.record_days": days},
        )
        for days in (28, 31)
    ),
    row(
        "keeps-records-for-ever",
        "assistant/retention",
        "forgets no invocation by its age",
        values={"assistant.record_days": 0},
    ),
    *(
        row(
            f"files-without-{name.lower()}",
            "assistant/file-labels",
            f"forgets {name} of a file",
            request("SendFile", drop(name)),
        )
        for name in ("Tag", "ResourceGroupId", "ClientToken")
    ),
    *(
        row(
            f"ignores-{name.lower()}-of-files",
            "assistant/file-labels",
            f"ignores {name} of the listing of files",
            request(FILES, drop(name)),
        )
        for name in ("Tag", "ResourceGroupId", "InvokeId", "InstanceId", "Name", "InvocationStatus")
    ),
    *(
        row(
            f"{count}-letters-of-owners",
            "assistant/file-limits",
            f"lets owners of files have {count} characters",
            values={"assistant.file_owner_length": count},
        )
        for count in (63, 65)
    ),
    row(
        "writes-any-file",
        "assistant/file-errors",
        "looks at no owner, name or path of a file",
        values={"assistant.file_errors": False},
    ),
    *(
        row(
            f"files-say-nothing-of-{code.lower()}",
            "assistant/file-errors",
            f"has no ErrorCode for {code}",
            answer(FILES, f"{TARGETS}[].ErrorCode", read_as({code: ""})),
        )
        for code in ("AccountNotExists", "UserGroupNotExists", "FileNameInvalid", "FilePathInvalid", "FileCreateFail")
    ),
    row(
        "files-without-information",
        "assistant/file-errors",
        "has no ErrorInfo of files",
        answer(FILES, f"{TARGETS}[].ErrorInfo", becomes("")),
    ),
    *(
        row(
            f"says-nothing-of-{code.lower()}",
            "assistant/run-denied",
            f"has no ErrorCode for {code}",
            answer(INVOCATIONS, f"{TARGETS}[].ErrorCode", read_as({code: ""})),
        )
        for code in ("SecurityGroupRuleDenied", "TaskConcurrencyLimit")
    ),
    row("files-for-ever", "assistant/files-kept", "tells of files for ever", values={"assistant.sending_days": 0}),
    row("tells-of-one-file", "assistant/files-kept", "tells of the last file alone", values={"assistant.sendings": 1}),
    # Stopping
    *(
        row(
            f"never-stopping-{name}",
            "invocation-status/stopping",
            f"calls what is stopping {word} in {action}",
            answer(action, path, read_as({"Stopping": word})),
        )
        for name, word, action, path in (
            ("targets", "Terminated", INVOCATIONS, f"{TARGETS}[].InvocationStatus"),
            ("records", "Terminated", RESULTS, f"{RECORDS}[].InvocationStatus"),
            ("wholes", "Stopped", INVOCATIONS, "Invocations.Invocation[].InvocationStatus"),
        )
    ),
    row(
        "stopping-for-ever",
        "invocation-status/stopping",
        "lets what is stopped read Stopping for ever",
        answer(RESULTS, f"{RECORDS}[].InvocationStatus", read_as({"Terminated": "Stopping"})),
    ),
    row(
        "loses-what-was-written",
        "invocation-status/stopping",
        "forgets the output of what is stopped",
        answer(RESULTS, f"{RECORDS}[]", where(lambda item: item["InvocationStatus"] == "Terminated", put(Output=""))),
    ),
)
