"""Moves of instances between deployment sets."""

from __future__ import annotations

from faultzone import make_region


def test_a_forced_move_shuts_its_instance_down_in_order() -> None:
    region = make_region(zones=1, hosts_per_zone=2)
    group = region.create_deployment_set()
    (member,) = region.run_instances(deployment_set=group)
    others = region.run_instances(2)
    beside = next(each for each in others if each.host == member.host)
    before = beside.host
    group.add(beside, force=True)
    (halt,) = region.journal.of("effect", effect="Halt", instance=beside.id)
    assert halt.data["force"] is False
    assert beside.wait_until("Running").host != before
