"""`python -m benchmarks.mutants`: change the model in small ways, and see whether the tests notice.

Each mutant runs in a process of its own against the conformance suite, in each edition, and, where it survives,
against the fast tests. Only the tests run that call the changed function; all of them, where the change is outside of
functions or `--thorough` is given: then a value that a function keeps for later tests counts as well. The first test
that fails ends the run. What survives is shown with its change. Some survivors are no gap: they change nothing that a
user could see, or what no edition says.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.mutants.operators import Change, can_be, changes, diff
from faultzone import editions

ROOT: Final = Path(__file__).parents[2]
HARNESS: Final = ROOT / "harness"
MODEL: Final = "faultzone/model"
SUITE: Final = ROOT / "specs" / "faultzone_specs"
#: What every run leaves out: what is said for a reader, and the order of chance.
_QUIET: Final = ("-x", "-p", "benchmarks.mutants.watching", "-p", "no:terminal", "-p", "no:cacheprovider")
_TESTS: Final = (
    # The project's own has options of pytest's terminal, which is left out.
    "-o", "addopts=--import-mode=importlib --strict-markers -p pytester --hypothesis-profile=ci",
    "-m", "not slow and not docker", "--ignore=tests/quality", "--ignore=tests/clients", "--ignore=tests/docker",
    "--ignore=tests/benchmarks", "tests/model", "tests",
)  # fmt: skip
#: A run may take so many times as long as that of the right model, and so many seconds more.
_PATIENCE: Final = (4, 20)
ASSERTED, BROKE, LATE, SURVIVED = "an assertion failed", "it broke", "no end in time", "survived"


@dataclass(frozen=True)
class Run:
    """What a mutant is run against: its name, and what pytest is told."""

    name: str
    arguments: tuple[str, ...]


@dataclass
class Mutant:
    """A change of one module, and what the runs made of it.

    Attributes:
        outcomes: name of a run -> what came of it.
        seen: name of a run -> the test that failed, why, and the clauses that it asserts.
    """

    number: int
    module: str
    change: Change
    diff: str
    outcomes: dict[str, str] = field(default_factory=dict)
    seen: dict[str, dict[str, object]] = field(default_factory=dict)

    @property
    def outcome(self) -> str:
        """Of the last run: the first that is no survival ends them."""
        return list(self.outcomes.values())[-1]


def modules(under: Sequence[str]) -> list[str]:
    """The modules of the model, as paths below the harness; those alone that have one of these texts in their path."""
    found = (str(each.relative_to(HARNESS)) for each in sorted((HARNESS / MODEL).rglob("*.py")))
    return [each for each in found if not under or any(part in each for part in under)]


def sample(under: Sequence[str], seed: int, count: int) -> list[Mutant]:
    """So many mutants, as many of each kind of change as there are: the same for the same seed and source."""
    by_kind: defaultdict[str, list[tuple[str, Change]]] = defaultdict(list)
    for module in modules(under):
        for change in changes((HARNESS / module).read_bytes()):
            by_kind[change.kind].append((module, change))
    chance = random.Random(seed)
    for each in by_kind.values():
        chance.shuffle(each)
    chosen: list[Mutant] = []
    while len(chosen) < count and any(by_kind.values()):
        for kind in sorted(by_kind):
            if by_kind[kind] and len(chosen) < count:
                module, change = by_kind[kind].pop()
                before = (HARNESS / module).read_bytes()
                after = change.applied(before)
                if can_be(after):
                    chosen.append(Mutant(len(chosen) + 1, module, change, diff(module, before, after)))
    return chosen


def runs(against: str) -> list[Run]:
    """The runs that a mutant must survive, in their order."""
    found = []
    if against != "tests":
        for name in reversed(editions.names()):
            arguments = (
                "-c",
                str(SUITE / "pytest.ini"),
                f"--rootdir={ROOT}",
                f"--faultzone-edition={name}",
                str(SUITE),
            )
            found.append(Run(f"suite {name}", arguments))
    if against != "suite":
        found.append(Run("tests", _TESTS))
    return found


class Tree:
    """A copy of the harness in which one module at a time is changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(HARNESS, folder / "harness")
        self._instant = time.time()

    def run(self, run: Run, seconds: float | None, **files: Path) -> str:
        """Run pytest on the copy; how it ended, empty where no test failed.

        Raises:
            subprocess.TimeoutExpired: it has not ended in time.
        """
        named = {f"MUTANTS_{name.upper()}": str(path) for name, path in files.items()}
        environment = {
            **os.environ,
            **named,
            "MUTANTS_UNDER": str(self.folder / "harness" / MODEL),
            "PYTHONPATH": f"{self.folder / 'harness'}{os.pathsep}{ROOT}",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        command = [sys.executable, "-m", "pytest", *_QUIET, *run.arguments]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=seconds)
        written = (done.stdout + done.stderr).decode(errors="replace").strip().splitlines()
        return f"pytest ended with {done.returncode}: {' '.join(written[-1:])}" if done.returncode else ""

    def try_out(self, mutant: Mutant, run: Run, seconds: float, only: Sequence[str] | None) -> None:
        """Run a mutant against some tests, None for all, and note in it what came of that."""
        place, right = self.folder / "harness" / mutant.module, HARNESS / mutant.module
        seen, named = self.folder / "seen.json", self.folder / "only.json"
        seen.unlink(missing_ok=True)
        files = {"seen": seen}
        if only is not None:
            if not only:
                mutant.outcomes[run.name] = SURVIVED
                return
            named.write_text(json.dumps(only))
            files["only"] = named
        place.write_bytes(mutant.change.applied(right.read_bytes()))
        self._instant += 2  # Python takes compiled code for a file of the same size and second as the one before it.
        os.utime(place, (self._instant, self._instant))
        try:
            ended = self.run(run, seconds, **files)
        except subprocess.TimeoutExpired:
            mutant.outcomes[run.name] = LATE
        else:
            if ended:
                found = json.loads(seen.read_text()) if seen.exists() else {"why": ended}
                mutant.seen[run.name] = found
                mutant.outcomes[run.name] = ASSERTED if found.get("asserted") else BROKE
            else:
                mutant.outcomes[run.name] = SURVIVED
        finally:
            shutil.copy2(right, place)


