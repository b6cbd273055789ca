"""Random regions and random filters: a listing by its indexes shows what a look at everything shows."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from random import Random
from typing import Any, Final, NamedTuple

import pytest

from faultzone import ApiError, Region, UsageError, make_region
from faultzone.backends.local import LocalBackend
from faultzone.clock import read_stamp
from faultzone.model.core.listing import BARE, Envelope, Token, like, listing
from tests.support.books import indexes, rebuilt

Shown = Mapping[str, Any]
Meets = Callable[[Shown, Any], bool]

_TYPES: Final = ("ecs.g5.large", "ecs.c5.large", "ecs.i2.xlarge", "ecs.t1.small")
_NAMES: Final = ("web", "web-1", "db", "a-b-a")


def _tags(shown: Shown) -> dict[str, str]:
    return {each["TagKey"]: each["TagValue"] for each in shown.get("Tags", {"Tag": []})["Tag"]}


def _has_tags(shown: Shown, asked: Sequence[Mapping[str, str]]) -> bool:
    tags = _tags(shown)
    return all(each["Key"] in tags and each["Value"] in ("", tags[each["Key"]]) for each in asked)


def _is_in(shown: Shown, bounds: Sequence[Mapping[str, str]]) -> bool:
    for each in bounds:
        kind, end = (
            ("Creation", each["Key"][8:]) if each["Key"].startswith("Creation") else ("Expired", each["Key"][7:])
        )
        text = shown[f"{kind}Time"]
        if text.startswith("2099"):
            return False
        bound, instant = read_stamp(each["Value"]), read_stamp(text)
        if instant < bound if end == "StartTime" else instant > bound:
            return False
    return True


def _between(text: str | None, bounds: Mapping[str, str]) -> bool:
    if text is None:
        return False
    instant = read_stamp(text)
    return read_stamp(bounds["Start"]) <= instant <= read_stamp(bounds["End"])


#: Action -> its list, and what each filter asks of an item.
NAIVE: Final[Mapping[str, tuple[str, str, Mapping[str, Meets]]]] = {
    "DescribeInstances": (
        "Instances",
        "Instance",
        {
            "Status": lambda shown, asked: shown["Status"] == asked,
            "ZoneId": lambda shown, asked: shown["ZoneId"] == asked,
            "VSwitchId": lambda shown, asked: shown["VpcAttributes"]["VSwitchId"] == asked,
            "InstanceType": lambda shown, asked: shown["InstanceType"] == asked,
            "InstanceTypeFamily": lambda shown, asked: shown["InstanceTypeFamily"] == asked,
            "ImageId": lambda shown, asked: shown["ImageId"] == asked,
            "InstanceChargeType": lambda shown, asked: shown["InstanceChargeType"] == asked,
            "SpotStrategy": lambda shown, asked: shown["SpotStrategy"] == asked,
            "InstanceNetworkType": lambda shown, asked: shown["InstanceNetworkType"] == asked,
            "SecurityGroupId": lambda shown, asked: asked in shown["SecurityGroupIds"]["SecurityGroupId"],
            "DeploymentSetId": lambda shown, asked: shown["DeploymentSetId"] == asked,
            "InstanceName": lambda shown, asked: like(asked, shown["InstanceName"]),
            "LockReason": lambda shown, asked: {"LockReason": asked} in shown["OperationLocks"]["LockReason"],
            "PrivateIpAddresses": lambda shown, asked: (
                shown["VpcAttributes"]["PrivateIpAddress"]["IpAddress"][0] in json.loads(asked)
            ),
            "PublicIpAddresses": lambda shown, asked: (
                [*shown["PublicIpAddress"]["IpAddress"], ""][0] in json.loads(asked)
            ),
            "Tag": _has_tags,
            "Filter": _is_in,
        },
    ),
    "DescribeInstanceStatus": (
        "InstanceStatuses",
        "InstanceStatus",
        {"InstanceId": lambda shown, asked: shown["InstanceId"] in asked},
    ),
    "DescribeDisks": (
        "Disks",
        "Disk",
        {
            "ZoneId": lambda shown, asked: shown["ZoneId"] == asked,
            "DiskType": lambda shown, asked: shown["Type"] == asked,
            "DiskName": lambda shown, asked: shown["DiskName"] == asked,
            "Category": lambda shown, asked: shown["Category"] == asked,
            "Portable": lambda shown, asked: shown["Portable"] == asked,
            "DeleteWithInstance": lambda shown, asked: shown["DeleteWithInstance"] == asked,
            "DiskIds": lambda shown, asked: shown["DiskId"] in json.loads(asked),
            "Tag": _has_tags,
        },
    ),
    "DescribeNetworkInterfaces": (
        "NetworkInterfaceSets",
        "NetworkInterfaceSet",
        {
            "VSwitchId": lambda shown, asked: shown["VSwitchId"] == asked,
            "SecurityGroupId": lambda shown, asked: asked in shown["SecurityGroupIds"]["SecurityGroupId"],
            "Tag": _has_tags,
        },
    ),
    "DescribeInstancesFullStatus": (
        "InstanceFullStatusSet",
        "InstanceFullStatusType",
        {
            "Status": lambda shown, asked: shown["Status"]["Name"] == asked,
            "HealthStatus": lambda shown, asked: shown["HealthStatus"]["Name"] == asked,
        },
    ),
    "DescribeInstanceHistoryEvents": (
        "InstanceSystemEventSet",
        "InstanceSystemEventType",
        {
            "EventType": lambda shown, asked: shown["EventType"]["Name"] == asked,
            "NotBefore": lambda shown, asked: _between(shown.get("NotBefore"), asked),
            "EventPublishTime": lambda shown, asked: _between(shown["EventPublishTime"], asked),
            "InstanceId": lambda shown, asked: shown["InstanceId"] in asked,
        },
    ),
}


class Walk:
    """A region of its own to which things happen at random."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.region: Region = make_region(
            zones=3, hosts_per_zone=5, host_vcpus=16, host_memory_gib=64, edition="2020-12", seed=seed
        )
        self.ids: list[str] = []
        self.groups = [self.region.create_deployment_set().id]
        self.firewalls = [self.region.call("CreateSecurityGroup")["SecurityGroupId"] for _ in range(2)]
        self.hosts = [str(each["host"]) for each in self.region.hosts]
        state = self.backend.cloud.regions[self.region.id]
        self.zones, self.images = state.zone_ids, list(state.catalog.images)[:3]

    @property
    def backend(self) -> LocalBackend:
        assert isinstance(self.region.backend, LocalBackend)
        return self.region.backend

    def tag(self) -> dict[str, str]:
        return {"Key": self.chance.choice(["env", "team"]), "Value": self.chance.choice(["", "a", "b"])}

    def run(self, _: str) -> None:
        draw = self.chance
        asked: dict[str, Any] = {
            "InstanceType": draw.choice(_TYPES),
            "ImageId": draw.choice(self.images),
            "Amount": draw.choice([1, 2, 6]),
            "ZoneId": draw.choice(self.zones),
            "InternetMaxBandwidthOut": draw.choice([0, 5]),
            "SecurityGroupId": draw.choice(self.firewalls),
        }
        disk = {"Size": 20, "DiskName": draw.choice(["ab", "cd"]), "DeleteWithInstance": draw.random() < 0.5}
        for often, more in (
            (0.5, {"InstanceName": draw.choice(_NAMES), "UniqueSuffix": True}),
            (0.4, {"Tag": [self.tag()]}),
            (0.3, {"InstanceChargeType": "PrePaid", "Period": draw.choice([1, 2])}),
            (0.3, {"DeploymentSetId": self.groups[0]}),
            (0.4, {"DataDisk": [disk, {"Size": 20, "Category": "cloud_ssd"}]}),
        ):
            asked |= more if draw.random() < often else {}
        self.ids += self.region.call("RunInstances", **asked)["InstanceIdSets"]["InstanceIdSet"]

    def happen(self) -> None:
        """Let one thing happen; one that is refused has."""
        region, draw = self.region, self.chance
        one = draw.choice(self.ids) if self.ids else "i-none"
        deeds: list[Callable[[str], object]] = [
            *[self.run] * 4,
            lambda id: region.call("StopInstance", InstanceId=id, StoppedMode=draw.choice(["StopCharging", None])),
            lambda id: region.call("StartInstance", InstanceId=id),
            lambda id: region.call("DeleteInstance", InstanceId=id, Force=True),
            lambda id: region.call("ModifyInstanceAttribute", InstanceId=id, InstanceName=draw.choice([*_NAMES, one])),
            lambda id: region.call("TagResources", ResourceType="instance", ResourceId=[id], Tag=[self.tag()]),
            lambda id: region.call("UntagResources", ResourceType="instance", ResourceId=[id], TagKey=["env"]),
            lambda id: region.call(
                "ModifyInstanceDeployment", InstanceId=id, DeploymentSetId=self.groups[0], Force=True
            ),
            lambda id: region.call("RenewInstance", InstanceId=id, Period=1),
            lambda id: region.call(
                "CreateSimulatedSystemEvents",
                InstanceId=[id],
                EventType=draw.choice(["SystemMaintenance.Reboot", "SystemFailure.Reboot"]),
                NotBefore=f"2019-03-{draw.randrange(1, 9):02d}T00:00:07Z",
            ),
            lambda id: region.control(
                "schedule-maintenance", instance=id, outcome=draw.choice(["executes", "inquires"])
            ),
            lambda id: region.control("lock", instance=id, reason=draw.choice(["security", "financial"])),
            lambda id: region.control("unlock", instance=id, reason=draw.choice(["security", "financial"])),
            lambda _: region.chaos.crash(draw.choice(self.hosts)),
            lambda _: region.control("replace-host", host=draw.choice(self.hosts)),
            lambda _: region.clock.advance(draw.choice(["1s", "10s", "1m", "1d", "40d"])),
        ]
        with suppress(ApiError, UsageError):
            draw.choice(deeds)(one)

    def everything(self, action: str) -> list[Shown]:
        name, item, _ = NAIVE[action]
        return list(self.region.describe(action, name, item))

    def filters(self, action: str) -> dict[str, Any]:
        """Some filters, of values that there are and of others."""
        draw, shown = self.chance, self.everything("DescribeInstances")
        some = draw.choice(shown) if shown else None
        minute = f"2019-03-{draw.randrange(1, 20):02d}T00:{draw.randrange(60):02d}"
        private = [] if some is None else some["VpcAttributes"]["PrivateIpAddress"]["IpAddress"]
        public = [] if some is None else some["PublicIpAddress"]["IpAddress"]
        values: dict[str, list[Any]] = {
            "Status": ["Running", "Stopped", "Starting"],
            "ZoneId": [*self.zones],
            "VSwitchId": ["vsw-none" if some is None else some["VpcAttributes"]["VSwitchId"]],
            "InstanceType": [*_TYPES],
            "InstanceTypeFamily": ["ecs.g5", "ecs.i2", "ecs.none"],
            "ImageId": self.images,
            "InstanceChargeType": ["PrePaid", "PostPaid"],
            "SpotStrategy": ["NoSpot", "SpotAsPriceGo"],
            "InstanceNetworkType": ["vpc", "classic"],
            "SecurityGroupId": [*self.firewalls, "sg-none"],
            "DeploymentSetId": [*self.groups, "ds-none"],
            "InstanceName": [*_NAMES, "web*", "*1", "*b*a", "*", "i-*", "" if some is None else some["InstanceId"]],
            "LockReason": ["security", "financial"],
            "PrivateIpAddresses": [json.dumps(private), '["10.0.0.x"]'],
            "PublicIpAddresses": [json.dumps(public), '[""]'],
            "Tag": [[self.tag()], [self.tag(), self.tag()]],
            "Filter": [
                [{"Key": f"{kind}{end}Time", "Value": f"{minute}Z"}]
                for kind in ("Creation", "Expired")
                for end in ("Start", "End")
            ],
            "InstanceId": [draw.sample(self.ids, min(3, len(self.ids)))],
            "DiskType": ["system", "data"],
            "DiskName": ["ab", "cd", "none"],
            "Category": ["cloud_ssd", "cloud_efficiency"],
            "Portable": [True, False],
            "DeleteWithInstance": [True, False],
            "DiskIds": [json.dumps([each["DiskId"] for each in self.everything("DescribeDisks")[1:4]])],
            "HealthStatus": ["Ok", "Impaired", "Maintaining", "NotApplicable", "Initializing"],
            "EventType": ["SystemMaintenance.Reboot", "SystemFailure.Reboot", "InstanceExpiration.Stop"],
            "NotBefore": [{"Start": f"{minute}:07Z", "End": "2019-03-20T00:00:07Z"}],
            "EventPublishTime": [{"Start": "2019-03-01T00:00:00Z", "End": f"{minute}:07Z"}],
        }
        offered = [name for name in NAIVE[action][2] if values[name] not in ([[]], [None])]
        return {
            name: draw.choice(values[name]) for name in draw.sample(offered, min(len(offered), draw.randrange(1, 4)))
        }


