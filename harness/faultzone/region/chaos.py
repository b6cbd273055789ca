"""Chaos injects faults and undoes them.

The journal records the undo before the injection. The undo always runs: at the end of the `with` block, or when the
region ends. A fault without an undo says why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from faultzone import faults, waiting
from faultzone.clock import milliseconds
from faultzone.errors import HarnessError, NotSupported, UndoFailed, UsageError
from faultzone.faults.targets import Named, id_of

if TYPE_CHECKING:
    from types import TracebackType

    from faultzone.backends import Backend
    from faultzone.clock import Duration
    from faultzone.faults import Fault
    from faultzone.model.billing.ledger import Money

_HALF_WAY: Final = "its injection failed half-way, and what it did is not known"


class Injection:
    """A planned or active fault. The end of its `with` block, or `undo`, cancels or undoes it.

    Attributes:
        fault: the fault.
        number: its number; None if the injection failed half-way.
        active: whether it has still to be undone.
    """

    def __init__(
        self, fault: Fault, number: int | None, backend: Backend, *, planned: bool = False, half_way: str = ""
    ) -> None:
        self.fault, self.number, self.active = fault, number, True
        self._backend, self._planned, self._half_way = backend, planned, half_way

    def __repr__(self) -> str:
        state = "its undo is owed" if self.active else "undone"
        return f"Injection({self.fault!r}, {state})"

    @property
    def record(self) -> dict[str, Any]:
        """The record of the fault: its state, and when it is due or to be undone; see the control verb `faults`."""
        if self.number is None:
            return {"number": None, "fault": self.fault.told(), "state": "failed", "error": self._half_way}
        found: dict[str, Any] = self._backend.control("faults", {"number": self.number})["faults"][0]
        return found

    @property
    def state(self) -> str:
        """`planned`, `active`, `undoing` until its targets are as promised, `undone` or `failed`."""
        return str(self.record["state"])

    def undo(self) -> None:
        """Cancel or undo the fault, once. After a failure, it can be called again.

        Raises:
            UndoFailed: the undo failed.
            UsageError: the planned injection failed before, and nothing has reported this so far.
        """
        if not self.active:
            return
        if self.number is None:
            raise UndoFailed(f"could not be undone: {self.fault!r}: {self._half_way}")
        try:
            if self.fault.why_no_undo is None or (self._planned and self.state != "active"):
                self._backend.control("undo", {"number": self.number})
        except HarnessError as error:
            raise UndoFailed(str(error)) from error
        except Exception as error:
            if self._planned and isinstance(error, UsageError):
                self.active = False  # It never came.
                raise
            raise UndoFailed(f"could not be undone: {self.fault!r}: {error}") from error
        self.active = False

    def __enter__(self) -> Injection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.undo()


class Chaos:
    """Injects faults into one region, and undoes them.

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

    def inject(self, fault: Fault) -> Injection:
        """Inject a fault.

        Raises:
            NotSupported: the backend cannot inject it.
            UsageError: the fault has an unknown target, or a wrong value; nothing is broken.
        """
        return self._ask(fault, "inject", {})

    def at(self, after: Duration, fault: Fault) -> Injection:
        """Inject a fault after this much region time. The end of the region cancels or undoes it.

        The region injects it while time advances or a test waits, after the timers of the same time and before later
        ones. If the target is gone by then, the advance raises the error of `inject`.

        Raises:
            NotSupported: the backend cannot inject it, or cannot advance time.
        """
        return self._ask(fault, "schedule", {"after": milliseconds(after)})

    def _ask(self, fault: Fault, verb: str, more: dict[str, object]) -> Injection:
        if not isinstance(fault, faults.Fault):
            raise UsageError.expected("fault", fault, "a fault such as HostCrash(instance.host)")
        if fault.capability not in self._backend.capabilities:
            name = type(fault).__name__
            raise NotSupported.lacking(name, self._backend.name, fault.capability)
        try:
            number = self._backend.control(verb, {**more, "fault": fault.told()})["number"]
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

        Faults that block other undos end first. A failed undo does not stop the others. Time passes until each undo
        takes effect.

        Raises:
            UndoFailed: an undo failed, or did not take effect within its `undo_within`; all others have run.
            UsageError: a planned injection failed before, and nothing has reported this so far.
        """
        failed: list[str] = []
        missed: list[UsageError] = []
        undone: list[Injection] = []
        self._owed.sort(key=lambda owed: owed.fault.in_the_way)
        while self._owed:
            owed = self._owed.pop()
            try:
                owed.undo()
                undone.append(owed)
            except UsageError as error:
                missed.append(error)
            except Exception as error:
                failed.append(str(error))
            except BaseException:
                self._owed.append(owed)  # What is interrupted is still owed.
                raise
        failed += [late for late in map(self._await, undone) if late]
        if failed:
            raise UndoFailed("; ".join(failed))
        if missed:
            raise missed[0]

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

    # The faults as calls: `chaos.crash(host)` is `chaos.inject(HostCrash(host))`

    # Hosts

    def crash(self, host: str, *, reversible: bool = True) -> Injection:
        """Crash a host. By default, the undo repairs it."""
        return self.inject(faults.HostCrash(host, reversible, self._region))

    def hang(self, host: str) -> Injection:
        """Hang a host: it stops responding. The undo repairs it."""
        return self.inject(faults.HostHang(host, self._region))

    def cut(self, host: str) -> Injection:
        """Cut a host off the network. The undo reconnects it."""
        return self.inject(faults.NetworkCut(host, self._region))

    def at_risk(self, host: str) -> Injection:
        """Find a host at risk, which empties it by live migration."""
        return self.inject(faults.HostAtRisk(host, self._region))

    def zone_outage(self, zone: str) -> Injection:
        """Turn the power of a zone off. The undo turns it on."""
        return self.inject(faults.ZoneOutage(zone, self._region))

    # Machines that are real

    def peer_cut(self, host: str, peer: str) -> Injection:
        """Drop all packets between two hosts."""
        return self.inject(faults.PeerCut(host, peer, self._region))

    def slow_network(self, host: str, kilobits: int = 256) -> Injection:
        """Limit the bandwidth that a host sends, in kilobits per second."""
        return self.inject(faults.SlowNetwork(host, kilobits, self._region))

    def disk_full(self, host: str) -> Injection:
        """Let the local disk of a host be full."""
        return self.inject(faults.DiskFull(host, self._region))

    def memory_exhausted(self, instance: str | Named, left: int = 4 << 20) -> Injection:
        """Limit the memory of an instance to its present use plus `left` bytes."""
        return self.inject(faults.MemoryExhausted(id_of(instance, "instance"), left))

    def pause(self, host: str) -> Injection:
        """Let the engine freeze a host. The undo thaws it."""
        return self.inject(faults.HostPaused(host, self._region))

    def kill(self, host: str) -> Injection:
        """Let the engine kill a host. The undo repairs it."""
        return self.inject(faults.HostKilled(host, self._region))

    # What the provider does

    def shortage(self, *, zone: str | None = None, family: str | None = None, limit: int = 0) -> Injection:
        """Take supply away."""
        return self.inject(faults.SupplyShortage(zone, family, limit, self._region))

    def maintenance(
        self,
        instance: str | Named | None = None,
        *,
        host: str | None = None,
        within: Duration | None = None,
        outcome: str = "executes",
    ) -> Injection:
        """Plan a reboot of an instance, or of all instances of a host. The undo withdraws planned events."""
        target = None if instance is None else id_of(instance, "instance")
        return self.inject(faults.Maintenance(target, host, within, outcome, self._region))

    def migration_fails(self, takes: float | None = None) -> Injection:
        """Let live migrations fail, or take this many seconds."""
        return self.inject(faults.MigrationFails(takes, self._region))

    def security_lock(self, instance: str | Named) -> Injection:
        """Lock an instance for a violation. The undo unlocks it."""
        return self.inject(faults.SecurityLock(id_of(instance, "instance")))

    # Inside instances

    def guest_crash(self, instance: str | Named) -> Injection:
        """Crash the operating system of an instance."""
        return self.inject(faults.GuestCrash(id_of(instance, "instance")))

    def agent_outage(self, instance: str | Named, state: str = "stopped") -> Injection:
        """Stop, hang or remove the agent of an instance. The undo restores it."""
        return self.inject(faults.AgentOutage(id_of(instance, "instance"), state))

    # Money, time and the API

    def lapse(self, instance: str | Named, *, within: Duration = "3d", answered: Duration | None = None) -> Injection:
        """Let a subscription expire soon. The undo renews it; with `answered`, its owner renews it after that time."""
        return self.inject(faults.SubscriptionLapse(id_of(instance, "instance"), within, answered))

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
        times: int | None = None,
        after_effect: bool = False,
        retry_after: int | None = None,
    ) -> Injection:
        """Let calls of an action, or of a pattern of them, go wrong; see `ApiFailure`."""
        return self.inject(faults.ApiFailure(action, kind, code, status, seconds, times, after_effect, retry_after))

    def throttling(self, action: str, *, times: int | None = None, retry_after: int | None = None) -> Injection:
        """Throttle an action, or a pattern of them; `retry_after` is in milliseconds."""
        return self.inject(faults.ApiFailure(action, code="Throttling", times=times, retry_after=retry_after))

    def jump(self, by: Duration) -> Injection:
        """Let region time jump ahead, for good."""
        return self.inject(faults.ClockJump(by))
