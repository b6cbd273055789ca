"""Hosts in memory: guests that boot, halt and crash in the virtual time of the region's own clock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Final, NamedTuple

from faultzone.clock import SECOND, Clock
from faultzone.errors import UsageError
from faultzone.model.core.effects import (
    Boot,
    Booted,
    CancelScript,
    Effect,
    EndScript,
    GuestCrashed,
    Halt,
    Halted,
    HostBack,
    HostLost,
    Interrupt,
    Move,
    PutFile,
    Release,
    Report,
    RunScript,
)
from faultzone.substrate import Sink
from faultzone.substrate.guests import Guests

if TYPE_CHECKING:
    from faultzone.substrate.reaction import Answer


class Timings(NamedTuple):
    """How long guests and hosts take, in seconds of guest time.

    Args:
        boot: from power on to answering.
        halt: an orderly shutdown; cutting the power takes none.
        detect: from a host's death to its being noticed.
        restore: from a host's repair to its answering.
        deliver: from the invocation of a command to its start on an instance.
    """

    boot: float = 2.0
    halt: float = 1.0
    detect: float = 1.0
    restore: float = 1.0
    deliver: float = 0.1

    def check(self) -> Timings:
        """The timings themselves.

        Raises:
            UsageError: one of them is no time.
        """
        for name, given in self._asdict().items():
            value: object = given
            if not (isinstance(value, int | float) and isfinite(value) and value >= 0):
                raise UsageError.expected(f"Timings({name})", value, "0 or more seconds of guest time")
        return self


_USUAL: Final = Timings()


class _Guest(NamedTuple):
    """A guest that boots, runs or halts: its host by region and number, and the epoch of what it was asked last."""

    machine: tuple[str, int]
    epoch: int
    halting: bool


class MemorySubstrate:
    """Guests as entries of a table.

    Args:
        clock: the region's clock; guest time is the same as control-plane time here.
        sink: where reports go.
        timings: how long things take.
        delays: of each report, the seconds after which it is delivered: none for a lost report, two for one delivered
            twice. Tests draw these to delay, reorder, duplicate and drop.
    """

    def __init__(
        self,
        clock: Clock,
        sink: Sink,
        timings: Timings | None = None,
        delays: Callable[[Report], Sequence[float]] | None = None,
    ) -> None:
        timings = _USUAL if timings is None else timings.check()
        self._clock, self._sink, self._delays = clock, sink, delays
        self._boot, self._halt = round(timings.boot * SECOND), round(timings.halt * SECOND)
        self._detect, self._restore = round(timings.detect * SECOND), round(timings.restore * SECOND)
        self._guests: dict[str, _Guest] = {}
        #: The same by host, in the order in which they came to it.
        self._on: defaultdict[tuple[str, int], dict[str, None]] = defaultdict(dict)
        #: Each host without power -> the instant at which the region notices.
        self._dead: dict[tuple[str, int], int] = {}
        #: Each host that is cut off but has power -> what nobody has heard of its guests.
        self._cut: dict[tuple[str, int], list[Report]] = {}
        #: What runs inside them.
        #: Milliseconds until a silent host is missed, until a repaired one is up, and until a guest is.
        self.lengths = (self._detect, self._restore, self._boot)
        self.guests = Guests(clock, self._guest_says, self._boot, self._halt, round(timings.deliver * SECOND))
        self.guests.reachable = self.services

    def apply(self, region: str, effects: Sequence[Effect]) -> None:
        """Begin to carry the effects out, in virtual time."""
        for effect in effects:
            if isinstance(effect, Boot):
                self._start(region, effect, self._boot, Booted)
            elif isinstance(effect, Halt):
                self._start(region, effect, 0 if effect.force else self._halt, Halted)
            elif isinstance(effect, Move):
                self._move(region, effect)
            elif isinstance(effect, Interrupt):
                self.crash_guest(effect.instance)
            elif isinstance(effect, Release):
                self._drop(effect.instance)
                self.guests.forget(effect.instance)
            elif isinstance(effect, RunScript | PutFile):
                self.guests.run(effect)
            elif isinstance(effect, CancelScript):
                self.guests.cancel(effect)
            elif isinstance(effect, EndScript):
                self.guests.end(effect)

    def _move(self, region: str, effect: Move) -> None:
        """Carry a guest to another host; of one that has died, which nobody knew, there was nothing to carry."""
        if effect.instance in self._guests:
            self._put(effect.instance, _Guest((region, effect.to), effect.epoch, halting=False))
            return
        self._clock.call_later(self._detect, lambda: self._report(region, GuestCrashed(effect.instance, effect.epoch)))

    def _put(self, instance: str, guest: _Guest) -> None:
        self._drop(instance)
        self._guests[instance] = guest
        self._on[guest.machine][instance] = None

    def _drop(self, instance: str) -> None:
        guest = self._guests.pop(instance, None)
        if guest is not None:
            del self._on[guest.machine][instance]

    def _start(self, region: str, effect: Boot | Halt, delay: int, outcome: type[Booted] | type[Halted]) -> None:
        """Let a guest boot or halt; nothing is heard of it if its host dies or it is asked for something newer."""
        instance, epoch = effect.instance, effect.epoch
        machine = (region, effect.host)
        self._put(instance, _Guest(machine, epoch, isinstance(effect, Halt)))
        if isinstance(effect, Halt) and machine in self._dead:
            # Its power went before it could shut down; the region hears of it no sooner than of the host.
            self._drop(instance)
            self._clock.call_at(self._dead[machine], lambda: self._report(region, Halted(instance, epoch)))
            return

        def ended() -> None:
            current = self._guests.get(instance)
            if current is None or current.epoch != epoch or current.machine in self._dead:
                return
            if isinstance(effect, Boot):
                self.guests.up(region, effect)
            else:
                self._drop(instance)
                self.guests.down(instance)
            self._from_host(current.machine, outcome(instance, epoch))

        self._clock.call_later(delay, ended)

    def _guest_says(self, region: str, report: Report) -> None:
        """Pass on what comes from inside; a guest that shut itself down is gone."""
        guest = None if isinstance(report, HostLost | HostBack) else self._guests.get(report.instance)
        # One that was asked for something newer meanwhile goes on with that: its report is of an earlier epoch.
        if isinstance(report, Halted) and guest is not None and guest.epoch == report.epoch:
            self._drop(report.instance)
        if guest is None:
            self._report(region, report)
        else:
            self._from_host(guest.machine, report)

    def _from_host(self, machine: tuple[str, int], report: Report) -> None:
        """Report what a host says of its guests; of one that is cut off, once it is heard again."""
        unheard = self._cut.get(machine)
        if unheard is None:
            self._report(machine[0], report)
        else:
            unheard.append(report)

    def _report(self, region: str, report: Report) -> None:
        if self._delays is None:
            self._sink(region, report)
            return
        for delay in self._delays(report):
            self._clock.call_later(round(delay * SECOND), lambda: self._sink(region, report))

    def crash(self, region: str, host: int, *, reversible: bool) -> None:
        """Take a host's power away: its guests are gone at once, the region notices after `detect`."""
        machine = (region, host)
        if machine in self._dead:
            return
        self._dead[machine] = self._clock.now + self._detect
        lost = {instance: self._guests[instance] for instance in self._on[machine]}
        for instance in lost:
            self._drop(instance)
            self.guests.down(instance)

        def noticed() -> None:
            self._report(region, HostLost(host, reversible))
            # What was shutting down has shut down: the model may wait for it to go on elsewhere.
            for instance, guest in lost.items():
                if guest.halting:
                    self._report(region, Halted(instance, guest.epoch))

        self._clock.call_later(self._detect, noticed)

    def hang(self, region: str, host: int) -> None:
        """Let everything on a host stand still, which from outside is as if it had no power."""
        self.crash(region, host, reversible=True)

    def wire(self, region: str, host: int, *, up: bool) -> None:
        """Cut a host's wire, or join it. One not heard of for `detect` loses its power: nothing runs in two places."""
        machine = (region, host)
        if up:
            for report in self._cut.pop(machine, ()):
                self._report(region, report)
            return
        if machine in self._cut or machine in self._dead:
            return
        unheard = self._cut[machine] = []

        def silent() -> None:
            if self._cut.get(machine) is unheard:
                del self._cut[machine]
                self.crash(region, host, reversible=True)

        self._clock.call_later(self._detect, silent)

    def crash_guest(self, instance: str) -> bool:
        """Crash the operating system of an instance, which is noticed after `detect`; False where none is up."""
        guest = self._guests.get(instance)
        if guest is None or guest.halting:
            return False
        self._drop(instance)
        self.guests.down(instance)
        report = GuestCrashed(instance, guest.epoch)
        self._clock.call_later(self._detect, lambda: self._from_host(guest.machine, report))
        return True

    def services(self, instance: str) -> dict[int, Answer] | None:
        """What serves in an instance, by port; None where nothing from outside reaches a system that is up."""
        guest = self._guests.get(instance)
        if guest is None or guest.halting or guest.machine in self._cut:
            return None
        return self.guests.services(instance)

    def repair(self, region: str, host: int) -> None:
        """Give a crashed host its power back: it answers after `restore`, but not before its loss is noticed."""
        machine = (region, host)
        noticed = self._dead.get(machine)
        if noticed is None:
            return

        def answers() -> None:
            # It may have been repaired twice, or crashed again since.
            if self._dead.get(machine) == noticed:
                del self._dead[machine]
                self._report(region, HostBack(host))

        self._clock.call_at(max(self._clock.now + self._restore, noticed), answers)

    def close(self) -> None:
        """Forget the guests."""
        self._guests.clear()
        self._on.clear()
