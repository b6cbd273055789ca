"""The users' pages and help texts are in plain English: standard words, and no roundabout forms.

docs/architecture.md has the glossary: one word for one thing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import pytest

from faultzone.backends import CAPABILITIES
from faultzone.control import tables
from faultzone.faults import HOUSE
from faultzone.region.chaos import Chaos
from pytest_faultzone.options import ARGUMENTS, OPTIONS
from tests.quality.faults_page import table
from tests.quality.sources import ROOT

PAGES: Final = (
    "README.md",
    "CHANGELOG.md",
    *(f"docs/{name}.md" for name in ("assistant", "backends", "chaos", "clients", "control", "docker", "observing")),
    *(f"docs/{name}.md" for name in ("console", "options", "over-time", "verdicts")),
)
#: Words that users' texts do not have, and what to write in their place.
AVOIDED: Final = {
    r"\bof (its|their|your|his|our|whose) own\b": "its, your, or: a separate one",
    r"\bby (itself|themselves|himself)\b": "separately, or nothing",
    r"\bone another\b": "each other",
    r"\bnone of them\b": "no ...",
    r"\bwhat (there|they are|it is|is not|has|had)\b": "the noun",
    r"\bshall\b": "must, or will",
    r"\bhence\b": "so",
    r"\bas ever\b": "as before",
    r"\btroubles?\b": "error, or fault",
    r"\blapse[sd]?\b": "expiry, expires",
    r"\bmay be\b": "can be",
    r"\bowed\b": "has to be undone",
    r"(?<!there )(?<!There )\bis no (?!longer)\w": "is not a ...",
    r"\bcalls? (it|them) off\b": "cancels it",
    r"\bin force\b": "active",
    r"\b(which|that) is why\b": "so",
    r"\bwho(ever)? has\b": "a noun",
}
_LONGEST: Final = 40


def _prose(name: str) -> str:
    """The text of a page without its code."""
    text = (ROOT / name).read_text("utf-8")
    return re.sub(r"`[^`\n]*`", "CODE", re.sub(r"(?ms)^ *```.*?^ *```$", "", text))


def _help() -> Iterator[str]:
    """What the command line, `--help` and the pages made from it say."""
    yield from (each.help for each in OPTIONS)
    yield from (each.help for each in ARGUMENTS.values())
    yield from CAPABILITIES.values()
    yield from (f"{name}: {tables.CONTAINERS[name].summary}" for name in tables.CONTAINERS)
    yield table()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_plain_words(name: str) -> None:
    lines = enumerate(_prose(name).splitlines(), 1)
    found = [(n, line, plain) for n, line in lines for form, plain in AVOIDED.items() if re.search(form, line)]
    assert found == []


def test_help_has_plain_words() -> None:
    found = [(text, plain) for text in _help() for form, plain in AVOIDED.items() if re.search(form, text)]
    assert found == []


@pytest.mark.parametrize("name", PAGES)
def test_a_sentence_is_short(name: str) -> None:
    """Of prose: a table, a heading or a list of names is none."""
    blocks = [block for block in re.split(r"\n\s*\n", _prose(name)) if not block.lstrip().startswith(("|", "#", "<"))]
    items = [item for block in blocks for item in re.split(r"(?m)^ *(?:[-*]|\d+\.) ", block)]
    sentences = [each for item in items for each in re.split(r"(?<=[.:;?!])\s+", " ".join(item.split()))]
    assert [each for each in sentences if len(each.split()) > _LONGEST] == []


def test_faults_have_plain_names() -> None:
    names = [re.sub(r"\B([A-Z])", r" \1", name).lower() for name in HOUSE]
    names += [name.replace("_", " ") for name in vars(Chaos)]
    found = [(name, plain) for name in names for form, plain in AVOIDED.items() if re.search(form, name)]
    assert found == []
