"""Programs that take a region for the cloud: in namespaces of their own, and by a proxy."""

from __future__ import annotations

import http.server
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest

from faultzone import Region, UsageError, make_region
from faultzone.errors import NotSupported
from faultzone.programs import places
from faultzone.programs.places import Place
from faultzone.programs.program import WAYS, NotRun, Program
from faultzone.programs.runner import Runner
from tests.support.patience import PATIENCE

pytestmark = pytest.mark.slow

HEALTH: Final = "https://ecs.cn-hangzhou.aliyuncs.com/_faultzone/health"
#: A user who owns nothing, as `subprocess` takes one.
NOBODY: Final[dict[str, Any]] = {"user": 65534, "group": 65534, "extra_groups": ()}
#: Asks for a URL by the standard library alone.
FETCH: Final = "import sys, urllib.request as u; print(u.urlopen(sys.argv[1]).read().decode(), end='')"


def has_namespaces() -> bool:
    """Whether this kernel lets a process make namespaces."""
    if shutil.which("unshare") is None:
        return False
    return subprocess.run(["unshare", "-Urmn", "true"], capture_output=True).returncode == 0


needs_namespaces = pytest.mark.skipif(not has_namespaces(), reason="this kernel makes no namespaces here")

in_both_ways = pytest.mark.parametrize("way", [pytest.param("namespaces", marks=needs_namespaces), "proxy"])


@pytest.fixture(scope="module")
def region() -> Iterator[Region]:
    with make_region(clock="hybrid", scale=20) as made:
        yield made


def _processes_with(text: str) -> list[str]:
    found = []
    for each in Path("/proc").iterdir():
        try:
            if each.name.isdecimal() and text.encode() in (each / "cmdline").read_bytes():
                found.append(each.name)
        except OSError:
            continue
    return found


@in_both_ways
def test_a_program_that_is_told_nothing_reaches_the_region(region: Region, way: str) -> None:
    for url in (HEALTH, HEALTH.replace("https", "http"), HEALTH.replace("ecs.cn-hangzhou", "sts")):
        done = region.run([sys.executable, "-c", FETCH, url], way=way)
        assert (done.stdout, done.stderr, done.returncode) == ('{"status":"ok"}', "", 0)


@needs_namespaces
def test_what_is_not_the_clouds_is_not_there(region: Region) -> None:
    script = """if True:
        import socket
        for address in (("example.com", 443), ("192.0.2.1", 443), ("127.0.0.1", 8080), ("100.100.100.200", 443)):
            try:
                socket.create_connection(address, timeout=5)
                print("reached", address)
            except OSError as error:
                pass
        print(socket.gethostbyname("anything.of.aliyuncs.com"))
    """
    done = region.run([sys.executable, "-c", script])
    assert (done.stdout, done.stderr) == ("127.0.0.1\n", "")


#: Asks for HTTP/2, then for another host on the same connection, and tries what this machine serves.
ODD: Final = """if True:
    import http.client, os, ssl, sys
    from urllib.parse import urlsplit
    context = ssl.create_default_context()
    context.set_alpn_protocols(["h2", "http/1.1"])
    proxy = urlsplit(os.environ.get("https_proxy", ""))
    def connected(host, port):
        made = http.client.HTTPSConnection(proxy.hostname or host, proxy.port or port, context=context)
        if proxy.hostname:
            made.set_tunnel(host, port)
        made.connect()
        return made
    client = connected("ecs.cn-hangzhou.aliyuncs.com", 443)
    print(client.sock.selected_alpn_protocol())
    for host in ("ecs.cn-hangzhou.aliyuncs.com", "sts.aliyuncs.com", "example.com"):
        client.request("GET", "/_faultzone/health", headers={"Host": host})
        answer = client.getresponse()
        print(answer.status, flush=True)
        if answer.read() != b'{"status":"ok"}':
            client = connected("ecs.cn-hangzhou.aliyuncs.com", 443)
    try:
        connected("127.0.0.1", int(sys.argv[1]))
    except OSError as error:
        print(error)
"""


