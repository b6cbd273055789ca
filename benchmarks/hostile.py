"""The endpoint among hostile callers: what it answers to a great many of them, and what one of them can cost.

The requests are made up from a seed: garbage, too much of everything, bad signatures, other hosts, odd text. They are
sent many at once on connections that a last one ends, and each must be answered, with no 5xx. What one costs is the
processor time of the server, its memory afterwards and the length of the answer, for the heaviest of each kind.
"""

from __future__ import annotations

import os
import random
import re
import selectors
import socket
import string
from collections.abc import Callable, Iterator, Sequence
from time import perf_counter
from typing import Final
from urllib.parse import quote, urlencode

from benchmarks.measure import MILLI, Row, Sizes
from benchmarks.wire import cpu_seconds, exchange, free_port, pinned, signed, started, up

_SEED: Final = 20190223
_CONNECTIONS: Final = 16
_AT_ONCE: Final = 20
_POOL: Final = 20_000
_HOST: Final = "Host: 127.0.0.1\r\n"
_FORM: Final = "Content-Type: application/x-www-form-urlencoded\r\n"
_LENGTH: Final = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
_ODD: Final = (
    "\u00e9",
    "\u4e2d\u6587",
    "\U0001f600",
    "\u202e",
    "\uff11\uff12",
    "\ufeff",
    "\u0660",
    "%",
    "\u2028",
    "\x7f",
)
_KEY: Final = {
    "AccessKeyId": "testid",
    "Signature": "bm90aGluZw==",
    "SignatureMethod": "HMAC-SHA1",
    "SignatureVersion": "1.0",
    "Version": "2014-05-26",
    "Action": "DescribeInstances",
}


def _request(target: str, headers: str = _HOST, body: bytes = b"", method: str = "POST") -> bytes:
    head = f"{method} {target} HTTP/1.1\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
    return head.encode("latin-1") + body


def _form(parameters: dict[str, str]) -> bytes:
    return _request("/", _HOST + _FORM, urlencode(parameters).encode())


def _unsigned(**more: str) -> dict[str, str]:
    """A call with a signature that is none, and a time that is good."""
    from datetime import UTC, datetime

    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {**_KEY, "Timestamp": now, "SignatureNonce": str(len(more)), **more}


def _word(chance: random.Random, most: int) -> str:
    return "".join(chance.choices(string.ascii_letters + string.digits + ".-_", k=chance.randint(1, most)))


def _kept(chance: random.Random) -> bytes:
    """A request after which the connection goes on."""
    word = _word(chance, 40)
    odd = "".join(chance.choices(_ODD, k=chance.randint(1, 20)))
    match chance.randrange(13):
        case 0:
            return _request("/?" + urlencode({word: odd}), method=chance.choice(["GET", "POST", "PUT", "DELETE"]))
        case 1:
            return _form(_unsigned(**{word: odd}))
        case 2:
            return _form({f"P.{n}": word for n in range(chance.choice([50, 500, 1999]) if word > "w" else 20)})
        case 3:
            return _form(_unsigned(**{"N" * chance.choice([100, 255, 257, 5000]): word}))
        case 4:
            return signed("DescribeInstances", **{"Tag" + ".1" * chance.randint(1, 60): word})
        case 5:
            return signed("DescribeInstances", **{f"InstanceId.{chance.choice(['0', '-1', '999999999', odd])}": odd})
        case 6:
            return _form(_unsigned(Timestamp=chance.choice(["now", "\uff12\uff10\uff12\uff16", "9" * 900, odd])))
        case 7:
            return _request("/" + quote(word + odd), method="GET")
        case 8:
            return _request(f"/_faultzone/{quote(word)}", f"{_HOST}x-faultzone-token: {word}\r\n", word.encode())
        case 9:
            return _request("/", f"{_HOST}Authorization: ACS3-HMAC-SHA256 Credential={word},SignedHeaders={word}\r\n")
        case 10:
            return signed(chance.choice(["Nonsense", "RunInstances", "StopInstance"]), **{"InstanceId": odd, "X": word})
        case 11:
            return _request("/", f"{_HOST}Content-Type: {word}\r\n", odd.encode() * 20)
        case _:
            return signed("DescribeInstances", PageSize=chance.choice(["0", "1e3", "\uff11", "9" * 5000, odd]))


