from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any, cast

import pytest

from faultzone import Instance, Region, UsageError, make_region
from faultzone.substrate.reaction import Reaction

START = base64.b64encode(b"#!/bin/sh\nweb\n").decode()


@pytest.fixture
def region() -> Region:
    region = make_region(zones=1, hosts_per_zone=3)
    region.guest("web", serves=80, answer="hello")
    return region


@pytest.fixture
def web(region: Region) -> Instance:
    return region.run_instances(1, UserData=START)[0]


def heard(instance: Instance, port: int = 80) -> str:
    """What a client meets: the answer, or the name of the trouble."""
    try:
        return instance.request(port).decode()
    except OSError as trouble:
        return type(trouble).__name__


def test_a_service_answers_by_instance_and_by_address(region: Region, web: Instance) -> None:
    assert web.request(80, b"any") == b"hello"
    assert region.request(web.private_ip, 80) == b"hello"
    assert region.request(str(web.public_ip), 80) == b"hello"


def test_nobody_listens_without_the_program_or_at_another_port(region: Region, web: Instance) -> None:
    (idle,) = region.run_instances(1)
    assert (heard(idle), heard(web, 443)) == ("ConnectionRefusedError", "ConnectionRefusedError")


def test_it_serves_after_every_boot(region: Region, web: Instance) -> None:
    web.reboot()
    assert heard(web) == "hello"
    web.stop().start()
    assert heard(web) == "hello"
    region.commands.log_in(web, "reboot")
    region.clock.advance("1m")
    assert heard(web) == "hello"


def test_what_was_started_by_hand_does_not_come_back(region: Region) -> None:
    (instance,) = region.run_instances(1)
    assert region.commands.log_in(instance, "web")["exit_code"] == 0
    assert heard(instance) == "hello"
    instance.reboot()
    assert heard(instance) == "ConnectionRefusedError"


def test_it_serves_once_it_has_started(region: Region) -> None:
    region.guest("slow web", serves=80, answer=b"late", takes="30s")
    (instance,) = region.run_instances(1)
    region.control("log-in", instance=instance.id, script="slow web")
    region.clock.advance("29s")
    assert heard(instance) == "ConnectionRefusedError"
    region.clock.advance("1s")
    assert heard(instance) == "late"


def test_a_port_has_one_service(region: Region, web: Instance) -> None:
    ran = region.commands.log_in(web, "web")
    assert (ran["exit_code"], "port 80: address already in use" in ran["output"]) == (1, True)
    assert heard(web) == "hello"


def crash(region: Region, web: Instance) -> None:
    region.chaos.crash(str(web.host))


def crash_for_good(region: Region, web: Instance) -> None:
    region.chaos.crash(str(web.host), reversible=False)


def hang(region: Region, web: Instance) -> None:
    region.chaos.hang(str(web.host))


def cut(region: Region, web: Instance) -> None:
    region.chaos.cut(str(web.host))


def crash_guest(region: Region, web: Instance) -> None:
    region.chaos.guest_crash(web.id)


def reboot(region: Region, web: Instance) -> None:
    web.reboot(wait=False)


def reboot_from_inside(region: Region, web: Instance) -> None:
    region.commands.log_in(web, "reboot")
    region.clock.advance("1s")


def lose_the_zone(region: Region, web: Instance) -> None:
    region.chaos.zone_outage(region.zones[0])


@pytest.mark.parametrize(
    "breaks", [crash, crash_for_good, hang, cut, crash_guest, reboot, reboot_from_inside, lose_the_zone]
)
def test_it_is_silent_while_it_is_down_and_serves_again(
    region: Region, web: Instance, breaks: Callable[[Region, Instance], None]
) -> None:
    assert heard(web) == "hello"
    breaks(region, web)
    assert heard(web) == "TimeoutError"
    region.chaos.undo_all()
    region.clock.advance("1h")
    assert heard(web) == "hello"


def test_a_stopped_instance_and_one_that_boots_are_silent(region: Region, web: Instance) -> None:
    web.stop()
    assert heard(web) == "TimeoutError"
    web.start(wait=False)
    assert heard(web) == "TimeoutError"
    web.wait_until("Running")
    assert heard(web) == "hello"


def test_a_live_migration_is_not_noticed(region: Region, web: Instance) -> None:
    before = web.host
    with region.chaos.at_risk(str(before)):
        assert heard(web) == "hello"
        region.clock.advance("1m")
        assert web.host != before
        assert heard(web) == "hello"


def test_a_wire_joined_in_time_loses_nothing(region: Region, web: Instance) -> None:
    host = str(web.host)
    with region.chaos.cut(host):
        assert heard(web) == "TimeoutError"
    assert heard(web) == "hello"


def test_a_function_answers_outside_the_lock_and_may_fail(region: Region, web: Instance) -> None:
    met: list[bytes] = []

    def answer(request: bytes) -> bytes:
        met.append(request)
        if request == b"text":
            return cast(bytes, "no bytes")
        if request == b"hang":
            raise TimeoutError
        return web.status.encode() + b" " + request

    region.guest("echo service", serves=7, answer=answer)
    region.commands.log_in(web, "echo service")
    assert web.request(7, b"\x00\xff") == b"Running \x00\xff"
    with pytest.raises(TimeoutError):
        web.request(7, "hang")
    with pytest.raises(UsageError, match=r":7='no bytes': expected bytes"):
        web.request(7, "text")
    assert met == [b"\x00\xff", b"hang", b"text"]


def test_a_function_that_gives_a_reaction_may_let_it_serve(region: Region, web: Instance) -> None:
    region.guest(lambda text: Reaction(serves=int(text.split()[1]), answer=text) if text.startswith("serve") else None)
    region.commands.log_in(web, "serve 8080")
    assert web.request(8080) == b"serve 8080"


def test_a_request_is_journalled_by_its_size(region: Region, web: Instance) -> None:
    web.request(80, "secret")
    heard(web, 81)
    said = [dict(entry.data) for entry in region.journal.of("read", verb="guest-request")]
    assert said == [
        {"verb": "guest-request", "instance": web.id, "port": 80, "asked": 6, "answered": 5},
        {"verb": "guest-request", "instance": web.id, "port": 81, "asked": 0, "error": "refused"},
    ]


def test_addresses_are_the_accounts_own(region: Region, web: Instance) -> None:
    with pytest.raises(TimeoutError, match="no instance has the address"):
        region.request("172.31.255.254", 80)
    with pytest.raises(UsageError, match="expected an IP address"):
        region.request("web", 80)
    address = web.private_ip
    web.delete()
    with pytest.raises(TimeoutError):
        region.request(address, 80)
    with pytest.raises(UsageError, match="unknown instance"):
        web.request(80)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"port": 0}, "expected a whole number from 1 to 65535"),
        ({"port": True}, "'port': expected integer, got boolean"),
        ({"port": 80, "seconds": 0}, "seconds=0"),
        ({"port": 80, "seconds": 26}, "at most 25"),
        ({"port": 80, "data": "???"}, "in Base64"),
    ],
)
def test_a_request_that_cannot_be(region: Region, web: Instance, asked: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        region.control("guest-request", instance=web.id, **asked)


@pytest.mark.parametrize(
    ("taught", "says"),
    [
        ({"serves": 65536}, "expected a whole number from 1 to 65535"),
        ({"serves": "80"}, "'serves': expected integer, got string"),
        ({"answer": b"x"}, "expected the port"),
        ({"serves": 80, "hang": True}, "in the background"),
        ({"serves": 80, "crash": True}, "in the background"),
    ],
)
def test_a_service_that_cannot_be(region: Region, taught: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        region.guest("x", **taught)
