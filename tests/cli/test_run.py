"""`faultzone run`: the program's status, its signals, and what is said of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import trustme

from faultzone.cli import run as commands
from faultzone.cli.main import main
from faultzone.journal.asked import Summary
from tests.programs.test_program import FETCH, HEALTH, in_both_ways, needs_namespaces
from tests.support.clients import faultzone_up
from tests.support.patience import PATIENCE

pytestmark = pytest.mark.slow

COMMAND = [sys.executable, "-m", "faultzone.cli.main", "run"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=PATIENCE)


@contextmanager
def running(*arguments: str, stdin: bool = False, **environment: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=subprocess.PIPE if stdin else None,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, **environment},
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def test_the_status_and_the_output_are_those_of_the_program() -> None:
    done = run("--region", "cn-beijing", "--", "sh", "-c", "echo $1 $ALIBABA_CLOUD_REGION_ID; exit 7", "sh", "--zones")
    assert (done.stdout, done.stderr, done.returncode) == ("--zones cn-beijing\n", "", 7)


@in_both_ways
def test_a_program_that_is_not_there_has_the_status_of_a_shell(way: str) -> None:
    done = run("--way", way, "--", "there-is-no-such-program")
    assert (done.returncode, done.stdout) == (127, "")
    assert done.stderr == (
        "faultzone: command='there-is-no-such-program': expected a program that can be run; No such file or directory\n"
    )
    assert run("--way", way, "--", "/etc/hosts").returncode == 126


@in_both_ways
def test_the_streams_of_the_program_are_those_of_run(way: str) -> None:
    """It reads what comes, ends as in a shell where nobody reads on, and misses what is closed."""
    command = [*COMMAND, "--way", way, "--"]
    done = subprocess.run([*command, "cat"], input=b"one\ntwo", capture_output=True, timeout=PATIENCE)
    assert (done.stdout, done.stderr, done.returncode) == (b"one\ntwo", b"", 0)
    with subprocess.Popen([*command, "yes"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"y\n"
        process.stdout.close()
        assert process.wait(PATIENCE) == 128 + signal.SIGPIPE
    for closed in ("<&-", ">&-", "<&- >&- 2>&-"):
        script = f'exec "$@" {closed}'
        done = subprocess.run(["sh", "-c", script, "sh", *command, "sh", "-c", "exit 4"], timeout=PATIENCE)
        assert (closed, done.returncode) == (closed, 4)


@in_both_ways
def test_a_program_needs_nothing_of_the_environment(way: str) -> None:
    given = {name: value for name, value in os.environ.items() if name.startswith("PYTHON")}
    script = "import os; print(*(os.environ[f'ALIBABA_CLOUD_{name}'] for name in ('ACCESS_KEY_ID', 'REGION_ID')))"
    command = [*COMMAND, "--way", way, "--", sys.executable, "-c", f"{script}\n{FETCH}", HEALTH]
    done = subprocess.run(command, env=given, capture_output=True, text=True, timeout=PATIENCE)
    assert (done.stdout, done.stderr) == ('testid cn-hangzhou\n{"status":"ok"}', "")


def test_an_authority_that_has_expired_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(trustme, "DEFAULT_EXPIRY", datetime(2020, 1, 1))
        made = trustme.CA()
    (tmp_path / "authority.pem").write_bytes(made.private_key_pem.bytes() + made.cert_pem.bytes())
    assert main(["run", "--ca", str(tmp_path), "--", "true"]) == 2
    assert (
        "expected a certificate that is good today, found one from 2000-01-01 to 2020-01-01" in capsys.readouterr().err
    )


@needs_namespaces
def test_what_was_asked_for_in_vain_is_listed() -> None:
    done = run("--", sys.executable, "-c", FETCH, "https://example.com/")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "faultzone: not reached, since it is not the cloud's: example.com (--pass-through lets it out)"
    )


@needs_namespaces
def test_the_summary_tells_what_the_program_asked(tmp_path: Path) -> None:
    """The standard output is the program's own, so it is printed beside it."""
    url = "https://slb.cn-hangzhou.aliyuncs.com/?Action=DescribeLoadBalancers&Version=2014-05-15"
    done = run("--summary", "-", "--", sys.executable, "-c", FETCH, url)
    assert "DescribeLoadBalancers" in done.stderr
    assert "DescribeLoadBalancers" not in done.stdout
    run("--summary", str(tmp_path / "asked.json"), "--", "true")
    assert json.loads((tmp_path / "asked.json").read_text()) == Summary().as_json()


@needs_namespaces
def test_a_program_is_on_an_instance_with_a_role() -> None:
    url = "http://100.100.100.200/latest/meta-data/ram/security-credentials/"
    done = run("--role", "web", "--", sys.executable, "-c", FETCH, url)
    assert (done.stdout, done.stderr) == ("web", "")


@needs_namespaces
def test_an_endpoint_elsewhere_is_taken() -> None:
    with faultzone_up() as url:
        done = run("--endpoint", url, "--", sys.executable, "-c", FETCH, HEALTH)
        assert (done.stdout, done.stderr, done.returncode) == ('{"status":"ok"}', "", 0)
        done = run("--endpoint", url, "--way", "proxy", "--", sys.executable, "-c", FETCH, HEALTH)
        assert (done.stdout, done.stderr, done.returncode) == ('{"status":"ok"}', "", 0)


