"""Regions for tests: made from the options and the markers, seeded by the test's id."""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any
from weakref import WeakSet, finalize

import pytest

from faultzone import clauses, editions
from faultzone.api.errors import ApiError
from faultzone.backends import CAPABILITIES, TEST_KEYS, registry
from faultzone.backends.foreign import complete
from faultzone.backends.http import HttpBackend
from faultzone.backends.options import BackendOptions
from faultzone.backends.retries import Budget
from faultzone.checkers import choose, demand
from faultzone.errors import HarnessError, NotSupported, UsageError
from faultzone.region import CloudOptions, Region, make_region
from faultzone.serve.client import prepare, read_keys
from faultzone.substrate.docker.settings import Settings
from pytest_faultzone import departures
from pytest_faultzone.plugin import ASSERTS, RUNNING, SEED, option
from pytest_faultzone.proof import DEPARTURES, PROOF

if TYPE_CHECKING:
    from collections.abc import Iterable

    from faultzone.backends import Backend, Doors
    from faultzone.journal.journal import Journal
    from faultzone.region import Chaos
    from faultzone.serve import Endpoint


#: The name and the capabilities of what answers, once a test has asked for them.
_BACKEND: pytest.StashKey[tuple[str, frozenset[str]]] = pytest.StashKey()
#: The backend of the run that outlives tests, once a test has asked for it.
_LASTING: pytest.StashKey[Backend] = pytest.StashKey()
#: What the options of the run say of a backend, and its kind.
_CHOSEN: pytest.StashKey[BackendOptions] = pytest.StashKey()
_KIND: pytest.StashKey[registry.Kind | None] = pytest.StashKey()


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

    def __call__(self, **options: Any) -> Region:
        """A region of its own.

        Args:
            options: what `faultzone.CloudOptions` and `faultzone.model.core.shape.Shape` take, such as `zones=3`,
                `accounts=2`.

        Raises:
            UsageError: a region that cannot be; the text says what to write instead.
        """
        config = self._config
        test = config.stash.get(RUNNING, "")
        options.setdefault("edition", option(config, "edition"))
        options.setdefault("seed", config.stash.get(SEED, option(config, "seed")))
        self._end_left()
        region = make_region(self._fresh(CloudOptions.of(**options)), **options)
        region.strict = config.stash.get(ASSERTS, False)
        self._all.add(region)
        # Its last reference may go while a lock is held, wherever the collector runs: so its end is only noted there.
        finalize(region, self._left.append, (region.chaos, region.served, region.journal))
        if self._of_test[0] != test:
            self._of_test = (test, [])
        self._of_test[1][:] = [*self._of_test[1][-7:], region]
        if folder := option(config, "journal"):
            self._files += 1
            name = re.sub(r"[^\w.-]+", "_", test)[-120:] or "session"
            worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
            region.journal.open(Path(folder) / worker / f"{name}-{self._files}.ndjson")
        return region

    def _end_left(self) -> None:
        """End what regions that nobody holds any more have left."""
        while self._left:
            _end(*self._left.pop())

    def _fresh(self, options: CloudOptions) -> Backend:
        """A backend with a cloud as asked for. An endpoint has one cloud, hence one region of a test at a time."""
        try:
            backend = backend_of(self._config, options)
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
                raise UsageError(shared(backend.name))
            if any(region.backend is backend and not region.closed for region in self._all):
                raise NotSupported(f"{backend.name} has one cloud: a test has one region of it at a time")
            followed = option(self._config, "edition")
            if "shape-region" not in backend.capabilities and options.edition != followed:
                raise NotSupported(f"{backend.name} follows edition {followed}, and the test is of {options.edition}")
            prepare(backend, options)
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
        names = choose(option(self._config, "checkers"))
        kind = _kind_of(self._config)
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
        if lasting := self._config.stash.get(_LASTING, None):
            try:
                if "shape-region" in lasting.capabilities:
                    lasting.control("reset", {})  # As it was started: with its own shape, and its own clock.
            except HarnessError as error:
                failed.append(str(error))
            lasting.close()
        if docker := sys.modules.get("faultzone.substrate.docker.pool"):
            docker.close_all()
        if failed:
            raise HarnessError("; ".join(failed))


def shared(endpoint: str) -> str:
    """Why several workers cannot use an endpoint."""
    return f"{endpoint} has one cloud, which several workers would share: run without -n"


def _end(chaos: Chaos, served: list[Endpoint], journal: Journal) -> None:
    """End what a region that nobody holds any more has left."""
    try:
        chaos.undo_all()
    finally:
        while served:
            served.pop().close()
        journal.close()


def _docker_settings(config: pytest.Config) -> Settings:
    """What the options say of the docker backend.

    Raises:
        UsageError: one is written otherwise than it can be.
    """
    hosts, plain = option(config, "docker_hosts"), option(config, "docker_plain")
    if not (hosts.isascii() and hosts.isdigit() and len(hosts) < 10) or not int(hosts):
        raise UsageError(f"--faultzone-docker-hosts={hosts}: write a whole number, at least 1")
    if plain not in ("yes", "no"):
        raise UsageError(f"--faultzone-docker-plain={plain}: write 'yes' or 'no'")
    base, mirror, agent = (option(config, f"docker_{each}") for each in ("base", "mirror", "agent"))
    return Settings(base, mirror, int(hosts), plain == "yes", agent)


