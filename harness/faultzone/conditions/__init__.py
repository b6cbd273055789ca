"""What must hold over time, as values: of the entries of a journal, and of what a test asks itself::

    never("refusal NoStock not during fault SupplyShortage")
    always("event", "to=Executed")
    always(two_serve)
    eventually("event SystemFailure.Reboot Executed", within="10m")
    sometimes("refusal NoStock")
    precedes("fault HostCrash", before="event SystemFailure.Reboot Executing", within="10s")
    follows("transition Running", after="transition Stopped", same="instance", within="5m")

Each is printed as a sentence, and `read` takes that again; see `faultzone.conditions.sentences` for the grammar.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from faultzone.clock import Duration, see_moment
from faultzone.conditions import vocabulary
from faultzone.conditions.judging import BROKEN, HOLDS, OPEN, Judge, Judgement, judge
from faultzone.conditions.patterns import Pattern, Property
from faultzone.conditions.sentences import (
    ALWAYS,
    EVENTUALLY,
    FOLLOWED,
    IS,
    NEVER,
    PRECEDED,
    SOMETIMES,
    Condition,
    Description,
    Probe,
    Relation,
    describe,
    read,
)
from faultzone.conditions.watching import Found, Watch
from faultzone.errors import UsageError
from faultzone.journal.awaited import Entry

if TYPE_CHECKING:
    from typing import TypeAlias

    #: What describes entries: a sentence, its value, a pattern of a schedule; or a probe, which means that it is true.
    What: TypeAlias = str | Description | Pattern | Entry | Probe | Callable[[], object]


def never(what: What) -> Condition:
    """No entry is described; a probe is never true.

    Raises:
        UsageError: nothing is described by that, or what cannot exist.
    """
    return Condition(NEVER, _description(what), probes=_probes(what))


def always(what: What, is_: str = "") -> Condition:
    """Each entry stands as described; a probe is true all the while.

    Args:
        what: the entries with a relation, such as `refusal preceded by fault`; or a probe.
        is_: without a relation, what each entry is: words and properties, such as `to=Executed`.

    Raises:
        UsageError: nothing is described by that, or there is no relation.
    """
    probes = _probes(what)
    if probes:
        relation = Relation(IS, Pattern("probe", ("true",)))
        return Condition(ALWAYS, Description(_of_probe(probes[0]), relation), probes=probes)
    if is_:
        return Condition(ALWAYS, describe(f"{_pattern(what)} is {is_}"))
    return Condition(ALWAYS, _description(what))


def eventually(what: What, within: Duration | None = None) -> Condition:
    """An entry that is described comes; a probe becomes true, or is.

    Args:
        what: the entries, or a probe.
        within: after how much time at the latest, from when it is asked for; None for by the end.

    Raises:
        UsageError: nothing is described by that.
    """
    return Condition(EVENTUALLY, _description(what), _length(within), _probes(what))


def sometimes(what: What) -> Condition:
    """An entry that is described comes, or a probe is true, in at least one of the runs of a test: of its examples,
    parameters and repetitions.

    Raises:
        UsageError: nothing is described by that.
    """
    return Condition(SOMETIMES, _description(what), probes=_probes(what))


def precedes(what: What, *, before: What, within: Duration | None = None, same: str = "") -> Condition:
    """Each entry `before` has one of `what` before it.

    Args:
        what: what must come first, or a probe that must be true.
        before: what may only come then.
        within: at most so much time before.
        same: a field that both must have with the same value, such as `instance`.

    Raises:
        UsageError: nothing is described by one of them.
    """
    return _relates(before, PRECEDED, what, within, same)


def follows(what: What, *, after: What, within: Duration | None = None, same: str = "") -> Condition:
    """Each entry `after` has one of `what` after it; a probe that is true already follows at once.

    Args:
        what: what must come then.
        after: what it must come after.
        within: at most so much time after.
        same: a field that both must have with the same value, such as `instance`.

    Raises:
        UsageError: nothing is described by one of them.
    """
    return _relates(after, FOLLOWED, what, within, same)


def probe(name: str, function: Callable[[], object]) -> Probe:
    """Something that a test can ask at any moment; see `Probe`.

    Raises:
        UsageError: the name is empty, or the function cannot be called.
    """
    return Probe(name, function)


def _relates(of: What, how: str, other: What, within: Duration | None, same: str) -> Condition:
    pattern, relates_to = _pattern(of), _pattern(other)
    for each in (pattern, relates_to) if same else ():
        vocabulary.see_field(each.kind, same)
    relation = Relation(how, relates_to, within=_length(within), same=same)
    return Condition(ALWAYS, Description(pattern, relation), probes=_probes(of) + _probes(other))


def _length(within: Duration | None) -> int | None:
    return None if within is None else see_moment("within", within)


def _probes(what: What) -> tuple[Probe, ...]:
    """The probe that this is, if it is one; a function is known by its name."""
    return (Probe.of(what, "what"),) if isinstance(what, Probe) or callable(what) else ()


def _of_probe(asked: Probe, *more: str) -> Pattern:
    """The entries of a probe."""
    if "." in asked.name or "*" in asked.name:  # As a word, it would mean others, too.
        return Pattern("probe", more, (Property("probe", asked.name),))
    return Pattern("probe", (asked.name, *more))


def _description(what: What) -> Description:
    if probes := _probes(what):
        return Description(_of_probe(probes[0], "true"))
    if isinstance(what, str | Description):
        return describe(what)
    return Description(_pattern(what))


def _pattern(what: What) -> Pattern:
    """The pattern of entries that this is.

    Raises:
        UsageError: it is none, or it has a relation.
    """
    if isinstance(what, Entry):
        if what.nth != 1:
            raise UsageError(f"{what!r}: a condition is about all such entries: leave out nth")
        return vocabulary.of_entry(what.kind, what.where)
    if isinstance(what, Pattern):
        vocabulary.see(what)
        return what
    if not isinstance(what, str | Description) and not _probes(what):
        raise UsageError.expected("what", what, "entries such as 'refusal NoStock', or a probe")
    found = _description(what)
    if found.relation is not None:
        raise UsageError(f"{found}: expected entries without a relation to others, such as {str(found.pattern)!r}")
    return found.pattern


__all__ = [
    "BROKEN",
    "HOLDS",
    "OPEN",
    "Condition",
    "Description",
    "Found",
    "Judge",
    "Judgement",
    "Pattern",
    "Probe",
    "Property",
    "Relation",
    "Watch",
    "always",
    "describe",
    "eventually",
    "follows",
    "judge",
    "never",
    "precedes",
    "probe",
    "read",
    "sometimes",
]
