"""The table of docs/chaos.md is the catalogue of the code."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path

import pytest

from faultzone.clock import milliseconds
from faultzone.faults import CATALOGUE, Fault, HostCrash
from tests.chaos.samples import IN_MEMORY, SAMPLES, name_of, stage

ROOM = Path(inspect.getfile(HostCrash)).parent
PAGE = Path(__file__).parents[2] / "docs/chaos.md"
ROW = re.compile(r"^\| `(\w+)` \| (undo|compensation|none): ([^|]+) \| ?([^|]*?) ?\|$", re.MULTILINE)


def test_the_catalogue_has_every_fault_of_the_room() -> None:
    modules = [importlib.import_module(f"faultzone.faults.{each.stem}") for each in ROOM.glob("[a-z]*.py")]
    classes = {each for module in modules for each in vars(module).values() if inspect.isclass(each)}
    assert {each for each in classes if issubclass(each, Fault) and not each.__subclasses__()} == set(CATALOGUE)
    assert SAMPLES.keys() == set(IN_MEMORY)


@pytest.mark.parametrize("kind", CATALOGUE, ids=name_of)
def test_the_page_says_how_each_fault_ends_and_by_when(kind: type[Fault]) -> None:
    rows = {name: rest for name, *rest in ROW.findall(PAGE.read_text("utf-8"))}
    assert rows.keys() == {each.__name__ for each in CATALOGUE}
    how, text, within = rows[kind.__name__]
    why = SAMPLES[kind](stage()).why_no_undo if kind in SAMPLES else None
    if why is not None:
        assert (how, text, within) == ("none", why, "")
        assert kind.undone is Fault.undone
        return
    assert (how, text) == ("compensation", kind.compensation) if kind.compensation else how == "undo"
    assert (kind.undone is not Fault.undone) == (within != "cannot be seen")
    if within == "cannot be seen":
        return
    assert milliseconds(kind.undo_within) == (0 if within == "at once" else milliseconds(within))


def test_what_cannot_always_be_undone_says_so() -> None:
    assert str(HostCrash("h", reversible=False).why_no_undo) in PAGE.read_text("utf-8")
