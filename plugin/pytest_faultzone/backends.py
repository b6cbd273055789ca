"""What answers in a run: made from the options, here alone."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import pytest

from faultzone.backends import CAPABILITIES, TEST_KEYS, Backend, registry
from faultzone.backends.foreign import complete
from faultzone.backends.http import HttpBackend
from faultzone.backends.options import BackendOptions
from faultzone.errors import UsageError
from faultzone.region import CloudOptions
from faultzone.serve.client import read_keys
from faultzone.substrate.docker.settings import Settings
from pytest_faultzone import options
from pytest_faultzone.causes import NOT_RUN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from faultzone.backends import Doors

#: The name and the capabilities of what answers, once a test has asked for them.
_BACKEND: pytest.StashKey[tuple[str, frozenset[str]]] = pytest.StashKey()
#: The backend of the run that outlives tests, once a test has asked for it.
LASTING: pytest.StashKey[Backend] = pytest.StashKey()
#: What the options of the run say of a backend, and its kind.
_CHOSEN: pytest.StashKey[BackendOptions] = pytest.StashKey()
_KIND: pytest.StashKey[registry.Kind | None] = pytest.StashKey()
#: Set once the run has begun to make a backend with containers.
_PROGRESS_SHOWN: pytest.StashKey[bool] = pytest.StashKey()


def chosen(config: pytest.Config) -> BackendOptions:
    """What the options of the run say of a backend."""
    if _CHOSEN not in config.stash:
        docker = Settings(
            options.DOCKER_BASE.read(config),
            options.DOCKER_MIRROR.read(config),
            options.DOCKER_HOSTS.read(config),
            options.DOCKER_PLAIN.read(config),
            options.DOCKER_AGENT.read(config),
        )
        keys = read_keys(options.KEYS.read(config)) or TEST_KEYS
        config.stash[_CHOSEN] = BackendOptions(
            options.BACKEND.read(config), keys=keys, token=options.TOKEN.read(config), docker=docker
        )
    return config.stash[_CHOSEN]


def kind_of(config: pytest.Config) -> registry.Kind | None:
    """The kind of backend that the option names; None where it names none, and a hook has one.

    Raises:
        UsageError: there is none of that name.
    """
    if _KIND not in config.stash:
        kind: registry.Kind | None = None
        try:
            kind = registry.find(options.BACKEND.read(config))
        except UsageError:
            given = config.hook.pytest_faultzone_backend(config=config, options=CloudOptions.of())
            if given is None:
                raise
            given.close()
        config.stash[_KIND] = kind
    return config.stash[_KIND]


def lasts(config: pytest.Config) -> bool:
    """Whether one backend serves the whole run, as an endpoint does."""
    kind = kind_of(config)
    return kind is not None and kind.lasts


def make(config: pytest.Config, cloud: CloudOptions) -> Backend:
    """What answers, by the hook and the options of the run.

    Raises:
        NotSupported: it cannot be had here; the text says what to do.
        UsageError: there is no such backend.
    """
    given: Doors | None = config.hook.pytest_faultzone_backend(config=config, options=cloud)
    if given is not None:
        return complete(given, "pytest_faultzone_backend")
    if LASTING in config.stash:
        return config.stash[LASTING]
    root = cloud.root_image or options.DOCKER_ROOT.read(config)
    with _progress_shown(config):
        made = registry.create(chosen(config)._replace(cloud=cloud._replace(root_image=root)))
    if made.outlives_tests:
        config.stash[LASTING] = made
    return made


def _progress_shown(config: pytest.Config) -> AbstractContextManager[object]:
    """Let a backend with containers show how far it is, the first time in a run: its image may have to be built."""
    capture: Any = config.pluginmanager.get_plugin("capturemanager")
    kind = kind_of(config)
    if _PROGRESS_SHOWN in config.stash or kind is None or not kind.real_hosts or capture is None:
        return nullcontext()
    config.stash[_PROGRESS_SHOWN] = True
    shown: AbstractContextManager[object] = capture.global_and_fixture_disabled()
    return shown


def check(config: pytest.Config) -> None:
    """See that what is said of the backend makes sense, before any test needs it.

    Raises:
        UsageError: there is no such backend, or what it is made from cannot be.
        HarnessError: a file of it cannot be read.
    """
    if (kind := kind_of(config)) is not None:
        kind.check(chosen(config))


def shared(endpoint: str) -> str:
    """Why several workers cannot use an endpoint."""
    return f"{endpoint} has one cloud, which several workers would share: run without -n"


def endpoint_of(config: pytest.Config) -> HttpBackend | None:
    """The endpoint of the run; None where something else answers.

    Raises:
        UsageError: the control token is wrong.
        HarnessError: the endpoint does not answer.
    """
    backend = make(config, CloudOptions.of())
    if isinstance(backend, HttpBackend):
        return backend
    if LASTING not in config.stash:
        backend.close()
    return None


def require(item: pytest.Item, capabilities: Iterable[str]) -> None:
    """Skip a test that needs what the backend does not allow."""
    stash = item.config.stash
    if _BACKEND not in stash:
        backend = make(item.config, CloudOptions.of())
        stash[_BACKEND] = (backend.name, backend.capabilities)
    name, allowed = stash[_BACKEND]
    for capability in capabilities:
        if capability not in allowed:
            meaning = CAPABILITIES[capability]
            pytest.skip(f"{NOT_RUN}the {name} backend does not let a test {meaning} ({capability})")