@pytest.mark.parametrize(
    ("way", "answers"),
    [
        pytest.param("namespaces", ["200", "200", "403", "[Errno 111] Connection refused"], marks=needs_namespaces),
        ("proxy", ["200", "403", "403", "Tunnel connection failed: 403 Forbidden"]),
    ],
)
def test_odd_requests_are_answered_or_refused(region: Region, way: str, answers: list[str]) -> None:
    """A tunnel is for one host; in namespaces there is none, and each name of the cloud is the same server."""
    with socket.create_server(("127.0.0.1", 0)) as own:
        done = region.run([sys.executable, "-c", ODD, str(own.getsockname()[1])], way=way)
        assert (done.stdout.splitlines(), done.stderr) == (["http/1.1", *answers], "")
        own.settimeout(0)
        with pytest.raises(BlockingIOError):
            own.accept()


@in_both_ways
def test_a_program_that_trusts_nothing_is_noted(region: Region, way: str) -> None:
    script = (
        "import ssl, sys, urllib.request as u; u.urlopen(sys.argv[1], context=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))"
    )
    before = len(region.journal.entries)
    done = region.run([sys.executable, "-c", script, HEALTH], way=way)
    assert (done.returncode, "CERTIFICATE_VERIFY_FAILED" in done.stderr) == (1, True)
    region.wait(lambda: len(region.journal.entries) > before, real=PATIENCE)
    (noted,) = [data["reason"] for _, _, kind, data in region.journal.entries[before:] if kind == "refusal"]
    assert noted.endswith("the client does not trust the certificate of this server's authority.")


@needs_namespaces
def test_a_host_is_let_out(region: Region) -> None:
    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"this machine's own")

        def log_message(self, *_: object) -> None: ...

    with http.server.HTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever).start()
        port = server.server_port
        url = f"http://localhost:{port}/"
        assert region.run([sys.executable, "-c", FETCH, url], pass_through=[f"localhost:{port}"]).stdout == (
            "this machine's own"
        )
        assert region.run([sys.executable, "-c", FETCH, url]).returncode == 1
        server.shutdown()


@needs_namespaces
def test_a_program_is_on_an_instance(region: Region) -> None:
    (instance,) = region.run_instances(1, RamRoleName="web")
    ask = [sys.executable, "-c", FETCH, "http://100.100.100.200/latest/meta-data/"]
    assert region.run([*ask[:-1], ask[-1] + "instance-id"], instance=instance).stdout == instance.id
    role = region.run([*ask[:-1], ask[-1] + "ram/security-credentials/web"], instance=instance)
    assert json.loads(role.stdout)["Code"] == "Success"
    assert "404" in region.run([*ask[:-1], ask[-1] + "instance-id"]).stderr


@in_both_ways
def test_what_a_program_leaves_behind_is_ended(region: Region, way: str) -> None:
    mark = f"9{os.getpid()}{way == 'proxy':d}"
    script = f"trap '' TERM HUP; setsid sleep {mark}1 & (sleep {mark}2; sleep {mark}3) & exit 5"
    assert region.run(["sh", "-c", script], way=way).returncode == 5
    assert _processes_with(f"sleep\0{mark}") == []


def test_a_program_that_takes_too_long_is_ended(region: Region) -> None:
    with pytest.raises(subprocess.TimeoutExpired) as late:
        region.run(["sh", "-c", "trap '' TERM; echo begun; sleep 987654; sleep 987654"], timeout=0.5)
    assert late.value.stdout == b"begun\n"
    assert _processes_with("sleep\x00987654") == []


@in_both_ways
def test_the_status_is_that_of_the_program(region: Region, way: str) -> None:
    assert region.run(["sh", "-c", "echo out; echo err >&2; exit 3"], way=way).returncode == 3
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV):
        assert region.run(["sh", "-c", f"kill -{int(number)} $$"], way=way).returncode == 128 + number
    with pytest.raises(subprocess.CalledProcessError, match="exit status 3"):
        region.run(["sh", "-c", "exit 3"], way=way, check=True)


