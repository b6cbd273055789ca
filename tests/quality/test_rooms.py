"""Where things are: few files at the top, tests in folders named as the rooms, tables with the names of files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from faultzone import mutations
from tests.quality.sources import PACKAGES, ROOT

HARNESS: Final = PACKAGES["faultzone"]
TESTS: Final = ROOT / "tests"
#: The folders of tests that are of no room in the harness.
BESIDES: Final = frozenset({"plugin", "specs", "quality", "clients", "docker", "benchmarks"})


def _packages(folder: Path) -> set[str]:
    return {each.parent.name for each in folder.glob("*/__init__.py")}


def _tested(folder: Path) -> Iterator[str]:
    """The folders in a folder that have tests."""
    for each in folder.iterdir():
        if each.is_dir() and any(each.rglob("test_*.py")):
            yield each.name


def test_the_top_of_the_harness_has_few_files() -> None:
    assert len([each for each in HARNESS.glob("*.py") if each.name != "__init__.py"]) <= 6


def test_tests_mirror_the_rooms() -> None:
    assert {*_tested(TESTS)} == _packages(HARNESS) | BESIDES
    files = {each.stem for each in HARNESS.glob("*.py")} - {"__init__", "__main__"}
    assert {each.stem for each in TESTS.glob("test_*.py")} == {f"test_{each}" for each in files}


def test_tests_of_the_model_mirror_its_chapters() -> None:
    assert {*_tested(TESTS / "model")} == _packages(HARNESS / "model")


def test_wrong_regions_are_loaded_from_every_file() -> None:
    paths = (HARNESS / "mutations/regions").glob("*.py")
    files = {each.stem for each in paths if "\nREGIONS" in each.read_text("utf-8")}
    assert sorted(mutations.CHAPTERS) == sorted(files)
