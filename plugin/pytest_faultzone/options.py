"""The options of the plugin, each declared once: how the command line, the configuration file and the marker `region`
name it, its type, its default and what it does.

`pytest --help`, the checks of the marker and docs/options.md are made from this table. It is the ground of the plugin:
it imports nothing beyond the standard library and pytest.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import pytest

T = TypeVar("T", str, int, bool)

#: How the types of values are called in a sentence.
_CALLED: Final = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "True or False",
    Mapping: "a mapping",
    list: "a list",
    tuple: "a tuple",
    object: "a value of Python",
}


def written(default: object) -> str:
    """A default as a reader sees it."""
    if isinstance(default, bool):
        return "yes" if default else "no"
    return str(default) if default not in ("", None) else "none"


@dataclass(frozen=True)
class Option(Generic[T]):
    """An option of the command line, which is a setting of the configuration file too.

    Args:
        name: `docker_base` is `--faultzone-docker-base`, and `faultzone_docker_base` in the configuration file.
        default: what holds where nothing is given; its type is the option's.
        help: what it does.
        shows: what stands for the value in `--help`.
        choices: the values that it can have; any of its type if empty.
        least: the smallest number that it can be.
        argument: the argument of the marker `region` that says the same for one test; empty if there is none.
        again: whether a command that runs a test again has it. It is not where it changes nothing of the test, or where
            it is a secret.
        several: whether it can be given several times, and has a line for each in the configuration file; its value has
            lines too.
    """

    name: str
    default: T
    help: str
    shows: str = ""
    choices: tuple[str, ...] = ()
    least: int = 0
    argument: str = ""
    again: bool = True
    several: bool = False

    @property
    def flag(self) -> str:
        """The option as the command line has it."""
        return f"--faultzone-{self.name.replace('_', '-')}"

    @property
    def setting(self) -> str:
        """The option as the configuration file has it; parsed options have the same name."""
        return f"faultzone_{self.name}"

    @property
    def explained(self) -> str:
        """What it does, and its default."""
        return f"{self.help} (default: {written(self.default)})"

    def add(self, parser: pytest.Parser, group: pytest.OptionGroup) -> None:
        """Declare it to pytest."""
        given: dict[str, Any] = {"dest": self.setting, "default": None, "help": self.explained.replace("%", "%%")}
        default: object = self.default
        if isinstance(default, bool):
            given["action"] = argparse.BooleanOptionalAction
        else:
            given |= {"metavar": self.shows or None, "choices": self.choices or None}
            given["type"] = self._whole if isinstance(default, int) else str
        if self.several:
            given |= {"action": "append", "choices": None}
        group.addoption(self.flag, **given)
        # Before 8.4 pytest knows no numbers there: it gives their text.
        number = "int" if pytest.version_tuple >= (8, 4) else "string"
        kind: Any = "linelist" if self.several else {bool: "bool", int: number, str: "string"}[type(self.default)]
        parser.addini(self.setting, f"{self.help}; the same as {self.flag}", type=kind, default=self.default)

    def _whole(self, text: str) -> int:
        # The function that reads numbers takes digits of any script, and underscores.
        if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) < self.least:
            raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number, {self.least} or more")
        return int(text)

    def written(self, config: pytest.Config) -> list[str]:
        """It as the command line of the run has it, if it does."""
        value = config.getoption(self.setting, None)
        if isinstance(value, bool):
            return [self.flag if value else self.flag.replace("--", "--no-", 1)]
        if isinstance(value, list):
            return [f"{self.flag}={each}" for each in value]
        return [] if value in (None, "") else [f"{self.flag}={value}"]

    def is_given(self, config: pytest.Config) -> bool:
        """Whether the command line has it."""
        return config.getoption(self.setting, None) is not None

    def read(self, config: pytest.Config) -> T:
        """Its value: of the command line, else of the configuration file, else the default.

        Raises:
            pytest.UsageError: the configuration file has a value that it cannot have.
        """
        value: Any = config.getoption(self.setting, None)
        if value is None:
            try:
                value = config.getini(self.setting)
                if type(self.default) is int:
                    value = self._whole(str(value))
            except (TypeError, ValueError, argparse.ArgumentTypeError) as error:  # Of pytest before 9.2 a traceback.
                raise pytest.UsageError(f"{self.setting}: {error}") from None
            if self.choices and value not in self.choices:
                raise pytest.UsageError(f"{self.setting}={value!r}: expected {' or '.join(map(repr, self.choices))}")
        if isinstance(value, list):
            value = "\n".join(value)
        found: T = value
        return found

    def path(self, config: pytest.Config) -> Path:
        """The file or directory that it names: below the root directory where the configuration file names it."""
        return Path(config.invocation_params.dir if self.is_given(config) else config.rootpath, str(self.read(config)))


@dataclass(frozen=True)
class Argument:
    """An argument of the marker `region`, and of `make_region`.

    Args:
        name: of the argument.
        types: what its value can be.
        default: what holds where nothing is given.
        help: what it does.
        example: a value.
        choices: the values that it can have; any of its types if empty.
    """

    name: str
    types: tuple[type, ...]
    default: object
    help: str
    example: object = None
    choices: tuple[str, ...] = ()

    @property
    def takes(self) -> str:
        """Its types, in words."""
        implied = {int: float, tuple: list}
        exact = [each for each in self.types if implied.get(each) not in self.types]
        return " or ".join(_CALLED.get(each, each.__name__) for each in exact)

    def objection(self, value: object) -> str:
        """What is wrong with a value, with what to write instead; empty where nothing is. Limits are not known here."""
        if self.choices and value not in self.choices:
            return f"{self.name}={value!r}: expected {' or '.join(map(repr, self.choices))}"
        numeric = isinstance(value, bool) and bool not in self.types and object not in self.types
        if numeric or not isinstance(value, self.types):
            example = self.default if self.example is None else self.example
            return f"{self.name}={value!r}: expected {self.takes}, such as {self.name}={example!r}"
        return ""


BACKEND = Option(
    "backend",
    "memory",
    "the backend: 'memory', 'docker' (hosts are containers, guests are real), 'wrong:NAME' (a region that breaks one "
    "promise), the URL of an ECS endpoint, or a backend of another distribution",
    "BACKEND",
)
EDITION = Option(
    "edition",
    "",
    "the edition of the documentation; with 'all', a test of clauses runs in each edition that has them (default: "
    "the newest complete edition; for a test of clauses, the first edition that has them)",
    "YYYY-MM|all",
    argument="edition",
)
UNKNOWN = Option(
    "unknown",
    "ignore",
    "what becomes of a parameter that no edition has: 'ignore', as the service does, or 'refuse'",
    "WORD",
    choices=("ignore", "refuse"),
    argument="unknown",
)
SEED = Option(
    "seed",
    "0",
    "the base seed; the seed of a region comes from it and from the ID of the test",
    "SEED",
    argument="seed",
)
CLAUSE = Option(
    "clause",
    "",
    "only run the tests of these clauses: patterns such as 'deployment-set/*', separated by commas",
    "PATTERN,...",
    again=False,
)
KEYS = Option(
    "keys",
    "",
    "the key pairs of the accounts of an endpoint, separated by commas (default: testid:testsecret)",
    "ID:SECRET,...",
    again=False,
)
TOKEN = Option(
    "token",
    "",
    "the control token of an endpoint; without it, tests use only the public API",
    "TOKEN",
    again=False,
)
JOURNAL = Option(
    "journal",
    "",
    "a directory for the journals of all regions, one file for each test",
    "DIR",
    again=False,
)
TIMELINE = Option(
    "timeline",
    "off",
    "the pages that show a run as a picture: of each test with a region ('on'), of each failed one "
    "('retain-on-failure'), or 'off'; they are in the directory of --faultzone-journal, or in faultzone-timelines",
    "WHEN",
    choices=("on", "off", "retain-on-failure"),
    again=False,
)
CHECKERS = Option(
    "checkers",
    "all",
    "the checkers that judge the journal after each test: 'all', 'none', or names separated by commas",
    "NAME,...",
)
CONDITION = Option(
    "condition",
    "",
    "a condition that must hold in the region of each test, such as 'never refusal Throttling'; it is judged after the "
    "test, and can be given several times",
    "SENTENCE",
    several=True,
)
UNMET = Option(
    "unmet",
    "warning",
    "what a fault is that nothing met, that was skipped or never came: a 'warning', an 'error', or not told: 'ignore'",
    choices=("warning", "error", "ignore"),
)
KEEP = Option(
    "keep",
    "none",
    "the docker hosts that stay after a test: those of a 'failed' test (the report shows how to enter the instances), "
    "or 'none'",
    choices=("none", "failed"),
)
DEPARTURES = Option(
    "departures",
    "",
    "a TOML file with the known departures of the backend: clauses, each with a reason",
    "FILE",
    again=False,
)
DEPARTURES_WRITE = Option(
    "departures_write",
    "",
    "write an entry for each new departure to this file",
    "FILE",
    again=False,
)
DOCKER_HOSTS = Option("docker_hosts", 48, "the maximum number of containers of a process at a time", "N", least=1)
DOCKER_BASE = Option(
    "docker_base",
    "",
    "the base image of docker hosts: Linux with python3 and sh (default: built on this engine)",
    "IMAGE",
)
DOCKER_MIRROR = Option(
    "docker_mirror",
    "",
    "the source of the packages for a base image (default: the sources of apt)",
    "'URL SUITE [COMPONENT ...]'",
)
DOCKER_ROOT = Option(
    "docker_root",
    "",
    "the image with the files of docker instances (default: the image of the hosts)",
    "IMAGE",
    argument="root_image",
)
DOCKER_PLAIN = Option(
    "docker_plain",
    False,
    "docker instances are plain process trees without namespaces, for an engine that refuses SYS_ADMIN",
)
DOCKER_AGENT = Option(
    "docker_agent",
    "",
    "the executable of a genuine Cloud Assistant client, as the agent of docker instances (default: our agent)",
    "PATH",
)

#: All options, in the order in which `--help` has them.
OPTIONS: Final[tuple[Option[Any], ...]] = (
    BACKEND,
    EDITION,
    UNKNOWN,
    SEED,
    CLAUSE,
    CHECKERS,
    CONDITION,
    JOURNAL,
    TIMELINE,
    KEYS,
    TOKEN,
    DEPARTURES,
    DEPARTURES_WRITE,
    UNMET,
    KEEP,
    DOCKER_HOSTS,
    DOCKER_BASE,
    DOCKER_MIRROR,
    DOCKER_ROOT,
    DOCKER_PLAIN,
    DOCKER_AGENT,
)

#: What the marker `region` takes, in the order in which the page of options has it.
ARGUMENTS: Final = {
    each.name: each
    for each in (
        Argument("zones", (int, list, tuple), 2, "zones of each region, or their names"),
        Argument("hosts_per_zone", (int,), 8, "physical hosts of each zone"),
        Argument("hosts_per_rack", (int,), 2, "hosts that share a rack"),
        Argument(
            "all_regions", (bool,), False, "whether all other public regions are there too, made when first asked"
        ),
        Argument("racks_per_switch", (int,), 2, "racks that share a switch"),
        Argument("host_vcpus", (int,), 104, "vCPUs of each host"),
        Argument("host_memory_gib", (int,), 384, "memory of each host, in GiB"),
        Argument(
            "family_hosts",
            (Mapping,),
            {},
            "family -> the number of hosts of each zone that carry it (default: all hosts)",
            {"ecs.i2": 2},
        ),
        Argument("supply", (Mapping,), {}, "zone/family -> the maximum number of instances", {"*/ecs.g5": 10}),
        Argument(
            "shape",
            (object,),
            None,
            "the shape of each region as a value, such as `faultzone.Shape(zones=3)`, in place of its single arguments",
        ),
        Argument("accounts", (int,), 1, "accounts of the cloud"),
        Argument("regions", (list, tuple), ("cn-hangzhou",), "the IDs of the regions of the cloud"),
        Argument("region_id", (str,), "cn-hangzhou", "the ID of the region, if there is only one"),
        Argument(
            "edition",
            (str, object),
            "the newest complete edition; the first edition that has the clauses of the test",
            "the edition of the documentation: its name, or a value",
            "2019-02",
        ),
        Argument(
            "recovery",
            (str,),
            "planned",
            "after the permanent loss of a host, its instances restart after a plan, or immediately",
            choices=("planned", "immediate"),
        ),
        Argument("provision", (int, float), 1.0, "how many seconds a new instance is Pending"),
        Argument("default_network", (bool,), True, "each zone has a VPC and a vSwitch from the start"),
        Argument("ipv6", (bool,), False, "the vSwitches have IPv6 blocks; guests have no IPv6 addresses"),
        Argument(
            "vswitch_prefix",
            (int,),
            13,
            "the network bits of the vSwitch of each zone, 13 to 29: a /29 has 4 addresses for instances",
        ),
        Argument(
            "clock",
            (str,),
            "virtual",
            "region time only moves when the test advances it, or it also follows the real clock",
            choices=("virtual", "hybrid"),
        ),
        Argument("scale", (int, float), 1.0, "region seconds per real second, for a hybrid clock"),
        Argument("unknown", (str,), UNKNOWN.default, UNKNOWN.help, choices=UNKNOWN.choices),
        Argument(
            "seed", (int, str), "from the base seed and the ID of the test", "the seed of the regions of the test", 7
        ),
        Argument("root_image", (str,), "", DOCKER_ROOT.help, "my/service:1"),
        Argument("rules", (object,), None, "a function that makes the rules from an edition"),
        Argument("timings", (object,), None, "durations of guests and hosts, a `substrate.memory.Timings`"),
    )
}