def test_the_program_has_its_environment_and_directory(region: Region, tmp_path: Path) -> None:
    done = region.run(
        ["sh", "-c", "pwd; echo $FRUIT $ALIBABA_CLOUD_ACCESS_KEY_ID $ALIBABA_CLOUD_REGION_ID"],
        environment={"FRUIT": "pear"},
        directory=tmp_path,
    )
    assert done.stdout == f"{tmp_path}\npear testid cn-hangzhou\n"


@needs_namespaces
def test_a_proxy_that_is_set_is_not_asked_in_namespaces(region: Region) -> None:
    dead = {"HTTPS_PROXY": "http://127.0.0.1:1", "http_proxy": "http://127.0.0.1:1", "ALL_PROXY": "socks5://x"}
    done = region.run([sys.executable, "-c", FETCH, HEALTH], environment=dead)
    assert done.stdout == '{"status":"ok"}'


@needs_namespaces
def test_the_user_and_files_stay_the_same(region: Region) -> None:
    done = region.run(["sh", "-c", "id -u; cat /etc/hosts"])
    assert done.stdout.splitlines()[0] == str(os.geteuid())
    assert "ecs.cn-hangzhou.aliyuncs.com" in done.stdout
    assert "ecs.cn-hangzhou.aliyuncs.com" not in Path("/etc/hosts").read_text()


def _as_nobody(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str] | None:
    """Run Python as another user: this interpreter, or the system's where that one is in a home of root's; None where
    that user can run neither."""
    given = {**os.environ, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each), **environment}
    for interpreter in (sys.executable, "/usr/bin/python3"):
        try:
            done = subprocess.run(
                [interpreter, *arguments],
                **NOBODY,
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                cwd="/",
                env=given,
            )
        except PermissionError:
            continue
        return done
    return None


@needs_namespaces
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_user_without_privileges_has_the_same_namespaces() -> None:
    """The user stays who it is, and cannot do more than before."""
    script = """if True:
        import os, sys
        from faultzone import make_region
        with make_region(clock="hybrid") as region:
            fetched = region.run([sys.executable, "-c", *sys.argv[1:]], way="namespaces")
            print(fetched.stdout, fetched.stderr)
            print(region.run(["sh", "-c", "id -u; touch /usr/mine 2>/dev/null || echo refused"]).stdout)
            print(region.run(["sh", "-c", "sleep 1000 & exit 6"]).returncode, os.listdir(os.environ["TMPDIR"]))
    """
    with TemporaryDirectory(dir="/dev/shm") as folder:
        os.chown(folder, NOBODY["user"], NOBODY["group"])
        done = _as_nobody("-c", script, FETCH, HEALTH, HOME=folder, TMPDIR=folder)
    if done is None:
        pytest.skip("another user can run no interpreter here")
    assert done.stdout.split() == ['{"status":"ok"}', str(NOBODY["user"]), "refused", "6", "[]"], done.stderr


@in_both_ways
def test_two_run_at_once(region: Region, way: str) -> None:
    with Place(_endpoint(region)) as one, Place(_endpoint(region)) as other:
        command = [sys.executable, "-c", FETCH, HEALTH]
        pipes = (None, subprocess.PIPE, None)
        with (
            Program(command, one, environment=os.environ, streams=pipes, way=way) as first,
            Program(command, other, environment=os.environ, streams=pipes, way=way) as second,
        ):
            for each in (first, second):
                assert each.process.communicate(timeout=PATIENCE)[0] == b'{"status":"ok"}'


def _endpoint(region: Region) -> str:
    return region.endpoint


def test_a_signal_is_passed_on(region: Region) -> None:
    with (
        Place(region.endpoint) as place,
        Program(
            ["sh", "-c", "trap 'echo got it; exit 4' USR1; echo ready; while :; do sleep 0.01; done"],
            place,
            environment=os.environ,
            streams=(None, subprocess.PIPE, None),
        ) as program,
    ):
        assert program.process.stdout is not None
        assert program.process.stdout.readline() == b"ready\n"
        program.signal(signal.SIGUSR1)
        assert program.wait(PATIENCE) == 4
        assert program.process.stdout.read() == b"got it\n"
        program.process.stdout.close()


