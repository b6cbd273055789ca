"""The base image's packages: found where apt looks for them, checked, and unpacked. This needs no engine."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import threading
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from faultzone.errors import NotSupported
from faultzone.substrate.docker import base, packages
from faultzone.substrate.docker.packages import Fetcher, Package, Source, apt_sources, closure, read_mirror

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


def package(name: str, depends: str = "", provides: str = "") -> Package:
    fields = {"Package": name, "Depends": depends, "Provides": provides}
    return Package(name, "".join(f"{field}: {value}\n" for field, value in fields.items() if value), "http://m.example")


def test_dependencies_are_followed_through_alternatives_and_virtual_packages() -> None:
    packages = {
        each.name: each
        for each in (
            package("app", "lib (>= 1.2), mail-agent, first:any | second [amd64], docs"),
            package("lib", "app"),
            package("sendmail", provides="mail-agent (= 1), other"),
            package("first"),
            package("second"),
            package("docs"),
        )
    }
    assert set(closure(packages, ["app", "second"], frozenset({"docs"}))) == {"app", "lib", "sendmail", "second"}
    with pytest.raises(OSError, match="no source has the package absent"):
        closure(packages, ["absent"], frozenset())


def test_a_package_is_what_its_paragraph_says() -> None:
    paragraph = "Package: app\nPre-Depends: base\nDepends: lib,\n more | most\nFilename: pool/app.deb\nSHA256: 00ff\n"
    app = Package("app", paragraph, "http://m.example")
    assert (app.url, app.sha256) == ("http://m.example/pool/app.deb", "00ff")
    assert list(app.depends) == [("base",), ("lib",), ("more", "most")]


def packed(files: dict[str, bytes], kind: str) -> bytes:
    """A tar of these files; `kind` is how it is packed: gz, xz, or nothing."""
    inner = io.BytesIO()
    with tarfile.open(fileobj=inner, mode=f"w:{kind}") as tar:  # type: ignore[call-overload]
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return inner.getvalue()


def deb(files: dict[str, bytes], kind: str = "gz") -> bytes:
    """A Debian package with these files."""
    members = {
        "debian-binary": b"2.0\n",
        "control.tar.gz": packed({"./control": b"Package: x\n"}, "gz"),
        f"data.tar{kind and '.'}{kind}": packed(files, kind),
    }
    archive = b"!<arch>\n"
    for name, body in members.items():
        head = name.encode().ljust(16) + b"0".ljust(12) + b"0".ljust(6) + b"0".ljust(6) + b"100644".ljust(8)
        archive += head + str(len(body)).encode().ljust(10) + b"`\n" + body + b"\n" * (len(body) % 2)
    return archive


@pytest.mark.parametrize("kind", ["gz", "xz", ""])
def test_a_package_is_unpacked_however_it_is_packed(kind: str) -> None:
    with base.files_of(deb({"./bin/tool": b"x" * 9}, kind), "tool") as files:
        assert [(each.name, each.size) for each in files] == [("./bin/tool", 9)]


@pytest.mark.parametrize("data", [b"", b"no archive", deb({}, "gz")[:80], deb({}).replace(b"data.tar", b"date.tar")])
def test_what_is_no_package_is_refused(data: bytes) -> None:
    with pytest.raises(OSError, match="the package tool cannot be unpacked"):
        base.files_of(data, "tool")


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
        data = deb({f"./bin/{name}-tool": b"x", "./usr/share/doc/copyright": b"x", "./usr/bin/python3.13": b"x"}, "xz")
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


class Wavering(Quiet):
    """A mirror that fails, each time in the next way that it was told to."""

    fails: ClassVar[list[str]] = []
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        fail = self.fails.pop(0) if self.fails else ""
        if fail == "hangs up":
            self.close_connection = True
        elif fail == "breaks off":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
            self.close_connection = True
        elif fail == "moves":
            self.send_response(302)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            status = int(fail or 200)
            self.send_response(status)
            body = self.path.encode()
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)


@pytest.fixture
def wavering(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, list[str]]]:
    """A mirror that fails as the list says."""
    monkeypatch.setattr(packages, "_PAUSE_SECONDS", 0)
    fails: list[str] = []
    monkeypatch.setattr(Wavering, "fails", fails)
    with ThreadingHTTPServer(("127.0.0.1", 0), Wavering) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", fails
        server.shutdown()


@pytest.mark.parametrize("fail", ["503", "hangs up", "breaks off"])
def test_what_fails_is_asked_for_again(wavering: tuple[str, list[str]], fail: str) -> None:
    url, fails = wavering
    fails += [fail] * 4
    with closing(Fetcher()) as fetcher:
        assert fetcher.get(f"{url}/index") == b"/index"
        fails += [fail] * 5
        with pytest.raises(OSError, match=f"{url}/index"):
            fetcher.get(f"{url}/index")


def test_what_has_moved_is_followed(wavering: tuple[str, list[str]]) -> None:
    url, fails = wavering
    fails += ["moves"]
    with closing(Fetcher()) as fetcher:
        assert fetcher.get(f"{url}/index") == b"/elsewhere"


@pytest.mark.parametrize("status", [403, 404])
def test_what_is_refused_is_not_asked_for_again(wavering: tuple[str, list[str]], status: int) -> None:
    url, fails = wavering
    fails += [str(status)]
    with closing(Fetcher()) as fetcher:
        with pytest.raises(FileNotFoundError if status == 404 else OSError, match=f"{url}/index"):
            fetcher.get(f"{url}/index")
        assert fetcher.get(f"{url}/index") == b"/index"
