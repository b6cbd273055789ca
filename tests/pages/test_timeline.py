from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import re
from functools import cache
from xml.etree import ElementTree

import pytest

from faultzone import editions
from faultzone.journal.journal import Entry, Journal, lines
from faultzone.model.assistant.invocation_status import OUTCOMES
from faultzone.model.core.events import ACTIVE
from faultzone.pages import tracks as track_rules
from faultzone.pages.compare import first_difference
from faultzone.pages.svg import svg
from faultzone.pages.timeline import Mark, Run, page
from faultzone.pages.trace import trace
from faultzone.pages.tracks import Span, pack, tracks
from tests.quality.sources import ROOT
from tests.support.runs import HOSTILE, busy, hostile

#: Bytes of a page without its journal.
LIMIT = 300_000


@cache
def run() -> Journal:
    return busy()


def _part(made: str, name: str) -> str:
    found = re.search(rf'<script type="[\w/]+" id="{name}">(.*?)</script>', made, re.DOTALL)
    assert found is not None
    return found[1]


def test_a_page_carries_its_journal_and_the_marks() -> None:
    made = page(run(), "a run", [Mark(3, "spread: two share a host")])
    carried = gzip.decompress(base64.b64decode(_part(made, "journal"))).decode()
    assert carried == "".join(lines(run()))
    assert json.loads(_part(made, "about-run")) == {
        "title": "a run",
        "marks": [{"n": 3, "text": "spread: two share a host"}],
        "cut": 0,
        "other": None,
    }
    assert page(run(), "a run", [Mark(3, "spread: two share a host")]) == made


def test_a_page_allows_its_own_script_and_style_alone_and_loads_nothing() -> None:
    made = page(run(), "a run")
    policy = html.unescape(re.search(r'Policy" content="([^"]*)"', made)[1])  # type: ignore[index]
    for part, text in (
        ("style", re.search(r"<style>(.*?)</style>", made, re.DOTALL)),
        ("script", re.search(r"<script>(.*?)</script>", made, re.DOTALL)),
    ):
        assert text is not None
        digest = base64.b64encode(hashlib.sha256(text[1].encode()).digest()).decode()
        assert f"{part}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    without_script = re.sub(r"(?s)<script>.*?</script>", "", made)
    assert re.findall(r"(?:src|href)=|url\(|@import|https?:", without_script) == []


def test_a_page_without_its_journal_is_small() -> None:
    assert len(page([], "none").encode()) < LIMIT


def test_a_page_carries_another_run_beside_the_first() -> None:
    made = page(run(), "a run", [], Run(busy(stumbles=True), "another", [Mark(4, "money")], cut=7))
    carried = gzip.decompress(base64.b64decode(_part(made, "journal-other"))).decode()
    assert carried == "".join(lines(busy(stumbles=True)))
    assert json.loads(_part(made, "about-run"))["other"] == {
        "title": "another",
        "marks": [{"n": 4, "text": "money"}],
        "cut": 7,
    }
    assert "<title>a run | another</title>" in made


def _entries(*said: str) -> list[Entry]:
    return [Entry(number, 10 * number, "notice", {"what": each}) for number, each in enumerate(said)]


def test_the_first_difference_is_in_what_entries_say() -> None:
    one = _entries("a", "b", "c")
    assert first_difference(one, one) is None
    moved = [each._replace(number=each.number + 7, at=each.at + 5) for each in one]
    assert first_difference(one, moved) is None, "numbers and times are no difference"
    assert first_difference(one, _entries("a", "x", "c")) == (one[1], _entries("a", "x")[1])
    assert first_difference(one, one[:2]) == (one[2], None)
    assert first_difference([], one) == (None, one[0])
    seeds = [[Entry(0, 0, "region", {"seed": seed}), *one] for seed in (1, 2)]
    assert first_difference(*seeds) is None, "nor is what the regions were made with"


def test_no_text_is_markup() -> None:
    made = page(hostile(), HOSTILE, [Mark(1, HOSTILE)])
    assert 'onerror="document' not in made
    assert made.count("</script>") == 4
    assert json.loads(_part(made, "about-run"))["title"] == HOSTILE


def test_the_tracks_say_who_was_where() -> None:
    told = tracks(run())
    entries = told.entries
    (moved,) = {span.id for span in told.instances if span.host == "cn-hangzhou-a-h01" and span.start < 10}
    hosts = [span.host for span in told.instances if span.id == moved]
    assert list(dict.fromkeys(hosts))[:2] == ["cn-hangzhou-a-h01", "cn-hangzhou-a-h02"]
    assert {span.state for span in told.runs} == {"Finished"}
    assert [span.label for span in told.faults] == [
        "HostCrash(host='cn-hangzhou-a-h01', reversible=True)",
        "HostCrash(host='cn-hangzhou-a-h02', reversible=False)",
    ]
    assert [entries[span.end].kind for span in told.faults[:1]] == ["undo"]
    assert [span.id for span in told.lost] == ["cn-hangzhou-a-h01", "cn-hangzhou-a-h02"]
    assert {"Scheduled", "Executing"} == {span.state for span in told.events}
    assert [entries[index].data["action"] for index in told.refusals] == ["StartInstance"]
    assert [balance for bills in told.bills.values() for _, balance in bills][-1] > 100


