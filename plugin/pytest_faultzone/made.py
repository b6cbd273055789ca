"""The regions of a run: whose each is, what its checkers find, and what is left of it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary, finalize, ref

import pytest

from faultzone import editions
from faultzone.backends.local import LocalBackend
from faultzone.checkers import ViolationError, choose, demand
from faultzone.errors import ConditionBroken, HarnessError
from faultzone.model.rules import Rules
from faultzone.region import Region
from faultzone.region.planned import PlannedFunctions
from faultzone.region.region import watch
from pytest_faultzone import backends, options
from pytest_faultzone.proof import PROOF
from pytest_faultzone.running import ASSERTS, RUNNING, is_in_the_suite, is_of_the_suite

if TYPE_CHECKING:
    from collections.abc import Callable

    from faultzone.journal.journal import Journal
    from faultzone.region import Chaos
    from faultzone.serve import Endpoint

#: The regions of the run, once the harness is in use.
REGIONS: pytest.StashKey[Regions] = pytest.StashKey()
#: The report of a test tells of so many of its regions, the last.
_KEPT: int = 8
#: The property of the report of a test, such as in a file of --junitxml, for each parameter that no edition has.
_IGNORED: str = "faultzone-ignored"


@dataclass(eq=False, slots=True)
class Made:
    """What is known of a region, also after its last reference has gone.

    Attributes:
        owner: the id of the test it is of, or of the class or module whose tests share it; empty if the session's do.
        edition: the name of the edition that it follows.
        journal: what happened in it.
        find: gives it, as long as somebody holds it.
        number: how many regions of this process were made up to it.
        file: where its journal is kept, if it is.
        timeline: where the page is that shows it, if there is one.
        failed: what has failed in the tests that have it: the number of its last entry then, and what.
        ours: whether a fixture has made it; other regions are ended by whoever made them.
        judged: whether the checkers have judged it, or are not to.
        conditions_judged: whether the conditions of the run have been judged of it.
        chaos: what owes the undo of the faults of one that a fixture has made. Of others it is not kept: its backend
            would stay, with the hosts that it has, until the end of the test.
        served: the endpoints of one that a fixture has made.
        planned: what keeps what its planned functions raise.
        ignored: the parameters that no edition has, with their actions, of which reports of tests have told.
    """

    owner: str
    edition: str
    journal: Journal
    find: Callable[[], Region | None]
    number: int = 0
    file: Path | None = None
    timeline: Path | None = None
    failed: list[tuple[int, str]] = field(default_factory=list)
    ours: bool = False
    judged: bool = False
    conditions_judged: bool = False
    chaos: Chaos | None = None
    served: list[Endpoint] = field(default_factory=list)
    planned: PlannedFunctions = field(default_factory=PlannedFunctions)
    ignored: set[str] = field(default_factory=set)

    @property
    def path(self) -> Path:
        """Where what is kept of it lies, below a directory for such things: without the end of the name."""
        name = re.sub(r"[^\w.-]+", "_", self.owner)[-120:] or "session"
        return Path(os.environ.get("PYTEST_XDIST_WORKER", "main"), f"{name}-{self.number}")

    @property
    def region(self) -> Region | None:
        """It, as long as somebody holds it."""
        return self.find()

    def end(self) -> None:
        """Mend what is still broken, and close what is open."""
        try:
            if self.chaos is not None:
                self.chaos.undo_all()
        finally:
            while self.served:
                self.served.pop().close()
            self.journal.close()


@dataclass(eq=False)
class Regions:
    """All regions that are made in this process, by `make_region` of a fixture or of the harness.

    Args:
        config: pytest's configuration.
    """

    config: pytest.Config
    _made: WeakKeyDictionary[Region, Made] = field(default_factory=WeakKeyDictionary)
    #: The last of the test, or of what holds tests, that made one last.
    _of_test: tuple[str, list[Made]] = ("", [])
    _count: int = 0
    #: What is left of those that nobody holds any more.
    _left: list[Made] = field(default_factory=list)
    #: The parameters that no edition has, with their actions, and that no report of a test has yet.
    _ignored: dict[str, None] = field(default_factory=dict)
    #: What checkers have found, and the conditions of the run that were broken, of which nobody was told.
    _violations: list[str] = field(default_factory=list)
    _broken: list[str] = field(default_factory=list)

    def note(self, region: Region) -> None:
        """Take note of a new region: it is of the test, or the fixture, that is under way."""
        stash = self.config.stash
        owner = stash.get(RUNNING, "")
        self.end_left()
        region.strict = stash.get(ASSERTS, False)
        self._count += 1
        made = Made(owner, region.edition.name, region.journal, ref(region), self._count, judged=_is_bent(region))
        made.planned = region.planned
        self._made[region] = made
        # Its last reference may go while a lock is held, wherever the collector runs: so its end is only noted there.
        finalize(region, self._left.append, made)
        if self._of_test[0] != owner:
            self._of_test = (owner, [])
        self._of_test[1][:] = [*self._of_test[1][1 - _KEPT :], made]
        if options.JOURNAL.read(self.config):
            made.file = options.JOURNAL.path(self.config) / f"{made.path}.ndjson"
            region.journal.open(made.file)

    def adopt(self, region: Region) -> None:
        """Take a region for one that a fixture has made: it is ended, and judged, whatever its rules are."""
        made = self._made[region]
        made.ours, made.judged = True, False
        made.chaos, made.served = region.chaos, region.served

    def end_left(self) -> None:
        """End what regions that nobody holds any more have left, and judge it."""
        while self._left:
            made = self._left.pop()
            made.end()
            self._note_ignored(made)
            self._judge(made)

    def of(self, item: pytest.Item) -> list[Made]:
        """The regions that a test made last, else those that it got from fixtures, else those of its class."""
        test, made = self._of_test
        if test == item.nodeid and made:
            return list(made)
        given = [*getattr(item, "funcargs", {}).values()]
        instance = getattr(item, "instance", None)
        if instance is not None:
            given += [*vars(type(instance)).values(), *getattr(instance, "__dict__", {}).values()]
        held = {id(each): each for each in given if isinstance(each, Region)}
        return [self._made[each] for each in held.values() if each in self._made]

    def all(self) -> list[Region]:
        """The regions that somebody holds."""
        return list(self._made)

    def judge(self, item: pytest.Item, nextitem: pytest.Item | None) -> None:
        """See that no checker is violated, and no condition of the run broken, by the journals of a test and of what
        ends with it.

        Raises:
            ViolationError: a checker is violated; the text has the entries that show it.
            ConditionBroken: a condition is broken, likewise.
            Exception: what a function of `call_at` raised, if the test has not got it.
        """
        planned = [made.planned for made in self._left]
        self.end_left()
        for made in list(self._made.values()):
            self._note_ignored(made)
            over = nextitem is None or (made.owner and not _is_within(nextitem.nodeid, made.owner))
            if over:
                self._judge(made)
                planned.append(made.planned)
        item.user_properties += [(_IGNORED, each) for each in self._ignored]
        self._ignored.clear()
        violations, broken = self._violations, self._broken
        self._violations, self._broken = [], []
        if violations or broken:
            kind = ViolationError if violations else ConditionBroken
            error = kind("\n".join([*violations, *broken]))
            for each in planned:
                each.note_on(error)
            raise error
        for each in planned:
            each.tell()

    def _note_ignored(self, made: Made) -> None:
        """Tell of what a user's test gave and no edition has; the suite gives such names on purpose."""
        if not made.journal.ignored or is_of_the_suite(self.config) or is_in_the_suite(made.owner):
            return
        self.config.stash[PROOF].note_ignored(made.journal.ignored)
        now = {f"{action} {name}" for action, names in made.journal.ignored.items() for name in names}
        self._ignored |= dict.fromkeys(sorted(now - made.ignored))
        made.ignored = now

    def _judge(self, made: Made) -> None:
        """Judge a journal once. A region that is wrong on purpose is left to the assertions of its clause, and to the
        conditions of the run."""
        if not made.conditions_judged and options.CONDITION.read(self.config):
            from pytest_faultzone import conditions  # Few runs have any.

            made.conditions_judged = True
            self._broken += conditions.broken_by(made.journal, self.config)
        if made.judged:
            return
        made.judged = True
        names = choose(options.CHECKERS.read(self.config))
        kind = backends.kind_of(self.config)
        if names and (kind is None or kind.sound):
            try:
                demand(made.journal, names)
            except ViolationError as violation:
                self._violations.append(str(violation))

    def close(self) -> list[str]:
        """End the regions that are still there; one that fails to end does not keep the others from it.

        Returns:
            What could not be undone.
        """
        failed: list[str] = []
        for region in [region for region, made in self._made.items() if made.ours]:
            try:
                region.close()
            except HarnessError as error:
                failed.append(str(error))
            except (Exception, pytest.fail.Exception) as error:  # Of a function of `call_at`.
                failed.append(repr(error))
            region.journal.close()
        while self._left:
            try:
                self.end_left()
            except HarnessError as error:
                failed.append(str(error))
        return failed


def _is_bent(region: Region) -> bool:
    """Whether a region is not as documented on purpose: its rules, its values or its backend are somebody's own."""
    if not isinstance(region.backend, LocalBackend):
        return True
    cloud = region.backend.cloud
    edition = cloud.edition
    return (
        type(cloud.rules) is not Rules or edition.name not in editions.names() or editions.load(edition.name) != edition
    )


def _is_within(node: str, owner: str) -> bool:
    """Whether a test is what owns a region, or is held by it."""
    return node == owner or node.startswith((f"{owner}::", f"{owner}/"))


def regions_of(config: pytest.Config) -> Regions:
    """The regions of a run, which are watched from now on."""
    if REGIONS not in config.stash:
        regions = config.stash[REGIONS] = Regions(config)
        config.add_cleanup(watch(regions.note))
    return config.stash[REGIONS]
