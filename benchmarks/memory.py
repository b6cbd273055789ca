"""What an instance takes of memory, each figure from a process of its own."""

from __future__ import annotations

import gc
import json
import resource
import sys
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks import peers
from benchmarks.calls import empty
from benchmarks.measure import Row, Sizes, child
from faultzone.backends.local import LocalBackend
from faultzone.journal.journal import Journal

_STATM = Path("/proc/self/statm")
_TARGET = 2048.0
_BATCH = 100


class NoJournal(Journal):
    """Keeps nothing, so that what is left is the region."""

    def append(self, at: int, kind: str, data: Mapping[str, Any]) -> None:
        """Forget it."""


def resident() -> int:
    """The bytes of memory that this process occupies; 0 where the system does not tell."""
    return int(_STATM.read_text().split()[1]) * resource.getpagesize() if _STATM.exists() else 0


def _fill_ours(count: int, *, journalled: bool) -> Callable[[], object]:
    region = empty(count)
    assert isinstance(region.backend, LocalBackend)
    if not journalled:
        region.backend.journal = NoJournal()
    launch = {
        "ImageId": region.defaults["image"],
        "InstanceType": region.defaults["instance-type"],
        "RegionId": region.id,
    }

    def fill() -> object:
        for _ in range(count // _BATCH):
            region.backend.call("RunInstances", {**launch, "Amount": _BATCH, "InternetMaxBandwidthOut": 5})
        region.clock.advance("10s")
        return region

    region.clock.advance("1s")
    region.call("DescribeInstances")
    return fill


def _fill_moto(count: int) -> Callable[[], object]:
    from moto import mock_aws

    mock_aws().start()
    ec2 = peers.Filled(1)
    return lambda: [ec2.run(_BATCH) for _ in range(count // _BATCH)]


def bytes_each(what: str, count: int) -> dict[str, float]:
    """The bytes that each of `count` instances takes: what Python allocated (`traced`), or what the process grew by."""
    who, how = what.split("-")
    fill = _fill_moto(count) if who == "moto" else _fill_ours(count, journalled=who == "journalled")
    gc.collect()
    if how == "traced":
        tracemalloc.start()
    before = resident()
    kept = fill()
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] if how == "traced" else resident() - before
    del kept
    return {"each": grown / count}


def measure(sizes: Sizes) -> Iterator[Row]:
    """Bytes an instance, without and with the journal, as Python counts them and as the system does."""
    count = sizes.filled
    for how, said in (("traced", "allocated"), ("resident", "of resident memory")):
        if how == "resident" and not _STATM.exists():
            return
        peer = {}
        if peers.INSTALLED:
            peer = {peers.MODEL: child("memory", f"moto-{how}", count)["each"]}
        yield Row(f"an instance, {said}", child("memory", f"bare-{how}", count)["each"], "B", _TARGET, peer)
        yield Row("the same, with its journal", child("memory", f"journalled-{how}", count)["each"], "B", None, peer)


if __name__ == "__main__":
    print(json.dumps(bytes_each(sys.argv[1], int(sys.argv[2]))))
