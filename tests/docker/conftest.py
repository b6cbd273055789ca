"""Regions over containers. Without an engine these tests are skipped, or fail where one is required."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from faultzone.errors import NotSupported
from faultzone.region import CloudOptions, Region, docker_backend, make_region
from faultzone.substrate.docker.session import Session, Settings, close_all, session

MakeRegion = Callable[..., Region]


@pytest.fixture(scope="session")
def hosts() -> Iterator[Session]:
    try:
        opened = session(Settings())
    except NotSupported as why:
        if os.environ.get("FAULTZONE_REQUIRE_DOCKER") == "1":
            pytest.fail(f"Docker is required here: {why}")
        pytest.skip(str(why))
    yield opened
    close_all()


@pytest.fixture
def make(hosts: Session) -> Iterator[MakeRegion]:
    """Make regions over containers; they end with the test."""
    with ExitStack() as stack:

        def made(**options: Any) -> Region:
            backend = docker_backend(CloudOptions.of(**options), hosts.settings)
            return stack.enter_context(make_region(backend, **options))

        yield made


@pytest.fixture
def real(make: MakeRegion) -> Region:
    return make(zones=1, hosts_per_zone=4)
