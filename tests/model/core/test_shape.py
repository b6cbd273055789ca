from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from faultzone.errors import ShapeError, UsageError
from faultzone.faults.strategies import shapes
from faultzone.model.core.shape import Shape
from faultzone.region import CloudOptions, make_region

IMPOSSIBLE: list[tuple[dict[str, Any], str]] = [
    ({"region_id": "Hangzhou"}, "expected the ID of a region, such as 'cn-hangzhou'"),
    ({"region_id": ""}, "expected the ID of a region, such as 'cn-hangzhou'"),
    ({"region_id": None}, "expected the ID of a region, such as 'cn-hangzhou'"),
    ({"zones": 0}, r"zones=0: expected a whole number from 1 to 26"),
    ({"zones": 27}, "from 1 to 26"),
    ({"zones": True}, "zones=True"),
    ({"zones": 2.0}, r"zones=2\.0"),
    ({"zones": "2"}, "zones='2': expected a whole number from 1 to 26, or their names, such as .'cn-hangzhou-a'"),
    ({"zones": []}, "once, and at least one"),
    ({"zones": ["cn-hangzhou-h", "cn-hangzhou-h"]}, "once, and at least one"),
    ({"zones": ["h"]}, "unknown zone 'h' in zones: write 'cn-hangzhou-a' to 'cn-hangzhou-z'"),
    ({"zones": ["us-west-1-a"], "region_id": "us-west-1"}, "'us-west-1a' to 'us-west-1z'"),
    ({"zones": {"cn-hangzhou-h": 1}}, "expected a whole number from 1 to 26"),
    ({"hosts_per_zone": 100_001, "zones": ["cn-hangzhou-h", "cn-hangzhou-i"]}, "from 1 to 100000"),
    ({"hosts_per_zone": 0}, "hosts_per_zone=0: expected a whole number"),
    ({"hosts_per_zone": 200_001, "zones": 1}, "from 1 to 200000"),
    ({"hosts_per_zone": 100_001, "zones": 2}, "from 1 to 100000"),
    ({"host_vcpus": -1}, "host_vcpus=-1: expected a whole number"),
    ({"host_memory_gib": 0}, "host_memory_gib=0: expected a whole number"),
    ({"family_hosts": {"ecs.i2": 9}}, r"family_hosts\['ecs.i2'\]=9: expected a whole number from 0 to 8"),
    ({"family_hosts": {"ecs.none": 1}}, "unknown family 'ecs.none' in family_hosts: .*'ecs.g5'"),
    ({"family_hosts": ["ecs.i2"]}, "family_hosts=.*: expected a mapping such as"),
    ({"supply": {"ecs.g5": 1}}, r"supply\['ecs.g5'\]: expected a key 'zone/family'"),
    ({"supply": {"*/ecs.g5": -1}}, r"supply\['\*/ecs.g5'\]=-1: expected a whole number from 0"),
    ({"supply": {"cn-hangzhou-z/*": 1}}, "unknown zone 'cn-hangzhou-z' in supply: .*'cn-hangzhou-a'"),
    ({"supply": {"*/ecs.none": 1}}, "unknown family 'ecs.none' in supply: .*'ecs.g5'"),
    ({"supply": 5}, "supply=5: expected a mapping such as"),
    ({"provision": -1}, "provision=-1: expected the seconds that a new instance is Pending"),
    ({"provision": float("nan")}, "provision=nan: expected the seconds that a new instance is Pending"),
    ({"provision": "1s"}, "provision='1s': expected the seconds that a new instance is Pending"),
    ({"default_network": "no"}, "default_network='no': expected True or False"),
    ({"regions": ["cn-hangzhou", "cn-hangzhou"]}, "expected different IDs"),
]


@pytest.mark.parametrize(("shape", "says"), IMPOSSIBLE, ids=lambda value: str(value)[:40])
def test_a_region_that_cannot_be_fails_at_once_and_says_what_to_write(shape: dict[str, Any], says: str) -> None:
    with pytest.raises(ShapeError, match=says):
        make_region(**shape)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"seed": 1.5}, "seed=1.5: expected a whole number or a text"),
        ({"accounts": 10_001}, "accounts=10001: expected a whole number from 1 to 10000"),
        ({"zonse": 2}, "unknown option 'zonse' of a region: did you mean 'zones'.*'hosts_per_zone'"),
        ({"clock": "wall"}, "clock='wall': expected 'virtual' or 'hybrid'"),
        ({"clock": "hybrid", "scale": 0}, "scale=0: expected region seconds"),
        ({"accounts": 0}, "accounts=0: expected a whole number from 1 to 10000"),
        ({"accounts": "2"}, "accounts='2': expected a whole number from 1 to 10000"),
        ({"edition": []}, r"edition=\[\]: expected .*'2019-02'"),
        ({"edition": "1999-01"}, "unknown edition '1999-01'"),
    ],
)
def test_an_option_that_cannot_be_is_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        make_region(**options)


