"""The command `faultzone`.

- `faultzone up` serves a simulated region to any ECS client.
- `faultzone run` runs a program that takes a simulated region for the cloud.
- `faultzone env` prints the settings of a client for an endpoint.
- `faultzone conform` runs the conformance suite, by default against a region in memory.
- `faultzone wrong` lists the regions that are wrong on purpose.
- `faultzone check` judges stored journals.
- `faultzone ask` asks stored journals which entries a sentence describes, or whether it holds.
- `faultzone timeline` shows a stored journal as a picture.
- `faultzone actions` lists the implemented actions.
- `faultzone doctor` checks the docker backend.
- `faultzone sweep` removes the remains of killed sessions from the Docker engine.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from faultzone import editions
from faultzone.api.ecs import ECS
from faultzone.cli import ask as ask_cli
from faultzone.cli import docker as docker_cli
from faultzone.cli import env as env_cli
from faultzone.cli import journals, serving
from faultzone.cli import run as run_cli
from faultzone.cli import timeline as timeline_cli
from faultzone.errors import FaultzoneError, UsageError

if TYPE_CHECKING:
    from faultzone.conditions import Condition

#: How options of other plugins begin, each with the module that brings them and the extra that installs it.
_OF_EXTRAS: Final = {
    "-n": ("xdist", "xdist"),
    "--numprocesses": ("xdist", "xdist"),
    "--dist": ("xdist", "xdist"),
    "--alluredir": ("allure_pytest", "allure"),
    "--hypothesis-": ("hypothesis", "hypothesis"),
}
#: What a shell says of a command that a closed pipe has ended.
_SIGPIPE: Final = 128 + 13


class _Parser(argparse.ArgumentParser):
    """A parser without abbreviations: `--host` is not `--hosts`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, allow_abbrev=False)


class _Version(argparse.Action):
    """Shows the version. It is looked up when it is asked for: to find it takes as long as to make a region."""

    def __call__(self, parser: argparse.ArgumentParser, *given: object) -> None:
        from importlib.metadata import version

        print(version("pytest-faultzone"))
        parser.exit()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit status is 0, what the suite exits with, 2 for a usage error, or 141 where nobody reads
    the output any more."""
    _fill_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # Names may have characters that the terminal's encoding lacks.
            stream.reconfigure(errors="backslashreplace")
    parser: argparse.ArgumentParser = _Parser(
        prog="faultzone", description="A simulated ECS region that tests can break."
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_up(commands)
    _add_conform(commands)
    wrong = commands.add_parser("wrong", help="list the regions that are wrong on purpose")
    wrong.add_argument(
        "name", nargs="?", metavar="NAME", help="show the change of this region, and the clause that it breaks"
    )
    wrong.set_defaults(run=_wrong)
    actions = commands.add_parser("actions", help="list the implemented actions")
    actions.add_argument("--edition", default=editions.DEFAULT, choices=editions.names())
    actions.set_defaults(run=_actions)
    check = commands.add_parser(
        "check",
        help="judge stored journals",
        description="Run the checkers on stored journals. The exit status is 1 if a checker is violated.",
    )
    check.add_argument(
        "journal",
        nargs="+",
        type=Path,
        help="a file of --faultzone-journal, or a directory: all *.ndjson files in it and below it",
    )
    check.add_argument("--checkers", default="all", metavar="NAMES", help="only these checkers, separated by commas")
    check.add_argument(
        "--condition",
        action="append",
        default=[],
        metavar="SENTENCE",
        help="also judge this condition, such as 'never stale'; can be repeated. `faultzone ask --help` has examples",
    )
    check.set_defaults(run=_check)
    ask_cli.add(commands, _ask)
    timeline_cli.add(commands, _timeline)
    docker_cli.add(commands)
    run_cli.add(commands)
    env_cli.add(commands)
    given, command = run_cli.split(sys.argv[1:] if arguments is None else arguments)
    options, rest = parser.parse_known_args(given)
    options.command = command
    if rest and options.run is not _conform:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    options.rest = rest
    try:
        status = int(options.run(options))
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # Whoever read the output, such as `head`, has enough. What is left of it is flushed at exit, to nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _SIGPIPE
    except FaultzoneError as error:
        print(f"faultzone: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _fill_streams() -> None:
    """Let what this process reads and writes be nothing where its own streams are closed: the next file that is opened
    would get the number of one of them."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115 - it is closed with the process


