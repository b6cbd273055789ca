"""What waits for the end of a served cloud."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from typing import cast

import pytest

from faultzone.backends.local import LocalBackend
from faultzone.backends.options import CloudOptions
from faultzone.clock import HybridClock
from faultzone.serve.cloud import Hosted
from faultzone.substrate import RealHosts
from tests.support.patience import PATIENCE

# Sends a signal at the n-th line that runs once it is handled, for every n, and at last one to a wait that sleeps.
WAITS = """
import os, signal, sys, threading
from faultzone.serve.cloud import interruption

def send():
    os.kill(os.getpid(), signal.SIGTERM)

def interrupted_at(nth):
    count, handled, sent = 0, threading.Event(), threading.Event()

    def trace(frame, event, argument):
        nonlocal count
        if event == "line" and signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
            count += 1
            if count == nth:
                sent.set()
                send()
            handled.set()
        return trace

    def send_late():
        handled.wait()
        if not sent.wait(0.1):
            send()

    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    late = threading.Thread(target=send_late)
    late.start()
    sys.settrace(trace)
    with interruption() as interrupted:
        interrupted()
    sys.settrace(None)
    late.join()
    return sent.is_set()

nth = 1
while interrupted_at(nth):
    nth += 1
print("ended")
"""


@pytest.mark.slow
def test_a_signal_ends_the_wait_whenever_it_comes() -> None:
    done = subprocess.run([sys.executable, "-c", WAITS], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "ended\n", "")


class _Hosts:
    """Hosts that take real time, of which nothing is asked."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *given, **named: None


@pytest.mark.slow
def test_what_is_due_with_real_hosts_happens_though_nobody_asks() -> None:
    """A guest would notice if it waited for the next request; and what goes wrong then does not end that."""
    # The real time stands still until both are planned: what is due before would happen in a call of this thread.
    now = [0.0]

    def make(options: CloudOptions) -> LocalBackend:
        clock = HybridClock(0, lambda: now[0])
        return LocalBackend(options.shapes, clock=clock, hosts=lambda backend: cast("RealHosts", _Hosts()))

    def fail() -> None:
        raise ZeroDivisionError

    happened = threading.Event()
    cloud = Hosted(make)
    cloud.inner.call_later(1, fail)
    cloud.inner.call_later(2, happened.set)
    now[0] = 1.0
    assert happened.wait(PATIENCE)
    cloud.close()
