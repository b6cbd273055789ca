"""A page of a timeline in a browser."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from tests.quality.sources import ROOT
from tests.support.patience import PATIENCE

SCREENSHOTS: Final = ROOT / ".build/pages"


class Shown:
    """A page in the browser, with what went wrong in it and what it asked for."""

    def __init__(self, browser: Any, path: Path, link: str = "", **options: Any) -> None:
        self.page = browser.new_page(**{"viewport": {"width": 1400, "height": 900}, **options})
        self.page.set_default_timeout(1000 * PATIENCE)
        self.wrong: list[str] = []
        self.asked: list[str] = []
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("console", lambda said: self.wrong.append(said.text))
        self.page.on("dialog", lambda dialog: self.wrong.append(dialog.message))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(f"file://{path}{link}")

    def ready(self) -> Shown:
        """Wait until the picture is drawn."""
        self.page.wait_for_selector("#picture[data-ready]", state="attached")
        return self

    def until(self, condition: str) -> None:
        """Wait until a condition holds; the page itself lets nobody evaluate text."""
        for _ in range(round(20 * PATIENCE)):
            if self.page.evaluate(condition):
                return
            self.page.wait_for_timeout(50)
        pytest.fail(f"{condition} did not come true")

    def link(self, number: int) -> None:
        """Follow the link to an entry."""
        self.page.evaluate(f"location.hash = '#entry={number}'")
        self.until(f"document.getElementById('entry').textContent.includes('\"n\": {number},')")

    def image(self) -> str:
        """The picture, once it is drawn."""
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return str(self.page.evaluate("document.getElementById('picture').toDataURL()"))

    def text(self, selector: str) -> str:
        return str(self.page.inner_text(selector))

    def chosen(self) -> dict[str, Any]:
        """The chosen entry."""
        found: dict[str, Any] = json.loads(self.page.inner_text("#entry"))
        return found

    def pixels(self) -> set[str]:
        """The colours of the picture."""
        return set(
            self.page.evaluate("""() => {
                const canvas = document.getElementById('picture');
                const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
                const found = new Set();
                for (let at = 0; at < data.length; at += 4) found.add(`${data[at]},${data[at + 1]},${data[at + 2]}`);
                return [...found];
            }""")
        )
