"""The steps of a program that runs by itself, told nothing but keys and a region: each is a line, `ok` or `no`."""

from __future__ import annotations

import time
from collections.abc import Callable

IMAGE, TYPE, REGION = "centos_7_06_64_20G_alibase_20190218.vhd", "ecs.g5.large", "cn-hangzhou"


def step(function: Callable[[], object]) -> Callable[[], object]:
    """Do a step now, and say whether what it asserts held."""
    name = function.__name__.replace("_", " ")
    try:
        function()
    except Exception as error:
        print(f"no {name}: {type(error).__name__}: {' '.join(str(error).split())[:300]}", flush=True)
    else:
        print(f"ok {name}", flush=True)
    return function


def wait(ready: Callable[[], bool], seconds: float = 60) -> None:
    """Poll as programs do."""
    until = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < until, "it did not become so"
        time.sleep(0.2)