def compare(walk: Walk, action: str) -> None:
    """Ask for one page by some filters, and look at everything for the same."""
    name, item, naive = NAIVE[action]
    filters = {each: value for each, value in walk.filters(action).items() if value != []}
    page, size = walk.chance.choice([(1, 10), (2, 3), (3, 2), (1, 50)])
    answer = walk.region.call(action, **filters, PageNumber=page, PageSize=size)
    everything = walk.everything(action)
    expected = [each for each in everything if all(naive[key](each, value) for key, value in filters.items())]
    if action == "DescribeInstanceStatus" and filters:
        expected.sort(key=lambda each: filters["InstanceId"].index(each["InstanceId"]))
    total = len(expected)
    assert answer["TotalCount"] == total, (action, filters)
    if answer[name][item] != expected[(page - 1) * size : page * size]:
        pytest.fail(f"page {page} of {size}: {action} {filters}")


def check_indexes(walk: Walk) -> None:
    """The indexes are what they would be if they were made now."""
    for state in walk.backend.cloud.regions.values():
        assert indexes(state.event_book) == indexes(rebuilt(state.event_book))
        assert {each.id for each in state.event_book.found()} == state.events.keys()
        for account in state.accounts.values():
            assert indexes(account.book) == indexes(rebuilt(account.book))
            assert [each.id for each in account.book.found()] == list(account.instances)


