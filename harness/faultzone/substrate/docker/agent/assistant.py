"""The Cloud Assistant agent of an instance: a process that asks its server what there is to do, and reports on it.

It is a fork of the instance's first process, so that its memory is shared. It speaks the genuine client's protocol;
what it does of its own is to keep the beginning of an output that is too long, and to kill a script's whole process
group.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import select
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NoReturn

from . import accounts, files
from .client import Channel, Server
from .scripts import Runs, lacks

#: It is of no edition; its server says which version that is.
VERSION: Final = "own"
_API: Final = "/luban/api"
_MARKER: Final = "/dev/shm/faultzone-agent-started"
_BEAT_SECONDS: Final = 60.0
_AGAIN_SECONDS: Final = 2.0
_TRIES: Final = 4
#: What cannot be run -> the parameter that is named.
_INVALID: Final = {"no-such-directory": "workingDirectory", "no-such-user": "UsernameOrPasswordInvalid"}


@dataclass
class _Task:
    """A script under way: which edition, when it began, and how much of its output has been told."""

    version: int
    start: int
    told: int = 0


@dataclass
class _Due:
    """A report that was not taken, and is to be made again."""

    at: float
    tries: int
    path: str
    query: dict[str, object]
    body: bytes


class Assistant:
    """The agent.

    Args:
        address: where its server is.
        instance: the id of the instance.
    """

    def __init__(self, address: tuple[str, int], instance: str) -> None:
        headers = {"User-Agent": f"linux_amd64/{VERSION}", "X-Client-Instance-Id": instance}
        self._server = Server(address, headers)
        self._channel: Channel | None = None
        self._runs = Runs(self._tell)
        self._tasks: dict[str, _Task] = {}
        self._due: list[_Due] = []
        self._beats = self._acknowledged = 0
        self._began = time.monotonic()
        self._next_beat = self._next_try = 0.0
        self._listed = False
        self._woken, waking = os.pipe()
        for number in (self._woken, waking):
            os.set_blocking(number, False)
        signal.set_wakeup_fd(waking, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def serve(self) -> NoReturn:
        """Run until it is killed."""
        while True:
            self._connect()
            self._wait()
            self._reap()
            self._runs.tick()
            self._repeat()

    # The server

    def _connect(self) -> None:
        """Once it can be woken, ask what there is to do; then say that it is there, and again when it is time to."""
        now = time.monotonic()
        if now >= self._next_try and (self._channel is None or not self._listed):
            self._open(now)
        if now >= self._next_beat:
            self._next_beat = now + _BEAT_SECONDS
            self._beat()

    def _open(self, now: float) -> None:
        """Ask for the websocket and for what there is to do at once, so that both answers are on their way together."""
        self._next_try = now + _AGAIN_SECONDS
        asked = None
        with contextlib.suppress(OSError):
            asked = None if self._channel is not None else self._server.ask_channel("/luban/notify_server")
        if not self._listed and (asked is not None or self._channel is not None):
            self._listed = self._fetch({"reason": "startup", "cold_start": _is_cold()})
        if asked is not None:
            with contextlib.suppress(OSError):
                self._channel = self._server.take_channel(asked)

    def _beat(self) -> None:
        uptime = round((time.monotonic() - self._began) * 1000)
        query: dict[str, object] = {"uptime": uptime, "timestamp": _now(), "pid": os.getpid()}
        query |= {"process_uptime": uptime, "index": self._acknowledged, "seq_no": self._beats}
        self._beats += 1
        if self._server.ask("GET", f"{_API}/heart-beat", query) is not None:
            self._acknowledged += 1
        if self._channel is not None:
            self._lose_at(self._channel.ping)

    def _lose_at(self, action: Callable[[], object]) -> Any:
        """Use the channel; one that has ended is opened again."""
        try:
            return action()
        except OSError:
            if self._channel is not None:
                self._channel.close()
            self._channel = None
            return None

    def _woken_up(self) -> None:
        assert self._channel is not None
        channel = self._channel
        for text in self._lose_at(channel.hear) or ():
            known = text.startswith("kick_vm")
            self._lose_at(partial(channel.say, f"{'accept' if known else 'unknow'}:{text}"))
            if known:
                words = text.split()
                self._fetch({"reason": "kickoff"} | ({"taskId": words[3]} if len(words) == 4 else {}))

    def _fetch(self, query: dict[str, object]) -> bool:
        """Ask what there is to do, and begin it; False where there was no answer."""
        zone = {"currentTime": _now(), "offset": time.localtime().tm_gmtoff, "timeZone": _zone()}
        said = self._server.ask("POST", f"{_API}/v1/task/list", query | zone)
        if said is None:
            return False
        listed = json.loads(said)
        for each in listed.get("run") or ():
            self._run(each["task"], each["output"])
        for each in listed.get("test") or ():
            self._check(each["task"])
        for each in listed.get("file") or ():
            self._put(each["task"])
        for each in listed.get("stop") or ():
            self._stop(each["task"])
        return True

    def _report(self, name: str, query: dict[str, object], body: bytes = b"") -> None:
        """Report something; what must not be lost is repeated."""
        path = f"{_API}/v1/task/{name}"
        if self._server.ask("POST", path, query, body) is None and name != "running":
            self._due.append(_Due(time.monotonic() + _AGAIN_SECONDS, 1, path, query, body))

    def _repeat(self) -> None:
        now = time.monotonic()
        for due in [each for each in self._due if each.at <= now]:
            if self._server.ask("POST", due.path, due.query, due.body) is None and due.tries + 1 < _TRIES:
                due.at, due.tries = time.monotonic() + _AGAIN_SECONDS, due.tries + 1
            else:
                self._due.remove(due)

    # Tasks

    def _run(self, task: dict[str, Any], output: dict[str, Any]) -> None:
        run = task["taskID"]
        if run in self._tasks:
            return
        self._tasks[run] = _Task(task["invokeVersion"], _now())
        if task["type"] != "RunShellScript":
            self._refuse(run, "TypeInvalid", f"TypeInvalid_{task['type']}")
            return
        seconds = float(task["timeOut"])
        self._runs.start(
            run,
            base64.b64decode(task["commandContent"]).decode("utf-8", "surrogateescape"),
            task["workingDirectory"],
            seconds if seconds > 0 else None,
            output["logQuota"],
            user=task["username"],
            tell_seconds=output["interval"] / 1000,
            launcher=task.get("launcher") or "",
            termination=task.get("terminationMode") or "",
        )

    def _check(self, task: dict[str, Any]) -> None:
        """Say whether a script could be run, and run nothing."""
        run = task["taskID"]
        about = {"taskId": run, "invokeVersion": task["invokeVersion"]}
        if task["type"] != "RunShellScript":
            self._report("invalid", {**about, "param": "TypeInvalid", "value": f"TypeInvalid_{task['type']}"})
        elif trouble := lacks(task["workingDirectory"], task["username"]):
            reason, value = trouble
            self._report("invalid", {**about, "param": _INVALID[reason], "value": value})
        else:
            self._report("verified", about)

    def _stop(self, task: dict[str, Any]) -> None:
        """Kill a script; what it has written since it was last told of is not told."""
        known = self._tasks.pop(task["taskID"], None)
        script = self._runs.forget(task["taskID"])
        times = {"start": known.start if known else 0, "end": _now() if known else 0}
        query = {"taskId": task["taskID"], "invokeVersion": task["invokeVersion"], **times}
        if script is not None:
            script.kill()
        self._report("stopped", {**query, "exitcode": 0, "dropped": 0, "result": "killed"})

    def _tell(self, message: dict[str, Any]) -> None:
        """Report what happened to a script."""
        run, event = message["run"], message["event"]
        task = self._tasks[run]
        about: dict[str, object] = {"taskId": run, "invokeVersion": task.version, "start": task.start}
        rest = message.get("output", b"")[task.told :]
        if event == "started":
            self._report("running", about)
        elif event == "output":
            if rest:
                task.told += len(rest)
                self._report("running", about, rest)
        elif event == "refused" and message["reason"] in _INVALID:
            self._refuse(run, _INVALID[message["reason"]], message["output"].decode())
        else:
            del self._tasks[run]
            about |= {"end": _now(), "exitCode": message.get("exit_code", 1), "dropped": message.get("dropped", 0)}
            if event == "refused":
                said = message["output"].decode()[:255]
                self._report("error", {**about, "errCode": -7, "errDesc": f"ExecuteScriptFailed: {said}"})
            else:
                self._report("finish" if event == "ended" else "timeout", about, rest)

    def _refuse(self, run: str, parameter: str, value: str) -> None:
        task = self._tasks.pop(run)
        self._report("invalid", {"taskId": run, "invokeVersion": task.version, "param": parameter, "value": value})

    def _put(self, task: dict[str, Any]) -> None:
        """Write a file, or say why not."""
        about: dict[str, object] = {"taskId": task["taskID"], "taskType": "sendfile"}
        if hashlib.md5(task["content"].encode(), usedforsecurity=False).hexdigest() != task["signature"].lower():
            self._report("invalid", {**about, "param": "InvalidSignature", "value": task["signature"]})
            return
        path = f"{(task['destination'] or '/root').rstrip('/')}/{task['name']}"
        if (wrong := files.invalid(task["destination"] or "/root", task["name"])) is not None:
            self._report("invalid", {**about, "param": wrong, "value": path})
            return
        try:
            done = files.put(path, task["content"], task["mode"], task["owner"], task["group"], bool(task["overwrite"]))
        except accounts.NoGroup as error:
            self._report("invalid", {**about, "param": "FileGroupNotExist", "value": str(error)})
        except LookupError as error:
            self._report("invalid", {**about, "param": "FileOwnerNotExist", "value": str(error)})
        except OSError:
            self._report("finish", {**about, "status": "Failed", "errorcode": 1})
        else:
            if done:
                self._report("finish", {**about, "status": "Success", "errorcode": 0})
            else:
                self._report("invalid", {**about, "param": "FileExist", "value": path})

    # The loop

    def _wait(self) -> None:
        outputs = self._runs.outputs()
        due = [self._next_beat, self._runs.wakes(), *(each.at for each in self._due)]
        if self._channel is None or not self._listed:
            due.append(self._next_try)
        poll = select.poll()
        for number in (self._woken, *outputs):
            poll.register(number, select.POLLIN)
        if self._channel is not None:
            poll.register(self._channel.fileno(), select.POLLIN)
        wakes = min(each for each in due if each is not None)
        for number, _ in poll.poll(max(0.0, (wakes - time.monotonic()) * 1000 + 1)):
            if number in outputs:
                self._runs.readable(outputs[number])
            elif number == self._woken:
                os.read(self._woken, 4096)
            elif self._channel is not None:
                self._woken_up()

    def _reap(self) -> None:
        try:
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                self._runs.exited(pid, status)
        except ChildProcessError:
            return


def _now() -> int:
    return round(time.time() * 1000)


def _zone() -> str:
    """The name of the system's time zone, as far as the system says it."""
    place = os.path.realpath("/etc/localtime")
    _, found, name = place.partition("/zoneinfo/")
    if not found:
        with contextlib.suppress(OSError), open("/etc/timezone", encoding="ascii", errors="replace") as file:
            name = file.read().strip()
    return "UTC" if name in ("", "Etc/UTC", "Etc/UCT", "Universal", "Zulu") else name


def _is_cold() -> str:
    """Whether it is the first time since the instance booted that an agent starts."""
    cold = not os.path.exists(_MARKER)
    if cold:
        with open(_MARKER, "wb"):
            pass
    return "true" if cold else "false"
