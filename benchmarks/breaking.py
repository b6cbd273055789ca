"""What breaks: two months of daily trouble, a third of all hosts at once; and the cost of the journal and checkers."""

from __future__ import annotations

import gc
import json
import re
import sys
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from time import process_time
from typing import Final

from benchmarks.calls import empty, filled
from benchmarks.measure import Case, Row, Sizes, child, seconds
from benchmarks.memory import NoJournal
from faultzone import Instance, Region
from faultzone.backends.local import LocalBackend
from faultzone.checkers import demand
from faultzone.clock import DAY
from faultzone.errors import HarnessError

_STATUS: Final = Path("/proc/self/status")
_DAYS: Final = 60
#: A subscription lives for a week, and is kept for 15 days after its end: so many days make the region steady.
_STEADY: Final = 22
#: One instance in three has a subscription, or had one.
_SUBSCRIBED: Final = 3


def _peak() -> int:
    """The most bytes of memory that this process has occupied; 0 where the system does not tell."""
    found = re.search(r"VmHWM:\s+(\d+) kB", _STATUS.read_text()) if _STATUS.exists() else None
    return int(found[1]) * 1024 if found else 0


def _require(held: bool, what: str) -> None:
    """A figure counts only if the region did the work that it is of."""
    if not held:
        raise HarnessError(f"the benchmark did not measure what it says: {what}")


class _Troubled:
    """A region of which, every day, a host crashes, an instance is maintained and subscriptions expire.

    Args:
        count: how many instances it has, those kept after their subscription ended included.
    """

    def __init__(self, count: int) -> None:
        self.daily = max(1, count // (_SUBSCRIBED * _STEADY))
        self.region, ids = filled(max(2, count - self.daily * _STEADY))
        self.region.set_prices(hourly="0.5", monthly="100")
        self.region.top_up(10_000_000)
        # From opposite ends: a host that crashes takes the maintenance of its instances with it.
        self.ids, self.hosts = cycle(ids), cycle(each["host"] for each in reversed(self.region.hosts))
        for _ in range(_STEADY):
            self._subscribe()
            self.region.clock.advance("1d")

    def _subscribe(self) -> None:
        """Buy what expires in a week: nobody renews it."""
        self.region.run_instances(self.daily, wait=False, InstanceChargeType="PrePaid", Period=1, PeriodUnit="Week")

    def day(self) -> None:
        """One day; the host that crashed is repaired at its end."""
        region, host = self.region, next(self.hosts)
        self._subscribe()
        due = region.control("clock")["now"] + 2 * DAY
        region.control("schedule-maintenance", instance=next(self.ids), not_before=due)
        region.clock.advance("12h")
        region.chaos.crash(host, reversible=False)
        region.clock.advance("12h")
        region.control("replace-host", host=host)

    def days(self) -> None:
        """Two months, judged by all checkers."""
        for _ in range(_DAYS):
            self.day()
        demand(self.region.journal)

    def verify(self, before: int) -> None:
        """See that it had its troubles, after an entry of its journal."""
        seen = [each for each in self.region.journal if each.number >= before]
        released = sum(each.kind == "transition" and each.data["to"] == "Released" for each in seen)
        executed = [each.data["type"] for each in seen if each.kind == "event" and each.data["to"] == "Executed"]
        maintained = sum(type.startswith("SystemMaintenance.") for type in executed)
        recovered = sum(type.startswith("SystemFailure.") for type in executed)
        _require(released == _DAYS * self.daily, f"{released} instances were released")
        # What is planned in the last two days is still to come, and a host that was repaired may be empty.
        _require(maintained >= _DAYS // 2, f"{maintained} instances were maintained")
        _require(recovered >= _DAYS // 2, f"{recovered} instances were recovered")


def _third(count: int) -> dict[str, float]:
    """Crash each third host of every zone under `count` instances: seconds until all is recovered, and judged."""
    region, _ = filled(count)
    hosts = region.hosts
    zones = {zone: [each for each in hosts if each["zone"] == zone] for zone in region.zones}
    crashed = [each for members in zones.values() for each in members[::3]]
    gc.collect()
    begun = process_time()
    for each in crashed:
        region.chaos.crash(each["host"], reversible=False)
    region.clock.advance("1h")
    recovered = process_time() - begun
    demand(region.journal)
    taken = process_time() - begun
    running = region.call("DescribeInstances", Status="Running")["TotalCount"]
    _require(running == count, f"{running} of {count} instances run")
    return {
        "crashed": len(crashed),
        "hit": sum(len(each["instances"]) for each in crashed),
        "recovered": recovered,
        "taken": taken,
        "entries": len(region.journal),
        "peak": _peak(),
    }


class _Session:
    """What a test does: it runs an instance, looks, reboots, looks and deletes, again and again in a new region."""

    def __init__(self, rounds: int, *, journalled: bool) -> None:
        self.rounds, self.journalled = rounds, journalled
        self.region = self._new()

    def _new(self) -> Region:
        region = empty(self.rounds)
        assert isinstance(region.backend, LocalBackend)
        if not self.journalled:
            region.backend.journal = NoJournal()
        return region

    def before(self) -> None:
        self.region = self._new()
        gc.collect()

    def __call__(self) -> None:
        for _ in range(self.rounds):
            (made,) = self.region.run_instances(1)
            self._look(made)
            made.reboot()
            self._look(made)
            made.delete()

    def judge(self) -> None:
        demand(self.region.journal)

    def _look(self, made: Instance) -> None:
        for _ in range(3):
            made.describe()


def measure(sizes: Sizes) -> Iterator[Row]:
    """Two months of trouble, a third of all hosts, and the shares of the journal and the checkers."""
    yield from _months(max(30, sizes.filled // 10))
    count = 10 * sizes.filled
    crash = child("breaking", count)
    what = f"{crash['crashed']:,} of the hosts of {count:,} instances crash: {crash['hit']:,} recovered, all checked"
    yield Row(what, crash["taken"], "s", 10.0)
    yield Row("of which until they are recovered", crash["recovered"], "s")
    if crash["peak"]:
        yield Row("peak of resident memory, with journal and checkers", crash["peak"] / 2**20, "MiB")
    yield from _shares(max(1, sizes.calls // 2), sizes.batches)


def _months(count: int) -> Iterator[Row]:
    troubled = _Troubled(count)
    before = len(troubled.region.journal)
    gc.collect()
    begun = process_time()
    troubled.days()
    taken = process_time() - begun
    troubled.verify(before)
    yield Row(f"{_DAYS} days of daily trouble among {count:,} instances, checked", taken, "s", 2.0)
    begun = process_time()
    demand(troubled.region.journal)
    yield Row("of which the checkers", process_time() - begun, "s")
    yield Row("entries of its journal", len(troubled.region.journal), "entries")


def _shares(rounds: int, batches: int) -> Iterator[Row]:
    bare, journalled = _Session(rounds, journalled=False), _Session(rounds, journalled=True)
    cases = {
        "bare": Case(bare, before=bare.before),
        "journalled": Case(journalled, before=journalled.before),
        "checkers": Case(journalled.judge),
    }
    each = seconds(cases, calls=1, batches=batches)
    yield Row("calls with the journal, over those without", each["journalled"] / each["bare"], "x")
    judged = each["journalled"] + each["checkers"]
    yield Row("the same, and all checkers after them", judged / each["bare"], "x", 1.2)


if __name__ == "__main__":
    print(json.dumps(_third(int(sys.argv[1]))))
