"""The consoles of real instances, and what asks the metadata service from inside one."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from faultzone import assert_refused
from faultzone.errors import UsageError
from faultzone.region import Instance, Region
from tests.docker.conftest import MakeRegion
from tests.docker.test_instances import out, shell, soon
from tests.docker.test_scripts import ran

pytestmark = [pytest.mark.docker, pytest.mark.slow]

#: A start-up program that says two things, and between them waits for a file.
SAYS = "#!/bin/sh\necho begun\nwhile [ ! -e /root/go ]; do sleep 0.05; done\necho over; exit 3\n"


def console(instance: Instance, **given: object) -> str:
    answer = instance.region.call("GetInstanceConsoleOutput", InstanceId=instance.id, **given)
    return base64.b64decode(answer["ConsoleOutput"]).decode("utf-8", "replace")


def screen(instance: Instance) -> bytes:
    instance.region.clock.advance("10s")
    return base64.b64decode(instance.region.call("GetInstanceScreenshot", InstanceId=instance.id)["Screenshot"])


@pytest.fixture
def today(make: MakeRegion) -> Region:
    """A region of edition 2026-10."""
    return make(zones=1, hosts_per_zone=2, edition="2026-10")


def test_the_output_of_a_start_up_program_comes_before_the_prompt(today: Region) -> None:
    (one,) = today.run_instances(1, UserData=base64.b64encode(SAYS.encode()).decode())
    name = one.describe()["HostName"]
    soon(lambda: "begun\n" in console(one))
    assert f"Set hostname to <{name}>" in console(one)
    assert "Started aliyun-service" in console(one)
    assert f"{name} login:" not in console(one)
    out(one, "touch /root/go")
    soon(lambda: f"{name} login:" in console(one))
    shown = console(one)
    assert 0 < shown.find("begun\n") < shown.find("over\n") < shown.find(f"{name} login:")


def test_what_a_program_writes_is_shown_as_it_is(today: Region) -> None:
    """Whatever it is, for whoever may write; and a boot begins anew."""
    one, other = today.run_instances(2)
    before, picture = console(one), screen(one)
    out(one, r"printf '\033[31mred\033[0m\r\n\377\n' > /dev/console")
    soon(lambda: console(one) == before + "\x1b[31mred\x1b[0m\r\n\ufffd\n")
    assert console(one, RemoveSymbols=True).endswith("red\n\ufffd\n")
    assert screen(one) != picture
    assert "red" not in console(other)
    assert shell(one, "su nobody -s /bin/sh -c 'echo x > /dev/console' 2>&1")[0] != 0
    one.reboot()
    assert console(one) == before


def test_a_program_that_writes_without_end_is_shown_by_its_end_and_hurts_nobody(today: Region) -> None:
    (one,) = today.run_instances(1)
    out(one, "yes 'a line of text' | head -c 5000000 > /dev/console; echo the end > /dev/console")
    soon(lambda: console(one).endswith("the end\n"))
    assert len(console(one)) <= 65536
    assert ran(one, "echo well")["Output"] == "well\n"


def test_a_host_that_dies_leaves_what_was_shown_last(today: Region) -> None:
    (one,) = today.run_instances(1)
    out(one, "echo the last words > /dev/console")
    soon(lambda: "the last words" in console(one))
    assert one.host is not None
    crash = today.chaos.crash(one.host)
    soon(lambda: today.events.of(one))
    assert "the last words" in console(one)
    crash.undo()
    today.wait_for_event("SystemFailure.Reboot", instance=one, state="Executed")
    assert "the last words" not in console(one)


@pytest.mark.parametrize("by", ["interrupt", "fault"])
def test_a_system_that_crashes_boots_again_where_it_is(today: Region, by: str) -> None:
    one, other = today.run_instances(2)
    out(one, "touch /run/gone /root/kept")
    out(other, "touch /run/there")
    host = one.host
    if by == "fault":
        today.chaos.guest_crash(one)
    else:
        today.call("SendDiagnosticInterrupt", InstanceId=one.id)
    today.wait_for_event("InstanceFailure.Reboot", instance=one, state="Executed")
    assert (one.status, one.host) == ("Running", host)
    assert out(one, "ls /run/gone /root/kept 2>/dev/null || true") == "/root/kept"
    assert shell(other, "test -e /run/there")[0] == 0
    assert "login:" in console(one)


def test_what_is_not_up_cannot_crash(today: Region) -> None:
    (one,) = today.run_instances(1)
    one.stop()
    with pytest.raises(UsageError, match="must be up"):
        today.chaos.guest_crash(one)
    assert_refused("IncorrectInstanceStatus", lambda: today.call("SendDiagnosticInterrupt", InstanceId=one.id))


def test_the_end_of_a_spot_instance_is_told_inside(today: Region) -> None:
    spot: dict[str, Any] = {"SpotStrategy": "SpotAsPriceGo", "SpotDuration": 0}
    (one,) = today.run_instances(1, **spot)
    asked = "wget -qO- http://100.100.100.200/latest/meta-data/instance/spot/termination-time"
    assert shell(one, asked)[0] != 0
    today.chaos.spot_interruption(one)
    at = out(one, asked)
    assert at.startswith("20")
    assert at.endswith("Z")
    today.clock.advance("6m")
    assert one.id not in {each.id for each in today.instances}


def test_the_metadata_service_is_asked_from_inside(today: Region) -> None:
    (one,) = today.run_instances(1, RamRoleName="reader")

    def asked(path: str, method: str = "GET", **headers: str) -> dict[str, Any]:
        return today.control("metadata", instance=one.id, path=path, method=method, headers=headers)

    root = "/latest/meta-data/"
    assert asked(f"{root}instance-id") == {"text": one.id, "status": 200}
    about = {"Host": "elsewhere", "Connection": "keep-alive", "Content-Length": "7", "Expect": "100-continue"}
    assert asked(f"{root}instance-id", **about)["text"] == one.id
    assert asked(f"{root}nothing") == {"text": None, "status": 404}
    assert asked(f"{root}ram/security-credentials/")["text"] == "reader"
    for bad in (
        {"path": "latest"},
        {"path": "/a b"},
        {"path": "/", "method": "GET /"},
        {"path": "/", "x": "a\r\nb: c"},
    ):
        with pytest.raises(UsageError):
            asked(**bad)
    one.stop()
    with pytest.raises(UsageError, match="is not up"):
        asked(root)
