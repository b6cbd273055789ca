"""Two runs beside each other: in Chromium."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from faultzone import make_region
from faultzone.journal.journal import Journal, lines
from faultzone.pages.compare import first_difference
from faultzone.pages.timeline import Run, page
from tests.pages.shown import SCREENSHOTS, Shown
from tests.support.runs import HOSTILE, busy, hostile

pytestmark = [pytest.mark.pages, pytest.mark.slow]

DROP: Final = """(files) => {
    const dropped = new DataTransfer();
    for (const [name, text] of files) dropped.items.add(new File([text], name));
    document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: dropped, bubbles: true, cancelable: true }));
}"""


@cache
def run() -> Journal:
    return busy()


@cache
def other() -> Journal:
    return busy(stumbles=True)


def both(show: Any, **options: Any) -> Shown:
    shown: Shown = show(page(run(), "before", (), Run(other(), "after")), **options).ready()
    shown.page.wait_for_selector("#picture-other[data-ready]", state="attached")
    return shown


def entry(shown: Shown, which: str = "entry-other") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shown.text(f"#{which}"))
    return found


def test_the_first_difference_is_told_chosen_and_marked(show: Any) -> None:
    shown = both(show)
    found = first_difference(list(run()), list(other()))
    assert found is not None
    assert found[1] is not None
    assert found[1].kind == "refusal"
    assert shown.text("#difference") == (
        f"The first difference: before has nothing there; after has entry {found[1].number}: "
        "StopInstance(InstanceId='i-none') refused: InvalidInstanceId.NotFound."
    )
    assert entry(shown)["n"] == found[1].number
    assert shown.text("#entry") == "before has no entry here."
    assert "≠ only in after: StopInstance" in shown.text(f"#entry-{found[1].number}")
    assert shown.text("h1") == "before | after"
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    shown.page.screenshot(path=SCREENSHOTS / "timeline-two.png")


def test_places_are_walked_by_keyboard_and_both_runs_follow(show: Any) -> None:
    shown = both(show)
    first = entry(shown)["n"]
    shown.page.keyboard.press("j")
    # What comes after the difference is the same again, with other numbers.
    assert entry(shown, "entry")["n"] == first
    assert entry(shown)["n"] == first + 1
    line = shown.page.locator(f"#{shown.page.get_attribute('#list', 'aria-activedescendant')}")
    assert line.get_attribute("aria-selected") == "true"
    assert f"{first} | {first + 1}" in line.inner_text()
    assert f"{first} | {first + 1}, " in str(shown.page.get_attribute("#scrubber", "aria-valuetext"))
    shown.page.focus("#list")
    shown.page.keyboard.press("Home")
    assert entry(shown, "entry")["n"] == entry(shown)["n"] == 0
    shown.page.keyboard.press("d")
    assert entry(shown)["n"] == first
    assert shown.page.evaluate("location.hash") == f"#other={first}"
    shown.page.click("#one-run")
    assert shown.text("#found") == f"{len(run())} entries"
    assert not shown.page.is_visible("#compared")
    assert not shown.page.is_visible("#frame-other")


def test_differences_alone_are_listed(show: Any) -> None:
    shown = both(show)
    shown.page.check("#differing")
    # The list is drawn with the next frame.
    shown.page.wait_for_selector("#list .differs")
    count = shown.page.locator("#list .differs").count()
    assert count > 1
    assert shown.text("#found").startswith(f"{count} of ")
    assert shown.page.locator("#list .entry:not(.differs)").count() == 0
    shown.page.fill("#search", "DeleteInstance")
    shown.page.locator("#list .differs").nth(1).wait_for(state="detached")
    assert shown.page.locator("#list .differs").count() == 1


def test_both_regions_are_shown_as_they_stood(show: Any) -> None:
    shown = both(show)
    shown.page.focus("#list")
    shown.page.keyboard.press("End")
    (gone,) = {each.data["instance"] for each in run().of("transition", to="Released")}
    assert gone not in shown.text("#moment")
    assert gone in shown.text("#moment-other")
    assert shown.text("#moment .run-name") == "before"
    assert shown.text("#moment-other .run-name") == "after"


def test_both_pictures_are_zoomed_and_pointed_at(show: Any) -> None:
    shown = both(show)

    def images() -> list[str]:
        shown.image()
        return [
            str(shown.page.evaluate(f"document.getElementById('{each}').toDataURL()"))
            for each in ("picture", "picture-other")
        ]

    whole = images()
    for change, undo in (("#closer", "#whole"), ("#axis", "#axis")):
        shown.page.click(change)
        changed = images()
        assert changed[0] != whole[0]
        assert changed[1] != whole[1]
        shown.page.click(undo)
        assert images() == whole
    shown.page.evaluate("document.getElementById('frame-other').scrollTop = 40")
    shown.until("document.getElementById('frame').scrollTop === 40")
    shown.page.evaluate("document.getElementById('frame').scrollTop = 0")
    shown.until("document.getElementById('frame-other').scrollTop === 0")
    box = shown.page.locator("#picture-other").bounding_box()
    shown.page.mouse.click(box["x"] + 172, box["y"] + 33)
    assert entry(shown)["n"] < 5


def test_a_second_journal_that_is_dropped_stands_beside_the_first(show: Any, tmp_path: Path) -> None:
    shown = show(page(run(), "before")).ready()
    shown.page.evaluate(DROP, [["broken.ndjson", "a poem\n"]])
    shown.until("document.getElementById('says').textContent.startsWith('broken.ndjson: this is not a journal')")
    assert shown.text("h1") == "before"
    shown.page.evaluate(DROP, [["after.ndjson", "".join(lines(other()))]])
    shown.until("document.getElementById('title').textContent === 'before | after.ndjson'")
    assert "after.ndjson has entry" in shown.text("#difference")
    shown.page.evaluate(DROP, [["one.ndjson", "".join(lines(run()))], ["two.ndjson", "".join(lines(run()))]])
    shown.until("document.getElementById('title').textContent === 'one.ndjson | two.ndjson'")
    assert shown.text("#difference") == f"No difference: both runs have the same {len(run())} entries."
    assert shown.page.is_disabled("#to-difference")
    path = tmp_path / "cut.ndjson"
    path.write_text("".join(lines(other()))[:-20], "utf-8")
    shown.page.set_input_files("#compare", path)
    shown.until("document.getElementById('title').textContent === 'one.ndjson | cut.ndjson'")
    assert shown.text("#says").startswith("The last line of cut.ndjson, ")


def test_what_regions_were_made_with_and_other_times_are_told(show: Any) -> None:
    journals = []
    for seed, pause in ((1, "1m"), (2, "2m")):
        with make_region(seed=seed) as region:
            region.clock.advance(pause)
            region.create_deployment_set("web")
            journals.append(region.journal)
    shown = show(page(journals[0], "one", (), Run(journals[1], "two"))).ready()
    assert "one and two were made with " in shown.text("#difference")
    assert "seed" in shown.text("#difference")
    with make_region(seed=1) as region:
        region.clock.advance("1m")
        at = region.clock.ms
        region.journal.append(at, "notice", {"what": "same"})
        early = list(region.journal)
    late = [each if each.kind != "notice" else each._replace(at=at + 5) for each in early]
    shown = show(page(early, "one", (), Run(late, "two"))).ready()
    assert shown.text("#difference").startswith("No difference: ")
    assert f"The times differ from entry {early[-1].number} on." in shown.text("#difference")


def test_what_is_written_in_another_order_or_by_another_is_the_same(show: Any, tmp_path: Path) -> None:
    entries = [
        each._replace(data={"name": "n\u00e4me", **dict(reversed(list(each.data.items())))}) for each in list(run())[1:]
    ]
    plain = [each._replace(data={**each.data, "name": "n\u00e4me"}) for each in list(run())[1:]]
    turned, others = tmp_path / "turned.ndjson", tmp_path / "others.ndjson"
    turned.write_text("".join(lines(entries)), "utf-8")
    others.write_text(
        "".join(json.dumps(json.loads(each), ensure_ascii=False) + "\n" for each in lines(plain)), "utf-8"
    )
    shown = show(page(plain, "before")).ready()
    for path in (turned, others):
        shown.page.set_input_files("#compare", path)
        shown.until(f"document.getElementById('title').textContent === 'before | {path.name}'")
        assert shown.text("#difference") == f"No difference: both runs have the same {len(plain)} entries."
    assert first_difference(plain, entries) is None


def test_differences_in_many_places_are_each_shown(show: Any) -> None:
    """Entries that are written with the same characters, and a long stretch that one run lacks."""
    with make_region() as region:
        for number in range(600):
            region.journal.append(region.clock.ms, "notice", {"what": f"{number:04}"})
        one = list(region.journal)
    other = [each for each in one if not 100 <= int(each.data.get("what", 0)) < 160]
    other = [
        each._replace(data={"what": each.data["what"][::-1]}) if each.number % 50 == 21 else each for each in other
    ]
    shown = show(page(one, "one", (), Run(other, "two"))).ready()
    shown.page.check("#differing")
    shown.page.wait_for_selector("#list .differs")
    changed = sum(each not in one for each in other)
    assert changed > 1
    assert shown.text("#found") == f"{len(one) - len(other) + changed} of {len(one)} places"


def test_markup_of_two_runs_is_shown_and_never_run(show: Any) -> None:
    entries = hostile()
    shown = show(page(entries, HOSTILE, (), Run(entries[:-1], HOSTILE))).ready()
    shown.page.focus("#list")
    for key in ("Home", *["ArrowDown"] * len(entries)):
        shown.page.keyboard.press(key)
    assert shown.page.locator("img").count() == 0
    assert shown.page.title().startswith("<img src=x")


@pytest.mark.parametrize(("name", "options"), [("dark", {"color_scheme": "dark"}), ("phone", {})])
def test_two_runs_are_dark_and_read_on_a_phone(show: Any, name: str, options: dict[str, Any]) -> None:
    size = {"viewport": {"width": 390, "height": 800}} if name == "phone" else {}
    shown = both(show, **options, **size)
    assert shown.page.evaluate("document.documentElement.scrollWidth") <= shown.page.evaluate("innerWidth")
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    shown.page.screenshot(path=SCREENSHOTS / f"timeline-two-{name}.png", full_page=name == "phone")
