"""A base image made on the spot with nothing but Python: Debian packages unpacked into one tar, without running any of
their scripts.

It has a Python, a real shell and the usual tools: what a host's agent and an instance's scripts need.
"""

from __future__ import annotations

import io
import re
import tarfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Final

from faultzone.substrate.docker import progress
from faultzone.substrate.docker.packages import CONNECTIONS, Fetcher, Package, Source, closure, fetch, merged

WANTED: Final = (
    "python3", "bash", "dash", "busybox-static", "coreutils", "procps", "grep", "sed", "findutils", "hostname",
    "libc-bin",
)  # fmt: skip
#: What these depend on for their scripts and documents alone.
WITHOUT: Final = frozenset(
    "debconf readline-common media-types mailcap tzdata ca-certificates openssl perl-base dpkg tar install-info "
    "init-system-helpers lsb-base debianutils mime-support sensible-utils gcc-12-base base-files sysvinit-utils".split()
)
_DROPPED: Final = re.compile(
    r"\./usr/(share/(man|doc|locale|info|lintian|bash-completion|perl5|pixmaps|applications|menu|bug|binfmts)"
    r"|lib/python3(\.\d+)?/(test|lib2to3|idlelib|tkinter|turtledemo|ensurepip|pydoc_data|distutils))(/|$)|.*__pycache__"
)
#: Directories that are links into /usr.
_MERGED: Final = ("bin", "sbin", "lib", "lib64")
_DIRECTORIES: Final = (
    "usr", "usr/bin", "usr/sbin", "usr/lib", "usr/lib64", "proc", "sys", "dev", "run", "root", "home", "mnt", "etc",
    "var", "var/tmp", "var/lib", "opt",
)  # fmt: skip
_APPLETS: Final = (
    "awk clear cmp diff dmesg free gunzip gzip halt httpd ifconfig ip killall less logger more mount nc netstat "
    "nslookup pidof ping poweroff reboot route setsid start-stop-daemon sysctl tar telnet top traceroute umount unzip "
    "vi watch wget which xxd"
).split()
_FILES: Final = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n",
    "etc/group": "root:x:0:\nnogroup:x:65534:\nnobody:x:65534:\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
}


def build(path: Path, sources: list[Source], architecture: str) -> None:
    """Write the base image's file system to `path` as a tar.

    Args:
        architecture: Debian's name of the engine's architecture, such as amd64.

    Raises:
        OSError: a package cannot be had or is not what its index says.
    """
    with closing(Fetcher()) as fetcher, ThreadPoolExecutor(CONNECTIONS) as threads:
        chosen = closure(merged(sources, architecture, fetcher), WANTED, WITHOUT)
        with progress.shown("packages of the base image", len(chosen), "packages") as fetched:

            def get(package: Package) -> bytes:
                found = fetch(package, fetcher)
                fetched()
                return found

            files = dict(zip(chosen, threads.map(get, chosen.values()), strict=True))
    with tarfile.open(path, "w") as target:
        _Tree(target).fill(files)


class _Tree:
    """The tar while it is written: what is in it, so that nothing is written twice."""

    def __init__(self, target: tarfile.TarFile) -> None:
        self._target = target
        self._seen: set[str] = set()

    def fill(self, debs: dict[str, bytes]) -> None:
        for name in _DIRECTORIES:
            self._add(f"./{name}", kind=tarfile.DIRTYPE, mode=0o755)
        self._add("./tmp", kind=tarfile.DIRTYPE, mode=0o1777)
        for name in _MERGED:
            self._link(f"./{name}", f"usr/{name}")
        for name in sorted(debs):
            with files_of(debs[name], name) as source:
                for member in source:
                    self._copy(source, member)
        for name, text in _FILES.items():
            self._add(f"./{name}", data=text.encode(), mode=0o644)
        self._link("./usr/bin/sh", "dash")
        for applet in _APPLETS:
            if f"./usr/sbin/{applet}" not in self._seen:
                self._link(f"./usr/bin/{applet}", "busybox")
        versions = sorted(each for each in self._seen if re.fullmatch(r"\./usr/bin/python3\.\d+", each))
        self._link("./usr/bin/python3", versions[-1].rpartition("/")[2])

    def _copy(self, source: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        path = _merged_path(member.name)
        if path in self._seen or _DROPPED.match(path):
            return
        self._seen.add(path)
        made = member.replace(name=path, mtime=0, uname="", gname="", deep=False)
        if member.islnk():
            made.linkname = _merged_path(member.linkname)
        self._target.addfile(made, source.extractfile(member) if member.isreg() else None)

    def _add(self, path: str, *, data: bytes = b"", kind: bytes = tarfile.REGTYPE, mode: int = 0o755) -> None:
        if path in self._seen:
            return
        self._seen.add(path)
        entry = tarfile.TarInfo(path)
        entry.type, entry.mode, entry.size = kind, mode, len(data)
        self._target.addfile(entry, io.BytesIO(data))

    def _link(self, path: str, to: str) -> None:
        if path not in self._seen:
            self._seen.add(path)
            entry = tarfile.TarInfo(path)
            entry.type, entry.linkname = tarfile.SYMTYPE, to
            self._target.addfile(entry)


def _merged_path(name: str) -> str:
    """A path as it is once `/bin`, `/lib` and their like are links into `/usr`."""
    parts = name.removeprefix("./").strip("/").split("/")
    if parts[0] in _MERGED:
        parts.insert(0, "usr")
    return "/".join([".", *parts]) if parts != [""] else "."


def files_of(deb: bytes, name: str) -> tarfile.TarFile:
    """The files of a Debian package.

    Raises:
        OSError: it is none, or is packed in a way that cannot be unpacked here.
    """
    from debian.arfile import ArError
    from debian.debfile import DebFile

    try:
        return DebFile(fileobj=io.BytesIO(deb)).data.tgz()
    except (ArError, OSError, tarfile.TarError) as error:
        raise OSError(f"the package {name} cannot be unpacked: {error}") from error
