"""What unmodified clients can do with a region that they take for the cloud, and its tables in docs/clients.md.

`python -m tests.clients.ran [FLOW ...]` runs all, or those that are named, and writes both anew. It installs what is
not there, below `.venv`; the environment itself is that of `scripts/stage clients`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

from tests.clients.homes import Debian, Environment, Here, Home, Machine, Modules
from tests.quality.sources import ROOT
from tests.support.patience import PATIENCE

RAN: Final = ROOT / "tests" / "clients" / "ran.json"
PAGE: Final = ROOT / "docs" / "clients.md"
BEGINS: Final = "<!-- What ran: `python -m tests.clients.ran` makes what follows, up to the next heading. -->\n"
_PROGRAMS: Final = "tests/clients/programs"


@dataclass(frozen=True)
class Flow:
    """A program that uses a client.

    Args:
        client: its name, as where it comes from has it.
        does: what the flow is about.
        command: the program.
        home: where the client is installed.
        options: of `faultzone run`.
    """

    client: str
    does: str
    command: Sequence[str]
    home: Home
    options: Sequence[str] = ()


class Done(NamedTuple):
    """What a flow did.

    Attributes:
        steps: of each, whether it went well.
        missing: the products and actions that it asked for and that are not simulated.
    """

    steps: dict[str, bool]
    missing: list[str]

    @property
    def failed(self) -> list[str]:
        """The steps that did not go well."""
        return [step for step, went in self.steps.items() if not went]


def _python(name: str, interpreter: str = sys.executable) -> list[str]:
    return [interpreter, "-W", "ignore", "-m", f"tests.clients.programs.{name}"]


_ECS: Final = ("aliyun-python-sdk-core==2.16.0", "aliyun-python-sdk-ecs==4.24.83")
_RAY: Final = Environment("ray", ("ray==2.60.0", *_ECS))
_NODE: Final = Modules()
_IMAGES: Final = Environment("images", ("aliyun-img-utils==2.6.0", *_ECS))
_NETWORKS: Final = Environment("networks", ("alibabacloud-vpc20160428==7.2.2", "alibabacloud-cms20190101==4.0.10"))

FLOWS: Final = {
    "old_sdk": Flow("aliyun-python-sdk-ecs", "the life of two instances", _python("old_sdk"), Here("aliyunsdkecs")),
    "new_sdk": Flow(
        "alibabacloud-ecs20140526", "instances and a command", _python("new_sdk"), Here("alibabacloud_ecs20140526")
    ),
    "new_sdk_async": Flow(
        "alibabacloud-ecs20140526", "async calls at once", _python("new_sdk_async"), Here("alibabacloud_ecs20140526")
    ),
    "credentials": Flow(
        "alibabacloud-credentials",
        "keys of an instance's role",
        _python("credentials"),
        Here("alibabacloud_credentials"),
        ("--role", "web"),
    ),
    "node_ecs": Flow("@alicloud/ecs20140526", "instances and a command", ["node", f"{_PROGRAMS}/node_ecs.js"], _NODE),
    "node_pop": Flow("@alicloud/pop-core", "a deployment set", ["node", f"{_PROGRAMS}/node_pop.js"], _NODE),
    "libcloud": Flow(
        "apache-libcloud",
        "the life of a node",
        _python("libcloud_ecs"),
        Here("libcloud"),
        # It starts a node as soon as it is made, though that is Pending for a second: here for a millisecond.
        ("--edition", "2026-10", "--scale", "1000"),
    ),
    "footmark": Flow(
        "footmark", "the life of an instance", _python("footmark_ecs"), Here("footmark"), ("--edition", "2026-10")
    ),
    "ray": Flow("ray", "nodes of a cluster", _python("ray_nodes", _RAY.python), _RAY, ("--edition", "2026-10")),
    "networks": Flow(
        "alibabacloud-vpc20160428",
        "a network, and with alibabacloud-cms20190101 a rule for events",
        _python("networks", _NETWORKS.python),
        _NETWORKS,
    ),
    "images": Flow("aliyun-img-utils", "an image in three regions", _python("images", _IMAGES.python), _IMAGES),
    "cloud_init": Flow(
        "cloud-init",
        "an instance's own data",
        _python("cloud_init"),
        Debian("cloud-init", "configobj"),
        ("--instance",),
    ),
    "curl": Flow("curl", "names and trust", ["sh", f"{_PROGRAMS}/trust.sh", "curl", "-fsS"], Machine("curl")),
    "wget": Flow("wget", "names and trust", ["sh", f"{_PROGRAMS}/trust.sh", "wget", "-qO-"], Machine("wget")),
    "node": Flow("node", "names and trust, by fetch", ["node", f"{_PROGRAMS}/fetch.js"], Machine("node")),
    "java": Flow("java", "names and trust, by HttpClient", ["java", f"{_PROGRAMS}/Trust.java"], Machine("java")),
    "go": Flow(
        "go", "names and trust, by net/http", ["go", "run", f"{_PROGRAMS}/trust.go"], Machine("go", asks="version")
    ),
}

#: What does not run here, and why.
ABSENT: Final = {
    "alibaba-cloud-ops-mcp-server 0.9.27": "it ends at its start: it reads the API's description from api.aliyun.com",
    "prowler 5.46": "it needs the SDKs of a dozen other clouds",
    "`aliyun`, the command line": "its releases are on GitHub alone",
    "Terraform's provider `alicloud`": "its releases are in Terraform's registry alone",
    "Ansible's collection `alibaba.alicloud`": "it is in Ansible's registry alone; `footmark`, which it uses, runs",
    "krkn, chaosblade": "their releases are on GitHub alone",
    "salt 3006": "its driver for this cloud does not run on Python 3",
}


def run(flow: Flow) -> Done:
    """Run it through `faultzone run` alone."""
    with TemporaryDirectory() as folder:
        asked = Path(folder, "asked.json")
        command = [sys.executable, "-m", "faultzone.cli.main", "run", "--scale", "20", "--summary", str(asked)]
        command += [*flow.options, "--", *flow.command]
        environment = {**os.environ, **flow.home.environment}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=5 * PATIENCE)
        steps = [line.partition(" ") for line in done.stdout.splitlines() if line[:3] in ("ok ", "no ")]
        assert steps, done.stdout + done.stderr
        for word, _, text in steps:
            if word == "no":
                print(f"  no {text}", flush=True)
        products = json.loads(asked.read_text("utf-8"))["products"]
    missing = [
        f"{product} {action}"
        for product, actions in products.items()
        for action, told in actions.items()
        if told["not_simulated"]
    ]
    return Done({text.partition(": ")[0]: word == "ok" for word, _, text in steps}, missing)


def load() -> dict[str, Any]:
    """What ran at last, by flow."""
    found: dict[str, Any] = json.loads(RAN.read_text("utf-8"))
    return found


def render(ran: dict[str, Any]) -> str:
    """The tables."""
    lines = ["| client | version | flow | steps | date |", "|---|---|---|---|---|"]
    for name, flow in FLOWS.items():
        if (one := ran.get(name)) is not None:
            told = f"{one['passed']} of {one['passed'] + len(one['failed'])}"
            told += f"; not: {', '.join(one['failed'])}" if one["failed"] else ""
            told += f"; not simulated: {', '.join(one['missing'])}" if one["missing"] else ""
            lines.append(f"| {flow.client} | {one['version']} | {flow.does} | {told} | {one['date']} |")
    lines += ["", "Others do not run there, where clients come from PyPI, npm and Debian:", ""]
    lines += ["| client | reason |", "|---|---|"]
    lines += [f"| {client} | {reason} |" for client, reason in ABSENT.items()]
    return "\n".join(lines) + "\n\n"


def page_with(ran: dict[str, Any]) -> str:
    """The page with these tables in the place of its own."""
    before, _, after = PAGE.read_text("utf-8").partition(BEGINS)
    _, heading, rest = after.partition("## ")
    return f"{before}{BEGINS}{render(ran)}{heading}{rest}"


def main(names: Sequence[str]) -> None:
    """Run them, and write what they could do."""
    ran = load() if RAN.exists() else {}
    for name, flow in FLOWS.items():
        if names and name not in names:
            continue
        if lacking := flow.home.install():
            print(f"{name}: {lacking}", flush=True)
            continue
        done = run(flow)
        passed = len(done.steps) - len(done.failed)
        print(f"{name}: {passed} of {len(done.steps)}", flush=True)
        date = datetime.now(UTC).strftime("%Y-%m-%d")
        told = {"passed": passed, "failed": done.failed, "missing": done.missing, "date": date}
        ran[name] = {"version": flow.home.version(flow.client), **told}
    RAN.write_text(json.dumps(ran, indent=2) + "\n", "utf-8")
    PAGE.write_text(page_with(ran), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
