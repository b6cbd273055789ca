"""The actions that look into an instance from outside.

Source: API reference of October 2026, chapters "Instances", "Operations and monitoring" and "Others".
"""

from __future__ import annotations

from faultzone.api.answer import CURRENT, Answer, Number, SpacedTime, Text, items
from faultzone.api.ecs.reasons import NO_HIBERNATION
from faultzone.api.request import Request, flag, json_texts, text, texts


class GetInstanceConsoleOutput(Request):
    """Show what an instance with Linux has printed on its console since it last started, in Base64."""

    needs_region = True
    since = CURRENT
    writes = False

    instance_id: str = text("InstanceId", required=True)
    remove_symbols: bool = flag("RemoveSymbols")

    answer = Answer(Text("InstanceId", "ConsoleOutput"), SpacedTime("LastUpdateTime"))


class GetInstanceScreenshot(Request):
    """Show the screen of a running instance, as a JPEG in Base64."""

    needs_region = True
    since = CURRENT
    throttles = True

    instance_id: str = text("InstanceId", required=True)
    wake_up: bool = flag("WakeUp", inert=CURRENT, why=NO_HIBERNATION)

    answer = Answer(Text("InstanceId", "Screenshot"))


class SendDiagnosticInterrupt(Request):
    """Crash the operating system of an instance."""

    since = CURRENT

    instance_id: str = text("InstanceId", required=True)
    dry_run: bool = flag("DryRun")


class DescribeInstanceTopology(Request):
    """Show which host instances are on, and in which rack and under which switch that is."""

    needs_region = True
    since = CURRENT
    writes = False

    instance_ids: tuple[str, ...] | None = json_texts("InstanceIds", most=100)

    answer = Answer(
        items(
            "Topologys",
            "Topology",
            Text("InstanceId", "HostId"),
            items("NetworkNodes", "NetworkNodes"),
        )
    )


class DescribeAccountAttributes(Request):
    """Show what an account may have and has in a region."""

    needs_region = True
    since = CURRENT
    writes = False

    attribute_names: tuple[str, ...] = texts("AttributeName", most=8)
    zone_id: str | None = text("ZoneId")

    answer = Answer(
        items(
            "AccountAttributeItems",
            "AccountAttributeItem",
            Text("AttributeName"),
            items(
                "AttributeValues",
                "ValueItem",
                Text("Value"),
                Text("ZoneId", when="it is asked for a zone"),
                Text(
                    "InstanceType", "InstanceChargeType", "DiskCategory", "ExpiredTime", empty="no value depends on it"
                ),
                Number("Count", empty="no value has a count"),
            ),
        )
    )
