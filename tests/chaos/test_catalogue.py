"""The table of docs/chaos.md is the catalogue of the code."""

from __future__ import annotations

import importlib
import inspect
import re
from dataclasses import is_dataclass
from pathlib import Path

from faultzone.faults import CATALOGUE, HostCrash

ROOM = Path(inspect.getfile(HostCrash)).parent
PAGE = Path(__file__).parents[2] / "docs/chaos.md"
ROW = re.compile(r"^\| `(\w+)` \| (undo|compensation|none): (.+) \|$", re.MULTILINE)


def test_the_catalogue_has_every_fault_of_the_room() -> None:
    modules = [importlib.import_module(f"faultzone.faults.{each.stem}") for each in ROOM.glob("[a-z]*.py")]
    found: set[type] = {
        each
        for module in modules
        for each in vars(module).values()
        if inspect.isclass(each)
        and each.__module__ == module.__name__
        and "inject" in vars(each)
        and is_dataclass(each)
    }
    assert found == set(CATALOGUE)


def test_the_page_lists_every_fault_and_how_it_ends() -> None:
    rows = {name: (kind, text) for name, kind, text in ROW.findall(PAGE.read_text("utf-8"))}
    assert rows.keys() == {each.__name__ for each in CATALOGUE}
    for fault in CATALOGUE:
        name = fault.__name__
        kind, text = rows[name]
        why = vars(fault)["why_no_undo"]
        if compensation := getattr(fault, "compensation", None):
            assert (kind, text) == ("compensation", compensation)
        elif isinstance(why, str):
            assert (kind, text) == ("none", why)
        else:
            assert kind == "undo", name


def test_what_cannot_always_be_undone_says_so() -> None:
    assert str(HostCrash("h", reversible=False).why_no_undo) in PAGE.read_text("utf-8")
