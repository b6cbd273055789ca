"""Each fault of the catalogue made real: injected, seen from inside and outside, mended, and seen to be mended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Any

import pytest

from faultzone.errors import NotSupported, UsageError
from faultzone.faults import (
    DiskFull,
    Fault,
    HostCrash,
    HostHang,
    HostKilled,
    HostPaused,
    MemoryExhausted,
    NetworkCut,
    PeerCut,
    SlowNetwork,
)
from faultzone.region import Instance, Region, make_region
from faultzone.substrate.docker import machines
from faultzone.substrate.docker.machines import DETECT_SECONDS
from faultzone.substrate.docker.session import Session
from tests.docker.conftest import MakeRegion
from tests.docker.test_instances import answers, hears, lose, out, shell, soon
from tests.docker.test_scripts import ran

pytestmark = [pytest.mark.docker, pytest.mark.slow]


def apart(region: Region, count: int = 2) -> list[Instance]:
    return list(region.run_instances(count, deployment_set=region.create_deployment_set()))


def condition(instance: Instance) -> dict[str, object]:
    return instance.region.control("host-condition", host=instance.host)


@contextmanager
def injected(region: Region, fault: Fault) -> Iterator[None]:
    """A fault in force, whose undo is seen to have had its effect."""
    with region.chaos.inject(fault):
        yield
    region.chaos.undo_all()


@pytest.mark.parametrize("kind", [HostCrash, HostHang, HostPaused, HostKilled])
def test_a_host_that_is_lost_comes_back_with_its_instances(
    real: Region, kind: type[HostCrash | HostHang | HostPaused | HostKilled]
) -> None:
    one, other = apart(real)
    out(one, "echo kept > /root/file; echo gone > /mnt/local/file; setsid sleep 300 >/dev/null 2>&1 </dev/null &")
    with injected(real, kind(str(one.host))):
        assert not answers(one) if kind in (HostCrash, HostKilled) else True
        lose(real, one)
        assert not hears(other, one)
        assert answers(other)
    real.wait(lambda: one.status == "Running", "10m", what="its restart")
    assert shell(one, "cat /root/file; ls -A /mnt/local; pgrep -fc '[s]leep 300'") == (1, "kept\n0")
    assert hears(other, one)
    assert hears(one, other)


#: Connects to the server at the first argument once it is there.
CONNECT = """
import socket, sys, time
def connect():
    while True:
        try:
            return socket.create_connection((sys.argv[1], 700), 60)
        except ConnectionRefusedError:
            time.sleep(0.05)
"""
IDLE = f"""{CONNECT}
wire = connect()
wire.settimeout(float(sys.argv[2]))
print("connected", flush=True)
try:
    print("end" if wire.recv(1) == b"" else "data")
except TimeoutError:
    print("silence")
except OSError:
    print("end")
"""


@pytest.mark.parametrize(("kind", "heard", "seconds"), [(HostCrash, "silence", 3), (HostKilled, "end", 20)])
def test_what_a_peer_hears_of_a_lost_host(
    real: Region, kind: type[HostCrash | HostKilled], heard: str, seconds: int
) -> None:
    """The wire goes first when power is lost, so nobody is told; an engine that kills lets connections end.

    What ends a connection is one packet, which a kernel that takes a network down may drop: once in three is enough.
    """
    one, other = apart(real)
    said = []
    for _ in range(3 if kind is HostKilled else 1):
        for instance, name, text in ((one, "server", SERVER), (other, "client", IDLE)):
            real.control("put-file", instance=instance.id, path=f"/root/{name}", content=text)
        out(one, "setsid python3 /root/server >/dev/null 2>&1 </dev/null & sleep 0.5")
        out(other, f"setsid python3 /root/client {one.private_ip} {seconds} >/root/heard 2>&1 </dev/null &")
        soon(lambda: out(other, "cat /root/heard") == "connected")
        with injected(real, kind(str(one.host))):
            soon(lambda: out(other, "cat /root/heard") != "connected")
            said.append(out(other, "cat /root/heard"))
        if f"connected\n{heard}" in said:
            break
        real.wait(lambda: one.status == "Running", "10m", what="its restart")
    assert f"connected\n{heard}" in said


def test_a_host_is_missed_after_its_second_of_silence_and_not_before(real: Region) -> None:
    (one,) = real.run_instances(1)
    sleep(2 * DETECT_SECONDS)  # One that beats is not missed.
    assert {each["state"] for each in real.hosts} == {"up"}
    began = monotonic()
    with injected(real, HostHang(str(one.host))):
        lose(real, one)
        assert monotonic() - began >= DETECT_SECONDS


def test_a_host_that_falls_silent_for_no_known_reason_is_given_more_time(
    real: Region, hosts: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its machine may only be busy. Here somebody else has frozen it."""
    (one,) = real.run_instances(1)
    out(one, "setsid sleep 300 >/dev/null 2>&1 </dev/null &")
    (link,) = hosts.pool.leased
    hosts.engine.pause(link.container)
    sleep(2 * DETECT_SECONDS)
    hosts.engine.unpause(link.container)
    assert {each["state"] for each in real.hosts} == {"up"}
    assert out(one, "pgrep -fc '[s]leep 300'") == "1"
    monkeypatch.setattr(machines, "BUSY_SECONDS", 2 * DETECT_SECONDS)
    hosts.engine.pause(link.container)
    real.control("replace-host", host=lose(real, one))
    soon(lambda: answers(one))


