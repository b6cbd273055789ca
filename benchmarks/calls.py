"""Calls in process among few and many instances, as a test makes them: through the handle, journalled."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import cycle

from benchmarks import peers
from benchmarks.measure import MICRO, Case, Row, Sizes, once, seconds
from faultzone import Region, make_region

_BATCH = 100
_PER_HOST = 20
#: Few of those that run an instance, because it stays.
_PEER_CALLS = {"describe": 10, "run": 2}
#: What is called, the name of its case, its target in us, and how many times sooner than moto through boto3 it is to be
#: answered, among as few instances as are measured.
_ACTIONS = (("DescribeInstances of one id", "describe", 25.0, 250.0), ("RunInstances of one", "run", 80.0, 200.0))
_FLAT = 1.5


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


def _moto(count: int, batches: int) -> dict[str, dict[str, float]]:
    """The us that the peers take among `count` instances."""
    with peers.moto(count) as ec2:
        some = [ec2.ids[count // 2]]
        cases = {
            "describe": {
                peers.THROUGH_BOTO3: Case(lambda: ec2.client.describe_instances(InstanceIds=some)),
                peers.MODEL: Case(lambda: ec2.model.get_reservations_by_instance_ids(some)),
            },
            "run": {peers.THROUGH_BOTO3: Case(ec2.run_through_boto3), peers.MODEL: Case(ec2.run)},
        }
        return {
            action: {
                who: each * MICRO
                for who, each in seconds(both, calls=_PEER_CALLS[action], batches=max(3, batches // 3)).items()
            }
            for action, both in cases.items()
        }


def measure(sizes: Sizes) -> Iterator[Row]:
    """DescribeInstances of one id and RunInstances of one, from few to many instances."""
    theirs = {count: _moto(count, sizes.batches) for count in sizes.peer_instances} if peers.INSTALLED else {}
    ours: dict[int, dict[str, Case]] = {}
    taken: dict[int, dict[str, float]] = {}
    for count in sizes.instances:  # Each before there are larger ones in the process, as those of the peers.
        ours[count] = _Ours(count, sizes.calls).cases()
        taken[count] = seconds(ours[count], calls=sizes.calls, batches=sizes.batches)
    most, least = max(ours), min(count for count in ours if count >= min(100, max(ours)))
    for what, name, target, sooner in _ACTIONS:
        for count, each in taken.items():
            peer = theirs[count][name] if count in theirs else None
            times = {peers.THROUGH_BOTO3: sooner} if count == min(taken) else None
            yield Row(f"{what}, among {count:,}", each[name] * MICRO, "us", target, peer, times)
        # By turns, so that both meet the same machine.
        found = seconds({str(n): ours[n][name] for n in (least, most)}, calls=sizes.calls, batches=sizes.batches)
        grown = {}
        if len(theirs) > 1:
            few, many = min(theirs), max(theirs)
            grown = {
                f"{who}, {many:,} over {few:,}": theirs[many][name][who] / each
                for who, each in theirs[few][name].items()
            }
        yield Row(f"{what}, {most:,} over {least:,}", found[str(most)] / found[str(least)], "x", _FLAT, grown)


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
