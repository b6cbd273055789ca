"""In which editions a test of clauses runs, and what a run in several says."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from faultzone import clauses, editions
from faultzone.serve import cloud as hosted

#: A clause of each kind: of all editions, of the first alone, and of the later ones.
TESTS = """
import pytest

clause = pytest.mark.clause

@clause("instance/life-cycle")
@pytest.mark.parametrize("part", ["a"])
def test_always(region, part): region.say = print("region of", region.edition.name)
@clause("assistant/modify-content")
def test_first(region): print("region of", region.edition.name)
@clause("assistant/encodings", "instance/life-cycle")
def test_later(make_region):
    with make_region() as made:
        print("region of", made.edition.name)
@clause("instance/life-cycle")
@pytest.mark.region(edition="2026-10")
def test_pinned(region): print("region of", region.edition.name)
def test_without(region): print("region of", region.edition.name)
"""
EVERY = ["2019-02", "2020-12", "2026-10"]


def ran(result: pytest.RunResult) -> list[tuple[str, str]]:
    """Each test that passed, with the edition of its region, in the order of the run."""
    found, test = [], ""
    for line in result.outlines:
        if "::test_" in line:
            test = line.partition("::test_")[2].split()[0]
        if (begins := line.find("region of ")) >= 0:
            found.append((test, line[begins + 10 :].split()[0]))
    return found


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    pytester.makepyfile(TESTS)
    return pytester.runpytest("-v", "-s", "-p", "no:randomly", *arguments)


def test_without_the_option_a_test_runs_in_the_first_edition_of_its_clauses(pytester: pytest.Pytester) -> None:
    result = run(pytester)
    expected = [("always[a]", "2019-02"), ("first", "2019-02"), ("later", "2020-12"), ("pinned", "2026-10")]
    assert ran(result)[:4] == expected
    result.assert_outcomes(passed=5)


FOLLOWED = """
import faultzone

def test_fixtures(region, make_region): print("region of", region.edition.name)
def test_function(): print("region of", faultzone.make_region().edition.name)
"""


def test_regions_follow_the_newest_complete_edition(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(FOLLOWED)
    result = pytester.runpytest("-v", "-s", "-p", "no:randomly")
    newest = [each.name for each in editions.EDITIONS if each.complete][-1]
    assert ran(result) == [("fixtures", newest), ("function", newest)]
    assert editions.followed() == editions.MANUAL, "the tests of the project are pinned to it, this one too"


@pytest.mark.parametrize("edition", editions.names())
def test_one_line_pins_the_edition_of_each_region(pytester: pytest.Pytester, edition: str) -> None:
    pytester.makepyfile(FOLLOWED)
    pytester.makeini(f"[pytest]\nfaultzone_edition = {edition}\n")
    assert ran(pytester.runpytest("-v", "-s", "-p", "no:randomly")) == [("fixtures", edition), ("function", edition)]
    other = next(each for each in editions.names() if each != edition)
    given = pytester.runpytest("-v", "-s", "-p", "no:randomly", f"--faultzone-edition={other}")
    assert ran(given) == [("fixtures", other), ("function", other)]


def test_a_test_of_clauses_and_what_it_makes_by_itself_are_of_one_edition(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import faultzone, pytest
        @pytest.mark.clause("assistant/modify-content")
        def test_first(): print("region of", faultzone.make_region().edition.name)
        def test_after(): print("region of", faultzone.make_region().edition.name)
    """)
    result = pytester.runpytest("-v", "-s", "-p", "no:randomly")
    assert ran(result) == [("first", "2019-02"), ("after", editions.DEFAULT)]


def test_a_verdict_is_of_the_edition_of_the_region_that_was_judged(pytester: pytest.Pytester) -> None:
    """Also where a fixture of the module, or the test itself, makes it of another than the run asks for."""
    pytester.makepyfile("""
        import pytest
        @pytest.fixture(scope="module")
        def shared(make_region): return make_region(edition="2020-12")
        @pytest.mark.clause("instance/life-cycle")
        def test_it(shared): assert shared.edition.name == "2020-12"
    """)
    result = pytester.runpytest("--faultzone-edition=all")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["edition  *asserted*", "2020-12  * 1 *"], consecutive=True)
    assert not any(line.startswith(("2019-02", "2026-10")) for line in result.outlines)


@pytest.mark.slow
def test_the_line_of_the_manual_runs_each_of_its_clauses(pytester: pytest.Pytester) -> None:
    pytester.makeini(f"[pytest]\nfaultzone_edition = {editions.MANUAL}\n")
    result = pytester.runpytest("-q", "-p", "no:randomly", "--pyargs", "faultzone_specs", "--import-mode=importlib")
    counted = [
        list(map(int, re.findall(r" \d+", line))) for line in result.outlines if re.match(r"[a-z-]+( +\d+){7}$", line)
    ]
    held = [each for each in clauses.load().values() if each.holds_in(editions.MANUAL)]
    untestable = [each for each in held if each.untestable_because is not None]
    columns = [sum(column) for column in zip(*counted, strict=True)]
    assert columns == [len(held) - len(untestable), 0, 0, 0, 0, 0, len(untestable)]
    assert result.ret == 0


