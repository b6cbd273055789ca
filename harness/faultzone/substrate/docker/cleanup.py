"""What makes sure that nothing is left behind, however a run ends.

Hosts end by themselves when their session's streams close. A watchdog, a process of its own, removes what is left of a
session whose process has ended. A sweep removes what is left of earlier sessions, of ours alone, and of none that may
still be alive.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from faultzone.errors import HarnessError
from faultzone.substrate.docker.engine import LABEL, Engine, Made

#: After how many seconds what a session on a machine that cannot be looked at has made may be removed.
LEASE_SECONDS: Final = 12 * 3600
_OWNER: Final = f"{LABEL}.owner"
_EXPIRES: Final = f"{LABEL}.expires"
_REMOVAL_SECONDS: Final = 60.0


def labels(session: str) -> dict[str, str]:
    """The labels of what a session makes: whose it is, and until when it is taken to be in use at most."""
    return {LABEL: session, _OWNER: _owner(os.getpid()), _EXPIRES: str(int(time.time()) + LEASE_SECONDS)}


def _machine() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        boot = "-"
    return f"{socket.gethostname()}/{boot}"


def _owner(process: int) -> str:
    """A process, told apart from later ones with the same id."""
    try:
        started = Path(f"/proc/{process}/stat").read_text("ascii", errors="replace").rpartition(")")[2].split()[19]
    except OSError:
        started = "-"
    return f"{_machine()}/{process}/{started}"


def expired(marks: Mapping[str, str], now: float) -> bool:
    """Whether the session that made something is over: its process is gone, or its lease has run out."""
    machine, _, rest = marks.get(_OWNER, "").rpartition("/")
    machine, _, process = machine.rpartition("/")
    if machine == _machine() and process.isdigit() and rest != "-":
        return _owner(int(process)) != marks[_OWNER]
    return float(marks.get(_EXPIRES) or 0) < now


def leftovers(engine: Engine) -> list[Made]:
    """What earlier sessions have left behind."""
    return [each for each in engine.made() if expired(each.labels, time.time())]


def remove_all(engine: Engine, made: Sequence[Made]) -> None:
    """Remove containers, then networks and volumes; what is still in use is tried again for a while.

    Raises:
        HarnessError: something could not be removed.
    """
    end = time.monotonic() + _REMOVAL_SECONDS
    containers = [each for each in made if each.kind == "container"]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(engine.remove, containers))
    waiting = [each for each in made if each.kind != "container"]
    while waiting:
        troubles: list[HarnessError] = []
        for each in list(waiting):
            try:
                engine.remove(each)
                waiting.remove(each)
            except HarnessError as trouble:
                troubles.append(trouble)
        if waiting and time.monotonic() > end:
            raise troubles[0]
        if waiting:
            time.sleep(0.05)


def sweep(engine: Engine) -> list[Made]:
    """Remove what earlier sessions have left behind, and tell what it was."""
    found = leftovers(engine)
    remove_all(engine, found)
    return found


class Watchdog:
    """A process that removes what a session has made once the session's process is gone, whatever ended it.

    Raises:
        HarnessError: it does not come up; then nothing may be made.
    """

    def __init__(self, session: str) -> None:
        command = [sys.executable, "-m", "faultzone.substrate.docker.cleanup", session]
        roots = [str(Path(__file__).parents[3]), os.environ.get("PYTHONPATH", "")]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, roots))}
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            start_new_session=True,
        )

    def wait_until_it_watches(self) -> None:
        """Wait until it has spoken with the engine.

        Raises:
            HarnessError: it has ended instead.
        """
        assert self._process.stdout is not None
        if self._process.stdout.readline() != b"watching\n":
            raise HarnessError(f"the watchdog did not come up; it ended with {self._process.wait(10)}")

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def close(self) -> None:
        """Let it do its work and end."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        try:
            self._process.wait(_REMOVAL_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _watch(session: str) -> int:
    """Wait for the end of the session's process, then remove what it made until nothing of it is left."""
    import signal

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    engine = Engine()
    sys.stdout.write("watching\n")
    sys.stdout.flush()
    sys.stdin.buffer.read()
    end = time.monotonic() + _REMOVAL_SECONDS
    quiet = 0
    # A request of the session that the engine had already taken may still make something: look more than once.
    while quiet < 3 and time.monotonic() < end:
        found = engine.made(session)
        quiet = 0 if found else quiet + 1
        remove_all(engine, found)
        time.sleep(0.1)
    return 0


if __name__ == "__main__":
    sys.exit(_watch(sys.argv[1]))
