"""The programs of scripted Linux guests: names, numbers, time and power.

Each does what the real one does for the arguments that it knows, and raises NotUnderstood for all others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from posixpath import dirname
from typing import TYPE_CHECKING, Final

from faultzone.clock import MINUTE, SECOND
from faultzone.substrate.agent_programs import chkconfig, chmod, dpkg, rpm, systemctl
from faultzone.substrate.bash import not_found
from faultzone.substrate.guest_agent import AGENT_PROCESS
from faultzone.substrate.network_programs import curl, wget
from faultzone.substrate.shell import NotUnderstood, Program, Takes
from faultzone.substrate.systems import TOOLS, absolute

if TYPE_CHECKING:
    from faultzone.substrate.process import Process

#: Takes the process that calls it and its arguments; gives the exit code.
GuestProgram = Callable[["Process", list[str]], "int | Takes"]

#: The time zone of the systems of public images.
IMAGE_ZONE: Final = "Asia/Shanghai"
_HOST_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,62}[A-Za-z0-9])?")


def _as_root(process: Process, name: str, arguments: list[str]) -> None:
    if process.user != "root":
        raise NotUnderstood(f"what {' '.join([name, *arguments])!r} does for {process.user}")


# Names


def _hostname(process: Process, arguments: list[str]) -> int:
    """`hostname`, and `hostname NAME`, which lasts until the next boot and changes no file
    (assistant/host-name-by-command)."""
    guest = process.guest
    if not arguments:
        process.write(f"{guest.host_name}\n")
    elif arguments in (["-s"], ["--short"]):
        process.write(f"{guest.host_name.partition('.')[0]}\n")
    elif len(arguments) == 1 and _HOST_NAME.fullmatch(arguments[0]) and ".." not in arguments[0]:
        _as_root(process, "hostname", arguments)
        guest.host_name = arguments[0]
    else:
        raise NotUnderstood.of("hostname", arguments)
    return 0


def _hostnamectl(process: Process, arguments: list[str]) -> int:
    """`hostnamectl set-hostname NAME`: for now, and in /etc/hostname for every boot from now on
    (assistant/host-name-by-command)."""
    verb, name = (*arguments, "", "")[:2]
    # What is not in small letters, or has a period, is kept in other forms besides.
    if len(arguments) != 2 or verb != "set-hostname" or not re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?", name):
        raise NotUnderstood.of("hostnamectl", arguments)
    _as_root(process, "hostnamectl", arguments)
    process.guest.host_name = process.guest.boot_name = name
    return 0


def _uname(process: Process, arguments: list[str]) -> int:
    if arguments in ([], ["-s"]):
        process.write("Linux\n")
    elif arguments in (["-n"], ["--nodename"]):
        process.write(f"{process.guest.host_name}\n")
    else:
        raise NotUnderstood.of("uname", arguments)
    return 0


def _cat(process: Process, arguments: list[str]) -> int:
    """`cat /etc/hostname`: it is the one file of which the text is known."""
    if arguments != ["/etc/hostname"] or not process.guest.system.systemd:
        raise NotUnderstood.of("cat", arguments)
    process.write(f"{process.guest.boot_name}\n")
    return 0


def _whoami(process: Process, arguments: list[str]) -> int:
    if arguments:
        raise NotUnderstood.of("whoami", arguments)
    process.write(f"{process.user}\n")
    return 0


def _id(process: Process, arguments: list[str]) -> int:
    letters = "".join(word[1:] if re.fullmatch(r"-[ugGnr]+", word) else "?" for word in arguments)
    what = set(letters) - set("nr")
    if len(what) > 1 or (not what and letters) or "?" in what:
        raise NotUnderstood.of("id", arguments)
    if "u" in what and "n" in letters:
        process.write(f"{process.user}\n")
        return 0
    numbers = {"root": 0, "ecs-user": 1000}
    if process.user not in numbers or (process.user != "root" and what != {"u"}):
        raise NotUnderstood(f"the groups and numbers of {process.user}")
    number, name = numbers[process.user], process.user
    if what:
        process.write(f"{name if 'n' in letters else number}\n")
    else:
        process.write(f"uid={number}({name}) gid={number}({name}) groups={number}({name})\n")
    return 0


def _pgrep(process: Process, arguments: list[str]) -> int:
    if arguments not in ([AGENT_PROCESS], ["-x", AGENT_PROCESS]):
        raise NotUnderstood.of("pgrep", arguments)
    process.write("1042\n" if process.guest.agent.runs else "")
    return 0 if process.guest.agent.runs else 1


def _mkdir(process: Process, arguments: list[str]) -> int:
    """`mkdir [-p] DIRECTORY...`"""
    parents = arguments[:1] == ["-p"]
    names = arguments[1:] if parents else arguments
    paths = [absolute(name, process.directory) for name in names]
    if not names or any(not name or name.startswith("-") for name in names):
        raise NotUnderstood.of("mkdir", arguments)
    if any(process.has_directory(path) is None or path in process.guest.files for path in paths):
        raise NotUnderstood.of("mkdir", arguments)
    _as_root(process, "mkdir", arguments)
    code = 0
    for name, path in zip(names, paths, strict=True):
        why = ""
        if not parents and process.has_directory(path):
            why = "File exists"
        elif not parents and not process.has_directory(dirname(path)):
            why = "No such file or directory"
        if why and not re.fullmatch(r"[\w./:=@%+-]+", name, re.ASCII):
            raise NotUnderstood.of("mkdir", arguments)  # Systems quote such names in ways of their own.
        if why:
            process.write(f"mkdir: cannot create directory '{name}': {why}\n")
            code = 1
        else:
            process.guest.make_directory(path)
    return code


# Numbers and time


def _seq(process: Process, arguments: list[str]) -> int:
    if not arguments:
        process.write("seq: missing operand\nTry 'seq --help' for more information.\n")
        return 1
    if len(arguments) > 3 or not all(re.fullmatch(r"0|-?[1-9][0-9]{0,8}", each) for each in arguments):
        raise NotUnderstood.of("seq", arguments)
    numbers = [int(each) for each in arguments]
    first, step, last = (
        (1, 1, numbers[0]) if len(numbers) == 1 else (numbers[0], ([1, *numbers[1:-1]])[-1], numbers[-1])
    )
    if not step or abs(last - first) // abs(step) > _SEQ_MOST:
        raise NotUnderstood.of("seq", arguments)
    process.write("".join(f"{each}\n" for each in range(first, last + (1 if step > 0 else -1), step)))
    return 0


#: The most numbers that are made: more than any output is kept of.
_SEQ_MOST: Final = 50_000
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def _sleep(process: Process, arguments: list[str]) -> int | Takes:
    """`sleep NUMBER[smhd]...`: the sum of them."""
    if not arguments:
        process.write("sleep: missing operand\nTry 'sleep --help' for more information.\n")
        return 1
    total: Decimal | None = Decimal(0)
    wrong = []
    for word in arguments:
        match = re.fullmatch(r"((?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)|infinity|inf)([smhd]?)", word)
        if match is not None:
            infinite = match[1].startswith("inf")
            total = None if total is None or infinite else total + Decimal(match[1]) * _SECONDS[match[2] or "s"]
        elif re.fullmatch(r"[A-Za-z_]*", word) and word[:1].lower() not in ("i", "n"):
            wrong.append(word)
        else:
            raise NotUnderstood.of("sleep", arguments)
    if wrong:
        says = "".join(f"sleep: invalid time interval '{word}'\n" for word in wrong)
        process.write(says + "Try 'sleep --help' for more information.\n")
        return 1
    return Takes(None if total is None else round(total * SECOND))


_DATE_PARTS: Final = {
    "F": "%Y-%m-%d", "T": "%H:%M:%S", "D": "%m/%d/%y", "R": "%H:%M", "n": "\n", "t": "\t",
    **{letter: f"%{letter}" for letter in "YmdHMSyjIwuzZ%"},
}  # fmt: skip


def _date(process: Process, arguments: list[str]) -> int:
    """`date +FORMAT`, in the time zone of the system, and with `-u` in UTC (assistant/cron-instance-zone)."""
    from faultzone.model.assistant.schedules import read_zone  # Few scripts ask for the time.

    in_utc = arguments[:1] in (["-u"], ["--utc"])
    forms = arguments[1:] if in_utc else arguments
    form = forms[0] if len(forms) == 1 and forms[0].startswith("+") else "+%E"
    known = {*_DATE_PARTS, "s"}
    if re.sub("%[" + "".join(known) + "]", "", form[1:]).count("%"):
        raise NotUnderstood.of("date", arguments)
    seconds = process.guest.world.clock.now // SECOND
    at = datetime.fromtimestamp(seconds, UTC if in_utc else read_zone(process.guest.zone or IMAGE_ZONE))
    parts = {**{letter: at.strftime(each) for letter, each in _DATE_PARTS.items()}, "s": str(seconds)}
    process.write(re.sub("%(.)", lambda match: parts[match[1]], form[1:], flags=re.DOTALL) + "\n")
    return 0


def _timedatectl(process: Process, arguments: list[str]) -> int:
    """`timedatectl set-timezone NAME`, which is permanent; the agent tells of it."""
    from faultzone.model.assistant.cron import CronError
    from faultzone.model.assistant.schedules import read_zone

    verb, name = (*arguments, "", "")[:2]
    try:
        known = len(arguments) == 2 and verb == "set-timezone" and read_zone(name)
    except CronError:
        known = False
    if not known or name.startswith("GMT"):
        raise NotUnderstood.of("timedatectl", arguments)
    _as_root(process, "timedatectl", arguments)
    process.guest.zone = "" if name == IMAGE_ZONE else name
    process.guest.tell_agent()
    return 0


# Power


def _reboot(process: Process, arguments: list[str]) -> int:
    return _power(process, "reboot", arguments)


def _power_off(process: Process, arguments: list[str]) -> int:
    return _power(process, "halt", arguments)


def _power(process: Process, how: str, arguments: list[str]) -> int:
    if arguments:
        raise NotUnderstood.of("reboot" if how == "reboot" else "poweroff", arguments)
    _as_root(process, how, arguments)
    process.guest.power(how, 0)
    return 0


def _shutdown(process: Process, arguments: list[str]) -> int:
    """`shutdown [-r | -h | -P] [now | +MINUTES] [message]`, and `shutdown -c`."""
    _as_root(process, "shutdown", arguments)
    if arguments == ["-c"]:
        process.guest.power(None, 0)
        return 0
    options = [word for word in arguments if word.startswith("-")]
    whens = [word for word in arguments if not word.startswith("-")] or ["+1"]
    minutes = {"now": "0"}.get(whens[0], whens[0]).removeprefix("+")
    if (
        len(options) > 1
        or (options and options[0] not in ("-r", "-h", "-P"))
        or not re.fullmatch(r"[0-9]{1,6}|[A-Za-z]+", minutes)
    ):
        raise NotUnderstood.of("shutdown", arguments)
    if not (minutes.isascii() and minutes.isdigit()):
        process.write(f"Failed to parse time specification: {whens[0]}\n")
        return 1
    process.guest.power("reboot" if options == ["-r"] else "halt", int(minutes) * MINUTE)
    return 0


#: What guests know of the programs that every Linux system has, and of the tools of some.
def _aliyun_service(process: Process, arguments: list[str]) -> int:
    from faultzone.substrate.machines import aliyun_service  # Few machines are outside the cloud.

    return aliyun_service(process, arguments)


LINUX: Final[Mapping[str, GuestProgram]] = {
    "aliyun-service": _aliyun_service,
    "cat": _cat,
    "chkconfig": chkconfig,
    "chmod": chmod,
    "curl": curl,
    "date": _date,
    "dpkg": dpkg,
    "hostname": _hostname,
    "hostnamectl": _hostnamectl,
    "id": _id,
    "mkdir": _mkdir,
    "pgrep": _pgrep,
    "poweroff": _power_off,
    "reboot": _reboot,
    "rpm": rpm,
    "seq": _seq,
    "shutdown": _shutdown,
    "sleep": _sleep,
    "systemctl": systemctl,
    "timedatectl": _timedatectl,
    "uname": _uname,
    "wget": wget,
    "whoami": _whoami,
}


def linux_program(process: Process, name: str) -> Program | None:
    """What a name stands for in a Linux guest; None where there is surely nothing.

    Raises:
        NotUnderstood: it is there, or may be, and is not known.
    """
    if name.startswith("%") and not process.plain_sh:
        raise NotUnderstood(f"the job {name!r}")
    if "/" in name:
        return _by_path(process, name)
    there, known = process.guest.system.has(name), LINUX.get(name)
    if there is False:
        return None
    if known is None or (there is None and name in TOOLS):
        raise NotUnderstood(repr(name))
    return lambda _, arguments: known(process, arguments)


def _by_path(process: Process, name: str) -> Program | None:
    """A program that is named by its path: none of them is known, and of few it is known that they are not there."""
    path = absolute(name, process.directory)
    if path in process.guest.files or process.has_directory(path) is not False:
        raise NotUnderstood(repr(name))

    def missing(_: object, arguments: list[str]) -> int:
        process.write(not_found(process, name, "No such file or directory"))
        return 127

    return missing
