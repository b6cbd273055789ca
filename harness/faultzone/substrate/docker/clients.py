"""A genuine client of Cloud Assistant, named by the user, that instances run in the place of our agent."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from faultzone.errors import UsageError

_OPTION: Final = "--faultzone-docker-agent"
_MAGIC: Final = b"\x7fELF"
#: The engine's names of architectures, and the numbers that programs for them carry.
_MACHINES: Final = {"x86_64": 62, "aarch64": 183, "arm64": 183, "armv7l": 40, "ppc64le": 21, "s390x": 22}
_KINDS: Final = (2, 3)


def read(path: str) -> bytes:
    """The program at a path.

    Raises:
        UsageError: there is none, or it is no program for Linux.
    """
    try:
        program = Path(path).read_bytes()
    except OSError as error:
        raise UsageError.expected(_OPTION, path, f"the path of a file ({error.strerror})") from None
    if not program.startswith(_MAGIC) or len(program) < 64 or _number(program, 16) not in _KINDS:
        raise UsageError.expected(_OPTION, path, "a program for Linux: the client's executable, aliyun-service")
    return program


def check(path: str, program: bytes, machine: str) -> None:
    """See that a program is for the engine's machine.

    Raises:
        UsageError: it is for another.
    """
    wanted = _MACHINES.get(machine)
    if wanted is not None and _number(program, 18) != wanted:
        raise UsageError.expected(_OPTION, path, f"a program for the engine's machine, which is {machine}")


def _number(program: bytes, place: int) -> int:
    """A number of the program's head, in its own order of bytes."""
    return int.from_bytes(program[place : place + 2], "big" if program[5] == 2 else "little")
