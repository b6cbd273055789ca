"""A backend of somebody else's, who wrote `call`, `control` and `close` alone, found in either way and judged."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from faultzone import editions

#: It answers as a region does, in real time; asked for as `mine:wrong`, it has no deployment set to show.
MINE = """
from faultzone.backends.options import CloudOptions, local_backend
from faultzone.backends.registry import Kind

class Mine:
    def __init__(self, cloud, shows):
        self.inner, self.shows = local_backend(cloud._replace(clock="hybrid", scale=600)), shows

    def call(self, action, parameters, *, product="ecs", account=None):
        answer = self.inner.call(action, parameters, product=product, account=account)
        return answer if self.shows else {**answer, "DeploymentSets": {"DeploymentSet": []}, "TotalCount": 0}

    def control(self, verb, arguments):
        raise NotImplementedError

    def close(self):
        self.inner.close()

def make(options):
    return Mine(options.cloud, options.detail != "wrong")

class Lasting(Mine):
    outlives_tests = True

    def __init__(self, options):
        super().__init__(options.cloud, True)
        with open("made.txt", "a") as file:
            file.write("made ")

class Shaped(Lasting):
    # It can be made anew, of any edition.

    capabilities = frozenset({"shape-region"})

    def control(self, verb, arguments):
        assert verb == "reset", verb
        self.inner.close()
        self.inner = local_backend(CloudOptions.of(**arguments)._replace(clock="hybrid", scale=600))
        return {}

lasting = Kind(Lasting, lambda options: None, lasts=True)
shaped = Kind(Shaped, lambda options: None, lasts=True, follows_any_edition=True)
away = Kind(make, lambda options: None, look=lambda options: "It is away till noon.")
"""
HOOK = """
from mine import Mine

def pytest_faultzone_backend(config, options):
    return Mine(options, True)
"""
ENTRIES = """
[faultzone.backends]
mine = mine:make
lasting = mine:lasting
shaped = mine:shaped
away = mine:away
"""
CLAUSE = "deployment-set/describe"


def conform(path: Path, *arguments: str) -> tuple[int, str]:
    (path / "mine.py").write_text(MINE)
    (path / "hook.py").write_text(HOOK)
    about = path / "mine-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(ENTRIES)
    command = [sys.executable, "-m", "faultzone.cli.main", "conform", "-q", "--clause", CLAUSE, *arguments]
    ran = subprocess.run(
        command, cwd=path, env={"PYTHONPATH": str(path), "PATH": ""}, capture_output=True, text=True, check=False
    )
    return ran.returncode, ran.stdout + ran.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("chosen", "rows"),
    [(("--backend=mine",), ["deployment-set"]), (("-p", "hook"), list(editions.names()))],
    ids=["entry-point", "hook"],
)
def test_the_suite_judges_it(tmp_path: Path, chosen: tuple[str, ...], rows: list[str]) -> None:
    status, output = conform(tmp_path, *chosen)
    assert status == 0, output
    counts = {words[0]: words[1:4] for line in output.splitlines() if (words := line.split())}
    assert [counts.get(row) for row in rows] == [["1", "0", "0"]] * len(rows), output


@pytest.mark.slow
def test_the_suite_finds_out_what_is_wrong_with_it(tmp_path: Path) -> None:
    status, output = conform(tmp_path, "--backend=mine:wrong")
    assert status == 1, output
    row = next(line for line in output.splitlines() if line.startswith("deployment-set "))
    assert row.split()[1:4] == ["0", "1", "0"], output


@pytest.mark.slow
def test_a_name_that_nobody_has_lists_it(tmp_path: Path) -> None:
    status, output = conform(tmp_path, "--backend=yours")
    assert status == 4
    assert "unknown backend 'yours': expected 'memory', 'docker', 'wrong:NAME'," in output
    assert "the URL of an endpoint, 'away', 'lasting', 'mine' or 'shaped'" in output


@pytest.mark.slow
def test_one_that_outlives_tests_serves_the_whole_run(tmp_path: Path) -> None:
    status, output = conform(tmp_path, "--backend=lasting", "--edition=2020-12")
    assert (status, (tmp_path / "made.txt").read_text()) == (0, "made "), output
    assert "2 passed" in output


@pytest.mark.slow
def test_one_that_outlives_tests_serves_all_editions(tmp_path: Path) -> None:
    status, output = conform(tmp_path, "--backend=shaped")
    assert (status, (tmp_path / "made.txt").read_text()) == (0, "made "), output
    counts = {words[0]: words[1:4] for line in output.splitlines() if (words := line.split())}
    assert [counts.get(each) for each in editions.names()] == [["1", "0", "0"]] * len(editions.names()), output


@pytest.mark.slow
def test_nothing_is_known_of_one_that_is_away(tmp_path: Path) -> None:
    status, output = conform(tmp_path, "--backend=away")
    assert status == 3, output
    assert "It is away till noon." in output
