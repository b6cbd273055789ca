"""What a run has shown: it gathers what tests say of clauses, stops where nothing more can be learned, and gives a run
that shows nothing an exit status of its own, with the reason as its last words.

It is loaded at pytest's start, so it imports nothing beyond the standard library and pytest.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from textwrap import fill
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping, Sequence

    from faultzone.verdicts import Finding
    from faultzone.verdicts.departures import Departure

#: What the run has shown so far.
PROOF: pytest.StashKey[Proof] = pytest.StashKey()

#: After this many tests in which the harness failed, it would fail in the others too.
_ENOUGH: Final = 5
#: How many different causes are written, and how many lines of each.
_CAUSES: Final = 5
_LINES: Final = 6
_NOTHING_KNOWN: Final = int(pytest.ExitCode.INTERNAL_ERROR)
_STOPPED: Final = "faultzone: nothing more can be learned; the reason is at the end"


class Proof:
    """What the tests of a run say of clauses, also those of the workers of pytest-xdist, and how the run ends for it.

    It has a status of its own if the harness failed, or if no clause was asserted where some were to be: of the
    region, nothing is known then. A run of tests without clauses ends as ever.

    Args:
        config: pytest's configuration.
        asked: whether clauses are asked for, so that a run without any shows nothing.
    """

    def __init__(self, config: pytest.Config, *, asked: bool) -> None:
        self.config, self.asked = config, asked
        self.says: list[dict[str, Any]] = []
        #: Those of them that the tests to come would say too.
        self._spreading: list[dict[str, Any]] = []
        #: Why nothing is known, if that is known by now.
        self.reasons: list[str] = []
        #: Why the options of the run make no sense, where a worker has found it out.
        self.mistake = ""
        #: Action -> its parameters that tests gave and no edition has.
        self.ignored: dict[str, dict[str, None]] = {}
        #: Test, whatever its parameters -> sentence -> how many runs it had, and in how many it was reached.
        self.sometimes: defaultdict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
        #: Sentence of a condition of the run -> verdict -> of how many regions.
        self.conditions: defaultdict[str, Counter[str]] = defaultdict(Counter)
        #: Describes the calls to an endpoint that were lost or repeated; None without an endpoint.
        self.lost: Callable[[], str] | None = None
        #: The known departures of the backend, and for each by its name the ids of the tests of its clauses.
        self.expected: Sequence[Departure] = ()
        self.tests: defaultdict[str, set[str]] = defaultdict(set)
        self._session: pytest.Session | None = None
        self._looked = False
        self._other_tests = False

    @property
    def is_worker(self) -> bool:
        """Whether this is the run of a worker, whose reports and reasons another process gathers."""
        return hasattr(self.config, "workerinput")

    def nothing_known(self, reason: str) -> None:
        """Note why nothing can be learned of the region."""
        if reason not in self.reasons:
            self.reasons.append(reason)
            self._send("reasons", self.reasons)

    def mistaken(self, mistake: str) -> None:
        """Note, in a worker, why the options make no sense."""
        self.mistake = mistake
        self._send("mistake", mistake)

    def note_ignored(self, found: Mapping[str, Iterable[str]]) -> None:
        """Take note of parameters that no edition has, by action."""
        for action, names in found.items():
            self.ignored.setdefault(action, {}).update(dict.fromkeys(names))
        self._send("ignored", {action: list(names) for action, names in self.ignored.items()})

    def note_sometimes(self, test: str, found: Mapping[str, Sequence[int]]) -> None:
        """Take note of runs of a test, and in how many of them what must be reached sometimes was."""
        for sentence, (runs, reached) in found.items():
            before = self.sometimes[test].get(sentence, (0, 0))
            self.sometimes[test][sentence] = (before[0] + runs, before[1] + reached)
        self._send("sometimes", dict(self.sometimes))

    def note_condition(self, found: Mapping[str, Mapping[str, int]]) -> None:
        """Take note of what was judged of the conditions of the run: of how many regions each verdict."""
        for sentence, verdicts in found.items():
            self.conditions[sentence].update(verdicts)
        self._send("conditions", {sentence: dict(verdicts) for sentence, verdicts in self.conditions.items()})

    def unreached(self) -> list[str]:
        """What no run of a test has reached, a line for each."""
        return [
            f"{test}: {sentence}: not reached in {runs} {'run' if runs == 1 else 'runs'}"
            for test, found in self.sometimes.items()
            for sentence, (runs, reached) in found.items()
            if not reached
        ]

    def _send(self, what: str, value: object) -> None:
        if self.is_worker:
            self.config.workeroutput.setdefault("faultzone", {})[what] = value  # type: ignore[attr-defined]

    def stop(self, reason: str) -> None:
        """Run no more tests, for the reason given."""
        self.nothing_known(reason)
        if self._session is not None and not self._session.shouldstop:
            self._session.shouldstop = _STOPPED
        if distributor := self.config.pluginmanager.getplugin("dsession"):
            distributor.shouldstop = _STOPPED

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Know what is to be stopped."""
        self._session = session

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> None:
        """Know that tests are run, and not only shown."""
        self._looked = not (self.config.option.collectonly or getattr(self.config.option, "setuponly", False))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Gather what a test says, and stop where enough of them say that the harness failed."""
        found = [value for key, value in report.user_properties if key == "faultzone" and isinstance(value, dict)]
        self.says += found
        if report.when == "call" and not found:
            self._other_tests = True
        for each in found:
            if each.get("stop"):
                self.stop(each["stop"])
            if each.get("spreads"):
                self._spreading.append(each)
        failed = self._spreading
        if not self.reasons and len(failed) >= _ENOUGH:
            self.stop(f"The harness failed in {len(failed)} tests, so the run was stopped:\n{_causes(failed)}")

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a worker has found out before its first test."""
        sent = getattr(node, "workeroutput", {}).get("faultzone", {})
        for reason in sent.get("reasons", ()):
            self.nothing_known(reason)
        self.mistake = self.mistake or sent.get("mistake", "")
        self.note_ignored(sent.get("ignored", {}))
        for test, found in sent.get("sometimes", {}).items():
            self.note_sometimes(test, found)
        self.note_condition(sent.get("conditions", {}))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, None, None]:
        """Set the exit status before other plugins read it; write the reason after everything else."""
        reasons = self._end(session)
        if self.mistake:
            session.exitstatus = pytest.ExitCode.USAGE_ERROR
        elif reasons:
            session.exitstatus = _NOTHING_KNOWN
        elif session.exitstatus == pytest.ExitCode.OK and self.expected:
            from faultzone.verdicts.departures import complaints

            if any(complaints(self.expected, self.findings())):
                session.exitstatus = pytest.ExitCode.TESTS_FAILED
        if session.exitstatus == pytest.ExitCode.OK and not self.is_worker and self.unreached():
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        yield
        if not self.is_worker:
            self._write([self.mistake] if self.mistake else reasons)

    def findings(self) -> list[Finding]:
        """What the tests say of clauses, as verdicts are counted."""
        if not self.says:
            return []
        from faultzone.verdicts import Finding

        return [Finding.of(each) for each in self.says]

    def _end(self, session: pytest.Session) -> list[str]:
        """Why nothing is known of the region at the end; empty where something is."""
        if self.reasons:
            return self.reasons
        findings = self.findings()
        failed = [says for says, finding in zip(self.says, findings, strict=True) if finding.harness_failed]
        if session.exitstatus == pytest.ExitCode.TESTS_FAILED and failed:
            return [f"The harness failed in {len(failed)} tests:\n{_causes(failed)}"]
        if self.is_worker or not self._looked or self._other_tests:
            return []
        if session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and self.asked:
            return [
                "No test was run: the options leave none. `faultzone conform --collect-only -q` lists the tests, "
                "docs/clauses.md the clauses; those that are untestable have no test."
            ]
        if session.exitstatus == pytest.ExitCode.OK and findings and not any(each.was_run for each in findings):
            return [f"No clause was asserted: {len(self.says)} tests could not be run here:\n{_causes(self.says)}"]
        return []

    def _write(self, reasons: Iterable[str]) -> None:
        reporter = self.config.pluginmanager.getplugin("terminalreporter")
        if reporter is None or not (reasons := list(reasons)):
            return
        width = self.config.get_terminal_writer().fullwidth
        status = (
            "a mistake in the options"
            if self.mistake
            else f"nothing is known of the region: exit status {_NOTHING_KNOWN}"
        )
        reporter.ensure_newline()
        reporter.write_sep("=", f"faultzone: {status}", red=True)
        for reason in reasons:
            for line in reason.splitlines():
                indent = line[: len(line) - len(line.lstrip())]
                reporter.write_line(
                    fill(line.strip(), width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
                )


def _causes(says: Iterable[dict[str, Any]]) -> str:
    """The causes that tests give, the most frequent first, each with the number of its tests."""
    counted = Counter(str(each.get("because") or each["verdict"]) for each in says)
    lines = []
    for cause, count in counted.most_common(_CAUSES):
        first, *more = cause.splitlines()[:_LINES]
        lines += [f"  {count} × {first}", *(f"    {line.strip()}" for line in more)]
    if len(counted) > _CAUSES:
        lines.append(f"  and {len(counted) - _CAUSES} other causes")
    return "\n".join(lines)
