"""The actions on launch templates and their versions.

Source: API reference of February 2019 and of October 2026, chapter "Launch templates".
"""

from __future__ import annotations

from typing import Any, Final

from faultzone.api.answer import CURRENT, PAGES, Answer, Number, Numbers, Structure, Text, Time, Truth, items, tag_items
from faultzone.api.ecs.launches import IMAGE_OPTIONS, IPV6_COUNT, SECURITY_OPTIONS, TEMPLATE_INTERFACES, Launch
from faultzone.api.ecs.reasons import NO_RDMA
from faultzone.api.ecs.shared import TAG
from faultzone.api.request import Request, flag, integer, integers, structures, text, texts

#: How many templates a listing can be asked for, and how many versions of one.
_TEMPLATES_MOST: Final = 100
_VERSIONS_MOST: Final = 30


class TemplateParameters(Launch):
    """What a version of a launch template is made of: what is said of the version, and what a launch takes."""

    needs_region = True

    version_description: str | None = text("VersionDescription")
    image_owner_alias: str | None = text("ImageOwnerAlias")
    network_type: str | None = text("NetworkType", among=("classic", "vpc"))
    vpc_id: str | None = text("VpcId")
    auto_release_time: str | None = text("AutoReleaseTime")

    security_group_ids: tuple[str, ...] = texts("SecurityGroupIds", most=16, since=CURRENT)
    image_options: dict[str, Any] | None = IMAGE_OPTIONS
    security_options: dict[str, Any] | None = SECURITY_OPTIONS
    os_config: bool = flag("EnableVmOsConfig", since=CURRENT)

    network_interfaces: tuple[dict[str, Any], ...] = TEMPLATE_INTERFACES
    ipv6_count: int | None = IPV6_COUNT


class CreateLaunchTemplate(TemplateParameters):
    """Keep the parameters of RunInstances under a name, as version 1, which is the default."""

    launch_template_name: str = text("LaunchTemplateName", required=True)
    template_group: str | None = text("TemplateResourceGroupId", since=CURRENT)
    template_tags: tuple[dict[str, Any], ...] = structures(
        "TemplateTag", *TAG, most=20, too_many="InvalidTagCount", since=CURRENT
    )

    answer = Answer(Text("LaunchTemplateId"), Number("LaunchTemplateVersionNumber"))


class CreateLaunchTemplateVersion(TemplateParameters):
    """Add a version to a launch template; nothing is taken over from the others."""

    launch_template_id: str | None = text("LaunchTemplateId")
    launch_template_name: str | None = text("LaunchTemplateName")

    answer = Answer(Text("LaunchTemplateId", since=CURRENT), Number("LaunchTemplateVersionNumber"))


class OfTemplate(Request):
    """What the actions on one launch template have in common: they name it by its id, its name or both."""

    needs_region = True

    launch_template_id: str | None = text("LaunchTemplateId")
    launch_template_name: str | None = text("LaunchTemplateName")


class ModifyLaunchTemplateDefaultVersion(OfTemplate):
    """Say which version is used where none is named."""

    default_version_number: int = integer("DefaultVersionNumber", least=1, required=True)

    answer = Answer(Text("LaunchTemplateId", since=CURRENT))


class DeleteLaunchTemplate(OfTemplate):
    """Delete a launch template with all its versions."""

    answer = Answer(
        Text("LaunchTemplateId"),
        Structure("LaunchTemplateVersionNumbers", Numbers("versionNumbers"), since=CURRENT),
    )


class DeleteLaunchTemplateVersion(OfTemplate):
    """Delete versions of a launch template, all but the default one."""

    versions: tuple[int, ...] = integers("DeleteVersion", most=_VERSIONS_MOST, required=True)

    answer = Answer(
        items(
            "LaunchTemplateVersions",
            "LaunchTemplateVersion",
            Text("LaunchTemplateId"),
            Number("LaunchTemplateVersionNumber"),
            since=CURRENT,
        )
    )


class DescribeLaunchTemplates(Request):
    """List launch templates."""

    needs_region = True
    writes = False

    launch_template_ids: tuple[str, ...] = texts("LaunchTemplateId", most=_TEMPLATES_MOST)
    launch_template_names: tuple[str, ...] = texts("LaunchTemplateName", most=_TEMPLATES_MOST)
    template_group: str | None = text("TemplateResourceGroupId", since=CURRENT)
    template_tags: tuple[dict[str, Any], ...] = structures(
        "TemplateTag", *TAG, most=20, too_many="InvalidTagCount", since=CURRENT
    )
    page_number: int = integer("PageNumber", 1, least=1)
    page_size: int = integer("PageSize", 10, least=1, most=50)

    answer = Answer(
        *PAGES,
        items(
            "LaunchTemplateSets",
            "LaunchTemplateSet",
            Text("LaunchTemplateId", "LaunchTemplateName", "CreatedBy"),
            Number("DefaultVersionNumber", "LatestVersionNumber"),
            Time("CreateTime", "ModifiedTime"),
            Text("ResourceGroupId", since=CURRENT),
            tag_items(since=CURRENT),
        ),
    )


_SAID: Final = "the version says it"
#: What a system disk has in the data of a version.
_SYSTEM_DISK: Final = ("Category", "DiskName", "Description")
#: What disks of today have besides.
_DISK_TEXTS: Final = ("AutoSnapshotPolicyId", "StorageClusterId")


