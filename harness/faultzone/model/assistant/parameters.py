"""Placeholders in scripts, `{{name}}`, from edition 2020-12 (assistant/parameters)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from faultzone.api.errors import ApiError

#: What is filled in without anybody's defining it, after `ACS::`; by its name in small letters.
_BUILT_IN: Final = {
    name.lower(): name for name in ("RegionId", "AccountId", "InstanceId", "InstanceName", "InvokeId", "CommandId")
}
#: Anything else in double braces, blanks at the ends aside, is no placeholder.
_FORM: Final = rf"\{{\{{\s*(?:ACS::({'|'.join(_BUILT_IN.values())})|([A-Za-z0-9_-]+))\s*\}}\}}"
_PLACEHOLDER: Final = re.compile(_FORM)
#: Where names are checked, the case of letters makes no difference to those of the service either.
_CHECKED: Final = re.compile(_FORM, re.IGNORECASE)
_BRACES: Final = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_NAME_LENGTH: Final = 64
_NAMES: Final = 20
_GIVEN: Final = 10


def names(script: str, *, checked: bool) -> tuple[str, ...]:
    """The names that a script leaves open, each once and as it is first written; letters' case makes no
    difference (assistant/placeholder-names, assistant/placeholder-characters).

    Args:
        checked: whether what is no name is refused.

    Raises:
        ApiError: there are too many, or one is too long, or is none.
    """
    for braces in _BRACES.finditer(script) if checked else ():
        if not braces[1].strip():
            raise ApiError("CmdParam.EmptyKey")
        if not _CHECKED.fullmatch(braces[0]):
            raise ApiError("CmdParam.InvalidParamName")
    found: dict[str, str] = {}
    for _, name in _PLACEHOLDER.findall(script):
        if name:
            found.setdefault(name.lower(), name)
    if any(len(name) > _NAME_LENGTH for name in found):
        raise ApiError("CmdParamName.ExceedLimit")
    if len(found) > _NAMES:
        raise ApiError.of("InvalidParameter", name="CommandContent", why=f"it has more than {_NAMES} placeholders")
    return tuple(found.values())


def built_ins(script: str, *, checked: bool) -> set[str]:
    """What a script leaves to the service, such as `InvokeId`."""
    form = _CHECKED if checked else _PLACEHOLDER
    return {_BUILT_IN[name.lower()] for name, _ in form.findall(script) if name}


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


def fill(script: str, given: Mapping[str, str], built_in: Mapping[str, str], *, checked: bool) -> str:
    """A script with its placeholders filled in; what is filled in is not looked at again. What has no value is empty
    (assistant/parameters-default-empty)."""
    values = {name.lower(): value for name, value in given.items()}

    def value(found: re.Match[str]) -> str:
        return built_in[_BUILT_IN[found[1].lower()]] if found[1] else values.get(found[2].lower(), "")

    return (_CHECKED if checked else _PLACEHOLDER).sub(value, script)
