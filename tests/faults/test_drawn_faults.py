"""Whatever breaks, in whatever order: what was promised is so at the end, and no checker is violated."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultzone import UsageError, make_region
from faultzone.checkers import demand
from faultzone.faults.strategies import faults


@pytest.mark.slow
@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.data())
def test_drawn_faults_are_mended_and_break_no_invariant(data: st.DataObject) -> None:
    region = make_region(zones=2, hosts_per_zone=3)
    instances = region.run_instances(3, deployment_set=region.create_deployment_set())
    balance = region.account_balance
    drawn = data.draw(st.lists(st.tuples(faults(region), st.sampled_from(("0s", "1s", "5m", "2h"))), max_size=5))
    for fault, pause in drawn:
        with suppress(UsageError):
            region.chaos.inject(fault)
        region.clock.advance(pause)
    region.chaos.undo_all()
    region.clock.advance("2d")
    crashes = region.journal.of("fault", fault="HostCrash")  # Where a host was described, they have its ID.
    lost = {entry.data["host"] for entry in crashes if not entry.data["reversible"]}
    assert {each["host"] for each in region.hosts if each["state"] != "up"} <= lost
    # What arrears have stopped and locked waits for its owner; a lock for a violation is the provider's to take off.
    assert all("security" not in each.lock_reasons for each in instances)
    assert region.account_balance == balance
    assert {each.status for each in instances} <= {"Running", "Stopped"} or lost
    region.close()
    demand(region.journal)
