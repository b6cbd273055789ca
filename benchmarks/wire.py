"""The endpoint: its start, a socket in a test, signed requests beside peers that check no signature, and garbage.

Server and load each get a processor of their own where there are two. The load is one thread that keeps a number of
connections busy with requests written in advance, so that it costs little beside any of the servers. Where it has a
processor of its own it never sleeps: to wake a sleeping one costs the server that answers up to 27 us in a virtual
machine, which says nothing about any of them.
"""

from __future__ import annotations

import json
import os
import random
import selectors
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from statistics import median
from typing import Final
from urllib.parse import urlencode, urlsplit

from benchmarks.measure import MICRO, MILLI, Case, Row, Sizes, installed, seconds

MOTO: Final = "moto server, unsigned"
MINISTACK: Final = "MiniStack, unsigned"
_CONNECTIONS: Final = 16
_AWS_BODY: Final = {"Version": "2016-11-15"}


@contextmanager
def pinned(process: subprocess.Popen[str]) -> Iterator[bool]:
    """The process on one processor, with all of its threads, and this one on another, where there are two; yields
    whether there are."""
    mine = os.sched_getaffinity(0)
    apart = len(mine) > 1
    if apart:
        first, second, *_ = sorted(mine)
        for thread in os.listdir(f"/proc/{process.pid}/task"):
            with suppress(ProcessLookupError):  # It has just ended.
                os.sched_setaffinity(int(thread), {first})
        os.sched_setaffinity(0, {second})
    try:
        yield apart
    finally:
        os.sched_setaffinity(0, mine)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def exchange(port: int, request: bytes) -> bytes:
    """The body of the answer to one request, on a connection of its own."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request)
        received = b""
        while (length := _length(received)) is None or len(received) < length:
            part = connection.recv(1 << 16)
            if not part:
                break
            received += part
    return received.partition(b"\r\n\r\n")[2]


def _length(received: bytes) -> int | None:
    """How long the whole answer is, once its head is there; chunked ones and such without a length count to their
    end."""
    head, found, _ = received.partition(b"\r\n\r\n")
    if not found:
        return None
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return len(head) + 4 + int(value)
    return len(received) + 1


def post(parameters: dict[str, str], headers: str = "") -> bytes:
    """A form as one request."""
    body = urlencode(parameters)
    head = f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n{headers}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()


# The peers take region and account from the credential's scope; the signature itself is not looked at.
_SCOPE: Final = "Credential=testing/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0"
_AWS_HEADERS: Final = f"Authorization: AWS4-HMAC-SHA256 {_SCOPE}\r\n"
_AWS_FIRST: Final = post({**_AWS_BODY, "Action": "DescribeInstances"}, _AWS_HEADERS)


def signed(action: str, **parameters: str) -> bytes:
    """A request that the endpoint accepts once."""
    from faultzone.serve.signatures import complete_v1

    given = {"Action": action, "RegionId": "cn-hangzhou", **parameters}
    return post(complete_v1("POST", given, ("testid", "testsecret")))


def rate(
    port: int, requests: Sequence[bytes], connections: int = _CONNECTIONS, *, sleepless: bool = False
) -> tuple[float, dict[int, int]]:
    """Answers a second, and how many there were of each status; a server that closes connections is given new ones.

    With `sleepless` the load looks for answers all the time, which takes the whole of a processor.
    """
    waiting = iter(requests)
    statuses: dict[int, int] = {}
    with selectors.DefaultSelector() as selector:

        def send_next() -> None:
            request = next(waiting, None)
            if request is not None:
                connection = socket.create_connection(("127.0.0.1", port), timeout=30)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection.sendall(request)
                selector.register(connection, selectors.EVENT_READ, bytearray())

        begun = time.perf_counter()
        for _ in range(connections):
            send_next()
        while selector.get_map():
            for key, _ in selector.select(0 if sleepless else None):
                connection: socket.socket = key.fileobj  # type: ignore[assignment]
                received: bytearray = key.data
                part = connection.recv(1 << 16)
                received += part
                length = _length(bytes(received))
                if part and (length is None or len(received) < length):
                    continue
                status = int(received[9:12] or 0)
                statuses[status] = statuses.get(status, 0) + 1
                closes = not part or b"connection: close" in received[:500].lower()
                request = None if closes else next(waiting, None)
                received.clear()
                if request is None:
                    selector.unregister(connection)
                    connection.close()
                    if closes:
                        send_next()
                else:
                    connection.sendall(request)
        taken = time.perf_counter() - begun
    return sum(statuses.values()) / taken, statuses


@contextmanager
def started(command: Sequence[str], port: int, first: bytes) -> Iterator[tuple[subprocess.Popen[str], float]]:
    """A server and the seconds until its first answer, ended afterwards."""
    begun = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            while True:
                try:
                    exchange(port, first)
                    break
                except OSError:
                    if process.poll() is not None or time.perf_counter() - begun > 60:
                        raise
                    time.sleep(0.002)
            yield process, time.perf_counter() - begun
        finally:
            process.terminate()


def up(port: int) -> list[str]:
    """The command that serves a region on a port."""
    return [sys.executable, "-m", "faultzone.cli.main", "up", "--port", str(port), "--hosts", "32", "--scale", "1000"]


def cpu_seconds(pid: int) -> float:
    """The processor seconds that a process has used, with those of threads that have ended.

    By its clock, whose number is that of clock_getcpuclockid(3), in nanoseconds; /proc/PID/stat counts ticks.
    """
    return time.clock_gettime((~pid << 3) | 2)


def _ours(sizes: Sizes, instances: int, load: int) -> tuple[float, float]:
    """Signed DescribeInstances by id: answers a second, and processor seconds for each."""
    port = free_port()
    with started(up(port), port, signed("DescribeRegions")) as (process, _):
        ids: list[str] = []
        launch = {"ImageId": "centos_7_06_64_20G_alibase_20190218.vhd", "InstanceType": "ecs.g5.large"}
        while len(ids) < instances:
            amount = str(min(100, instances - len(ids)))
            answer = json.loads(exchange(port, signed("RunInstances", Amount=amount, **launch)))
            ids += answer["InstanceIdSets"]["InstanceIdSet"]
        requests = [signed("DescribeInstances", InstanceIds=json.dumps([ids[n % len(ids)]])) for n in range(load)]
        return _loaded(process, port, requests)


def _loaded(process: subprocess.Popen[str], port: int, requests: Sequence[bytes]) -> tuple[float, float]:
    """Answers a second, and the server's processor seconds for each, once a tenth of the requests has warmed it up."""
    warm = len(requests) // 10
    with pinned(process) as apart:
        rate(port, requests[:warm], sleepless=apart)
        before = cpu_seconds(process.pid)
        answers, statuses = rate(port, requests[warm:], sleepless=apart)
        used = cpu_seconds(process.pid) - before
    assert set(statuses) == {200}, statuses
    return answers, used / (len(requests) - warm)


