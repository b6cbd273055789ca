"""Calls in process among few and many instances, as a test makes them: through the handle, journalled."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle

from benchmarks import peers
from benchmarks.measure import MICRO, Case, Row, Sizes, once, seconds
from faultzone import (
    ApiFailure,
    BrokenConnection,
    Client,
    Region,
    StaleReads,
    ThrottlingBursts,
    UnmetFault,
    make_region,
)

_BATCH = 100
_PER_HOST = 20
#: Few of those that run an instance, because it stays.
_PEER_CALLS = {"describe": 10, "run": 2}
#: What is called, the name of its case, its target in us, and how many times sooner than moto through boto3 it is to be
#: answered, among as few instances as are measured.
_ACTIONS = (("DescribeInstances of one id", "describe", 25.0, 250.0), ("RunInstances of one", "run", 80.0, 200.0))
_FLAT = 1.5
#: What differs by no more is the same, as far as a shared machine can tell.
_LIKE = 1.1
_OURS = "ours"


def empty(count: int) -> Region:
    """A region with room for `count` instances."""
    return make_region(zones=2, hosts_per_zone=max(8, count // _PER_HOST))


def filled(count: int) -> tuple[Region, list[str]]:
    """A region with `count` instances that run, and their ids."""
    region = empty(count)
    ids: list[str] = []
    for first in range(0, count, _BATCH):
        ids += [each.id for each in region.run_instances(min(_BATCH, count - first), public_ip=False, wait=False)]
    region.clock.advance("10s")
    return region, ids


class _Ours:
    """The calls that are timed in one region."""

    def __init__(self, count: int, calls: int) -> None:
        self.region, ids = filled(count)
        self.asked = cycle([json.dumps([each]) for each in ids[:: max(1, count // calls)]])
        self.launch = {"ImageId": self.region.defaults["image"], "InstanceType": self.region.defaults["instance-type"]}
        self.made: list[str] = []

    def cases(self) -> dict[str, Case]:
        return {"describe": Case(self.describe), "run": Case(self.run, after=self.release)}

    def describe(self) -> None:
        self.region.call("DescribeInstances", InstanceIds=next(self.asked))

    def run(self) -> None:
        self.made += self.region.call("RunInstances", **self.launch)["InstanceIdSets"]["InstanceIdSet"]

    def release(self) -> None:
        """Take the instances of the batch away again, so that each batch finds as many as the first."""
        self.region.clock.advance("10s")
        for each in self.made:
            self.region.instance(each).delete()
        self.made.clear()


def _beside(ours: _Ours, count: int, sizes: Sizes) -> dict[str, dict[str, float]]:
    """The us that each action takes here and in the peers, among `count` instances, measured by turns."""
    cases, calls = ours.cases(), sizes.calls
    if not peers.INSTALLED or count not in sizes.peer_instances:
        taken = seconds(cases, calls=calls, batches=sizes.batches)
        return {action: {_OURS: each * MICRO} for action, each in taken.items()}
    with peers.moto(count) as ec2:
        some = [ec2.ids[count // 2]]
        theirs: dict[str, dict[str, Callable[[], object]]] = {
            "describe": {
                peers.THROUGH_BOTO3: lambda: ec2.client.describe_instances(InstanceIds=some),
                peers.MODEL: lambda: ec2.model.get_reservations_by_instance_ids(some),
            },
            "run": {peers.THROUGH_BOTO3: ec2.run_through_boto3, peers.MODEL: ec2.run},
        }
        return {
            action: {
                who: each * MICRO
                for who, each in seconds(
                    {_OURS: cases[action]} | {who: Case(call, calls=_PEER_CALLS[action]) for who, call in both.items()},
                    calls=calls,
                    batches=sizes.batches,
                ).items()
            }
            for action, both in theirs.items()
        }


def measure(sizes: Sizes) -> Iterator[Row]:
    """DescribeInstances of one id and RunInstances of one, from few to many instances."""
    ours: dict[int, _Ours] = {}
    taken: dict[int, dict[str, dict[str, float]]] = {}
    for count in sizes.instances:
        ours[count] = _Ours(count, sizes.calls)
        taken[count] = _beside(ours[count], count, sizes)
    most, least = max(ours), min(count for count in ours if count >= min(100, max(ours)))
    for what, name, target, sooner in _ACTIONS:
        theirs: dict[int, dict[str, float]] = {}
        for count, each in taken.items():
            peer = {who: value for who, value in each[name].items() if who != _OURS}
            if peer:
                theirs[count] = peer
            times = {peers.THROUGH_BOTO3: sooner} if count == min(taken) else None
            yield Row(f"{what}, among {count:,}", each[name][_OURS], "us", target, peer, times)
        # By turns, so that both meet the same machine.
        cases = {str(count): ours[count].cases()[name] for count in (least, most)}
        found = seconds(cases, calls=sizes.calls, batches=sizes.batches)
        grown = {}
        if len(theirs) > 1:
            few, many = min(theirs), max(theirs)
            grown = {f"{who}, {many:,} over {few:,}": theirs[many][who] / each for who, each in theirs[few].items()}
        yield Row(f"{what}, {most:,} over {least:,}", found[str(most)] / found[str(least)], "x", _FLAT, grown)


def measure_faults(sizes: Sizes) -> Iterator[Row]:
    """Calls of a client without a fault in force: of a region that had faults of the API, over one that never had."""
    never, ended = filled(100), filled(100)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnmetFault)
        for fault in (ApiFailure("DescribeInstances"), StaleReads(), ThrottlingBursts(), BrokenConnection()):
            ended[0].chaos.inject(fault).undo()
    other = filled(100)
    other[0].chaos.inject(ApiFailure("DescribeZones"))
    cases = {}
    for name, (region, ids) in {"never": never, "ended": ended, "other": other}.items():
        ask, asked = Client(region).DescribeInstances, json.dumps(ids[:1])
        cases[name] = Case(partial(ask, InstanceIds=asked))
    found = seconds(cases, calls=sizes.calls, batches=sizes.batches)
    yield Row("DescribeInstances of one id by a client, no fault ever", found["never"] * MICRO, "us", None)
    yield Row("the same after faults of the API have ended, over that", found["ended"] / found["never"], "x", _LIKE)
    yield Row("the same with a fault of another action in force, over that", found["other"] / found["never"], "x", None)


def measure_whole(sizes: Sizes) -> Iterator[Row]:
    """A region filled by single calls, and the whole listing of it by pages of 100; its peers have fewer instances."""
    count, peer_count = sizes.filled, max(sizes.peer_instances)
    region = empty(count)

    def fill() -> None:
        nonlocal region
        region = empty(count)
        for _ in range(count):
            region.run_instances(wait=False, public_ip=False)

    filling = once(fill) / count
    listing = once(lambda: list(region.describe("DescribeInstances", "Instances", "Instance"))) / count
    peer_filling: dict[str, float] = {}
    peer_listing: dict[str, float] = {}
    if peers.INSTALLED:
        with peers.moto() as ec2:
            taken = once(lambda: [ec2.run() for _ in range(peer_count // 4)]) / (peer_count // 4)
            peer_filling[f"{peers.MODEL}, of {peer_count:,}"] = taken * MICRO
        with peers.moto(peer_count) as ec2:
            pages = ec2.client.get_paginator("describe_instances")
            taken = once(lambda: list(pages.paginate(PaginationConfig={"PageSize": 100}))) / peer_count
            peer_listing[f"{peers.THROUGH_BOTO3}, of {peer_count:,}"] = taken * MICRO
    yield Row(f"an instance of {count:,} that are run one by one", filling * MICRO, "us", None, peer_filling)
    yield Row(f"an instance of {count:,} in the whole listing", listing * MICRO, "us", None, peer_listing)
