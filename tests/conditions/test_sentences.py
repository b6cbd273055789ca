"""Sentences: what they say, that they are printed as they are read, and what is no sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultzone.conditions import (
    Condition,
    Description,
    Pattern,
    always,
    describe,
    eventually,
    follows,
    never,
    precedes,
    probe,
    read,
    sometimes,
)
from faultzone.conditions.patterns import KEYWORDS, Property
from faultzone.conditions.sentences import ALWAYS, EVENTUALLY, NEVER, SOMETIMES, Relation
from faultzone.errors import UsageError
from faultzone.faults import Fault
from faultzone.faults.schedule import Entry

SENTENCES = [
    "refusal NoStock",
    "refusal NoStock not preceded by fault within 10m",
    "always transition to=Stopping followed by transition Stopped same instance within 1h30m",
    "never refusal NoStock not during fault SupplyShortage",
    "eventually within 10m event SystemFailure.Reboot Executed",
    "eventually event Executed",
    "refusal 3 times within 1m",
    "fault HostCrash 2 times same host",
    'probe "two serve" false',
    'probe "is" true',
    "always refusal is Throttling",
    "sometimes refusal NoStock",
    "call RunInstances parameters.Amount=3",
    "call Describe* action!=DescribeZones",
    "refusal is not code=X.Y",
    'notice what="fault skipped"',
    'notice what=""',
    "undo within=5m",
]
BAD = {
    "": "a kind of entry",
    "   ": "a kind of entry",
    "refusl NoStock": "did you mean 'refusal'",
    "refusal NoStok": "did you mean 'NoStock'",
    "refusal colour=red": "unknown field 'colour'",
    "refusal preceded fault": "expected 'by' after 'preceded'",
    "refusal preceded by fault within": "a length of time after 'within'",
    "refusal preceded by fault within soon": "after 'within': duration='soon'",
    "refusal preceded by": "a kind of entry",
    "transition to=Flying": "unknown to 'Flying'",
    "transition Flying": "Released, Running",
    "fault HostCrush": "did you mean 'HostCrash'",
    "event SystemFailure.Rebot": "did you mean 'SystemFailure.Reboot'",
    "call RunInstence": "did you mean 'RunInstances'",
    "report HostLosd": "did you mean 'HostLost'",
    "always refusal": "always refusal is",
    "always refusal 3 times": "always refusal is",
    "refusal not": "after 'not'",
    "refusal is not": "a word or FIELD=VALUE after 'is'",
    "refusal is": "a word or FIELD=VALUE after 'is'",
    "refusal NoStock precceded by fault": "did you mean 'preceded'",
    "notice x folowed by fault": "not understood",
    'notice "x': "has no end",
    "during fault": "a kind of entry",
    "call during refusal": "does not last",
    "advance foo": "has no name",
    "refusal 0 times": "from 1 to 1000000",
    "refusal many times": "from 1 to 1000000",
    "refusal 3 times same colour": "unknown field 'colour'",
    "refusal preceded by fault same": "a field after 'same'",
    "refusal preceded by fault within 5m same code": "not understood",
    "eventually": "a kind of entry",
    "never never refusal": "a kind of entry",
    "refusal NoStock within 5m": "not understood",
}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_it_is_printed_as_it_is_read(sentence: str) -> None:
    assert str(read(sentence)) == sentence
    assert read(str(read(sentence))) == read(sentence)


@pytest.mark.parametrize("sentence", BAD)
def test_what_is_no_sentence_says_what_is(sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        read(sentence)
    assert BAD[sentence] in str(refused.value)


@pytest.mark.parametrize("sentence", [None, 7, b"refusal"])
def test_what_is_no_text_is_refused(sentence: object) -> None:
    with pytest.raises(UsageError, match="sentence="):
        read(sentence)  # type: ignore[arg-type]


def test_a_word_is_a_whole_part_of_a_name() -> None:
    stock = describe("refusal NoStock").pattern
    assert stock.meets("refusal", {"code": "OperationDenied.NoStock"})
    assert not stock.meets("refusal", {"code": "OperationDenied.NoStocks"})
    assert not stock.meets("call", {"code": "NoStock"})
    assert describe("refusal RunInstances NoStock").pattern.meets(
        "refusal", {"code": "OperationDenied.NoStock", "action": "RunInstances"}
    )
    assert describe("event SystemFailure").pattern.meets("event", {"type": "SystemFailure.Reboot"})
    assert describe("read Describe*").pattern.meets("read", {"action": "DescribeZones"})


def test_a_value_is_that_of_json() -> None:
    def meets(sentence: str, **data: object) -> bool:
        return describe(sentence).pattern.meets(sentence.split()[0], data)

    assert meets("transition host=null", host=None)
    assert meets("fault reversible=true", reversible=True)
    assert meets("fault number=3", number=3)
    assert not meets("fault number!=3", number=3)
    assert meets("notice locks=financial", locks=["security", "financial"])
    assert meets("call parameters.Amount=2", parameters={"Amount": 2})
    assert not meets("call parameters.Amount=2", parameters={})
    assert not meets("call parameters.Amount=2", parameters="hidden")
    assert meets("transition host=cn-hangzhou-*", host="cn-hangzhou-a-h01")


@dataclass(frozen=True)
class OddFault(Fault):
    """A fault of a test's own."""

    capability: ClassVar[str] = "break-hosts"
    oddness: int = 1


