"""Instances: what they are across their life, their names, and their user data."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

from faultzone import Instance, Region, assert_nothing_made, assert_refused
from faultzone_specs.observing import metadata, refused_unchanged
from faultzone_specs.words import Words

clause, needs = pytest.mark.clause, pytest.mark.needs

WINDOWS = "win2016_64_dtc_1607_en-us_40G_alibase_20181220.vhd"
#: A start-up program.
PROGRAM = base64.b64encode(b"#!/bin/sh\necho web is up\n").decode()


@clause("instance/identity")
def test_identity_stays_through_stop_start_and_reboot(region: Region) -> None:
    """Whether the stop is orderly or forced."""
    said = Words(region)
    (instance,) = region.run_instances(
        HostName="web-1", InstanceName=said.name("web"), Description=said.text("front"), Tag=said.tags(team="a")
    )
    before, address = metadata(instance), instance.public_ip
    assert address is not None
    changes: tuple[Callable[[], Instance], ...] = (
        lambda: instance.stop().start(),
        instance.reboot,
        lambda: instance.stop(ForceStop=True).start(),
    )
    for change in changes:
        change()
        assert metadata(instance) == before
        assert instance.public_ip == address


@clause("instance/identity")
@needs("break-hosts", "see-hosts")
def test_identity_stays_through_live_migration(region: Region) -> None:
    """The host changes, and nothing that the user can see."""
    (instance,) = region.run_instances()
    before, host, shown = instance.identity, instance.host, instance.describe()
    region.control("migrate", instance=instance.id)
    assert instance.host != host
    assert instance.identity == before
    assert instance.describe() == shown


def started(region: Region, instance: Instance) -> list[str]:
    """What the start-up program wrote at each boot."""
    return [each["output"] for each in region.commands.ran_on(instance) if each["by"] == "user-data"]


def assert_started(region: Region, instance: Instance, times: int) -> None:
    """The start-up program has run at so many boots, each time to its end."""
    region.wait(lambda: started(region, instance) == ["web is up\n"] * times, "5m", what="its start-up program")


@clause("instance/user-data")
@needs("log-in")
def test_user_data_runs_at_every_boot(region: Region) -> None:
    """The first, one after a reboot, and one after a stop."""
    (instance,) = region.run_instances(UserData=PROGRAM)
    assert_started(region, instance, 1)
    assert_started(region, instance.reboot(), 2)
    assert_started(region, instance.stop().start(), 3)


@clause("instance/user-data")
@needs("log-in", "break-hosts")
def test_user_data_runs_when_a_repaired_host_brings_the_instance_back(region: Region) -> None:
    """The service is back without anybody's doing."""
    (instance,) = region.run_instances(UserData=PROGRAM)
    host = instance.host
    assert host is not None
    with region.chaos.crash(host):
        region.wait(lambda: not region.control("agent", instance=instance.id)["running"], "1m", what="the crash")
    region.wait(lambda: len(started(region, instance)) == 2, "10m", what="the second boot")


@clause("instance/user-data")
@needs("log-in")
def test_user_data_that_was_changed_runs_at_the_next_boot(region: Region) -> None:
    """Set while the instance is Stopped, before its first boot."""
    instance = region.create_instance()
    region.call("ModifyInstanceAttribute", InstanceId=instance.id, UserData=PROGRAM)
    instance.start()
    assert_started(region, instance, 1)


def encoded(size: int) -> str:
    """Base64 of so many bytes."""
    return base64.b64encode(b"#!/bin/sh\n".ljust(size, b"#")).decode()


@clause("instance/user-data-limit")
def test_16_kb_of_user_data_are_accepted(region: Region) -> None:
    """They are measured raw, before Base64 makes them a third longer."""
    instance = region.create_instance(UserData=encoded(16 * 1024))
    assert region.call("DescribeUserData", InstanceId=instance.id)["UserData"] == encoded(16 * 1024)


@clause("instance/user-data-limit")
def test_more_than_16_kb_of_user_data_are_refused(region: Region) -> None:
    """One byte more, at the launch and afterwards."""
    more, code = encoded(16 * 1024 + 1), "InvalidUserData.SizeExceeded"
    assert_nothing_made(region, lambda: region.run_instances(UserData=more, wait=False), code)
    refused_unchanged(region.create_instance(), "ModifyInstanceAttribute", code, UserData=more)


@clause("instance/user-data-stopped-only")
def test_user_data_changes_only_while_stopped(region: Region) -> None:
    """A running instance keeps what it has."""
    (instance,) = region.run_instances(UserData=PROGRAM)
    refused_unchanged(instance, "ModifyInstanceAttribute", "IncorrectInstanceStatus", UserData=encoded(20))
    assert region.call("DescribeUserData", InstanceId=instance.id)["UserData"] == PROGRAM
    instance.stop()
    region.call("ModifyInstanceAttribute", InstanceId=instance.id, UserData=encoded(20))
    assert region.call("DescribeUserData", InstanceId=instance.id)["UserData"] == encoded(20)


