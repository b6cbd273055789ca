"""Sessions that are killed at moments drawn from a seed, while the engine is busy, away or stands still: what is left.

Each session is a process of its own whose engine is behind a socket that can be cut and stopped. Things are counted by
their labels and, whatever their labels, by their names. `FAULTZONE_DRILLS=N` says how many sessions.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from benchmarks.measure import Row, Sizes
from benchmarks.proxy import Proxy, proxy
from faultzone.errors import HarnessError, NotSupported
from faultzone.substrate.docker import image
from faultzone.substrate.docker.cleanup import LATE_SECONDS, labels, sweep
from faultzone.substrate.docker.engine import Engine

ROOT: Final = Path(__file__).parents[1]
#: The session that is killed. It is run as a module: beside it are others that are named as what it imports.
VICTIM: Final = ("-m", "benchmarks.victim")
#: Where a process finds it and what it imports.
PATHS: Final = os.pathsep.join((str(ROOT / "harness"), str(ROOT)))
#: What the engine is like, and whether the watchdog is killed as well: then a sweep has to do its work.
KINDS: Final = ("busy", "away", "frozen", "busy, and no watchdog")
_SEED: Final = 20190223
#: Between which seconds from its start a session is killed: where it does not have to wait, it begins to make things
#: after one and has made all of them after four.
_KILL_SECONDS: Final = (0.5, 6.0)
#: For how long after that the engine is away or stands still.
_OUT_SECONDS: Final = (1.0, 5.0)
#: After so many seconds a watchdog has given up.
_END_SECONDS: Final = 150.0
#: For how long an engine that is busy may still be making what it was asked for, before a sweep.
_SETTLE_SECONDS: Final = 5.0
_LOADERS: Final = 2


@dataclass(frozen=True)
class Drill:
    """One session that is killed.

    Args:
        kind: what the engine is like.
        after: seconds after the session's start.
        lead: how many of them the engine is away before.
        out: for how many seconds it is away after that.
    """

    kind: str
    after: float
    lead: float
    out: float


@dataclass(frozen=True)
class Result:
    """What became of it.

    Args:
        kind: what the engine was like.
        process: the session's process.
        had: how much it had made when it was killed.
        left: what was left after the watchdog, or after one sweep where there was none.
        seconds: until nothing was left, from when the engine was there again.
    """

    kind: str
    process: int
    had: int
    left: tuple[str, ...]
    seconds: float


def draw(count: int, seed: int = _SEED) -> list[Drill]:
    """So many drills, of each kind in turn."""
    chance = random.Random(seed)
    return [
        Drill(
            KINDS[number % len(KINDS)],
            chance.uniform(*_KILL_SECONDS),
            chance.uniform(0, 0.5),
            chance.uniform(*_OUT_SECONDS),
        )
        for number in range(count)
    ]


def things(client: Any) -> Iterator[tuple[str, dict[str, str]]]:
    """Everything on the engine that is ours by its label or its name, and its labels."""
    api = client.api
    made = [("container", each["Names"][0].lstrip("/"), each["Labels"]) for each in api.containers(all=True)]
    made += [("network", each["Name"], each["Labels"]) for each in api.networks()]
    made += [("volume", each["Name"], each["Labels"]) for each in api.volumes()["Volumes"] or []]
    for kind, name, marks in made:
        if "faultzone" in (marks or {}) or name.startswith("faultzone-"):
            yield f"{kind} {name}", marks or {}


def left_by(client: Any, process: int, before: Sequence[str]) -> tuple[str, ...]:
    """What a session's process has left; also what does not say who made it, if it was not there before."""
    return tuple(
        name
        for name, marks in things(client)
        if f"/{process}/" in marks.get("faultzone.owner", "") or ("faultzone.owner" not in marks and name not in before)
    )


@contextmanager
def busy(client: Any, tag: str) -> Iterator[None]:
    """Keep the engine busy: containers come, start and go all the time."""
    ended = threading.Event()

    marks = labels("load")  # Else they would have those of the image, and a sweep would take them.

    def load() -> None:
        while not ended.is_set():
            made = client.api.create_container(tag, ["-c", "true"], entrypoint="/bin/sh", labels=marks)
            client.api.start(made["Id"])
            client.api.remove_container(made["Id"], force=True)

    threads = [threading.Thread(target=load) for _ in range(_LOADERS)]
    for each in threads:
        each.start()
    try:
        yield
    finally:
        ended.set()
        for each in threads:
            each.join()


