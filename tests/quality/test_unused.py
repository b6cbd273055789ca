"""What nothing uses is not kept: names of modules, and members of classes, that are written once and never read."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.quality.sources import (
    ROOT,
    dotted,
    files_under,
    imported_names,
    python_files,
    relative,
    text_files,
    tree,
)

pytestmark = pytest.mark.slow

#: Where definitions are looked at. The tests themselves use what they test: that does not count.
AREAS: Final = ("harness/", "plugin/", "specs/", "benchmarks/", "tests/support/")
#: Decorators that do not hand over what they decorate to somebody who calls it.
PASSIVE: Final = frozenset(
    "abstractmethod cache classmethod contextmanager dataclass final overload property runtime_checkable setter "
    "staticmethod total_ordering wraps written".split()
)
#: Names that pytest and Python itself look for, and those that a table of modules does (`Loaded`).
_FOUND: Final = re.compile(r"__\w+__|pytest_\w+|setUpClass|pytestmark|test_\w+|Test\w+|JOINS|TAGGED")
#: A name in a module, as entry points are written.
_ENTRY: Final = re.compile(r"\w+(?:\.\w+)+:\w+")

#: What is not used by its name, and who uses it.
ALLOWED: Final = {
    "harness/faultzone/api/ecs/": "parameters are read as a class declares them; of an inert one nothing is read",
    "harness/faultzone/api/resource_manager.py ": "parameters, as those of ecs",
    "harness/faultzone/api/cms.py ": "parameters, as those of ecs",
    "harness/faultzone/api/sts.py ": "parameters, as those of ecs",
    "harness/faultzone/api/vpc.py ": "parameters, as those of ecs",
    "harness/faultzone/api/eips.py ": "parameters, as those of ecs",
    "harness/faultzone/listen/authority.py Authority.sni_callback": "an attribute of an SSL context",
    "harness/faultzone/listen/secure.py ": "asyncio calls it",
    "harness/faultzone/programs/relay.py ": "asyncio calls it",
    "harness/faultzone/backends/answers.py deviations": "tests hold the answers of the model to it",
    "harness/faultzone/backends/registry.py Kind.": "what makes backends decides by it",
    "harness/faultzone/listen/connection.py Connection.": "asyncio and httptools call it",
    "harness/faultzone/clauses/__init__.py Level.": "the values of the registry",
    "harness/faultzone/journal/journal.py KINDS": "says what entries there are; a test holds the backend to it",
    "harness/faultzone/model/core/book.py Book.rebuilt": "tests hold the indexes of a book to it",
    "harness/faultzone/model/core/effects.py RunScript.": "secrets are hidden by the names of fields",
    "harness/faultzone/model/core/listing.py Token.": "it is unpacked",
    "harness/faultzone/faults/billing.py ": "it is read by `name`, which the registry of verbs has",
    "harness/faultzone/faults/fault.py Fault.": "docs/chaos.md is made of them",
    "harness/faultzone/faults/containers.py MemoryExhausted.is_seen": "likewise",
    "harness/faultzone/mutations/regions/": "each module's REGIONS is read by `mutations.load`",
    "specs/faultzone_specs/test_cloud_monitor.py Handler.": "http.server calls it",
    "harness/faultzone/cli/actions.py products_table": "makes the table of docs/products.md",
    "harness/faultzone/cli/actions.py render_markdown": "makes docs/actions.md",
    "harness/faultzone/clauses/__init__.py render_markdown": "makes docs/clauses.md",
    "harness/faultzone/mutations/library.py Change": "the type of a kind of mutation, for those who write one",
    "harness/faultzone/region/chaos.py Chaos.": "tests call it",
    "harness/faultzone/region/handles.py Identity.": "two identities are compared, field by field",
    "harness/faultzone/substrate/docker/pool.py Pool.thrown_away": "counts, for the tests of the pool",
    "plugin/pytest_faultzone/allure.py ": "attributes of Allure's own objects",
    "plugin/pytest_faultzone/options.py Option.argument": "tests hold the options to the arguments of the marker",
    "plugin/pytest_faultzone/probe.py ": "attributes of an SSL context",
    "plugin/pytest_faultzone/departures.py ": "an attribute of pytest's report",
}


class Definition(NamedTuple):
    path: Path
    name: str
    first: int
    last: int
    #: The class that it is a member of.
    owner: str = ""

    def __str__(self) -> str:
        return f"{relative(self.path)} {self.owner}{'.' if self.owner else ''}{self.name}"


@dataclass
class Uses:
    """The names that a file reads, with the lines, and what it imports."""

    names: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    attributes: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    imports: frozenset[str] = frozenset()


def _is_product(path: Path) -> bool:
    return relative(path).startswith(AREAS)


@cache
def _uses(path: Path) -> Uses:
    uses = Uses(imports=imported_names(path))
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            uses.names[node.id].append(node.lineno)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            uses.attributes.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if node.value.isidentifier():
                uses.names[node.value].append(node.lineno)
                uses.texts.add(node.value)
            elif _ENTRY.fullmatch(node.value):
                uses.imports |= {node.value.replace(":", ".")}
    return uses


@cache
def _documented() -> frozenset[str]:
    """Every word of the code that pages show, in blocks and in running text."""
    pages = [path for path in text_files() if path.suffix == ".md"]
    code = [each for path in pages for each in re.findall(r"(?s)```.*?```|`[^`]+`", path.read_text("utf-8"))]
    return frozenset(word for each in code for word in re.findall(r"\w+", each))


def _is_registered(node: ast.stmt) -> bool:
    """Whether a decorator hands a definition to those who call it."""
    decorators = getattr(node, "decorator_list", [])
    names = {ast.unparse(each).partition("(")[0].rpartition(".")[2] for each in decorators}
    return bool(names - PASSIVE)


def _bound(node: ast.stmt) -> list[str]:
    """The names that a statement defines."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [] if _is_registered(node) else [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)]