@pytest.mark.region(default_network=False)
@clause("instance/user-data-network")
@needs("shape-region")
def test_user_data_needs_a_vpc(region: Region) -> None:
    """At the launch and afterwards."""
    code = "InvalidUserData.NotSupported"
    assert_nothing_made(region, lambda: region.run_instances(UserData=PROGRAM, wait=False), code)
    classic = region.create_instance()
    assert classic.describe()["InstanceNetworkType"] == "classic"
    refused_unchanged(classic, "ModifyInstanceAttribute", code, UserData=PROGRAM)
    zone = region.call("DescribeVSwitches")["VSwitches"]["VSwitch"][0]
    inside = region.create_instance(VSwitchId=zone["VSwitchId"], UserData=PROGRAM)
    assert region.call("DescribeUserData", InstanceId=inside.id)["UserData"] == PROGRAM


@clause("instance/description-rule")
def test_descriptions_of_the_documented_length_are_kept(region: Region) -> None:
    """The shortest and the longest, of any script."""
    instance = region.create_instance(Description="ab")
    for text in ("b" * 256, "前端服务器", "a:b/http://c"):
        region.call("ModifyInstanceAttribute", InstanceId=instance.id, Description=text)
        assert instance.describe()["Description"] == text


@pytest.mark.parametrize("text", ["a", "a" * 257, "http://web", "https://web"])
@clause("instance/description-rule")
def test_other_descriptions_are_refused(region: Region, text: str) -> None:
    """At the launch and afterwards."""
    code = "InvalidDescription.Malformed"
    assert_nothing_made(region, lambda: region.run_instances(Description=text, wait=False), code)
    refused_unchanged(region.create_instance(), "ModifyInstanceAttribute", code, Description=text)


@pytest.mark.parametrize("password", ["Abcdefg1", "abc-1234", "ABC-" + "1" * 26, "/Abcdefg", "Abcdef-/"])
@clause("instance/password-rule")
def test_passwords_of_three_kinds_are_accepted(region: Region, password: str) -> None:
    """The shortest and the longest, at the launch and afterwards."""
    instance = region.create_instance(Password=password)
    region.call("ModifyInstanceAttribute", InstanceId=instance.id, Password=password)


#: Each two of the four kinds.
OF_TWO_KINDS = ("abcdefg1", "ABCDEFG1", "abcdefg-", "ABCDEFG-", "1234567-", "Abcdefgh")


@pytest.mark.parametrize("password", ["Abcde-1", "Abc-" + "1" * 27, "12345678", *OF_TWO_KINDS])
@clause("instance/password-rule")
def test_other_passwords_are_refused(region: Region, password: str) -> None:
    """Too short, too long, or of two kinds alone: at the launch and afterwards."""
    codes = ("InvalidPassword.Malformed", "InvalidHostPassword.Malformed")
    assert_nothing_made(region, lambda: region.run_instances(Password=password, wait=False), codes[0])
    refused_unchanged(region.create_instance(), "ModifyInstanceAttribute", codes, Password=password)


@clause("instance/name-rule")
def test_without_a_name_the_name_is_the_id(region: Region) -> None:
    """A launch that names nothing."""
    instance = region.create_instance()
    assert instance.describe()["InstanceName"] == instance.id


@clause("instance/name-rule")
def test_names_of_the_documented_form_are_accepted(region: Region) -> None:
    """The longest, the shortest, and every kind of character."""
    instance = region.create_instance(InstanceName="ab")
    for name in ("a" * 128, "服务器", "A1:b_c-d", "https"):
        region.call("ModifyInstanceAttribute", InstanceId=instance.id, InstanceName=name)
        assert instance.describe()["InstanceName"] == name


@pytest.mark.parametrize(
    "name", ["a", "a" * 129, "1web", "_web", "http://web", "https://web", "we b", "web/1", "web@home"]
)
@clause("instance/name-rule")
def test_other_names_are_refused(region: Region, name: str) -> None:
    """At the launch and afterwards."""
    code = "InvalidInstanceName.Malformed"
    assert_nothing_made(region, lambda: region.run_instances(InstanceName=name, wait=False), code)
    refused_unchanged(region.create_instance(), "ModifyInstanceAttribute", code, InstanceName=name)


@pytest.mark.parametrize(
    ("windows", "name"), [(False, "a" * 64), (False, "web-1.example"), (False, "ab"), (True, "A" * 15), (True, "ab")]
)
@clause("instance/host-name-rule")
def test_host_names_of_the_documented_form_are_accepted(region: Region, windows: bool, name: str) -> None:
    """The shortest of each system, and the longest that every page allows."""
    image: dict[str, Any] = {"ImageId": WINDOWS} if windows else {}
    assert region.create_instance(HostName=name, **image).describe()["HostName"] == name


@pytest.mark.parametrize(
    ("windows", "name"),
    [
        (False, "a"),
        (False, "a" * 129),
        (True, "a"),
        (True, "123456"),
        (True, "a" * 16),
        *((False, name) for name in (".web", "-web", "web.", "web-", "web..a", "web--a", "web.-a", "web_1")),
    ],
)
@clause("instance/host-name-rule")
def test_other_host_names_are_refused(region: Region, windows: bool, name: str) -> None:
    """At the launch and afterwards."""
    image: dict[str, Any] = {"ImageId": WINDOWS} if windows else {}
    codes = ("InvalidHostName.Malformed", "HOSTNAME_ILLEGAL")
    assert_nothing_made(region, lambda: region.run_instances(HostName=name, wait=False, **image), codes)
    instance = region.create_instance(**image)
    assert_refused(codes, lambda: region.call("ModifyInstanceAttribute", InstanceId=instance.id, HostName=name))
