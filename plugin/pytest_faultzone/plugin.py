"""The pytest plugin: options, markers and fixtures that join pytest to the harness.

At pytest's start it imports nothing beyond the standard library and pytest; the harness is imported when a test first
asks for a region.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from pytest_faultzone.proof import DEPARTURES, PROOF, Proof

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from faultzone.journal.journal import Journal
    from faultzone.region import Chaos, Client, Region, RegionClock
    from pytest_faultzone.regions import RegionMaker

for _module in ("faultzone.region.assertions", "faultzone.waiting"):
    if _module not in sys.modules:  # Too late otherwise, which pytest would warn of.
        pytest.register_assert_rewrite(_module)

#: The id of the test that is running, or of the module, class or session for which a fixture is being set up.
RUNNING: pytest.StashKey[str] = pytest.StashKey()
#: The seed of what it makes.
SEED: pytest.StashKey[str] = pytest.StashKey()
#: What makes the regions of this session, once a test has asked for one.
_MAKER: pytest.StashKey[RegionMaker] = pytest.StashKey()
#: Whether that test asserts clauses.
ASSERTS: pytest.StashKey[bool] = pytest.StashKey()

_OPTIONS = (
    (
        "backend",
        "memory",
        "what answers: 'memory', 'docker' (hosts are containers, guests are real), 'wrong:NAME' (a region that breaks "
        "one promise), or the URL of an ECS endpoint",
    ),
    ("edition", "2019-02", "the edition of the documentation that regions follow and tests assert"),
    ("seed", "0", "the base seed; a region's own seed depends on it and on the test's id alone"),
    (
        "clause",
        "",
        "run only the tests of these clauses: a pattern such as 'deployment-set/*', several separated by commas",
    ),
    (
        "keys",
        "",
        "key pairs of an endpoint's accounts, ID:SECRET separated by commas (testid:testsecret when left out)",
    ),
    ("token", "", "the token of an endpoint's control routes; without one its public API alone is used"),
    ("journal", "", "a directory that gets the journal of every region, a file for each worker and test"),
    (
        "docker_base",
        "",
        "the image under the hosts of the docker backend: Linux with python3 and sh; made on the spot if empty",
    ),
    (
        "docker_mirror",
        "",
        "where the packages of a base come from, 'URL SUITE [COMPONENT ...]'; apt's own sources if empty",
    ),
    (
        "docker_root",
        "",
        "the image whose files the docker backend's instances have as their root, where region(root_image=...) says "
        "nothing; the hosts' own if empty",
    ),
    (
        "docker_plain",
        "no",
        "whether the docker backend's instances are plain process trees, without namespaces: 'yes' for an engine that "
        "gives containers no SYS_ADMIN",
    ),
    (
        "docker_agent",
        "",
        "the executable of a genuine Cloud Assistant client, which the docker backend's instances then run as their "
        "agent; faultzone's own if empty",
    ),
    (
        "checkers",
        "all",
        "what judges the journal of `region` after each test: 'all', 'none', or checkers separated by commas",
    ),
    (
        "keep",
        "none",
        "which hosts of the docker backend stay after their test: 'failed', those of a failed one, as they were; the "
        "report says how to enter their instances; or 'none'",
    ),
    (
        "departures",
        "",
        "a TOML file with the clauses at which the backend is known to depart from the manual, each with a reason: "
        "there it is expected to",
    ),
    ("departures_write", "", "a file that gets an entry for each clause that departs and is not expected to"),
    ("docker_hosts", "40", "how many hosts a process may have as containers at a time"),
)
#: The names of the options: `backend` is `--faultzone-backend`, and `faultzone_backend` in the configuration file.
OPTIONS = tuple(name for name, _, _ in _OPTIONS)


def flag(name: str) -> str:
    """An option as the command line has it."""
    return f"--faultzone-{name.replace('_', '-')}"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, each also settable in the configuration file as `faultzone_<name>`."""
    group = parser.getgroup("faultzone", "faultzone: a cloud region that tests may break")
    for name, default, says in _OPTIONS:
        group.addoption(
            flag(name),
            dest=f"faultzone_{name}",
            metavar=name.upper(),
            default=None,
            help=f"{says} (default: {default or 'none'})",
        )
        parser.addini(f"faultzone_{name}", f"{says}; the same as {flag(name)}", default=default)


