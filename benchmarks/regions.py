"""A region for each test: how long until it can be used."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import peers
from benchmarks.measure import MILLI, Case, Row, Sizes, seconds


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


def measure(sizes: Sizes) -> Iterator[Row]:
    """A region ready, and with a first call."""
    found = seconds({"ready": Case(_region), "called": Case(_region_and_call)}, calls=20, batches=sizes.batches)
    beside = seconds(_moto_cases(), calls=1, batches=sizes.batches) if peers.INSTALLED else {}
    in_ms = {name: each * MILLI for name, each in beside.items()}
    yield Row("region of 2 zones x 8 hosts ready", found["ready"] * MILLI, "ms", 1.0, in_ms)
    yield Row("the same, with a first call and its end", found["called"] * MILLI, "ms", None, in_ms)
