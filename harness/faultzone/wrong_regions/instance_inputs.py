"""Wrong regions of the chapter on instances: names of resources, tags, lists and times to filter by."""

from __future__ import annotations

from typing import Any

from faultzone.model.rules import Rules
from faultzone.wrong_regions import Answer, Parameters, Wrapper, declare, wrong
from faultzone.wrong_regions.instances import asks
from faultzone.wrong_regions.wrappers import ignores

for _name, _clause, _says, _form in (
    ("any-key-pair", "named-resources", "launches with any key pair", ignores("RunInstances", "KeyPairName")),
    ("any-role", "named-resources", "creates an instance with any role", ignores("CreateInstance", "RamRoleName")),
    ("any-cluster", "named-resources", "launches into any HPC cluster", ignores("RunInstances", "HpcClusterId")),
    (
        "any-resource-group",
        "unknown-resource-group",
        "launches into any resource group",
        ignores("RunInstances", "ResourceGroupId"),
    ),
):
    wrong(_name, f"instance/{_clause}", _says)(_form)

for _name, _clause, _says, _value, _given in (
    ("names-without-periods", "name-periods", "refuses periods in names", "name_periods", False),
    ("keys-of-63", "tag-rule", "refuses a key of 64 characters", "tag_key_length", 63),
    ("keys-of-129", "tag-rule", "takes a key of 129 characters", "tag_key_length", 129),
    ("values-of-127", "tag-rule", "refuses a value of 128 characters", "tag_value_length", 127),
    ("values-of-129", "tag-rule", "takes a value of 129 characters", "tag_value_length", 129),
    ("values-of-the-system", "tag-rule", "takes a value that begins like the system's", "tag_value_reserved", []),
):
    declare(_name, f"instance/{_clause}", _says, {f"instance.{_value}": _given})


@wrong("numbers-from-one", "instance/ordered-names", "numbers every batch from 1")
class _NumbersFromOne(Rules):
    def batch_name(self, name: str, number: int, suffix: str) -> str:
        return super().batch_name(name.replace("[99", "[1"), number, suffix)


@wrong("number-and-suffix", "instance/ordered-names", "adds the suffix to a name that ends with its number")
class _NumberAndSuffix(Rules):
    def batch_name(self, name: str, number: int, suffix: str) -> str:
        made = super().batch_name(name, number, suffix)
        return f"{made}{suffix}" if name.endswith("]") else made


@wrong("digits-as-host-name", "instance/host-name-rule", "takes digits alone as a host name on Windows")
class _DigitsAsHostName(Rules):
    def host_name_is_valid(self, name: str, system: str) -> bool:
        return super().host_name_is_valid(f"a{name[1:]}" if name.isdigit() else name, system)


@wrong("any-key", "instance/tag-rule", "takes keys that begin like the system's")
class _AnyKey(Rules):
    def tag_key_is_valid(self, key: str) -> bool:
        return 1 <= len(key) <= int(self.edition.instance.tag_key_length)


@wrong("links-as-values", "instance/tag-rule", "takes links as values of tags")
class _LinksAsValues(Rules):
    def tag_value_is_valid(self, value: str) -> bool:
        return super().tag_value_is_valid(value.replace("://", ""))


def _without_small_tags(given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name not in ("Tag.1.key", "Tag.1.value")}


for _name, _action in (
    ("small-tags-are-lost", "CreateInstance"),
    ("small-tags-filter-nothing", "DescribeInstances"),
    ("small-tags-are-lost-by-groups", "CreateSecurityGroup"),
    ("small-tags-find-all-groups", "DescribeSecurityGroups"),
):
    _says = f"does not look at tags in small letters at {_action}"
    asks(_name, "tag-small-letters", _says, (_action,), _without_small_tags)


def _of_a_bare_id(given: dict[str, Any]) -> dict[str, Any]:
    ids = given.get("InstanceIds")
    return {**given, "InstanceIds": [ids]} if isinstance(ids, str) and not ids.startswith("[") else given


asks("bare-id-is-a-list", "describe-ids-json", "takes a bare id for a list", ("DescribeInstances",), _of_a_bare_id)


def _without_filters(first: int) -> Any:
    gone = {f"Filter.{n}.{field}" for n in range(first, 5) for field in ("Key", "Value")}
    return lambda given: {name: value for name, value in given.items() if name not in gone}


asks("expiry-is-ignored", "describe-by-time", "does not filter by time", ("DescribeInstances",), _without_filters(1))
asks(
    "one-time-is-enough",
    "describe-by-time",
    "looks at the first time that it is to filter by alone",
    ("DescribeInstances",),
    _without_filters(4),
)


@wrong("filters-count-from-one", "instance/describe-by-time", "lists everything where filters do not begin at 1")
class _FiltersCountFromOne(Wrapper):
    def call(self, action: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        if action == "DescribeInstances" and "Filter.1.Key" not in parameters:
            parameters = {name: value for name, value in parameters.items() if not name.startswith("Filter.")}
        return super().call(action, parameters, account=account)
