"""What the command itself says."""

from __future__ import annotations

from importlib.metadata import version

import pytest

from faultzone import clauses, editions
from faultzone.cli.main import main


def test_the_command_shows_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"{version('pytest-faultzone')}\n"


@pytest.mark.slow  # It imports all wrong regions.
def test_wrong_regions_are_counted_by_edition(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["wrong"]) == 0
    said = capsys.readouterr()
    of_each = [clauses.get(line.split()[1]) for line in said.out.splitlines()]
    assert said.err.startswith(f"{len(of_each)} wrong regions, ")
    for name in editions.names():
        assert f"{sum(each.holds_in(name) for each in of_each)} in {name}" in said.err