def test_a_host_that_is_thawed_before_it_is_missed_has_only_stood_still(real: Region, hosts: Session) -> None:
    (one,) = real.run_instances(1)
    out(one, "setsid sleep 300 >/dev/null 2>&1 </dev/null &")
    (link,) = hosts.pool.leased
    with injected(real, HostPaused(str(one.host))):
        assert {each.state for each in hosts.engine.made(hosts.id) if each.id == link.container} == {"paused"}
    assert {each["state"] for each in real.hosts} == {"up"}
    assert out(one, "pgrep -fc '[s]leep 300'") == "1"
    assert set(hosts.pool.leased) == {link}


def test_a_frozen_host_is_killed_when_it_is_missed_so_that_nothing_runs_in_two_places(
    real: Region, hosts: Session
) -> None:
    (one,) = real.run_instances(1)
    (link,) = hosts.pool.leased
    with injected(real, HostPaused(str(one.host))):
        lose(real, one)
        assert not link.alive
        soon(lambda: link.container not in {each.id for each in hosts.engine.made(hosts.id)})
    assert answers(one)


def test_a_host_that_is_cut_off_is_joined_again(real: Region) -> None:
    one, other = apart(real)
    with injected(real, NetworkCut(str(one.host))):
        assert condition(one)["wire"] == "down"
        assert not hears(one, other)
        assert not hears(other, one)
        assert answers(one)
    soon(lambda: condition(one)["wire"] == "up")
    assert hears(one, other)
    assert hears(other, one)


def test_a_partition_of_two_leaves_the_third_alone(real: Region) -> None:
    one, other, third = apart(real, 3)
    with injected(real, PeerCut(str(one.host), str(other.host))):
        assert not hears(one, other)
        assert not hears(other, one)
        assert all(hears(third, each) and hears(each, third) for each in (one, other))
    assert condition(one)["unheard"] == condition(other)["unheard"] == []
    assert hears(one, other)
    assert hears(other, one)
    with pytest.raises(UsageError, match="expected another host"):
        real.chaos.peer_cut(str(one.host), str(one.host))


HOG = "#!/usr/bin/python3\nprint(len(b'x' * 60_000_000))"
SERVER = """
import socket
with socket.create_server(("", 700)) as door:
    wire = door.accept()[0]
    while wire.recv(65536):
        pass
    wire.send(b"all")
"""
CLIENT = f"""{CONNECT}
with connect() as wire:
    began = time.monotonic()
    wire.settimeout(60)
    wire.sendall(bytes(125_000))
    wire.shutdown(socket.SHUT_WR)
    assert wire.recv(3) == b"all"
print(time.monotonic() - began)
"""


def sent(one: Instance, other: Instance) -> float:
    """The seconds that it takes one instance to send 125 000 bytes to another."""
    for instance, name, text in ((other, "server", SERVER), (one, "client", CLIENT)):
        instance.region.control("put-file", instance=instance.id, path=f"/root/{name}", content=text)
    out(other, "setsid python3 /root/server >/dev/null 2>&1 </dev/null & sleep 0.5")
    return float(out(one, f"python3 /root/client {other.private_ip}"))


def test_what_a_slow_host_sends_takes_its_time(real: Region) -> None:
    """A million bits at half a million a second."""
    one, other = apart(real)
    with injected(real, SlowNetwork(str(one.host), 500)):
        assert condition(one)["queue"] == "tbf"
        assert sent(one, other) > 1
        assert condition(other)["queue"] == "noqueue"
    assert condition(one)["queue"] == "noqueue"
    sent(one, other)
    for wrong in (0, -1, True, "fast", 2.5):
        with pytest.raises(UsageError, match="kilobits"):
            real.chaos.slow_network(str(one.host), wrong)  # type: ignore[arg-type]


