"""Cloud Assistant: when commands run that repeat, as of edition 2026-10."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from faultzone import Instance, Invocation, Region, assert_refused
from faultzone_specs.observing import refusal_of

clause, needs = pytest.mark.clause, pytest.mark.needs
pytestmark = pytest.mark.region(edition="2026-10")

FREQUENCY = "InvalidParam.Frequency"
#: How late a run may begin that is due: it has to be delivered.
LATE = timedelta(seconds=30)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def call(region: Region, *instances: Instance, **given: object) -> Callable[[], Invocation]:
    """A RunCommand to be made."""
    asked = {"Type": "RunShellScript", "CommandContent": "echo 1", **given}
    ids = [each.id for each in instances]
    return lambda: region.commands.invocation(region.call("RunCommand", InstanceId=ids, **asked)["InvokeId"])


def refused(region: Region, *made: Callable[[], object]) -> None:
    """The frequency of each call is refused, and no invocation is listed on account of it."""
    before = region.call("DescribeInvocations")["TotalCount"]
    for each in made:
        assert_refused(FREQUENCY, each)
    assert region.call("DescribeInvocations")["TotalCount"] == before


def stamp(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def created(ran: Invocation) -> datetime:
    return stamp(ran.describe()["CreationTime"])


def runs(ran: Invocation, instance: Instance | None = None) -> list[datetime]:
    """When its runs began, in order."""
    return sorted(stamp(each["StartTime"]) for each in ran.results(instance))


def assert_began(found: list[datetime], *due: datetime) -> None:
    """A run began at each of these times, and no other did."""
    assert len(found) == len(due), (found, due)
    for began, at in zip(found, due, strict=True):
        assert at <= began <= at + LATE, (began, at)


def wall(at: datetime, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    return at.strftime(form)


# Modes


@clause("assistant/frequency-means-period", "assistant/timed-ignored")
def test_frequency_alone_decides_whether_a_command_repeats(region: Region) -> None:
    (instance,) = region.run_instances()
    often: dict[str, object] = {"Frequency": "0 0 * * * *"}
    modes: tuple[tuple[dict[str, object], str], ...] = (
        ({}, "Once"),
        ({"RepeatMode": "Once"}, "Once"),
        ({"RepeatMode": "EveryReboot"}, "EveryReboot"),
        ({"RepeatMode": "NextRebootOnly"}, "NextRebootOnly"),
        (often, "Period"),
        *(({**often, "RepeatMode": each}, "Period") for each in ("Once", "Period", "EveryReboot", "NextRebootOnly")),
        ({**often, "RepeatMode": "DryRun"}, "Period"),
        ({**often, "Timed": False}, "Period"),
        ({**often, "Timed": True, "RepeatMode": "Once"}, "Period"),
        ({"Timed": True}, "Once"),
        ({"Timed": True, "RepeatMode": "EveryReboot"}, "EveryReboot"),
    )
    for given, mode in modes:
        shown = call(region, instance, **given)().describe()
        assert (shown["RepeatMode"], shown["Timed"]) == (mode, mode != "Once"), given
        assert shown["Frequency"] == given.get("Frequency", "")
    command = region.commands.create("echo 1")
    asked = {"CommandId": command, "InstanceId": [instance.id], **often, "Timed": False, "RepeatMode": "Once"}
    ran = region.commands.invocation(region.call("InvokeCommand", **asked)["InvokeId"])
    assert ran.describe()["RepeatMode"] == "Period"


@clause("assistant/frequency-for-period")
def test_what_is_to_repeat_needs_a_frequency(region: Region) -> None:
    (instance,) = region.run_instances()
    before = region.call("DescribeInvocations")["TotalCount"]
    assert refusal_of(call(region, instance, RepeatMode="Period")) is not None
    assert refusal_of(call(region, instance, RepeatMode="Period", Frequency="")) is not None
    assert region.call("DescribeInvocations")["TotalCount"] == before


# Rates


@clause("assistant/rate-form", "assistant/rate-first-run")
@needs("move-time")
@pytest.mark.parametrize(
    ("rate", "every"),
    [("90s", 90 * MINUTE / 60), ("5m", 5 * MINUTE), ("2h", 2 * HOUR), ("1d", DAY), ("7d", 7 * DAY)],
)
def test_a_rate_counts_from_the_call(region: Region, rate: str, every: timedelta) -> None:
    (instance,) = region.run_instances()
    region.clock.advance("17s")
    # However long a run takes; but the time of guests that are real does not jump with the region's.
    script = "sleep 20" if region.supports("guest-time") else "sleep 0.1"
    ran = call(region, instance, Frequency=f"rate({rate})", CommandContent=script)()
    first = created(ran)
    region.clock.advance((every - timedelta(seconds=5)).total_seconds())
    assert runs(ran) == []
    region.clock.advance((2 * every + MINUTE).total_seconds())
    assert_began(runs(ran), first + every, first + 2 * every, first + 3 * every)


@clause("assistant/rate-bounds")
def test_rates_of_a_minute_to_a_week_are_taken_if_a_run_ends_meanwhile(region: Region) -> None:
    (instance,) = region.run_instances()
    for rate, timeout in (("60s", 59), ("1m", 10), ("604800s", 3600), ("168h", 60), ("7d", 60), ("2m", 119)):
        assert call(region, instance, Frequency=f"rate({rate})", Timeout=timeout)().status == "Running"
    refused(
        region,
        *(
            call(region, instance, Frequency=f"rate({rate})", Timeout=timeout)
            for rate, timeout in (
                ("59s", 10), ("0m", 10), ("604801s", 60), ("169h", 60), ("8d", 60), ("60s", 60), ("2m", 120),
                ("2m", 300),
            )
        ),
        *(
            call(region, instance, Frequency=frequency, Timeout=10)
            for frequency in ("rate(5)", "rate(5w)", "rate(m)", "rate(-5m)", "rate 5m", "rate(5m", "rate()")
        ),
    )  # fmt: skip


# One time


@clause("assistant/at-form")
@needs("move-time")
@pytest.mark.parametrize(
    ("zone", "ahead"),
    [("", 0), (" UTC", 0), (" Asia/Shanghai", 8), (" GMT+8:00", 8), (" GMT-7:00", -7), (" GMT+5:30", 5.5)],
)
def test_a_single_time_is_meant_in_its_zone(region: Region, zone: str, ahead: float) -> None:
    (instance,) = region.run_instances()
    due = region.clock.now.replace(microsecond=0) + HOUR
    ran = call(region, instance, Frequency=f"at({wall(due + ahead * HOUR)}{zone})")()
    region.clock.advance("58m")
    assert runs(ran) == []
    region.clock.advance("5m")
    assert_began(runs(ran), due)
    region.clock.advance("25h")
    assert_began(runs(ran), due)


@clause("assistant/at-form")
@needs("move-time")
def test_a_time_that_is_none_is_refused(region: Region) -> None:
    (instance,) = region.run_instances()
    year = region.clock.now.year + 1
    refused(
        region,
        *(
            call(region, instance, Frequency=frequency)
            for frequency in (
                f"at({year}-02-30 00:00:00)", f"at({year}-01-01 24:00:00)", f"at({year}-01-01)",
                f"at({year}-01-01 10:00)",
                f"at({year}-01-01 00:00:00 Moon/Crater)", f"at({year}-01-01 00:00:00 GMT+08:00)", "at()",
            )
        ),
    )  # fmt: skip
    passed = call(region, instance, Frequency=f"at({wall(region.clock.now - HOUR)})")
    if refusal_of(passed) is None:
        region.clock.advance("25h")
        assert region.commands.ran_on(instance) == []


# Cron


@clause("assistant/cron-zone")
@needs("move-time")
@pytest.mark.parametrize(
    ("zone", "ahead"),
    [("UTC", 0), ("Asia/Shanghai", 8), ("Asia/Kolkata", 5.5), ("GMT+8:00", 8), ("GMT-7:00", -7), ("GMT+0:30", 0.5)],
)
@pytest.mark.parametrize("year", [False, True])
def test_an_expression_is_meant_in_its_zone(region: Region, zone: str, ahead: float, year: bool) -> None:
    (instance,) = region.run_instances()
    due = region.clock.now.replace(microsecond=0, second=0, minute=0) + 3 * HOUR
    local = due + ahead * HOUR
    frequency = f"0 {local.minute} {local.hour} ? * *{f' {local.year}-{local.year + 1}' if year else ''} {zone}"
    ran = call(region, instance, Frequency=frequency)()
    region.clock.advance("50h")
    assert_began(runs(ran), due, due + DAY)
    assert ran.describe()["Frequency"] == frequency


@clause("assistant/cron-zone")
def test_what_is_no_zone_is_refused(region: Region) -> None:
    (instance,) = region.run_instances()
    zones = ("PST", "Shanghai", "GMT+08:00", "GMT+8", "GMT+15:00", "GMT+8:60", "Asia/Nowhere", "utc", "+8:00")
    refused(
        region,
        *(call(region, instance, Frequency=f"0 0 10 ? * * {zone}") for zone in zones),
        call(region, instance, Frequency="0 0 10 ? * * UTC 2099"),
        call(region, instance, Frequency="0 0 10 ? * * 2099 UTC UTC"),
    )


def advance_to(region: Region, year: int, month: int) -> None:
    """Past the first day of a month."""
    region.clock.advance((datetime(year, month, 2, tzinfo=UTC) - region.clock.now).total_seconds())


@clause("assistant/cron-zone")
@needs("move-time")
def test_a_zone_has_its_summer_time(region: Region) -> None:
    (instance,) = region.run_instances()
    ran = call(region, instance, Frequency="0 0 12 1 1,7 ? Europe/Berlin")()
    year = region.clock.now.year + 1
    for month, hour in ((1, 11), (7, 10)):
        advance_to(region, year, month)
        assert_began(runs(ran)[-1:], datetime(year, month, 1, hour, tzinfo=UTC))


@clause("assistant/cron-year")
@needs("move-time")
def test_an_expression_has_its_years(region: Region) -> None:
    (instance,) = region.run_instances()
    year = region.clock.now.year + 1
    due = {
        f"{year}": {0}, f"{year}/2": {0, 2}, f"{year + 1}-{year + 2}": {1, 2}, f"{year},{year + 2}": {0, 2},
        f"{year + 1}": {1}, "*": {0, 1, 2},
    }  # fmt: skip
    made = {each: call(region, instance, Frequency=f"0 0 0 1 1 ? {each}")() for each in due}
    for number in range(3):
        advance_to(region, year + number, 1)
        begun = {each for each, ran in made.items() if [at for at in runs(ran) if region.clock.now - at < 3 * DAY]}
        assert begun == {each for each, years in due.items() if number in years}


@clause("assistant/cron-instance-zone")
@needs("guest", "move-time")
def test_an_expression_without_a_zone_is_meant_in_that_of_each_system(region: Region) -> None:
    first, second = region.run_instances(2)
    region.commands.log_in(second, "timedatectl set-timezone America/New_York")
    ahead = {}
    for each in (first, second):
        sign, hours, minutes = (said := region.run_command("date +%z", on=each).output(each))[0], said[1:3], said[3:5]
        ahead[each.id] = (int(hours) * HOUR + int(minutes) * MINUTE) * (-1 if sign == "-" else 1)
    assert ahead[first.id] != ahead[second.id]
    ran = call(region, first, second, Frequency="0 30 12 * * *")()
    start = region.clock.now
    region.clock.advance("49h")
    for each in (first, second):
        noon = start.replace(hour=12, minute=30, second=0, microsecond=0) - ahead[each.id]
        due = [at for at in (noon + n * DAY for n in range(-1, 4)) if start < at <= region.clock.now - MINUTE]
        assert_began(runs(ran, each), *due)


@clause("assistant/period-not-below-timeout")
def test_an_expression_leaves_a_run_its_time(region: Region) -> None:
    (instance,) = region.run_instances()
    for frequency, timeout in (
        ("0 * * * * *", 60),
        ("*/10 * * * * *", 10),
        ("0 0/5 14 * * ?", 300),
        ("0 0 1 * * ?", 86400),
    ):
        assert call(region, instance, Frequency=frequency, Timeout=timeout)().status == "Running"
    refused(
        region,
        *(
            call(region, instance, Frequency=frequency, Timeout=timeout)
            for frequency, timeout in (
                ("0 * * * * *", 61), ("*/10 * * * * *", 11), ("*/30 * * * * * UTC", 60), ("0 0/5 14 * * ?", 301),
                ("0 0 1 * * ?", 86401),
            )
        ),
        call(region, instance, Frequency="*/30 * * * * *"),
    )  # fmt: skip
    command = region.commands.create("echo 1", Timeout=30)
    invoke = partial(
        region.call, "InvokeCommand", CommandId=command, InstanceId=[instance.id], Frequency="*/30 * * * * *"
    )
    invoke()
    refused(region, partial(invoke, Timeout=31))


@clause("assistant/forms-need-agent")
@needs("old-agents", "log-in", "move-time", "break-agents")
def test_an_old_agent_does_not_run_the_newer_forms(region: Region) -> None:
    instance, newer = region.run_instances(2)
    # An old agent is not old for long: within half an hour it looks for an upgrade.
    region.control("set-agent", instance=instance.id, state="outdated")
    due = region.clock.now.replace(microsecond=0) + 10 * MINUTE
    forms = ("rate(10m)", f"at({wall(due)})", f"0 {due.minute} * * * * UTC")
    made = [call(region, instance, newer, Frequency=each)() for each in forms]
    plain = call(region, instance, Frequency=f"0 {due.minute} * * * *")()
    region.clock.advance("12m")
    for ran, form in zip(made, forms, strict=True):
        (shown,) = ran.results(instance)
        assert (shown["ErrorCode"], shown["InvocationStatus"]) == ("ClientNeedUpgrade", "Aborted"), form
        assert "ExitCode" not in shown
        assert [each["InvocationStatus"] for each in ran.results(newer)] == ["Success"], form
    assert [each["InvocationStatus"] for each in plain.results()] == ["Success"]
    assert [each["script"] for each in region.commands.ran_on(instance)] == ["echo 1"]
