"""What is refused of names, passwords, user data and disks, wherever an instance is given them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection
from typing import TYPE_CHECKING

from faultzone.api.answer import CURRENT
from faultzone.api.ecs.shared import DISK_CATEGORIES
from faultzone.api.errors import ApiError
from faultzone.model.core.catalog import image_gib

if TYPE_CHECKING:
    from faultzone.api.ecs.launches import CreateInstance, RunInstances
    from faultzone.api.ecs.templates import TemplateParameters
    from faultzone.model.core.catalog import Image, InstanceType
    from faultzone.model.core.state import AccountState, RegionState


def check_disks(
    region: RegionState, request: CreateInstance | RunInstances | TemplateParameters, *, launched: bool = False
) -> None:
    """Refuse malformed names and descriptions of disks, of a template or of what is launched."""
    rules, length = region.rules, region.edition.instance.name_length
    for disk in (request.system_disk or {}, *request.data_disks):
        name, description = disk.get("DiskName"), disk.get("Description")
        if name is not None and not (rules.disk_name_is_valid(name) if launched else rules.name_is_valid(name, length)):
            raise ApiError("InvalidDiskName.Malformed")
        if description is not None and not rules.description_is_valid(
            description, region.edition.instance.description_length
        ):
            raise ApiError("InvalidDiskDescription.Malformed")


def check_launched_disks(region: RegionState, request: CreateInstance | RunInstances, image: Image) -> None:
    """Refuse the disks of a launch that cannot be."""
    check_disks(region, request, launched=True)
    _check_sources(region, request)
    _check_categories(region, request)
    _check_sizes(region, request, image)


def brings_disks(request: CreateInstance | RunInstances, image: Image) -> bool:
    """Whether the image of a launch, or a snapshot, says something of its disks."""
    return image.kind == "self" or any("SnapshotId" in each for each in request.data_disks)


def _check_sizes(region: RegionState, request: CreateInstance | RunInstances, image: Image) -> None:
    """Refuse a size that the category of a disk cannot have, and a system disk that is smaller than its image.

    Clauses: instance/system-disk-sizes, instance/data-disk-sizes.
    """
    edition = region.edition
    if not edition.has(CURRENT):
        return
    from faultzone.model.core.disks import DATA_DISK, SYSTEM_DISK, disk_gib  # Few launches say more of a disk.

    disks = [(SYSTEM_DISK, SYSTEM_DISK, request.system_disk or {})]
    disks += [(DATA_DISK, f"{DATA_DISK}.{number}", each) for number, each in enumerate(request.data_disks, 1)]
    for kind, name, disk in disks:
        size, category = disk.get("Size"), disk.get("Category", DISK_CATEGORIES[0])
        if size is None:
            continue
        least, most = disk_gib(edition, kind, category, disk.get("PerformanceLevel", ""))
        if not least <= size <= most:
            why = f"a disk of category {category} has {least} to {most} GiB"
            raise ApiError.of(f"Invalid{kind}Size.ValueNotSupported", name=f"{name}.Size", why=why)
        if kind == SYSTEM_DISK and size < image_gib(image):
            raise ApiError.of("InvalidSystemDiskSize.LessThanImageSize", least=image_gib(image))


def _check_categories(region: RegionState, request: CreateInstance | RunInstances) -> None:
    """Refuse disks of a category that the type does not take (instance/disk-category-of-types)."""
    from faultzone.model.core.disks import DATA_DISK, SYSTEM_DISK, category_fits  # Few launches say more of a disk.

    kind = region.catalog.type_of(request.instance_type or "")
    disks = [(SYSTEM_DISK, request.system_disk or {}), *((DATA_DISK, each) for each in request.data_disks)]
    for name, disk in disks:
        if not category_fits(kind, disk.get("Category", "")):
            raise ApiError(f"Invalid{name}Category.ValueNotSupported")


def _check_sources(region: RegionState, request: CreateInstance | RunInstances) -> None:
    """Refuse what the category of a disk cannot do, and in earlier editions keys: there are none.

    Clauses: instance/disk-settings.
    """
    for disk in (request.system_disk or {}, *request.data_disks):
        if ("ProvisionedIops" in disk or disk.get("BurstingEnabled")) and disk.get("Category") != "cloud_auto":
            why = "ProvisionedIops and BurstingEnabled are for the category cloud_auto alone"
            raise ApiError.of("InvalidParameter.Conflict", why=why)
        if "KMSKeyId" in disk and not region.edition.instance.any_kms_key:
            raise ApiError("InvalidParameter.KMSKeyId.NotFound")


def check_texts(
    region: RegionState, name: str | None, description: str | None, host_name: str | None, system: str = "linux"
) -> None:
    """Refuse a malformed name, description or host name of an instance with this operating system."""
    rules, edition = region.rules, region.edition.instance
    if name is not None and not rules.instance_name_is_valid(name):
        raise ApiError("InvalidInstanceName.Malformed")
    if description is not None and not rules.description_is_valid(description, edition.description_length):
        raise ApiError("InvalidDescription.Malformed")
    if host_name is not None and not rules.host_name_is_valid(host_name, system):
        raise ApiError("InvalidHostName.Malformed")


def check_password(region: RegionState, password: str | None, system: str) -> None:
    """Refuse a password that is too weak for an instance with this operating system."""
    if password is not None and not region.rules.password_is_valid(password, system):
        raise ApiError("InvalidPassword.Malformed")


def check_user_data(region: RegionState, user_data: str | None) -> None:
    """Refuse user data that is not Base64 or too large."""
    if user_data is None:
        return
    try:
        raw = base64.b64decode(user_data, validate=True)
    except (binascii.Error, ValueError):
        raise ApiError("InvalidUserData.Base64FormatInvalid") from None
    if len(raw) > region.edition.instance.user_data_bytes:
        raise ApiError("InvalidUserData.SizeExceeded")


def check_named(
    region: RegionState, account: AccountState, request: CreateInstance | RunInstances, system: str
) -> None:
    """Refuse the names of resources that there are not: HPC clusters can't be made here
    (instance/named-resources, instance/unknown-resource-group). An instance with Windows looks at no key pair."""
    if request.key_pair_name is not None and system != "windows":
        from faultzone.model.core.key_pairs import key_pair_of  # Few launches name one.

        key_pair_of(account, request.key_pair_name)
    if request.ram_role_name is not None and not account.has_role(request.ram_role_name):
        raise ApiError("InvalidRamRole.NotFound")
    if request.resource_group_id is not None:
        from faultzone.model.core.resource_groups import check_group  # Few launches name one.

        check_group(region, account, request.resource_group_id)
    if request.hpc_cluster_id is not None:
        raise ApiError("InvalidHpcClusterId.NotFound")


def check_bandwidth(region: RegionState, request: CreateInstance | RunInstances) -> None:
    """Refuse that more comes in than may (instance/launch-bandwidth-in)."""
    incoming = request.internet_max_bandwidth_in
    if incoming is not None and incoming > region.rules.bandwidth_in_most(request.internet_max_bandwidth_out):
        raise ApiError("InvalidInternetMaxBandwidthIn.ValueNotSupported")


def affordable(
    region: RegionState, request: CreateInstance | RunInstances, kind: InstanceType, zone: int | None
) -> Collection[int] | None:
    """The zones in which the spot price of a type is within the limit of a launch; None where it has none.

    Raises:
        ApiError: there is none, or it is not the one that is asked for (billing/spot-price-limit).
    """
    if not request.spot_price_limit or request.spot_strategy != "SpotWithPriceLimit":
        return None
    zones = region.affordable(kind, request.spot_price_limit)
    if not zones or zone not in (None, *zones):
        raise ApiError("InvalidSpotPriceLimit.LowerThanPublicPrice")
    return zones
