"""A field that is missing in an answer, or of another kind, is a deviation, whatever the backend: never the harness."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cache
from random import Random
from typing import Any, Final

import pytest

from faultzone.backends import Backend, answers
from faultzone.backends.options import CloudOptions, local_backend
from faultzone.wrong_regions import Answer, Parameters, Wrapper
from tests.wrong_regions.test_kills import SETTINGS, Verdicts

pytestmark = pytest.mark.slow

#: How many fields are taken out, and how many of the tests that read one then face that.
_FIELDS: Final = 60
_TESTS: Final = 4
#: Runs that show which test reads what.
_EDITIONS: Final = ("2019-02", "2020-12")

Field = tuple[str, str]


class Reading:
    """Notes which test of a run reads which field, by the field that holds it and its name."""

    def __init__(self) -> None:
        self.tests: defaultdict[Field, list[str]] = defaultdict(list)
        self._running = ""

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._running = nodeid

    def note(self, field: Field) -> None:
        if self.tests[field][-1:] != [self._running]:
            self.tests[field].append(self._running)


def spoiled(value: Any, holder: str, field: Field, change: Callable[[dict[str, Any], str], None]) -> Any:
    """A copy of an answer in which a field is changed wherever it is."""
    if isinstance(value, list):
        return [spoiled(each, holder, field, change) for each in value]
    if not isinstance(value, dict):
        return value
    copy = {name: spoiled(inner, name, field, change) for name, inner in value.items()}
    if holder == field[0] and field[1] in copy:
        change(copy, field[1])
    return copy


class Spoils:
    """Gives a run regions whose answers have a field changed."""

    def __init__(self, field: Field, change: Callable[[dict[str, Any], str], None]) -> None:
        self.field, self.change = field, change

    def pytest_faultzone_backend(self, options: CloudOptions) -> Backend:
        spoils = self

        class Spoiled(Wrapper):
            def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
                changed: Answer = spoiled(answer, "answer", spoils.field, spoils.change)
                return changed

        return Spoiled(local_backend(options))


@cache
def read_fields() -> dict[Field, list[str]]:
    """Field -> the tests of the suite that read it by its name."""
    reading = Reading()

    class Noting(answers._Object):
        __slots__ = ("holder",)

        def __init__(self, shown: dict[str, Any], holder: str) -> None:
            self.holder = holder
            super().__init__(shown, holder)

        def __getitem__(self, name: str) -> Any:
            reading.note((self.holder, name))
            return super().__getitem__(name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(answers, "_Object", Noting)
        pytest.main(["-c", str(SETTINGS), "-p", "no:terminal", "--pyargs", "faultzone_specs"], plugins=[reading])
    return dict(reading.tests)


def verdicts(field: Field, tests: Iterable[str], change: Callable[[dict[str, Any], str], None]) -> Verdicts:
    """The verdicts of tests in regions whose answers have a field changed."""
    found = Verdicts()
    chosen = [f"{SETTINGS.parent}/{each.rpartition('faultzone_specs/')[2]}" for each in tests]  # type: ignore[attr-defined]
    pytest.main(["-c", str(SETTINGS), "-p", "no:terminal", *chosen], plugins=[found, Spoils(field, change)])
    return found


def remove(holder: dict[str, Any], name: str) -> None:
    del holder[name]


def empty(holder: dict[str, Any], name: str) -> None:
    holder[name] = None


def retype(holder: dict[str, Any], name: str) -> None:
    """Another kind: what was something else becomes a number, and a number a list."""
    holder[name] = ["x"] if isinstance(holder[name], int) else 5


@pytest.mark.parametrize("change", [remove, empty, retype], ids=lambda each: each.__name__)
def test_no_field_of_an_answer_is_trouble_of_the_harness(change: Callable[[dict[str, Any], str], None]) -> None:
    chance = Random(f"fields {change.__name__}")
    fields = sorted(read_fields())
    troubled, unseen = [], []
    for field in sorted(chance.sample(fields, min(_FIELDS, len(fields)))):
        tests = read_fields()[field]
        seen = verdicts(field, chance.sample(tests, min(_TESTS, len(tests))), change).seen
        told = {value["verdict"] for _, value, _ in seen}
        troubled += [f"{field}: {test}\n{why}" for test, value, why in seen if value["verdict"] == "harness-error"]
        if "deviates" not in told:
            unseen.append(field)
    assert not troubled, "\n\n".join(troubled)
    assert not unseen, "no test that reads them sees that they are missing"


@pytest.mark.parametrize("edition", _EDITIONS)
def test_the_kinds_of_fields_are_those_that_a_right_region_answers(edition: str) -> None:
    """`ecs/answers.toml` has each field that the suite meets; the lines that are missing are told."""
    wrong: set[str] = set()

    class Looking:
        def pytest_faultzone_backend(self, options: CloudOptions) -> Backend:
            class Looked(Wrapper):
                def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
                    look(answer, "answer")
                    return answer

            return Looked(local_backend(options))

    def look(value: Any, holder: str) -> None:
        for each in value if isinstance(value, list) else [value]:
            for name, inner in each.items() if isinstance(each, dict) else ():
                kind = answers.fields().get(holder, {}).get(name)
                if kind is None or not (inner is None or answers.is_of(kind, inner)):
                    wrong.add(f"[{holder}] {name}: {inner!r} is no {kind}")
                look(inner, name)

    arguments = ["-c", str(SETTINGS), "-p", "no:terminal", f"--faultzone-edition={edition}"]
    pytest.main([*arguments, "--pyargs", "faultzone_specs"], plugins=[Looking()])
    assert wrong == set()
