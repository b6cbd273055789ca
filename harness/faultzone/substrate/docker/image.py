"""The image of hosts, by content: the base's and the agent's bytes make its tag.

The base is the one that the user names, if the engine has it or can pull it; else one made on the spot. No step of the
build runs anything, so it works without a network and for every base that has a python3 and a shell.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import Final

from faultzone.errors import HarnessError, NotSupported
from faultzone.substrate.docker import base, lock, packages, progress
from faultzone.substrate.docker.agent.sandbox import CLIENT
from faultzone.substrate.docker.cleanup import labels
from faultzone.substrate.docker.engine import LABEL, Engine, Made

_AGENT: Final = "faultzone.substrate.docker.agent"
_HOST: Final = "faultzone/host"
_BASE: Final = "faultzone/base"
#: The label that says which version of this project's code an image was made by.
_CODE: Final = f"{LABEL}.code"
#: After how many seconds without a session that asked for it an image of another version may go. Its checkout may well
#: be used again, and a base cannot be made anew without a network.
_UNUSED_SECONDS: Final = 7 * 24 * 3600
#: What the lock is for that is held meanwhile, and for how many seconds another process may hold it: it may have to
#: fetch packages by a slow network.
_LOCK: Final = "image"
WAIT_SECONDS: Final = 300.0
_DOCKERFILE: Final = """FROM {base}
LABEL {labels}
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


def ensure(
    engine: Engine, wanted: str = "", mirror: str = "", client: bytes = b"", seconds: float = WAIT_SECONDS
) -> str:
    """The tag of the hosts' image, made if it is not there yet. Processes that ask at the same time build it once.

    Args:
        wanted: the base image to use; without one, or where it cannot be had, a base is made.
        mirror: where to take the base's packages from, `URL SUITE [COMPONENT …]`; apt's own sources when empty.
        client: the program that instances run as their Cloud Assistant agent; none when empty.
        seconds: for how many real seconds another process of this user may be making images meanwhile.

    Raises:
        NotSupported: no base can be had; the text says why and what to do.
        HarnessError: the engine cannot build, what is built cannot be run, or another process does not come to an end.
    """
    with lock.held(_LOCK, seconds):
        chosen, errors = None, []
        if wanted:
            try:
                if engine.image_id(wanted) is None:
                    engine.pull(wanted)
                chosen = wanted
            except HarnessError as error:
                errors.append(str(error))
        if chosen is None:
            chosen = _made_base(engine, mirror, errors)
        contents = {"Dockerfile": _dockerfile(chosen, bool(client), {}), **_agent_files()}
        if client:
            contents[f"client/{CLIENT.rpartition('/')[2]}"] = client
        tag = f"{_HOST}:{_digest(*contents.values(), (engine.image_id(chosen) or '').encode())}"
        if engine.image_id(tag) is None:
            marks = labels("image") | {_CODE: _host_code()}
            # The containers of the build's own steps have them too: without an owner they would be swept away.
            dockerfile = _dockerfile(chosen, bool(client), marks)
            command = ("sh", "-c", _TRY_CLIENT) if client else _COMPILE
            with progress.shown("image of the hosts", 2, "steps") as done:
                engine.build({**contents, "Dockerfile": dockerfile}, f"{tag}-plain", marks)
                done()
                engine.run_and_keep(f"{tag}-plain", command, tag, marks)
                done()
        _say_used(engine, tag)
        return tag


def _say_used(engine: Engine, tag: str) -> None:
    with suppress(
        HarnessError
    ):  # Where a full disk keeps it from being written down, the image may be there all the same.
        engine.say_used(tag)


def unused(engine: Engine) -> list[Made]:
    """The images of other versions that no container was made from and no session has asked for for a week.

    An engine that keeps its images in containerd does not remember the latter: a week after they were made, then.
    """
    current, before = {_base_code(), _host_code()}, time.time() - _UNUSED_SECONDS
    return [
        each
        for each in engine.images((_HOST, _BASE))
        if each.labels.get(_CODE) not in current and not each.held and each.used < before
    ]


def sweep(engine: Engine) -> list[Made]:
    """Remove these images, and tell which they were; see `unused`.

    Raises:
        HarnessError: one could not be removed.
    """
    with lock.held(_LOCK, WAIT_SECONDS):  # So no session of this user comes to use one meanwhile.
        found = unused(engine)
        for each in found:
            engine.remove(each)
        return found


def _made_base(engine: Engine, mirror: str, errors: list[str]) -> str:
    """The tag of a base made from Debian packages."""
    sources = packages.read_mirror(mirror) if mirror else packages.apt_sources()
    machine = str(engine.info.get("Architecture"))
    architecture = _ARCHITECTURES.get(machine, machine)
    tag = f"{_BASE}:{_digest(_base_code().encode(), architecture.encode(), repr(sources).encode())}"
    if engine.image_id(tag) is not None:
        _say_used(engine, tag)
        return tag
    if not sources:
        errors.append("this machine's apt names no sources of packages")
    try:
        with tempfile.TemporaryDirectory() as directory:
            archive = Path(directory) / "base.tar"
            base.build(archive, sources, architecture)
            engine.import_image(archive, tag, {LABEL: "image", _CODE: _base_code()})
    except OSError as error:
        said = "; ".join([*errors, str(error)])
        advice = (
            "name a base that the engine has (faultzone_docker_base) or a mirror of packages (faultzone_docker_mirror)"
        )
        raise NotSupported(
            f"no base for the hosts' image can be had: {said}. {advice[0].upper()}{advice[1:]}."
        ) from error
    return tag


def _base_code() -> str:
    """What tells the code by which bases are made."""
    return _digest(*(Path(each.__file__ or "").read_bytes() for each in (base, packages)))


def _host_code() -> str:
    """What tells the code that is in the hosts' image."""
    return _digest(_DOCKERFILE.encode(), *_agent_files().values())


def _dockerfile(base: str, client: bool, marks: Mapping[str, str]) -> bytes:
    said = " ".join(f"{name}={json.dumps(value)}" for name, value in ({LABEL: "image"} | dict(marks)).items())
    return _DOCKERFILE.format(base=base, labels=said, client=_CLIENT_LINE if client else "").encode()


def _agent_files() -> dict[str, bytes]:
    directory = files(_AGENT)
    return {f"agent/{each.name}": each.read_bytes() for each in directory.iterdir() if each.name.endswith(".py")}


def _digest(*parts: bytes) -> str:
    total = hashlib.sha256()
    for part in parts:
        total.update(hashlib.sha256(part).digest())
    return total.hexdigest()[:12]
