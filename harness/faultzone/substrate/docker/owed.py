"""What hosts still owe: reports, and the ends of scripts that run. And what has gone wrong with them."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Event
from time import monotonic
from typing import Final
from weakref import ref

from faultzone.errors import HarnessError, NotSupported
from faultzone.substrate.docker.agent.guest import START_UP

#: For how many real seconds a start-up program may take until what it starts serves.
_RISING_SECONDS: Final = 30.0


@dataclass(frozen=True)
class Life:
    """An instance is to start, stop or move."""

    instance: str


@dataclass(frozen=True)
class Crash:
    """The system of an instance is to crash."""

    instance: str


@dataclass(frozen=True)
class Run:
    """An agent is to begin or refuse what it was given.

    Args:
        instance: the instance's id.
        run: its name.
    """

    instance: str
    run: str


@dataclass(frozen=True)
class Loss:
    """The region is to notice that a host is lost.

    Args:
        region: the region's id.
        host: which of its hosts.
    """

    region: str
    host: int


@dataclass(frozen=True)
class Return:
    """A host is to come back. It is owed apart from the loss, which may only just be noticed.

    Args:
        region: the region's id.
        host: which of its hosts.
    """

    region: str
    host: int


Debt = Life | Crash | Run | Loss | Return


class Owed:
    """What the hosts of a region owe. Its numbers can be read from any thread.

    Attributes:
        news: set when anything has changed, for whoever waits.
        reported: when a report was last made, in monotonic seconds.
        asked: when something was last asked for.
    """

    def __init__(self) -> None:
        # One table for all: its length is read in one step, so there is no gap between one debt and the next.
        self._debts: dict[Debt, int] = {}
        #: When each script that runs has begun, by its instance and name.
        self._live: dict[tuple[str, str], float] = {}
        self.reported = self.asked = monotonic()
        self.news = Event()

    def __len__(self) -> int:
        """How many reports are still to come because of what was asked for."""
        return len(self._debts)

    def add(self, debt: Debt, epoch: int = 0) -> None:
        """Expect a report; of an instance, in which of its lives. It is awaited from now on, however long hosts that
        owed nothing have been silent."""
        self.asked = monotonic()
        self._debts[debt] = epoch

    def note_report(self) -> None:
        """A report is made."""
        self.reported = monotonic()
        self.news.set()

    def pay(self, debt: Debt) -> None:
        """It has come, or will not."""
        self._debts.pop(debt, None)
        self.news.set()

    def pay_life(self, instance: str, epoch: int) -> None:
        """What was to become of an instance in one of its lives has come about."""
        if self._debts.get(Life(instance)) == epoch:
            del self._debts[Life(instance)]
            self.news.set()

    def begun(self, instance: str, run: str) -> None:
        """A script runs."""
        self._live[instance, run] = monotonic()

    def ended(self, instance: str, run: str) -> None:
        """A script runs no more."""
        self._live.pop((instance, run), None)
        self.news.set()

    def forget_runs(self, instance: str) -> None:
        """Nothing is heard any more of what an instance was given, or of what runs in it."""
        for key in [each for each in self._live if each[0] == instance]:
            self._live.pop(key, None)
        for debt in [each for each in self._debts if isinstance(each, Run) and each.instance == instance]:
            self._debts.pop(debt, None)
        self.news.set()

    def clear(self) -> None:
        """Nothing is expected any more."""
        self._debts.clear()
        self._live.clear()
        self.news.set()

    @property
    def live(self) -> int:
        """How many scripts are running whose end may be waited for; a start-up program may serve for good."""
        now = monotonic()
        return sum(run != START_UP or now - began < _RISING_SECONDS for (_, run), began in list(self._live.items()))

    def begun_within(self, seconds: float) -> bool:
        """Whether a script runs, other than a start-up program, that has begun within the last real seconds."""
        now = monotonic()
        return any(run != START_UP and now - began < seconds for (_, run), began in list(self._live.items()))

    @property
    def silent(self) -> float:
        """For how many real seconds nothing was asked for and nothing reported."""
        return monotonic() - max(self.reported, self.asked)


class Failures:
    """What has gone wrong with the hosts of a region: it is told once, but for what there is no hope after."""

    def __init__(self) -> None:
        self._error: BaseException | None = None
        # Weakly, since an error knows all that was going on.
        self._told: ref[BaseException] | None = None
        self._hopeless: HarnessError | None = None

    def add(self, error: BaseException) -> None:
        """Something has gone wrong. Of several errors the first is told; one that several met, once."""
        if self._told is None or self._told() is not error:
            self._error = self._error or error

    def give_up(self, error: HarnessError) -> None:
        """Judge nothing any more: what is seen from now on is not the region's doing."""
        self._hopeless = self._hopeless or error

    def take(self) -> BaseException | None:
        """What is to be told now."""
        if self._hopeless is not None:
            return self._hopeless
        error, self._error = self._error, None
        if isinstance(error, HarnessError):
            self._told = ref(error)
        return error


def demand(error: BaseException | None) -> None:
    """See that nothing has gone wrong.

    Raises:
        HarnessError: something has.
        NotSupported: the hosts were asked for something that they cannot do.
    """
    if isinstance(error, NotSupported):
        raise error
    if error is not None:
        raise HarnessError(f"hosts failed: {error}") from error
