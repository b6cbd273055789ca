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


def test_of_many_names_the_first_are_told() -> None:
    ignored: Ignored = {}
    note(ignored, "RunInstances", [f"Name{number}" for number in range(12)])
    (line,) = lines(ignored)
    assert line.endswith("RunInstances Name8, RunInstances Name9 and 2 more")