class DescribeLaunchTemplateVersions(OfTemplate):
    """List the versions of a launch template, newest first."""

    writes = False

    versions: tuple[int, ...] = integers("LaunchTemplateVersion", most=_VERSIONS_MOST)
    min_version: int | None = integer("MinVersion", least=1)
    max_version: int | None = integer("MaxVersion", least=1)
    default_version: bool | None = flag("DefaultVersion", None)
    detail: bool = flag("DetailFlag", True)
    page_number: int = integer("PageNumber", 1, least=1)
    page_size: int = integer("PageSize", 10, least=1, most=50)

    answer = Answer(
        *PAGES,
        items(
            "LaunchTemplateVersionSets",
            "LaunchTemplateVersionSet",
            Text("LaunchTemplateId", "LaunchTemplateName", "CreatedBy", "VersionDescription"),
            Number("VersionNumber"),
            Truth("DefaultVersion"),
            Time("CreateTime", "ModifiedTime"),
            Structure(
                "LaunchTemplateData",
                Text("ImageId", "ImageOwnerAlias", "InstanceType", "ZoneId", "NetworkType", when=_SAID),
                Text("VpcId", "VSwitchId", "SecurityGroupId", "PrivateIpAddress", when=_SAID),
                Text("InstanceName", "HostName", "Description", "UserData", when=_SAID),
                Text("KeyPairName", "RamRoleName", "ResourceGroupId", "DeploymentSetId", when=_SAID),
                Text("InternetChargeType", "IoOptimized", "SecurityEnhancementStrategy", when=_SAID),
                Text("CreditSpecification", "InstanceChargeType", "PeriodUnit", "SpotStrategy", when=_SAID),
                Number("InternetMaxBandwidthIn", "InternetMaxBandwidthOut", "Period", when=_SAID),
                Number("AutoRenewPeriod", "SpotPriceLimit", "SpotDuration", when=_SAID),
                Truth("PasswordInherit", "AutoRenew", "DeletionProtection", when=_SAID),
                Truth("EnableVmOsConfig", since=CURRENT, when=_SAID),
                Text("HttpEndpoint", "HttpTokens", since=CURRENT, when=_SAID),
                Number("HttpPutResponseHopLimit", since=CURRENT, when=_SAID),
                items("SecurityGroupIds", "SecurityGroupId", since=CURRENT, when=_SAID),
                Structure("ImageOptions", Truth("LoginAsNonRoot", when=_SAID), since=CURRENT, when=_SAID),
                Structure(
                    "SecurityOptions",
                    Text("TrustedSystemMode", "ConfidentialComputingMode", when=_SAID),
                    Truth("EnableSecureBoot", when=_SAID),
                    since=CURRENT,
                    when=_SAID,
                ),
                Time("AutoReleaseTime", when=_SAID),
                # The service writes them so; the SDKs of today know a structure.
                Text(*(f"SystemDisk.{name}" for name in _SYSTEM_DISK), when=_SAID),
                Text("SystemDisk.PerformanceLevel", since=(2020, 12), when=_SAID),
                Number("SystemDisk.Size", when=_SAID),
                Text(*(f"SystemDisk.{name}" for name in (*_DISK_TEXTS, "KMSKeyId")), since=CURRENT, when=_SAID),
                Number("SystemDisk.ProvisionedIops", since=CURRENT, when=_SAID),
                Truth(
                    *(f"SystemDisk.{name}" for name in ("DeleteWithInstance", "Encrypted", "BurstingEnabled")),
                    since=CURRENT,
                    when=_SAID,
                ),
                Structure(
                    "SystemDisk",
                    Text(*_SYSTEM_DISK, "PerformanceLevel", *_DISK_TEXTS, "KMSKeyId", when=_SAID),
                    Number("Size", "ProvisionedIops", when=_SAID),
                    Truth("DeleteWithInstance", "Encrypted", "BurstingEnabled", when=_SAID),
                    since=CURRENT,
                    when=_SAID,
                ),
                items(
                    "DataDisks",
                    "DataDisk",
                    Text("Category", "DiskName", "Description", "Device", when=_SAID),
                    Text("PerformanceLevel", since=(2020, 12), when=_SAID),
                    Text("SnapshotId", "KMSKeyId", when=_SAID),
                    Number("Size", when=_SAID),
                    Truth("DeleteWithInstance", "Encrypted", when=_SAID),
                    Text(*_DISK_TEXTS, since=CURRENT, when=_SAID),
                    Number("ProvisionedIops", since=CURRENT, when=_SAID),
                    Truth("BurstingEnabled", since=CURRENT, when=_SAID),
                ),
                items("Tags", "InstanceTag", Text("Key", "Value")),
                items(
                    "NetworkInterfaces",
                    "NetworkInterface",
                    Text("InstanceType", "VSwitchId", "SecurityGroupId", "PrimaryIpAddress", since=CURRENT, when=_SAID),
                    Text("NetworkInterfaceName", "Description", since=CURRENT, when=_SAID),
                    items("SecurityGroupIds", "SecurityGroupId", since=CURRENT, when=_SAID),
                    Truth("DeleteOnRelease", since=CURRENT, when=_SAID),
                    Text("NetworkInterfaceTrafficMode", since=CURRENT, missing=NO_RDMA),
                ),
                when="DetailFlag is not false",
            ),
        ),
    )
