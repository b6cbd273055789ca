"""How long the test is that crashes the host of an instance which the program under test is yet to start, between the
program's third and fourth call: written as before faults could be aimed, and as now. Both are run, and counted."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator
from textwrap import dedent
from typing import Any, Final

from benchmarks.measure import Row, Sizes
from faultzone import Client, HostCrash, Region, Schedule, make_region
from faultzone.errors import HarnessError
from faultzone.faults.schedule import Call, On
from faultzone.faults.targets import host_of, newest

#: What the program calls, and where the host crashes.
CALLS: Final = ("DescribeZones", "RunInstances", "RunInstances", "DescribeInstances", "RunInstances")
_THIRD: Final = 3


def program(ecs: Any, region: Region) -> None:
    """The program under test."""
    launch = {"ImageId": region.defaults["image"], "InstanceType": region.defaults["instance-type"]}
    for action in CALLS:
        getattr(ecs, action)(**(launch if action == "RunInstances" else {}))


def before(region: Region) -> None:
    class Counting:
        def __init__(self, client: Client) -> None:
            self.client, self.calls = client, 0

        def __getattr__(self, action: str) -> Callable[..., Any]:
            def call(**parameters: Any) -> Any:
                answer = getattr(self.client, action)(**parameters)
                self.calls += 1
                if self.calls == _THIRD:
                    region.chaos.crash(region.instances[-1].host)  # type: ignore[arg-type]
                return answer

            return call

    program(Counting(Client(region)), region)


def now(region: Region) -> None:
    region.chaos.play(Schedule([On(Call("*", nth=3), HostCrash(host_of(newest("instance"))))]))
    program(Client(region), region)


def lines(test: Callable[[Region], None]) -> int:
    """The lines of a test's body, without those that are blank or comments."""
    source = dedent(inspect.getsource(test))
    (function,) = ast.parse(source).body
    assert isinstance(function, ast.FunctionDef)
    body = source.splitlines()[function.body[0].lineno - 1 :]
    return sum(bool(line.strip()) and not line.strip().startswith("#") for line in body)


def crashed(test: Callable[[Region], None]) -> bool:
    """Whether the host of the second instance, and no other, crashes after its launch and before the last."""
    with make_region(zones=1, hosts_per_zone=4, seed=7) as region:
        test(region)
        told = [each.data.get("host", "launch") for each in region.journal.of("call", "fault")]
        return told == ["launch", "launch", region.instances[1].host, "launch"]


def measure(sizes: Sizes) -> Iterator[Row]:
    """The lines of both, each of which is seen to do it."""
    for test in (before, now):
        if not crashed(test):
            raise HarnessError(f"the benchmark did not measure what it says: {test.__name__} crashes another host")
    what = "a test that crashes the host of an instance that a program is yet to start"
    yield Row(what, lines(now), "lines", None, {"without aims": lines(before)})
