"""Instances with drawn profiles: many scripts, everywhere the same text, and the same bytes for the same seed."""

from __future__ import annotations

import os
import subprocess
import sys
import unicodedata
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from faultzone import NotSupported, Region, UsageError, make_region
from faultzone.pages.svg import svg
from faultzone.pages.timeline import page
from faultzone.region.drawn import LOCALES, draw, profiles
from faultzone.serve import cloud as hosted
from faultzone.serve.client import connect

pytest.importorskip("faker")


def journal_of(region: Region, path: Path) -> bytes:
    """What is drawn into a region, as the bytes of its journal."""
    region.journal.open(path)
    draw(region, 20)
    region.close()
    return path.read_bytes()


def scripts(text: str) -> set[str]:
    return {unicodedata.name(each).partition(" ")[0] for each in text if each.isalpha()}


@pytest.mark.slow  # It is the first that loads Faker.
def test_many_scripts_are_drawn() -> None:
    found = scripts("".join(each.owner for each in islice(profiles(7), 100)))
    assert {"LATIN", "CJK", "HANGUL", "CYRILLIC", "ARABIC", "DEVANAGARI", "THAI", "GREEK"} <= found


@pytest.mark.slow
def test_profiles_differ_and_are_what_launches_take() -> None:
    with make_region(hosts_per_zone=8, seed=3) as region:
        made = draw(region, 30)
        shown = [each.describe() for each in made]
    assert {each["Status"] for each in shown} == {"Running"}
    wanted = list(islice(profiles(3), 30))
    assert [(each["InstanceName"], each["HostName"]) for each in shown] == [
        (each.name, each.host_name) for each in wanted
    ]
    assert len({each.host_name for each in wanted}) == 30
    assert all(each.host_name.isascii() for each in wanted)


def test_what_is_drawn_is_found_by_its_name_and_tags() -> None:
    with make_region(hosts_per_zone=8, seed=3) as region:
        made = draw(region, 12)
        for instance, who in zip(made, profiles(3), strict=False):
            tag = [{"Key": "owner", "Value": who.owner}]
            assert instance in [region.instance(each["InstanceId"]) for each in listed(region, Tag=tag)]
            assert [each["InstanceId"] for each in listed(region, InstanceName=who.name)] == [instance.id]


def listed(region: Region, **parameters: object) -> list[dict[str, Any]]:
    return list(region.call("DescribeInstances", **parameters)["Instances"]["Instance"])


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    one, same, other = (
        journal_of(make_region(seed=seed, hosts_per_zone=8), tmp_path / f"{name}.ndjson")
        for name, seed in (("one", 1), ("same", 1), ("other", 2))
    )
    assert one == same != other


#: What a program does that draws a large region.
PROGRAM = """
import sys
from pathlib import Path
from faultzone import make_region
from faultzone.region.drawn import draw

region = make_region(seed="地域", hosts_per_zone=40)
region.journal.open(Path(sys.argv[1]))
draw(region, 500)
region.close()
"""


@pytest.mark.slow
def test_two_processes_draw_the_same_bytes(tmp_path: Path) -> None:
    written = []
    for number in (1, 2):
        path = tmp_path / f"{number}.ndjson"
        environment = {**os.environ, "PYTHONHASHSEED": str(number)}
        subprocess.run([sys.executable, "-c", PROGRAM, str(path)], check=True, env=environment)
        written.append(path.read_bytes())
    assert written[0] == written[1]
    assert written[0].count(b'"InstanceName"') >= 500


@pytest.mark.slow
def test_text_of_any_script_passes_the_wire_and_the_pictures() -> None:
    cloud = hosted.Hosted(clock="virtual")
    with hosted.endpoint(cloud, token="token") as served, closing(connect(served.url, token="token")) as backend:
        region = make_region(backend)
        wanted, made = list(islice(profiles(5), 10)), draw(region, 10, seed=5)
        told = [{each["TagKey"]: each["TagValue"] for each in each.describe()["Tags"]["Tag"]} for each in made]
        assert [each["owner"] for each in told] == [each.owner for each in wanted]
        assert [each[who.city] for each, who in zip(told, wanted, strict=True)] == [each.owner for each in wanted]
        assert [each.describe()["Description"] for each in made] == [f"{each.owner}, {each.city}" for each in wanted]
        assert wanted[0].owner in page(region.journal, wanted[0].owner)
        assert wanted[0].owner in svg(region.journal, wanted[0].owner)


@pytest.mark.parametrize("locale", LOCALES)
def test_each_language_alone_is_taken_by_a_region(locale: str) -> None:
    with make_region(hosts_per_zone=8, seed=1) as region:
        assert len(draw(region, 5, locales=[locale])) == 5


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"locales": []}, "expected a list of languages"),
        ({"locales": "zh_CN"}, "expected a list of languages"),
        ({"locales": ["zh_CM"]}, "unknown language 'zh_CM': did you mean 'zh_CN'"),
        ({"count": -1}, "count=-1: expected a whole number"),
        ({"count": "5"}, "count='5': expected a whole number"),
    ],
)
def test_what_cannot_be_drawn_is_refused(given: dict[str, Any], said: str) -> None:
    with make_region() as region:
        with pytest.raises(UsageError, match=said):
            draw(region, **{"count": 1, **given})
        assert region.instances == []


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faker", None)
    with pytest.raises(NotSupported, match=r"pytest-faultzone\[faker\]"):
        profiles()
