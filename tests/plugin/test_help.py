"""What a user reads who asks pytest what there is."""

from __future__ import annotations

import re

import pytest

from faultzone.backends import CAPABILITIES
from pytest_faultzone.options import OPTIONS


def said(pytester: pytest.Pytester, *arguments: str) -> str:
    text = pytester.runpytest_inprocess(*arguments).stdout.str()
    return re.sub(r"\s+", " ", text)


def test_options_say_what_they_are_for_and_have_a_twin_in_the_configuration_file(pytester: pytest.Pytester) -> None:
    text = said(pytester, "--help")
    assert "faultzone: a cloud region that tests can break" in text
    kinds = {str: "string", int: "int", bool: "bool"}
    for option in OPTIONS:
        assert re.search(rf"{option.flag}\S*( --no-faultzone\S*)?( \[COMPONENT \.\.\.\]')? [a-z]", text), option
        kind = "linelist" if option.several else kinds[type(option.default)]
        assert f"{option.setting} ({kind}):" in text
        assert re.search(rf"{re.escape(option.help)}; the same as {option.flag}", text), option


def test_markers_are_described_with_their_arguments(pytester: pytest.Pytester) -> None:
    text = said(pytester, "--markers")
    for start in (
        "@pytest.mark.region(**shape): ",
        "@pytest.mark.clause(*ids): ",
        "@pytest.mark.needs(*capabilities): ",
    ):
        assert start in text
    needs = text.partition("@pytest.mark.needs")[2].partition("@pytest.mark")[0]
    assert [each for each in CAPABILITIES if each not in needs] == []


def test_fixtures_read_like_documentation(pytester: pytest.Pytester) -> None:
    text = said(pytester, "--fixtures")
    listed = text.partition("fixtures defined from pytest_faultzone.fixtures")[2]
    for name in ("make_region", "region", "ecs", "chaos", "clock", "journal"):
        assert re.search(rf"\b{name}( \[session scope\])? -- \S*fixtures\.py:\d+ [A-Z]", listed), name
    assert "no docstring available" not in listed.partition("fixtures defined from")[0]


def test_the_markers_are_known_to_a_strict_run(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.mark.region(zones=1)
        @pytest.mark.clause("deployment-set/strict-spread")
        @pytest.mark.needs("see-hosts")
        def test_it(region):
            assert len(region.zones) == 1
    """)
    pytester.runpytest_inprocess("--strict-markers", "--strict-config", "-W", "error").assert_outcomes(passed=1)


WHICH = """
    def test_it(region, record_property):
        entry = region.journal.entries[0][3]
        assert (entry["seed"].partition("/")[0], entry["edition"]) == {expected!r}
"""


def test_the_configuration_file_sets_options_and_the_command_line_wins(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nfaultzone_seed = 5\nfaultzone_edition = 2019-02\n")
    pytester.makepyfile(WHICH.format(expected=("5", "2019-02")))
    pytester.runpytest_inprocess().assert_outcomes(passed=1)
    pytester.makepyfile(WHICH.format(expected=("6", "2019-02")))
    pytester.runpytest_inprocess("--faultzone-seed=6").assert_outcomes(passed=1)


def test_a_backend_of_ones_own_answers(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("""
        from faultzone.backends.local import LocalBackend
        from faultzone.region import local_backend

        def pytest_faultzone_backend(config, options):
            made = LocalBackend(options.shapes)
            made.name = "mine"
            return made
    """)
    pytester.makepyfile("""
        import pytest

        @pytest.mark.region(zones=3)
        def test_it(region):
            assert (region.backend.name, len(region.zones)) == ("mine", 3)
    """)
    pytester.runpytest_inprocess().assert_outcomes(passed=1)
