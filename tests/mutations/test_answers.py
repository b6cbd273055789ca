"""A field that is missing in an answer, or of another kind, is a deviation, whatever the backend: never the harness."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any, Final

import pytest

from faultzone import editions
from faultzone.backends import Backend, answers
from faultzone.backends.options import CloudOptions, local_backend
from faultzone.mutations.library import Answer, Parameters, at, drop
from faultzone.mutations.wrapper import Wrapper
from tests.mutations.test_kills import QUICK, SETTINGS, Verdicts

pytestmark = pytest.mark.slow

OPTIONS: Final = ("-c", str(SETTINGS), *QUICK)

#: An action, and the way to a field of its answers, such as `Instances.Instance[].Cpu`.
Field = tuple[str, str]
Change = Callable[[Any], Any]


class Running:
    """Knows which test a run is at."""

    test = ""

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.test = nodeid


@cache
def read_fields() -> dict[str, list[Field]]:
    """Each test of the suite, and the fields that it reads."""
    running = Running()
    found: defaultdict[str, dict[Field, None]] = defaultdict(dict)

    class Noting(answers._Object):
        __slots__ = ()

        def __getitem__(self, name: str) -> Any:
            action, way = self._begins.removesuffix(": "), re.sub(r"\[\d+\]", "[]", self._way)
            found[running.test][action, f"{way}{name}"] = None
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


class Spoils(Running):
    """Gives each test of a run regions in whose answers its field is changed."""

    def __init__(self, fields: dict[str, Field], change: Change) -> None:
        self.fields, self.change = fields, change

    def pytest_faultzone_backend(self, options: CloudOptions) -> Backend | None:
        if self.test not in self.fields:
            return None
        (spoiled, way), change = self.fields[self.test], self.change

        class Spoiled(Wrapper):
            def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
                holder, _, name = way.rpartition(".")
                changed: Answer = at(holder, change(name))(answer) if action == spoiled else answer
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


CHANGES: Final[dict[str, Change]] = {
    "removed": drop,
    "null": lambda name: at(name, lambda _: None),
    "of another kind": lambda name: at(name, retyped),
}

#: The name of the first has a period, which at a place begins another name; the second is read in either spelling; the
#: third is only there once an event has ended.
UNSEEN: Final = {
    (
        "DescribeLaunchTemplateVersions",
        "LaunchTemplateVersionSets.LaunchTemplateVersionSet[].LaunchTemplateData.SystemDisk.Size",
    ),
    (
        "DescribeCloudAssistantStatus",
        "InstanceCloudAssistantStatusSet.InstanceCloudAssistantStatus[].CloudAssistantStatus",
    ),
    ("DescribeInstanceHistoryEvents", "InstanceSystemEventSet.InstanceSystemEventType[].EventFinishTime"),
}


@pytest.mark.parametrize("how", CHANGES)
def test_a_field_that_is_not_as_documented_is_a_deviation(how: str) -> None:
    fields = shared_out(Random(how))
    seen = run(fields, CHANGES[how])
    assert len(seen) > 500
    assert [each for each in seen.items() if each[1][0] == "harness-error"] == []
    told = {fields[test] for test, (verdict, _) in seen.items() if verdict == "deviates"}
    assert {*fields.values()} - told - UNSEEN == set(), "no test that reads them sees it"


@pytest.mark.parametrize("edition", editions.names())
def test_all_that_a_right_region_answers_is_as_declared(edition: str) -> None:
    wrong: set[str] = set()

    class Looking:
        def pytest_faultzone_backend(self, options: CloudOptions) -> Backend:
            region = local_backend(options)
            date = region.cloud.edition.date

            class Looked(Wrapper):
                def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
                    wrong.update(f"{action}: {each}" for each in answers.deviations(action, answer, date))
                    return answer

            return Looked(region)

    pytest.main([*OPTIONS, f"--faultzone-edition={edition}", "--pyargs", "faultzone_specs"], plugins=[Looking()])
    assert wrong == set()
