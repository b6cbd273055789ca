"""Where clients are installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients import homes


@pytest.fixture(autouse=True)
def nothing_was_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(homes, "_tried", {})


def test_a_directory_is_made_once_for_the_same_wishes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, made = tmp_path / "home", list[str]()

    def make() -> None:
        folder.mkdir()
        made.append("made")

    for wanted in ("one", "one", "two"):
        monkeypatch.setattr(homes, "_tried", {})
        assert homes._once(folder, wanted, make) == ""
    assert made == ["made", "made"]


def test_what_cannot_be_installed_says_why_and_is_tried_once(tmp_path: Path) -> None:
    tried = list[int]()

    def fail() -> None:
        tried.append(1)
        subprocess.run([sys.executable, "-c", "raise SystemExit(7)"], check=True)

    for _ in range(2):
        assert "exit status 7" in homes._once(tmp_path / "home", "it", fail)
    assert tried == [1]
    assert not (tmp_path / "home" / "installed").exists()


def test_what_is_not_there_says_so() -> None:
    assert homes.Machine("there-is-no-such-program").install() == "`there-is-no-such-program` is not on the PATH"
    assert "not in this environment" in homes.Here("there_is_no_such_module").install()
    assert homes.Here("pytest").install() == ""


def test_versions_are_those_that_are_installed() -> None:
    assert homes.Here("pytest").version("pytest") == pytest.__version__
    told = ".".join(map(str, sys.version_info[:3]))
    assert homes.Machine(sys.executable).version("python").startswith(told)
