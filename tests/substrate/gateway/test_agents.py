"""The server of the Cloud Assistant agent: endpoints, reports, and what agents repeat or garble."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import pytest

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
from faultzone.substrate.gateway.agents import AgentServer
from tests.substrate.gateway.test_bytes import Line, Socket

LIST = "/luban/api/v1/task/list"
_BEGUN = RunStarted("i-1", 3, "f-1")


def script(run: str = "t-1", **changes: Any) -> RunScript:
    effect = RunScript("i-1", 3, run, "c-1", "RunShellScript", "echo ä\n", 60, "/root", 24576)
    return effect._replace(**changes)


def file(run: str = "f-1", **changes: Any) -> PutFile:
    content = base64.b64encode(b"content").decode()
    return PutFile("i-1", 3, run, "/srv/web/index.html", content, "0640", "root", "root", False)._replace(**changes)


class Agent:
    """An agent's side: it asks over bytes, and what its server reports is kept."""

    def __init__(self, register: Callable[[dict[str, Any]], dict[str, Any]] | None = None) -> None:
        self.reports: list[Report] = []
        self.later: list[tuple[float, Callable[[], None]]] = []
        told = ("cn-hangzhou", "i-1", 3, self.reports.append, lambda *timer: self.later.append(timer))
        self.server = AgentServer(*told, "2.2", register)
        self.http = Line(self.server)

    def ask(self, method: str, path: str, query: Mapping[str, object] | None = None, body: bytes = b"") -> Any:
        return self.http.ask(method, f"{path}?{urlencode(query)}" if query else path, body)[1]

    def fetch(self, reason: str = "kickoff") -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.ask("POST", LIST, {"reason": reason}))
        return answer

    def report(self, kind: str, body: bytes = b"", run: str = "t-1", **query: object) -> int:
        about = {"taskId": run, "invokeVersion": 1, **query}
        return self.http.ask("POST", f"/luban/api/v1/task/{kind}?{urlencode(about)}", body)[0]

    def connect(self) -> Socket:
        return Socket(self.server)

    def told(self) -> list[Report]:
        """What has been reported since this was last asked."""
        told, self.reports[:] = self.reports[:], []
        return told


@pytest.fixture
def agent() -> Agent:
    return Agent()


@pytest.fixture
def serving(agent: Agent) -> Agent:
    """An agent that has started and can be woken."""
    agent.socket = agent.connect()  # type: ignore[attr-defined]
    agent.fetch("startup")
    agent.told()
    return agent


# Endpoints


@pytest.mark.parametrize(
    ("method", "path", "answer"),
    [
        ("GET", "/luban/api/connection_detect", b"ok"),
        ("GET", "/luban/api/classic/region-id", b"cn-hangzhou"),
        ("GET", "/luban/api/heart-beat", {"code": 200, "nextInterval": 60000}),
        (
            "POST",
            LIST,
            {"code": 200, "instanceId": "i-1", "run": [], "stop": [], "test": [], "file": [], "session": []},
        ),
        ("POST", "/luban/api/v1/session/list", {"code": 200, "session": []}),
        ("POST", "/luban/api/gshell", {"code": 200, "gshellSupport": "false"}),
        ("POST", "/luban/api/v1/update/update_check", {"code": 200, "flag": 0, "need_update": 0}),
        ("POST", "/luban/api/metrics", {"code": 200}),
        ("POST", "/luban/api/v1/exception/client_report", {"code": 200}),
        ("PUT", "/luban/api/v9/whatever", {"code": 200}),
        (
            "POST",
            "/luban/api/instance/list_instance_state_configurations",
            {"code": 200, "errCode": "ServiceNotSupported"},
        ),
    ],
)
def test_an_endpoint_answers(agent: Agent, method: str, path: str, answer: object) -> None:
    said = agent.ask(method, path, body=b'{"eventId":"x"}' if method == "POST" else b"")
    assert (said if isinstance(answer, bytes) else json.loads(said)) == answer
    assert agent.reports == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/luban/api/heart-beat", 405),
        ("GET", LIST, 405),
        ("GET", "/luban/api/v1/task/finish?taskId=t-1", 405),
        ("GET", "/luban/notify_server", 426),
    ],
)
def test_a_wrong_method_is_refused(agent: Agent, method: str, path: str, status: int) -> None:
    assert agent.http.ask(method, path)[0] == status


