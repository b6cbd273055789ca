"""The process that runs a command, from the parent's side. It is started first, and so imports little."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

from faultzone.errors import UsageError

_CHILD: Final = Path(__file__).with_name("child.py")


class Runner:
    """A process that will run a command, once it is told which; a context manager.

    It gets ready while whoever started it finds out what to ask for. Closed before it was asked, it runs nothing.

    Args:
        directory: the working directory of the command.
        streams: its standard input, output and error, as `subprocess` takes them.

    Attributes:
        process: it, with the streams and, in the end, the exit status of the command.
        link: the connection to it; see child.py.

    Raises:
        UsageError: the directory is none.
    """

    def __init__(
        self,
        directory: str | os.PathLike[str] | None = None,
        streams: Sequence[int | IO[Any] | None] = (None, None, None),
    ) -> None:
        self.link, there = socket.socketpair()
        stdin, stdout, stderr = streams
        with there:
            try:
                self.process = subprocess.Popen(
                    [sys.executable, "-I", "-S", str(_CHILD), str(there.fileno())],
                    pass_fds=[there.fileno()],
                    cwd=directory,
                    stdin=stdin,
                    stdout=stdout,
                    stderr=stderr,
                )
            except OSError as error:
                self.link.close()
                raise UsageError.expected("directory", directory, f"a directory to work in; {error.strerror}") from None

    def close(self) -> None:
        """End the command and all that it has started. Closing twice does nothing."""
        self.link.close()
        self.process.wait()

    def close_streams(self) -> None:
        """Close the pipes of a process whose output nobody reads."""
        for each in (self.process.stdin, self.process.stdout, self.process.stderr):
            if each is not None:
                each.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
