"""Instances that are real: processes, addresses and disks, through their life and that of their hosts."""

from __future__ import annotations

import base64
from collections.abc import Callable
from time import monotonic, sleep
from typing import Any

import docker
import pytest

from faultzone.clock import DAY
from faultzone.errors import HarnessError
from faultzone.model.core.effects import HostLost, Report
from faultzone.region import Instance, Region
from faultzone.substrate.docker.link import Link
from faultzone.substrate.docker.owed import Debt, Loss
from faultzone.substrate.docker.session import Session
from faultzone.substrate.docker.substrate import DockerSubstrate
from tests.docker.conftest import MakeRegion
from tests.support.patience import PATIENCE

pytestmark = [pytest.mark.docker, pytest.mark.slow]


def shell(instance: Instance, script: str, seconds: float = 60) -> tuple[int, str]:
    said = instance.region.control("exec", instance=instance.id, script=script, seconds=seconds)
    return said["exit_code"], said["output"].strip()


async def state_of(link: Link) -> None:
    await link.ask("state")


def out(instance: Instance, script: str) -> str:
    code, output = shell(instance, script)
    assert code == 0, output
    return output


def tells(instance: Instance, script: str) -> str | None:
    """What a script says; None where it cannot be run now, or fails."""
    try:
        code, output = shell(instance, script)
    except HarnessError:
        return None
    return output if code == 0 else None


def answers(instance: Instance) -> bool:
    return tells(instance, "true") is not None


def hears(one: Instance, other: Instance) -> bool:
    """Whether one gets an answer of the other; where the machine is busy, that takes its time."""
    return shell(one, f"ping -c1 -W1 {other.private_ip} || ping -c1 -W4 {other.private_ip}")[0] == 0


