"""What makes a program trust an authority: files that take the place of those it reads, and variables that name them.

Each way alone leaves some clients out: wget and Java read no variable, Node reads no file of the system.
"""

from __future__ import annotations

import base64
import hashlib
import re
import struct
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from shutil import which
from typing import Final

#: Where systems have the bundle of the authorities that they trust.
BUNDLES: Final = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
#: Java's stores, those of a distribution first.
_JAVA: Final = ("/etc/ssl/certs/java/cacerts", "/etc/pki/ca-trust/extracted/java/cacerts")
_JAVA_HOMES: Final = "/usr/lib/jvm/*/lib/security/cacerts"
#: The bundles that Python's libraries bring, below an installation of Python.
_PYTHON: Final = (
    "lib/python3*/*-packages/certifi/cacert.pem",
    "lib/python3*/*-packages/pip/_vendor/certifi/cacert.pem",
    "lib/python3*/*-packages/botocore/cacert.pem",
    "lib/python3*/*-packages/aliyunsdkcore/vendored/requests/packages/certifi/cacert.pem",
)
#: Variables that name a bundle which takes the place of the usual one.
REPLACING: Final = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "ALIBABA_CLOUD_CA_BUNDLE")
#: The variable that names a bundle which is read besides the usual one.
ADDING: Final = "NODE_EXTRA_CA_CERTS"

_PEM: Final = re.compile(rb"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)
_JKS: Final = 0xFEEDFEED
#: What a store's digest begins with, after its password.
_SALT: Final = b"Mighty Aphrodite"
_PASSWORD: Final = "changeit"


class Trust:
    """Files in a directory that trust an authority besides what those trust in whose place they are.

    Args:
        folder: the directory; whoever made it removes it.
        certificate: of the authority, in PEM.
    """

    def __init__(self, folder: Path, certificate: str) -> None:
        self._folder, self._certificate = folder, certificate.encode()
        self._number = 0

    def variables(self, environment: Mapping[str, str]) -> dict[str, str]:
        """The variables that name bundles, each of what it named before and the authority."""
        usual = next((path for each in BUNDLES if (path := Path(each)).is_file()), None)
        by_base: dict[Path | None, str] = {}
        found = {}
        for name in (*REPLACING, ADDING):
            named = Path(environment[name]) if environment.get(name) else None
            base = named if named is not None and named.exists() else usual if name in REPLACING else None
            if base not in by_base:
                by_base[base] = self._write(_bundle(base) + self._certificate)
            found[name] = by_base[base]
        return found

    def mounts(self, command: str, environment: Mapping[str, str]) -> list[tuple[str, str]]:
        """Pairs of files: the first is to be seen in place of the second.

        Args:
            command: the program, whose own libraries bring bundles.
            environment: of the program.
        """
        bundles = [*map(Path, BUNDLES), *_of_python(command, environment)]
        pairs = [(self._write(path.read_bytes() + b"\n" + self._certificate), path) for path in _files(bundles)]
        for path in _files(_of_java(environment)):
            pairs.append((self._write(self._store(path)), path))
        return [(made, str(path)) for made, path in pairs]

    def _store(self, path: Path) -> bytes:
        """Java's store with the authority: of the form JKS, which every Java reads, whatever the form was."""
        before = path.read_bytes()
        if before[:4] == struct.pack(">I", _JKS):
            return _with_entries(before[:-20], [_der(self._certificate)])
        # Another form has a password. The system's bundle has the same authorities.
        usual = next((each for each in BUNDLES if Path(each).is_file()), None)
        trusted = [] if usual is None else _PEM.findall(Path(usual).read_bytes())
        return _with_entries(struct.pack(">III", _JKS, 2, 0), [*map(_decoded, trusted), _der(self._certificate)])

    def _write(self, data: bytes) -> str:
        self._number += 1
        path = self._folder / f"trust-{self._number}"
        path.write_bytes(data)
        return str(path)


def _bundle(named: Path | None) -> bytes:
    """The certificates of a file, or of all files of a directory."""
    if named is None:
        return b""
    files = sorted(named.iterdir()) if named.is_dir() else [named]
    return b"".join(each.read_bytes() + b"\n" for each in files if each.is_file())


def _files(candidates: Iterable[Path]) -> list[Path]:
    """Those that are there, each once, by the names that no link has."""
    return list(dict.fromkeys(each.resolve() for each in candidates if each.is_file()))


def _of_python(command: str, environment: Mapping[str, str]) -> Iterator[Path]:
    """The bundles of the installation of Python that a command is of, and of those that are in use."""
    homes = [Path("/usr"), Path("/usr/local"), Path.home() / ".local"]
    homes += [Path(environment[name]) for name in ("VIRTUAL_ENV", "CONDA_PREFIX") if environment.get(name)]
    for each in (command, "python3", "python"):
        found = which(each, path=environment.get("PATH"))
        if found is not None:
            homes += [Path(found).parents[1], *_of_script(Path(found))]
    for home in dict.fromkeys(homes):
        for form in _PYTHON:
            yield from home.glob(form)


def _of_script(path: Path) -> Iterator[Path]:
    """The installation of the interpreter that a script's first line names."""
    with path.open("rb") as file:
        line = file.readline(512)
    if line.startswith(b"#!") and len(named := Path(line[2:].decode(errors="replace").split()[0]).parents) > 1:
        yield named[1]


def _of_java(environment: Mapping[str, str]) -> Iterator[Path]:
    yield from map(Path, _JAVA)
    homes = [Path(environment["JAVA_HOME"])] if environment.get("JAVA_HOME") else []
    if (found := which("java", path=environment.get("PATH"))) is not None:
        homes.append(Path(found).resolve().parents[1])
    for home in homes:
        yield home / "lib/security/cacerts"
        yield home / "jre/lib/security/cacerts"
    yield from Path("/").glob(_JAVA_HOMES.lstrip("/"))


def _der(pem: bytes) -> bytes:
    return _decoded(_PEM.findall(pem)[0])


def _decoded(text: bytes) -> bytes:
    return base64.b64decode(text)


def _with_entries(store: bytes, certificates: list[bytes]) -> bytes:
    """A JKS store, given without its digest, with more trusted certificates."""
    magic, version, count = struct.unpack(">III", store[:12])
    body = [struct.pack(">III", magic, version, count + len(certificates)), store[12:]]
    for number, each in enumerate(certificates):
        alias = f"faultzone-{number}".encode()
        body.append(struct.pack(">IH", 2, len(alias)) + alias + struct.pack(">QH", 0, 5) + b"X.509")
        body.append(struct.pack(">I", len(each)) + each)
    whole = b"".join(body)
    return whole + hashlib.sha1(_PASSWORD.encode("utf-16-be") + _SALT + whole).digest()
