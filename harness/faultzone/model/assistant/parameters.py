"""Placeholders in scripts, `{{name}}`, from edition 2020-12 (assistant/parameters)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from faultzone.api.errors import ApiError

#: Anything else in double braces, blanks at the ends aside, is no placeholder. Those after `ACS::` are filled in
#: without anybody's defining them.
_PLACEHOLDER: Final = re.compile(
    r"\{\{\s*(?:ACS::(RegionId|AccountId|InstanceId|InstanceName|InvokeId|CommandId)|([A-Za-z0-9_-]+))\s*\}\}"
)
_NAME_LENGTH: Final = 64
_NAMES: Final = 20
_GIVEN: Final = 10


def names(script: str) -> tuple[str, ...]:
    """The names that a script leaves open, each once and as it is first written; letters' case makes no
    difference (assistant/placeholder-names).

    Raises:
        ApiError: there are too many, or one is too long.
    """
    found: dict[str, str] = {}
    for _, name in _PLACEHOLDER.findall(script):
        if name:
            found.setdefault(name.lower(), name)
    if any(len(name) > _NAME_LENGTH for name in found):
        raise ApiError("CmdParamName.ExceedLimit")
    if len(found) > _NAMES:
        raise ApiError.of("InvalidParameter", name="CommandContent", why=f"it has more than {_NAMES} placeholders")
    return tuple(found.values())


def built_ins(script: str) -> set[str]:
    """What a script leaves to the service, such as `InvokeId`."""
    return {name for name, _ in _PLACEHOLDER.findall(script) if name}


def check(defined: tuple[str, ...] | None, given: Mapping[str, str]) -> None:
    """Refuse values for an invocation that its command cannot take; those not given are empty
    (assistant/parameters, assistant/parameter-limits).

    Raises:
        ApiError: the command takes none, there are too many, or one is for a name that it does not have.
    """
    if not given:
        return
    if defined is None:
        raise ApiError("Parameter.Disabled")
    if len(given) > _GIVEN:
        raise ApiError("ParameterCount.ExceedLimit")
    if any(len(name) > _NAME_LENGTH for name in given):
        raise ApiError("ParameterKey.ExceedLimit")
    folded = {name.lower() for name in given}
    if len(folded) < len(given):
        raise ApiError("ParameterKey.Duplicate")
    if not folded <= {name.lower() for name in defined}:
        raise ApiError("Parameter.NotMatched")


def fill(script: str, given: Mapping[str, str], built_in: Mapping[str, str]) -> str:
    """A script with its placeholders filled in; what is filled in is not looked at again. What has no value is empty
    (assistant/parameters-default-empty)."""
    values = {name.lower(): value for name, value in given.items()}
    return _PLACEHOLDER.sub(lambda found: built_in[found[1]] if found[1] else values.get(found[2].lower(), ""), script)
