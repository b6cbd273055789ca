"""A genuine client of Cloud Assistant in the place of our agent: the one that FAULTZONE_TEST_AGENT names."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from faultzone.errors import HarnessError, NotSupported, UsageError
from faultzone.region import CloudOptions, Instance, Region, docker_backend, make_region
from faultzone.region.commands import Invocation
from faultzone.substrate.docker import clients
from faultzone.substrate.docker.session import Session, Settings, session
from tests.docker.test_assistant import asked, serves
from tests.docker.test_instances import out, soon

pytestmark = [pytest.mark.docker, pytest.mark.slow]

CLIENT = os.environ.get("FAULTZONE_TEST_AGENT", "")


@pytest.fixture
def genuine(hosts: Session) -> Iterator[Callable[..., Region]]:
    """Make regions whose instances run the genuine client."""
    if not CLIENT:
        pytest.skip("FAULTZONE_TEST_AGENT names no genuine client of Cloud Assistant")
    settings = Settings(agent=CLIENT)
    with ExitStack() as stack:

        def made(**options: Any) -> Region:
            options = {"zones": 1, "hosts_per_zone": 2, "edition": "2020-12", **options}
            return stack.enter_context(make_region(docker_backend(CloudOptions.of(**options), settings), **options))

        yield made


@pytest.fixture
def one(genuine: Callable[..., Region]) -> Instance:
    (made,) = genuine().run_instances(1)
    assert serves(made)
    return made


def text(record: dict[str, Any]) -> str:
    return base64.b64decode(record["Output"]).decode()


def test_a_command_has_its_output_and_exit_code(one: Instance) -> None:
    record = asked(one, "echo 123; exit 3")
    assert (text(record), record["ExitCode"], record["InvocationStatus"]) == ("123\n", 3, "Failed")
    assert text(asked(one, "pwd; id -un", WorkingDir="/usr")) == "/usr\nroot\n"
    assert asked(one, "true", WorkingDir="/nowhere")["ErrorCode"] == "DirectoryNotExists"
    assert asked(one, "true", Username="somebody")["ErrorCode"] == "AccountNotExists"


def test_a_command_that_outlasts_its_time_is_killed(one: Instance) -> None:
    record = asked(one, "echo begun; sleep 30", Timeout=2)
    assert (record["InvocationStatus"], text(record)) == ("Timeout", "begun\n")


def test_a_command_that_is_stopped_reads_so_and_is_heard_of_no_more(one: Instance) -> None:
    command = one.region.run_command("sleep 2; echo through > /root/mark", on=one, wait=False)
    soon(lambda: command.result(one)["InvocationStatus"] == "Running")
    command.stop()
    assert command.status == "Stopped"
    soon(lambda: out(one, "cat /root/mark 2>/dev/null || true") == "through")
    assert command.status == "Stopped"


def test_a_file_is_sent(one: Instance) -> None:
    sent = {"Name": "a file", "TargetDir": "/srv/new", "Content": "text\n", "FileMode": "0604"}
    one.region.call("SendFile", InstanceId=[one.id], **sent)
    soon(lambda: out(one, "cat '/srv/new/a file' 2>/dev/null; stat -c %a '/srv/new/a file' || true") == "text\n604")


def test_a_dry_run_looks_and_runs_nothing(genuine: Callable[..., Region]) -> None:
    (one,) = genuine(edition="2026-10").run_instances(1)
    assert asked(one, "touch /root/ran", RepeatMode="DryRun")["InvocationStatus"] == "Success"
    assert asked(one, "true", RepeatMode="DryRun", WorkingDir="/nowhere")["ErrorCode"] == "DirectoryNotExists"
    assert out(one, "ls /root/ran 2>/dev/null || true") == ""


def test_an_invocation_has_a_timeout_of_its_own(genuine: Callable[..., Region]) -> None:
    region = genuine(edition="2026-10")
    (one,) = region.run_instances(1)
    command = region.commands.create("echo begun; sleep 60", Timeout=300)
    made = region.call("InvokeCommand", CommandId=command, InstanceId=[one.id], Timeout=10)["InvokeId"]
    record = Invocation(region, made).wait().result(one)
    assert (record["InvocationStatus"], text(record)) == ("Timeout", "begun\n")


def test_what_its_protocol_cannot_carry_says_so(genuine: Callable[..., Region]) -> None:
    region = genuine(edition="2026-10")
    (one,) = region.run_instances(1)
    assert not region.supports("launchers")
    for given in ({"Launcher": "bash"}, {"TerminationMode": "ProcessTree"}):
        with pytest.raises(NotSupported, match="no Launcher and TerminationMode"):
            asked(one, "echo 1", **given)
    assert text(asked(one, "echo 2")) == "2\n"


def test_a_client_that_is_killed_is_started_again_and_what_it_ran_goes_on_unheard(one: Instance) -> None:
    command: Invocation = one.region.run_command("sleep 3; echo through > /root/mark", on=one, wait=False)
    soon(lambda: command.result(one)["InvocationStatus"] == "Running")
    out(one, "pkill -9 aliyun-service")
    soon(lambda: not serves(one))
    soon(lambda: serves(one))
    assert text(asked(one, "echo again")) == "again\n"
    soon(lambda: out(one, "cat /root/mark 2>/dev/null || true") == "through")
    assert command.status == "Running"


def test_it_comes_back_after_a_reboot_and_on_another_host(one: Instance) -> None:
    one.reboot()
    assert text(asked(one, "echo once")) == "once\n"
    one.region.control("migrate", instance=one.id)
    assert text(asked(one, "echo twice")) == "twice\n"


@pytest.mark.parametrize(
    ("program", "says"),
    [
        (None, "No such file"),
        (b"#!/bin/sh\nexec sleep 1000\n", "expected a program for Linux"),
        (b"\x7fELF" + bytes(100), "expected a program for Linux"),
        (b"", "expected a program for Linux"),
    ],
)
def test_what_is_no_program_is_refused_at_once(tmp_path: Any, program: bytes | None, says: str) -> None:
    path = tmp_path / "client"
    if program is not None:
        path.write_bytes(program)
    with pytest.raises(UsageError, match=says):
        clients.read(str(path))


def test_a_program_for_another_machine_or_that_cannot_be_run_is_refused(hosts: Session, tmp_path: Any) -> None:
    path = tmp_path / "client"
    head = bytearray(b"\x7fELF\2\1\1" + bytes(57))
    head[16], head[18] = 2, 183
    path.write_bytes(bytes(head))
    if hosts.engine.info["Architecture"] != "x86_64":
        pytest.skip("the engine's machine is not the one that this test knows")
    with pytest.raises(UsageError, match="expected a program for the engine's machine"):
        Session(Settings(agent=str(path)))
    head[18] = 62
    path.write_bytes(bytes(head))
    with pytest.raises((HarnessError, NotSupported), match="cannot run the agents"):
        Session(Settings(agent=str(path)))
    assert session(Settings()) is hosts