def _of_modules() -> Iterator[Definition]:
    for path in filter(_is_product, python_files()):
        for node in tree(path).body:
            for name in _bound(node):
                yield Definition(path, name, node.lineno, node.end_lineno or 0)


def _of_classes() -> Iterator[Definition]:
    for path in filter(_is_product, python_files()):
        for owner in ast.walk(tree(path)):
            if not isinstance(owner, ast.ClassDef):
                continue
            for node in owner.body:
                for name in _bound(node):
                    yield Definition(path, name, node.lineno, node.end_lineno or 0, owner.name)
            for inner in ast.walk(owner):
                if isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Store):
                    yield Definition(path, inner.attr, inner.lineno, inner.lineno, owner.name)


class Users:
    """What some files import, and what they read of each module that they import."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._imports: set[str] = set()
        self._read: defaultdict[str, set[str]] = defaultdict(set)
        for path in paths:
            uses = _uses(path)
            self._imports |= uses.imports
            for module in uses.imports:
                self._read[module] |= uses.attributes

    def use(self, definition: Definition) -> bool:
        """Whether the own file reads a name elsewhere, or another one imports it or reads it of the module."""
        path, name, module = definition.path, definition.name, dotted(definition.path)
        packages = {module.rsplit(".", count)[0] for count in range(module.count(".") + 1)}
        return (
            any(not definition.first <= line <= definition.last for line in _uses(path).names[name])
            or any(f"{package}.{name}" in self._imports for package in packages)
            or name in self._read[module]
        )


def _members(paths: Iterable[Path]) -> set[str]:
    """What some files read of objects, by its name or by a text that is it."""
    return {name for path in paths for name in _uses(path).attributes | _uses(path).texts}


def _left(definitions: set[Definition]) -> list[str]:
    return sorted(str(each) for each in definitions if not str(each).startswith(tuple(ALLOWED)))


def test_no_name_of_a_module_is_there_for_nobody() -> None:
    product, tests = Users(filter(_is_product, python_files())), Users(python_files())
    unused = {
        each
        for each in _of_modules()
        if not (_FOUND.fullmatch(each.name) or each.name in _documented())
        and not (tests if relative(each.path).startswith("tests/") else product).use(each)
    }
    assert _left(unused) == [], "remove it, or say in ALLOWED who uses it"


def test_no_member_of_a_class_is_there_for_nobody() -> None:
    product, tests = _members(filter(_is_product, python_files())), _members(python_files())
    unused = {
        each
        for each in _of_classes()
        if not (_FOUND.fullmatch(each.name) or each.name in _documented())
        and each.name not in (tests if relative(each.path).startswith("tests/") else product)
    }
    assert _left(unused) == [], "remove it, or say in ALLOWED who uses it"


def test_what_is_allowed_is_there() -> None:
    paths = {relative(path) for area in ("harness", "plugin", "specs") for path in files_under(ROOT / area)}
    gone = [each for each in ALLOWED if not any(path.startswith(each.partition(" ")[0]) for path in paths)]
    assert gone == []
