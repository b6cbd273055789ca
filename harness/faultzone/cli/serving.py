"""The options of a region that a command serves."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from faultzone import editions
from faultzone.backends.registry import find
from faultzone.errors import FaultzoneError, UsageError
from faultzone.model.core.shape import IMMEDIATE, PLANNED

if TYPE_CHECKING:
    from faultzone.serve import Endpoint
    from faultzone.serve.cloud import Hosted, Make

#: The options of hosts that are containers: the form of the value, and what it says.
_OF_DOCKER: Final = {
    "base": ("IMAGE", "the base image of the hosts: Linux with python3 and sh (default: built on this engine)"),
    "mirror": (
        "'URL SUITE [COMPONENT ...]'",
        "the source of the packages for a base image (default: the sources of apt)",
    ),
    "root": ("IMAGE", "the image with the files of the instances (default: the image of the hosts)"),
    "agent": ("PATH", "the executable of a genuine Cloud Assistant client, as the agent of the instances"),
}
#: How many containers a region of containers has at most.
_CONTAINERS_MOST: Final = 48


def add(parser: argparse.ArgumentParser) -> None:
    """Add them to a command."""
    parser.add_argument(
        "--region",
        action="append",
        metavar="ID",
        help="the ID of a region; can be repeated (default: all regions of the edition, first cn-hangzhou)",
    )
    parser.add_argument(
        "--zones",
        type=_zones,
        default=2,
        metavar="NUMBER|NAMES",
        help="the number of zones of each region, or their IDs, such as cn-hangzhou-h,cn-hangzhou-i (default: 2)",
    )
    parser.add_argument(
        "--hosts", type=_whole, default=8, help="the number of physical hosts in each zone (default: 8)"
    )
    parser.add_argument("--hosts-per-rack", type=_whole, default=2, help="the hosts that share a rack (default: 2)")
    parser.add_argument("--racks-per-switch", type=_whole, default=2, help="the racks that share a switch (default: 2)")
    parser.add_argument(
        "--accounts",
        type=_whole,
        default=1,
        help="the number of accounts; their key pairs are testid/testsecret, testid2/testsecret2 ... (default: 1)",
    )
    parser.add_argument(
        "--edition",
        default=editions.DEFAULT,
        choices=editions.names(),
        help="the edition of the documentation (default: %(default)s)",
    )
    parser.add_argument(
        "--unknown",
        default="ignore",
        choices=("ignore", "refuse"),
        help="what becomes of a parameter that no edition has (default: %(default)s, as the service does)",
    )
    parser.add_argument("--seed", default="0", help="the seed of IDs, addresses and names (default: 0)")
    parser.add_argument(
        "--summary",
        default="",
        metavar="FILE|-",
        help="tell at the end what was asked and what is not simulated; - prints it, FILE.json has JSON",
    )
    parser.add_argument(
        "--recovery",
        default=PLANNED,
        choices=(PLANNED, IMMEDIATE),
        help="after the permanent loss of a host, its instances restart after a plan, or immediately "
        "(default: %(default)s)",
    )
    parser.add_argument("--scale", type=_decimal, default=1.0, help="region seconds per real second (default: 1)")
    parser.add_argument("--scenario", metavar="FILE", help="a schedule of faults as JSON, which begins with the region")
    _add_hosts(parser)


def _add_hosts(parser: argparse.ArgumentParser) -> None:
    """Add what says what hosts are made of."""
    parser.add_argument(
        "--backend",
        default="memory",
        choices=("memory", "docker"),
        help="what the hosts are: values in memory, or containers with real instances (default: %(default)s)",
    )
    for name, (metavar, says) in _OF_DOCKER.items():
        parser.add_argument(f"--docker-{name}", default="", metavar=metavar, help=f"with --backend docker: {says}")
    parser.add_argument(
        "--docker-hosts",
        type=_whole,
        metavar="N",
        help=f"with --backend docker: the maximum number of containers (default: {_CONTAINERS_MOST})",
    )
    parser.add_argument(
        "--docker-plain",
        action="store_true",
        help="with --backend docker: instances are plain process trees without namespaces",
    )


@contextmanager
def opened(options: argparse.Namespace) -> Iterator[Hosted]:
    """The cloud that they ask for, until the block ends; its clock follows the real one.

    Raises:
        UsageError: it cannot be.
        NotSupported: no engine answers that could have its hosts, or no image can be had.
    """
    real_hosts = find(options.backend).real_hosts
    if not real_hosts:
        for name in [*_OF_DOCKER, "hosts", "plain"]:
            value = getattr(options, f"docker_{name}")
            if value not in ("", None) and value is not False:
                raise UsageError(f"--docker-{name}: only for hosts that are containers; write --backend docker too")
    with ExitStack() as ends:
        given: dict[str, Any] = {}
        if real_hosts:
            from faultzone.substrate.docker.session import close_all

            ends.callback(close_all)
            given["make"] = _containers(options)
        made = _cloud(options, **given)
        ends.callback(made.close)
        yield made


def _containers(options: argparse.Namespace) -> Make:
    """What makes a cloud whose hosts are containers.

    Raises:
        UsageError: an option has a value that it cannot have.
    """
    from faultzone.serve.cloud import containers

    if options.scale != 1:
        raise UsageError(
            f"--scale {options.scale:g}: expected 1 with --backend docker, because instances in containers run in real "
            "time; the control verb `advance` moves region time"
        )
    hosts = _CONTAINERS_MOST if options.docker_hosts is None else options.docker_hosts
    if hosts < 1:
        raise UsageError.expected_whole("--docker-hosts", hosts, 1)
    return containers(
        base=options.docker_base,
        mirror=options.docker_mirror,
        hosts=hosts,
        plain=options.docker_plain,
        agent=options.docker_agent,
    )


def _cloud(options: argparse.Namespace, **given: Any) -> Hosted:
    from faultzone.serve.cloud import Hosted

    scenario = None
    if options.scenario is not None:
        from faultzone.faults.schedule import Schedule

        scenario = Schedule.load(options.scenario).told()
    regions = options.region or ["cn-hangzhou"]
    made = Hosted(
        regions=regions,
        zones=options.zones,
        hosts_per_zone=options.hosts,
        hosts_per_rack=options.hosts_per_rack,
        racks_per_switch=options.racks_per_switch,
        accounts=options.accounts,
        edition=options.edition,
        unknown=options.unknown,
        all_regions=not options.region,
        seed=options.seed,
        recovery=options.recovery,
        clock="hybrid",
        scale=options.scale,
        root_image=options.docker_root,
        **given,
    )
    if scenario is not None:
        try:
            made.control("play", {"schedule": scenario})
        except FaultzoneError as wrong:
            made.close()
            raise type(wrong)(f"{options.scenario}: {wrong}") from None
    return made


def tell_people(served: Endpoint, key: Sequence[str], cloud: Hosted) -> None:
    """Tell whoever has started an endpoint where its console is, and the settings of clients: on the standard error,
    since programs read the standard output."""
    from faultzone.serve.settings import all_texts

    region = next(iter(cloud.control("shape", {})["regions"]))
    said = [f"console {served.url}/#token={quote(served.token, safe='')}"]
    for client, text in all_texts(served.url.partition("//")[2], key, region).items():
        said += ["", f"# {client}", text.rstrip()]
    print(*said, sep="\n", file=sys.stderr, flush=True)


def game_day(cloud: Hosted) -> list[str]:
    """The report of a cloud that has played a scenario, in lines."""
    from faultzone.journal import gameday
    from faultzone.model.core.events import ACTIVE

    return list(gameday.report(cloud.journal, cloud.control("faults", {})["faults"], cloud.summary(), ACTIVE))


def _zones(text: str) -> int | list[str]:
    """The number of zones, or their names, separated by commas."""
    return _whole(text) if text.isdigit() else text.split(",")


def _whole(text: str) -> int:
    # The functions that read numbers take digits of any script, and underscores.
    if not re.fullmatch(r"-?[0-9]{1,9}", text):
        raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number")
    return int(text)


def _decimal(text: str) -> float:
    if not re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,15})?(e[0-9]{1,2})?|-?inf|nan", text):
        raise argparse.ArgumentTypeError(f"{text!r}: expected a number, such as 20 or 0.5")
    return float(text)


def port(text: str) -> int:
    """The number of a port, 0 for any that is free."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 5) or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a port from 0 to 65535")
    return int(text)
