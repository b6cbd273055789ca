"""The Cloud Assistant agents of the instances of a region, as the region sees to them: what they are given, and whether
they serve. All of it is on the loop's thread."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

from faultzone.api.ecs.assistant import SYSTEM_OF
from faultzone.errors import HarnessError, NotSupported, UnknownTarget
from faultzone.model.core.effects import CancelScript, EndScript, PutFile, RunRefused, RunScript
from faultzone.substrate.docker.guests import AGENT_SECONDS, ANSWER_SECONDS, Guests
from faultzone.substrate.docker.link import HostError
from faultzone.substrate.docker.machines import Machines
from faultzone.substrate.docker.owed import Owed, Run

_POLL_SECONDS: Final = 0.005


class Agents:
    """The agents.

    Args:
        guests: the instances.
        machines: what they are on.
        owed: what hosts owe.
    """

    def __init__(self, guests: Guests, machines: Machines, owed: Owed) -> None:
        self._guests, self._machines, self._owed = guests, machines, owed

    def run(self, effect: RunScript) -> None:
        """Give the agent of an instance a script.

        Raises:
            NotSupported: no instance here could run it.
        """
        guest = self._guests.get(effect.instance)
        if guest is not None and SYSTEM_OF[effect.kind] != guest.boot.system:
            self._owed.pay(Run(effect.instance, effect.run))
            report = RunRefused(effect.instance, effect.epoch, effect.run, "wrong-system", "")
            self._machines.report(guest.machine.region, report)
        elif effect.kind != "RunShellScript":
            self._owed.pay(Run(effect.instance, effect.run))
            raise NotSupported(f"instances run Linux here, so no {effect.kind}")
        elif self._machines.session.agent != "own" and (effect.launcher or effect.termination):
            self._owed.pay(Run(effect.instance, effect.run))
            why = "a genuine client is the agent of instances here, so no Launcher and TerminationMode"
            raise NotSupported(f"{why}; leave out --faultzone-docker-agent")
        else:
            self.deliver(effect)

    def deliver(self, effect: RunScript | PutFile) -> None:
        """Give the agent of an instance something to do. Where none serves, the region notices that nothing begins."""
        run = Run(effect.instance, effect.run)
        guest = self._guests.get(effect.instance)
        if guest is None or guest.epoch != effect.epoch or not guest.agent or guest.machine.down:
            self._owed.pay(run)
            return
        # It may have been given up when what was there before was forgotten: an instance that moved, for one.
        self._owed.add(run, effect.epoch)
        guest.server.give(effect)
        # One that is just booting fetches it once its agent serves.
        if guest.hung or (guest.up and not guest.rising and guest.server.serves is None):
            self._owed.pay(run)

    def end(self, effect: EndScript) -> None:
        """Let the agent of an instance end what it has begun."""
        guest = self._guests.get(effect.instance)
        if guest is not None and guest.epoch == effect.epoch:
            guest.server.end(effect.run)

    def cancel(self, effect: CancelScript) -> None:
        """Let the agent of an instance not begin what it was given."""
        guest = self._guests.get(effect.instance)
        if guest is not None:
            guest.server.cancel(effect.run)
            self._owed.pay(Run(effect.instance, effect.run))

    # As a fault, and to look at

    def make_old(self, instance: str, version: str) -> None:
        """Take the agent of an instance to be of an old version; of the newest if that is empty.

        Raises:
            UsageError: it has no agent.
        """
        guest = self._guests.get(instance)
        if guest is None or not guest.agent:
            raise UnknownTarget(f"{instance} has no agent, or is not there any more")
        self._guests.be_old(guest, version)

    async def set(self, instance: str, state: str) -> None:
        """Let the agent of an instance run, be dead or stand still: `running`, `stopped`, `hung`.

        It returns once the region knows whether the agent serves; one that stands still seems to.

        Raises:
            UsageError: it has no agent.
            HarnessError: the agent does not do as it is told.
        """
        guest = self._guests.get(instance)
        if guest is None or not guest.agent:
            raise UnknownTarget(f"{instance} has no agent, or is not there any more")
        guest.hung = state == "hung"
        if guest.hung:
            self._owed.forget_runs(instance)
        elif state == "running" and guest.up and not guest.machine.down:
            # What was given to it meanwhile, it takes up now.
            for run in guest.server.waiting:
                self._owed.add(Run(guest.known, run), guest.epoch)
        if guest.up and guest.machine.link is not None and not guest.machine.down:
            message = {"op": "agent", "state": state}
            with suppress(HostError, TimeoutError):  # What is wrong with its host, the region notices.
                async with asyncio.timeout(ANSWER_SECONDS):
                    await guest.machine.link.ask("guest", instance=guest.instance, epoch=guest.epoch, message=message)
        if guest.hung:
            return
        try:
            async with asyncio.timeout(AGENT_SECONDS):
                while self._lags(instance, serves=state == "running"):
                    await asyncio.sleep(_POLL_SECONDS)
        except TimeoutError:
            self._owed.forget_runs(guest.known)
            raise HarnessError(
                f"the agent of {instance} should be {state}, and is not after {AGENT_SECONDS:g} s"
            ) from None

    def _lags(self, instance: str, *, serves: bool) -> bool:
        up, version = self.look(instance)
        return up and (version is not None) != serves

    def look(self, instance: str) -> tuple[bool, str | None]:
        """Whether an instance is up, and the version of its agent; None where that does not serve."""
        guest = self._guests.get(instance)
        return (False, None) if guest is None else (guest.up and not guest.machine.down, guest.server.serves)
