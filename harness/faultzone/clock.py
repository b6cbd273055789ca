"""Region time: whole milliseconds since the epoch, jumped or followed, never patched.

One heap of timers. Timers of the same instant fire in the order in which they were set, so that a run is a function of
its inputs. `Clock` moves only when told to; `HybridClock` also follows a real clock, multiplied by a scale, whenever it
is caught up.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from heapq import heappop, heappush
from math import inf
from typing import Final

from faultzone.errors import HarnessError, UsageError

#: A length of time: seconds, a timedelta, or text such as "90s", "2h", "1d12h".
Duration = int | float | str | timedelta

SECOND: Final = 1000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

#: Virtual regions begin here, a week after the manual's date.
VIRTUAL_START: Final = 1_551_398_400_000  # 2019-03-01T00:00:00Z

#: Region time may be moved this far. Stamps have four digits for the year, and what is due lies years ahead.
CLOCK_END: Final = 250_246_627_200_000  # 9900-01-01T00:00:00Z
SCALE_MAX: Final = 1_000_000.0

#: How often timers of one instant may set further timers of that instant, one after the other.
CHAIN_MOST: Final = 100_000

_UNITS: Final = {"ms": 1, "s": SECOND, "m": MINUTE, "min": MINUTE, "h": HOUR, "d": DAY}
_PART: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|min|s|m|h|d)", re.ASCII)
_STAMP: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?Z", re.ASCII)


def milliseconds(duration: Duration) -> int:
    """The length of `duration` in milliseconds.

    Raises:
        UsageError: it is negative, endless, no length at all, or text of another form than "90s", "2h", "1d12h".
    """
    if isinstance(duration, timedelta):
        length = duration / timedelta(milliseconds=1)
    elif isinstance(duration, str):
        written = duration.replace(" ", "")
        parts = _PART.findall(written)
        if not parts or "".join(number + unit for number, unit in parts) != written:
            raise UsageError.expected("duration", duration, "a duration such as '90s', '2h' or '1d12h'")
        length = sum(float(number) * _UNITS[unit] for number, unit in parts)
    else:
        given: object = duration
        if isinstance(given, bool) or not isinstance(given, int | float):
            raise UsageError.expected("duration", given, "a duration such as '90s', or a number of seconds")
        length = duration * SECOND
    if not abs(length) < inf:
        raise UsageError.expected("duration", duration, "a finite number of seconds")
    if round(length) < 0:
        raise UsageError.expected("duration", duration, "0 or more")
    return round(length)


def see_moment(name: str, after: Duration, now: int = VIRTUAL_START) -> int:
    """See that there is an instant after a length of time.

    Args:
        name: what the length is called where it is given, for the message.
        after: how long from now.
        now: the present in milliseconds since the epoch (default: the earliest at which a region begins).

    Returns:
        The length in milliseconds.

    Raises:
        UsageError: it is no length of time, or the instant is beyond the end of region time.
    """
    found = milliseconds(after)
    if now + found > CLOCK_END:
        most = f"at most {(CLOCK_END - now) // DAY} days, because region time ends at {stamp(CLOCK_END)}"
        raise UsageError.expected(name, after, most)
    return found


def in_words(ms: int) -> str:
    """A length of time for a reader: `4 d 12 h`, `5 min 3 s`, `1.5 s`, `100 ms`; the two largest units that it has.

    `milliseconds` reads it again.
    """
    if ms < SECOND:
        return f"{ms} ms" if ms else "0 s"
    if ms < MINUTE:
        return f"{ms / SECOND:g} s"
    parts: list[str] = []
    for unit, length in (("d", DAY), ("h", HOUR), ("min", MINUTE), ("s", SECOND)):
        count, ms = divmod(ms, length)
        if count or parts:
            parts.append(f"{count} {unit}" if count else "")
    return " ".join(each for each in parts[:2] if each)


def utc(ms: int) -> datetime:
    """The instant `ms` as an aware datetime."""
    return datetime.fromtimestamp(ms / SECOND, UTC)


def stamp(ms: int) -> str:
    """The instant as the API writes it, to the second: `2019-03-01T00:00:00Z`."""
    return datetime.fromtimestamp(ms // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=4096)  # A listing repeats the same few instants.
def stamp_minute(ms: int) -> str:
    """The instant as the API writes the times of instances, to the minute: `2019-03-01T00:00Z`."""
    return datetime.fromtimestamp(ms // SECOND, UTC).strftime("%Y-%m-%dT%H:%MZ")


def read_stamp(text: str) -> int:
    """The instant that a `yyyy-MM-ddTHH:mm[:ss]Z` text names.

    Raises:
        ValueError: the text has another form.
    """
    # The parser alone would take digits of any script.
    if not _STAMP.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is not written yyyy-MM-ddTHH:mm[:ss]Z")
    return int(datetime.fromisoformat(text).timestamp()) * SECOND


def _do_nothing() -> None:
    """Do nothing."""


class Timer:
    """A callback that is due at an instant; `cancel` makes it never fire."""

    __slots__ = ("action", "due")

    def __init__(self, due: int, action: Callable[[], None]) -> None:
        self.due = due
        self.action: Callable[[], None] | None = action

    def cancel(self) -> None:
        """Never fire. Cancelling twice, or after it fired, does nothing."""
        self.action = None

    @property
    def live(self) -> bool:
        """Whether it is still to fire."""
        return self.action is not None

    def __deepcopy__(self, memo: object) -> Timer:
        """Another that is set to the same instant on no clock: of what is copied, nothing falls due."""
        return Timer(self.due, _do_nothing) if self.live else self


class Clock:
    """Virtual time: it stands still until `advance` or `step` moves it.

    Args:
        start: the first instant, in milliseconds since the epoch.
    """

    kind = "virtual"

    def __init__(self, start: int = VIRTUAL_START) -> None:
        self.now = start
        self._heap: list[tuple[int, int, Timer]] = []
        self._set = 0
        #: How long the chain of timers is that set one another at the present instant, and the last that was set when
        #: its last link fired.
        self._chain = self._link = 0

    def call_at(self, due: int, action: Callable[[], None]) -> Timer:
        """Run `action` once time reaches `due`; an instant that has passed means as soon as time is next looked at."""
        timer = Timer(due, action)
        self._set = order = self._set + 1
        heappush(self._heap, (due, order, timer))
        return timer

    def call_later(self, delay: int, action: Callable[[], None]) -> Timer:
        """Run `action` after `delay` milliseconds."""
        return self.call_at(self.now + delay, action)

    def guest_later(self, delay: int, action: Callable[[], None]) -> Timer:
        """Run `action` after `delay` milliseconds of guest time, which is region time unless guests are real."""
        return self.call_later(delay, action)

    def next_due(self) -> int | None:
        """The instant of the earliest live timer, or None."""
        heap = self._heap
        while heap:
            due, _, timer = heap[0]
            if timer.action is not None:
                return due
            heappop(heap)
        return None

    def step(self, limit: int) -> bool:
        """Fire the earliest timer that is due by `limit` and stand at its instant.

        Returns:
            Whether one fired; if none did, time stands at `limit`.

        Raises:
            HarnessError: timers set one another at one instant, `CHAIN_MOST` of them: time would never go on.
        """
        heap = self._heap
        while heap and heap[0][0] <= limit:
            due, order, timer = heappop(heap)
            action = timer.action
            if action is None:
                continue
            timer.action = None
            if due > self.now:
                self.now = due
                self._chain, self._link = 0, self._set
            elif order > self._link:
                self._chain, self._link = self._chain + 1, self._set
                if self._chain > CHAIN_MOST:
                    raise self._stands_still(action)
            action()
            return True
        if limit > self.now:
            self.now = limit
        self._chain, self._link = 0, self._set
        return False

    def _stands_still(self, action: Callable[[], None]) -> HarnessError:
        name = getattr(action, "__qualname__", None) or repr(action)
        return HarnessError(
            f"region time stands still at {stamp(self.now)}: {CHAIN_MOST:,} timers of this instant set one another, "
            f"the last of them {name}; let it set its next timer for a later instant"
        )

    def target(self) -> int:
        """The instant up to which time has run by itself: for virtual time, the present."""
        return self.now

    def jump(self, to: int) -> None:
        """Tell a clock that follows another that it was moved to `to` by hand. Virtual time has nothing to note."""


class HybridClock(Clock):
    """Virtual time that also follows a real clock.

    It never moves by itself: whoever holds the region's lock catches it up to `target()` on each access, so there is no
    ticker.

    Args:
        start: the first instant, in milliseconds since the epoch.
        real: seconds of a monotonic real clock.
        scale: region seconds for each real second.

    Raises:
        UsageError: time would stand still, run backwards or out of hand.
    """

    kind = "hybrid"

    def __init__(self, start: int, real: Callable[[], float], scale: float = 1.0) -> None:
        if type(scale) not in (int, float) or not 0 < scale <= SCALE_MAX:
            raise UsageError.expected(
                "scale", scale, f"region seconds for each real second, more than 0 and at most {SCALE_MAX:,.0f}"
            )
        super().__init__(start)
        self._real, self.scale = real, scale
        self._origin, self._origin_real = start, real()

    def target(self) -> int:
        """Where the real clock, multiplied by the scale, has brought region time."""
        return self._origin + int((self._real() - self._origin_real) * self.scale * SECOND)

    def jump(self, to: int) -> None:
        """Follow the real clock from `to` on."""
        ahead = to - self.target()
        if ahead > 0:
            self._origin += ahead
