"""A Docker engine of a test's own, which may be killed: with its own network namespace, data and socket."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import pytest

from faultzone.substrate.docker import image
from faultzone.substrate.docker.session import Session

_START: Final = """
ip link set lo up
mount --make-rprivate /
exec dockerd --data-root "$0/data" --exec-root "$0/exec" --pidfile "$0/pid" --host "unix://$0/docker.sock"
"""
_UP_SECONDS: Final = 300.0


class SecondEngine:
    """An engine beside the machine's own."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.host = f"unix://{directory}/docker.sock"

    def start(self) -> None:
        """Start it, and wait until it answers.

        Raises:
            RuntimeError: it ends, or does not answer within five minutes; the text has its last words.
        """
        with (self._directory / "log").open("ab") as log:
            process = subprocess.Popen(
                ["unshare", "-n", "-m", "sh", "-e", "-c", _START, str(self._directory)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._process = process
        end = time.monotonic() + _UP_SECONDS
        while self._docker("info").returncode:
            if process.poll() is not None or time.monotonic() > end:
                said = (self._directory / "log").read_text(errors="replace").splitlines()[-3:]
                raise RuntimeError(f"no second engine can be started here: {' '.join(said)}")
            time.sleep(0.1)

    def take_image(self, hosts: Session) -> None:
        """Get the base of hosts from the machine's own engine."""
        tag = image._made_base(hosts.engine, "", [])
        with subprocess.Popen(["docker", "save", tag], stdout=subprocess.PIPE) as saved:
            loaded = subprocess.run(
                ["docker", "load"], stdin=saved.stdout, env=self._environment, check=False, capture_output=True
            )
        assert loaded.returncode == 0, loaded.stderr

    def kill(self) -> None:
        """Kill it and its helper; what it runs goes on."""
        helper = self._directory / "exec/containerd/containerd.pid"
        for each in (self._process.pid, int(helper.read_text())):
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        self._process.wait()
        helper.unlink()  # Else it would be taken to run until somebody has reaped it.

    def close(self) -> None:
        """End it and whatever it has left running."""
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(30)
        end = time.monotonic() + 90
        while left := self._processes():
            assert time.monotonic() < end, left
            for each in left:
                with suppress(ProcessLookupError):
                    os.kill(each, signal.SIGKILL)
            time.sleep(0.1)
        self._process.wait()

    @property
    def _environment(self) -> dict[str, str]:
        return {**os.environ, "DOCKER_HOST": self.host}

    def _docker(self, *command: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(["docker", *command], env=self._environment, check=False, capture_output=True)

    def _processes(self) -> list[int]:
        """Those whose command names this engine's directory: the engine, its helpers and their containers' keepers."""
        found = []
        for each in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                if str(self._directory).encode() in each.read_bytes():
                    found.append(int(each.parent.name))
        return found


@contextmanager
def second_engine(hosts: Session) -> Iterator[SecondEngine]:
    """An engine that can run hosts; the test is skipped where there can be none."""
    if os.geteuid() != 0 or not (shutil.which("dockerd") and shutil.which("unshare")):
        pytest.skip("a second engine needs root, dockerd and unshare")
    directory = Path(tempfile.mkdtemp(prefix="faultzone-"))
    engine = SecondEngine(directory)
    try:
        try:
            engine.start()
        except RuntimeError as why:
            pytest.skip(str(why))
        engine.take_image(hosts)
        yield engine
    finally:
        engine.close()
        shutil.rmtree(directory, ignore_errors=True)
