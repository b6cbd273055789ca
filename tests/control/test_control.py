"""What a control verb is: a function whose keyword-only parameters are its declaration."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from faultzone import UsageError, control
from faultzone.backends.local import LocalBackend
from faultzone.backends.options import CloudOptions
from faultzone.control import hosted, tables
from faultzone.control.local import Local
from faultzone.control.registry import Table, verb
from faultzone.model.core.shape import Shape
from faultzone.serve.control import schema

TABLE: Table = {}


@verb(TABLE, "see-hosts", writes=False)
def measure(
    backend: object,
    *,
    depth: int,
    limit: int | None,
    height: float | str = 1,
    labels: Mapping[str, int | None] | None = None,
    rows: Sequence[int] | None = None,
    each: Callable[[Mapping[str, int]], int | None] | None = None,
    whatever: Any = None,
) -> dict[str, Any]:
    """Measure something deep, at whatever depth
    it is.

    The rest is for readers.
    """
    given = {"depth": depth, "limit": limit, "height": height, "labels": labels, "rows": rows, "whatever": whatever}
    return {"backend": backend, **given}


def test_parameters_are_read_from_the_function() -> None:
    found = TABLE["measure"]
    assert {name: str(each) for name, each in found.parameters.items()} == {
        "depth": "integer",
        "limit": "integer or null",
        "height": "number or string?",
        "labels": "object?",
        "rows": "array?",
        "each": "callable, in process alone?",
        "whatever": "any?",
    }
    assert (found.summary, found.capability, found.writes, found.takes_lock) == (
        "Measure something deep, at whatever depth it is.",
        "see-hosts",
        False,
        False,
    )


def test_null_stands_for_a_default_that_is_none_and_is_a_value_of_a_required_argument() -> None:
    answer = TABLE["measure"].run("it", {"depth": 2, "limit": None, "rows": None})
    assert answer == {
        "backend": "it",
        "depth": 2,
        "limit": None,
        "height": 1,
        "labels": None,
        "rows": None,
        "whatever": None,
    }


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"limit": 1}, "missing argument 'depth'"),
        ({"depth": 1}, "missing argument 'limit'"),
        ({"depth": None, "limit": 1}, "'depth': expected integer, got null"),
        ({"depth": True, "limit": 1}, "'depth': expected integer, got boolean"),
        ({"depth": 1.5, "limit": 1}, "'depth': expected integer, got number"),
        ({"depth": 1, "limit": "1"}, "'limit': expected integer or null, got string"),
        ({"depth": 1, "limit": 1, "height": []}, "'height': expected number or string, got array"),
        ({"depth": 1, "limit": 1, "height": None}, "'height': expected number or string, got null"),
        ({"depth": 1, "limit": 1, "labels": [1]}, "'labels': expected object, got array"),
        ({"depth": 1, "limit": 1, "rows": {}}, "'rows': expected array, got object"),
        ({"depth": 1, "limit": 1, "each": 1}, "'each': expected callable, in process alone, got integer"),
        ({"depth": 1, "limit": 1, "depht": 1}, "unknown argument 'depht'"),
        ({"depth": 1, "limit": 1, "depht": None}, "unknown argument 'depht'"),
    ],
)
def test_arguments_that_do_not_fit_are_refused_by_name(given: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError) as refused:
        TABLE["measure"].run(None, given)
    assert str(refused.value).startswith(f"control verb 'measure': {says}")
    assert "it takes depth: integer, limit: integer or null" in str(refused.value)


def test_every_verb_of_every_table_has_a_sentence_and_a_schema(backend: LocalBackend) -> None:
    known = {**tables.CONTAINERS, **hosted.VERBS}
    assert [name for name, each in known.items() if not each.summary.endswith(".")] == []
    shown = schema(backend.control("verbs", {}))["properties"]
    assert isinstance(shown, dict)
    assert shown.keys() == tables.MEMORY.keys()
    assert shown["set-supply"]["required"] == ["limit"]


def test_every_file_with_verbs_is_in_a_table() -> None:
    files = sorted(Path(control.__file__).parent.rglob("*.py"))
    with_verbs = {path.stem for path in files if "VERBS: Table" in path.read_text("utf-8")}
    known = {**tables.MEMORY, **tables.CONTAINERS, **hosted.VERBS}
    found = {each.function.__module__.rpartition(".")[2] for each in [*known.values(), *tables.MEMORY.values()]}
    assert with_verbs == found


def test_what_may_be_asked_for_at_the_end_or_again_is_said_at_the_verb() -> None:
    known = {**tables.MEMORY, **tables.CONTAINERS}
    assert {name for name, each in known.items() if each.last} == {"host-logs", "keep-hosts", "note", "release"}
    reads = {name for name, each in known.items() if not each.writes}
    assert reads - {name for name, each in known.items() if each.repeatable} == {"guest-request"}


def test_a_reset_takes_every_option_that_travels_as_json() -> None:
    options = set(CloudOptions._fields) - {"shapes", "rules", "timings", "root_image"}
    assert hosted.VERBS["reset"].parameters.keys() == set(Shape._fields) | options | {"regions"}


@pytest.fixture
def backend() -> LocalBackend:
    return LocalBackend()


def test_local_backends_are_what_verbs_need(backend: LocalBackend) -> None:
    """The type checker does the rest."""
    memory: Local = backend
    assert memory.verbs is tables.MEMORY
