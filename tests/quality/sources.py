"""The files that the tests of this directory look at."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "faultzone": ROOT / "harness/faultzone",
    "pytest_faultzone": ROOT / "plugin/pytest_faultzone",
    "faultzone_specs": ROOT / "specs/faultzone_specs",
}
_DIRECTORIES = (".ci", "benchmarks", "docs", "harness", "plugin", "scripts", "specs", "tests")


def relative(path: Path) -> str:
    """The name of a file as a reader of a failure knows it."""
    return path.relative_to(ROOT).as_posix()


def files_under(directory: Path) -> list[Path]:
    """Every file under a directory but what tools leave there; found without git, so that an archive can be tested."""
    paths = [path for path in sorted(directory.rglob("*")) if path.is_file()]
    return [path for path in paths if not re.search(r"/(\.|__pycache__)", "/" + path.relative_to(directory).as_posix())]


def text_files() -> list[Path]:
    """Every file of the project that people write."""
    found = [path for path in ROOT.iterdir() if path.is_file() and path.suffix in {".md", ".toml"}]
    for directory in _DIRECTORIES:
        found += files_under(ROOT / directory)
    return sorted(found)


def python_files() -> list[Path]:
    """Every Python file of the project."""
    return [path for path in text_files() if path.suffix == ".py"]


def modules() -> dict[str, Path]:
    """The dotted name of every module of the three packages."""
    found = {}
    for package, directory in PACKAGES.items():
        for path in sorted(directory.rglob("*.py")):
            parts = path.relative_to(directory).with_suffix("").parts
            found[".".join((package, *parts)).removesuffix(".__init__")] = path
    return found


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text("utf-8"), str(path))
