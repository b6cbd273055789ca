"""What a call may not say together, as documented: the table of combinations.toml, and a test for each kind of row."""

from __future__ import annotations

import json

import pytest

from faultzone import Region, assert_refused, make_region
from faultzone.cli.actions import implemented
from faultzone.model.core.excluded import ANY, TABLE, Excluded, Other
from tests.support.combinations import FILE, ROWS, Row
from tests.support.things import Things, shown


def plan(region: Region, things: Things) -> None:
    """Give the listings of events one of each of two types."""
    due = region.clock.now.replace(year=region.clock.now.year + 1).strftime("%Y-%m-%dT%H:%M:%SZ")
    for kind in ("SystemMaintenance.Reboot", "SystemFailure.Reboot"):
        region.call("CreateSimulatedSystemEvents", InstanceId=[things["instance"]], EventType=kind, NotBefore=due)


@pytest.mark.parametrize("row", [each for each in ROWS if each.code], ids=str)
def test_a_combination_is_refused_and_changes_nothing(row: Row) -> None:
    """And the same call without one of them, or with what it lacks, is taken."""
    things = Things(row.edition)
    region, asked = things.region, things.filled(row.wrong)
    mended = row.mended
    right = None if mended is None else things.filled(mended)
    before = shown(region)
    assert_refused(row.code, lambda: region.call(row.action, **asked))
    assert shown(region) == before
    if right is not None:
        assert region.call(row.action, **right)["RequestId"]


@pytest.mark.parametrize("row", [each for each in ROWS if not each.code], ids=str)
def test_what_has_no_effect_beside_others_changes_nothing(row: Row) -> None:
    """Two regions of one seed, of which one is asked without it, answer and become the same."""
    told = []
    for given in (row.wrong, row.mended or {}):
        things = Things(row.edition)
        region, asked = things.region, things.filled(given)
        if row.action.startswith("DescribeInstance"):
            plan(region, things)
        answer = region.call(row.action, **asked)
        region.clock.advance("10m")
        told.append(({name: value for name, value in answer.items() if name != "RequestId"}, shown(region)))
    assert row.wrong != row.mended
    assert told[0] == told[1]


@pytest.mark.parametrize(("endpoint", "tokens", "has_token", "status"), FILE["metadata"]["rows"])
def test_the_metadata_service_refuses_what_its_options_exclude(
    endpoint: str, tokens: str, has_token: bool, status: int
) -> None:
    region = make_region(edition="2026-10")
    (instance,) = region.run_instances(1)
    asked = {"instance": instance.id, "path": "/latest/meta-data/instance-id"}
    seconds = {"x-aliyun-ecs-metadata-token-ttl-seconds": "60"}
    given = region.control("metadata", instance=instance.id, method="PUT", path="/latest/api/token", headers=seconds)
    region.call("ModifyInstanceMetadataOptions", InstanceId=instance.id, HttpEndpoint=endpoint, HttpTokens=tokens)
    headers = {"x-aliyun-ecs-metadata-token": given["text"]} if has_token else {}
    told = region.control("metadata", **asked, headers=headers)
    assert told["status"] == status
    assert (told["text"] == instance.id) == (status == 200)


# The table and the model


def attribute_names(action: str) -> dict[str, str]:
    return {each.attribute: each.name for each in implemented()[action].parameters.values()}


def _meets(excluded: Excluded, row: Row) -> bool:
    """Whether a row of the table is what the model excludes."""
    names, wrong = attribute_names(row.action), row.wrong
    for attribute, value in excluded.given.items():
        given = wrong.get(names[attribute])
        if given is None or (
            value is not ANY and (given == value.value if isinstance(value, Other) else given != value)
        ):
            return False
    return not excluded.lacks or names[excluded.lacks] not in wrong


@pytest.mark.parametrize("excluded", TABLE, ids=lambda each: "-".join((each.action, *each.given, each.lacks)))
def test_the_table_has_what_the_model_excludes(excluded: Excluded) -> None:
    alike = [each for each in ROWS if each.action == excluded.action and each.code == excluded.code]
    assert [each for each in alike if _meets(excluded, each)]


def test_the_table_says_each_thing_once() -> None:
    said = [json.dumps([row.action, row.wrong, row.edition, row.right], sort_keys=True) for row in ROWS]
    assert sorted(said) == sorted({*said})
    for row in ROWS:
        names = {each.name for each in implemented()[row.action].parameters.values()}
        assert {*row.wrong} <= names, row
        assert row.says.split(".")[0] in names, row
