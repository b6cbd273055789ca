"""The names that no edition has, as the end of a run tells of them."""

from __future__ import annotations

from faultzone.journal.ignored import Ignored, lines, note


def test_a_name_that_is_no_text_is_told_escaped() -> None:
    ignored: Ignored = {}
    note(ignored, "RunInstances", ["Colour", "\ud800x", "\x1b[31m", "颜色", "Colour"])
    assert list(lines(ignored)) == [
        "ignored, since no edition has it: RunInstances Colour, RunInstances \\ud800x, RunInstances \\x1b[31m, "
        "RunInstances 颜色"
    ]
