"""Machines outside the cloud: process trees on no host of the region, which register as managed instances.

All of it is on the loop's thread.
"""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final
from weakref import WeakMethod

from faultzone.errors import UnknownTarget, UsageError
from faultzone.model.assistant.managed import Registering, RegistrationRefused
from faultzone.model.assistant.state import SystemOf
from faultzone.model.core.effects import Boot
from faultzone.substrate.docker.guests import AGENT_SECONDS, Guest, Guests
from faultzone.substrate.docker.machines import OUTSIDE

_POLL_SECONDS: Final = 0.005
_REGISTER_SECONDS: Final = 15.0
#: What `aliyun-service --register` says before the id of the managed instance, and before why there is none.
_DONE, _REFUSED = "register ok: ", "register failed: "
#: What a machine says of itself in texts.
_SAID: Final = ("activationId", "activationCode", "regionId", "instanceName", "machineId", "hostname")


class OutsideMachines:
    """The machines outside the cloud.

    Args:
        guests: where they run.
        register: registers one with a region, from any thread, and gives the id of its managed instance; it is held
            weakly.
    """

    def __init__(self, guests: Guests, register: Callable[[str, Registering], str]) -> None:
        self._guests, self._register = guests, WeakMethod(register)
        #: The machines by their ids, each with what its hardware tells it from others by.
        self._hardware: dict[str, str] = {}
        self._addresses: set[str] = set()

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._hardware)

    async def add(self, region: str, boot: Boot, public: str, hardware: str) -> None:
        """Start a machine.

        Args:
            region: the region that it is nearest to.
            boot: what it is: its id, host name, address and system.
            public: the address by which it is seen.
            hardware: what tells it from others.

        Raises:
            UsageError: another machine has its address.
            HarnessError: it does not start.
        """
        if boot.address in self._addresses:
            raise UsageError.expected("private_ip", boot.address, "an address that no other machine has")
        network = f"outside-{region}"
        self._addresses.add(boot.address)
        self._hardware[boot.instance] = hardware
        await self._guests.add_machine(region, boot._replace(host=OUTSIDE, network=network), public, self._take)

    def _take(self, guest: Guest, said: dict[str, Any]) -> dict[str, Any]:
        """Take in what a machine says to register."""
        boot = guest.boot
        texts = {name: value if isinstance(value := said.get(name), str) else "" for name in _SAID}
        asked = Registering(
            texts["activationId"],
            texts["activationCode"],
            SystemOf("linux", boot.os_name),
            texts["hostname"] or boot.host_name,
            boot.address,
            guest.public or "",
            texts["instanceName"],
            texts["machineId"] or self._hardware[boot.instance],
            said.get("forceReuse") is True,
        )
        register = self._register()
        try:
            if guest.managed or register is None:
                raise RegistrationRefused("registered")
            made = register(texts["regionId"], asked)
        except RegistrationRefused as refused:
            return {"code": 400, "errCode": str(refused)}
        self._guests.enlist(guest, texts["regionId"], made)
        return {"code": 200, "instanceId": made}

    async def register(self, machine: str, options: dict[str, str], *, reuse: bool) -> dict[str, Any]:
        """Let a machine register by the program of its agent; it returns once the agent serves.

        Args:
            machine: its id.
            options: of the program, each with its value; those without are left out.
            reuse: whether it keeps its id.

        Returns:
            The id `instance`, or the `error` that refuses it.

        Raises:
            UnknownTarget: there is no such machine.
            HarnessError: it does not run.
        """
        if machine not in self._hardware:
            raise UnknownTarget.unknown("machine", machine, see="add-machine adds one")
        words = ["aliyun-service", "--register", *(f"--{name}={value}" for name, value in options.items() if value)]
        script = shlex.join([*words, "--ForceReuse"] if reuse else words)
        said = await self._guests.execute(machine, script, _REGISTER_SECONDS)
        output: str = said["output"].strip()
        if not output.startswith(_DONE):
            return {"error": output.removeprefix(_REFUSED)}
        made = output.removeprefix(_DONE)
        with suppress(TimeoutError):
            async with asyncio.timeout(AGENT_SECONDS):
                while (guest := self._guests.get(made)) is not None and guest.server.serves is None:
                    await asyncio.sleep(_POLL_SECONDS)
        return {"instance": made}
