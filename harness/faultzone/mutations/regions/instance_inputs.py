"""Wrong regions of the chapter on instances: names of resources, tags, lists and times to filter by."""

from __future__ import annotations

from typing import Final

from faultzone.mutations.library import Mutation, at, drop, request, where
from faultzone.mutations.row import row

LISTING: Final = "DescribeInstances"


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
    row("values-of-the-system", "instance/tag-rule", "takes a value that begins like the system's",
        values={"instance.tag_value_reserved": []}),
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
)  # fmt: skip
