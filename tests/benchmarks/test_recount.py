"""A count that the model keeps wrongly is seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import pytest

from benchmarks.recount import wrong_counts
from faultzone import make_region
from faultzone.backends.local import LocalBackend
from faultzone.model.billing.ledger import books_of
from faultzone.model.core.free_disks import Disks, FreeDisk, id_of
from faultzone.model.core.state import AccountState, RegionState

Break = Callable[[RegionState, AccountState], object]


def _take(counts: dict[tuple[str, str], int]) -> None:
    counts[next(iter(counts))] -= 1


def _by_themselves(account: AccountState) -> dict[str, FreeDisk]:
    ids = [id_of(each, 0) for each in account.instances.values()]
    return {id: FreeDisk(id, 0, {}, "") for id in ids}


def _same_address(account: AccountState) -> None:
    one, *others = account.instances.values()
    for each in others:
        account.book.change(each, "private_ip", one.private_ip)


BREAKS: dict[str, Break] = {
    "vCPUs": lambda region, _: setattr(region.placement.hosts[0], "vcpus_free", 1),
    "has": lambda region, _: region.placement.hosts[-1].instances.add("i-1"),
    "are placed": lambda region, _: _take(region.placement.supply.placed),
    "carry": lambda region, account: region.placement.spread(account.id, 0).count.clear(),
    "levels": lambda region, account: region.placement.spread(account.id, 1).levels[0].clear(),
    "by the hour, not": lambda region, account: books_of(region).ledgers[account.id].metered.clear(),
    "costs": lambda region, account: setattr(books_of(region).ledgers[account.id], "rate", -1),
    "without charge": lambda region, account: books_of(region).ledgers[account.id].suspended.add("i-1"),
    "terms": lambda region, account: books_of(region).ledgers[account.id].terms.clear(),
    "addresses left": lambda _, account: setattr(account.default_vswitches[0].addresses, "left", 0),
    "more than once": lambda _, account: _same_address(account),
    "are found": lambda _, account: account.book.drop(next(iter(account.instances.values()))),
    "elsewhere": lambda _, account: account.part(Disks).attached.update({"d-1": "i-1"}),
    "ids": lambda _, account: account.part(Disks).free.update(_by_themselves(account)),
    "members": lambda _, account: next(iter(account.deployment_sets.values())).members.clear(),
}


@pytest.mark.parametrize("said", BREAKS)
def test_each_wrong_count_is_said(said: str) -> None:
    region = make_region(zones=2)
    group = region.create_deployment_set()
    region.run_instances(2, DeploymentSetId=group.id)
    region.run_instances(1, InstanceChargeType="PrePaid", Period=1)
    backend = cast("LocalBackend", region.backend)
    state = backend.cloud.regions[region.id]
    assert [*wrong_counts(state)] == []
    (account,) = state.accounts.values()
    BREAKS[said](state, account)
    assert said in "\n".join(wrong_counts(state))
