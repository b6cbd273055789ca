"""What breaks the machines of a region on demand, and mends them."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Any

from faultzone.errors import HarnessError, NotSupported, UsageError
from faultzone.substrate.docker.links import Link, Message
from faultzone.substrate.docker.machines import CLOSE_SECONDS, Machine, Machines


class BreakableMachines(Machines):
    """Machines with the doors for what breaks them; from any thread."""

    # Power

    def crash(self, region: str, host: int, *, reversible: bool) -> None:
        """Take a host's power away: its wire first, then all that runs on it. The region notices by its silence."""
        self._break(region, host, "crash", reversible)

    def hang(self, region: str, host: int) -> None:
        """Let everything on a host stand still, its own word included."""
        self._break(region, host, "hang", True)

    def _break(self, region: str, host: int, operation: str, reversible: bool) -> None:
        key = (region, host)
        self._owed[key] = 0

        def act() -> None:
            machine = self._machine(region, host)
            if machine.down:
                if machine.noticed:
                    self._owed.pop(key, None)
                return
            machine.down, machine.noticed, machine.repaired, machine.reversible = True, False, False, reversible
            if machine.link is not None:
                machine.link.heard = monotonic()
                machine.link.send(operation)
            else:
                self.pool.board.later(self._detect, lambda: self._guarded(lambda: self._lose(machine)))

        self._post(act)

    def repair(self, region: str, host: int) -> None:
        """Give a host its power back: it answers at once, but not before its loss is noticed."""
        # Owed apart from the loss, which may only just be noticed: with that, nothing would be owed any more.
        self._owed["back", region, host] = 0

        def act() -> None:
            machine = self._machine(region, host)
            if not machine.down:
                self._owed.pop(("back", region, host), None)
            elif machine.noticed:
                self._return(machine)
            else:
                machine.repaired = True

        self._post(act)

    # The container, by the engine

    def pause(self, region: str, host: int, *, on: bool) -> None:
        """Let the engine freeze a host, or thaw it. One that is missed meanwhile loses its power.

        Raises:
            UsageError: it has no power to begin with.
            HarnessError: the engine refuses.
        """
        machine, link = self._container(region, host, needed=on)
        if link is None or on == machine.paused:
            return
        if on:
            self.pool.engine.pause(link.container)
            self._owed[region, host] = 0
            machine.paused = True
            return
        link.heard = monotonic()
        try:
            self.pool.engine.unpause(link.container)
        except HarnessError:
            if not machine.fenced and not machine.noticed:
                raise
            return  # It was missed just now, and the engine has killed it.
        machine.paused = False
        if not machine.fenced and not machine.noticed:
            self._owed.pop((region, host), None)

    def kill(self, region: str, host: int) -> None:
        """Let the engine kill a host; when it is repaired it gets another container.

        Raises:
            UsageError: it has no power to begin with.
            HarnessError: the engine refuses.
        """
        link = self._container(region, host, needed=True)[1]
        assert link is not None
        self._owed[region, host] = 0
        self.pool.engine.kill(link.container)

    def _container(self, region: str, host: int, *, needed: bool) -> tuple[Machine, Link | None]:
        """The machine and the connection to its container, which it is given if it is needed.

        Raises:
            UsageError: it is needed, and the machine has no power.
        """

        def find(answer: Callable[[Any], None]) -> None:
            machine = self._machine(region, host)
            if needed and not (machine.down or machine.gone):
                self._with_link(machine, lambda link: answer((machine, link)))
            else:
                answer((machine, None if machine.gone else machine.link))

        found: tuple[Machine, Link | None] = self._answer_to(find)
        if needed and (found[0].down or found[0].gone):
            raise self._powerless(region, host)
        return found

    def _powerless(self, region: str, host: int) -> UsageError:
        """What to say where a host is asked for something that needs power.

        Raises:
            HarnessError: it is the engine that is gone.
        """
        self.pool.engine.ping()
        return UsageError(f"host {host} of {region} has no power")

    # Wires, disks and memory, by the host's own agent

    def wire(self, region: str, host: int, *, up: bool) -> None:
        """Cut a host's wire to all others, or join it. Whoever holds the region's lock does not wait until it is so."""

        def done(said: Message) -> None:
            if "trouble" in said and not self._machine(region, host).gone:
                self.trouble = self.trouble or HarnessError(f"the wire of host {host} of {region}: {said['trouble']}")

        def act() -> None:
            machine = self._machine(region, host)
            if machine.gone or (machine.link is None and (up or machine.down)):
                return  # There is nothing that could be joined or cut.
            machine.cut = not up
            self._with_link(machine, lambda link: link.send("wire", done, up=up))

        self._post(act)

    def peers(self, region: str, one: int, other: int, *, up: bool) -> None:
        """Let two hosts hear one another no longer, or again."""
        found = [self._container(region, each, needed=not up) for each in (one, other)]
        if not up:
            for (machine, _), (peer, link) in (found, found[::-1]):
                assert link is not None
                machine.unheard[peer.index] = link.address
        for (machine, _), (peer, _) in (found, found[::-1]):
            address = machine.unheard.pop(peer.index, None) if up else machine.unheard[peer.index]
            if address is not None:
                self._ask(region, machine.index, "peer", mends=up, address=address, up=up)

    def slow(self, region: str, host: int, kilobits: int | None) -> None:
        """Let a host send no more than so many kilobits a second, or all it can.

        Raises:
            NotSupported: the kernel cannot.
        """
        self._ask(region, host, "slow", mends=kilobits is None, kilobits=kilobits)
        self._machine(region, host).slowed = kilobits

    def _mar(self, machine: Machine, link: Link) -> None:
        if machine.slowed is not None:
            link.send("slow", kilobits=machine.slowed)
        for index in list(machine.unheard):
            peer = self._machine(machine.region, index)
            if peer.link is not None and not peer.gone:
                machine.unheard[index] = peer.link.address
                link.send("peer", address=peer.link.address, up=False)
                peer.link.send("peer", address=peer.unheard[machine.index], up=True)
                peer.unheard[machine.index] = link.address
                peer.link.send("peer", address=link.address, up=False)

    def fill(self, region: str, host: int, *, full: bool) -> None:
        """Let the local disk of a host be full, or no longer.

        Raises:
            NotSupported: the kernel cannot.
        """
        self._ask(region, host, "disk", mends=not full, full=full)

    def condition(self, region: str, host: int) -> Message:
        """What the kernel of a host says of what can be broken here; nothing where it has no container."""
        return self._ask(region, host, "condition", mends=True)

    def _ask(self, region: str, host: int, operation: str, *, mends: bool, **arguments: Any) -> Message:
        """Let a host do something and wait until it has; a container that is not there needs no mending.

        Raises:
            UsageError: it is frozen by the engine, or has no power and no container.
            NotSupported: the kernel cannot do it.
            HarnessError: it could not be done.
        """

        def ask(answer: Callable[[Any], None]) -> None:
            machine = self._machine(region, host)
            if mends and (machine.gone or machine.link is None):
                answer({})
            elif machine.paused and not machine.gone:
                answer({"unable": f"host {host} of {region} is frozen"})
            elif machine.gone or (machine.down and machine.link is None):
                answer({"trouble": "no power"})
            else:
                self._with_link(machine, lambda link: link.send(operation, answer, **arguments))

        said: Message = self._answer_to(ask)
        if "unable" in said:
            raise UsageError(str(said["unable"]))
        if "refused" in said:
            raise NotSupported(str(said["refused"]))
        if "trouble" in said:
            machine = self._machine(region, host)
            if machine.link is not None and not machine.gone:
                raise HarnessError(f"host {host} of {region}: {said['trouble']}")
            if not mends:
                raise self._powerless(region, host)
            return {}  # It has gone meanwhile.
        return said

    def _answer_to(self, action: Callable[[Callable[[Any], None]], None]) -> Any:
        try:
            return self.pool.board.ask(action, CLOSE_SECONDS)
        except TimeoutError as late:
            self.check()  # It may be known why.
            raise HarnessError(f"a host does not answer: {late}") from late