def soon(predicate: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait in real time, for what nobody has asked the region for."""
    end = monotonic() + seconds
    while not predicate():
        assert monotonic() < end
        sleep(0.01)


def lose(region: Region, instance: Instance) -> str:
    """Wait until the region has noticed that the host of an instance is lost."""
    host = instance.host
    soon(lambda: {each["host"]: each["state"] for each in region.hosts}[str(host)] == "down")
    return str(host)


def test_an_instance_has_a_name_an_address_processes_and_a_root_of_its_own(real: Region) -> None:
    one, other = real.run_instances(2)
    shown = one.describe()
    assert out(one, "hostname; cat /etc/hostname") == f"{shown['HostName']}\n{shown['HostName']}"
    mac = shown["NetworkInterfaces"]["NetworkInterface"][0]["MacAddress"]
    assert mac in out(one, "cat /sys/class/net/eth0/address")
    assert one.private_ip in out(one, "ip -4 addr show eth0 2>/dev/null || ifconfig eth0")
    out(one, "echo mine > /root/file; sleep 300 </dev/null >/dev/null 2>&1 &")
    assert shell(other, "cat /root/file; ps -ef | grep -c '[s]leep 300'") == (
        1,
        "cat: /root/file: No such file or directory\n0",
    )


def test_an_instance_cannot_reach_out_of_its_sandbox(real: Region) -> None:
    (one,) = real.run_instances(1)
    tries = [
        "mount -t tmpfs x /mnt",
        "mknod /root/disk b 8 0",
        "ip link set eth0 down",
        "busybox hostname other",
        "chroot / true",
    ]
    for attempt in tries:
        assert shell(one, attempt)[0] != 0, attempt
    assert out(
        one, "ls -A /cloud /local; kill -9 1; ps -o comm= -p 1; test -S /var/run/docker.sock || echo no socket"
    ) == ("/cloud:\n\n/local:\npython3\nno socket")


def test_instances_hear_one_another_across_hosts_but_not_another_account_s(make: MakeRegion) -> None:
    region = make(zones=1, hosts_per_zone=2, accounts=2)
    one, other = region.run_instances(2, deployment_set=region.create_deployment_set())
    (alien,) = region.as_account(1).run_instances(1)
    assert one.host != other.host
    assert hears(one, other)
    assert hears(other, one)
    assert alien.private_ip == one.private_ip  # Each account has a network of its own, with the same addresses in it.
    assert not hears(alien, other)


def test_a_reboot_ends_every_process_and_keeps_disk_and_identity(real: Region) -> None:
    (one,) = real.run_instances(1)
    before = one.identity
    out(one, "echo kept > /root/file; setsid sleep 300 </dev/null >/dev/null 2>&1 &")
    one.reboot()
    assert shell(one, "cat /root/file; pgrep -f 'sleep 300' | wc -l") == (0, "kept\n0")
    assert one.identity == before


@pytest.mark.parametrize("way", ["stop", "inside"])
def test_a_stopped_instance_runs_nothing_and_starts_again_on_its_disk(real: Region, way: str) -> None:
    (one,) = real.run_instances(1)
    out(one, "echo kept > /root/file")
    if way == "stop":
        one.stop()
    else:
        shell(one, "(sleep 0.2; poweroff) >/dev/null 2>&1 &")
        soon(lambda: one.status == "Stopped")
    with pytest.raises(HarnessError, match=one.id):
        shell(one, "true")
    one.start()
    assert out(one, "cat /root/file") == "kept"


def test_a_dead_host_takes_its_instances_with_it_and_gives_them_back_when_repaired(real: Region) -> None:
    one, other = real.run_instances(2, deployment_set=real.create_deployment_set())
    before = one.identity
    out(one, "echo kept > /root/file; echo gone > /mnt/local/file")
    with real.chaos.crash(str(one.host)):
        assert not hears(other, one)
        lose(real, one)
    assert shell(one, "cat /root/file; ls -A /mnt/local") == (0, "kept")
    assert one.identity == before
    assert hears(other, one)


def test_an_instance_moves_with_its_address_and_system_disk(real: Region) -> None:
    one, other = real.run_instances(2, deployment_set=real.create_deployment_set())
    before, host = one.identity, one.host
    out(one, "echo kept > /root/file; echo gone > /mnt/local/file")
    assert hears(other, one)
    assert real.control("migrate", instance=one.id)["host"] not in (host, other.host)
    soon(lambda: answers(one))
    assert shell(one, "cat /root/file; ls -A /mnt/local") == (0, "kept")
    assert hears(other, one)
    assert one.identity == before


def test_a_host_that_hangs_is_noticed_and_loses_its_power(real: Region) -> None:
    (one,) = real.run_instances(1)
    real.chaos.hang(str(one.host))
    host = lose(real, one)
    real.control("replace-host", host=host)
    assert int(out(one, "cut -d. -f1 /proc/self/stat | wc -l")) == 1


def test_a_host_that_is_repaired_while_its_loss_is_told_is_still_waited_for(
    real: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts: DockerSubstrate = real.backend.real  # type: ignore[attr-defined]
    tell, pay = hosts.machines.report, hosts.owed.pay
    owed: list[int] = []

    def repairs(region: str, report: Report) -> None:
        tell(region, report)
        if isinstance(report, HostLost):
            hosts.repair(region, report.host)

    def looks(debt: Debt) -> None:
        pay(debt)
        if isinstance(debt, Loss):
            owed.append(len(hosts.owed))

    monkeypatch.setattr(hosts.machines, "report", repairs)
    monkeypatch.setattr(hosts.owed, "pay", looks)
    (one,) = real.run_instances(1)
    real.chaos.hang(str(one.host))
    soon(lambda: bool(owed))
    assert out(one, "echo back") == "back"
    assert owed == [1]


def test_a_container_that_somebody_removes_is_a_host_that_is_lost(real: Region, hosts: Any) -> None:
    (one,) = real.run_instances(1)
    out(one, "echo kept > /root/file")
    (link,) = hosts.pool.leased
    hosts.engine.kill(link.container)
    real.control("replace-host", host=lose(real, one))
    assert out(one, "cat /root/file") == "kept"


@pytest.mark.parametrize("whole", [True, False])
def test_a_partition_is_made_and_mended(real: Region, whole: bool) -> None:
    one, other = real.run_instances(2, deployment_set=real.create_deployment_set())
    host, peer = str(one.host), str(other.host)
    assert hears(one, other)
    with real.chaos.cut(host) if whole else real.chaos.peer_cut(host, peer):
        assert not hears(one, other)
        assert not hears(other, one)
    assert hears(one, other)
    assert {each["state"] for each in real.hosts} == {"up"}


def test_the_start_up_program_runs(real: Region) -> None:
    program = base64.b64encode(b"#!/bin/bash\necho started as $(id -un) > /root/started\n").decode()
    (one,) = real.run_instances(1, UserData=program)
    soon(lambda: shell(one, "test -s /root/started")[0] == 0)
    assert out(one, "cat /root/started") == "started as root"


def test_a_wait_gives_a_start_up_program_the_time_to_serve(real: Region) -> None:
    program = base64.b64encode(b"#!/bin/sh\nsleep 2; echo ready > /root/ready; sleep 600\n").decode()
    (one,) = real.run_instances(1, UserData=program)
    real.wait(lambda: shell(one, "cat /root/ready") == (0, "ready"), "10m", what="the service")


def test_an_instance_can_ask_about_itself(real: Region) -> None:
    (one,) = real.run_instances(1, UserData=base64.b64encode(b"#!/bin/sh\ntrue\n").decode())
    asked = "wget -qO- http://100.100.100.200/latest/"
    assert out(one, f"{asked}meta-data/instance-id") == one.id
    assert out(one, f"{asked}meta-data/private-ipv4") == one.private_ip
    assert out(one, f"{asked}meta-data/zone-id") == one.zone
    assert "instance-id" in out(one, f"{asked}meta-data/").splitlines()
    assert out(one, f"{asked}user-data") == "#!/bin/sh\ntrue"
    assert shell(one, f"{asked}meta-data/nothing")[0] != 0


def test_instances_are_found_by_name_also_after_a_move(real: Region) -> None:
    one, other = real.run_instances(2, deployment_set=real.create_deployment_set())
    for from_, to in ((one, other), (other, one)):
        name = to.describe()["HostName"]
        assert out(from_, f"getent hosts {name}").split()[0] == to.private_ip
    real.control("migrate", instance=other.id)
    soon(lambda: answers(other))
    assert out(one, f"getent hosts {other.describe()['HostName']}").split()[0] == other.private_ip
    assert hears(one, other)


def test_a_file_is_put_in(real: Region) -> None:
    (one,) = real.run_instances(1)
    real.control("put-file", instance=one.id, path="/opt/app/run.sh", content="#!/bin/sh\necho ran\n", mode=0o755)
    assert out(one, "/opt/app/run.sh") == "ran"


def test_an_agent_that_dies_with_unread_requests_takes_no_host_with_it(make: MakeRegion, hosts: Session) -> None:
    region = make(zones=1, hosts_per_zone=1)
    one, other = region.run_instances(2)
    (link,) = hosts.pool.leased
    client = docker.from_env()
    host = client.containers.get(link.container)
    for number in ("STOP", "KILL"):
        host.exec_run(["sh", "-c", f"kill -{number} $(cat /run/instances/{one.id})"])
        if number == "STOP":
            region.run_command("echo unread", on=one, wait=False)
            hosts.loop.run(state_of(link), PATIENCE)  # The host has passed it on.
    client.close()
    soon(lambda: answers(one))
    assert out(other, "echo well") == "well"
    assert link.alive


def test_fifteen_days_pass_and_no_host_and_no_process_notices(real: Region) -> None:
    (one,) = real.run_instances(1)
    out(one, "setsid sleep 300 </dev/null >/dev/null 2>&1 &")
    began = int(real.clock.ms)
    real.clock.advance("15d")
    assert real.clock.ms - began >= 15 * DAY
    assert one.status == "Running"
    assert {each["state"] for each in real.hosts} == {"up"}
    assert out(one, "pgrep -fc '[s]leep 300'") == "1"
