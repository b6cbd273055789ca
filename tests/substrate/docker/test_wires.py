"""Wires that are cut and joined while their host is given a container."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from faultzone.substrate.docker.faults import Faults


@pytest.mark.parametrize("has_link", [True, False])
def test_what_is_joined_while_its_host_gets_a_container_stays_joined(has_link: bool) -> None:
    asked: list[bool] = []

    async def cut_and_join() -> None:
        given = asyncio.Event()

        async def ask(verb: str, *, up: bool) -> None:
            asked.append(up)

        async def link_of(machine: Any) -> Any:
            if machine.link is None:
                await given.wait()
            return link

        link = SimpleNamespace(ask=ask)
        machine = SimpleNamespace(gone=False, down=False, cut=False, link=None)
        session = SimpleNamespace(pool=None, engine=None)
        machines: Any = SimpleNamespace(at=lambda region, host: machine, link_of=link_of, session=session)
        nothing: Any = None
        faults = Faults(machines, nothing, nothing)
        cut = asyncio.create_task(faults._wire("cn-hangzhou", 0, False))
        await asyncio.sleep(0)
        machine.link = link if has_link else None
        await faults._wire("cn-hangzhou", 0, True)
        given.set()
        await cut
        assert not machine.cut

    asyncio.run(cut_and_join())
    assert asked[-1] is True
