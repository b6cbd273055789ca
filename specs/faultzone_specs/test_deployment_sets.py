"""Deployment sets: creating, describing, changing and deleting them. Manual, 1.1, 1.2 and 1.4."""

from __future__ import annotations

import json
from functools import partial

import pytest

from faultzone import ApiError, Region, assert_refused
from faultzone_specs.deployment_sets import (
    NO_SUCH_SET,
    UNKNOWN_ACTION,
    assert_members,
    attempt,
    listed,
    listing,
    refused,
)
from faultzone_specs.words import Words

clause, needs = pytest.mark.clause, pytest.mark.needs

GOOD_NAMES = ["ab", "Web:tier_1-a", "部署集-1", "h" * 128, "https"]
BAD_NAMES = ["a", "h" * 129, "1st", "-web", "_web", ":web", "we b", "web/1", "web@1", "http://web", "https://web"]
GOOD_DESCRIPTIONS = ["ok", "The web tier, 2 of 3; see http://example.com", "d" * 256]
BAD_DESCRIPTIONS = ["d", "d" * 257, "http://example.com", "https://example.com"]


@clause("deployment-set/strategy")
def test_a_set_is_made_for_high_availability(region: Region) -> None:
    """With a name and a description."""
    name, text = Words(region).name("web"), Words(region).text("tier")
    deployment_set = region.create_deployment_set(name, Description=text)
    shown = deployment_set.describe()
    assert shown["DeploymentSetName"] == name
    assert shown["DeploymentSetDescription"] == text
    assert shown.get("DeploymentStrategy", shown.get("Strategy")) == "Availability"
    assert shown["InstanceIds"]["InstanceId"] == []


@clause("deployment-set/strategy")
def test_name_and_description_are_optional(region: Region) -> None:
    """A set of which nothing is said."""
    deployment_set = region.create_deployment_set()
    assert listed(region) == [deployment_set.id]


@clause("deployment-set/strategy-parameter")
def test_the_strategy_may_be_named_and_must_exist(region: Region) -> None:
    """Under one of the two names that the parameter has had; the other may be unknown."""
    region.create_deployment_set().delete()

    def refusal(parameter: str, strategy: str) -> str | None:
        return getattr(attempt(lambda: region.create_deployment_set(**{parameter: strategy}).delete()), "code", None)

    known = [each for each in ("Strategy", "DeploymentStrategy") if refusal(each, "Availability") is None]
    assert known
    assert "InvalidParameter.Strategy" in {refusal(each, "NearlyAvailability") for each in known}
    assert listed(region) == []


@clause("deployment-set/retired-parameters")
@pytest.mark.parametrize(("parameter", "value"), [("Domain", "Default"), ("Granularity", "Host")])
def test_retired_parameters_keep_their_one_value(region: Region, parameter: str, value: str) -> None:
    """Sources write the value with a capital letter and without."""
    words = (value, value.lower())
    refusals = [attempt(partial(region.create_deployment_set, **{parameter: word})) for word in words]
    assert None in refusals
    before = listed(region)
    region.call("DeleteDeploymentSet", DeploymentSetId=before[0])
    refused(lambda: region.create_deployment_set(**{parameter: "Galaxy"}))
    assert listed(region) == before[1:]


@clause("deployment-set/name-rule")
@pytest.mark.parametrize("name", GOOD_NAMES)
def test_a_good_name_is_kept(region: Region, name: str) -> None:
    """Letters of two scripts, every mark that is allowed, both ends of the length."""
    assert region.create_deployment_set(name).describe()["DeploymentSetName"] == name


@clause("deployment-set/name-rule")
@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_bad_name_is_refused(region: Region, name: str) -> None:
    """A beginning, a character or a length that is not allowed."""
    assert refused(lambda: region.create_deployment_set(name)).status == 400
    assert listed(region) == []


