from __future__ import annotations

import stat
from pathlib import Path

import pytest

from faultzone.cli.main import main
from tests.support.runs import busy


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> str:
    journal = busy()
    path = tmp_path_factory.mktemp("run") / "run.ndjson"
    journal.open(path)
    journal.close()
    return path.read_text("utf-8")


@pytest.fixture
def run(tmp_path: Path, stored: str) -> Path:
    path = tmp_path / "run.ndjson"
    path.write_text(stored, "utf-8")
    return path


@pytest.mark.parametrize(
    ("option", "name", "begins"),
    [([], "run.html", "<!doctype html>"), (["--svg"], "run.svg", "<svg "), (["--trace"], "run.trace.json", "{")],
)
def test_it_writes_beside_the_journal(
    run: Path, capsys: pytest.CaptureFixture[str], option: list[str], name: str, begins: str
) -> None:
    assert main(["timeline", str(run), *option]) == 0
    made = run.with_name(name)
    assert capsys.readouterr().out == f"{made}\n"
    assert made.read_text("utf-8").startswith(begins)
    assert stat.S_IMODE(made.stat().st_mode) == 0o600


def test_it_writes_where_it_is_told(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "there/it.svg"
    assert main(["timeline", str(run), "--svg", "-o", str(target)]) == 0
    assert target.read_text("utf-8").startswith("<svg ")
    capsys.readouterr()
    assert main(["timeline", str(run), "--svg", "-o", "-"]) == 0
    assert capsys.readouterr().out == target.read_text("utf-8")


def test_each_journal_of_a_directory_gets_its_own(run: Path, tmp_path: Path) -> None:
    (tmp_path / "main").mkdir()
    (tmp_path / "main/other.ndjson").write_text(run.read_text("utf-8"), "utf-8")
    assert main(["timeline", str(tmp_path)]) == 0
    assert sorted(path.name for path in tmp_path.rglob("*.html")) == ["other.html", "run.html"]


def test_it_marks_what_the_checkers_object_to(run: Path) -> None:
    lines = run.read_text("utf-8").splitlines()
    one, two = [line for line in lines if '"kind":"transition"' in line and '"to":"Running"' in line][:2]
    two = two.replace("cn-hangzhou-a-h02", "cn-hangzhou-a-h01")
    run.write_text("\n".join([*lines[: lines.index(one) + 1], two]) + "\n", "utf-8")
    assert main(["timeline", str(run)]) == 0
    assert '"text": "spread: ' in run.with_suffix(".html").read_text("utf-8")


def test_a_journal_of_another_version_is_shown(run: Path) -> None:
    run.write_text('{"n":0,"at":0,"kind":"start"}\n{"n":1,"at":5,"kind":"transition","instance":"i-1"}\n', "utf-8")
    for option in ([], ["--svg"], ["--trace"]):
        assert main(["timeline", str(run), *option]) == 0


def test_two_runs_are_compared(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "other.ndjson"
    kept = [line for line in run.read_text("utf-8").splitlines() if '"code":"InvalidInstanceId.NotFound"' not in line]
    other.write_text("\n".join(kept) + "\n", "utf-8")
    assert main(["timeline", str(run), str(other)]) == 0
    made = tmp_path / "run-and-other.html"
    said = capsys.readouterr()
    assert said.out == f"{made}\n"
    first, one, beside = said.err.splitlines()
    assert first == "the first difference:"
    assert one.startswith("  run: ")
    assert "code=InvalidInstanceId.NotFound" in one
    assert beside.startswith("  other: ")
    assert "<title>run | other</title>" in made.read_text("utf-8")
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert main(["timeline", str(run), str(run), "-o", "-"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("<!doctype html>")
    assert said.err == "no difference\n"
    other.write_text("a poem\n", "utf-8")
    assert main(["timeline", str(run), str(other)]) == 2
    assert main(["timeline", str(run), str(run), "--svg"]) == 2
    assert "--svg: expected one journal" in capsys.readouterr().err
    assert main(["timeline", str(run), str(tmp_path)]) == 2
    assert "expected two files, found a directory" in capsys.readouterr().err


def test_what_cannot_be_is_refused(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["timeline", str(tmp_path / "none.ndjson")]) == 2
    assert "No such file" in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert main(["timeline", str(tmp_path / "empty")]) == 2
    assert "found no file named *.ndjson" in capsys.readouterr().err
    (tmp_path / "other.ndjson").write_text(run.read_text("utf-8"), "utf-8")
    assert main(["timeline", str(tmp_path), "-o", "it.html"]) == 2
    assert "expected one journal, found 2" in capsys.readouterr().err
    assert main(["timeline", str(run), "-o", str(run / "it.html")]) == 2
    assert "cannot be written" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["timeline", str(run), "--svg", "--trace"])
