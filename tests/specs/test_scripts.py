"""What the suite writes in ASCII is sent in letters of other scripts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from string import ascii_letters
from typing import Any, Final

import pytest

from faultzone import Region, make_region
from faultzone.api.ecs import ECS
from faultzone.api.products import VERSIONS
from faultzone.api.request import Parameter
from faultzone.cli.actions import implemented
from faultzone_specs.scripts import ANY, ASCII, CHINESE, FORMS, Scripts, form_of

#: Fields that have a text of their user's own, by their names.
TEXT: Final = re.compile(
    r"(Names?|NameList|NamePrefix|Description|(?<!Public)Key|Values?|Content|(?<![a-z])Parameters)$"
)


def texts(fields: Mapping[str, Parameter], before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The ways to the fields of a request that have a text of their user's own."""
    for name, field in fields.items():
        if field.fields:
            yield from texts(field.fields, (*before, name))
        elif TEXT.search(name):
            yield (*before, name)


def every_text() -> Iterator[tuple[str, tuple[str, ...]]]:
    for product in VERSIONS:
        for name, request in implemented(product).items():
            action = name if product == ECS else f"{product}.{name}"
            yield from ((action, path) for path in texts(request.parameters))


def test_each_text_is_said_in_other_letters_or_there_is_a_reason() -> None:
    found = list(every_text())
    assert len(found) > 200
    undecided = {f"{action}:{'.'.join(path)}" for action, path in found if form_of(path, action) is None}
    assert undecided == set(), "give each a form, or say why it is ASCII"


def test_no_entry_is_left_over() -> None:
    """A field that there is not, or that has a form and a reason."""
    keys = {key for action, path in every_text() for key in (f"{action}:{path[-1]}", ".".join(path[-2:]), path[-1])}
    assert (FORMS.keys() | ASCII.keys()) - keys == set()
    assert FORMS.keys() & ASCII.keys() == set()


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Region, Callable[..., Any]]]:
    """A region that is asked in other letters, and what asks it as it is."""
    with make_region(hosts_per_zone=8, seed=1) as region:
        plain = region.backend.call
        monkeypatch.setattr(region.backend, "call", Scripts(region).call)
        yield region, plain


def test_names_and_tags_are_other_letters_and_are_read_in_ascii(heard: tuple[Region, Callable[..., Any]]) -> None:
    region, plain = heard
    tag = {"Key": "team", "Value": "Red-2"}
    (made,) = region.run_instances(1, InstanceName="web-1", Description="of the shop", HostName="web", Tag=[tag])
    read, (kept,) = made.describe(), plain("DescribeInstances", {"RegionId": region.id})["Instances"]["Instance"]
    assert (read["InstanceName"], read["Description"], read["HostName"]) == ("web-1", "of the shop", "web")
    assert read["Tags"]["Tag"] == [{"TagKey": "team", "TagValue": "Red-2"}]
    assert re.fullmatch(r"[\u4e00-\u9fff]{3}-1", kept["InstanceName"])
    assert re.fullmatch(r"[^\x00-\x7f]{2} [^\x00-\x7f]{3} [^\x00-\x7f]{4}", kept["Description"])
    assert re.fullmatch(r"[^\x00-\x7f]{3}-2", kept["Tags"]["Tag"][0]["TagValue"])
    assert kept["HostName"] == "web"


@pytest.mark.parametrize(
    ("filters", "is_found"),
    [
        ({"InstanceName": "web-*"}, True),
        ({"InstanceName": "*b-1"}, True),
        ({"InstanceName": "we"}, False),
        ({"Tag.1.Key": "team"}, True),
        ({"Tag.1.Key": "team", "Tag.1.Value": "red"}, False),
        ({"Tag": [{"Key": "team", "Value": "Red"}]}, True),
    ],
)
def test_what_is_asked_for_is_found(
    heard: tuple[Region, Callable[..., Any]], filters: dict[str, object], is_found: bool
) -> None:
    region, _ = heard
    region.run_instances(1, InstanceName="web-1", Tag=[{"Key": "team", "Value": "Red"}])
    assert bool(region.call("DescribeInstances", **filters)["TotalCount"]) is is_found


@pytest.mark.parametrize("seed", range(8))
def test_each_letter_has_another_one(seed: int) -> None:
    with make_region(seed=seed) as region:
        scripts = Scripts(region)
        for form in (CHINESE, ANY):
            said = ascii_letters.translate(scripts._to[form])
            assert len({*said}) == len(ascii_letters)
            assert said.isalpha()
            assert not any(each.isascii() for each in said)
            assert scripts.read({"a": [said, 5]}) == {"a": [ascii_letters, 5]}


def test_what_is_reserved_stays() -> None:
    with make_region(seed=1) as region:
        scripts = Scripts(region)
        assert scripts._written(["Tag", "1", "Key"], "acs:team", "RunInstances") == "acs:team"
        assert scripts._written(["InstanceName"], "http://web", "RunInstances") == "http://web"