def test_no_two_of_a_row_are_at_one_time_and_a_stay_keeps_its_row() -> None:
    told = tracks(run())
    for host in {span.host for span in told.instances}:
        spans = [span for span in told.instances if span.host == host]
        rows = pack(spans)
        assert {span.row for span in spans} == set(range(rows))
        for one in spans:
            for other in spans:
                apart = one.end <= other.start or other.end <= one.start
                assert one is other or apart or one.row != other.row
                if one.id == other.id and one.end == other.start:
                    assert one.row == other.row


def test_rows_are_used_again() -> None:
    spans = [Span("a", 0, 5, "x", "a"), Span("b", 1, 2, "x", "b"), Span("c", 2, 4, "x", "c"), Span("d", 3, 9, "x", "d")]
    assert pack(spans) == 3
    assert [span.row for span in spans] == [0, 1, 1, 2]


@pytest.mark.parametrize("entries", [run, hostile], ids=["run", "hostile"])
def test_a_picture_is_xml_without_script(entries: object) -> None:
    assert callable(entries)
    drawn = svg(entries(), HOSTILE)
    root = ElementTree.fromstring(drawn)
    assert {each.tag.partition("}")[2] for each in root.iter()} <= {"svg", "title", "style", "rect", "text", "path"}
    assert not [name for each in root.iter() for name in each.attrib if name.startswith("on") or "href" in name]


def test_a_picture_shows_what_happened() -> None:
    root = ElementTree.fromstring(svg(run(), "a run"))
    by_class: dict[str, int] = {}
    for each in root.iter():
        by_class[each.get("class", "")] = by_class.get(each.get("class", ""), 0) + 1
    assert by_class["fault"] == 2
    assert by_class["lost"] == 2
    assert by_class["move"] >= 2
    assert by_class["refusal"] == 1
    assert by_class["money"] == 1
    shown = "".join(root.itertext())
    assert "cn-hangzhou-a-h03" in shown
    assert "HostCrash(host='cn-hangzhou-a-h02', reversible=False)" in shown


def _many(count: int) -> list[Entry]:
    moves = [
        Entry(n, n, "transition", {"instance": f"i-{n % 50}", "to": ("Running", "Stopped")[n // 50 % 2], "host": "h"})
        for n in range(count)
    ]
    return [Entry(0, 0, "region", {}), *(entry._replace(number=entry.number + 1) for entry in moves)]


def test_a_picture_of_a_long_run_stays_small() -> None:
    drawn = svg(_many(5000), "long")
    assert len(drawn) < 3_000_000
    assert "and " in drawn


def test_a_trace_is_what_viewers_read() -> None:
    events = json.loads(trace(run()))["traceEvents"]
    named = {each["pid"]: each["args"]["name"] for each in events if each["name"] == "process_name"}
    assert {"calls", "faults", "events", "commands", "money", "cn-hangzhou-a-h01"} <= set(named.values())
    for each in events:
        if each["ph"] == "X":
            assert each["ts"] >= 0
            assert each["dur"] >= 0
    running = [each for each in events if each["name"] == "Running" and named[each["pid"]] == "cn-hangzhou-a-h01"]
    assert running[0]["ts"] == 3_000_000
    assert json.loads(trace(hostile()))["traceEvents"]


@pytest.mark.parametrize("name", ["_EVENT_ENDED", "_RUN_ENDED"])
def test_both_folds_know_the_same_states(name: str) -> None:
    """The page has its own fold, in its own language."""
    source = (ROOT / "web/timeline/source/model.js").read_text("utf-8")
    written = re.search(rf"const {name.removeprefix('_').removeprefix('EVENT_')} = new Set\(\[(.*?)\]\)", source, re.S)
    assert written is not None
    assert {*re.findall(r'"(\w+)"', written[1])} == getattr(track_rules, name)


def test_the_states_that_last_are_those_of_the_model() -> None:
    events = {state for each in editions.names() for state in editions.load(each).event.states}
    assert events - ACTIVE <= track_rules._EVENT_ENDED
    assert not ACTIVE & track_rules._EVENT_ENDED
    runs = {word for each in OUTCOMES.values() for word in (each.invoke_status, each.invocation_status)}
    assert runs - {"Pending", "Scheduled", "Running", "Stopping"} == track_rules._RUN_ENDED
