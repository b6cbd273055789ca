"""Backends: whatever answers ECS actions.

Two doors: `call` is the public API, `control` is what only a harness may do. Both take a name and a mapping and give a
mapping, so that both travel over HTTP unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Protocol

from faultzone.api.ecs import ECS
from faultzone.journal.journal import Journal

#: What a backend may let a test do besides the public API, and what each of them means.
CAPABILITIES: Final = {
    "see-hosts": "see the host of each instance, and the load of the hosts",
    "break-hosts": "crash and repair hosts, put them at risk, migrate instances",
    "break-machines": "break real machines: network, disks, memory, containers",
    "break-api": "refuse, delay and drop calls of chosen actions",
    "move-time": "advance region time",
    "set-supply": "limit the supply of zones and families",
    "change-account": "use several accounts, lock instances, change settings of an account",
    "shape-region": "choose zones, hosts, capacity and editions",
    "reach-guests": "send requests to services in instances",
    "break-agents": "kill and stop the agents of instances",
    "outside-machines": "add machines outside the cloud, which register as managed instances",
    "launchers": "let a Launcher start scripts, and TerminationMode say what a stop or a timeout ends",
    "crash-guests": "crash the operating systems of instances",
    "consoles": "see the consoles and screens of instances",
    "log-in": "run scripts in guests without Cloud Assistant, and see what ran there",
    "guest-time": "let the time of guests pass with region time: minutes of a script or a boot in a moment",
    "old-agents": "let the agents of instances be outdated",
    "windows": "have guests that run Windows",
    "guest": "teach guests commands, and see what only simulated ones have, such as plug-ins and a package manager",
    "live-migration": "migrate an instance with its processes",
    "own-root": "rely on a separate root file system for each instance",
    "own-hostname": "rely on a separate host name in the kernel for each instance",
    "own-processes": "rely on a separate process list for each instance",
    "own-address": "rely on a separate network interface for each instance",
    "own-limits": "rely on limits for the processes and memory of each instance",
    "dropped-capabilities": "rely on a root user that cannot change the host",
}
#: Those that say what an instance that is real has of its own; an engine may allow less.
OWN: Final = frozenset(
    {"own-root", "own-hostname", "own-processes", "own-address", "own-limits", "dropped-capabilities"}
)


def key_pairs(count: int) -> tuple[tuple[str, str], ...]:
    """The id and secret of the key pair of each of so many accounts, as the built-in endpoint gives them."""
    return (("testid", "testsecret"), *((f"testid{n}", f"testsecret{n}") for n in range(2, count + 1)))


#: The key pairs of the most accounts that an endpoint has.
TEST_KEYS: Final = key_pairs(5)


class Doors(Protocol):
    """What answers ECS actions must have at the least: two doors, and an end."""

    def call(
        self, action: str, parameters: Mapping[str, object], *, product: str = ECS, account: str | None = None
    ) -> dict[str, Any]:
        """Answer one action.

        Args:
            action: its name.
            parameters: the flat text of the wire, or plain Python.
            product: whose action it is.
            account: whose call it is; the default account's when left out.

        Raises:
            ApiError: the action is refused.
        """
        ...

    def control(self, verb: str, arguments: Mapping[str, object]) -> dict[str, Any]:
        """Do what only a harness may do.

        Raises:
            NotSupported: this backend has no such verb.
            UsageError: the verb's arguments name nothing.
        """
        ...

    def close(self) -> None:
        """End what the backend holds."""
        ...


class Backend(Doors, Protocol):
    """Whatever answers ECS actions, with what the harness knows of it.

    Attributes:
        name: `memory`, `docker`, a URL …
        capabilities: what it lets a test do besides the public API.
        outlives_tests: whether what a test leaves behind stays there for the next.
        journal: the record of what it was asked and did.
        delaying: whether a fault delays calls. Called, it lets region time pass then; so whoever serves it over a
            network takes the delay first, by the verb `call-delay`, and lets real time pass.
    """

    name: str
    capabilities: frozenset[str]
    outlives_tests: bool
    journal: Journal

    @property
    def delaying(self) -> bool:
        """Whether a fault delays calls."""
        ...