class Right:
    """The runs of the right model: how long each takes, and which tests of it reach which function."""

    def __init__(self, tree: Tree, chosen: Sequence[Run]) -> None:
        self.seconds: dict[str, float] = {}
        self._reached: dict[str, dict[str, list[str]]] = {}
        for run in chosen:
            print(f"the right model, {run.name} ...", file=sys.stderr, flush=True)
            reached, begun = tree.folder / "map.json", time.monotonic()
            if ended := tree.run(run, None, map=reached):
                raise SystemExit(f"the right model, {run.name}: {ended}")
            self.seconds[run.name] = time.monotonic() - begun
            under = f"{tree.folder / 'harness'}{os.sep}"
            said = json.loads(reached.read_text())
            self._reached[run.name] = {place.removeprefix(under): tests for place, tests in said.items()}

    def limit(self, run: Run) -> float:
        """The seconds after which a mutant is taken to have no end."""
        times, more = _PATIENCE
        return times * self.seconds[run.name] + more

    def reaching(self, run: Run, mutant: Mutant) -> list[str] | None:
        """The tests that reach the changed function; None for what is done at the import of a module."""
        function = mutant.change.function
        return self._reached[run.name].get(f"{mutant.module}:{function}", []) if function else None


def try_all(mutants: Sequence[Mutant], chosen: Sequence[Run], workers: int, *, thorough: bool) -> Iterator[Mutant]:
    """Run the mutants, each as long as it survives, and give each back when it has ended."""
    with TemporaryDirectory() as folder, ThreadPoolExecutor(workers) as pool:
        trees: SimpleQueue[Tree] = SimpleQueue()
        for number in range(workers):
            trees.put(Tree(Path(folder, str(number))))
        first = trees.get()
        right = Right(first, chosen)
        trees.put(first)

        def try_one(mutant: Mutant) -> Mutant:
            tree = trees.get()
            try:
                for run in chosen:
                    only = None if thorough else right.reaching(run, mutant)
                    tree.try_out(mutant, run, right.limit(run), only)
                    if mutant.outcome != SURVIVED:
                        break
            finally:
                trees.put(tree)
            return mutant

        yield from pool.map(try_one, mutants)


