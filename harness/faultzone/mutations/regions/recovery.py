"""Wrong regions of the chapter on auto recovery, and of what becomes of deployment sets then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from faultzone.clock import MINUTE
from faultzone.mutations.described import written
from faultzone.mutations.library import (
    Answer,
    Apply,
    Mutate,
    Next,
    Parameters,
    answer,
    at,
    before,
    drop,
    put,
    read_as,
    request,
    shifted,
    where,
    without,
)
from faultzone.mutations.regions.deployment_set_members import no_host_for
from faultzone.mutations.regions.events import STATE, crash, each_instance, of_type
from faultzone.mutations.regions.places import EVENTS, HISTORY, INSTANCES, PENDING, PLANNED, STATUSES
from faultzone.mutations.row import always, row
from faultzone.mutations.wrapper import Wrapper


@written
def recovered(*changes: Apply) -> Mutate:
    """Changes what DescribeInstances shows of instances that came through a failure of their host."""

    def mutate(name: str, given: Parameters, on: Next) -> Answer:
        def has_failed(shown: Answer) -> bool:
            asked = {"InstanceId": shown["InstanceId"], "InstanceEventType": ["SystemFailure.Reboot"]}
            return bool(on.ask(HISTORY, asked)["TotalCount"])

        change = answer("DescribeInstances", f"{INSTANCES}[]", where(has_failed, *changes))
        return change(name, given, on)

    return mutate


def crash_all(on: Next, given: Parameters) -> None:
    """Crash every operating system."""
    for each in each_instance(on):
        crash(on, each)


class SecondNeverEnds(Wrapper):
    """Once two hosts were lost, no event ends."""

    lost = 0

    def control(self, verb: str, arguments: Mapping[str, object]) -> Answer:
        fault = arguments.get("fault")
        self.lost += verb == "inject" and isinstance(fault, Mapping) and fault.get("fault") == "HostCrash"
        return super().control(verb, arguments)

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        never = at(f"{EVENTS}[].{STATE}", read_as({"Executed": "Executing"}))
        return never(answer) if self.lost > 1 else answer


REGIONS: Final = (
    row("waits-for-the-dead", "recovery/relocates", "waits for hosts that do not come back", relocates=always(False)),
    row("local-disks-travel", "recovery/local-disk", "recovers instances with local disks on other hosts",
        relocates=always(True)),
    row("another-zone", "recovery/same-zone", "recovers instances in another zone",
        recovered(at("ZoneId", lambda zone: "cn-hangzhou-b" if zone == "cn-hangzhou-a" else "cn-hangzhou-a"))),
    row("another-address", "recovery/metadata-unchanged", "gives recovered instances another private address",
        recovered(at("VpcAttributes.PrivateIpAddress", put(IpAddress=["10.255.255.1"])))),
    row("recovery-is-redeployment", "recovery/event-code", "tells of a recovery as a redeployment",
        values={"recovery.failure_type": "SystemFailure.Redeploy"}),
    row("plan-hidden", "recovery/queryable", "does not show planned recoveries",
        answer(PENDING, PLANNED, without(of_type("SystemFailure")))),
    row("maintenance-hidden", "recovery/intervention-table", "does not show planned maintenance",
        answer(PENDING, PLANNED, without(of_type("SystemMaintenance")))),
    row("reboot-of-the-lost", "recovery/no-user-reboot", "lets instances be rebooted whose host is lost",
        refuses_while_recovering=always(False)),
    row("recovery-is-avoided", "recovery/not-avoidable", "tells that a recovery was avoided",
        answer(HISTORY, f"{EVENTS}[]", where(of_type("SystemFailure"), at(STATE, read_as({"Executed": "Avoided"}))))),
    row("one-falls-all-fall", "recovery/others-serve", "restarts every instance when a host is lost",
        before("HostCrash", crash_all)),
    row("starts-as-pending", "recovery/status", "shows recovered instances as Pending while they start",
        answer("DescribeInstances", f"{INSTANCES}[].Status", read_as({"Starting": "Pending"}))),
    row("always-well", "recovery/health", "shows instances as well whose host is lost",
        answer(PENDING, f"{STATUSES}[].HealthStatus.Name", read_as({"Impaired": "Ok"}))),
    row("hopes-for-weeks", "recovery/local-disk-lost",
        "tells no end of the recovery of local disks whose host is lost", values={"recovery.execution_window": 10**7}),
    row("lost-but-running", "recovery/local-disk-lost", "shows instances as Running whose recovery has failed",
        recovered(put(Status="Running"))),
    row("looks-ever-more-rarely", "recovery/no-supply",
        "waits each time twice as long for supply, without a limit", values={"recovery.retry_ceiling": 10**8}),
    row("never-looks-again", "recovery/no-supply", "does not notice that supply returns",
        values={"recovery.retry": 10**7}),
    row("second-never-ends", "recovery/second-failure", "leaves the event of a second failure Executing",
        wrap=SecondNeverEnds),
    row("ten-minutes-more", "recovery/restart-time", "takes ten minutes more to restart an instance",
        answer(HISTORY, f"{EVENTS}[].EventFinishTime", shifted(10 * MINUTE))),
    row("waits-five-minutes", "recovery/restart-time", "waits five minutes for a host that is down",
        values={"recovery.host_patience": 300}),
    row("always-recovers", "recovery/action-on-maintenance", "does not look at ActionOnMaintenance",
        request("ModifyInstanceMaintenanceAttributes", drop("ActionOnMaintenance"))),
    row("recovers-side-by-side", "deployment-set/failover-keeps-spread", "recovers members on the hosts of others",
        hosts_to_avoid=no_host_for(lambda member: member.impaired), preference=lambda right, levels: reversed(levels)),
    row("never-leaves-the-set", "deployment-set/failover-cancels-membership", "keeps members stopped by default",
        may_leave_set=always(False)),
    row("leaves-the-set-unasked", "deployment-set/failover-keeps-stopped", "ends memberships that are to be kept",
        may_leave_set=always(True)),
)  # fmt: skip
