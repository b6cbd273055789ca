"""Events of October 2026 that have causes of their own: launches that fail, and websites that are banned."""

from __future__ import annotations

import pytest

from faultzone import Region, one
from faultzone_specs.billing import subscription

clause, needs = pytest.mark.clause, pytest.mark.needs

DELETE, BANNED = "SystemFailure.Delete", "SecurityPunish.WebsiteBanned"


@clause("event/creation-failure")
@needs("set-supply", "move-time")
def test_what_cannot_be_made_is_released_and_told(region: Region) -> None:
    """Nobody can answer it; what was there before, and comes later, runs."""
    (before,) = region.run_instances(1)
    with region.chaos.launch_failure():
        failed = region.run_instances(2, wait=False)
        region.clock.advance("5m")
    (later,) = region.run_instances(1)
    assert [each.exists for each in failed] == [False, False]
    for each in failed:
        event = one(region.events.of(each, DELETE))
        assert (event.state, event.not_before) == ("Executed", None)
    assert region.events.of(before, DELETE) == region.events.of(later, DELETE) == []
    assert (before.status, later.status) == ("Running", "Running")


@clause("event/creation-failure")
@needs("set-supply", "move-time", "change-account")
def test_a_subscription_that_cannot_be_made_is_paid_back(region: Region) -> None:
    """All of it but a cent."""
    region.set_prices(monthly=300)
    balance = region.account_balance
    with region.chaos.launch_failure(family="ecs.g5"):
        instance = subscription(region, wait=False)
        region.clock.advance("5m")
    assert not instance.exists
    assert 0 <= balance - region.account_balance < 1


@clause("event/website-banned")
@needs("change-account")
def test_a_website_that_is_banned_is_told(region: Region) -> None:
    """With its domain and URL; the instance goes on."""
    (instance,) = region.run_instances(1)
    where = {"domain": "shop.example", "url": "https://shop.example/sale"}
    region.control("ban-website", instance=instance.id, **where)
    asked = {"InstanceId": instance.id, "EventType": BANNED}
    found = region.call("DescribeInstanceHistoryEvents", **asked)["InstanceSystemEventSet"]["InstanceSystemEventType"]
    said = one(found)["ExtendedAttribute"]
    assert (said.get("PunishDomain"), said.get("PunishUrl")) == (where["domain"], where["url"])
    assert (instance.status, instance.lock_reasons) == ("Running", [])
    instance.reboot()
    assert instance.status == "Running"
