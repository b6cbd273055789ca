"""Stored journals that are not whole, or no journals: every command that reads one says the same."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

import pytest

from faultzone import make_region
from faultzone.cli.main import main

#: What is asked for, by command; `{}` is the journal.
COMMANDS: Final = {
    "ask": ["ask", "{}", "fault"],
    "ask condition": ["ask", "{}", "never refusal"],
    "check": ["check", "{}"],
    "check condition": ["check", "--condition", "never refusal", "{}"],
    "timeline": ["timeline", "{}"],
    "timeline svg": ["timeline", "{}", "--svg"],
    "timeline trace": ["timeline", "{}", "--trace"],
    "timeline of two": ["timeline", "{}", "{}"],
}
every = pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("journal") / "run.ndjson"
    with make_region(zones=1, hosts_per_zone=2) as region:
        region.journal.open(path)
        (web,) = region.run_instances(1, InstanceName="网站")
        with region.chaos.crash(str(web.host)):
            region.clock.advance("1m")
        region.journal.close()
    return path.read_bytes()


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return tmp_path / "run.ndjson"


def ask(command: list[str], run: Path) -> int:
    return main([each.replace("{}", str(run)) for each in command])


def test_the_table_has_every_command_that_reads_a_journal(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    reads = set()
    for name in re.findall(r"(?m)^    (\w+) ", capsys.readouterr().out):
        with pytest.raises(SystemExit):
            main([name, "--help"])
        if "--faultzone-journal" in capsys.readouterr().out:
            reads.add(name)
    assert reads == {each[0] for each in COMMANDS.values()}


@every
def test_a_whole_journal_has_nothing_to_be_told(
    run: Path, stored: bytes, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    run.write_bytes(stored)
    assert ask(command, run) == 0
    assert capsys.readouterr().err in ("", "no difference\n")


#: Where a journal is cut: within the last line, in its first byte, and in a character of two bytes or more.
CUTS: Final = {
    "in the last line": lambda held: held[:-30],
    "in its first byte": lambda held: held[: held.rindex(b"\n", 0, -1) + 2],
    "before its end": lambda held: held[:-2],
    "in a character": lambda held: held + '{"n":9999,"at":0,"kind":"notice","what":"网'.encode()[:-1],
    "by zeros": lambda held: held + bytes(512),
}


@every
@pytest.mark.parametrize("where", CUTS)
def test_a_journal_that_was_cut_is_told_and_judged(
    run: Path, stored: bytes, capsys: pytest.CaptureFixture[str], command: list[str], where: str
) -> None:
    held = CUTS[where](stored)
    run.write_bytes(held)
    assert ask(command, run) == 0
    told = f"{run}: the last line, {held.count(10) + 1}, is cut short and left out: the run may have gone on\n"
    err = capsys.readouterr().err
    assert err.removesuffix("no difference\n") == told * command.count("{}")


def test_what_a_cut_journal_has_is_judged_as_in_a_whole_one(
    run: Path, stored: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    run.write_bytes(stored + b'{"n":')
    assert ask(["ask", "{}", "fault HostCrash"], run) == 0
    assert capsys.readouterr().out.endswith("1 entry: fault HostCrash\n")
    assert ask(["ask", "{}", "never fault"], run) == 1
    assert ask(["check", "--condition", "never fault", "{}"], run) == 1
    assert "never fault: violated" in capsys.readouterr().out
    assert ask(["timeline", "{}"], run) == 0
    lines = stored.count(10)
    assert f'"cut": {lines + 1}' in run.with_suffix(".html").read_text("utf-8")


def test_only_the_journal_that_was_cut_is_told(
    tmp_path: Path, stored: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, cut = tmp_path / "a.ndjson", tmp_path / "b.ndjson"
    whole.write_bytes(stored)
    cut.write_bytes(stored[:-30])
    for command in (["ask", "{}", "fault"], ["check", "{}"], ["timeline", "{}"]):
        assert ask(command, tmp_path) == 0
        assert capsys.readouterr().err.startswith(f"{cut}: the last line, ")


NONE: Final = {
    "empty": (b"", "expected a journal (*.ndjson), found no entry"),
    "cut in the first line": (b'{"n":0,"at":0,"ki', "expected a journal (*.ndjson), found no entry"),
    "a poem": (b"a poem\nof two lines\n", "run.ndjson:1 is not a journal entry"),
    "other JSON": (b'{"n":0}\n{"n":1}\n', "run.ndjson:1 is not a journal entry"),
    "a list": (b"[]\n[]\n", "run.ndjson:1 is not a journal entry"),
    "bytes": (b"\x00\xff\n\n\n", "run.ndjson:1 is not a journal entry"),
    "a hole": (b'{"n":0,"at":0,"kind":"notice"}\n{"n":1,"a\n{"n":2,"at":0,"kind":"notice"}\n', "run.ndjson:2 is not"),
}


@every
@pytest.mark.parametrize("what", NONE)
def test_what_is_no_journal_is_refused_and_nothing_is_made(
    run: Path, capsys: pytest.CaptureFixture[str], command: list[str], what: str
) -> None:
    held, said = NONE[what]
    run.write_bytes(held)
    assert ask(command, run) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"faultzone: {run}: expected a journal")
    assert said in err
    assert [*run.parent.iterdir()] == [run]


@every
def test_a_journal_that_is_not_there_is_refused(
    run: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    assert ask(command, run) == 2
    assert "No such file" in capsys.readouterr().err
    run.mkdir()
    assert ask(command, run) == 2
    assert "expected" in capsys.readouterr().err


def _changed(stored: bytes, change: str) -> bytes:
    """A journal as another version might have written it."""
    entries = [json.loads(line) for line in stored.splitlines()]
    for each in entries:
        if change == "fields that are new":
            each["novel"] = {"as": ["this"]}
        elif change == "kinds that are new" and each["kind"] == "effect":
            each["kind"] = "novel"
        elif change == "fields that are not there yet":
            each.pop("host", None)
            each.pop("why", None)
    return b"".join(json.dumps(each).encode() + b"\n" for each in entries)


@every
@pytest.mark.parametrize("change", ["fields that are new", "kinds that are new", "fields that are not there yet"])
def test_a_journal_of_another_version_is_read_or_refused_with_a_sentence(
    run: Path, stored: bytes, capsys: pytest.CaptureFixture[str], command: list[str], change: str
) -> None:
    run.write_bytes(_changed(stored, change))
    status, told = ask(command, run), capsys.readouterr()
    if status == 2:
        assert told.err.startswith(f"faultzone: {run}: expected a journal that this version of faultzone wrote")
    else:
        assert told.err in ("", "no difference\n")
