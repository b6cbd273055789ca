"""What is checked before the first test: the options, and the account behind an endpoint."""

from __future__ import annotations

from contextlib import suppress
from tempfile import TemporaryFile
from typing import Final

import pytest

from faultzone import clauses
from faultzone.api.errors import ApiError
from faultzone.checkers import choose
from faultzone.errors import HarnessError, UsageError
from faultzone.region import CloudOptions
from pytest_faultzone import backends, by_edition, conditions, departures, options
from pytest_faultzone.proof import PROOF

#: What a test of clauses does not expect to find: the action that lists it, and its name.
_UNEXPECTED: Final = {
    "DescribeInstances": "instances",
    "DescribeDeploymentSets": "deployment sets",
    "DescribeCommands": "commands",
}


def check_options(config: pytest.Config) -> None:
    """Refuse options that no test could run with, and take the departures that are expected.

    Raises:
        pytest.UsageError: there is no such backend, edition, clause or checker, a file or directory cannot be read or
            written, or the endpoint does not take the keys given.
    """
    try:
        if patterns := options.CLAUSE.read(config):
            clauses.matching(patterns)
        if config.getoption("collectonly", False):
            return
        choose(options.CHECKERS.read(config))
        conditions.chosen(config)
        by_edition.check(options.EDITION.read(config))
        _check_journal(config)
        config.stash[PROOF].expected = departures.load(config)
        backends.check(config)
        by_edition.follow(config)
    except (UsageError, HarnessError) as error:
        raise pytest.UsageError(str(error)) from None


def _check_journal(config: pytest.Config) -> None:
    """See that journals can be written, if any are asked for."""
    if not options.JOURNAL.read(config):
        return
    folder = options.JOURNAL.path(config)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except (OSError, ValueError) as error:
        raise UsageError(f"{options.JOURNAL.flag}={folder}: expected a writable directory: {error}") from None


def check_account(config: pytest.Config) -> None:
    """See that the account behind an endpoint is empty, unless each test gets a cloud of its own there: what a test
    does not expect would read as a deviation.

    Raises:
        pytest.UsageError: it holds something; the text says what.
    """
    backend = backends.make(config, CloudOptions.of())
    if "shape-region" in backend.capabilities:
        return
    held = []
    for action, name in _UNEXPECTED.items():
        # An endpoint that cannot list them is for the tests to judge.
        with suppress(ApiError, HarnessError):
            region_id = CloudOptions.of().shapes[0].region_id
            if count := backend.call(action, {"RegionId": region_id}).get("TotalCount"):
                held.append(f"{name} ({count})")
    if held:
        backend.close()
        raise pytest.UsageError(
            f"the account of {backend.name} has {', '.join(held)}: use an empty account that nobody else uses, "
            f"or the control routes of the endpoint ({options.TOKEN.flag})"
        )
