"""Wrong regions of the chapter on the states of invocations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from faultzone.model.assistant.invocation_status import DETAILED, ONE_TIME, TIMED, total
from faultzone.mutations.described import written
from faultzone.mutations.library import Answer, Parameters, answer, at, drop, read_as, request
from faultzone.mutations.regions.assistant import reads
from faultzone.mutations.regions.places import RECORDS, TARGETS
from faultzone.mutations.row import Rule, always, row
from faultzone.mutations.wrapper import Wrapper


@written
def adds_up_as(edition: str) -> Rule:
    """The total of the table of another edition."""
    return lambda right, states: total(states, ONE_TIME[edition])


def alone(state: str, states: Iterable[str]) -> set[str]:
    """A state alone where it is among the states, or else all."""
    found = set(states)
    return {state} & found or found


class LateReportCounts(Wrapper):
    """The second look at a stopped record finds it Finished."""

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        seen = self.__dict__.setdefault("seen", set())

        def look(record: Answer) -> Answer:
            key = (record["InvokeId"], record["InstanceId"])
            if record["InvokeRecordStatus"] != "Stopped":
                return record
            again = key in seen
            seen.add(key)
            return {**record, "InvokeRecordStatus": "Finished"} if again else record

        return at(f"{RECORDS}[]", look)(answer) if action == "DescribeInvocationResults" else answer


REGIONS: Final = (
    row("slow-to-give-up", "invocation-status/settles", "waits ten minutes for an agent",
        values={"assistant.delivery": 600}),
    row("timed-out-reads-stopped", "invocation-status/timed-record", "lets a run that timed out read Stopped",
        record_state=reads("timed-out", "Stopped")),
    row("ignores-status-filter", "invocation-status/filter-by-total", "ignores InvokeStatus of DescribeInvocations",
        request("DescribeInvocations", drop("InvokeStatus"))),
    row("failure-first", "invocation-status/one-time", "calls an invocation Failed once one instance is",
        one_time_total=lambda right, states: right.one_time_total(alone("Failed", states))),
    row("target-reads-otherwise", "invocation-status/instance-equals-record", "shows a stopped target as Finished",
        answer("DescribeInvocations", f"{TARGETS}[].InstanceInvokeStatus", read_as({"Stopped": "Finished"}))),
    row("totals-of-2020", "invocation-status/failed-and-stopped", "adds states up as of 2020-12",
        one_time_total=adds_up_as("2020-12")),
    row("totals-of-2019", "invocation-status/failed-and-stopped-2020", "adds states up as of 2019-02",
        one_time_total=adds_up_as("2019-02")),
    row("always-success", "invocation-status/detailed-status", "calls every invocation a Success",
        detailed_total=lambda right, states: total(("Success",), DETAILED)),
    row("one-stop-stops-total", "invocation-status/timed-total", "calls a timed invocation Stopped once one target is",
        timed_total=lambda right, states: total(alone("Stopped", states), TIMED)),
    row("timed-target-never-stops", "invocation-status/timed-instance",
        "shows a stopped target of a timed invocation as Running", timed_instance_state=always("Running")),
    row("late-report-counts", "invocation-status/monotone", "lets a settled record change", wrap=LateReportCounts),
)  # fmt: skip
