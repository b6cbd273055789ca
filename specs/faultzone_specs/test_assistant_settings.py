"""Cloud Assistant: its settings, what agents make of them, and the plug-ins of agents."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from faultzone import ApiError, Instance, Region, one
from faultzone_specs.observing import refusal_of

clause, needs = pytest.mark.clause, pytest.mark.needs
pytestmark = pytest.mark.region(edition="2026-10")

UPGRADES = {
    "Enabled": True, "AllowedUpgradeWindow": ["02:00-03:00", "05:00-06:00"], "TimeZone": "Asia/Shanghai",
    "BootstrapUpgrade": False, "DisableUpgrade": True,
}  # fmt: skip
USAGE = {
    "CpuLimit": 95, "MemoryLimit": "35MB", "OverloadLimit": 3, "LogFileCountLimit": 365, "LogSizeLimit": "1024MB",
    "KeepScriptFile": True,
}  # fmt: skip
USUAL = {
    "CpuLimit": 20, "MemoryLimit": "50MB", "OverloadLimit": 3, "LogFileCountLimit": 30, "LogSizeLimit": "100MB",
    "KeepScriptFile": False,
}  # fmt: skip


def change(region: Region, kind: str, given: dict[str, Any], **more: object) -> None:
    region.call("ModifyCloudAssistantSettings", SettingType=kind, **{kind: given}, **more)


def shown(region: Region, kind: str, **more: object) -> dict[str, Any]:
    """What is set, with the windows as they are given."""
    settings = dict(region.call("DescribeCloudAssistantSettings", SettingType=[kind], **more)[kind])
    windows = settings.pop("AllowedUpgradeWindows", None)
    return settings if windows is None else {**settings, "AllowedUpgradeWindow": windows["AllowedUpgradeWindow"]}


@clause("assistant/settings")
def test_what_is_given_is_changed_and_the_rest_stays(region: Region) -> None:
    before = shown(region, "AgentUpgradeConfig")
    assert (before["Enabled"], before["BootstrapUpgrade"], before["DisableUpgrade"]) == (False, True, False)
    assert before["AllowedUpgradeWindow"] == []
    change(region, "AgentUpgradeConfig", UPGRADES)
    assert shown(region, "AgentUpgradeConfig") == UPGRADES
    change(region, "AgentUpgradeConfig", {"DisableUpgrade": False})
    assert shown(region, "AgentUpgradeConfig") == {**UPGRADES, "DisableUpgrade": False}
    change(region, "AgentUpgradeConfig", {"AllowedUpgradeWindow": ["23:00-01:00"], "TimeZone": "GMT-7:00"})
    after = {**UPGRADES, "DisableUpgrade": False, "AllowedUpgradeWindow": ["23:00-01:00"], "TimeZone": "GMT-7:00"}
    assert shown(region, "AgentUpgradeConfig") == after
    both = ["AgentUpgradeConfig", "SessionManagerConfig"]
    assert {*both} < region.call("DescribeCloudAssistantSettings", SettingType=both).keys()


@clause("assistant/settings")
def test_what_agents_may_use_has_its_limits(region: Region) -> None:
    try:
        before = shown(region, "ResourceUsageConfig")
        change(region, "ResourceUsageConfig", USAGE)
    except ApiError:
        return
    assert before == USUAL
    assert shown(region, "ResourceUsageConfig") == USAGE
    for name, values in {
        "CpuLimit": (9, 96),
        "MemoryLimit": ("34MB", "1025MB", "50", "50GB"),
        "OverloadLimit": (2,),
        "LogFileCountLimit": (6, 366),
        "LogSizeLimit": ("9MB", "1025MB"),
    }.items():
        for value in values:
            assert refusal_of(partial(change, region, "ResourceUsageConfig", {name: value})), (name, value)
    assert shown(region, "ResourceUsageConfig") == USAGE


@clause("assistant/settings")
def test_what_cannot_be_is_not_set(region: Region) -> None:
    before = shown(region, "AgentUpgradeConfig")
    for given in (
        {"AllowedUpgradeWindow": ["02:00"]},
        {"AllowedUpgradeWindow": ["02:00-25:00"]},
        {"AllowedUpgradeWindow": ["02:00-02:30", "02:40-02:50"]},
        {"TimeZone": "Nowhere/Nothing"},
        {"TimeZone": "GMT+08:00"},
    ):
        assert refusal_of(partial(change, region, "AgentUpgradeConfig", {"Enabled": True, **given})), given
    bare = partial(region.call, "ModifyCloudAssistantSettings")
    assert refusal_of(partial(bare, SettingType="Nothing", AgentUpgradeConfig=UPGRADES))
    assert refusal_of(partial(bare, AgentUpgradeConfig=UPGRADES))
    assert shown(region, "AgentUpgradeConfig") == before


@clause("assistant/session-switch")
@pytest.mark.region(regions=("cn-hangzhou", "cn-beijing"))
def test_sessions_are_switched_in_all_regions(region: Region) -> None:
    for there in (True, False):
        change(region, "SessionManagerConfig", {"SessionManagerEnabled": there}, RegionId="cn-beijing")
        for name in ("cn-hangzhou", "cn-beijing"):
            assert shown(region, "SessionManagerConfig", RegionId=name) == {"SessionManagerEnabled": there}


# Agents


def version(region: Region, instance: Instance) -> str:
    answer = region.call("DescribeCloudAssistantStatus", InstanceId=[instance.id])
    found = one(answer["InstanceCloudAssistantStatusSet"]["InstanceCloudAssistantStatus"])
    return str(found["CloudAssistantVersion"])


def newest(region: Region, instance: Instance) -> str:
    return str(region.control("agent", instance=instance.id)["latest"])


@clause("assistant/upgrade-half-hourly")
@needs("old-agents", "guest-time", "move-time")
def test_an_agent_upgrades_itself_within_half_an_hour(region: Region) -> None:
    (instance,) = region.run_instances()
    region.control("set-agent", instance=instance.id, state="outdated")
    old = version(region, instance)
    assert old != newest(region, instance)
    region.clock.advance("31m")
    assert version(region, instance) == newest(region, instance)


@clause("assistant/upgrade-by-settings")
@needs("old-agents", "guest-time", "move-time")
@pytest.mark.parametrize(("zone", "ahead"), [("", 0), ("GMT+3:00", 3), ("Asia/Shanghai", 8)])
def test_an_agent_upgrades_itself_in_a_window(region: Region, zone: str, ahead: int) -> None:
    (instance,) = region.run_instances()
    begins = region.clock.now + timedelta(hours=ahead + 5)
    window = f"{begins:%H:%M}-{begins + timedelta(hours=1):%H:%M}"
    given = {"Enabled": True, "AllowedUpgradeWindow": [window], "BootstrapUpgrade": False}
    change(region, "AgentUpgradeConfig", {**given, "TimeZone": zone} if zone else given)
    region.control("set-agent", instance=instance.id, state="outdated")
    old = version(region, instance)
    region.clock.advance("295m")
    assert version(region, instance) == old
    region.clock.advance("1h")
    assert version(region, instance) == newest(region, instance) != old


@clause("assistant/upgrade-by-settings")
@needs("old-agents", "guest-time", "move-time")
def test_windows_that_are_not_enabled_do_not_count(region: Region) -> None:
    (instance,) = region.run_instances()
    begins = region.clock.now + timedelta(hours=5)
    window = f"{begins:%H:%M}-{begins + timedelta(hours=1):%H:%M}"
    change(region, "AgentUpgradeConfig", {"Enabled": False, "AllowedUpgradeWindow": [window]})
    region.control("set-agent", instance=instance.id, state="outdated")
    region.clock.advance("31m")
    assert version(region, instance) == newest(region, instance)


@clause("assistant/upgrade-by-settings")
@needs("old-agents", "guest-time", "move-time")
def test_upgrades_are_switched_off_for_agents_that_know_of_it(region: Region) -> None:
    (instance,) = region.run_instances()
    change(region, "AgentUpgradeConfig", {"Enabled": True, "DisableUpgrade": True})
    region.control("set-agent", instance=instance.id, state="outdated")
    old = version(region, instance)
    knows = tuple(map(int, old.split("."))) >= (2, 2, 4, 1065)
    region.clock.advance("61m")
    assert version(region, instance) == (old if knows else newest(region, instance))


@clause("assistant/plugin-states")
@needs("guest")
def test_plugins_are_listed_with_their_states(region: Region) -> None:
    here, there = region.run_instances(2)

    def listed(*instances: Instance, **given: object) -> dict[str, list[tuple[str, str, str]]]:
        answer = region.call("ListPluginStatus", InstanceId=[each.id for each in instances], **given)
        return {
            item["InstanceId"]: [
                (each["PluginName"], each["PluginVersion"], each["PluginStatus"])
                for each in item["PluginStatusSet"]["PluginStatus"]
            ]
            for item in answer["InstancePluginStatusSet"]["InstancePluginStatus"]
        }

    assert listed(here) == {here.id: []}
    tell = partial(region.control, "set-plugin", instance=here.id)
    tell(name="one-off", state="Installed", version="1.2")
    for state in ("Running", "Stopped", "Crashed", "Removed", "Running"):
        tell(name="service", state=state, version="2.0")
        assert listed(here) == {here.id: [("one-off", "1.2", "Installed"), ("service", "2.0", state)]}
    missing = [("service", "", "NotInstalled")]
    assert listed(here, Name="one-off") == {here.id: [("one-off", "1.2", "Installed")]}
    assert listed(here, there, Name="service") == {here.id: [("service", "2.0", "Running")], there.id: missing}
    assert refusal_of(lambda: listed(here, there))
    assert refusal_of(lambda: region.call("ListPluginStatus"))
    assert refusal_of(lambda: region.call("ListPluginStatus", InstanceId=["i-x"] * 51, Name="service"))


@clause("assistant/plugin-states")
@needs("guest", "move-time")
def test_plugins_are_heard_of_as_long_as_their_agent(region: Region) -> None:
    (instance,) = region.run_instances()
    region.control("set-plugin", instance=instance.id, name="service", state="Running")

    def listed() -> dict[str, Any]:
        answer = region.call("ListPluginStatus", InstanceId=[instance.id], Name="service")
        item = one(answer["InstancePluginStatusSet"]["InstancePluginStatus"])
        found: dict[str, Any] = one(item["PluginStatusSet"]["PluginStatus"])
        return found

    first = listed()
    region.clock.advance("10m")
    second = listed()
    assert second["FirstHeartbeatTime"] == first["FirstHeartbeatTime"] <= first["LastHeartbeatTime"]
    assert second["LastHeartbeatTime"] > first["LastHeartbeatTime"]
    region.control("set-agent", instance=instance.id, state="stopped")
    region.clock.advance("3m")
    silent = listed()
    assert silent["PluginStatus"] == "Unknown"
    region.clock.advance("10m")
    assert listed() == silent
