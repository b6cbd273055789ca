"""Steps a second of a Hypothesis state machine over a region, beside one that does nothing: the tool's own cost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from benchmarks.measure import Row, Sizes, installed, once

INSTALLED: Final = installed("hypothesis")
_STEPS = 50


def measure(sizes: Sizes) -> Iterator[Row]:
    """Steps that run, start, stop and delete instances and let time pass, with an invariant after each."""
    if not INSTALLED:
        return
    from hypothesis import HealthCheck, settings
    from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

    from benchmarks import machines

    limits = settings(
        max_examples=sizes.examples,
        stateful_step_count=_STEPS,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )

    def rate(machine: type[RuleBasedStateMachine], counter: list[int]) -> float:
        def run() -> None:
            counter.clear()
            run_state_machine_as_test(machine, settings=limits)

        taken = once(run)
        return len(counter) / taken

    floor = {"a machine that does nothing": rate(machines.Nothing, machines.STEPS)}
    yield Row("Hypothesis steps over a region", rate(machines.OverRegion, machines.STEPS), "steps/s", None, floor)
