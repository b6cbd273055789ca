"""When a timed invocation runs: `rate(5m)`, `at(2026-12-06 13:15:30)`, or a cron expression, and in which time zone.

The forms beside a plain cron expression are of edition 2026-10. What a name such as Europe/Berlin means is looked up in
the time zone data of Python, so the rules of summer time are those that it knows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

from faultzone.clock import DAY, HOUR, MINUTE, SECOND
from faultzone.model.assistant.cron import Cron, CronError

_UNITS: Final = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}
_RATE: Final = re.compile(r"rate\(([0-9]{1,9})([smhd])\)")
_AT: Final = re.compile(r"at\(([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2})(?: (\S+))?\)")
_GMT: Final = re.compile(r"GMT([+-])([0-9]|1[0-4]):([0-5][0-9])")
_NAME: Final = re.compile(r"[A-Z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)+")


@dataclass(frozen=True, slots=True)
class Zoned:
    """A cron expression in a time zone of its own."""

    text: str
    cron: Cron
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class Rate:
    """Each so many milliseconds after an invocation was made."""

    text: str
    every: int


@dataclass(frozen=True, slots=True)
class At:
    """Once, at an instant."""

    text: str
    instant: int


Schedule: TypeAlias = Cron | Zoned | Rate | At


def read_zone(text: str) -> tzinfo:
    """A time zone: a name such as Asia/Shanghai, or GMT+8:00 and the like, or UTC (assistant/cron-zone).

    Raises:
        CronError: there is no such zone.
    """
    if text == "UTC":
        return UTC
    if match := _GMT.fullmatch(text):
        offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
        return timezone(-offset if match[1] == "-" else offset)
    if _NAME.fullmatch(text):
        try:
            return ZoneInfo(text)
        except (ValueError, OSError, KeyError):
            raise CronError(f"the time zone {text} is not known here") from None
    raise CronError(f"{text!r} is no time zone; write it as Asia/Shanghai, GMT+8:00 or UTC")


def parse(text: str, *, first_weekday: Literal["SUN", "MON"]) -> Schedule:
    """Read a frequency of today, of any form (assistant/rate-form, assistant/at-form, assistant/cron-zone).

    Raises:
        CronError: it has none of the forms, or cannot come true.
    """
    if match := _RATE.fullmatch(text):
        return Rate(text, int(match[1]) * _UNITS[match[2]])
    if match := _AT.fullmatch(text):
        return At(text, _instant(match[1], UTC if match[2] is None else read_zone(match[2])))
    if text.startswith(("rate(", "at(")):
        raise CronError(f"{text!r} is neither like rate(5m) nor like at(2026-12-06 13:15:30 Asia/Shanghai)")
    *fields, last = text.split() or [""]
    if len(fields) in (6, 7) and last[0].isalpha():
        return Zoned(text, Cron.parse(" ".join(fields), first_weekday=first_weekday), read_zone(last))
    return Cron.parse(text, first_weekday=first_weekday)


def _instant(text: str, zone: tzinfo) -> int:
    try:
        return round(datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone).timestamp()) * SECOND
    except (ValueError, OverflowError):
        raise CronError(f"{text!r} is no time; write it as 2026-12-06 13:15:30") from None


def period(schedule: Schedule) -> int | None:
    """The smallest gap between two runs, in milliseconds of the clock on the wall; None if there is but one run."""
    match schedule:
        case Rate():
            return schedule.every
        case At():
            return None
        case Zoned():
            return schedule.cron.minimum_period()
    return schedule.minimum_period()


def next_run(schedule: Schedule, now: int, zone: tzinfo | int, created: int) -> int | None:
    """The first run strictly after an instant; None when there is none.

    Args:
        schedule: when there is to be one.
        now: the instant, in milliseconds since the epoch.
        zone: of a cron expression that names none; or how far its time is ahead of UTC, in milliseconds.
        created: when the invocation was made, from which rates count (assistant/rate-first-run).
    """
    match schedule:
        case Rate():
            return created + ((now - created) // schedule.every + 1) * schedule.every
        case At():
            return schedule.instant if schedule.instant > now else None
        case Zoned():
            return _next_in(schedule.cron, now, schedule.zone)
    return schedule.next_after(now, zone) if isinstance(zone, int) else _next_in(schedule, now, zone)


def _next_in(cron: Cron, now: int, zone: tzinfo) -> int | None:
    """The first time of a zone that an expression names, after an instant. A time that the change to summer time leaves
    out is an hour later; of two alike at its end, the first counts."""
    at = datetime.fromtimestamp(now // SECOND, zone)
    local: int | None = now + round((at.utcoffset() or timedelta()).total_seconds()) * SECOND
    while local is not None and (local := cron.next_after(local, 0)) is not None:
        due = datetime.fromtimestamp(local // SECOND, UTC).replace(tzinfo=zone)
        instant = round(due.timestamp()) * SECOND
        if instant > now:
            return instant
    return None
