"""Instances: their consoles, their places, and what an account has, in October 2026."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from functools import partial

import pytest

from faultzone import Instance, Region, assert_refused
from faultzone_specs.observing import refused_unchanged

clause, needs = pytest.mark.clause, pytest.mark.needs

WINDOWS = "win2016_64_dtc_1607_en-us_40G_alibase_20181220.vhd"
SAYS_SO = base64.b64encode(b"#!/bin/sh\necho the program has begun\nsleep 30\necho the program has ended\n").decode()


def console(instance: Instance, **asked: object) -> str:
    """What is on the console of an instance."""
    answer = instance.region.call("GetInstanceConsoleOutput", InstanceId=instance.id, **asked)
    assert answer["InstanceId"] == instance.id
    try:
        return base64.b64decode(answer["ConsoleOutput"], validate=True).decode()
    except ValueError:
        pytest.fail("ConsoleOutput is not Base64")


def printed_at(instance: Instance) -> datetime:
    """When something was last printed, in UTC+8."""
    answer = instance.region.call("GetInstanceConsoleOutput", InstanceId=instance.id)
    return datetime.strptime(answer["LastUpdateTime"], "%Y-%m-%d %H:%M:%S")


@clause("instance/console-output")
@needs("guest-time", "move-time")
def test_the_output_of_user_data_is_on_the_console(region: Region) -> None:
    """As it comes, and then somebody may log in."""
    (instance,) = region.run_instances(UserData=SAYS_SO)
    host_name = instance.describe()["HostName"]
    begun = console(instance)
    assert "the program has begun" in begun
    assert "the program has ended" not in begun
    region.clock.advance("1m")
    ended = console(instance)
    assert 0 <= ended.find("the program has begun") < ended.find("the program has ended")
    assert f"{host_name} login:" in ended


@clause("instance/console-output")
@needs("consoles", "move-time")
def test_what_is_written_to_the_console_is_on_it(region: Region) -> None:
    """And nothing else that a command puts out; a restart begins anew, and what is Stopped shows its last."""
    (instance,) = region.run_instances()
    before = console(instance)
    ran = region.run_command("echo for all to see > /dev/console\necho for me", on=instance)
    assert ran.output(instance).split() == ["for", "me"]
    after = console(instance)
    assert after.startswith(before)
    assert after[len(before) :].strip() == "for all to see"
    instance.stop()
    assert "for all to see" in console(instance)
    instance.start()
    assert "for all to see" not in console(instance)
    assert instance.describe()["HostName"] in console(instance)


@clause("instance/console-output")
@needs("consoles", "move-time")
def test_symbols_are_removed(region: Region) -> None:
    """The text stays, with its lines."""
    (instance,) = region.run_instances()
    region.run_command("printf 'one\\033[31mtwo\\033[0m\\a\\nthree\\n' > /dev/console", on=instance)
    raw, plain = console(instance), console(instance, RemoveSymbols=True)
    assert "one\x1b[31mtwo\x1b[0m\a\nthree\n" in raw
    assert "onetwo\nthree\n" in plain
    assert not {"\x1b", "\a"} & set(plain)
    assert console(instance, RemoveSymbols=False) == raw


@clause("instance/console-output")
@needs("consoles", "move-time")
def test_the_last_time_is_that_of_what_was_printed_last(region: Region) -> None:
    """In UTC+8; what is not printed changes nothing."""
    (instance,) = region.run_instances()
    for seconds in (0, 600):
        region.clock.advance(f"{seconds}s")
        region.run_command("echo now > /dev/console", on=instance)
        printed, now = printed_at(instance), region.clock.now.replace(tzinfo=None) + timedelta(hours=8)
        assert timedelta(0) <= now - printed < timedelta(minutes=1)
        region.clock.advance("5m")
        assert printed_at(instance) == printed


@clause("instance/console-output-of-linux")
@needs("consoles")
def test_there_is_no_console_to_see(region: Region) -> None:
    """Of Windows, of what never started, and of what there is not."""
    (windows,) = region.run_instances(ImageId=WINDOWS)
    assert_refused("NotSupported", partial(console, windows))
    assert_refused("IncorrectInstanceStatus", partial(console, region.create_instance()))
    assert_refused("InvalidInstanceId.NotFound", partial(console, region.instance("i-nosuch")))


@clause("instance/diagnostic-interrupt")
@needs("move-time")
def test_an_interrupt_crashes_the_system(region: Region) -> None:
    """Once, and of the one instance."""
    instance, other = region.run_instances(2)
    started = instance.describe()["StartTime"]
    region.clock.advance("5m")
    region.call("SendDiagnosticInterrupt", InstanceId=instance.id)
    event = region.wait_for_event("InstanceFailure.Reboot", instance=instance, state="Executed")
    assert event.instance == instance.id
    assert instance.wait_until("Running").describe()["StartTime"] > started
    assert len(region.events.of(instance, "InstanceFailure.Reboot")) == 1
    assert other.describe()["StartTime"] <= started


@clause("instance/diagnostic-interrupt")
@needs("guest-time", "move-time")
def test_an_interrupt_that_cannot_be_crashes_nothing(region: Region) -> None:
    """A dry run, and every state but Running."""
    (instance,) = region.run_instances(wait=False)
    for status in ("Pending", "Starting", "Running", "Stopping", "Stopped"):
        if status == "Stopping":
            instance.stop(wait=False)
        instance.wait_until(status)
        code = "DryRunOperation" if status == "Running" else "IncorrectInstanceStatus"
        refused_unchanged(instance, "SendDiagnosticInterrupt", code, DryRun=True)
        if status != "Running":
            refused_unchanged(instance, "SendDiagnosticInterrupt", code)
    region.clock.advance("10m")
    assert instance.status == "Stopped"


@clause("instance/topology")
@pytest.mark.region(zones=1, hosts_per_zone=2)
@needs("see-hosts", "shape-region")
def test_who_shares_a_host_is_told(region: Region) -> None:
    """Of three on two hosts, two share one; what is stopped without charge has none."""
    instances = region.run_instances(3)
    answer = region.call("DescribeInstanceTopology", InstanceIds=json.dumps([each.id for each in instances]))
    told = {each["InstanceId"]: each for each in answer["Topologys"]["Topology"]}
    assert told.keys() == {each.id for each in instances}
    for one in instances:
        assert told[one.id]["NetworkNodes"]["NetworkNodes"]
        for two in instances:
            assert (told[one.id]["HostId"] == told[two.id]["HostId"]) == (one.host == two.host)
    instances[0].stop(StoppedMode="StopCharging")
    rest = region.call("DescribeInstanceTopology")["Topologys"]["Topology"]
    assert {each["InstanceId"] for each in rest} == {each.id for each in instances[1:]}
    first = region.call("DescribeInstanceTopology", InstanceIds=json.dumps([instances[1].id]))
    assert [each["InstanceId"] for each in first["Topologys"]["Topology"]] == [instances[1].id]


def values(region: Region, *names: str, **asked: object) -> dict[str, list[str]]:
    """The values of attributes."""
    shown = region.call("DescribeAccountAttributes", AttributeName=list(names), **asked)
    return {
        each["AttributeName"]: [value["Value"] for value in each["AttributeValues"]["ValueItem"]]
        for each in shown["AccountAttributeItems"]["AccountAttributeItem"]
    }


USED = ("used-postpaid-instance-vcpu-count", "used-spot-instance-vcpu-count")


@clause("instance/account-attributes")
@pytest.mark.region(zones=2)
@needs("shape-region")
def test_what_is_used_is_counted(region: Region) -> None:
    """By zone and in all; a subscription is neither."""
    first, second = region.zones
    before = {zone: values(region, *USED, ZoneId=zone) for zone in (first, second)}
    assert before[first] == before[second] == {name: ["0"] for name in USED}
    region.run_instances(2, instance_type="ecs.g5.xlarge", zone=first)
    region.run_instances(1, instance_type="ecs.g5.large", zone=second)
    region.run_instances(1, instance_type="ecs.g5.2xlarge", zone=second, SpotStrategy="SpotAsPriceGo")
    region.run_instances(1, instance_type="ecs.g5.xlarge", zone=second, InstanceChargeType="PrePaid", Period=1)
    assert values(region, *USED, ZoneId=first) == {USED[0]: ["8"], USED[1]: ["0"]}
    assert values(region, *USED, ZoneId=second) == {USED[0]: ["2"], USED[1]: ["8"]}
    assert values(region, *USED) == {USED[0]: ["10"], USED[1]: ["8"]}


@clause("instance/account-attributes")
def test_all_are_told_if_none_is_named(region: Region) -> None:
    """And no unknown one."""
    assert {*USED, "instance-network-type", "max-axt-command-count", "supported-postpaid-instance-types"} <= set(
        values(region)
    )
    assert list(values(region, USED[1])) == [USED[1]]
    with pytest.raises(Exception, match=r"\(4\d\d\)"):
        values(region, "max-happiness")
