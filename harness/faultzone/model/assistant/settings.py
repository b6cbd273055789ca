"""The settings of Cloud Assistant: when agents look for upgrades, whether sessions can be had, what agents may use.

Source: API reference of October 2026, ModifyCloudAssistantSettings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any, Final

from faultzone.api.ecs.assistant_settings import (
    DELIVERIES,
    SETTINGS,
    DescribeCloudAssistantSettings,
    ModifyCloudAssistantSettings,
)
from faultzone.api.values import refuse
from faultzone.clock import SECOND
from faultzone.model.assistant.cron import CronError
from faultzone.model.assistant.rules import version_of
from faultzone.model.assistant.schedules import read_zone
from faultzone.model.assistant.state import Machine
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.excluded import check_excluded
from faultzone.model.core.state import AccountState, RegionState

_DAY: Final = 24 * 60
#: How many minutes lie between two windows for upgrades at least.
_APART: Final = 60
_WINDOW: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")
_SIZE: Final = re.compile(r"([0-9]{1,12})(B|KB|MB)")
_BYTES: Final = {"B": 1, "KB": 1 << 10, "MB": 1 << 20}
#: How much memory an agent may take, and how large a log may be, in MB: the least, and the most.
_SIZES: Final = {"MemoryLimit": (35, 1024), "LogSizeLimit": (10, 1024)}
#: From which version on an agent heeds BootstrapUpgrade and DisableUpgrade (assistant/upgrade-by-settings).
_HEEDS_SINCE: Final = {"linux": "2.2.4.1065", "windows": "2.1.4.1065"}


class Settings:
    """What an account has set in a region, as the API writes it; sessions in all regions at once."""

    def __init__(self) -> None:
        self.of: dict[str, dict[str, Any]] = {
            "AgentUpgradeConfig": {"Enabled": False, "BootstrapUpgrade": True, "DisableUpgrade": False, "TimeZone": ""},
            "SessionManagerConfig": {"SessionManagerEnabled": False},
            "ResourceUsageConfig": {
                "CpuLimit": 20,
                "MemoryLimit": "50MB",
                "OverloadLimit": 3,
                "LogFileCountLimit": 30,
                "LogSizeLimit": "100MB",
                "KeepScriptFile": False,
            },
        }
        self.windows: tuple[str, ...] = ()


@handles(ModifyCloudAssistantSettings)
def modify_settings(region: RegionState, account: AccountState, request: ModifyCloudAssistantSettings) -> Answer:
    """ModifyCloudAssistantSettings (assistant/settings, assistant/session-switch)."""
    kind = request.setting_type
    check_excluded(region, request)
    given = dict(request.upgrade or request.sessions or request.usage or {})
    windows = given.pop("AllowedUpgradeWindow", None)
    if windows is not None:
        _read_windows(windows)
    if "TimeZone" in given:
        _read_zone(given["TimeZone"])
    for name, (least, most) in _SIZES.items():
        if name in given:
            _check_size(name, given[name], least, most)
    settings = _kept(region, account, kind)
    settings.of[kind].update(given)
    settings.windows = settings.windows if windows is None else tuple(windows)
    return {}


def _kept(region: RegionState, account: AccountState, kind: str) -> Settings:
    """Where a kind of settings is kept: sessions are switched for all regions, in the first one."""
    if kind == "SessionManagerConfig":
        account = region.first.account(account.id)
    return account.part(Settings)


def _read_windows(windows: Sequence[str]) -> list[tuple[int, int]]:
    """The first minute of the day of each window, and the one after its last.

    Raises:
        ApiError: `InvalidParameter`: one is malformed, or two are too near.
    """
    read: list[tuple[int, int]] = []
    for each in windows:
        match = _WINDOW.fullmatch(each)
        begins, ends = (0, 0) if match is None else (int(match[n]) * 60 + int(match[n + 1]) for n in (1, 3))
        if begins == ends:
            raise refuse("AllowedUpgradeWindow", "a window is written as 02:00-03:00")
        read.append((begins, ends))
    read.sort()
    others = [*read[1:], *read[:1]] if len(read) > 1 else []
    for (begins, ends), (following, _) in zip(read, others, strict=False):
        # A window may end on the next day; the one that follows the last is the first of the next day.
        until = ends if ends > begins else ends + _DAY
        after = following if following > begins else following + _DAY
        if after - until < _APART:
            raise refuse("AllowedUpgradeWindow", "windows are an hour apart at least")
    return read


def _read_zone(text: str) -> tzinfo:
    try:
        return read_zone(text or "UTC")
    except CronError as wrong:
        raise refuse("TimeZone", str(wrong)) from None


def _check_size(name: str, text: str, least: int, most: int) -> None:
    match = _SIZE.fullmatch(text)
    size = 0 if match is None else int(match[1]) * _BYTES[match[2]]
    if not least * _BYTES["MB"] <= size <= most * _BYTES["MB"]:
        raise refuse(name, f"{least}MB to {most}MB are expected, in B, KB or MB")


@handles(DescribeCloudAssistantSettings)
def describe_settings(region: RegionState, account: AccountState, request: DescribeCloudAssistantSettings) -> Answer:
    """DescribeCloudAssistantSettings (assistant/settings)."""
    settings, shown = account.part(Settings), {}
    for kind in request.setting_types:
        if kind in SETTINGS:
            shown[kind] = dict(_kept(region, account, kind).of[kind])
    if (upgrade := shown.get("AgentUpgradeConfig")) is not None:
        upgrade["AllowedUpgradeWindows"] = {"AllowedUpgradeWindow": list(settings.windows)}
    delivered = [{"DeliveryType": name} for kind, name in DELIVERIES.items() if kind in request.setting_types]
    return {
        **shown,
        "OssDeliveryConfigs": {"OssDeliveryConfig": [dict(each) for each in delivered]},
        "SlsDeliveryConfigs": {"SlsDeliveryConfig": [dict(each) for each in delivered]},
    }


def may_upgrade(region: RegionState, machine: Machine, now: int, *, starts: bool) -> bool:
    """Whether an agent looks for an upgrade at an instant at which it could (assistant/upgrade-by-settings).

    Args:
        starts: whether it has just started, which is one more such instant for those that heed the settings.
    """
    settings = region.account(machine.account).kept(Settings)
    given: Mapping[str, Any] = {} if settings is None else settings.of["AgentUpgradeConfig"]
    chosen = settings if settings is not None and given["Enabled"] else None
    heeds = version_of(machine.agent or "") >= version_of(_HEEDS_SINCE[machine.image.system])
    if starts and not (heeds and (chosen is None or given["BootstrapUpgrade"])):
        return False
    if chosen is None:
        return True
    if heeds and given["DisableUpgrade"]:
        return False
    local = datetime.fromtimestamp(now / SECOND, _read_zone(given["TimeZone"]))
    minute = local.hour * 60 + local.minute
    return not chosen.windows or any(
        begins <= minute < ends if begins < ends else (minute >= begins or minute < ends)
        for begins, ends in _read_windows(chosen.windows)
    )
