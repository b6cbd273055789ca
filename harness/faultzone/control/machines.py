"""The verbs of machines outside the cloud, which register as managed instances."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final

from faultzone.control.guests import memory_of
from faultzone.control.registry import Table, verb
from faultzone.control.targets import find_region
from faultzone.errors import UnknownTarget, UsageError

if TYPE_CHECKING:
    from faultzone.control.local import Local
    from faultzone.model.core.state import RegionState
    from faultzone.substrate.guest import Place

VERBS: Table = {}
#: From the blocks of addresses that documentation has.
_PRIVATE: Final = "192.168.{}.{}"
_PUBLIC: Final = "198.51.100.{}"


def place(region: RegionState, number: int, private_ip: str | None, public_ip: str | None, os_name: str) -> Place:
    """Where a machine is, by its number, and how its system is called.

    Raises:
        UsageError: an address is none.
    """
    from faultzone.substrate.guest import Place

    for name, text in (("private_ip", private_ip), ("public_ip", public_ip)):
        try:
            ip_address(text or "::")
        except ValueError:
            raise UsageError.expected(name, text, "an address, such as 192.168.0.7") from None
    return Place(
        f"machine-{number}",
        private_ip or _PRIVATE.format(number // 254, number % 254 + 1),
        public_ip or _PUBLIC.format(number % 254 + 1),
        os_name,
        region.world.hex_id("m").removeprefix("m-"),
    )


@verb(VERBS, "outside-machines")
def add_machine(
    backend: Local,
    *,
    host_name: str | None = None,
    os_name: str = "CentOS 7.6 64-bit",
    private_ip: str | None = None,
    public_ip: str | None = None,
    region: str | None = None,
) -> dict[str, Any]:
    """Add a machine outside the cloud, with an agent that has not registered; returns its ID and its addresses.

    `log-in` runs `aliyun-service --register` on it, or `register-machine` registers it.
    """
    guests, found = memory_of(backend).guests, find_region(backend, region)
    made = place(found, guests.machines + 1, private_ip, public_ip, os_name)
    system = "windows" if os_name.startswith("Windows") else "linux"
    guests.add_machine(found.id, made, host_name or made.id, system)
    return {"machine": made.id, "private_ip": made.private_ip, "public_ip": made.public_ip}


@verb(VERBS, "outside-machines")
def register_machine(
    backend: Local,
    *,
    machine: str,
    activation_id: str,
    activation_code: str,
    instance_name: str = "",
    machine_id: str = "",
    reuse: bool = False,
    region: str | None = None,
) -> dict[str, Any]:
    """Register a machine as a managed instance, as `aliyun-service --register` does on it; returns the ID `instance`.

    In place of the ID comes the `error` that refuses it: `unknown`, `wrong-code`, `disabled`, `expired`, `used-up`,
    `wrong-address`, `bad-name` or `registered`.
    """
    from faultzone.model.assistant.managed import RegistrationRefused
    from faultzone.substrate import machines

    guest = memory_of(backend).guests.guest(machine)
    if guest.outside is None:
        raise UnknownTarget.unknown("machine", machine, see="add-machine adds one")
    named = find_region(backend, region).id
    try:
        made = machines.register(guest, named, activation_id, activation_code, instance_name, machine_id, reuse)
    except RegistrationRefused as refused:
        return {"error": str(refused)}
    return {"instance": made}
