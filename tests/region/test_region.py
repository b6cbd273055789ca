from __future__ import annotations

import gc
import re
import weakref
from collections.abc import Iterable
from typing import Any

import pytest

from faultzone import ApiError, Client, Region, UsageError, make_region, mutations, one
from faultzone.backends.options import CloudOptions
from faultzone.clock import HOUR, stamp
from faultzone.errors import IncompleteAnswer, NotSupported


@pytest.fixture
def region() -> Region:
    return make_region(accounts=2, regions=("cn-hangzhou", "cn-beijing"))


def test_what_is_made_runs_and_is_listed_oldest_first(region: Region) -> None:
    made = [*region.run_instances(2), region.create_instance()]
    assert [each.status for each in made] == ["Running", "Running", "Stopped"]
    assert region.instances == made
    assert made[0].public_ip
    assert made[2].public_ip is None
    assert made[0].host != made[1].host


@pytest.mark.parametrize(
    ("method", "given", "says"),
    [
        ("run_instances", "3", r"amount='3': expected a whole number, such as run_instances\(3\)"),
        ("guest", 3, r"command=3: expected its text, a pattern from re.compile\(\), or a function"),
    ],
)
def test_what_a_handle_cannot_take_is_refused_in_a_sentence(
    region: Region, method: str, given: object, says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        getattr(region, method)(given)
    assert region.instances == []


def test_a_request_names_a_number_as_its_port(region: Region) -> None:
    with pytest.raises(UsageError, match="port='http': expected a whole number, such as 80"):
        region.request("10.0.0.10", "http")  # type: ignore[arg-type]


def test_an_instance_is_known_by_its_id(region: Region) -> None:
    (made,) = region.run_instances(1)
    again = region.instance(made.id)
    assert again == made
    assert {again, made} == {made}
    assert again != made.id
    assert repr(made) == f"Instance({made.id!r})"


def test_an_instance_lives_through_the_helpers(region: Region) -> None:
    (made,) = region.run_instances(1)
    before = made.identity
    assert made.stop().status == "Stopped"
    assert made.start().reboot().status == "Running"
    assert made.identity == before
    assert made.stop(StoppedMode="StopCharging").host is None
    made.delete()
    assert not made.exists
    with pytest.raises(ApiError, match=r"InvalidInstanceId\.NotFound"):
        _ = made.status


def test_what_only_real_instances_have_is_not_supported_without_them(region: Region) -> None:
    (instance,) = region.run_instances(1)
    for use in (lambda: instance.exec("true"), lambda: instance.put("/root/file", b"x")):
        with pytest.raises(NotSupported, match="memory backend has no control verb"):
            use()


def test_a_deployment_set_takes_and_tells_its_members(region: Region) -> None:
    group = region.create_deployment_set("web")
    (member,) = region.run_instances(1, deployment_set=group)
    (joining,) = region.run_instances(1)
    group.add(joining, force=True)
    assert group.members == [member, joining]
    assert group.describe()["DeploymentSetName"] == "web"
    for each in group.members:
        each.delete()
    group.delete()
    with pytest.raises(ApiError, match=r"InvalidDeploymentSetId\.NotFound"):
        group.describe()


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_every_page_of_a_listing_is_read_with_the_size_that_was_asked_for(region: Region, size: int) -> None:
    made = region.run_instances(5, wait=False)
    listed = [
        each["InstanceId"] for each in region.describe("DescribeInstances", "Instances", "Instance", PageSize=size)
    ]
    assert listed == [each.id for each in made][::-1]
    assert len(region.journal.of("read", action="DescribeInstances")) == -(-5 // size)


def test_views_are_of_one_cloud(region: Region) -> None:
    beijing, other = region.in_region("cn-beijing"), region.as_account(1)
    assert beijing.journal is other.journal is region.journal
    there, theirs = beijing.run_instances(1), other.run_instances(1)
    assert (region.instances, beijing.instances, other.instances) == ([], there, theirs)
    assert other.account == region.accounts[1] == region.as_account(region.accounts[1]).account
    assert beijing.zones == ["cn-beijing-a", "cn-beijing-b"]
    beijing.clock.advance("1h")
    assert region.clock.now == beijing.clock.now


def test_an_account_that_is_not_there_is_refused_with_what_to_write(region: Region) -> None:
    with pytest.raises(UsageError, match=r"account=2: the cloud has 2 accounts; make the region with accounts=3"):
        region.as_account(2)


def test_the_client_has_the_public_api_alone(region: Region) -> None:
    ecs = Client(region)
    assert ecs.DescribeInstances(PageSize=1)["PageSize"] == 1
    assert ecs.call("DescribeInstances", PageNumber=3)["PageNumber"] == 3
    with pytest.raises(AttributeError, match="such as DescribeInstances, not 'describe_instances'"):
        _ = ecs.describe_instances


def test_time_passes_when_told_to(region: Region) -> None:
    began = region.clock.now
    assert region.clock.advance("1d") == region.clock.now
    assert (region.clock.now - began).days == 1
    assert region.clock.kind == "virtual"


def test_cleaning_up_leaves_what_others_made(region: Region) -> None:
    other = region.as_account(1)
    theirs = other.run_instances(1)
    group = region.create_deployment_set()
    region.run_instances(2, deployment_set=group, DeletionProtection=True)
    region.create_instance(wait=False)
    region.clean_up()
    assert region.instances == []
    assert list(region.describe("DescribeDeploymentSets", "DeploymentSets", "DeploymentSet")) == []
    assert other.instances == theirs


def test_a_region_goes_with_its_last_reference(region: Region) -> None:
    fresh = make_region()
    fresh.run_instances(1)
    gone = weakref.ref(fresh)
    gc.disable()
    try:
        del fresh
        assert gone() is None
    finally:
        gc.enable()


def test_a_region_may_be_closed_twice(region: Region) -> None:
    with region:
        region.close()
    assert region.closed


def test_what_its_user_has_deleted_is_not_released_again_at_its_time() -> None:
    region = make_region()
    (instance,) = region.run_instances(1)
    at = stamp(region.clock.ms + HOUR)
    region.call("ModifyInstanceAutoReleaseTime", InstanceId=instance.id, AutoReleaseTime=at)
    instance.delete(Force=True)
    region.clock.advance("2h")
    released = region.journal.of("transition", instance=instance.id, to="Released")
    assert [each.data["why"] for each in released] == ["user"]


def test_a_batch_that_is_short_is_a_deviation_wherever_it_is_used() -> None:
    short = make_region(mutations.get("one-short").backend(CloudOptions.of(hosts_per_zone=4)))
    with pytest.raises(IncompleteAnswer, match="made 2 instances, expected 3"):
        short.run_instances(3)
    assert len(short.run_instances(3, MinAmount=2)) == 2


def test_a_batch_with_one_too_many_is_a_deviation(region: Region, monkeypatch: pytest.MonkeyPatch) -> None:
    call = region.call
    monkeypatch.setattr(region, "call", lambda action, **given: call(action, **{**given, "Amount": 2}))
    with pytest.raises(IncompleteAnswer, match="made 2 instances, expected 1"):
        region.run_instances(1, MinAmount=1)


def test_one_returns_the_only_item() -> None:
    assert one(["a"]) == "a"
    assert one({7}) == 7
    assert one(each for each in range(9) if each == 4) == 4


def test_one_shows_items_of_any_class() -> None:
    class Odd:
        def __repr__(self) -> str:
            raise RuntimeError

    with pytest.raises(AssertionError, match="expected one item, got 2:\n  a Odd\n  a Odd"):
        one([Odd(), Odd()])


@pytest.mark.parametrize(
    ("listing", "text"),
    [
        ([], "expected one item, got none"),
        (["a", "b"], "expected one item, got 2:\n  'a'\n  'b'"),
        (range(12), "expected one item, got 12:" + "".join(f"\n  {n}" for n in range(10)) + "\n  ..."),
    ],
)
def test_one_shows_the_items_when_there_are_none_or_several(listing: Iterable[object], text: str) -> None:
    with pytest.raises(AssertionError) as caught:
        one(listing)
    assert str(caught.value) == text


@pytest.mark.parametrize("listing", ["a", b"a", {"Instances": []}, None, 3])
def test_one_refuses_what_has_no_items(listing: Any) -> None:
    with pytest.raises(UsageError, match=re.escape(f"listing={listing!r}: expected a list")):
        one(listing)
