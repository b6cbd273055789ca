"""When agents upgrade themselves, by what is set and by what they know of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from faultzone import Instance, Region, assert_refused, make_region
from faultzone.editions import load

#: Of this edition an outdated agent is new enough to heed what is set.
HEEDING = load("2026-10").changed(
    {"assistant.agent_versions": {"linux": ("2.2.4.1100", "2.2.4.1065"), "windows": ("2.1.4.1100", "2.1.4.1065")}}
)


@pytest.fixture
def region() -> Region:
    return make_region(zones=1, edition=HEEDING)


@pytest.fixture
def instance(region: Region) -> Instance:
    return region.run_instances()[0]


def upgraded(region: Region, instance: Instance) -> bool:
    agent = region.control("agent", instance=instance.id)
    return bool(agent["version"] == agent["latest"])


def choose(region: Region, **given: Any) -> None:
    region.call("ModifyCloudAssistantSettings", SettingType="AgentUpgradeConfig", AgentUpgradeConfig=given)


def outdate(region: Region, instance: Instance) -> None:
    region.control("set-agent", instance=instance.id, state="outdated")


def test_upgrades_are_off_for_agents_that_heed_it(region: Region, instance: Instance) -> None:
    choose(region, Enabled=True, DisableUpgrade=True)
    outdate(region, instance)
    region.clock.advance("1d")
    assert not upgraded(region, instance)
    choose(region, DisableUpgrade=False)
    region.clock.advance("31m")
    assert upgraded(region, instance)


@pytest.mark.parametrize("given", [{}, {"Enabled": True}, {"Enabled": False, "BootstrapUpgrade": False}])
def test_an_agent_looks_for_an_upgrade_as_it_starts(region: Region, instance: Instance, given: Any) -> None:
    if given:
        choose(region, **given)
    outdate(region, instance)
    assert not upgraded(region, instance)
    instance.reboot()
    assert upgraded(region, instance)


def test_an_agent_does_not_look_as_it_starts_where_that_is_set(region: Region, instance: Instance) -> None:
    choose(region, Enabled=True, BootstrapUpgrade=False)
    outdate(region, instance)
    instance.reboot()
    assert not upgraded(region, instance)
    region.clock.advance("31m")
    assert upgraded(region, instance)


def test_a_window_may_end_on_the_next_day(region: Region, instance: Instance) -> None:
    """A region begins at midnight."""
    choose(region, Enabled=True, AllowedUpgradeWindow=["23:00-01:00"], BootstrapUpgrade=False)
    region.clock.advance("90m")
    outdate(region, instance)
    region.clock.advance("21h")
    assert not upgraded(region, instance)
    region.clock.advance("1h")
    assert upgraded(region, instance)


@pytest.mark.parametrize(
    ("windows", "fine"),
    [
        (["00:00-23:59"], True),
        (["02:00-03:00", "04:00-05:00"], True),
        (["02:00-03:00", "03:59-05:00"], False),
        (["23:00-01:00", "02:00-02:10"], True),
        (["23:00-01:00", "01:59-02:10"], False),
        (["23:00-01:00", "22:00-22:01"], False),
        (["02:00-02:00"], False),
        (["24:00-01:00"], False),
        (["2:00-3:00"], False),
    ],
)
def test_windows_are_an_hour_apart(region: Region, windows: list[str], fine: bool) -> None:
    if fine:
        choose(region, AllowedUpgradeWindow=windows)
    else:
        assert_refused("InvalidParameter", lambda: choose(region, AllowedUpgradeWindow=windows))
    shown = region.call("DescribeCloudAssistantSettings", SettingType=["AgentUpgradeConfig"])["AgentUpgradeConfig"]
    assert shown["AllowedUpgradeWindows"]["AllowedUpgradeWindow"] == (windows if fine else [])


@pytest.mark.parametrize("wire", [json.dumps({"Enabled": True, "TimeZone": "GMT+8:00"}), "Enabled TimeZone"])
def test_settings_come_as_json_and_flat(region: Region, wire: str) -> None:
    flat = {"AgentUpgradeConfig.Enabled": "true", "AgentUpgradeConfig.TimeZone": "GMT+8:00"}
    given = {"AgentUpgradeConfig": wire} if wire.startswith("{") else flat
    region.call("ModifyCloudAssistantSettings", SettingType="AgentUpgradeConfig", **given)
    shown = region.call("DescribeCloudAssistantSettings", SettingType=["AgentUpgradeConfig"])["AgentUpgradeConfig"]
    assert (shown["Enabled"], shown["TimeZone"]) == (True, "GMT+8:00")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"SettingType": "InvocationDelivery"}, "UnsupportedParameter"),
        ({"SettingType": "InvocationDelivery", "OssDeliveryConfig": {"Enabled": True}}, "UnsupportedParameter"),
        ({"SettingType": "AgentUpgradeConfig", "AgentUpgradeConfig": "[1]"}, "InvalidParameter"),
        ({"SettingType": "AgentUpgradeConfig", "AgentUpgradeConfig": "no"}, "InvalidParameter"),
        ({"SettingType": "SessionManagerConfig", "SessionManagerConfig": '{"Nothing": 1}'}, ""),
    ],
)
def test_settings_that_cannot_be_are_refused(region: Region, given: dict[str, Any], code: str) -> None:
    if code:
        assert_refused(code, lambda: region.call("ModifyCloudAssistantSettings", **given))
    else:
        region.call("ModifyCloudAssistantSettings", **given)


def test_what_is_delivered_is_nothing(region: Region) -> None:
    asked = ["InvocationDelivery", "SessionManagerDelivery"]
    shown = region.call("DescribeCloudAssistantSettings", SettingType=asked)
    for name, item in (("OssDeliveryConfigs", "OssDeliveryConfig"), ("SlsDeliveryConfigs", "SlsDeliveryConfig")):
        assert {(each["DeliveryType"], each["Enabled"]) for each in shown[name][item]} == {
            ("Invocation", False),
            ("SessionManager", False),
        }