def test_the_body_of_a_heartbeat_and_its_query_do_not_matter(agent: Agent) -> None:
    query = {"uptime": -1, "timestamp": "never", "az": "", "x": "%%"}
    assert json.loads(agent.ask("GET", "/luban/api/heart-beat", query))["nextInterval"] == 60000


# Serving


def test_an_agent_serves_once_it_has_asked_for_tasks_and_can_be_woken(agent: Agent) -> None:
    agent.ask("GET", "/luban/api/heart-beat")
    agent.fetch("startup")
    assert agent.told() == []
    agent.connect()
    assert agent.told() == [AgentSeen("i-1", 3, "1.0.1.459")]
    agent.fetch("startup")
    agent.connect()
    assert agent.told() == []


def test_an_agent_whose_channel_is_gone_for_long_no_longer_serves(serving: Any) -> None:
    serving.socket.line.conversation.closed()
    assert serving.told() == []
    seconds, look = serving.later.pop()
    assert seconds > 0
    look()
    look()
    assert serving.told() == [AgentSeen("i-1", 3, None)]
    serving.connect()
    assert serving.told() == []
    serving.fetch("startup")
    assert serving.told() == [AgentSeen("i-1", 3, "1.0.1.459")]


def test_an_agent_that_comes_back_in_time_has_not_been_away(serving: Any) -> None:
    serving.socket.line.conversation.closed()
    serving.connect()
    serving.later.pop()[1]()
    assert serving.told() == []


# Tasks


def test_a_script_wakes_the_agent_and_is_fetched_once(serving: Any) -> None:
    serving.server.give(script(user="root"))
    assert serving.socket.texts() == ["kick_vm task run t-1"]
    (task,) = serving.fetch()["run"]
    assert base64.b64decode(task["task"].pop("commandContent")).decode() == "echo ä\n"
    assert task == {
        "task": {
            "taskID": "t-1",
            "commandId": "c-1",
            "type": "RunShellScript",
            "timeOut": "60",
            "workingDirectory": "/root",
            "username": "",
            "cron": "",
            "invokeVersion": 1,
        },
        "output": {"interval": 200, "logQuota": 24576, "skipEmpty": True, "sendStart": True},
        "repeat": "Once",
    }
    assert serving.fetch()["run"] == []


def test_a_file_is_fetched_with_the_digest_of_its_base64(serving: Any) -> None:
    serving.server.give(file())
    assert serving.socket.texts() == ["kick_vm file create f-1"]
    (task,) = serving.fetch()["file"]
    assert task["task"] == {
        "taskID": "f-1",
        "name": "index.html",
        "destination": "/srv/web",
        "content": "Y29udGVudA==",
        "contentType": "Base64",
        "signature": "4d4fc99a8db9d60bb1a886a92b810169",
        "owner": "root",
        "group": "root",
        "mode": "0640",
        "overwrite": False,
    }


def test_what_is_given_before_the_agent_starts_waits_for_it(agent: Agent) -> None:
    agent.server.give(script())
    assert [each["task"]["taskID"] for each in agent.fetch("startup")["run"]] == ["t-1"]


def test_a_new_channel_is_woken_for_what_was_never_fetched(serving: Any) -> None:
    serving.socket.line.conversation.closed()
    serving.server.give(script())
    assert serving.connect().texts() == ["kick_vm task run t-1"]


def test_an_agent_that_starts_again_gets_what_it_never_began_and_nothing_else(serving: Any) -> None:
    for run in ("t-1", "t-2", "t-3"):
        serving.server.give(script(run))
    serving.fetch()
    serving.report("running", run="t-1", start=1)
    serving.server.cancel("t-3")
    assert [each["task"]["taskID"] for each in serving.fetch("startup")["run"]] == ["t-2"]


