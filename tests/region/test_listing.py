"""All items of a listing, read in one way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from faultzone import Region, UsageError, make_region


@pytest.fixture
def region() -> Iterator[Region]:
    with make_region(zones=1, hosts_per_zone=3) as made:
        yield made


def test_all_that_there_is_in_one_look(region: Region) -> None:
    made = region.run_instances(3)
    assert {each["InstanceId"]: each["Status"] for each in region.describe("DescribeInstances")} == {
        each.id: "Running" for each in made
    }
    assert len(list(region.describe("DescribeInstances", PageSize=1))) == 3
    assert [each["ZoneId"] for each in region.describe("DescribeZones")] == region.zones
    with pytest.raises(UsageError, match="action='DescribeUserData': expected an action that lists items"):
        list(region.describe("DescribeUserData"))


def test_lists_that_stand_by_themselves_and_pages_by_token_alone_are_listed_whole() -> None:
    with make_region(edition="2026-10") as region:
        made = [region.call("CreateActivation")["ActivationId"] for _ in range(3)]
        assert [each["ActivationId"] for each in region.describe("DescribeActivations", PageSize=1)] == made[::-1]
        for number in range(6):
            region.create_instance(wait=False, Tag=[{"Key": f"{number}-{n}", "Value": ""} for n in range(20)])
        ids = [each.id for each in region.instances]
        tags = region.describe("ListTagResources", ResourceType="instance", ResourceId=ids)
        assert len({each["TagKey"] for each in tags}) == 120


@pytest.mark.parametrize("edition", ["2019-02", "2026-10"])
def test_a_list_that_is_paged_in_later_editions_alone_is_listed_in_each(edition: str) -> None:
    """And under the name that is documented, where our own answer has it under two."""
    with make_region(edition=edition) as region:
        ids = [each.id for each in region.run_instances(2)]
        found = region.describe("DescribeCloudAssistantStatus", InstanceId=ids)
        assert [(each["InstanceId"], each["CloudAssistantStatus"]) for each in found] == [(id, "true") for id in ids]
