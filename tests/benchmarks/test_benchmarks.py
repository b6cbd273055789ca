"""Each benchmark runs and its figures can be; how good they are depends on the machine and is nobody's assertion."""

from __future__ import annotations

import json
import re
import sys
from importlib import import_module
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks import peers, reading, stateful, table
from benchmarks.measure import Row, Sizes
from benchmarks.reading import Walk, names_in

TINY = Sizes(
    instances=(2, 4),
    peer_instances=(1, 2),
    filled=100,
    listed=1_000,
    hosts=300,
    timers=50,
    batches=1,
    calls=3,
    processes=1,
    examples=2,
    walked=240,
    rounds=1,
)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in command.BENCHMARKS if name not in ("docker", "drills")])
def test_its_figures_are_possible(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # The peers take seconds to start; that they run shows when the benchmarks do.
    monkeypatch.setattr(peers, "INSTALLED", False)
    if name == "stateful" and not stateful.INSTALLED:
        pytest.skip("Hypothesis is not installed")
    rows = list(command.BENCHMARKS[name](TINY))
    assert rows
    # With so few calls and processes a difference may be anything. What should be none may be none;
    # so may the lines that a reader is to be spared.
    positive = [row for row in rows if not row.difference and row.target != 0 and row.unit != "lines"]
    assert [row.what for row in positive if row.value <= 0] == []
    assert len(table.table(rows).splitlines()) == len(rows) + 2


@pytest.mark.skipif(not peers.INSTALLED, reason="moto is not installed")
@pytest.mark.slow
def test_the_peer_answers_what_is_asked_of_it() -> None:
    with peers.moto(2) as ec2:
        (found,) = ec2.model.get_reservations_by_instance_ids(ec2.ids[1:])
        assert [each.id for each in found.instances] == ec2.ids[1:]
        assert len(ec2.run_through_boto3()["Instances"]) == 1


@pytest.mark.parametrize(
    ("unit", "value", "met", "ratio"), [("us", 10.0, True, 4), ("us", 40.0, False, 1), ("timers/s", 10.0, False, 0.25)]
)
def test_a_rate_should_be_high_and_a_time_low(unit: str, value: float, met: bool, ratio: float) -> None:
    row = Row("it", value, unit, 20.0, {"another": 40.0})
    assert (row.met, row.ratio("another")) == (met, ratio)


@pytest.mark.parametrize(("other", "met"), [(40.0, True), (39.0, False), (0.0, False)])
def test_a_row_may_have_to_be_so_many_times_better_than_a_peer(other: float, met: bool) -> None:
    row = Row("it", 20.0, "us", 25.0, {"another": other}, {"another": 2.0})
    assert row.met is met
    assert table.cells(row)[2:4] == ("≤ 25; x2 another", "yes" if met else "no")
    assert Row("it", 30.0, "us", 25.0, {"another": 90.0}, {"another": 2.0}).met is False
    assert Row("it", 20.0, "us", None, None, {"another": 2.0}).met is None


def test_a_difference_that_is_not_positive_has_no_ratio() -> None:
    assert Row("it", -1.0, "ms", None, {"noise": 2.0}).ratio("noise") is None


def test_an_unknown_name_is_refused_with_those_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(["speed"])
    assert ended.value.code == 2
    assert "there is no benchmark speed; there are regions, calls" in capsys.readouterr().err


def test_the_rows_are_written_as_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    row = Row("it", 12.0, "us", 20.0, {"another": 40.0})
    monkeypatch.setattr(command, "BENCHMARKS", {"one": lambda sizes: iter([row])})
    assert command.main(["--json", str(tmp_path / "rows.json")]) == 0
    written = json.loads((tmp_path / "rows.json").read_text())
    assert [(each["what"], each["value"], each["met"]) for each in written["rows"]] == [("it", 12.0, True)]
    assert "| it " in capsys.readouterr().out


def test_what_an_import_runs_is_no_part_of_a_flow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = tmp_path / "harness" / "faultzone"
    room.mkdir(parents=True)
    (room / "followed.py").write_text("def made(): pass\nmade()\n", "utf-8")
    monkeypatch.syspath_prepend(str(room))
    walk = Walk(tmp_path)
    sys.setprofile(walk)
    try:
        with walk.watched():
            module = import_module("followed")
        imported = walk.figures()
        with walk.watched():
            module.made()
    finally:
        sys.setprofile(None)
        sys.modules.pop("followed", None)
    assert (imported, walk.figures()) == ({"files": 0, "entries": 0}, {"files": 1, "entries": 1})


def test_a_file_names_what_it_writes_and_what_it_is() -> None:
    names = names_in(
        "from a.editions import edition_1\n@clause('instance/stop-mode')\nOWN = 'x.y:MADE'\n", "a.backends.z"
    )
    assert {"edition_1", "editions", "instance/stop-mode", "x.y:MADE", "MADE", "z", "a.backends.z:OWN"} <= names
    assert "stop" not in names
    assert names_in('["stop-mode"]\nlevel = "MUST"\n', "a.clauses.instance") >= {"instance/stop-mode"}


def test_the_pages_show_the_figures_that_were_recorded() -> None:
    # scripts/bench --record
    recorded = json.loads(table.RECORDED.read_text("utf-8"))
    pages = [page.read_text("utf-8") for page in table.PAGES]
    assert [table.filled(page, recorded) for page in pages] == pages
    shown = {name for page in pages for marks in re.findall("<!-- figures: (.*) -->", page) for name in marks.split()}
    assert shown == command.BENCHMARKS.keys() >= recorded.keys()


def test_a_figure_is_recorded_in_the_place_of_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n\n<!-- figures: calls -->\nold\n<!-- end of figures -->\n\nafter\n")
    monkeypatch.setattr(table, "RECORDED", tmp_path / "figures.json")
    monkeypatch.setattr(table, "PAGES", (page,))
    for value in (2.0, 1.0):
        table.record("calls", "On a machine:", [Row("a call", value, "us", 1.5)])
    begins, ends = "before\n\n<!-- figures: calls -->\n\nOn a machine:\n\n", "\n\n<!-- end of figures -->\n\nafter\n"
    text = page.read_text()
    assert text.startswith(begins)
    assert text.endswith(ends)
    assert "| a call   | 1 us   | ≤ 1.5  | yes |" in text
    assert "2 us" not in text


def test_a_figure_that_a_revision_cannot_give_is_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing() -> list[str]:
        raise ModuleNotFoundError("No module named 'faultzone.backends.registry'")

    monkeypatch.setitem(reading.THINGS, "a backend", missing)
    assert [*reading.things()] == [kind for kind in reading.THINGS if kind != "a backend"]
    old = {"lines": {"faultzone/ecs": 7}, "flows": {}, "named": {}}
    flows = {flow: {"files": 5, "entries": 9} for flow in reading.FLOWS}
    new = {"lines": {"faultzone/api": 8}, "flows": flows, "named": {"a fault": {"code": 3}}}
    reading._print({"old": old, "new": new})
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[2:5] == [["faultzone/api", "8"], ["faultzone/ecs", "7"], ["all", "7", "8"]]
    assert lines.count(["files", "5"]) == len(flows)
    assert ["code", "3"] in lines
