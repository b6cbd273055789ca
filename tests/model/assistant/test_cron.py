from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from typing import Literal

import pytest
from croniter import croniter
from cronsim import CronSim
from hypothesis import given
from hypothesis import strategies as st

from faultzone.model.assistant.cron import Cron, CronError

OFFSET = 8 * 3_600_000
ZONE = timezone(timedelta(hours=8))
DAY = 86_400_000


def _ms(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp()) * 1000


def _local(ms: int | None) -> str | None:
    return None if ms is None else datetime.fromtimestamp(ms / 1000, ZONE).strftime("%Y-%m-%d %H:%M:%S")


def _firings(cron: Cron, start: int, count: int, offset: int = OFFSET) -> list[int]:
    found: list[int] = []
    while len(found) < count and (start := cron.next_after(start, offset) or 0):
        found.append(start)
    return found


# Verified by hand on the calendar: 1 March 2019 is a Friday, and firings count from its 00:00:00, in UTC+8.
HARD = [
    ("0 */20 * * * ?", ["03-01 00:20:00", "03-01 00:40:00", "03-01 01:00:00"]),
    ("*/25 * * * * ?", ["03-01 00:00:25", "03-01 00:00:50", "03-01 00:01:00"]),
    ("0 5/15 * * * ?", ["03-01 00:05:00", "03-01 00:20:00", "03-01 00:35:00", "03-01 00:50:00", "03-01 01:05:00"]),
    ("0 0 9 ? * MON-FRI", ["03-01 09:00:00", "03-04 09:00:00", "03-05 09:00:00"]),
    ("0 0 9 ? * 2", ["03-04 09:00:00", "03-11 09:00:00", "03-18 09:00:00"]),
    ("0 0 8,18 1,15 * ?", ["03-01 08:00:00", "03-01 18:00:00", "03-15 08:00:00"]),
    ("0 0 12 L * ?", ["03-31 12:00:00", "04-30 12:00:00", "05-31 12:00:00"]),
    ("0 0 12 L-3 * ?", ["03-28 12:00:00", "04-27 12:00:00", "05-28 12:00:00"]),
    ("0 0 12 15W * ?", ["03-15 12:00:00", "04-15 12:00:00", "05-15 12:00:00", "06-14 12:00:00", "07-15 12:00:00"]),
    ("0 0 12 LW * ?", ["03-29 12:00:00", "04-30 12:00:00", "05-31 12:00:00", "06-28 12:00:00"]),
    ("0 0 12 ? * 6L", ["03-29 12:00:00", "04-26 12:00:00", "05-31 12:00:00"]),
    ("0 0 12 ? * FRI#3", ["03-15 12:00:00", "04-19 12:00:00", "05-17 12:00:00"]),
    ("0 0 12 ? * 6#3", ["03-15 12:00:00", "04-19 12:00:00", "05-17 12:00:00"]),
    ("0 0 12 1 4 ? 2019", ["04-01 12:00:00"]),
    ("0 30 10 * * ? *", ["03-01 10:30:00", "03-02 10:30:00", "03-03 10:30:00"]),
    ("0 0 22-2 * * ?", ["03-01 01:00:00", "03-01 02:00:00", "03-01 22:00:00", "03-01 23:00:00", "03-02 00:00:00"]),
    ("0 0 12 1W 6,9 ?", ["06-03 12:00:00", "09-02 12:00:00"]),
    ("0 0 12 31W 3 ?", ["03-29 12:00:00"]),
    ("0 0 12 ? 4 FRI-MON/2", ["04-05 12:00:00", "04-07 12:00:00", "04-12 12:00:00"]),
    ("0 0 12 ? 8 L", ["08-03 12:00:00", "08-10 12:00:00"]),
    ("0 0 12 ? 5 MON#5", []),
    ("0 0 12 31 * *", ["03-31 12:00:00", "05-31 12:00:00", "07-31 12:00:00"]),
    ("0 */20 * * * *", ["03-01 00:20:00", "03-01 00:40:00", "03-01 01:00:00"]),
]


