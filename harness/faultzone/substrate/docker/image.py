"""The image of hosts, by content: the base's and the agent's bytes make its tag.

The base is the one that the user names, if the engine has it or can pull it; else one made on the spot. No step of the
build runs anything, so it works without a network and for every base that has a python3 and a shell.
"""

from __future__ import annotations

import fcntl
import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Final

from faultzone.errors import HarnessError, NotSupported
from faultzone.substrate.docker import base, packages
from faultzone.substrate.docker.agent.sandbox import CLIENT
from faultzone.substrate.docker.cleanup import labels
from faultzone.substrate.docker.engine import LABEL, Engine

_AGENT: Final = "faultzone.substrate.docker.agent"
_DOCKERFILE: Final = """FROM {base}
LABEL {label}=image
COPY agent /opt/faultzone/agent/
{client}WORKDIR /opt/faultzone
ENTRYPOINT ["python3", "-S", "-E", "-B", "-m", "agent"]
"""
#: What makes Python keep what it has compiled, so that no host compiles it again.
_COMPILE: Final = ("python3", "-S", "-E", "-c", "import agent.host")
#: The line for a genuine client, and how it shows that it can be run.
_CLIENT_LINE: Final = f"COPY client {CLIENT.rpartition('/')[0]}/\n"
_TRY_CLIENT: Final = f"{CLIENT} --version && exec {' '.join(_COMPILE[:-1])} '{_COMPILE[-1]}'"
#: The engine's names of architectures, and Debian's.
_ARCHITECTURES: Final = {
    "x86_64": "amd64",
    "aarch64": "arm64",
    "arm64": "arm64",
    "armv7l": "armhf",
    "ppc64le": "ppc64el",
    "s390x": "s390x",
}


def ensure(engine: Engine, wanted: str = "", mirror: str = "", client: bytes = b"") -> str:
    """The tag of the hosts' image, made if it is not there yet. Processes that ask at the same time build it once.

    Args:
        wanted: the base image to use; without one, or where it cannot be had, a base is made.
        mirror: where to take the base's packages from, `URL SUITE [COMPONENT …]`; apt's own sources when empty.
        client: the program that instances run as their Cloud Assistant agent; none when empty.

    Raises:
        NotSupported: no base can be had; the text says why and what to do.
        HarnessError: the engine cannot build, or what is built cannot be run.
    """
    with _one_at_a_time():
        chosen, troubles = None, []
        if wanted:
            try:
                if engine.image_id(wanted) is None:
                    engine.pull(wanted)
                chosen = wanted
            except HarnessError as trouble:
                troubles.append(str(trouble))
        if chosen is None:
            chosen = _made_base(engine, mirror, troubles)
        dockerfile = _DOCKERFILE.format(base=chosen, label=LABEL, client=_CLIENT_LINE if client else "").encode()
        contents = {"Dockerfile": dockerfile, **_agent_files()}
        if client:
            contents[f"client/{CLIENT.rpartition('/')[2]}"] = client
        tag = f"faultzone/host:{_digest(*contents.values(), (engine.image_id(chosen) or '').encode())}"
        if engine.image_id(tag) is None:
            engine.build(contents, f"{tag}-plain")
            command = ("sh", "-c", _TRY_CLIENT) if client else _COMPILE
            engine.run_and_keep(f"{tag}-plain", command, tag, labels("image"))
        return tag


def _made_base(engine: Engine, mirror: str, troubles: list[str]) -> str:
    """The tag of a base made from Debian packages."""
    sources = packages.read_mirror(mirror) if mirror else packages.apt_sources()
    machine = str(engine.info.get("Architecture"))
    architecture = _ARCHITECTURES.get(machine, machine)
    code = b"".join(Path(each.__file__ or "").read_bytes() for each in (base, packages))
    tag = f"faultzone/base:{_digest(code, architecture.encode(), repr(sources).encode())}"
    if engine.image_id(tag) is not None:
        return tag
    if not sources:
        troubles.append("this machine's apt names no sources of packages")
    try:
        with tempfile.TemporaryDirectory() as directory:
            archive = Path(directory) / "base.tar"
            base.build(archive, sources, architecture)
            engine.import_image(archive, tag)
    except OSError as trouble:
        said = "; ".join([*troubles, str(trouble)])
        advice = (
            "name a base that the engine has (faultzone_docker_base) or a mirror of packages (faultzone_docker_mirror)"
        )
        raise NotSupported(
            f"no base for the hosts' image can be had: {said}. {advice[0].upper()}{advice[1:]}."
        ) from trouble
    return tag


def _agent_files() -> dict[str, bytes]:
    directory = files(_AGENT)
    return {f"agent/{each.name}": each.read_bytes() for each in directory.iterdir() if each.name.endswith(".py")}


def _digest(*parts: bytes) -> str:
    total = hashlib.sha256()
    for part in parts:
        total.update(hashlib.sha256(part).digest())
    return total.hexdigest()[:12]


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Hold a lock that all processes of this machine's user share."""
    path = Path(tempfile.gettempdir()) / "faultzone-image.lock"
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
