"""A wrong region: a row that names what it changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from faultzone import clauses, editions
from faultzone.backends import Backend
from faultzone.backends.options import CloudOptions, local_backend
from faultzone.editions import Edition
from faultzone.errors import UsageError
from faultzone.model.rules import Rules
from faultzone.mutations import described
from faultzone.mutations.described import written
from faultzone.mutations.library import Mutation
from faultzone.mutations.wrapper import Mutated, Wrapper

#: What a rule is overridden with: it takes the right rules, then what the rule takes.
Rule = Callable[..., object]


@dataclass(frozen=True)
class WrongRegion:
    """A region that breaks one promise.

    Attributes:
        name: such as `eight-in-a-zone`.
        clause: the clause that must catch it.
        says: what it does wrong.
        values: other values of the edition, by `chapter.name`.
        rules: other rules, by the name of the method of `Rules`.
        mutations: what calls pass through on their way; the first is met first.
        wrap: a wrapper round the backend.
    """

    name: str
    clause: str
    says: str
    values: Mapping[str, object] = field(default_factory=dict)
    rules: Mapping[str, Rule] = field(default_factory=dict)
    mutations: tuple[Mutation, ...] = ()
    wrap: type[Wrapper] | None = None

    def backend(self, options: CloudOptions) -> Backend:
        """The wrong region in the shape that a test asked for."""
        if self.values:
            right = editions.load(options.edition) if isinstance(options.edition, str) else options.edition
            options = options._replace(edition=right.changed(self.values))
        if self.rules:
            options = options._replace(rules=_overriding(self.rules))
        made: Backend = local_backend(options)
        if self.mutations:
            made = Mutated(made, self.mutations)
        return made if self.wrap is None else self.wrap(made)

    def changes(self) -> list[str]:
        """What it changes, a line for each change."""
        return [
            *(f"the value {path} is {value!r}" for path, value in self.values.items()),
            *(f"the rule {name} is {described.value(rule)}" for name, rule in self.rules.items()),
            *map(repr, self.mutations),
            *([f"calls pass through {self.wrap.__name__}: {self.wrap.__doc__}"] if self.wrap else []),
        ]


def row(
    name: str,
    clause: str,
    says: str,
    *mutations: Mutation,
    values: Mapping[str, object] | None = None,
    wrap: type[Wrapper] | None = None,
    **rules: Rule,
) -> WrongRegion:
    """A wrong region.

    Args:
        name: such as `eight-in-a-zone`.
        clause: the clause that must catch it.
        says: what it does wrong.
        mutations: what calls and control verbs pass through.
        values: other values of the edition, by `chapter.name`.
        wrap: a class for what is no mutation.
        rules: other rules, such as `relocates=lambda right, instance: False`; `right` has the right ones.

    Raises:
        UsageError: there is no such clause, value or rule, or the row changes nothing.
    """
    clauses.get(clause)
    editions.load().changed(values or {})
    for rule in rules:
        if not hasattr(Rules, rule):
            raise UsageError.unknown(
                "rule", rule, where=f"in the wrong region {name!r}", see="model/rules.py has the rules"
            )
    if not (mutations or values or wrap or rules):
        raise UsageError(f"wrong region {name!r} changes nothing: give it mutations, values, rules or wrap")
    return WrongRegion(name, clause, says, values or {}, rules, mutations, wrap)


@written
def always(answer: object) -> Rule:
    """A rule with one answer."""
    return lambda *given, **named: answer


def _overriding(rules: Mapping[str, Rule]) -> Callable[[Edition], Rules]:
    """Makes rules of which some are others."""

    def make(edition: Edition) -> Rules:
        right, made = Rules(edition), Rules(edition)
        for name, rule in rules.items():
            setattr(made, name, partial(rule, right))
        return made

    return make
