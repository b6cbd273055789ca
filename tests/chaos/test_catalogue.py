"""The table of docs/chaos.md is the catalogue of the code."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from faultzone import faults
from faultzone.faults import billing, compute

PAGE = Path(__file__).parents[2] / "docs/chaos.md"
ROW = re.compile(r"^\| `(\w+)` \| (undo|compensation|none): (.+) \|$", re.MULTILINE)


def declared() -> dict[str, type]:
    """Every fault that the room `faults` defines."""
    return {
        name: each
        for module in (faults, billing, compute)
        for name, each in vars(module).items()
        if inspect.isclass(each) and each.__module__ == module.__name__ and hasattr(each, "capability")
    }


def test_the_page_lists_every_fault_and_how_it_ends() -> None:
    rows = {name: (kind, text) for name, kind, text in ROW.findall(PAGE.read_text("utf-8"))}
    assert rows.keys() == declared().keys()
    for name, fault in declared().items():
        kind, text = rows[name]
        why = vars(fault)["why_no_undo"]
        if compensation := getattr(fault, "compensation", None):
            assert (kind, text) == ("compensation", compensation)
        elif isinstance(why, str):
            assert (kind, text) == ("none", why)
        else:
            assert kind == "undo", name


def test_what_cannot_always_be_undone_says_so() -> None:
    assert str(faults.HostCrash("h", reversible=False).why_no_undo) in PAGE.read_text("utf-8")
