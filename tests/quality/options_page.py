"""docs/options.md, made from the options themselves: `python -m tests.quality.options_page` makes it anew."""

from __future__ import annotations

import ast
from typing import Any, Final

from faultzone.backends import CAPABILITIES
from faultzone.backends.docker import LACKS
from pytest_faultzone.options import ARGUMENTS, OPTIONS, Argument, Option, written
from tests.quality.sources import ROOT, tree

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
_LACKS: Final = """
The backend `docker` does not run {without} test functions of the suite: it lacks what they need. A test can need
several capabilities.

| capability | tests that need it | why containers do not have it |
|---|---|---|
"""


def page() -> str:
    """The text of the page."""
    options = "".join(map(_option, OPTIONS))
    arguments = "".join(map(_argument, ARGUMENTS.values()))
    capabilities = "".join(f"| `{name}` | {meaning} |\n" for name, meaning in CAPABILITIES.items())
    return _HEAD + options + _REGION + arguments + _OTHERS + capabilities + _left_out()


def _left_out() -> str:
    """What containers lack, why, and how many tests of the suite they do not run for it. Where a number rises, the
    changelog says why."""
    tests: list[set[str]] = []
    for path in sorted((ROOT / "specs" / "faultzone_specs").glob("test_*.py")):
        body = tree(path).body
        of_all = set().union(*(_named(each.value) for each in body if isinstance(each, ast.Assign)))
        tests += [
            of_all | set().union(*map(_named, each.decorator_list))
            for each in body
            if isinstance(each, ast.FunctionDef) and each.name.startswith("test_")
        ]
    rows = "".join(f"| `{name}` | {sum(name in each for each in tests)} | {why} |\n" for name, why in LACKS.items())
    without = sum(bool(each & LACKS.keys()) for each in tests)
    return _LACKS.format(without=without) + rows


def _named(value: ast.expr) -> set[str]:
    """The capabilities that a mark, or what has marks, names."""
    marks = [each for each in ast.walk(value) if isinstance(each, ast.Call) and ast.unparse(each.func) == "needs"]
    return {str(each.value) for mark in marks for each in mark.args if isinstance(each, ast.Constant)}


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
