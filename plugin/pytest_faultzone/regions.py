"""Regions for tests: made from the options and the markers, seeded by the test's id."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Any
from weakref import WeakSet, finalize

import pytest

from faultzone.backends.http import HttpBackend
from faultzone.backends.retries import Budget
from faultzone.checkers import choose, demand
from faultzone.errors import HarnessError, NotSupported, UsageError
from faultzone.region import CloudOptions, Region, make_region
from faultzone.serve.client import prepare
from pytest_faultzone import backends, options
from pytest_faultzone.proof import PROOF
from pytest_faultzone.running import ASSERTS, RUNNING, SEED

if TYPE_CHECKING:
    from faultzone.backends import Backend
    from faultzone.journal.journal import Journal
    from faultzone.region import Chaos
    from faultzone.serve import Endpoint


class RegionMaker:
    """Makes the regions of a session.

    Args:
        config: pytest's configuration, whose options say what answers.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._all: WeakSet[Region] = WeakSet()
        self._of_test: tuple[str, list[Region]] = ("", [])
        self._files = 0
        #: How many regions were made, and why none was as long as none could be.
        self._made = 0
        self.cannot: list[str] = []
        #: What calls to an endpoint are repeated from.
        self.budget: Budget | None = None
        self._left: list[tuple[Chaos, list[Endpoint], Journal]] = []

    def __call__(self, **shape: Any) -> Region:
        """A region of its own.

        Args:
            shape: what `faultzone.CloudOptions` and `faultzone.model.core.shape.Shape` take, such as `zones=3`,
                `accounts=2`.

        Raises:
            UsageError: a region that cannot be; the text says what to write instead.
        """
        config = self._config
        test = config.stash.get(RUNNING, "")
        shape.setdefault("edition", options.EDITION.read(config))
        shape.setdefault("seed", config.stash.get(SEED, options.SEED.read(config)))
        self._end_left()
        region = make_region(self._fresh(CloudOptions.of(**shape)), **shape)
        region.strict = config.stash.get(ASSERTS, False)
        self._all.add(region)
        # Its last reference may go while a lock is held, wherever the collector runs: so its end is only noted there.
        finalize(region, self._left.append, (region.chaos, region.served, region.journal))
        if self._of_test[0] != test:
            self._of_test = (test, [])
        self._of_test[1][:] = [*self._of_test[1][-7:], region]
        if options.JOURNAL.read(config):
            self._files += 1
            name = re.sub(r"[^\w.-]+", "_", test)[-120:] or "session"
            worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
            region.journal.open(options.JOURNAL.path(config) / worker / f"{name}-{self._files}.ndjson")
        return region

    def _end_left(self) -> None:
        """End what regions that nobody holds any more have left."""
        while self._left:
            _end(*self._left.pop())

    def _fresh(self, cloud: CloudOptions) -> Backend:
        """A backend with a cloud as asked for. An endpoint has one cloud, hence one region of a test at a time."""
        try:
            backend = backends.make(self._config, cloud)
        except NotSupported as reason:
            if not self._made:
                self.cannot.append(str(reason))
            raise
        self._made += 1
        self.cannot.clear()
        if isinstance(backend, HttpBackend):
            if self._config.stash.get(ASSERTS, False):
                if self.budget is None:
                    self.budget = Budget(backend.name)
                    self._config.stash[PROOF].lost = self.budget.summary
                backend.budget = self.budget
            else:
                backend.budget = None
        if backend.outlives_tests:
            if "PYTEST_XDIST_WORKER" in os.environ:
                raise UsageError(backends.shared(backend.name))
            if any(region.backend is backend and not region.closed for region in self._all):
                raise NotSupported(f"{backend.name} has one cloud: a test has one region of it at a time")
            followed = options.EDITION.read(self._config)
            if "shape-region" not in backend.capabilities and cloud.edition != followed:
                raise NotSupported(f"{backend.name} follows edition {followed}, and the test is of {cloud.edition}")
            prepare(backend, cloud)
        return backend

    def all_of_test(self, item: pytest.Item) -> list[Region]:
        """The regions that a test made last, else those that it got from fixtures."""
        test, made = self._of_test
        if test == item.nodeid and made:
            return list(made)
        given = getattr(item, "funcargs", {}).values()
        return [each for each in given if isinstance(each, Region)]

    def of_test(self, item: pytest.Item) -> Region | None:
        """The region that a test made last, else one that it got from a fixture."""
        return next(reversed(self.all_of_test(item)), None)

    def judge(self, region: Region) -> None:
        """See that no checker of the run is violated by a region's journal.

        A region that is wrong on purpose is left to the assertions of its clause.

        Raises:
            ViolationError: one is; the text has the entries that show it.
        """
        names = choose(options.CHECKERS.read(self._config))
        kind = backends.kind_of(self._config)
        if names and (kind is None or kind.sound):
            demand(region.journal, names)

    def close(self) -> None:
        """End the regions that are still there; one that fails to end does not keep the others from it.

        Raises:
            HarnessError: something could not be undone.
        """
        failed: list[str] = []
        for region in list(self._all):
            try:
                region.close()
            except HarnessError as error:
                failed.append(str(error))
            region.journal.close()
        while self._left:
            try:
                self._end_left()
            except HarnessError as error:
                failed.append(str(error))
        if lasting := self._config.stash.get(backends.LASTING, None):
            try:
                if "shape-region" in lasting.capabilities:
                    lasting.control("reset", {})  # As it was started: with its own shape, and its own clock.
            except HarnessError as error:
                failed.append(str(error))
            lasting.close()
        if docker := sys.modules.get("faultzone.substrate.docker.session"):
            docker.close_all()
        if failed:
            raise HarnessError("; ".join(failed))


def _end(chaos: Chaos, served: list[Endpoint], journal: Journal) -> None:
    """End what a region that nobody holds any more has left."""
    try:
        chaos.undo_all()
    finally:
        while served:
            served.pop().close()
        journal.close()
