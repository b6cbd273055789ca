"""The temporary keys of the roles of instances, which the metadata service gives and the endpoint takes.

There is no RAM here: a key may do what its account may.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from faultzone.clock import HOUR

if TYPE_CHECKING:
    from faultzone.model.core.state import AccountState, Instance, RegionState

#: How long a key is good.
LASTS: Final = 6 * HOUR


class RoleKey(NamedTuple):
    """A temporary key of an account.

    Attributes:
        role: whose it is.
        made: the region time at which it was given first.
        ends: the region time from which on it is not taken.
    """

    id: str
    secret: str
    token: str
    account: str
    role: str
    made: int
    ends: int


class RoleKeys:
    """The keys of the instances of one region: the latest of each, and all that are good or ended lately, the oldest
    first."""

    def __init__(self) -> None:
        self.latest: dict[str, RoleKey] = {}
        self.by_id: dict[str, RoleKey] = {}


def of(region: RegionState, account: AccountState, instance: Instance, role: str) -> RoleKey:
    """The key of an instance's role: the one that it has, as long as that is good (instance/role-credentials)."""
    keys, now = region.part(RoleKeys), region.clock.now
    key = keys.latest.get(instance.id)
    if key is not None and key.role == role and region.rules.role_key_is_kept(now, key.ends):
        return key
    while keys.by_id and (oldest := next(iter(keys.by_id.values()))).ends + LASTS <= now:
        del keys.by_id[oldest.id]  # Nobody needs to hear any more that it has ended.
    number = f"{instance.id}/{role}/{now}"
    secret, token = (region.world.sign(what, number) for what in ("role secret", "role token"))
    key_id = f"STS.{region.world.sign('role key', number)[:24]}"
    made = RoleKey(key_id, secret, token, account.id, role, now, now + LASTS)
    keys.latest[instance.id] = keys.by_id[made.id] = made
    return made


def find(region: RegionState, access_key_id: str) -> RoleKey | None:
    """The key of this id that was given to an instance here, ended or not; None where there is none."""
    keys = region.kept(RoleKeys)
    return None if keys is None else keys.by_id.get(access_key_id)
