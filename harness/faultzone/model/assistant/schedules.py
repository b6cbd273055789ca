"""When a timed invocation runs: by a cron expression, at a rate, or at one moment.

Source: ECS API reference 2026-10, RunCommand (Frequency): `rate(5m)`, `at(2026-11-29 08:00:00 Asia/Shanghai)`, and a
cron expression with a year and a time zone (assistant/rate, assistant/at, assistant/cron-zone).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final, Protocol

from faultzone.clock import DAY, HOUR, MINUTE, SECOND
from faultzone.model.assistant.cron import Cron, CronError

_RATE: Final = re.compile(r"rate\(([1-9][0-9]{0,6})([smhd])\)")
_AT: Final = re.compile(r"at\(([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2})(?: ([^ ()]{1,64}))?\)")
_ZONE: Final = re.compile(r"(?i)(?:GMT|UTC)(?:([+-])(0|[1-9][0-9]?)(?::([0-9]{2}))?)?")
_WEEKDAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_UNITS: Final = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}


class Schedule(Protocol):
    """The times of an invocation."""

    @property
    def text(self) -> str:
        """As it was given."""

    def next_after(self, ms: int, utc_offset_ms: int) -> int | None:
        """The first time after an instant, in milliseconds since the epoch; None for none.

        Args:
            utc_offset_ms: how far the time of expressions without a zone is ahead of UTC.
        """

    def minimum_period(self) -> int | None:
        """The smallest gap between two times, in milliseconds; None where there is one time alone."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Every so often, counted from the creation of the invocation, whatever a run takes."""

    text: str
    period: int
    created: int

    def next_after(self, ms: int, utc_offset_ms: int) -> int | None:
        """See `Schedule`."""
        return self.created + (max(0, ms - self.created) // self.period + 1) * self.period

    def minimum_period(self) -> int | None:
        """See `Schedule`."""
        return self.period


@dataclass(frozen=True, slots=True)
class Moment:
    """Once."""

    text: str
    at: int

    def next_after(self, ms: int, utc_offset_ms: int) -> int | None:
        """See `Schedule`."""
        return self.at if self.at > ms else None

    def minimum_period(self) -> int | None:
        """See `Schedule`."""
        return None


@dataclass(frozen=True, slots=True)
class ZonedCron:
    """A cron expression in a time zone of its own."""

    text: str
    cron: Cron
    zone: tzinfo

    def next_after(self, ms: int, utc_offset_ms: int) -> int | None:
        """See `Schedule`."""
        offset = _offset(self.zone, ms)
        due = self.cron.next_after(ms, offset)
        # Between now and then the zone may change its clocks.
        if due is None or (then := _offset(self.zone, due)) == offset:
            return due
        return self.cron.next_after(ms, then)

    def minimum_period(self) -> int | None:
        """See `Schedule`."""
        return self.cron.minimum_period()


def _offset(zone: tzinfo, ms: int) -> int:
    ahead = datetime.fromtimestamp(ms / 1000, zone).utcoffset() or timedelta()
    return round(ahead.total_seconds() * 1000)


def read_zone(text: str) -> tzinfo:
    """The time zone of a name such as `Asia/Shanghai`, `GMT+8:00` or `UTC`.

    Raises:
        CronError: there is none.
    """
    if match := _ZONE.fullmatch(text):
        sign, hours, minutes = match.groups()
        ahead = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        if ahead > timedelta(hours=14):
            raise CronError(f"there is no time zone {text}")
        return timezone(-ahead if sign == "-" else ahead)
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise CronError(f"there is no time zone {text}") from None


def read_special(text: str, now: int) -> Rate | Moment | None:
    """A rate or a moment; None for a text that begins as neither does.

    Raises:
        CronError: it is malformed.
    """
    if text.startswith("rate("):
        match = _RATE.fullmatch(text)
        if match is None:
            raise CronError("a rate is a number and s, m, h or d, such as rate(5m)")
        return Rate(text, int(match[1]) * _UNITS[match[2]], now)
    if text.startswith("at("):
        match = _AT.fullmatch(text)
        if match is None:
            raise CronError("a moment is a date, a time and perhaps a time zone, such as at(2026-11-29 08:00:00)")
        zone = UTC if match[2] is None else read_zone(match[2])
        try:
            return Moment(text, round(datetime.fromisoformat(match[1]).replace(tzinfo=zone).timestamp()) * SECOND)
        except (ValueError, OverflowError):
            raise CronError(f"{match[1]} is no date and time") from None
    return None


def split_zone(text: str) -> tuple[str, tzinfo | None]:
    """A cron expression without the time zone that may be its last word, and the zone.

    Raises:
        CronError: there is no such zone.
    """
    fields, _, last = text.rpartition(" ")
    if len(fields.split()) < 6 or not re.search("[A-Za-z]{3}", last) or last.upper() in _WEEKDAYS:
        return text, None
    return fields, read_zone(last)
