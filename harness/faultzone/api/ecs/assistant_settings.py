"""The actions of Cloud Assistant on its settings and on plug-ins of its agents.

Source: API reference of October 2026, chapter "Cloud Assistant".
"""

from __future__ import annotations

from typing import Any, Final

from faultzone.api.answer import CURRENT, PAGES_OR_TOKENS, Answer, Number, Structure, Text, Time, Truth, items
from faultzone.api.ecs.reasons import NO_DELIVERY
from faultzone.api.request import Request, flag, integer, json_fields, text, texts

#: What is set; the structure that has it has the same name. The page lists no type for the last.
SETTINGS: Final = ("AgentUpgradeConfig", "SessionManagerConfig", "ResourceUsageConfig")
#: What would be delivered, and how answers call it.
DELIVERIES: Final = {"SessionManagerDelivery": "SessionManager", "InvocationDelivery": "Invocation"}
_WHEN: Final = "SettingType names it"


class ModifyCloudAssistantSettings(Request):
    """Change settings of Cloud Assistant in a region; what is not given stays."""

    needs_region = True
    since = CURRENT

    setting_type: str = text(
        "SettingType", among=SETTINGS, absent=dict.fromkeys(DELIVERIES, NO_DELIVERY), required=True
    )
    upgrade: dict[str, Any] | None = json_fields(
        "AgentUpgradeConfig",
        flag("Enabled"),
        texts("AllowedUpgradeWindow"),
        text("TimeZone"),
        flag("BootstrapUpgrade"),
        flag("DisableUpgrade"),
    )
    sessions: dict[str, Any] | None = json_fields("SessionManagerConfig", flag("SessionManagerEnabled"))
    usage: dict[str, Any] | None = json_fields(
        "ResourceUsageConfig",
        integer("CpuLimit", least=10, most=95),
        text("MemoryLimit"),
        integer("OverloadLimit", least=3),
        integer("LogFileCountLimit", least=7, most=365),
        text("LogSizeLimit"),
        flag("KeepScriptFile"),
    )

    not_simulated = ((NO_DELIVERY, "OssDeliveryConfig SlsDeliveryConfig"),)


class DescribeCloudAssistantSettings(Request):
    """Show settings of Cloud Assistant in a region."""

    needs_region = True
    since = CURRENT
    writes = False

    setting_types: tuple[str, ...] = texts("SettingType", among=(*DELIVERIES, *SETTINGS), required=True)

    answer = Answer(
        Structure(
            "AgentUpgradeConfig",
            Truth("Enabled", "BootstrapUpgrade", "DisableUpgrade"),
            items("AllowedUpgradeWindows", "AllowedUpgradeWindow"),
            Text("TimeZone"),
            when=_WHEN,
        ),
        Structure("SessionManagerConfig", Truth("SessionManagerEnabled"), when=_WHEN),
        Structure(
            "ResourceUsageConfig",
            Number("CpuLimit", "OverloadLimit", "LogFileCountLimit"),
            Text("MemoryLimit", "LogSizeLimit"),
            Truth("KeepScriptFile"),
            when=_WHEN,
        ),
        items(
            "OssDeliveryConfigs",
            "OssDeliveryConfig",
            Text("DeliveryType"),
            Truth("Enabled", empty=NO_DELIVERY),
            Text("BucketName", "Prefix", "EncryptionType", "EncryptionAlgorithm", "EncryptionKeyId", empty=NO_DELIVERY),
        ),
        items(
            "SlsDeliveryConfigs",
            "SlsDeliveryConfig",
            Text("DeliveryType"),
            Truth("Enabled", empty=NO_DELIVERY),
            Text("ProjectName", "LogstoreName", empty=NO_DELIVERY),
        ),
    )


class ListPluginStatus(Request):
    """List the plug-ins of agents: all of one instance, or one of several."""

    needs_region = True
    since = CURRENT
    writes = False

    instance_ids: tuple[str, ...] = texts("InstanceId", most=50, too_many="InstanceIds.ExceedLimit")
    name: str | None = text("Name")
    page_number: int = integer("PageNumber", 1, least=1)
    page_size: int = integer("PageSize", 10, least=1, most=50)
    max_results: int | None = integer("MaxResults", least=1, most=50)
    next_token: str | None = text("NextToken")

    answer = Answer(
        *PAGES_OR_TOKENS,
        items(
            "InstancePluginStatusSet",
            "InstancePluginStatus",
            Text("InstanceId"),
            items(
                "PluginStatusSet",
                "PluginStatus",
                Text("PluginName", "PluginVersion", "PluginStatus"),
                Time("FirstHeartbeatTime", "LastHeartbeatTime"),
            ),
        ),
    )
