"""Each documented promise is named where the product keeps it, so that a search for its id finds the rule."""

from __future__ import annotations

import re

from faultzone import clauses
from tests.quality.sources import ROOT, files_under, python_files, relative

_HARNESS = "harness/faultzone/"
#: What says what a promise is, and what breaks it: neither keeps it.
_NOT_THE_PRODUCT = (f"{_HARNESS}clauses/", f"{_HARNESS}mutations/")
_NAME = r"[a-z0-9]+(?:-[a-z0-9]+)*"
#: An id in running text; part of a path, such as `model/event/x` or `event/x.py`, is none.
_ID = re.compile(rf"(?<![\w/.-])(?:{'|'.join(clauses.chapters())})/{_NAME}(?![\w/*-]|\.\w)")


def _cited(texts: dict[str, str]) -> dict[str, str]:
    """Each id that is named in one of the files -> the file."""
    return {clause: name for name, text in texts.items() for clause in _ID.findall(text)}


def _product() -> dict[str, str]:
    names = {relative(path): path for path in python_files()}
    return {
        name: path.read_text("utf-8")
        for name, path in names.items()
        if name.startswith(_HARNESS) and not name.startswith(_NOT_THE_PRODUCT)
    }


def test_each_promise_is_named_where_it_is_kept() -> None:
    assertable = {clause.id for clause in clauses.load().values() if clause.untestable_because is None}
    assert sorted(assertable - _cited(_product()).keys()) == [], "name the clause at the rule, value or handler of it"


def test_each_promise_that_is_named_is_in_the_registry() -> None:
    pages = {relative(path): path.read_text("utf-8") for path in files_under(ROOT / "docs") if path.suffix == ".md"}
    cited = _cited({**_product(), **pages, "README.md": (ROOT / "README.md").read_text("utf-8")})
    assert {clause: name for clause, name in cited.items() if clause not in clauses.load()} == {}


def test_an_id_is_told_from_a_path() -> None:
    text = "event/states, (recovery/status). Not model/event/states, event/states.py, event/history-* or assistant/a_b."
    assert _ID.findall(text) == ["event/states", "recovery/status"]