def _theirs(command: Sequence[str], port: int, instances: int, load: int) -> tuple[float, float]:
    """The same of a server that speaks EC2 and checks no signature."""
    headers = _AWS_HEADERS
    with started(command, port, _AWS_FIRST) as (process, _):
        images = exchange(port, post({**_AWS_BODY, "Action": "DescribeImages"}, headers)).decode()
        image = images.partition("<imageId>")[2].partition("<")[0] or "ami-12345678"
        ids: list[str] = []
        while len(ids) < instances:
            amount = str(min(100, instances - len(ids)))
            launch = {"ImageId": image, "InstanceType": "t3.micro", "MinCount": amount, "MaxCount": amount}
            answer = exchange(port, post({**_AWS_BODY, "Action": "RunInstances", **launch}, headers)).decode()
            found = [part.partition("<")[0] for part in answer.split("<instanceId>")[1:]]
            if not found:
                raise RuntimeError(f"the peer ran no instance: {answer[:300]}")
            ids += found
        asked = {**_AWS_BODY, "Action": "DescribeInstances"}
        requests = [post({**asked, "InstanceId.1": ids[n % len(ids)]}, headers) for n in range(load)]
        return _loaded(process, port, requests)


def _peers() -> dict[str, list[str]]:
    found = {}
    if installed("moto", "flask"):
        found[MOTO] = [sys.executable, "-m", "moto.server", "-p"]
    if command := shutil.which("ministack", path=os.path.dirname(sys.executable)):
        found[MINISTACK] = [command]
    return found


def _peer(name: str, port: int) -> list[str]:
    """The command that serves a peer on a port."""
    os.environ["GATEWAY_PORT"] = os.environ["EDGE_PORT"] = str(port)  # As MiniStack is told.
    return [*_peers()[name], *([str(port)] if name == MOTO else [])]


def _starts(rounds: int) -> list[float]:
    """The seconds from the start of our server, and of each peer, to its first answer; they take turns."""
    taken: list[list[float]] = [[] for _ in range(1 + len(_peers()))]
    for _ in range(rounds):
        port = free_port()
        with started(up(port), port, signed("DescribeRegions")) as (_, until_first):
            taken[0].append(until_first)
        for each, name in zip(taken[1:], _peers(), strict=True):
            port = free_port()
            with started(_peer(name, port), port, _AWS_FIRST) as (_, until_first):
                each.append(until_first)
    return [median(each) for each in taken]


