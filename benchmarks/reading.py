"""What a reader of the code meets: lines by room, the files that three flows go through, and those that name one thing.

    python -m benchmarks.reading [REVISION ...]

A flow enters a file when a call goes from one file of the harness into another; what runs while a module is imported is
no part of a flow. The figures of several revisions stand side by side; each is counted in a process of its own, by this
very file. An older revision may need a package that this one does not: `pip install --target DIRECTORY PACKAGE`, then
`PYTHONPATH=DIRECTORY`. A figure that a revision cannot give is left out.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from statistics import median
from types import FrameType
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
_IMPORTING: Final = "<frozen importlib"
#: What may be a name of anything: of an action, of a module, of a clause.
_NAME: Final = re.compile(r"[\w./:-]*\w")
_CONSTANT: Final = re.compile(r"^[A-Z]\w*", re.MULTILINE)
_CLAUSE: Final = re.compile(r'^\["?([\w-]+)"?\]', re.MULTILINE)
PACKAGES: Final = ("harness/faultzone", "plugin/pytest_faultzone", "specs/faultzone_specs")


def lines_by_room(tree: Path) -> dict[str, int]:
    """The lines of Python of each room; the files at the top level of a package are a room."""
    found: Counter[str] = Counter()
    for package in PACKAGES:
        for path in sorted((tree / package).rglob("*.py")):
            inside = path.relative_to(tree / package).parts
            name = package.partition("/")[2]
            room = f"{name}/{inside[0]}" if len(inside) > 1 else f"{name}/*.py"
            found[room] += len(path.read_text("utf-8").splitlines())
    return dict(found)


def _actions() -> list[str]:
    try:
        from faultzone.model.core.dispatch import ACTIONS
    except ImportError:
        import_module("faultzone.model.cloud")  # Its chapters name their actions when it is imported.
        return [*import_module("faultzone.model.dispatch").ACTIONS]
    return [action for _, action in ACTIONS]


def _faults() -> list[str]:
    faults = import_module("faultzone.faults")
    return [*faults.HOUSE] if hasattr(faults, "HOUSE") else [each.__name__ for each in faults.CATALOGUE]


def _clauses() -> list[str]:
    from faultzone import clauses

    return [*clauses.load()]


def _editions() -> list[str]:
    from faultzone import editions

    return [f"edition_{name.replace('-', '_')}" for name in editions.names()]


def _backends() -> list[str]:
    from faultzone.backends.registry import OWN

    return [*{place for _, place in OWN.values()}]


#: What there is of each kind that is added now and then: what a file writes that knows of it.
THINGS: Final[dict[str, Callable[[], list[str]]]] = {
    "an action": _actions,
    "a fault": _faults,
    "a clause": _clauses,
    "an edition": _editions,
    "a backend": _backends,
}


def things() -> dict[str, list[str]]:
    """The things of each kind that this revision has in a table."""
    found = {}
    for kind, names in THINGS.items():
        with suppress(ImportError):
            found[kind] = names()
    return found


def names_in(text: str, module: str) -> set[str]:
    """What a file names: it knows itself and its constants by the name of its module, and a file of clauses its
    clauses."""
    found = {*_NAME.findall(text)}
    found |= {part for name in found for part in re.split("[.:]", name)}
    *package, stem = module.split(".")
    found |= {stem} | {f"{module}:{name}" for name in _CONSTANT.findall(text)}
    if package[-1:] == ["clauses"]:
        found |= {f"{stem}/{key}" for key in _CLAUSE.findall(text)}
    return found


def written(tree: Path, folders: Sequence[str]) -> list[set[str]]:
    """What each file below these folders names."""
    found = []
    for folder in (tree / each for each in folders):
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".py", ".toml", ".md"):
                parts = path.relative_to(folder.parent).with_suffix("").parts
                module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
                found.append(names_in(path.read_text("utf-8"), module))
    return found


def named(tree: Path) -> dict[str, dict[str, int]]:
    """How many files of the code, of the tests and of the documentation name one thing of a kind: the median of all."""
    where = {"code": PACKAGES, "tests": ("tests",), "docs": ("docs",)}
    files = {each: written(tree, folders) for each, folders in where.items()}
    return {
        kind: {
            each: int(median(sum(name in names for names in found) for name in all_of)) for each, found in files.items()
        }
        for kind, all_of in things().items()
    }


class Walk:
    """The files that calls go through while it is `open`."""

    def __init__(self, tree: Path) -> None:
        self._inside = str(tree / "harness" / "faultzone")
        self.open = False
        self.entered: Counter[str] = Counter()

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:
        """What `sys.setprofile` calls."""
        if event != "call" or not self.open or not frame.f_code.co_filename.startswith(self._inside):
            return
        file, caller, called_by = frame.f_code.co_filename, frame.f_back, None
        while caller is not None:
            if caller.f_code.co_filename.startswith(_IMPORTING):
                return
            if called_by is None and caller.f_code.co_filename.startswith(self._inside):
                called_by = caller.f_code.co_filename
            caller = caller.f_back
        if called_by != file:
            self.entered[file] += 1

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Count what happens in the block, in all threads that were started since the profile was set."""
        self.open = True
        try:
            yield
        finally:
            self.open = False

    def figures(self) -> dict[str, int]:
        """How many files were entered, and how often in all."""
        return {"files": len(self.entered), "entries": self.entered.total()}


