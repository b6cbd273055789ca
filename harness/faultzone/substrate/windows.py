"""The shells of Windows guests, bat and PowerShell, and their programs.

Lines are read as if the script began with `@echo off`. Whatever needs an expansion, a pipe or an operator is not
understood.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import PureWindowsPath
from typing import TYPE_CHECKING, Final

from faultzone.substrate.agent_programs import UPDATER, change_service
from faultzone.substrate.guest_agent import AGENT_PROCESS
from faultzone.substrate.shell import Dialect, NotUnderstood, Program, ScriptEnds, Session, Step, Takes
from faultzone.substrate.systems import windows_path

if TYPE_CHECKING:
    from faultzone.substrate.process import Process


# bat


def _bat_steps(script: str) -> list[Step]:
    found = []
    for number, line in enumerate(script.replace("\r", "").split("\n"), 1):
        after = ""
        rest = line.lstrip(" \t@")
        if re.match(r"(?i)(rem\b|::)", rest):
            continue
        if re.search(r"(?<!\|)\|(?!\|)|\|\|\||[<>%^()]", rest):
            raise NotUnderstood(repr(line.strip()))
        for part in re.split(r"""((?:&&|\|\||&)(?=(?:[^"]*"[^"]*")*[^"]*$))""", rest):
            text = part.strip().lstrip("@")
            if part in ("&", "&&", "||"):
                after = part
            elif text:
                if re.match(r"(?i)rem\b", text):
                    break
                found.append(Step(after, text, number, partial(_bat_words, part.lstrip(" \t@"))))
    return found


def _bat_words(text: str, session: Session) -> list[str]:
    """The name of a command, and what follows it; `echo` gets it as it stands."""
    match = re.match(r"(?i)(echo|title)(?=[ \t]|$)[ \t]?(.*)", text, re.DOTALL)
    if match is not None:
        return [match[1], match[2]]
    if re.match(r"(?i)(echo|cd|chdir|exit)\W", text) and not re.match(r"(?i)\w+[ \t]", text):
        raise NotUnderstood(repr(text.strip()))
    words = re.findall(r'"[^"]*"|[^\s"]+', text)
    if text.count('"') % 2 or any('"' in word[1:-1] for word in words) or re.search(r'[^\s]"[^\s]', text.strip()):
        raise NotUnderstood(repr(text.strip()))
    return [word.strip('"') for word in words]


def _bat_echo(session: Session, arguments: list[str]) -> int:
    text = arguments[0]
    if text.strip().lower() in ("on", "/?"):
        raise NotUnderstood(f"'echo {text.strip()}'")
    if not text.strip():
        session.write("ECHO is off.\r\n")
    elif text.strip().lower() != "off":
        session.write(text + "\r\n")
    return 0


def _bat_exit(session: Session, arguments: list[str]) -> int:
    numbers = arguments[1:] if [word.lower() for word in arguments[:1]] == ["/b"] else arguments
    if len(numbers) > 1 or not all(re.fullmatch(r"-?[0-9]{1,9}", word) for word in numbers):
        raise NotUnderstood.of("exit", arguments)
    raise ScriptEnds(int(numbers[0]) if numbers else session.code)


def _bat_timeout(session: Session, arguments: list[str]) -> int | Takes:
    given = [word.lower() for word in arguments if word.lower() != "/nobreak"]
    numbers = given[1:] if given[:1] == ["/t"] else given
    if len(numbers) != 1 or not re.fullmatch(r"[0-9]{1,5}", numbers[0]):
        raise NotUnderstood.of("timeout", arguments)
    return Takes(int(numbers[0]) * 1000)


def _bat_cd(session: Session, arguments: list[str]) -> int:
    """`cd`, `cd DIRECTORY`, `cd /d DIRECTORY`."""
    if not arguments:
        session.write(session.directory + "\r\n")
        return 0
    names = arguments[1:] if arguments[0].lower() == "/d" else arguments
    path = windows_path(" ".join(names), session.directory) if names else ""
    there = session.has_directory(path) if names else None
    if there is None or names[0].startswith("/"):
        raise NotUnderstood.of("cd", arguments)
    if not there:
        session.write("The system cannot find the path specified.\r\n")
        return 1
    session.directory = path
    return 0


# PowerShell


_QUOTED: Final = r"""'[^']*'|"[^"$`]*\""""
_PLAIN: Final = r"-?[A-Za-z_\u0080-\uffff][\w.:\\/-]*|0|[1-9][0-9]{0,8}"
_POWERSHELL_WORDS: Final = re.compile(rf"(?:{_PLAIN})(?:\s+(?:{_QUOTED}|{_PLAIN}))*")


def _powershell_steps(script: str) -> list[Step]:
    found = []
    for number, line in enumerate(script.replace("\r", "").split("\n"), 1):
        texts = [""]
        for token in re.finditer(rf"{_QUOTED}|;|(?:^|(?<=[\s;]))\#.*|.", line):
            if token.group().startswith("#") and (token.start() == 0 or line[token.start() - 1] in " \t;"):
                break
            if token.group() == ";":
                texts.append("")
            else:
                texts[-1] += token.group()
        found += [
            Step("", text.strip(), number, partial(_powershell_words, text.strip())) for text in texts if text.strip()
        ]
    return found


def _powershell_words(text: str, session: Session) -> list[str]:
    if not _POWERSHELL_WORDS.fullmatch(text):
        raise NotUnderstood(repr(text))
    words = re.findall(rf"{_QUOTED}|[^\s'\"]+", text)
    return [word[1:-1] if word[0] in "'\"" else word for word in words]


def _write_lines(session: Session, arguments: list[str]) -> int:
    """`Write-Output`: each argument is a line."""
    if not arguments or any(word.startswith("-") for word in arguments):
        raise NotUnderstood.of("Write-Output", arguments)
    session.write("".join(f"{word}\r\n" for word in arguments))
    return 0


def _write_host(session: Session, arguments: list[str]) -> int:
    if any(word.startswith("-") for word in arguments):
        raise NotUnderstood.of("Write-Host", arguments)
    session.write(" ".join(arguments) + "\r\n")
    return 0


def _start_sleep(session: Session, arguments: list[str]) -> int | Takes:
    option, number = ("-s", "", *arguments)[-2:] if len(arguments) != 1 else ("-s", arguments[0])
    unit = {"-s": 1000, "-seconds": 1000, "-m": 1, "-milliseconds": 1}.get(option.lower())
    if len(arguments) not in (1, 2) or unit is None or not re.fullmatch(r"[0-9]{1,6}", number):
        raise NotUnderstood.of("Start-Sleep", arguments)
    return Takes(int(number) * unit)


def _powershell_exit(session: Session, arguments: list[str]) -> int:
    if len(arguments) > 1 or not all(re.fullmatch(r"[0-9]{1,9}", word) for word in arguments):
        raise NotUnderstood.of("exit", arguments)
    raise ScriptEnds(int(arguments[0]) if arguments else 0)


# Programs


def _hostname(process: Process, arguments: list[str]) -> int:
    if arguments:
        raise NotUnderstood.of("hostname", arguments)
    process.write(f"{process.guest.host_name}\r\n")
    return 0


def _whoami(process: Process, arguments: list[str]) -> int:
    """`DOMAIN\\user`, in small letters."""
    if arguments:
        raise NotUnderstood.of("whoami", arguments)
    user = process.user.lower()
    process.write("nt authority\\system\r\n" if user == "system" else f"{process.guest.host_name.lower()}\\{user}\r\n")
    return 0


def _shutdown(process: Process, arguments: list[str]) -> int:
    """`shutdown /s | /r | /a [/f] [/t SECONDS]`."""
    given = [word.lower().replace("-", "/", 1) for word in arguments]
    if given == ["/a"]:
        if process.guest.power_timer is None:
            process.write("Unable to abort the system shutdown because no shutdown was in progress.(1116)\r\n")
            return 1116
        process.guest.power(None, 0)
        return 0
    seconds = "30"
    if "/t" in given:
        place = given.index("/t")
        seconds = given[place + 1] if place + 1 < len(given) else ""
        del given[place : place + 2]
    verbs = [word for word in given if word != "/f"]
    if verbs not in (["/s"], ["/r"]) or not re.fullmatch(r"[0-9]{1,8}", seconds):
        raise NotUnderstood.of("shutdown", arguments)
    process.guest.power("reboot" if verbs == ["/r"] else "halt", int(seconds) * 1000)
    return 0


def _rename(process: Process, arguments: list[str]) -> int:
    """`rename aliyun_assist_update`, by which the manual switches upgrades off; a name, or none, may follow."""
    agent = process.guest.agent
    names = [PureWindowsPath(word).name.removesuffix(".exe") for word in arguments]
    if len(names) not in (1, 2) or not agent.installed or names[0] not in (UPDATER, agent.updater_name):
        raise NotUnderstood.of("rename", arguments)
    if names[0] != (UPDATER if agent.updater else agent.updater_name):
        process.write("The system cannot find the file specified.\r\n")
        return 1
    agent.updater_name = names[1] if len(names) > 1 else f"{UPDATER}.off"
    process.guest.change_agent("updater-on" if agent.updater_name == UPDATER else "updater-off")
    return 0


def _sc(process: Process, arguments: list[str]) -> int:
    """`sc query | stop | start AliyunService`; none of another service that images may have is known."""
    verb, name = (*arguments, "", "")[:2]
    if len(arguments) != 2 or verb.lower() not in ("query", "start", "stop") or name.lower() != AGENT_PROCESS.lower():
        raise NotUnderstood.of("sc", arguments)
    agent = process.guest.agent
    if not agent.installed:
        called = "EnumQueryServicesStatus:OpenService" if verb.lower() == "query" else "OpenService"
        why = "The specified service does not exist as an installed service."
        process.write(f"[SC] {called} FAILED 1060:\r\n\r\n{why}\r\n\r\n")
        return 1060
    if verb.lower() == "query":
        process.write(_state_of_the_service("4  RUNNING" if agent.runs else "1  STOPPED"))
        return 0
    if agent.runs is (verb.lower() == "start"):
        raise NotUnderstood.of("sc", arguments)
    process.write(_state_of_the_service("3  STOP_PENDING" if agent.runs else "2  START_PENDING"))
    change_service(process, verb.lower())
    return 0


def _state_of_the_service(state: str) -> str:
    lines = ("", f"SERVICE_NAME: {AGENT_PROCESS} ", f"        STATE              : {state} ")
    return "".join(f"{line}\r\n" for line in lines)


def _net(process: Process, arguments: list[str]) -> int:
    """`net stop | start AliyunService`."""
    verb, name = (*(word.lower() for word in arguments), "", "")[:2]
    if len(arguments) != 2 or verb not in ("start", "stop") or name != AGENT_PROCESS.lower():
        raise NotUnderstood.of("net", arguments)
    agent, more = process.guest.agent, "\r\n\r\nMore help is available by typing NET HELPMSG {}.\r\n\r\n"
    if not agent.installed:
        process.write("The service name is invalid." + more.format(2185))
        return 2
    if agent.runs is (verb == "start"):
        code, why = (2182, "The requested service has already been started.") if agent.runs else (3521, "")
        process.write((why or f"The {AGENT_PROCESS} service is not started.") + more.format(code))
        return 2
    ing, ed = ("stopping", "stopped") if agent.runs else ("starting", "started")
    process.write(
        f"The {AGENT_PROCESS} service is {ing}.\r\nThe {AGENT_PROCESS} service was {ed} successfully.\r\n\r\n"
    )
    change_service(process, verb)
    return 0


def _service(verb: str) -> Callable[[Process, list[str]], int]:
    """`Stop-Service AliyunService` and its like."""

    def cmdlet(process: Process, arguments: list[str]) -> int:
        names = arguments[1:] if [word.lower() for word in arguments[:1]] == ["-name"] else arguments
        if [name.lower() for name in names] != [AGENT_PROCESS.lower()] or not process.guest.agent.installed:
            raise NotUnderstood.of(f"{verb}-service", arguments)
        change_service(process, verb)
        return 0

    return cmdlet


def _computer(how: str) -> Callable[[Process, list[str]], int]:
    """`Restart-Computer` and `Stop-Computer`, with `-Force`."""

    def cmdlet(process: Process, arguments: list[str]) -> int:
        if [word.lower() for word in arguments] not in ([], ["-force"]):
            raise NotUnderstood.of(f"{how} the computer", arguments)
        process.guest.power(how, 0)
        return 0

    return cmdlet


def _rename_computer(process: Process, arguments: list[str]) -> int:
    """`Rename-Computer [-NewName] NAME [-Force] [-Restart]`: the name takes effect with the next boot."""
    given = [word for word in arguments if word.lower() not in ("-force", "-restart")]
    names = given[1:] if [word.lower() for word in given[:1]] == ["-newname"] else given
    if len(names) != 1 or not re.fullmatch(r"(?=.*[A-Za-z])[A-Za-z0-9](?:[A-Za-z0-9-]{0,13}[A-Za-z0-9])?", names[0]):
        raise NotUnderstood.of("Rename-Computer", arguments)
    process.guest.boot_name = names[0]
    if "-restart" in [word.lower() for word in arguments]:
        process.guest.power("reboot", 0)
    else:
        name = process.guest.host_name
        process.write(f"WARNING: The changes will take effect after you restart the computer {name}.\r\n")
    return 0


_BOTH: Final = {"hostname": _hostname, "whoami": _whoami, "shutdown": _shutdown, "net": _net}
_BAT: Final[Mapping[str, Callable[[Process, list[str]], int]]] = {**_BOTH, "rename": _rename, "ren": _rename, "sc": _sc}
_POWERSHELL: Final[Mapping[str, Callable[[Process, list[str]], int]]] = {
    **_BOTH,
    "rename-computer": _rename_computer,
    "restart-computer": _computer("reboot"),
    "stop-computer": _computer("halt"),
    **{f"{verb}-service": _service(verb) for verb in ("stop", "start", "restart")},
}
#: What a Windows system has beside them, or may well have.
_MAY_BE: Final = frozenset(
    "arp assoc attrib bcdedit bitsadmin break cacls call certutil chcp chkdsk choice cipher clip cls cmd cmdkey "
    "color comp compact convert copy cscript curl date del dir diskpart dism doskey driverquery endlocal erase "
    "expand fc find findstr fltmc for format forfiles fsutil ftp ftype getmac goto gpresult gpupdate icacls if "
    "ipconfig label logman logoff md mkdir mklink mode more mountvol move msg msiexec nbtstat netdom netsh netstat "
    "nltest notepad nslookup openfiles path pathping pause ping popd powercfg powershell print prompt pushd "
    "qprocess quser query rd recover reg regedit regsvr32 replace rmdir robocopy route rundll32 runas schtasks set "
    "setlocal setx sfc shift sort start subst systeminfo takeown tar taskkill tasklist telnet time title tracert "
    "tree tskill type tzutil ver verify vol vssadmin w32tm waitfor wevtutil where winrm winrs wmic wscript wusa "
    "xcopy cd chdir python git java node docker pip ssh scp rename ren sc timeout".split()
)
#: What PowerShell calls by a short name, and its keywords.
_SHORT_NAMES: Final = frozenset(
    "cat clear cp diff foreach function gc gci gcm gi gl gm gp gps group gsv gwmi h history iex irm iwr kill ls man "
    "measure mount mv param popd ps pwd r rm saps sasv select sleep sl spps spsv switch tee throw trap try where "
    "while write begin process end do until return exit echo data filter finally catch elseif else workflow".split()
)
_VERBS: Final = frozenset(
    "add clear close copy enter exit find format get hide join lock move new open optimize pop push redo "
    "remove rename reset resize search select set show skip split step switch undo unlock watch backup "
    "checkpoint compare compress convert convertfrom convertto dismount edit expand export group import "
    "initialize limit merge mount out publish restore save sync unpublish update debug measure ping repair "
    "resolve test trace connect disconnect read receive send write block grant protect revoke unblock "
    "unprotect approve assert build complete confirm deny deploy disable enable install invoke register "
    "request restart resume start stop submit suspend uninstall unregister wait use where sort foreach tee".split()
)


def windows_program(process: Process, name: str) -> Program | None:
    """What a name stands for in a Windows guest; None where there is surely nothing.

    Raises:
        NotUnderstood: it is there, or may be, and is not known.
    """
    powershell = process.kind == "RunPowerShellScript"
    stem = name.removesuffix(".exe")
    program = (_POWERSHELL if powershell else _BAT).get(stem)
    if program is not None:
        return lambda _, arguments: program(process, arguments)
    cmdlet = powershell and (name in _SHORT_NAMES or ("-" in name and name.partition("-")[0] in _VERBS))
    if stem in _MAY_BE or cmdlet or re.search(r"[^\w-]", name):
        raise NotUnderstood(repr(name))
    return None


BAT: Final = Dialect(
    _bat_steps,
    {"echo": _bat_echo, "exit": _bat_exit, "timeout": _bat_timeout, "cd": _bat_cd, "chdir": _bat_cd},
    lambda session, name: (
        f"'{name}' is not recognized as an internal or external command,\r\noperable program or batch file.\r\n"
    ),
    9009,
)
POWERSHELL: Final = Dialect(
    _powershell_steps,
    {
        "echo": _write_lines,
        "write-output": _write_lines,
        "write-host": _write_host,
        "start-sleep": _start_sleep,
        "exit": _powershell_exit,
    },
    lambda session, name: (
        f"{name} : The term '{name}' is not recognized as the name of a cmdlet, function or operable program.\r\n"
    ),
    1,
)