@pytest.mark.parametrize(("text", "expected"), HARD)
def test_hand_verified_firings(text: str, expected: list[str]) -> None:
    found = [_local(ms) for ms in _firings(Cron.parse(text), _ms("2019-03-01"), max(len(expected), 1))]
    if expected:
        assert found == [f"2019-{instant}" for instant in expected]
    else:
        assert not found or str(found[0]) > "2020"


@pytest.mark.parametrize(
    ("first", "weekday", "expected"),
    [
        ("SUN", "1", "2019-03-03"),
        ("SUN", "7", "2019-03-02"),
        ("MON", "1", "2019-03-04"),
        ("MON", "7", "2019-03-03"),
        ("MON", "L", "2019-03-03"),
        ("MON", "5L", "2019-03-29"),
        ("MON", "5#3", "2019-03-15"),
        ("MON", "SAT", "2019-03-02"),
        ("MON", "SAT-SUN", "2019-03-02"),
    ],
)
def test_the_edition_decides_which_weekday_is_1(first: Literal["SUN", "MON"], weekday: str, expected: str) -> None:
    cron = Cron.parse(f"0 0 0 ? * {weekday}", first_weekday=first)
    assert _local(cron.next_after(_ms("2019-03-01"), OFFSET)) == f"{expected} 00:00:00"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "0 fields"),
        ("0 */20 * * *", "5 fields"),
        ("0 0 0 1 1 ? 2020 UTC", "8 fields"),
        ("60 * * * * ?", "seconds is not from 0 to 59"),
        ("* * 24 * * ?", "hours is not from 0 to 23"),
        ("0 0 0 0 * ?", "day is not from 1 to 31"),
        ("0 0 0 ? * 0", "weekday is not from 1 to 7"),
        ("0 0 0 ? * 8", "weekday is not from 1 to 7"),
        ("0 0 0 1 13 ?", "month is not from 1 to 12"),
        ("0 0 0 1 1 ? 1969", "year is not from 1970 to 2099"),
        ("0 0 0 1 1 ? 2030-2020", "ends before it begins"),
        ("0 0 0 1 * MON", "both restrict"),
        ("0 0 0 L * 6L", "both restrict"),
        ("0 0 0 ? * ?", "nobody to decide"),
        ("0 0 0 30 2 ?", "no day that exists"),
        ("0 0 0 29 2 ? 2019", "no day that exists"),
        ("0 0 0 L-30 4 ?", "no day that exists"),
        ("0 */0 * * * ?", "as a step, is not from 1"),
        ("0 */60 * * * ?", "as a step, is not from 1"),
        ("0 /5 * * * ?", "neither a number"),
        ("0 ? * * * ?", "neither a number"),
        ("0 1- * * * ?", "neither a number"),
        ("0 1,,2 * * * ?", "neither a number"),
        ("0 -1 * * * ?", "neither a number"),
        ("0 0 0 L,15 * ?", "neither a number"),
        ("0 0 0 32W * ?", "day is not from 1 to 31"),
        ("0 0 0 ? * FRI#6", "after #, is not from 1 to 5"),
        ("0 0 0 ? * FUNL", "neither a number"),
        ("0 0 0 1 ²  ?", "neither a number"),
        ("0 0 0 1 " + "9" * 5000 + " ?", "month is not from 1 to 12"),
    ],
)
def test_refusal_says_what_is_wrong(text: str, says: str) -> None:
    with pytest.raises(CronError, match=says):
        Cron.parse(text)


def test_leap_day_waits_for_its_year() -> None:
    assert _local(Cron.parse("0 0 0 29 FEB ?").next_after(_ms("2019-03-01"), OFFSET)) == "2020-02-29 00:00:00"


