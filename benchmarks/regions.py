"""A region for each test: how long until it can be used."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from statistics import median
from typing import Final

from benchmarks import peers
from benchmarks.measure import MILLI, Case, Row, Sizes, once, seconds

_DRAWN: Final = 500


def _region() -> None:
    from faultzone import make_region

    make_region(zones=2, hosts_per_zone=8)


def _region_and_call() -> None:
    from faultzone import make_region

    with make_region(zones=2, hosts_per_zone=8) as region:
        region.call("DescribeInstances")


def _moto_cases() -> dict[str, Case]:
    from moto import mock_aws

    shared = peers.client()

    def mocked() -> None:
        with mock_aws():
            shared.describe_instances()

    return {peers.THROUGH_BOTO3: Case(mocked)}


def _drawn(count: int) -> float:
    """The seconds of a region with instances that Faker draws, without those that it takes to load Faker."""
    from faultzone import make_region
    from faultzone.region.drawn import draw

    with make_region(zones=2, hosts_per_zone=1) as small:
        draw(small, 1)
    with make_region(zones=2, hosts_per_zone=max(1, count // 10), seed=7) as region:
        return once(lambda: draw(region, count))


def measure_drawn(sizes: Sizes) -> Iterator[Row]:
    """A region whose instances have drawn names, hosts, owners and tags; nothing where Faker is not installed."""
    if find_spec("faker") is not None:
        count = min(_DRAWN, sizes.filled)
        found = median(_drawn(count) for _ in range(sizes.batches))
        yield Row(f"a region of {count} instances drawn with Faker, all Running", found, "s", None)


def measure(sizes: Sizes) -> Iterator[Row]:
    """A region ready, and with a first call."""
    found = seconds({"ready": Case(_region), "called": Case(_region_and_call)}, calls=20, batches=sizes.batches)
    beside = seconds(_moto_cases(), calls=1, batches=sizes.batches) if peers.INSTALLED else {}
    in_ms = {name: each * MILLI for name, each in beside.items()}
    yield Row("region of 2 zones x 8 hosts ready", found["ready"] * MILLI, "ms", 1.0, in_ms)
    yield Row("the same, with a first call and its end", found["called"] * MILLI, "ms", None, in_ms)
