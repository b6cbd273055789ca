"""Clauses at which a backend is known to depart from the manual: what is expected, and what is never excused."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest

from faultzone.verdicts.departures import parse
from tests.plugin.test_verdicts import BODIES, CLAUSE, HEAD, LAUNCH, STACKING, Reports

OTHER = "deployment-set/zone-limit"
ENTRY = f'["{CLAUSE}"]\nreason = "No spread yet: BUG-1."\n'
BOTH = 'verdicts = ["deviates", "not-implemented"]\n'
TODAY = date(2027, 1, 31)


def suite(pytester: pytest.Pytester, *bodies: str) -> None:
    """Tests of the one clause, the n-th with the n-th body."""
    tests = "\n".join(f"def test_{n}():\n    {body}\n" for n, body in enumerate(bodies))
    pytester.makepyfile(test_suite=HEAD + tests)


def run(pytester: pytest.Pytester, entries: str, *arguments: str) -> pytest.RunResult:
    """A run that expects these departures."""
    (pytester.path / "known.toml").write_text(entries, "utf-8")
    return pytester.runpytest_inprocess("--faultzone-departures=known.toml", *arguments)


@pytest.mark.parametrize("body", BODIES["deviates"])
def test_what_is_expected_to_deviate_is_xfailed_and_counts_as_deviating(pytester: pytest.Pytester, body: str) -> None:
    suite(pytester, body, "pass")
    result = run(pytester, ENTRY, "-rx")
    result.assert_outcomes(xfailed=1, passed=1)
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            "deployment-set * 0 * 1 * 0 *",
            f"deviates as expected: {CLAUSE} - No spread yet: BUG-1.",
            "expected departures: 1",
            f"XFAIL test_suite.py::test_0 - {CLAUSE}: No spread yet: BUG-1.*",
        ]
    )


@pytest.mark.parametrize("verdict", ["inconclusive", "not-implemented", "not-undone", "harness-error"])
def test_nothing_else_is_excused(pytester: pytest.Pytester, verdict: str) -> None:
    suite(pytester, "assert 1 == 2", BODIES[verdict][0])
    result = run(pytester, ENTRY)
    result.assert_outcomes(xfailed=1, failed=1)
    assert result.ret == (3 if verdict in ("not-undone", "harness-error") else 1)


def test_a_departure_excuses_no_trouble_after_the_test(pytester: pytest.Pytester) -> None:
    trouble = "@pytest.fixture(autouse=True)\ndef trouble():\n    yield\n    raise KeyError(1)\n"
    pytester.makepyfile(f"{HEAD}\n{trouble}\ndef test_it():\n    assert 1 == 2\n")
    result = run(pytester, ENTRY)
    result.assert_outcomes(xfailed=1, errors=1)
    assert result.ret == 3


def test_a_missing_action_is_expected_if_the_entry_says_so(pytester: pytest.Pytester) -> None:
    suite(pytester, *BODIES["not-implemented"], "assert 1 == 2")
    result = run(pytester, ENTRY + BOTH)
    result.assert_outcomes(xfailed=2)
    assert result.ret == 0
    result = run(pytester, ENTRY)
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            f"excused?  no: known.toml: '{CLAUSE}' excuses deviates, not not-implemented",
            f"deviates: {CLAUSE} - *",
            "expected departures: 0",
            f"known.toml: '{CLAUSE}' excuses deviates, not not-implemented",
        ]
    )


def test_an_entry_that_has_expired_excuses_nothing_and_is_named(pytester: pytest.Pytester) -> None:
    suite(pytester, "assert 1 == 2")
    result = run(pytester, ENTRY + "until = 2020-02-29")
    result.assert_outcomes(failed=1)
    assert result.ret == 1
    says = f"known.toml: '{CLAUSE}' has expired on 2020-02-29 and excuses nothing since"
    result.stdout.fnmatch_lines([f"excused?  no: {says}", f"deviates: {CLAUSE} - *", says])
    run(pytester, ENTRY + "until = 9999-12-31").assert_outcomes(xfailed=1)


@pytest.mark.parametrize("until", [date(2027, 1, 30), TODAY])
def test_an_entry_holds_until_its_day_is_over(until: date) -> None:
    (entry,) = parse(f"{ENTRY}until = {until}", "known.toml", TODAY)
    assert (entry.objection("deviates") is None) == (until == TODAY)


@pytest.mark.parametrize("until", ["", "until = 2020-02-29"])
def test_what_is_expected_to_depart_and_conforms_fails_the_run(pytester: pytest.Pytester, until: str) -> None:
    suite(pytester, "pass", *BODIES["not-supported"])
    result = run(pytester, ENTRY + until)
    result.assert_outcomes(passed=1, skipped=2)
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        ["expected departures: 0", f"known.toml: '{CLAUSE}' is expected to depart and conforms: take the entry out"]
    )


@pytest.mark.parametrize(
    "part", [("-k", "test_0"), ("test_suite.py::test_0",), ("--deselect", "test_suite.py::test_1")]
)
def test_a_part_of_its_tests_does_not_tell_that_a_clause_conforms(
    pytester: pytest.Pytester, part: tuple[str, ...]
) -> None:
    suite(pytester, "pass", "assert 1 == 2")
    result = run(pytester, ENTRY, *part)
    assert (result.parseoutcomes()["passed"], result.ret) == (1, 0)


def test_an_entry_that_no_test_could_try_is_left_alone(pytester: pytest.Pytester) -> None:
    suite(pytester, *BODIES["not-supported"])
    result = run(pytester, f'{ENTRY}\n["billing/*"]\nreason = "No billing."')
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR, "nothing was asserted"
    result.stdout.no_fnmatch_line("*take the entry out*")


def test_a_pattern_covers_clauses_and_is_stale_once_all_conform(pytester: pytest.Pytester) -> None:
    suite(pytester, "assert 1 == 2", f"pass\n\n@pytest.mark.clause({OTHER!r})\ndef test_other(): pass")
    pattern = '["deployment-set/*"]\nreason = "No sets."'
    result = run(pytester, pattern, "--faultzone-clause=deployment-set/*")
    result.assert_outcomes(xfailed=1, passed=2)
    assert result.ret == 0
    result.stdout.fnmatch_lines([f"deviates as expected: {CLAUSE} - No sets."])
    suite(pytester, "pass")
    assert run(pytester, pattern).ret == 1


def test_a_clause_that_departs_unexpectedly_beside_an_expected_one_is_told_apart(pytester: pytest.Pytester) -> None:
    suite(pytester, "assert 1 == 2", f"pass\n\n@pytest.mark.clause({OTHER!r})\ndef test_other(): assert 1 == 2")
    entry = ENTRY.replace(CLAUSE, OTHER)
    result = run(pytester, entry)
    result.assert_outcomes(xfailed=1, failed=1, passed=1)
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [f"deviates: {CLAUSE} - *", f"deviates as expected: {OTHER} - *", "expected departures: 1"]
    )


def test_checkers_that_are_violated_depart_as_well(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(STACKING)
    pytester.makepyfile(LAUNCH)
    result = run(pytester, ENTRY.replace(CLAUSE, "deployment-set/strategy"))
    result.assert_outcomes(passed=1, xfailed=1)
    assert result.ret == 0


def test_the_configuration_file_names_one_beside_it(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    pytester.makeini("[pytest]\nfaultzone_departures = known.toml")
    suite(pytester, "assert 1 == 2")
    (pytester.path / "known.toml").write_text(ENTRY, "utf-8")
    monkeypatch.chdir(pytester.mkdir("below"))
    assert pytester.runpytest_inprocess("..").ret == 0


@pytest.mark.slow
def test_workers_expect_the_same(pytester: pytest.Pytester) -> None:
    suite(pytester, "assert 1 == 2", *["pass"] * 3)
    result = run(pytester, ENTRY, "-n2")
    result.assert_outcomes(xfailed=1, passed=3)
    assert result.ret == 0
    result.stdout.fnmatch_lines([f"deviates as expected: {CLAUSE} - No spread yet: BUG-1.", "expected departures: 1"])
    suite(pytester, *["pass"] * 4)
    result = run(pytester, ENTRY, "-n2")
    assert result.ret == 1
    result.stdout.fnmatch_lines([f"known.toml: '{CLAUSE}' is expected to depart and conforms: take the entry out"])


@pytest.mark.slow
@pytest.mark.parametrize("edition", ["2019-02", "2020-12"])
def test_a_file_that_a_run_wrote_makes_the_next_one_green(tmp_path: Path, edition: str) -> None:
    def conform(*arguments: str) -> subprocess.CompletedProcess[str]:
        chosen = ["--backend=wrong:eight-in-a-zone", "--clause=deployment-set/*", f"--faultzone-edition={edition}"]
        command = [sys.executable, "-m", "faultzone.cli.main", "conform", "-q", *chosen, *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    first = conform("--faultzone-departures-write=known.toml")
    known = tmp_path / "known.toml"
    assert (first.returncode, '["deployment-set/zone-limit"]' in known.read_text("utf-8")) == (1, True), first.stdout
    assert "it has no reason; write why" in conform("--faultzone-departures=known.toml").stderr
    known.write_text(known.read_text("utf-8").replace('""', '"BUG-1"'), "utf-8")
    again = conform("--faultzone-departures=known.toml")
    assert (again.returncode, "deviates as expected: deployment-set/zone-limit - BUG-1" in again.stdout) == (0, True)


# Writing


def test_what_is_written_is_added_once_and_what_is_expected_is_not(pytester: pytest.Pytester) -> None:
    both = f"raise ApiError('InvalidAction')\n\n@pytest.mark.clause({OTHER!r})\ndef test_other(): assert 1 == 2"
    suite(pytester, "raise KeyError(1)", both)
    known = pytester.path / "known.toml"
    known.write_text('# Mine.\n["billing/renew"]\nreason = "BUG-2"\n', "utf-8")
    arguments = ("--faultzone-departures=known.toml", "--faultzone-departures-write=known.toml")
    result = pytester.runpytest_inprocess(*arguments)
    result.stdout.fnmatch_lines(["entries added to *known.toml, whose reasons are yours to write: 2"])
    text = known.read_text("utf-8")
    assert text.startswith('# Mine.\n["billing/renew"]\nreason = "BUG-2"\n\n# ')
    found = {each.name: each for each in parse(text.replace('""', '"BUG-3"'), "known.toml", TODAY)}
    assert [(name, found[name].verdicts) for name in found] == [
        ("billing/renew", ("deviates",)),
        (CLAUSE, ("deviates", "not-implemented")),
        (OTHER, ("deviates",)),
    ]
    # There, but without a reason: not added again.
    pytester.runpytest_inprocess(arguments[1])
    assert known.read_text("utf-8") == text


# What is refused

REFUSED = {
    "[deployment-set/zone-limit]": '*write [[]"deployment-set/zone-limit"] and below it reason =*',
    'reason = "x"': "*'reason': this is outside of any entry; write [[]\"deployment-set*",
    '["deployment-set/zone-limits"]\nreason = "x"': "*unknown clause *did you mean deployment-set/zone-limit?*",
    '["moon/*"]\nreason = "x"': "*unknown clause 'moon/[*]': write a clause such as *",
    f'["{CLAUSE}"]': "*it has no reason; write why the backend departs there*",
    f'["{CLAUSE}"]\nreason = " "': "*it has no reason; write why*",
    f'["{CLAUSE}"]\nreason = 5': "*it has no reason; write why*",
    f"{ENTRY}untill = 2027-01-31": "*unknown key untill; an entry has reason, until, verdicts",
    f'{ENTRY}until = "2027-01-31"': "*until is no date; write the last day * without quotation marks: 2027-01-31",
    f"{ENTRY}until = 2027-01-31T00:00:00Z": "*until is no date*",
    f'{ENTRY}verdicts = "deviates"': "*write some of [[]'deviates', 'not-implemented'[]]*",
    f"{ENTRY}verdicts = []": "*write some of *",
    f'{ENTRY}verdicts = ["harness-error"]': "*write some of *: nothing else can be expected",
}


@pytest.mark.parametrize("entries", REFUSED)
def test_a_file_that_makes_no_sense_is_a_usage_error_that_says_what_to_write(
    pytester: pytest.Pytester, entries: str
) -> None:
    suite(pytester, "pass")
    result = run(pytester, entries)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: known.toml{REFUSED[entries]}"])


@pytest.mark.parametrize(
    ("argument", "says"),
    [
        ("--faultzone-departures=no.toml", "--faultzone-departures-write=*no.toml makes such a file from a run"),
        ("--faultzone-departures-write=no/no.toml", "name a file to write"),
    ],
)
def test_a_file_that_cannot_be_used_is_a_usage_error(pytester: pytest.Pytester, argument: str, says: str) -> None:
    result = pytester.runpytest_inprocess(argument)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {argument.partition('=')[0]}=*{says}"])


# The genuine client of Cloud Assistant


def test_those_of_the_genuine_client_are_in_the_same_form() -> None:
    text = files("faultzone.substrate.docker").joinpath("genuine.toml").read_text("utf-8")
    for entry in parse(text, "genuine.toml", TODAY):
        assert entry.clauses == {entry.name}
        assert entry.reason.endswith(".")


def test_those_of_the_genuine_client_are_expected_with_it(pytester: pytest.Pytester) -> None:
    client = pytester.path / "client"
    client.write_bytes(Path(sys.executable).read_bytes()[:64])
    # With a hook of one's own no engine is looked for.
    pytester.makeconftest("def pytest_faultzone_backend(): return None")
    arguments = ("--faultzone-backend=docker", f"--faultzone-docker-agent={client}")
    suite(pytester, "pass\n\n@pytest.mark.clause('assistant/output-kept')\ndef test_kept(): assert 1 == 2")
    reports = Reports()
    result = pytester.inline_run(*arguments, plugins=[reports])
    assert (reports.outcomes, result.ret) == (["passed", "skipped"], 0)
    suite(pytester, "pass\n\n@pytest.mark.clause('assistant/output-kept')\ndef test_kept(): pass")
    assert pytester.inline_run(*arguments).ret == 0