def test_faults_of_the_tests_own_are_known() -> None:
    assert str(read("fault OddFault oddness=2")) == "fault OddFault oddness=2"


def test_what_a_journal_has_is_known() -> None:
    with pytest.raises(UsageError):
        read("fault Landslide depth=3")
    entries = [(0, 0, "fault", {"fault": "Landslide", "depth": 3})]
    assert isinstance(read("fault Landslide depth=3", entries), Description)


def test_a_code_of_ones_own_is_written_in_full() -> None:
    assert str(read("refusal code=Mine")) == "refusal code=Mine"


def two_serve() -> bool:
    return True


def test_functions_write_the_same_sentences() -> None:
    written = {
        never("refusal NoStock not during fault"): "never refusal NoStock not during fault",
        always("refusal preceded by fault"): "always refusal preceded by fault",
        always("event", "to=Executed"): "always event is to=Executed",
        always(two_serve): "always probe two_serve is true",
        always(probe("two serve", two_serve)): 'always probe "two serve" is true',
        never(two_serve): "never probe two_serve true",
        eventually(two_serve, within="90s"): "eventually within 1m30s probe two_serve true",
        eventually("event Executed"): "eventually event Executed",
        sometimes("refusal NoStock"): "sometimes refusal NoStock",
        precedes("fault", before="refusal NoStock", within=600): "always refusal NoStock preceded by fault within 10m",
        follows("transition Running", after="transition Stopped", same="instance"): (
            "always transition Stopped followed by transition Running same instance"
        ),
        follows(two_serve, after="undo", within="5m"): "always undo followed by probe two_serve true within 5m",
        never(Entry("event", type="SystemFailure.Reboot")): "never event type=SystemFailure.Reboot",
        never(probe("a.b", two_serve)): "never probe true probe=a.b",
    }
    assert [str(condition) for condition in written] == list(written.values())
    assert [read(sentence) for sentence in written.values()] == list(written)
    assert [each.name for each in follows(two_serve, after="undo").probes] == ["two_serve"]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: never("never refusal"), "leave out 'never'"),
        (lambda: never(cast("str", 3)), "expected entries"),
        (lambda: always("refusal"), "always refusal is"),
        (lambda: always(lambda: True), "a function with a name"),
        (lambda: follows("undo", after="fault", same="colour"), "unknown field 'colour'"),
        (lambda: follows("undo", after="fault", within="soon"), "duration='soon'"),
        (lambda: precedes("refusal during fault", before="undo"), "without a relation"),
        (lambda: never(Entry("event", nth=2)), "leave out nth"),
        (lambda: never(Entry("event", colour="red")), "unknown field 'colour'"),
        (lambda: probe("", two_serve), "what the probe asks"),
        (lambda: probe("x", cast("Any", 3)), "a function"),
    ],
)
def test_what_cannot_be_demanded_is_refused(wrong: object, says: str) -> None:
    with pytest.raises(UsageError, match=says.replace("(", r"\(")):
        wrong()  # type: ignore[operator]


NAMES = st.sampled_from(["NoStock", "Throttling", "OperationDenied.NoStock", "Describe*", "i-1", *sorted(KEYWORDS)])
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=9) | st.sampled_from(
    ["a b", '"', "\\", "x=1", *KEYWORDS]
)
PATTERNS = st.builds(
    Pattern,
    st.just("notice"),
    st.lists(NAMES, max_size=2).map(tuple),
    st.lists(st.builds(Property, st.sampled_from(["what", "a.b"]), TEXTS, st.booleans()), max_size=2).map(tuple),
)
LENGTHS = st.none() | st.integers(0, 10**10)
RELATIONS = (
    st.builds(
        Relation, st.sampled_from(["preceded by", "followed by"]), PATTERNS, st.booleans(), LENGTHS,
        st.sampled_from(["", "instance"]),
    )
    | st.builds(Relation, st.just("during"), st.just(Pattern("fault", ("HostCrash",))), st.booleans())
)  # fmt: skip
DESCRIPTIONS = st.builds(Description, PATTERNS, RELATIONS)
CONDITIONS = st.builds(Condition, st.sampled_from([ALWAYS, NEVER, SOMETIMES]), DESCRIPTIONS) | st.builds(
    Condition, st.just(EVENTUALLY), DESCRIPTIONS, LENGTHS
)


@pytest.mark.slow
@settings(max_examples=50, deadline=None)
@given(DESCRIPTIONS | CONDITIONS)
def test_whatever_is_printed_is_read_as_the_same(value: Description | Condition) -> None:
    assert read(str(value)) == value


def test_a_length_ends_within_region_time() -> None:
    expected = "expected at most [0-9]+ days, because region time ends at"
    with pytest.raises(UsageError, match=expected):
        read("eventually within 999999999d undo")
    with pytest.raises(UsageError, match=expected):
        eventually("undo", within="999999999d")
