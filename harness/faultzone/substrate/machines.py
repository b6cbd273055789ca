"""How a machine outside the cloud registers: a scripted guest on no host, whose agent is heard of from then on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faultzone.model.assistant.managed import Registering, RegistrationRefused
from faultzone.model.assistant.state import SystemOf
from faultzone.substrate.docker.agent.registering import read_options
from faultzone.substrate.shell import NotUnderstood

if TYPE_CHECKING:
    from faultzone.substrate.guest import Guest
    from faultzone.substrate.process import Process


def register(guest: Guest, region: str, activation: str, code: str, name: str, machine: str, reuse: bool) -> str:
    """Register a machine; its id as a managed instance.

    Raises:
        RegistrationRefused: its text says why; nothing has changed.
    """
    place = guest.outside
    assert place is not None
    if guest.id != place.id:
        raise RegistrationRefused("registered")
    image = SystemOf(guest.system.kind, place.os_name)
    told = machine or place.machine
    asked = Registering(activation, code, image, guest.host_name, place.private_ip, place.public_ip, name, told, reuse)
    made = guest.world.register(region, asked)
    guest.world.know_as(made, guest)
    guest.id, guest.region = made, region
    guest.tell_agent()
    return guest.id


def aliyun_service(process: Process, arguments: list[str]) -> int:
    """`aliyun-service --register`, as the pages of DescribeManagedInstances have it (assistant/register-by-program)."""
    given, guest = read_options(arguments), process.guest
    if given is None or guest.outside is None or process.user != "root":
        raise NotUnderstood.of("aliyun-service", arguments)
    if not guest.agent.installed:
        process.write("bash: aliyun-service: command not found\n")
        return 127
    try:
        made = register(
            guest,
            given["--RegionId"],
            given["--ActivationId"],
            given["--ActivationCode"],
            given.get("--InstanceName", ""),
            given.get("--MachineId", ""),
            "--ForceReuse" in given,
        )
    except RegistrationRefused as refused:
        process.write(f"register failed: {refused}\n")
        return 1
    process.write(f"register ok: {made}\n")
    return 0
