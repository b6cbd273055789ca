"""The page of a timeline as a user has it: in Chromium."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from faultzone.clock import in_words
from faultzone.journal.journal import Journal, lines
from faultzone.pages.timeline import Mark, page
from faultzone.pages.tracks import tracks
from tests.pages.shown import SCREENSHOTS
from tests.quality.sources import ROOT
from tests.support.patience import PATIENCE
from tests.support.runs import HOSTILE, busy, hostile

pytestmark = [pytest.mark.pages, pytest.mark.slow]

SOURCE: Final = ROOT / "web/timeline/source"


@cache
def run() -> Journal:
    return busy()


def _index(kind: str, **data: object) -> int:
    return next(entry.number for entry in run().of(kind, **data))


def test_a_run_is_shown(show: Any) -> None:
    shown = show(page(run(), "a run")).ready()
    assert shown.text("h1") == "a run"
    assert "cn-hangzhou · edition 2020-12 · memory" in shown.text("#about")
    assert shown.text("#found") == f"{len(run())} entries"
    assert {"31,138,84", "198,47,47", "180,85,45"} <= shown.pixels(), "what runs, what is broken, events"
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    shown.page.screenshot(path=SCREENSHOTS / "timeline-light.png")


def test_the_region_is_shown_as_it_stood(show: Any) -> None:
    lost = _index("report", report="HostLost", host="cn-hangzhou-a-h01")
    shown = show(page(run(), "a run"), f"#entry={lost}").ready()
    assert shown.chosen()["n"] == lost
    assert "cn-hangzhou-a-h01 (lost)" in shown.text("#moment")
    assert "HostCrash(host='cn-hangzhou-a-h01'" in shown.text("#moment")
    shown.page.check("#before")
    assert "(lost)" not in shown.text("#moment")
    shown.page.check("#after")
    (moved,) = {entry.data["instance"] for entry in run().of("transition", host="cn-hangzhou-a-h01", to="Pending")}
    for entry in (lost, _index("event", instance=moved, to="Executed")):
        shown.link(entry)
        lines_of = {line.split(" ")[0]: line for line in shown.text("#moment").replace("\n", " ").split("cn-hang")}
        host = "zhou-a-h01" if entry == lost else "zhou-a-h02"
        assert moved in lines_of[host]


def test_entries_are_walked_by_keyboard(show: Any) -> None:
    shown = show(page(run(), "a run"), "#entry=5").ready()
    shown.page.focus("#list")
    for key, number in (("ArrowDown", 6), ("ArrowDown", 7), ("ArrowUp", 6), ("Home", 0), ("End", len(run()) - 1)):
        shown.page.keyboard.press(key)
        assert shown.chosen()["n"] == number
        described = shown.page.get_attribute("#list", "aria-activedescendant")
        option = shown.page.locator(f"#{described}")
        assert option.get_attribute("aria-selected") == "true"
        assert option.get_attribute("aria-posinset") == str(number + 1)
        assert option.get_attribute("aria-setsize") == str(len(run()))
        assert shown.page.evaluate("location.hash") == f"#entry={number}"
        assert shown.page.input_value("#scrubber") == str(number)
    shown.page.keyboard.press("k")
    assert shown.chosen()["n"] == len(run()) - 2


def test_entries_are_searched_and_filtered(show: Any) -> None:
    shown = show(page(run(), "a run")).ready()
    shown.page.keyboard.press("/")
    shown.page.keyboard.type("refused i-none")
    assert shown.text("#found") == f"1 of {len(run())} entries"
    shown.page.locator("#list").press("Home")
    assert shown.chosen()["code"] == "InvalidInstanceId.NotFound"
    shown.page.fill("#search", "")
    shown.page.click("summary")
    shown.page.uncheck("#kinds input[value=read]")
    assert shown.text("#found") == f"{len(run()) - len(run().of('read'))} of {len(run())} entries"


def test_what_is_clicked_in_the_picture_is_chosen(show: Any) -> None:
    shown = show(page(run(), "a run"), "#entry=0").ready()
    box = shown.page.locator("#picture").bounding_box()
    shown.page.mouse.move(box["x"] + box["width"] - 30, box["y"] + 78)
    assert "HostCrash(host='cn-hangzhou-a-h02'" in shown.text("#tip")
    shown.page.mouse.click(box["x"] + box["width"] - 30, box["y"] + 78)
    assert shown.chosen()["kind"] == "fault"


def test_the_picture_is_zoomed_and_has_two_axes(show: Any) -> None:
    shown = show(page(run(), "a run"), "#entry=40").ready()
    whole = shown.image()
    shown.page.click("#closer")
    assert shown.image() != whole
    shown.page.click("#whole")
    assert shown.image() == whole
    for control in ("#axis", "#theme"):
        before = shown.image()
        shown.page.click(control)
        assert shown.image() != before


def test_it_is_dark_where_the_user_wants_it(show: Any) -> None:
    shown = show(page(run(), "a run"), color_scheme="dark").ready()
    assert "20,23,27" in shown.pixels()
    shown.page.screenshot(path=SCREENSHOTS / "timeline-dark.png")


def test_it_is_read_on_a_phone(show: Any) -> None:
    shown = show(page(run(), "a run"), viewport={"width": 390, "height": 800}).ready()
    assert shown.page.evaluate("document.documentElement.scrollWidth") <= 390
    shown.page.screenshot(path=SCREENSHOTS / "timeline-phone.png", full_page=True)


def test_verdicts_are_marked_and_come_first(show: Any) -> None:
    shown = show(page(run(), "a run", [Mark(9, "spread: two share a host")])).ready()
    assert shown.chosen()["n"] == 9
    assert "✗ spread: two share a host" in shown.text("#entry-9")


def test_another_journal_is_taken_and_what_is_none_is_refused(show: Any, tmp_path: Path) -> None:
    shown = show(page([], "faultzone"))
    shown.page.wait_for_selector("#says:not([hidden])")
    assert shown.text("#says") == "Drop a journal here, or open one."
    written = "".join(lines(run()))
    good, cut, foreign, late = (tmp_path / f"{name}.ndjson" for name in ("good", "cut", "foreign", "late"))
    good.write_text(written, "utf-8")
    cut.write_text(written[:-20], "utf-8")
    foreign.write_text("a poem\nof two lines\n", "utf-8")
    late.write_text(written[:500] + "\n" + written[500:], "utf-8")
    shown.page.set_input_files("#open", good)
    shown.ready()
    assert shown.text("h1") == "good.ndjson"
    for path, said in (
        (foreign, "foreign.ndjson: this is not a journal: its first line is not an entry"),
        (late, "late.ndjson: line 2 is not an entry of a journal"),
    ):
        shown.page.set_input_files("#open", path)
        shown.until(f"document.getElementById('says').textContent === {json.dumps(said)}")
        assert shown.text("h1") == "good.ndjson"
    shown.page.set_input_files("#open", cut)
    shown.until("document.getElementById('title').textContent === 'cut.ndjson'")
    assert shown.text("#says") == f"The last line, {len(run())}, is cut short and left out: the run may have gone on."
    assert shown.text("#found") == f"{len(run()) - 1} entries"


def test_a_page_of_a_journal_that_was_cut_says_so(show: Any) -> None:
    shown = show(page(run(), "a run", cut=len(run()) + 1)).ready()
    assert (
        shown.text("#says") == f"The last line, {len(run()) + 1}, is cut short and left out: the run may have gone on."
    )


def test_a_journal_of_another_version_is_shown_with_what_it_has(show: Any, tmp_path: Path) -> None:
    bare = [{name: entry[name] for name in ("n", "at", "kind")} for entry in map(json.loads, lines(run()))]
    lacking = sum(entry["kind"] not in ("region", "owed", "notice") for entry in bare)
    older = tmp_path / "older.ndjson"
    later = {"n": len(bare), "at": bare[-1]["at"], "kind": "greeting", "greeting": "hello"}
    older.write_text("".join(f"{json.dumps(entry)}\n" for entry in [*bare, later]), "utf-8")
    shown = show(page([], "faultzone"))
    shown.page.set_input_files("#open", older)
    shown.ready()
    assert shown.text("#says") == (
        f"{lacking} of {len(bare) + 1} entries lack fields: another version of faultzone wrote them. "
        "A ? stands for what they lack."
    )
    for number in range(len(bare) + 1):
        shown.link(number)
        assert "undefined" not in shown.text("#list") + shown.text("#moment")
    assert "hello" in shown.text(f"#entry-{len(bare)}")


def test_a_dropped_journal_is_shown(show: Any) -> None:
    shown = show(page([], "faultzone"))
    shown.page.evaluate(
        """(text) => {
            const dropped = new DataTransfer();
            dropped.items.add(new File([text], 'dropped.ndjson'));
            const how = { dataTransfer: dropped, bubbles: true, cancelable: true };
            document.body.dispatchEvent(new DragEvent('drop', how));
        }""",
        "".join(lines(run())),
    )
    shown.ready()
    assert shown.text("h1") == "dropped.ndjson"


def test_markup_is_shown_and_never_run(show: Any) -> None:
    shown = show(page(hostile(), HOSTILE, [Mark(1, HOSTILE)])).ready()
    for number in range(len(hostile())):
        shown.link(number)
        shown.page.check("#before")
        shown.page.check("#after")
    assert shown.page.locator("img").count() == 0
    assert shown.page.locator("script").count() == 4
    assert shown.page.title().startswith("<img src=x")


def test_the_page_and_python_tell_the_same(browser: Any) -> None:
    opened = browser.new_page()
    model, words = (SOURCE.joinpath(name).read_text("utf-8") for name in ("model.js", "words.js"))
    words_at = _as_url(words)
    module = _as_url(model.replace('"./words.js"', json.dumps(words_at)))
    told = opened.evaluate(
        "async ([url, text]) => { const m = await import(url); return m.fold(m.parse(text).entries) }",
        [module, "".join(lines(run()))],
    )
    ours = tracks(run())
    for name, spans in (
        ("instances", ours.instances),
        ("events", ours.events),
        ("runs", ours.runs),
        ("hosts", ours.lost),
        ("faults", ours.faults),
    ):
        assert [(each["id"], each["from"], each["to"], each["state"]) for each in told[name]] == [
            (span.id, span.start, span.end, span.state) for span in spans
        ], name
    assert [each["host"] for each in told["instances"]] == [span.host for span in ours.instances]
    assert [(each["at"], each["balance"]) for each in told["bills"]] == next(iter(ours.bills.values()))
    lengths = [*range(0, 200_000, 997), *range(0, 10**12, 10**12 // 99)]
    assert opened.evaluate(
        "async ([url, given]) => { const m = await import(url); return given.map(m.inWords) }", [words_at, lengths]
    ) == [in_words(length) for length in lengths]
    opened.close()


def _as_url(module: str) -> str:
    return "data:text/javascript;base64," + base64.b64encode(module.encode()).decode()


def test_the_bundle_is_made_anew_with_the_same_bytes(tmp_path: Path) -> None:
    if shutil.which("npm") is None:
        pytest.skip("there is no npm")
    subprocess.run([ROOT / "scripts/bundle", tmp_path], check=True, capture_output=True, timeout=10 * PATIENCE)
    for name in ("pages/timeline.js", "pages/timeline.licenses.txt", "serve/console.js"):
        kept = ROOT / "harness/faultzone" / name
        assert (tmp_path / kept.name).read_bytes() == kept.read_bytes(), "run scripts/bundle and commit what it writes"
