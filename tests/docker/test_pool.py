"""Hosts are leased, reset and leased again; a reset host is as a fresh one."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Mapping
from typing import Any

import docker
import pytest

from faultzone.errors import HarnessError
from faultzone.faults import DiskFull, Fault, HostHang, HostPaused, NetworkCut, PeerCut, SlowNetwork
from faultzone.region import CloudOptions, Region, docker_backend, make_region
from faultzone.substrate.docker.link import Link, Message
from faultzone.substrate.docker.machines import Machines
from faultzone.substrate.docker.session import Session
from tests.docker.conftest import MakeRegion
from tests.docker.test_instances import soon
from tests.support.patience import PATIENCE

pytestmark = [pytest.mark.docker, pytest.mark.slow]


def broken(region: Region, fault: Fault) -> None:
    """Bring a fault into force whose undo nobody owes."""
    region.control("inject", fault=fault.told())


def dirty(region: Region) -> None:
    """Leave behind on the hosts what an instance and a fault can."""
    one, other = region.run_instances(2, deployment_set=region.create_deployment_set())
    litter = (
        "echo x > /mnt/local/x; echo x > /dev/shm/x; echo x > /run/x; setsid sleep 300 >/dev/null 2>&1 </dev/null &"
    )
    for instance in (one, other):
        region.control("exec", instance=instance.id, script=litter)
    broken(region, PeerCut(str(one.host), str(other.host)))
    broken(region, SlowNetwork(str(one.host), 500))
    broken(region, DiskFull(str(one.host)))
    broken(region, NetworkCut(str(one.host)))
    broken(region, HostHang(str(other.host)))


def comparable(state: Mapping[str, Any]) -> dict[str, Any]:
    """What a host says of itself, without what differs between hosts by nature."""
    return {name: value for name, value in state.items() if name not in ("host_name", "routes")}


def state(hosts: Session, link: Link) -> dict[str, Any]:
    said: dict[str, Any] = ask(hosts, link, "state")["state"]
    return said


def ask(hosts: Session, link: Link, operation: str) -> Message:
    """What a host answers when it is asked for something."""

    async def asking() -> Message:
        return await link.ask(operation)

    return hosts.loop.run(asking(), PATIENCE)


def test_a_reset_host_equals_a_fresh_one(make: MakeRegion, hosts: Session) -> None:
    hosts.cool()  # A set holds no more members than a few.
    region = make(zones=1, hosts_per_zone=3)
    thrown_away = hosts.pool.thrown_away
    dirty(region)
    used = set(hosts.pool.leased)
    assert len(used) == 2
    region.close()
    assert used <= set(hosts.pool.idle)
    assert hosts.pool.thrown_away == thrown_away
    fresh = make(zones=1, hosts_per_zone=len(hosts.pool.idle) + 1)
    fresh.run_instances(len(hosts.pool.idle) + 1, deployment_set=fresh.create_deployment_set())
    new = (hosts.pool.leased - used).pop()
    assert [comparable(link.fresh) for link in used] == [comparable(new.fresh)] * 2
    fresh.close()
    assert [comparable(state(hosts, link)) for link in used] == [comparable(new.fresh)] * 2


REMOVED = {
    "process": "setsid sleep 4321 >/dev/null 2>&1 </dev/null &",
    "frozen process": "setsid sleep 4321 >/dev/null 2>&1 </dev/null & kill -STOP $!",
    "local file": "mkdir -p /local/left/it; echo x > /local/left/it/is",
    "root of an instance": "mkdir /run/faultzone/left",
    "wire that is down": "python3 -S -E -c \"from agent import netlink; netlink.set_up('eth0', False)\"",
    "unheard peer": "python3 -S -E -c \"from agent import netlink; netlink.swallow('10.149.0.1')\"",
    "slow wire": "python3 -S -E -c \"from agent import netlink; netlink.shape('eth0', 100)\"",
}
NOTICED = {
    "mount": "busybox mount -t tmpfs left /mnt",
    "interface": "busybox ip link add link eth0 name left type macvlan",
    "route": "busybox ip route add 10.148.0.0/16 dev eth0",
    "control group": "mkdir $(test -d /run/limits/pids && echo /run/limits/pids || echo /run/limits)/left",
    "shared memory": "echo x > /dev/shm/left",
    "device": "busybox mknod /dev/left c 1 3",
    "file beside the hosts' own": "echo x > /run/left",
}


def plant(link: Link, script: str) -> None:
    """Leave something on a host by a way that its agent knows nothing of."""
    client = docker.from_env()
    done = client.containers.get(link.container).exec_run(["sh", "-c", script])
    client.close()
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("what", REMOVED)
def test_a_reset_removes_what_was_left(make: MakeRegion, hosts: Session, what: str) -> None:
    region = make(zones=1, hosts_per_zone=1)
    region.run_instances(1)
    (link,) = hosts.pool.leased
    plant(link, REMOVED[what])
    assert state(hosts, link) != link.fresh
    region.close()
    assert link in hosts.pool.idle
    assert state(hosts, link) == link.fresh


@pytest.mark.parametrize("what", NOTICED)
def test_a_host_that_a_reset_does_not_clean_is_thrown_away(make: MakeRegion, hosts: Session, what: str) -> None:
    region = make(zones=1, hosts_per_zone=1)
    region.run_instances(1)
    (link,), thrown_away = hosts.pool.leased, hosts.pool.thrown_away
    plant(link, NOTICED[what])
    region.close()
    assert hosts.pool.thrown_away == thrown_away + 1
    assert not link.alive


def test_nothing_can_be_left_in_the_root_of_a_host(make: MakeRegion, hosts: Session) -> None:
    make(zones=1, hosts_per_zone=1).run_instances(1)
    (link,) = hosts.pool.leased
    for directory in ("/", "/etc", "/tmp", "/root", "/usr/bin", "/opt/faultzone/agent"):
        plant(link, f"! touch {directory}/left")


@pytest.mark.parametrize("fault", ["crash", "hang"])
def test_a_host_without_power_has_it_again_after_a_reset(make: MakeRegion, hosts: Session, fault: str) -> None:
    region = make(zones=1, hosts_per_zone=1)
    region.run_instances(1)
    (link,) = hosts.pool.leased
    ask(hosts, link, fault)
    assert not state(hosts, link)["powered"]
    region.close()
    assert link in hosts.pool.idle
    assert state(hosts, link) == link.fresh


def test_a_host_that_has_lost_its_power_is_in_its_networks_again_as_soon_as_it_is_told(
    make: MakeRegion, hosts: Session
) -> None:
    make(zones=1, hosts_per_zone=1).run_instances(1)
    (link,) = hosts.pool.leased
    number = hosts.next_network()

    async def asking() -> list[Message]:
        answers = []
        for _ in range(5):
            answers += [link.ask("network", number=number, peers=[]), link.ask("crash"), link.ask("power")]
        return await asyncio.gather(*answers)  # It raises what a host could not do.

    assert len(hosts.loop.run(asking(), PATIENCE)) == 15


def test_the_next_region_finds_nothing_of_the_last(make: MakeRegion, hosts: Session) -> None:
    for _ in range(2):
        region = make(zones=1, hosts_per_zone=1, seed=1)
        (one,) = region.run_instances(1)
        said = region.control(
            "exec", instance=one.id, script="cat /root/file /mnt/local/file; echo x | tee /root/file /mnt/local/file"
        )
        assert said["output"].count("No such file") == 2
        region.close()


def test_a_host_that_does_not_become_as_it_was_is_thrown_away(make: MakeRegion, hosts: Session) -> None:
    region = make(zones=1, hosts_per_zone=1)
    region.run_instances(1)
    (link,) = hosts.pool.leased
    link.fresh = {**link.fresh, "local": ["something that a fresh host has"]}
    thrown_away = hosts.pool.thrown_away
    region.close()
    assert hosts.pool.thrown_away == thrown_away + 1
    assert link not in hosts.pool.idle
    assert not link.alive


def test_a_region_hears_nothing_more_of_a_host_that_it_has_given_back(
    make: MakeRegion, hosts: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it did because of an answer would be done to the next one's host."""
    region = make(zones=1, hosts_per_zone=1)
    region.run_instances(1)
    (link,) = hosts.pool.leased
    heard: list[object] = []
    give_back = hosts.pool.give_back

    def hears(answer: asyncio.Future[Message]) -> None:
        if not answer.cancelled():
            heard.append(answer)

    async def asks_before(given: Link) -> None:
        given.ask("state").add_done_callback(hears)
        await give_back(given)

    monkeypatch.setattr(hosts.pool, "give_back", asks_before)
    region.close()
    assert link in hosts.pool.idle
    assert heard == []