def _watchdogs(session: int) -> list[int]:
    """The watchdog of a session's process, once it has one."""
    found = []
    for each in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parent = each.read_text("ascii", errors="replace").rpartition(")")[2].split()[1]
            if parent == str(session) and b"docker.cleanup" in (each.parent / "cmdline").read_bytes():
                found.append(int(each.parent.name))
    return found


def _kill(process: subprocess.Popen[bytes], drill: Drill, between: Proxy, had: Callable[[], int]) -> int:
    """Let a session run and die as a drill says, until the engine is there again; how much it had made."""
    leave, come_back = {"away": (between.cut, between.join), "frozen": (between.freeze, between.thaw)}.get(
        drill.kind, (None, None)
    )
    time.sleep(max(0.0, drill.after - drill.lead))
    if leave is not None:
        leave()
    time.sleep(min(drill.after, drill.lead))
    if process.poll() is None:
        os.kill(process.pid, signal.SIGSTOP)  # What it has made is counted as it is.
    elif leave is None:  # Without its engine, it may end.
        raise HarnessError(f"the session that was to be killed has ended by itself, with {process.returncode}")
    made = had()
    for each in _watchdogs(process.pid) if "no watchdog" in drill.kind else ():
        os.kill(each, signal.SIGKILL)
    process.kill()
    process.wait()
    if come_back is not None:
        time.sleep(drill.out)
        come_back()
    return made


def run(drill: Drill, between: Proxy, client: Any, engine: Engine) -> Result:
    """Do a drill, and see what is left of it."""
    before = [name for name, _ in things(client)]
    environment = {**os.environ, "DOCKER_HOST": f"unix://{between.path}", "PYTHONPATH": PATHS}
    command = [sys.executable, *VICTIM]
    null = subprocess.DEVNULL
    with subprocess.Popen(command, env=environment, cwd=ROOT, stdout=null, stderr=null) as process:
        try:
            had = _kill(process, drill, between, lambda: len(left_by(client, process.pid, before)))
        finally:
            process.kill()
    began = time.monotonic()
    if "no watchdog" in drill.kind:
        time.sleep(_SETTLE_SECONDS)
        sweep(engine)
        left = left_by(client, process.pid, before)
        return Result(drill.kind, process.pid, had, left, time.monotonic() - began)
    while (left := left_by(client, process.pid, before)) and time.monotonic() - began < _END_SECONDS:
        time.sleep(0.05)
    return Result(drill.kind, process.pid, had, left, time.monotonic() - began)


def perform(drills: Sequence[Drill]) -> list[Result]:
    """Do drills, one after the other, on an engine that is kept busy; what comes a minute after the last is left too.

    Raises:
        NotSupported: no engine answers.
    """
    import docker

    engine = Engine()
    client = docker.from_env()
    results: list[Result] = []
    with ExitStack() as stack:
        stack.callback(engine.close)
        stack.callback(client.close)
        tag = image.ensure(engine)
        at_first = [name for name, _ in things(client)]
        with busy(client, tag):
            for number, drill in enumerate(drills):
                # Its watchdog may need the socket for a while yet, for what comes late.
                results.append(run(drill, stack.enter_context(proxy()), client, engine))
                print(f"  {number + 1} of {len(drills)}: {drill} {results[-1]}", file=sys.stderr)
        time.sleep(LATE_SECONDS if drills else 0)
        late = {each.process: left_by(client, each.process, at_first) for each in results}
        return [replace(each, left=tuple({*each.left, *late[each.process]})) for each in results]


def measure(sizes: Sizes) -> Iterator[Row]:
    """How much is left of killed sessions; nothing where no engine answers."""
    try:
        results = perform(draw(int(os.environ.get("FAULTZONE_DRILLS") or sizes.drills)))
    except NotSupported as why:
        print(f"drills: {why}", file=sys.stderr)
        return
    for kind in KINDS:
        chosen = [each for each in results if each.kind == kind]
        if chosen:
            took = [each.seconds for each in chosen]
            yield Row(
                f"left of {len(chosen)} killed sessions, engine {kind}",
                sum(len(each.left) for each in chosen),
                "things",
                0,
                {
                    "things made by then": sum(each.had for each in chosen),
                    "sessions that had made some": sum(each.had > 0 for each in chosen),
                    "s until nothing, at most": max(took),
                },
            )
