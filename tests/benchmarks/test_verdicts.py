"""The verdicts by backend: what a run says is counted, and the page shows what was recorded."""

from __future__ import annotations

import json

import pytest

from benchmarks.verdicts import BACKENDS, COLUMNS, PAGE, RECORDED, page, read, table
from faultzone import editions

OF_ALL = """\
============== faultzone: clauses by edition ===============
edition              asserted  deviating  not implemented  undecided  not supported  not asserted  untestable
2019-02                   339          0                0          0              2             0           6
2026-10                   676          1                0          0              0             0           6
12 passed in 1.00s
"""
OF_ONE = """\
chapter              asserted  deviating  not implemented  undecided  not supported  not asserted  untestable
deployment-set             63          0                0          0              1             0           2
event                      75          2                0          0              0             0           1
"""


def test_a_run_of_all_editions_is_counted_by_edition() -> None:
    assert read(OF_ALL) == {"2019-02": [339, 0, 0, 0, 2, 0, 6], "2026-10": [676, 1, 0, 0, 0, 0, 6]}


def test_a_run_of_one_edition_is_the_sum_of_its_chapters() -> None:
    assert read(OF_ONE, "2020-12") == {"2020-12": [138, 2, 0, 0, 1, 0, 3]}


def test_a_run_without_a_summary_is_no_record() -> None:
    with pytest.raises(ValueError, match="no summary: it broke"):
        read("it broke")


def test_the_page_has_a_row_for_each_backend_and_edition() -> None:
    recorded = {"memory": {"taken": "2026-11-30", "editions": read(OF_ALL)}}
    shown = page("a\n<!-- verdicts -->\nold\n<!-- end of verdicts -->\nb\n", recorded)
    assert shown == f"a\n<!-- verdicts -->\n{table(recorded)}<!-- end of verdicts -->\nb\n"
    assert "| `memory` | 2026-10 | 676 | 1 | 0 | 0 | 0 | 0 | 6 |" in shown
    assert "`memory` on 2026-11-30" in shown


def test_the_page_shows_what_was_recorded() -> None:
    recorded = json.loads(RECORDED.read_text("utf-8"))
    assert {*recorded} <= {*BACKENDS}
    for each in recorded.values():
        assert tuple(each["editions"]) == tuple(editions.names())
        assert {len(counts) for counts in each["editions"].values()} == {len(COLUMNS)}
    text = PAGE.read_text("utf-8")
    assert text == page(text, recorded), "make it anew: python -m benchmarks.verdicts BACKEND"