@clause("deployment-set/description-rule")
@pytest.mark.parametrize("text", GOOD_DESCRIPTIONS)
def test_a_good_description_is_kept(region: Region, text: str) -> None:
    """Both ends of the length, and a link that is not at the beginning."""
    assert region.create_deployment_set(Description=text).describe()["DeploymentSetDescription"] == text


@clause("deployment-set/description-rule")
@pytest.mark.parametrize("text", BAD_DESCRIPTIONS)
def test_a_bad_description_is_refused(region: Region, text: str) -> None:
    """A length or a beginning that is not allowed."""
    assert_refused("InvalidDescription.Malformed", lambda: region.create_deployment_set(Description=text))
    assert listed(region) == []


@clause("deployment-set/create-needs-region")
def test_a_set_is_made_in_a_region_that_is_named(region: Region) -> None:
    """The region of the endpoint does not stand in for it."""
    assert_refused("MissingParameter", lambda: region.call("CreateDeploymentSet", RegionId=None))
    assert listed(region) == []


@clause("deployment-set/id-form")
def test_ids_begin_with_ds_and_are_never_used_twice(region: Region) -> None:
    """Nor that of a set which has been deleted."""
    groups = [region.create_deployment_set(), region.create_deployment_set()]
    groups[0].delete()
    ids = [*(each.id for each in groups), region.create_deployment_set().id]
    assert all(each.startswith("ds-") for each in ids)
    assert len(set(ids)) == 3


@clause("deployment-set/sets-per-region")
def test_a_third_set_is_refused_until_one_is_deleted(region: Region) -> None:
    """On the pages of that winter the status is 403 or 400."""
    first, second = region.create_deployment_set(), region.create_deployment_set()
    refusal = assert_refused("DEPLOYMENTSET.QUOTA_FULL", region.create_deployment_set)
    assert refusal.status in (400, 403)
    first.delete()
    third = region.create_deployment_set()
    assert listed(region) == sorted([second.id, third.id])


@clause("deployment-set/sets-per-region")
@pytest.mark.region(accounts=2, regions=("cn-hangzhou", "cn-beijing"))
@needs("change-account", "shape-region")
def test_each_account_has_two_sets_in_each_region(region: Region) -> None:
    """What one account has in one region takes nothing from the others."""
    for each in (region, region.as_account(1), region.in_region("cn-beijing")):
        made = [each.create_deployment_set().id for _ in range(2)]
        assert listed(each) == sorted(made)


@clause("deployment-set/free")
@needs("change-account")
def test_sets_cost_nothing(region: Region) -> None:
    """Neither being made, nor being held, nor being changed and deleted."""
    before = region.account_balance
    deployment_set = region.create_deployment_set("web-tier")
    if region.supports("move-time"):
        region.clock.advance("3h")
    region.call("ModifyDeploymentSetAttribute", DeploymentSetId=deployment_set.id, Description="still free")
    assert region.account_balance == before
    deployment_set.delete()
    assert region.account_balance == before


@clause("deployment-set/no-merge")
@pytest.mark.parametrize("action", ["MergeDeploymentSet", "MergeDeploymentSets", "ModifyInstanceDeployment"])
def test_sets_cannot_be_merged(region: Region, action: str) -> None:
    """Under no name that suggests itself."""
    source, target = region.create_deployment_set(), region.create_deployment_set()
    members = region.run_instances(1, deployment_set=source)
    merge = {"DeploymentSetId": target.id, "SourceDeploymentSetId": source.id, "TargetDeploymentSetId": target.id}
    with pytest.raises(ApiError) as refusal:
        region.call(action, **merge)
    assert refusal.value.status < 500
    assert_members(source, members)
    assert_members(target, [])


