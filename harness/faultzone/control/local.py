"""What control verbs may use of a local backend."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

from faultzone.api.ecs import ECS

if TYPE_CHECKING:
    from faultzone.api.errors import ApiError
    from faultzone.clock import Clock, Timer
    from faultzone.control.faults.active import ActiveFaults
    from faultzone.control.faults.failing import FailingCalls, Made
    from faultzone.control.registry import Verb
    from faultzone.journal.journal import Journal
    from faultzone.model.assistant.managed import Registering
    from faultzone.model.cloud import Cloud
    from faultzone.substrate import Substrate
    from faultzone.substrate.docker.substrate import DockerSubstrate
    from faultzone.substrate.memory import MemorySubstrate


class Subscriptions(Protocol):
    """The subscribers to notifications."""

    def since(self, number: int | None) -> tuple[list[dict[str, Any]], int]:
        """The notices from a number on, and the number to ask with next time."""

    def subscribe(self, listener: Callable[[dict[str, Any]], object], form: str) -> int:
        """Call a function with notifications from now on; the number of the subscription."""

    def open_queue(self, form: str) -> int:
        """Keep notifications from now on; the number of the subscription."""

    def call_back(self, url: str, form: str) -> int:
        """Post notifications to a URL from now on."""

    def open_mns(self, name: str, form: str) -> tuple[int, str]:
        """Serve notifications as an MNS queue; its number and endpoint."""

    def endpoint_of(self, queue: str, account: str) -> str:
        """The endpoint of a queue that an event rule sends to."""

    def read(self, number: int) -> list[dict[str, Any]]:
        """What a subscription has kept, oldest first."""

    def unsubscribe(self, number: int) -> bool:
        """End a subscription; whether there was one."""


class Local(Protocol):
    """A model, a substrate and a clock behind one lock. Verbs have the lock unless they say that they take it."""

    @property
    def name(self) -> str:
        """`memory` or `docker`."""

    @property
    def capabilities(self) -> frozenset[str]:
        """What it lets a test do."""

    @property
    def verbs(self) -> Mapping[str, Verb]:
        """The control verbs that it has."""

    @property
    def cloud(self) -> Cloud:
        """The model."""

    @property
    def clock(self) -> Clock:
        """Region time."""

    @property
    def journal(self) -> Journal:
        """The record."""

    @property
    def substrate(self) -> Substrate:
        """What hosts are made of."""

    @property
    def memory(self) -> MemorySubstrate | None:
        """The hosts, if they are in memory."""

    @property
    def active_faults(self) -> ActiveFaults:
        """Its faults."""

    @property
    def failing_calls(self) -> FailingCalls:
        """What becomes of calls."""

    @property
    def subscriptions(self) -> Subscriptions:
        """The subscribers to notifications."""

    @property
    def access_keys(self) -> list[str]:
        """The IDs of the access keys that clients of it have."""

    def call(
        self, action: str, parameters: Mapping[str, object], *, product: str = ECS, account: str | None = None
    ) -> dict[str, Any]:
        """Answer one action."""

    def carry_out(self, call: Made, cloud: Cloud | None = None) -> dict[str, Any]:
        """Carry out a call, whatever faults there are, or let another cloud than its own answer one that reads."""

    def note_refused(self, call: Made, refusal: ApiError, fault: str) -> None:
        """Put the refusal of a call by a fault into the journal: the model does not know of it."""

    def control(self, verb: str, arguments: Mapping[str, object]) -> dict[str, Any]:
        """Carry out a verb."""

    def locked(self) -> AbstractContextManager[None]:
        """Hold the lock, and commit at the end what changed; for what does not have the lock."""

    def plan(self, delay: int, action: Callable[[], object], *, soon: bool = False) -> Timer:
        """Run something once `delay` milliseconds of region time have passed, without the lock; of no delay, once time
        is next looked at, or as `soon` as the lock is free."""

    def advance(self, length: int, *, await_hosts: bool = True) -> int:
        """Let `length` milliseconds of region time pass; how many timers fired."""

    def advance_to_notice(self, length: int) -> tuple[int, int]:
        """The same, but no further than to the next notice; how many timers fired, and how much is left."""

    def await_hosts(self) -> None:
        """Let what was asked of the hosts happen."""

    def waits(self) -> Mapping[str, float]:
        """What a wait needs to know of hosts that take real time."""

    def reach(self, instance: str, port: int, data: bytes, seconds: float) -> bytes:
        """Send a request to a port of an instance, and give the answer."""

    def release(self) -> None:
        """End what the cloud holds besides itself."""

    def note(self, kind: str, data: Mapping[str, Any]) -> None:
        """Put something that happened outside the model into the journal."""


class Containers(Local, Protocol):
    """The same, over hosts that are containers."""

    def register_machine(self, region: str, asked: Registering) -> str:
        """Register a machine outside the cloud; the id of its managed instance."""

    @property
    def substrate(self) -> DockerSubstrate:
        """The hosts."""
