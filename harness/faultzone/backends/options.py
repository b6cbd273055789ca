"""What a cloud and a backend are made from, and the local backends that are made from it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from faultzone import editions
from faultzone.backends import TEST_KEYS
from faultzone.backends.local import LocalBackend
from faultzone.backends.registry import Kind
from faultzone.clock import SECOND, HybridClock
from faultzone.editions import Edition
from faultzone.errors import FaultzoneError, UsageError
from faultzone.model.core.shape import Shape
from faultzone.model.rules import Rules
from faultzone.substrate.docker.settings import Settings
from faultzone.substrate.memory import Timings

#: How long an engine may take to answer before a run.
_ENGINE_SECONDS: Final = 6


class CloudOptions(NamedTuple):
    """What a local cloud is made from.

    Args:
        shapes: one for each region.
        accounts: how many accounts.
        edition: its name, or an edition with other values; `of` takes the one that is followed when left out.
        unknown: what becomes of a parameter that an action has in no edition: `ignore`, as the service does, and the
            journal names it; or `refuse`.
        all_regions: whether the other regions of the edition are there too, of the first one's shape, each made when it
            is first asked for.
        seed: of ids, addresses and names.
        clock: `virtual`, which stands still until moved, or `hybrid`, which also follows the real clock.
        scale: region seconds for each real second of a hybrid clock.
        rules: makes the rules of an edition.
        timings: how long guests and hosts take.
        root_image: the image of an engine whose files instances have as their root, where they are real; `sh` is all
            that it needs. Where guests are virtual it means nothing.
    """

    shapes: tuple[Shape, ...] = (Shape(),)
    accounts: int = 1
    edition: Edition | str = editions.DEFAULT
    unknown: str = "ignore"
    all_regions: bool = False
    seed: int | str = 0
    clock: str = "virtual"
    scale: float = 1.0
    rules: Callable[[Edition], Rules] = Rules
    timings: Timings | None = None
    root_image: str = ""

    @classmethod
    def of(cls, *, regions: Sequence[str] = (), shape: Shape | None = None, **options: Any) -> CloudOptions:
        """The options of a cloud of these regions, all of one shape.

        Args:
            regions: their ids; the default region when left out.
            shape: their shape, or what JSON has for it, in place of its single options.
            options: what this class takes, and what `Shape` takes.

        Raises:
            UsageError: an option that neither has; the text lists those that there are. Or one has a wrong value, or
                is a part of a shape that is given besides.
        """
        if not isinstance(regions, list | tuple):
            raise UsageError.expected("regions", regions, "a list of region IDs, such as ['cn-hangzhou']")
        own = {name: options.pop(name) for name in list(options) if name in cls._fields}
        unknown = options.keys() - set(Shape._fields)
        if unknown:
            known = sorted({"regions", "shape", *cls._fields, *Shape._fields} - {"shapes"})
            raise UsageError.unknown("option", min(unknown), known, where="of a region")
        own.setdefault("edition", editions.followed())
        if "shapes" in own:
            _see_alone("shapes", {**options, "regions": regions or None, "shape": shape})
        elif shape is not None:
            _see_alone("shape", options)
        if "shapes" not in own:
            one = Shape(**options) if shape is None else Shape.read(shape)
            own["shapes"] = tuple(one._replace(region_id=each) for each in regions) or (one,)
        for each in own["shapes"]:
            each.check()
        if own.get("clock", "virtual") not in ("virtual", "hybrid"):
            raise UsageError.expected_one_of("clock", own["clock"], ("virtual", "hybrid"))
        return cls(**own)


def _see_alone(whole: str, besides: Mapping[str, object]) -> None:
    """See that nothing is given beside a whole that says all of it.

    Raises:
        UsageError: something is.
    """
    for name, value in besides.items():
        if value is not None:
            raise UsageError.expected(name, value, f"{whole}=... without it: write it in the Shape")


class BackendOptions(NamedTuple):
    """What a backend of any kind is made from. Each takes from it what it needs.

    Args:
        name: as it was asked for, such as `memory`, `wrong:eight-in-a-zone` or `http://127.0.0.1:8080`.
        cloud: the cloud that a test asks for.
        keys: (access key id, secret) of each account of an endpoint, the default account first.
        token: of an endpoint's control routes; empty for its public API alone.
        docker: the engine's hosts.
    """

    name: str = "memory"
    cloud: CloudOptions = CloudOptions()
    keys: tuple[tuple[str, str], ...] = TEST_KEYS
    token: str = ""
    docker: Settings = Settings()

    @property
    def detail(self) -> str:
        """What follows the colon of the name: `eight-in-a-zone` in `wrong:eight-in-a-zone`; empty without one."""
        return self.name.partition(":")[2]


def local_backend(options: CloudOptions) -> LocalBackend:
    """A cloud in this process."""
    clock = None
    if options.clock == "hybrid":
        clock = HybridClock(int(time.time() * SECOND), time.monotonic, options.scale)
    return LocalBackend(
        options.shapes,
        accounts=options.accounts,
        edition=options.edition,
        unknown=options.unknown,
        all_regions=options.all_regions,
        rules=options.rules,
        seed=options.seed,
        clock=clock,
        timings=options.timings,
    )


def docker_backend(options: CloudOptions, settings: Settings | None = None) -> LocalBackend:
    """A cloud whose hosts are containers. Its time is real time plus an offset, whatever clock the options name.

    Raises:
        NotSupported: no engine answers, or no image can be had; the text says what to do.
        UsageError: the engine cannot get the root image, or that has no shell.
    """
    from faultzone.backends.docker import container_backend

    return container_backend(
        options.shapes,
        settings=settings,
        root_image=options.root_image,
        start=int(time.time() * SECOND),
        accounts=options.accounts,
        edition=options.edition,
        unknown=options.unknown,
        all_regions=options.all_regions,
        rules=options.rules,
        seed=options.seed,
    )


def _check_docker(options: BackendOptions) -> None:
    if options.docker.agent:
        from faultzone.substrate.docker import clients

        clients.read(options.docker.agent)


def _look_for_engine(options: BackendOptions) -> str | None:
    """Why no engine can be used now."""
    from faultzone.substrate.docker.connection import Connection

    try:
        Connection(timeout=_ENGINE_SECONDS).close()
    except FaultzoneError as error:
        return f"The docker backend cannot be used: {error}"
    return None


def _departures_of_client(options: BackendOptions) -> str:
    """In what instances that run a genuine client depart from the manual."""
    from importlib.resources import files

    text = files("faultzone.substrate.docker").joinpath("genuine.toml").read_text("utf-8")
    return text if options.docker.agent else ""


MEMORY: Final = Kind(lambda options: local_backend(options.cloud), check=lambda options: None, follows_any_edition=True)
DOCKER: Final = Kind(
    lambda options: docker_backend(options.cloud, options.docker),
    check=_check_docker,
    look=_look_for_engine,
    departures=_departures_of_client,
    follows_any_edition=True,
    real_hosts=True,
)
