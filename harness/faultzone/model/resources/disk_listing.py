"""The disks of an account, as DescribeDisks tells of them.

As long as all disks are where their launches have put them, they are found by the indexes of their instances. Where
one is by itself, or attached to another instance, each disk is looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from faultzone.api.answer import CURRENT
from faultzone.api.ecs.disk_events import DISK_STATES
from faultzone.api.ecs.resources import DescribeDisks
from faultzone.api.ecs.shared import DISK_CATEGORIES
from faultzone.api.errors import ApiError
from faultzone.clock import read_stamp, stamp
from faultzone.model.core import periods
from faultzone.model.core.book import Found, Several
from faultzone.model.core.disks import data_disk_gib, disk_speed, performance_level, system_disk_gib
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.fields import DiskTerms, bounded, disk_terms, rows_of_ids, tagged
from faultzone.model.core.filters import (
    Bound,
    Tags,
    has_tags,
    read_asked_tags,
    read_bounds,
    read_tag_list,
    tag_list,
    within,
)
from faultzone.model.core.free_disks import Disks, FreeDisk, Said, all_disks, device_of, id_of, owners_of_disk, said_of
from faultzone.model.core.index import NONE, both, either
from faultzone.model.core.listing import Listed, listing, token_of
from faultzone.model.core.state import AccountState, Instance, RegionState
from faultzone.model.resources.describe import MOST_BY_TOKEN


@handles(DescribeDisks)
def describe_disks(region: RegionState, account: AccountState, request: DescribeDisks) -> Answer:
    """DescribeDisks: the system disk and the data disks of each instance, and those that are attached to nothing
    (instance/list-disks, instance/list-filters-today, resource/describe-free-disks)."""
    if request.status not in (None, "All", *DISK_STATES):
        raise ApiError("InvalidStatus.ValueNotSupported", "The specified Status is not valid.", 400)
    kept = account.kept(Disks)
    if (kept is not None and kept.any) or request.snapshot_id is not None:
        return _describe_each(region, account, request)
    book, conditions = account.book, []
    if request.instance_id is not None:
        conditions.append(rows_of_ids(account, [request.instance_id]))
    if request.zone_id is not None:
        conditions.append(book.rows("zone", region.zone_number(request.zone_id)))
    conditions += bounded(book, read_bounds(request.filters, ("Creation",)))
    conditions += tagged(book, "launch tag", read_asked_tags(request.tags))
    if request.lock_reason is not None:
        conditions.append(book.rows("lock", request.lock_reason))
    if request.charge_type is not None:
        conditions.append(book.rows("charge type", request.charge_type))
    if request.disk_ids is not None:
        conditions.append(
            rows_of_ids(account, [each for id in request.disk_ids for each in owners_of_disk(account, id)])
        )
    # No disk is made with a key, or is shared; all have the same policy.
    nobody_has = (request.kms_key_id, request.snapshot_policy_id)
    unlike_all = (
        request.shared,
        request.delete_auto_snapshot,
        request.enable_auto_snapshot is False,
        request.has_snapshot_policy,
        request.multi_attach not in (None, "Disabled"),
        request.status not in (None, "All", "In_use"),
    )
    if any(nobody_has) or any(unlike_all):
        conditions.append(NONE)
    selected = book.found(*conditions).rows
    groups: dict[int, Mapping[int, int]] = {}
    found: Listed[tuple[Instance, int]]
    if request.disk_ids is None:
        for terms in book.index("disks").values():
            count = len(_matching(request, terms))
            groups[count] = either((groups.get(count, NONE), both(selected, book.rows("disks", terms))))
        found = Several(book, groups, lambda each: [(each, number) for number in _matching(request, disk_terms(each))])
    else:
        asked = set(request.disk_ids)
        found = [
            (each, number)
            for each in Found(book, selected)
            for number in reversed(_matching(request, disk_terms(each)))
            if id_of(each, number) in asked
        ]
    return listing(
        "Disks",
        "Disk",
        found,
        request,
        lambda each: _render_disk(region, *each),
        latest_first=True,
        token=token_of(request, most=MOST_BY_TOKEN),
    )


def _matching(request: DescribeDisks, disks: Sequence[DiskTerms]) -> list[int]:
    """The numbers of those disks of an instance that the request asks for."""
    r, category = request, None if request.category == "all" else request.category
    return [
        each.number
        for each in disks
        if (r.disk_type == "all" or (r.disk_type == "system") == (each.number == 0))
        and r.portable in (None, each.number > 0)
        and r.disk_name in (None, each.name)
        and category in (None, each.category or DISK_CATEGORIES[0])
        and r.delete_with_instance in (None, each.deleted_with_instance)
        and (not r.encrypted or each.encrypted)
        and r.resource_group_id in (None, "", each.resource_group)
        and r.performance_level in (None, performance_level(each.category, each.performance_level))
    ]


#: What a launch may say of a disk that is shown as it was said, and what is shown where it did not.
_ASKED_OF_DISKS: Final = (
    ("KMSKeyId", ""),
    ("ProvisionedIops", 0),
    ("BurstingEnabled", False),
    ("StorageClusterId", ""),
)


def _render_disk(region: RegionState, instance: Instance, number: int) -> dict[str, Any]:
    said, options = said_of(instance, number), instance.options
    attached = stamp(said.get("AttachedTime", instance.created))
    of_instance: dict[str, Any] = {
        "DiskId": id_of(instance, number),
        "Type": "data" if number else "system",
        "Size": data_disk_gib(said) if number else system_disk_gib(said, instance.image),
        "Status": "In_use",
        "InstanceId": instance.id,
        "ImageId": "" if number else instance.image.id,
        "ZoneId": region.zone_ids[instance.zone],
        "Device": device_of(instance, number),
        "Portable": number > 0,
        "ResourceGroupId": options.group_of_part(id_of(instance, number)),
        "DiskChargeType": said.get("DiskChargeType", instance.charge_type),
        "CreationTime": stamp(said.get("CreationTime", instance.created)),
        "AttachedTime": attached,
        "DetachedTime": "",
        "OperationLocks": {"OperationLock": [{"LockReason": reason} for reason in instance.locks]},
        "Tags": {"Tag": tag_list(said["Tags"] if "Tags" in said else read_tag_list(options.launch_tags))},
    }
    shown = _render_said(region, said, of_instance)
    if region.edition.has(CURRENT):
        by_hour = said.get("DiskChargeType") == "PostPaid"
        shown["ExpiredTime"] = periods.expiry(None if by_hour else instance.expires)
        shown["Attachments"] = {
            "Attachment": [{name: shown[name] for name in ("InstanceId", "Device", "AttachedTime")}]
        }
    return shown


def _render_free(region: RegionState, disk: FreeDisk) -> dict[str, Any]:
    """A disk that is attached to nothing (resource/describe-free-disks)."""
    said = disk.said
    by_itself: dict[str, Any] = {
        "DiskId": disk.id,
        "Type": "data",
        "Size": data_disk_gib(said),
        "Status": disk.status,
        "InstanceId": disk.instance,
        "ImageId": "",
        "ZoneId": region.zone_ids[disk.zone],
        "Device": "",
        "Portable": True,
        "ResourceGroupId": disk.group,
        "DiskChargeType": "PostPaid",
        "CreationTime": stamp(said["CreationTime"]),
        "AttachedTime": "",
        "DetachedTime": "" if disk.detached is None else stamp(disk.detached),
        "OperationLocks": {"OperationLock": []},
        "Tags": {"Tag": tag_list(said["Tags"])},
    }
    shown = _render_said(region, said, by_itself)
    if region.edition.has(CURRENT):
        shown |= {"ExpiredTime": periods.expiry(None), "Attachments": {"Attachment": []}}
    return shown


def _render_said(region: RegionState, said: Said, known: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of a disk, with what is known of it."""
    shown: dict[str, Any] = {
        "DiskName": said.get("DiskName", ""),
        "Description": said.get("Description", ""),
        "Category": said.get("Category", DISK_CATEGORIES[0]),
        "PerformanceLevel": said.get("PerformanceLevel", ""),
        "RegionId": region.id,
        "DeleteWithInstance": said.get("DeleteWithInstance", True),
        "DeleteAutoSnapshot": said.get("DeleteAutoSnapshot", False),
        "EnableAutoSnapshot": said.get("EnableAutoSnapshot", True),
        "EnableAutomatedSnapshotPolicy": False,
        "AutoSnapshotPolicyId": "",
        "SourceSnapshotId": said.get("SnapshotId", ""),
        "ProductCode": "",
        "Encrypted": said.get("Encrypted", False),
        **known,
    }
    if region.edition.has(CURRENT):
        shown |= {
            "SerialNumber": shown["DiskId"].removeprefix("d-"),
            "MultiAttach": "Disabled",
            "AutoSnapshotPolicyId": said.get("AutoSnapshotPolicyId", ""),
            "EnableAutomatedSnapshotPolicy": "AutoSnapshotPolicyId" in said,
            **{name: said.get(name, usual) for name, usual in _ASKED_OF_DISKS},
            "PerformanceLevel": performance_level(shown["Category"], shown["PerformanceLevel"]),
        }
        shown |= _speed(shown)
    return shown


