"""Runs the examples of a Markdown page.

A page is one story, told in one empty directory, from top to bottom:

- A `python` block is a file. Its name is the comment on its first line (`# test_web.py`), or else `example_N.py`. It is
  run at once: by pytest if it has a test, else by Python. But a named file without a test is only written: a
  `conftest.py`, for instance.
- A `console` block is commands, `$ ` before each, and below each what it prints. They run without a shell. They must
  succeed, or end with the exit code that a comment names (`$ faultzone conform  # exit 1`). Every line shown must be
  printed, in that order; `...` stands for any text, and a duration for any duration.
- `text`, `toml`, `ini`, `json` and `yaml` blocks are no programs; one with a name, as a `python` block may have it, is
  written. `go`, `hcl` and `javascript` blocks are programs that cannot run here. Any other language is an error, so
  that no example escapes unseen.
- A block that cannot run has `<!-- not-run: the reason -->` on the line above it.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.support.patience import PATIENCE

INERT = {"text", "toml", "ini", "json", "yaml"}
FOREIGN = {"go", "hcl", "javascript"}
COMMANDS = {"faultzone", "pytest", "python"}
TIMEOUT_SECONDS = 5 * PATIENCE

_FENCE = re.compile(r"^(?P<indent> *)(?P<fence>`{3,}|~{3,})(?P<info>.*)$")
_NOT_RUN = re.compile(r"^ *<!-- not-run:(?P<reason>.*)-->$")
_FILE = re.compile(r"# ([\w-]+\.(?:py|toml|ini|yaml))\n")
_EXIT = re.compile(r"\s+# exit (\d+)$")
_DURATION = r"\d+(?:\.\d+)? ?(?:ms|s)\b"


class ExampleError(Exception):
    """An example does not do what the page says, or the page says it in a form that nobody checks."""


@dataclass(frozen=True)
class Block:
    """A fenced block: where it begins, its language, its text, and why it is not run, if it is not."""

    where: str
    language: str
    text: str
    not_run: str | None


def blocks(page: str, name: str) -> list[Block]:
    """The fenced blocks of a page, checked for form. Raises ExampleError with the name of the page and the line."""
    found: list[Block] = []
    marker: str | None = None
    lines = page.splitlines()
    at = 0
    while at < len(lines):
        where = f"{name}:{at + 1}"
        if fence := _FENCE.match(lines[at]):
            close = next((n for n in range(at + 1, len(lines)) if lines[n].strip() == fence["fence"]), None)
            if close is None:
                raise ExampleError(f"{where}: the block has no end")
            text = "".join(line.removeprefix(fence["indent"]) + "\n" for line in lines[at + 1 : close])
            block = Block(where, fence["info"].strip(), text, marker)
            _check_form(block)
            found.append(block)
            marker, at = None, close
        elif marker is not None:
            raise ExampleError(f"{where}: `not-run` belongs on the line above a block")
        elif "not-run" in lines[at]:
            written = _NOT_RUN.match(lines[at])
            if written is None or not (marker := written["reason"].strip()):
                raise ExampleError(f"{where}: write `<!-- not-run: the reason -->` on a line of its own")
        at += 1
    if marker is not None:
        raise ExampleError(f"{name}: `not-run` belongs on the line above a block")
    return found


def _check_form(block: Block) -> None:
    if block.language not in INERT | FOREIGN | {"python", "console"}:
        allowed = f"programs are `python`, `console` or {sorted(FOREIGN)}, the rest {sorted(INERT)}"
        raise ExampleError(f"{block.where}: language {block.language!r}: {allowed}")
    if block.language in FOREIGN and not block.not_run:
        raise ExampleError(f"{block.where}: {block.language} is not run here: say why it is not run")
    if block.language in INERT and block.not_run:
        raise ExampleError(f"{block.where}: a {block.language} block is never run: take the marker away")
    if block.language == "console":
        if not block.text.startswith("$ "):
            raise ExampleError(f"{block.where}: a console block begins with `$ ` and a command")
        for command, _, _ in _commands(block):
            if not block.not_run and command[0] not in COMMANDS:
                reason = f"only {sorted(COMMANDS)} are run here, not {command[0]!r}: say why it is not run"
                raise ExampleError(f"{block.where}: {reason}")


def _commands(block: Block) -> list[tuple[list[str], int, list[str]]]:
    """The commands of a console block, each with its exit code and the lines shown under it."""
    found = []
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, *shown = part.splitlines()
        stated = _EXIT.search(command)
        words = shlex.split(command, comments=True)
        found.append((words, int(stated[1]) if stated else 0, [line for line in shown if line.strip()]))
    return found


def _run(where: str, command: list[str], exit_code: int, directory: Path) -> str:
    """What the command prints. The environment is a user's: nothing of the run of pytest that this is part of."""
    environment = {name: text for name, text in os.environ.items() if not name.startswith(("PYTEST_", "FAULTZONE_"))}
    environment.pop("CI", None)  # pytest shortens its summary by it, and the page shows what a user sees.
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment |= {"COLUMNS": "120", "NO_COLOR": "1"}
    done = subprocess.run(
        command,
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=TIMEOUT_SECONDS,
    )
    if done.returncode != exit_code:
        ended = f"ended with {done.returncode}, not {exit_code}"
        raise ExampleError(f"{where}: {shlex.join(command)} {ended}\n{done.stdout}")
    return done.stdout


def _compare(where: str, shown: list[str], printed: str) -> None:
    rest = iter(printed.splitlines())
    for line in shown:
        pattern = ".*".join(re.escape(part) for part in re.sub(_DURATION, "\0", line.rstrip()).split("..."))
        wanted = re.compile(pattern.replace(re.escape("\0"), _DURATION))
        if not any(wanted.fullmatch(candidate.rstrip()) for candidate in rest):
            raise ExampleError(f"{where}: shown, but not printed there:\n{line}\nWhat was printed:\n{printed}")


def run_page(page: str, name: str, directory: Path) -> int:
    """Runs the examples of a page in `directory`; returns how many ran. Raises ExampleError at the first that fails."""
    ran = 0
    for number, block in enumerate(blocks(page, name), 1):
        named = _FILE.match(block.text)
        if block.language in INERT and named:
            (directory / named[1]).write_text(block.text, "utf-8")
        if block.not_run or block.language in INERT:
            continue
        ran += 1
        if block.language == "console":
            for command, exit_code, shown in _commands(block):
                _compare(block.where, shown, _run(block.where, command, exit_code, directory))
            continue
        file = named[1] if named else f"example_{number}.py"
        (directory / file).write_text(block.text, "utf-8")
        if re.search(r"^ *(?:async )?def test_", block.text, re.MULTILINE):
            _run(block.where, ["pytest", "-q", file], 0, directory)
        elif not named:
            _run(block.where, ["python", file], 0, directory)
    return ran
