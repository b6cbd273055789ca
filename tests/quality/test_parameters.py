"""No parameter acts that nobody tries: some test that speaks of its action gives it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from faultzone.api.request import Parameter
from faultzone.cli.actions import implemented
from tests.quality.sources import ROOT, files_under

_WORD: Final = re.compile(r"\w+")
#: What stands for an action in tests that call it by a short way.
_SHORT: Final = {
    "RunInstances": "run_instances",
    "CreateInstance": "create_instance",
    "CreateDeploymentSet": "create_deployment_set",
}
#: What tests/api/test_ways_of_requests.py tries of every action that declares it.
_EVERYWHERE: Final = {"DryRun"}
#: The table that gives each parameter some value, whatever it does.
_GIVEN_ANYHOW: Final = "requests.toml"


def acting(parameters: dict[str, Parameter], before: str = "") -> Iterator[str]:
    """The names of parameters and of their fields that do something in some edition."""
    for name, each in parameters.items():
        # A second way to write a name is no parameter of its own.
        if name != each.name or each.refused or (each.inert is not None and each.acts is None):
            continue
        yield f"{before}{name}"
        yield from acting(dict(each.fields or {}), f"{before}{name}.")


def test_each_acting_parameter_is_given_by_a_test_of_its_action() -> None:
    files = [
        path
        for folder in ("tests", "specs")
        for path in files_under(ROOT / folder)
        if path.suffix in (".py", ".toml") and path.name != _GIVEN_ANYHOW
    ]
    spoken = [{*_WORD.findall(path.read_text("utf-8"))} for path in files]
    untried = {}
    for action, request in implemented().items():
        if action != request.__name__:
            continue
        names = {action, _SHORT.get(action, action)}
        given = _EVERYWHERE.union(*(words for words in spoken if names & words))
        if left := [name for name in acting(dict(request.parameters)) if name.rpartition(".")[2] not in given]:
            untried[action] = left
    assert untried == {}, "give each in a test that would fail if it did nothing"