def test_nothing_is_left_behind(region: Region, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    descriptors = len(os.listdir("/proc/self/fd"))
    for way in WAYS:
        try:
            region.run(["true"], way=way)
        except NotSupported:
            continue
    with pytest.raises(NotRun):
        region.run(["there-is-no-such-program"])
    assert list(tmp_path.iterdir()) == []
    until = time.monotonic() + PATIENCE
    while len(os.listdir("/proc/self/fd")) > descriptors and time.monotonic() < until:
        time.sleep(0.01)
    assert len(os.listdir("/proc/self/fd")) <= descriptors


def test_a_runner_that_is_asked_for_nothing_runs_nothing() -> None:
    with Runner() as made:
        assert made.process.poll() is None
    assert made.process.returncode == 0
    made.close()


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ([], "expected a program and its arguments"),
        ("true", "expected a program and its arguments"),
        (["true", "\0"], "expected texts without NUL"),
        ([""], "expected texts without NUL"),
        (["there-is-no-such-program"], "No such file or directory"),
        (["/etc/hosts"], "Permission denied"),
    ],
)
def test_a_command_that_cannot_be_run(region: Region, command: list[str], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        region.run(command)


def test_a_way_or_a_directory_that_cannot_be(region: Region, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="expected 'namespaces' or 'proxy'"):
        region.run(["true"], way="tunnel")
    with pytest.raises(UsageError, match="a directory to work in; No such file"):
        region.run(["true"], directory=tmp_path / "none")
    with pytest.raises(UsageError, match="expected an ID, or an object that has one"):
        region.run(["true"], instance=5)  # type: ignore[arg-type]


def test_where_namespaces_are_refused_a_proxy_takes_their_place(region: Region) -> None:
    """As in a container that may make none: here, since the number of them is used up."""
    script = """if True:
        import resource, sys
        from faultzone import make_region
        from faultzone.programs import runner
        from pathlib import Path
        refusing = Path(runner._CHILD).read_text().replace("def enter_namespaces() -> None:", \
            "def enter_namespaces():\\n    raise OSError(1, 'unshare: Operation not permitted')\\ndef never() -> None:")
        runner._CHILD = Path(sys.argv[1])
        runner._CHILD.write_text(refusing)
        with make_region(clock="hybrid") as region:
            print(region.run(sys.argv[2:]).stdout)
            try:
                region.run(["true"], way="namespaces")
            except Exception as error:
                print(error)
    """
    command = [sys.executable, "-c", script, "/dev/shm/faultzone-test-child.py", sys.executable, "-c", FETCH, HEALTH]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    Path("/dev/shm/faultzone-test-child.py").unlink()
    assert done.stdout.splitlines() == [
        '{"status":"ok"}',
        "way=namespaces: no namespaces here: unshare: Operation not permitted; use way='proxy'",
    ], done.stderr


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("127.0.0.1:8080", "the URL that `faultzone up` prints"),
        ("https://127.0.0.1:8080", "the URL that `faultzone up` prints"),
        ("http://127.0.0.1:1", "the URL of an endpoint that answers; "),
        ("http://127.0.0.1:x", "the URL"),
    ],
)
def test_an_endpoint_that_is_none(url: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        Place(url)


def test_an_endpoint_that_is_another_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that answers something else, or refuses, or says nothing at all."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(404 if self.path.startswith("/none/") else 200)
            self.end_headers()
            self.wfile.write(b"<html>")

        def log_message(self, *_: object) -> None: ...

    with http.server.HTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever).start()
        url = f"http://127.0.0.1:{server.server_port}"
        with pytest.raises(UsageError, match="an endpoint that answers; what answers there is another server"):
            Place(url)
        with pytest.raises(UsageError, match="the URL of `faultzone up`; it answers 404"):
            Place(f"{url}/none")
        server.shutdown()
    monkeypatch.setattr(places, "_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(UsageError, match="that answers; timed out"):
        Place(f"http://127.0.0.1:{silent.getsockname()[1]}")
