"""Cloud Assistant: invoking, many runs that settle together, a cron by the minute, and one record among many."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Iterator
from time import process_time
from typing import Final

from benchmarks.measure import MICRO, Case, Row, Sizes, child, seconds
from benchmarks.memory import resident
from faultzone import Instance, Region, make_region
from faultzone.editions import load

_TARGETS: Final = 20
#: The quotas of a day are for users, not for who measures.
_UNLIMITED: Final = {"assistant.invocations_per_day": 1 << 40, "assistant.targets": 1000}


def _region(count: int) -> tuple[Region, list[Instance]]:
    """A region with `count` instances that run, and with no quota of invocations."""
    region = make_region(zones=2, hosts_per_zone=max(8, count // 20), edition=load().changed(_UNLIMITED))
    made: list[Instance] = []
    while len(made) < count:
        made += region.run_instances(min(100, count - len(made)), public_ip=False, wait=False)
    region.clock.advance("10s")
    return region, made


class _Invoking:
    """InvokeCommand on as many instances as one call may name; what it begins settles outside the time."""

    def __init__(self) -> None:
        self.region, instances = _region(_TARGETS)
        self.asked = {
            "CommandId": self.region.commands.create("true"),
            "InstanceId": [each.id for each in instances],
        }

    def invoke(self) -> None:
        self.region.call("InvokeCommand", **self.asked)

    def settle(self) -> None:
        self.region.clock.advance("1m")


class _Settling:
    """Many targets, each with one run, given out by calls of twenty."""

    def __init__(self, targets: int) -> None:
        self.region, instances = _region(_TARGETS)
        self.ids = [each.id for each in instances]
        self.invocations = max(1, targets // _TARGETS)
        self.command = self.region.commands.create("echo 1")

    def invoke(self) -> None:
        for _ in range(self.invocations):
            self.region.call("InvokeCommand", CommandId=self.command, InstanceId=self.ids)

    def settle(self) -> None:
        self.region.clock.advance("1m")


def _cron(count: int) -> dict[str, float]:
    """A day of a command that runs every minute on `count` instances: runs, seconds, and bytes at half time and end."""
    region, instances = _region(count)
    command = region.commands.create("echo 1")
    for first in range(0, count, _TARGETS):
        ids = [each.id for each in instances[first : first + _TARGETS]]
        region.call("InvokeCommand", CommandId=command, InstanceId=ids, Timed=True, Frequency="0 * * * * *")
    gc.collect()
    empty, begun = resident(), process_time()
    region.clock.advance("12h")
    half = resident() - empty
    region.clock.advance("12h")
    taken = process_time() - begun
    records = region.call("DescribeInvocationResults")["Invocation"]["TotalCount"]
    return {
        "runs": count * 24 * 60,
        "seconds": taken,
        "half": half,
        "whole": resident() - empty,
        "entries": len(region.journal),
        "records": records,
    }


class _Records:
    """One record among many that are kept."""

    def __init__(self, count: int) -> None:
        many = _Settling(count)
        many.invoke()
        many.settle()
        self.region, self.instance = many.region, many.ids[-1]
        self.kept = self.region.call("DescribeInvocationResults")["Invocation"]["TotalCount"]
        answer = self.region.call("InvokeCommand", CommandId=many.command, InstanceId=many.ids)
        many.settle()
        self.invoke_id = answer["InvokeId"]

    def describe(self) -> None:
        self.region.call("DescribeInvocationResults", InvokeId=self.invoke_id, InstanceId=self.instance)


def measure(sizes: Sizes) -> Iterator[Row]:
    """The chapter's figures; the larger ones are those that it names when nothing is made smaller."""
    invoking = _Invoking()
    case = Case(invoking.invoke, after=invoking.settle)
    taken = seconds({"": case}, calls=sizes.calls, batches=sizes.batches)[""]
    yield Row(f"InvokeCommand on {_TARGETS} instances", taken * MICRO, "us", 300.0)

    targets = sizes.filled
    settling = _Settling(targets)
    case = Case(settling.settle, before=settling.invoke)
    taken = seconds({"": case}, calls=1, batches=3)[""]
    yield Row(f"{targets:,} targets of {settling.invocations:,} invocations settle", taken, "s", 1.0)

    many = _Records(10 * sizes.filled)
    taken = seconds({"": Case(many.describe)}, calls=sizes.calls, batches=sizes.batches)[""]
    yield Row(f"DescribeInvocationResults of one among {many.kept:,}", taken * MICRO, "us", 50.0)

    count = max(1, sizes.filled // 10)
    day = child("assistant", count)
    what = f"a cron by the minute on {count:,} instances, a day of {day['runs']:,} runs"
    yield Row(what, day["runs"] / day["seconds"], "runs/s")
    yield Row(f"entries of its journal, with {day['records']:,} records kept", day["entries"], "entries")
    if day["half"] > 0:
        yield Row("resident memory that it takes", day["whole"], "B")
        yield Row("the same, of the day over its first half", day["whole"] / day["half"], "x", 1.5)


if __name__ == "__main__":
    print(json.dumps(_cron(int(sys.argv[1]))))
