"""What it takes to see a long run: its page is written, opened in Chromium, drawn at three zoom levels, and searched.

Beside the picture's frames stands a canvas of the same size that is only cleared, in the same browser. Without
Playwright or Chromium, only the writing is measured.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from benchmarks.measure import Row, Sizes
from faultzone.journal.journal import Entry
from faultzone.pages.timeline import Run, page

CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
INSTALLED: Final = find_spec("playwright") is not None and CHROMIUM is not None
#: Milliseconds of a frame.
FRAME: Final = 50.0
#: Of a run with so many entries: seconds to write its page, and until it is drawn.
_TARGETS: Final = {10_000: (1.0, 1.0), 200_000: (10.0, 3.0)}
_FRAMES: Final = """async () => {
    const canvas = document.getElementById('picture'), frame = document.getElementById('frame');
    const taken = [];
    for (let at = 0; at < 20; at += 1) {
        frame.scrollTop = at * 7;
        frame.dispatchEvent(new Event('scroll'));
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        taken.push(Number(canvas.dataset.frame));
    }
    return Math.max(...taken);
}"""
_BLANK: Final = """async () => {
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width: 1400, height: 600 });
    document.body.append(canvas);
    const context = canvas.getContext('2d');
    const taken = [];
    for (let at = 0; at < 20; at += 1) {
        const began = performance.now();
        context.fillStyle = at % 2 ? '#fff' : '#000';
        context.fillRect(0, 0, 1400, 600);
        taken.push(performance.now() - began);
        await new Promise((done) => requestAnimationFrame(done));
    }
    return Math.max(...taken);
}"""


def journal(count: int) -> list[Entry]:
    """A run of so many entries, the same each time: launches, moves, reads, refusals, events and money."""
    chance = random.Random(1)
    hosts = [f"cn-hangzhou-{zone}-h{number:02}" for zone in "ab" for number in range(1, 31)]
    entries = [Entry(0, 0, "region", {"backend": "memory", "regions": ["cn-hangzhou"], "edition": "2020-12"})]
    where: dict[str, str] = {}
    at = 0
    for number in range(1, count):
        at += chance.randrange(4000)
        kind, data = "read", {"action": "DescribeInstances", "parameters": {"PageSize": 100}, "total": len(where)}
        drawn = chance.random()
        instance = (
            f"i-bp{number:017x}" if not where or (drawn < 0.05 and len(where) < 1000) else chance.choice([*where])
        )
        if instance not in where or drawn < 0.5:
            if instance not in where or drawn < 0.1:
                where[instance] = chance.choice(hosts)
            state = chance.choice(("Running", "Stopped", "Starting", "Stopping"))
            kind, data = "transition", {"instance": instance, "from": "", "to": state, "host": where[instance]}
        elif drawn < 0.6:
            state = chance.choice(("Scheduled", "Executing", "Executed", "Executed"))
            about = {"type": "SystemFailure.Reboot", "instance": instance, "from": None, "to": state}
            kind, data = "event", {"event": f"e-{chance.randrange(99)}", **about, "not_before": at + 5000}
        elif drawn < 0.65:
            kind, data = "refusal", {"action": "RunInstances", "parameters": {}, "code": "OperationDenied.NoStock"}
        elif drawn < 0.7:
            kind, data = "bill", {"account": "1", "what": "charge", "amount": "1", "balance": str(10**6 - number)}
        entries.append(Entry(number, at, kind, data))
    return entries


def measure(sizes: Sizes) -> Iterator[Row]:
    """The figures of a long run, and of one twenty times as long."""
    for count in (sizes.filled, 20 * sizes.filled):
        entries = journal(count)
        targets = _TARGETS.get(count, (None, None))
        began = perf_counter()
        made = page(entries, "a long run")
        yield Row(f"page of {count} entries: written", perf_counter() - began, "s", targets[0])
        if INSTALLED:
            yield from _shown(made, f"page of {count} entries", targets[1])
            # Another run that lacks one entry in the midst.
            other = Run([*entries[: count // 2], *entries[count // 2 + 1 :]], "another run")
            yield from _shown(page(entries, "a long run", (), other), f"page of two runs of {count} entries", None)


def _shown(made: str, what: str, target: float | None) -> Iterator[Row]:
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder, "run.html")
        path.write_text(made, "utf-8")
        browser: Any = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        about = f"{what} in Chromium {browser.version}"
        opened = browser.new_page(viewport={"width": 1400, "height": 900})
        began = perf_counter()
        opened.goto(f"file://{path}")
        opened.wait_for_selector("#picture[data-ready]", state="attached", timeout=120_000)
        yield Row(f"{about}: ready", perf_counter() - began, "s", target)
        blank = opened.evaluate(_BLANK)
        for zoomed in (1, 16, 256):
            yield Row(
                f"{about}: worst frame, zoomed {zoomed} times",
                max(opened.evaluate(_FRAMES), 0.1),
                "ms",
                FRAME,
                {"a blank canvas": max(blank, 0.1)},
            )
            for _ in range(4):
                opened.click("#closer")
        browser.close()
