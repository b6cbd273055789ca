"""Listings among very many instances: a page of 10 by each filter. What fills the region, and what changes it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from time import process_time
from typing import Any, Final

from benchmarks.calls import empty
from benchmarks.measure import MICRO, MILLI, Case, Row, Sizes, once, seconds
from faultzone.backends.local import LocalBackend

_BATCH: Final = 100
_TYPES: Final = ("ecs.g5.large", "ecs.c5.large")
_TAG: Final = {"Key": "env", "Value": "prod"}
#: Milliseconds that a page of 10 should take by what is indexed.
_TARGET: Final = 5.0


class _Filled:
    """A region with many instances: half are subscriptions, a fifth has a name, tags and a data disk."""

    def __init__(self, instances: int) -> None:
        self.region = empty(instances)
        assert isinstance(self.region.backend, LocalBackend)
        self.backend = self.region.backend
        self.ids: list[str] = []
        self.numbers = count()
        self.launch = {"RegionId": self.region.id, "ImageId": self.region.defaults["image"]}
        begun = process_time()
        self.fill(instances)
        self.filling = (process_time() - begun) / instances
        self.state = self.backend.cloud.regions[self.region.id]

    def fill(self, instances: int) -> None:
        for number in range(instances // _BATCH):
            asked: dict[str, Any] = {"InstanceType": _TYPES[number % 2], "Amount": _BATCH}
            if number % 2:
                asked |= {"InstanceChargeType": "PrePaid", "Period": 1}
            if not number % 5:
                asked |= {
                    "InstanceName": f"web-{number}",
                    "UniqueSuffix": True,
                    "Tag": [_TAG],
                    "DataDisk": [{"Size": 20}],
                }
            self.ids += self.call("RunInstances", **asked, **self.launch)["InstanceIdSets"]["InstanceIdSet"]
        self.region.clock.advance("10s")
        for each in self.ids[::1_000]:
            self.call("StopInstance", InstanceId=each)
        self.region.clock.advance("10s")

    def call(self, action: str, **parameters: object) -> dict[str, Any]:
        return self.backend.call(action, {"RegionId": self.region.id, **parameters})

    def page(self, action: str, asked: Mapping[str, object]) -> Callable[[], object]:
        return lambda: self.call(action, **asked)

    def prepare(self, asked: Mapping[str, object]) -> tuple[float, int]:
        """Prepare a listing of instances as an endpoint does: the seconds of the longest part, and how many parts."""
        given = {"action": "DescribeInstances", "parameters": {"RegionId": self.region.id, **asked}}
        taken, ready = [], False
        while not ready:
            begun = process_time()
            ready = bool(self.backend.control("prepare-call", given)["ready"])
            taken.append(process_time() - begun)
        return max(taken), len(taken)

    def start_and_stop(self) -> None:
        """Let an instance stop and start."""
        one = self.ids[(next(self.numbers) * 1_000 + 1) % len(self.ids)]
        self.call("RebootInstance", InstanceId=one)
        self.region.clock.advance("10s")

    def run(self) -> None:
        self.call("RunInstances", InstanceType=_TYPES[0], **self.launch)


def _listings(filled: _Filled) -> Iterator[tuple[str, str, Mapping[str, object]]]:
    """What is asked, in words; the action; its parameters."""
    shown = filled.call("DescribeInstances")["Instances"]["Instance"][0]
    vpc, zone, last = shown["VpcAttributes"], filled.state.zone_ids[0], len(filled.ids) // 10
    after = [{"Key": "ExpiredStartTime", "Value": "2019-03-02T00:00Z"}]
    instances: Mapping[str, Mapping[str, object]] = {
        "no filter": {},
        "no filter, the last page": {"PageNumber": last},
        "status": {"Status": "Stopped"},
        "status, the last page": {"Status": "Running", "PageNumber": last - last // 100},
        "zone": {"ZoneId": zone},
        "type": {"InstanceType": _TYPES[0]},
        "family": {"InstanceTypeFamily": "ecs.g5"},
        "image": {"ImageId": shown["ImageId"]},
        "VSwitch": {"VSwitchId": vpc["VSwitchId"]},
        "security group": {"SecurityGroupId": shown["SecurityGroupIds"]["SecurityGroupId"][0]},
        "charge type": {"InstanceChargeType": "PrePaid"},
        "deployment set": {"DeploymentSetId": "ds-none"},
        "lock": {"LockReason": "financial"},
        "private addresses": {"PrivateIpAddresses": json.dumps(vpc["PrivateIpAddress"]["IpAddress"])},
        "ids": {"InstanceIds": json.dumps(filled.ids[::2000][:100])},
        "tag": {"Tag": [_TAG]},
        "name": {"InstanceName": "web-5001"},
        "time of creation": {"Filter": [{"Key": "CreationStartTime", "Value": "2019-02-01T00:00Z"}]},
        "time of expiry": {"Filter": after},
        "zone, status, tag and expiry": {"ZoneId": zone, "Status": "Running", "Tag": [_TAG], "Filter": after},
    }
    for what, asked in instances.items():
        yield f"instances by {what}", "DescribeInstances", asked
    yield "states by zone", "DescribeInstanceStatus", {"ZoneId": zone}
    yield "full status by health", "DescribeInstancesFullStatus", {"HealthStatus": "Ok"}
    yield "full status by type of event", "DescribeInstancesFullStatus", {"EventType": "InstanceExpiration.Stop"}
    yield "events", "DescribeInstanceHistoryEvents", {"InstanceEventCycleStatus": ["Scheduled", "Executed"]}
    yield "disks", "DescribeDisks", {}
    yield "disks, the last page", "DescribeDisks", {"PageNumber": last}
    yield "disks by type and zone", "DescribeDisks", {"DiskType": "data", "ZoneId": zone}
    yield "network interfaces", "DescribeNetworkInterfaces", {}
    yield "network interfaces by VSwitch", "DescribeNetworkInterfaces", {"VSwitchId": vpc["VSwitchId"]}
    yield "VSwitches", "DescribeVSwitches", {}
    yield "tags", "ListTagResources", {"ResourceType": "instance", "Tag": [_TAG]}
    yield "subscriptions", "DescribeInstanceAutoRenewAttribute", {"RenewalStatus": "Normal"}


def measure(sizes: Sizes) -> Iterator[Row]:
    """What fills the region and changes it, then a page of each listing, with its TotalCount."""
    filled = _Filled(sizes.listed)
    among = f"among {sizes.listed:,}"
    yield Row(f"an instance of {sizes.listed:,} that are run {_BATCH} at a time", filled.filling * MICRO, "us")
    changes = {"RunInstances of one": Case(filled.run), "a reboot to its end": Case(filled.start_and_stop)}
    for what, each in seconds(changes, calls=20, batches=sizes.batches).items():
        yield Row(f"{what}, {among}", each * MICRO, "us")
    begun = process_time()
    filled.call("DescribeInstances", InstanceName="web-5001")
    yield Row(f"instances by name for the first time, {among}", (process_time() - begun) * MILLI, "ms")
    longest, parts = filled.prepare({"PrivateIpAddresses": '["10.0.0.1"]'})
    what = f"instances by private address for the first time, in {parts} parts with others between"
    yield Row(f"{what}, {among}: the longest part", longest * MILLI, "ms", _TARGET)
    cases = {what: Case(filled.page(action, asked)) for what, action, asked in _listings(filled)}
    for what, each in seconds(cases, calls=3, batches=sizes.batches).items():
        yield Row(f"{what}, {among}", each * MILLI, "ms", _TARGET)
    for what, each in seconds(changes, calls=20, batches=sizes.batches).items():
        yield Row(f"{what} once all this was asked for, {among}", each * MICRO, "us")
    patterns = count()
    looked = once(lambda: filled.call("DescribeInstances", InstanceName=f"*-{next(patterns)}*"))
    yield Row(f"instances by a pattern of names, {among}: the first page", looked * MILLI, "ms")
    kept = once(lambda: filled.call("DescribeInstances", InstanceName="web-*"))
    yield Row("the same, any later page", kept * MILLI, "ms", _TARGET)
