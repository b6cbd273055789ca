"""Wrong regions of the chapter on the states of invocations."""

from __future__ import annotations

from collections.abc import Iterable

from faultzone.model.assistant.invocation_status import DETAILED, ONE_TIME, TIMED, Decision, total
from faultzone.model.rules import Rules
from faultzone.wrong_regions import Answer, Parameters, Wrapper, declare, wrong
from faultzone.wrong_regions.assistant import drops, records, results, targets_of

declare("slow-to-give-up", "invocation-status/settles", "waits ten minutes for an agent", {"assistant.delivery": 600})

wrong("timed-out-reads-stopped", "invocation-status/timed-record", "lets a run that timed out read Stopped")(
    records("timed-out", "Stopped")
)
wrong("ignores-status-filter", "invocation-status/filter-by-total", "ignores InvokeStatus of DescribeInvocations")(
    drops("DescribeInvocations", "InvokeStatus")
)


@wrong("failure-first", "invocation-status/one-time", "calls an invocation Failed once one instance is")
class FailureFirst(Rules):
    """Failure decides before all else."""

    def one_time_total(self, states: Iterable[str]) -> Decision:
        """Failed if any is."""
        found = set(states)
        return super().one_time_total({"Failed"} if "Failed" in found else found)


@wrong("target-reads-otherwise", "invocation-status/instance-equals-record", "shows a stopped target as Finished")
class TargetReadsOtherwise(Wrapper):
    """Target and record differ."""

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        """Show another state."""
        for targets in targets_of(action, answer):
            for each in targets:
                if each["InstanceInvokeStatus"] == "Stopped":
                    each["InstanceInvokeStatus"] = "Finished"
        return answer


@wrong("totals-of-2020", "invocation-status/failed-and-stopped", "adds states up as of 2020-12")
class TotalsOf2020(Rules):
    """The later table."""

    def one_time_total(self, states: Iterable[str]) -> Decision:
        """By the later table."""
        return total(states, ONE_TIME["2020-12"])


@wrong("totals-of-2019", "invocation-status/failed-and-stopped-2020", "adds states up as of 2019-02")
class TotalsOf2019(Rules):
    """The earlier table."""

    def one_time_total(self, states: Iterable[str]) -> Decision:
        """By the earlier table."""
        return total(states, ONE_TIME["2019-02"])


@wrong("always-success", "invocation-status/detailed-status", "calls every invocation a Success")
class AlwaysSuccess(Rules):
    """Nothing fails."""

    def detailed_total(self, states: Iterable[str]) -> Decision:
        """Success."""
        return total(("Success",), DETAILED)


@wrong("one-stop-stops-total", "invocation-status/timed-total", "calls a timed invocation Stopped once one target is")
class OneStopStopsTotal(Rules):
    """One is enough."""

    def timed_total(self, states: Iterable[str]) -> Decision:
        """Stopped if any is."""
        found = set(states)
        return total({"Stopped"} if "Stopped" in found else found, TIMED)


@wrong(
    "timed-target-never-stops",
    "invocation-status/timed-instance",
    "shows a stopped target of a timed invocation as Running",
)
class TimedTargetNeverStops(Rules):
    """A stop does not show."""

    def timed_instance_state(self, stopped: bool) -> str:
        """Running."""
        return "Running"


@wrong("late-report-counts", "invocation-status/monotone", "lets a settled record change")
class LateReportCounts(Wrapper):
    """The second look at a stopped record finds it Finished."""

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        """Change what was seen before."""
        seen = self.__dict__.setdefault("seen", set())
        for each in results(action, answer):
            key = (each["InvokeId"], each["InstanceId"])
            if each["InvokeRecordStatus"] == "Stopped":
                each["InvokeRecordStatus"] = "Finished" if key in seen else "Stopped"
                seen.add(key)
        return answer
