"""`faultzone ask`: what it answers of stored journals."""

from __future__ import annotations

from pathlib import Path

import pytest

from faultzone import ApiError, make_region
from faultzone.cli import main as cli


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("journals") / "run.ndjson"
    with make_region(edition="2020-12") as region:
        region.journal.open(path)
        with region.chaos.shortage():
            with pytest.raises(ApiError):
                region.run_instances(1)
            region.clock.advance("11m")
            with pytest.raises(ApiError):
                region.run_instances(1)
        region.journal.close()
    return path


def ask(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, list[str]]:
    status = cli.main(["ask", *map(str, arguments)])
    told = capsys.readouterr()
    return status, (told.out + told.err).splitlines()


def test_the_entries_that_are_described(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, lines = ask(capsys, run, "refusal NoStock not preceded by fault within 10m")
    entry, why, count = lines
    assert status == 0
    assert "OperationDenied.NoStock" in entry
    assert why.strip() == "no fault came in the 10 min before; the last was 11 min before"
    assert count == "1 entry: refusal NoStock not preceded by fault within 10m"


def test_none(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(capsys, run, "refusal Throttling") == (1, ["0 entries: refusal Throttling"])


@pytest.mark.parametrize(
    ("sentence", "status", "first"),
    [
        ("never refusal Throttling", 0, "never refusal Throttling: holds"),
        ("always refusal during fault", 0, "always refusal during fault: holds"),
        ("always refusal preceded by fault within 10m", 1, "always refusal preceded by fault within 10m: broken"),
        ("always undo followed by fault within 1h", 1, "always undo followed by fault within 1h: open"),
        ("sometimes refusal", 0, "sometimes refusal: reached in 1 of 1 journals"),
        ("sometimes event", 1, "sometimes event: never reached"),
        ("eventually within 5m undo", 1, "eventually within 5m undo: broken"),
    ],
)
def test_whether_a_condition_holds(
    run: Path, capsys: pytest.CaptureFixture[str], sentence: str, status: int, first: str
) -> None:
    answered, lines = ask(capsys, run, sentence)
    assert (answered, lines[0]) == (status, first)


def test_a_wrong_sentence_is_a_usage_error(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, (said,) = ask(capsys, run, "refusal NoStok")
    assert status == 2
    assert "did you mean 'NoStock'" in said


def test_several_journals(run: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.ndjson").write_text(run.read_text("utf-8"), "utf-8")
    status, lines = ask(capsys, tmp_path, "undo")
    assert (status, lines[0], lines[-1]) == (0, str(tmp_path / "a.ndjson"), "2 entries: undo")
    status, lines = ask(capsys, tmp_path, "never undo")
    assert (status, lines[0]) == (1, str(tmp_path / "a.ndjson"))
    assert ask(capsys, tmp_path, "sometimes undo")[1] == ["sometimes undo: reached in 2 of 2 journals"]


def test_the_journal_of_an_endpoint_has_calls_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.ndjson").write_text('{"n": 0, "at": 5, "kind": "call", "action": "RunInstances"}\n', "utf-8")
    assert ask(capsys, tmp_path / "a.ndjson", "call RunInstances")[0] == 0
    assert ask(capsys, tmp_path / "a.ndjson", "transition Running")[0] == 2


def test_check_takes_conditions(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["check", "--checkers", "none", "--condition", "never refusal", "--condition", "never event", str(run)]
    assert cli.main(given) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("  never refusal: violated: entry ")
    assert lines[-1] == "  never event: holds"
    assert cli.main(["check", "--condition", "refusal", str(run)]) == 2
    assert cli.main(["check", "--condition", "sometimes refusal", str(run)]) == 2
    assert "write always, never or eventually" in capsys.readouterr().err
