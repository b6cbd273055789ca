"""What breaks the machines of a region on demand, and mends them. All of it is on the loop's thread, but for the first
part, which any thread may call."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Any

from faultzone.errors import HarnessError, UsageError
from faultzone.substrate.docker.link import HostError, Link, Message
from faultzone.substrate.docker.loop import Tasks
from faultzone.substrate.docker.machines import Machine, Machines
from faultzone.substrate.docker.owed import Loss, Owed, Return


class Faults:
    """The faults of machines.

    Args:
        machines: the machines.
        tasks: owns what goes on here.
        owed: what hosts owe.
    """

    def __init__(self, machines: Machines, tasks: Tasks, owed: Owed) -> None:
        self._machines, self._tasks, self._owed = machines, tasks, owed
        self._pool, self._engine = machines.session.pool, machines.session.engine

    # Power and wires: whoever holds the region's lock does not wait until it is so

    def crash(self, region: str, host: int, *, reversible: bool) -> None:
        """Take a host's power away: its wire first, then all that runs on it. The region notices by its silence."""
        self._owed.add(Loss(region, host))
        self._tasks.post(self._break, region, host, "crash", reversible)

    def hang(self, region: str, host: int) -> None:
        """Let everything on a host stand still, its own word included."""
        self._owed.add(Loss(region, host))
        self._tasks.post(self._break, region, host, "hang", True)

    async def _break(self, region: str, host: int, operation: str, reversible: bool) -> None:
        machine = self._machines.at(region, host)
        if machine.down:
            if machine.noticed:
                self._owed.pay(Loss(region, host))
            return
        machine.down, machine.noticed, machine.repaired, machine.reversible = True, False, False, reversible
        if machine.link is not None:
            machine.link.heard = monotonic()
            machine.link.send(operation)
        else:
            await self._machines.lose(machine, after=self._machines.detect)

    def repair(self, region: str, host: int) -> None:
        """Give a host its power back: it answers at once, but not before its loss is noticed."""
        self._owed.add(Return(region, host))
        self._tasks.post(self._repair, region, host)

    async def _repair(self, region: str, host: int) -> None:
        machine = self._machines.at(region, host)
        if not machine.down:
            self._owed.pay(Return(region, host))
        elif machine.noticed:
            await self._machines.bring_back(machine)
        else:
            machine.repaired = True

    def wire(self, region: str, host: int, *, up: bool) -> None:
        """Cut a host's wire to all others, or join it."""
        self._tasks.post(self._wire, region, host, up)

    async def _wire(self, region: str, host: int, up: bool) -> None:
        machine = self._machines.at(region, host)
        if machine.gone or (machine.link is None and machine.down):
            return  # There is nothing that could be joined or cut.
        machine.cut = not up
        if machine.link is None and up:
            return
        link = await self._machines.link_of(machine)
        try:
            # While it was given a container, it may have been joined again.
            await link.ask("wire", up=not machine.cut)
        except HostError as error:
            if not machine.gone:
                raise HarnessError(f"the wire of host {host} of {region}: {error}") from None

    # The container, by the engine

    async def pause(self, region: str, host: int, *, on: bool) -> None:
        """Let the engine freeze a host, or thaw it. One that is missed meanwhile loses its power.

        Raises:
            UsageError: it has no power to begin with.
            HarnessError: the engine refuses.
        """
        machine = self._machines.at(region, host)
        link = await self._container(machine, needed=on)
        if link is None or on == machine.paused:
            return
        if on:
            await asyncio.to_thread(self._engine.pause, link.container)
            self._owed.add(Loss(region, host))
            machine.paused = True
            return
        link.heard = monotonic()
        try:
            await asyncio.to_thread(self._engine.unpause, link.container)
        except HarnessError:
            if not machine.fenced and not machine.noticed:
                raise
            return  # It was missed just now, and the engine has killed it.
        machine.paused = False
        if not machine.fenced and not machine.noticed:
            self._owed.pay(Loss(region, host))

    async def kill(self, region: str, host: int) -> None:
        """Let the engine kill a host; when it is repaired it gets another container.

        Raises:
            UsageError: it has no power to begin with.
            HarnessError: the engine refuses.
        """
        link = await self._container(self._machines.at(region, host), needed=True)
        assert link is not None
        self._owed.add(Loss(region, host))
        await asyncio.to_thread(self._engine.kill, link.container)

    async def _container(self, machine: Machine, *, needed: bool) -> Link | None:
        """The connection to a machine's container, which it is given if it is needed.

        Raises:
            UsageError: it is needed, and the machine has no power.
        """
        if not needed:
            return None if machine.gone else machine.link
        link = None if machine.down or machine.gone else await self._machines.link_of(machine)
        if machine.down or machine.gone:
            raise await self._powerless(machine)
        return link

    async def _powerless(self, machine: Machine) -> UsageError:
        """What to say where a host is asked for something that needs power.

        Raises:
            HarnessError: it is the engine that is gone.
        """
        await asyncio.to_thread(self._engine.ping)
        return UsageError(f"host {machine.index} of {machine.region} has no power: undo its faults first")

    # Networks, disks and memory, by the host's own agent

    async def peers(self, region: str, one: int, other: int, *, up: bool) -> None:
        """Let two hosts hear one another no longer, or again."""
        pair = [self._machines.at(region, each) for each in (one, other)]
        found = [(machine, await self._container(machine, needed=not up)) for machine in pair]
        if not up:
            for (machine, _), (peer, link) in (found, found[::-1]):
                assert link is not None
                machine.unheard[peer.index] = link.address
        for (machine, _), (peer, _) in (found, found[::-1]):
            address = machine.unheard.pop(peer.index, None) if up else machine.unheard[peer.index]
            if address is not None:
                await self.ask(region, machine.index, "peer", mends=up, address=address, up=up)

    async def slow(self, region: str, host: int, kilobits: int | None) -> None:
        """Let a host send no more than so many kilobits a second, or all it can.

        Raises:
            NotSupported: the kernel cannot.
        """
        await self.ask(region, host, "slow", mends=kilobits is None, kilobits=kilobits)
        self._machines.at(region, host).slowed = kilobits

    def bring(self, machine: Machine, link: Link) -> None:
        """Bring what is in force on a machine to a container that it has just got."""
        if machine.slowed is not None:
            link.send("slow", kilobits=machine.slowed)
        for index in list(machine.unheard):
            peer = self._machines.at(machine.region, index)
            if peer.link is not None and not peer.gone:
                machine.unheard[index] = peer.link.address
                link.send("peer", address=peer.link.address, up=False)
                peer.link.send("peer", address=peer.unheard[machine.index], up=True)
                peer.unheard[machine.index] = link.address
                peer.link.send("peer", address=link.address, up=False)

    async def fill(self, region: str, host: int, *, full: bool) -> None:
        """Let the local disk of a host be full, or no longer.

        Raises:
            NotSupported: the kernel cannot.
        """
        await self.ask(region, host, "disk", mends=not full, full=full)

    async def condition(self, region: str, host: int) -> Message:
        """What the kernel of a host says of what can be broken here; nothing where it has no container."""
        return await self.ask(region, host, "condition", mends=True)

    async def ask(self, region: str, host: int, operation: str, *, mends: bool, **arguments: Any) -> Message:
        """Let a host do something and wait until it has; a container that is not there needs no mending.

        Raises:
            UsageError: it is frozen by the engine, or has no power and no container.
            NotSupported: the kernel cannot do it.
            HarnessError: it could not be done.
        """
        machine = self._machines.at(region, host)
        if mends and (machine.gone or machine.link is None):
            return {}
        if machine.paused and not machine.gone:
            raise UsageError(f"host {host} of {region} is frozen: undo that fault first")
        if machine.gone or (machine.down and machine.link is None):
            raise await self._powerless(machine)
        link = await self._machines.link_of(machine)
        try:
            return await link.ask(operation, **arguments)
        except HostError as error:
            if machine.link is not None and not machine.gone:
                raise HarnessError(f"host {host} of {region}: {error}") from None
            if not mends:
                raise await self._powerless(machine) from None
            return {}  # It has gone meanwhile.
