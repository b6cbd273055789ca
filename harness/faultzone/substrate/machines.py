"""How a machine outside the cloud registers: a scripted guest on no host, whose agent is heard of from then on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from faultzone.model.assistant.managed import Registering, RegistrationRefused
from faultzone.model.assistant.state import SystemOf
from faultzone.substrate.shell import NotUnderstood

if TYPE_CHECKING:
    from faultzone.substrate.guest import Guest
    from faultzone.substrate.process import Process

#: What `aliyun-service --register` takes, and whether a value follows.
_OPTIONS: Final = {
    "--register": False,
    "--RegionId": True,
    "--ActivationId": True,
    "--ActivationCode": True,
    "--InstanceName": True,
    "--MachineId": True,
    "--ForceReuse": False,
}
_NEEDED: Final = ("--register", "--RegionId", "--ActivationId", "--ActivationCode")


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
    given: dict[str, str] = {}
    rest = [part for each in arguments for part in each.split("=", 1)]
    while rest:
        option = rest.pop(0)
        if option not in _OPTIONS or option in given or (_OPTIONS[option] and not rest):
            raise NotUnderstood.of("aliyun-service", arguments)
        given[option] = rest.pop(0) if _OPTIONS[option] else "true"
    guest = process.guest
    if any(each not in given for each in _NEEDED) or guest.outside is None or process.user != "root":
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
