"""What fails together over hosts that are real, and what callers of the API see of them that is old or has slipped."""

from __future__ import annotations

import pytest

from faultzone import Client, RackOutage, SwitchOutage
from faultzone.region import Instance, Region
from tests.docker.conftest import MakeRegion
from tests.docker.test_instances import answers, hears, lose, soon

pytestmark = [pytest.mark.docker, pytest.mark.slow]


def apart(region: Region, count: int) -> list[Instance]:
    """Instances that have a host each; of four hosts, two share a rack, and of eight, four share a switch."""
    return list(region.run_instances(count, deployment_set=region.create_deployment_set()))


def test_the_hosts_of_a_rack_lose_their_power_together(real: Region) -> None:
    web = apart(real, 4)
    rack = str(web[0].rack)
    dark, others = [each for each in web if each.rack == rack], [each for each in web if each.rack != rack]
    assert (len(dark), len(others)) == (2, 2)
    with real.chaos.inject(RackOutage(rack)):
        assert not any(answers(each) for each in dark)
        assert all(answers(each) for each in others)
        for each in dark:
            lose(real, each)
    real.chaos.undo_all()
    real.wait(lambda: {each.status for each in web} == {"Running"}, "10m", what="all of them Running")
    assert all(answers(each) for each in web)
    assert hears(web[0], web[3])


def test_the_hosts_behind_a_switch_are_cut_off_together_and_joined(make: MakeRegion) -> None:
    region = make(zones=1, hosts_per_zone=4, hosts_per_rack=1, racks_per_switch=2)
    web = apart(region, 4)
    switch = str(web[0].switch)
    behind, others = [each for each in web if each.switch == switch], [each for each in web if each.switch != switch]
    assert (len(behind), len(others)) == (2, 2)
    with region.chaos.inject(SwitchOutage(switch)):
        wires = {each: region.control("host-condition", host=each.host)["wire"] for each in web}
        assert {wires[each] for each in behind} == {"down"}
        assert {wires[each] for each in others} == {"up"}
        assert not hears(others[0], behind[0])
        assert hears(others[0], others[1])
        assert all(answers(each) for each in behind)  # A console is no wire.
    region.chaos.undo_all()
    soon(lambda: hears(others[0], behind[0]))
    assert {each["state"] for each in region.hosts} == {"up"}
    assert {each.status for each in web} == {"Running"}


def test_callers_see_what_was_and_pages_that_have_slipped(real: Region) -> None:
    ecs, web = Client(real), real.run_instances(2)

    def shown() -> dict[str, str]:
        return {each["InstanceId"]: each["Status"] for each in ecs.DescribeInstances()["Instances"]["Instance"]}

    with real.chaos.stale_reads(by="1h"):
        web[0].stop()
        (new,) = real.run_instances(1)
        assert shown() == {each.id: "Running" for each in web}
        assert web[0].status in ("Stopping", "Stopped")
        real.clock.advance("1h")
        assert shown() == {web[0].id: "Stopped", web[1].id: "Running", new.id: "Running"}
    with real.chaos.page_slip(item=new):
        assert shown().keys() == {each.id for each in web}
    assert new.id in shown()
