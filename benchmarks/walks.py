"""Random walks over regions: users, hosts, supply, time and money do what they like; afterwards nothing is stuck.

Each walk is a region of few hosts and so many steps, drawn from a seed. A step that is refused is a step. Then all that
disturbs is undone, time passes, and every instance must be Running or Stopped and every event at its end. A walk that
leaves something stuck is named by its edition, its recovery and its seed, which repeat it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import product
from random import Random
from time import process_time
from typing import Any, Final, cast

from benchmarks.measure import Row, Sizes
from benchmarks.recount import wrong_counts
from faultzone import (
    AccountArrears,
    ApiError,
    DiskImpaired,
    GuestCrash,
    HostAtRisk,
    HostCrash,
    HostHang,
    Instance,
    LaunchFailure,
    MigrationFails,
    NetworkCut,
    Region,
    SpotInterruption,
    SpotPriceRise,
    UsageError,
    ZoneOutage,
    editions,
    make_region,
)
from faultzone.api.answer import CURRENT
from faultzone.backends.local import LocalBackend
from faultzone.checkers import demand
from faultzone.clock import HOUR, MINUTE, stamp
from faultzone.faults import Fault
from faultzone.faults.house import read
from faultzone.model.core.events import OF_HOSTS
from faultzone.model.core.shape import IMMEDIATE, PLANNED

#: How many steps a walk has.
STEPS: Final = 60
_HOSTS: Final = 3
_LOCAL, _RETIRED, _USUAL = "ecs.i2.xlarge", "ecs.t1.small", "ecs.g5.large"
#: What instances may be changed to.
_KINDS: Final = ("ecs.g5.large", "ecs.g5.xlarge", "ecs.c5.large", "ecs.r5.large")
#: The states in which an instance may stay.
_SETTLED: Final = {"Running", "Stopped"}
#: How long time moves, in milliseconds: within a boot, within the wait for a host, to a window's end.
_MOVES: Final = (0, 300, 1_000, 1_000, 2_500, 20_000, 400_000, 2_000_000, 8_000_000, 90_000_000, 700_000_000)
#: The editions, each with both ways of recovery.
_WAYS: Final = [*product(editions.names(), (PLANNED, IMMEDIATE))]


class Walk:
    """One walk over a region of its own.

    Args:
        edition: of the region.
        recovery: `planned` or `immediate`.
        seed: decides every step.
    """

    def __init__(self, edition: str, recovery: str, seed: int) -> None:
        self.name = f"edition {edition}, recovery {recovery}, seed {seed}"
        self.chance = Random(f"{edition} {recovery} {seed}")
        self.region: Region = make_region(
            zones=2, hosts_per_zone=_HOSTS, host_vcpus=10, host_memory_gib=96, edition=edition, recovery=recovery
        )
        self.region.set_prices(hourly="3", monthly="40")
        #: Types of retired families have no system events; today nobody launches one any more.
        self.kinds = (_USUAL, _USUAL, _LOCAL, _LOCAL if editions.load(edition).has(CURRENT) else _RETIRED)
        self.group = self.region.create_deployment_set().id
        self.hosts = [str(each["host"]) for each in self.region.hosts]
        self.ids: list[str] = []
        self.spots: list[str] = []
        self.bought: list[str] = []
        self.cards: list[str] = []
        self.attached: dict[str, str] = {}
        self.disks: list[str] = []
        steps = [*(2 * (self.run, self.stop, self.start, self.reboot)), self.subscribe, self.delete, self.join]
        steps += [self.reactivate, self.renew, self.release_later, self.command]
        if "Inquiring" in editions.load(edition).event.states:
            steps += [self.consent, self.choose_action, self.redeploy, self.redeploy]
        steps += [self.spot, self.convert, self.change_spec]
        if editions.load(edition).has(CURRENT):
            steps += [self.plan_window, self.answer, self.upgrade]
            steps += [self.make_card, self.give_card, self.take_card, self.give_addresses]
            steps += [self.make_disk, self.give_disk, self.take_disk]
        disturbances = [
            *(self.crash, self.repair, self.zone, self.wire, self.guest_crash, self.at_risk, self.migrate),
            *(self.migrations, self.maintain, self.supply, self.bill, self.pay),
            *(self.take_back, self.price, self.disk, self.launches),
        ]
        # Not every disturbance in every walk: where all hosts are dead most of the time, little else happens.
        steps += self.chance.sample(disturbances, self.chance.randint(1, 6)) * 2
        steps += [self.advance] * self.chance.choice((6, 12))
        self.steps: tuple[Callable[[], object], ...] = tuple(steps)
        self.run()

    def one(self) -> str:
        """Some instance that there is or was."""
        return self.chance.choice(self.ids)

    def host(self) -> str:
        """Some host."""
        return self.chance.choice(self.hosts)

    def flip(self) -> bool:
        """True as often as not."""
        return self.chance.random() < 0.5

    def call(self, action: str, **parameters: object) -> dict[str, object]:
        """An action of the API."""
        return self.region.call(action, **parameters)

    def control(self, verb: str, **arguments: object) -> dict[str, object]:
        """A control verb."""
        return self.region.backend.control(verb, arguments)

    def inject(self, fault: Fault) -> None:
        """A fault that nobody owes the undo of."""
        self.control("inject", fault=fault.told())

    def undo(self, kind: type[Fault], *, every: bool = False) -> None:
        """End the oldest fault of a kind, or every one."""
        active = cast("list[dict[str, Any]]", self.control("faults")["faults"])
        for record in [each for each in active if each["state"] == "active"]:
            fault = read(record["fault"])
            if isinstance(fault, kind) and fault.why_no_undo is None:
                self.control("undo", number=record["number"])
                if not every:
                    return

    # What users do

    def run(self) -> None:
        """Run instances, some with local disks, some in a set, some of a family without events."""
        kind = self.chance.choice(self.kinds)
        group = self.group if kind == _USUAL and self.flip() else None
        self._add(
            self.region.run_instances(self.chance.choice((1, 3)), instance_type=kind, deployment_set=group, wait=False)
        )

    def subscribe(self) -> None:
        """Buy a week."""
        kind = self.chance.choice((_USUAL, _LOCAL))
        bought: dict[str, Any] = {
            "InstanceChargeType": "PrePaid",
            "PeriodUnit": "Week",
            "Period": 1,
            "AutoRenew": self.flip(),
        }
        made = self.region.run_instances(1, instance_type=kind, wait=False, **bought)
        self._add(made)
        self.bought += [each.id for each in made]

    def _add(self, made: Sequence[Instance]) -> None:
        self.ids += [each.id for each in made]
        del self.ids[:-6]

    def stop(self) -> None:
        """Stop one, with or without charge."""
        mode = self.chance.choice(("KeepCharging", "StopCharging"))
        self.call("StopInstance", InstanceId=self.one(), StoppedMode=mode, ForceStop=self.flip(), ConfirmStop=True)

    def start(self) -> None:
        """Start one."""
        self.call("StartInstance", InstanceId=self.one())

    def reboot(self) -> None:
        """Reboot one."""
        self.call("RebootInstance", InstanceId=self.one(), ForceStop=self.flip())

    def delete(self) -> None:
        """Delete one."""
        self.call("DeleteInstance", InstanceId=self.one(), Force=self.flip())

    def join(self) -> None:
        """Move one into the set."""
        self.call("ModifyInstanceDeployment", InstanceId=self.one(), DeploymentSetId=self.group, Force=self.flip())

    def release_later(self) -> None:
        """Have one released in half an hour or so."""
        at = stamp(self.region.clock.ms + 40 * MINUTE)
        self.call("ModifyInstanceAutoReleaseTime", InstanceId=self.one(), AutoReleaseTime=at)

    def command(self) -> None:
        """Run a command on one; some bring their own system down."""
        said = self.chance.choice(("sleep 30", "poweroff", "reboot"))
        self.region.run_command(said, on=self.region.instance(self.one()), wait=False)

    def redeploy(self) -> None:
        """Redeploy one."""
        self.call("RedeployInstance", InstanceId=self.one())

    def choose_action(self) -> None:
        """Say what a failure is to do with one."""
        action = self.chance.choice(("Stop", "AutoRecover", "AutoRedeploy"))
        self.call("ModifyInstanceMaintenanceAttributes", InstanceId=[self.one()], ActionOnMaintenance=action)

    def consent(self) -> None:
        """Plan maintenance that waits for consent, and sometimes give it."""
        made = self.control("schedule-maintenance", instance=self.one(), outcome="inquires")
        if self.flip():
            self.advance()
            planned = made["events"]
            assert isinstance(planned, list)
            self.call("AcceptInquiredSystemEvent", EventId=str(planned[0]["event"]))

    def make_card(self) -> None:
        """Make a network interface beside instances, or delete one."""
        if self.cards and self.flip():
            self.call("DeleteNetworkInterface", NetworkInterfaceId=self.cards.pop())
        place = self.chance.choice([*self.region.describe("DescribeVSwitches", "VSwitches", "VSwitch")])
        groups = [*self.region.describe("DescribeSecurityGroups", "SecurityGroups", "SecurityGroup")]
        where = {"VSwitchId": place["VSwitchId"], "SecurityGroupId": groups[0]["SecurityGroupId"]}
        self.cards.append(str(self.call("CreateNetworkInterface", **where)["NetworkInterfaceId"]))

    def give_card(self) -> None:
        """Attach a network interface to one."""
        card, instance = self.chance.choice(self.cards or [""]), self.one()
        self.call("AttachNetworkInterface", NetworkInterfaceId=card, InstanceId=instance)
        self.attached[card] = instance
        if self.flip():
            attributes = {"NetworkInterfaceId": card, "DeleteOnRelease": self.flip()}
            self.call("ModifyNetworkInterfaceAttribute", **attributes)

    def take_card(self) -> None:
        """Detach a network interface from one."""
        card, instance = self.chance.choice([*self.attached.items()] or [("", "")])
        self.call("DetachNetworkInterface", NetworkInterfaceId=card, InstanceId=instance)

    def give_addresses(self) -> None:
        """Give a network interface another address, or take one back."""
        card = self.chance.choice(self.cards or [""])
        if self.flip():
            self.call("AssignPrivateIpAddresses", NetworkInterfaceId=card, SecondaryPrivateIpAddressCount=1)
            return
        listed = self.region.describe(
            "DescribeNetworkInterfaces", "NetworkInterfaceSets", "NetworkInterfaceSet", NetworkInterfaceId=[card]
        )
        addresses = [
            each["PrivateIpAddress"]
            for shown in listed
            for each in shown["PrivateIpSets"]["PrivateIpSet"]
            if not each["Primary"]
        ]
        self.call("UnassignPrivateIpAddresses", NetworkInterfaceId=card, PrivateIpAddress=addresses[:1])

    def make_disk(self) -> None:
        """Make a disk beside instances, or release one."""
        if self.disks and self.flip():
            self.call("DeleteDisk", DiskId=self.disks.pop())
        made = self.call("CreateDisk", ZoneId=self.chance.choice(self.region.zones), Size=40)
        self.disks.append(str(made["DiskId"]))

    def give_disk(self) -> None:
        """Attach a disk to one, sometimes for as long as that is there."""
        disk = self.chance.choice(self.disks or [""])
        self.call("AttachDisk", DiskId=disk, InstanceId=self.one(), DeleteWithInstance=self.flip())

    def take_disk(self) -> None:
        """Detach a data disk from its instance."""
        listed = [*self.region.describe("DescribeDisks", "Disks", "Disk", DiskType="data")]
        disk = self.chance.choice(listed or [{"DiskId": "", "InstanceId": ""}])
        self.call("DetachDisk", DiskId=disk["DiskId"], InstanceId=disk["InstanceId"])
        self.disks.append(str(disk["DiskId"]))

    def spot(self) -> None:
        """Run spot instances, some with a limit, some that are stopped in the end."""
        asked: dict[str, Any] = {"SpotStrategy": "SpotAsPriceGo", "SpotDuration": self.chance.choice((0, 1))}
        if self.flip():
            asked |= {"SpotStrategy": "SpotWithPriceLimit", "SpotPriceLimit": 1}
        if self.flip():
            asked["SpotInterruptionBehavior"] = "Stop"
        made = self.region.run_instances(1, wait=False, **asked)
        self._add(made)
        self.spots += [each.id for each in made]

    def convert(self) -> None:
        """Change how one is paid for."""
        to = {"InstanceChargeType": "PrePaid", "Period": 1, "PeriodUnit": "Week"}
        asked: dict[str, object] = dict(to) if self.flip() else {"InstanceChargeType": "PostPaid"}
        self.call("ModifyInstanceChargeType", InstanceIds=[self.one()], **asked)

    def change_spec(self) -> None:
        """Give one of pay-as-you-go another type."""
        self.call("ModifyInstanceSpec", InstanceId=self.one(), InstanceType=self.chance.choice(_KINDS))

    def upgrade(self) -> None:
        """Give a subscription another type, sometimes with a restart, at once or later, or with an order that waits."""
        at = stamp(self.region.clock.ms + 5 * MINUTE)
        ways: list[dict[str, object]] = [{}, {"RebootWhenFinished": True}, {"RebootTime": at}, {"AutoPay": False}]
        more = self.chance.choice(ways)
        asked = {"InstanceId": self.chance.choice(self.bought or self.ids), "InstanceType": self.chance.choice(_KINDS)}
        order = self.call("ModifyPrepayInstanceSpec", **asked, **more)["OrderId"]
        if "AutoPay" in more:
            self.advance()
            self.control("pay-order", order=order)

    def plan_window(self) -> None:
        """Have a window for the maintenance of what has a tag, and give one the tag."""
        self.call("TagResources", ResourceType="instance", ResourceId=[self.one()], Tag=[{"Key": "a", "Value": "b"}])
        self.call(
            "CreatePlanMaintenanceWindow",
            PlanWindowName="nights",
            Enable=self.flip(),
            SupportMaintenanceAction="Reboot",
            TargetResource={"Scope": "Tag", "Tags": [{"Key": "a", "Value": "b"}]},
            TimePeriod={"PeriodUnit": "Daily", "RangeList": [{"StartTime": "22:00", "EndTime": "04:00"}]},
        )

    def answer(self) -> None:
        """Consent to an event that awaits it, or let one come sooner."""
        events = [each for each in self.region.events.of() if each.state in ("Inquiring", "Scheduled")]
        if not events:
            return
        event = self.chance.choice(events)
        if event.state == "Inquiring":
            self.call("AcceptInquiredSystemEvent", EventId=event.id)
        else:
            soon = stamp(self.region.clock.ms + MINUTE)
            self.call("ModifySystemEventAttribute", InstanceId=event.instance, EventId=event.id, NotBefore=soon)

    # What happens to them

    def crash(self) -> None:
        """A host loses its power."""
        self.inject(HostCrash(self.host(), self.flip()))

    def repair(self) -> None:
        """A host is mended."""
        self.control("replace-host", host=self.host())

    def zone(self) -> None:
        """A zone loses its power, or gets it back."""
        if self.flip():
            self.undo(ZoneOutage)
        else:
            self.inject(ZoneOutage(self.chance.choice(self.region.zones)))

    def wire(self) -> None:
        """A host is cut off or hangs."""
        if self.flip():
            self.undo(NetworkCut) if self.flip() else self.inject(NetworkCut(self.host()))
        else:
            self.inject(HostHang(self.host()))

    def guest_crash(self) -> None:
        """An operating system crashes."""
        self.inject(GuestCrash(self.one()))

    def at_risk(self) -> None:
        """A host is found at risk, or sound."""
        if self.flip():
            self.inject(HostAtRisk(self.host()))
        else:
            self.undo(HostAtRisk)

    def migrate(self) -> None:
        """One is live-migrated."""
        self.control("migrate", instance=self.one())

    def migrations(self) -> None:
        """Live migrations take a while from now on, or fail."""
        self.inject(MigrationFails(self.chance.choice((None, 0.0, 5.0))))

    def maintain(self) -> None:
        """Maintenance is planned, soon or with the usual notice."""
        within = {"within": self.chance.choice((0, 1_500, 600_000))} if self.flip() else {}
        outcome = self.chance.choice(("executes", "executes", "fails"))
        type = self.chance.choice([each for each in self.region.edition.event.types if each.startswith(OF_HOSTS)])
        self.control("schedule-maintenance", instance=self.one(), outcome=outcome, type=type, **within)

    def take_back(self) -> None:
        """A spot instance is taken back."""
        self.inject(SpotInterruption(self.chance.choice(self.spots or self.ids)))

    def price(self) -> None:
        """Spot instances are dear, or cheap again."""
        self.undo(SpotPriceRise) if self.flip() else self.inject(SpotPriceRise(_USUAL, "2"))

    def disk(self) -> None:
        """A disk ails, or is well."""
        type = self.chance.choice(("Stalled", "Degraded", "ErrorDetected"))
        self.undo(DiskImpaired) if self.flip() else self.inject(DiskImpaired(self.one(), type=type))

    def launches(self) -> None:
        """Launches fail, or work again."""
        self.undo(LaunchFailure) if self.flip() else self.inject(LaunchFailure())

    def supply(self) -> None:
        """Supply is short, or plenty."""
        self.control("set-supply", limit=self.chance.choice((0, 2, None)))

    def bill(self) -> None:
        """The account falls into arrears."""
        self.inject(AccountArrears(debt="1"))

    def pay(self) -> None:
        """The account is topped up."""
        self.region.top_up(5_000)

    def reactivate(self) -> None:
        """One that was stopped for arrears is started again."""
        self.call("ReactivateInstances", InstanceId=self.one())

    def renew(self) -> None:
        """A subscription is renewed."""
        self.call("RenewInstance", InstanceId=self.one(), Period=1, PeriodUnit="Week")

    def advance(self) -> None:
        """Time passes."""
        self.control("advance", milliseconds=self.chance.choice(_MOVES))

    # What must be so in the end

    def go(self, steps: int = STEPS) -> None:
        """Take so many steps. The indexes of listings are made before, so that each step has to keep them."""
        self._miscounted()
        for _ in range(steps):
            with suppress(ApiError, UsageError):
                self.chance.choice(self.steps)()

    def rest(self) -> None:
        """Disturb no more, but leave what is broken: time passes, longer than any window that is open."""
        self.control("advance", milliseconds=8 * HOUR)

    def calm(self) -> None:
        """Undo all that disturbs, and let time pass."""
        self.undo(Fault, every=True)
        self.control("set-supply", limit=None)
        for host in self.hosts:
            self.control("replace-host", host=host)
        self.region.top_up(1_000_000)
        self.control("advance", milliseconds=8 * HOUR)

    def stuck(self, *, starved: bool) -> list[str]:
        """What is still on its way.

        Args:
            starved: whether an instance may be Stopped for want of a host, its event Executing.
        """
        listed = self.region.describe("DescribeInstances", "Instances", "Instance")
        status = {str(each["InstanceId"]): str(each["Status"]) for each in listed}
        found = [f"{instance} is {each}" for instance, each in status.items() if each not in _SETTLED]
        for event in self.region.events.of():
            waits = starved and event.type.startswith("SystemFailure.") and status.get(event.instance) == "Stopped"
            if event.state == "Executing" and not waits:
                found.append(f"{event.id} of {event.instance}, {event.type}, is {event.state}")
        return found + self._miscounted()

    def _miscounted(self) -> list[str]:
        backend = self.region.backend
        assert isinstance(backend, LocalBackend)
        return [*wrong_counts(backend.cloud.regions[backend.cloud.default_region])]


def walk(edition: str, recovery: str, seed: int, *, checked: bool = False) -> list[str]:
    """Take one walk, and return what is stuck after it: while what is broken stays so, and once all of it is undone.

    Args:
        checked: whether its journal is judged by all checkers besides.

    Raises:
        ViolationError: a checker is violated.
    """
    each = Walk(edition, recovery, seed)
    each.go()
    each.rest()
    found = each.stuck(starved=True)
    each.calm()
    found += each.stuck(starved=False)
    if checked:
        demand(each.region.journal)
    return [f"{each.name}: {what}" for what in found]


def measure(sizes: Sizes) -> Iterator[Row]:
    """So many steps in each edition and both ways of recovery, and what they leave stuck."""
    each = max(1, -(-sizes.walked // (STEPS * len(_WAYS))))
    stuck: list[str] = []
    begun = process_time()
    for (edition, recovery), seed in product(_WAYS, range(each)):
        stuck += walk(edition, recovery, seed)
    taken = process_time() - begun
    for what in stuck:
        print(what, file=sys.stderr)
    steps = STEPS * each * len(_WAYS)
    yield Row(f"{steps:,} random steps, all undone and looked at after each {STEPS}", steps / taken, "steps/s")
    yield Row("instances and events that they have left stuck", len(stuck), "things", 0)