def told(mutant: Mutant) -> str:
    """A mutant in a few words: where it is, and what saw it."""
    where = f"{mutant.number:>4} {mutant.module.removeprefix(MODEL + '/')}:{mutant.change.line} {mutant.change.kind}"
    name = list(mutant.outcomes)[-1]
    if mutant.outcome == SURVIVED:
        return f"{where}: survived"
    seen = mutant.seen.get(name, {})
    return f"{where}: {mutant.outcome} in {name}: {seen.get('test', '')} {seen.get('why', '')}".rstrip()


def summary(mutants: Sequence[Mutant]) -> str:
    """What came of the mutants, by the kind of their change, as a table."""
    kinds = sorted({each.change.kind for each in mutants})
    outcomes = [ASSERTED, BROKE, LATE]
    named = {name.partition(" ")[0]: None for each in mutants for name in each.outcomes}
    heads = ["change", *(f"{who}: {what}" for who in named for what in outcomes), SURVIVED, "all"]
    rows = []
    for kind in [*kinds, "all"]:
        some = [each for each in mutants if kind in (each.change.kind, "all")]
        counted = Counter((list(each.outcomes)[-1].partition(" ")[0], each.outcome) for each in some)
        survived = sum(number for (_, outcome), number in counted.items() if outcome == SURVIVED)
        figures = [counted[who, what] for who in named for what in outcomes]
        rows.append([kind, *map(str, figures), str(survived), str(len(some))])
    widths = [max(len(row[place]) for row in [heads, *rows]) for place in range(len(heads))]
    lines = [heads, ["-" * width for width in widths], *rows]
    return "\n".join("| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a sample; the exit status is 0 whatever survives, since some survivors are no gap."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutants", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("only", nargs="*", metavar="PART", help="only modules with this in their path, such as billing")
    parser.add_argument("--seed", type=int, default=1, help="what the sample depends on (default: 1)")
    parser.add_argument("--count", type=int, default=100, help="how many mutants (default: 100)")
    parser.add_argument("--against", choices=("suite", "tests", "both"), default="both", help="default: both")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes (default: one a processor)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what came of each mutant to FILE as well")
    parser.add_argument("--thorough", action="store_true", help="run all tests, not only those that reach the change")
    parser.add_argument("--list", action="store_true", help="show the changes of the sample, and run nothing")
    chosen = parser.parse_args(arguments)
    mutants = sample(chosen.only, chosen.seed, chosen.count)
    if not mutants:
        parser.error(f"no module of {MODEL} has {' or '.join(chosen.only)} in its path")
    if chosen.list:
        print("\n\n".join(f"{each.number} {each.change.kind}: {each.module}\n{each.diff}" for each in mutants))
        return 0
    done = []
    for mutant in try_all(mutants, runs(chosen.against), max(1, chosen.workers), thorough=chosen.thorough):
        done.append(mutant)
        print(told(mutant), file=sys.stderr, flush=True)
    survivors = [each for each in done if each.outcome == SURVIVED]
    print(summary(done))
    for each in survivors:
        print(f"\n{each.number} {each.change.kind}: {each.module} survived\n{each.diff}")
    if chosen.json:
        chosen.json.write_text(json.dumps([asdict(each) for each in done], indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
