"""Backends that stand round another one and change what passes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from faultzone.api.ecs import ECS
from faultzone.api.errors import ApiError
from faultzone.backends import Backend
from faultzone.errors import HarnessError
from faultzone.mutations.library import Answer, Mutation, Next, Parameters


class Wrapper:
    """A backend that passes everything on; a subclass overrides `called`, or `answer` to change what is answered."""

    def __init__(self, inner: Backend) -> None:
        self.inner = inner
        self.name, self.capabilities, self.outlives_tests = inner.name, inner.capabilities, inner.outlives_tests
        self.journal = inner.journal

    @property
    def delaying(self) -> bool:
        """Whether a fault delays calls."""
        return self.inner.delaying

    def call(self, action: str, parameters: Parameters, *, product: str = ECS, account: str | None = None) -> Answer:
        """Answer one action; those of other products than ECS are right, unless a subclass says otherwise."""
        if product != ECS:
            return self.inner.call(action, parameters, product=product, account=account)
        return self.called(action, parameters, account)

    def called(self, action: str, parameters: Parameters, account: str | None) -> Answer:
        """Answer one action of ECS."""
        return self.answer(action, parameters, self.inner.call(action, parameters, account=account))

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        """What is answered in place of the right answer."""
        return answer

    def ask(self, action: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        """What the right region answers, to be used in a wrong answer; in its first region, if none is named.

        Raises:
            HarnessError: it refuses. This is a mistake of the mutation, which must not read as its deviation.
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


class Mutated(Wrapper):
    """A backend whose calls and control verbs pass through mutations; a fault does so by its own name, with its fields,
    an action of another product than ECS with the product before its name: `sts.AssumeRole`.

    Args:
        inner: the right backend.
        mutations: the first is the one that a caller meets first.
    """

    def __init__(self, inner: Backend, mutations: Sequence[Mutation]) -> None:
        super().__init__(inner)
        self._mutations = mutations
        self._memory: dict[object, set[object]] = {}

    def call(self, action: str, parameters: Parameters, *, product: str = ECS, account: str | None = None) -> Answer:
        """Answer one action of any product."""
        if product == ECS:
            return self.called(action, parameters, account)

        def pass_on(name: str, given: Parameters) -> Answer:
            return self.inner.call(name.partition(".")[2], given, product=product, account=account)

        return self._mutated(f"{product}.{action}", parameters, pass_on, account)

    def called(self, action: str, parameters: Parameters, account: str | None) -> Answer:
        """Answer one action of ECS."""
        return self._mutated(
            action, parameters, lambda name, given: self.inner.call(name, given, account=account), account
        )

    def control(self, verb: str, arguments: Mapping[str, object]) -> Answer:
        """Do what only a harness may do."""
        fault = arguments.get("fault")
        if verb == "inject" and isinstance(fault, Mapping) and "fault" in fault:
            given = {name: value for name, value in fault.items() if name != "fault"}
            return self._mutated(str(fault["fault"]), given, self._inject, None)
        return self._mutated(verb, arguments, self.inner.control, None)

    def _inject(self, name: str, given: Parameters) -> Answer:
        return self.inner.control("inject", {"fault": {"fault": name, **given}})

    def _mutated(
        self, name: str, given: Parameters, pass_on: Callable[[str, Parameters], Answer], account: str | None
    ) -> Answer:
        on = _Next(pass_on, self, account, self._memory)
        for mutation in reversed(self._mutations):
            on = replace(on, _pass_on=partial(_through, mutation, on))
        return on(name, given)


def _through(mutation: Mutation, on: Next, name: str, given: Parameters) -> Answer:
    return mutation(name, given, on)


@dataclass(frozen=True)
class _Next:
    _pass_on: Callable[[str, Parameters], Answer]
    _region: Mutated
    _account: str | None
    memory: dict[object, set[object]]

    def __call__(self, name: str, given: Parameters) -> Answer:
        return self._pass_on(name, given)

    def ask(self, action: str, given: Parameters) -> Answer:
        return self._region.ask(action, given, account=self._account)

    def control(self, verb: str, arguments: Parameters) -> Answer:
        return self._region.inner.control(verb, arguments)
