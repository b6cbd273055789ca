"""Programs that a test runs, which take its region for the cloud."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from faultzone.programs import environments
from faultzone.programs.places import Place
from faultzone.programs.program import Program
from faultzone.serve.metadata import MetadataService

if TYPE_CHECKING:
    from faultzone.region.region import Region


def run(
    region: Region,
    command: Sequence[str | os.PathLike[str]],
    instance: str | None,
    timeout: float | None,
    check: bool,
    given: Mapping[str, Any],
) -> subprocess.CompletedProcess[str]:
    """Run a program that takes a region for the cloud; see `Region.run`."""
    url = region.endpoint
    if instance is not None:
        region.instance(instance).describe()  # Its service would answer the program that there is nothing.
    metadata = None if instance is None else MetadataService(region.backend, instance)
    keys = {} if instance else environments.keys("testid", "testsecret", region.id)
    environment = {**keys, **os.environ, **(given["environment"] or {})}
    streams = (subprocess.DEVNULL, subprocess.PIPE, subprocess.PIPE)
    with (
        Place(region.served[0] if region.served else url, metadata, [region.id]) as place,
        Program(command, place, **{**given, "environment": environment}, streams=streams) as program,
    ):
        try:
            output, errors = program.process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired as late:
            program.close()
            output, errors = program.process.communicate()
            raise subprocess.TimeoutExpired(list(command), late.timeout, output, errors) from None
    done = subprocess.CompletedProcess(
        list(command), program.process.returncode, output.decode(errors="replace"), errors.decode(errors="replace")
    )
    if check:
        done.check_returncode()
    return done
