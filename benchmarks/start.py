"""The first of a process: what it takes to import, to make a region and to call it, and the modules that take most.

What counts is the processor time of a whole process less that of an interpreter that does nothing: on an idle machine
it is the time that passes. The kinds of process take turns, and of each the lower quartile is taken, since what
disturbs a start only ever makes it longer.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from statistics import quantiles
from typing import Final

from benchmarks import peers
from benchmarks.measure import MILLI, Row, Sizes

#: Milliseconds to the first answer; how many times sooner than moto with boto3.
_TARGET: Final = 75.0
_TIMES: Final = 30.0
_MODULES: Final = 10

_IMPORT: Final = "from faultzone import make_region"
_CALL: Final = f"{_IMPORT}\nregion = make_region(zones=2, hosts_per_zone=8)\nregion.call('DescribeInstances')"
_INSTANCE: Final = f"{_CALL}\nregion.run_instances()"
_MOTO_IMPORT: Final = "import boto3, moto"
_MOTO_CALL: Final = f"""{_MOTO_IMPORT}
session = boto3.session.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name="us-east-1")
ec2 = session.client("ec2")
mocked = moto.mock_aws()
mocked.start()
ec2.describe_instances()"""
_MOTO_INSTANCE: Final = f"""{_MOTO_CALL}
image = ec2.describe_images()["Images"][0]["ImageId"]
ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, InstanceType="m5.large")"""

#: What is measured -> what a process does for it, here and with the peer.
_DONE: Final = {
    "first of a process: import": (_IMPORT, _MOTO_IMPORT),
    "first of a process: import, region and call": (_CALL, _MOTO_CALL),
    "first of a process: the same, and an instance that runs": (_INSTANCE, _MOTO_INSTANCE),
}


def _seconds(script: str) -> float:
    """The processor seconds of a process that runs a script."""
    measured = f"{script}\nimport time\nprint(time.process_time())"
    done = subprocess.run([sys.executable, "-c", measured], capture_output=True, text=True, check=True)
    return float(done.stdout)


def _starts(scripts: Mapping[str, str], rounds: int) -> dict[str, float]:
    """The processor seconds of processes that run these scripts."""
    taken: defaultdict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        for name, script in scripts.items():
            taken[name].append(_seconds(script))
    return {name: quantiles(each, n=4)[0] for name, each in taken.items()}


def import_times(script: str, rounds: int) -> dict[str, float]:
    """The seconds that each of our modules takes by itself, of those that a script imports: the least of some runs."""
    found: dict[str, float] = {}
    for _ in range(rounds):
        done = subprocess.run(
            [sys.executable, "-X", "importtime", "-c", script], capture_output=True, text=True, check=True
        )
        for microseconds, module in re.findall(r"import time: +(\d+) \| +\d+ \| +(faultzone[\w.]*)", done.stderr):
            found[module] = min(found.get(module, float("inf")), int(microseconds) / 1e6)
    return found


def measure(sizes: Sizes) -> Iterator[Row]:
    """The start of a process beside that of the peer, and the modules that it imports."""
    rounds = max(3, sizes.processes // 3)
    _seconds(_INSTANCE)  # Writes the bytecode.
    scripts = {"bare": "pass", **{what: ours for what, (ours, _) in _DONE.items()}}
    if peers.INSTALLED:
        scripts |= {f"{what}, beside": theirs for what, (_, theirs) in _DONE.items()}
    found = _starts(scripts, rounds)
    for what in _DONE:
        ours = (found[what] - found["bare"]) * MILLI
        theirs = found.get(f"{what}, beside")
        beside = {} if theirs is None else {peers.THROUGH_BOTO3: (theirs - found["bare"]) * MILLI}
        target, times = (_TARGET, {peers.THROUGH_BOTO3: _TIMES}) if scripts[what] is _CALL else (None, None)
        yield Row(what, ours, "ms", target, beside, times)
    slowest = sorted(import_times(_CALL, rounds).items(), key=lambda item: -item[1])[:_MODULES]
    for module, seconds in slowest:
        yield Row(f"import of {module} by itself", seconds * MILLI, "ms")
