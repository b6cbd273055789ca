"""The rules of the house that a machine can hold, beyond those of the linter's own."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.quality.sources import ROOT, python_files, relative, text_files, tree
from tests.support.patience import PATIENCE

FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70

# What is longer than it should be, and how long. An entry may shrink or go; a new one needs a better reason than time.
LONGER: dict[str, int] = {}
# Tables, which grow by rows and are looked up, not read.
TABLES = ("harness/faultzone/editions/catalog.py",)

# Each pattern is written so that it does not match itself.
MACHINE = {
    r"[/](?:work|Users)/": "a path of somebody's machine",
    r"[/]root/[.]": "a path of somebody's machine",
    r"[.]{2}/shared": "a path of somebody's machine",
    r"[p]ypi[.]org|pythonhosted[.]org|registry[.]npmjs": "the host of a package registry",
    r"(?i)\bissue [#]?\d": "the number of an issue, which says nothing to a reader: say what it was about",
}


def _lengths(path: Path) -> Iterator[tuple[str, int, int]]:
    name = relative(path)
    lines = len(path.read_text("utf-8").splitlines())
    classes = [node for node in tree(path).body if isinstance(node, ast.ClassDef)]
    largest = max(((node.end_lineno or 0) - node.lineno for node in classes), default=0)
    # A class stands in one file, however long the two are.
    if name not in TABLES and largest < lines // 2:
        yield name, lines, FILE_LINES_MAX
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{name}:{node.name}", (node.end_lineno or node.lineno) - node.lineno + 1, FUNCTION_LINES_MAX


def test_files_and_functions_stay_short() -> None:
    longer = {name: lines for path in python_files() for name, lines, limit in _lengths(path) if lines > limit}
    assert longer == LONGER, "split what grew; lower or remove the entry of what shrank"


def test_nothing_names_the_machine_it_was_written_on() -> None:
    found = [
        f"{relative(path)}:{number}: {meaning}: {line.strip()}"
        for path in text_files()
        for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines(), 1)
        for pattern, meaning in MACHINE.items()
        if re.search(pattern, line)
    ]
    assert found == []


BANNED = {
    "from time import monotonic": "Clock",
    "import time": "Clock",
    "from datetime import datetime as d; d.now()": "Clock",
    "import random; random.choice([1])": "World",
    "from uuid import uuid4": "World",
    "import os; os.environ['HOME']": "argument",
    "import threading": "effect",
}


def _bans(directory: str) -> list[str]:
    """What the linter says, line by line, of a file in `directory` that breaks every ban."""
    command = [sys.executable, "-m", "ruff", "check", "--select=TID251", "--output-format=concise", "--quiet"]
    command += [f"--stdin-filename={directory}/a.py", "-"]
    text = "\n".join(BANNED)
    done = subprocess.run(command, cwd=ROOT, input=text, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("room", ["harness/faultzone/model", "harness/faultzone/api"])
def test_pure_rooms_may_not_read_time_chance_or_environment(room: str) -> None:
    said = _bans(room)
    assert len(said) == len(BANNED)
    for line, replacement in zip(said, BANNED.values(), strict=True):
        assert replacement in line


def test_the_bans_hold_in_the_pure_rooms_alone() -> None:
    assert _bans("harness/faultzone/serve") == []


def test_no_ban_is_lifted_in_place() -> None:
    lifted = r"no[q]a(?!:)|no[q]a:.*TID251"
    assert [relative(path) for path in python_files() if re.search(lifted, path.read_text("utf-8"))] == []
