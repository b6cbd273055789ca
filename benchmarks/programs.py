"""Programs that take a region for the cloud: what TLS costs a request, and how soon a program begins."""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from statistics import median
from typing import Final

from benchmarks.measure import MICRO, MILLI, Row, Sizes, installed
from benchmarks.wire import cpu_seconds, exchange, free_port, pinned, signed, started, up

_CONNECTIONS: Final = 16
_BATCHES: Final = 6
_HEALTH: Final = b"GET /_faultzone/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
_CERTIFICATE: Final = b"GET /_faultzone/ca.pem HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
#: What has a server use the loop of the standard library, though there is a faster one.
_WITHOUT: Final = "import sys; sys.modules['uvloop'] = None; from faultzone.cli.main import main; sys.exit(main())"
_RUN: Final = [sys.executable, "-m", "faultzone.cli.main", "run", "--", "true"]
_READY: Final = "`faultzone up`"


def _command(port: int, loop: str) -> list[str]:
    """The command that serves a region on a port and a loop."""
    return up(port) if loop == "uvloop" else [sys.executable, "-c", _WITHOUT, *up(port)[3:]]


def _ask(connections: Sequence[socket.socket], requests: Sequence[bytes]) -> None:
    """Send the requests, as many at a time as there are connections, and read the answers."""
    for first in range(0, len(requests), len(connections)):
        busy = list(zip(connections, requests[first : first + len(connections)], strict=False))
        for connection, request in busy:
            connection.sendall(request)
        for connection, _ in busy:
            answer = http.client.HTTPResponse(connection)
            answer.begin()
            body = answer.read()
            assert answer.status == 200, body


def _connected(port: int, trusting: ssl.SSLContext | None, ends: ExitStack) -> list[socket.socket]:
    """Connections that have had an answer each, over TLS where there is what they trust."""
    made = []
    for _ in range(_CONNECTIONS):
        connection = socket.create_connection(("127.0.0.1", port), timeout=30)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if trusting is not None:
            connection = trusting.wrap_socket(connection, server_hostname="127.0.0.1")
        made.append(ends.enter_context(connection))
        _ask([connection], [_HEALTH])
    return made


def _processor(loop: str, load: int) -> tuple[float, float]:
    """The processor seconds of the server for a signed request, plainly and over TLS; both take turns."""
    port = free_port()
    trusting = ssl.create_default_context()
    used: list[list[float]] = [[], []]
    with started(_command(port, loop), port, signed("DescribeRegions")) as (process, _):
        trusting.load_verify_locations(cadata=exchange(port, _CERTIFICATE).decode())
        with pinned(process):
            for _ in range(_BATCHES):
                for context, taken in zip((None, trusting), used, strict=True):
                    requests = [signed("DescribeInstances") for _ in range(load)]
                    with ExitStack() as ends:
                        connections = _connected(port, context, ends)
                        before = cpu_seconds(process.pid)
                        _ask(connections, requests)
                        taken.append((cpu_seconds(process.pid) - before) / load)
    plain, secure = (median(each[1:]) for each in used)  # The first of each warms it up.
    return plain, secure


def _starts(rounds: int) -> tuple[float, float]:
    """The seconds of `run -- true`, and of `up` to its first answer; they take turns."""
    ran, ready = [], []
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for _ in range(rounds):
        begun = time.perf_counter()
        subprocess.run(_RUN, check=True, env=environment)
        ran.append(time.perf_counter() - begun)
        port = free_port()
        with started(up(port), port, signed("DescribeRegions")) as (_, until_first):
            ready.append(until_first)
    return median(ran), median(ready)


def measure(sizes: Sizes) -> Iterator[Row]:
    """TLS beside plain HTTP on both loops, and the start of a program."""
    load = 8 * sizes.calls
    for loop in ("uvloop", "asyncio"):
        if loop == "asyncio" or installed("uvloop"):
            plain, secure = _processor(loop, load)
            yield Row(f"processor time of TLS in a request, {loop}", (secure - plain) * MICRO, "us", difference=True)
            yield Row(f"of a request over TLS, {loop}", secure * MICRO, "us", None, {"plain": plain * MICRO})
    ran, ready = _starts(sizes.processes)
    yield Row("`faultzone run -- true`", ran * MILLI, "ms", None, {_READY: ready * MILLI})
    yield Row(f"in times of {_READY} to its first answer", ran / ready, "x", 1.5)
