"""What makes sure that nothing is left behind, however a run ends.

Hosts end by themselves when their session's streams close. A watchdog, a process of its own, removes what is left of a
session whose process has ended. A sweep removes what is left of earlier sessions, of ours alone, and of none that may
still be alive.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from faultzone.errors import HarnessError
from faultzone.substrate.docker.connection import Away
from faultzone.substrate.docker.engine import LABEL, Engine, Made, Miscounted

#: After how many seconds what a session on a machine that cannot be looked at has made may be removed.
LEASE_SECONDS: Final = 12 * 3600
_OWNER: Final = f"{LABEL}.owner"
_EXPIRES: Final = f"{LABEL}.expires"
_REMOVAL_SECONDS: Final = 60.0
#: For how many seconds the engine may still make what a session that was killed has asked it for.
LATE_SECONDS: Final = 60.0
#: For how long a network is tried to remove of which the engine counts containers that there are not.
_COUNT_SECONDS: Final = 5.0
#: How long a watchdog waits for an engine that does not answer.
_AWAY_SECONDS: Final = 600.0
_PAUSE_SECONDS: Final = 0.05
#: How long the end of a session waits for the watchdog: what could not be removed by then, the next sweep removes.
_END_SECONDS: Final = 10.0
_IDLE_SECONDS: Final = 0.2
#: How the names of hosts end that are to stay. The engine remembers them, so no other process has to be told.
KEPT: Final = "-kept"


def labels(session: str) -> dict[str, str]:
    """The labels of what a session makes: whose it is, and until when it is taken to be in use at most."""
    return {LABEL: session, _OWNER: _owner(), _EXPIRES: str(int(time.time()) + LEASE_SECONDS)}


def _machine() -> str | None:
    """What tells apart the machines whose processes can be looked at by their ids; None where that cannot be told.

    The namespace of process ids is part of it: from another one, as in another container of the same machine, the same
    id is another process or none.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        return f"{socket.gethostname()}/{boot}/{os.stat('/proc/self/ns/pid').st_ino}"
    except OSError:
        return None


def _owner() -> str:
    """This process, told apart from later ones with the same id."""
    try:
        started = _told("self")[19]
    except OSError:
        started = "-"
    return f"{_machine() or '-'}/{os.getpid()}/{started}"


def _told(process: int | str) -> list[str]:
    """What the kernel tells of a process, from its state on."""
    return Path(f"/proc/{process}/stat").read_text("ascii", errors="replace").rpartition(")")[2].split()


