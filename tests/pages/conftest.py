"""Chromium, for the tests of pages as a user sees them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.pages.shown import Shown


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A browser with which pages are opened."""
    api = pytest.importorskip("playwright.sync_api")
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.fail("there is no Chromium: install it (Debian: apt install chromium)")
    with api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def show(browser: Any, tmp_path: Path) -> Iterator[Any]:
    opened: list[Shown] = []

    def shown(made: str, link: str = "", **options: Any) -> Shown:
        path = tmp_path / "run.html"
        path.write_text(made, "utf-8")
        opened.append(Shown(browser, path, link, **options))
        return opened[-1]

    yield shown
    for each in opened:
        each.page.close()
        assert each.wrong == []
        assert [url for url in each.asked if not url.startswith("file://")] == []
