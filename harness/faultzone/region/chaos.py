"""Chaos injects faults and undoes them.

The journal records the undo before the injection. The undo always runs: at the end of the `with` block, or when the
region ends. A fault without an undo says why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from faultzone import faults, waiting
from faultzone.clock import milliseconds
from faultzone.errors import HarnessError, NotSupported, UndoFailed, UnmetFault, UsageError
from faultzone.faults.targets import Named, id_of, target_of
from faultzone.region.injection import Injection

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Unpack

    from faultzone.backends import Backend
    from faultzone.clock import Duration
    from faultzone.conditions import Description
    from faultzone.faults import Fault
    from faultzone.faults.calls import Aim
    from faultzone.faults.schedule import Schedule
    from faultzone.model.billing.ledger import Money
    from faultzone.region.stops import StopCondition

_HALF_WAY: Final = "its injection failed half-way, and what it did is not known"


def _host(target: str | Named) -> str:
    """The ID of a host; of an instance, the host that it is on when the fault comes."""
    return target_of("host", target)  # type: ignore[return-value]  # What is none, the fault refuses.


def _zone(target: str | Named | None) -> Any:
    """The ID of a zone, likewise."""
    return target_of("zone", target)


def _id(target: str | Named | None, what: str) -> str | None:
    """The ID of what may be given by its handle; None where nothing is given."""
    return None if target is None else id_of(target, what)


def _aimed(aim: Aim) -> dict[str, Any]:
    """Which calls are meant, with the ID of a resource that is given by its handle."""
    return {**aim, "about": _id(aim.get("about"), "about")}


class Chaos:
    """Injects faults into one region, and undoes them.

    Each fault is a method, too: `chaos.crash(host)` is `chaos.inject(HostCrash(host))`.

    Args:
        backend: the backend of the region.
        region: the ID of the region.
        owed: the faults to undo; views of one cloud share this list.
    """

    def __init__(self, backend: Backend, region: str | None, owed: list[Injection] | None = None) -> None:
        self._backend, self._region = backend, region
        #: Every injection until its undo has run and its end is seen.
        self._owed: list[Injection] = [] if owed is None else owed

    def __repr__(self) -> str:
        owed = ", ".join(repr(each.fault) for each in self._owed)
        return f"Chaos({self._region!r}, {f'owes the undo of {owed}' if owed else 'nothing is broken'})"

    def of(self, region: str) -> Chaos:
        """The chaos of another region of the same cloud; this chaos undoes its faults."""
        return Chaos(self._backend, region, self._owed)

    def inject(self, fault: Fault, *, lasts: Duration | None = None) -> Injection:
        """Inject a fault.

        Args:
            lasts: after how much region time it ends by itself (default: it lasts until it is undone).

        Raises:
            NotSupported: the backend cannot inject it.
            UsageError: the fault has an unknown target, or a wrong value; nothing is broken.
        """
        return self._ask(fault, "inject", {"lasts": None if lasts is None else milliseconds(lasts)})

    def at(self, after: Duration, fault: Fault, *, until: Duration | None = None) -> Injection:
        """Inject a fault after this much region time. The end of the region cancels or undoes it.

        The region injects it while time advances or a test waits, after the timers of the same time and before later
        ones. If the target is gone by then, the fault is skipped: its record says why, and its end warns.

        Args:
            after: from now; 0 injects it at once.
            until: when it ends by itself, from now too (default: it lasts until it is undone).

        Raises:
            NotSupported: the backend cannot inject it, or cannot advance time.
            UsageError: it names nothing that is there, can never be, ends before it begins, or would come after the
                end of region time.
        """
        from faultzone.faults.schedule import At

        step = At(after, fault, until)
        return self._ask(fault, "schedule", {"after": step.begins, "lasts": step.lasts})

    def play(
        self, schedule: Schedule | Mapping[str, Any], *, stop_when: str | Description | Sequence[str] = ()
    ) -> list[Injection]:
        """Plan the faults of a schedule, which begins now; see `faultzone.faults.schedule`.

        Args:
            schedule: it, or what JSON has for it.
            stop_when: what ends it besides its own stop conditions: with the first entry that a sentence describes, all
                its faults are undone, and those to come are cancelled.

        Returns:
            One for each step. The end of the region cancels or undoes them.

        Raises:
            NotSupported: the backend cannot inject one of them, or cannot advance time.
            UsageError: one of them can never be; nothing is planned.
        """
        from faultzone.faults.schedule import Schedule

        wanted = Schedule.read(schedule)
        if stop_when != ():
            wanted = Schedule(wanted.steps, [*wanted.stop_when, *Schedule((), stop_when).stop_when])
        steps = [each.fault for each in wanted.steps]
        for fault in steps:
            self._see_capability(fault)
        records = self._backend.control("play", {"schedule": wanted.told()})["faults"]
        made = [
            Injection(fault, record["number"], self._backend, planned=True)
            for fault, record in zip(steps, records, strict=True)
        ]
        self._owed += made
        return made

    def stop_when(self, what: str | Description) -> StopCondition:
        """Undo all faults, also planned ones, once the journal has an entry from now on that is described. The region
        does it at once, before anything else is called and before time passes.

        Args:
            what: a sentence such as `refusal not during fault`, or its value; see `faultzone.conditions`.

        Raises:
            NotSupported: the backend cannot do it.
            UsageError: it describes no entries, or such as cannot exist.
        """
        from faultzone.region.stops import StopCondition

        return StopCondition(self._backend, str(what))

    # Hosts

    def crash(self, host: str | Named, *, reversible: bool = True) -> Injection:
        """Crash a host. By default, the undo repairs it.

        How long the recovery of its instances takes is in the edition, in seconds:

        - The host can start again: the region waits `region.edition.recovery.host_patience` for it. All the while its
          instances are silent and shown as Running; then they start elsewhere (recovery/restart-time).
        - It is lost for good, with `reversible=False`: the region plans the restart, and the event is Scheduled for
          `region.edition.recovery.planned_delay` (recovery/queryable). In a region with `recovery="immediate"` the
          restart begins at once: then a crash for good is over sooner than one that can be mended.
        """
        return self.inject(faults.HostCrash(_host(host), reversible, self._region))

    def hang(self, host: str | Named) -> Injection:
        """Hang a host: it stops responding. The undo repairs it."""
        return self.inject(faults.HostHang(_host(host), self._region))

    def cut(self, host: str | Named) -> Injection:
        """Cut a host off the network. The undo reconnects it."""
        return self.inject(faults.NetworkCut(_host(host), self._region))

    def at_risk(self, host: str | Named) -> Injection:
        """Find a host at risk, which empties it by live migration."""
        return self.inject(faults.HostAtRisk(_host(host), self._region))

    def zone_outage(self, zone: str | Named) -> Injection:
        """Turn the power of a zone off. The undo turns it on."""
        return self.inject(faults.ZoneOutage(_zone(zone), self._region))

    # Machines that are real

    def peer_cut(self, host: str | Named, peer: str | Named) -> Injection:
        """Drop all packets between two hosts."""
        return self.inject(faults.PeerCut(_host(host), _host(peer), self._region))

    def slow_network(self, host: str | Named, kilobits: int = 256) -> Injection:
        """Limit the bandwidth that a host sends, in kilobits per second."""
        return self.inject(faults.SlowNetwork(_host(host), kilobits, self._region))

    def disk_full(self, host: str | Named) -> Injection:
        """Let the local disk of a host be full."""
        return self.inject(faults.DiskFull(_host(host), self._region))

    def memory_exhausted(self, instance: str | Named, left: int = 4 << 20) -> Injection:
        """Limit the memory of an instance to its present use plus `left` bytes."""
        return self.inject(faults.MemoryExhausted(id_of(instance, "instance"), left))

    def pause(self, host: str | Named) -> Injection:
        """Let the engine freeze a host. The undo thaws it."""
        return self.inject(faults.HostPaused(_host(host), self._region))

    def kill(self, host: str | Named) -> Injection:
        """Let the engine kill a host. The undo repairs it."""
        return self.inject(faults.HostKilled(_host(host), self._region))

    # What the provider does

    def shortage(self, *, zone: str | Named | None = None, family: str | None = None, limit: int = 0) -> Injection:
        """Take supply away."""
        return self.inject(faults.SupplyShortage(_zone(zone), family, limit, self._region))

    def launch_failure(self, *, zone: str | Named | None = None, family: str | None = None) -> Injection:
        """Let new instances fail while they are made: each is Pending, and is then released."""
        return self.inject(faults.LaunchFailure(_zone(zone), family, self._region))

    def spot_interruption(self, instance: str | Named) -> Injection:
        """Take a spot instance back: five minutes after its notice it is released, or stopped as its launch said."""
        return self.inject(faults.SpotInterruption(id_of(instance, "instance")))

    def spot_price_rise(
        self, instance_type: str, price: Money, *, zone: str | Named | None = None, limit: int | None = None
    ) -> Injection:
        """Let spot instances of a type cost this many yuan an hour; with `limit`, supply runs short meanwhile."""
        return self.inject(faults.SpotPriceRise(instance_type, price, _zone(zone), limit, self._region))

    def maintenance(
        self,
        instance: str | Named | None = None,
        *,
        host: str | Named | None = None,
        within: Duration | None = None,
        outcome: str = "executes",
        type: str = "SystemMaintenance.Reboot",
    ) -> Injection:
        """Plan maintenance of an instance, or of all instances of a host. The undo withdraws planned events."""
        place = None if host is None else _host(host)
        target = _id(instance, "instance")
        return self.inject(faults.Maintenance(target, place, within, outcome, self._region, type))

    def migration_fails(self, takes: float | None = None) -> Injection:
        """Let live migrations fail, or take this many seconds."""
        return self.inject(faults.MigrationFails(takes, self._region))

    def security_lock(self, instance: str | Named) -> Injection:
        """Lock an instance for a violation. The undo unlocks it."""
        return self.inject(faults.SecurityLock(id_of(instance, "instance")))

    def disk_impaired(self, instance: str | Named, *, disk: int = 0, type: str = "Stalled") -> Injection:
        """Let a disk of an instance be slow, stand still or be damaged, for its user to see. The undo heals it."""
        return self.inject(faults.DiskImpaired(id_of(instance, "instance"), disk, type))

    # Inside instances

    def guest_crash(self, instance: str | Named) -> Injection:
        """Crash the operating system of an instance."""
        return self.inject(faults.GuestCrash(id_of(instance, "instance")))

    def agent_outage(self, instance: str | Named, state: str = "stopped") -> Injection:
        """Stop, hang or remove the agent of an instance. The undo restores it."""
        return self.inject(faults.AgentOutage(id_of(instance, "instance"), state))

    # Money, time and the API

    def subscription_expiry(
        self, instance: str | Named, *, within: Duration = "3d", answered: Duration | None = None
    ) -> Injection:
        """Let a subscription expire soon. The undo renews it; with `answered`, its owner renews it after that time."""
        return self.inject(faults.SubscriptionExpiry(id_of(instance, "instance"), within, answered))

    def arrears(
        self,
        account: str | None = None,
        *,
        debt: Money = "10",
        answered: Duration | None = None,
        amount: Money | None = None,
    ) -> Injection:
        """Put an account into arrears. The undo pays the bill; with `answered`, its owner pays after that time."""
        return self.inject(faults.AccountArrears(account, debt, answered, amount))

    def api_failure(
        self,
        action: str,
        *,
        kind: str = "refuse",
        code: str = "ServiceUnavailable",
        status: int | None = None,
        seconds: float = 0.0,
        after_effect: bool = False,
        retry_after: int | None = None,
        message: str | None = None,
        **aim: Unpack[Aim],
    ) -> Injection:
        """Let calls of an action, or of a pattern of them, go wrong: those of clients, as `ApiFailure` says."""
        how = (kind, code, status, seconds, after_effect, retry_after, message)
        return self.inject(faults.ApiFailure(action, *how, **_aimed(aim)))

    def throttling(self, action: str, *, retry_after: int | None = None, **aim: Unpack[Aim]) -> Injection:
        """Throttle an action, or a pattern of them; `retry_after` is in milliseconds."""
        return self.api_failure(action, code="Throttling", retry_after=retry_after, **aim)

    def throttling_bursts(
        self,
        action: str = "*",
        *,
        calls: int = 10,
        every: Duration = "1m",
        code: str = "Throttling.User",
        **aim: Unpack[Aim],
    ) -> Injection:
        """Let so many calls of each action pass in a minute, or in the time `every`, and throttle the rest."""
        return self.inject(faults.ThrottlingBursts(action, calls, every, code, **_aimed(aim)))

    def stale_reads(
        self,
        by: Duration = "5s",
        *,
        action: str = "Describe*",
        item: str | Named | None = None,
        page: int | None = None,
        **aim: Unpack[Aim],
    ) -> Injection:
        """Let calls see what was so long ago: of one item, or of all; on one page, or on any."""
        return self.inject(faults.StaleReads(action, by, _id(item, "item"), page, **_aimed(aim)))

    def page_slip(
        self,
        how: str = "lacks",
        *,
        action: str = "Describe*",
        item: str | Named | None = None,
        page: int | None = None,
        border: bool = False,
        **aim: Unpack[Aim],
    ) -> Injection:
        """Let pages of listings lack an item, or have one twice: `lacks` or `repeats`. With `border`, an item is on
        none of two pages, or on both."""
        return self.inject(faults.PageSlip(action, how, _id(item, "item"), page, border, **_aimed(aim)))

    def partial_success(
        self,
        action: str = "*Instances",
        *,
        fails: int = 1,
        item: str | Named | None = None,
        code: str = "InternalError",
        **aim: Unpack[Aim],
    ) -> Injection:
        """Let some instances of a batch be refused, and the others be done."""
        return self.inject(faults.PartialSuccess(action, fails, _id(item, "item"), code, **_aimed(aim)))

    def broken_connection(
        self, action: str = "*", how: str = "reset", *, after_effect: bool = True, **aim: Unpack[Aim]
    ) -> Injection:
        """Let connections be `reset`, `half-closed`, `truncated` or `silent` before the client has its answer."""
        return self.inject(faults.BrokenConnection(action, how, after_effect, **_aimed(aim)))

    def refusals(self, action: str, codes: str | Sequence[str] = "all", **aim: Unpack[Aim]) -> list[Injection]:
        """Refuse the next calls of an action, one call with each code.

        Args:
            codes: the codes, or whose client branches on them: a name in `faultzone.faults.api.BRANCHED_ON`, or `all`.
            aim: which calls are meant; `times` is how many calls each code refuses, by default one.

        Raises:
            UsageError: no such client is known, or there are no codes.
        """
        from faultzone.faults.api import branched_on

        aim.setdefault("times", 1)
        return [self.api_failure(action, code=code, **aim) for code in branched_on(codes)]

    def jump(self, by: Duration) -> Injection:
        """Let region time jump ahead, for good."""
        return self.inject(faults.ClockJump(by))

    # What they share

    def _see_capability(self, fault: Fault) -> None:
        if fault.capability not in self._backend.capabilities:
            raise NotSupported.lacking(type(fault).__name__, self._backend.name, fault.capability)

    def _ask(self, fault: Fault, verb: str, more: dict[str, object]) -> Injection:
        if not isinstance(fault, faults.Fault):
            raise UsageError.expected("fault", fault, "a fault such as HostCrash(instance.host)")
        self._see_capability(fault)
        try:
            asked = {name: value for name, value in more.items() if value is not None}
            number = self._backend.control(verb, {**asked, "fault": fault.told()})["number"]
        except (NotSupported, UsageError):
            raise
        except BaseException as error:  # It may have broken something.
            self._owed.append(Injection(fault, None, self._backend, half_way=f"{_HALF_WAY}: {error}"))
            raise
        injection = Injection(fault, number, self._backend, planned=verb == "schedule")
        self._owed.append(injection)
        return injection

    def undo_all(self) -> None:
        """Undo all active faults, the latest first, and check the effects.

        A failed undo does not stop the others. Time passes until each undo takes effect.

        Raises:
            UndoFailed: an undo failed, or did not take effect within its `undo_within`; all others have run.
        """
        failed: list[str] = []
        undone: list[Injection] = []
        unmet: list[UnmetFault] = []
        while self._owed:
            owed = self._owed.pop()
            owed._at_end = True
            try:
                owed.undo()
                undone.append(owed)
            except UnmetFault as told:  # Where warnings are errors.
                undone.append(owed)
                unmet.append(told)
            except Exception as error:
                failed.append(str(error))
            except BaseException:
                self._owed.append(owed)  # What is interrupted is still owed.
                raise
        failed += [late for late in map(self._await, undone) if late]
        if failed:
            raise UndoFailed("; ".join(failed))
        if unmet:
            raise unmet[0]

    def _await(self, undone: Injection) -> str:
        """Let time pass until an end is as promised; why it is not, or nothing."""
        fault = undone.fault
        if milliseconds(fault.undo_within) == 0 or fault.why_no_undo is not None:
            return ""
        record: dict[str, Any] = {}

        def is_over() -> bool:
            record.update(undone.record)
            return bool(record["state"] != "undoing")

        try:
            waiting.wait(self._backend, is_over, fault.undo_within, what=f"{fault!r} undone")
        except (AssertionError, HarnessError) as late:
            return f"not as promised: {fault!r}: {late}"
        return str(record["error"]) if record["state"] == "failed" and record["since"] is not None else ""
