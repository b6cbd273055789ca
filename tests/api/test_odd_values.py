"""Odd Python values, through both doors of a backend: an answer, a documented refusal, or a sentence."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from faultzone import ApiError, make_region
from faultzone.control.tables import MEMORY as VERBS
from faultzone.errors import NotSupported, UsageError
from faultzone.journal.redaction import recorded
from faultzone.model.core.dispatch import ACTIONS

QUICK = settings(
    max_examples=400, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True
)


def itself() -> list[Any]:
    """A list that holds itself."""
    made: list[Any] = []
    made.append({"a": made})
    return made


def deep(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = {"a": value}
    return value


class Rude:
    """Whatever is asked of it fails."""

    def __repr__(self) -> str:
        raise RuntimeError("no")


ODD = st.sampled_from(
    [
        *(None, True, 0, -1, 10**30, 10**5000, 0.5, math.nan, math.inf, "", "x", "i-1", "\ud800", "a\x00", "9" * 5000),
        *(b"raw", bytearray(b"raw"), {1, 2}, frozenset(), range(3), object(), Rude(), print, int, ..., 1j),
        *((), [], {}, [[]], [None], {1: 2}, {None: 1}, {("a", 1): 2}, {b"k": "v"}, {"Key": {1: 2}}, {math.nan: 1}),
        *([{1: 2}], itself(), deep(40), deep(5000), "[" * 5000, '{"a":' * 5000, {10**5000: "x"}, {Rude(): 1}),
    ]
) | st.builds(lambda: (each for each in "ab"))
NAMES = st.sampled_from([1, None, ("a",), b"b", "", ".", "a.b", "Tag", "Tag.1", "Tag.1.Key", "x" * 5000, "\ud800"])


@QUICK
@given(
    st.sampled_from(sorted(name for _, name in ACTIONS)) | ODD,
    st.dictionaries(NAMES | st.sampled_from(["InstanceId", "InstanceIds", "RegionId", "Amount", "Parameters"]), ODD)
    | ODD,
    ODD,
)
@pytest.mark.slow
def test_any_call_is_answered_or_refused(action: Any, parameters: Any, account: Any) -> None:
    said = ""
    try:
        REGION.backend.call(action, parameters, account=account)
    except (ApiError, UsageError) as refused:
        said = str(refused)
    assert len(said) < 1000


@QUICK
@given(st.data())
@pytest.mark.slow
def test_any_control_verb_is_answered_or_refused(data: st.DataObject) -> None:
    verb: Any = data.draw(st.sampled_from(sorted(VERBS)) | ODD)
    names = list(VERBS[verb].parameters) if isinstance(verb, str) and verb in VERBS else ["a"]
    arguments: Any = data.draw(st.dictionaries(st.sampled_from([*names, 1, None]), ODD) | ODD)
    with suppress(UsageError, NotSupported):
        REGION.backend.control(verb, arguments)


REGION = make_region(zones=1, hosts_per_zone=2)


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"Tag": {1: 2}}, r"^Tag: expected text as a name, such as '1', got 1 \(int\)$"),
        ({"Tag": [{None: 1}]}, r"^Tag\.1: expected text as a name, got None \(NoneType\)$"),
        ({3: "x"}, r"^parameters: expected text as a name, such as '3', got 3 \(int\)$"),
        ({("a",): "x"}, r"^parameters: expected text as a name, got \('a',\) \(tuple\)$"),
        ({"Tag": itself()}, r"^Tag\.1\.a\.1\.a\S+: expected at most 32 levels; it has more, or contains itself$"),
        (
            {"Amount": 10**5000},
            r"^Amount: expected a whole number of at most 64 bits, got a whole number of 16610 bits$",
        ),
        (["Amount", 1], r"^parameters=\['Amount', 1\]: expected a mapping of names to values$"),
        (None, r"^parameters=None: expected a mapping of names to values$"),
    ],
)
def test_what_cannot_be_sent_is_named(parameters: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        REGION.backend.call("RunInstances", parameters)


@pytest.mark.parametrize("value", [math.nan, math.inf, b"raw", {1}, object(), print])
def test_what_is_no_text_is_refused_with_the_documented_code(value: Any) -> None:
    with pytest.raises(ApiError, match="text is expected, not"):
        REGION.backend.call("RunInstances", {"InstanceName": value})


def test_the_record_holds_nothing_that_others_may_change() -> None:
    assert recorded({"a": {1, 2}, "b": print, "c": [b"x"]}) == {
        "a": "<set>", "b": "<builtin_function_or_method print>", "c": ["<bytes>"]
    }  # fmt: skip


@pytest.mark.parametrize("value", [math.nan, math.inf, 10**30, 1j, {1}])
def test_a_number_that_is_none_is_refused_by_control_verbs(value: Any) -> None:
    with pytest.raises(UsageError, match=r"milliseconds.*: expected "):
        REGION.backend.control("advance", {"milliseconds": value})
