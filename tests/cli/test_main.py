"""What the command itself says."""

from __future__ import annotations

from importlib.metadata import version

import pytest

from faultzone.cli.main import main


def test_the_command_shows_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"{version('pytest-faultzone')}\n"