class Odd:
    """A value that cannot be shown."""

    def __repr__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize("option", ["region_id", "seed", "accounts", "edition", "zones", "hosts_per_zone", "clock"])
def test_a_value_that_cannot_be_shown_is_refused(option: str) -> None:
    with pytest.raises(UsageError, match=f"{option}=<Odd>: expected"):
        make_region(**{option: Odd()})  # type: ignore[arg-type]


def test_zones_are_named_after_their_region() -> None:
    assert Shape(zones=3).zone_ids() == ("cn-hangzhou-a", "cn-hangzhou-b", "cn-hangzhou-c")
    assert Shape(region_id="us-west-1", zones=1).zone_ids() == ("us-west-1a",)
    assert Shape(zones=26).zone_ids()[-1] == "cn-hangzhou-z"


def test_several_regions_are_of_one_shape() -> None:
    options = CloudOptions.of(regions=("cn-hangzhou", "cn-beijing"), zones=3, seed=5)
    assert [(each.region_id, each.zones) for each in options.shapes] == [("cn-hangzhou", 3), ("cn-beijing", 3)]
    assert options.seed == 5


@pytest.mark.parametrize(
    ("region_id", "zones"),
    [
        ("cn-hangzhou", ("cn-hangzhou-h", "cn-hangzhou-b")),
        ("us-west-1", ("us-west-1b",)),
        ("cn-hongkong", ("cn-hongkong-d",)),
    ],
)
def test_zones_have_the_names_that_they_are_given(region_id: str, zones: tuple[str, ...]) -> None:
    with make_region(region_id=region_id, zones=list(zones), hosts_per_zone=2) as region:
        assert region.zones == list(zones)
        (instance,) = region.run_instances(1, zone=zones[-1])
        assert instance.describe()["ZoneId"] == zones[-1]


# As a value

ODD = Shape(
    "us-west-1", zones=["us-west-1b"], hosts_per_zone=3, family_hosts={"ecs.i2": 2}, supply={"*/*": 4}, ipv6=True
)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(shapes())
def test_a_drawn_shape_is_printed_as_python_and_goes_to_json_and_back(shape: Shape) -> None:
    assert eval(repr(shape)) == shape
    assert Shape.read(json.loads(shape.text())) == shape == Shape.read(shape)
    assert shape.told() == {"version": 1} | {
        name: value for name, value in shape._asdict().items() if value != getattr(Shape(), name)
    }


def test_a_shape_is_written_and_read(tmp_path: Path) -> None:
    path = tmp_path / "shape.json"
    path.write_text(ODD.text(), "utf-8")
    assert Shape.load(path) == ODD == eval(repr(ODD))
    assert repr(Shape(zones=3)) == "Shape(zones=3)"
    assert Shape().told() == {"version": 1}
    path.write_text(ODD.text()[:20], "utf-8")
    with pytest.raises(UsageError, match=r"shape\.json: expected a shape as JSON; it is cut short"):
        Shape.load(path)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([], r"shape=\[\]: expected a Shape, or"),
        ({"zones": 3}, "version=None: expected 1"),
        ({"version": 2}, "version=2: expected 1, the version that is read here"),
        ({"version": 1, "zonse": 3}, "unknown field 'zonse' of the shape: did you mean 'zones'"),
        ({"version": 1, "zones": 0}, "zones=0: expected a whole number from 1 to 26"),
        (Shape(zones=0), "zones=0: expected a whole number from 1 to 26"),
    ],
)
def test_what_is_no_shape_is_told_what_to_write(given: object, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        Shape.read(given)
    with pytest.raises(UsageError, match=says):
        make_region(shape=given)


def test_a_region_is_made_of_a_shape() -> None:
    with make_region(shape=Shape(zones=1, hosts_per_zone=2), seed=3) as region:
        assert [each["host"] for each in region.hosts] == ["cn-hangzhou-a-h01", "cn-hangzhou-a-h02"]
    with make_region(shape=ODD.told()) as region:
        assert (region.id, region.zones, len(region.hosts)) == ("us-west-1", ["us-west-1b"], 3)
    with make_region(shape=Shape(zones=3), regions=["cn-hangzhou", "cn-beijing"]) as region:
        assert [len(region.in_region(each).zones) for each in ("cn-hangzhou", "cn-beijing")] == [3, 3]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"shape": Shape(), "zones": 3}, "zones=3: expected shape=... without it: write it in the Shape"),
        ({"shape": Shape(), "supply": {}}, "supply={}: expected shape=... without it"),
        ({"shapes": (Shape(),), "zones": 3}, "zones=3: expected shapes=... without it"),
        ({"shapes": (Shape(),), "shape": Shape()}, r"shape=Shape\(\): expected shapes=... without it"),
        (
            {"shapes": (Shape(),), "regions": ["cn-beijing"]},
            r"regions=\['cn-beijing'\]: expected shapes=...",
        ),
    ],
)
def test_a_shape_excludes_its_single_options(options: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        make_region(**options)
