"""The actions that make instances, and what launch templates have in common with them.

Source: API reference of February 2019, chapter "Instances"; of October 2026, RunInstances and CreateInstance.
"""

from __future__ import annotations

from typing import Any, Final

from faultzone.api.answer import CURRENT, Answer, Number, Text, items
from faultzone.api.ecs.instances import CHARGE_TYPES, CREDIT_SPECIFICATIONS, INTERNET_CHARGE_TYPES, SPOT_STRATEGIES
from faultzone.api.ecs.reasons import (
    BY_HOST_NAME,
    NO_CPU_OPTIONS,
    NO_DEDICATED,
    NO_FAMILIES,
    NO_HIBERNATION,
    NO_IPV6,
    NO_LOGIN_OPTIONS,
    NO_METADATA_OPTIONS,
    NO_ORDERS,
    NO_POOLS,
    NO_PRIVATE_NAMES,
    NO_SERVICE_ROLES,
    NO_STORAGE_SETS,
    NOT_DOCUMENTED,
    OF_THE_CLASSIC_NETWORK,
    ONE_INTERFACE,
    ONE_PROVIDER,
    PLAIN_DISKS,
)
from faultzone.api.ecs.shared import DISK_CATEGORIES, SYSTEM_DISK_GIB, TAG
from faultzone.api.request import (
    Request,
    flag,
    integer,
    not_simulated,
    number,
    structure,
    structures,
    text,
    texts,
)

_DISK_OPTIONS: Final = "AutoSnapshotPolicyId BurstingEnabled=false EncryptAlgorithm ProvisionedIops StorageClusterId"


def _disk(kind: str, least: int, most: int) -> tuple[Any, ...]:
    """The fields that disks of all kinds have; sizes are in GiB."""
    return (
        integer("Size", least=least, most=most, code=f"Invalid{kind}Size.ValueNotSupported"),
        text("Category", among=DISK_CATEGORIES, code=f"Invalid{kind}Category.ValueNotSupported"),
        text("PerformanceLevel", among=("PL0", "PL1", "PL2", "PL3"), since=(2020, 12)),
        text("DiskName"),
        text("Description"),
        *(not_simulated(name, PLAIN_DISKS) for name in _DISK_OPTIONS.split()),
    )


class Launch(Request):
    """What the actions that make instances, and launch templates, have in common."""

    image_id: str | None = text("ImageId")
    instance_type: str | None = text("InstanceType")
    zone_id: str | None = text("ZoneId")
    vswitch_id: str | None = text("VSwitchId")
    security_group_id: str | None = text("SecurityGroupId")
    private_ip_address: str | None = text("PrivateIpAddress")
    instance_name: str | None = text("InstanceName")
    description: str | None = text("Description")
    host_name: str | None = text("HostName")
    password: str | None = text("Password")
    password_inherit: bool = flag("PasswordInherit", inert=(2019, 2))
    key_pair_name: str | None = text("KeyPairName")
    ram_role_name: str | None = text("RamRoleName")
    resource_group_id: str | None = text("ResourceGroupId")
    internet_charge_type: str = text(
        "InternetChargeType",
        "PayByTraffic",
        among=INTERNET_CHARGE_TYPES,
        code="InvalidInternetChargeType.ValueNotSupported",
    )
    internet_max_bandwidth_in: int = integer("InternetMaxBandwidthIn", 200, least=1, most=200)
    internet_max_bandwidth_out: int = integer("InternetMaxBandwidthOut", 0, least=0, most=100)
    io_optimized: str = text(
        "IoOptimized", "optimized", among=("none", "optimized"), code="InvalidIoOptimizedValue.ValueNotSupported"
    )
    security_enhancement_strategy: str | None = text(
        "SecurityEnhancementStrategy", among=("Active", "Deactive"), inert=(2019, 2)
    )
    credit_specification: str | None = text("CreditSpecification", among=CREDIT_SPECIFICATIONS)
    system_disk: dict[str, Any] | None = structure(
        "SystemDisk",
        *_disk("SystemDisk", *SYSTEM_DISK_GIB),
        *(
            not_simulated(name, PLAIN_DISKS)
            for name in ("Encrypted=false", "KMSKeyId", "DeleteWithInstance=true", "Iops")
        ),
    )
    data_disks: tuple[dict[str, Any], ...] = structures(
        "DataDisk",
        *_disk("DataDisk", 5, 32768),
        flag("DeleteWithInstance"),
        flag("Encrypted"),
        text("KMSKeyId"),
        text("SnapshotId"),
        text("Device"),
        most=16,
    )
    tags: tuple[dict[str, Any], ...] = structures("Tag", *TAG, most=20, too_many="InvalidTagCount")
    user_data: str | None = text("UserData")
    instance_charge_type: str = text(
        "InstanceChargeType", "PostPaid", among=CHARGE_TYPES, code="InvalidInstanceChargeType.NotFound"
    )
    period: int | None = integer("Period", least=1, most=60, code="InvalidPeriod")
    period_unit: str = text("PeriodUnit", "Month", among=("Week", "Month"), code="InvalidPeriod")
    auto_renew: bool = flag("AutoRenew")
    auto_renew_period: int | None = integer(
        "AutoRenewPeriod", least=1, most=60, code="InvalidAutoRenewPeriod.ValueNotSupported"
    )
    spot_strategy: str = text("SpotStrategy", "NoSpot", among=SPOT_STRATEGIES, code="InvalidSpotStrategy")
    spot_price_limit: float | None = number("SpotPriceLimit", code="InvalidSpotPriceLimit")
    spot_duration: int | None = integer(
        "SpotDuration",
        least=0,
        most=6,
        inert=(2019, 2),
        acts=CURRENT,
        later={CURRENT: {"most": 1, "code": "InvalidSpotDuration"}},
    )
    spot_interruption: str | None = text(
        "SpotInterruptionBehavior",
        among=("Terminate",),
        code="InvalidSpotInterruptionBehavior",
        inert=(2019, 2),
        acts=CURRENT,
        later={CURRENT: {"among": ("Terminate", "Stop")}},
    )
    deployment_set_id: str | None = text("DeploymentSetId")
    deletion_protection: bool = flag("DeletionProtection")


