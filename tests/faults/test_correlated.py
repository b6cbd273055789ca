"""What fails together: a rack, a switch, all that have something in common; and patterns of faults."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from faultzone import (
    AgentOutage,
    ApiError,
    ApiFailure,
    Client,
    GuestCrash,
    HostCrash,
    NetworkCut,
    RackOutage,
    Region,
    SubscriptionExpiry,
    SwitchOutage,
    UsageError,
    make_region,
)
from faultzone.faults.api import BRANCHED_ON, branched_on
from faultzone.faults.patterns import flapping, refusals, swizzle
from faultzone.faults.schedule import At, Schedule
from faultzone.faults.targets import all, host_of, newest, rack_of, switch_of


@pytest.fixture
def region() -> Iterator[Region]:
    with make_region(edition="2026-10", zones=2, hosts_per_zone=8) as made:
        yield made


def of(region: Region, what: str, name: str) -> set[str]:
    return {str(each["host"]) for each in region.hosts if each[what] == name}


def down(region: Region) -> set[str]:
    """The hosts that have no power, as soon as that is noticed."""
    region.clock.advance(1)
    return {str(each["host"]) for each in region.hosts if each["state"] == "down"}


def test_the_hosts_of_a_rack_lose_their_power_together(region: Region) -> None:
    rack = str(region.hosts[0]["rack"])
    with region.chaos.inject(RackOutage(rack)):
        assert down(region) == of(region, "rack", rack) != set()
    region.clock.advance("5m")
    assert down(region) == set()


def test_the_hosts_behind_a_switch_are_missed_together(region: Region) -> None:
    switch = str(region.hosts[-1]["switch"])
    with region.chaos.inject(SwitchOutage(switch)):
        assert down(region) == set()
        region.clock.advance("5m")
        assert down(region) == of(region, "switch", switch)
        assert len(of(region, "switch", switch)) == 4
    region.clock.advance("5m")
    assert down(region) == set()


def test_what_a_set_keeps_apart_survives_the_loss_of_a_rack(region: Region) -> None:
    database = region.create_deployment_set("db", Type="rack")
    members = region.run_instances(3, deployment_set=database)
    with region.chaos.inject(RackOutage(rack_of(members[0]))):
        region.clock.advance("1s")
        assert [each.host in down(region) for each in members] == [True, False, False]


def test_racks_and_switches_are_described(region: Region) -> None:
    (web,) = region.run_instances(1)
    for fault, what in (
        (RackOutage(rack_of(newest("instance"))), "rack"),
        (RackOutage(rack_of(host_of(newest("instance")))), "rack"),
        (SwitchOutage(switch_of(newest("instance"))), "switch"),
    ):
        hit = of(region, what, str(getattr(web, what)))
        with region.chaos.inject(fault):
            region.clock.advance("2m")
            assert down(region) == hit
        region.chaos.undo_all()
        web.wait_until("Running")
    with region.chaos.inject(RackOutage(all("rack"))):
        assert down(region) == {str(each["host"]) for each in region.hosts}


def test_the_agents_of_one_image_fail_together(region: Region) -> None:
    linux = region.run_instances(2)
    (windows,) = region.run_instances(1, ImageId="win2019_1809_x64_dtc_zh-cn_40G_alibase_20260801.vhd")
    image = str(linux[0].describe()["ImageId"])
    assert windows.describe()["ImageId"] != image
    with region.chaos.inject(AgentOutage(all("agent", image=image))):
        assert not any(region.control("agent", instance=each.id)["running"] for each in linux)
    hit = [each.data["instance"] for each in region.journal.of("fault", fault="AgentOutage")]
    assert hit == [each.id for each in linux]


#: Names and values of tags that a description has to quote, and such as it need not.
OWNER = 'أحمد "(الخطيب)", x=y'


def hit(region: Region, target: str) -> list[str]:
    """The instances that a description leads to, as it is written and as it is read from JSON."""
    fault = GuestCrash(target)
    before = len(region.journal.of("fault"))
    region.chaos.play(Schedule.read(json.loads(Schedule([At(0, fault)]).text())))
    return [str(each.data["instance"]) for each in region.journal.of("fault")[before:]]


@pytest.mark.parametrize(
    ("target", "places"),
    [
        (all("instance", name="web-王"), [0]),
        (all("instance", name="web-*"), [0, 1]),
        (all("instance", name="*"), [0, 1, 2]),
        (all("agent", tag="owner"), [0, 2]),
        (all("agent", tag=f"owner={OWNER}"), [0]),
        (all("agent", tag="owner=b"), [2]),
        (all("agent", tag="b"), []),
    ],
)
def test_what_has_a_name_or_a_tag_in_common_breaks_together(region: Region, target: str, places: list[int]) -> None:
    made = [
        *region.run_instances(1, InstanceName="web-王", Tag=[{"Key": "owner", "Value": OWNER}]),
        *region.run_instances(1, InstanceName="web-2"),
        *region.run_instances(1, Tag=[{"Key": "owner", "Value": "b"}]),
    ]
    assert hit(region, target) == [made[each].id for each in places]


def test_what_expires_together_expires_together(region: Region) -> None:
    one, other = region.run_instances(2, InstanceChargeType="PrePaid", Period=1)
    (later,) = region.run_instances(1, InstanceChargeType="PrePaid", Period=2)
    before = [str(each.describe()["ExpiredTime"]) for each in (one, other, later)]
    expiry = SubscriptionExpiry(all("subscription", expires_with=one), within="1h")
    with region.chaos.inject(expiry):
        ends = [str(each.describe()["ExpiredTime"]) for each in (one, other, later)]
        assert ends[0] == ends[1] < str(before[0]) < ends[2] == before[2]


def nothing() -> Any:
    return None


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: RackOutage("cn-hangzhou-a-r99"), "unknown rack 'cn-hangzhou-a-r99'"),
        (lambda: SwitchOutage("sw"), "unknown switch 'sw'"),
        (lambda: RackOutage(host_of("i-1")), r"it describes a host, expected a rack: write rack_of\(...\)"),
        (lambda: GuestCrash(all("host", image="m-1")), r"expected all\(agent, image=...\)"),
        (lambda: GuestCrash(all("agent", expires_with="i-1")), r"expires_with=...\)"),
        (lambda: GuestCrash("all(agent, image=)"), "expected a description"),
        (lambda: GuestCrash("all(agent, image=a, image=b)"), "expected a description"),
        (lambda: GuestCrash("newest(agent, image=a)"), "expected a description"),
        (lambda: GuestCrash(all("host", name="web")), r"expected all\(agent, image=...\), all\(agent, name=...\), "),
        (lambda: GuestCrash('all(agent, name="a)'), "expected a description"),
        (lambda: GuestCrash('all(agent, name="\\x")'), 'expected "\\\\x" in the quotes of JSON'),
        (lambda: GuestCrash(all("agent", name="")), "expected a description"),
    ],
)
def test_what_cannot_be_is_refused_when_it_is_planned(region: Region, make: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        region.chaos.at("1h", make())


# Patterns


def crashes(region: Region) -> list[HostCrash]:
    return [HostCrash(str(each["host"])) for each in region.hosts[:5]]


def test_all_stop_in_one_order_and_start_in_another(region: Region) -> None:
    faults = crashes(region)
    region.chaos.play(swizzle(faults, every="10m", seed=3))
    stopped: list[str] = []
    for _ in faults:
        (new,) = down(region) - set(stopped)
        stopped.append(new)
        region.clock.advance("10m")
    started: list[str] = []
    for _ in faults:
        region.clock.advance("1m")
        (new,) = set(stopped) - set(started) - down(region)
        started.append(new)
        region.clock.advance("9m")
    assert sorted(stopped) == sorted(started) == [each.host for each in faults]
    assert stopped != started
    assert stopped != sorted(stopped)


def test_the_seed_chooses_the_orders(region: Region) -> None:
    faults = crashes(region)
    assert swizzle(faults, seed=1) == swizzle(faults, seed=1)
    assert len({swizzle(faults, seed=each).text() for each in range(6)}) > 1
    assert Schedule.read(swizzle(faults, seed="a").told()) == swizzle(faults, seed="a")


def test_a_host_that_flaps_is_cut_off_and_joined_again(region: Region) -> None:
    host = str(region.hosts[0]["host"])
    region.chaos.play(flapping(NetworkCut(host), down="5s", up="55s", times=3, after="1m"))
    region.clock.advance("10m")
    told = [(each.kind, each.at - region.journal.entries[0][1]) for each in region.journal.of("fault", "undo")]
    minute = 60_000
    assert told == [
        (kind, at)
        for number in (1, 2, 3)
        for kind, at in (("fault", number * minute), ("undo", number * minute + 5000))
    ]
    assert down(region) == set()


@pytest.mark.parametrize("whose", ["all", *BRANCHED_ON])
def test_a_client_walks_through_refusals_one_a_call(region: Region, whose: str) -> None:
    """Also by a schedule that was sent as JSON: each call of a launch meets the next, and then it is carried out."""
    walk = refusals("RunInstances", whose)
    region.chaos.play(Schedule.read(json.loads(walk.text())))
    region.clock.advance("1s")
    ecs, met = Client(region), list[str]()
    assert region.run_instances(1)  # It is no call of the client's.
    while not met or met[-1]:
        ecs.DescribeInstances()
        try:
            ecs.RunInstances(ImageId=region.defaults["image"], InstanceType="ecs.g6.large")
            met.append("")
        except ApiError as refused:
            met.append(refused.code)
    assert met == [*branched_on(whose), ""]


def test_a_walk_through_codes_of_its_own(region: Region) -> None:
    walk = refusals("Stop*", ["A", "B"], after="1m")
    assert walk == Schedule([At("1m", ApiFailure("Stop*", code=each, times=1)) for each in ("A", "B")])


def test_patterns_are_schedules() -> None:
    cut = NetworkCut("cn-hangzhou-a-h01")
    assert flapping(cut, down="1500ms", up="1s", times=2) == Schedule(
        [At("0s", cut, until="1500ms"), At("2500ms", cut, until="4s")]
    )


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: refusals("RunInstances", "teraform"), "expected one of 'all', 'karpenter'"),
        (lambda: refusals("RunInstances", []), "at least one code"),
        (lambda: refusals("RunInstances", nothing()), "codes=None: expected at least one code"),
        (lambda: swizzle([]), "at least one fault"),
        (lambda: swizzle(nothing()), "faults=None: expected a list"),
        (lambda: swizzle([GuestCrash("i-1")]), "does not end"),
        (lambda: swizzle([NetworkCut("h")], every=0), "every=0: expected more than 0"),
        (lambda: flapping(NetworkCut("h"), times=0), "times=0"),
        (lambda: flapping(NetworkCut("h"), times=True), "times=True"),
        (lambda: flapping(NetworkCut("h"), down="0s"), "down='0s'"),
        (lambda: flapping(NetworkCut("h"), up="0s"), "up='0s'"),
        (lambda: flapping(HostCrash("h", reversible=False)), "cannot be undone"),
    ],
)
def test_a_pattern_that_cannot_be_is_refused(make: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        make()
