"""What the manual tells users to type for the agent (2.2): its package, its updater, its service."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from faultzone.substrate.shell import NotUnderstood
from faultzone.substrate.systems import absolute

if TYPE_CHECKING:
    from faultzone.substrate.process import Process

UPDATER: Final = "aliyun_assist_update"
_SERVICE: Final = "agentwatch"
_PACKAGE: Final = "aliyun_assist"
#: Services that images may well have; of them nothing is known.
_SERVICES: Final = frozenset(
    "acpid aegis atd auditd chronyd cloud-config cloud-final cloud-init cron crond dbus firewalld getty iptables "
    "irqbalance kdump network networking nscd ntp ntpd polkit postfix rsyslog ssh sshd systemd-journald systemd-logind "
    "systemd-networkd systemd-resolved systemd-udevd tuned ufw".split()
)


def rpm(process: Process, arguments: list[str]) -> int:
    """`rpm -i` or `-U` of the agent's package, with `-v` and `-h` (assistant/install-by-package,
    assistant/upgrade-by-command)."""
    option, path = (*arguments, "", "")[:2]
    if len(arguments) != 2 or not re.fullmatch(r"-(?:i|U)[vh]*", option) or not path.endswith(".rpm") or "://" in path:
        raise NotUnderstood.of("rpm", arguments)
    if absolute(path, process.directory) not in process.guest.files:
        if process.has_directory(str(PurePosixPath(absolute(path, process.directory)).parent)) is None:
            raise NotUnderstood.of("rpm", arguments)
        process.write(f"error: open of {path} failed: No such file or directory\n")
        return 1
    _only_the_agents(process, "rpm", arguments, path)
    agent = process.guest.agent
    latest = agent.versions[0]
    if agent.installed and (agent.version == latest or option.startswith("-i")):
        if agent.version != latest:
            raise NotUnderstood("how `rpm -i` meets an older version; write rpm -U")
        process.write(f"\tpackage {_PACKAGE}-{latest} is already installed\n")
        return 1
    if "h" in option:
        process.write(f"{'Preparing...':<38}{'#' * 33} [100%]\nUpdating / installing...\n")
        process.write(f"{f'   1:{_PACKAGE}-{latest}':<38}{'#' * 33} [100%]\n")
    process.guest.change_agent("install")
    return 0


def dpkg(process: Process, arguments: list[str]) -> int:
    """`dpkg -i` of the agent's package; one that is installed is installed again (assistant/install-by-package,
    assistant/upgrade-by-command)."""
    option, path = (*arguments, "", "")[:2]
    if len(arguments) != 2 or option not in ("-i", "--install") or not path.endswith(".deb"):
        raise NotUnderstood.of("dpkg", arguments)
    if absolute(path, process.directory) not in process.guest.files:
        if process.has_directory(str(PurePosixPath(absolute(path, process.directory)).parent)) is None:
            raise NotUnderstood.of("dpkg", arguments)
        process.write(f"dpkg: error: cannot access archive '{path}': No such file or directory\n")
        return 2
    _only_the_agents(process, "dpkg", arguments, path)
    process.write(f"Setting up {_PACKAGE} ({process.guest.agent.versions[0]}) ...\n")
    process.guest.change_agent("install")
    return 0


def _only_the_agents(process: Process, name: str, arguments: list[str], path: str) -> None:
    """Of another file that is there nobody knows what it holds."""
    if process.user != "root" or not re.fullmatch(rf"{_PACKAGE}\.(?:rpm|deb)(?:\.[0-9]+)?", PurePosixPath(path).name):
        raise NotUnderstood.of(name, arguments)


def chmod(process: Process, arguments: list[str]) -> int:
    """`chmod a-x aliyun_assist_update`, and the way back, wherever the script runs, as the manual has it
    (assistant/upgrade-disabled)."""
    mode, path = (*arguments, "", "")[:2]
    modes = {"a-x": "updater-off", "-x": "updater-off", "a+x": "updater-on", "+x": "updater-on"}
    place = re.fullmatch(rf"(?:/usr/local/share/aliyun-assist/[\w.]+/)?{UPDATER}", path)
    if len(arguments) != 2 or mode not in modes or place is None or process.user != "root":
        raise NotUnderstood.of("chmod", arguments)
    if not process.guest.agent.installed:
        process.write(f"chmod: cannot access '{path}': No such file or directory\n")
        return 1
    process.guest.change_agent(modes[mode])
    return 0


def systemctl(process: Process, arguments: list[str]) -> int:
    """Begin and end the service of the agent, and ask whether it is active."""
    verb, given = (*arguments, "", "")[:2]
    name = given.removesuffix(".service")
    if (
        len(arguments) != 2
        or process.user != "root"
        or verb not in ("start", "stop", "restart", "is-active", "enable", "disable")
    ):
        raise NotUnderstood.of("systemctl", arguments)
    guest = process.guest
    if name != _SERVICE or not guest.agent.installed:
        if (
            name in _SERVICES
            or verb in ("is-active", "enable", "disable")
            or not re.fullmatch(r"[a-z][a-z0-9_-]*", name)
        ):
            raise NotUnderstood.of("systemctl", arguments)
        why = "Unit not found." if verb != "stop" else f"Unit {name}.service not loaded."
        process.write(f"Failed to {verb} {name}.service: {why}\n")
        return 5
    if verb == "is-active":
        process.write("active\n" if guest.agent.runs else "inactive\n")
        return 0 if guest.agent.runs else 3
    if verb in ("enable", "disable"):
        guest.agent.enabled = verb == "enable"
        return 0
    change_service(process, verb)
    return 0


def change_service(process: Process, verb: str) -> None:
    """Stop, start or restart the agent (assistant/agent-disabled)."""
    if verb != "start":
        process.guest.change_agent("stop")
    if verb != "stop":
        process.guest.change_agent("start")


def chkconfig(process: Process, arguments: list[str]) -> int:
    """`chkconfig agentwatch off`, by which the manual switches the agent off, and `on`."""
    name, verb = (*arguments, "", "")[:2]
    known = name == _SERVICE and verb in ("on", "off") and process.guest.agent.installed
    if len(arguments) != 2 or not known or process.user != "root":
        raise NotUnderstood.of("chkconfig", arguments)
    change_service(process, "start" if verb == "on" else "stop")
    process.guest.agent.enabled = verb == "on"
    return 0
