"""The editions in which a test of clauses runs: where all its clauses hold, as far as the run asks for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest

from faultzone import editions
from faultzone.errors import HarnessError, UsageError
from pytest_faultzone import backends, marks, options
from pytest_faultzone.proof import PROOF
from pytest_faultzone.running import EDITION, EDITION_PARAMETER, asserts_clauses, edition_parameter, is_of_the_suite

#: What the option says for each edition.
ALL: Final = "all"
#: The edition that the backend of the run names, where it lasts and nobody asks for one.
_NAMED: pytest.StashKey[str] = pytest.StashKey()
#: What ends that regions follow the edition of a test.
_FOLLOWED: pytest.StashKey[Callable[[], None]] = pytest.StashKey()


def check(name: str) -> None:
    """Refuse a value of the option that means no edition.

    Raises:
        UsageError: with what to write instead.
    """
    if name not in ("", ALL, *editions.names()):
        raise UsageError.unknown("edition", name, [*editions.names(), ALL])


def asked(config: pytest.Config) -> str:
    """The edition that the run asks for, `all` for each of them, and nothing where it leaves that to the tests.

    The conformance suite is run in each edition, on a backend that follows any.
    """
    given = options.EDITION.read(config)
    if given or config.stash.get(_NAMED, ""):
        return given or config.stash[_NAMED]
    kind = backends.kind_of(config)
    follows_any = kind is not None and kind.follows_any_edition
    return ALL if follows_any and is_of_the_suite(config) else ""


def of(item: pytest.Item) -> str | None:
    """The edition of a test of clauses in this run; None where the run asks for others."""
    found, one = _of(item), edition_parameter(item)
    return next((each for each in found if one in (None, each)), None)


def of_regions(config: pytest.Config) -> str:
    """The edition of the regions that the running test makes, where the test itself says nothing."""
    return config.stash.get(EDITION, None) or of_run(config)


def follow(config: pytest.Config) -> None:
    """Let regions follow the edition of the running test that it makes without a fixture."""
    if end := config.stash.get(_FOLLOWED, None):
        end()
    else:
        config.add_cleanup(lambda: config.stash[_FOLLOWED]())
    config.stash[_FOLLOWED] = editions.follow(of_regions(config))


def of_run(config: pytest.Config) -> str:
    """The edition of a run where no clause decides."""
    run = asked(config)
    return editions.DEFAULT if run in ("", ALL) else run


def _of(test: pytest.Item) -> tuple[str, ...]:
    """The editions of a test of clauses, as far as the run asks for them."""
    held, pin, run = marks.holding(test), marks.pinned_edition(test), asked(test.config)
    if pin:
        # A marker is nearer to the test than the configuration file; what else asks for an edition asks for it now.
        is_nearest = run in ("", ALL, pin) or run == test.config.getini(options.EDITION.setting)
        return (pin,) if is_nearest else ()
    if run == ALL:
        return held
    return tuple(each for each in held if each == run) if run else held[:1]


def parametrize(metafunc: pytest.Metafunc) -> None:
    """Let a test of clauses run once in each of its editions, where the run asks for all."""
    if asked(metafunc.config) != ALL:
        return
    # Where its parameters name clauses, each has editions of its own: `exists` sees to them.
    found = editions.names()
    if asserts_clauses(metafunc.definition):
        try:
            found = _of(metafunc.definition)
        except UsageError:
            return  # The test is refused when it is collected.
    metafunc.fixturenames.append(EDITION_PARAMETER)
    metafunc.parametrize(EDITION_PARAMETER, found)


def exists(test: pytest.Item) -> bool:
    """Whether there is such a test: the edition of its parameter has the clauses of its other parameters."""
    return edition_parameter(test) is None or of(test) is not None


def select(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests of clauses of other editions than the run asks for; the oldest edition comes first."""
    found = {item: of(item) for item in items if asserts_clauses(item)}
    left_out = [item for item, edition in found.items() if edition is None]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        for tests in config.stash[PROOF].tests.values():
            tests.difference_update(item.nodeid for item in left_out)
        items[:] = [item for item in items if found.get(item, "") is not None]
    if asked(config) == ALL:
        order = {name: place for place, name in enumerate(editions.names())}
        items.sort(key=lambda item: order.get(found.get(item) or "", 0))


def ask_endpoint(config: pytest.Config) -> None:
    """Let a run that asks for no edition ask for the one that its endpoint follows.

    Raises:
        UsageError: the endpoint does not say which.
    """
    if options.EDITION.read(config) or (backend := backends.endpoint_of(config)) is None:
        return
    try:
        if "see-hosts" not in backend.capabilities:
            known = " or ".join(editions.names())
            raise UsageError(
                f"{backend.name} does not say which edition it follows: write {options.EDITION.flag}={known} "
                f"(conform: --edition), or {options.TOKEN.flag} for its control routes"
            )
        name: Any = backend.control("shape", {})["edition"]
        check(name)
    except HarnessError as error:
        backend.close()
        raise UsageError(f"{backend.name} does not say which edition it follows: {error}") from error
    except UsageError:
        backend.close()
        raise
    config.stash[_NAMED] = name
