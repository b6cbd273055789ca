"""The verb of public commands."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from faultzone.api.ecs.assistant import TYPES
from faultzone.api.errors import ApiError
from faultzone.control.registry import Table, verb
from faultzone.control.targets import find_region
from faultzone.errors import UsageError
from faultzone.model.assistant.public import Definition, PublicCommand, publish

if TYPE_CHECKING:
    from faultzone.control.local import Local

VERBS: Table = {}
#: What may be said of a placeholder, as DescribeCommands shows it, and what it is.
_FIELDS: Final[Mapping[str, tuple[str, type]]] = {
    "ParameterName": ("name", str),
    "Description": ("description", str),
    "Required": ("required", bool),
    "DefaultValue": ("default", str),
    "PossibleValues": ("values", list),
    "PatternRegex": ("pattern", str),
}


@verb(VERBS, "shape-region")
def publish_command(
    backend: Local,
    *,
    name: str,
    content: str,
    type: str = "RunShellScript",
    provider: str = "AlibabaCloud.ECS.GuestOS",
    category: str = "",
    description: str = "",
    timeout: int = 60,
    parameters: Sequence[Any] = (),
) -> dict[str, Any]:
    """Publish a command for all accounts and regions; returns its ID and its version.

    `parameters` say what placeholders take, as DescribeCommands shows it: `{"ParameterName": "url", "Required": true}`.
    """
    if type not in TYPES:
        raise UsageError.expected_one_of("type", type, TYPES)
    if timeout < 1:
        raise UsageError.expected_whole("timeout", timeout, 1)
    try:
        encoded = base64.b64encode(content.encode()).decode()
    except UnicodeEncodeError:
        raise UsageError.expected("content", content, "a text without lone surrogates") from None
    definitions = tuple(_definition(each) for each in parameters)
    cloud = backend.cloud
    made = PublicCommand(
        cloud.world.hex_id("c"),
        type,
        encoded,
        content,
        cloud.clock.now,
        name=name,
        description=description,
        timeout=timeout,
        provider=provider,
        category=category,
        definitions=definitions,
    )
    try:
        for region_id in cloud.region_ids:
            publish(find_region(backend, region_id), made)
    except ApiError as wrong:
        raise UsageError(f"content: {wrong.message}") from None
    return {"command": made.id, "version": made.version}


def _definition(given: object) -> Definition:
    """What is said of a placeholder.

    Raises:
        UsageError: a field is unknown, or not what it must be.
    """
    if not isinstance(given, Mapping) or not given.get("ParameterName"):
        raise UsageError.expected("parameters", given, 'mappings such as {"ParameterName": "url", "Required": true}')
    values: dict[str, Any] = {}
    for field, value in given.items():
        if field not in _FIELDS:
            raise UsageError.expected_one_of("parameters", field, _FIELDS)
        attribute, kind = _FIELDS[field]
        if not isinstance(value, kind):
            raise UsageError.expected(field, value, f"a value of the type {kind.__name__}")
        values[attribute] = tuple(str(each) for each in given[field]) if kind is list else value
    try:
        re.compile(values.get("pattern", ""))
    except re.error as wrong:
        raise UsageError.expected("PatternRegex", values["pattern"], f"a regular expression: {wrong}") from None
    return Definition(**values)
