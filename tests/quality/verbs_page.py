"""The table of docs/control.md, made from the verbs themselves."""

from __future__ import annotations

from typing import Final

from faultzone.control import hosted
from faultzone.control.registry import Verb
from faultzone.control.tables import CONTAINERS, MEMORY
from tests.quality.sources import ROOT

PAGE: Final = ROOT / "docs" / "control.md"
HEAD: Final = "| verb | arguments | needs | what it does |\n|---|---|---|---|\n"


def table() -> str:
    """The head, and a line for each verb that some backend has."""
    verbs = {**CONTAINERS, **MEMORY, **hosted.VERBS}
    own = CONTAINERS.keys() - MEMORY.keys()
    return HEAD + "".join(_line(verb, only_docker=name in own) for name, verb in sorted(verbs.items()))


def _line(verb: Verb, *, only_docker: bool) -> str:
    arguments = ", ".join(
        f"{name if not each.required else f'**{name}**'}: {' or '.join(each.types)}"
        for name, each in verb.parameters.items()
    )
    needs = f"`{verb.capability}`" if verb.capability else ""
    remark = " The docker backend alone." if only_docker else ""
    return f"| `{verb.name}` | {arguments} | {needs} | {verb.summary.replace('|', '&#124;')}{remark} |\n"


if __name__ == "__main__":
    PAGE.write_text(PAGE.read_text("utf-8").partition(HEAD)[0] + table(), "utf-8")