def test_a_firing_is_strictly_after_and_never_before_1970_or_after_2099() -> None:
    cron = Cron.parse("* * * * * ?")
    assert [cron.next_after(ms, 0) for ms in (999, 1000, 1001, -DAY)] == [1000, 2000, 2000, 0]
    last = round(datetime(2099, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp()) * 1000
    assert cron.next_after(last - 1, 0) == last
    assert cron.next_after(last, 0) is None
    assert cron.next_after(last + 400 * DAY, 0) is None


def test_offset_moves_firings_to_local_time() -> None:
    cron = Cron.parse("0 0 0 * * ?")
    utc = cron.next_after(_ms("2019-03-01"), 0)
    assert _local(utc) == "2019-03-01 08:00:00"
    assert _local(cron.next_after(_ms("2019-03-01"), -5 * 3_600_000)) == "2019-03-01 13:00:00"


def test_sixty_days_of_firings_do_not_drift() -> None:
    start = _ms("2019-03-01")
    found = _firings(Cron.parse("0 */20 * * * *"), start, 60 * 72)
    assert found == [start + 1_200_000 * number for number in range(1, 60 * 72 + 1)]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("* * * * * ?", 1),
        ("*/10 * * * * ?", 10),
        ("*/9 * * * * ?", 6),
        ("0,55 * * * * ?", 5),
        ("0 */20 * * * ?", 1200),
        ("0 */25 * * * ?", 600),
        ("0 0 */5 * * ?", 4 * 3600),
        ("0 0 0 * * ?", 86_400),
        ("0 0 0,23 * * ?", 3600),
        ("0 0 0,23 ? * MON", 23 * 3600),
        ("55 59 23 * * ?", 86_400),
        ("0 0 0 1 * ?", 28 * 86_400),
        ("0 0 0 ? * 6L", 28 * 86_400),
        ("0 0 0 29 2 ?", 1461 * 86_400),
        ("0 0 0 1 1 ? 2030", None),
    ],
)
def test_minimum_period(text: str, seconds: int | None) -> None:
    assert Cron.parse(text).minimum_period() == (None if seconds is None else seconds * 1000)


def _field(low: int, high: int) -> st.SearchStrategy[str]:
    value = st.integers(low, high)
    # A range of one value is left out: both libraries take it for every value.
    ranges = st.lists(value, min_size=2, max_size=2, unique=True).map(lambda pair: f"{min(pair)}-{max(pair)}")
    items = st.one_of(value.map(str), ranges)
    steps = st.tuples(st.one_of(st.just("*"), ranges), st.integers(1, high)).map(lambda pair: f"{pair[0]}/{pair[1]}")
    return st.one_of(st.just("*"), steps, st.lists(items, min_size=1, max_size=3).map(",".join))


WEEKDAYS = st.lists(st.sampled_from("SUN MON TUE WED THU FRI SAT".split()), min_size=1, max_size=3, unique=True)
DAYS = st.one_of(
    st.tuples(_field(1, 28), st.just("*")),
    st.just(("L", "*")),
    st.tuples(st.just("*"), WEEKDAYS.map(",".join)),
)
TIMES = st.tuples(_field(0, 59), _field(0, 59), _field(0, 23))
STARTS = st.integers(_ms("2019-03-01") // 1000, _ms("2029-03-01") // 1000)


@given(TIMES, DAYS, _field(1, 12), STARTS)
@pytest.mark.slow
def test_agrees_with_the_kept_libraries(
    times: tuple[str, str, str], days: tuple[str, str], month: str, start: int
) -> None:
    text = " ".join((*times, days[0], month, days[1]))
    ours = [ms // 1000 for ms in _firings(Cron.parse(text), start * 1000, 3, offset=0)]
    instant = datetime.fromtimestamp(start, UTC)
    theirs = croniter(text, instant, second_at_beginning=True, ret_type=float)
    assert ours == [round(theirs.get_next()) for _ in ours]
    simulated = CronSim(text, instant)
    assert ours == [round(next(simulated).timestamp()) for _ in ours]


@given(TIMES, DAYS)
def test_no_two_firings_are_closer_than_the_minimum_period(times: tuple[str, str, str], days: tuple[str, str]) -> None:
    cron = Cron.parse(" ".join((*times, days[0], "*", days[1])))
    least = cron.minimum_period()
    assert least is not None
    found = _firings(cron, _ms("2019-03-01"), 20)
    assert all(later - earlier >= least for earlier, later in pairwise(found))