def test_what_is_cancelled_once_it_was_fetched_is_stopped_and_not_heard_of(serving: Any) -> None:
    serving.server.give(script())
    serving.fetch()
    serving.socket.texts()
    serving.server.cancel("t-1")
    assert serving.socket.texts() == ["kick_vm task stop t-1"]
    answer = serving.fetch()
    assert ([each["task"]["taskID"] for each in answer["stop"]], answer["run"]) == (["t-1"], [])
    assert serving.fetch()["stop"] == []
    serving.report("running", start=5)
    serving.report("stopped", start=5, end=6, exitcode=0, dropped=0, result="killed")
    assert serving.told() == []


def test_what_is_cancelled_is_not_fetched_and_what_has_begun_goes_on(serving: Any) -> None:
    serving.server.give(script("t-1"))
    serving.server.cancel("t-1")
    assert serving.fetch()["run"] == []
    serving.server.give(script("t-2"))
    serving.fetch()
    serving.report("running", run="t-2", start=5)
    serving.server.cancel("t-2")
    serving.report("finish", b"done", run="t-2", start=5, end=6, exitCode=0, dropped=0)
    assert serving.told() == [RunStarted("i-1", 3, "t-2"), RunEnded("i-1", 3, "t-2", 0, "done", 0)]


def test_after_a_reboot_what_had_begun_is_forgotten_and_the_rest_fetched_again(serving: Any) -> None:
    for run in ("t-1", "t-2"):
        serving.server.give(script(run))
    serving.fetch()
    serving.report("running", run="t-1", start=1)
    serving.told()
    serving.server.rebooted()
    assert [each["task"]["taskID"] for each in serving.fetch("startup")["run"]] == ["t-2"]
    serving.report("finish", run="t-1", start=1, exitCode=0)
    assert serving.told() == []


# Reports


@pytest.fixture
def running(serving: Any) -> Any:
    serving.server.give(script())
    serving.fetch()
    serving.report("running", start=7)
    assert serving.told() == [RunStarted("i-1", 3, "t-1")]
    return serving


def test_output_comes_in_pieces_and_adds_up(running: Any) -> None:
    whole = "grüße\n".encode() + b"\xff\0"
    running.report("running", whole[:3], start=7)
    running.report("running", start=7)
    running.report("running", whole[3:6], start=7)
    assert running.report("finish", whole[6:], start=7, end=9, exitCode=3, dropped=11) == 200
    text = whole.decode("utf-8", "surrogateescape")
    first, second = (whole[:end].decode("utf-8", "surrogateescape") for end in (3, 6))
    assert running.told() == [
        RunOutput("i-1", 3, "t-1", first, 0),
        RunOutput("i-1", 3, "t-1", second, 0),
        RunEnded("i-1", 3, "t-1", 3, text, 11),
    ]


@pytest.mark.parametrize(
    ("kind", "query", "report"),
    [
        ("finish", {"exitCode": -1, "dropped": 0}, RunEnded("i-1", 3, "t-1", -1, "rest", 0)),
        ("timeout", {"exitCode": 1, "dropped": 4}, RunTimedOut("i-1", 3, "t-1", "rest", 4)),
        ("error", {"errCode": -7, "errDesc": "ExecuteScriptFailed"}, RunRefused("i-1", 3, "t-1", "exception", "rest")),
        ("stopped", {"exitcode": 0, "result": "killed"}, RunRefused("i-1", 3, "t-1", "interrupted", "rest")),
    ],
)
def test_an_end_counts_once_however_often_it_is_repeated(running: Any, kind: str, query: Any, report: Report) -> None:
    for _ in range(4):
        assert running.report(kind, b"rest", start=7, end=9, **query) == 200
    assert running.told() == [report]


