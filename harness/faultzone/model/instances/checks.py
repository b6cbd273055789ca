"""What is refused of names, passwords, user data and disks, wherever an instance is given them."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from faultzone.api.errors import ApiError

if TYPE_CHECKING:
    from faultzone.api.ecs.launches import CreateInstance, RunInstances
    from faultzone.api.ecs.templates import TemplateParameters
    from faultzone.model.core.state import RegionState


def check_disks(region: RegionState, request: CreateInstance | RunInstances | TemplateParameters) -> None:
    """Refuse malformed names and descriptions of disks."""
    for disk in (request.system_disk or {}, *request.data_disks):
        name, description = disk.get("DiskName"), disk.get("Description")
        if name is not None and not region.rules.name_is_valid(name, region.edition.instance.name_length):
            raise ApiError("InvalidDiskName.Malformed")
        if description is not None and not region.rules.description_is_valid(
            description, region.edition.instance.description_length
        ):
            raise ApiError("InvalidDiskDescription.Malformed")


def check_sources(region: RegionState, request: CreateInstance | RunInstances) -> None:
    """Refuse snapshots of disks, and in earlier editions keys: there are none; and what their category cannot do.

    Clauses: instance/disk-settings.
    """
    for disk in (request.system_disk or {}, *request.data_disks):
        if ("ProvisionedIops" in disk or disk.get("BurstingEnabled")) and disk.get("Category") != "cloud_auto":
            why = "ProvisionedIops and BurstingEnabled are for the category cloud_auto alone"
            raise ApiError.of("InvalidParameter.Conflict", why=why)
        if "SnapshotId" in disk:
            raise ApiError("InvalidDataDiskSnapshotId.NotFound")
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
