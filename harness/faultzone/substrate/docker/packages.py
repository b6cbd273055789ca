"""Debian packages as far as a base image needs them: the sources of the machine's apt, their indexes, and what a list
of packages depends on.

Nothing here names a mirror: the machine's own apt says where packages come from, or the user does.
"""

from __future__ import annotations

import gzip
import hashlib
import http.client
import lzma
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urljoin, urlsplit

from faultzone.errors import NotSupported

APT: Final = Path("/etc/apt")
_FIELDS: Final = re.compile(r"^(Package|Depends|Pre-Depends|Provides|Filename|SHA256): (.*)$", re.MULTILINE)
_TRIES: Final = 5
#: Suites whose packages take the place of those of the same name in the suite that they belong to.
_LATER: Final = ("-security", "-updates")


@dataclass(frozen=True)
class Source:
    """One suite of a mirror.

    Args:
        uri: the mirror.
        suite: such as `bookworm`.
        components: such as `main`.
        keyring: the file that its index is signed by, None when nothing says so.
    """

    uri: str
    suite: str
    components: tuple[str, ...] = ("main",)
    keyring: str | None = None


@dataclass(frozen=True)
class Package:
    """A package of an index."""

    name: str
    url: str
    sha256: str
    depends: tuple[tuple[str, ...], ...]
    provides: tuple[str, ...]


class Fetcher:
    """Reads URLs over connections that are kept, one for each thread and mirror, and tries again when one fails."""

    def __init__(self) -> None:
        self._local = threading.local()
        self._open: list[http.client.HTTPConnection] = []

    def close(self) -> None:
        """Close the connections."""
        while self._open:
            self._open.pop().close()

    def get(self, url: str) -> bytes:
        """The body of `url`.

        Raises:
            OSError: it cannot be had, after several tries.
        """
        for turn in range(_TRIES):
            try:
                return self._once(url)
            except FileNotFoundError:
                raise
            except (OSError, http.client.HTTPException) as trouble:
                if turn == _TRIES - 1:
                    raise OSError(f"{url}: {trouble}") from trouble
                time.sleep(0.3 * 2**turn)
        raise AssertionError("the last try returns or raises")

    def _once(self, url: str, hops: int = 5) -> bytes:
        parts = urlsplit(url)
        pool: dict[str, http.client.HTTPConnection] = self._local.__dict__.setdefault("pool", {})
        key = f"{parts.scheme}://{parts.netloc}"
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = pool.get(key)
        if connection is None:
            connection = pool[key] = kind(parts.netloc, timeout=60)
            self._open.append(connection)
        try:
            connection.request("GET", parts.path + (f"?{parts.query}" if parts.query else ""))
            answer = connection.getresponse()
            body = answer.read()
        except BaseException:
            pool.pop(key).close()
            raise
        if answer.status in (301, 302, 307, 308) and hops:
            return self._once(urljoin(url, answer.headers["Location"]), hops - 1)
        if answer.status == 404:
            raise FileNotFoundError(url)
        if answer.status != 200:
            raise OSError(f"{url} is answered with {answer.status}")
        return body


def apt_sources(directory: Path = APT) -> list[Source]:
    """The sources of binary packages that apt is set up with here, in both forms of its files."""
    found: list[Source] = []
    parts = directory / "sources.list.d"
    for path in [directory / "sources.list", *sorted(parts.glob("*.list"))]:
        if path.is_file():
            found += _one_line_sources(path.read_text("utf-8", errors="replace"))
    for path in sorted(parts.glob("*.sources")):
        found += _deb822_sources(path.read_text("utf-8", errors="replace"))
    return [each for each in dict.fromkeys(found) if each.uri.startswith(("http://", "https://"))]


def _one_line_sources(text: str) -> Iterator[Source]:
    for line in text.splitlines():
        match = re.match(r"deb\s+(?:\[([^]]*)\]\s*)?(\S+)\s+(\S+)\s+([^#]+)", line.strip())
        if match:
            options = dict(each.split("=", 1) for each in (match[1] or "").split() if "=" in each)
            yield Source(match[2].rstrip("/"), match[3], tuple(match[4].split()), options.get("signed-by"))


def _deb822_sources(text: str) -> Iterator[Source]:
    for paragraph in re.split(r"\n\s*\n", text):
        lines = "\n".join(line for line in paragraph.splitlines() if not line.startswith("#"))
        fields = {
            name.lower(): " ".join(value.split())
            for name, value in re.findall(r"^([\w-]+):((?:.*\n?)(?:[ \t].*\n?)*)", lines, re.M)
        }
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").lower() == "no":
            continue
        keyring = fields.get("signed-by")
        for uri in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                components = tuple(fields.get("components", "").split())
                yield Source(
                    uri.rstrip("/"), suite, components, keyring if keyring and keyring.startswith("/") else None
                )


