"""`faultzone run`: a program that takes a region for the cloud. `faultzone env`: the settings for one that is started
by something else."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

from faultzone.cli import serving
from faultzone.errors import UsageError

if TYPE_CHECKING:
    from faultzone.programs.places import Place
    from faultzone.programs.program import Program
    from faultzone.programs.runner import Runner
    from faultzone.serve.cloud import Hosted

#: Signals that are meant for the program.
_FORWARDED: Final = frozenset(
    {
        signal.SIGINT,
        signal.SIGTERM,
        signal.SIGHUP,
        signal.SIGQUIT,
        signal.SIGUSR1,
        signal.SIGUSR2,
        signal.SIGWINCH,
        signal.SIGALRM,
    }
)
#: Those that mean this process too.
_ENDING: Final = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
#: Milliseconds of region time in which an instance boots.
_BOOT: Final = 60_000
#: Who sent a signal: the kernel sends those of a terminal's keys, and the program has got the same.
_FROM_KERNEL: Final = 0x80


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands."""
    run = commands.add_parser(
        "run",
        help="run a program that takes a simulated region for the cloud",
        usage="faultzone run [options] -- COMMAND [ARGUMENT ...]",
        description="Run a program that takes a simulated region for the cloud. It needs no other setting than a key "
        "pair and the ID of a region. The exit status is that of the program.",
    )
    serving.add(run)
    run.add_argument("--endpoint", metavar="URL", help="take this endpoint of `faultzone up`, and start no region")
    run.add_argument("--port", type=serving.port, default=0, help="the port of the region (default: a free port)")
    run.add_argument("--token", help="the control token of the region (default: random)")
    run.add_argument(
        "--keep",
        action="store_true",
        help="leave the region up when the program has ended, until interrupted; the first line of the error output "
        "says where it is",
    )
    run.add_argument(
        "--pass-through",
        action="append",
        default=[],
        metavar="HOST[:PORT]",
        help="another host that the program can reach (default: ports 80 and 443); can be repeated",
    )
    run.add_argument(
        "--instance",
        action="store_true",
        help="run the program as on an instance: an instance is launched, and the metadata service answers for it",
    )
    run.add_argument("--role", metavar="NAME", help="the RAM role of this instance; its keys are in the metadata")
    run.add_argument(
        "--way",
        choices=("namespaces", "proxy"),
        help="how the program reaches the region (default: namespaces where the kernel allows them, or else a proxy)",
    )
    run.add_argument("--ca", type=Path, metavar="DIR", help="keep the certificate authority of TLS in this directory")
    run.set_defaults(run=_run)


def split(given: Sequence[str]) -> tuple[list[str], list[str]]:
    """What is given to this command, and the command of `run`, which follows `--`: it is another program's."""
    if "run" in given[:1] and "--" in given:
        at = list(given).index("--")
        return list(given[:at]), list(given[at + 1 :])
    return list(given), []


def _run(options: argparse.Namespace) -> int:
    if not options.command:
        raise UsageError("run: write the command after --, such as `faultzone run -- terraform apply`")
    from faultzone.programs.runner import Runner

    # Before any thread is started, so that a signal comes to this one.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {*_FORWARDED, signal.SIGCHLD})
    with ExitStack() as ends:
        ends.callback(signal.pthread_sigmask, signal.SIG_SETMASK, mask)
        # It gets ready while the region is made.
        runner = ends.enter_context(Runner())
        place = ends.enter_context(_place(options, ends))
        if early := signal.sigpending() & _ENDING:  # Nothing has begun that could be told.
            return 128 + signal.sigwait(early)
        status, told_to_end = _run_in(place, options, mask, runner)
        if options.keep and not told_to_end:
            signal.sigwait(_ENDING)
    return status


def _run_in(place: Place, options: argparse.Namespace, mask: set[int], runner: Runner) -> tuple[int, bool]:
    """The status of the program, and whether this process was told to end meanwhile."""
    from faultzone.programs import environments
    from faultzone.programs.program import NotRun, Program

    keys = {} if options.role else environments.keys("testid", "testsecret", (options.region or ["cn-hangzhou"])[0])
    environment = {**keys, **os.environ}
    given = {"environment": environment, "pass_through": options.pass_through, "way": options.way, "mask": mask}
    try:
        program = Program(options.command, place, **given, runner=runner)
    except NotRun as error:
        print(f"faultzone: {error}", file=sys.stderr)
        return error.status, False
    with program:
        if program.way == "proxy" and options.way is None:
            _say(f"no namespaces here ({program.why}): the program gets a proxy, which some clients ignore")
        status, told_to_end = _wait(program)
    if place.refused:
        _say(f"not reached, since it is not the cloud's: {', '.join(place.refused)} (--pass-through lets it out)")
    return status, told_to_end


def _wait(program: Program) -> tuple[int, bool]:
    """Wait for the program, and pass on to it the signals of this process."""
    awaited, told_to_end = {*_FORWARDED, signal.SIGCHLD}, False
    while (status := program.process.poll()) is None:
        came = signal.sigwaitinfo(awaited)
        if came.si_signo != signal.SIGCHLD and came.si_code != _FROM_KERNEL:
            program.signal(came.si_signo)
            told_to_end |= came.si_signo in _ENDING
    return status, told_to_end


def _place(options: argparse.Namespace, ends: ExitStack) -> Place:
    from faultzone.programs.places import Place

    if options.endpoint is not None:
        for name in ("instance", "role", "keep", "ca", "summary"):
            if getattr(options, name):
                raise UsageError(f"--{name}: only for a region that `run` starts; leave --endpoint out")
        return Place(options.endpoint)
    from faultzone.journal import asked
    from faultzone.listen import Authority
    from faultzone.serve import cloud as hosted

    if options.summary:
        asked.check(options.summary)
    authority = Authority(options.ca)
    cloud = ends.enter_context(serving.opened(options))
    if options.summary:
        # The standard output is the program's.
        ends.callback(lambda: asked.write(cloud.summary(), options.summary, sys.stderr))
    served = ends.enter_context(hosted.endpoint(cloud, port=options.port, token=options.token, authority=authority))
    if options.keep:
        print(f"ready {served.url}\ncontrol token {served.token}", file=sys.stderr, flush=True)
    regions = list(cloud.control("shape", {})["regions"])
    if not (options.instance or options.role):
        return Place(served, regions=regions)
    from faultzone.serve.metadata import MetadataService

    return Place(served, MetadataService(cloud, _launched(cloud, regions[0], options.role)), regions)


def _launched(cloud: Hosted, region: str, role: str | None) -> str:
    """The ID of a new instance, which is up."""
    from faultzone.editions.catalog import DEFAULT_IMAGE, DEFAULT_INSTANCE_TYPE

    asked = {"RegionId": region, "ImageId": DEFAULT_IMAGE, "InstanceType": DEFAULT_INSTANCE_TYPE, "RamRoleName": role}
    answer = cloud.call("RunInstances", {name: value for name, value in asked.items() if value is not None})
    cloud.control("advance", {"milliseconds": _BOOT})
    return str(answer["InstanceIdSets"]["InstanceIdSet"][0])


def _say(text: str) -> None:
    print(f"faultzone: {text}", file=sys.stderr, flush=True)
