"""The report of allure-pytest, with what the plugin adds to it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

TESTS = """
    import pytest

    @pytest.mark.clause("deployment-set/strict-spread", "instance/run-starts")
    def test_spread(region):
        assert len(region.run_instances(2, deployment_set=region.create_deployment_set())) == 2

    @pytest.mark.clause("assistant/record-finished")
    def test_says(region):
        instance, = region.run_instances(1)
        region.run_command("echo hello", on=instance)

    def test_fails(region):
        region.run_instances(1)
        assert region.instances == []

    @pytest.mark.parametrize("number", [1, 2])
    def test_without_a_region(number):
        assert number
"""


def run(pytester: pytest.Pytester, folder: str, *options: str) -> dict[str, dict[str, Any]]:
    """The results of a run by the test's name, with the text of their attachments."""
    pytester.runpytest_subprocess(f"--alluredir={folder}", *options).assert_outcomes(passed=4, failed=1)
    found = {}
    for path in Path(pytester.path / folder).glob("*-result.json"):
        result = json.loads(path.read_text("utf-8"))
        result["texts"] = {
            each["name"]: (path.parent / each["source"]).read_text("utf-8") for each in result.get("attachments", ())
        }
        found[result["name"]] = result
    return found


def labels(result: dict[str, Any], name: str) -> list[str]:
    return [each["value"] for each in result["labels"] if each["name"] == name]


@pytest.mark.slow
def test_a_result_has_clauses_steps_and_attachments(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(TESTS)
    found = run(pytester, "report")
    spread, says, fails = found["test_spread"], found["test_says"], found["test_fails"]
    assert labels(spread, "epic") == ["faultzone"]
    assert labels(spread, "feature") == ["deployment-set", "instance"]
    assert labels(spread, "story") == ["deployment-set/strict-spread", "instance/run-starts"]
    assert any("CreateDeploymentSet" in step["name"] for step in spread["steps"])
    assert sum(name.startswith("timeline of i-") for name in spread["texts"]) == 2
    assert "hello" in says["texts"]["guest output"]
    journal = [json.loads(line) for line in fails["texts"]["journal.ndjson"].splitlines()]
    assert [each["n"] for each in journal] == list(range(len(journal)))
    assert fails["texts"]["timeline.svg"].startswith("<svg ")
    report = fails["texts"]["call: what explains the failure"]
    assert re.match(r"E   AssertionError: assert \[Instance\('(i-\w+)'\)\] == \[\]\nE     only left: \1\n", report)
    assert "\nagain     pytest test_a_result" in report
    assert not any("explains" in name for name in spread["texts"])
    bare = found["test_without_a_region[1]"]
    assert labels(bare, "epic") == []
    assert "steps" not in bare


def as_set(found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What must be equal in two runs of the same tests."""
    return {
        name: (
            each["historyId"],
            each["status"],
            [step["name"] for step in each.get("steps", ())],
            each["texts"],
            sorted(
                (label["name"], label["value"]) for label in each["labels"] if label["name"] not in ("host", "thread")
            ),
        )
        for name, each in found.items()
    }


@pytest.mark.slow
def test_several_workers_report_the_same(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(TESTS)
    alone = run(pytester, "alone", "-p", "xdist", "-n", "0")
    assert as_set(run(pytester, "shared", "-p", "xdist", "-n", "2")) == as_set(alone)


@pytest.mark.slow
def test_history_follows_clause_and_backend_but_not_the_file(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(TESTS)
    here = {name: each["historyId"] for name, each in run(pytester, "here").items()}
    for path in pytester.path.glob("test_*.py"):
        path.unlink()
    pytester.makepyfile(test_moved=TESTS)
    moved = {name: each["historyId"] for name, each in run(pytester, "moved").items()}
    assert {name for name in here if here[name] == moved[name]} == {"test_spread", "test_says"}
    elsewhere = run(pytester, "elsewhere", "--faultzone-backend=wrong:publishes-calmly")
    assert {name for name in here if moved[name] == elsewhere[name]["historyId"]} == {*here} - {
        "test_spread",
        "test_says",
    }


@pytest.mark.slow
def test_nothing_of_allure_is_imported_where_it_is_not_asked_for(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import sys

        def test_it(region):
            assert "pytest_faultzone.allure" not in sys.modules
    """)
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


@pytest.mark.slow
def test_attachments_are_their_owners_alone(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        def test_it(region):
            region.run_instances(1, Password="Hunter2-4711", UserData="aHVudGVyMg==")
            assert region.instances == []
        """
    )
    pytester.runpytest_subprocess("--alluredir=out")
    attached = [path for path in (pytester.path / "out").iterdir() if "-attachment" in path.name]
    ours = [path for path in attached if "RunInstances" in path.read_text("utf-8")]
    assert ours
    assert {oct(path.stat().st_mode & 0o777) for path in ours} == {"0o600"}
    texts = "".join(path.read_text("utf-8") for path in (pytester.path / "out").iterdir())
    assert "Hunter2-4711" not in texts.replace('Password=\\"Hunter2-4711\\"', "").replace('Password="Hunter2-4711"', "")
