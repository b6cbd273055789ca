"""Enters an instance of this host: `python3 -m agent.attach INSTANCE [COMMAND …]`, a shell if no command is given.

What runs so has the instance's namespaces, root and lack of capabilities, but not its limits.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Final

from . import kernel
from .guest import ENVIRONMENT
from .sandbox import PROCESSES

#: The namespaces, those of mounts last: `/proc` is no longer the host's after them.
_NAMESPACES: Final = ("uts", "ipc", "net", "pid", "mnt")


def main(arguments: list[str]) -> int:
    """Run the command in the instance; its exit code."""
    if not arguments:
        sys.stderr.write("name an instance: " + (" ".join(sorted(os.listdir(PROCESSES))) or "none runs here") + "\n")
        return 2
    instance, *command = arguments
    try:
        with open(f"{PROCESSES}/{instance}", encoding="ascii") as file:
            process = int(file.read())
    except OSError:
        sys.stderr.write(f"{instance} does not run on this host\n")
        return 2
    _enter(process)
    child = os.fork()
    if child == 0:
        kernel.drop_capabilities()
        os.environ.clear()
        os.environ.update(ENVIRONMENT)
        try:
            os.execv("/bin/sh", ["sh", "-c", " ".join(command)] if command else ["sh"])
        finally:
            os._exit(127)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # It is the child's.
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _enter(process: int) -> None:
    """Take on the namespaces and the root of a process; its process ids are those of this one's children."""
    root = os.open(f"/proc/{process}/root", os.O_RDONLY)
    for name in _NAMESPACES:
        path = f"/proc/{process}/ns/{name}"
        if not os.path.samefile(path, f"/proc/self/ns/{name}"):
            space = os.open(path, os.O_RDONLY)
            kernel.join(space)
            os.close(space)
    os.chdir(root)
    os.chroot(".")
    os.close(root)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
