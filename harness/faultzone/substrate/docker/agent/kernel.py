"""The system calls that the standard library lacks: namespaces, mounts, capabilities."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

NEW_MOUNTS: Final = 0x00020000
NEW_NAMES: Final = 0x04000000
NEW_IPC: Final = 0x08000000
NEW_PIDS: Final = 0x20000000
NEW_NETWORK: Final = 0x40000000
EVERYTHING: Final = NEW_MOUNTS | NEW_NAMES | NEW_IPC | NEW_PIDS | NEW_NETWORK

#: Stands for the network namespace of whoever opens it.
NETWORK: Final = "/proc/self/ns/net"

READ_ONLY: Final = 1
NO_SUID: Final = 2
NO_DEVICES: Final = 4
NO_PROGRAMS: Final = 8
REMOUNT: Final = 0x20
BIND: Final = 0x1000
RECURSIVE: Final = 0x4000
PRIVATE: Final = 0x40000

_KNOWS_CAPABILITY: Final = 23
_DROP_CAPABILITY: Final = 24
_SET_SUBREAPER: Final = 36
#: What an instance's root may do, by number: own and read any file, signal and become any user, use low ports and raw
#: sockets. It is an ordinary server's root; all else, known today or not, is taken from it.
_ALLOWED: Final = frozenset({0, 1, 3, 4, 5, 6, 7, 10, 13})
#: Writing to the audit log: the first process alone has it, and never uses it. Its only sense is that nothing in the
#: instance has all that the first process has, so that nothing there may trace it.
_FIRST: Final = frozenset({29})
_CAPABILITIES: Final = 64
_CAPABILITY_VERSION: Final = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")


def unshare(flags: int) -> None:
    """Leave the namespaces that `flags` name for new ones."""
    _check(_libc.unshare(flags), "unshare")


def join(space: int) -> None:
    """Enter the namespace that an open file of /proc/…/ns stands for."""
    _check(_libc.setns(space, 0), "setns")


@contextmanager
def new_network() -> Iterator[int]:
    """Be in a new network namespace within the block, which is given an open file that stands for the old one.

    Raises:
        OSError: there can be no new one.
    """
    old = os.open(NETWORK, os.O_RDONLY)
    try:
        unshare(NEW_NETWORK)
        try:
            yield old
        finally:
            join(old)
    finally:
        os.close(old)


def mount(source: str, target: str, kind: str | None = None, flags: int = 0, data: str | None = None) -> None:
    """mount(2)."""
    given = [None if each is None else os.fsencode(each) for each in (source, target, kind)]
    _check(_libc.mount(*given, ctypes.c_ulong(flags), None if data is None else data.encode()), f"mount {target}")


def read_only(path: str, flags: int = NO_SUID | NO_DEVICES | NO_PROGRAMS) -> None:
    """Let a file or directory be read alone by way of its path, whoever asks; device nodes may be used all the same."""
    mount(path, path, None, BIND)
    mount("none", path, None, REMOUNT | BIND | READ_ONLY | flags)


def drop_capabilities() -> None:
    """Take from this process, and all that it will start, what an instance's root must not do.

    Raises:
        OSError: the kernel does not take them.
    """
    for capability in range(_CAPABILITIES):
        if capability not in _ALLOWED and _libc.prctl(_KNOWS_CAPABILITY, capability, 0, 0, 0) == 1:
            _check(_libc.prctl(_DROP_CAPABILITY, capability, 0, 0, 0), "prctl")
    # That is for programs that are yet to start; this process is to have no more itself, and to bequeath nothing.
    header = struct.pack("Ii", _CAPABILITY_VERSION, 0)
    words = struct.Struct("6I")
    now = ctypes.create_string_buffer(words.size)
    _check(_libc.capget(header, now), "capget")
    permitted = words.unpack(now.raw)[1::3]
    kept = [has & _bits(_ALLOWED | _FIRST, word) for word, has in enumerate(permitted)]
    used = [has & _bits(_ALLOWED, word) for word, has in enumerate(permitted)]
    _check(_libc.capset(header, words.pack(used[0], kept[0], 0, used[1], kept[1], 0)), "capset")


def _bits(capabilities: frozenset[int], word: int) -> int:
    return sum(1 << each % 32 for each in capabilities if each // 32 == word)


def adopt_orphans() -> None:
    """Become the parent of orphaned descendants."""
    _check(_libc.prctl(_SET_SUBREAPER, 1, 0, 0, 0), "prctl")


def close_others(keep: set[int]) -> None:
    """Close every open file but these."""
    for name in os.listdir("/proc/self/fd"):
        number = int(name)
        if number not in keep:
            try:
                os.close(number)
            except OSError:
                continue
