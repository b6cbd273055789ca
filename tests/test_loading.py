"""What is loaded when it is first asked for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from faultzone.loading import Loaded, Searched
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
def test_modules_are_imported_until_one_has_the_name() -> None:
    table: Searched[int] = Searched(["first_shelf", "second_shelf"], lambda module: module.BOOKS)
    assert not {"first_shelf", "second_shelf"} & sys.modules.keys()
    assert table["herbal"] == 2
    assert "second_shelf" not in sys.modules
    assert table.get("folio") is None
    assert "codex" in table
    assert len(table) == 3
    assert dict(table) == {"atlas": 1, "herbal": 2, "codex": 4}


@pytest.mark.usefixtures("modules")
@pytest.mark.parametrize("first", ["atlas", "herbal", "codex"])
def test_of_two_modules_that_have_a_name_the_earlier_is_meant(first: str) -> None:
    table: Searched[int] = Searched(["first_shelf", "second_shelf"], lambda module: module.BOOKS)
    assert table[first]
    assert dict(table) == {"atlas": 1, "herbal": 2, "codex": 4}


def test_a_table_takes_no_name_that_it_does_not_say_where_to_find() -> None:
    table: Loaded[str, int] = Loaded({"somewhere": ["atlas"]})
    with pytest.raises(LookupError, match="name the module that has it"):
        table["codex"] = 1
    table["atlas"] = 2
    assert table["atlas"] == 2


@pytest.mark.parametrize("table", [ACTIONS, REPORTS])
def test_every_name_of_a_table_is_where_the_table_says(table: Loaded[object, object]) -> None:
    for name, home in table.homes.items():
        import_module(home)
        assert table[name] is not None, f"{home} has no {name}"
