"""Sentences: what describes entries of a journal by what comes before, after or around them, and what must hold of it.

    sentence    = description | condition
    condition   = ("always" | "never" | "sometimes" | "eventually" ["within" LENGTH]) description
    description = entry [["is"] ["not"] relation]
    entry       = KIND {WORD | FIELD=VALUE | FIELD!=VALUE}
    relation    = "is" {WORD | FIELD=VALUE | FIELD!=VALUE}
                | ("preceded by" | "followed by") entry ["same" FIELD] ["within" LENGTH]
                | "during" entry ["same" FIELD]
                | NUMBER "times" ["same" FIELD] ["within" LENGTH]

A value is written in double quotes where it has blanks, or is a word of the grammar. `*` stands for any text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

from faultzone.clock import see_moment
from faultzone.conditions import vocabulary
from faultzone.conditions.patterns import KEYWORDS, NAMES, Pattern, Property, length
from faultzone.errors import UsageError, nearest

IS: Final = "is"
PRECEDED: Final = "preceded by"
FOLLOWED: Final = "followed by"
DURING: Final = "during"
TIMES: Final = "times"

ALWAYS: Final = "always"
NEVER: Final = "never"
EVENTUALLY: Final = "eventually"
SOMETIMES: Final = "sometimes"
_DEMANDS: Final = (ALWAYS, NEVER, EVENTUALLY, SOMETIMES)

#: The kinds whose entries begin something that lasts.
LASTING: Final = ("fault", "operation", "event", "transition", "probe")

_TOKEN: Final = re.compile(r'\s*(?:(?P<field>[\w.]+)(?P<how>!?=))?(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^\s"]+))')
_COUNT_MOST: Final = 1_000_000
_FORM: Final = (
    "KIND, words or FIELD=VALUE, then a relation: 'is …', 'preceded by ENTRY', 'followed by ENTRY', 'during ENTRY', "
    "'NUMBER times', with 'not' before it, and 'within LENGTH' at the end"
)

T = TypeVar("T")

#: An entry as the journal keeps it: number, instant, kind, data.
Raw = tuple[int, int, str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Relation:
    """How an entry stands to others.

    Args:
        how: `is`, `preceded by`, `followed by`, `during` or `times`.
        other: the entries that it stands to; of `is`, what it is besides.
        negated: whether it does not stand so.
        within: how far apart they are at the most, in milliseconds; None for any distance.
        same: a field that both have with the same value; empty for none.
        count: of `times`, which of them it is at the least.
    """

    how: str
    other: Pattern
    negated: bool = False
    within: int | None = None
    same: str = ""
    count: int = 0

    def __str__(self) -> str:
        other = str(self.other)
        if self.how == IS:
            said = f"is {'not ' * self.negated}{other.partition(' ')[2]}"
        elif self.how == TIMES:
            said = f"{self.count} times"
        else:
            said = f"{'not ' * self.negated}{self.how} {other}"
        same = f" same {self.same}" if self.same else ""
        return said + same + (f" within {length(self.within)}" if self.within is not None else "")


@dataclass(frozen=True, slots=True)
class Description:
    """Entries of a journal: those of a pattern that stand to others as a relation says.

    Args:
        pattern: what they are.
        relation: how they stand to others; None where that makes no difference.
    """

    pattern: Pattern
    relation: Relation | None = None

    def __str__(self) -> str:
        return f"{self.pattern} {self.relation}" if self.relation else str(self.pattern)

    @property
    def opposite(self) -> Description:
        """Entries of the same pattern that do not stand so.

        Raises:
            UsageError: there is no relation, or none that can be denied.
        """
        if self.relation is None or self.relation.how == TIMES:
            raise UsageError(
                f"always {self}: expected what each such entry is: 'always {self.pattern} is …', 'preceded by', "
                f"'followed by' or 'during'"
            )
        return replace(self, relation=replace(self.relation, negated=not self.relation.negated))


@dataclass(frozen=True, slots=True)
class Probe:
    """Something that a test can ask at any moment. While it is watched, the journal has an entry `probe` for its first
    value, and one each time that it has another.

    Args:
        name: what it asks, such as `two serve`; in sentences and in the journal it is known by that.
        function: asks it; it takes nothing, and may call the region.
    """

    name: str
    function: Callable[[], object]

    @classmethod
    def of(cls, asked: object, argument: str) -> Probe:
        """A probe, or the one that a function with a name is.

        Args:
            argument: what it was given as.

        Raises:
            UsageError: it is neither.
        """
        if isinstance(asked, Probe):
            return asked
        name = str(getattr(asked, "__name__", ""))
        if not callable(asked) or not name.isidentifier():
            raise UsageError.expected(argument, asked, "a function with a name, or probe('two serve', lambda: ...)")
        return cls(name, asked)

    def __post_init__(self) -> None:
        """Look at the values.

        Raises:
            UsageError: the name is empty, or the function cannot be called.
        """
        name: object = self.name
        if not isinstance(name, str) or not name.strip() or not name.isprintable():
            raise UsageError.expected("name", self.name, "what the probe asks, such as 'two serve'")
        if not callable(self.function):
            raise UsageError.expected("function", self.function, "a function: write lambda: before what it asks")


@dataclass(frozen=True, slots=True)
class Condition:
    """What must hold of a journal.

    Args:
        demand: `always` (each entry of the pattern stands as the relation says), `never` (no entry is described),
            `eventually` (one comes), or `sometimes` (one comes in at least one of several runs).
        what: the entries.
        within: of `eventually`, in how many milliseconds; None for by the end.
        probes: the functions that it asks, where it was written with such; see `Probe`.
    """

    demand: str
    what: Description
    within: int | None = None
    probes: tuple[Probe, ...] = field(default=(), compare=False, repr=False)

    def __post_init__(self) -> None:
        """See that it demands something that can be so.

        Raises:
            UsageError: `always` has no relation.
        """
        if self.demand == ALWAYS:
            _ = self.what.opposite

    def __str__(self) -> str:
        within = f" within {length(self.within)}" if self.within is not None else ""
        return f"{self.demand}{within} {self.what}"


def read(sentence: str, entries: Iterable[Raw] = ()) -> Description | Condition:
    """What a sentence says.

    Args:
        sentence: it.
        entries: those of a journal, whose fields and names are known too.

    Raises:
        UsageError: it is none, or about entries that cannot exist; the text says what there is.
    """
    if not isinstance(sentence, str):
        raise UsageError.expected("sentence", sentence, f"a text: {_FORM}")
    reader = _Reader(sentence, list(entries))
    demand = reader.take(*_DEMANDS)
    if not demand:
        return reader.end(reader.description())
    within = reader.within() if demand == EVENTUALLY else None
    return reader.end(Condition(demand, reader.description(), within))


def describe(sentence: str | Description, entries: Iterable[Raw] = ()) -> Description:
    """The description that a sentence is.

    Raises:
        UsageError: it is none, or a condition.
    """
    found = sentence if isinstance(sentence, Description) else read(sentence, entries)
    if isinstance(found, Condition):
        raise UsageError(
            f"{found}: expected a description of entries, such as 'refusal NoStock': leave out {found.demand!r}"
        )
    return found


@dataclass(frozen=True, slots=True)
class _Token:
    field: str
    equal: bool
    value: str
    quoted: bool

    @property
    def is_keyword(self) -> bool:
        return not self.quoted and not self.field and self.value in KEYWORDS


class _Reader:
    """Reads a sentence, token by token."""

    def __init__(self, sentence: str, entries: list[Raw]) -> None:
        self._sentence, self._entries, self._next = sentence, entries, 0
        self._tokens = list(self._split(sentence))

    def _split(self, sentence: str) -> Iterable[_Token]:
        place, end = 0, len(sentence.rstrip())
        while place < end:
            found = _TOKEN.match(sentence, place)
            if found is None:
                raise self._wrong(f"a value in quotes has no end at {sentence[place:].strip()[:40]!r}")
            place = found.end()
            inside = found["quoted"]
            value = found["bare"] if inside is None else re.sub(r"\\(.)", r"\1", inside)
            yield _Token(found["field"] or "", found["how"] != "!=", value, inside is not None)

    def _wrong(self, why: str) -> UsageError:
        return UsageError(f"sentence {self._sentence[:200]!r}: {why}")

    def _peek(self) -> _Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def take(self, *words: str) -> str:
        """The next token where it is one of these words of the grammar; empty where it is not."""
        token = self._peek()
        if token is None or token.quoted or token.field or token.value not in words:
            return ""
        self._next += 1
        return token.value

    def end(self, found: T) -> T:
        """What was found, where nothing comes after it."""
        token = self._peek()
        if token is not None:
            near = "" if token.quoted or token.is_keyword else nearest(token.value, sorted(KEYWORDS))
            raise self._wrong(f"{token.value!r} is not understood: {near}expected {_FORM}")
        return found

    def description(self) -> Description:
        """A description of entries."""
        pattern = self._pattern()
        relation = self._relation(pattern)
        if relation is not None and relation.how == DURING and relation.other.kind not in LASTING:
            raise self._wrong(
                f"an entry of the kind {relation.other.kind!r} does not last: expected 'during' {', '.join(LASTING)}"
            )
        return Description(pattern, relation)

    def _pattern(self) -> Pattern:
        token = self._peek()
        if token is None or token.is_keyword or token.field or token.value not in NAMES:
            given = "" if token is None else token.value
            near = nearest(given, sorted(NAMES))
            expected = f"a kind of entry: {', '.join(sorted(NAMES))}"
            raise self._wrong(f"{f'{given!r} is no kind of entry: ' if given else ''}{near}expected {expected}")
        self._next += 1
        return self._rest(token.value)

    def _rest(self, kind: str) -> Pattern:
        """The words and properties of an entry of a kind."""
        words, properties = [], []
        while (token := self._peek()) is not None and not token.is_keyword and not self._is_count():
            self._next += 1
            if token.field:
                properties.append(Property(token.field, token.value, token.equal))
            else:
                words.append(token.value)
        pattern = Pattern(kind, tuple(words), tuple(properties))
        try:
            vocabulary.see(pattern, self._entries)
        except UsageError as wrong:
            raise self._wrong(str(wrong)) from None
        return pattern

    def _is_count(self) -> bool:
        """Whether the next tokens are a number and `times`."""
        following = self._tokens[self._next + 1 : self._next + 2]
        return bool(following) and following[0].is_keyword and following[0].value == TIMES

    def _relation(self, pattern: Pattern) -> Relation | None:
        if self._is_count():
            return self._times(pattern)
        said = self.take("is")
        negated = bool(self.take("not"))
        how = self.take("preceded", "followed", "during")
        if not how:
            if not said:
                if negated:
                    raise self._wrong("expected 'preceded by', 'followed by' or 'during' after 'not'")
                return None
            other = self._rest(pattern.kind)
            if not other.words and not other.properties:
                raise self._wrong("expected a word or FIELD=VALUE after 'is'")
            return Relation(IS, other, negated)
        if how != DURING:
            if self._peek() is None or self._tokens[self._next].value != "by":
                raise self._wrong(f"expected 'by' after {how!r}")
            self._next += 1
            how = f"{how} by"
        other = self._pattern()
        same = self._same(pattern, other)
        within = None if how == DURING else self.within()
        return Relation(how, other, negated, within, same)

    def _times(self, pattern: Pattern) -> Relation:
        count = self._tokens[self._next].value
        if not re.fullmatch(r"[0-9]{1,7}", count) or not 1 <= int(count) <= _COUNT_MOST:
            raise self._wrong(f"{count!r}: expected a whole number from 1 to {_COUNT_MOST} before 'times'")
        self._next += 2
        same = self._same(pattern, pattern)
        return Relation(TIMES, pattern, within=self.within(), same=same, count=int(count))

    def _same(self, *patterns: Pattern) -> str:
        if not self.take("same"):
            return ""
        token = self._peek()
        if token is None or token.field or token.is_keyword:
            raise self._wrong("expected a field after 'same', such as 'same instance'")
        self._next += 1
        for pattern in patterns:
            vocabulary.see_field(pattern.kind, token.value, self._entries)
        return token.value

    def within(self) -> int | None:
        """The length of time after `within`; None without the word."""
        if not self.take("within"):
            return None
        token = self._peek()
        if token is None or token.field:
            raise self._wrong("expected a length of time after 'within', such as 10m")
        self._next += 1
        try:
            return see_moment("within", token.value)
        except UsageError as wrong:
            raise self._wrong(f"after 'within': {wrong}") from None
