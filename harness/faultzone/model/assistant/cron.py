"""Cron expressions of timed commands: parsed once, then asked for the next firing.

An evaluator of our own, since each kept library is wrong on part of the documented grammar: croniter refuses `LW` and
`L-3` and reads 2 as Tuesday where the service means Monday; cronsim refuses every `?`. The tests hold it against both
where they mean the same by an expression.

    seconds minutes hours day month weekday [year]

`*` is every value, `a-b` a range (`22-2` runs over the end), `a,b` a list, `*/n`, `a/n` and `a-b/n` are steps; months
and weekdays have English names of three letters. The day may be `L`, `L-3`, `15W` or `LW`, the weekday `L`, `6L` or
`6#3`; these stand alone, not in lists. `?` is for the day or the weekday when the other one decides.
Clauses: assistant/cron, assistant/cron-week-and-year.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Final, Literal, NamedTuple

_DAY: Final = 86_400
_EPOCH: Final = date(1970, 1, 1).toordinal()
_MONTHS: Final = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
_WEEKDAYS: Final = "SUN MON TUE WED THU FRI SAT".split()


class CronError(ValueError):
    """A cron expression that cannot be used. The text says what is wrong with it."""


class _Field(NamedTuple):
    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()


_SECONDS: Final = _Field("seconds", 0, 59)
_MINUTES: Final = _Field("minutes", 0, 59)
_HOURS: Final = _Field("hours", 0, 23)
_DAYS: Final = _Field("day", 1, 31)
_MONTH: Final = _Field("month", 1, 12, tuple(_MONTHS))
_YEAR: Final = _Field("year", 1970, 2099)


class _DayRule(NamedTuple):
    """On which days of a month to fire. Weekdays are numbered as `date.weekday` does: Monday is 0."""

    kind: Literal["every", "days", "last", "nearest", "last-workday", "weekdays", "last-weekday", "nth-weekday"]
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Cron:
    """A parsed cron expression. All of its values are in local time, of whatever offset the caller names."""

    text: str
    _seconds: tuple[int, ...]
    _minutes: tuple[int, ...]
    _hours: tuple[int, ...]
    _rule: _DayRule
    _months: tuple[int, ...]
    _years: tuple[int, ...]

    @classmethod
    def parse(cls, text: str, *, first_weekday: Literal["SUN", "MON"] = "SUN") -> Cron:
        """Read an expression of six or seven fields.

        A day and a weekday that both restrict (neither is `*` or `?`) are refused, and so are two `?`. An expression
        that names no day of the years 1970 to 2099, such as 30 February, is refused rather than accepted to never fire.

        Args:
            text: the expression; blanks separate its fields.
            first_weekday: which weekday has the number 1: Sunday in 2019, Monday from 2021.

        Raises:
            CronError: the expression is malformed, out of range, or never fires.
        """
        fields = text.split()
        if len(fields) not in (6, 7):
            raise CronError(
                f"{text!r} has {len(fields)} fields; it needs seconds minutes hours day month weekday [year]"
            )
        seconds, minutes, hours, day, month, weekday = (field.upper() for field in fields[:6])
        cron = cls(
            text=text,
            _seconds=_values(seconds, _SECONDS),
            _minutes=_values(minutes, _MINUTES),
            _hours=_values(hours, _HOURS),
            _rule=_day_rule(day, weekday, first_weekday),
            _months=_values(month, _MONTH),
            _years=_values(fields[6] if len(fields) == 7 else "*", _YEAR),
        )
        if next(cron._days_from(_EPOCH), None) is None:
            raise CronError(f"{text!r} names no day that exists in the years {_YEAR.low} to {_YEAR.high}")
        return cron

    def next_after(self, ms: int, utc_offset_ms: int) -> int | None:
        """The first firing strictly after an instant; None when there is none before the end of 2099.

        Args:
            ms: milliseconds since the epoch, UTC.
            utc_offset_ms: how far local time is ahead of UTC, in milliseconds; 28,800,000 is UTC+8.
        """
        day, second = divmod((ms + utc_offset_ms) // 1000 + 1, _DAY)
        for ordinal in self._days_from(_EPOCH + day):
            time = self._time_from(second if ordinal == _EPOCH + day else 0)
            if time is not None:
                return ((ordinal - _EPOCH) * _DAY + time) * 1000 - utc_offset_ms
        return None

    def minimum_period(self) -> int | None:
        """The smallest gap between two firings in a row, in milliseconds; None if it fires only once.

        It is computed, not sampled: every day that fires has the same times, so the smallest gap lies between two
        neighbouring seconds of a minute, or spans the end of a minute, an hour or a day, for neighbours that both fire.
        Clause: assistant/period-floor.
        """
        gaps = [second - before for before, second in pairwise(self._seconds)]
        span = self._seconds[-1] - self._seconds[0]
        for values, unit in ((self._minutes, 60), (self._hours, 3600)):
            gaps += [(value - before) * unit - span for before, value in pairwise(values)]
            span += (values[-1] - values[0]) * unit
        least = min(gaps, default=None)
        if least is not None and least <= _DAY - span:
            return least * 1000
        for before, day in pairwise(self._days_from(_EPOCH)):
            gap = (day - before) * _DAY - span
            least = gap if least is None else min(least, gap)
            if day - before == 1:
                break
        return None if least is None else least * 1000

    def _days_from(self, ordinal: int) -> Iterator[int]:
        """The days that fire, from a day on, as proleptic ordinals."""
        if ordinal > date(_YEAR.high, 12, 31).toordinal():
            return
        start = date.fromordinal(ordinal)
        for year in self._years[bisect_left(self._years, start.year) :]:
            for month in self._months:
                if (year, month) < (start.year, start.month):
                    continue
                first = date(year, month, 1).toordinal()
                for day in _days(self._rule, year, month):
                    if first + day - 1 >= ordinal:
                        yield first + day - 1

    def _time_from(self, second: int) -> int | None:
        """The first firing of a day at or after a second of it, as a second of the day."""
        hour, minute, second = second // 3600, second // 60 % 60, second % 60
        for h in self._hours[bisect_left(self._hours, hour) :]:
            if h > hour:
                return h * 3600 + self._minutes[0] * 60 + self._seconds[0]
            for m in self._minutes[bisect_left(self._minutes, minute) :]:
                if m > minute:
                    return h * 3600 + m * 60 + self._seconds[0]
                later = self._seconds[bisect_left(self._seconds, second) :]
                if later:
                    return h * 3600 + m * 60 + later[0]
        return None


def _number(text: str, field: _Field) -> int:
    if text in field.names:
        return field.low + field.names.index(text)
    if not (text.isascii() and text.isdigit()):
        raise CronError(f"{text!r} in the field {field.name} is neither a number nor a name that it knows")
    # Longer digits are out of range; int() of thousands of them would raise something else.
    number = int(text) if len(text) <= 4 else field.high + 1
    if not field.low <= number <= field.high:
        raise CronError(f"{text} in the field {field.name} is not from {field.low} to {field.high}")
    return number


def _values(text: str, field: _Field) -> tuple[int, ...]:
    """The sorted values of a field of lists, ranges and steps."""
    return tuple(sorted({value for item in text.split(",") for value in _item(item, field)}))


def _item(text: str, field: _Field) -> Iterable[int]:
    body, slash, step_text = text.partition("/")
    first, dash, last = body.partition("-")
    if body == "*":
        low, high = field.low, field.high
    else:
        low = _number(first, field)
        high = _number(last, field) if dash else field.high if slash else low
    step = 1
    if slash:
        step = _number(step_text, _Field(f"{field.name}, as a step,", 1, field.high))
    if low > high:
        if field is _YEAR:
            raise CronError(f"{text!r} in the field {field.name} ends before it begins")
        size = field.high - field.low + 1
        return [(value - field.low) % size + field.low for value in range(low, high + size + 1, step)]
    return range(low, high + 1, step)


def _day_rule(day: str, weekday: str, first_weekday: Literal["SUN", "MON"]) -> _DayRule:
    if day == weekday == "?":
        raise CronError("'?' in both day and weekday leaves nobody to decide the day; write '*' in one of them")
    if weekday in ("*", "?"):
        return _DayRule("every") if day in ("*", "?") else _month_day_rule(day)
    if day not in ("*", "?"):
        raise CronError(f"day {day!r} and weekday {weekday!r} both restrict the day; write '?' in one of them")
    return _weekday_rule(weekday, first_weekday)


def _month_day_rule(day: str) -> _DayRule:
    if day == "LW":
        return _DayRule("last-workday")
    if match := re.fullmatch(r"L(?:-([0-9]+))?", day):
        return _DayRule("last", (_number(match[1] or "0", _Field("day, after L-,", 0, 30)),))
    if match := re.fullmatch(r"([0-9]+)W", day):
        return _DayRule("nearest", (_number(match[1], _DAYS),))
    return _DayRule("days", _values(day, _DAYS))


def _weekday_rule(weekday: str, first_weekday: Literal["SUN", "MON"]) -> _DayRule:
    shift = _WEEKDAYS.index(first_weekday)
    field = _Field("weekday", 1, 7, tuple(_WEEKDAYS[shift:] + _WEEKDAYS[:shift]))

    def monday_is_0(number: int) -> int:
        return (number - 2 + shift) % 7

    if weekday == "L":
        return _DayRule("weekdays", (monday_is_0(7),))
    if match := re.fullmatch(r"([0-9]+|[A-Z]{3})L", weekday):
        return _DayRule("last-weekday", (monday_is_0(_number(match[1], field)),))
    if match := re.fullmatch(r"([^#]+)#([0-9]+)", weekday):
        nth = _number(match[2], _Field("weekday, after #,", 1, 5))
        return _DayRule("nth-weekday", (monday_is_0(_number(match[1], field)), nth))
    return _DayRule("weekdays", tuple(sorted(monday_is_0(value) for value in _values(weekday, field))))


@lru_cache(maxsize=4096)
def _days(rule: _DayRule, year: int, month: int) -> tuple[int, ...]:
    """The days of one month on which a rule fires, in order."""
    first, length = monthrange(year, month)
    return tuple(day for day in _candidates(rule, first, length) if 1 <= day <= length)


def _candidates(rule: _DayRule, first: int, length: int) -> Iterable[int]:
    """The days that a rule names in a month of a first weekday and a length; some may not exist in it."""
    numbers = rule.numbers
    match rule.kind:
        case "every":
            return range(1, length + 1)
        case "days":
            return numbers
        case "last":
            return (length - numbers[0],)
        case "nearest":
            # A month without that day does not fire.
            return (_nearest_workday(numbers[0], first, length),) if numbers[0] <= length else ()
        case "last-workday":
            return (_nearest_workday(length, first, length),)
        case "weekdays":
            return (day for day in range(1, length + 1) if (first + day - 1) % 7 in numbers)
        case "last-weekday":
            return (length - (first + length - 1 - numbers[0]) % 7,)
        case "nth-weekday":
            return ((numbers[0] - first) % 7 + 1 + (numbers[1] - 1) * 7,)


def _nearest_workday(day: int, first: int, length: int) -> int:
    """The day from Monday to Friday that is nearest to a day and in the same month."""
    match (first + day - 1) % 7:
        case 5:
            return day - 1 if day > 1 else day + 2
        case 6:
            return day + 1 if day < length else day - 2
    return day