def test_a_host_that_is_frozen_when_its_region_ends_is_thrown_away_at_once(make: MakeRegion, hosts: Session) -> None:
    region = make(zones=1, hosts_per_zone=1)
    region.run_instances(1)
    (link,) = hosts.pool.leased
    broken(region, HostPaused(str(region.hosts[0]["host"])))
    region.close()
    assert link not in hosts.pool.idle
    assert not link.alive


def test_an_instance_that_cannot_be_started_takes_no_host_with_it(
    make: MakeRegion, hosts: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    region = make(zones=1, hosts_per_zone=1)
    monkeypatch.setattr(Machines, "join", lambda self, link, network: 999_999)
    with pytest.raises(HarnessError, match=r"could not be started on .*no interface"):
        region.run_instances(1)
    (link,) = hosts.pool.leased
    said = state(hosts, link)
    assert said["instances"] == said["limits"] == []
    region.close()
    assert link in hosts.pool.idle


def test_regions_that_live_at_the_same_time_do_not_hear_one_another(make: MakeRegion) -> None:
    first, second = (make(zones=1, hosts_per_zone=1, seed=each) for each in (1, 2))
    (one,), (other,) = first.run_instances(1), second.run_instances(1)
    assert one.private_ip == other.private_ip
    for instance in (one, other):
        script = f"ping -c1 -W9 {instance.private_ip} >/dev/null && hostname"
        said = instance.region.control("exec", instance=instance.id, script=script)
        assert said["output"].strip() == instance.describe()["HostName"]


def test_a_region_that_nobody_holds_gives_its_hosts_back_without_waiting(hosts: Session) -> None:
    """The collector may run in a thread that holds what the hosts' own thread waits for."""
    region = make_region(docker_backend(CloudOptions.of(zones=1, hosts_per_zone=2), hosts.settings))
    region.run_instances(1)
    used = set(hosts.pool.leased)
    held = threading.Event()

    def wait() -> None:
        held.wait(60)

    hosts.loop.post(wait)
    del region
    gc.collect()
    assert used <= hosts.pool.leased
    held.set()
    soon(lambda: used <= set(hosts.pool.idle))
