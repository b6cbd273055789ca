"""Instances: what the documentation of October 2026 changes in listings, states and deletion."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from functools import partial

import pytest

from faultzone import Region, assert_nothing_made, assert_refused
from faultzone_specs.observing import listed, path, refused_unchanged
from faultzone_specs.words import Words

clause, needs = pytest.mark.clause, pytest.mark.needs


def encoded(size: int) -> str:
    """Base64 of so many bytes."""
    return base64.b64encode(b"#!/bin/sh\n".ljust(size, b"#")).decode()


def pages(region: Region, most: int, **filters: object) -> list[list[str]]:
    """The ids on the pages of a listing by token."""
    found: list[list[str]] = []
    token: dict[str, str] = {}
    while True:
        answer = region.call("DescribeInstances", MaxResults=most, **token, **filters)
        found.append([each["InstanceId"] for each in answer["Instances"]["Instance"]])
        if not answer.get("NextToken"):
            return found
        token = {"NextToken": answer["NextToken"]}
        assert len(found) < 20, "the pages have no end"


@clause("instance/token-paging")
def test_pages_follow_one_another(region: Region) -> None:
    """Three of them, the last one short."""
    made = [each.id for each in region.run_instances(23, InstanceName=Words(region).name("paged"), wait=False)]
    found = pages(region, 10, InstanceName=Words(region).name("paged"))
    assert [len(each) for each in found] == [10, 10, 3]
    assert sorted(id for page in found for id in page) == sorted(made)


@pytest.mark.parametrize("most", [1, 9, 0, -5])
@clause("instance/token-paging")
def test_less_than_ten_are_ten(region: Region, most: int) -> None:
    """No page is smaller."""
    region.run_instances(12, InstanceName=Words(region).name("paged"), wait=False)
    assert [len(each) for each in pages(region, most, InstanceName=Words(region).name("paged"))] == [10, 2]


@clause("instance/token-paging")
@pytest.mark.region(hosts_per_zone=12)
@needs("shape-region")
def test_more_than_a_hundred_are_a_hundred(region: Region) -> None:
    """No page is larger."""
    for _ in range(2):
        region.run_instances(51, InstanceName=Words(region).name("paged"), wait=False)
    assert [len(each) for each in pages(region, 500, InstanceName=Words(region).name("paged"))] == [100, 2]
    assert [len(each) for each in pages(region, 11, InstanceName=Words(region).name("paged"))] == [11] * 9 + [3]


@clause("instance/token-paging")
def test_the_filters_hold_on_every_page(region: Region) -> None:
    """What does not match is on none of them."""
    said = Words(region)
    region.run_instances(12, InstanceName=said.name("other"), wait=False)
    matching = [each.id for each in region.run_instances(12, InstanceName=said.name("mine"), wait=False)]
    region.run_instances(12, InstanceName=said.name("other"), wait=False)
    assert sorted(id for page in pages(region, 10, InstanceName="*mine") for id in page) == sorted(matching)
    assert pages(region, 10, InstanceIds=json.dumps(matching[:3])) in ([matching[:3]], [matching[2::-1]])


@clause("instance/token-paging")
def test_a_token_that_was_not_given_out_is_refused(region: Region) -> None:
    """It leads nowhere."""
    assert_refused("InvalidParameter", partial(region.call, "DescribeInstances", MaxResults=10, NextToken="no token"))


@pytest.mark.parametrize("reason", ["financial", "security", "Recycling", "dedicatedhostfinancial", "refunded"])
@clause("instance/lock-reasons")
def test_each_reason_is_known(region: Region, reason: str) -> None:
    """A sound instance is locked for none."""
    assert listed(region, region.run_instances(), LockReason=reason) == set()


@pytest.mark.parametrize("reason", ["Financial", "recycling", "nothing"])
@clause("instance/lock-reasons")
def test_no_other_reason_is_known(region: Region, reason: str) -> None:
    """Letters count by their case."""
    assert_refused("InvalidLockReason.NotFound", partial(region.call, "DescribeInstances", LockReason=reason))


@clause("instance/reboot-starts-at-once")
@needs("move-time")
def test_a_restart_is_starting_from_its_first_moment(region: Region) -> None:
    """Nobody sees it Stopping."""
    (instance,) = region.run_instances()
    instance.reboot(wait=False)
    assert instance.status == "Starting"
    assert path(instance, "Running") == ["Starting", "Running"]


@clause("instance/reboot-starts-at-once")
@needs("move-time")
def test_a_restart_that_is_under_way_refuses_another_change(region: Region) -> None:
    """As any start does."""
    (instance,) = region.run_instances()
    instance.reboot(wait=False)
    for action in ("StartInstance", "StopInstance", "RebootInstance", "DeleteInstance"):
        assert_refused("IncorrectInstanceStatus", partial(region.call, action, InstanceId=instance.id))


@clause("instance/user-data-32-kb")
def test_32_kb_of_user_data_are_accepted(region: Region) -> None:
    """At the launch and afterwards, measured raw."""
    instance = region.create_instance(UserData=encoded(32 * 1024))
    assert region.call("DescribeUserData", InstanceId=instance.id)["UserData"] == encoded(32 * 1024)
    region.call("ModifyInstanceAttribute", InstanceId=instance.id, UserData=encoded(32 * 1024 - 1))
    assert region.call("DescribeUserData", InstanceId=instance.id)["UserData"] == encoded(32 * 1024 - 1)


@clause("instance/user-data-32-kb")
def test_more_than_32_kb_of_user_data_are_refused(region: Region) -> None:
    """One byte more."""
    more, code = encoded(32 * 1024 + 1), "InvalidUserData.SizeExceeded"
    assert_nothing_made(region, lambda: region.run_instances(UserData=more, wait=False), code)
    refused_unchanged(region.create_instance(), "ModifyInstanceAttribute", code, UserData=more)


@clause("instance/user-data-in-any-state")
@needs("move-time")
def test_user_data_changes_in_any_state(region: Region) -> None:
    """From Pending to Stopped."""
    (instance,) = region.run_instances(wait=False)
    for number, status in enumerate(("Pending", "Starting", "Running", "Stopping", "Stopped"), 20):
        if status == "Stopping":
            instance.stop(wait=False)
        instance.wait_until(status)
        region.call("ModifyInstanceAttribute", InstanceId=instance.id, UserData=encoded(number))
        assert region.call("DescribeUserData", InstanceId=instance.id)["UserData"] == encoded(number)
        assert instance.status == status


@pytest.mark.parametrize("status", ["Pending", "Starting"])
@clause("instance/host-name-states")
@needs("move-time")
def test_an_instance_that_starts_keeps_its_host_name(region: Region, status: str) -> None:
    """It may have read it already."""
    (instance,) = region.run_instances(wait=False)
    instance.wait_until(status)
    refused_unchanged(instance, "ModifyInstanceAttribute", "IncorrectInstanceStatus", HostName="other")


@clause("instance/host-name-states")
def test_the_host_name_changes_while_running_and_while_stopped(region: Region) -> None:
    """It is shown at once."""
    (running,), stopped = region.run_instances(), region.create_instance()
    for instance in (running, stopped):
        region.call("ModifyInstanceAttribute", InstanceId=instance.id, HostName="renamed")
        assert instance.describe()["HostName"] == "renamed"


@clause("instance/delete-force-stop")
@needs("move-time")
def test_what_is_not_forced_to_stop_shuts_down_first(region: Region) -> None:
    """It is Stopping, as at any stop, and then is gone."""
    (instance,) = region.run_instances()
    region.call("DeleteInstance", InstanceId=instance.id, Force=True, ForceStop=False)
    assert instance.status == "Stopping"
    region.wait(lambda: not instance.exists, "10m", what=f"{instance.id} released")


@pytest.mark.parametrize("how", [{}, {"ForceStop": True}])
@clause("instance/delete-force-stop")
def test_what_is_forced_to_stop_is_gone_at_once(region: Region, how: dict[str, bool]) -> None:
    """ForceStop is true unless it is said to be false."""
    (instance,) = region.run_instances()
    region.call("DeleteInstance", InstanceId=instance.id, Force=True, **how)
    assert not instance.exists


@clause("instance/delete-force-stop")
def test_without_force_a_running_instance_stays(region: Region) -> None:
    """ForceStop says nothing by itself; a stopped instance needs neither."""
    (running,), stopped = region.run_instances(), region.create_instance()
    for how in (True, False):
        refused_unchanged(running, "DeleteInstance", "IncorrectInstanceStatus", ForceStop=how)
    region.call("DeleteInstance", InstanceId=stopped.id, ForceStop=False)
    assert not stopped.exists


@clause("instance/describe-by-creation")
@needs("move-time")
def test_instances_are_found_by_the_time_of_their_creation(region: Region) -> None:
    """From a time on, until a time, and between two."""
    early = region.create_instance()
    region.clock.advance("2h")
    late = region.create_instance()
    between = (region.clock.now - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%MZ")
    after = (region.clock.now + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%MZ")

    def found(**times: str) -> set[str]:
        given: dict[str, object] = {}
        for n, (key, value) in enumerate(times.items(), 1):
            given |= {f"Filter.{n}.Key": key, f"Filter.{n}.Value": value}
        return listed(region, [early, late], **given)

    assert found(CreationStartTime=between) == {late.id}
    assert found(CreationEndTime=between) == {early.id}
    assert found(CreationStartTime=between, CreationEndTime=after) == {late.id}
    assert found(CreationStartTime=after) == set()
    assert found(CreationEndTime=after) == {early.id, late.id}


LOCAL_DISKS = {
    "ecs.d1ne.2xlarge": (4, 5500), "ecs.d2c.6xlarge": (3, 3700), "ecs.d2s.10xlarge": (15, 7300),
    "ecs.d3c.7xlarge": (2, 12800), "ecs.d3s.4xlarge": (8, 11100), "ecs.i2.xlarge": (1, 894),
    "ecs.i2g.16xlarge": (4, 1788), "ecs.i2ne.4xlarge": (2, 1788), "ecs.i2gne.2xlarge": (1, 894),
    "ecs.i3.13xlarge": (6, 1788), "ecs.i3g.2xlarge": (1, 447), "ecs.i4.2xlarge": (1, 1788),
    "ecs.i4g.32xlarge": (4, 1788), "ecs.i4r.8xlarge": (1, 1788), "ecs.i5.12xlarge": (3, 3576),
    "ecs.i5e.4xlarge": (1, 7152), "ecs.i5g.16xlarge": (1, 3576), "ecs.i5ge.24xlarge": (4, 3576),
    "ecs.g8i.2xlarge": (0, 0), "ecs.c7.large": (0, 0),
}  # fmt: skip


@clause("instance/local-disk-types")
def test_types_have_the_published_local_disks(region: Region) -> None:
    told = {}
    for name in LOCAL_DISKS:
        (shown,) = region.call("DescribeInstanceTypes", InstanceTypes=[name])["InstanceTypes"]["InstanceType"]
        told[name] = (shown["LocalStorageAmount"], shown["LocalStorageCapacity"])
    assert told == LOCAL_DISKS
    for name in ("ecs.i4.2xlarge", "ecs.d3s.2xlarge", "ecs.c7.large"):
        count, size = LOCAL_DISKS.get(name, (4, 11100))
        (instance,) = region.run_instances(1, instance_type=name, wait=False)
        shown = instance.describe()
        assert (shown["LocalStorageAmount"], shown["LocalStorageCapacity"]) == (count, count * size)


@clause("instance/host-name-after-reboot")
@needs("log-in")
@pytest.mark.parametrize("restarts", ["reboot", "stop and start"])
def test_a_new_host_name_counts_after_a_restart(region: Region, restarts: str) -> None:
    """Of the instance, and not of its system alone."""
    (instance,) = region.run_instances(HostName="before")

    def name() -> str:
        return str(region.run_command("hostname", on=instance).output(instance)).strip()

    region.call("ModifyInstanceAttribute", InstanceId=instance.id, HostName="after")
    assert (instance.describe()["HostName"], name()) == ("after", "before")
    region.commands.log_in(instance, "reboot")
    region.wait(lambda: name() == "before", "5m", what="a restart from inside")
    if restarts == "reboot":
        instance.reboot()
    else:
        instance.stop()
        instance.start()
    assert (instance.describe()["HostName"], name()) == ("after", "after")