#: The options that are checked at the start.
_CHECKED_OPTIONS = ("backend", "clause", "checkers", "keep", "edition", "journal", "departures", "departures_write")
#: The markers whose arguments are checked when a test is collected.
_CHECKED = frozenset({"clause", "needs", "region"})


def option(config: pytest.Config, name: str) -> str:
    """The value of an option: of the command line, else of the configuration file, else the default."""
    given = config.getoption(f"faultzone_{name}")
    return str(config.getini(f"faultzone_{name}") if given is None else given)


def seed_of(node: pytest.Item | pytest.Collector) -> str:
    """The seed of the regions that belong to a test or to what holds tests: its marker's, or one made from its id."""
    for mark in node.iter_markers("region"):
        if "seed" in mark.kwargs:
            return str(mark.kwargs["seed"])
    return f"{option(node.config, 'seed')}/{node.nodeid}"


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare the hooks that a conftest or another plugin may implement."""
    from pytest_faultzone import hooks

    pluginmanager.add_hookspecs(hooks)


def _of_the_suite(config: pytest.Config) -> bool:
    """Whether the run is one of the conformance suite, all of whose tests assert clauses."""
    return config.inipath is not None and config.inipath.parent.name == "faultzone_specs"


def pytest_configure(config: pytest.Config) -> None:
    """Describe the markers, check the options, and gather what tests say of clauses."""
    config.stash[PROOF] = Proof(config, asked=_of_the_suite(config) or bool(option(config, "clause")))
    config.pluginmanager.register(config.stash[PROOF], "faultzone-proof")
    if config.getoption("allure_report_dir", None):
        from pytest_faultzone import allure

        config.pluginmanager.register(allure.Reporter(config, _MAKER), "faultzone-allure")
    for line in (
        "region(**shape): the shape of the test's `region`: zones=2, hosts_per_zone=8, family_hosts={...}, "
        "supply={...}, accounts=1, regions=(...), edition='2019-02', recovery='planned' or 'immediate', "
        "clock='virtual' or 'hybrid', scale=1; seed=7 is that of all regions that the test makes",
        "clause(*ids): the documented promises that the test asserts, such as clause('deployment-set/strict-spread')",
        "needs(*capabilities): what the backend must allow besides the public API: see-hosts, break-hosts, "
        "break-machines, break-api, move-time, set-supply, change-account, shape-region, reach-guests, "
        "break-agents, guest, live-migration, own-root, own-hostname, own-processes, own-address, own-limits, "
        "dropped-capabilities; the test is not-supported where it does not",
    ):
        config.addinivalue_line("markers", line)
    # One usage error at the start in place of one for each test; the harness is imported only where there is a choice.
    chosen = {name: option(config, name) for name in _CHECKED_OPTIONS}
    if chosen != {name: default for name, default, _ in _OPTIONS if name in chosen}:
        from pytest_faultzone import regions

        regions.check_options(config)


@pytest.hookimpl(wrapper=True)
def pytest_pycollect_makeitem(collector: pytest.Collector, name: str, obj: object) -> Generator[None, Any, Any]:
    """Refuse to collect a test whose markers make no sense, and one of the conformance suite that names no clause."""
    made = yield
    for test in made if isinstance(made, list) else ():
        if not isinstance(test, pytest.Function):
            continue
        marked = any(mark.name in _CHECKED for mark in test.iter_markers())
        if marked or "faultzone_specs" in test.module.__name__.split("."):
            from pytest_faultzone import verdicts

            verdicts.check_marks(test)
            if DEPARTURES in test.config.stash:
                from pytest_faultzone import departures

                departures.count(test)
    return made


def _has_clause(item: pytest.Item) -> bool:
    return next(item.iter_markers("clause"), None) is not None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Give the report of a test of clauses its verdict, and that of any failed test its regions' last entries."""
    report = yield
    if _MAKER in item.config.stash or "pytest_faultzone.examples" in sys.modules or _has_clause(item):
        from pytest_faultzone import verdicts

        verdicts.complete(item, call, report, item.config.stash.get(_MAKER, None))
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> bool | None:
    """Gather no test of the suite where its backend cannot be judged: that takes seconds on a busy machine.

    With workers, it is for them to look.
    """
    config = session.config
    if (
        not _of_the_suite(config)
        or config.getoption("collectonly", False)
        or config.stash[PROOF].is_worker
        or config.pluginmanager.hasplugin("dsession")
    ):
        return None
    from pytest_faultzone import probe

    return probe.is_unusable(config) or None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests of other clauses than those asked for; on an endpoint, what uses up a quota comes last, and
    no verdict is given on an account that others use."""
    if patterns := option(config, "clause"):
        from pytest_faultzone import verdicts

        kept = [item for item in items if verdicts.asserts(item, patterns)]
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept
    name = option(config, "backend")
    if name.startswith("http"):
        from pytest_faultzone import verdicts

        items.sort(key=verdicts.uses_up_a_quota)
    if items and not config.getoption("collectonly", False) and (name.startswith("http") or name == "docker"):
        from pytest_faultzone import probe

        probe.judge(config, items, asserting=[item for item in items if _has_clause(item)])


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Say which test new regions belong to, and leave out one that needs what the backend does not allow."""
    item.config.stash[RUNNING], item.config.stash[SEED] = item.nodeid, seed_of(item)
    item.config.stash[ASSERTS] = _has_clause(item)
    needed = [capability for mark in item.iter_markers("needs") for capability in mark.args]
    if needed:
        from pytest_faultzone import regions

        regions.require(item, needed)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(request: pytest.FixtureRequest) -> Generator[None, object, object]:
    """Let the regions of a fixture belong to its scope, whichever test happens to be the first to use it."""
    __tracebackhide__ = True
    stash = request.config.stash
    before = stash.get(RUNNING, ""), stash.get(SEED, "")
    stash[RUNNING], stash[SEED] = request.node.nodeid, seed_of(request.node)
    try:
        return (yield)
    finally:
        stash[RUNNING], stash[SEED] = before


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