def test_in_all_editions_a_test_runs_where_its_clauses_hold_and_the_oldest_comes_first(
    pytester: pytest.Pytester,
) -> None:
    result = run(pytester, "--faultzone-edition=all")
    assert [each for each in ran(result) if each[0] != "without"] == [
        ("always[a-2019-02]", "2019-02"),
        ("first[2019-02]", "2019-02"),
        ("always[a-2020-12]", "2020-12"),
        ("later[2020-12]", "2020-12"),
        ("always[a-2026-10]", "2026-10"),
        ("later[2026-10]", "2026-10"),
        ("pinned[2026-10]", "2026-10"),
    ]
    result.assert_outcomes(passed=8)
    result.stdout.fnmatch_lines(["*clauses by edition*", "edition * asserted *", "2019-02 *", "2020-12 *", "2026-10 *"])


@pytest.mark.parametrize(
    ("edition", "names"), [("2019-02", ["always[a]", "first"]), ("2026-10", ["always[a]", "later", "pinned"])]
)
def test_an_option_leaves_out_the_tests_of_other_editions(
    pytester: pytest.Pytester, edition: str, names: Sequence[str]
) -> None:
    result = run(pytester, f"--faultzone-edition={edition}")
    assert ran(result) == [(name, edition) for name in [*names, "without"]]
    result.assert_outcomes(passed=len(names) + 1, deselected=4 - len(names))


def test_a_marker_is_nearer_than_the_configuration_file(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nfaultzone_edition = 2019-02\n")
    result = run(pytester)
    assert ran(result) == [
        ("always[a]", "2019-02"),
        ("first", "2019-02"),
        ("pinned", "2026-10"),
        ("without", "2019-02"),
    ]
    result.assert_outcomes(passed=4, deselected=1)


def test_the_regions_of_a_test_are_the_same_whether_it_runs_in_one_edition_or_in_all(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest
        @pytest.mark.clause("instance/life-cycle")
        def test_it(region): print("region of", region.run_instances()[0].id)
    """)
    one = pytester.runpytest("-v", "-s", "--faultzone-edition=2020-12")
    every = pytester.runpytest("-v", "-s", "--faultzone-edition=all")
    assert len(ran(every)) == 3
    assert {instance for _, instance in ran(every)} == {instance for _, instance in ran(one)}


def test_a_failure_in_one_edition_says_which_and_how_to_run_it_again(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest
        @pytest.mark.clause("instance/life-cycle")
        def test_it(region): assert region.edition.name != "2020-12"
    """)
    result = pytester.runpytest("--faultzone-edition=all")
    result.assert_outcomes(passed=2, failed=1)
    assert "--faultzone-edition=2020-12" in result.stdout.str()
    assert "deviates in 2020-12: instance/life-cycle - " in result.stdout.str()
    again = pytester.runpytest(
        "test_a_failure_in_one_edition_says_which_and_how_to_run_it_again.py::test_it", "--faultzone-edition=2020-12"
    )
    again.assert_outcomes(failed=1)


@pytest.mark.parametrize(
    ("marks", "says"),
    [
        (
            '@pytest.mark.clause("assistant/modify-content", "assistant/encodings")',
            "*no edition has all of the clauses assistant/modify-content, assistant/encodings: write a test for each *",
        ),
        (
            '@pytest.mark.clause("assistant/encodings")\n@pytest.mark.region(edition="2019-02")',
            "*region(edition='2019-02'): expected an edition that has the clauses of the test, 2020-12 or 2026-10*",
        ),
    ],
)
def test_a_test_that_no_edition_can_run_is_refused(pytester: pytest.Pytester, marks: str, says: str) -> None:
    pytester.makepyfile(f"import pytest\n{marks}\ndef test_it(region): pass\n")
    for option in ("--faultzone-edition=all", "-q"):
        result = pytester.runpytest(option)
        result.assert_outcomes(errors=1)
        result.stdout.fnmatch_lines([says])


@pytest.mark.slow
def test_an_endpoint_is_judged_by_the_edition_that_it_names(pytester: pytest.Pytester) -> None:
    with hosted.endpoint(hosted.Hosted(edition="2020-12")) as served:
        named = run(pytester, f"--faultzone-backend={served.url}", f"--faultzone-token={served.token}")
        assert [each for each in ran(named) if each[0] != "without"] == [("always[a]", "2020-12"), ("later", "2020-12")]
        unknown = run(pytester, f"--faultzone-backend={served.url}")
        assert unknown.ret == pytest.ExitCode.USAGE_ERROR
        unknown.stderr.fnmatch_lines(
            ["*does not say which edition it follows: write --faultzone-edition=2019-02 or 2020-12 or 2026-10*"]
        )
        given = run(pytester, f"--faultzone-backend={served.url}", "--faultzone-edition=2020-12")
        given.assert_outcomes(passed=3, deselected=2)


def test_each_set_of_parameters_has_the_editions_of_its_own_clauses(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest
        clause = pytest.mark.clause
        @pytest.mark.parametrize("part", [
            pytest.param("first", marks=clause("assistant/modify-content")),
            pytest.param("later", marks=clause("assistant/encodings")),
        ])
        def test_it(region, part): print("region of", region.edition.name)
    """)
    result = pytester.runpytest("-v", "-s", "-p", "no:randomly", "--faultzone-edition=all")
    assert ran(result) == [
        ("it[first-2019-02]", "2019-02"),
        ("it[later-2020-12]", "2020-12"),
        ("it[later-2026-10]", "2026-10"),
    ]
    result.assert_outcomes(passed=3)
    one = pytester.runpytest("-v", "-s", "--faultzone-edition=2019-02")
    assert ran(one) == [("it[first]", "2019-02")]
    one.assert_outcomes(passed=1, deselected=1)
