"""Wrong regions: regions that break one documented promise each, to measure what a suite catches.

A wrong region is a few lines in one of three forms: other values of the edition, one overridden method of `Rules`, or a
wrapper round `Backend.call`, which works round any backend. The model has no switch for them. A suite catches one when
an assertion of its clause fails; a crash is no catch.

    pytest --pyargs faultzone_specs --faultzone-backend=wrong:eight-in-a-zone
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from typing import Any, Final, TypeVar

from faultzone import clauses, editions
from faultzone.backends import Backend
from faultzone.backends.options import CloudOptions, local_backend
from faultzone.ecs.errors import ApiError
from faultzone.errors import HarnessError, UsageError
from faultzone.model.rules import Rules

#: The modules that declare wrong regions, one for each chapter.
_CHAPTERS: Final = (
    "assistant",
    "assistant_runs",
    "invocation_status",
    "billing",
    "deployment_sets",
    "deployment_set_members",
    "deployment_set_moves",
    "instances",
    "instance_release",
    "instance_requests",
    "instance_inputs",
    "events",
    "recovery",
    "notifications",
)

Parameters = Mapping[str, object]
Answer = dict[str, Any]
F = TypeVar("F", bound=type)


class Wrapper:
    """A backend that passes everything on; a wrong region overrides `call`, or `answer` to spoil what is answered."""

    def __init__(self, inner: Backend) -> None:
        self.inner = inner
        self.name, self.capabilities, self.outlives_tests = inner.name, inner.capabilities, inner.outlives_tests

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def call(self, action: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        """Answer one action."""
        return self.answer(action, parameters, self.inner.call(action, parameters, account=account))

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        """What is answered in place of the right answer."""
        return answer

    def ask(self, action: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        """What the right region answers, to be used in a wrong answer; in its first region, if none is named.

        Raises:
            HarnessError: it refuses. That is a mistake of the wrong region's, and would read as the one that it is for.
        """
        first = next(iter(self.inner.control("shape", {})["regions"]))
        try:
            return self.inner.call(action, {"RegionId": first, **parameters}, account=account)
        except ApiError as refusal:
            raise HarnessError(f"a wrong region asked for {action} and was refused: {refusal}") from refusal

    def control(self, verb: str, arguments: Mapping[str, object]) -> Answer:
        """Do what only a harness may do."""
        return self.inner.control(verb, arguments)

    def close(self) -> None:
        """End what the backend holds."""
        self.inner.close()


@dataclass(frozen=True)
class WrongRegion:
    """A region that breaks one promise.

    Attributes:
        name: such as `eight-in-a-zone`.
        clause: the clause that must catch it.
        says: what it does wrong.
        edition: other values of the edition, by `chapter.name`.
        rules: a class that overrides one rule.
        wrap: a wrapper round the backend.
    """

    name: str
    clause: str
    says: str
    edition: Mapping[str, object] | None = None
    rules: type[Rules] | None = None
    wrap: Callable[[Backend], Backend] | None = None

    def backend(self, options: CloudOptions) -> Backend:
        """The wrong region in the shape that a test asked for."""
        if self.edition is not None:
            right = editions.load(options.edition) if isinstance(options.edition, str) else options.edition
            options = replace(options, edition=right.changed(self.edition))
        if self.rules is not None:
            options = replace(options, rules=self.rules)
        made: Backend = local_backend(options)
        return made if self.wrap is None else self.wrap(made)


_REGISTRY: dict[str, WrongRegion] = {}


def wrong(name: str, clause: str, says: str, edition: Mapping[str, object] | None = None) -> Callable[[F], F]:
    """Declare a wrong region: decorates a subclass of `Rules` or of `Wrapper`; `declare` takes edition values."""

    def register(form: F) -> F:
        if issubclass(form, Rules):
            _add(WrongRegion(name, clause, says, edition, rules=form))
        elif issubclass(form, Wrapper):
            _add(WrongRegion(name, clause, says, edition, wrap=form))
        else:
            raise UsageError(f"{form.__name__} is neither a subclass of Rules nor of Wrapper")
        return form

    return register


def declare(name: str, clause: str, says: str, edition: Mapping[str, object]) -> None:
    """Declare a wrong region of other edition values.

    Raises:
        UsageError: an edition has no such value.
    """
    editions.load().changed(edition)
    _add(WrongRegion(name, clause, says, edition))


def _add(region: WrongRegion) -> None:
    clauses.get(region.clause)
    if region.name in _REGISTRY:
        raise UsageError(f"two wrong regions are called {region.name!r}")
    _REGISTRY[region.name] = region


@cache
def load() -> Mapping[str, WrongRegion]:
    """All wrong regions by name, in the order of the chapters."""
    for chapter in _CHAPTERS:
        import_module(f"{__name__}.{chapter}")
    return dict(_REGISTRY)


def get(name: str) -> WrongRegion:
    """The wrong region of that name.

    Raises:
        UsageError: there is none; the text names close matches.
    """
    found = load().get(name)
    if found is None:
        close = get_close_matches(name, load())
        meant = f"did you mean {' or '.join(close)}? " if close else ""
        raise UsageError(f"there is no wrong region {name!r}: {meant}`faultzone wrong` lists them")
    return found
