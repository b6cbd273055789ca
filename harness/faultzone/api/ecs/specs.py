"""The actions that change how large an instance is, and how it is reached.

Source: API reference of October 2026, chapters "Instances" and "Network".
"""

from __future__ import annotations

from typing import Any, Final

from faultzone.api.answer import CURRENT, Answer, Number, Text, items
from faultzone.api.ecs.instances import INTERNET_CHARGE_TYPES
from faultzone.api.ecs.reasons import CANNOT_BE_USED, NO_CHOICE_OF_ADDRESS, NOT_DOCUMENTED, ONE_CLUSTER
from faultzone.api.ecs.shared import offers
from faultzone.api.request import Request, flag, integer, number, structure, text, texts

_IN: Final = "InvalidInternetMaxBandwidthIn.ValueNotSupported"
_FREE: Final = "bandwidth costs nothing here"
#: The disk of what becomes I/O optimized.
_SYSTEM_DISK: Final = (
    text("Category", among=("cloud_efficiency", "cloud_ssd"), code="InvalidParam.SystemDiskCategory"),
)
_OUT: Final = "InvalidInternetMaxBandwidthOut.ValueNotSupported"


class ModifyInstanceSpec(Request):
    """Change the type of a stopped pay-as-you-go instance, or its bandwidth."""

    since = CURRENT

    instance_id: str = text("InstanceId", required=True)
    instance_type: str | None = text("InstanceType")
    bandwidth_out: int | None = integer("InternetMaxBandwidthOut", least=0, most=100, code=_OUT)
    bandwidth_in: int | None = integer("InternetMaxBandwidthIn", least=1, most=200, code=_IN)
    system_disk: dict[str, Any] | None = structure("SystemDisk", *_SYSTEM_DISK)
    across_clusters: bool = flag("AllowMigrateAcrossZone", inert=CURRENT, why=ONE_CLUSTER)
    later: bool = flag("Async", inert=CURRENT, why="the change is made when it is answered")
    client_token: str | None = text("ClientToken")
    dry_run: bool = flag("DryRun")

    not_simulated = ((CANNOT_BE_USED, "Disk ModifyMode Temporary"),)


class ModifyPrepayInstanceSpec(Request):
    """Change the type of a subscription for the rest of its term."""

    needs_region = True
    since = CURRENT

    instance_id: str = text("InstanceId", required=True)
    instance_type: str = text("InstanceType", required=True)
    operator_type: str | None = text("OperatorType", among=("upgrade", "downgrade"))
    auto_pay: bool = flag("AutoPay", True)
    reboot_when_finished: bool = flag("RebootWhenFinished")
    reboot_time: str | None = text("RebootTime")
    system_disk: dict[str, Any] | None = structure("SystemDisk", *_SYSTEM_DISK)
    across_clusters: bool = flag("MigrateAcrossZone", inert=CURRENT, why=ONE_CLUSTER)
    client_token: str | None = text("ClientToken")

    not_simulated = ((CANNOT_BE_USED, "Disk ModifyMode"), (NOT_DOCUMENTED, "EndTime"))

    answer = Answer(Text("OrderId"))


class ModifyInstanceNetworkSpec(Request):
    """Change the bandwidth of an instance and how it is paid for, for good or for some hours."""

    since = CURRENT

    instance_id: str = text("InstanceId", required=True)
    bandwidth_out: int | None = integer("InternetMaxBandwidthOut", least=0, most=200, code=_OUT)
    bandwidth_in: int | None = integer("InternetMaxBandwidthIn", least=1, most=200, code=_IN)
    charge_type: str | None = text(
        "NetworkChargeType", among=INTERNET_CHARGE_TYPES, code="InvalidInternetChargeType.ValueNotSupported"
    )
    allocate_public_ip: bool = flag("AllocatePublicIp")
    start_time: str | None = text("StartTime")
    end_time: str | None = text("EndTime")
    auto_pay: bool = flag("AutoPay", True, inert=CURRENT, why=_FREE)
    client_token: str | None = text("ClientToken")

    not_simulated = ((CANNOT_BE_USED, "ISP"),)

    answer = Answer(Text("OrderId", missing=_FREE))


class AllocatePublicIpAddress(Request):
    """Give an instance with bandwidth a public address."""

    since = CURRENT

    instance_id: str = text("InstanceId", required=True)

    not_simulated = ((NO_CHOICE_OF_ADDRESS, "IpAddress VlanId"),)

    answer = Answer(Text("IpAddress"))


class ModifyInstanceVpcAttribute(Request):
    """Give a stopped instance another private address."""

    since = CURRENT

    instance_id: str = text("InstanceId", required=True)
    vswitch_id: str = text("VSwitchId", required=True)
    vpc_id: str | None = text("VpcId")
    private_ip_address: str | None = text("PrivateIpAddress")
    security_group_ids: tuple[str, ...] = texts("SecurityGroupId")


class DescribeResourcesModification(Request):
    """List the types, or the categories of system disks, that an instance can be changed to."""

    needs_region = True
    since = CURRENT
    writes = False

    resource_id: str = text("ResourceId", required=True)
    destination_resource: str = text("DestinationResource", among=("InstanceType", "SystemDisk"), required=True)
    instance_type: str | None = text("InstanceType")
    cores: int | None = integer("Cores", least=1)
    memory: float | None = number("Memory")
    zone_id: str | None = text("ZoneId")
    operation_type: str = text(
        "OperationType", "Upgrade", among=("Upgrade", "Downgrade", "RenewDowngrade", "RenewModify")
    )
    across_clusters: bool = flag("MigrateAcrossZone", inert=CURRENT, why=ONE_CLUSTER)
    conditions: tuple[str, ...] = texts(
        "Conditions", inert=CURRENT, why="a type asks for no other category of disks here"
    )

    answer = Answer(
        offers(
            items(
                "ConditionSupportedResources",
                "ConditionSupportedResource",
                Text("Value", "Status", "StatusCategory", "Unit"),
                Number("Min", "Max"),
                items("Conditions", "Condition", Text("Key")),
                empty="a type asks for no other category of disks here",
            )
        )
    )
