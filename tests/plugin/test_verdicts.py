"""Verdicts: what pytest makes of them, how they are merged, and how a failure reads."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from faultzone import clauses
from faultzone.verdicts import ORDER

ROOT = Path(__file__).parents[2]
CLAUSE = "deployment-set/strict-spread"

HEAD = """
import pytest
from faultzone import ApiError, HarnessError, IncompleteAnswer, Inconclusive
from faultzone import NotSupported, UndoFailed, UsageError, WaitTimeout, one

pytestmark = pytest.mark.clause("deployment-set/strict-spread")
"""

#: A body of a test for each way to a verdict.
BODIES = {
    "conforms": ["pass"],
    "deviates": [
        "assert 1 == 2",
        "raise ApiError('IncorrectInstanceStatus')",
        "raise WaitTimeout('x')",
        "raise IncompleteAnswer('x')",
        "pytest.fail('x')",
        "one([])",
        "one([1, 2])",
    ],
    "inconclusive": ["raise Inconclusive('nobody could see it')"],
    "not-implemented": ["raise ApiError('InvalidAction')"],
    "not-supported": ["raise NotSupported('no hosts here')", "pytest.skip('not here')"],
    "not-undone": ["raise UndoFailed('x')"],
    "harness-error": [
        "raise HarnessError('x')",
        "raise UsageError('x')",
        "raise KeyError('x')",
        "int('x')",
        "dict([()])",
        "(one_item,) = []",
        "one('text')",
    ],
}


class Reports:
    """Gathers the verdicts and outcomes of a run inside."""

    def __init__(self) -> None:
        self.verdicts: list[str] = []
        self.outcomes: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        found = [
            value["verdict"] for key, value in report.user_properties if key == "faultzone" and isinstance(value, dict)
        ]
        self.verdicts += found
        self.outcomes += [report.outcome] * len(found)


def table() -> dict[str, tuple[str, int]]:
    """The table of docs/verdicts.md: verdict -> outcome and exit status."""
    text = (ROOT / "docs" / "verdicts.md").read_text("utf-8")
    rows = re.findall(r"^\| `([\w-]+)` \|.*\| (passed|failed|skipped) \| (\d) \|$", text, re.MULTILINE)
    return {verdict: (outcome, int(status)) for verdict, outcome, status in rows}


def test_the_page_has_every_verdict_from_best_to_worst() -> None:
    assert tuple(table()) == ORDER
    assert set(BODIES) == set(ORDER)


@pytest.mark.parametrize(("verdict", "body"), [(verdict, body) for verdict in BODIES for body in BODIES[verdict]])
def test_each_verdict_has_its_outcome_and_exit_status(pytester: pytest.Pytester, verdict: str, body: str) -> None:
    pytester.makepyfile(f"{HEAD}\ndef test_it():\n    {body}\n")
    reports = Reports()
    result = pytester.inline_run(plugins=[reports])
    outcome, status = table()[verdict]
    assert (reports.verdicts, reports.outcomes, result.ret) == ([verdict], [outcome], status)


@pytest.mark.parametrize("where", ["setup", "teardown"])
def test_trouble_before_and_after_a_test_is_the_harness(pytester: pytest.Pytester, where: str) -> None:
    parts = ("assert 1 == 2", "yield") if where == "setup" else ("yield", "assert 1 == 2")
    fixture = "\n    ".join(("@pytest.fixture\ndef trouble():", *parts))
    pytester.makepyfile(f"{HEAD}\n{fixture}\n\ndef test_it(trouble):\n    pass\n")
    reports = Reports()
    result = pytester.inline_run(plugins=[reports])
    assert reports.verdicts[-1] == "harness-error"
    assert result.ret == 3


@pytest.mark.parametrize("body", ["pass", "assert 1 == 2"])
def test_a_fault_that_is_not_undone_at_the_end_has_a_verdict_of_its_own(pytester: pytest.Pytester, body: str) -> None:
    pytester.makepyfile(
        f"""{HEAD}
        from faultzone import HostAtRisk
        from faultzone.control.faults.breaks import breaks

        class Idle(HostAtRisk):
            pass

        @breaks(Idle)
        def idle(backend, fault):
            yield lambda: False

        def test_it(region):
            region.chaos.inject(Idle("cn-hangzhou-a-h02"))
            {body}
    """.replace("\n        ", "\n")
    )
    reports = Reports()
    result = pytester.inline_run(plugins=[reports])
    assert reports.verdicts == ["conforms" if body == "pass" else "deviates", "not-undone"]
    assert result.ret == 3


def test_a_test_of_no_clause_has_no_verdict_and_ends_as_ever(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(region):\n    raise KeyError(1)\n")
    reports = Reports()
    assert pytester.inline_run(plugins=[reports]).ret == 1
    assert reports.verdicts == []


@pytest.mark.slow
@pytest.mark.parametrize("workers", [(), ("-n2",)])
def test_verdicts_of_all_workers_are_merged(pytester: pytest.Pytester, workers: tuple[str, ...]) -> None:
    tests = [(verdict, BODIES[verdict][0]) for verdict in ORDER]
    lines = [f"def test_{n}():\n    {body}\n" for n, (_, body) in enumerate(tests)]
    pytester.makepyfile(HEAD + "\n".join(lines))
    result = pytester.runpytest_inprocess(*workers)
    assert result.ret == 3
    result.stdout.fnmatch_lines(["*faultzone: clauses by chapter*", f"harness-error: {CLAUSE} - *"])
    worse = [f"--deselect=test_verdicts_of_all_workers_are_merged.py::test_{n}" for n in (5, 6)]
    result = pytester.runpytest_inprocess(*workers, *worse)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["deployment-set * 0 * 1 * 0 *", f"deviates: {CLAUSE} - *"])


@pytest.mark.parametrize(
    ("verdict", "column"),
    [
        ("conforms", 0),
        ("deviates", 1),
        ("not-implemented", 2),
        ("inconclusive", 3),
        ("not-undone", 3),
        ("harness-error", 3),
        ("not-supported", 4),
    ],
)
def test_the_summary_counts_a_clause_in_the_column_of_its_verdict(
    pytester: pytest.Pytester, verdict: str, column: int
) -> None:
    pytester.makepyfile(f"{HEAD}\ndef test_it():\n    {BODIES[verdict][0]}\n")
    output = pytester.runpytest_inprocess(f"--faultzone-clause={CLAUSE}").outlines
    title, row = output[output.index(next(line for line in output if line.startswith("chapter "))) :][:2]
    assert re.split(r" {2,}", title)[1:6] == ["asserted", "deviating", "not implemented", "undecided", "not supported"]
    assert row.split()[1:6] == ["1" if place == column else "0" for place in range(5)]
    assert len(row) == len(title)


# What cannot be collected

MISTAKES = {
    "clause('deployment-set/strict-spred')": "*unknown clause 'deployment-set/strict-spred': did you mean *-spread*",
    "clause(5)": "*unknown clause '5'*",
    "needs()": "*marker needs: expected at least one argument, such as needs('see-hosts')*",
    "clause()": "*marker clause: expected at least one argument, such as clause('deployment-set/zone-limit')*",
    "needs('see-host')": "*unknown capability 'see-host' in needs: did you mean 'see-hosts'*",
    "region(3)": "*marker region: expected keyword arguments, such as region(zones=2*",
}


@pytest.mark.parametrize("mark", MISTAKES)
def test_a_marker_that_makes_no_sense_cannot_be_collected(pytester: pytest.Pytester, mark: str) -> None:
    pytester.makepyfile(f"import pytest\n\n@pytest.mark.{mark}\ndef test_it(): pass\n\ndef test_other(): pass\n")
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(errors=1)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines([f"*::test_it: {MISTAKES[mark][1:]}" if mark.startswith("needs") else MISTAKES[mark]])
    result.stdout.no_fnmatch_line("*INTERNALERROR*")


def test_a_parameter_that_names_an_unknown_clause_cannot_be_collected(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.mark.parametrize("n", [1, pytest.param(2, marks=pytest.mark.clause("no/such"))])
        def test_it(n): pass
    """)
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*test_it[[]2]: unknown clause 'no/such'*"])


