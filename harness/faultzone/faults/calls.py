"""The catalogue as calls: `chaos.crash(host)` is `chaos.inject(HostCrash(host))`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from faultzone.clock import Duration
from faultzone.faults.api import ApiFailure
from faultzone.faults.base import Named, id_of
from faultzone.faults.billing import AccountArrears, SubscriptionLapse
from faultzone.faults.guests import AgentOutage, GuestCrash
from faultzone.faults.hosts import HostAtRisk, HostCrash, HostHang, NetworkCut, ZoneOutage
from faultzone.faults.jumps import ClockJump
from faultzone.faults.machines import DiskFull, HostKilled, HostPaused, MemoryExhausted, PeerCut, SlowNetwork
from faultzone.faults.provider import Maintenance, MigrationFails, SecurityLock, SupplyShortage
from faultzone.model.billing.ledger import Money

if TYPE_CHECKING:
    from faultzone.faults.base import Fault
    from faultzone.faults.chaos import Injection


class Calls(ABC):
    """A call for each fault of the catalogue."""

    _region: str | None

    @abstractmethod
    def inject(self, fault: Fault) -> Injection:
        """Bring a fault into force."""

    # Hosts

    def crash(self, host: str, *, reversible: bool = True) -> Injection:
        """Crash a host; by default its repair is owed."""
        return self.inject(HostCrash(host, reversible, self._region))

    def hang(self, host: str) -> Injection:
        """Let a host stand still; its repair is owed."""
        return self.inject(HostHang(host, self._region))

    def cut(self, host: str) -> Injection:
        """Cut a host off; joining it again is owed."""
        return self.inject(NetworkCut(host, self._region))

    def at_risk(self, host: str) -> Injection:
        """Find a host at risk, which empties it by live migration."""
        return self.inject(HostAtRisk(host, self._region))

    def zone_outage(self, zone: str) -> Injection:
        """Take the power of a zone away; giving it back is owed."""
        return self.inject(ZoneOutage(zone, self._region))

    # Machines that are real

    def peer_cut(self, host: str, peer: str) -> Injection:
        """Let two hosts hear one another no longer."""
        return self.inject(PeerCut(host, peer, self._region))

    def slow_network(self, host: str, kilobits: int = 256) -> Injection:
        """Let a host send no more than so many kilobits a second."""
        return self.inject(SlowNetwork(host, kilobits, self._region))

    def disk_full(self, host: str) -> Injection:
        """Let the local disk of a host be full."""
        return self.inject(DiskFull(host, self._region))

    def memory_exhausted(self, instance: str | Named, left: int = 4 << 20) -> Injection:
        """Leave an instance hardly any memory: so many bytes beyond what it uses now."""
        return self.inject(MemoryExhausted(id_of(instance, "instance"), left))

    def pause(self, host: str) -> Injection:
        """Let the engine freeze a host; thawing it is owed."""
        return self.inject(HostPaused(host, self._region))

    def kill(self, host: str) -> Injection:
        """Let the engine kill a host; its repair is owed."""
        return self.inject(HostKilled(host, self._region))

    # What the provider does

    def shortage(self, *, zone: str | None = None, family: str | None = None, limit: int = 0) -> Injection:
        """Take supply away."""
        return self.inject(SupplyShortage(zone, family, limit, self._region))

    def maintenance(
        self,
        instance: str | Named | None = None,
        *,
        host: str | None = None,
        within: Duration | None = None,
        outcome: str = "executes",
    ) -> Injection:
        """Plan the reboot of an instance or of all on a host; withdrawing what has not begun is owed."""
        target = None if instance is None else id_of(instance, "instance")
        return self.inject(Maintenance(target, host, within, outcome, self._region))

    def migration_fails(self, takes: float | None = None) -> Injection:
        """Let live migrations fail, or take so many seconds."""
        return self.inject(MigrationFails(takes, self._region))

    def security_lock(self, instance: str | Named) -> Injection:
        """Lock an instance for a violation; unlocking it is owed."""
        return self.inject(SecurityLock(id_of(instance, "instance")))

    # Inside instances

    def guest_crash(self, instance: str | Named) -> Injection:
        """Crash the operating system of an instance."""
        return self.inject(GuestCrash(id_of(instance, "instance")))

    def agent_outage(self, instance: str | Named, state: str = "stopped") -> Injection:
        """Put an agent out of order; letting it run again is owed."""
        return self.inject(AgentOutage(id_of(instance, "instance"), state))

    # Money, time and the API

    def lapse(self, instance: str | Named, *, within: Duration = "3d", answered: Duration | None = None) -> Injection:
        """Let a subscription end soon; its renewal is owed, or comes by itself once `answered` has passed."""
        return self.inject(SubscriptionLapse(id_of(instance, "instance"), within, answered))

    def arrears(self, account: str | None = None, *, debt: Money = "10", answered: Duration | None = None) -> Injection:
        """Drive an account into arrears; the payment is owed, or comes by itself once `answered` has passed."""
        return self.inject(AccountArrears(account, debt, answered))

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
        return self.inject(ApiFailure(action, kind, code, status, seconds, times, after_effect, retry_after))

    def throttling(self, action: str, *, times: int | None = None, retry_after: int | None = None) -> Injection:
        """Throttle an action, or a pattern of them; `retry_after` is in milliseconds."""
        return self.inject(ApiFailure(action, code="Throttling", times=times, retry_after=retry_after))

    def jump(self, by: Duration) -> Injection:
        """Let region time jump ahead, for good."""
        return self.inject(ClockJump(by))
