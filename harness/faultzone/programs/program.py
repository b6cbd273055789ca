"""A program that takes a region for the cloud: it is told nothing but keys and the name of a region.

On Linux it gets a mount and a network namespace of its own, in which the cloud's names and the address of the metadata
service are sockets of this process, and files trust their certificates. Where the kernel refuses that, it gets a proxy
by variables, which some clients ignore.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import IO, Any, Final, Self

from faultzone.errors import HarnessError, NotSupported, UsageError
from faultzone.programs.names import METADATA, hosts_file
from faultzone.programs.passed import Passed
from faultzone.programs.places import Place
from faultzone.programs.runner import Runner
from faultzone.programs.trust import Trust

#: The ways in which a program takes a region for the cloud.
WAYS: Final = ("namespaces", "proxy")
#: Python's own ignored signals, which no program inherits.
_PYTHONS: Final = frozenset({signal.SIGPIPE, signal.SIGXFSZ})
_PROXIES: Final = ("http_proxy", "https_proxy", "all_proxy", "ftp_proxy", "no_proxy")
#: Where systems say in which order names are looked up, where a daemon answers for its own namespace.
_LOOKUP: Final = Path("/etc/nsswitch.conf")
_RESOLVER: Final = Path("/etc/resolv.conf")
_CACHE: Final = Path("/run/nscd/socket")


class NotRun(UsageError):
    """A command cannot be run.

    Attributes:
        status: what a shell's exit status would be, 126 or 127.
    """

    def __init__(self, says: str, status: int = 127) -> None:
        super().__init__(says)
        self.status = status


class Program:
    """A command that takes a place for the cloud, from now until `close`; a context manager.

    Args:
        command: the program and its arguments.
        place: what answers it.
        environment: its environment variables.
        directory: its working directory.
        pass_through: what else it may reach: `HOST`, of which ports 80 and 443 are meant, or `HOST:PORT`.
        way: one of `WAYS`; left out, the first that the kernel allows.
        streams: its standard input, output and error, as `subprocess` takes them.
        mask: the signals that are blocked for it; left out, those of this thread.
        runner: the process that runs it, where one was started before, in the directory and with the streams; it is
            closed with the program.

    Attributes:
        way: the way that was taken.
        why: why it is not the first; empty where it is.

    Raises:
        UsageError: the command, a host or the way cannot be.
        NotRun: the command is not there, or no program.
        NotSupported: the extra `tls` is not installed, or the only way that was asked for is refused.
    """

    def __init__(
        self,
        command: Sequence[str | os.PathLike[str]],
        place: Place,
        *,
        environment: Mapping[str, str],
        directory: str | os.PathLike[str] | None = None,
        pass_through: Sequence[str] = (),
        way: str | None = None,
        streams: Sequence[int | IO[Any] | None] = (None, None, None),
        mask: Collection[int] | None = None,
        runner: Runner | None = None,
    ) -> None:
        if way is not None and way not in WAYS:
            raise UsageError.expected_one_of("way", way, WAYS)
        self._command = _checked(command)
        self._passed, self._place = Passed(pass_through), place
        self._directory, self._streams = directory, streams
        self._mask = signal.pthread_sigmask(signal.SIG_BLOCK, []) if mask is None else mask
        self._runner = runner or Runner(directory, streams)
        self._folder = TemporaryDirectory(prefix="faultzone-", ignore_cleanup_errors=True)
        self._said = b""
        self.why = ""
        try:
            self.way = self._start(dict(environment), way)
        except BaseException:
            self.close()
            self._runner.close_streams()
            raise

    def _start(self, environment: dict[str, str], way: str | None) -> str:
        trust = Trust(Path(self._folder.name), self._place.certificate)
        os.chmod(self._folder.name, 0o755)  # The program may become another user.
        base = {name: value for name, value in environment.items() if name.lower() not in _PROXIES}
        base |= trust.variables(environment)
        if way != "proxy":
            mounts = [*trust.mounts(self._command[0], base), *self._files()]
            listen = [("127.0.0.1", 443, "tcp"), ("127.0.0.1", 80, "tcp"), (METADATA, 80, "tcp")]
            listen += [("127.0.0.1", 53, "udp"), *self._passed.sockets]
            addresses = [METADATA, *self._passed.addresses]
            sockets = self._ask(base, namespaces=True, mounts=mounts, addresses=addresses, listen=listen)
            if sockets is not None:
                self._place.serve(sockets, self._passed)
                self._wait_until_it_runs()
                return "namespaces"
            if way is not None:
                raise NotSupported(f"way={way}: no namespaces here: {self.why}; use way='proxy'")
            self._runner.close()
            self._runner.close_streams()
            self._runner = Runner(self._directory, self._streams)
        base |= self._place.proxy(self._passed)
        self._ask(base, namespaces=False, mounts=[], addresses=[], listen=[])
        self._wait_until_it_runs()
        return "proxy"

    def _ask(self, environment: dict[str, str], **asked: object) -> list[socket.socket] | None:
        """Start the command in this way: the sockets that were made for it, or None where it is refused."""
        ignored = {each for each in signal.valid_signals() if signal.getsignal(each) == signal.SIG_IGN}
        asked |= {"command": self._command, "environment": environment, "folder": self._folder.name}
        asked |= {"mask": sorted(map(int, self._mask)), "ignored": sorted(map(int, ignored - _PYTHONS))}
        self._runner.link.sendall(json.dumps(asked).encode() + b"\n")
        self._said, descriptors, _, _ = socket.recv_fds(self._runner.link, 4096, 250)
        sockets = [socket.socket(fileno=each) for each in descriptors]
        told = self._read()
        if "refused" not in told:
            return sockets
        self.why = str(told["refused"])
        return None

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """What runs it, and has its streams and its exit status."""
        return self._runner.process

    def _read(self) -> dict[str, Any]:
        """The next line of what is told of the command; empty once no more will come."""
        while b"\n" not in self._said:
            piece = self._runner.link.recv(4096)
            if not piece:
                return {}
            self._said += piece
        line, _, self._said = self._said.partition(b"\n")
        told: dict[str, Any] = json.loads(line)
        return told

    def _wait_until_it_runs(self) -> None:
        told = self._read()
        if "failed" in told:
            says = f"command={self._command[0]!r}: expected a program that can be run; {told['failed']}"
            raise NotRun(says, int(told["status"]))
        if "running" not in told:
            raise HarnessError(f"the process that runs {self._command[0]!r} has ended with {self.process.wait()}")

    def _files(self) -> list[tuple[str, str]]:
        """Files of the system by which names are looked up, each with what takes its place."""
        folder = Path(self._folder.name)
        files = {Path("/etc/hosts"): hosts_file(self._place.regions, self._passed.names)}
        if _RESOLVER.exists():
            files[_RESOLVER.resolve()] = "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"
        if _LOOKUP.exists():
            lines = _LOOKUP.read_text("utf-8", "replace").splitlines()
            kept = [each for each in lines if not each.startswith("hosts:")]
            files[_LOOKUP.resolve()] = "\n".join([*kept, "hosts: files dns", ""])
        made = []
        for number, (path, content) in enumerate(files.items()):
            (written := folder / f"file-{number}").write_text(content, "utf-8")
            made.append((str(written), str(path)))
        if _CACHE.exists():
            made.append(("/dev/null", str(_CACHE)))
        return made

    def signal(self, number: int) -> None:
        """Send the command a signal; one that has ended gets none."""
        with suppress(OSError):
            self._runner.link.sendall(bytes([number]))

    def wait(self, timeout: float | None = None) -> int:
        """Wait until the command has ended, and what it left behind: its status, as a shell has it.

        Raises:
            subprocess.TimeoutExpired: it has not within so many seconds.
        """
        return self.process.wait(timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the command and all that it has started, and leave nothing behind. Closing twice does nothing."""
        self._runner.close()
        self._folder.cleanup()


def _checked(command: Sequence[str | os.PathLike[str]]) -> list[str]:
    if isinstance(command, str | bytes) or not command:
        raise UsageError.expected("command", command, 'a program and its arguments, such as ["terraform", "apply"]')
    found = [os.fspath(each) for each in command]
    if any("\0" in each for each in found) or not found[0]:
        raise UsageError.expected("command", command, 'texts without NUL, such as ["terraform", "apply"]')
    return found