@pytest.mark.slow
def test_nor_can_it_by_workers(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("import pytest\n\n@pytest.mark.clause('no/such')\ndef test_it(): pass\n")
    result = pytester.runpytest_inprocess("-n2")
    assert result.ret != 0
    result.stdout.fnmatch_lines(["*unknown clause 'no/such'*"])
    result.stdout.no_fnmatch_line("*INTERNALERROR*")


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["prepend", "importlib"])
def test_a_test_of_the_suite_that_names_no_clause_cannot_be_collected(pytester: pytest.Pytester, mode: str) -> None:
    package = pytester.mkpydir("faultzone_specs")
    (package / "test_it.py").write_text("def test_it(): pass\n", "utf-8")
    result = pytester.runpytest_subprocess(f"--import-mode={mode}", "faultzone_specs")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*::test_it: the test has no clause: mark each test of the suite*"])


# What is left out


def test_what_the_backend_does_not_allow_is_left_out_and_says_why(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("""
        from faultzone.backends.local import LocalBackend

        def pytest_faultzone_backend(config, options):
            class Public(LocalBackend):
                capabilities = frozenset({"move-time"})

            return Public(options.shapes)
    """)
    pytester.makepyfile("""
        import pytest

        @pytest.mark.clause("deployment-set/strict-spread")
        @pytest.mark.needs("move-time", "see-hosts")
        def test_it(region): pass

        @pytest.mark.needs("move-time")
        def test_other(region): pass
    """)
    result = pytester.runpytest_inprocess("-rs")
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(
        ["*not-supported: the memory backend does not let a test see the host of each instance, * (see-hosts)"]
    )


def test_only_the_tests_of_the_clauses_that_were_asked_for_are_run(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.mark.clause("deployment-set/strict-spread")
        def test_spread(): pass

        @pytest.mark.clause("instance/life-cycle", "deployment-set/zone-limit")
        def test_two(): pass

        @pytest.mark.clause("event/window-expiration")
        def test_event(): pass

        def test_none(): pass
    """)
    for patterns, passed, chapters in (
        ("deployment-set/*", 2, {"deployment-set", "instance"}),
        ("deployment-set/strict-spread", 1, {"deployment-set"}),
        ("event/*", 1, {"event"}),
        ("instance/*", 1, {"deployment-set", "instance"}),
        ("instance/*, */strict-spread", 2, {"deployment-set", "instance"}),
        ("billing/*", 0, set()),
    ):
        result = pytester.runpytest_inprocess(f"--faultzone-clause={patterns}")
        result.assert_outcomes(passed=passed, deselected=4 - passed)
        assert {line.split()[0] for line in result.outlines if line} & set(clauses.chapters()) == chapters


def test_files_of_the_suite_without_a_clause_that_is_asked_for_are_not_gathered(pytester: pytest.Pytester) -> None:
    for name, clause in (("asked", CLAUSE), ("other", "event/window-expiration")):
        file = pytester.path / "faultzone_specs" / f"test_{name}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"import pytest\n@pytest.mark.clause({clause!r})\ndef test_it(): pass\n", "utf-8")
    pytester.runpytest_inprocess(f"--faultzone-clause={CLAUSE}").assert_outcomes(passed=1)
    # Whether all tests of a clause that is expected to depart were run is known once they are counted.
    (pytester.path / "known.toml").write_text('["event/*"]\nreason = "None yet."\n', "utf-8")
    arguments = (f"--faultzone-clause={CLAUSE}", "--faultzone-departures=known.toml")
    pytester.runpytest_inprocess(*arguments).assert_outcomes(passed=1, deselected=1)


# How a failure reads

FAILING = """
import pytest

@pytest.fixture(scope="module")
def shared(make_region):
    return make_region()

@pytest.mark.clause("deployment-set/strict-spread")
@pytest.mark.parametrize("name", ["it's one"])
def test_it(region, name):
    assert region.run_instances(1)[0].id == "i-none"

def test_shared(shared):
    assert shared.run_instances(1)[0].id == "i-none"
"""


def made(output: str) -> list[str]:
    """The ids that the failures show."""
    return sorted(set(re.findall(r"'(i-bp1\w{17})' == 'i-none'", output)))


def commands(output: str) -> list[str]:
    """The commands that run tests again."""
    found = re.findall(r"^again +(pytest (?:.*\\\n)*.*)", output, re.MULTILINE)
    return [re.sub(r" \\\n *", " ", each) for each in found]


def test_a_failure_shows_clause_journal_and_the_line_that_reproduces_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(FAILING)
    result = pytester.runpytest_inprocess("--faultzone-seed=7 8", "--faultzone-token=hidden")
    output = result.stdout.str()
    result.stdout.fnmatch_lines(
        [
            f"clause    {CLAUSE} (MUST): *",
            "          verdict: deviates",
            "last      +0 s  RunInstances(Amount=1) -> *",
            "again     pytest *",
        ]
    )
    lines = commands(output)
    assert len(lines) == 2, "also of a region that a fixture made"
    assert "hidden" not in "".join(lines)
    again = [pytester.runpytest_inprocess(*shlex.split(line)[1:]).stdout.str() for line in lines]
    # The second region is shared: all tests that use it are run again, and here these are both.
    assert sorted({*made(again[0]), *made(again[1])}) == made(output)


def test_the_line_is_for_the_directory_in_which_the_run_was_started(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makeini("[pytest]")
    folder = pytester.mkdir("below")
    (folder / "test_below.py").write_text(FAILING, "utf-8")
    monkeypatch.chdir(folder)
    first = pytester.runpytest_inprocess("-k", "test_it").stdout.str()
    (line,) = commands(first)
    assert made(pytester.runpytest_inprocess(*shlex.split(line)[1:]).stdout.str()) == made(first)


STACKING = """
    from faultzone import region
    from faultzone.model.rules import Rules

    class Stacks(Rules):
        def hosts_to_avoid(self, others, member=None):
            return ()

        def preference(self, levels):
            return reversed(levels)

    def pytest_faultzone_backend(config, options):
        return region.local_backend(options._replace(rules=Stacks))
"""
LAUNCH = """
    import pytest

    @pytest.mark.clause("deployment-set/strategy")
    def test_launch(region):
        assert len(region.run_instances(2, deployment_set=region.create_deployment_set())) == 2
"""


def test_checkers_judge_the_region_of_a_test_that_asserts_something_else(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(STACKING)
    pytester.makepyfile(LAUNCH)
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        ["*spread: violated: * share a host*", "*transition from=*", "deviates: deployment-set/strategy*"]
    )


@pytest.mark.parametrize("chosen", ["none", "life-cycle,money"])
def test_checkers_can_be_chosen(pytester: pytest.Pytester, chosen: str) -> None:
    pytester.makeconftest(STACKING)
    pytester.makepyfile(LAUNCH)
    pytester.runpytest_inprocess(f"--faultzone-checkers={chosen}").assert_outcomes(passed=1)


def test_checkers_leave_a_region_that_is_wrong_on_purpose_to_its_clause(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(LAUNCH)
    pytester.runpytest_inprocess("--faultzone-backend=wrong:members-share-hosts").assert_outcomes(passed=1)
