"""The actions that make instances, and what launch templates have in common with them.

Source: API reference of February 2019, chapter "Instances"; of October 2026, RunInstances and CreateInstance.
"""

from __future__ import annotations

from typing import Any, Final

from faultzone.api.answer import CURRENT, Answer, Number, Text, items
from faultzone.api.ecs.instances import (
    CHARGE_TYPES,
    CREDIT_CODE,
    CREDIT_SPECIFICATIONS,
    INTERNET_CHARGE_TYPES,
    SPOT_STRATEGIES,
)
from faultzone.api.ecs.reasons import (
    CANNOT_BE_USED,
    NO_DEDICATED,
    NO_RDMA,
    NO_SERVICE_ROLES,
    NO_STORAGE_SETS,
    NOT_DOCUMENTED,
    NOT_USED_ANY_MORE,
    OF_THE_CLASSIC_NETWORK,
    ONE_CARD,
)
from faultzone.api.ecs.shared import (
    CPU_OPTIONS,
    DATA_DISK_GIB,
    DISK_CATEGORIES,
    LATER_DATA_DISK_CATEGORIES,
    LATER_DATA_DISK_GIB,
    LATER_DISK_CATEGORIES,
    LATER_SYSTEM_DISK_GIB,
    PRIVATE_NAMES,
    SYSTEM_DISK_GIB,
    TAG,
)
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


def _disk(
    kind: str, gib: tuple[int, int], later_gib: tuple[int, int], later_categories: tuple[str, ...]
) -> tuple[Any, ...]:
    """The fields that disks of all kinds have; sizes are in GiB, the least and the most."""
    return (
        integer(
            "Size",
            least=gib[0],
            most=gib[1],
            code=f"Invalid{kind}Size.ValueNotSupported",
            later={CURRENT: {"least": later_gib[0], "most": later_gib[1]}},
        ),
        text(
            "Category",
            among=DISK_CATEGORIES,
            code=f"Invalid{kind}Category.ValueNotSupported",
            later={CURRENT: {"among": later_categories}},
        ),
        text("PerformanceLevel", among=("PL0", "PL1", "PL2", "PL3"), since=(2020, 12)),
        text("DiskName"),
        text("Description"),
        text("AutoSnapshotPolicyId", since=CURRENT),
        text("StorageClusterId", since=CURRENT),
        flag("BurstingEnabled", since=CURRENT),
        integer("ProvisionedIops", least=0, most=50_000, since=CURRENT),
        not_simulated("EncryptAlgorithm", CANNOT_BE_USED),
    )


#: What several of the actions have alike.
_IMAGE_FAMILY: Final = text("ImageFamily", since=CURRENT)
SECURITY_OPTIONS: Final = structure(
    "SecurityOptions",
    flag("EnableSecureBoot"),
    text(
        "TrustedSystemMode", among=("vTPM",), inert=CURRENT, why="nothing in an instance can ask for its measurements"
    ),
    text("ConfidentialComputingMode", among=("Enclave",), inert=CURRENT, why="nothing in an instance can use it"),
    since=CURRENT,
)
IMAGE_OPTIONS: Final = structure("ImageOptions", flag("LoginAsNonRoot"), since=CURRENT)
_HIBERNATION: Final = structure("HibernationOptions", flag("Configured"), since=CURRENT)
_POOL: Final = structure(
    "PrivatePoolOptions", text("Id"), text("MatchCriteria", among=("Open", "Target", "None")), since=CURRENT
)
_OF_CLASSIC: Final = (OF_THE_CLASSIC_NETWORK, "ClusterId InnerIpAddress NodeControllerId VlanId")


def _network_interface(*more: Any) -> Any:
    """The network interfaces of a launch, and what only some actions take of them."""
    return structures(
        "NetworkInterface",
        text("InstanceType", among=("Primary", "Secondary")),
        text("VSwitchId"),
        text("SecurityGroupId"),
        texts("SecurityGroupIds", most=16),
        text("PrimaryIpAddress"),
        text("NetworkInterfaceName"),
        text("Description"),
        flag("DeleteOnRelease"),
        not_simulated("NetworkInterfaceTrafficMode=Standard", NO_RDMA),
        *more,
        since=CURRENT,
    )


