"""The temporary keys of roles, which the metadata service and STS give and the endpoint takes.

Nobody's rights are looked at here: a key may do what its account may.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from faultzone.clock import HOUR, SECOND

if TYPE_CHECKING:
    from collections.abc import Iterable

    from faultzone.model.core.state import AccountState, Instance, RegionState

#: How long a key is good.
LASTS: Final = 6 * HOUR


class RoleKey(NamedTuple):
    """A temporary key of an account.

    Attributes:
        role: whose it is.
        session: what the role's caller is called in it.
        made: the region time at which it was given first.
        ends: the region time from which on it is not taken.
    """

    id: str
    secret: str
    token: str
    account: str
    role: str
    session: str
    made: int
    ends: int


class RoleKeys:
    """The keys that were given in one region: the latest of each instance, and all that are good or ended lately, the
    oldest first."""

    def __init__(self) -> None:
        self.latest: dict[str, RoleKey] = {}
        self.by_id: dict[str, RoleKey] = {}


def of(region: RegionState, account: AccountState, instance: Instance, role: str) -> RoleKey:
    """The key of an instance's role: the one that it has, as long as that is good (instance/role-credentials)."""
    keys, now = region.part(RoleKeys), region.clock.now
    key = keys.latest.get(instance.id)
    if key is not None and key.role == role and region.rules.role_key_is_kept(now, key.ends):
        return key
    made = _make(region, f"{instance.id}/{role}/{now}", account.id, role, f"vm-ram-{instance.id}", LASTS)
    keys.latest[instance.id] = made
    return made


def assume(region: RegionState, account: str, role: str, session: str, seconds: int) -> RoleKey:
    """A new key of a role of an account (product/assume-role)."""
    return _make(region, region.world.uuid("role session"), account, role, session, seconds * SECOND)


def _make(region: RegionState, number: str, account: str, role: str, session: str, lasts: int) -> RoleKey:
    keys, now = region.part(RoleKeys), region.clock.now
    while keys.by_id and (oldest := next(iter(keys.by_id.values()))).ends + LASTS <= now:
        del keys.by_id[oldest.id]  # Nobody needs to hear any more that it has ended.
    secret, token = (region.world.sign(what, number) for what in ("role secret", "role token"))
    key_id = f"STS.{region.world.sign('role key', number)[:24]}"
    keys.by_id[key_id] = made = RoleKey(key_id, secret, token, account, role, session, now, now + lasts)
    return made


def find(regions: Iterable[RegionState], access_key_id: str) -> RoleKey | None:
    """The key of this id that was given in one of these regions, ended or not; None where there is none."""
    held = (region.kept(RoleKeys) for region in regions)
    return next((keys.by_id[access_key_id] for keys in held if keys is not None and access_key_id in keys.by_id), None)
