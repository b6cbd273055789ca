"""Unmodified clients that are told nothing but keys and a region: each does what the table in docs/clients.md has."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any, Final

import pytest

from faultzone import editions
from faultzone.journal import asked
from faultzone.journal.ignored import NOT_SIMULATED
from faultzone.serve import cloud as hosted
from tests.clients.ran import FLOWS, PAGE, Flow, load, page_with, run
from tests.programs.test_program import has_namespaces
from tests.quality.sources import ROOT
from tests.support.patience import PATIENCE

#: Where this is set, a client that is not there is a failure.
REQUIRED: Final = "FAULTZONE_REQUIRE_CLIENTS"
#: Those whose summary is counted again: they ask much, and between them are refused, ignored and not simulated.
COUNTED: Final = ("old_sdk", "footmark", "images")
#: How a step is written, in each language of the programs.
STEP: Final = re.compile(r"""^\s*(@step$|(await )?step[ (]["'])""", re.MULTILINE)
#: An action in the text of a summary, and a code with its count.
LINE: Final = re.compile(r"  (\w+) +(?:(\d+) answered)?(?:, )?(?:\d+ refused \((.*)\))?")
CODE: Final = re.compile(r"([\w.]+) (\d+)")


def _install(flow: Flow) -> None:
    lacking = flow.home.install() if has_namespaces() else "this kernel makes no namespaces here"
    if lacking:
        (pytest.fail if os.environ.get(REQUIRED) else pytest.skip)(lacking)


@pytest.mark.slow
@pytest.mark.clients
@pytest.mark.parametrize("name", FLOWS)
def test_a_client_does_what_it_did(name: str) -> None:
    _install(flow := FLOWS[name])
    before, done = load()[name], run(flow)
    passed = len(done.steps) - len(done.failed)
    assert (passed, done.failed, done.missing) == (before["passed"], before["failed"], before["missing"])


@pytest.mark.slow
@pytest.mark.clients
@pytest.mark.parametrize("name", COUNTED)
def test_a_summary_has_the_numbers_of_the_journal(name: str, tmp_path: Path) -> None:
    _install(flow := FLOWS[name])
    cloud = hosted.Hosted(regions=["cn-hangzhou"], all_regions=True, edition=editions.DEFAULT, clock="hybrid", scale=20)
    try:
        with hosted.endpoint(cloud) as served:
            command = [sys.executable, "-m", "faultzone.cli.main", "run", "--endpoint", served.url, "--", *flow.command]
            environment = {**os.environ, **flow.home.environment}
            subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, timeout=5 * PATIENCE)
        for file in ("asked.json", "asked.txt"):
            asked.write(cloud.summary(), str(tmp_path / file))
        entries = cloud.inner.journal.entries
    finally:
        cloud.close()
    counted: defaultdict[str, Any] = defaultdict(lambda: {"answered": 0, "refused": Counter(), "ignored": set()})
    missing = set()
    for _, _, kind, data in entries:
        if kind in ("call", "read", "refusal") and data.get("action"):
            one = counted[data["action"]]
            one["ignored"] |= {*data.get("ignored", ())}
            if kind == "refusal":
                one["refused"][data["code"]] += 1
                missing |= {data["action"]} if data["code"] in NOT_SIMULATED else set()
            else:
                one["answered"] += 1
    products = json.loads((tmp_path / "asked.json").read_text("utf-8"))["products"]
    told = {action: each for actions in products.values() for action, each in actions.items()}
    assert {
        action: {"answered": each["answered"], "refused": each["refused"], "ignored": {*each["parameters"]["ignored"]}}
        for action, each in told.items()
    } == counted
    assert {action for action, each in told.items() if each["not_simulated"]} == missing
    assert sorted(missing) == [each.partition(" ")[2] for each in load()[name]["missing"]]
    text = (tmp_path / "asked.txt").read_text("utf-8")
    lines = [found for line in text.splitlines() if not line.startswith("   ") and (found := LINE.fullmatch(line))]
    assert {
        found[1]: (int(found[2] or 0), {code: int(count) for code, count in CODE.findall(found[3] or "")})
        for found in lines
    } == {action: (each["answered"], each["refused"]) for action, each in counted.items()}
    assert text.count("not simulated: ") == sum(len(each["not_simulated"]) for each in told.values())


@pytest.mark.parametrize("name", FLOWS)
def test_the_table_has_each_step_of_a_program(name: str) -> None:
    (program,) = [
        path
        for each in FLOWS[name].command
        if (path := ROOT / (each if "/" in each else each.replace(".", "/") + ".py")).is_file() and "clients" in each
    ]
    before = load()[name]
    told = before["passed"] + len(before["failed"])
    assert len(STEP.findall(program.read_text("utf-8"))) == told, f"python -m tests.clients.ran {name} counts anew"


def test_each_client_has_run() -> None:
    assert load().keys() == FLOWS.keys(), "python -m tests.clients.ran runs those that have not"


def test_the_tables_have_what_ran() -> None:
    assert PAGE.read_text("utf-8") == page_with(load()), "python -m tests.clients.ran makes them anew"