def test_a_full_local_disk_takes_no_more_until_it_is_mended(make: MakeRegion) -> None:
    region = make(zones=1, hosts_per_zone=1)
    one, neighbour = region.run_instances(2)
    out(one, "head -c 100000 /dev/zero > /mnt/local/before")
    with injected(region, DiskFull(str(one.host))):
        assert condition(one)["local_free"] == 0
        for instance in (one, neighbour):
            result = ran(instance, "head -c 100000 /dev/zero > /mnt/local/more")
            assert result["ExitCode"] == 1
            assert "No space left on device" in str(result["Output"])
        assert out(one, "wc -c < /mnt/local/before; echo kept > /root/file; cat /root/file") == "100000\nkept"
    assert out(one, "head -c 100000 /dev/zero > /mnt/local/more; wc -c < /mnt/local/more") == "100000"
    with injected(region, DiskFull(str(one.host))):
        out(one, "rm /mnt/local/before; head -c 50000 /dev/zero > /mnt/local/less")


def test_a_full_local_disk_is_empty_after_a_loss_of_power(real: Region) -> None:
    (one,) = real.run_instances(1)
    with injected(real, DiskFull(str(one.host))):
        with injected(real, HostCrash(str(one.host))):
            lose(real, one)
        real.wait(lambda: one.status == "Running", "10m", what="its restart")
        assert out(one, "ls -A /mnt/local; head -c 100000 /dev/zero > /mnt/local/more") == ""


def test_without_memory_scripts_are_killed_and_the_instance_goes_on(make: MakeRegion) -> None:
    region = make(zones=1, hosts_per_zone=1)
    one, neighbour = region.run_instances(2)
    assert ran(one, HOG)["Output"] == "60000000\n"
    with injected(region, MemoryExhausted(one.id, 16 << 20)):
        result = ran(one, HOG)
        assert result["ExitCode"] == 137
        assert ran(one, "echo well")["Output"] == "well\n"
        assert ran(neighbour, HOG)["Output"] == "60000000\n"
    assert ran(one, HOG)["Output"] == "60000000\n"
    assert one.status == "Running"


def test_memory_comes_back_with_a_boot_and_cannot_be_taken_from_what_does_not_run(real: Region) -> None:
    (one,) = real.run_instances(1)
    with injected(real, MemoryExhausted(one.id, 16 << 20)):
        one.reboot()
        assert ran(one, HOG)["Output"] == "60000000\n"
        one.stop()
        with pytest.raises(UsageError, match="does not run"):
            real.chaos.memory_exhausted(one.id)
        with pytest.raises(UsageError, match="left="):
            real.chaos.memory_exhausted(one.id, -1)


def test_what_has_no_power_can_be_neither_frozen_nor_killed(real: Region) -> None:
    (one,) = real.run_instances(1)
    host = str(one.host)
    with injected(real, HostCrash(host)):
        lose(real, one)
        for fault in (HostPaused(host), HostKilled(host)):
            with pytest.raises(UsageError, match="has no power"):
                real.chaos.inject(fault)
    assert answers(one)


def test_a_host_whose_container_is_gone_has_no_power_to_be_broken_with(real: Region, hosts: Session) -> None:
    """Whether that has been noticed yet or not: what a test asks for is refused, and the harness is well."""
    one, other = apart(real)
    host, peer = str(one.host), str(other.host)
    links = set(hosts.pool.leased)
    with injected(real, HostKilled(host)):
        soon(lambda: not all(link.alive for link in links))
        for noticed in (False, True):
            if noticed:
                lose(real, one)
            for fault in (SlowNetwork(host), DiskFull(host), HostPaused(host), HostKilled(host), PeerCut(peer, host)):
                with pytest.raises(UsageError, match="has no power"):
                    real.chaos.inject(fault)
            real.chaos.inject(NetworkCut(host))
    assert answers(other)


