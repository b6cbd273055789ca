"""The report of a game day."""

from __future__ import annotations

from contextlib import suppress

from faultzone import make_region
from faultzone.api.errors import ApiError
from faultzone.journal import gameday
from faultzone.journal.asked import Summary
from faultzone.journal.journal import Journal
from faultzone.model.core.events import ACTIVE

PLAN = {
    "version": 1,
    "steps": [
        {"at": "1m", "fault": {"fault": "HostCrash", "host": "cn-hangzhou-a-h01"}, "until": "20m"},
        {"at": "2m", "fault": {"fault": "HostHang", "host": "cn-hangzhou-b-h02"}},
        {"at": "9d", "fault": {"fault": "HostHang", "host": "cn-hangzhou-b-h01"}},
    ],
}


def test_a_report_says_what_was_broken_and_what_followed() -> None:
    with make_region(zones=2, hosts_per_zone=3, edition="2020-12") as region:
        (one,) = region.run_instances(1)
        region.control("play", schedule=PLAN)
        region.clock.advance("1h")
        with suppress(ApiError):
            region.call("StartInstance", InstanceId="i-none")
        faults = region.control("faults")["faults"]
        told = list(gameday.report(region.journal, faults, Summary().take(region.journal.entries), ACTIVE))
    text = "\n".join(told)
    assert told[0] == "game day: 1 h of region time, from 2019-03-01T00:00:00Z to 2019-03-01T01:00:03Z"
    assert "      +1 min 3 s  HostCrash(host='cn-hangzhou-a-h01', reversible=True)\n" in text
    assert "end of HostCrash(host='cn-hangzhou-a-h01', reversible=True)" in text
    assert "  HostHang(host='cn-hangzhou-b-h02') was not undone\n" in text
    assert "  HostHang(host='cn-hangzhou-b-h01') never came: it was still planned\n" in text
    assert "  SystemFailure.Reboot: 1 Executed, the longest after 3 min 2 s\n" in text
    assert "StartInstance(InstanceId='i-none') refused: InvalidInstanceId.NotFound" in text
    assert told[told.index("what was asked:") + 1] == "  ecs"
    assert one.id not in told[0]


def test_a_fault_that_did_not_come_or_met_nothing_is_told() -> None:
    fault = {"fault": "HostHang", "host": "h"}
    records = [
        {"fault": fault, "state": "undone", "met": False, "error": None},
        {"fault": fault, "state": "skipped", "met": False, "error": "no host"},
        {"fault": fault, "state": "undone", "met": True, "error": None},
    ]
    told = list(gameday.report(Journal(), records, Summary(), ACTIVE))
    assert told[2:5] == [
        "what became of the faults:",
        "  HostHang(host='h') met nothing: no call, guest, instance or transition",
        "  HostHang(host='h') never came: no host",
    ]


def test_a_day_on_which_nothing_happened_says_so() -> None:
    told = list(gameday.report(Journal(), [], Summary(), ACTIVE))
    assert told == [
        "game day: 0 s of region time, from 1970-01-01T00:00:00Z to 1970-01-01T00:00:00Z",
        "what was broken: nothing",
        "what became of the faults: every one was met and has ended",
        "what followed: no event, and no instance changed its state",
        "what was refused: nothing",
        "what was asked:",
        "  nothing was asked",
    ]


def test_a_long_part_is_cut_and_counted() -> None:
    journal = Journal()
    for number in range(50):
        journal.append(number, "refusal", {"action": "Act", "parameters": {}, "code": f"Code.{number}"})
    told = list(gameday.report(journal, [], Summary(), ACTIVE))
    assert sum(line.endswith(tuple("0123456789")) and "refused" in line for line in told) == 40
    assert "  and 10 more, in the journal" in told
