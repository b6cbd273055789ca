"""The base image's packages: found where apt looks for them, checked, and unpacked. This needs no engine."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from faultzone.errors import NotSupported
from faultzone.substrate.docker import base
from faultzone.substrate.docker.packages import Package, Source, apt_sources, closure, read_mirror

ONE_LINE = """\
# deb http://no.example/debian old main
deb [arch=amd64 signed-by=/keys/one.gpg] http://one.example/debian stable main contrib # comment
deb-src http://one.example/debian stable main
deb cdrom:[disc]/ stable main
"""
DEB822 = """\
Types: deb deb-src
# a comment
URIs: http://two.example/debian/
Suites: stable stable-updates
Components: main
Signed-By: /keys/two.gpg

Types: deb
URIs: http://off.example/debian
Suites: stable
Components: main
Enabled: no
"""


def test_apt_s_own_sources_are_read_in_both_forms(tmp_path: Path) -> None:
    (tmp_path / "sources.list").write_text(ONE_LINE)
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list.d" / "two.sources").write_text(DEB822)
    assert apt_sources(tmp_path) == [
        Source("http://one.example/debian", "stable", ("main", "contrib"), "/keys/one.gpg"),
        Source("http://two.example/debian", "stable", ("main",), "/keys/two.gpg"),
        Source("http://two.example/debian", "stable-updates", ("main",), "/keys/two.gpg"),
    ]
    assert apt_sources(tmp_path / "none") == []


def test_a_mirror_is_named_with_its_suite() -> None:
    assert read_mirror("http://m.example/debian/ trixie") == [Source("http://m.example/debian", "trixie")]
    for wrong in ("", "http://m.example/debian", "m.example trixie"):
        with pytest.raises(NotSupported, match="URL SUITE"):
            read_mirror(wrong)


def package(name: str, *depends: tuple[str, ...], provides: tuple[str, ...] = ()) -> Package:
    return Package(name, f"http://m.example/{name}", "0" * 64, depends, provides)


def test_dependencies_are_followed_through_alternatives_and_virtual_packages() -> None:
    packages = {
        each.name: each
        for each in (
            package("app", ("lib",), ("mail-agent",), ("first", "second"), ("docs",)),
            package("lib", ("app",)),
            package("sendmail", provides=("mail-agent",)),
            package("first"),
            package("second"),
            package("docs"),
        )
    }
    assert set(closure(packages, ["app", "second"], frozenset({"docs"}))) == {"app", "lib", "sendmail", "second"}
    with pytest.raises(OSError, match="no source has the package absent"):
        closure(packages, ["absent"], frozenset())


def deb(files: dict[str, bytes]) -> bytes:
    """A Debian package with these files and no control data."""
    inner = io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w:gz") as tar:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    body = inner.getvalue()
    head = b"data.tar.gz".ljust(16) + b"0".ljust(12) + b"0".ljust(6) + b"0".ljust(6) + b"100644".ljust(8)
    return b"!<arch>\n" + head + str(len(body)).encode().ljust(10) + b"`\n" + body


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A mirror with every package that a base wants."""
    root = tmp_path / "debian"
    index = root / "dists/stable/main/binary-amd64"
    index.mkdir(parents=True)
    entries = []
    for name in base.WANTED:
        data = deb({f"./bin/{name}-tool": b"x", "./usr/share/doc/copyright": b"x", "./usr/bin/python3.13": b"x"})
        (root / f"{name}.deb").write_bytes(data)
        entries.append(f"Package: {name}\nFilename: {name}.deb\nSHA256: {hashlib.sha256(data).hexdigest()}\n")
    listed = gzip.compress("\n".join(entries).encode())
    (index / "Packages.gz").write_bytes(listed)
    line = f" {hashlib.sha256(listed).hexdigest()} {len(listed)} main/binary-amd64/Packages.gz\n"
    (root / "dists/stable/InRelease").write_text(f"Suite: stable\nSHA256:\n{line}")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(root)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield root, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.slow
def test_a_base_is_made_of_packages_alone(mirror: tuple[Path, str], tmp_path: Path) -> None:
    archive = tmp_path / "base.tar"
    base.build(archive, [Source(mirror[1], "stable")], "amd64")
    with tarfile.open(archive) as tar:
        names = tar.getnames()
        assert tar.getmember("./bin").linkname == "usr/bin"
        assert tar.getmember("./usr/bin/python3").linkname == "python3.13"
    assert len(names) == len(set(names))
    assert "./usr/bin/dash-tool" in names
    assert "./usr/share/doc/copyright" not in names


@pytest.mark.slow
@pytest.mark.parametrize("name", ["dash.deb", "dists/stable/main/binary-amd64/Packages.gz"])
def test_what_is_not_what_its_index_says_is_refused(mirror: tuple[Path, str], tmp_path: Path, name: str) -> None:
    file = mirror[0] / name
    file.write_bytes(file.read_bytes() + b"tampered")
    with pytest.raises(OSError, match="SHA-256"):
        base.build(tmp_path / "base.tar", [Source(mirror[1], "stable")], "amd64")
