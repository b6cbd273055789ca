"""Debian packages as far as a base image needs them: the sources of the machine's apt, their indexes, and what a list
of packages depends on.

Nothing here names a mirror: the machine's own apt says where packages come from, or the user does.
"""

from __future__ import annotations

import gzip
import hashlib
import lzma
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from faultzone.errors import NotSupported

APT: Final = Path("/etc/apt")
_NAME: Final = re.compile(r"^Package: (\S+)$", re.MULTILINE)
_PROVIDES: Final = re.compile(r"^Provides: (.+)$", re.MULTILINE)
#: How often a request is tried again, the first pause in seconds, of which each following is twice as long, and how
#: long an answer may take.
_RETRIES: Final = 4
_PAUSE_SECONDS: Final = 0.3
_ANSWER_SECONDS: Final = 60.0
_REDIRECTS: Final = 5
#: Statuses that a server may not repeat.
_PASSING: Final = (408, 429, 500, 502, 503, 504)
#: How many connections to a mirror are kept.
CONNECTIONS: Final = 8
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


class Package:
    """A package of an index.

    Args:
        name: its name.
        paragraph: what the index says of it.
        uri: the mirror.

    Attributes:
        provides: the names that it has besides.
    """

    def __init__(self, name: str, paragraph: str, uri: str) -> None:
        self.name, self._paragraph, self._uri = name, paragraph, uri
        provides = _PROVIDES.search(paragraph)
        self.provides = () if provides is None else tuple(_names(provides[1]))

    @cached_property
    def _fields(self) -> Mapping[str, str]:
        # An index has tens of thousands of packages, of which some dozens are wanted: those alone are read.
        from debian.deb822 import Packages

        return Packages(self._paragraph)

    @property
    def url(self) -> str:
        """Where its file is."""
        return f"{self._uri}/{self._fields['Filename']}"

    @property
    def sha256(self) -> str:
        """The hash of its file."""
        return self._fields["SHA256"]

    @property
    def depends(self) -> Iterator[tuple[str, ...]]:
        """What it depends on: of each group of alternatives one is needed."""
        from debian.deb822 import PkgRelation

        for field in ("Pre-Depends", "Depends"):
            for group in PkgRelation.parse_relations(self._fields[field]) if field in self._fields else ():
                yield tuple(each["name"] for each in group)


class Fetcher:
    """Reads URLs, over connections that are kept, and again when one fails."""

    def __init__(self) -> None:
        from urllib3 import PoolManager, Retry

        retries = Retry(
            total=None,
            connect=_RETRIES,
            read=_RETRIES,
            other=_RETRIES,
            status=_RETRIES,
            redirect=_REDIRECTS,
            status_forcelist=_PASSING,
            backoff_factor=_PAUSE_SECONDS,
            respect_retry_after_header=False,
            raise_on_status=False,
        )
        self._http = PoolManager(maxsize=CONNECTIONS, block=True, timeout=_ANSWER_SECONDS, retries=retries)

    def close(self) -> None:
        """Close the connections."""
        self._http.clear()

    def get(self, url: str) -> bytes:
        """The body of `url`; from any thread.

        Raises:
            OSError: it cannot be had, after several tries.
        """
        from urllib3.exceptions import HTTPError

        try:
            # As it is: an index that is packed is checked as it is packed.
            answer = self._http.request("GET", url, decode_content=False)
        except HTTPError as error:
            raise OSError(f"{url}: {error}") from error
        if answer.status == 404:
            raise FileNotFoundError(url)
        if answer.status != 200:
            raise OSError(f"{url} is answered with {answer.status}")
        return answer.data


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
    from debian.deb822 import Deb822

    for fields in Deb822.iter_paragraphs(text, use_apt_pkg=False):
        if "deb" not in fields.get("Types", "").split() or fields.get("Enabled", "yes").lower() == "no":
            continue
        keyring = fields.get("Signed-By", "").strip()
        for uri in fields.get("URIs", "").split():
            for suite in fields.get("Suites", "").split():
                components = tuple(fields.get("Components", "").split())
                yield Source(uri.rstrip("/"), suite, components, keyring if keyring.startswith("/") else None)


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
    from debian.deb822 import Release

    base = f"{source.uri}/dists/{source.suite}"
    release = Release(_verified(fetcher.get(f"{base}/InRelease"), source.keyring))
    sums = {each["name"]: each["sha256"] for each in release.get("SHA256", ())}
    found: dict[str, Package] = {}
    for component in source.components:
        for ending, unpack in ((".xz", lzma.decompress), (".gz", gzip.decompress)):
            path = f"{component}/binary-{architecture}/Packages{ending}"
            if path in sums:
                raw = fetcher.get(f"{base}/{path}")
                _check(raw, sums[path], f"{base}/{path}")
                found.update(_packages(unpack(raw).decode("utf-8", "replace"), source.uri))
                break
    return found


def _packages(text: str, uri: str) -> Iterator[tuple[str, Package]]:
    for paragraph in text.split("\n\n"):
        name = _NAME.search(paragraph)
        if name is not None:
            yield name[1], Package(name[1], paragraph, uri)


def _names(provides: str) -> Iterator[str]:
    """The names in a field `Provides`, without their versions."""
    for part in provides.split(","):
        yield from part.split()[:1]


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
    errors: list[str] = []
    for source in sorted(sources, key=lambda each: each.suite.endswith(_LATER)):
        try:
            found = index(source, architecture, fetcher)
        except (OSError, lzma.LZMAError, EOFError) as error:
            errors.append(f"{source.uri} {source.suite}: {error}")
            continue
        result = {**result, **found} if source.suite.endswith(_LATER) else {**found, **result}
    if not result:
        raise OSError("; ".join(errors) or "no source of packages is set up")
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