def _chosen(config: pytest.Config) -> BackendOptions:
    """What the options of the run say of a backend."""
    if _CHOSEN not in config.stash:
        keys = read_keys(option(config, "keys")) or TEST_KEYS
        config.stash[_CHOSEN] = BackendOptions(
            option(config, "backend"), keys=keys, token=option(config, "token"), docker=_docker_settings(config)
        )
    return config.stash[_CHOSEN]


def _kind_of(config: pytest.Config) -> registry.Kind | None:
    """The kind of backend that the option names; None where it names none, and a hook has one.

    Raises:
        UsageError: there is none of that name.
    """
    if _KIND not in config.stash:
        kind: registry.Kind | None = None
        try:
            kind = registry.find(option(config, "backend"))
        except UsageError:
            given = config.hook.pytest_faultzone_backend(config=config, options=CloudOptions())
            if given is None:
                raise
            given.close()
        config.stash[_KIND] = kind
    return config.stash[_KIND]


def backend_of(config: pytest.Config, options: CloudOptions) -> Backend:
    """What answers, by the hook and the options of the run."""
    given: Doors | None = config.hook.pytest_faultzone_backend(config=config, options=options)
    if given is not None:
        return complete(given, "pytest_faultzone_backend")
    if _LASTING in config.stash:
        return config.stash[_LASTING]
    root = options.root_image or option(config, "docker_root")
    made = registry.create(replace(_chosen(config), cloud=replace(options, root_image=root)))
    if made.outlives_tests:
        config.stash[_LASTING] = made
    return made


def check_options(config: pytest.Config) -> None:
    """Refuse options that no test could run with, and take the departures that are expected.

    Raises:
        pytest.UsageError: there is no such backend, edition, clause or checker, a file or directory cannot be read or
            written, or the endpoint does not take the keys given.
    """
    try:
        if patterns := option(config, "clause"):
            clauses.matching(patterns)
        if config.getoption("collectonly", False):
            return
        choose(option(config, "checkers"))
        editions.load(option(config, "edition"))
        _check_journal(option(config, "journal"))
        if expected := departures.load(config):
            config.stash[DEPARTURES] = expected
        if (keep := option(config, "keep")) not in ("none", "failed"):
            raise UsageError(f"--faultzone-keep={keep}: write 'failed' or 'none'")
        if (kind := _kind_of(config)) is not None:
            kind.check(_chosen(config))
    except (UsageError, HarnessError) as error:
        raise pytest.UsageError(str(error)) from None


def _check_journal(folder: str) -> None:
    """See that journals can be written, if any are asked for."""
    if not folder:
        return
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except (OSError, ValueError) as error:
        raise UsageError(f"--faultzone-journal={folder}: write a directory that can be written to: {error}") from None


def endpoint_of(config: pytest.Config) -> HttpBackend | None:
    """The endpoint of the run; None where a hook gives another backend.

    Raises:
        UsageError: the control token is wrong.
        HarnessError: the endpoint does not answer.
    """
    backend = backend_of(config, CloudOptions())
    if isinstance(backend, HttpBackend):
        return backend
    backend.close()
    return None


#: What a test of clauses does not expect to find: the action that lists it, and its name.
_UNEXPECTED = {
    "DescribeInstances": "instances",
    "DescribeDeploymentSets": "deployment sets",
    "DescribeCommands": "commands",
}


def check_account(config: pytest.Config) -> None:
    """See that the account behind an endpoint is empty, unless each test gets a cloud of its own there: what a test
    does not expect would read as a deviation.

    Raises:
        pytest.UsageError: it holds something; the text says what.
    """
    backend = backend_of(config, CloudOptions())
    if "shape-region" in backend.capabilities:
        return
    held = []
    for action, name in _UNEXPECTED.items():
        # An endpoint that cannot list them is for the tests to judge.
        with suppress(ApiError, HarnessError):
            region_id = CloudOptions().shapes[0].region_id
            if count := backend.call(action, {"RegionId": region_id}).get("TotalCount"):
                held.append(f"{name} ({count})")
    if held:
        backend.close()
        raise pytest.UsageError(
            f"the account of {backend.name} is not empty: it has {', '.join(held)}. Verdicts need an empty account "
            "that nobody else uses, or the endpoint's control routes (--faultzone-token)"
        )


def require(item: pytest.Item, capabilities: Iterable[str]) -> None:
    """Skip a test that needs what the backend does not allow."""
    stash = item.config.stash
    if _BACKEND not in stash:
        backend = backend_of(item.config, CloudOptions())
        stash[_BACKEND] = (backend.name, backend.capabilities)
    name, allowed = stash[_BACKEND]
    for capability in capabilities:
        if capability not in allowed:
            meaning = CAPABILITIES[capability]
            pytest.skip(f"not-supported: the {name} backend does not let a test {meaning} ({capability})")