@clause("deployment-set/modify-attributes")
def test_name_and_description_change_and_nothing_else(region: Region) -> None:
    """One after the other; members and hosts stay."""
    said = Words(region)
    deployment_set = region.create_deployment_set(said.name("web"), Description=said.text("three"))
    members = region.run_instances(2, deployment_set=deployment_set)
    before = deployment_set.describe()
    hosts = [each.host for each in members] if region.supports("see-hosts") else []
    changed = {"DeploymentSetName": said.name("api")}
    region.call("ModifyDeploymentSetAttribute", DeploymentSetId=deployment_set.id, **changed)
    assert deployment_set.describe() == {**before, **changed}
    region.call("ModifyDeploymentSetAttribute", DeploymentSetId=deployment_set.id, Description=said.text("two"))
    assert deployment_set.describe() == {**before, **changed, "DeploymentSetDescription": said.text("two")}
    if hosts:
        assert [each.host for each in members] == hosts


@pytest.mark.parametrize(
    ("parameter", "text"),
    [
        pytest.param("DeploymentSetName", "1st", marks=clause("deployment-set/rename-as-created")),
        pytest.param("DeploymentSetName", "web.tier@1", marks=clause("deployment-set/rename-as-created")),
        pytest.param("Description", "http://example.com", marks=clause("deployment-set/modify-attributes")),
    ],
)
def test_changes_keep_to_the_rules_of_creation(region: Region, parameter: str, text: str) -> None:
    """What cannot be made cannot be had by a change either."""
    deployment_set = region.create_deployment_set("web-tier", Description="three of a kind")
    before = deployment_set.describe()
    refused(lambda: region.call("ModifyDeploymentSetAttribute", DeploymentSetId=deployment_set.id, **{parameter: text}))
    assert deployment_set.describe() == before


@clause("deployment-set/modify-attributes-name")
def test_the_plural_changes_a_set_or_does_not_exist(region: Region) -> None:
    """It must not be answered and do nothing."""
    deployment_set = region.create_deployment_set("web-tier")
    plural = {"DeploymentSetId": deployment_set.id, "DeploymentSetName": "api-tier"}
    refusal = attempt(lambda: region.call("ModifyDeploymentSetAttributes", **plural))
    assert refusal is None or refusal.code in UNKNOWN_ACTION
    assert deployment_set.describe()["DeploymentSetName"] == ("api-tier" if refusal is None else "web-tier")


@clause("deployment-set/modify-unknown-set")
def test_a_set_that_does_not_exist_cannot_be_changed(region: Region) -> None:
    """No code is documented at the time."""
    rename = {"DeploymentSetId": NO_SUCH_SET, "DeploymentSetName": "api-tier"}
    refused(lambda: region.call("ModifyDeploymentSetAttribute", **rename))
    assert listed(region) == []


@clause("deployment-set/describe")
def test_sets_are_listed_with_their_members(region: Region) -> None:
    """Each with its own."""
    said = Words(region)
    first, second = (region.create_deployment_set(said.name(each)) for each in ("web", "api"))
    members = region.run_instances(2, deployment_set=first)
    shown = {each["DeploymentSetId"]: each for each in listing(region)}
    assert sorted(shown) == sorted([first.id, second.id])
    assert region.call("DescribeDeploymentSets")["RegionId"] == region.id
    assert shown[first.id]["DeploymentSetName"] == said.name("web")
    assert sorted(shown[first.id]["InstanceIds"]["InstanceId"]) == sorted(each.id for each in members)
    assert shown[second.id]["InstanceIds"]["InstanceId"] == []


@clause("deployment-set/describe")
def test_the_listing_is_narrowed_by_ids_name_and_strategy(region: Region) -> None:
    """Each filter by itself."""
    said = Words(region)
    first, second = (region.create_deployment_set(said.name(each)) for each in ("web", "api"))
    both = sorted([first.id, second.id])
    assert listed(region, DeploymentSetIds=json.dumps([first.id])) == [first.id]
    assert listed(region, DeploymentSetIds=json.dumps([*both, NO_SUCH_SET])) == both
    assert listed(region, DeploymentSetIds=json.dumps([NO_SUCH_SET])) == []
    assert listed(region, DeploymentSetName=said.name("api")) == [second.id]
    assert listed(region, DeploymentSetName="no-tier") == []
    assert listed(region, Strategy="Availability") == both


