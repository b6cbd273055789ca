"""Machines outside the cloud that are real: they register by their program, and then run commands like instances."""

from __future__ import annotations

from typing import Any

import pytest

from faultzone.errors import NotSupported, UnknownTarget, UsageError
from faultzone.region import Instance, Region
from tests.docker.conftest import MakeRegion
from tests.docker.test_instances import out, shell, soon

pytestmark = [pytest.mark.docker, pytest.mark.slow]


@pytest.fixture
def today(make: MakeRegion) -> Region:
    """A region of edition 2026-10."""
    return make(zones=1, hosts_per_zone=1, edition="2026-10")


def managed(region: Region, **filters: object) -> list[dict[str, Any]]:
    return list(region.call("DescribeManagedInstances", **filters)["Instances"])


def machine(region: Region, **given: object) -> Instance:
    return region.instance(str(region.control("add-machine", **given)["machine"]))


def options(region: Region, of: dict[str, Any], **given: str) -> str:
    """The options with which the program registers."""
    values = {"RegionId": region.id, "ActivationId": of["ActivationId"], "ActivationCode": of["ActivationCode"]}
    return " ".join(f"--{name}='{value}'" for name, value in {**values, **given}.items())


def test_a_machine_registers_by_its_program_and_runs_commands(today: Region) -> None:
    made = today.call("CreateActivation", InstanceName="web", InstanceCount=2)
    pc = machine(today, host_name="pc")
    wrong = shell(pc, f"aliyun-service --register {options(today, made, ActivationCode='a-0')}")
    assert wrong == (1, "register failed: wrong-code")
    assert managed(today) == []
    said = out(pc, f"aliyun-service --register {options(today, made, InstanceName='db', MachineId='it s-1')}")
    (shown,) = managed(today)
    assert said == f"register ok: {shown['InstanceId']}"
    assert (shown["InstanceName"], shown["MachineId"], shown["Hostname"]) == ("db-1", "it s-1", "pc")
    soon(lambda: managed(today)[0]["Connected"])
    known = today.instance(shown["InstanceId"])
    assert today.run_command("hostname; cat /proc/1/comm", on=known).output(known).splitlines()[0] == "pc"
    assert shell(pc, f"aliyun-service --register {options(today, made)}") == (1, "register failed: registered")
    assert [each.id for each in today.instances] == []


def test_what_the_program_does_not_take_is_told(today: Region) -> None:
    pc = machine(today)
    for given in ("", "--register", "--start", "--register --RegionId=a --RegionId=b", "'' '' ''", "'a\nb'"):
        code, said = shell(pc, f"aliyun-service {given}")
        assert (code, said.partition(" ")[0]) == (2, "usage:"), given
    assert shell(pc, "su nobody -s /bin/sh -c 'aliyun-service --register' 2>&1")[0] != 0
    assert shell(pc, "ls /run/aliyun-service")[1] == "ask"


def test_a_machine_that_is_deregistered_goes_on_and_can_register_again(today: Region) -> None:
    made = today.call("CreateActivation")
    pc = machine(today)

    def register() -> Instance:
        code = {"activation_id": made["ActivationId"], "activation_code": made["ActivationCode"]}
        return today.instance(str(today.control("register-machine", machine=pc.id, **code)["instance"]))

    first = register()
    running = today.run_command("sleep 600", on=first, wait=False)
    soon(lambda: shell(pc, "pgrep -f 'sleep 600'")[0] == 0)
    today.call("DeregisterManagedInstance", InstanceId=first.id)
    (told,) = running.results()
    assert told["ErrorCode"] == "InstanceReleased"
    soon(lambda: shell(pc, "pgrep -f 'sleep 600'")[0] == 0)
    again = register()
    assert again.id != first.id
    assert today.run_command("echo well", on=again).output(again) == "well\n"


def test_a_machine_that_reboots_is_heard_of_again(today: Region) -> None:
    made = today.call("CreateActivation")
    pc = machine(today)
    out(pc, f"aliyun-service --register {options(today, made)}")
    (shown,) = managed(today)
    known = today.instance(shown["InstanceId"])
    out(pc, "touch /run/gone /root/kept")
    today.run_command("reboot; sleep 20", on=known, wait=False)
    soon(lambda: shell(pc, "test -e /run/gone; test $? = 1")[0] == 0)
    # The system is there before its agent is.
    soon(lambda: managed(today)[0]["Connected"])
    assert today.run_command("ls /root/kept", on=known).output(known) == "/root/kept\n"
    assert shell(pc, f"aliyun-service --register {options(today, made)}")[0] == 1


def test_machines_are_apart_from_instances_and_their_hosts(today: Region) -> None:
    (inside,) = today.run_instances(1)
    one, two = machine(today, host_name="one"), machine(today, host_name="two")
    assert out(one, "busybox nslookup two >/dev/null 2>&1; grep -c two /etc/hosts") == "1"
    assert shell(one, f"busybox nc -w 1 {inside.private_ip} 22 </dev/null")[0] != 0
    host = inside.host
    assert host is not None
    today.chaos.crash(host, reversible=False)
    assert out(two, "hostname") == "two"
    assert {each["host"] for each in today.control("host-logs")["hosts"]} == {"outside", host}


def test_what_no_machine_can_be_is_told(today: Region) -> None:
    with pytest.raises(NotSupported, match="machines run Linux here"):
        machine(today, os_name="Windows Server 2016")
    for address in ("300.1.1.1", "2001:db8::1"):
        with pytest.raises(UsageError):
            machine(today, private_ip=address)
    machine(today, private_ip="192.168.7.7")
    with pytest.raises(UsageError, match="no other machine"):
        machine(today, private_ip="192.168.7.7")
    with pytest.raises(UnknownTarget):
        today.control("register-machine", machine="machine-9", activation_id="1", activation_code="2")
