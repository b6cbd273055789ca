"""The Cloud Assistant's server, as the agent of one instance sees it: it fetches tasks, and reports what comes of them.

An agent is woken over its websocket, fetches what waits for it, and posts reports with their parameters in the query.
It repeats a report that was not answered well, so each counts once. A report that makes no sense gets status 400, which
an agent does not repeat; one of a task that nobody knows any more is accepted and changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from faultzone.model.core.effects import (
    AgentSeen,
    PutFile,
    Report,
    RunChecked,
    RunEnded,
    RunOutput,
    RunRefused,
    RunScript,
    RunStarted,
    RunTimedOut,
)
from faultzone.substrate.gateway.http import Answer, Channel, Request
from faultzone.substrate.gateway.tasks import VERSION, Task

#: The version that our own agent says it is.
OWN: Final = "own"
#: How long an agent may be without its websocket before it no longer serves.
LOST_SECONDS: Final = 1.0
_CHANNEL: Final = "/luban/notify_server"
_API: Final = "/luban/api"
#: The client takes 55 s to 65 s alone.
_HEARTBEAT: Final = {"code": 200, "nextInterval": 60_000}
#: What a refusal is about -> why the run cannot begin. All others are exceptions.
_REASONS: Final = {
    "TypeInvalid": "wrong-system",
    "workingDirectory": "no-such-directory",
    "UsernameOrPasswordInvalid": "no-such-user",
}
_FILE_THERE: Final = "FileExist"
#: The same of files, where an edition tells why one cannot be written.
_FILE_REASONS: Final = {
    "FileOwnerNotExist": "no-such-user",
    "FileGroupNotExist": "no-such-group",
    "FileNameInvalid": "bad-file-name",
    "FilePathInvalid": "bad-file-path",
}


def _json(answer: object) -> Answer:
    return Answer(200, json.dumps(answer).encode(), "application/json; charset=utf-8")


_WELL: Final = _json({"code": 200})
_SENSELESS: Final = Answer(400, b'{"code":400}', "application/json; charset=utf-8")


class AgentServer:
    """The server of one instance's agent, for one of the instance's lives.

    Args:
        region: the region's id.
        instance: the instance's id.
        epoch: which of its lives this is.
        tell: takes reports for the model.
        later: does something after some real seconds.
        version: what our own agent is said to be; it is of no edition itself.
        register: registers the machine, where it is one outside the cloud: what it says of itself -> the answer.
        file_errors: whether it is told why a file cannot be written.
    """

    def __init__(
        self,
        region: str,
        instance: str,
        epoch: int,
        tell: Callable[[Report], None],
        later: Callable[[float, Callable[[], None]], None],
        version: str = "",
        register: Callable[[dict[str, Any]], dict[str, Any]] | None = None,
        file_errors: bool = False,
    ) -> None:
        self._register, self._file_errors = register, file_errors
        self._region, self._instance, self._epoch = region, instance, epoch
        self._tell, self._later, self._own = tell, later, version
        self._zone = self._told_zone = ""
        self._tasks: dict[str, Task] = {}
        self._stops: list[Task] = []
        self._channels: list[Channel] = []
        #: The version that the agent has said it is; None before it has asked what there is to do, and once it is gone.
        self.serves: str | None = None
        self._version = ""
        self._started = False
        reports = {"running": self._running, "finish": self._finish, "timeout": self._timeout}
        reports |= {"error": self._error, "invalid": self._invalid, "stopped": self._stopped}
        reports["verified"] = self._verified
        self._sites: dict[str, tuple[str, Callable[[Request], Answer]]] = {
            f"{_API}/connection_detect": ("GET", lambda _: Answer(200, b"ok")),
            f"{_API}/classic/region-id": ("GET", lambda _: Answer(200, region.encode())),
            f"{_API}/heart-beat": ("GET", lambda _: _json(_HEARTBEAT)),
            f"{_API}/v1/task/list": ("POST", self._list),
            f"{_API}/v1/session/list": ("POST", lambda _: _json({"code": 200, "session": []})),
            f"{_API}/gshell": ("POST", lambda _: _json({"code": 200, "gshellSupport": "false"})),
            f"{_API}/v1/update/update_check": ("POST", lambda _: _json({"code": 200, "flag": 0, "need_update": 0})),
            f"{_API}/instance/list_instance_state_configurations": (
                "POST",
                lambda _: _json({"code": 200, "errCode": "ServiceNotSupported"}),
            ),
            **{f"{_API}/v1/task/{name}": ("POST", self._report(take)) for name, take in reports.items()},
            f"{_API}/instance/register": ("POST", self._enlist),
        }

    # What the region wants

    @property
    def waiting(self) -> list[str]:
        """The runs of which the agent has not said that they began."""
        return [run for run, task in self._tasks.items() if not task.begun]

    def script_of(self, run: str) -> str | None:
        """The script that the agent was given under this name; None where that is no script."""
        task = self._tasks.get(run)
        return task.effect.script if task is not None and isinstance(task.effect, RunScript) else None

    def be(self, version: str) -> None:
        """Take our own agent to be of this version from now on."""
        if self._version == self._own:
            self._version = version
        self._own = version
        if self.serves is not None:
            self._seen()

    def give(self, effect: RunScript | PutFile) -> None:
        """Let the agent do something, now or when it next asks."""
        task = self._tasks[effect.run] = Task(effect)
        self._kick(task.kick)

    def cancel(self, run: str) -> None:
        """Forget what the agent has not begun; it may be about to, so it is told if it has taken it."""
        task = self._tasks.get(run)
        if task is not None and not task.begun:
            del self._tasks[run]
            if task.fetched and isinstance(task.effect, RunScript):
                self._stops.append(task)
                self._kick(f"kick_vm task stop {run}")

    def end(self, run: str) -> None:
        """Let the agent end a run that has begun, as it was asked for with it."""
        task = self._tasks.get(run)
        if task is not None:
            self._stops.append(task)
            self._kick(f"kick_vm task stop {run}")

    def rebooted(self) -> None:
        """The instance ended or was rebooted from inside: what had begun is gone, what had not is fetched again."""
        self.serves, self._started = None, False
        self._channels.clear()
        self._tasks = {run: task for run, task in self._tasks.items() if not task.begun}

    def belong_to(self, instance: str) -> None:
        """Be of the agent of a managed instance from now on, which has been given nothing yet."""
        self.rebooted()
        self._instance = instance
        self._tasks.clear()
        self._stops.clear()

    def _enlist(self, request: Request) -> Answer:
        """A machine outside the cloud registers; an instance needs not."""
        if self._register is None:
            return _json({"code": 400, "errCode": "ServiceNotSupported"})
        try:
            said = json.loads(request.body)
        except (ValueError, RecursionError):
            said = None
        return _json(self._register(said)) if isinstance(said, dict) else _SENSELESS

    def _kick(self, words: str) -> None:
        for channel in self._channels[-1:]:
            channel.say(words)

    # What the agent says

    def answer(self, request: Request) -> Answer:
        """Answer a request; what is not known is accepted."""
        agent, _, version = request.headers.get("user-agent", "").rpartition("/")
        if agent and version:
            self._version = self._own if version == OWN and self._own else version
        if request.path == _CHANNEL:
            return Answer(426)
        method, answer = self._sites.get(request.path, (request.method, lambda _: _WELL))
        return answer(request) if request.method == method else Answer(405)

    def takes(self, request: Request) -> bool:
        """Whether there is a websocket here."""
        return request.path == _CHANNEL

    def opened(self, channel: Channel) -> None:
        """The agent can be woken."""
        self._channels.append(channel)
        self._seen()
        for task in self._tasks.values():
            if not task.fetched:
                channel.say(task.kick)

    def heard(self, channel: Channel, text: str) -> None:
        """The agent confirms that it was woken; nothing depends on that."""

    def gone(self, channel: Channel) -> None:
        """The agent can no longer be woken; if that stays so, it no longer serves."""
        if channel in self._channels:
            self._channels.remove(channel)
        if not self._channels:
            self._later(LOST_SECONDS, self._look)

    def _look(self) -> None:
        if not self._channels and self.serves is not None:
            self.serves, self._started = None, False
            self._tell(AgentSeen(self._instance, self._epoch, None))

    def _seen(self) -> None:
        """An agent serves once it has asked what there is to do, and can be woken."""
        news = (self._version, self._zone)
        if self._started and self._channels and (self.serves, self._told_zone) != news:
            self.serves, self._told_zone = news
            self._tell(AgentSeen(self._instance, self._epoch, *news))

    def _list(self, request: Request) -> Answer:
        """What there is to do. An agent that has just started is also told again what it never said it began."""
        self._zone = _known_zone(request.query.get("timeZone", ""))
        if request.query.get("reason") == "startup":
            self._started = True
            for task in self._tasks.values():
                task.fetched = task.begun
        new = [task for task in self._tasks.values() if not task.fetched]
        for task in new:
            task.fetched = True
        files = [task.entry() for task in new if isinstance(task.effect, PutFile)]
        scripts = [task.entry() for task in new if isinstance(task.effect, RunScript) and not task.effect.check]
        checks = [task.entry() for task in new if isinstance(task.effect, RunScript) and task.effect.check]
        stops, self._stops = [task.entry() for task in self._stops], []
        answer = {"run": scripts, "stop": stops, "test": checks, "file": files, "session": []}
        self._seen()
        return _json({"code": 200, "instanceId": self._instance, **answer})

    # Reports of tasks

    def _report(self, take: Callable[[Task, Request], None]) -> Callable[[Request], Answer]:
        """What takes a report in, of a task that is known and of this very run of it."""

        def answer(request: Request) -> Answer:
            task = self._tasks.get(request.query.get("taskId", ""))
            try:
                version, start = _number(request, "invokeVersion", VERSION), _number(request, "start", 0)
                if task is not None and version == VERSION and (not start or task.start in (0, start)):
                    take(task, request)
                    task.start = task.start or start
            except ValueError:
                return _SENSELESS
            return _WELL

        return answer

    def _end(self, task: Task, kind: Callable[..., Report], *values: Any) -> None:
        """Tell how a task ended, and forget it: whatever is said of it again changes nothing."""
        del self._tasks[task.effect.run]
        self._tell(kind(self._instance, self._epoch, task.effect.run, *values))

    def _begin(self, task: Task) -> None:
        if not task.begun:
            task.begun = task.fetched = True
            self._tell(RunStarted(self._instance, self._epoch, task.effect.run))

    def _verified(self, task: Task, request: Request) -> None:
        """What was only to be looked at could run."""
        if isinstance(task.effect, RunScript) and task.effect.check:
            self._end(task, RunChecked)

    def _running(self, task: Task, request: Request) -> None:
        self._begin(task)
        if request.body:
            task.output += request.body
            self._tell(RunOutput(self._instance, self._epoch, task.effect.run, task.said(), 0))

    def _finish(self, task: Task, request: Request) -> None:
        if isinstance(task.effect, PutFile):
            wrong = _number(request, "errorcode", 0)
            self._begin(task)
            if request.query.get("status") == "Success" and not wrong:
                self._end(task, RunEnded, 0, "", 0)
            else:
                self._end(task, RunRefused, "file-not-made" if self._file_errors else "exception", f"error {wrong}")
            return
        code, dropped = _number(request, "exitCode"), _number(request, "dropped", 0)
        self._begin(task)
        self._end(task, RunEnded, code, task.said(request.body), dropped)

    def _timeout(self, task: Task, request: Request) -> None:
        dropped = _number(request, "dropped", 0)
        self._begin(task)
        self._end(task, RunTimedOut, task.said(request.body), dropped)

    def _error(self, task: Task, request: Request) -> None:
        said = request.query.get("errDesc") or request.query.get("errCode", "")
        self._end(task, RunRefused, "exception", task.said(request.body) or said)

    def _invalid(self, task: Task, request: Request) -> None:
        about, value = request.query.get("param", ""), request.query.get("value", "")
        if isinstance(task.effect, PutFile) and about == _FILE_THERE:
            self._begin(task)
            self._end(task, RunEnded, 1, "", 0)
            return
        reasons = _FILE_REASONS if isinstance(task.effect, PutFile) and self._file_errors else _REASONS
        reason = reasons.get(about.partition("_")[0], "exception")
        self._end(task, RunRefused, reason, f"{about}: {value}" if reason == "exception" else "")

    def _stopped(self, task: Task, request: Request) -> None:
        """The agent has killed it though the region did not ask for that: it has ended, and nobody knows how."""
        if request.query.get("result") == "killed":
            self._end(task, RunRefused, "interrupted", task.said(request.body))


def _known_zone(text: str) -> str:
    """The name of a time zone; empty where it is none that is known here."""
    from faultzone.model.assistant.cron import CronError  # Few agents are real.
    from faultzone.model.assistant.schedules import read_zone

    try:
        read_zone(text)
    except CronError:
        return ""
    return text


def _number(request: Request, name: str, default: int | None = None) -> int:
    """A number of the query.

    Raises:
        ValueError: it is none, or missing where it must not be.
    """
    text = request.query.get(name, "")
    if not text and default is not None:
        return default
    if not (text.isascii() and text.removeprefix("-").isdigit() and len(text) < 20):
        raise ValueError(f"{name}={text[:40]!r} is no whole number")
    return int(text)