@pytest.mark.parametrize(
    ("param", "value", "reason"),
    [
        ("TypeInvalid", "TypeInvalid_RunBatScript", "wrong-system"),
        ("TypeInvalid_RunBatScript", "", "wrong-system"),
        ("workingDirectory", "WorkingDirectoryNotExist: <nil>", "no-such-directory"),
        ("UsernameOrPasswordInvalid", "UserInvalid_x: user: unknown user x", "no-such-user"),
        ("CommandContentInvalid", "illegal base64", "exception"),
        ("whatever", "", "exception"),
    ],
)
def test_a_refusal_says_why(serving: Any, param: str, value: str, reason: str) -> None:
    serving.server.give(script())
    serving.fetch()
    for _ in range(2):
        serving.report("invalid", param=param, value=value)
    (told,) = serving.told()
    assert (type(told), told.reason) == (RunRefused, reason)
    assert told.output == (f"{param}: {value}" if reason == "exception" else "")


def test_an_error_without_output_tells_its_description(serving: Any) -> None:
    serving.server.give(script())
    serving.fetch()
    serving.report("error", start=0, end=0, exitCode=0, errCode=-9, errDesc="ScriptFileExisted")
    assert serving.told() == [RunRefused("i-1", 3, "t-1", "exception", "ScriptFileExisted")]


@pytest.mark.parametrize(
    ("kind", "query", "reports"),
    [
        ("finish", {"status": "Success", "errorcode": 0}, [_BEGUN, RunEnded("i-1", 3, "f-1", 0, "", 0)]),
        ("finish", {"status": "Failed", "errorcode": 2}, [_BEGUN, RunRefused("i-1", 3, "f-1", "exception", "error 2")]),
        ("invalid", {"param": "FileExist", "value": "x"}, [_BEGUN, RunEnded("i-1", 3, "f-1", 1, "", 0)]),
        (
            "invalid",
            {"param": "FileOwnerNotExist", "value": "%zz"},
            [RunRefused("i-1", 3, "f-1", "exception", "FileOwnerNotExist: %zz")],
        ),
    ],
)
def test_what_became_of_a_file(serving: Any, kind: str, query: Any, reports: list[Report]) -> None:
    serving.server.give(file())
    serving.fetch()
    for _ in range(2):
        about = {"taskId": "f-1", "taskType": "sendfile", **query}
        assert serving.http.ask("POST", f"/luban/api/v1/task/{kind}?{urlencode(about)}")[0] == 200
    assert serving.told() == reports


@pytest.mark.parametrize(
    "query",
    [
        {"run": "t-9", "start": 7, "exitCode": 0},
        {"start": 8, "exitCode": 0},
        {"start": 7, "exitCode": 0, "invokeVersion": 2},
    ],
    ids=["unknown task", "another run", "another edition"],
)
def test_a_report_of_something_else_is_accepted_and_changes_nothing(running: Any, query: Any) -> None:
    assert running.report("finish", b"not mine", **query) == 200
    assert running.told() == []
    running.report("finish", start=7, exitCode=0)
    assert running.told() == [RunEnded("i-1", 3, "t-1", 0, "", 0)]


@pytest.mark.parametrize(
    "query",
    [{"start": "soon", "exitCode": 0}, {"exitCode": "none"}, {}, {"exitCode": 0, "dropped": "1e3"}, {"exitCode": "٣x"}],
)
def test_a_report_that_makes_no_sense_is_refused_so_that_it_is_not_repeated(running: Any, query: Any) -> None:
    assert running.report("finish", **query) == 400
    assert running.told() == []


def test_a_stop_that_nobody_asked_for_of_a_task_that_is_over_changes_nothing(running: Any) -> None:
    running.report("finish", start=7, exitCode=0)
    running.told()
    assert running.report("stopped", start=0, end=0, exitcode=0, result="killed") == 200
    assert running.report("stopped", run="t-0", start=0, end=0, exitcode=0, result="completed") == 200
    assert running.told() == []


# What came with edition 2026-10


def test_a_run_that_is_only_tried_is_a_test_and_is_verified(serving: Any) -> None:
    serving.server.give(script(check=True))
    listed = serving.fetch()
    assert (listed["run"], [each["task"]["taskID"] for each in listed["test"]]) == ([], ["t-1"])
    assert serving.report("verified") == 200
    assert serving.told() == [RunChecked("i-1", 3, "t-1")]
    serving.report("verified")
    assert serving.told() == []
    serving.server.give(script("t-2", check=True))
    serving.fetch()
    serving.report("invalid", run="t-2", param="workingDirectory", value="/nowhere")
    assert serving.told() == [RunRefused("i-1", 3, "t-2", "no-such-directory", "")]


