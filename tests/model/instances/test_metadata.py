"""The metadata service, from inside and from the test."""

from __future__ import annotations

import base64
import json

import pytest

from faultzone import Instance, Region, make_region
from faultzone.clock import HOUR, stamp
from faultzone.errors import UsageError


@pytest.fixture
def region() -> Region:
    return make_region()


def text(region: Region, instance: Instance, path: str) -> str | None:
    answer: str | None = region.control("metadata", instance=instance.id, path=path)["text"]
    return answer


def test_items_agree_with_what_the_api_shows(region: Region) -> None:
    (instance,) = region.run_instances(1, HostName="web")
    shown, identity = instance.describe(), instance.identity
    expected = {
        "instance-id": instance.id,
        "hostname": "web",
        "private-ipv4": identity.private_ip,
        "public-ipv4": identity.public_ip,
        "eipv4": identity.public_ip,
        "mac": identity.mac_address,
        "serial-number": identity.serial_number,
        "image-id": identity.image,
        "instance/instance-type": identity.instance_type,
        "vpc-id": shown["VpcAttributes"]["VpcId"],
        "vswitch-id": identity.vswitch,
        "zone-id": identity.zone,
        "region-id": region.id,
        "owner-account-id": region.accounts[0],
        f"network/interfaces/macs/{identity.mac_address}/primary-ip-address": identity.private_ip,
    }
    assert {item: text(region, instance, f"/latest/meta-data/{item}") for item in expected} == expected
    document = json.loads(str(text(region, instance, "/latest/dynamic/instance-identity/document")))
    assert document["instance-id"] == text(region, instance, "/latest/meta-data/instance-id/") == instance.id
    assert document["zone-id"] == identity.zone


def test_every_path_that_is_listed_is_there(region: Region) -> None:
    (instance,) = region.run_instances(1, UserData=base64.b64encode(b"echo hello").decode())
    waiting, found = ["/latest/"], list[str]()
    while waiting:
        path = waiting.pop()
        for name in str(text(region, instance, path)).split("\n"):
            (waiting if name.endswith("/") else found).append(path + name)
    assert len(found) > 20
    assert [path for path in found if text(region, instance, path) is None] == []
    assert text(region, instance, "/latest/user-data") == "echo hello"


def test_an_event_is_shown_with_its_instant(region: Region) -> None:
    (instance,) = region.run_instances(1)
    region.chaos.maintenance(instance.id, within="2h")
    (event,) = region.events.of(instance)
    (shown,) = json.loads(str(text(region, instance, "/latest/maintenance/active-system-events")))
    assert shown == {
        "EventId": event.id,
        "EventType": "SystemMaintenance.Reboot",
        "EventCycleStatus": "Scheduled",
        "NotBefore": stamp(region.clock.ms + 2 * HOUR),
    }


def test_what_is_not_there_is_not_shown(region: Region) -> None:
    (instance,) = region.run_instances(1, public_ip=False)
    for path in ("/latest/user-data", "/latest/meta-data/public-ipv4", "/latest/meta-data/mac/below", "/", "/none"):
        assert text(region, instance, path) in (None, "2016-01-01/\nlatest/")
    assert text(region, instance, "/latest/maintenance/active-system-events") == "[]"


def test_a_guest_asks_for_it_by_its_address(region: Region) -> None:
    (instance,) = region.run_instances(1)

    def ask(arguments: str) -> tuple[str, int]:
        ran = region.commands.log_in(instance, f"curl {arguments}")
        return ran["output"], ran["exit_code"]

    base = "http://100.100.100.200/latest/meta-data"
    assert ask(f"-s {base}/instance-id") == (instance.id, 0)
    assert ask(f"{base}/nothing") == ("404 - Not Found", 0)
    assert ask(f"-sf {base}/nothing")[1] == 22
    assert ask("http://example.com/") == ("curl: (6) Could not resolve host: example.com\n", 6)


def test_nothing_asks_from_an_instance_that_is_not_up(region: Region) -> None:
    (instance,) = region.run_instances(1)
    instance.stop()
    with pytest.raises(UsageError, match="is not up: "):
        text(region, instance, "/latest/")
    with pytest.raises(UsageError, match="unknown instance 'i-none'"):
        region.control("metadata", instance="i-none", path="/")
