"""What starts a script in a scripted guest in the place of the interpreter of its type (assistant/launcher).

A guest starts scripts by the shells that it knows. Of another launcher it runs what it was taught for the script or for
the launcher; else it says that it does not understand, or that there is no such program.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import TYPE_CHECKING, Final

from faultzone.substrate.shell import Crashed, NotUnderstood, Wait, react, tell_unknown

if TYPE_CHECKING:
    from faultzone.substrate.process import Process

#: Where a launcher says that the path of the script goes; without it, the path is its last argument.
_PLACE: Final = re.compile(r"\s*\{\{\s*ACS::ScriptFileName\s*(?:\|\s*Ext\(\"[.A-Za-z0-9]*\"\)\s*)?\}\}\s*")
_SHELLS: Final = {
    "RunShellScript": {each: each.rpartition("/")[2] for each in "sh bash /bin/sh /bin/bash /usr/bin/bash".split()},
    "RunPowerShellScript": dict.fromkeys(("powershell", "powershell.exe"), "powershell"),
    "RunBatScript": {},
}


def known_shell(launcher: str, kind: str) -> str:
    """The shell that a launcher is, without options; empty where it is none of the type of a script."""
    return _SHELLS[kind].get(_PLACE.sub("", launcher).strip(), "") if launcher else ""


def launch(launcher: str, script: str, process: Process) -> Generator[Wait, None, int]:
    """Run a script by a launcher that is no shell, handing out each wait; its value is the exit code.

    Raises:
        Crashed: there is no such program, or what was taught broke the run.
    """
    reaction = process.taught(script.strip()) or process.taught(launcher.strip())
    if reaction is not None:
        return (yield from react(reaction, process))
    words = _PLACE.sub(" ", launcher).split()
    name = words[0] if words else ""
    try:
        if name and process.program(name) is None:
            process.write(f"{name}: no such program\n")
            raise Crashed
        raise NotUnderstood(repr(launcher))
    except NotUnderstood as unknown:
        return tell_unknown(unknown, script, process)
