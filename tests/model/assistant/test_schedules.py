"""Frequencies of today: rates, single times, and expressions in time zones, also where these change their clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from faultzone.model.assistant.cron import CronError
from faultzone.model.assistant.schedules import next_run, parse, period, read_zone

NEW_YORK = "America/New_York"


def ms(text: str) -> int:
    return round(datetime.fromisoformat(f"{text}+00:00").timestamp()) * 1000


def due(text: str, after: str, zone: str = "", count: int = 3, created: str = "2026-01-01") -> list[str]:
    """The first times after an instant, in UTC."""
    found: list[str] = []
    schedule, now = parse(text, first_weekday="MON"), ms(after)
    while len(found) < count:
        at = next_run(schedule, now, read_zone(zone) if zone else 0, ms(created))
        if at is None:
            break
        found.append(f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d %H:%M:%S}")
        now = at
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rate(90s)", ["2026-03-01 10:00:30", "2026-03-01 10:02:00", "2026-03-01 10:03:30"]),
        ("rate(7m)", ["2026-03-01 10:06:59", "2026-03-01 10:13:59", "2026-03-01 10:20:59"]),
        ("rate(3d)", ["2026-03-02 00:00:00", "2026-03-05 00:00:00", "2026-03-08 00:00:00"]),
    ],
)
def test_a_rate_counts_from_the_creation(text: str, expected: list[str]) -> None:
    created = {"rate(7m)": "2026-03-01 09:59:59"}.get(text, "2026-01-01" if "d" in text else "2026-03-01 09:59:00")
    assert due(text, "2026-03-01 10:00:00" if "d" not in text else "2026-03-01", created=created) == expected


def test_a_rate_does_not_run_at_its_creation_and_runs_at_each_interval_exactly() -> None:
    schedule = parse("rate(60s)", first_weekday="MON")
    assert [next_run(schedule, now, 0, 1000) for now in (1000, 60_999, 61_000, 61_001)] == [
        61_000,
        61_000,
        121_000,
        121_000,
    ]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("at(2026-06-06 13:15:30)", "2026-06-06 13:15:30"),
        ("at(2026-06-06 13:15:30 Asia/Shanghai)", "2026-06-06 05:15:30"),
        ("at(2026-06-06 13:15:30 GMT-7:00)", "2026-06-06 20:15:30"),
        ("at(2026-06-06 13:15:30 America/New_York)", "2026-06-06 17:15:30"),
        ("at(2026-12-06 13:15:30 America/New_York)", "2026-12-06 18:15:30"),
    ],
)
def test_a_single_time_comes_once(text: str, instant: str) -> None:
    assert due(text, "2026-01-01") == [instant]
    assert due(text, instant) == []


@pytest.mark.parametrize(
    ("text", "after", "expected"),
    [
        # Clocks go forward at 02:00 on 8 March: 02:30 is an hour later that day.
        (f"0 30 2 * * ? {NEW_YORK}", "2026-03-07", ["03-07 07:30:00", "03-08 07:30:00", "03-09 06:30:00"]),
        # They go back at 02:00 on 1 November: of the two 01:30 the first counts.
        (f"0 30 1 * * ? {NEW_YORK}", "2026-10-31", ["10-31 05:30:00", "11-01 05:30:00", "11-02 06:30:00"]),
        (f"0 0 12 * * ? {NEW_YORK}", "2026-03-07", ["03-07 17:00:00", "03-08 16:00:00", "03-09 16:00:00"]),
        ("0 15 10 ? * * 2027 Asia/Shanghai", "2026-12-30", ["01-01 02:15:00", "01-02 02:15:00", "01-03 02:15:00"]),
        ("0 0/30 10-11 * * ? 2026 GMT+8:00", "2026-12-31 02:45", ["12-31 03:00:00", "12-31 03:30:00"]),
        ("0 0/5 14 * 10 ? 2026/2 UTC", "2026-10-31 14:50", ["10-31 14:55:00", "10-01 14:00:00", "10-01 14:05:00"]),
    ],
)  # fmt: skip
def test_an_expression_follows_the_clocks_of_its_zone(text: str, after: str, expected: list[str]) -> None:
    assert [each[5:] for each in due(text, after)] == expected


@pytest.mark.parametrize("name", [NEW_YORK, "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia"])
def test_hours_agree_with_a_calendar_of_the_zone(name: str) -> None:
    """Each quarter of an hour of a year, looked at one by one."""
    zone, at, end = ZoneInfo(name), datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    expected = []
    while at < end:
        local = at.astimezone(zone)
        if (local.hour, local.minute) == (12, 0):
            expected.append(f"{at:%Y-%m-%d %H:%M:%S}")
        at += timedelta(minutes=15)
    found = due("0 0 12 * * ?", "2025-12-31 23:59:59", name, len(expected) + 1)
    assert found[: len(expected)] == expected
    assert found[-1] > f"{end:%Y-%m-%d}"


@pytest.mark.parametrize(
    "text",
    [
        "rate(5)", "rate(5 m)", "rate(1.5h)", "rate(5M)", "RATE(5m)", "rate(9999999999s)", "at(2026-13-01 00:00:00)",
        "at(2026-01-01T00:00:00)", "at(2026-01-01 00:00:00  UTC)", "0 0 12 * * ? GMT", "0 0 12 * * ? GMT+8",
        "0 0 12 * * ? GMT+08:00", "0 0 12 * * ? GMT+15:00", "0 0 12 * * ? EST", "0 0 12 * * ? ../etc/passwd",
        "0 0 12 * * ? America", "0 0 12 * * ? america/new_york", "0 0 12 * * UTC", "",
    ],
)  # fmt: skip
def test_what_is_no_frequency_is_refused(text: str) -> None:
    with pytest.raises(CronError):
        parse(text, first_weekday="MON")


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [("rate(5m)", 300_000), ("at(2026-01-01 00:00:00)", None), ("*/30 * * * * ? UTC", 30_000), ("0 * * * * *", 60_000)],
)
def test_the_least_period_of_each_form(text: str, milliseconds: int | None) -> None:
    assert period(parse(text, first_weekday="MON")) == milliseconds
