"""Timers: how many events a second of real time the region's clock fires."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import heappop, heappush

from benchmarks.measure import Case, Row, Sizes, seconds
from faultzone.backends.local import LocalBackend
from faultzone.clock import DAY, VIRTUAL_START, Clock
from faultzone.model.core.state import RUNNING, STOPPED, Instance

_SPAN = 60 * DAY
#: Coprime to the length of the span, so that the timers are set out of order.
_STRIDE = 7_919_113


def _instants(count: int) -> list[int]:
    """Instants over sixty days, out of order."""
    return [VIRTUAL_START + n * _STRIDE % _SPAN for n in range(count)]


def _heap(instants: list[int]) -> None:
    """The floor: a heap of tuples and a call for each."""
    heap: list[tuple[int, int, Callable[[], None]]] = []
    for number, due in enumerate(instants):
        heappush(heap, (due, number, _nothing))
    while heap:
        heappop(heap)[2]()


def _nothing() -> None:
    pass


def _bare(instants: list[int]) -> None:
    clock = Clock(VIRTUAL_START)
    for due in instants:
        clock.call_at(due, _nothing)
    while clock.step(VIRTUAL_START + _SPAN):
        pass


def _journalled(instants: list[int]) -> None:
    """Each timer moves an instance to another state, which is committed and journalled, as in any region."""
    backend = LocalBackend()
    region = backend.cloud.regions[backend.cloud.default_region]
    kind, image = next(iter(region.catalog.types.values())), next(iter(region.catalog.images.values()))
    account = region.account(backend.cloud.accounts[0])
    instance = Instance("i-1", account.id, kind, image, account.default_vswitches[0], region.clock.now)
    account.instances[instance.id] = instance
    account.book.enter([instance])

    def flip() -> None:
        region.enter(instance, STOPPED if instance.status == RUNNING else RUNNING)

    for due in instants:
        region.clock.call_at(due, flip)
    backend.advance(_SPAN)


def measure(sizes: Sizes) -> Iterator[Row]:
    """One-shot timers over sixty days of region time, set and fired: bare, and with a transition each."""
    instants = _instants(sizes.timers)
    cases = {
        "heap": Case(lambda: _heap(instants)),
        "bare": Case(lambda: _bare(instants)),
        "journalled": Case(lambda: _journalled(instants)),
    }
    found = seconds(cases, calls=1, batches=sizes.batches)
    rate = {name: sizes.timers / each for name, each in found.items()}
    floor = {"a bare heap": rate["heap"]}
    yield Row(f"{sizes.timers:,} timers set and fired", rate["bare"], "timers/s", 300_000, floor)
    yield Row("the same, each a journalled transition", rate["journalled"], "timers/s", 120_000, floor)
