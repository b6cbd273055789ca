"""The pytest plugin: the hooks that join pytest to the harness.

At pytest's start it imports nothing beyond the standard library and pytest; the harness is imported when a test first
asks for a region.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

import pytest

from pytest_faultzone import options, running
from pytest_faultzone.proof import PROOF, Proof
from pytest_faultzone.reporting import Reporting

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

for _module in ("faultzone.region.assertions", "faultzone.waiting"):
    if _module not in sys.modules:  # Too late otherwise, which pytest would warn of.
        pytest.register_assert_rewrite(_module)

pytest_plugins = ("pytest_faultzone.fixtures",)

#: The options that are checked at the start, where one has another value than its default.
_CHECKED: Final = (
    options.BACKEND,
    options.CLAUSE,
    options.CHECKERS,
    options.CONDITION,
    options.EDITION,
    options.JOURNAL,
    options.TIMELINE,
    options.DEPARTURES,
    options.DEPARTURES_WRITE,
)
#: The markers whose arguments are checked when a test is collected.
_MARKERS: Final = {
    "region": f"region(**shape): the shape of the region of the test, such as region(zones=3, hosts_per_zone=4): "
    f"{', '.join(options.ARGUMENTS)}",
    "schedule": "schedule(schedule): faults of the region of the test, as a Schedule or the path of a JSON file beside "
    "the test; it begins with the test",
    "clause": "clause(*ids): the clauses that the test asserts, such as clause('deployment-set/strict-spread')",
    "needs": "needs(*capabilities): the capabilities of the backend that the test needs, such as needs('see-hosts'); "
    "without them the test is not-supported",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, each also settable in the configuration file as `faultzone_<name>`."""
    group = parser.getgroup("faultzone", "faultzone: a cloud region that tests can break")
    for option in options.OPTIONS:
        option.add(parser, group)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare the hooks that a conftest or another plugin may implement."""
    from pytest_faultzone import hooks

    pluginmanager.add_hookspecs(hooks)


def pytest_configure(config: pytest.Config) -> None:
    """Describe the markers, check the options, and gather what tests say of clauses."""
    given = {option: option.read(config) for option in options.OPTIONS}
    asked = running.is_of_the_suite(config) or bool(given[options.CLAUSE])
    config.stash[PROOF] = Proof(config, asked=asked)
    config.pluginmanager.register(config.stash[PROOF], "faultzone-proof")
    config.pluginmanager.register(Reporting(config), "faultzone-reporting")
    if config.getoption("allure_report_dir", None):
        from pytest_faultzone import allure

        config.pluginmanager.register(allure.Reporter(config), "faultzone-allure")
    for name, line in _MARKERS.items():
        if name == "needs" and config.getoption("markers", False):
            line += _capabilities()
        config.addinivalue_line("markers", line)
    if (unmet := given[options.UNMET]) != options.UNMET.default:
        config.addinivalue_line("filterwarnings", f"{unmet}::faultzone.errors.UnmetFault")
    # One usage error at the start in place of one for each test; the harness is imported only where there is a choice.
    if any(given[option] != option.default for option in _CHECKED):
        from pytest_faultzone import checks

        checks.check_options(config)


def _capabilities() -> str:
    from faultzone.backends import CAPABILITIES

    return f". The capabilities are {', '.join(CAPABILITIES)}"


@pytest.hookimpl(wrapper=True)
def pytest_pycollect_makeitem(collector: pytest.Collector, name: str, obj: object) -> Generator[None, Any, Any]:
    """Refuse to collect a test whose markers make no sense, and one of the conformance suite that names no clause."""
    made = yield
    for test in [*made] if isinstance(made, list) else ():
        if not isinstance(test, pytest.Function):
            continue
        marked = any(mark.name in _MARKERS for mark in test.iter_markers())
        if marked or "faultzone_specs" in test.module.__name__.split("."):
            from pytest_faultzone import marks

            marks.check(test)
            if running.edition_parameter(test) is not None:
                from pytest_faultzone import by_edition

                if not by_edition.exists(test):
                    made.remove(test)
                    continue
            if test.config.stash[PROOF].expected:
                from pytest_faultzone import departures

                departures.count(test)
    return made


@pytest.hookimpl(trylast=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let a test of clauses run in each edition that the run asks for; the edition is the last part of its id."""
    if running.may_assert_clauses(metafunc.definition):
        from pytest_faultzone import by_edition

        by_edition.parametrize(metafunc)


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> bool | None:
    """Gather no test of the suite where its backend cannot be judged: that takes seconds on a busy machine.

    With workers, it is for them to look.
    """
    config = session.config
    if (
        not running.is_of_the_suite(config)
        or config.getoption("collectonly", False)
        or config.stash[PROOF].is_worker
        or config.pluginmanager.hasplugin("dsession")
    ):
        return None
    from pytest_faultzone import probe

    return probe.is_unusable(config) or None


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out the files of the suite that name no clause that is asked for: to gather them all takes seconds."""
    if collection_path.parent.name != "faultzone_specs" or collection_path.suffix != ".py":
        return None
    if not (patterns := options.CLAUSE.read(config)):
        return None
    from pytest_faultzone import marks

    return True if not marks.may_matter(collection_path, patterns, config.stash[PROOF].expected) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests of other clauses and editions than those asked for; on an endpoint, what uses up a quota
    comes last, and no verdict is given on an account that others use."""
    if patterns := options.CLAUSE.read(config):
        from pytest_faultzone import marks

        kept = {item: marks.asserts(item, patterns) for item in items}
        config.hook.pytest_deselected(items=[item for item in items if not kept[item]])
        items[:] = [item for item in items if kept[item]]
    if any(map(running.asserts_clauses, items)):
        from pytest_faultzone import by_edition

        by_edition.select(config, items)
    if items and options.BACKEND.read(config) != options.BACKEND.default:
        from pytest_faultzone import probe

        probe.arrange(config, items)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Say which test new regions belong to, and leave out one that needs what the backend does not allow."""
    edition = None
    if running.asserts_clauses(item):
        from pytest_faultzone import by_edition

        edition = by_edition.of(item)
    running.begins(item, edition)
    if edition is not None or "pytest_faultzone.by_edition" in sys.modules:
        from pytest_faultzone import by_edition

        by_edition.follow(item.config)
    _watch(item.config)
    needed = [capability for mark in item.iter_markers("needs") for capability in mark.args]
    if needed:
        from pytest_faultzone import backends

        backends.require(item, needed)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(request: pytest.FixtureRequest) -> Generator[None, object, object]:
    """Let the regions of a fixture belong to its scope."""
    __tracebackhide__ = True
    _watch(request.config)
    return (yield from running.for_fixture(request))


def _watch(config: pytest.Config) -> None:
    """Know of the regions that tests make by themselves, once the harness is there."""
    if "faultzone.region.region" in sys.modules:
        from pytest_faultzone import made

        made.regions_of(config)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, object, object]:
    """Judge the journals of the regions that end with a test."""
    __tracebackhide__ = True
    result = yield
    if "faultzone.conditions.reached" in sys.modules:
        from faultzone.conditions import reached

        item.config.stash[PROOF].note_sometimes(item.nodeid.partition("[")[0], reached.take())
    if "pytest_faultzone.made" in sys.modules:
        from pytest_faultzone import made

        if regions := item.config.stash.get(made.REGIONS, None):
            regions.judge(item, nextitem)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Keep what Hypothesis gives a test, where there are regions to break."""
    if not hasattr(pyfuncitem.obj, "hypothesis") or "faultzone" not in sys.modules:
        return (yield)
    from pytest_faultzone import examples

    end = examples.record(pyfuncitem)
    try:
        return (yield)
    finally:
        end()