@contextmanager
def noticed(number: signal.Signals) -> Iterator[None]:
    """Children notice a signal, though whoever has put the tests into the background ignores it."""
    before = signal.getsignal(number)
    if before is signal.SIG_IGN:
        signal.signal(number, signal.SIG_DFL)
    yield
    signal.signal(number, before)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1])
@in_both_ways
def test_a_signal_is_forwarded(number: signal.Signals, way: str) -> None:
    script = f"trap 'echo got; exit 9' {number.name[3:]}; echo ready; while :; do sleep 0.01; done"
    with noticed(number), running("--way", way, "--", "sh", "-c", script) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        assert process.stdout.read() == "got\n"
        assert process.wait(PATIENCE) == 9


def test_a_signal_that_comes_before_the_program_begins_ends_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = commands._place

    def told_meanwhile(*given: Any) -> Any:
        signal.raise_signal(signal.SIGTERM)
        return place(*given)

    monkeypatch.setattr(commands, "_place", told_meanwhile)
    assert main(["run", "--", "touch", str(tmp_path / "made")]) == 128 + signal.SIGTERM
    assert list(tmp_path.iterdir()) == []


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@in_both_ways
def test_nothing_is_left_of_a_run_that_is_killed(way: str, tmp_path: Path) -> None:
    """Neither a program that ignores signals, nor what left it, nor a file."""
    script = "trap '' TERM HUP; setsid sleep 1000 & echo $$ $!; while :; do sleep 0.01; done"
    with running("--way", way, "--", "sh", "-c", script, TMPDIR=str(tmp_path)) as process:
        assert process.stdout is not None
        pids = [int(each) for each in process.stdout.readline().split()]
        assert list(tmp_path.iterdir()) != []
        process.send_signal(signal.SIGTERM)
        time.sleep(0.1)
        assert process.poll() is None
        process.kill()
        process.wait(PATIENCE)
        until = time.monotonic() + PATIENCE
        while (any(map(_is_there, pids)) or [*tmp_path.iterdir()]) and time.monotonic() < until:
            time.sleep(0.01)
        assert (len(pids), [*filter(_is_there, pids)], [*tmp_path.iterdir()]) == (2, [], [])


@needs_namespaces
def test_two_run_at_once() -> None:
    """Both have port 443 and the address of metadata, each in a namespace of its own."""
    url = "http://100.100.100.200/latest/meta-data/region-id"
    script = "import sys, urllib.request as u; input(); print(u.urlopen(sys.argv[1]).read().decode())"
    given = ["--instance", "--region"], ["--", sys.executable, "-c", script, url]
    with (
        running(*given[0], "cn-hangzhou", *given[1], stdin=True) as one,
        running(*given[0], "cn-beijing", *given[1], stdin=True) as other,
    ):
        for each, region in ((one, "cn-hangzhou"), (other, "cn-beijing")):
            assert each.communicate("\n", timeout=PATIENCE)[0] == f"{region}\n"


def test_a_region_that_is_kept_says_where_it_is() -> None:
    with running("--keep", "--token", "the-token", "--", "echo", "done") as process:
        assert process.stderr is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "done\n"
        ready, url = process.stderr.readline().split()
        assert (ready, process.stderr.readline()) == ("ready", "control token the-token\n")
        fetched = subprocess.run([sys.executable, "-c", FETCH, f"{url}/_faultzone/health"], capture_output=True)
        assert fetched.stdout == b'{"status":"ok"}'
        process.terminate()
        assert process.wait(PATIENCE) == 0


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ([], "write the command after --, such as `faultzone run -- terraform apply`"),
        (["--"], "write the command after --"),
        (["--endpoint", "http://127.0.0.1:1", "--", "true"], "expected the URL of an endpoint that answers"),
        (["--endpoint", "http://127.0.0.1:1", "--keep", "--", "true"], "--keep: only for a region that `run` starts"),
        (
            ["--endpoint", "http://127.0.0.1:1", "--summary", "-", "--", "true"],
            "--summary: only for a region that `run`",
        ),
        (["--summary", "/none/asked", "--", "true"], "expected -, or the name of a file in a folder that there is"),
        (["--pass-through", "sts.aliyuncs.com", "--", "true"], "expected a host that is not the cloud's"),
    ],
)
def test_what_cannot_be_run(given: list[str], why: str, capsys: pytest.CaptureFixture[str]) -> None:
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    assert main(["run", *given]) == 2
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == mask
    assert why in capsys.readouterr().err


def test_a_port_that_is_taken_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with faultzone_up() as url:
        port = url.rpartition(":")[2]
        done = run("--port", port, "--", "true")
        assert (done.returncode, "cannot listen there: Address already in use" in done.stderr) == (2, True)
        assert main(["up", "--port", port]) == 2
        assert "cannot listen there: Address already in use" in capsys.readouterr().err
