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


def filled(count: int) -> tuple[Region, list[str]]:
    """A region with `count` instances that run, and their ids."""
    region = make_region(zones=2, hosts_per_zone=max(8, count // _PER_HOST))
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


def _moto(count: int, batches: int) -> dict[tuple[str, str], float]:
    """What the peers take among `count` instances, in seconds; few calls, because each one that runs an instance leaves it."""
    with peers.moto(count) as ec2:
        some = [ec2.ids[count // 2]]
        found = seconds(
            {
                f"describe/{peers.THROUGH_BOTO3}": Case(lambda: ec2.client.describe_instances(InstanceIds=some)),
                f"describe/{peers.MODEL}": Case(lambda: ec2.model.get_reservations_by_instance_ids(some)),
                f"run/{peers.THROUGH_BOTO3}": Case(ec2.run_through_boto3),
                f"run/{peers.MODEL}": Case(ec2.run),
            },
            calls=1,
            batches=max(3, batches // 3),
        )
    return {(key.split("/")[0], key.split("/")[1]): each for key, each in found.items()}


def measure(sizes: Sizes) -> Iterator[Row]:
    """DescribeInstances of one id and RunInstances of one, from few to many instances."""
    ours = {count: _Ours(count, sizes.calls) for count in sizes.instances}
    theirs = {count: _moto(count, sizes.batches) for count in sizes.peer_instances} if peers.INSTALLED else {}
    actions = (("DescribeInstances of one id", "describe", 25.0), ("RunInstances of one", "run", 80.0))
    for what, name, target in actions:
        cases = {
            str(count): Case(each.describe) if name == "describe" else Case(each.run, after=each.release)
            for count, each in ours.items()
        }
        found = seconds(cases, calls=sizes.calls, batches=sizes.batches)
        for count in ours:
            peer = {
                whose: each * MICRO for (action, whose), each in theirs.get(count, {}).items() if action == name
            }
            yield Row(f"{what}, among {count:,}", found[str(count)] * MICRO, "us", target, peer)
        least, most = min(count for count in ours if count >= min(100, max(ours))), max(ours)
        ratio = found[str(most)] / found[str(least)]
        peer = {}
        if len(theirs) > 1:
            few, many = theirs[min(theirs)], theirs[max(theirs)]
            peer = {f"{whose}, {max(theirs):,} / {min(theirs):,}": many[action, whose] / few[action, whose]
                    for action, whose in few if action == name}  # fmt: skip
        yield Row(f"{what}, {most:,} / {least:,}", ratio, "x", 1.5, peer)


def measure_whole(sizes: Sizes) -> Iterator[Row]:
    """A region filled one by one, and the whole listing of it, page by page."""
    peer_count = max(sizes.peer_instances)
    count = sizes.filled
    made: list[Region] = []

    def fill() -> None:
        made.append(make_region(zones=2, hosts_per_zone=max(8, count // _PER_HOST)))
        for _ in range(count):
            made[-1].run_instances(wait=False, public_ip=False)

    filling = once(fill)
    region = made[-1]
    listing = once(lambda: list(region.describe("DescribeInstances", "Instances", "Instance")))
    peer_filling, peer_listing = {}, {}
    if peers.INSTALLED:
        with peers.moto() as ec2:
            peer_filling[peers.MODEL] = once(lambda: [ec2.run() for _ in range(peer_count // 4)]) / (peer_count // 4)
        with peers.moto(peer_count) as ec2:
            pages = ec2.client.get_paginator("describe_instances")
            peer_listing[peers.THROUGH_BOTO3] = once(lambda: list(pages.paginate(PaginationConfig={"PageSize": 100})))
            peer_listing[peers.THROUGH_BOTO3] /= peer_count
    note = f"(peers: {peer_count:,})" if peers.INSTALLED else ""
    for what, taken, beside in (("filled one by one", filling, peer_filling), ("listed by pages of 100", listing, peer_listing)):
        peer = {name: each * MICRO for name, each in beside.items()}
        yield Row(f"{count:,} instances {what} {note}".strip(), taken / count * MICRO, "us each", None, peer)
