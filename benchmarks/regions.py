"""A region for each test: how long until it can be used."""

from __future__ import annotations

import json
from collections.abc import Iterator
from statistics import median
from time import process_time

from benchmarks import peers
from benchmarks.measure import MILLI, Case, Row, Sizes, child, seconds

_PROCESSES = 3


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


def _first(whose: str) -> dict[str, float]:
    """What the first region of a process takes: the median of a few processes."""
    found = [child("regions", whose) for _ in range(_PROCESSES)]
    return {key: median(each[key] for each in found) for key in found[0]}


def measure(sizes: Sizes) -> Iterator[Row]:
    """A region ready, with a first call, and the first one of a process."""
    found = seconds({"ready": Case(_region), "called": Case(_region_and_call)}, calls=20, batches=sizes.batches)
    beside = seconds(_moto_cases(), calls=1, batches=sizes.batches) if peers.INSTALLED else {}
    in_ms = {name: each * MILLI for name, each in beside.items()}
    yield Row("region of 2 zones x 8 hosts ready", found["ready"] * MILLI, "ms", 1.0, in_ms)
    yield Row("the same, with a first call and its end", found["called"] * MILLI, "ms", None, in_ms)
    first = _first("ours")
    theirs = _first("moto") if peers.INSTALLED else {}
    for what, key in (("first of a process: import", "import"), ("first of a process: region and call", "first")):
        yield Row(what, first[key], "ms", None, {peers.THROUGH_BOTO3: theirs[key]} if theirs else None)


def first_of_a_process(whose: str) -> dict[str, float]:
    """The ms that a process takes to import, and from there to its first answer."""
    begun = process_time()
    if whose == "ours":
        import faultzone.region  # noqa: F401

        imported = process_time()
        _region_and_call()
    else:
        import boto3  # noqa: F401
        import moto  # noqa: F401

        imported = process_time()
        _moto_cases()[peers.THROUGH_BOTO3].call()
    return {"import": (imported - begun) * MILLI, "first": (process_time() - imported) * MILLI}


if __name__ == "__main__":
    import sys

    print(json.dumps(first_of_a_process(sys.argv[1])))
