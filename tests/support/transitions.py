"""What an instance may be in the midst of, and what may come between: the rows and columns of `transitions.toml`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from faultzone import ApiError, Instance, Region, editions, make_region
from faultzone.clock import DAY, HOUR, stamp
from faultzone.errors import UsageError
from faultzone.model.rules import Rules

#: Local disks bind an instance to its host; nothing binds the usual one.
USUAL, LOCAL = "ecs.g5.large", "ecs.i2.xlarge"


class _StopsAtOnce(Rules):
    """A subscription that is let expire is stopped at once, not at the next midnight."""

    def subscription_stop(self, expires: int) -> int:
        """Long ago."""
        return 0


@dataclass
class Cell:
    """One instance in its region, in the midst of something."""

    region: Region
    instance: Instance
    kind: str = USUAL

    def control(self, verb: str, **arguments: object) -> dict[str, Any]:
        """A control verb."""
        return self.region.control(verb, **arguments)

    def call(self, action: str, **parameters: object) -> None:
        """An action on the instance."""
        self.region.call(action, InstanceId=self.instance.id, **parameters)

    def crash(self, *, reversible: bool) -> None:
        """The host of the instance loses its power, and the region notices."""
        self.region.chaos.crash(str(self.instance.host), reversible=reversible)
        self.region.clock.advance(1)

    def until(self, status: str) -> None:
        """Wait for a state of the instance, and not a moment longer."""
        self.region.wait(lambda: self.instance.status == status, "1h", what=status)


@dataclass(frozen=True)
class UnderWay:
    """A row: how the instance is brought there.

    Args:
        start: brings it there.
        kind: its type.
        made: whether it is Running before that.
    """

    start: Callable[[Cell], object]
    kind: str = USUAL
    made: bool = True


def _recover(cell: Cell) -> None:
    cell.crash(reversible=False)
    cell.until("Starting")


def _starve(cell: Cell) -> None:
    cell.control("set-supply", limit=0)
    cell.crash(reversible=False)
    cell.until("Stopped")


def _arrears(cell: Cell) -> None:
    cell.region.chaos.arrears(debt="1")
    cell.until("Stopping")


def _slowly(cell: Cell) -> None:
    cell.region.chaos.migration_fails(30)
    cell.control("migrate", instance=cell.instance.id)


def _reboot(cell: Cell) -> None:
    cell.instance.reboot(wait=False)


def _boot_again(cell: Cell) -> None:
    _reboot(cell)
    cell.until("Starting")


def _maintain(cell: Cell) -> None:
    cell.control("schedule-maintenance", instance=cell.instance.id, within=0)
    cell.until("Stopping")


def _crash_guest(cell: Cell) -> None:
    cell.region.chaos.guest_crash(cell.instance.id)
    cell.until("Starting")


def _shut_down(cell: Cell) -> None:
    cell.region.run_command("poweroff", on=cell.instance, wait=False)
    cell.region.clock.advance(0.5)


def _start(cell: Cell) -> None:
    cell.instance.stop()
    cell.instance.start(wait=False)


UNDER_WAY: Final = {
    "made": UnderWay(lambda cell: None, made=False),
    "first-boot": UnderWay(lambda cell: cell.until("Starting"), made=False),
    "starting": UnderWay(_start),
    "stopping": UnderWay(lambda cell: cell.instance.stop(wait=False)),
    "stopping-without-charge": UnderWay(lambda cell: cell.instance.stop(wait=False, StoppedMode="StopCharging")),
    "shutting-itself-down": UnderWay(_shut_down),
    "rebooting": UnderWay(_reboot),
    "booting-again": UnderWay(_boot_again),
    "maintained": UnderWay(_maintain),
    "guest-restarting": UnderWay(_crash_guest),
    "migrating": UnderWay(_slowly),
    "host-awaited": UnderWay(lambda cell: cell.crash(reversible=True)),
    "recovery-planned": UnderWay(lambda cell: cell.crash(reversible=False)),
    "recovering": UnderWay(_recover),
    "starved": UnderWay(_starve),
    "own-host-awaited": UnderWay(lambda cell: cell.crash(reversible=True), kind=LOCAL),
    "stranded": UnderWay(lambda cell: cell.crash(reversible=False), kind=LOCAL),
    "stopping-in-arrears": UnderWay(_arrears),
}


@dataclass(frozen=True)
class Cause:
    """A column: what comes between.

    Args:
        strike: does it.
        edition: of the region.
        changes: values of the edition that let it strike at once.
        asked: what RunInstances is asked for besides.
    """

    strike: Callable[[Cell], object]
    edition: str = "2019-02"
    changes: tuple[tuple[str, int], ...] = ()
    asked: tuple[tuple[str, object], ...] = ()


def _host_comes_back(cell: Cell) -> None:
    host = str(cell.instance.host)
    cell.region.chaos.crash(host)
    cell.region.clock.advance(60)
    cell.control("replace-host", host=host)


def _zone_comes_back(cell: Cell) -> None:
    cell.region.chaos.zone_outage(cell.instance.zone)
    cell.region.clock.advance(400)
    for host in cell.region.hosts:
        if host["zone"] == cell.instance.zone:
            cell.control("replace-host", host=host["host"])


def _join_by_force(cell: Cell) -> None:
    """Into a set with a member on its host."""
    group = cell.region.create_deployment_set()
    other = next(each for each in cell.region.instances if each != cell.instance and each.host == cell.instance.host)
    group.add(other)
    group.add(cell.instance, force=True)


def _auto_release(cell: Cell) -> None:
    due = stamp(cell.region.clock.ms)
    cell.call("ModifyInstanceAutoReleaseTime", AutoReleaseTime=due)


def _impair_a_disk(cell: Cell) -> None:
    """And consent to its isolation, where that is asked for."""
    cell.region.chaos.disk_impaired(cell.instance, type="ErrorDetected" if cell.kind == LOCAL else "Stalled")
    for event in cell.region.events.of(cell.instance):
        if event.state == "Inquiring":
            cell.region.call("AcceptInquiredSystemEvent", EventId=event.id)


def _maintain_as(type: str) -> Callable[[Cell], object]:
    return lambda cell: cell.control("schedule-maintenance", instance=cell.instance.id, within=0, type=type)


def _change_charge_type(to: str) -> Callable[[Cell], object]:
    def strike(cell: Cell) -> None:
        bought = {"Period": 1} if to == "PrePaid" else {}
        cell.region.call("ModifyInstanceChargeType", InstanceIds=[cell.instance.id], InstanceChargeType=to, **bought)

    return strike


def _upgrade(cell: Cell) -> None:
    kind = "ecs.i2.2xlarge" if cell.kind == LOCAL else "ecs.g5.xlarge"
    cell.call("ModifyPrepayInstanceSpec", InstanceType=kind, RebootWhenFinished=True)


def _owe_and_pay(cell: Cell) -> None:
    """The instance is to be stopped in arrears, and an hour later everything is paid."""
    cell.region.chaos.arrears(debt="1")
    cell.region.clock.advance(HOUR // 1000)
    cell.control("top-up", amount="1000")


def _redeploy_for_maintenance(cell: Cell) -> None:
    cell.control("schedule-maintenance", instance=cell.instance.id, within=DAY)
    cell.call("RedeployInstance")


def _simulate_for_real(cell: Cell) -> None:
    asked = {"EventType": "SystemMaintenance.Reboot", "NotBefore": stamp(cell.region.clock.ms + HOUR)}
    cell.region.call("CreateSimulatedSystemEvents", InstanceId=[cell.instance.id], TriggerRealOps=True, **asked)


def _change_type(cell: Cell) -> None:
    kind = "ecs.i2.2xlarge" if cell.kind == LOCAL else "ecs.g5.xlarge"
    cell.call("ModifyInstanceSpec", InstanceType=kind)


_TODAY: Final = "2026-10"
_BOUGHT: Final = (("InstanceChargeType", "PrePaid"), ("Period", 1))
_SPOT: Final = (("SpotStrategy", "SpotAsPriceGo"), ("SpotDuration", 0))
_AT_ONCE: Final = (("event.arrears_window", 0),)
CAUSES: Final = {
    "host-lost": Cause(lambda cell: cell.crash(reversible=True)),
    "host-lost-for-good": Cause(lambda cell: cell.crash(reversible=False)),
    "host-lost-and-back": Cause(_host_comes_back),
    "zone-lost-and-back": Cause(_zone_comes_back),
    "host-at-risk": Cause(lambda cell: cell.region.chaos.at_risk(str(cell.instance.host))),
    "guest-crash": Cause(lambda cell: cell.region.chaos.guest_crash(cell.instance.id)),
    "maintenance-due": Cause(lambda cell: cell.control("schedule-maintenance", instance=cell.instance.id, within=0)),
    "no-supply": Cause(lambda cell: cell.control("set-supply", limit=0)),
    "arrears": Cause(lambda cell: cell.region.chaos.arrears(debt="1"), changes=_AT_ONCE),
    "arrears-and-release": Cause(
        lambda cell: cell.region.chaos.arrears(debt="1"), changes=(*_AT_ONCE, ("billing.release_after", 0))
    ),
    "expiry": Cause(
        lambda cell: cell.control("expire", instance=cell.instance.id, within=0),
        asked=_BOUGHT,
    ),
    "auto-release": Cause(_auto_release, changes=(("instance.auto_release_floor", 0),)),
    "user-deletes": Cause(lambda cell: cell.call("DeleteInstance", Force=True)),
    "user-starts": Cause(lambda cell: cell.call("StartInstance")),
    "user-stops": Cause(lambda cell: cell.call("StopInstance")),
    "user-stops-without-charge": Cause(lambda cell: cell.call("StopInstance", StoppedMode="StopCharging")),
    "user-reboots": Cause(lambda cell: cell.call("RebootInstance")),
    "user-moves-by-force": Cause(_join_by_force),
    "user-redeploys": Cause(lambda cell: cell.call("RedeployInstance"), edition="2020-12"),
    "agent-stops": Cause(lambda cell: cell.region.chaos.agent_outage(cell.instance.id, "stopped")),
    "spot-interruption": Cause(
        lambda cell: cell.region.chaos.spot_interruption(cell.instance), edition=_TODAY, asked=_SPOT
    ),
    "spot-interruption-stops": Cause(
        lambda cell: cell.region.chaos.spot_interruption(cell.instance),
        edition=_TODAY,
        asked=(*_SPOT, ("SpotInterruptionBehavior", "Stop")),
    ),
    "becomes-a-subscription": Cause(_change_charge_type("PrePaid"), edition=_TODAY),
    "becomes-pay-as-you-go": Cause(_change_charge_type("PostPaid"), edition=_TODAY, asked=_BOUGHT),
    "upgrade-with-restart": Cause(_upgrade, edition=_TODAY, asked=_BOUGHT),
    "upgrade-of-the-host": Cause(_maintain_as("SystemUpgrade.Migrate"), edition=_TODAY),
    "maintenance-redeploys": Cause(_maintain_as("SystemMaintenance.Redeploy"), edition=_TODAY),
    "maintenance-stops": Cause(_maintain_as("SystemMaintenance.Stop"), edition=_TODAY),
    "disk-impaired": Cause(_impair_a_disk, edition=_TODAY),
    "security-lock": Cause(
        lambda cell: cell.control("lock", instance=cell.instance.id, reason="security"), edition=_TODAY
    ),
    "automatic-renewal": Cause(
        lambda cell: cell.control("expire", instance=cell.instance.id, within=DAY),
        edition=_TODAY,
        changes=(("billing.auto_renew_hour", 9),),
        asked=(*_BOUGHT, ("AutoRenew", True), ("AutoRenewPeriod", 1)),
    ),
    "arrears-and-payment": Cause(_owe_and_pay, edition=_TODAY, changes=_AT_ONCE),
    "user-redeploys-for-maintenance": Cause(_redeploy_for_maintenance, edition=_TODAY),
    "user-interrupts": Cause(lambda cell: cell.call("SendDiagnosticInterrupt"), edition=_TODAY),
    "user-changes-type": Cause(_change_type, edition=_TODAY),
    "simulated-for-real": Cause(_simulate_for_real, edition=_TODAY),
}


#: What cannot come together: a subscription is not stopped in arrears, what is released at once is no more, and spot
#: instances with local disks are not stopped.
IMPOSSIBLE: Final = {
    ("stopping-in-arrears", cause)
    for cause in (
        "expiry",
        "arrears-and-release",
        "becomes-pay-as-you-go",
        "upgrade-with-restart",
        "automatic-renewal",
    )
} | {(under_way, "spot-interruption-stops") for under_way in ("own-host-awaited", "stranded")}


def make(under_way: str, cause: str, *, edition: str = "", recovery: str = "planned") -> Cell:
    """A cell's instance in the midst of its row.

    Args:
        edition: of the region; that of the cause when left out.
        recovery: of the region.
    """
    row, column = UNDER_WAY[under_way], CAUSES[cause]
    changes: dict[str, object] = dict(column.changes)
    if row.start is _arrears:
        changes["event.arrears_window"] = 0
    rules = _StopsAtOnce if cause == "expiry" else Rules
    of = editions.load(edition or column.edition).changed(changes)
    region = make_region(zones=1, hosts_per_zone=3, edition=of, rules=rules, recovery=recovery)
    asked: dict[str, Any] = {**dict(column.asked), "instance_type": row.kind}
    # The fourth shares its host with the first.
    instance, *_ = region.run_instances(4, wait=row.made, **asked)
    cell = Cell(region, instance, row.kind)
    row.start(cell)
    return cell


def outcome(cell: Cell, cause: str) -> str:
    """What becomes of the instance when the cause strikes, hours later, as a cell of the table tells it."""
    told = []
    try:
        CAUSES[cause].strike(cell)
    except ApiError as refusal:
        told.append(f"refused: {refusal.code}")
    except UsageError:
        told.append("cannot be")
    cell.region.clock.advance(8 * HOUR // 1000)
    told.append(cell.instance.status if cell.instance.exists else "Released")
    told += [f"{event.type} {event.state}" for event in cell.region.events.of(cell.instance)]
    return ", ".join(told)
