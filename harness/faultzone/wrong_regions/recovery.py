"""Wrong regions of the chapter on auto recovery, and of what becomes of deployment sets then."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from faultzone.backends import Backend
from faultzone.clock import MINUTE
from faultzone.model.core.placement import Host
from faultzone.model.core.state import DeploymentSet, Instance
from faultzone.model.rules import Rules
from faultzone.wrong_regions import Answer, Parameters, Wrapper, declare, wrong
from faultzone.wrong_regions.events import HISTORY, PENDING, Controls, Event, Events, is_of, named, shifted, told
from faultzone.wrong_regions.wrappers import ignores

T = TypeVar("T")


class Recovered(Wrapper):
    """Overridden, it shows instances that came through a failure of their host otherwise."""

    def spoil(self, shown: dict[str, Any]) -> None:
        """Change what is shown of such an instance."""

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        """The answer, with them changed."""
        if action == "DescribeInstances":
            for shown in answer["Instances"]["Instance"]:
                asked = {"InstanceId": shown["InstanceId"], "InstanceEventType": ["SystemFailure.Reboot"]}
                if self.ask(HISTORY, asked)["TotalCount"]:
                    self.spoil(shown)
        return answer


@wrong("waits-for-the-dead", "recovery/relocates", "waits for hosts that do not come back")
class WaitsForTheDead(Rules):
    """Nothing is recovered on another host."""

    def relocates(self, instance: Instance) -> bool:
        """Never."""
        return False


@wrong("local-disks-travel", "recovery/local-disk", "recovers instances with local disks on other hosts")
class LocalDisksTravel(Rules):
    """Everything is recovered on another host."""

    def relocates(self, instance: Instance) -> bool:
        """Always."""
        return True


@wrong("another-zone", "recovery/same-zone", "recovers instances in another zone")
class AnotherZone(Recovered):
    """The zone changes."""

    def spoil(self, shown: dict[str, Any]) -> None:
        """Show another."""
        shown["ZoneId"] = "cn-hangzhou-b" if shown["ZoneId"] == "cn-hangzhou-a" else "cn-hangzhou-a"


@wrong("another-address", "recovery/metadata-unchanged", "gives recovered instances another private address")
class AnotherAddress(Recovered):
    """The address changes."""

    def spoil(self, shown: dict[str, Any]) -> None:
        """Show another."""
        shown["VpcAttributes"]["PrivateIpAddress"]["IpAddress"] = ["10.255.255.1"]


declare(
    "recovery-is-redeployment",
    "recovery/event-code",
    "tells of a recovery as a redeployment",
    {"recovery.failure_type": "SystemFailure.Redeploy"},
)
wrong("plan-hidden", "recovery/queryable", "does not show planned recoveries")(
    told(lambda event: None if is_of(event, "SystemFailure") else event, PENDING)
)
wrong("maintenance-hidden", "recovery/intervention-table", "does not show planned maintenance")(
    told(lambda event: None if is_of(event, "SystemMaintenance") else event, PENDING)
)


@wrong("reboot-of-the-lost", "recovery/no-user-reboot", "lets instances be rebooted whose host is lost")
class RebootOfTheLost(Rules):
    """Nothing is refused."""

    def refuses_while_recovering(self, action: str) -> bool:
        """Never."""
        return False


wrong("recovery-is-avoided", "recovery/not-avoidable", "tells that a recovery was avoided")(
    told(
        lambda event: (
            named(event, "EventCycleStatus", {"Executed": "Avoided"}) if is_of(event, "SystemFailure") else event
        ),
        HISTORY,
    )
)


@wrong("one-falls-all-fall", "recovery/others-serve", "restarts every instance when a host is lost")
class OneFallsAllFall(Controls):
    """All operating systems crash with one host."""

    def control(self, verb: str, arguments: Mapping[str, object]) -> Answer:
        """Crash them."""
        if verb == "crash-host":
            for each in self.each_instance():
                super().control("guest-crash", {"instance": each})
        return super().control(verb, arguments)


@wrong("starts-as-pending", "recovery/status", "shows recovered instances as Pending while they start")
class StartsAsPending(Wrapper):
    """Starting is Pending."""

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        """Show it so."""
        if action == "DescribeInstances":
            for shown in answer["Instances"]["Instance"]:
                shown["Status"] = {"Starting": "Pending"}.get(shown["Status"], shown["Status"])
        return answer


@wrong("always-well", "recovery/health", "shows instances as well whose host is lost")
class AlwaysWell(Wrapper):
    """Impaired is Ok."""

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        """Show it so."""
        if action == PENDING:
            for shown in answer["InstanceFullStatusSet"]["InstanceFullStatusType"]:
                health = shown["HealthStatus"]
                health["Name"] = {"Impaired": "Ok"}.get(health["Name"], health["Name"])
        return answer


declare(
    "hopes-for-weeks",
    "recovery/local-disk-lost",
    "tells no end of the recovery of local disks whose host is lost",
    {"recovery.execution_window": 10**7},
)


@wrong("lost-but-running", "recovery/local-disk-lost", "shows instances as Running whose recovery has failed")
class LostButRunning(Recovered):
    """They look as if they ran."""

    def spoil(self, shown: dict[str, Any]) -> None:
        """Show it so."""
        shown["Status"] = "Running"


declare(
    "looks-ever-more-rarely",
    "recovery/no-supply",
    "waits each time twice as long for supply, without a limit",
    {"recovery.retry_ceiling": 10**8},
)
declare("never-looks-again", "recovery/no-supply", "does not notice that supply returns", {"recovery.retry": 10**7})


@wrong("second-never-ends", "recovery/second-failure", "leaves the event of a second failure Executing")
class SecondNeverEnds(Events):
    """Once two hosts were lost, no event ends."""

    def __init__(self, inner: Backend) -> None:
        super().__init__(inner)
        self.lost = 0

    def control(self, verb: str, arguments: Mapping[str, object]) -> Answer:
        """Count the losses."""
        self.lost += verb == "crash-host"
        return super().control(verb, arguments)

    def tell(self, event: Event) -> Event:
        """Tell it so."""
        return named(event, "EventCycleStatus", {"Executed": "Executing"}) if self.lost > 1 else event


wrong("ten-minutes-more", "recovery/restart-time", "takes ten minutes more to restart an instance")(
    told(lambda event: shifted(event, "EventFinishTime", 10 * MINUTE), HISTORY)
)
wrong("always-recovers", "recovery/action-on-maintenance", "does not look at ActionOnMaintenance")(
    ignores("ModifyInstanceMaintenanceAttributes", "ActionOnMaintenance")
)


@wrong("recovers-side-by-side", "deployment-set/failover-keeps-spread", "recovers members on the hosts of others")
class RecoversSideBySide(Rules):
    """A recovering member avoids no host, and the fullest come first."""

    def hosts_to_avoid(self, others: Iterable[Host], member: Instance | None = None) -> Collection[int]:
        """None for a member that is recovered."""
        return () if member is not None and member.impaired else super().hosts_to_avoid(others, member)

    def preference(self, levels: Sequence[T]) -> Iterable[T]:
        """The fullest first."""
        return reversed(levels)


@wrong("never-leaves-the-set", "deployment-set/failover-cancels-membership", "keeps members stopped by default")
class NeverLeavesTheSet(Rules):
    """No member leaves."""

    def may_leave_set(self, group: DeploymentSet) -> bool:
        """Never."""
        return False


@wrong("leaves-the-set-unasked", "deployment-set/failover-keeps-stopped", "ends memberships that are to be kept")
class LeavesTheSetUnasked(Rules):
    """Every member leaves."""

    def may_leave_set(self, group: DeploymentSet) -> bool:
        """Always."""
        return True
