"""What a console costs its endpoint: the processor time of requests, with nobody and with three who look on.

A thousand instances; a hundred changes a second, spread over it as clients do, and as many reads as the endpoint can
answer meanwhile. The readers of the stream take turns with nobody, so that what else the machine does meets both.

And what the page takes in Chromium: how long its frames are while the same changes come in, beside those of a blank
canvas, in the same browser and under the same changes. Without Playwright or Chromium, this is left out.
"""

from __future__ import annotations

import json
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from statistics import median
from typing import Any, Final

from benchmarks.measure import MICRO, MILLI, Row, Sizes
from benchmarks.pages import CHROMIUM, FRAME, INSTALLED
from benchmarks.wire import cpu_seconds, exchange, free_port, pinned, rate, signed, started, up

_TOKEN = "console"
_CHANGES_A_SECOND = 100
_READERS = 3
#: Seconds for which frames are watched.
_WATCHED = 5
_FRAMES: Final = """async (seconds) => {
    const next = () => new Promise((done) => requestAnimationFrame(done));
    let last = await next();
    const until = last + seconds * 1000, taken = [];
    while (last < until) {
        const at = await next();
        taken.push(at - last);
        last = at;
    }
    return taken;
}"""
_CANVAS: Final = """() => {
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width: 1400, height: 900 });
    document.body.append(canvas);
    const context = canvas.getContext('2d');
    let even = false;
    const draw = () => {
        context.fillStyle = (even = !even) ? '#fff' : '#000';
        context.fillRect(0, 0, 1400, 900);
        requestAnimationFrame(draw);
    };
    draw();
}"""
#: Changes between two reads' bursts, and the reads of a burst.
_TOGETHER = 10


@contextmanager
def _reading(port: int) -> Iterator[None]:
    """A reader of the stream, which throws away what it is told."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        head = f"GET /_faultzone/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nx-faultzone-token: {_TOKEN}\r\n\r\n"
        connection.sendall(head.encode())
        if b" 200 " not in connection.recv(1 << 16):
            raise RuntimeError("the stream is refused")

        def read() -> None:
            try:
                while connection.recv(1 << 16):
                    pass
            except OSError:
                return

        thread = threading.Thread(target=read)
        thread.start()
        yield
        connection.shutdown(socket.SHUT_RDWR)
        thread.join()


def _launched(port: int, instances: int) -> list[str]:
    launch = {"ImageId": "centos_7_06_64_20G_alibase_20190218.vhd", "InstanceType": "ecs.g5.large"}
    ids: list[str] = []
    while len(ids) < instances:
        amount = str(min(100, instances - len(ids)))
        answer = json.loads(exchange(port, signed("RunInstances", Amount=amount, **launch)))
        ids += answer["InstanceIdSets"]["InstanceIdSet"]
    return ids


def _used(process: subprocess.Popen[str], port: int, ids: Sequence[str], changes: int, reads: int) -> float:
    """Processor seconds for each request of so many changes, with as many reads between two bursts of them."""
    asked = 0
    before, begun = cpu_seconds(process.pid), time.perf_counter()
    for number in range(0, changes, _TOGETHER):
        burst = [
            signed("ModifyInstanceAttribute", InstanceId=ids[n % len(ids)], InstanceName=f"web-{n}")
            for n in range(number, min(number + _TOGETHER, changes))
        ]
        burst += [signed("DescribeInstances", InstanceIds=json.dumps([ids[n % len(ids)]])) for n in range(reads)]
        _, statuses = rate(port, burst, 4)
        assert set(statuses) == {200}, statuses
        asked += len(burst)
        time.sleep(max(0.0, begun + (number + _TOGETHER) / _CHANGES_A_SECOND - time.perf_counter()))
    return (cpu_seconds(process.pid) - before) / asked


@contextmanager
def _changing(port: int, ids: Sequence[str]) -> Iterator[None]:
    """A hundred changes a second, until the block ends."""
    ended = threading.Event()

    def change() -> None:
        number, begun = 0, time.perf_counter()
        while not ended.wait(max(0.0, begun + number / _CHANGES_A_SECOND - time.perf_counter())):
            burst = [
                signed("ModifyInstanceAttribute", InstanceId=ids[n % len(ids)], InstanceName=f"now-{n}")
                for n in range(number, number + _TOGETHER)
            ]
            rate(port, burst, 1)
            number += _TOGETHER

    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _frames(port: int, ids: Sequence[str]) -> Iterator[Row]:
    """The longest frame of the page, and of a blank canvas: what passes between two of its frames."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser: Any = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        blank = browser.new_page(viewport={"width": 1400, "height": 900})
        blank.evaluate(_CANVAS)
        with _changing(port, ids):
            beside, beside_busy = _watched(blank)
            blank.close()
            console = browser.new_page(viewport={"width": 1400, "height": 900})
            console.goto(f"http://127.0.0.1:{port}/#token={_TOKEN}")
            console.locator("[data-kind=instance]").nth(len(ids) - 1).wait_for(timeout=60_000)
            console.locator("#break [data-fault]").first.wait_for()
            console.wait_for_timeout(2_000)  # It is drawn for the first time.
            before = console.inner_text("#found")
            taken, busy = _watched(console)
            assert console.inner_text("#found") != before, "the console followed no change"
        about = f"console with {len(ids):,} instances and 100 changes a second in Chromium {browser.version}"
        yield Row(f"{about}: worst frame", max(taken), "ms", FRAME, {"a blank canvas": max(beside)})
        yield Row("the same: a frame in the middle", median(taken), "ms", None, {"a blank canvas": median(beside)})
        yield Row("the same: processor time of the page in a second", busy, "ms", None, {"a blank canvas": beside_busy})
        browser.close()


def _watched(page: Any) -> tuple[list[float], float]:
    """The milliseconds of each frame of a page for some seconds, and of the processor's in a second."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})

    def used() -> float:
        metrics = {each["name"]: each["value"] for each in devtools.send("Performance.getMetrics")["metrics"]}
        return float(metrics["TaskDuration"]) * MILLI

    before = used()
    taken: list[float] = page.evaluate(_FRAMES, _WATCHED)
    return taken, (used() - before) / _WATCHED


def measure(sizes: Sizes) -> Iterator[Row]:
    """The figures, for changes alone and for changes among many reads."""
    instances = min(1_000, sizes.filled)
    port = free_port()
    with started([*up(port), "--token", _TOKEN], port, signed("DescribeRegions")) as (process, _), pinned(process):
        ids = _launched(port, instances)
        if INSTALLED:
            yield from _frames(port, ids)
        for reads, what in ((0, "a change, 100 a second"), (90, "a request, 100 changes and 900 reads a second")):
            changes = min(200, 20 * sizes.calls)
            without, with_readers = [], []
            _used(process, port, ids, _TOGETHER, reads)
            for _ in range(max(1, min(5, sizes.batches))):
                without.append(_used(process, port, ids, changes, reads))
                with ExitStack() as stack:
                    for _ in range(_READERS):
                        stack.enter_context(_reading(port))
                    time.sleep(1.0)  # Each is told everything first, once.
                    with_readers.append(_used(process, port, ids, changes, reads))
            alone, watched = median(without), median(with_readers)
            yield Row(f"processor time of {what}, among {instances:,}", alone * MICRO, "us")
            yield Row("the same with three consoles", watched * MICRO, "us")
            yield Row("the same, over that without one", watched / alone, "x", 1.1)
