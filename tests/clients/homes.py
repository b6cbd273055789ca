"""Where clients are installed: in the environment of the tests, on the machine, or below `.venv`, each of them once."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Protocol

from tests.quality.sources import ROOT

_BELOW: Final = ROOT / ".venv"


class Home(Protocol):
    """Where a client is installed."""

    def install(self) -> str:
        """Install it, where it is not yet; why that cannot be, or nothing."""

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables with which it is found."""

    def version(self, client: str) -> str:
        """The version that is installed."""


@dataclass(frozen=True)
class Here:
    """The environment of the tests.

    Args:
        module: what must be importable.
    """

    module: str
    environment: Mapping[str, str] = field(default_factory=dict)

    def install(self) -> str:
        return "" if find_spec(self.module) else "it is not in this environment, but in that of `scripts/stage clients`"

    def version(self, client: str) -> str:
        return metadata.version(client)


@dataclass(frozen=True)
class Machine:
    """The machine, whose package manager installs it.

    Args:
        program: the client's program.
        asks: what has it print its version.
    """

    program: str
    asks: str = "--version"
    environment: Mapping[str, str] = field(default_factory=dict)

    def install(self) -> str:
        return "" if shutil.which(self.program) else f"`{self.program}` is not on the PATH"

    def version(self, client: str) -> str:
        told = subprocess.run([self.program, self.asks], capture_output=True, text=True, check=True).stdout
        first = next(each for each in told.split() if any(sign.isdigit() for sign in each))
        return first.removeprefix("v").removeprefix("go")


@dataclass(frozen=True)
class Environment:
    """A virtual environment of its own, for what does not go with the tests or is heavy.

    Args:
        name: of its directory.
        requirements: what is installed with all that it needs.
        alone: what is installed without that.
    """

    name: str
    requirements: Sequence[str]
    alone: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def _folder(self) -> Path:
        return _BELOW / f"client-{self.name}"

    @property
    def python(self) -> str:
        """Its interpreter."""
        return str(self._folder / "bin" / "python")

    def install(self) -> str:
        def make() -> None:
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(self._folder)], check=True)
            pip = [self.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            for given, how in ((self.requirements, []), (self.alone, ["--no-deps"])):
                if given:
                    subprocess.run([*pip, *how, *given], check=True)

        return _once(self._folder, json.dumps([sys.version, *self.requirements, *self.alone]), make)

    def version(self, client: str) -> str:
        asked = f"from importlib.metadata import version; print(version({client!r}))"
        return subprocess.run([self.python, "-c", asked], capture_output=True, text=True, check=True).stdout.strip()


@dataclass(frozen=True)
class Modules:
    """A directory with Node's clients."""

    wanted: Path = ROOT / "tests" / "clients" / "node" / "package.json"
    folder: Path = _BELOW / "node"

    @property
    def environment(self) -> Mapping[str, str]:
        return {"NODE_PATH": str(self.folder / "node_modules")}

    def install(self) -> str:
        if not (shutil.which("node") and (npm := shutil.which("npm"))):
            return "Node and npm are not installed"
        wanted = self.wanted.read_text("utf-8")

        def make() -> None:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / "package.json").write_text(wanted, "utf-8")
            command = [npm, "install", "--no-audit", "--no-fund", "--loglevel=error"]
            subprocess.run(command, cwd=self.folder, check=True)

        return _once(self.folder, wanted, make)

    def version(self, client: str) -> str:
        described = self.folder / "node_modules" / client / "package.json"
        return str(json.loads(described.read_text("utf-8"))["version"])


@dataclass(frozen=True)
class Debian:
    """The files of a package of Debian, which is not installed: it would change how this machine starts.

    Args:
        package: its name.
        module: what must be importable besides.
    """

    package: str
    module: str

    @property
    def _folder(self) -> Path:
        return _BELOW / f"debian-{self.package}"

    @property
    def environment(self) -> Mapping[str, str]:
        return {"PYTHONPATH": f"{self._folder}/usr/lib/python3/dist-packages:{ROOT}"}

    def install(self) -> str:
        if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
            return "this system has no packages of Debian"
        if lacking := Here(self.module).install():
            return f"{self.module}: {lacking}"

        def make() -> None:
            self._folder.mkdir(parents=True, exist_ok=True)
            subprocess.run(["apt-get", "download", "-qq", self.package], cwd=self._folder, check=True)
            (archive,) = self._folder.glob(f"{self.package}_*.deb")
            subprocess.run(["dpkg-deb", "-x", archive.name, "."], cwd=self._folder, check=True)
            (self._folder / "version").write_text(archive.name.split("_")[1], "utf-8")
            archive.unlink()

        return _once(self._folder, self.package, make)

    def version(self, client: str) -> str:
        return (self._folder / "version").read_text("utf-8")


#: Why what was tried in this process cannot be had, by directory.
_tried: dict[Path, str] = {}


def _once(folder: Path, wanted: str, make: Callable[[], None]) -> str:
    """Make a directory, unless that was done with the same wishes; why it cannot be made, or nothing."""
    stamp = folder / "installed"
    if folder not in _tried:
        _tried[folder] = ""
        if not stamp.exists() or stamp.read_text("utf-8") != wanted:
            shutil.rmtree(folder, ignore_errors=True)
            try:
                make()
            except (OSError, subprocess.CalledProcessError) as error:
                _tried[folder] = f"it could not be installed: {error}"
            else:
                stamp.write_text(wanted, "utf-8")
    return _tried[folder]
