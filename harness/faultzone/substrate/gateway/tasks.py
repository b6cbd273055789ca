"""What an agent is asked to do: scripts and files, in the words of its protocol, and what came of them."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Any, Final

from faultzone.model.core.effects import PutFile, RunScript

#: How often an agent tells what a script has written, in milliseconds; the genuine one takes a second at the least.
INTERVAL: Final = 200
#: Which edition of an invocation a task is of: they are not edited here.
VERSION: Final = 1


@dataclass
class Task:
    """One run of a script, or one file.

    Attributes:
        fetched: whether the agent has taken it.
        begun: whether it has said that it began.
        start: when it did, as it says; 0 before.
        output: what it has written, as far as told.
    """

    effect: RunScript | PutFile
    fetched: bool = False
    begun: bool = False
    start: int = 0
    output: bytearray = field(default_factory=bytearray)

    @property
    def kick(self) -> str:
        """What wakes the agent for it."""
        return f"kick_vm {'file create' if isinstance(self.effect, PutFile) else 'task run'} {self.effect.run}"

    def said(self, rest: bytes = b"") -> str:
        """Its output with what has come last; bytes that are no UTF-8 are surrogates."""
        return bytes(self.output + rest).decode("utf-8", "surrogateescape")

    def entry(self) -> dict[str, Any]:
        """It, as the list of tasks has it."""
        return _file(self.effect) if isinstance(self.effect, PutFile) else _script(self.effect)


def _script(effect: RunScript) -> dict[str, Any]:
    """A script; the genuine client refuses the name of the administrator, who is meant by none."""
    manner = {"launcher": effect.launcher, "terminationMode": effect.termination}
    return {
        "task": {
            **{name: value for name, value in manner.items() if value},
            "taskID": effect.run,
            "commandId": effect.command,
            "type": effect.kind,
            "commandContent": _base64(effect.script),
            "timeOut": str(effect.timeout),
            "workingDirectory": effect.directory,
            "username": "" if effect.user == "root" else effect.user,
            "cron": "",
            "invokeVersion": VERSION,
        },
        "output": {"interval": INTERVAL, "logQuota": effect.quota, "skipEmpty": True, "sendStart": True},
        "repeat": "Once",
    }


def _file(effect: PutFile) -> dict[str, Any]:
    """A file; its signature is of its text in Base64."""
    name = effect.name or effect.path.rpartition("/")[2]
    directory = effect.path.removesuffix(name)
    return {
        "task": {
            "taskID": effect.run,
            "name": name,
            "destination": directory.rstrip("/") or "/",
            "content": effect.content,
            "contentType": "Base64",
            "signature": hashlib.md5(effect.content.encode(), usedforsecurity=False).hexdigest(),
            "owner": effect.owner,
            "group": effect.group,
            "mode": effect.mode,
            "overwrite": effect.overwrite,
        },
        "output": {"interval": INTERVAL, "logQuota": 0, "skipEmpty": True, "sendStart": False},
    }


def _base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "surrogateescape")).decode()
