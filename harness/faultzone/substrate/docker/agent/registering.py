"""The options of `aliyun-service --register`, as the pages of DescribeManagedInstances have it."""

from __future__ import annotations

from typing import Final

#: What it takes, and whether a value follows.
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


def read_options(arguments: list[str]) -> dict[str, str] | None:
    """The options with their values, `true` for one that has none; None if they are not right."""
    options: dict[str, str] = {}
    rest = [part for each in arguments for part in each.split("=", 1)]
    while rest:
        option = rest.pop(0)
        if option not in _OPTIONS or option in options or (_OPTIONS[option] and not rest):
            return None
        options[option] = rest.pop(0) if _OPTIONS[option] else "true"
    return options if all(each in options for each in _NEEDED) else None