def _crash(walk: Walk) -> None:
    """Crash the host of an instance, and wait for its recovery."""
    from faultzone import make_region

    with make_region() as region:
        (one,) = region.run_instances(1)
        host = one.host
        with walk.watched():
            region.chaos.crash(str(host), reversible=False)
            region.wait(lambda: one.host != host and one.status == "Running", "3h")


def _serving() -> tuple[Any, Any]:
    """The modules that serve a cloud and that connect to one, where a revision has them."""
    try:
        return import_module("faultzone.serve.cloud"), import_module("faultzone.serve.client")
    except ImportError:
        return import_module("faultzone.hosted"), import_module("faultzone.remote")


def _launch(walk: Walk) -> None:
    """RunInstances over HTTP."""
    hosted, client = _serving()
    image, size = "centos_7_06_64_20G_alibase_20190218.vhd", "ecs.g5.large"
    with hosted.endpoint(hosted.Hosted(), token="t") as served:
        backend = client.connect(served.url, token="t")
        with walk.watched():
            backend.call("RunInstances", {"RegionId": "cn-hangzhou", "ImageId": image, "InstanceType": size})
        backend.close()


def _command(walk: Walk) -> None:
    """Run a command on an instance, and read its status."""
    from faultzone import make_region

    with make_region() as region:
        (one,) = region.run_instances(1)
        with walk.watched():
            assert region.run_command("true", on=one).status == "Finished"


FLOWS: Final[dict[str, Callable[[Walk], None]]] = {
    "crash a host and wait for the recovery": _crash,
    "RunInstances over HTTP": _launch,
    "run a command and read its status": _command,
}


def count(tree: Path) -> dict[str, Any]:
    """All figures of a checkout, which must be the one that Python imports from."""
    flows = {}
    for name, flow in FLOWS.items():
        walk = Walk(tree)
        threading.setprofile(walk)
        sys.setprofile(walk)
        try:
            flow(walk)
            flows[name] = walk.figures()
        except ImportError as error:
            print(f"{name}: {error}: see `python -m benchmarks.reading`", file=sys.stderr)
        finally:
            sys.setprofile(None)
            threading.setprofile(None)
    return {"lines": lines_by_room(tree), "flows": flows, "named": named(tree)}


def _of(tree: Path) -> dict[str, Any]:
    path = os.pathsep.join(str(tree / each.partition("/")[0]) for each in PACKAGES)
    path += os.pathsep + os.environ.get("PYTHONPATH", "")
    command = [sys.executable, str(Path(__file__).resolve()), "--count", str(tree)]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE, check=True)
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def _print(columns: dict[str, dict[str, Any]]) -> None:
    rooms = sorted({room for each in columns.values() for room in each["lines"]})
    rows = [("lines of Python", [""] * len(columns))]
    rows += [(f"  {room}", [str(each["lines"].get(room, "")) for each in columns.values()]) for room in rooms]
    rows += [("  all", [str(sum(each["lines"].values())) for each in columns.values()])]
    for flow in FLOWS:
        rows.append((flow, [""] * len(columns)))
        for figure in ("files", "entries"):
            rows.append(
                (f"  {figure}", [str(each["flows"].get(flow, {}).get(figure, "")) for each in columns.values()])
            )
    for kind in dict.fromkeys(kind for each in columns.values() for kind in each["named"]):
        rows.append((f"files that name {kind}", [""] * len(columns)))
        for where in ("code", "tests", "docs"):
            rows.append((f"  {where}", [str(each["named"].get(kind, {}).get(where, "")) for each in columns.values()]))
    print(f"{'':<42}" + "".join(f"{name[:16]:>18}" for name in columns))
    for name, figures in rows:
        print(f"{name:<42}" + "".join(f"{each:>18}" for each in figures))


def main(revisions: list[str]) -> None:
    """Count the revisions, or this checkout."""
    if not revisions:
        _print({"this checkout": _of(ROOT)})
        return
    columns = {}
    with tempfile.TemporaryDirectory() as folder:
        for revision in revisions:
            tree = Path(folder) / revision.replace("/", "_")
            subprocess.run(["git", "worktree", "add", "-q", "--detach", str(tree), revision], cwd=ROOT, check=True)
            try:
                columns[revision] = _of(tree)
            finally:
                subprocess.run(["git", "worktree", "remove", "--force", str(tree)], cwd=ROOT, check=True)
    _print(columns)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--count"]:
        print(json.dumps(count(Path(sys.argv[2]))))
    else:
        main(sys.argv[1:])
