"""curl and wget in scripted guests: they reach the metadata service and what is taught to serve in the region.

Nothing outside the region is reached: a name there is not resolved, an address there is silent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from faultzone.clock import SECOND, stamp
from faultzone.substrate.shell import NotUnderstood, Takes, Wait
from faultzone.substrate.systems import absolute

if TYPE_CHECKING:
    from faultzone.substrate.process import Process

#: Where the metadata service answers (event/metadata).
METADATA: Final = "100.100.100.200"
#: After how many milliseconds a system gives up to connect where nothing is heard.
_GIVES_UP: Final = 127 * SECOND
#: Where the manual has the packages of the agent downloaded, 2.2.
_PACKAGE: Final = re.compile(
    r"https?://repo-aliyun-assist\.oss-[\w-]+\.aliyuncs\.com/download/(aliyun_assist\.(?:rpm|deb))"
)


@dataclass(frozen=True)
class _Met:
    """What a client meets: an answer, or the failure `unresolved`, `refused`, `silent` or `hangs`."""

    failure: str = ""
    status: int = 200
    head: bytes = b""
    body: bytes = b""


@dataclass
class _Request:
    """What is asked: a URL, and how.

    Attributes:
        seconds: for which the whole may take; None for ever.
        connect_seconds: for which a connection is tried.
    """

    url: str = ""
    method: str = "GET"
    headers: list[str] = field(default_factory=list)
    data: str = ""
    seconds: float | None = None
    connect_seconds: float | None = None
    flags: set[str] = field(default_factory=set)


def _meet(process: Process, asked: _Request) -> _Met:
    """Ask the service that a URL names."""
    try:
        parts = urlsplit(asked.url if "://" in asked.url else f"http://{asked.url}")
        host, port = parts.hostname or "", parts.port or 80
    except ValueError:
        raise NotUnderstood(f"the URL {asked.url!r}") from None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not host or parts.username is not None or re.search(r"[\[\]{}\\ ]", asked.url):
        raise NotUnderstood(f"the URL {asked.url!r}")
    if host == METADATA and port == 80 and parts.scheme == "http":
        if "?" in path:
            raise NotUnderstood(f"{asked.method} {path} of the metadata service")
        pairs = (each.partition(":") for each in asked.headers)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        status, text = process.guest.world.metadata(process.guest.id, path, asked.method, headers)
        return _Met(status=status, body=text.encode())
    instance = process.guest.world.find(process.guest.id, host)
    if instance is None:
        return _Met("silent" if _is_address(host) else "unresolved")
    services = (
        process.guest.services
        if instance == process.guest.id
        else process.guest.world.seen_from(process.guest.id, instance)
    )
    if services is None:
        return _Met("silent")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    answer = services.get(port)
    if answer is None:
        return _Met("refused")
    if parts.scheme != "http":
        raise NotUnderstood(f"how {host}:{port} speaks {parts.scheme}")
    lines = [f"{asked.method} {path} HTTP/1.1", f"Host: {parts.netloc}", "Accept: */*", *asked.headers]
    lines += [f"Content-Length: {len(asked.data.encode())}"] if asked.data else []
    try:
        answered: object = process.guest.world.ask(answer, "\r\n".join([*lines, "", asked.data]).encode())
    except ConnectionRefusedError:
        return _Met("refused")
    except TimeoutError:
        return _Met("hangs")
    if not isinstance(answered, bytes):  # A test's own function gives it.
        raise NotUnderstood(f"what serves at {host}:{port}: it answered {answered!r}, and not bytes")
    return _read(answered)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _read(answer: bytes) -> _Met:
    """An answer; one that is no HTTP is taken for a body, as the clients of these systems do (HTTP/0.9)."""
    match = re.match(rb"HTTP/1\.[01] ([0-9]{3})[^\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n", answer)
    if match is None:
        if answer.startswith(b"HTTP/"):
            raise NotUnderstood("the answer that a service was taught: it is no HTTP")
        return _Met(body=answer)
    if re.search(rb"(?i)transfer-encoding|content-encoding|\r?\nlocation:", match[0]):
        raise NotUnderstood("an answer that is encoded, or leads elsewhere")
    return _Met(status=int(match[1]), head=match[0], body=answer[match.end() :])


# curl

_CURL_FLAGS: Final = {
    "-s": "silent",
    "-S": "show",
    "-f": "fail",
    "-i": "head",
    "-L": "",
    "-k": "",
    "-4": "",
    "--silent": "silent",
    "--show-error": "show",
    "--fail": "fail",
    "--include": "head",
    "--location": "",
    "--insecure": "",
    "--ipv4": "",
}
_CURL_VALUES: Final = {
    "-m": "time",
    "--max-time": "time",
    "--connect-timeout": "connect",
    "-X": "method",
    "--request": "method",
    "-H": "header",
    "--header": "header",
    "-d": "data",
    "--data": "data",
    "-o": "output",
    "--output": "output",
    "-w": "write",
    "--write-out": "write",
}


def _curl_request(arguments: list[str]) -> tuple[_Request, str]:
    """What curl is asked, and what it writes out at the end."""
    asked, written = _Request(), ""
    words = iter(_split(arguments, "mXHdow"))
    for word in words:
        if word in _CURL_FLAGS:
            asked.flags.add(_CURL_FLAGS[word])
            continue
        if not word.startswith("-"):
            if asked.url:
                raise NotUnderstood.of("curl", arguments)
            asked.url = word
            continue
        name, value = _CURL_VALUES.get(word), next(words, None)
        if name is None or value is None:
            raise NotUnderstood.of("curl", arguments)
        if name in ("time", "connect") and re.fullmatch(r"[0-9]{1,6}(\.[0-9]+)?", value):
            asked.seconds, asked.connect_seconds = (
                (float(value) or None, asked.connect_seconds)
                if name == "time"
                else (asked.seconds, float(value) or None)
            )
        elif name == "method" and value.isalpha() and value.isupper() and value != "HEAD":
            asked.method = value
        elif name == "header" and re.fullmatch(r"[\w-]+: [^\r\n]+", value):
            asked.headers.append(value)
        elif name == "data" and not value.startswith("@") and not asked.data:
            asked.data = value
            asked.method = "POST" if asked.method == "GET" else asked.method
        elif name == "output" and value in ("-", "/dev/null"):
            asked.flags |= {"unseen"} if value == "/dev/null" else set()
        elif name == "write" and re.fullmatch(r"(%\{http_code\}|\\n|[^%\\@])*", value):
            written = value.replace("\\n", "\n")
        else:
            raise NotUnderstood.of("curl", arguments)
    return asked, written


def _split(arguments: list[str], valued: str) -> list[str]:
    """The options one by one: `-sfm5` is `-s -f -m 5`."""
    found: list[str] = []
    for given in arguments:
        word = given
        if found and found[-1] in [f"-{letter}" for letter in valued]:
            found.append(word)
            continue
        while len(word) > 2 and word[0] == "-" and word[1] != "-":
            found.append(word[:2])
            word = word[2:] if word[1] in valued else "-" + word[2:]
            if found[-1][1] in valued:
                break
        found.append(word)
    return found


def curl(process: Process, arguments: list[str]) -> int | Takes:
    """`curl URL`, with the options that tests of services use."""
    asked, write_out = _curl_request(arguments)
    if not asked.url:
        raise NotUnderstood.of("curl", arguments)
    met = _meet(process, asked)
    host = urlsplit(asked.url if "://" in asked.url else f"http://{asked.url}")
    where = f"{host.hostname} port {host.port or (443 if host.scheme == 'https' else 80)}"
    loud = "silent" not in asked.flags or "show" in asked.flags
    if met.failure:
        ended = write_out.replace("%{http_code}", "000")
        wait, code, says = _curl_failure(met.failure, asked, str(host.hostname), where)
        return Takes(wait, code, (f"curl: ({code}) {says}\n" if loud else "") + ended)
    ended = write_out.replace("%{http_code}", str(met.status))
    if "fail" in asked.flags and met.status >= 400:
        process.write((f"curl: (22) The requested URL returned error: {met.status}\n" if loud else "") + ended)
        return 22
    if "unseen" not in asked.flags:
        process.write((met.head if "head" in asked.flags else b"") + met.body)
    process.write(ended)
    return 0


def _curl_failure(error: str, asked: _Request, host: str, where: str) -> tuple[Wait, int, str]:
    """How long it takes, what curl ends with, and what it says."""
    if error == "unresolved":
        return 0, 6, f"Could not resolve host: {host}"
    if error == "refused":
        return 0, 7, f"Failed to connect to {where}: Connection refused"
    limits = [each for each in (asked.seconds, asked.connect_seconds) if each is not None]
    if error == "hangs":
        if asked.seconds is None:
            return None, 0, ""
        wait = round(asked.seconds * SECOND)
        return wait, 28, f"Operation timed out after {wait} milliseconds with 0 bytes received"
    if not limits or min(limits) * SECOND >= _GIVES_UP:
        return _GIVES_UP, 7, f"Failed to connect to {where}: Connection timed out"
    wait = round(min(limits) * SECOND)
    return wait, 28, f"Connection timed out after {wait} milliseconds"


# wget


def wget(process: Process, arguments: list[str]) -> int | Takes:
    """`wget URL` for the packages of the agent (manual 2.2); with `-O -` for what is served in the region."""
    asked, to, quiet, tries = _Request(), "", False, ""
    words = iter(_split(arguments, "OTt"))
    for word in words:
        if word in ("-q", "--quiet"):
            quiet = True
        elif word in ("-O", "-T", "-t"):
            value = next(words, "")
            if word == "-O":
                to = value
            elif not re.fullmatch(r"[1-9][0-9]{0,5}", value):
                raise NotUnderstood.of("wget", arguments)
            elif word == "-T":
                asked.seconds = float(value)
            else:
                tries = value
        elif word.startswith("-") or asked.url:
            raise NotUnderstood.of("wget", arguments)
        else:
            asked.url = word
    package = _PACKAGE.fullmatch(asked.url)
    if package is not None and to != "-":
        return _download(process, asked.url, to or package[1], named=bool(to), quiet=quiet)
    if not asked.url:
        raise NotUnderstood.of("wget", arguments)
    met = _meet(process, asked)
    host = urlsplit(asked.url if "://" in asked.url else f"http://{asked.url}")
    if met.failure == "unresolved":
        process.write("" if quiet else f"wget: unable to resolve host address '{host.hostname}'\n")
        return 4
    if met.failure == "refused":
        process.write(
            "" if quiet else f"Connecting to {host.hostname}:{host.port or 80}... failed: Connection refused.\n"
        )
        return 4
    if met.failure:
        if asked.seconds is None or tries != "1":
            raise NotUnderstood(f"how long {' '.join(['wget', *arguments])!r} tries; give it -T SECONDS and -t 1")
        says = "" if quiet else f"Connecting to {host.hostname}:{host.port or 80}... failed: Connection timed out.\n"
        return Takes(round(asked.seconds * SECOND), 4, says)
    if met.status >= 400:
        process.write("" if quiet else f"HTTP request sent, awaiting response... {met.status}\n")
        return 8
    if to not in ("-", "/dev/null"):
        raise NotUnderstood("a file that is downloaded; write it out with -O -")
    process.write(met.body if to == "-" else b"")
    return 0


def _download(process: Process, url: str, name: str, *, named: bool, quiet: bool) -> int:
    """Put a package of the agent into the directory; beside one that is there, as wget does."""
    path = absolute(name, process.directory)
    if process.has_directory(str(PurePosixPath(path).parent)) is not True or not PurePosixPath(path).name:
        raise NotUnderstood(f"whether {path} can be written")
    number = 0
    while not named and path in process.guest.files:
        number += 1
        path = f"{absolute(name, process.directory)}.{number}"
    process.guest.files |= {path}
    if not quiet:
        at = stamp(process.guest.world.clock.now)
        process.write(f"--{at}--  {url}\n{at} - '{PurePosixPath(path).name if not named else name}' saved\n")
    return 0
