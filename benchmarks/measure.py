"""How things are measured: batches, medians, child processes, and the rows that come of it.

A figure is the median of batches. The garbage collector runs before the first batch and stays on, as it is for users.
Cases that are compared with each other take turns. Where nothing that is measured waits, what counts is the processor
time of the process: on an idle machine it is the time that passes, and a busy one disturbs it less.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from statistics import median
from time import process_time
from typing import Any, Final

MICRO: Final = 1e6
MILLI: Final = 1e3


@dataclass(frozen=True)
class Sizes:
    """How much is measured.

    Args:
        instances: the numbers of instances at which calls are measured, ascending.
        peer_instances: those at which the peers are.
        filled: the instances of the whole listing, of one region filled call by call, and of the memory figures.
        listed: the instances among which listings are measured.
        hosts: the hosts among which placement chooses.
        timers: how many fire.
        batches: of which the median is taken.
        calls: in a batch.
        processes: how often each kind of process is started.
        examples: of the Hypothesis machines.
        walked: the steps of random walks.
        drills: sessions that are killed.
        rounds: how often a figure of real hosts is taken, of which the median counts.
    """

    instances: tuple[int, ...] = (10, 100, 1_000, 10_000, 100_000)
    peer_instances: tuple[int, ...] = (10, 1_000)
    filled: int = 10_000
    listed: int = 200_000
    hosts: int = 10_000
    timers: int = 100_000
    batches: int = 15
    calls: int = 200
    processes: int = 31
    examples: int = 60
    walked: int = 200_000
    drills: int = 20
    rounds: int = 5


QUICK: Final = Sizes(
    instances=(10, 100, 10_000),
    peer_instances=(10,),
    filled=1_000,
    listed=20_000,
    timers=20_000,
    batches=5,
    processes=7,
    examples=20,
    walked=50_000,
    drills=8,
    rounds=3,
)


@dataclass(frozen=True)
class Row:
    """One figure of the table.

    Args:
        what: is measured.
        value: of it, in `unit`.
        unit: `us`, `ms`, `s`, `B`, `x`, `lines`, `things` (less is better) or a rate that ends in `/s` (more is
            better).
        target: that it should meet, in the same unit.
        peers: what does the same, or the floor below which it cannot be -> its figure in the same unit.
        times: peer -> how many times better than that this should be.
        difference: whether it is one time less another, which noise can make negative.
    """

    what: str
    value: float
    unit: str
    target: float | None = None
    peers: Mapping[str, float] | None = None
    times: Mapping[str, float] | None = None
    difference: bool = False

    @property
    def met(self) -> bool | None:
        """Whether all its targets are met; None without one. A peer that was not measured sets none."""
        held = []
        if self.target is not None:
            held.append(self.value >= self.target if self.unit.endswith("/s") else self.value <= self.target)
        held += [(self.ratio(peer) or 0) >= least for peer, least in self.asked.items()]
        return all(held) if held else None

    @property
    def asked(self) -> Mapping[str, float]:
        """How many times better than each peer that was measured this should be."""
        return {peer: least for peer, least in (self.times or {}).items() if peer in (self.peers or {})}

    def ratio(self, peer: str) -> float | None:
        """How many times better than a peer this is, worse below 1; None where a difference is not positive."""
        other = (self.peers or {})[peer]
        if min(other, self.value) <= 0:
            return None
        return self.value / other if self.unit.endswith("/s") else other / self.value


@dataclass(frozen=True)
class Case:
    """Something to time: `call` so many times a batch, with `before` and `after` around the batch, outside the time.

    Args:
        calls: in a batch; None for as many as the others have.
    """

    call: Callable[[], object]
    before: Callable[[], object] = lambda: None
    after: Callable[[], object] = lambda: None
    calls: int | None = None


def seconds(
    cases: Mapping[str, Case], *, calls: int, batches: int, timer: Callable[[], float] = process_time
) -> dict[str, float]:
    """The seconds that each case takes a call: the median of its batches, which take turns with those of the others."""
    taken: dict[str, list[float]] = {name: [] for name in cases}
    gc.collect()
    for batch in range(batches + 1):
        for name, case in cases.items():
            case.before()
            call, count = case.call, case.calls or calls
            begun = timer()
            for _ in range(count):
                call()
            ended = timer()
            case.after()
            if batch:  # The first one warms up.
                taken[name].append((ended - begun) / count)
    return {name: median(each) for name, each in taken.items()}


def once(call: Callable[[], object]) -> float:
    """The seconds that one call takes."""
    return seconds({"": Case(call)}, calls=1, batches=3)[""]


def child(module: str, *arguments: object) -> dict[str, Any]:
    """What a module of this package prints, as JSON, when it runs in a fresh process."""
    command = [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    printed: dict[str, Any] = json.loads(done.stdout)
    return printed


def installed(*modules: str) -> bool:
    """Whether all of these can be imported."""
    return all(find_spec(module) for module in modules)
