"""Runs a command where the cloud's names are a region: a process of its own, without the rest of the package.

    python -I -S child.py FD

FD is one end of a socket pair. Whoever holds the other sends one line of JSON:

    command, environment   what is run
    mask, ignored          the blocked and the ignored signals of whoever asked for it
    namespaces             whether it gets a mount and a network namespace; the rest is for these:
    mounts                 pairs of files: the first is seen in place of the second
    addresses              addresses that loopback has besides its own
    listen                 [address, port, kind] of each socket that is made there, `tcp` or `udp`
    folder                 a directory of files, which is removed where whoever asked ends first

and gets lines of JSON back: `{"ready": true}` with the sockets, or `{"refused": why}` where the kernel allows none of
it; `{"running": pid}`, or `{"failed": why, "status": n}` where the command cannot be run. After that, bytes that come
are the numbers of signals for the command; the end of the connection ends everything.

The command's descendants that outlive it are adopted, and ended.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import select
import signal
import socket
import sys
import time
from contextlib import suppress

# The module `typing` takes as long to import as half of the others.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

NEWNS, NEWUSER, NEWNET = 0x00020000, 0x10000000, 0x40000000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
SIOCSIFADDR, SIOCSIFNETMASK, SIOCGIFFLAGS, SIOCSIFFLAGS = 0x8916, 0x891C, 0x8913, 0x8914
IFF_UP = 0x1
#: Seconds that what a command left behind has to end when it is told to.
GRACE = 2.0
#: What a shell says of a command that is not there, and of one that cannot be run.
NOT_FOUND, NOT_RUN = 127, 126

libc = ctypes.CDLL(None, use_errno=True)


def checked(what: str, result: int) -> None:
    """Raise OSError where a call of the C library has failed."""
    if result:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def prctl(option: int, value: int) -> None:
    """Set something of this process, where the kernel has it."""
    if sys.platform == "linux":
        libc.prctl(option, value)


def enter_namespaces() -> None:
    """Mount and network namespaces of its own: as root, or else as the same user in a user namespace."""
    if sys.platform != "linux":
        raise OSError(errno.ENOSYS, "only Linux has them")
    if os.geteuid() == 0 and libc.unshare(NEWNET | NEWNS) == 0:
        return
    user, group = os.geteuid(), os.getegid()
    checked("unshare", libc.unshare(NEWUSER | NEWNET | NEWNS))
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def mount(source: str | None, target: str, flags: int) -> None:
    """Have a file seen in place of another, or change how mounts spread."""
    checked(f"mount over {target}", libc.mount(source and os.fsencode(source), os.fsencode(target), None, flags, None))


def raise_loopback(addresses: list[str]) -> None:
    """Let loopback be up, and have these addresses of IPv4 besides."""
    import fcntl
    import struct

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:

        def set_(request: int, name: str, data: bytes) -> bytes:
            return fcntl.ioctl(asking, request, struct.pack("16s24s", name.encode(), data))

        found = set_(SIOCGIFFLAGS, "lo", b"")
        set_(SIOCSIFFLAGS, "lo", struct.pack("H", struct.unpack_from("H", found, 16)[0] | IFF_UP))
        for number, address in enumerate(addresses):
            name = f"lo:{number}"
            set_(SIOCSIFADDR, name, struct.pack("HH4s", socket.AF_INET, 0, socket.inet_aton(address)))
            set_(SIOCSIFNETMASK, name, struct.pack("HH4s", socket.AF_INET, 0, b"\xff" * 4))


def bound(address: str, port: int, kind: str) -> socket.socket:
    """A socket that is bound, and listens where it can."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((address, port))
    if kind == "tcp":
        made.listen(512)
    return made


def prepare(asked: dict[str, Any]) -> list[socket.socket]:
    """The sockets that are made in the namespaces."""
    if not asked["namespaces"]:
        return []
    enter_namespaces()
    mount(None, "/", MS_REC | MS_PRIVATE)
    for source, target in asked["mounts"]:
        mount(source, target, MS_BIND)
    raise_loopback(asked["addresses"])
    return [bound(*each) for each in asked["listen"]]