def read_mirror(text: str) -> list[Source]:
    """The sources of a mirror that the user names: `URL SUITE [COMPONENT …]`.

    Raises:
        NotSupported: it is written otherwise.
    """
    words = text.split()
    if len(words) < 2 or not words[0].startswith(("http://", "https://")):
        raise NotSupported(f"a mirror is written 'URL SUITE [COMPONENT ...]', not {text!r}")
    return [Source(words[0].rstrip("/"), words[1], tuple(words[2:]) or ("main",))]


def _verified(release: bytes, keyring: str | None) -> bytes:
    """The index of indexes, with its signature checked where the machine has the tool and the key.

    Raises:
        OSError: the signature is not good.
    """
    tool = shutil.which("gpgv")
    if tool is None or keyring is None or not Path(keyring).is_file():
        return release
    with tempfile.NamedTemporaryFile(suffix=".InRelease") as file:
        file.write(release)
        file.flush()
        done = subprocess.run(
            [tool, "--keyring", keyring, "--output", "-", file.name], capture_output=True, check=False, timeout=60
        )
    if done.returncode:
        raise OSError(f"its index is not signed by {keyring}")
    return done.stdout


def index(source: Source, architecture: str, fetcher: Fetcher) -> dict[str, Package]:
    """The packages of a source, each index checked against the hash in its release file.

    Raises:
        OSError: it cannot be had, or is not what the release file says.
    """
    base = f"{source.uri}/dists/{source.suite}"
    release = _verified(fetcher.get(f"{base}/InRelease"), source.keyring).decode("utf-8", "replace")
    sums = re.search(r"^SHA256:\n((?: .*\n?)+)", release, re.MULTILINE)
    found: dict[str, Package] = {}
    for component in source.components:
        for ending, unpack in ((".xz", lzma.decompress), (".gz", gzip.decompress)):
            path = f"{component}/binary-{architecture}/Packages{ending}"
            entry = re.search(rf"^ (\w{{64}}) +\d+ {re.escape(path)}$", sums[1] if sums else "", re.MULTILINE)
            if entry is None:
                continue
            raw = fetcher.get(f"{base}/{path}")
            _check(raw, entry[1], f"{base}/{path}")
            found.update(_paragraphs(unpack(raw).decode("utf-8", "replace"), source.uri))
            break
    return found


def _paragraphs(text: str, uri: str) -> Iterator[tuple[str, Package]]:
    for paragraph in text.split("\n\n"):
        fields = dict(_FIELDS.findall(paragraph))
        if "Package" not in fields or "Filename" not in fields:
            continue
        depends = ", ".join(fields[each] for each in ("Pre-Depends", "Depends") if each in fields)
        yield (
            fields["Package"],
            Package(
                fields["Package"],
                f"{uri}/{fields['Filename']}",
                fields["SHA256"],
                tuple(tuple(_names(each.split("|"))) for each in depends.split(",") if each.strip()),
                tuple(_names(fields["Provides"].split(","))) if "Provides" in fields else (),
            ),
        )


def _names(parts: Iterable[str]) -> Iterator[str]:
    for part in parts:
        if part.strip():
            yield part.split()[0].partition(":")[0]


def _check(data: bytes, sha256: str, what: str) -> None:
    if hashlib.sha256(data).hexdigest() != sha256:
        raise OSError(f"{what} is not what its index says: its SHA-256 differs")


def fetch(package: Package, fetcher: Fetcher) -> bytes:
    """A package's file, checked.

    Raises:
        OSError: it cannot be had, or its hash differs.
    """
    data = fetcher.get(package.url)
    _check(data, package.sha256, package.url)
    return data


def merged(sources: Sequence[Source], architecture: str, fetcher: Fetcher) -> dict[str, Package]:
    """The packages of all sources that can be read; the first that has a name gives it, but for updates.

    Raises:
        OSError: no source can be read.
    """
    result: dict[str, Package] = {}
    troubles: list[str] = []
    for source in sorted(sources, key=lambda each: each.suite.endswith(_LATER)):
        try:
            found = index(source, architecture, fetcher)
        except (OSError, lzma.LZMAError, EOFError) as trouble:
            troubles.append(f"{source.uri} {source.suite}: {trouble}")
            continue
        result = {**result, **found} if source.suite.endswith(_LATER) else {**found, **result}
    if not result:
        raise OSError("; ".join(troubles) or "no source of packages is set up")
    return result


def closure(packages: Mapping[str, Package], wanted: Iterable[str], without: frozenset[str]) -> dict[str, Package]:
    """What has to be unpacked for the wanted packages, dependencies included, those left out excepted.

    Raises:
        OSError: a package that nothing provides.
    """
    provider = {name: each.name for each in packages.values() for name in each.provides}
    chosen: dict[str, Package] = {}
    waiting = list(wanted)
    while waiting:
        asked = waiting.pop()
        name = asked if asked in packages else provider.get(asked, asked)
        if name in chosen or name in without or asked in without:
            continue
        if name not in packages:
            raise OSError(f"no source has the package {asked}")
        chosen[name] = packages[name]
        for alternatives in packages[name].depends:
            if not chosen.keys() & set(alternatives):
                waiting.append(alternatives[0])
    return chosen
