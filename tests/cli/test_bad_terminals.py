"""Where a command is run that is no usual terminal: a port that is taken, another encoding, a pipe that is closed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.support.patience import PATIENCE
from tests.support.runs import busy

pytestmark = pytest.mark.slow

COMMAND = [sys.executable, "-m", "faultzone.cli.main"]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    path = tmp_path / "名字.ndjson"
    journal = busy()
    journal.open(path)
    journal.close()
    return path


def test_a_second_up_on_a_port_says_so_and_the_first_goes_on() -> None:
    with subprocess.Popen([*COMMAND, "up"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as first:
        try:
            assert first.stdout is not None
            url = first.stdout.readline().split()[1]
            port = url.rpartition(":")[2]
            second = subprocess.run(
                [*COMMAND, "up", "--port", port], capture_output=True, text=True, timeout=PATIENCE, check=False
            )
            assert second.returncode == 2
            assert second.stderr == f"faultzone: port={port}: cannot listen there: Address already in use\n"
            assert second.stdout == ""
            with urlopen(f"{url}/_faultzone/health", timeout=PATIENCE) as answer:
                assert answer.status == 200
        finally:
            first.terminate()
        first.stdout.read()
        assert first.wait(timeout=PATIENCE) == 0


@pytest.mark.parametrize("command", ["check", "timeline"])
def test_what_an_encoding_lacks_is_escaped(run: Path, command: str) -> None:
    given = [str(run)] * (2 if command == "timeline" else 1)
    done = subprocess.run(
        [*COMMAND, command, *given],
        env={**os.environ, "PYTHONIOENCODING": "ascii", "COLUMNS": "40", "NO_COLOR": "1"},
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (done.stdout + done.stderr).isascii()
    assert rb"\u540d\u5b57" in done.stdout
    assert b"\x1b" not in done.stdout + done.stderr


def test_a_page_that_nobody_reads_is_no_trouble(run: Path) -> None:
    given = [*COMMAND, "timeline", str(run), "-o", "-"]
    with subprocess.Popen(given, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=PATIENCE) == 141