#: What is told of an order, where a subscription is bought.
_ORDER: Final = (
    Text("OrderId", since=CURRENT, missing=NO_ORDERS),
    Number("TradePrice", since=CURRENT, when="a subscription is bought"),
)


class CreateInstance(Launch):
    """Create one instance; it ends Stopped and waits for StartInstance."""

    needs_region = True

    instance_type: str | None = text("InstanceType", required=True)
    group_number: int | None = integer("DeploymentSetGroupNo", least=1, most=7, since=CURRENT)
    hpc_cluster_id: str | None = text("HpcClusterId")
    dedicated_host_id: str | None = text("DedicatedHostId")
    client_token: str | None = text("ClientToken")
    dry_run: bool = flag("DryRun")

    not_simulated = (
        (NO_DEDICATED, "Tenancy=default Affinity=default ManagedHostId"),
        (NO_SERVICE_ROLES, "Arn"),
        (NO_METADATA_OPTIONS, "HttpEndpoint=enabled HttpTokens=optional HttpPutResponseHopLimit"),
        (NO_HIBERNATION, "HibernationOptions=false"),
        (NO_FAMILIES, "ImageFamily"),
        (NO_POOLS, "PrivatePoolOptions=None"),
        (NO_STORAGE_SETS, "StorageSetId StorageSetPartitionNumber"),
        (OF_THE_CLASSIC_NETWORK, "ClusterId InnerIpAddress NodeControllerId VlanId"),
        (NOT_DOCUMENTED, "UseAdditionalService"),
    )

    answer = Answer(Text("InstanceId"), *_ORDER)


class RunInstances(Launch):
    """Create 1 to 100 instances and start them."""

    needs_region = True

    amount: int = integer("Amount", 1, least=1, most=100)
    min_amount: int | None = integer("MinAmount", least=1, most=100, code="InvalidMinAmount.Malformed")
    unique_suffix: bool = flag("UniqueSuffix")
    security_group_ids: tuple[str, ...] = texts("SecurityGroupIds", most=5, since=(2019, 12))
    launch_template_id: str | None = text("LaunchTemplateId")
    launch_template_name: str | None = text("LaunchTemplateName")
    launch_template_version: int | None = integer("LaunchTemplateVersion", least=1)
    auto_release_time: str | None = text("AutoReleaseTime")
    group_number: int | None = integer("DeploymentSetGroupNo", least=1, most=7, since=CURRENT)
    hpc_cluster_id: str | None = text("HpcClusterId")
    dedicated_host_id: str | None = text("DedicatedHostId")
    auto_pay: bool = flag("AutoPay", True)
    client_token: str | None = text("ClientToken")
    dry_run: bool = flag("DryRun")

    not_simulated = (
        (NO_DEDICATED, "Tenancy=default Affinity=default ManagedHostId SchedulerOptions"),
        (NO_SERVICE_ROLES, "Arn"),
        (NO_METADATA_OPTIONS, "HttpEndpoint=enabled HttpTokens=optional HttpPutResponseHopLimit"),
        (NO_HIBERNATION, "HibernationOptions=false"),
        (NO_FAMILIES, "ImageFamily"),
        (NO_POOLS, "PrivatePoolOptions=None"),
        (NO_STORAGE_SETS, "StorageSetId StorageSetPartitionNumber"),
        (NO_CPU_OPTIONS, "ClockOptions CpuOptions SecurityOptions"),
        (NO_IPV6, "Ipv6Address Ipv6AddressCount=0"),
        (NO_LOGIN_OPTIONS, "ImageOptions=false"),
        (ONE_INTERFACE, "NetworkInterface NetworkInterfaceQueueNumber NetworkOptions=false"),
        (NO_PRIVATE_NAMES, "PrivateDnsNameOptions=false"),
        (ONE_PROVIDER, "Isp=BGP"),
        (BY_HOST_NAME, "HostNames"),
    )

    answer = Answer(items("InstanceIdSets", "InstanceIdSet"), *_ORDER)
