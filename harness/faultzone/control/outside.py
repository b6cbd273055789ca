"""The verbs of machines outside the cloud where instances are real: process trees that belong to no host of the region.

None has the lock of the backend: nobody may wait for a host under it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faultzone.control.machines import place
from faultzone.control.registry import Table, verb
from faultzone.control.targets import find_region
from faultzone.errors import NotSupported, UsageError
from faultzone.model.core.effects import Boot

if TYPE_CHECKING:
    from faultzone.control.local import Containers

VERBS: Table = {}


@verb(VERBS, "outside-machines", takes_lock=True)
def add_machine(
    backend: Containers,
    *,
    host_name: str | None = None,
    os_name: str = "CentOS 7.6 64-bit",
    private_ip: str | None = None,
    public_ip: str | None = None,
    region: str | None = None,
) -> dict[str, Any]:
    """Add a machine outside the cloud, with an agent that has not registered; returns its ID and its addresses.

    `aliyun-service --register` on it registers it, or `register-machine`.
    """
    if os_name.startswith("Windows"):
        raise NotSupported(f"os_name={os_name!r}: machines run Linux here")
    outside = backend.substrate.outside(backend.register_machine)
    with backend.locked():
        found = find_region(backend, region)
        made = place(found, outside.count + 1, private_ip, public_ip, os_name)
    if ":" in made.private_ip:
        raise UsageError.expected("private_ip", private_ip, "an IPv4 address: machines have no others here")
    boot = Boot(made.id, 0, 0, None, host_name or made.id, address=made.private_ip, os_name=os_name)
    backend.substrate.run(outside.add(found.id, boot, made.public_ip, made.machine))
    return {"machine": made.id, "private_ip": made.private_ip, "public_ip": made.public_ip}


@verb(VERBS, "outside-machines", takes_lock=True)
def register_machine(
    backend: Containers,
    *,
    machine: str,
    activation_id: str,
    activation_code: str,
    instance_name: str = "",
    machine_id: str = "",
    reuse: bool = False,
    region: str | None = None,
) -> dict[str, Any]:
    """Register a machine as a managed instance, by `aliyun-service --register` on it; returns the ID `instance`.

    In place of the ID comes the `error` that refuses it.
    """
    outside = backend.substrate.outside(backend.register_machine)
    with backend.locked():
        named = find_region(backend, region).id
    options = {
        "RegionId": named,
        "ActivationId": activation_id,
        "ActivationCode": activation_code,
        "InstanceName": instance_name,
        "MachineId": machine_id,
    }
    return backend.substrate.run(outside.register(machine, options, reuse=reuse))
