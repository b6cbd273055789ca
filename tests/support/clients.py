"""A served region in a process of its own, for unmodified clients to talk to."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.patience import PATIENCE

TOKEN = "acceptance"
#: A temporary key: its id, secret and token.
STS = ("STS.testid", "stssecret", "a+token/==")


@contextmanager
def faultzone_up(*options: str) -> Iterator[str]:
    """`faultzone up` with these options; gives its URL, and sees that it ends when told to."""
    command = [sys.executable, "-m", "faultzone.cli.main", "up", "--token", TOKEN, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            word, _, url = process.stdout.readline().strip().partition(" ")
            assert word == "ready"
            yield url
        finally:
            process.terminate()
            assert process.wait(timeout=PATIENCE) == 0