def walked(seed: int, steps: int) -> None:
    walk, compared = Walk(seed), 0
    for _ in range(steps):
        walk.happen()
        walk.happen()
        with suppress(ApiError):  # An instance that is named may be gone.
            compare(walk, walk.chance.choice(list(NAIVE)))
            compared += 1
    check_indexes(walk)
    assert compared > steps // 2


class _Page(NamedTuple):
    page_number: int
    page_size: int


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ({}, {"TotalCount": 3, "Things": {"Thing": [0, 1, 2]}}),
        ({"request": _Page(2, 2)}, {"TotalCount": 3, "PageNumber": 2, "PageSize": 2, "Things": {"Thing": [2]}}),
        ({"request": _Page(2, 2), "envelope": BARE}, {"Things": {"Thing": [2]}}),
        (
            {"request": _Page(1, 2), "envelope": Envelope("Total", "", ""), "latest_first": True},
            {"Total": 3, "Things": {"Thing": [2, 1]}},
        ),
        ({"token": Token(None, 2)}, {"TotalCount": 3, "NextToken": "fz1", "Things": {"Thing": [0, 1]}}),
        ({"token": Token("fz1", 2), "envelope": BARE}, {"NextToken": "", "Things": {"Thing": [2]}}),
        ({"token": Token("fz1", 2), "envelope": Envelope(ends=False)}, {"TotalCount": 3, "Things": {"Thing": [2]}}),
        ({"item": "", "more": "x"}, {"TotalCount": 3, "more": "x", "Things": [0, 1, 2]}),
    ],
)
def test_an_answer_has_what_its_envelope_says(asked: dict[str, Any], answer: dict[str, Any]) -> None:
    assert listing(**{"wrapper": "Things", "item": "Thing", "candidates": range(3), "request": None, **asked}) == answer


