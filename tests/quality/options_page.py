"""docs/options.md, made from the options themselves: `python -m tests.quality.options_page` makes it anew."""

from __future__ import annotations

from typing import Any, Final

from faultzone.backends import CAPABILITIES
from pytest_faultzone.options import ARGUMENTS, OPTIONS, Argument, Option, written
from tests.quality.sources import ROOT

PAGE: Final = ROOT / "docs" / "options.md"

_HEAD: Final = """\
# Options and markers

Each option is also a setting in the configuration file of pytest: `--faultzone-docker-base=IMAGE` is
`faultzone_docker_base`. The command line overrides the file, and a marker overrides both for its test. Write a
boolean option as `--faultzone-docker-plain` or `--no-faultzone-docker-plain`. This page is generated from the table
in the plugin.

| option | default | meaning |
|---|---|---|
"""
_REGION: Final = """
## The marker `region`

`@pytest.mark.region(zones=3, hosts_per_zone=4)` sets the shape of the region of a test. `make_region(...)` takes the
same arguments. A marker on a class or a module applies to all its tests. For each argument, the marker nearest to the
test applies. An unknown argument or an invalid value stops the run before its first test.

| argument | type | default | meaning |
|---|---|---|---|
"""
_OTHERS: Final = """
## The markers `clause` and `needs`

`@pytest.mark.clause("deployment-set/strict-spread")` names the clauses that a test asserts. The test gives a
[verdict](verdicts.md) on them. [clauses.md](clauses.md) lists all clauses.

`@pytest.mark.needs("see-hosts")` names the capabilities that a test needs. If the backend lacks one, the test is
skipped as not-supported.

| capability | the backend lets a test |
|---|---|
"""


def page() -> str:
    """The text of the page."""
    options = "".join(map(_option, OPTIONS))
    arguments = "".join(map(_argument, ARGUMENTS.values()))
    capabilities = "".join(f"| `{name}` | {meaning} |\n" for name, meaning in CAPABILITIES.items())
    return _HEAD + options + _REGION + arguments + _OTHERS + capabilities


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _option(option: Option[Any]) -> str:
    given = "" if isinstance(option.default, bool) else f"={'|'.join(option.choices) or option.shows}"
    besides = f"; for one test `region({option.argument}=...)`" if option.argument else ""
    return f"| `{_cell(option.flag + given)}` | {_default(option.default)} | {_cell(option.help + besides)} |\n"


def _argument(argument: Argument) -> str:
    takes = " or ".join(f"`{each!r}`" for each in argument.choices) or argument.takes
    return f"| `{argument.name}` | {takes} | {_value(argument.default)} | {_cell(argument.help)} |\n"


def _default(default: object) -> str:
    shown = written(default)
    return shown if shown in ("none", "yes", "no") else f"`{shown}`"


def _value(default: object) -> str:
    shown = str(default) if " " in str(default) else f"`{default!r}`"
    return "none" if default in ("", None) else shown


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
