"""The tool that changes the model in small ways: what it changes, and what it makes of a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.mutants import __main__ as command
from benchmarks.mutants.operators import Change, can_be, changes, diff

SOURCE = b'''"""A module."""

from __future__ import annotations

LIMIT = 7


def admits(self, number: int, *, name: str = "a") -> bool:
    """Whether it is let in."""
    if number < LIMIT and name not in self.names:
        self.names.add(name)
        raise UsageError("never changed")
    return self.asks(number, name)


def listed(found: dict) -> list[str]:
    return [each for each in sorted(found) if each]
'''


def _made(kind: str) -> list[str]:
    """What a kind of change leaves of the lines that it changes."""
    found = [each for each in changes(SOURCE) if each.kind == kind]
    before = SOURCE.decode().splitlines()
    return [
        line.strip()
        for change in found
        for line in change.applied(SOURCE).decode().splitlines()
        if line not in before
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "made"),
    [
        ("number moved", ["LIMIT = (8)", "LIMIT = (6)"]),
        ("constant", ['def admits(self, number: int, *, name: str = (\'aX\')) -> bool:']),
        (
            "comparison",
            [
                "if (number <= LIMIT) and name not in self.names:",
                "if (number > LIMIT) and name not in self.names:",
                "if number < LIMIT and (name in self.names):",
            ],
        ),
        (
            "condition",
            [
                "if (name not in self.names):",
                "if (number < LIMIT or name not in self.names):",
                "if (number < LIMIT):",
            ],
        ),
        ("condition negated", ["if (not (number < LIMIT and name not in self.names)):"]),
        ("statement dropped", ["pass"]),
        ("arguments swapped", ["return (self.asks(name, number))"]),
        ("return changed", ["return (not self.asks(number, name))", "return ([])"]),
        ("call changed", ["return [each for each in (list(found)) if each]"]),
        ("filter dropped", ["return ([each for each in sorted(found)])"]),
        ("arithmetic", []),
        ("member dropped", []),
        (
            "branch fixed",
            [
                "if ((number < LIMIT and name not in self.names) and False):",
                "if (number < LIMIT and name not in self.names or True):",
            ],
        ),
        ("done twice", ["self.names.add(name); self.names.add(name)"]),
        ("field exchanged", []),
        ("name exchanged", []),
        (
            "one skipped",
            [
                "return ([each for each in list(sorted(found))[1:] if each])",
                "return ([each for each in list(sorted(found))[:1] if each])",
            ],
        ),
    ],
)  # fmt: skip
def test_each_kind_of_change_is_what_it_says(kind: str, made: list[str]) -> None:
    assert sorted(_made(kind)) == sorted(made)


def test_a_dropped_member_is_a_field_that_an_answer_lacks() -> None:
    source = b'answer = {"Id": 1, "Name": name, **more}\n'
    made = [each.applied(source).decode().strip() for each in changes(source) if each.kind == "member dropped"]
    assert made == ["answer = ({'Id': 1, **more})", "answer = ({'Name': name, **more})"]


@pytest.mark.parametrize(
    ("kind", "source", "made"),
    [
        ("done twice", "f(1)", ["f(1); f(1)"]),
        ("left early", "def f() -> None:\n    a()\n    b()", ["def f() -> None:\n    a()\n    return"]),
        ("left early", "def f() -> int:\n    a()\n    return 1", []),
        ("order changed", "a.x = 1\nb.y = 2\nc = 3", ["b.y = 2; a.x = 1\nc = 3"]),
        ("order changed", "def f():\n    a()\n    raise B", []),
        ("one skipped", "for a in b:\n    c = a", [
            "for a in (list(b)[1:]):\n    c = a", "for a in (list(b)[:1]):\n    c = a",
        ]),
        ("slice opened", "a = b[c:d]", ["a = (b[:d])", "a = (b[c:])"]),
        ("operand alone", "a = 2 * b", ["a = (2)", "a = (b)"]),
        ("operand alone", "a = min(b, c)", ["a = (b)", "a = (c)"]),
        ("operand alone", "a = min(b)", []),
        ("values exchanged", "a = {'A': b, 'C': c, 'D': c, **e}", ["a = ({'A': c, 'C': b, 'D': c, **e})"]),
        ("name exchanged", "from a import DAY, HOUR\nb = DAY * c.NEW\nd = HOUR", [
            "from a import DAY, HOUR\nb = (HOUR) * c.NEW\nd = HOUR",
            "from a import DAY, HOUR\nb = DAY * c.NEW\nd = (DAY)",
        ]),
        ("field exchanged", "def f(a):\n    b = a.c + a.d()\n    e = a.g", [
            "def f(a):\n    b = (a.g) + a.d()\n    e = a.g", "def f(a):\n    b = a.c + a.d()\n    e = (a.c)",
        ]),
    ],
)  # fmt: skip
def test_a_mistake_of_a_kind_is_made_where_it_can_be(kind: str, source: str, made: list[str]) -> None:
    found = [each for each in changes(source.encode()) if each.kind == kind]
    assert sorted(each.applied(source.encode()).decode() for each in found) == sorted(made)


def test_a_change_knows_its_function_by_the_line_with_which_its_code_begins() -> None:
    source = b"@cached\ndef one():\n    return lambda: 1\n\nTWO = 2\n"
    assert {(each.line, each.function) for each in changes(source)} == {(3, 3), (5, 0)}


def test_all_of_a_sample_can_be_compiled_and_is_the_same_for_the_same_seed() -> None:
    some = command.sample(["deployment_sets"], seed=3, count=24)
    assert len(some) == 24
    assert {each.module for each in some} == {"faultzone/model/deployment_sets/actions.py"}
    assert [each.change for each in some] == [each.change for each in command.sample(["deployment_sets"], 3, 24)]
    assert [each.change for each in some] != [each.change for each in command.sample(["deployment_sets"], 4, 24)]
    assert len({each.change.kind for each in some}) > 8
    before = (command.HARNESS / some[0].module).read_bytes()
    assert all(can_be(each.change.applied(before)) for each in some)
    assert all(each.diff == diff(each.module, before, each.change.applied(before)) for each in some)
    assert not can_be(b"(a) = (1 = 2)")


def test_a_part_of_no_module_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["nowhere"])
    assert "no module of faultzone/model has nowhere in its path" in capsys.readouterr().err


def _changed(module: str, before: str, after: str) -> command.Mutant:
    source = (command.HARNESS / module).read_bytes()
    start = source.index(before.encode())
    change = Change("by hand", start, start + len(before), after, 1, 0)
    return command.Mutant(1, module, change, diff(module, source, change.applied(source)))


@pytest.mark.slow
def test_a_run_tells_an_assertion_from_what_breaks_and_what_survives(tmp_path: Path) -> None:
    tree = command.Tree(tmp_path)
    run = command.Run(
        "suite", ("-c", str(command.SUITE / "pytest.ini"), str(command.SUITE / "test_deployment_sets.py"))
    )
    module = "faultzone/model/deployment_sets/actions.py"
    cases = {
        command.SURVIVED: ("from __future__", "# Nothing.\nfrom __future__"),
        command.BROKE: ("from __future__", "raise KeyError('x')\nfrom __future__"),
        command.ASSERTED: ('"DeploymentSets", "DeploymentSet"', '"DeploymentSets", "Nothing"'),
    }
    for outcome, (before, after) in cases.items():
        mutant = _changed(module, before, after)
        tree.try_out(mutant, run, 60, None)
        assert mutant.outcome == outcome, mutant.seen
        assert bool(mutant.seen) is (outcome != command.SURVIVED)
        if outcome == command.ASSERTED:
            assert "test_deployment_sets.py::" in str(mutant.seen["suite"]["test"])
            assert "deployment-set/" in str(mutant.seen["suite"]["clauses"])
    assert (tree.folder / "harness" / module).read_bytes() == (command.HARNESS / module).read_bytes()
    of_the_project = command.Run("tests", (*command._TESTS[:-2], "tests/model/core/test_shape.py"))
    assert tree.run(of_the_project, 60) == ""
    assert tree.run(command.Run("tests", (*of_the_project.arguments, "-k", "nowhere")), 60).startswith(
        "pytest ended with 5"
    )