#: The network interfaces that a launch template takes, and those that a launch does.
TEMPLATE_INTERFACES: Final = _network_interface()
_INTERFACES: Final = _network_interface(
    integer("QueueNumber", least=1),
    texts("Ipv6Address", most=10),
    integer("Ipv6AddressCount", least=1, most=10),
    text("NetworkInterfaceId"),
    not_simulated("NetworkCardIndex=0", ONE_CARD),
    integer("SecondaryPrivateIpAddressCount", least=1, most=49),
    flag("SourceDestCheck"),
    not_simulated("QueuePairNumber", NO_RDMA),
    not_simulated("RxQueueSize", CANNOT_BE_USED),
    not_simulated("TxQueueSize", CANNOT_BE_USED),
)
IPV6_COUNT: Final = integer("Ipv6AddressCount", least=1, most=10, since=CURRENT)


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
    password_inherit: bool = flag("PasswordInherit", inert=(2019, 2), why="no image has a password of its own here")
    key_pair_name: str | None = text("KeyPairName")
    ram_role_name: str | None = text("RamRoleName")
    resource_group_id: str | None = text("ResourceGroupId")
    internet_charge_type: str = text(
        "InternetChargeType",
        "PayByTraffic",
        among=INTERNET_CHARGE_TYPES,
        code="InvalidInternetChargeType.ValueNotSupported",
    )
    internet_max_bandwidth_in: int | None = integer("InternetMaxBandwidthIn", least=1, most=200)
    internet_max_bandwidth_out: int = integer("InternetMaxBandwidthOut", 0, least=0, most=100)
    io_optimized: str = text(
        "IoOptimized", "optimized", among=("none", "optimized"), code="InvalidIoOptimizedValue.ValueNotSupported"
    )
    security_enhancement_strategy: str | None = text(
        "SecurityEnhancementStrategy",
        among=("Active", "Deactive"),
        inert=(2019, 2),
        why="nothing watches over an instance from inside here",
    )
    credit_specification: str | None = text("CreditSpecification", among=CREDIT_SPECIFICATIONS, code=CREDIT_CODE)
    system_disk: dict[str, Any] | None = structure(
        "SystemDisk",
        *_disk("SystemDisk", SYSTEM_DISK_GIB, LATER_SYSTEM_DISK_GIB, LATER_DISK_CATEGORIES),
        flag("Encrypted", since=CURRENT),
        text("KMSKeyId", since=CURRENT),
        flag("DeleteWithInstance", since=CURRENT),
        not_simulated("Iops", CANNOT_BE_USED),
    )
    data_disks: tuple[dict[str, Any], ...] = structures(
        "DataDisk",
        *_disk("DataDisk", DATA_DISK_GIB, LATER_DATA_DISK_GIB, LATER_DATA_DISK_CATEGORIES),
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
        why="a spot instance is taken back when a test says so",
        later={CURRENT: {"most": 1, "code": "InvalidSpotDuration"}},
    )
    spot_interruption: str | None = text(
        "SpotInterruptionBehavior",
        among=("Terminate",),
        code="InvalidSpotInterruptionBehavior",
        inert=(2019, 2),
        acts=CURRENT,
        why="it is released anyway",
        later={CURRENT: {"among": ("Terminate", "Stop")}},
    )
    deployment_set_id: str | None = text("DeploymentSetId")
    deletion_protection: bool = flag("DeletionProtection")
    http_endpoint: str = text(
        "HttpEndpoint",
        "enabled",
        among=("enabled", "disabled"),
        code="InvalidHttpEndpoint.NotSupported",
        since=CURRENT,
    )
    http_tokens: str = text(
        "HttpTokens",
        "optional",
        among=("optional", "required"),
        code="InvalidHttpTokens.NotSupported",
        since=CURRENT,
    )
    hop_limit: int | None = integer(
        "HttpPutResponseHopLimit",
        least=1,
        most=64,
        code="InvalidHttpPutResponseHopLimit.NotSupported",
        since=CURRENT,
    )


