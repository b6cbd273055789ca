"""The connection to a Docker engine: the one that the command `docker` would use, and what the SDK's errors mean here.

It is that of `DOCKER_HOST`, of the context, or of the local socket.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final

from faultzone.errors import HarnessError, NotSupported

#: What the extra `docker` brings besides the SDK: for the servers that instances speak to, and to make a base image.
_BESIDES: Final = ("h11", "wsproto", "trustme", "urllib3", "debian")
#: How many seconds an answer of the engine may take.
TIMEOUT: Final = 60
#: How many it may take to say that it is there.
_PING_SECONDS: Final = 5
_CONNECTIONS: Final = 64
_ADVICE: Final = """no Docker engine answers: {error}
  Start one (on Debian: apt-get install docker.io, then service docker start), or say where one is by DOCKER_HOST or
  `docker context use`. If the socket refuses you, become a member of the group docker. `faultzone doctor` says what
  works."""


class Taken(HarnessError):
    """A name or a subnet belongs to somebody else."""


class Away(HarnessError):
    """The engine does not answer. What it was asked for it may do all the same, now or later."""


class Missing(HarnessError):
    """The engine does not have something that is needed."""


class Connection:
    """A Docker engine that answers.

    Args:
        timeout: how many seconds an answer may take.

    Attributes:
        client: the SDK's client.
        api: the requests that it is made of.
        info: what the engine says of itself.

    Raises:
        NotSupported: none answers, or the SDK is not installed; the text says what to do.
    """

    def __init__(self, timeout: int = TIMEOUT) -> None:
        try:
            import docker

            for each in _BESIDES:
                import_module(each)
        except ImportError as missing:
            raise NotSupported(f"the Docker backend needs {missing.name}: install pytest-faultzone[docker]") from None
        #: What the SDK raises.
        self.errors = docker.errors
        try:
            self.client = _of_environment(timeout) if _named() else _of_context(timeout)
            self.api = self.client.api
            self.info: Mapping[str, Any] = self.client.info()
        except (docker.errors.DockerException, OSError) as error:
            raise NotSupported(_ADVICE.format(error=short(error))) from None
        if self.info.get("OSType") != "linux":
            raise NotSupported(f"the Docker engine runs {self.info.get('OSType')} containers; hosts need Linux ones")

    @contextmanager
    def saying(self, what: str) -> Iterator[None]:
        """Turn the SDK's errors into ours."""
        try:
            yield
        except self.errors.DockerException as error:
            text = short(error)
            taken = "already in use", "overlaps", "already exists", "is already in progress"
            kind: type[HarnessError] = HarnessError
            if any(each in text for each in taken):
                kind = Taken
            elif isinstance(error, self.errors.NotFound):
                kind = Missing
            raise kind(f"the Docker engine could not {what}: {text}") from None
        except OSError as error:
            raise Away(f"the Docker engine no longer answers, so it could not {what}: {short(error)}") from None

    def close(self) -> None:
        """Give the connections back."""
        self.client.close()

    def ping(self) -> None:
        """See that it answers.

        Raises:
            HarnessError: it does not.
        """
        with self.saying("be reached"):
            answer = self.api.get(f"{self.api.base_url}/_ping", timeout=_PING_SECONDS)
            if not answer.ok:
                raise OSError(f"{answer.status_code} {answer.reason}")


def _named() -> bool:
    return bool(os.environ.get("DOCKER_HOST"))


def _of_environment(timeout: int) -> Any:
    """The client of `DOCKER_HOST`, or of the local socket."""
    import docker

    return docker.DockerClient.from_env(timeout=timeout, max_pool_size=_CONNECTIONS)


def _of_context(timeout: int) -> Any:
    """The client of the current context of the `docker` command."""
    import docker
    from docker.context import ContextAPI

    context: Any = ContextAPI.get_current_context()
    host = None if context is None else context.Host
    if context is None or context.name == "default" or not host:
        return _of_environment(timeout)
    return docker.DockerClient(
        base_url=host, tls=context.TLSConfig or False, timeout=timeout, max_pool_size=_CONNECTIONS
    )


def short(error: BaseException) -> str:
    """The last and plainest part of an error of the SDK's, in one line."""
    explained = getattr(error, "explanation", None)
    return " ".join(str(explained or error).split())[:300]
