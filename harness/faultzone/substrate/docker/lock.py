"""A lock that all processes of this machine's user share: a file in the folder of temporary files.

Anybody may have put something else at its place, or hold it for good: that is said, and nothing is waited for without
end.
"""

from __future__ import annotations

import fcntl
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from faultzone.errors import HarnessError

_LOOK_SECONDS: Final = 0.05


def path(purpose: str) -> Path:
    """Where the lock is; others than this user could not open it."""
    return Path(tempfile.gettempdir()) / f"faultzone-{purpose}-{os.getuid()}.lock"


@contextmanager
def held(purpose: str, seconds: float) -> Iterator[None]:
    """Hold the lock within the block.

    Args:
        purpose: what it is for, a part of its name.
        seconds: for how many real seconds another process may hold it meanwhile.

    Raises:
        HarnessError: it is held for longer, or what is at its place is no file of this user's; the text names the path
            and says what to do.
    """
    place = path(purpose)
    file = _open(place)
    try:
        end = time.monotonic() + seconds
        while not _take(file):
            if time.monotonic() > end:
                holder = os.pread(file, 20, 0).decode("ascii", "replace").strip()
                raise HarnessError(
                    f"{place} has been locked for {seconds:g} s by another process of yours"
                    f"{f', {holder}' if holder.isdecimal() else ''}: wait until it has made its image and try again; "
                    f"if it stands still, end it (fuser {place} names it)"
                )
            time.sleep(_LOOK_SECONDS)
        os.ftruncate(file, 0)
        os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(file)


def _take(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _open(place: Path) -> int:
    """Open the file, made if it is not there; nothing is followed, waited for or written on the way."""
    advice = "remove it, or let TMPDIR name another folder for temporary files"
    try:
        file = os.open(place, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    except OSError as error:
        kind = "a symbolic link" if place.is_symlink() else f"no file that can be opened ({error.strerror})"
        raise HarnessError(f"{place} is to be a lock, but is {kind}: {advice}") from None
    status = os.fstat(file)
    if not stat.S_ISREG(status.st_mode) or status.st_uid != os.getuid() or status.st_nlink != 1:
        os.close(file)
        raise HarnessError(f"{place} is to be a lock, but is no ordinary file of yours alone: {advice}")
    return file
