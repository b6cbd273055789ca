"""Regions for tests: made from the options and the markers, seeded by the test's id."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, Final

import pytest

from faultzone.backends.http import HttpBackend
from faultzone.backends.retries import Budget
from faultzone.errors import HarnessError, NotSupported, UsageError
from faultzone.region import CloudOptions, Region, make_region
from faultzone.serve.client import prepare
from pytest_faultzone import backends, by_edition, options
from pytest_faultzone.made import regions_of
from pytest_faultzone.proof import PROOF
from pytest_faultzone.running import ASSERTS, SEED

if TYPE_CHECKING:
    from faultzone.backends import Backend


#: So many regions stay until others are made.
_KEPT: Final = 8


class RegionMaker:
    """Makes the regions of a session.

    Args:
        config: pytest's configuration, whose options say what answers.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._regions = regions_of(config)
        self._last: list[Region] = []
        #: How many regions were made, and why none was as long as none could be.
        self._made = 0
        self.cannot: list[str] = []
        #: What calls to an endpoint are repeated from.
        self.budget: Budget | None = None

    def __repr__(self) -> str:
        return "make_region"  # As a test names it.

    def __call__(self, **shape: Any) -> Region:
        """A region of its own.

        Args:
            shape: what `faultzone.CloudOptions.of` and `faultzone.Shape` take, such as `zones=3`, `accounts=2`.

        Raises:
            UsageError: a region that cannot be; the text says what to write instead.
        """
        config = self._config
        shape.setdefault("edition", by_edition.of_regions(config))
        shape.setdefault("unknown", options.UNKNOWN.read(config))
        shape.setdefault("seed", config.stash.get(SEED, options.SEED.read(config)))
        self._regions.end_left()
        made = make_region(self._fresh(CloudOptions.of(**shape)), **shape)
        self._regions.adopt(made)
        # The report of a failed test asks the hosts of the last ones, where they are real.
        self._last[:] = [*self._last[1 - _KEPT :], made]
        return made

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
            if any(region.backend is backend and not region.closed for region in self._regions.all()):
                raise NotSupported(f"{backend.name} has one cloud: close the region before the test makes another")
            followed = by_edition.of_run(self._config)
            if "shape-region" not in backend.capabilities and cloud.edition != followed:
                raise NotSupported(f"edition={cloud.edition}: {backend.name} follows {followed} and cannot change it")
            prepare(backend, cloud)
        return backend

    def close(self) -> None:
        """End the regions that are still there; one that fails to end does not keep the others from it.

        Raises:
            HarnessError: something could not be undone.
        """
        self._last.clear()
        failed = self._regions.close()
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
