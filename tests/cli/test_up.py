"""What `faultzone up` says at its end."""

from __future__ import annotations

import subprocess
import sys

import pytest

from faultzone.serve.client import connect
from tests.support.patience import PATIENCE

pytestmark = pytest.mark.slow


def test_the_end_tells_of_each_parameter_that_no_edition_has() -> None:
    """Also of one from before a reset, and never of its value."""
    command = [sys.executable, "-m", "faultzone.cli.main", "up", "--token", "the-token"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[1]
        backend = connect(url, token="the-token")
        for name in ("Colour", "Colour", "Size"):
            backend.call("DescribeInstances", {"RegionId": "cn-hangzhou", name: "secret value"})
        backend.control("reset", {})
        backend.call("DescribeZones", {"RegionId": "cn-hangzhou", "Kennwort": "secret value"})
        backend.close()
        process.terminate()
        rest = process.stdout.read()
        assert process.wait(timeout=PATIENCE) == 0
    assert rest.splitlines()[1:] == [
        "ignored, since no edition has it: DescribeInstances Colour, DescribeInstances Size",
        "ignored, since no edition has it: DescribeZones Kennwort",
    ]
