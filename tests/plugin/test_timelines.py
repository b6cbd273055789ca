from __future__ import annotations

import base64
import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest

TESTS = """
def test_bad(region):
    region.run_instances(1)
    region.chaos.crash("cn-hangzhou-a-h01")
    assert region.instances == []

def test_good(region):
    region.run_instances(1)

def test_bare():
    pass
"""


def _about(page: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    made = page.read_text("utf-8")
    about = re.search(r'id="about-run">(.*?)</script>', made)
    carried = re.search(r'id="journal">(.*?)</script>', made)
    assert about is not None
    assert carried is not None
    entries = gzip.decompress(base64.b64decode(carried[1])).decode().splitlines()
    return json.loads(about[1]), [json.loads(line) for line in entries]


def test_the_page_of_a_failed_test_is_kept_and_named(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it=TESTS)
    result = pytester.runpytest_inprocess("--faultzone-timeline=retain-on-failure")
    (page,) = pytester.path.rglob("*.html")
    assert page.relative_to(pytester.path).as_posix() == "faultzone-timelines/main/test_it.py_test_bad-1.html"
    result.stdout.fnmatch_lines([f"timeline  {page.relative_to(pytester.path)}"])
    about, entries = _about(page)
    (mark,) = about["marks"]
    assert about["title"] == "test_it.py::test_bad"
    assert "assert [Instance(" in mark["text"]
    # It has what came after the failure too.
    assert [entry["kind"] for entry in entries if entry["n"] > mark["n"]] == ["undo"]
    assert page.stat().st_mode & 0o77 == 0


def test_the_pages_of_all_tests_lie_beside_their_journals(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it=TESTS)
    pytester.runpytest_inprocess("--faultzone-timeline=on", "--faultzone-journal=out")
    pages = sorted(path.with_suffix("").name for path in pytester.path.rglob("*.html"))
    assert pages == sorted(path.with_suffix("").name for path in (pytester.path / "out/main").glob("*.ndjson"))
    assert len(pages) == 2


def test_the_page_of_a_shared_region_has_the_failures_of_all_tests(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.fixture(scope="module")
        def shared(make_region):
            return make_region()

        @pytest.mark.parametrize("number", range(2))
        def test_it(shared, number):
            shared.run_instances(1)
            assert number == 9
    """)
    pytester.runpytest_inprocess("--faultzone-timeline=retain-on-failure")
    (page,) = pytester.path.rglob("*.html")
    about, entries = _about(page)
    first, second = about["marks"]
    assert [first["text"], second["text"]] == ["assert 0 == 9", "assert 1 == 9"]
    assert first["n"] < second["n"] == entries[-1]["n"]


def test_a_journal_without_an_entry_gets_no_page(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        def test_it(region):
            region.journal.entries.clear()
            assert False
    """)
    pytester.runpytest_inprocess("--faultzone-timeline=on", "--faultzone-checkers=none").assert_outcomes(failed=1)
    assert list(pytester.path.rglob("*.html")) == []


def test_no_page_is_made_unasked(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(TESTS)
    pytester.runpytest_inprocess()
    assert list(pytester.path.rglob("*.html")) == []


def test_a_wrong_word_is_refused(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nfaultzone_timeline = sometimes\n")
    result = pytester.runpytest_inprocess()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*faultzone_timeline='sometimes': expected 'on' or 'off' or 'retain-on-failure'*"])
