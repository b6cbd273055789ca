"""The sandbox of an instance: namespaces, its root over the image, its disks, its address.

Where the engine allows no namespaces, an instance is a plain process tree instead; `LOST` says what that takes away.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, NoReturn

from . import console, kernel, netlink, shared
from .guest import Guest
from .limits import Limits
from .networks import Networks

#: What an instance lacks where it is a plain process tree.
LOST: Final = ("own-root", "own-hostname", "own-processes", "own-address", "dropped-capabilities")
DISKS: Final = "/cloud"
LOCAL: Final = "/local"
ROOTS: Final = "/run/faultzone"
#: Where a host has a genuine client of Cloud Assistant, and where its instances have it: it keeps its files around it.
CLIENT: Final = "/opt/faultzone/client/aliyun-service"
_INSTALLED: Final = "/usr/local/share/aliyun-assist/given"
#: A file for each instance that runs, with the id of its first process: where `attach` finds it.
PROCESSES: Final = "/run/instances"
_TRIES: Final = 1000
#: Where OpenSSL looks for the bundle of the authorities that are trusted, as distributions build it.
_BUNDLE_LINKS: Final = ("/usr/lib/ssl/cert.pem", "/etc/ssl/cert.pem")
_DEVICES: Final = ("null", "zero", "full", "random", "urandom", "tty")
_LINKS: Final = (
    ("fd", "/proc/self/fd"),
    ("stdin", "fd/0"),
    ("stdout", "fd/1"),
    ("stderr", "fd/2"),
    ("ptmx", "pts/ptmx"),
)


@dataclass(frozen=True)
class Spec:
    """What an instance is started from.

    Args:
        instance: its id.
        epoch: which of its lives this is.
        disk: where its system disk is, below the volume that hosts share.
        root: where the files under its system disk are, below that volume; those of the host's image when empty.
        host_name: what it calls itself.
        system: what its system is called.
        network: the number of its private network, 0 for none.
        address: its private address.
        prefix: how many bits of the address are those of its subnet.
        mac: its hardware address.
        user_data: its start-up program in Base64, None for none.
        names: the file of the names of its network, below the volume that hosts share.
        agent: its Cloud Assistant agent: empty for none, `own` for ours, else the host's program that is it.
        known: the id by which its agent is known.
        outside: whether it is a machine outside the cloud, which is known by no id until it registers.
        trusted: the certificate of an authority that its system trusts, in PEM.
    """

    instance: str
    epoch: int
    disk: str
    root: str
    host_name: str
    system: str
    network: int
    address: str
    prefix: int
    mac: str
    user_data: str | None
    names: str
    agent: str
    known: str
    outside: bool
    trusted: str


def probe() -> str | None:
    """Why instances cannot have namespaces here; None where they can."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            kernel.unshare(kernel.EVERYTHING & ~kernel.NEW_PIDS)
            kernel.mount("none", "/", None, kernel.RECURSIVE | kernel.PRIVATE)
            kernel.mount("tmpfs", ROOTS, "tmpfs")
        except OSError as error:
            os.write(writing, str(error).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        reason = answer.read().decode()
    os.waitpid(child, 0)
    return reason or None


def start(spec: Spec, isolated: bool, limits: Limits, networks: Networks) -> tuple[int, socket.socket]:
    """Start an instance; what it says comes over the socket, first that it is up.

    Returns:
        The process id of its first process, as the host sees it, and the socket.

    Raises:
        OSError: it cannot be started.
    """
    for directory in (
        f"{DISKS}/{spec.disk}/upper",
        f"{DISKS}/{spec.disk}/work",
        f"{LOCAL}/{spec.instance}",
        f"{ROOTS}/{spec.instance}",
    ):
        os.makedirs(directory, exist_ok=True)
    ours, theirs = socket.socketpair()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _first(spec, isolated, theirs, writing)
    theirs.close()
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        said = answer.read().decode()
    os.waitpid(child, 0)
    if not said.isdigit():
        ours.close()
        raise OSError(said or "the first process of the instance did not start")
    process = int(said)
    try:
        if isolated and spec.network:
            networks.connect(spec.network, bytes.fromhex(spec.mac.replace(":", "")), process)
        ours.send(b"x")
        # It takes the kernel some milliseconds, in which the instance gets on with what is not yet the user's.
        limits.place(spec.instance, process)
        ours.send(b"x")
    except OSError as failed:
        error = failed
        ours.setblocking(False)
        with ours, suppress(OSError, ValueError, LookupError):  # It may know better why.
            error = OSError(json.loads(ours.recv(1 << 16))["why"])
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
        limits.remove(spec.instance)
        raise error from None
    return process, ours


def _first(spec: Spec, isolated: bool, wire: socket.socket, writing: int) -> NoReturn:
    """Leave the host's namespaces and start the instance's first process, which the host then adopts."""
    try:
        os.setsid()
        if isolated:
            kernel.unshare(kernel.EVERYTHING)
        process = os.fork()
        if process == 0:
            _become(spec, isolated, wire)
        os.write(writing, str(process).encode())
    except OSError as error:
        os.write(writing, str(error).encode())
    finally:
        os._exit(0)


def _become(spec: Spec, isolated: bool, wire: socket.socket) -> NoReturn:
    """The instance's first process: make the sandbox from inside, then serve."""
    try:
        signal.set_wakeup_fd(-1)
        kernel.close_others({2, wire.fileno()})
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(null, 1)
        terminal = None
        if isolated:
            terminal = _enter(spec)
        else:
            kernel.adopt_orphans()
        wire.recv(1)  # The network interface is there.
        connected = isolated and spec.network
        if connected:
            _connect(spec)
        guest = Guest(wire, isolated, spec.address if connected else None, terminal)
        if isolated:
            os.chroot(f"{ROOTS}/{spec.instance}")
            sys.path.clear()  # Whatever lies there now, nothing of it is to become part of the agent.
            _prepare(spec)
        try:
            kernel.drop_capabilities()
        except OSError:  # Plain process trees are told to lack this; they are spared it where it can be had.
            if isolated:
                raise
        os.chdir("/")
        try:
            trust(spec.trusted)
        except OSError as error:  # What an instance does to its own files is its own doing.
            sys.stderr.write(f"{spec.instance}: the authority is not trusted: {error}\n")
        select.select([wire], [], [])
        wire.recv(1)  # It has its limits.
        agent = spec.agent if spec.agent in ("", "own") else f"{_INSTALLED}/{os.path.basename(spec.agent)}"
        guest.serve(spec.user_data, spec.known, agent, spec.system, spec.outside)
    except BaseException as error:
        sys.stderr.write(f"{spec.instance}: {error!r}\n")
        sys.stderr.flush()
        wire.sendall(json.dumps({"event": "failed", "why": str(error)}).encode() + b"\n")
    finally:
        os._exit(1)


def _enter(spec: Spec) -> int:
    """Enter the root of an instance, with its devices and its names; where its console is read."""
    root = f"{ROOTS}/{spec.instance}"
    disk = f"{DISKS}/{spec.disk}"
    kernel.mount("none", "/", None, kernel.RECURSIVE | kernel.PRIVATE)
    lower = f"{DISKS}/{spec.root}" if spec.root else "/"
    layers = f"lowerdir={lower},upperdir={disk}/upper,workdir={disk}/work"
    _patiently(lambda: kernel.mount("overlay", root, "overlay", 0, layers))
    careful = kernel.NO_SUID | kernel.NO_DEVICES
    shared.mount_proc(_point(root, "/proc"))
    terminal = _devices(root)
    kernel.mount("tmpfs", _point(root, "/run"), "tmpfs", careful, "mode=755")
    for hidden in (DISKS, LOCAL) if not spec.root else ():
        kernel.mount("tmpfs", f"{root}{hidden}", "tmpfs", careful | kernel.READ_ONLY)
    hosts = f"{_point(root, '/etc')}/hosts"
    if os.path.islink(hosts):
        os.unlink(hosts)
    with open(hosts, "a", encoding="utf-8"):
        kernel.mount(f"{DISKS}/{spec.names}", hosts, None, kernel.BIND)
        kernel.mount("none", hosts, None, kernel.REMOUNT | kernel.BIND | kernel.READ_ONLY)
    kernel.mount(f"{LOCAL}/{spec.instance}", _point(root, "/mnt/local"), None, kernel.BIND)
    if spec.agent not in ("", "own"):
        _install(root, spec.agent)
    try:
        shared.mount_sys(_point(root, "/sys"))
    except OSError as error:
        sys.stderr.write(f"{spec.instance}: no /sys: {error}\n")
    socket.sethostname(spec.host_name)
    return terminal


def _devices(root: str) -> int:
    """A /dev of its own, with the devices that any program may use; where its console is read."""
    target = _point(root, "/dev")
    kernel.mount("tmpfs", target, "tmpfs", kernel.NO_SUID, "mode=755")
    for name in _DEVICES:
        with open(f"{target}/{name}", "wb"):
            kernel.mount(f"/dev/{name}", f"{target}/{name}", None, kernel.BIND)
            # Its mode and owner are the host's other instances' too; it is written to all the same.
            kernel.mount("none", f"{target}/{name}", None, kernel.REMOUNT | kernel.BIND | kernel.READ_ONLY)
    for name, to in _LINKS:
        os.symlink(to, f"{target}/{name}")
    for name in ("pts", "shm"):
        os.mkdir(f"{target}/{name}")
    kernel.mount(
        "devpts", f"{target}/pts", "devpts", kernel.NO_SUID | kernel.NO_PROGRAMS, "newinstance,ptmxmode=0666,mode=620"
    )
    kernel.mount("tmpfs", f"{target}/shm", "tmpfs", kernel.NO_SUID | kernel.NO_DEVICES)
    return console.make(target)


def _connect(spec: Spec) -> None:
    netlink.set_up("lo")
    netlink.add_address("eth0", spec.address, spec.prefix)
    _patiently(lambda: netlink.set_up("eth0"))


def _install(root: str, program: str) -> None:
    """Let an instance have a program of its host's, which it cannot change."""
    place = f"{_point(root, _INSTALLED)}/{os.path.basename(program)}"
    with open(place, "ab"):
        kernel.mount(program, place, None, kernel.BIND)
    kernel.mount("none", place, None, kernel.REMOUNT | kernel.BIND | kernel.READ_ONLY)


def _point(root: str, path: str) -> str:
    """Where a directory of an instance is for its host; made if it is not there.

    Raises:
        OSError: a link of the instance's leads it out of its root.
    """
    place = os.path.realpath(root + path)
    if not place.startswith(f"{root}/"):
        raise OSError(f"{path} leads out of the instance's root")
    os.makedirs(place, exist_ok=True)
    return place


def _prepare(spec: Spec) -> None:
    """Make what every system has, from inside its root, and write down what the instance is called."""
    for directory, mode in (("/root", 0o700), ("/tmp", 0o1777)):
        if not os.path.isdir(directory):
            os.mkdir(directory)
            os.chmod(directory, mode)
    with open("/etc/hostname", "w", encoding="utf-8") as file:
        file.write(f"{spec.host_name}\n")


def trust(certificate: str) -> None:
    """Let the programs of the system that this is trust an authority: those that read the bundle, and the directory."""
    bundle, alone = "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/certs/faultzone.pem"
    for directory in (os.path.dirname(alone), *map(os.path.dirname, _BUNDLE_LINKS)):
        os.makedirs(directory, exist_ok=True)
    if os.path.exists(alone):
        with open(alone, encoding="ascii") as known:
            if known.read() == certificate:
                return
    with open(bundle, "a", encoding="ascii") as file:
        file.write(certificate)
    for link in _BUNDLE_LINKS:
        if not os.path.lexists(link):
            os.symlink(bundle, link)
    with open(alone, "w", encoding="ascii") as file:
        file.write(certificate)


def _patiently(attempt: Callable[[], None]) -> None:
    """Try until it works, for ten seconds: what a host that has just died held is freed a moment later.

    Raises:
        OSError: it has not worked in time.
    """
    for turn in range(_TRIES):
        try:
            attempt()
            return
        except OSError:
            if turn == _TRIES - 1:
                raise
            time.sleep(0.01)
