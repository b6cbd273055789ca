"""The report of pytest-html, with what the plugin adds to it."""

from __future__ import annotations

import base64
import html
import json
import re
from typing import Any

import pytest

pytestmark = pytest.mark.slow

TESTS = """
    import pytest

    def test_fails(region):
        region.run_instances(1)
        assert region.instances == []

    @pytest.fixture
    def broken(region):
        region.run_instances(1)
        raise ValueError("a fixture that fails")

    def test_is_not_set_up(broken):
        pass

    def test_passes(region):
        region.run_instances(1)

    def test_fails_without_a_region():
        assert 1 == 2
"""


def run(pytester: pytest.Pytester, *options: str) -> dict[str, dict[str, Any]]:
    """The rows of the report, by the name of the test."""
    pytest.importorskip("pytest_html")
    pytester.makepyfile(test_it=TESTS)
    pytester.runpytest_subprocess("--html=report/it.html", *options).assert_outcomes(passed=1, failed=2, errors=1)
    written = (pytester.path / "report/it.html").read_text("utf-8")
    found = re.search(r'data-jsonblob="([^"]*)"', written)
    assert found is not None
    rows = json.loads(html.unescape(found[1]))["tests"]
    return {name.partition("::")[2]: row[0] for name, row in rows.items()}


def extras(row: dict[str, Any]) -> dict[str, str]:
    return {each["name"]: each["content"] for each in row["extras"]}


@pytest.mark.parametrize("workers", [(), ("-p", "xdist", "-n", "2")])
def test_a_failed_test_has_its_picture_its_journal_and_its_explanation(
    pytester: pytest.Pytester, workers: tuple[str, ...]
) -> None:
    rows = run(pytester, "--faultzone-timeline=retain-on-failure", *workers)
    for name in ("test_fails", "test_is_not_set_up"):
        kept = extras(rows[name])
        picture, journal, page = (
            (pytester.path / "report" / kept[each]).read_text("utf-8")
            for each in ("timeline", "journal", "timeline page")
        )
        assert picture.startswith("<svg ")
        rights = {(pytester.path / "report" / each).stat().st_mode & 0o777 for each in kept.values()}
        assert rights == {0o600}, "its owner alone can read what was attached"
        assert "RunInstances" in journal
        assert [json.loads(line)["n"] for line in journal.splitlines()] == list(range(journal.count("\n")))
        assert page.startswith("<!doctype html>")
        assert "again     pytest test_it.py::test_" in html.unescape(rows[name]["log"])
    wanted = r"E   AssertionError: assert \[Instance\('(i-\w+)'\)\] == \[\]\nE     only left: \1\n"
    assert re.search(wanted, html.unescape(rows["test_fails"]["log"]))
    assert extras(rows["test_passes"]) == extras(rows["test_fails_without_a_region"]) == {}


def test_a_report_in_one_file_has_it_too(pytester: pytest.Pytester) -> None:
    kept = extras(run(pytester, "--self-contained-html")["test_fails"])
    for name, begins in (("timeline", "<svg "), ("journal", '{"n":0,')):
        kind, _, content = kept[name].partition(";base64,")
        assert kind.startswith("data:")
        assert base64.b64decode(content).decode().startswith(begins)


def test_nothing_of_it_is_imported_where_it_is_not_asked_for(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import sys

        def test_it(region):
            assert False

        def test_that():
            assert "pytest_faultzone.html" not in sys.modules
    """)
    pytester.runpytest_subprocess().assert_outcomes(passed=1, failed=1)


def test_without_the_plugin_its_option_is_unknown_and_nothing_else_is_missed(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(region):\n    assert region.instances\n")
    pytester.runpytest_subprocess("-p", "no:html").assert_outcomes(failed=1)
