"""What is installed is what is in the tree."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.quality.sources import PACKAGES, ROOT, files_under
from tests.support.patience import PATIENCE


@pytest.mark.slow
def test_the_wheel_has_three_packages_with_their_data(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=2 * PATIENCE)
    (wheel,) = tmp_path.iterdir()
    packed = {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}
    written = {
        f"{package}/{path.relative_to(directory).as_posix()}"
        for package, directory in PACKAGES.items()
        for path in files_under(directory)
    }
    assert packed == written
    assert {f"{package}/py.typed" for package in PACKAGES} <= packed


def test_pytest_finds_the_plugin() -> None:
    (plugin,) = entry_points(group="pytest11", name="faultzone")
    assert plugin.value == "pytest_faultzone.plugin"


def test_the_command_is_the_harness_s() -> None:
    (command,) = entry_points(group="console_scripts", name="faultzone")
    assert command.value == "faultzone.cli.main:main"