def _last(chance: random.Random) -> bytes:
    """A request after which the server may end the connection."""
    word = _word(chance, 40)
    choices: Sequence[Callable[[], bytes]] = (
        lambda: chance.randbytes(chance.randint(4, 200)) + b"\r\n\r\n",
        lambda: f"GET /{word} HTTP/1.1\r\n\r\n".encode(),
        lambda: _request("/", _HOST + _HOST),
        lambda: _request("/", f"Host: {word}.example\r\n"),
        lambda: _request("/", f"{_HOST}Origin: http://{word}.example\r\n"),
        lambda: f"POST / HTTP/1.0\r\n{_HOST}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n".encode(),
        lambda: _request("/", _HOST + "".join(f"{word}{n}: {n}\r\n" for n in range(200))),
        lambda: f"POST / HTTP/1.1\r\n{_HOST}Content-Length: {chance.choice(['-1', 'x', '9' * 30])}\r\n\r\n".encode(),
        lambda: f"POST / HTTP/1.1\r\n{_HOST}Transfer-Encoding: chunked\r\n\r\nzz\r\n".encode(),
        lambda: _request(f"http://{word}.example/"),
        lambda: f"GET / HTTP/{chance.randint(2, 9)}.{chance.randint(0, 9)}\r\n{_HOST}\r\n".encode(),
        lambda: f"GET /?{'a' * 300_000} HTTP/1.1\r\n{_HOST}\r\n".encode() if word > "x" else _kept(chance),
        lambda: _request("/", f"{_HOST}X: {'y' * 70_000}\r\n") if word > "x" else _kept(chance),
    )
    return chance.choice(choices)()


class _Exchange:
    """Some requests sent at once on a connection, and the answers to them."""

    def __init__(self, port: int, batch: Sequence[bytes]) -> None:
        self.connection = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.connection.setblocking(False)
        self.left = memoryview(b"".join(batch))
        self.awaited = len(batch)
        self.statuses: list[int] = []
        self.longest = 0
        self._received = bytearray()

    def write(self) -> None:
        """Send what can be."""
        try:
            self.left = self.left[self.connection.send(self.left) :]
        except BlockingIOError:
            return
        except OSError:  # The server has ended the connection; what it has answered can still be read.
            self.left = self.left[:0]

    def read(self) -> bool:
        """Read what has come; whether that is all."""
        try:
            part = self.connection.recv(1 << 18)
        except BlockingIOError:
            return False
        except OSError:
            return True
        self._received += part
        at = 0
        while (end := self._received.find(b"\r\n\r\n", at)) >= 0:
            found = _LENGTH.search(self._received, at, end + 2)
            size = end + 4 - at + (int(found[1]) if found else 0)
            if len(self._received) - at < size:
                break
            status = int(self._received[at + 9 : at + 12])
            if status != 100:
                self.statuses.append(status)
                self.longest = max(self.longest, size)
            at += size
        del self._received[:at]
        return not part or len(self.statuses) >= self.awaited


