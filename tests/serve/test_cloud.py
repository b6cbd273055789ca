"""What waits for the end of a served cloud."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.patience import PATIENCE

# Sends a signal at the n-th line that runs once it is handled, for every n, and at last one to a wait that sleeps.
WAITS = """
import os, signal, sys, threading
from faultzone.serve.cloud import wait_for_interrupt

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
    wait_for_interrupt()
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