def test_a_run_that_is_no_trial_is_not_verified(serving: Any) -> None:
    serving.server.give(script())
    serving.fetch()
    serving.report("verified")
    assert serving.told() == []


def test_a_task_says_how_it_starts_and_ends(serving: Any) -> None:
    serving.server.give(script(launcher="python3 -u", termination="ProcessTree"))
    (task,) = (each["task"] for each in serving.fetch()["run"])
    assert (task["launcher"], task["terminationMode"]) == ("python3 -u", "ProcessTree")
    serving.server.give(script("t-2"))
    (plain,) = (each["task"] for each in serving.fetch()["run"])
    assert not {"launcher", "terminationMode"} & plain.keys()


def test_a_run_that_has_begun_is_ended_on_demand(serving: Any) -> None:
    serving.server.give(script())
    serving.fetch()
    serving.report("running", start=1)
    serving.server.end("t-1")
    serving.server.end("t-2")
    assert [each["task"]["taskID"] for each in serving.fetch()["stop"]] == ["t-1"]
    assert serving.fetch()["stop"] == []


@pytest.mark.parametrize(
    ("said", "zone"),
    [("Asia/Shanghai", "Asia/Shanghai"), ("GMT+8:00", "GMT+8:00"), ("UTC", "UTC"), ("", ""), ("Moon/Crater", "")],
)
def test_an_agent_tells_its_time_zone(agent: Agent, said: str, zone: str) -> None:
    agent.connect()
    agent.ask("POST", LIST, {"reason": "startup", "timeZone": said})
    assert agent.told() == [AgentSeen("i-1", 3, "1.0.1.459", zone)]
    agent.ask("POST", LIST, {"reason": "kickoff", "timeZone": said})
    assert agent.told() == []
    agent.ask("POST", LIST, {"reason": "kickoff", "timeZone": "America/New_York"})
    assert agent.told() == [AgentSeen("i-1", 3, "1.0.1.459", "America/New_York")]


def test_our_own_agent_is_of_the_version_that_the_region_says() -> None:
    reports: list[Report] = []
    server = AgentServer("cn-hangzhou", "i-1", 3, reports.append, lambda *timer: None, "2.2.4.1065")
    line = Line(server)
    Socket(server)
    line.ask("POST", f"{LIST}?reason=startup", b"", **{"User-Agent": "linux_amd64/own"})
    assert reports == [AgentSeen("i-1", 3, "2.2.4.1065")]


# Machines outside the cloud

REGISTER = "/luban/api/instance/register"


def test_an_instance_cannot_register(agent: Agent) -> None:
    assert json.loads(agent.ask("POST", REGISTER, body=b"{}")) == {"code": 400, "errCode": "ServiceNotSupported"}


def test_a_machine_registers_and_its_agent_is_that_of_its_managed_instance() -> None:
    asked: list[dict[str, Any]] = []

    def register(said: dict[str, Any]) -> dict[str, Any]:
        asked.append(said)
        return {"code": 200, "instanceId": "mi-1"}

    machine = Agent(register)
    assert json.loads(machine.ask("POST", REGISTER, body=b'{"activationId": "1"}'))["instanceId"] == "mi-1"
    assert asked == [{"activationId": "1"}]
    machine.server.give(script())
    machine.server.belong_to("mi-1")
    machine.connect()
    assert machine.fetch("startup")["run"] == []
    assert [each.instance for each in machine.told() if isinstance(each, AgentSeen)] == ["mi-1"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"[" * 100_000, b"\xff"])
def test_what_is_no_registration_is_refused(body: bytes) -> None:
    machine = Agent(lambda said: {"code": 200})
    assert machine.http.ask("POST", REGISTER, body)[0] == 400
