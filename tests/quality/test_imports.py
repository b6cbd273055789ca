"""Imports run one way: the table of docs/architecture.md, held against the code."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter

import pytest

from tests.quality.sources import PACKAGES, ROOT, modules, tree
from tests.support.patience import PATIENCE

# From the ground up. A room may import the rooms of the layers below it and, if no circle comes of it, of its own.
LAYERS = (
    {"errors", "loading"},
    {"clock"},
    {"api", "clauses", "editions", "faults", "world", "journal", "listen"},
    {"model"},
    {"substrate"},
    {"control"},
    {"backends"},
    {"serve", "waiting"},
    {"region"},
    {"checkers", "mutations", "verdicts"},
    {"cli", "__main__"},
)
LAYER = {room: number for number, rooms in enumerate(LAYERS) for room in rooms}

# What the suite may know of the harness, `faultzone` being the façade: nothing that the region under test is made of.
SUITE_MAY_IMPORT = {"faultzone", "api", "errors", "region"}

# Who may import what from outside the standard library.
THIRD_PARTY = {
    "listen": {"httptools", "uvloop"},
    "serve": {"orjson"},
    "faults": {"hypothesis"},
    "substrate": {"docker", "h11", "hypothesis", "trustme", "wsproto"},
    "pytest_faultzone": {"pytest", "hypothesis", "xdist", "faker", "allure_commons"},
    "faultzone_specs": {"pytest"},
}

MODULES = modules()


def _room(module: str) -> str:
    """`faultzone.model.hosts` is in the room `model`; the other packages, and the façade, are rooms of their own."""
    package, _, rest = module.partition(".")
    return rest.partition(".")[0] if package == "faultzone" and rest else package


def _statements(node: ast.AST, typing_too: bool) -> Iterator[ast.Import | ast.ImportFrom]:
    """Every import under `node`, wherever it stands; those that only a type checker sees if `typing_too`."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        elif isinstance(child, ast.If) and ast.unparse(child.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}:
            for part in child.body if typing_too else []:
                yield from _statements(ast.Module([part], []), typing_too)
            yield from _statements(ast.Module(child.orelse, []), typing_too)
        else:
            yield from _statements(child, typing_too)


def _imports(module: str, typing_too: bool = True) -> set[str]:
    """The dotted names of the modules that `module` imports, relative ones resolved."""
    found = set()
    for statement in _statements(tree(MODULES[module]), typing_too):
        if isinstance(statement, ast.Import):
            found |= {alias.name for alias in statement.names}
            continue
        base = statement.module or ""
        if statement.level:
            is_package = MODULES[module].name == "__init__.py"
            parts = module.split(".")
            parents = parts[: len(parts) - statement.level + is_package]
            base = ".".join([*parents, base] if base else parents)
        names = {f"{base}.{alias.name}" for alias in statement.names}
        inner = names & MODULES.keys()
        found |= inner | ({base} if inner != names else set())
    return found


def _inside(names: set[str]) -> set[str]:
    return {name for name in names if name.partition(".")[0] in PACKAGES}


def _harness() -> list[str]:
    return [module for module in MODULES if module.startswith("faultzone.")]


def test_every_room_has_a_layer_and_a_line_in_the_architecture() -> None:
    rooms = {_room(module) for module in _harness()}
    assert rooms - LAYER.keys() == set(), "give the room a layer here and a line in docs/architecture.md"
    text = (ROOT / "docs/architecture.md").read_text("utf-8")
    assert {room for room in rooms - {"__main__"} if room not in text} == set()


def test_the_harness_imports_downwards() -> None:
    wrong = [
        f"{module} imports {target}"
        for module in _harness()
        for target in _inside(_imports(module))
        if LAYER.get(_room(target), len(LAYERS)) > LAYER.get(_room(module), -1)
    ]
    assert wrong == [], f"the layers, from the ground up: {LAYERS}"


def test_rooms_make_no_circle() -> None:
    graph: dict[str, set[str]] = {}
    for module in _harness():
        graph.setdefault(_room(module), set()).update(map(_room, _inside(_imports(module, typing_too=False))))
    TopologicalSorter({room: targets - {room} for room, targets in graph.items()}).prepare()


def _chapter(module: str) -> str | None:
    """The chapter of the model that a module is in; `core` counts as one, what is beside them as none."""
    parts = module.split(".")
    return parts[2] if parts[:2] == ["faultzone", "model"] and len(parts) > 3 else None


def test_chapters_of_the_model_do_not_know_one_another() -> None:
    chapters = {module: chapter for module in MODULES if (chapter := _chapter(module))}
    assert {"core", "instances", "events", "assistant", "billing", "deployment_sets", "resources"} == {
        *chapters.values()
    }
    wrong = [
        f"{module} imports {target}"
        for module, chapter in chapters.items()
        for target in _imports(module, typing_too=chapter == "core")
        if _chapter(target) not in (None, "core", chapter)
    ]
    assert wrong == [], "what two chapters need lies in the core, or goes through what a region has for it"


def test_what_makes_a_chapter_a_package_is_empty() -> None:
    packages = [MODULES[f"faultzone.model.{each}"] for each in {_chapter(module) for module in MODULES} - {None}]
    assert [path.parent.name for path in packages if len(ast.parse(path.read_text("utf-8")).body) != 1] == []


def test_the_suite_sees_the_public_doors_alone() -> None:
    wrong = [
        f"{module} imports {target}"
        for module in MODULES
        if _room(module) == "faultzone_specs"
        for target in _inside(_imports(module))
        if _room(target) not in SUITE_MAY_IMPORT | {"faultzone_specs"}
    ]
    assert wrong == []


def test_the_plugin_does_not_know_the_suite() -> None:
    plugin = [module for module in MODULES if _room(module) == "pytest_faultzone"]
    assert [module for module in plugin if any(_room(name) == "faultzone_specs" for name in _imports(module))] == []


def test_files_of_the_plugin_make_no_circle() -> None:
    plugin = [module for module in MODULES if _room(module) == "pytest_faultzone"]
    graph = {module: {name for name in _imports(module) if name in plugin and name != module} for module in plugin}
    # The package itself is empty: `from pytest_faultzone import options` does not need it.
    graph = {module: names - {"pytest_faultzone"} for module, names in graph.items()}
    TopologicalSorter(graph).prepare()
    assert graph["pytest_faultzone.options"] == set(), "the options are the ground"


def test_third_party_packages_stay_in_their_rooms() -> None:
    wrong = [
        f"{module} imports {target}"
        for module in MODULES
        for target in _imports(module) - _inside(_imports(module))
        if (top := target.partition(".")[0]) not in sys.stdlib_module_names
        and top not in THIRD_PARTY.get(_room(module), set())
    ]
    assert wrong == []


@pytest.mark.slow
def test_loading_the_plugin_loads_nothing_but_pytest_and_light_parts_of_the_standard_library() -> None:
    """Every run of pytest where the plugin is installed pays for this import, whether it uses a region or not."""
    script = "import sys, pytest; old = {*sys.modules}; import pytest_faultzone.plugin; print(*{*sys.modules} - old)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=PATIENCE)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert "pytest_faultzone" in loaded
    assert loaded - sys.stdlib_module_names == {"pytest_faultzone"}
    assert loaded & {"asyncio", "http", "multiprocessing", "sqlite3", "ssl", "tomllib", "xml"} == set()
