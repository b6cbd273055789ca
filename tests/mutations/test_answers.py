"""A field that is missing in an answer, or of another kind, is a deviation, whatever the backend: never the harness."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, Final, NamedTuple

import pytest

from faultzone import editions
from faultzone.api.ecs import ECS
from faultzone.backends import Backend, answers
from faultzone.backends.options import CloudOptions, local_backend
from faultzone.mutations.library import Answer, Parameters, at, drop
from faultzone.mutations.wrapper import Wrapper
from tests.support.suite import Suite

pytestmark = [pytest.mark.slow, pytest.mark.kills]

#: An action, and the way to a field of its answers, such as `Instances.Instance[].Cpu`.
Field = tuple[str, str]
Change = Callable[[Any], Any]


class Seen(NamedTuple):
    """What a run on right regions has shown.

    Attributes:
        read: each test, and the fields that it reads.
        undeclared: edition -> what its answers have that is not as declared; nothing for one that gave no answer.
    """

    read: dict[str, list[Field]]
    undeclared: dict[str, set[str]]


@pytest.fixture(scope="module")
def suite() -> Iterator[Suite]:
    made = Suite()
    yield made
    made.close()


@pytest.fixture(scope="module")
def seen(suite: Suite) -> Seen:
    """One run of the whole suite, for all that is asked of it."""
    read: defaultdict[str, dict[Field, None]] = defaultdict(dict)
    undeclared: defaultdict[str, set[str]] = defaultdict(set)

    class Noting(answers._Object):
        __slots__ = ("_copying",)

        def keys(self) -> Any:
            self._copying = {*super().keys()}
            return super().keys()

        def __getitem__(self, name: str) -> Any:
            # A copy asks for the names and then for each of them: it depends on none.
            if name in getattr(self, "_copying", ()):
                self._copying.remove(name)
                return super().__getitem__(name)
            action, way = self._begins.removesuffix(": "), re.sub(r"\[\d+\]", "[]", self._way)
            read[suite.running][action, f"{way}{name}"] = None
            return super().__getitem__(name)

    def looked_at(options: CloudOptions) -> Backend:
        region = local_backend(options)
        edition = region.cloud.edition

        class Looked(Wrapper):
            def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
                found = answers.deviations(action, answer, edition.date)
                undeclared[edition.name].update(f"{action}: {each}" for each in found)
                return answer

        return Looked(region)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(answers, "_Object", Noting)
        suite.run(looked_at, suite.all)
    return Seen({test: list(fields) for test, fields in read.items()}, dict(undeclared))


def shared_out(read: dict[str, list[Field]], chance: Random) -> dict[str, Field]:
    """Each test, and one field of those that it reads: the one that fewest others have so far."""
    faced = Counter[Field]()
    chosen: dict[str, Field] = {}
    # A test that reads few fields has little choice.
    tests = sorted(read.items())
    chance.shuffle(tests)
    for test, fields in sorted(tests, key=lambda each: len(each[1])):
        chosen[test] = min(fields, key=faced.__getitem__)
        faced[chosen[test]] += 1
    return chosen


def run(suite: Suite, fields: dict[str, Field], change: Change) -> dict[str, tuple[str, str]]:
    """Each test, on regions in whose answers its field is changed: its verdict and what it says."""

    def spoil(options: CloudOptions) -> Backend:
        spoiled, way = fields[suite.running]

        class Spoiled(Wrapper):
            def call(
                self, action: str, parameters: Parameters, *, product: str = ECS, account: str | None = None
            ) -> Answer:
                right = self.inner.call(action, parameters, product=product, account=account)
                return self.answer(action, parameters, right)

            def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
                holder, _, name = way.rpartition(".")
                changed: Answer = at(holder, change(name))(answer) if action == spoiled else answer
                return changed

        return Spoiled(local_backend(options))

    chosen = [item for item in suite.all if item.nodeid in fields]
    return {test: (value["verdict"], why) for test, value, why in suite.run(spoil, chosen)}


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
def test_a_field_that_is_not_as_documented_is_a_deviation(suite: Suite, seen: Seen, how: str) -> None:
    fields = shared_out(seen.read, Random(how))
    found = run(suite, fields, CHANGES[how])
    assert len(found) > 500
    assert [each for each in found.items() if each[1][0] == "harness-error"] == []
    told = {fields[test] for test, (verdict, _) in found.items() if verdict == "deviates"}
    assert {*fields.values()} - told - UNSEEN == set(), "no test that reads them sees it"


@pytest.mark.parametrize("edition", editions.names())
def test_all_that_a_right_region_answers_is_as_declared(seen: Seen, edition: str) -> None:
    assert seen.undeclared[edition] == set()