def execute(asked: dict[str, Any], failing: int) -> NoReturn:
    """Become the command; what keeps it from being run is written to a pipe."""
    try:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        # Python ignores these two, and what is ignored stays so.
        for number in {signal.SIGPIPE, signal.SIGXFSZ, *asked["ignored"]}:
            signal.signal(number, signal.SIG_IGN if number in asked["ignored"] else signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, asked["mask"])
        environment = {os.fsencode(name): os.fsencode(value) for name, value in asked["environment"].items()}
        command = [os.fsencode(each) for each in asked["command"]]
        os.execvpe(command[0], command, environment)
    except OSError as error:
        os.write(failing, f"{error.errno} {error.strerror}".encode())
    finally:
        os._exit(NOT_FOUND)


def start(asked: dict[str, Any]) -> int:
    """The process of the command. Raises OSError where it cannot be run."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        execute(asked, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as failed:
        number, _, why = failed.read().decode().partition(" ")
    if number:
        os.waitpid(pid, 0)
        raise OSError(int(number), why)
    return pid


def descendants(pid: int) -> list[int]:
    """The processes that a process has started, and theirs."""
    found = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children") as file:
                for each in file.read().split():
                    found += [int(each), *descendants(int(each))]
    except OSError:  # It has ended meanwhile.
        pass
    return found


def tell(pids: list[int], number: int) -> None:
    """Send a signal to those that are still there."""
    for each in pids:
        with suppress(OSError):
            os.kill(each, number)


def end_all(grace: float) -> None:
    """End all descendants, after as many seconds at the latest."""
    deadline, told = time.monotonic() + grace, signal.SIGTERM if grace else signal.SIGKILL
    tell(descendants(os.getpid()), told)
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                if time.monotonic() >= deadline:
                    tell(descendants(os.getpid()), signal.SIGKILL)
                time.sleep(0.005)
        except ChildProcessError:
            return


def remove(folder: str) -> None:
    """Remove a directory of files: whoever made it was killed, or is removing it at this moment."""
    with suppress(OSError):
        for name in os.listdir(folder):
            os.unlink(os.path.join(folder, name))
        os.rmdir(folder)


def supervise(pid: int, link: socket.socket, woken: int) -> int | None:
    """Wait for the command and pass signals on; its status as a shell has it, or None where all is to end."""
    while True:
        ready, _, _ = select.select([link.fileno(), woken], [], [])
        if link.fileno() in ready:
            numbers = link.recv(64)
            if not numbers:
                return None
            for number in numbers:
                tell([pid], number)
        if woken in ready:
            os.read(woken, 512)
        status = None
        while True:
            ended, how = os.waitpid(-1, os.WNOHANG)
            if ended == pid:
                status = os.waitstatus_to_exitcode(how)
                break
            if not ended:
                break
        if status is not None:
            return 128 - status if status < 0 else status


def main() -> int:
    """Do what is asked for; the exit status is that of the command."""
    link = socket.socket(fileno=int(sys.argv[1]))
    link.set_inheritable(False)
    said = b""
    while not said.endswith(b"\n"):
        piece = link.recv(1 << 16)
        if not piece:
            return 0
        said += piece
    asked = json.loads(said)

    def answer(**told: object) -> None:
        with suppress(OSError):  # Nobody listens any more; the connection's end is seen next.
            link.sendall(json.dumps(told).encode() + b"\n")

    try:
        made = prepare(asked)
    except OSError as error:
        answer(refused=error.strerror or str(error))
        return 0
    socket.send_fds(link, [b'{"ready": true}\n'], [each.fileno() for each in made])
    for each in made:
        each.close()
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        pid = start(asked)
    except OSError as error:
        status = NOT_FOUND if error.errno == errno.ENOENT else NOT_RUN
        answer(failed=error.strerror, status=status)
        return status
    woken, wakes = os.pipe()
    os.set_blocking(wakes, False)
    signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    # The keys of a terminal mean the command: this process sees its end.
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    answer(running=pid)
    ended = supervise(pid, link, woken)
    end_all(0 if ended is None else GRACE)
    if ended is None:
        remove(asked["folder"])
    return ended or 0


os._exit(main())  # Whoever started it waits for the end: nothing is left to be cleaned up.
