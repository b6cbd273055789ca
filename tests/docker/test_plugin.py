"""The plugin and the suite over containers, and what is said where there are none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from faultzone.substrate.docker.session import Session

pytestmark = [pytest.mark.docker, pytest.mark.slow]

TEST = """
def test_it(region):
    (one,) = region.run_instances(1)
    assert region.control("exec", instance=one.id, script="echo hello")["output"] == "hello\\n"
"""


def test_regions_of_the_plugin_are_real(pytester: pytest.Pytester, hosts: Session) -> None:
    pytester.makepyfile(test_one=TEST, test_two=TEST, test_three=TEST, test_four=TEST)
    done = pytester.runpytest_subprocess("--faultzone-backend=docker", "-n2", "--dist=loadfile")
    done.assert_outcomes(passed=4)


@pytest.mark.parametrize(
    "pattern", ["deployment-set/strict-spread,assistant/output-base64", "instance/identity,recovery/relocates"]
)
def test_chapters_of_the_suite_conform(hosts: Session, pattern: str) -> None:
    command = [sys.executable, "-m", "faultzone.cli.main", "conform", "--backend=docker", f"--clause={pattern}", "-q"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stdout[-4000:]
    assert " passed" in done.stdout


def test_texts_of_the_suite_reach_containers_in_letters_of_other_scripts(hosts: Session, tmp_path: Path) -> None:
    """Names and tags of instances that are real, and of what is theirs."""
    clauses = "deployment-set/describe,assistant/describe-commands,assistant/resource-tag,instance/ordered-names"
    command = [sys.executable, "-m", "faultzone.cli.main", "conform", "-q", "--backend=docker", "--edition=2026-10"]
    command += [f"--clause={clauses}", f"--faultzone-journal={tmp_path}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stdout[-4000:]
    entries = [json.loads(line) for file in tmp_path.rglob("*.ndjson") for line in file.read_text("utf-8").splitlines()]
    asked = [each["parameters"] for each in entries if each.get("kind") == "call"]
    for field in ("InstanceName", "DeploymentSetName", "Name", "Tag", "ResourceTag"):
        said = [str(each[field]) for each in asked if each.get(field)]
        assert said, field
        assert not any(each.isascii() for each in said), (field, said)


@pytest.mark.parametrize("command", [["doctor"], ["sweep"]])
def test_commands_say_what_to_do_where_no_engine_answers(command: list[str]) -> None:
    environment = {**os.environ, "DOCKER_HOST": "unix:///nowhere/docker.sock"}
    done = subprocess.run(
        [sys.executable, "-m", "faultzone.cli.main", *command],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env=environment,
    )
    assert done.returncode in (1, 2)
    assert "no Docker engine answers" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_test_is_not_supported_where_no_engine_answers(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    pytester.makepyfile(TEST)
    done = pytester.runpytest_subprocess("--faultzone-backend=docker", "-rA")
    assert "no Docker engine answers" in done.stdout.str()
    assert "INTERNALERROR" not in done.stdout.str()
    assert done.ret != 3 or "harness-error" in done.stdout.str()
