"""What a failed test's report has of hosts that are real: what they wrote, and how to enter those that are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from faultzone.errors import HarnessError, NotSupported
from pytest_faultzone.terminal import Block

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faultzone.region import Region

#: How many lines of each host are shown, and how many characters of all of them together.
_LINES: Final = 40
_CHARACTERS: Final = 20_000


def logs(region: Region) -> list[tuple[str, str]]:
    """For each host that has one, its name with its container's, and its log; nothing where hosts are not real."""
    return [(f"{each['host']} ({each['container']})", "\n".join(each["log"])) for each in _ask(region, "host-logs")]


def blocks(region: Region, *, keep: bool) -> Iterator[Block]:
    """What is told of a failed test's hosts.

    Args:
        keep: whether its hosts are to stay as they are. They are no longer the region's after that.
    """
    shown = []
    for name, log in logs(region):
        lines = log.splitlines()
        before = [f"({len(lines) - _LINES} lines more)"] if len(lines) > _LINES else []
        shown.append("\n".join([name, *before, *lines[-_LINES:]]))
    if shown:
        yield Block("what its hosts wrote", [("", "\n".join(shown)[-_CHARACTERS:])], "verbatim")
    if keep:
        yield from _kept(region)


def _kept(region: Region) -> Iterator[Block]:
    try:
        kept = region.control("keep-hosts")
    except NotSupported:
        return
    except (HarnessError, TimeoutError) as error:
        yield Block("its hosts are not kept", [("", str(error))], "verbatim")
        return
    lines = []
    for host in kept["hosts"]:
        lines.append(f"{host['host']} is {host['container']}")
        lines += [f"    {command}" for command in host["attach"].values()]
    lines.append(f"They stay until {kept['until']}; `faultzone sweep --kept` removes them before.")
    if kept["hosts"]:
        yield Block("its hosts are kept", [("", "\n".join(lines))], "verbatim")


def _ask(region: Region, verb: str) -> list[dict[str, Any]]:
    try:
        return list(region.control(verb)["hosts"])
    except (NotSupported, HarnessError, TimeoutError):
        return []
