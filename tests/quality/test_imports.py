"""Imports run one way, and each room imports just what it needs: docs/architecture.md and a table, held to the code."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from typing import Final

import pytest

from tests.quality.sources import PACKAGES, ROOT, imported_names, modules
from tests.support.patience import PATIENCE

#: Every room from the ground up, with the rooms that it imports, for types or at run time; `faultzone` is the façade.
ROOMS: Final[dict[str, str]] = {
    "errors": "",
    "loading": "",
    "clock": "errors",
    "api": "errors editions",
    "clauses": "errors editions",
    "editions": "errors",
    "faults": "errors loading clock",
    "world": "",
    "journal": "errors clock faults",
    "listen": "errors journal",
    "model": "errors loading clock api editions world journal",
    "conditions": "errors clock api editions faults journal model",
    "schedules": "errors clock conditions faults journal model world",
    "substrate": "errors clock api listen model",
    "control": "api clock conditions editions errors faults journal loading model schedules substrate world",
    "backends": "errors clock api editions world journal listen model substrate control",
    "serve": "errors loading clock api editions schedules world journal listen model control backends",
    "waiting": "errors clock backends",
    "programs": "errors api listen serve",
    "region": "errors loading clock api conditions editions faults schedules world journal model substrate backends "
    "serve waiting programs",
    "faultzone": "errors loading clock api conditions editions faults schedules journal substrate region",
    "checkers": "errors clock conditions editions journal",
    "mutations": "errors clock api clauses editions model backends",
    "verdicts": "errors clauses editions journal",
    "pages": "clock journal",
    "cli": "errors api backends clauses conditions editions schedules journal listen model substrate serve "
    "programs checkers mutations pages",
    "pytest_faultzone": "errors api clauses conditions editions schedules journal model substrate backends serve "
    "region faultzone checkers verdicts pages",
    "faultzone_specs": "region faultzone",
    "__main__": "cli",
}

#: The files of the package `faults` that are a room of their own: what a step waits for is known in `conditions`.
FILES: Final[dict[str, str]] = {
    f"faultzone.faults.{name}": "schedules" for name in ("schedule", "patterns", "strategies")
}

#: What a room imports from outside the standard library.
THIRD_PARTY: Final[dict[str, str]] = {
    "schedules": "hypothesis",
    "listen": "cryptography httptools trustme uvloop",
    "substrate": "debian docker h11 tqdm urllib3 wsproto",
    "region": "faker",
    "serve": "orjson",
    "pytest_faultzone": "allure_commons hypothesis pytest pytest_html",
    "faultzone_specs": "pytest",
}

MODULES = modules()


def _room(module: str) -> str:
    """`faultzone.model.hosts` is in the room `model`; the other packages, and the façade, are rooms of their own."""
    if module in FILES:
        return FILES[module]
    package, _, rest = module.partition(".")
    return rest.partition(".")[0] if package == "faultzone" and rest else package


def _imports(module: str, *, typing_too: bool = True) -> set[str]:
    """The dotted names of the modules that `module` imports."""
    names = imported_names(MODULES[module], typing_too=typing_too)
    return {name if name in MODULES else name.rpartition(".")[0] or name for name in names}


def _inside(names: set[str]) -> set[str]:
    return {name for name in names if name.partition(".")[0] in PACKAGES}


def _harness() -> list[str]:
    return [module for module in MODULES if module.startswith("faultzone.")]


def _rooms_of(module: str) -> set[str]:
    return {_room(name) for name in _inside(_imports(module))} - {_room(module)}


def test_each_room_imports_what_the_table_says() -> None:
    used: dict[str, set[str]] = {_room(module): set() for module in MODULES}
    for module in MODULES:
        used[_room(module)] |= _rooms_of(module)
    wrong = {
        room: " ".join(sorted(rooms)) for room, rooms in used.items() if rooms != set(ROOMS.get(room, "?").split())
    }
    assert wrong == {}, "if that is as it should be, write these lines into ROOMS"
    assert ROOMS.keys() - used.keys() == set(), "there is no such room any more"


def test_each_room_stands_on_those_before_it_as_the_architecture_has_it() -> None:
    text = (ROOT / "docs/architecture.md").read_text("utf-8")
    line = re.search(r"(?s)Imports run one way: (.*?)\.\s", text)
    assert line is not None
    layers = [{*re.findall(r"[a-z]\w+", layer)} for layer in line[1].split("→")]
    floor = {room: number for number, rooms in enumerate(layers) for room in rooms}
    floor |= {"pytest_faultzone": floor["plugin"], "faultzone_specs": len(layers), "__main__": len(layers)}
    assert ROOMS.keys() - floor.keys() - {"faultzone"} == set(), "give the room a place in docs/architecture.md"
    # The façade stands beside what a test holds.
    floor["faultzone"] = floor["region"]
    above = [
        f"{room} imports {each}" for room, rooms in ROOMS.items() for each in rooms.split() if floor[each] > floor[room]
    ]
    assert above == []


def test_rooms_make_no_circle() -> None:
    TopologicalSorter({room: rooms.split() for room, rooms in ROOMS.items() if room != "faultzone"}).prepare()


def test_files_make_no_circle_at_run_time() -> None:
    """Imports in functions count: what is loaded first must not decide what works."""
    graph = {module: _inside(_imports(module, typing_too=False)) - {module} for module in MODULES}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"put what these share into a file below them: {' -> '.join(reversed(error.args[1]))}")


def _chapter(module: str) -> str | None:
    """The chapter of the model that a module is in; `core` counts as one, what is beside them as none."""
    parts = module.split(".")
    return parts[2] if parts[:2] == ["faultzone", "model"] and len(parts) > 3 else None


def test_chapters_of_the_model_do_not_know_one_another() -> None:
    chapters = {module: chapter for module in MODULES if (chapter := _chapter(module))}
    assert {"core", "instances", "events", "assistant", "billing", "deployment_sets", "resources", "products"} == {
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


def test_third_party_packages_stay_in_their_rooms() -> None:
    used: dict[str, set[str]] = {}
    for module in MODULES:
        tops = {name.partition(".")[0] for name in _imports(module) - _inside(_imports(module))}
        used.setdefault(_room(module), set()).update(tops - sys.stdlib_module_names)
    assert {room: " ".join(sorted(tops)) for room, tops in used.items() if tops} == THIRD_PARTY


def test_benchmarks_do_not_know_the_tests() -> None:
    for path in (ROOT / "benchmarks").glob("*.py"):
        assert [name for name in imported_names(path) if name.partition(".")[0] == "tests"] == [], path


@pytest.mark.slow
def test_loading_the_plugin_loads_nothing_but_pytest_and_light_parts_of_the_standard_library() -> None:
    """Every run of pytest where the plugin is installed pays for this import, whether it uses a region or not."""
    script = "import sys, pytest; old = {*sys.modules}; import pytest_faultzone.plugin; print(*{*sys.modules} - old)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=PATIENCE)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert "pytest_faultzone" in loaded
    assert loaded - sys.stdlib_module_names == {"pytest_faultzone"}
    assert loaded & {"asyncio", "http", "multiprocessing", "sqlite3", "ssl", "tomllib", "xml"} == set()
