"""What runs the suite on other regions says why it has ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.suite import Suite

pytestmark = pytest.mark.slow


def written(tmp_path: Path, text: str) -> str:
    """A file of tests."""
    file = tmp_path / "test_it.py"
    file.write_text(text, "utf-8")
    return str(file)


def test_tests_that_cannot_be_gathered_are_named(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"ended by itself:\n(?s:.*)test_it\.py(?s:.*)no_such"):
        Suite(written(tmp_path, "import no_such"))


def test_what_breaks_the_run_off_is_told_to_each_who_asks(tmp_path: Path) -> None:
    suite = Suite(written(tmp_path, "import pytest\ndef test_it(): pytest.exit('no more')"))
    for _ in range(2):
        with pytest.raises(AssertionError, match=r"ended by itself:\n(?s:.*)Exit: no more"):
            suite.run(lambda options: None, suite.all)


def test_a_run_goes_on_with_other_tests(tmp_path: Path) -> None:
    suite = Suite(written(tmp_path, "def test_it(): assert 1 == 2"))
    for _ in range(2):
        assert suite.run(lambda options: None, suite.all) == []  # They assert no clause.
    suite.close()