@pytest.fixture(scope="session")
def make_region(pytestconfig: pytest.Config) -> Iterator[RegionMaker]:
    """Make a region: `make_region(zones=3, hosts_per_zone=8, accounts=2, seed=7)`.

    Cheap enough for each example of a `@given` test. A region ends with the last reference to it, with the `with` block
    that it is used in, or with the session: what is still broken is mended and its endpoint closes.
    """
    from pytest_faultzone.regions import RegionMaker

    maker = pytestconfig.stash[_MAKER] = RegionMaker(pytestconfig)
    yield maker
    maker.close()


@pytest.fixture
def region(request: pytest.FixtureRequest, make_region: RegionMaker) -> Iterator[Region]:
    """A region of the test's own, of the shape that `@pytest.mark.region(...)` says."""
    shape: dict[str, Any] = {}
    for mark in reversed(list(request.node.iter_markers("region"))):
        shape.update(mark.kwargs)
    with make_region(**shape) as made:
        yield made
    make_region.judge(made)


@pytest.fixture
def ecs(region: Region) -> Client:
    """The public API of `region` alone: `ecs.DescribeInstances(PageSize=1)`."""
    from faultzone.region import Client

    return Client(region)


@pytest.fixture
def chaos(region: Region) -> Chaos:
    """What breaks `region`: `with chaos.crash(host): ...`."""
    return region.chaos


@pytest.fixture
def clock(region: Region) -> RegionClock:
    """The time of `region`: `clock.now`, `clock.advance("2h")`."""
    return region.clock


@pytest.fixture
def journal(region: Region) -> Journal:
    """The record of what happened in `region`."""
    return region.journal
