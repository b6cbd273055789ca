"""The elastic addresses of an account: each is by itself, or of an instance, which is told of it among its options."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from faultzone.model.core.addresses import dotted
from faultzone.model.core.index import either

if TYPE_CHECKING:
    from faultzone.model.core.state import AccountState, Instance, RegionState

AVAILABLE: Final = "Available"
ASSOCIATING: Final = "Associating"
IN_USE: Final = "InUse"
UNASSOCIATING: Final = "Unassociating"


class Eip:
    """An elastic address.

    Attributes:
        bandwidth: in Mbit/s.
        isp: the line to the internet that it is of.
        instance: the instance that has it; empty for none.
    """

    __slots__ = (
        "address", "bandwidth", "charge_type", "created", "description", "group", "id", "instance", "isp", "name",
        "status", "tags",
    )  # fmt: skip

    def __init__(self, id: str, address: int, bandwidth: int, charge_type: str, isp: str, created: int) -> None:
        self.id, self.address, self.bandwidth, self.charge_type, self.isp, self.created = (
            id, address, bandwidth, charge_type, isp, created,
        )  # fmt: skip
        self.status, self.instance, self.name, self.description, self.group = AVAILABLE, "", "", "", ""
        self.tags: dict[str, str] = {}


class Eips(dict[str, Eip]):
    """The elastic addresses of an account by id, oldest first."""


def eip_of(account: AccountState, instance: Instance) -> Eip | None:
    """The elastic address of an instance."""
    return account.part(Eips).get(instance.options.eip)


def leave(region: RegionState, account: AccountState, instance: Instance) -> None:
    """Take its elastic address from an instance that ends; the address stays (product/eip-kept)."""
    eip = eip_of(account, instance)
    if eip is not None:
        eip.instance, eip.status = "", AVAILABLE


def having(account: AccountState, addresses: Iterable[str]) -> Mapping[int, int]:
    """The rows of the instances that have one of these elastic addresses."""
    asked = {*addresses}
    ids = [each.id for each in account.part(Eips).values() if each.instance and dotted(each.address) in asked]
    return either(account.book.rows("elastic address", id) for id in ids)
