"""What the suite says in names, tags and descriptions: drawn by Faker, or known without it."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest

from faultzone import Region, make_region
from faultzone_specs import words
from faultzone_specs.words import KNOWN, Words

SAID = ("web", "api", "data", "front")


@pytest.fixture(params=[True, False], ids=["Faker", "no Faker"])
def people(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Who the words are taken from: drawn by Faker, and known without it."""
    if request.param:
        pytest.importorskip("faker")
    else:
        monkeypatch.setitem(sys.modules, "faker", None)
    words.people.cache_clear()
    assert (words.people() == KNOWN) is not request.param
    yield
    words.people.cache_clear()


def every_text(seed: int | str) -> list[str]:
    with make_region(seed=seed) as region:
        said = Words(region)
        return [say(word) for word in SAID for say in (said.name, said.text, said.value, said.key)]


def scripts(texts: list[str]) -> set[str]:
    return {unicodedata.name(each).partition(" ")[0] for each in "".join(texts) if each.isalpha()}


@pytest.mark.slow  # The first loads Faker.
@pytest.mark.usefixtures("people")
def test_a_word_stands_for_text_of_many_scripts() -> None:
    """The same for the same seed, another for each word, and never ASCII."""
    assert every_text("地域") == every_text("地域") != every_text("other")
    texts = [text for seed in range(25) for text in every_text(seed)]
    assert not any(text.isascii() for text in texts)
    assert len({*every_text(3)}) == len(every_text(3))
    assert len(scripts(texts)) >= 8


@pytest.mark.slow
@pytest.mark.usefixtures("people")
def test_a_region_takes_what_a_word_stands_for(region: Region) -> None:
    said = Words(region)
    for word in map(str, range(12)):
        asked: dict[str, Any] = {
            "InstanceName": said.name(word),
            "Description": said.text(word),
            "Tag": said.tags(**{word: "web"}),
        }
        (made,) = region.run_instances(1, wait=False, **asked)
        shown = made.describe()
        assert (shown["InstanceName"], shown["Description"]) == (said.name(word), said.text(word))
        assert shown["Tags"]["Tag"] == said.shown(**{word: "web"})
