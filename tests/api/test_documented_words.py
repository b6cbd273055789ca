"""Words that are not documented values: the code of each parameter, in every edition, and in a dry run too."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, Final

import pytest

from faultzone import ApiError, Region, assert_refused, make_region
from faultzone.api.request import Parameter
from faultzone.cli.actions import implemented
from faultzone.editions import EDITIONS, names

WORD: Final = "nonsense"
#: An action, what it must be asked besides, a parameter, and how its page refuses a word that it does not have.
#: Source: error codes of the pages of 2021-07.
WORDS: Final[list[tuple[str, dict[str, Any], str, str, int]]] = [
    ("DescribeDisks", {}, "DiskType", "InvalidDiskType.ValueNotSupported", 400),
    ("DescribeDisks", {}, "Category", "InvalidCategory.ValueNotSupported", 400),
    ("DescribeDisks", {}, "Status", "InvalidStatus.ValueNotSupported", 400),
    ("DescribeImages", {}, "ImageOwnerAlias", "InvalidImageOwnerAlias.ValueNotSupported", 400),
    ("DescribeImages", {}, "OSType", "InvalidOSType", 404),
    ("DescribeImages", {}, "Usage", "InvalidUsage", 404),
    ("DescribeImages", {}, "Architecture", "InvalidArchitecture", 404),
    ("DescribeRegions", {}, "ResourceType", "InvalidResourceType.NotFound", 404),
    ("DescribeRegions", {}, "AcceptLanguage", "InvalidAcceptLanguage.NotFound", 404),
    ("DescribeRegions", {}, "InstanceChargeType", "InvalidParameter", 400),
    ("DescribeZones", {}, "AcceptLanguage", "InvalidAcceptLanguage.NotFound", 404),
    ("DescribeZones", {}, "InstanceChargeType", "InvalidInstanceChargeType.NotFound", 404),
    ("DescribeZones", {}, "SpotStrategy", "InvalidSpotStrategy", 400),
    ("DescribeAvailableResource", {}, "DestinationResource", "Invalid.Param", 400),
    *(
        ("DescribeAvailableResource", {"DestinationResource": "InstanceType"}, name, code, status)
        for name, code, status in (
            ("InstanceChargeType", "Invalid.InstanceChargeType", 400),
            ("IoOptimized", "Invalid.IoOptimized", 404),
            ("NetworkCategory", "Invalid.NetworkCategory", 404),
            ("SystemDiskCategory", "Invalid.Param", 400),
            ("DataDiskCategory", "Invalid.Param", 400),
            ("ResourceType", "Invalid.Param", 400),
            ("SpotStrategy", "Invalid.Param", 400),
        )
    ),
    ("ListTagResources", {}, "ResourceType", "InvalidResourceType.NotFound", 404),
    ("DescribeSnapshots", {}, "Status", "InvalidStatus.NotFound", 404),
    ("DescribeSnapshots", {}, "SnapshotType", "InvalidSnapshotType.NotFound", 404),
    ("DescribeSnapshots", {}, "SourceDiskType", "InvalidSourceDiskType", 404),
    ("DescribeSnapshots", {}, "Usage", "InvalidUsage", 404),
    ("RunInstances", {}, "CreditSpecification", "InvalidParameter.CreditSpecification", 400),
    ("RunInstances", {}, "PeriodUnit", "InvalidPeriod", 400),
    ("CreateInstance", {}, "CreditSpecification", "InvalidParameter.CreditSpecification", 400),
    ("CreateInstance", {}, "PeriodUnit", "InvalidPeriodUnit.ValueNotSupported", 400),
    ("ModifyInstanceAttribute", {}, "CreditSpecification", "InvalidParameter.CreditSpecification", 400),
    ("RenewInstance", {}, "PeriodUnit", "InvalidPeriodUnit.ValueNotSupported", 400),
    # Pages without a code of their own.
    *(
        (action, {}, name, "InvalidParameter", 400)
        for action, names in (
            ("DescribeEipAddresses", "Status LockReason"),
            ("DescribeImages", "Status"),
            ("DescribeInstanceTypeFamilies", "Generation"),
            ("DescribeInstanceTypes", "CpuArchitectures InstanceCategories LocalStorageCategories"),
            ("DescribeInvocations", "CommandType"),
            ("DescribeNetworkInterfaces", "Status"),
            ("DescribeSendFileResults", "InvocationStatus"),
        )
        for name in names.split()
    ),
]


@pytest.fixture(scope="module", params=names())
def region(request: pytest.FixtureRequest) -> Iterator[Region]:
    with make_region(edition=request.param) as made:
        yield made


@pytest.mark.parametrize(("action", "asked", "name", "code", "status"), WORDS)
def test_a_word_that_is_none_of_the_documented(
    region: Region, action: str, asked: dict[str, Any], name: str, code: str, status: int
) -> None:
    request = implemented()[action]
    since = request.parameters[name].since
    if not region.edition.has(request.since):
        code, status = "InvalidAction", 403
    elif since is not None and not region.edition.has(since):
        code, status = "UnsupportedParameter", 400
    with pytest.raises(ApiError) as refusal:
        region.call(action, **asked, **{name: WORD})
    assert (refusal.value.code, refusal.value.status) == (code, status)


#: Listings that can be tried, and what is wrong in what is tried.
TRIED: Final[list[tuple[str, dict[str, Any], str]]] = [
    ("DescribeInstances", {"Filter": [{"Key": WORD, "Value": "2019-03-01T00:00Z"}]}, "InvalidFilterKey.NotFound"),
    ("DescribeInstances", {"Tag": [{"Value": "a"}]}, "InvalidTag.Mismatch"),
    ("DescribeInstances", {"ZoneId": "cn-nowhere-z"}, "InvalidZoneId.NotFound"),
    ("DescribeDisks", {"Filter": [{"Key": WORD, "Value": "2019-03-01T00:00Z"}]}, "InvalidFilterKey.NotFound"),
    ("DescribeDisks", {"Tag": [{"Value": "a"}]}, "InvalidTag.Mismatch"),
    ("DescribeImages", {"Filter": [{"Key": WORD, "Value": "2019-03-01T00:00Z"}]}, "InvalidFilterKey.NotFound"),
    ("DescribeImages", {"Tag": [{"Value": "a"}]}, "InvalidTag.Mismatch"),
    ("DescribeSecurityGroups", {"Tag": [{"Value": "a"}]}, "InvalidTag.Mismatch"),
    ("vpc.DescribeVpcs", {"Tag": [{"Value": "a"}]}, "InvalidTag.Mismatch"),
    ("vpc.DescribeVSwitches", {"Tag": [{"Value": "a"}]}, "InvalidTag.Mismatch"),
    ("vpc.DescribeEipAddresses", {"Filter": [{"Key": WORD, "Value": "a"}]}, "InvalidFilterKey.NotFound"),
]


@pytest.mark.parametrize(("called", "asked", "code"), TRIED)
def test_a_listing_that_is_tried_is_checked_as_a_whole(called: str, asked: dict[str, Any], code: str) -> None:
    """A dry run is refused as the listing would be; one that nothing is wrong with has passed."""
    product, _, action = called.rpartition(".")
    with make_region(edition="2026-10") as region:
        tries: tuple[dict[str, Any], ...] = ({}, {"DryRun": True})
        for dry in tries:
            assert_refused(code, partial(region.call, action, product or "ecs", **asked, **dry))
        assert_refused("DryRunOperation", lambda: region.call(action, product or "ecs", DryRun=True))


def declared() -> Iterator[tuple[str, Parameter]]:
    """Every parameter of every action and every field, with the name of the action."""
    for action, request in implemented().items():
        stack = [*request.parameters.values()]
        while stack:
            each = stack.pop()
            yield action, each
            stack += (each.fields or {}).values()


def test_what_is_inert_says_why() -> None:
    assert [f"{action}.{each.name}" for action, each in declared() if each.inert and not each.why] == []


ABSENT: Final = [(action, each.name, value, why) for action, each in declared() for value, why in each.absent.items()]


@pytest.mark.parametrize(("action", "name", "value", "why"), ABSENT)
def test_a_value_that_is_not_simulated_is_refused_with_a_sentence(action: str, name: str, value: str, why: str) -> None:
    given = {"RegionId": "cn-hangzhou", name: value}
    with pytest.raises(ApiError) as refusal:
        implemented()[action].parse(given, edition=EDITIONS[-1].date)
    assert (refusal.value.code, why in refusal.value.message) == ("UnsupportedParameter", True)


def test_some_values_are_not_simulated() -> None:
    assert {value for _, _, value, _ in ABSENT} >= {"ddh", "ElasticityAssurance"}


#: Types of resources that are documented, and of which there is nothing here, and the edition that has them first.
NONE_HERE: Final = {
    **dict.fromkeys(("snapshot", "image", "volume", "ddh"), "2019-02"),
    **dict.fromkeys(("ddhcluster", "reservedinstance", "snapshotpolicy", "capacityreservation"), "2026-10"),
}


@pytest.mark.parametrize("kind", NONE_HERE)
def test_documented_types_of_which_there_is_nothing_have_no_tags(region: Region, kind: str) -> None:
    tags = {"ResourceType": kind, "Tag": [{"Key": "a", "Value": "b"}]}
    if region.edition.name < NONE_HERE[kind]:
        assert_refused("InvalidResourceType.NotFound", lambda: region.call("ListTagResources", **tags))
        return
    assert region.call("ListTagResources", **tags)["TagResources"] == {"TagResource": []}
    assert_refused("InvalidResourceId.NotFound", lambda: region.call("TagResources", ResourceId=["x"], **tags))


def test_older_actions_know_network_interfaces_from_their_edition_on() -> None:
    with make_region(edition="2026-10") as region:
        (instance,) = region.run_instances(1)
        of = {"ResourceType": "eni", "ResourceId": f"eni-{instance.id[2:]}"}
        region.call("AddTags", **of, Tag=[{"Key": "team", "Value": "red"}])
        (told,) = region.call("DescribeTags", **of)["Tags"]["Tag"]
        assert (told["TagKey"], told["ResourceTypeCount"]["Eni"]) == ("team", 1)
    with make_region(edition="2019-02") as region:
        assert_refused("InvalidResourceType.NotFound", lambda: region.call("DescribeTags", ResourceType="eni"))
