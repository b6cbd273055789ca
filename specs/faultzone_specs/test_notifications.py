"""Notifications, and what an instance can read of itself: event/notification* and event/metadata."""

from __future__ import annotations

import json
from typing import Any

import pytest

from faultzone import Instance, Region, one
from faultzone_specs.events import (
    DAY,
    EXECUTED,
    HOUR,
    INSTANCE_FAILURE,
    MAINTENANCE,
    SYSTEM_FAILURE,
    crash_host_of,
    simulate,
)

clause, needs = pytest.mark.clause, pytest.mark.needs


class Inbox:
    """What is published from its making on of the events of the region."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self._id = region.control("subscribe")["id"]

    def read(self, instance: Instance) -> list[dict[str, Any]]:
        """The notifications of the events of an instance, each once, in the order in which they came."""
        return self._of("instanceId", instance)

    def of_resource(self, instance: Instance) -> list[dict[str, Any]]:
        """Likewise those of its own changes of state."""
        return self._of("resourceId", instance)

    def _of(self, key: str, instance: Instance) -> list[dict[str, Any]]:
        kept = self._region.control("notifications", id=self._id)["notifications"]
        first: dict[str, dict[str, Any]] = {}
        for each in kept:
            if each["content"].get(key) == instance.id:
                first.setdefault(each["id"], each)
        return list(first.values())


def maintained(region: Region, *, within: int = HOUR) -> Instance:
    """A running instance for which maintenance is planned."""
    (instance,) = region.run_instances(1)
    region.control("schedule-maintenance", instance=instance.id, not_before=region.clock.ms + within)
    return instance


def states(found: list[dict[str, Any]]) -> list[str]:
    """The states that notifications tell of."""
    return [each["content"]["eventStatus"] for each in found]


@clause("event/notification")
@needs("break-hosts", "move-time")
def test_each_change_is_published_in_order(region: Region) -> None:
    """Maintenance that is answered, and maintenance that is not."""
    inbox = Inbox(region)
    answered, executed = maintained(region), maintained(region)
    answered.reboot()
    region.clock.advance("2h")
    assert states(inbox.read(answered)) == ["Scheduled", "Avoided"]
    assert states(inbox.read(executed)) == ["Scheduled", "Executing", "Executed"]
    event = one(region.events.of(executed))
    assert {each["content"]["eventId"] for each in inbox.read(executed)} == {event.id}
    assert inbox.read(executed) == inbox.read(executed), "an id is stable"


@clause("event/notification")
@needs("break-hosts", "move-time")
def test_what_others_do_is_published_to_its_account_and_order(region: Region) -> None:
    """A crash: the event executes and is executed, each once in time, after a plan where there is one."""
    inbox = Inbox(region)
    (instance,) = region.run_instances(1)
    crash_host_of(region, instance)
    region.wait_for_event(SYSTEM_FAILURE, instance=instance, state="Executed", within=EXECUTED)
    region.clock.advance("1m")
    found = inbox.read(instance)
    assert [each for each in states(found) if each != "Scheduled"] == ["Executing", "Executed"]
    times = [each["eventTime"] for each in found]
    assert times == sorted(times)


@clause("event/notification")
@needs("break-hosts", "move-time")
def test_every_end_of_an_event_is_published(region: Region) -> None:
    """Maintenance that fails and that is withdrawn, simulations that are canceled, and a failure that its user ends."""
    inbox = Inbox(region)
    fails, withdrawn, planned, under_way, lost = made = region.run_instances(5)
    region.control("schedule-maintenance", instance=fails.id, not_before=region.clock.ms + HOUR, outcome="fails")
    plan = one(region.control("schedule-maintenance", instance=withdrawn.id)["events"])
    region.control("cancel-maintenance", event=plan["plan"])
    simulated = simulate(region, planned) + simulate(region, under_way, type=SYSTEM_FAILURE)
    region.call("CancelSimulatedSystemEvents", EventId=simulated)
    crash_host_of(region, lost, reversible=True)
    lost.delete()
    region.clock.advance("2h")
    for each in made:
        for event in region.events.of(each):
            found = states([one for one in inbox.read(each) if one["content"]["eventId"] == event.id])
            assert found[-1:] == [event.state], f"{event} was published as {found}"
    ends = {event.state for each in made for event in region.events.of(each) if event.type == MAINTENANCE}
    assert ends >= {"Failed", "Canceled"}


@clause("event/notified-during-or-after")
@needs("break-hosts", "crash-guests", "move-time")
def test_no_failure_is_told_of_beforehand(region: Region) -> None:
    """Neither a host that comes back by itself, nor a crash of the operating system."""
    inbox = Inbox(region)
    lost, crashed = region.run_instances(2, zone=region.zones[0])
    crash_host_of(region, lost, reversible=True)
    region.chaos.guest_crash(crashed.id)
    region.clock.advance("6h")
    for instance, type in ((lost, SYSTEM_FAILURE), (crashed, INSTANCE_FAILURE)):
        found = inbox.read(instance)
        assert {each["content"]["eventType"] for each in found} == {type}
        assert states(found) == ["Executing", "Executed"]


@clause("event/notification-name")
@needs("break-hosts")
def test_a_notification_is_named_after_its_type(region: Region) -> None:
    """The state may follow; the level is CRITICAL."""
    inbox = Inbox(region)
    instance = maintained(region)
    crash_host_of(region, instance, reversible=True)
    found = inbox.read(instance)
    assert {each["content"]["eventType"] for each in found} == {MAINTENANCE, SYSTEM_FAILURE}
    for each in found:
        content = each["content"]
        name = f"Instance:{content['eventType']}"
        assert each["name"] in (name, f"{name}:{content['eventStatus']}")
        assert each["level"] == "CRITICAL"


@clause("event/notification-fields")
@needs("break-hosts", "move-time")
def test_a_notification_is_one_json_object_with_the_fields_of_the_list(region: Region) -> None:
    """What tells where and when, and notBefore for what was planned alone."""
    inbox = Inbox(region)
    planned = maintained(region)
    (crashed,) = region.run_instances(1)
    crash_host_of(region, crashed, reversible=True)
    region.clock.advance("2h")
    for instance in (planned, crashed):
        found = inbox.read(instance)
        known = {each.id: each for each in region.events.of(instance)}
        assert found
        for each in found:
            content = each["content"]
            assert json.loads(json.dumps(each)) == each
            assert {"id", "ver", "product", "resourceId", "userId", "eventTime", "regionId"} <= each.keys()
            assert {"eventId", "instanceId", "eventType", "eventStatus", "publishTime"} <= content.keys()
            assert (each["ver"], each["product"], each["regionId"]) == ("1.0", "ECS", region.id)
            assert each["resourceId"] == f"acs:ecs:{region.id}:{each['userId']}:instance/{instance.id}"
            assert each["eventTime"]
            event = known[content["eventId"]]
            assert (content["instanceId"], content["eventType"]) == (event.instance, event.type)
            assert content["eventStatus"] in ("Scheduled", "Executing", "Executed")
            assert content["publishTime"]
            assert ("notBefore" in content) == (event.not_before is not None)


@clause("event/state-change-notification")
@needs("see-hosts")
def test_the_life_of_an_instance_is_published_from_its_making_to_its_release(region: Region) -> None:
    """Each state once and in order, also the first and the last."""
    inbox = Inbox(region)
    (instance,) = region.run_instances(1)
    instance.stop()
    instance.delete()
    found = inbox.of_resource(instance)
    made, *lived = [each["content"]["state"] for each in found]
    assert made in ("Pending", "Created")
    assert lived == ["Starting", "Running", "Stopping", "Stopped", "Deleted"]
    assert {(each["name"].split(":")[1], each["level"]) for each in found} == {("StateChange", "INFO")}
    assert {each["content"]["resourceType"] for each in found} == {"ALIYUN::ECS::Instance"}
    assert {each["resourceId"].rpartition("/")[2] for each in found} == {instance.id}


@clause("event/notification-execute-times")
@needs("shape-region", "move-time")
def test_a_notification_tells_when_its_event_was_executed(region: Region) -> None:
    """Of an avoided one both times are equal; a Scheduled one has none."""
    inbox = Inbox(region)
    avoided, executed, canceled = region.run_instances(3)
    simulate(region, avoided, executed, within=HOUR)
    withdrawn = simulate(region, canceled, within=HOUR)
    avoided.reboot()
    region.call("CancelSimulatedSystemEvents", EventId=withdrawn)
    region.clock.advance(DAY / 1000)
    for instance in (avoided, executed, canceled):
        for each in inbox.read(instance):
            content = each["content"]
            status, start, end = (content.get(key) for key in ("eventStatus", "executeStartTime", "executeFinishTime"))
            assert (start is None) == (end is None) == (status == "Scheduled"), content
            if status in ("Avoided", "Canceled"):
                assert start == end
            if status == "Executed":
                assert str(start) <= str(end)
    assert states(inbox.read(executed))[-1] == "Executed"


def _inside(region: Region, instance: Instance, path: str) -> str:
    """What the metadata service tells inside an instance."""
    return str(region.control("metadata", instance=instance.id, path=f"/latest/{path}")["text"])


@clause("event/metadata")
@needs("break-hosts", "reach-guests")
def test_active_events_are_seen_inside_the_instance(region: Region) -> None:
    """Of this instance alone, and until they are settled."""
    active = "maintenance/active-system-events"
    instance, other = maintained(region), maintained(region)
    event = one(region.events.of(instance))
    assert event.id in _inside(region, instance, active)
    assert event.id not in _inside(region, other, active)
    instance.reboot()
    assert event.id not in _inside(region, instance, active)


@clause("recovery/metadata-unchanged", "instance/identity")
@needs("see-hosts", "break-hosts", "reach-guests", "move-time")
def test_an_instance_is_told_the_same_of_itself_after_its_recovery(region: Region) -> None:
    """Every item that tells who it is, and the document with all of them."""
    (instance,) = region.run_instances(1)
    paths = [f"meta-data/{each}" for each in ("instance-id", "mac", "private-ipv4", "public-ipv4", "serial-number")]
    paths += ["meta-data/hostname", "meta-data/image-id", "dynamic/instance-identity/document"]
    before, host = [_inside(region, instance, each) for each in paths], instance.host
    crash_host_of(region, instance)
    region.wait(lambda: instance.status == "Running" and instance.host != host, EXECUTED, what="recovered")
    assert [_inside(region, instance, each) for each in paths] == before
    assert before[:3] == [instance.id, instance.identity.mac_address, instance.identity.private_ip]