@clause("deployment-set/describe-paging")
def test_pages_name_each_set_once(region: Region) -> None:
    """And the total is that of all pages."""
    made = sorted(region.create_deployment_set().id for _ in range(2))
    pages = [region.call("DescribeDeploymentSets", PageSize=1, PageNumber=number) for number in (1, 2, 3)]
    assert [each["TotalCount"] for each in pages] == [2, 2, 2]
    ids = [
        [deployment_set["DeploymentSetId"] for deployment_set in each["DeploymentSets"]["DeploymentSet"]]
        for each in pages
    ]
    assert [len(each) for each in ids] == [1, 1, 0]
    assert sorted([*ids[0], *ids[1]]) == made


@clause("deployment-set/describe-paging")
def test_a_page_has_ten_sets(region: Region) -> None:
    """If nothing is said; else it has as many as are asked for."""
    assert region.call("DescribeDeploymentSets")["PageSize"] == 10
    assert region.call("DescribeDeploymentSets", PageSize=50)["PageSize"] == 50


@clause("deployment-set/page-size-100")
def test_a_page_has_a_hundred_sets_at_most(region: Region) -> None:
    """More than a hundred may be refused, or cut down to a hundred."""
    assert region.call("DescribeDeploymentSets", PageSize=100)["PageSize"] == 100
    if attempt(lambda: region.call("DescribeDeploymentSets", PageSize=101)) is None:
        assert region.call("DescribeDeploymentSets", PageSize=101)["PageSize"] <= 100


@clause("deployment-set/describe-ids-limit")
def test_a_hundred_ids_can_be_asked_for_at_once(region: Region) -> None:
    """And no more."""
    deployment_set = region.create_deployment_set()
    ids = [deployment_set.id, *(f"ds-nosuchset{number:011d}" for number in range(100))]
    assert listed(region, DeploymentSetIds=json.dumps(ids[:100])) == [deployment_set.id]
    refused(lambda: listed(region, DeploymentSetIds=json.dumps(ids)))


@clause("deployment-set/delete-empty-only")
def test_a_set_with_an_instance_stays(region: Region) -> None:
    """Until the instance is released."""
    deployment_set = region.create_deployment_set()
    (member,) = region.run_instances(1, deployment_set=deployment_set)
    assert_refused("DependencyViolation.NotEmpty", deployment_set.delete)
    assert_members(deployment_set, [member])
    member.delete()
    region.wait(lambda: not deployment_set.members, what=f"{deployment_set.id} empty")
    deployment_set.delete()
    assert listed(region) == []


@clause("deployment-set/delete-empty-only")
def test_empty_sets_are_deleted_one_after_another(region: Region) -> None:
    """The other is not touched."""
    first, second = region.create_deployment_set(), region.create_deployment_set()
    first.delete()
    assert listed(region) == [second.id]
    second.delete()
    assert listed(region) == []


@clause("deployment-set/delete-unknown")
def test_deleting_needs_an_id(region: Region) -> None:
    """No id is not every id."""
    deployment_set = region.create_deployment_set()
    assert_refused("MissingParameter", lambda: region.call("DeleteDeploymentSet"))
    assert listed(region) == [deployment_set.id]


@clause("deployment-set/delete-unknown")
def test_deleting_what_does_not_exist_deletes_nothing(region: Region) -> None:
    """It may be refused, or be taken as done already."""
    deployment_set = region.create_deployment_set()
    refusal = attempt(lambda: region.call("DeleteDeploymentSet", DeploymentSetId=NO_SUCH_SET))
    assert refusal is None or refusal.code not in UNKNOWN_ACTION
    assert listed(region) == [deployment_set.id]
