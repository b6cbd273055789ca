"""The faults as calls: `chaos.crash(host)` is `chaos.inject(HostCrash(host))`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from faultzone import faults
from faultzone.faults.targets import Named, id_of, target_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    from faultzone.clock import Duration
    from faultzone.faults import Fault
    from faultzone.faults.calls import Aim
    from faultzone.model.billing.ledger import Money
    from faultzone.region.injection import Injection


def _host(target: str | Named) -> str:
    """The ID of a host; of an instance, the host that it is on when the fault comes."""
    return target_of("host", target)  # type: ignore[return-value]  # What is none, the fault refuses.


def _id(target: str | Named | None, what: str) -> str | None:
    """The ID of what may be given by its handle; None where nothing is given."""
    return None if target is None else id_of(target, what)


def _aimed(aim: Aim) -> dict[str, Any]:
    """Which calls are meant, with the ID of a resource that is given by its handle."""
    return {**aim, "about": _id(aim.get("about"), "about")}


class FaultCalls(ABC):
    """A method for each kind of fault, which injects one.

    Args:
        region: the ID of the region whose hosts and supply they break; None for the first.
    """

    def __init__(self, region: str | None) -> None:
        self._region = region

    @abstractmethod
    def inject(self, fault: Fault, *, lasts: Duration | None = None) -> Injection:
        """Inject a fault; see `Chaos`."""

    # Hosts

    def crash(self, host: str | Named, *, reversible: bool = True) -> Injection:
        """Crash a host. By default, the undo repairs it."""
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

    def zone_outage(self, zone: str) -> Injection:
        """Turn the power of a zone off. The undo turns it on."""
        return self.inject(faults.ZoneOutage(zone, self._region))

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

    def shortage(self, *, zone: str | None = None, family: str | None = None, limit: int = 0) -> Injection:
        """Take supply away."""
        return self.inject(faults.SupplyShortage(zone, family, limit, self._region))

    def launch_failure(self, *, zone: str | None = None, family: str | None = None) -> Injection:
        """Let new instances fail while they are made: each is Pending, and is then released."""
        return self.inject(faults.LaunchFailure(zone, family, self._region))

    def spot_interruption(self, instance: str | Named) -> Injection:
        """Take a spot instance back: five minutes after its notice it is released, or stopped as its launch said."""
        return self.inject(faults.SpotInterruption(id_of(instance, "instance")))

    def spot_price_rise(
        self, instance_type: str, price: Money, *, zone: str | None = None, limit: int | None = None
    ) -> Injection:
        """Let spot instances of a type cost this many yuan an hour; with `limit`, supply runs short meanwhile."""
        return self.inject(faults.SpotPriceRise(instance_type, price, zone, limit, self._region))

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

    def throttling_bursts(self, action: str = "*", *, calls: int = 10, every: Duration = "1m") -> Injection:
        """Let so many calls of each action pass in a minute, or in the time `every`, and throttle the rest."""
        return self.inject(faults.ThrottlingBursts(action, calls, every))

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

    def refusals(self, action: str, codes: str | Sequence[str] = "all") -> list[Injection]:
        """Refuse the next calls of an action, one call with each code.

        Args:
            codes: the codes, or whose client branches on them: a name in `faultzone.faults.api.BRANCHED_ON`, or `all`.

        Raises:
            UsageError: no such client is known, or there are no codes.
        """
        from faultzone.faults.api import branched_on

        return [self.api_failure(action, code=code, times=1) for code in branched_on(codes)]

    def jump(self, by: Duration) -> Injection:
        """Let region time jump ahead, for good."""
        return self.inject(faults.ClockJump(by))