def _describe_each(region: RegionState, account: AccountState, request: DescribeDisks) -> Answer:
    """DescribeDisks where a disk is by itself or attached to another instance than its launch's."""
    if request.zone_id is not None:
        region.zone_number(request.zone_id)
    bounds, tags = read_bounds(request.filters, ("Creation",)), read_asked_tags(request.tags)
    shown = [
        _render_free(region, each) if isinstance(each, FreeDisk) else _render_disk(region, *each)
        for each in all_disks(account)
    ]
    found = [each for each in shown if _passes(request, each, bounds, tags)]
    found.sort(key=lambda each: str(each["CreationTime"]), reverse=True)
    token = token_of(request, most=MOST_BY_TOKEN)
    return listing("Disks", "Disk", found, request, lambda each: each, token=token)


def _passes(request: DescribeDisks, shown: Mapping[str, Any], bounds: Sequence[Bound], tags: Tags) -> bool:
    """Whether a disk, as it is shown, is one that the request asks for."""
    r, of_disk = request, {each["TagKey"]: each["TagValue"] for each in shown["Tags"]["Tag"]}
    locks = [each["LockReason"] for each in shown["OperationLocks"]["OperationLock"]]
    created = {"Creation": read_stamp(shown["CreationTime"])}
    return (
        (r.disk_ids is None or shown["DiskId"] in r.disk_ids)
        and r.instance_id in (None, shown["InstanceId"])
        and r.zone_id in (None, shown["ZoneId"])
        and r.disk_type in ("all", shown["Type"])
        and r.status in (None, "All", shown["Status"])
        and r.disk_name in (None, shown["DiskName"])
        and r.category in (None, "all", shown["Category"])
        and r.portable in (None, shown["Portable"])
        and (not r.encrypted or shown["Encrypted"])
        and r.delete_with_instance in (None, shown["DeleteWithInstance"])
        and r.delete_auto_snapshot in (None, shown["DeleteAutoSnapshot"])
        and r.enable_auto_snapshot in (None, shown["EnableAutoSnapshot"])
        and r.charge_type in (None, shown["DiskChargeType"])
        and (r.lock_reason is None or r.lock_reason in locks)
        and r.resource_group_id in (None, "", shown["ResourceGroupId"])
        and r.performance_level in (None, shown["PerformanceLevel"])
        and r.multi_attach in (None, "Disabled")
        and r.snapshot_id in (None, shown["SourceSnapshotId"])
        and not (r.kms_key_id or r.snapshot_policy_id or r.shared or r.has_snapshot_policy)
        and (not bounds or within(bounds, created))
        and has_tags(of_disk, tags)
    )


def _speed(shown: dict[str, Any]) -> dict[str, int]:
    """What a disk can do, by its category, performance level and size (instance/disk-speed)."""
    level = performance_level(shown["Category"], shown["PerformanceLevel"])
    operations, megabytes = disk_speed(shown["Category"], level, shown["Size"])
    return {
        **dict.fromkeys(("IOPS", "IOPSRead", "IOPSWrite"), operations),
        **dict.fromkeys(("Throughput", "ThroughputRead", "ThroughputWrite"), megabytes),
    }
