"""The programs of scripted guests beyond the shell's own: power, names, and what the manual tells users to type.

Source: manual 2.2, for the agent's package, its updater and its service under either init system.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Final

from faultzone.clock import MINUTE

if TYPE_CHECKING:
    from faultzone.substrate.guest import Process

#: Takes the process that calls it and its arguments; gives the exit code.
GuestProgram = Callable[["Process", list[str]], int]

_PACKAGES: Final = ("aliyun_assist.rpm", "aliyun_assist.deb")
_UPDATER: Final = "aliyun_assist_update"
_LINUX_SERVICE: Final = "agentwatch"
#: Where the metadata service answers (event/metadata).
METADATA: Final = "100.100.100.200"
#: The name of the agent's process, and on Windows of its service (assistant/process-name).
AGENT_PROCESS: Final = "AliyunService"


def _hostname(process: Process, arguments: list[str]) -> int:
    process.write(process.guest.host_name + process.newline)
    return 0


def _whoami(process: Process, arguments: list[str]) -> int:
    process.write(process.user + process.newline)
    return 0


def _id(process: Process, arguments: list[str]) -> int:
    number, name = (0, "root") if process.user == "root" else (1000, process.user)
    process.write(f"{number}\n" if arguments == ["-u"] else f"uid={number}({name}) gid={number}({name})\n")
    return 0


def _pwd(process: Process, arguments: list[str]) -> int:
    process.write(process.directory + process.newline)
    return 0


def _seq(process: Process, arguments: list[str]) -> int:
    if len(arguments) != 1 or not arguments[0].isdigit():
        process.write(f"seq: write how many numbers, not {' '.join(arguments)!r}{process.newline}")
        return 1
    process.write("".join(f"{number}\n" for number in range(1, int(arguments[0]) + 1)))
    return 0


def _pgrep(process: Process, arguments: list[str]) -> int:
    found = arguments[-1:] == [AGENT_PROCESS] and process.guest.agent.runs
    process.write("1042\n" if found else "")
    return 0 if found else 1


# Power


def _reboot(process: Process, arguments: list[str]) -> int:
    process.guest.power("reboot", 0)
    return 0


def _power_off(process: Process, arguments: list[str]) -> int:
    process.guest.power("halt", 0)
    return 0


def _shutdown(process: Process, arguments: list[str]) -> int:
    if "-c" in arguments:
        process.guest.power(None, 0)
        return 0
    whens = [word for word in arguments if not word.startswith("-")] or ["+1"]
    minutes = {"now": "0"}.get(whens[0], whens[0]).removeprefix("+")
    if not minutes.isdigit():
        process.write(f"Failed to parse time specification: {whens[0]}\n")
        return 1
    process.guest.power("reboot" if "-r" in arguments else "halt", int(minutes) * MINUTE)
    return 0


def _windows_shutdown(process: Process, arguments: list[str]) -> int:
    given = [word.lower().replace("-", "/", 1) for word in arguments]
    if "/a" in given:
        process.guest.power(None, 0)
        return 0
    if "/s" not in given and "/r" not in given:
        process.write("Usage: shutdown [/s | /r | /a] [/t xxx]\r\n")
        return 1
    after = given[given.index("/t") + 1] if "/t" in given[:-1] else "30"
    process.guest.power("reboot" if "/r" in given else "halt", int(after) * 1000 if after.isdigit() else 0)
    return 0


# The agent: its package, its updater, its service


def _wget(process: Process, arguments: list[str]) -> int:
    name = PurePosixPath(arguments[-1]).name if arguments else ""
    if name not in _PACKAGES:
        process.write(f"wget: unable to resolve host address of {name!r}\n")
        return 4
    process.guest.files |= {name}
    return 0


def _curl(process: Process, arguments: list[str]) -> int:
    """Ask the metadata service, which alone answers in a guest."""
    urls = [word for word in arguments if not word.startswith("-")]
    host, _, path = (urls[-1] if urls else "").removeprefix("http://").partition("/")
    if host != METADATA:
        process.write(f"curl: (6) Could not resolve host: {host}\n")
        return 6
    found = process.guest.world.metadata(process.guest.id, f"/{path}")
    if found is not None:
        process.write(found)
    elif any(word in ("-f", "--fail") or (word[:2] != "--" and "f" in word) for word in arguments if word[:1] == "-"):
        process.write("curl: (22) The requested URL returned error: 404\n")
        return 22
    else:
        process.write("404 - Not Found")
    return 0


def _package(kind: str, verbs: frozenset[str]) -> GuestProgram:
    def install(process: Process, arguments: list[str]) -> int:
        name = PurePosixPath(arguments[-1]).name if arguments else ""
        if len(arguments) != 2 or arguments[0] not in verbs or not name.endswith(kind):
            process.write(f"{kind[1:]}: no such option\n")
            return 1
        if name not in process.guest.files:
            process.write(f"error: open of {name} failed: No such file or directory\n")
            return 1
        process.guest.change_agent("install")
        return 0

    return install


def _chmod(process: Process, arguments: list[str]) -> int:
    agent = process.guest.agent
    if len(arguments) != 2 or PurePosixPath(arguments[1]).name != _UPDATER or not agent.installed:
        process.write(f"chmod: cannot access {arguments[-1:]}: No such file or directory\n")
        return 1
    if arguments[0] in ("a-x", "-x", "a+x", "+x"):
        process.guest.change_agent("updater-on" if "+" in arguments[0] else "updater-off")
        return 0
    process.write(f"chmod: invalid mode: {arguments[0]!r}\n")
    return 1


def _rename(process: Process, arguments: list[str]) -> int:
    agent = process.guest.agent
    if not arguments or not agent.installed:
        process.write("The syntax of the command is incorrect.\r\n")
        return 1
    names = [PureWindowsPath(word).name.removesuffix(".exe") for word in arguments]
    there = _UPDATER if agent.updater else agent.updater_name
    if names[0] != there:
        process.write("The system cannot find the file specified.\r\n")
        return 1
    agent.updater_name = names[1] if len(names) > 1 else f"{_UPDATER}.off"
    process.guest.change_agent("updater-on" if agent.updater_name == _UPDATER else "updater-off")
    return 0


def _service(process: Process, verb: str, name: str, expected: str) -> int:
    if name != expected or not process.guest.agent.installed:
        process.write(f"{name}: no such service{process.newline}")
        return 5
    if verb in ("stop", "start", "restart"):
        if verb != "start":
            process.guest.change_agent("stop")
        if verb != "stop":
            process.guest.change_agent("start")
        return 0
    if verb in ("status", "is-active", "query"):
        process.write(("active" if process.guest.agent.runs else "inactive") + process.newline)
        return 0 if process.guest.agent.runs else 3
    process.write(f"{verb}: unknown operation{process.newline}")
    return 1


def _systemctl(process: Process, arguments: list[str]) -> int:
    verb, name = (*arguments, "", "")[:2]
    return _service(process, verb, name.removesuffix(".service"), _LINUX_SERVICE)


def _chkconfig(process: Process, arguments: list[str]) -> int:
    name, verb = (*arguments, "", "")[:2]
    code = _service(process, {"off": "stop", "on": "start"}.get(verb, verb), name, _LINUX_SERVICE)
    if code == 0 and verb in ("on", "off"):
        process.guest.agent.enabled = verb == "on"
    return code


def _sc(process: Process, arguments: list[str]) -> int:
    verb, name = (*arguments, "", "")[:2]
    return _service(process, verb.lower(), name, AGENT_PROCESS)


def _cmdlet(verb: str) -> GuestProgram:
    return lambda process, arguments: _service(process, verb, (arguments or [""])[-1], AGENT_PROCESS)


_LINUX: Final[Mapping[str, GuestProgram]] = {
    "hostname": _hostname,
    "whoami": _whoami,
    "id": _id,
    "pwd": _pwd,
    "seq": _seq,
    "pgrep": _pgrep,
    "reboot": _reboot,
    "poweroff": _power_off,
    "shutdown": _shutdown,
    "curl": _curl,
    "wget": _wget,
    "rpm": _package(".rpm", frozenset({"-ivh", "-i", "-U", "-Uvh"})),
    "dpkg": _package(".deb", frozenset({"-i", "--install"})),
    "chmod": _chmod,
    "systemctl": _systemctl,
    "chkconfig": _chkconfig,
}
_WINDOWS: Final[Mapping[str, GuestProgram]] = {
    "hostname": _hostname,
    "whoami": _whoami,
    "cd": _pwd,
    "pwd": _pwd,
    "shutdown": _windows_shutdown,
    "rename": _rename,
    "ren": _rename,
    "sc": _sc,
    "net": _sc,
    "restart-computer": _reboot,
    "stop-computer": _power_off,
    "stop-service": _cmdlet("stop"),
    "start-service": _cmdlet("start"),
    "restart-service": _cmdlet("restart"),
}
PROGRAMS: Final[Mapping[str, Mapping[str, GuestProgram]]] = {"linux": _LINUX, "windows": _WINDOWS}