#: What is told of an order, where a subscription is bought.
_ORDER: Final = (
    Text("OrderId", since=CURRENT, when="a subscription is bought"),
    Number("TradePrice", since=CURRENT, when="a subscription is bought"),
)


class CreateInstance(Launch):
    """Create one instance; it ends Stopped and waits for StartInstance."""

    needs_region = True

    instance_type: str | None = text("InstanceType", required=True)
    period_unit: str = text("PeriodUnit", "Month", among=("Week", "Month"), code="InvalidPeriodUnit.ValueNotSupported")
    group_number: int | None = integer("DeploymentSetGroupNo", least=1, most=7, since=CURRENT)
    hpc_cluster_id: str | None = text("HpcClusterId")
    dedicated_host_id: str | None = text("DedicatedHostId")
    image_family: str | None = _IMAGE_FAMILY
    hibernation_options: dict[str, Any] | None = _HIBERNATION
    pool: dict[str, Any] | None = _POOL
    client_token: str | None = text("ClientToken")
    dry_run: bool = flag("DryRun")

    not_simulated = (
        (NO_DEDICATED, "Tenancy=default Affinity=default ManagedHostId"),
        (NO_SERVICE_ROLES, "Arn"),
        (NO_STORAGE_SETS, "StorageSetId StorageSetPartitionNumber"),
        _OF_CLASSIC,
        (NOT_DOCUMENTED, "UseAdditionalService"),
    )

    answer = Answer(Text("InstanceId"), *_ORDER)


class RunInstances(Launch):
    """Create 1 to 100 instances and start them."""

    needs_region = True

    amount: int = integer("Amount", 1, least=1, most=100, code="InvalidParam.Amount")
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
    image_family: str | None = _IMAGE_FAMILY
    hibernation_options: dict[str, Any] | None = _HIBERNATION
    pool: dict[str, Any] | None = _POOL
    host_names: tuple[str, ...] = texts("HostNames", most=100, since=CURRENT)
    cpu_options: dict[str, Any] | None = structure(
        "CpuOptions", *CPU_OPTIONS, text("Numa", inert=CURRENT, why=NOT_USED_ANY_MORE), since=CURRENT
    )
    clock_options: dict[str, Any] | None = structure(
        "ClockOptions", text("PtpStatus", among=("enabled", "disabled")), since=CURRENT
    )
    image_options: dict[str, Any] | None = IMAGE_OPTIONS
    security_options: dict[str, Any] | None = SECURITY_OPTIONS
    private_dns_name_options: dict[str, Any] | None = structure("PrivateDnsNameOptions", *PRIVATE_NAMES, since=CURRENT)
    queue_number: int | None = integer("NetworkInterfaceQueueNumber", least=1, since=CURRENT)
    network_options: dict[str, Any] | None = structure(
        "NetworkOptions",
        flag("EnableJumboFrame"),
        text("BandwidthWeighting", among=("Default", "Vpc-L1", "Vpc-L2", "Ebs-L1", "Ebs-L2")),
        not_simulated("EnableNetworkEncryption=false", CANNOT_BE_USED),
        since=CURRENT,
    )
    isp: str | None = text("Isp", since=CURRENT)
    network_interfaces: tuple[dict[str, Any], ...] = _INTERFACES
    ipv6_addresses: tuple[str, ...] = texts("Ipv6Address", most=10, since=CURRENT)
    ipv6_count: int | None = IPV6_COUNT
    client_token: str | None = text("ClientToken")
    dry_run: bool = flag("DryRun")

    not_simulated = (
        (NO_DEDICATED, "Tenancy=default Affinity=default ManagedHostId SchedulerOptions"),
        (NO_SERVICE_ROLES, "Arn"),
        (NO_STORAGE_SETS, "StorageSetId StorageSetPartitionNumber"),
    )

    answer = Answer(items("InstanceIdSets", "InstanceIdSet"), *_ORDER)