def _ended(process: int, started: str) -> bool | None:
    """Whether a process of this machine's is gone; None where that cannot be seen."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    try:
        if os.readlink("/proc/self") != str(os.getpid()):  # It tells of another namespace's processes.
            return None
        state, threads, began = (_told(process)[each] for each in (0, 17, 19))
    except OSError:  # It is hidden, or has just gone.
        return None
    # One that nobody has reaped is gone too.
    return began != started or (state in "ZX" and int(threads) <= 1)


def expired(marks: Mapping[str, str], now: float) -> bool:
    """Whether the session that made something is over: its process is gone, or its lease has run out."""
    seen = _seen(marks)
    return lease_end(marks) < now if seen is None else seen


def _seen(marks: Mapping[str, str]) -> bool | None:
    """Whether the process that made something is seen to be gone; None where nothing can be seen of it from here."""
    machine, _, rest = marks.get(_OWNER, "").rpartition("/")
    machine, _, process = machine.rpartition("/")
    if machine != _machine() or not process.isdecimal() or rest == "-":
        return None
    return _ended(int(process), rest)


def kept(made: Sequence[Made]) -> list[Made]:
    """The hosts among these that are to stay, and the networks and volumes that they use."""
    sessions = {each.labels[LABEL] for each in made if each.kind == "container" and each.name.endswith(KEPT)}
    return [
        each
        for each in made
        if each.labels[LABEL] in sessions and (each.kind != "container" or each.name.endswith(KEPT))
    ]


def lease_end(marks: Mapping[str, str]) -> float:
    """When the lease of something ends, in seconds since the epoch."""
    return float(marks.get(_EXPIRES) or 0)


def removable(engine: Engine, session: str) -> list[Made]:
    """What a session has made and does not keep."""
    made = engine.made(session)
    stays = kept(made)
    return [each for each in made if each not in stays]


def leftovers(engine: Engine, *, kept_too: bool = False) -> list[Made]:
    """What earlier sessions have left behind.

    A session that cannot be seen from here, and whose lease has run out, lives all the same if a host of it runs: hosts
    end with their session. What does not say who made it is its session's.

    Args:
        kept_too: also what was kept of failed tests; else that alone of it whose lease has run out.
    """
    made, now = engine.made(), time.time()
    stays = [each for each in kept(made) if lease_end(each.labels) >= now and not kept_too]

    def lives(each: Made) -> bool:
        runs = each.state == "running" and not each.name.endswith(KEPT) and _seen(each.labels) is None
        return runs or not expired(each.labels, now)

    living = {(each.labels[LABEL], owner) for each in made if lives(each) for owner in (each.labels.get(_OWNER), None)}
    return [each for each in made if each not in stays and (each.labels[LABEL], each.labels.get(_OWNER)) not in living]


def _remove(engine: Engine, made: Sequence[Made]) -> list[HarnessError]:
    """Try once to remove containers, then networks and volumes; tell what could not be removed, and why."""
    errors: list[HarnessError] = []

    def remove(each: Made) -> None:
        try:
            engine.remove(each)
        except HarnessError as error:
            errors.append(error)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(remove, [each for each in made if each.kind == "container"]))
    for each in made:
        if each.kind != "container":
            remove(each)
    return errors


def _is_miscount(found: Sequence[Made], errors: Sequence[HarnessError]) -> bool:
    """Whether all that is left cannot be removed because the engine has counted wrong."""
    return len(errors) == len(found) and all(isinstance(each, Miscounted) for each in errors)


def remove_all(
    engine: Engine,
    look: Callable[[], list[Made]],
    seconds: float = _REMOVAL_SECONDS,
    count_seconds: float = _COUNT_SECONDS,
) -> list[Made]:
    """Remove what there is until a look finds nothing more, and tell what it was.

    What is still in use, or comes only now, is met again at the next look.

    Args:
        engine: where to remove it.
        look: tells what there is to be removed.
        seconds: for how long what does not go is tried again.
        count_seconds: for how long that is which the engine would remove if it counted right.

    Raises:
        Miscounted: there is nothing left but this.
        HarnessError: something could not be removed in that time.
    """
    end = time.monotonic() + seconds
    counted_wrong = time.monotonic()
    removed: dict[str, Made] = {}
    while found := look():
        removed.update({each.id: each for each in found})
        errors = _remove(engine, found)
        now = time.monotonic()
        if not _is_miscount(found, errors):
            counted_wrong = now
        if now > end or now > counted_wrong + count_seconds:
            raise errors[0] if errors else HarnessError(f"{found[0].kind} {found[0].name} does not go")
        time.sleep(_PAUSE_SECONDS if errors else 0)
    return list(removed.values())


def sweep(
    engine: Engine,
    seconds: float = _REMOVAL_SECONDS,
    *,
    kept_too: bool = False,
    count_seconds: float = _COUNT_SECONDS,
) -> list[Made]:
    """Remove what earlier sessions have left behind, and tell what it was; see `leftovers` and `remove_all`.

    Raises:
        HarnessError: something could not be removed in that time.
    """
    return remove_all(engine, lambda: leftovers(engine, kept_too=kept_too), seconds, count_seconds)


class Watchdog:
    """A process that removes what a session has made once the session's process is gone, whatever ended it.

    Raises:
        HarnessError: it does not come up; then nothing may be made.
    """

    def __init__(self, session: str) -> None:
        command = [sys.executable, "-m", "faultzone.substrate.docker.cleanup", session, str(LATE_SECONDS)]
        roots = [str(Path(__file__).parents[3]), os.environ.get("PYTHONPATH", "")]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, roots))}
        self._open: set[str] = set()
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

    @contextmanager
    def expecting(self, kind: str, name: str) -> Iterator[None]:
        """Announce what is about to be made: should the session die meanwhile, the engine may make it later still.

        So it may if it does not answer; only an answer, be it a refusal, says that nothing more comes.
        """
        thing = f"{kind} {name}"
        self._open.add(thing)
        self._say(f"making {thing}")
        try:
            yield
        except Away:
            raise
        except HarnessError:
            self._made(thing)
            raise
        self._made(thing)

    def _made(self, thing: str) -> None:
        self._open.discard(thing)
        self._say(f"made {thing}")

    def _say(self, line: str) -> None:
        # One that somebody has killed is done without: the next session's sweep does its work.
        with suppress(OSError):
            assert self._process.stdin is not None
            os.write(self._process.stdin.fileno(), f"{line}\n".encode())

    def close(self, *, all_gone: bool = True) -> None:
        """Say that the session has ended in order, let it remove what is left, and wait for its end.

        Where something could not be removed, or may yet come, it is not waited for: it goes on alone.

        Args:
            all_gone: whether the session has removed what it made.
        """
        in_order = all_gone and not self._open
        if in_order:
            self._say("closed")
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        if not in_order:
            self._process.returncode = 0  # It outlives this process; nobody is to be told that it still runs.
            return
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _hear_out(said: Iterable[bytes]) -> set[str] | None:
    """Listen until the session is gone; what the engine may still make of what it was asked for.

    None after an orderly end: what the session asked for it has had, or has removed.
    """
    expected: set[str] = set()
    for line in said:
        word, _, thing = line.decode().strip().partition(" ")
        if word == "making":
            expected.add(thing)
        elif word == "made":
            expected.discard(thing)
        else:
            return None
    return expected


def _watch(session: str, patience: float) -> int:
    """Wait for the end of the session's process, then remove what it made until nothing of it is left or to come.

    Args:
        session: what it calls itself.
        patience: for how many seconds the engine may still make what the session asked for before it died.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    engine = Engine()
    with suppress(BrokenPipeError):  # It has changed its mind meanwhile.
        os.write(sys.stdout.fileno(), b"watching\n")
    return 0 if _clean_up(engine, session, _hear_out(sys.stdin.buffer), patience) else 1


