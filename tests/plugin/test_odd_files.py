"""Files and options that are wrong: a usage error of one sentence, never a traceback of pytest or of ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from faultzone.checkers import check_file
from faultzone.errors import UsageError
from faultzone.verdicts.departures import parse

NAME = '["deployment-set/zone-limit"]\n'
GOOD = NAME + 'reason = "Known."\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = " + "[" * 5000 + "]" * 5000, "f.toml: it is nested too deeply; write"),
        ("a = " + "{b=" * 3000 + "1" + "}" * 3000, "f.toml: it is nested too deeply; write"),
        (NAME + f"until = {'9' * 5000}\n", "f.toml: it has a number that is too long; write"),
        (GOOD + "until = 2027-02-30\n", "f.toml: Invalid date"),
        (GOOD + 'until = "2027-02-03"\n', "f.toml, 'deployment-set/zone-limit': until is no date; write"),
        (GOOD + "until = 2027-02-03T00:00:00\n", "f.toml, 'deployment-set/zone-limit': until is no date; write"),
        (GOOD + "until = 5\n", "f.toml, 'deployment-set/zone-limit': until is no date; write"),
        (GOOD + GOOD, "f.toml: Cannot declare"),
        (GOOD + 'reason = "Twice."\n', "f.toml: Cannot overwrite a value"),
        (NAME + "reason = 5\n", "f.toml, 'deployment-set/zone-limit': it has no reason; write"),
        (GOOD + "verdicts = [[1]]\n", "verdicts = [[1]]; write some of"),
        (GOOD + "verdicts = 5\n", "verdicts = 5; write some of"),
        (GOOD + f"{'x' * 5000} = 1\n", "unknown key " + "x" * 64 + "; an entry has"),
        ('["nothing/like-it"]\nreason = "a"\n', "f.toml, 'nothing/like-it': unknown clause"),
        ("just words", "f.toml: Expected '=' after a key"),
        ("a = 1", "f.toml, 'a': this is outside of any entry; write"),
    ],
)
def test_a_wrong_file_of_departures_is_named_in_a_sentence(text: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse(text, "f.toml", date(2027, 1, 1))
    assert said in str(refused.value)
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize("kind", ["binary", "missing", "directory", "pipe", "loop"])
@pytest.mark.parametrize("option", ["--faultzone-departures", "--faultzone-departures-write"])
def test_what_is_no_file_of_departures_is_a_usage_error(pytester: pytest.Pytester, kind: str, option: str) -> None:
    path = pytester.path / "f"
    if kind == "binary":
        path.write_bytes(b"\xff\xfe\x00")
    elif kind == "directory":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "loop":
        path.symlink_to(path)
    elif option.endswith("write"):
        path = pytester.path / "no" / "f"
    result = pytester.runpytest_inprocess(f"{option}={path}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    (said,) = [line for line in result.stderr.lines if line]
    assert said.startswith("ERROR: --faultzone-departures")
    assert str(path) in said


ENTRY = {"n": 0, "at": 0, "kind": "region", "backend": "memory", "guests_are_virtual": True, "edition": "2019-02"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00" * 100,
        b"{" * 100_000 + b"\n{}\n",
        b'{"a": ' * 5000 + b"\n{}\n",
        b"x" * 1_000_000,
        b'[1, 2]\n[3]\n',
        json.dumps(ENTRY).encode() + b"\n" + json.dumps({"n": 1, "at": 0, "kind": "transition"}).encode(),
        json.dumps(ENTRY).encode() + b"\n" + json.dumps({"n": 1, "at": 0, "kind": "bill", "account": 5}).encode(),
        json.dumps(ENTRY).encode() + b"\n" + json.dumps({"n": 1, "at": 10**30, "kind": "call"}).encode() + b"\n{}\n",
        json.dumps({**ENTRY, "n": "x"}).encode() + b"\n{}\n",
    ],
)  # fmt: skip
def test_what_is_no_journal_is_said(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "j.ndjson"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"j\.ndjson") as refused:
        check_file(path)
    assert len(str(refused.value)) < 600


def test_a_pipe_is_no_journal(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "j")
    with pytest.raises(UsageError, match="it is no file"):
        check_file(tmp_path / "j")


@pytest.mark.slow
def test_what_the_terminal_cannot_show_is_escaped_line_by_line(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        "def test_it(region):\n"
        '    region.run_instances(1, InstanceName="名字" * 30)\n'
        "    assert region.instances == []\n"
    )
    plain = {**os.environ, "PYTHONIOENCODING": "ascii", "COLUMNS": "300"}
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"],
        capture_output=True,
        text=True,
        env=plain,
        check=False,
    )
    lines = ran.stdout.splitlines()
    (last,) = [number for number, line in enumerate(lines) if line.startswith("last ")]
    # A line that is wider than the terminal once it is escaped goes on below.
    assert any(line.lstrip().startswith("+") for line in lines[last + 1 :]), "lines stay lines"
    assert all(len(line) <= 300 for line in lines[last:])
    assert any("\\u540d" in line for line in lines[last:])
