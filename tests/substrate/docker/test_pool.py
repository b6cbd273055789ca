"""Hosts of a pool over an engine that a test plays: who waits for one, and what becomes of it if nobody does."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any, cast

import pytest

from faultzone.errors import HarnessError
from faultzone.substrate.docker.engine import Container, Stream
from faultzone.substrate.docker.link import Link
from faultzone.substrate.docker.loop import Loop, Tasks
from faultzone.substrate.docker.machines import Machine, Machines
from faultzone.substrate.docker.outage import Outage
from faultzone.substrate.docker.owed import Failures, Owed
from faultzone.substrate.docker.pool import Pool
from faultzone.substrate.docker.session import Session, Settings
from tests.support.patience import PATIENCE

HELLO = {"event": "hello", "lost": [], "state": {"powered": True}}


def frame(stream: int, data: bytes) -> bytes:
    return bytes([stream, 0, 0, 0]) + len(data).to_bytes(4, "big") + data


class Engine:
    """An engine whose containers say hello, or end; it starts them once it may."""

    def __init__(self) -> None:
        self.may, self.asked = threading.Event(), threading.Semaphore(0)
        self.may.set()
        self.ends_at_once = False
        self.error: HarnessError | None = None
        self.hosts: list[socket.socket] = []

    def ping(self) -> None:
        """It is there."""

    def start(self, wanted: Container) -> tuple[str, Stream]:
        self.asked.release()
        assert self.may.wait(PATIENCE)
        if self.error is not None:
            raise self.error
        ours, host = socket.socketpair()
        self.hosts.append(host)
        host.sendall(frame(2, b"it has begun\n"))
        if self.ends_at_once:
            host.shutdown(socket.SHUT_WR)
        else:
            host.sendall(frame(1, json.dumps(HELLO).encode() + b"\n"))
        return wanted.name, Stream(ours)


@pytest.fixture
def engine() -> Iterator[Engine]:
    made = Engine()
    yield made
    for each in made.hosts:
        each.close()


class Played:
    """A session with a pool over the engine that is played."""

    def __init__(self, engine: Engine) -> None:
        self.failures = Failures()
        self.loop = Loop(self.failures.add)
        session = SimpleNamespace(
            engine=engine,
            loop=self.loop,
            failures=self.failures,
            settings=Settings(hosts=2),
            outage=Outage(engine.ping),
            watchdog=SimpleNamespace(expecting=lambda kind, name: nullcontext()),
            id="0",
            image="image",
            network="network",
            subnet="10.0.0",
            volume="volume",
            labels={},
        )
        self.session = cast(Session, session)
        self.pool = session.pool = Pool(self.session)

    def run(self, coroutine: Any) -> Any:
        return self.loop.run(coroutine, PATIENCE)


@pytest.fixture
def played(engine: Engine) -> Iterator[Played]:
    made = Played(engine)
    yield made
    engine.may.set()
    made.run(made.pool.close())
    made.loop.close()
    assert made.failures.take() is None
    assert not any(link.alive for link in [*made.pool.idle, *made.pool.leased])


def test_a_host_is_started_once_it_is_needed(played: Played) -> None:
    link: Link = played.run(played.pool.lease())
    assert (link.address, link.fresh, link.alive) == ("10.0.0.3", HELLO["state"], True)
    assert played.pool.leased == {link}


def test_there_are_no_more_hosts_than_the_user_says(played: Played) -> None:
    for _ in range(2):
        played.run(played.pool.lease())
    with pytest.raises(HarnessError, match="expected at most 2 hosts"):
        played.run(played.pool.lease())


def test_a_host_that_ends_at_its_start_says_why(played: Played, engine: Engine) -> None:
    engine.ends_at_once = True
    with pytest.raises(HarnessError, match="ended at its start: it has begun"):
        played.run(played.pool.lease())
    engine.ends_at_once = False
    for _ in range(2):  # It no longer counts.
        played.run(played.pool.lease())


def test_a_host_that_nobody_waits_for_any_more_is_kept(played: Played, engine: Engine) -> None:
    engine.may.clear()

    async def waits_and_goes() -> None:
        waiting = asyncio.get_running_loop().create_task(played.pool.lease())
        await asyncio.to_thread(engine.asked.acquire)
        waiting.cancel()
        await asyncio.wait([waiting])
        engine.may.set()
        while not played.pool.idle:
            await asyncio.sleep(0)

    played.run(waits_and_goes())
    assert played.pool.leased == set()
    (link,) = played.pool.idle
    assert played.run(played.pool.lease()) is link


def test_a_host_that_starts_when_the_session_ends_ends_too(played: Played, engine: Engine) -> None:
    engine.may.clear()

    async def ends() -> None:
        waiting = asyncio.get_running_loop().create_task(played.pool.lease())
        await asyncio.to_thread(engine.asked.acquire)
        closing = asyncio.get_running_loop().create_task(played.pool.close())
        await asyncio.sleep(0)
        engine.may.set()
        await closing
        link = await waiting
        assert not link.alive

    played.run(ends())


class Nothing:
    """What neither breaks nor runs."""

    def bring(self, machine: Machine, link: Link) -> None:
        """Bring nothing."""

    def hear(self, machine: Machine, link: Link, message: dict[str, Any]) -> None:
        """Hear nothing."""

    def write_off(self, machine: Machine) -> None:
        """Write off nothing."""


def test_all_who_wait_for_the_container_of_a_machine_wait_for_one(played: Played, engine: Engine) -> None:
    failures = Failures()
    tasks = Tasks(played.loop, failures.add)
    machines = Machines(played.session, lambda region, report: None, tasks, Owed(), failures, 1.0)
    machines.inhabit(Nothing(), Nothing())
    machine = machines.at("r", 0)

    async def need() -> None:
        await machines.link_of(machine)

    async def three() -> None:
        for _ in range(3):
            tasks.begin(need())
        await tasks.finish(PATIENCE)

    engine.error = HarnessError("the disk is full")
    played.run(three())
    # What all three met is told once.
    assert failures.take() is engine.error
    failures.add(engine.error)
    assert failures.take() is None
    engine.error = None
    played.run(asyncio.wait_for(machines.link_of(machine), PATIENCE))
    assert len(engine.hosts) == 1
    assert machine.link in played.pool.leased