def test_what_is_in_force_on_a_host_is_so_in_its_next_container(real: Region, hosts: Session) -> None:
    """Its disk begins anew, as after any loss of power; a peer that was cut from it forgets where it was."""
    host, peer, _, _ = (str(each["host"]) for each in real.hosts)

    def said(name: str) -> list[Any]:
        return [real.control("host-condition", host=each)[name] for each in (host, peer)]

    with injected(real, PeerCut(host, peer)), injected(real, SlowNetwork(host, 500)):
        before = said("unheard")
        with real.chaos.inject(HostKilled(host)):
            soon(lambda: {each["host"]: each["state"] for each in real.hosts}[host] == "down")
        with real.chaos.inject(DiskFull(host)):  # It needs a container.
            assert said("queue") == ["tbf", "noqueue"]
            (there,), (here,) = said("unheard")
            assert [[there], [here]] != before
            assert {here, there} == {link.address for link in hosts.pool.leased}
    assert said("unheard") == [[], []]
    with injected(real, PeerCut(host, peer)), injected(real, HostKilled(host)):
        soon(lambda: {each["host"]: each["state"] for each in real.hosts}[host] == "down")
    assert real.control("host-condition", host=peer)["unheard"] == []


def test_a_host_that_never_had_an_instance_breaks_too(real: Region, hosts: Session) -> None:
    host = next(str(each["host"]) for each in real.hosts)
    with injected(real, SlowNetwork(host)), injected(real, DiskFull(host)):
        assert real.control("host-condition", host=host)["queue"] == "tbf"
        with injected(real, HostKilled(host)):
            real.wait(lambda: {each["host"]: each["state"] for each in real.hosts}[host] == "down", "5m", what="loss")
    assert {each["state"] for each in real.hosts} == {"up"}


def test_in_memory_these_faults_are_not_supported() -> None:
    with make_region(zones=1, hosts_per_zone=2) as region:
        (one,) = region.run_instances(1)
        host, peer = (str(each["host"]) for each in region.hosts)
        for fault in (
            PeerCut(host, peer),
            SlowNetwork(host),
            DiskFull(host),
            MemoryExhausted(one.id),
            HostPaused(host),
            HostKilled(host),
        ):
            with pytest.raises(NotSupported, match="break-machines"):
                region.chaos.inject(fault)


def test_verbs_of_real_machines_say_what_they_take(real: Region) -> None:
    wrong: list[tuple[str, dict[str, object]]] = [
        ("host-condition", {}),
        ("set-agent", {"instance": "i-none"}),
        ("exec", {"instance": "i-none"}),
        ("put-file", {"instance": "i-none", "path": "/x", "content": 5}),
        ("end-forward", {"port": "80"}),
    ]
    for verb, given in wrong:
        with pytest.raises(UsageError, match=rf"control verb '{verb}'\W.* takes "):
            real.control(verb, **given)


def test_faults_come_later_and_two_on_one_host_end_each_by_itself(real: Region) -> None:
    one, _ = apart(real)
    host = str(one.host)

    def state() -> str:
        return {str(each["host"]): str(each["state"]) for each in real.hosts}[host]

    slow = real.chaos.at("10m", SlowNetwork(host, 500))
    killed = real.chaos.at("20m", HostKilled(host))
    real.clock.advance("15m")
    assert condition(one)["queue"] == "tbf"
    slow.undo()
    assert condition(one)["queue"] == "noqueue"

    crash, hang = real.chaos.crash(host), real.chaos.hang(host)
    real.clock.advance("10m")
    assert killed.state == "skipped"
    (told,) = real.journal.of("notice", what="fault skipped")
    assert "has no power" in told.data["why"]
    real.wait(lambda: state() == "down", "5m", what="the loss")
    crash.undo()
    real.clock.advance("10m")
    assert state() == "down", "it hangs as well"
    hang.undo()
    real.wait(lambda: state() == "up", "5m", what="the host")


def test_two_of_a_kind_on_one_machine_end_each_by_itself(real: Region) -> None:
    """The strictest counts while both are in force, and the other while it is alone."""
    one, other = apart(real)
    host, peer = str(one.host), str(other.host)
    pairs: list[tuple[Fault, Fault, str]] = [
        (SlowNetwork(host, 64), SlowNetwork(host, 512), "queue"),
        (DiskFull(host), DiskFull(host), "local_free"),
        (PeerCut(host, peer), PeerCut(peer, host), "unheard"),
    ]
    for first, second, shown in pairs:
        sound = condition(one)[shown]
        begun = [real.chaos.inject(first), real.chaos.inject(second)]
        broken = condition(one)[shown]
        assert broken != sound
        begun[0].undo()
        assert condition(one)[shown] == broken
        begun[1].undo()
        assert condition(one)[shown] == sound
        assert condition(one)["faults"] == []
    real.chaos.undo_all()
