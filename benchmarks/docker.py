"""Hosts that are containers, beside idle containers that the bare SDK starts on the same machine in the same run."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks.measure import MILLI, Row, Sizes
from faultzone import Region, make_region
from faultzone.errors import HarnessError, NotSupported
from faultzone.region import CloudOptions, docker_backend
from faultzone.substrate.docker.engine import Engine
from faultzone.substrate.docker.machines import DETECT_SECONDS
from faultzone.substrate.docker.session import Session, Settings, close_all, session

_HOSTS: Final = 8
_THREADS: Final = 4
#: Real seconds after which what is measured has failed.
_PATIENCE: Final = 60.0
_SESSION: Final = f"""
import time
from faultzone.substrate.docker.session import Session, Settings
session = Session(Settings())
session.warm({_HOSTS})
print(session.id, flush=True)
time.sleep(600)
"""


def _took(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return (time.perf_counter() - began) * MILLI


def _bare(image: str) -> float:
    """Milliseconds until as many idle containers run, started by the SDK alone."""
    import docker

    client = docker.from_env(max_pool_size=_THREADS)
    name = f"faultzone-bench-{secrets.token_hex(4)}"
    network = client.networks.create(name, internal=True)
    started: list[Any] = []

    def start(_: int) -> None:
        started.append(
            client.containers.run(image, ["-c", "sleep 600"], entrypoint="/bin/sh", detach=True, network=name)
        )

    try:
        with ThreadPoolExecutor(_THREADS) as threads:
            return _took(lambda: list(threads.map(start, range(_HOSTS))))
    finally:
        for each in started:
            each.remove(force=True)
        network.remove()
        client.close()


def _hosts(hosts: Session, rounds: int) -> Iterator[Row]:
    bare = median(_bare(hosts.image) for _ in range(rounds))
    ready = []
    for _ in range(rounds):
        ready.append(_took(lambda: hosts.warm(_HOSTS)))
        hosts.cool()
    yield Row(f"{_HOSTS} hosts ready", median(ready), "ms", 2 * bare, {f"{_HOSTS} idle containers by the SDK": bare})
    hosts.warm(_HOSTS)
    idle = median(_took(lambda: _lease(hosts)) for _ in range(rounds))
    used = median(_reset() for _ in range(rounds))
    yield Row(f"{_HOSTS} hosts reset on which 2 instances each ran", used, "ms", 150, {"leased and reset idle": idle})


def _reset() -> float:
    """Milliseconds that a region takes to give its hosts back, with instances, processes and files on all of them."""
    region = make_region(docker_backend(CloudOptions.of(zones=1, hosts_per_zone=_HOSTS)))
    for each in region.run_instances(2 * _HOSTS):
        litter = "head -c 1000000 /dev/zero > /mnt/local/x; setsid sleep 600 >/dev/null 2>&1 </dev/null &"
        region.control("exec", instance=each.id, script=litter)
    assert all(len(host["instances"]) == 2 for host in region.hosts)
    return _took(region.close)


def _lease(hosts: Session) -> None:
    async def lease() -> None:
        links = [await hosts.pool.lease() for _ in range(_HOSTS)]
        await asyncio.gather(*map(hosts.pool.give_back, links))

    hosts.loop.run(lease(), 30)


def _instances(region: Region, rounds: int) -> Iterator[Row]:
    starts = []
    for _ in range(4 * rounds):
        made = region.create_instance()
        starts.append(_took(made.start))
        made.delete()
    yield Row("an instance started, through the API", median(starts), "ms", 60)
    group = [region.create_instance() for _ in range(24)]

    def start() -> None:
        for each in group:
            each.start(wait=False)
        region.wait_until_all(group, "Running")

    yield Row("24 instances started on 8 hosts", _took(start), "ms", 1200)
    one = group[0]
    commands = [_took(lambda: region.run_command("true", on=one)) for _ in range(4 * rounds)]
    yield Row("a command, invoked through the API, Finished", median(commands), "ms", 20)
    execs = [_took(lambda: region.control("exec", instance=one.id, script="true")) for _ in range(4 * rounds)]
    yield Row("a script, from the session into an instance", median(execs), "ms", None)


def _recovery(rounds: int) -> Row:
    """From the crash of a host to the answer of its instance elsewhere, less the silence after which it is missed."""
    took = []
    # Without plans: else the instance of a host that is lost for good is moved half an hour of region time later.
    options = CloudOptions.of(zones=1, hosts_per_zone=rounds + 1, recovery="immediate")
    with make_region(docker_backend(options)) as region:
        for _ in range(rounds):
            one = region.run_instances(1)[0]
            region.control("exec", instance=one.id, script="true")
            lost = str(one.host)
            began = time.perf_counter()
            region.chaos.crash(lost, reversible=False)
            while not _answers(region, one.id):
                if time.perf_counter() - began > _PATIENCE:
                    raise HarnessError(f"the instance of a crashed host answers nowhere after {_PATIENCE:g} s")
                time.sleep(0.001)
            took.append((time.perf_counter() - began) * MILLI)
            assert one.host != lost
            one.delete()
    silence = DETECT_SECONDS * MILLI
    whole = median(took)
    return Row(
        "an instance of a crashed host answers on another", whole - silence, "ms", 500, {"with detection": whole}
    )


def _answers(region: Region, instance: str) -> bool:
    try:
        region.control("exec", instance=instance, script="true")
    except HarnessError:
        return False
    return True


def _memory(hosts: Session) -> Row:
    """The proportional share of memory of an instance, with all that runs in it, of all on the hosts in use."""
    shares: Counter[str] = Counter()
    for link in hosts.pool.leased:
        top = subprocess.run(["docker", "top", link.name, "-eo", "pid"], capture_output=True, text=True, check=False)
        for pid in top.stdout.split()[2:]:
            try:
                rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
                instance = os.readlink(f"/proc/{pid}/ns/pid")
            except OSError:
                continue
            found = [line.split()[1] for line in rollup.splitlines() if line.startswith("Pss:")]
            shares[instance] += int(found[0])
    return Row("memory of an instance (PSS, MiB x 1)", median(shares.values()) / 1024 if shares else 0.0, "x", 10)


def _killed() -> Row:
    """From the SIGKILL of a session to nothing of it being left."""
    process = subprocess.Popen([sys.executable, "-c", _SESSION], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        session = process.stdout.readline().strip()
    engine = Engine()
    process.send_signal(signal.SIGKILL)
    process.wait()

    def gone() -> None:
        end = time.monotonic() + 2 * _PATIENCE
        while left := engine.made(session):
            if time.monotonic() > end:
                raise HarnessError(f"the killed session {session} has left {left}")
            time.sleep(0.02)

    took = _took(gone)
    engine.close()
    return Row(f"SIGKILL of a session with {_HOSTS} hosts to nothing left", took, "ms", 3000)


def measure(sizes: Sizes) -> Iterator[Row]:
    """Hosts, instances, commands, recovery, memory and clean-up; nothing where no engine answers."""
    try:
        hosts = session(Settings())
    except NotSupported as why:
        print(f"docker: {why}", file=sys.stderr)
        return
    try:
        yield from _hosts(hosts, sizes.rounds)
        options = CloudOptions.of(zones=1, hosts_per_zone=_HOSTS)
        with make_region(docker_backend(options)) as region:
            yield from _instances(region, sizes.rounds)
            yield _memory(hosts)
        yield _recovery(sizes.rounds)
    finally:
        close_all()
    yield _killed()
