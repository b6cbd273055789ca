"""No green without proof: a run that has asserted nothing, or cannot, has a status of its own and says why."""

from __future__ import annotations

import json
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from faultzone.backends.retries import Budget
from faultzone.errors import Unanswered
from faultzone.serve import cloud as hosted
from pytest_faultzone import probe
from tests.support.endpoints import ends, listening, response, saying
from tests.support.patience import PATIENCE

NOTHING_KNOWN = 3
#: What an endpoint is asked for that names no edition.
EDITION = "--faultzone-edition=2019-02"
CLAUSE = 'import pytest\npytestmark = pytest.mark.clause("deployment-set/strict-spread")\n'
OWN = "def test_own(): pass\n"


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """What never answers is given up soon."""
    monkeypatch.setattr(probe, "_CALL", 0.2)
    monkeypatch.setattr(probe, "_ALL", 2.0)


def reason(result: pytest.RunResult) -> str:
    """The last that a run has written, which is the reason of its status."""
    lines = result.outlines
    (last,) = (n for n, line in enumerate(lines) if "nothing is known of the region: exit status 3" in line)
    assert len(lines) - last < 24, "it is more than a screen"
    return " ".join(" ".join(lines[last + 1 :]).split())


def hangs(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


def drips(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
    while True:
        connection.sendall(b" ")
        time.sleep(0.05)  # The pace of one who never comes to an end; nothing waits for it.


def resets(connection: socket.socket) -> None:
    connection.recv(1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def refusal(status: str, code: str) -> Callable[[socket.socket], None]:
    return saying(response(status, json.dumps({"Code": code, "Message": "no", "RequestId": "1"})))


NONSENSE: dict[str, tuple[Callable[[socket.socket], None], str]] = {
    "html": (saying(response("200 OK", "<html>hello</html>")), "no JSON object: b'<html>hello"),
    "empty object": (saying(response("200 OK", "{}")), "DescribeRegions is answered without Regions: {}"),
    "list": (saying(response("200 OK", "[]")), "no JSON object: b'[]'"),
    "nested without end": (saying(response("200 OK", "[" * 100_000)), "no JSON object: b'[[["),
    "nested deep": (saying(response("200 OK", '{"a":' * 900 + "1" + "}" * 900)), "nested too deeply"),
    "huge": (saying(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000000\r\n\r\n{"), "200 with more than 512 MiB"),
    "page of an error": (
        saying(response("500 Oh", "<html/>", "location: /x")),
        "Write the URL of what serves the ECS API",
    ),
    "another service": (saying(response("404 Not Found", '{"error": "no route"}')), "refused: 404 without a code"),
    "no actions": (refusal("404 Not Found", "InvalidAction.NotFound"), "refused: 404 InvalidAction.NotFound"),
    "no rights": (refusal("403 Forbidden", "Forbidden.RAM"), "refused: 403 Forbidden.RAM"),
    "redirect": (
        saying(response("302 Found", "", "location: https://ecs.example.com/x")),
        "leads to, if that serves the ECS API: --backend https://ecs.example.com",
    ),
    "redirect in json": (
        saying(response("301 Moved", "{}", "location: http://127.0.0.2:9")),
        "a redirect to http://127.0.0.2:9",
    ),
    "throttles": (refusal("400 Bad Request", "Throttling.User"), "answers 400 Throttling.User to each call"),
    "unavailable": (refusal("503 Service Unavailable", "ServiceUnavailable"), "503 ServiceUnavailable to each call"),
    "gateway": (saying(response("502 Bad Gateway", "<html/>")), "answered 502"),
    "greets": (saying(b"SSH-2.0-OpenSSH_9.2\r\n"), "Write the URL of what serves the ECS API"),
    "hangs": (hangs, "does not answer: timed out"),
    "drips": (drips, "has not answered within 2 s"),
    "closes": (ends, "does not answer"),
    "resets": (resets, "does not answer"),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", NONSENSE)
def test_an_endpoint_that_is_none_is_told_before_the_first_test(pytester: pytest.Pytester, what: str) -> None:
    answer, says = NONSENSE[what]
    pytester.makepyfile(f"{CLAUSE}\ndef test_it(region): region.zones\n\ndef test_two(region): region.zones\n")
    with listening(answer) as url:
        result = pytester.runpytest_inprocess(f"--faultzone-backend={url}")
    assert result.ret == NOTHING_KNOWN
    result.assert_outcomes(deselected=2)
    assert says in reason(result)


@pytest.mark.slow
def test_nothing_listens(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(f"{CLAUSE}\ndef test_it(region): region.zones\n")
    result = pytester.runpytest_inprocess("--faultzone-backend=http://127.0.0.1:1")
    assert result.ret == NOTHING_KNOWN
    assert "Nothing listens at 127.0.0.1:1" in reason(result)


@pytest.mark.slow
def test_tls_and_its_absence_are_told_apart(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    pytester.makepyfile(f"{CLAUSE}\ndef test_it(region): region.zones\n")
    with listening(saying(response("200 OK", "{}"))) as url:
        result = pytester.runpytest_inprocess(f"--faultzone-backend={url.replace('http:', 'https:')}")
        assert f"It speaks no TLS at {url[7:]}: write --backend {url}" in reason(result)
        monkeypatch.setattr(probe, "_speaks_tls", lambda _: True)
    with listening(saying(b"\x15\x03\x01\x00\x02\x02\x46")) as url:
        result = pytester.runpytest_inprocess(f"--faultzone-backend={url}")
        assert f"It speaks TLS at {url[7:]}: write --backend {url.replace('http:', 'https:')}" in reason(result)
    assert result.ret == NOTHING_KNOWN


def test_a_port_that_speaks_tls_is_known() -> None:
    trustme = pytest.importorskip("trustme")
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)

    def handshake(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:
            secure.recv(1)

    with listening(handshake) as url:
        assert probe._speaks_tls(url)
    with listening(ends) as url:
        assert not probe._speaks_tls(url)


@pytest.mark.slow
def test_own_tests_are_not_touched_by_an_endpoint_that_is_none(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_clause=f"{CLAUSE}\ndef test_it(region): region.zones\n", test_own=OWN)
    with listening(saying(response("200 OK", "{}"))) as url:
        both = pytester.runpytest_inprocess(f"--faultzone-backend={url}")
        both.assert_outcomes(passed=1, deselected=1)
        assert both.ret == NOTHING_KNOWN
        own = pytester.runpytest_inprocess(f"--faultzone-backend={url}", "test_own.py")
    assert own.ret == pytest.ExitCode.USAGE_ERROR
    own.stderr.fnmatch_lines(["*does not answer as ECS does*"])


@pytest.mark.slow
@pytest.mark.parametrize("workers", [(), ("-n2",)])
def test_a_docker_engine_that_is_none(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, workers: tuple[str, ...]
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    pytester.makepyfile(test_clause=f"{CLAUSE}\ndef test_it(region): region.zones\n", test_own=OWN)
    result = pytester.runpytest_inprocess("--faultzone-backend=docker", "test_clause.py", *workers)
    assert result.ret == NOTHING_KNOWN
    assert "The docker backend cannot be used: no Docker engine answers" in reason(result)
    assert pytester.runpytest_inprocess("--faultzone-backend=docker", "test_own.py", *workers).ret == 0


def test_the_docker_backend_without_its_extra(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "docker", None)
    pytester.makepyfile(f"{CLAUSE}\ndef test_it(region): region.zones\n")
    result = pytester.runpytest_inprocess("--faultzone-backend=docker")
    assert result.ret == NOTHING_KNOWN
    assert "install pytest-faultzone[docker]" in reason(result)


@pytest.mark.parametrize("workers", [(), pytest.param(("-n2",), marks=pytest.mark.slow)])
def test_a_run_in_which_no_clause_was_asserted(pytester: pytest.Pytester, workers: tuple[str, ...]) -> None:
    skipped = f"{CLAUSE}\ndef test_it(): pytest.skip('not on mondays')\n\ndef test_two(): pytest.skip('no sun')\n"
    pytester.makepyfile(test_clause=skipped, test_own=OWN)
    result = pytester.runpytest_inprocess("test_clause.py", *workers)
    assert result.ret == NOTHING_KNOWN
    said = reason(result)
    assert "No clause was asserted: 2 tests could not be run here:" in said
    assert "1 × not on mondays" in said
    assert pytester.runpytest_inprocess(*workers).ret == 0, "what the project's own test shows stands"


def test_a_run_whose_options_leave_no_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(f"{CLAUSE}\ndef test_it(): pass\n")
    result = pytester.runpytest_inprocess("--faultzone-clause=billing/*")
    assert result.ret == NOTHING_KNOWN
    assert "No test was run: the options leave none." in reason(result)
    assert pytester.runpytest_inprocess("-k", "nothing").ret == pytest.ExitCode.NO_TESTS_COLLECTED
    assert pytester.runpytest_inprocess("--collect-only").ret == 0


@pytest.mark.parametrize("workers", [(), pytest.param(("-n2",), marks=pytest.mark.slow)])
def test_a_model_that_fails_stops_the_run(pytester: pytest.Pytester, workers: tuple[str, ...]) -> None:
    pytester.makeconftest("""
        from faultzone.model import cloud

        def pytest_sessionstart(session):
            session.config.add_cleanup(lambda now=cloud.Cloud.call: setattr(cloud.Cloud, "call", now))
            made = compile("def call(self, *_):\\n    return 1 // 0\\n", cloud.__file__, "exec")
            names = {}
            exec(made, names)
            cloud.Cloud.call = names["call"]
    """)
    pytester.makepyfile(f"""{CLAUSE}
@pytest.mark.parametrize("n", range(60))
def test_it(region, n):
    region.call("DescribeInstances")
""")
    result = pytester.runpytest_inprocess(*workers)
    assert result.ret == NOTHING_KNOWN
    failed = result.parseoutcomes()["failed"]
    assert 5 <= failed <= 5 * 3, "each worker stops when it knows enough"
    said = reason(result)
    assert "the model failed: ZeroDivisionError('integer division or modulo by zero') (model/cloud.py:2)" in said


def test_mistakes_of_tests_stop_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(f"""{CLAUSE}
@pytest.mark.parametrize("n", range(9))
def test_it(n):
    int("x")
""")
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(failed=9)
    assert result.ret == NOTHING_KNOWN
    assert "9 × ValueError: invalid literal for int() with base 10: 'x'" in reason(result)


# An endpoint that loses calls


@contextmanager
def losing(lost: Callable[[int], bool], lose: Callable[[socket.socket], None]) -> Iterator[str]:
    """An endpoint before which every so many connections are lost: each carries one call."""
    count = 0
    cloud = hosted.Hosted(clock="hybrid", scale=1000)
    with hosted.endpoint(cloud, token="t") as served:
        address = served.url.removeprefix("http://").split(":")

        def answer(connection: socket.socket) -> None:
            nonlocal count
            count += 1
            if lost(count):
                lose(connection)
                return
            asked = connection.recv(65536)
            while b"\r\n\r\n" not in asked:
                asked += connection.recv(65536)
            head, _, body = asked.partition(b"\r\n\r\n")
            length = next(int(each.split(b":")[1]) for each in head.lower().split(b"\r\n") if b"content-length" in each)
            while len(body) < length:
                body += connection.recv(65536)
            with socket.create_connection((address[0], int(address[1]))) as behind:
                behind.sendall(head + b"\r\nconnection: close\r\n\r\n" + body)
                while part := behind.recv(65536):
                    connection.sendall(part)

        with listening(answer) as url:
            yield url


READS = f"""{CLAUSE}
@pytest.mark.parametrize("n", range(40))
def test_it(region, n):
    for _ in range(3):
        region.call("DescribeInstances")
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lose", "says"),
    [
        (ends, "were dropped"),
        (resets, "were reset"),
        (refusal("400 Bad Request", "Throttling"), "were throttled"),
        (refusal("503 Service Unavailable", "ServiceUnavailable"), "that the service is unavailable"),
    ],
)
def test_an_endpoint_that_loses_too_many_calls_is_told_once(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, lose: Callable[[socket.socket], None], says: str
) -> None:
    monkeypatch.setattr("faultzone.backends.retries._PAUSE", 0.0)
    pytester.makepyfile(READS)
    with losing(lambda n: n % 3 == 0, lose) as url:
        result = pytester.runpytest_inprocess(f"--faultzone-backend={url}", EDITION)
    assert result.ret == NOTHING_KNOWN
    assert result.parseoutcomes()["failed"] == 1
    said = reason(result)
    assert "The endpoint loses too many calls: of " in said
    assert says in said


@pytest.mark.slow
def test_an_endpoint_that_loses_a_few_reads_is_judged(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("faultzone.backends.retries._PAUSE", 0.0)
    pytester.makepyfile(READS)
    with losing(lambda n: n % 30 == 0, ends) as url:
        result = pytester.runpytest_inprocess(f"--faultzone-backend={url}", EDITION)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["of * calls to http* * were dropped; * were repeated"])


def test_what_changes_something_is_repeated_only_where_it_was_not_carried_out() -> None:
    budget = Budget("x", sleep=lambda _: None)
    kinds = ("refused", "throttled", "lost", "reset", "late", "unavailable", "unreadable")
    repeated = {
        reads: [kind for kind in kinds if budget.repeats(Unanswered("x", kind), 1, reads=reads)]
        for reads in (True, False)
    }
    assert repeated == {True: list(kinds[:-1]), False: ["refused", "throttled"]}


def test_a_budget_grows_with_the_calls_and_ends() -> None:
    slept: list[float] = []
    budget = Budget("x", sleep=slept.append)
    trouble = Unanswered("x", "throttled")
    assert [budget.repeats(trouble, tries, reads=True) for tries in range(1, 6)] == [True] * 4 + [False]
    assert slept == [0.1, 0.2, 0.4, 0.8]
    budget.calls = 40
    assert [budget.repeats(trouble, 1, reads=True) for _ in range(19)] == [True] * 18 + [False]
    assert budget.used_up


@pytest.mark.slow
def test_control_routes_that_answer_nothing_stop_the_run(pytester: pytest.Pytester) -> None:
    answers = json.dumps({"accounts": ["1"], "capabilities": ["move-time", "see-hosts"], "Regions": {"Region": []}})
    pytester.makepyfile(f"""{CLAUSE}
@pytest.mark.parametrize("n", range(60))
def test_it(region, n):
    region.hosts
""")
    with listening(saying(response("200 OK", answers))) as url:
        result = pytester.runpytest_inprocess(f"--faultzone-backend={url}", "--faultzone-token=t", EDITION)
    assert result.ret == NOTHING_KNOWN
    assert sum(result.parseoutcomes().get(each, 0) for each in ("failed", "errors")) <= 6
    assert "the answer to the control verb" in reason(result)


@pytest.mark.slow
def test_the_command_ends_so_too() -> None:
    command = [sys.executable, "-P", "-m", "faultzone", "conform", "-q", "--backend=http://127.0.0.1:1"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=5 * PATIENCE)
    assert ran.returncode == NOTHING_KNOWN
    assert "Nothing listens at 127.0.0.1:1" in "".join(ran.stdout.splitlines()[-3:])
    assert "deselected" not in ran.stdout, "the tests were gathered, which takes long"


@pytest.mark.slow
def test_the_command_without_a_test_shows_nothing() -> None:
    command = [sys.executable, "-P", "-m", "faultzone", "conform", "-q", "-k", "no_such_test_there_is"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=5 * PATIENCE)
    assert ran.returncode == NOTHING_KNOWN
    assert "the options leave none" in ran.stdout
