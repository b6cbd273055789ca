"""The state machines that `benchmarks.stateful` runs; apart, because they need Hypothesis when they are imported."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from faultzone import ApiError, Instance, make_region

#: An entry for each step that was taken.
STEPS: list[int] = []


class Nothing(RuleBasedStateMachine):
    """Three rules and an invariant that only count."""

    @rule(number=st.integers(1, 3))
    def one(self, number: int) -> None:
        STEPS.append(number)

    @rule()
    def two(self) -> None:
        STEPS.append(0)

    @precondition(lambda self: True)
    @rule()
    def three(self) -> None:
        STEPS.append(0)

    @invariant()
    def holds(self) -> None:
        assert STEPS is not None


class OverRegion(RuleBasedStateMachine):
    """The life of instances, with what the region lists as the invariant."""

    instances = Bundle("instances")

    def __init__(self) -> None:
        super().__init__()
        self.region = make_region(zones=2, hosts_per_zone=8)
        self.alive: set[str] = set()

    @rule(target=instances)
    def run(self) -> Instance:
        STEPS.append(0)
        (made,) = self.region.run_instances(1, wait=False)
        self.alive.add(made.id)
        return made

    @rule(instance=instances)
    def stop(self, instance: Instance) -> None:
        self._try(instance, "StopInstance")

    @rule(instance=instances)
    def start(self, instance: Instance) -> None:
        self._try(instance, "StartInstance")

    @rule(instance=consumes(instances))
    def delete(self, instance: Instance) -> None:
        self.region.clock.advance("2s")
        self._try(instance, "DeleteInstance", Force=True)
        if not instance.exists:
            self.alive.discard(instance.id)

    @rule(seconds=st.integers(1, 30))
    def pass_time(self, seconds: int) -> None:
        STEPS.append(0)
        self.region.clock.advance(seconds)

    def _try(self, instance: Instance, action: str, **more: object) -> None:
        STEPS.append(0)
        with suppress(ApiError):  # Refused in this state.
            self.region.call(action, InstanceId=instance.id, **more)

    @invariant()
    def lists_what_is_alive(self) -> None:
        assert self.region.call("DescribeInstances", PageSize=1)["TotalCount"] == len(self.alive)
