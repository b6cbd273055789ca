"""All regions of an edition at once: each with its own state, made when it is first asked for."""

from __future__ import annotations

import pytest

from faultzone import Region, UsageError, assert_refused, make_region
from faultzone.backends.local import LocalBackend
from faultzone.editions import load, names
from faultzone.editions.regions import region_ids


def _listed(region: Region) -> list[str]:
    return [each["RegionId"] for each in region.call("DescribeRegions")["Regions"]["Region"]]


def _made(region: Region) -> list[str]:
    assert isinstance(region.backend, LocalBackend)
    return list(region.backend.cloud.regions)


@pytest.mark.parametrize("edition", names())
def test_the_regions_of_the_edition_are_listed_and_each_answers(edition: str) -> None:
    with make_region(all_regions=True, edition=edition, hosts_per_zone=1) as region:
        listed = _listed(region)
        assert listed[0] == region.id
        assert set(listed) == set(region_ids(load(edition).date))
        for each in listed:
            assert region.call("DescribeInstances", RegionId=each)["TotalCount"] == 0
        assert _made(region) == listed
        assert_refused("InvalidRegionId.NotFound", lambda: region.call("DescribeInstances", RegionId="cn-nowhere"))


def test_a_region_that_nobody_asks_for_is_not_made() -> None:
    with make_region(all_regions=True) as region:
        _listed(region)
        region.control("shape")
        assert _made(region) == [region.id]


def test_a_region_that_is_made_late_lives_as_the_others() -> None:
    """Its instances run, are charged, tell of themselves, are lost with their hosts and recover."""
    with make_region(all_regions=True, edition="2026-10") as region:
        region.control("subscribe")
        region.run_instances(1)
        late = region.in_region("us-west-1")
        assert late.zones == ["us-west-1a", "us-west-1b"]
        told = late.control("subscribe")["id"]
        (lost,) = late.run_instances(1)
        assert late.call("GetInstanceConsoleOutput", InstanceId=lost.id)["ConsoleOutput"]
        host = lost.host
        assert host is not None
        with late.chaos.crash(host):
            late.wait_for_event("SystemFailure.Reboot", instance=lost, state="Executed")
        assert lost.status == "Running"
        notices = region.control("notifications", id=told)["notifications"]
        assert {each["regionId"] for each in notices} == {"us-west-1"}
        assert region.call("DescribeInstances")["TotalCount"] == 1


def test_what_is_in_a_region_does_not_depend_on_which_others_were_made() -> None:
    """Ids and addresses, IPv6 among them; the blocks of two regions are apart."""
    found, blocks = [], set()
    for before in ((), ("eu-west-1", "cn-beijing")):
        with make_region(all_regions=True, edition="2026-10", ipv6=True, seed=7) as region:
            for each in before:
                region.in_region(each).run_instances(1)
            (late,) = region.in_region("us-east-1").run_instances(1, Ipv6AddressCount=1)
            (first,) = region.run_instances(1, Ipv6AddressCount=1)
            shown = [each.describe()["NetworkInterfaces"]["NetworkInterface"][0] for each in (late, first)]
            found.append((late.id, shown[0]))
            blocks |= {each["Ipv6Sets"]["Ipv6Set"][0]["Ipv6Address"].rpartition("::")[0] for each in shown}
    assert found[0] == found[1]
    assert len(blocks) == 2


def test_control_verbs_name_a_region_and_refuse_another() -> None:
    with make_region(all_regions=True) as region:
        assert region.control("hosts", region="eu-west-1")["hosts"][0]["zone"] == "eu-west-1a"
        with pytest.raises(UsageError, match="unknown region 'cn-nowhere'"):
            region.control("hosts", region="cn-nowhere")
