"""What is loaded when it is first asked for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from faultzone.control import tables
from faultzone.faults.fault import KINDS
from faultzone.faults.house import HOUSE
from faultzone.loading import Loaded
from faultzone.model.core.dispatch import ACTIONS, REPORTS


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two modules, `first_shelf` and `second_shelf`, that have a mapping `BOOKS`."""
    (tmp_path / "first_shelf.py").write_text('BOOKS = {"atlas": 1, "herbal": 2}\n', "utf-8")
    (tmp_path / "second_shelf.py").write_text('BOOKS = {"herbal": 3, "codex": 4}\n', "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    for name in ("first_shelf", "second_shelf"):
        sys.modules.pop(name, None)


@pytest.mark.usefixtures("modules")
def test_a_module_is_imported_when_a_name_of_it_is_first_asked_for() -> None:
    table: Loaded[str, int] = Loaded({"first_shelf": ["atlas", "herbal"], "second_shelf": ["codex"]}, "BOOKS")
    assert list(table) == ["atlas", "herbal", "codex"]
    assert "codex" in table
    assert len(table) == 3
    assert table.get("folio") is None
    assert not {"first_shelf", "second_shelf"} & sys.modules.keys()
    assert table["atlas"] == 1
    assert "second_shelf" not in sys.modules
    assert dict(table) == {"atlas": 1, "herbal": 2, "codex": 4}


@pytest.mark.usefixtures("modules")
@pytest.mark.parametrize("first", ["atlas", "herbal", "codex"])
def test_of_two_modules_that_have_a_name_the_later_has_it(first: str) -> None:
    table: Loaded[str, int] = Loaded({"first_shelf": ["atlas", "herbal"], "second_shelf": ["herbal", "codex"]}, "BOOKS")
    assert table[first]
    assert dict(table) == {"atlas": 1, "herbal": 3, "codex": 4}


def test_a_table_takes_no_name_that_it_does_not_say_where_to_find() -> None:
    table: Loaded[str, int] = Loaded({"somewhere": ["atlas"]})
    with pytest.raises(LookupError, match="name the module that has it"):
        table["codex"] = 1
    table["atlas"] = 2
    assert table["atlas"] == 2


@pytest.mark.parametrize("table", [ACTIONS, REPORTS, HOUSE, tables.MEMORY, tables.CONTAINERS])
def test_every_name_of_a_table_is_where_the_table_says(table: Loaded[object, object]) -> None:
    for name, home in table.homes.items():
        import_module(home)
        assert table[name] is not None, f"{home} has no {name}"


def test_every_verb_of_a_module_is_in_the_table_of_containers() -> None:
    there = {name for home in tables.CONTAINERS.homes.values() for name in import_module(home).VERBS}
    assert there - tables.CONTAINERS.keys() == set(), "name it in control/tables.py"


def test_every_fault_of_the_house_is_in_its_table() -> None:
    for home in HOUSE.homes.values():
        import_module(home)
    there = {name for name, kind in KINDS.items() if kind.__module__.startswith("faultzone.faults.")}
    assert there - HOUSE.keys() == set(), "name it in faults/house.py"
