"""A session that is killed: it makes hosts, instances and, if asked, faults, and says how far it is."""

from __future__ import annotations

import os
import signal
import sys
import time

from faultzone.faults import HostHang, NetworkCut
from faultzone.region import CloudOptions, docker_backend, make_region
from faultzone.substrate.docker.session import Settings, session


def main() -> None:
    print("began", flush=True)
    hosts = session(Settings())
    print("pool", hosts.id, hosts.watchdog.pid, flush=True)
    region = make_region(docker_backend(CloudOptions.of(zones=1, hosts_per_zone=3), hosts.settings))
    region.run_instances(3, deployment_set=region.create_deployment_set(), wait=False)
    region.clock.advance(1)
    print("asked", flush=True)
    first, second, _ = region.run_instances(3, deployment_set=region.create_deployment_set())
    print("instances", flush=True)
    if "faults" in sys.argv:
        region.control("inject", fault=NetworkCut(str(first.host)).told())
        region.control("inject", fault=HostHang(str(second.host)).told())
        paused = next(iter(hosts.pool.leased))
        hosts.engine.pause(paused.container)
    if "no-watchdog" in sys.argv:
        os.kill(hosts.watchdog.pid, signal.SIGKILL)
    print("all", flush=True)
    time.sleep(600)


main()
