"""The files that the tests of this directory look at."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
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


@cache
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


def import_statements(node: ast.AST, *, typing_too: bool) -> Iterator[ast.Import | ast.ImportFrom]:
    """Every import under `node`, wherever it stands; those that only a type checker sees if `typing_too`."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        elif isinstance(child, ast.If) and ast.unparse(child.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}:
            for part in child.body if typing_too else []:
                yield from import_statements(ast.Module([part], []), typing_too=typing_too)
            yield from import_statements(ast.Module(child.orelse, []), typing_too=typing_too)
        else:
            yield from import_statements(child, typing_too=typing_too)


@cache
def imported_names(path: Path, *, typing_too: bool = True) -> frozenset[str]:
    """The dotted names that a file imports, of modules and of what is in them, relative ones resolved."""
    found = set()
    for statement in import_statements(tree(path), typing_too=typing_too):
        if isinstance(statement, ast.Import):
            found |= {alias.name for alias in statement.names}
            continue
        base = statement.module or ""
        if statement.level:
            parts = dotted(path).split(".")
            parents = parts[: len(parts) - statement.level + (path.name == "__init__.py")]
            base = ".".join([*parents, base] if base else parents)
        found |= {f"{base}.{alias.name}" for alias in statement.names}
    return frozenset(found)


def dotted(path: Path) -> str:
    """The dotted name of the module that a file is."""
    known = {each: module for module, each in modules().items()}
    return known.get(path, relative(path).removesuffix(".py").replace("/", "."))