def _clean_up(engine: Engine, session: str, heard: set[str] | None, patience: float) -> bool:
    """Remove what a session has left; tell whether nothing of it is left or to come.

    What the engine does not remove, or may still make, is tried for `patience` and a minute. Time in which the engine
    does not answer does not count: it may have been killed with the session, and need minutes to start again.

    Args:
        engine: where to remove it.
        session: what it called itself.
        heard: what the engine may still make; None after an orderly end.
        patience: see `_watch`.
    """
    expected = heard or set()
    died = answered = time.monotonic()
    while (now := time.monotonic()) < answered + patience + _REMOVAL_SECONDS:
        try:
            found = removable(engine, session)
            errors = _remove(engine, found)
        except HarnessError as error:
            if heard is None:  # The session has met that too, and waits for this process.
                return False
            if isinstance(error, Away) and time.monotonic() < died + _AWAY_SECONDS:
                answered = time.monotonic()
            time.sleep(_PAUSE_SECONDS)  # A busy engine may answer later.
            continue
        expected -= {f"{each.kind} {each.name}" for each in found}
        if not found and (not expected or now > answered + patience):
            return True
        if heard is None and _is_miscount(found, errors):
            return True  # The session has tried long enough.
        time.sleep(_PAUSE_SECONDS if found else _IDLE_SECONDS)
    return False


if __name__ == "__main__":
    sys.exit(_watch(sys.argv[1], float(sys.argv[2])))
