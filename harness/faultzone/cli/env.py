"""`faultzone env`: the settings of a client for an endpoint, where something else starts the program."""

from __future__ import annotations

import argparse
import os
import shlex
from pathlib import Path
from urllib.parse import urlsplit

from faultzone.errors import UsageError
from faultzone.serve.settings import CLIENTS, text


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    env = commands.add_parser(
        "env",
        help="print the settings of a client for an endpoint",
        description="Print the settings by which a client uses an endpoint of `faultzone up`. Those of a shell make "
        'the endpoint the proxy of the programs that it starts: eval "$(faultzone env shell --endpoint URL --ca DIR)"',
    )
    env.add_argument("client", choices=("shell", *CLIENTS), help="what is to be set")
    env.add_argument("--endpoint", required=True, metavar="URL", help="the URL that `faultzone up` prints")
    env.add_argument(
        "--region", default="cn-hangzhou", metavar="ID", help="the ID of the region (default: %(default)s)"
    )
    env.add_argument(
        "--key", default="testid:testsecret", metavar="ID:SECRET", help="the key pair (default: %(default)s)"
    )
    env.add_argument(
        "--ca",
        type=Path,
        metavar="DIR",
        help="for a shell: where the certificates are written that its programs then trust",
    )
    env.set_defaults(run=_env)


def _env(options: argparse.Namespace) -> int:
    key, _, secret = options.key.partition(":")
    if not key or not secret:
        raise UsageError("--key: expected ID:SECRET without an empty part, such as testid:testsecret")
    if options.client == "shell":
        for name, value in _shell(options, key, secret).items():
            print(f"export {name}={shlex.quote(value)}")
        return 0
    host = urlsplit(options.endpoint).netloc
    if not host:
        raise UsageError.expected(
            "endpoint", options.endpoint, "the URL that `faultzone up` prints, such as http://127.0.0.1:8080"
        )
    print(text(options.client, host, (key, secret), options.region), end="")
    return 0


def _shell(options: argparse.Namespace, key: str, secret: str) -> dict[str, str]:
    """The variables that make an endpoint the proxy of programs, which trust its authority."""
    from faultzone.programs import environments
    from faultzone.programs.passed import Passed
    from faultzone.programs.places import Place
    from faultzone.programs.trust import Trust

    if options.ca is None:
        raise UsageError("env shell: write --ca DIR, a directory for the certificates that programs trust")
    with Place(options.endpoint) as place:
        try:
            options.ca.mkdir(parents=True, exist_ok=True)
            trusted = Trust(options.ca.resolve(), place.certificate).variables(os.environ)
        except OSError as error:
            raise UsageError.expected("ca", str(options.ca), f"a directory to write in; {error.strerror}") from None
        return environments.keys(key, secret, options.region) | place.proxy(Passed(())) | trusted