def test_a_listing_by_index_shows_what_a_look_at_everything_shows() -> None:
    walked(0, steps=15)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 9))
def test_listings_by_index_show_what_a_look_at_everything_shows(seed: int) -> None:
    walked(seed, steps=60)


@pytest.mark.slow
def test_a_pattern_of_names_is_looked_for_in_parts_and_answered_at_one_moment() -> None:
    region = make_region(zones=1, hosts_per_zone=500)
    for _ in range(90):
        region.run_instances(100, wait=False)

    def ready(**asked: object) -> bool:
        given = {"action": "DescribeInstances", "parameters": {"RegionId": region.id, "InstanceName": "web*"}, **asked}
        return bool(region.control("prepare-call", **given)["ready"])

    assert ready(parameters={"RegionId": region.id})
    assert ready(parameters={"RegionId": "elsewhere", "InstanceName": "web*"})
    assert ready(account="nobody")
    assert ready(action="RunInstances")
    assert not ready()
    first = region.instances[0]
    region.call("ModifyInstanceAttribute", InstanceId=first.id, InstanceName="web-1")
    (latest,) = region.run_instances(1, InstanceName="web-2")
    while not ready():
        pass
    found = region.call("DescribeInstances", InstanceName="web*")["Instances"]["Instance"]
    assert [each["InstanceId"] for each in found] == [latest.id, first.id]


@pytest.mark.slow
def test_a_listing_by_a_field_is_prepared_in_parts_once() -> None:
    region = make_region(zones=1, hosts_per_zone=500)
    for _ in range(90):
        region.run_instances(100, wait=False)
    region.clock.advance("10s")
    assert isinstance(region.backend, LocalBackend)
    book = region.backend.cloud.regions[region.id].account(region.accounts[0]).book
    asked = {"RegionId": region.id, "Status": "Stopped", "ZoneId": region.zones[0]}

    def ready(action: str = "DescribeInstances", **parameters: object) -> bool:
        return bool(region.control("prepare-call", action=action, parameters={**asked, **parameters})["ready"])

    entries = len(region.journal.entries)
    assert not ready()
    (one, other), stopped = region.instances[:2], region.instances[-1]
    one.stop(wait=False)
    stopped.stop()
    other.delete()
    parts = 1
    while not ready():
        parts += 1
    assert parts > 2
    assert book.part is None
    assert ready()
    found = region.call("DescribeInstances", Status="Stopped", ZoneId=region.zones[0])["Instances"]["Instance"]
    assert [each["InstanceId"] for each in found] == [stopped.id, one.id]
    assert indexes(book) == indexes(rebuilt(book))
    assert ready(PageSize=1_000)  # Refused, which the call itself says.
    assert ready(action="StopInstance", InstanceId=stopped.id)
    assert entries < len(region.journal.entries)