def _add_up(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    up = commands.add_parser(
        "up",
        help="serve a simulated region",
        description="Serve a simulated region on loopback until interrupted. The first line says 'ready URL'.",
    )
    up.add_argument("--port", type=serving.port, default=0, help="the port (default: a free port)")
    up.add_argument(
        "--key",
        metavar="ID:SECRET",
        default="testid:testsecret",
        help="the key pair of the first account (default: %(default)s)",
    )
    up.add_argument(
        "--sts",
        metavar="ID:SECRET:TOKEN",
        help="also a temporary key of the first account; its requests need the token",
    )
    up.add_argument("--token", help="the control token (default: random; printed on the second line)")
    up.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="another accepted host name, besides localhost and the hosts of the cloud; can be repeated",
    )
    up.add_argument(
        "--ca",
        type=Path,
        metavar="DIR",
        help="keep the certificate authority of TLS in this directory (default: a new one for each process)",
    )
    up.add_argument("--log", action="store_true", help="write a line for each request to the standard error")
    serving.add(up)
    up.set_defaults(run=_up)


def _add_conform(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    conform = commands.add_parser(
        "conform",
        help="run the conformance suite",
        description="Run the conformance suite. pytest gets all other arguments, such as -x or -k NAME.",
    )
    conform.add_argument(
        "--backend",
        default="memory",
        help="memory, docker, wrong:NAME, the URL of an endpoint, or an installed backend (default: memory)",
    )
    conform.add_argument(
        "--clause", default="", metavar="PATTERN", help="only these clauses, such as 'deployment-set/*'"
    )
    conform.add_argument("--edition", default="", choices=editions.names(), help="the edition of the documentation")
    conform.add_argument("--keys", default="", metavar="ID:SECRET,...", help="the key pairs of an endpoint's accounts")
    conform.add_argument("--token", default="", help="the control token of an endpoint")
    conform.set_defaults(run=_conform)


def _up(options: argparse.Namespace) -> int:
    from faultzone.journal import asked, ignored
    from faultzone.listen.authority import ADVICE, Authority
    from faultzone.serve import cloud as hosted

    if options.summary:
        asked.check(options.summary)
    authority = Authority(options.ca)
    if options.ca is not None:
        authority.certificate  # noqa: B018 - what is wrong with the directory is said before anything is served
    key = _read_key("--key", options.key, "ID:SECRET")
    sts = None if options.sts is None else _read_key("--sts", options.sts, "ID:SECRET:TOKEN")
    given = {"port": options.port, "token": options.token, "allow_hosts": options.allow_host, "authority": authority}
    if options.log:
        given["watch"] = partial(print, file=sys.stderr, flush=True)
    with (
        serving.opened(options) as cloud,
        hosted.endpoint(cloud, key=key, sts=sts, **given) as served,
        # Whoever reads that it is ready may tell it to end at once.
        hosted.interruption() as interrupted,
    ):
        serving.tell_people(served, key, cloud)
        print(f"ready {served.url}", flush=True)
        print(f"control token {served.token}", flush=True)
        if not _is_installed("trustme"):
            print(f"plain HTTP only; for TLS on the same port: {ADVICE}", flush=True)
        interrupted()
        report = serving.game_day(cloud) if options.scenario is not None else []
    if report:
        print(*report, sep="\n", flush=True)
    if options.summary:
        asked.write(cloud.summary(), options.summary)
    else:
        for line in ignored.lines(cloud.journal.ignored):
            print(line, flush=True)
    return 0


def _read_key(option: str, given: str, form: str) -> list[str]:
    """The parts of a key as an option writes it.

    Raises:
        UsageError: it is not of the form.
    """
    parts = given.split(":", form.count(":"))
    if len(parts) <= form.count(":") or not all(parts):
        example = ":".join(("testid", "testsecret", "token")[: form.count(":") + 1])
        # What was given is not repeated: it may have a secret.
        raise UsageError(f"{option}: expected {form} without an empty part, such as {example}")
    return parts


def _conform(options: argparse.Namespace) -> int:
    import subprocess

    found = importlib.util.find_spec("faultzone_specs")
    if found is None or not found.submodule_search_locations:
        raise UsageError("the package faultzone_specs is missing: install pytest-faultzone again")
    for given in options.rest:
        for begins, (module, extra) in _OF_EXTRAS.items():
            if given.startswith(begins) and not _is_installed(module):
                raise UsageError(f"{given} needs an extra: pip install 'pytest-faultzone[{extra}]'")
    suite = Path(found.submodule_search_locations[0])
    # By its path and with its own settings: no module, conftest.py or option of where the user stands reaches it.
    command = [sys.executable, "-P", "-m", "pytest", "-c", str(suite / "pytest.ini"), str(suite)]
    given = {name: getattr(options, name) for name in ("backend", "clause", "edition", "keys", "token")}
    command += [f"--faultzone-{name}={value}" for name, value in given.items() if value]
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    return subprocess.call(command + options.rest, env=environment)


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ValueError:  # It is said to be imported, and is not.
        return False


def _wrong(options: argparse.Namespace) -> int:
    from faultzone import clauses, editions, mutations

    if options.name is None:
        broken = []
        for name, region in mutations.load().items():
            print(f"{name:<36} {region.clause:<40} {region.says}")
            broken.append(clauses.get(region.clause))
        # A list may be read by a program; how many there are is for people.
        counts = [f"{sum(each.holds_in(name) for each in broken)} in {name}" for name in editions.names()]
        print(f"{len(broken)} wrong regions, each in the editions of its clause: {', '.join(counts)}", file=sys.stderr)
        return 0
    region = mutations.get(options.name)
    print(f"{region.name} {region.says}")
    print(f"It breaks {region.clause}: {clauses.get(region.clause).statement}")
    print(*(f"- {change}" for change in region.changes()), sep="\n")
    return 0


def _check(options: argparse.Namespace) -> int:
    from textwrap import indent

    from faultzone import checkers

    names: list[str | Condition] = [*checkers.choose(options.checkers), *map(_condition, options.condition)]
    violated = False
    for path in journals.found(options.journal):
        print(path)
        for result in checkers.check_stored(journals.read(path), names):
            print(indent(str(result), "  "))
            violated |= result.verdict == checkers.VIOLATED
    return int(violated)


def _condition(sentence: str) -> Condition:
    """The condition that a sentence says.

    Raises:
        UsageError: it says none.
    """
    from faultzone.conditions import Condition, read
    from faultzone.conditions.sentences import SOMETIMES

    found = read(sentence)
    # What must be reached at least once is judged over all journals: `ask` does.
    if not isinstance(found, Condition) or found.demand == SOMETIMES:
        raise UsageError(f"--condition {sentence!r}: write always, never or eventually before it")
    return found


def _ask(options: argparse.Namespace) -> int:
    return ask_cli.run(options.sentence, journals.found([options.journal]))


def _timeline(options: argparse.Namespace) -> int:
    return timeline_cli.run(options, journals.found([options.journal]))


def _actions(options: argparse.Namespace) -> int:
    from faultzone.api.products import VERSIONS
    from faultzone.cli.actions import implemented

    edition = editions.load(options.edition)
    for product in VERSIONS:
        for name, request in implemented(product).items():
            if edition.has(request.since):
                shown = name if product == ECS else f"{product} {name}"
                print(f"{shown:<52} since {editions.date_text(request.since)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
