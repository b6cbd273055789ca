"""Wrong regions of when commands run that repeat, as of today."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from faultzone.mutations.described import written
from faultzone.mutations.library import drop, put, request, swallow, where
from faultzone.mutations.row import Rule, always, row

RUNS: Final = ("RunCommand", "InvokeCommand")


@written
def rereads(change: Callable[[str], str]) -> Rule:
    """A frequency read as another one."""
    return lambda right, frequency: right.schedule(change(frequency))


def with_frequency(given: Any) -> object:
    """Whether a call says when it repeats."""
    return given.get("Frequency")


def seconds_more(frequency: str) -> str:
    """A rate that is a second longer."""
    return re.sub(r"rate\((\d+)s\)", lambda match: f"rate({int(match[1]) + 1}s)", frequency)


def without_zone(frequency: str) -> str:
    """An expression or a time without its zone, in UTC."""
    plain = re.sub(r"(?<=[\d*?]) (?:[A-Z][A-Za-z]+/\w+|GMT\S+?|UTC)(?=\)?$)", "", frequency)
    return plain if plain == frequency or plain.startswith("at(") else f"{plain} UTC"


def without_year(frequency: str) -> str:
    """An expression without its year."""
    fields = frequency.split()
    return " ".join(fields[:6] + fields[7:]) if len(fields) in (7, 8) and fields[6][0].isdigit() else frequency


def winter(frequency: str) -> str:
    """An expression in the winter time of a zone all the year."""
    return frequency.replace("Europe/Berlin", "GMT+1:00")


def otherwise(old: str, new: str) -> Callable[[str], str]:
    """A frequency with other words."""
    return lambda frequency: frequency.replace(old, new)


REGIONS: Final = (
    # Modes
    row("mode-before-frequency", "assistant/frequency-means-period", "heeds RepeatMode beside Frequency",
        values={"assistant.frequency_decides": False}),
    row("period-by-name-alone", "assistant/frequency-means-period", "repeats only what has RepeatMode Period",
        repeat_mode=lambda right, mode, timed, frequency: mode or "Once"),
    row("frequency-tries", "assistant/frequency-means-period", "tries what has a frequency and RepeatMode DryRun",
        request(RUNS, where(lambda given: given.get("RepeatMode") == "DryRun", drop("Frequency")))),
    row("timed-repeats", "assistant/timed-ignored", "repeats only what is Timed",
        request(RUNS, where(lambda given: with_frequency(given) and given.get("Timed") is False, drop("Frequency")))),
    row("timed-needs-frequency", "assistant/timed-ignored", "needs a frequency of what is Timed",
        request(RUNS, where(lambda given: given.get("Timed") and not with_frequency(given), put(RepeatMode="Period")))),
    row("period-runs-once", "assistant/frequency-for-period", "runs once what is to repeat without a frequency",
        request(RUNS, where(lambda given: not with_frequency(given), drop("RepeatMode")))),
    row("period-answers-without-frequency", "assistant/frequency-for-period", "answers what has no frequency",
        swallow(RUNS, "MissingParam.Frequency")),

    # Rates
    row("no-rates", "assistant/rate-form", "takes no rates", schedule=rereads(otherwise("rate", "rates"))),
    row("hours-are-minutes", "assistant/rate-form", "reads hours as minutes", schedule=rereads(otherwise("h)", "m)"))),
    row("days-are-hours", "assistant/rate-form", "reads days as hours", schedule=rereads(otherwise("d)", "h)"))),
    row("seconds-are-minutes", "assistant/rate-form", "reads seconds as minutes",
        schedule=rereads(otherwise("s)", "m)"))),
    row("a-second-more", "assistant/rate-first-run", "runs at a rate of a second more",
        schedule=rereads(otherwise("rate(5m)", "rate(345s)"))),
    row("rates-by-the-clock", "assistant/rate-first-run", "counts rates from the full hour",
        schedule=rereads(otherwise("rate(5m)", "0 */5 * * * *"))),
    *(row(f"rates-from-{least}-to-{most}", "assistant/rate-bounds", f"takes rates of {least} to {most} seconds",
          values={"assistant.rate_bounds": (least, most)})
      for least, most in ((59, 604800), (61, 604800), (60, 604801), (60, 604799))),
    row("rates-of-seconds-are-longer", "assistant/rate-bounds", "takes a rate for a second longer",
        schedule=rereads(seconds_more)),
    row("rates-within-the-timeout", "assistant/rate-bounds", "takes rates as short as the timeout",
        period_fits=always(True)),
    row("rates-without-a-unit", "assistant/rate-bounds", "takes a rate without a unit for minutes",
        schedule=rereads(otherwise("rate(5)", "rate(5m)"))),

    # One time
    row("no-single-times", "assistant/at-form", "takes no single times", schedule=rereads(otherwise("at(", "on("))),
    row("single-times-in-utc", "assistant/at-form", "reads single times in UTC", schedule=rereads(without_zone)),
    row("single-times-every-day", "assistant/at-form", "runs at a single time every day",
        schedule=rereads(lambda frequency: re.sub(
            r"^at\(\S+ (\d\d):(\d\d):(\d\d)\)$", r"\3 \2 \1 ? * * UTC", frequency))),
    row("times-of-february", "assistant/at-form", "takes the 30th of February for the 28th",
        schedule=rereads(otherwise("-02-30", "-02-28"))),

    # Cron
    row("zones-are-utc", "assistant/cron-zone", "ignores the zone of an expression", schedule=rereads(without_zone)),
    row("west-is-east", "assistant/cron-zone", "takes west of Greenwich for east",
        schedule=rereads(otherwise("GMT-", "GMT+"))),
    row("half-hours-are-full", "assistant/cron-zone", "ignores the minutes of an offset",
        schedule=rereads(otherwise(":30", ":00"))),
    row("winter-all-the-year", "assistant/cron-zone", "knows no summer time", schedule=rereads(winter)),
    row("zeros-before-hours", "assistant/cron-zone", "takes a zero before the hour of an offset",
        schedule=rereads(otherwise("GMT+0", "GMT+"))),
    row("small-zones", "assistant/cron-zone", "takes a zone in small letters",
        schedule=rereads(otherwise("utc", "UTC"))),
    row("short-zones", "assistant/cron-zone", "takes short names of zones",
        schedule=rereads(otherwise("PST", "America/Los_Angeles"))),
    row("every-year", "assistant/cron-year", "ignores the year of an expression", schedule=rereads(without_year)),
    row("each-year-of-a-step", "assistant/cron-year", "takes each year of a step",
        schedule=rereads(lambda frequency: re.sub(r"(?<=\d{4})/2$", "-2099", frequency))),
    row("from-the-first-year", "assistant/cron-year", "takes a year for its first alone",
        schedule=rereads(lambda frequency: re.sub(r"( \d{4})[-,]\d{4}", r"\1", frequency))),
    row("instances-are-in-utc", "assistant/cron-instance-zone", "reads expressions in UTC",
        cron_zone=always(0)),
    row("instances-are-in-china", "assistant/cron-instance-zone", "reads expressions in the time of images",
        cron_zone=lambda right, zone: right.cron_zone(None)),
    row("periods-below-the-timeout", "assistant/period-not-below-timeout", "takes intervals below the timeout",
        values={"assistant.period_over_timeout": False}),
    row("periods-over-the-timeout", "assistant/period-not-below-timeout", "takes no interval that is the timeout",
        period_fits=lambda right, schedule, timeout: right.period_fits(schedule, timeout + 1)),
    row("period-by-the-command", "assistant/period-not-below-timeout", "looks at the timeout of the command alone",
        request("InvokeCommand", where(with_frequency, drop("Timeout")))),
    row("old-agents-run-all", "assistant/forms-need-agent", "lets old agents run all forms",
        agent_runs_forms=always(True)),
    row("no-agent-runs-forms", "assistant/forms-need-agent", "takes no agent for new enough",
        agent_runs_forms=always(False)),
)  # fmt: skip