def measure(sizes: Sizes) -> Iterator[Row]:
    """Signed requests beside the peers, starts, and a socket in a test."""
    instances, load = min(1_000, sizes.filled), 200 * max(1, sizes.calls // 2)
    answers, processor = _ours(sizes, instances, load)
    rates: dict[str, float] = {}
    processors: dict[str, float] = {}
    for name in _peers():
        port = free_port()
        rates[name], used = _theirs(_peer(name, port), port, instances, max(200, load // 20))
        processors[name] = used * MICRO
    what = f"signed DescribeInstances by id among {instances:,}, {_CONNECTIONS} connections"
    yield Row(what, answers, "requests/s", None, rates)
    yield Row("processor time for each of them", processor * MICRO, "us", None, processors)
    yield Row("of which verifying the signature", _verifying() * MICRO, "us", None, {"naive quoting": _naive() * MICRO})
    ours, *theirs = _starts(max(3, sizes.batches // 3))
    ready = {name: each * MILLI for name, each in zip(_peers(), theirs, strict=True)}
    yield Row("`faultzone up` to its first answer", ours * MILLI, "ms", 300.0, ready, {MINISTACK: 2.0})
    yield Row("a served region in a test, made and ended", _served(sizes) * MILLI, "ms", 2.0)
    made_up, statuses = _made_up(max(100, sizes.filled * 10))
    yield Row("made-up requests answered", made_up, "requests/s")
    yield Row("of them with a 5xx", float(sum(n for status, n in statuses.items() if status >= 500)), "x", 0.0)


def _verify_case() -> tuple[object, list[object]]:
    from faultzone.serve.signatures import Credential, Keyring, SignedRequest, Verifier, complete_v1

    verifier = Verifier(Keyring([Credential("testid", "testsecret", "1")]), time.time)
    requests: list[object] = []
    for n in range(2_000):
        given = {
            "Action": "DescribeInstances",
            "RegionId": "cn-hangzhou",
            "InstanceIds": f'["i-{n}"]',
            "SignatureType": "",
        }
        complete = complete_v1("POST", given, ("testid", "testsecret"))
        requests.append(SignedRequest("POST", complete, complete, {}, b""))
    return verifier, requests


def _verifying() -> float:
    verifier, requests = _verify_case()
    begun = time.process_time()
    for request in requests:
        verifier.verify(request)  # type: ignore[attr-defined]
    return (time.process_time() - begun) / len(requests)


def _naive() -> float:
    """Signing with every name and value quoted, twice over, as most clients do."""
    import hmac
    from urllib.parse import quote

    _, requests = _verify_case()
    begun = time.process_time()
    for request in requests:
        items = sorted(request.parameters.items())  # type: ignore[attr-defined]
        query = "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in items)
        hmac.digest(b"testsecret&", f"POST&%2F&{quote(query, safe='-_.~')}".encode(), "sha1")
    return (time.process_time() - begun) / len(requests)


def _served(sizes: Sizes) -> float:
    from faultzone import make_region

    def served() -> None:
        with make_region() as region:
            assert urlsplit(region.endpoint).port

    served()
    return seconds({"": Case(served)}, calls=20, batches=sizes.batches, timer=time.perf_counter)[""]


def _made_up(count: int) -> tuple[float, dict[int, int]]:
    """Requests of all shapes, most of them signed: real actions with parameters of any kind, and garbage."""
    from faultzone.cli.actions import implemented

    chance = random.Random(20190223)
    actions = list(implemented().items())
    values = [
        "",
        "1",
        "0",
        "-1",
        "true",
        "i-1",
        '["i-1"]',
        "[",
        "{'a': 1}",
        "9" * 40,
        "é\u0000",
        "a" * 300,
        "ecs.g5.large",
    ]

    def made() -> bytes:
        name, request = chance.choice(actions)
        fields = list(request.parameters) or ["X"]
        given = {chance.choice(fields): chance.choice(values) for _ in range(chance.randrange(4))}
        if chance.random() < 0.2:
            given[f"{chance.choice(fields)}.{chance.randrange(4)}.Key"] = chance.choice(values)
        if chance.random() < 0.1:
            return post({"Action": name, **given})
        return signed(chance.choice([name, name, name, "Nonsense"]), **given)

    port = free_port()
    with started(up(port), port, signed("DescribeRegions")) as (process, _), pinned(process) as apart:
        answers: list[float] = []
        statuses: dict[int, int] = {}
        for _ in range(0, count, 5_000):
            per_second, seen = rate(port, [made() for _ in range(min(count, 5_000))], sleepless=apart)
            answers.append(per_second)
            for status, number in seen.items():
                statuses[status] = statuses.get(status, 0) + number
    return median(answers), statuses
