"""Wrong regions of the chapter on instances: names of resources, tags, lists and times to filter by."""

from __future__ import annotations

from typing import Final

from faultzone.mutations.library import Mutation, at, drop, read_as, refuse, refused_as, request, retry, where
from faultzone.mutations.row import row

LISTING: Final = "DescribeInstances"
LAUNCH: Final = "RunInstances"
STATUS: Final = "DescribeInstanceStatus"


def without_small_tags(action: str) -> Mutation:
    """Does not look at tags in small letters."""
    return request(action, drop("Tag.1.key", "Tag.1.value"))


def without_filters(first: int) -> Mutation:
    """Does not look at the filters from one on."""
    gone = [f"Filter.{number}.{field}" for number in range(first, 5) for field in ("Key", "Value")]
    return request(LISTING, drop(*gone))


REGIONS: Final = (
    row("any-key-pair", "instance/named-resources", "launches with any key pair",
        request("RunInstances", drop("KeyPairName"))),
    row("any-role", "instance/named-resources", "creates an instance with any role",
        request("CreateInstance", drop("RamRoleName"))),
    row("any-cluster", "instance/named-resources", "launches into any HPC cluster",
        request("RunInstances", drop("HpcClusterId"))),
    row("any-resource-group", "instance/unknown-resource-group", "launches into any resource group",
        request("RunInstances", drop("ResourceGroupId"))),
    row("names-without-periods", "instance/name-periods", "refuses periods in names",
        values={"instance.name_periods": False}),
    row("keys-of-63", "instance/tag-rule", "refuses a key of 64 characters", values={"instance.tag_key_length": 63}),
    row("keys-of-129", "instance/tag-rule", "takes a key of 129 characters", values={"instance.tag_key_length": 129}),
    row("values-of-127", "instance/tag-rule", "refuses a value of 128 characters",
        values={"instance.tag_value_length": 127}),
    row("values-of-129", "instance/tag-rule", "takes a value of 129 characters",
        values={"instance.tag_value_length": 129}),
    row("values-of-the-system", "instance/tag-values-reserved", "takes a value that begins like the system's",
        values={"instance.tag_value_reserved": []}),
    row("system-values-reserved-still", "instance/tag-values-free", "refuses a value that begins like the system's",
        values={"instance.tag_value_reserved": ["acs:"]}),
    row("two-hundred-come-in", "instance/launch-bandwidth-in", "lets 200 Mbit/s come in",
        values={"instance.bandwidth_in": 200}),
    row("ten-come-in", "instance/launch-bandwidth-in", "lets 10 Mbit/s come in whatever goes out",
        bandwidth_in_most=lambda right, out: 10),
    row("bandwidth-in-unheeded", "instance/launch-bandwidth-in", "ignores InternetMaxBandwidthIn",
        request(("RunInstances", "CreateInstance"), drop("InternetMaxBandwidthIn"))),
    row("groups-of-two-scripts", "instance/group-names", "takes Latin and Chinese letters alone",
        values={"instance.group_names_freely": False}),
    row("groups-of-any-first-letter", "instance/group-names", "takes names of groups that begin with no letter",
        group_name_is_valid=lambda right, name: right.group_name_is_valid(f"a{name.lstrip('1-')}"[:128])),
    row("numbers-from-one", "instance/ordered-names", "numbers every batch from 1",
        batch_name=lambda right, name, number, suffix: right.batch_name(name.replace("[99", "[1"), number, suffix)),
    row("number-and-suffix", "instance/ordered-names", "adds the suffix to a name that ends with its number",
        batch_name=lambda right, name, number, suffix: (
            right.batch_name(name, number, suffix) + (suffix if name.endswith("]") else ""))),
    row("digits-as-host-name", "instance/host-name-rule", "takes digits alone as a host name on Windows",
        host_name_is_valid=lambda right, name, system: (
            right.host_name_is_valid(f"a{name[1:]}" if name.isdigit() else name, system))),
    row("any-key", "instance/tag-rule", "takes keys that begin like the system's",
        tag_key_is_valid=lambda right, key: 1 <= len(key) <= right.edition.instance.tag_key_length),
    row("links-as-values", "instance/tag-rule", "takes links as values of tags",
        tag_value_is_valid=lambda right, value: right.tag_value_is_valid(value.replace("://", ""))),
    row("small-tags-are-lost", "instance/tag-small-letters",
        "does not look at tags in small letters at CreateInstance", without_small_tags("CreateInstance")),
    row("small-tags-filter-nothing", "instance/tag-small-letters",
        "does not look at tags in small letters at DescribeInstances", without_small_tags(LISTING)),
    row("small-tags-are-lost-by-groups", "instance/tag-small-letters",
        "does not look at tags in small letters at CreateSecurityGroup", without_small_tags("CreateSecurityGroup")),
    row("small-tags-find-all-groups", "instance/tag-small-letters",
        "does not look at tags in small letters at DescribeSecurityGroups",
        without_small_tags("DescribeSecurityGroups")),
    row("bare-id-is-a-list", "instance/describe-ids-json", "takes a bare id for a list",
        request(LISTING, at("InstanceIds", where(
            lambda ids: isinstance(ids, str) and not ids.startswith("["), lambda id: [id])))),
    row("expiry-is-ignored", "instance/describe-by-time", "does not filter by time", without_filters(1)),
    row("one-time-is-enough", "instance/describe-by-time",
        "looks at the first time that it is to filter by alone", without_filters(4)),
    row("filters-count-from-one", "instance/describe-by-time", "lists everything where filters do not begin at 1",
        request(LISTING, where(
            lambda given: "Filter.1.Key" not in given,
            lambda given: {name: value for name, value in given.items() if not name.startswith("Filter.")}))),

    # Names
    row("names-begin-with-letters", "instance/names-of-launches", "takes names that begin with a letter",
        instance_name_is_valid=lambda right, name: name[:1].isalpha() and right.instance_name_is_valid(name)),
    row("names-of-two-scripts", "instance/names-of-launches", "takes letters of Latin and Chinese alone",
        values={"instance.names_freely": False}),
    row("names-of-129-letters", "instance/names-of-launches", "takes the first 128 characters of a name",
        instance_name_is_valid=lambda right, name: right.instance_name_is_valid(name[:128])),
    row("names-of-one-letter", "instance/names-of-launches", "takes a name of one character",
        values={"instance.name_length": [1, 128]}),
    row("names-with-slashes", "instance/names-of-launches", "takes anything in a name",
        instance_name_is_valid=lambda right, name: 2 <= len(name) <= 128),
    row("disks-of-any-name", "instance/names-of-launches", "takes anything in the name of a disk",
        disk_name_is_valid=lambda right, name: True),
    row("disks-of-names-in-latin", "instance/names-of-launches", "takes no other letters than Latin for disks",
        disk_name_is_valid=lambda right, name: name.isascii() and right.disk_name_is_valid(name)),
    row("disks-are-created-with-any-name", "instance/names-of-launches", "does not look at names of disks to create",
        retry("CreateInstance", "InvalidDiskName.Malformed", drop("SystemDisk", "DataDisk"))),
    row("renames-to-digits", "instance/rename-rule", "renames by the rule of launches",
        instance_rename_is_valid=lambda right, name: right.instance_name_is_valid(name)),
    row("renames-to-any-name", "instance/rename-rule", "renames to anything",
        instance_rename_is_valid=lambda right, name: True),
    row("renames-to-latin", "instance/rename-rule", "renames to Latin letters alone",
        instance_rename_is_valid=lambda right, name: name.isascii() and right.instance_rename_is_valid(name)),
    row("renames-to-129-letters", "instance/rename-rule", "cuts a new name",
        request("ModifyInstanceAttribute", at("InstanceName", lambda name: name[:128]))),
    row("bad-name-by-another-code", "instance/rename-rule", "refuses a new name otherwise",
        refused_as("ModifyInstanceAttribute", "InvalidInstanceName.Malformed", "InvalidParameter")),
    row("keeps-old-names", "instance/rename-rule", "ignores InstanceName",
        request("ModifyInstanceAttribute", drop("InstanceName"))),

    # Periods and lists
    *(row(f"no-renewal-for-{months}-months", "billing/auto-renew-period-60", f"refuses {months} months",
          request(LAUNCH, at("AutoRenewPeriod", read_as({months: 18}))))
      for months in (24, 36, 48, 60)),
    row("renewal-for-18-months", "billing/auto-renew-period-60", "takes 18 months",
        values={"instance.renewals_month": [1, 2, 3, 6, 12, 18, 24, 36, 48, 60]}),
    row("renewal-for-72-months", "billing/auto-renew-period-60", "takes 72 months",
        request(LAUNCH, at("AutoRenewPeriod", read_as({72: 60})))),
    row("statuses-of-50", "instance/status-ids-100", "takes 50 ids",
        refuse(STATUS, "InvalidParameter", lambda given: len(given.get("InstanceId") or ()) > 50)),
    row("statuses-of-101", "instance/status-ids-100", "takes 100 of more ids",
        request(STATUS, at("InstanceId", lambda ids: ids[:100]))),
    row("statuses-of-all", "instance/status-ids-100", "ignores the ids", request(STATUS, drop("InstanceId"))),
    row("statuses-of-the-first", "instance/status-ids-100", "looks at the first id",
        request(STATUS, at("InstanceId", lambda ids: ids[:1]))),
)  # fmt: skip
