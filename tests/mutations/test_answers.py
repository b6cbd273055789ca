"""A field that is missing in an answer, or of another kind, is a deviation, whatever the backend: never the harness."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any, Final

import pytest

from faultzone.backends import Backend, answers
from faultzone.backends.options import CloudOptions, local_backend
from faultzone.mutations.library import Answer, Parameters
from faultzone.mutations.wrapper import Wrapper
from tests.mutations.test_kills import SETTINGS, Verdicts

pytestmark = pytest.mark.slow

OPTIONS: Final = ("-c", str(SETTINGS), "-p", "no:terminal")
#: Runs that show which fields there are.
_EDITIONS: Final = ("2019-02", "2020-12")

Field = tuple[str, str]
Change = Callable[[Any], Any]
#: What stands for a field that is taken out.
_NOTHING: Final = object()


class Running:
    """Knows which test a run is at."""

    test = ""

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.test = nodeid


@cache
def read_fields() -> dict[str, list[Field]]:
    """Each test of the suite, and the fields that it reads, by the field that holds them and their names."""
    running = Running()
    found: defaultdict[str, dict[Field, None]] = defaultdict(dict)

    class Noting(answers._Object):
        __slots__ = ("holder",)

        def __init__(self, shown: dict[str, Any], holder: str) -> None:
            self.holder = holder
            super().__init__(shown, holder)

        def __getitem__(self, name: str) -> Any:
            found[running.test][self.holder, name] = None
            return super().__getitem__(name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(answers, "_Object", Noting)
        pytest.main([*OPTIONS, "--pyargs", "faultzone_specs"], plugins=[running])
    return {test: list(fields) for test, fields in found.items()}


def shared_out(chance: Random) -> dict[str, Field]:
    """Each test, and one field of those that it reads: the one that fewest others have so far."""
    faced = Counter[Field]()
    chosen: dict[str, Field] = {}
    # A test that reads few fields has little choice.
    tests = sorted(read_fields().items())
    chance.shuffle(tests)
    for test, fields in sorted(tests, key=lambda each: len(each[1])):
        chosen[test] = min(fields, key=faced.__getitem__)
        faced[chosen[test]] += 1
    return chosen


def spoiled(value: Any, holder: str, field: Field, change: Change) -> Any:
    """A copy of an answer in which a field is changed wherever it is."""
    if isinstance(value, list):
        return [spoiled(each, holder, field, change) for each in value]
    if not isinstance(value, dict):
        return value
    copy = {name: spoiled(inner, name, field, change) for name, inner in value.items()}
    if holder == field[0] and field[1] in copy:
        copy[field[1]] = change(copy[field[1]])
    return {name: inner for name, inner in copy.items() if inner is not _NOTHING}


class Spoils(Running):
    """Gives each test of a run regions in whose answers its field is changed."""

    def __init__(self, fields: dict[str, Field], change: Change) -> None:
        self.fields, self.change = fields, change

    def pytest_faultzone_backend(self, options: CloudOptions) -> Backend | None:
        if self.test not in self.fields:
            return None
        field, change = self.fields[self.test], self.change

        class Spoiled(Wrapper):
            def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
                changed: Answer = spoiled(answer, "answer", field, change)
                return changed

        return Spoiled(local_backend(options))


def run(fields: dict[str, Field], change: Change) -> dict[str, tuple[str, str]]:
    """Each test whose field was changed, its verdict and what it says."""
    found = Verdicts()
    pytest.main([*OPTIONS, "--pyargs", "faultzone_specs"], plugins=[found, Spoils(fields, change)])
    return {test: (value["verdict"], why) for test, value, why in found.seen if test in fields}


def retyped(value: object) -> object:
    """Another kind: what was something else becomes a number, and a number a list."""
    return ["x"] if isinstance(value, int) else 5


CHANGES: Final[dict[str, Change]] = {"removed": lambda _: _NOTHING, "null": lambda _: None, "of another kind": retyped}

#: The first is read in either spelling; the second is only there once an event has ended.
UNSEEN: Final = {
    ("InstanceCloudAssistantStatus", "CloudAssistantStatus"),
    ("InstanceSystemEventType", "EventFinishTime"),
}


@pytest.mark.parametrize("how", CHANGES)
def test_a_field_that_is_not_as_documented_is_a_deviation(how: str) -> None:
    fields = shared_out(Random(how))
    seen = run(fields, CHANGES[how])
    assert len(seen) > 500
    assert [each for each in seen.items() if each[1][0] == "harness-error"] == []
    told = {fields[test] for test, (verdict, _) in seen.items() if verdict == "deviates"}
    assert {*fields.values()} - told - UNSEEN == set(), "no test that reads them sees it"


@pytest.mark.parametrize("edition", _EDITIONS)
def test_the_kinds_of_fields_are_those_that_a_right_region_answers(edition: str) -> None:
    """`api/ecs/answers.toml` has each field that the suite meets; the lines that are missing are told."""
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

    pytest.main([*OPTIONS, f"--faultzone-edition={edition}", "--pyargs", "faultzone_specs"], plugins=[Looking()])
    assert wrong == set()
