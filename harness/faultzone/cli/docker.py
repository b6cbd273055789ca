"""The commands of the docker backend.

faultzone sweep [--dry-run] [--kept]  remove the remains of killed sessions, and unused images
faultzone doctor                      check the docker backend, and that hosts end with their session
"""

from __future__ import annotations

import argparse
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from faultzone.errors import FaultzoneError

if TYPE_CHECKING:
    from faultzone.substrate.docker.engine import Engine, Made

_CANARY_SECONDS: Final = 20.0
#: How long the canary may take until its host is there, and another process may be making the image meanwhile.
_START_SECONDS: Final = 90.0
_IMAGE_SECONDS: Final = 30.0
_CANARY: Final = """
import sys, time
from faultzone.errors import HarnessError
from faultzone.substrate.docker.session import Session, Settings
session = Session(Settings(sys.argv[1], sys.argv[2]))
try:
    lost = session.lost
except HarnessError:
    lost = ["no-host"]
print(session.id, *lost, flush=True)
time.sleep(600)
"""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands."""
    sweep = commands.add_parser(
        "sweep",
        help="remove the remains of killed sessions from the Docker engine, and unused images",
        description="Remove the containers, networks and volumes of ended sessions. Also remove images of other "
        "versions that no session has used for a week. Nothing else is removed.",
    )
    sweep.add_argument("--dry-run", action="store_true", help="only show them")
    sweep.add_argument(
        "--kept", action="store_true", help="also the kept hosts of failed tests, before their lease expires"
    )
    sweep.set_defaults(run=_sweep)
    doctor = commands.add_parser(
        "doctor",
        help="check the docker backend",
        description="Check the engine and build the image. Start a host in a process, and kill it: the host must end.",
    )
    doctor.add_argument("--base", default="", help="the base image of the hosts (default: built here)")
    doctor.add_argument(
        "--mirror",
        default="",
        help="the source of the packages, 'URL SUITE [COMPONENT ...]' (default: the sources of apt)",
    )
    doctor.set_defaults(run=_doctor)


def _shown(made: Sequence[Made]) -> Iterator[str]:
    for each in made:
        yield f"{each.kind:<10} {each.name}{f' ({each.state})' if each.state else ''}"


def _sweep(options: argparse.Namespace) -> int:
    from faultzone.substrate.docker import image
    from faultzone.substrate.docker.cleanup import kept, lease_end, leftovers, sweep
    from faultzone.substrate.docker.engine import Engine

    engine = Engine()
    try:
        if options.dry_run:
            found = leftovers(engine, kept_too=options.kept) + image.unused(engine)
        else:
            found = sweep(engine, kept_too=options.kept) + image.sweep(engine)
        staying = [each for each in kept(engine.made()) if each not in found]
        for line in _shown(found):
            print(line)
        print(f"{'would remove' if options.dry_run else 'removed'} {len(found)}")
        for each, line in zip(staying, _shown(staying), strict=True):
            until = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(lease_end(each.labels)))
            print(f"{line}, kept until {until}")
    finally:
        engine.close()
    return 0


def _doctor(options: argparse.Namespace) -> int:
    from faultzone.substrate.docker import image
    from faultzone.substrate.docker.cleanup import leftovers
    from faultzone.substrate.docker.engine import Engine

    try:
        engine = Engine()
    except FaultzoneError as error:
        print(f"engine   {error}")
        return 1
    try:
        info = engine.info
        machine = f"{info.get('OperatingSystem')}, {info.get('Architecture')}, {info.get('NCPU')} CPUs"
        print(f"engine   {info.get('ServerVersion')} on {machine}")
        began = time.monotonic()
        made = image.ensure(engine, options.base, options.mirror, seconds=_IMAGE_SECONDS)
        print(f"image    {made} ({time.monotonic() - began:.1f} s)", flush=True)
        print(f"left     {len(leftovers(engine))} of earlier sessions (faultzone sweep removes them)")
        return _canary(engine, options)
    except FaultzoneError as error:
        print(f"error    {error}")
        return 1
    finally:
        engine.close()


def _canary(engine: Engine, options: argparse.Namespace) -> int:
    """Let a process of its own start a host, kill it, and see that all it made goes."""
    process = subprocess.Popen(
        [sys.executable, "-c", _CANARY, options.base, options.mirror], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout:
        ready, _, _ = select.select([process.stdout], [], [], _START_SECONDS)
        session, *lost = (process.stdout.readline() if ready else "").split() or ["", "no-host"]
        process.kill()
    process.wait()
    if not session or lost == ["no-host"]:
        print("hosts    the canary did not start")
        return 1
    print(
        f"hosts    instances lack {', '.join(lost)} here" if lost else "hosts    instances have everything of their own"
    )
    began = time.monotonic()
    while left := engine.made(session):
        if time.monotonic() - began > _CANARY_SECONDS:
            print("cleanup  the canary's session was killed, and these stay:", *_shown(left), sep="\n  ")
            return 1
        time.sleep(0.05)
    print(f"cleanup  the canary's session was killed, and all it made was gone {time.monotonic() - began:.1f} s later")
    return 0