def attack(port: int, count: int) -> tuple[float, dict[int, int], int, int]:
    """Send so many requests: those answered a second, how many of each status, how many were not answered, and the
    longest answer that refuses."""
    chance = random.Random(_SEED)
    kept = [_kept(chance) for _ in range(_POOL)]
    last = [_last(chance) for _ in range(_POOL // 4)]
    statuses: dict[int, int] = {}
    cut = longest = sent = 0
    begun = perf_counter()
    with selectors.DefaultSelector() as selector:

        def begin() -> None:
            nonlocal sent
            if sent >= count:
                return
            sending = _Exchange(port, [*chance.choices(kept, k=_AT_ONCE - 1), chance.choice(last)])
            sent += _AT_ONCE
            selector.register(sending.connection, selectors.EVENT_READ | selectors.EVENT_WRITE, sending)

        for _ in range(_CONNECTIONS):
            begin()
        while selector.get_map():
            for key, events in selector.select(30):
                sending: _Exchange = key.data
                if events & selectors.EVENT_WRITE:
                    sending.write()
                    if not sending.left:
                        selector.modify(sending.connection, selectors.EVENT_READ, sending)
                if not events & selectors.EVENT_READ or not sending.read():
                    continue
                selector.unregister(sending.connection)
                sending.connection.close()
                for status in sending.statuses:
                    statuses[status] = statuses.get(status, 0) + 1
                cut += max(0, sending.awaited - len(sending.statuses))
                longest = max(longest, sending.longest)
                begin()
    return sum(statuses.values()) / (perf_counter() - begun), statuses, cut, longest


def _heavy() -> dict[str, Callable[[int], bytes]]:
    """The heaviest request of each kind that needs no signature; each call makes another."""
    return {
        "500 kB of parameters with new names": lambda n: _form(
            _unsigned(**{f"{'n' * 120}{n}.{each}": "v" * 40 for each in range(2_900)})
        ),
        "2,000 parameters with new names": lambda n: _form(
            _unsigned(**{f"{'n' * 90}{n}.{each}": "+" * 8 for each in range(1_990)})
        ),
        "256 KiB of what is quoted": lambda n: _request(
            "/", _HOST + _FORM, urlencode(_unsigned(N=str(n))).encode() + b"&V=" + b"a+" * 130_000
        ),
        "256 KiB of escapes": lambda n: _form(_unsigned(V="\u4e2d*" * (21_000 + n % 2))),
        "one name of 200 kB": lambda n: _form(_unsigned(**{f"{n}" + "\u4e2d" * 22_000: "1"})),
        "60 kB of signed headers": lambda n: _request(
            "/",
            f"{_HOST}x: {'y' * 30_000}\r\nAuthorization: ACS3-HMAC-SHA256 Credential=testid,"
            f"SignedHeaders=host;x-acs-date;x-acs-signature-nonce;x-acs-content-sha256{';x' * 12_000},Signature={n}\r\n"
            "x-acs-date: 2019-03-01T00:00:00Z\r\nx-acs-signature-nonce: n\r\nx-acs-content-sha256: 0\r\n"
            "x-acs-action: DescribeInstances\r\nx-acs-version: 2014-05-26\r\n",
        ),
    }


def _resident(pid: int) -> int:
    """The bytes of memory that a process has."""
    with open(f"/proc/{pid}/statm", encoding="ascii") as stat:
        return int(stat.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def cost(pid: int, port: int, make: Callable[[int], bytes], count: int) -> tuple[float, int, int]:
    """What a request of a kind costs: processor seconds for each, bytes of memory held after all, and the longest
    answer."""
    longest = 0
    used = 0.0
    before = _resident(pid)
    for number in range(count):
        sending = _Exchange(port, [make(number)])
        begun = cpu_seconds(pid)
        with selectors.DefaultSelector() as selector:
            selector.register(sending.connection, selectors.EVENT_READ | selectors.EVENT_WRITE)
            while True:
                selector.select(30)
                if sending.left:
                    sending.write()
                    if not sending.left:
                        selector.modify(sending.connection, selectors.EVENT_READ)
                if sending.read():
                    break
        used += cpu_seconds(pid) - begun
        sending.connection.close()
        longest = max(longest, sending.longest)
    return used / count, _resident(pid) - before, longest


def crowded(port: int, crowd: int = 20, each: int = 2_000) -> float:
    """The seconds until a new client has its answer, while a crowd sends many heavy requests each and reads nothing:
    the longest of ten."""
    launch = {"ImageId": "centos_7_06_64_20G_alibase_20190218.vhd", "InstanceType": "ecs.g5.large", "Amount": "100"}
    exchange(port, signed("RunInstances", **launch))
    crowding = []
    for _ in range(crowd):
        sent = b"".join([signed("DescribeInstances", PageSize="100") for _ in range(each)])
        crowding.append(_Exchange(port, [sent]))
    for _ in range(20):
        for one in crowding:
            one.write()
    longest = 0.0
    for _ in range(10):
        begun = perf_counter()
        exchange(port, signed("DescribeRegions"))
        longest = max(longest, perf_counter() - begun)
        for one in crowding:
            one.write()
    for one in crowding:
        one.connection.close()
    return longest


def measure(sizes: Sizes) -> Iterator[Row]:
    """A great many hostile requests, and what one of each kind costs."""
    port = free_port()
    with started(up(port), port, signed("DescribeRegions")) as (process, _), pinned(process):
        held = longest = 0
        for what, make in _heavy().items():
            taken, kept, answered = cost(process.pid, port, make, max(20, sizes.calls))
            held, longest = held + kept, max(longest, answered)
            yield Row(f"an unsigned request: {what}", taken * MILLI, "ms", 20.0)
        yield Row("memory held after all of these", max(1, held), "B", 16.0 * (1 << 20))
        yield Row("the longest answer to one of them, with its head", longest, "B", 17.0 * 1024)
    port = free_port()
    with started(up(port), port, signed("DescribeRegions")) as (process, _), pinned(process):
        yield Row(
            "a new client's answer, while 20 send 2,000 heavy requests each and read nothing",
            crowded(port) * MILLI,
            "ms",
        )
    port = free_port()
    with started(up(port), port, signed("DescribeRegions")) as (process, _), pinned(process):
        count = sizes.filled * 100
        per_second, statuses, cut, _ = attack(port, count)
        yield Row(f"of {count:,} hostile requests, mixed, answered", per_second, "requests/s")
        yield Row("of them with a 5xx", sum(n for status, n in statuses.items() if status >= 500), "x", 0.0)
        yield Row("of them without an answer", cut, "x", 0.0)
