"""What is shown of long work: on a terminal, where tqdm is installed; else nothing."""

from __future__ import annotations

import io
import sys

import pytest

from faultzone.substrate.docker.progress import Growing, shown


class Terminal(io.StringIO):
    """A standard error that is a terminal, or none."""

    def __init__(self, *, is_one: bool = True) -> None:
        super().__init__()
        self._is_one = is_one

    def isatty(self) -> bool:
        return self._is_one


def work() -> None:
    with shown("packages", 3, "packages") as done:
        for _ in range(3):
            done()
    hosts = Growing("hosts", "hosts")
    hosts.begin()
    hosts.begin()
    hosts.end()
    hosts.end()
    hosts.begin()
    hosts.end()


def test_work_is_shown_on_a_terminal_and_leaves_nothing_there(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tqdm")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    work()
    told = terminal.getvalue()
    for wanted in ("packages:   0%", "0/3", "hosts:   0%", "0/2"):
        assert wanted in told
    # The last that is written clears the line.
    assert told.rpartition("\r")[2] == ""
    assert set(told.split("\r")[-2]) == {" "}


def test_nothing_is_written_where_no_terminal_is(monkeypatch: pytest.MonkeyPatch) -> None:
    other = Terminal(is_one=False)
    monkeypatch.setattr(sys, "stderr", other)
    work()
    assert other.getvalue() == ""


def test_nothing_is_written_without_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setitem(sys.modules, "tqdm", None)
    work()
    assert terminal.getvalue() == ""
