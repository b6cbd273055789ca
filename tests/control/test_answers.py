"""A pending event is answered in place of its user."""

from __future__ import annotations

from typing import Any

import pytest

from faultzone import ApiError, Region, UsageError, make_region
from faultzone.errors import UnknownTarget


@pytest.fixture
def region() -> Region:
    return make_region(edition="2026-10")


def planned(region: Region, **given: object) -> str:
    (one,) = region.run_instances(1)
    (made,) = region.control("schedule-maintenance", instance=one.id, **given)["events"]
    return str(made["event"])


def pending(region: Region, event: str) -> dict[str, Any]:
    found: dict[str, Any] = region.control("overview")["events"][event]
    return found


def test_consent_lets_an_event_execute(region: Region) -> None:
    event = planned(region, outcome="inquires")
    assert pending(region, event)["answers"][0] == "AcceptInquiredSystemEvent"
    answered = region.control("answer-event", event=event)
    assert answered == {"event": event, "by": "AcceptInquiredSystemEvent", "state": "Executing"}
    assert [each.data["action"] for each in region.journal.of("call")][-1] == "AcceptInquiredSystemEvent"


def test_maintenance_is_moved_to_another_time(region: Region) -> None:
    event = planned(region)
    due = region.clock.ms + 600_000
    region.control("answer-event", event=event, by="ModifySystemEventAttribute", not_before=due)
    assert pending(region, event)["due"] == due
    with pytest.raises(ApiError, match=r"InvalidNotBefore\.Passed"):
        region.control("answer-event", event=event, by="ModifySystemEventAttribute", not_before=1)
    for by, given in (("ModifySystemEventAttribute", {}), ("RebootInstance", {"not_before": due})):
        with pytest.raises(UsageError, match="not_before="):
            region.control("answer-event", event=event, by=by, **given)


@pytest.mark.parametrize("by", ["RebootInstance", "RedeployInstance", "DeleteInstance"])
def test_a_call_avoids_maintenance(region: Region, by: str) -> None:
    event = planned(region)
    region.control("answer-event", event=event, by=by)
    region.clock.advance("5m")
    assert event not in region.control("overview")["events"]
    with pytest.raises(UsageError, match="no call answers it"):
        region.control("answer-event", event=event, by=by)


def test_a_payment_ends_the_arrears(region: Region) -> None:
    region.run_instances(1)
    region.control("inject", fault={"fault": "AccountArrears"})
    region.clock.advance("1h")
    (event,) = region.control("overview")["events"]
    assert region.control("answer-event", event=event, by="a payment")["state"] == "Avoided"
    assert not region.control("account-balance")["in_arrears"]


def test_a_renewal_keeps_a_subscription(region: Region) -> None:
    (one,) = region.run_instances(1, InstanceChargeType="PrePaid", Period=1)
    region.control("expire", instance=one.id, within=0)
    region.clock.advance("2d")
    found = region.control("overview")["events"]
    (event,) = [each for each, told in found.items() if "RenewInstance" in told["answers"]]
    assert region.control("answer-event", event=event, by="RenewInstance")["state"] == "Avoided"


def test_what_cannot_be_is_refused(region: Region) -> None:
    event = planned(region)
    with pytest.raises(UsageError, match="by='a smile'"):
        region.control("answer-event", event=event, by="a smile")
    with pytest.raises(UnknownTarget):
        region.control("answer-event", event="e-none")


def test_an_edition_without_the_call_does_not_offer_it() -> None:
    region = make_region(edition="2019-02")
    assert pending(region, planned(region))["answers"] == ["RebootInstance", "DeleteInstance"]
