"""The program `aliyun-service` of a machine outside the cloud, with which it registers as a managed instance.

The root of such a machine may be of any image that has a shell, so the program is a script: it passes what it is asked
for through a pipe to the machine's first process, which asks the server and answers through another.
"""

from __future__ import annotations

import json
import os
import signal
import socket
from typing import Any, Final, NoReturn

from . import kernel
from .client import Server
from .registering import read_options

#: Where the program is, and where it finds the pipe.
_PROGRAM: Final = "/usr/local/bin/aliyun-service"
_PLACE: Final = "/run/aliyun-service"
_SCRIPT: Final = """#!/bin/sh
# Passes what it is asked for on to the service of the agent, and shows the answer.
answer=%(place)s/answer.$$
umask 077
mkfifo "$answer" || exit 1
trap 'rm -f "$answer"' EXIT
said=$(printf '%%s\\n' "$answer"; printf '=%%s\\n' "$@"; echo .)
printf '%%s\\n' "${said%%.}" > %(place)s/ask
{ read -r code; cat; } < "$answer"
exit "$code"
"""
_USAGE: Final = (
    "usage: aliyun-service --register --RegionId ID --ActivationId ID --ActivationCode CODE "
    "[--InstanceName NAME] [--MachineId ID] [--ForceReuse]"
)
_REGISTER: Final = "/luban/api/instance/register"
#: How long one answer may take: whoever asked may be gone.
_PATIENCE_SECONDS: Final = 10


class Front:
    """What the program speaks to.

    Args:
        address: where the server of agents is.

    Raises:
        OSError: the program or its pipe cannot be made.
    """

    def __init__(self, address: tuple[str, int]) -> None:
        self._address, self._input = address, b""
        os.makedirs(os.path.dirname(_PROGRAM), exist_ok=True)
        with open(_PROGRAM, "w", encoding="ascii") as file:
            file.write(_SCRIPT % {"place": _PLACE})
        os.chmod(_PROGRAM, 0o755)
        os.makedirs(_PLACE, 0o700, exist_ok=True)
        if not os.path.exists(f"{_PLACE}/ask"):
            os.mkfifo(f"{_PLACE}/ask", 0o600)
        # For writing too: a pipe that nobody writes to would be at its end.
        self._pipe = os.open(f"{_PLACE}/ask", os.O_RDWR | os.O_NONBLOCK)

    def fileno(self) -> int:
        """The file to poll."""
        return self._pipe

    def ready(self) -> None:
        """Something has been asked for."""
        self._input += os.read(self._pipe, 65536)
        *asked, self._input = self._input.split(b"\n\n")
        for each in asked:
            answer, *given = each.decode("utf-8", "replace").split("\n")
            if os.fork() == 0:
                self._serve(answer, given)

    def _serve(self, answer: str, given: list[str]) -> NoReturn:
        """Answer one, in a process that may wait."""
        try:
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2, signal.SIGCHLD, signal.SIGALRM):
                signal.signal(number, signal.SIG_DFL)
            signal.alarm(_PATIENCE_SECONDS)
            kernel.close_others({0, 1, 2})
            code, said = self._register(given)
            if answer.startswith(f"{_PLACE}/answer."):
                with open(answer, "w", encoding="utf-8") as file:
                    file.write(f"{code}\n{said}\n")
        finally:
            os._exit(0)

    def _register(self, given: list[str]) -> tuple[int, str]:
        """The exit code, and what is said."""
        options = _read(given)
        if options is None:
            return 2, _USAGE
        body = {
            "activationId": options["--ActivationId"],
            "activationCode": options["--ActivationCode"],
            "regionId": options["--RegionId"],
            "instanceName": options.get("--InstanceName", ""),
            "machineId": options.get("--MachineId", ""),
            "forceReuse": "--ForceReuse" in options,
            "hostname": socket.gethostname(),
            "osType": "linux",
        }
        raw = Server(self._address, {}).ask("POST", _REGISTER, {}, json.dumps(body).encode())
        try:
            told: dict[str, Any] = json.loads(raw or b"{}")
        except ValueError:
            told = {}
        if told.get("code") == 200:
            return 0, f"register ok: {told['instanceId']}"
        return 1, f"register failed: {told.get('errCode', 'the server does not answer')}"


def _read(given: list[str]) -> dict[str, str] | None:
    """The options that are given, each argument behind `=`; None if they are not right."""
    if not all(each.startswith("=") for each in given):
        return None
    return read_options([each[1:] for each in given])
