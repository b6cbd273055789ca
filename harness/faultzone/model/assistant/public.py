"""Public commands: those that a provider publishes for all accounts. A region has none until a test publishes some.

Source: API reference of October 2026, DescribeCommands and InvokeCommand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from faultzone.api.errors import ApiError
from faultzone.model.assistant import parameters
from faultzone.model.assistant.state import Command
from faultzone.model.core.state import RegionState


class Definition(NamedTuple):
    """What a placeholder of a public command takes.

    Attributes:
        default: its value where none is given.
        values: the only ones that it takes; any, where there are none.
        pattern: the regular expression that all of a value must match; any, if empty.
    """

    name: str
    description: str = ""
    required: bool = False
    default: str = ""
    values: tuple[str, ...] = ()
    pattern: str = ""

    def takes(self, value: str) -> bool:
        """Whether a value is one of its."""
        return (not self.values or value in self.values) and (
            not self.pattern or re.fullmatch(self.pattern, value) is not None
        )


class PublicCommand(Command):
    """A version of a public command; those of one provider, category and name are versions of one command."""

    __slots__ = ("category", "definitions", "provider", "version")

    provider: str
    category: str
    version: int
    definitions: tuple[Definition, ...]
    may_change = False

    def __init__(
        self,
        id: str,
        kind: str,
        content: str,
        script: str,
        created: int,
        *,
        name: str,
        description: str,
        timeout: int,
        provider: str,
        category: str,
        definitions: tuple[Definition, ...],
    ) -> None:
        super().__init__(id, kind, content, script, created)
        self.name, self.description, self.timeout = name, description, timeout
        self.provider, self.category, self.definitions = provider, category, definitions

    @property
    def key(self) -> tuple[str, str, str]:
        """What its versions have in common."""
        return self.provider, self.category, self.name

    def is_of(self, provider: str) -> bool:
        """Whether it is of a provider, such as AlibabaCloud.ECS.GuestOS, or of those under it, such as AlibabaCloud."""
        return self.provider == provider or self.provider.startswith(f"{provider}.")

    def complete(self, given: Mapping[str, str]) -> Mapping[str, str]:
        """Values with those that stand for what was not given.

        Raises:
            ApiError: `InvalidParameter`: one is missing, or not one that is taken.
        """
        folded = {name.lower(): value for name, value in given.items()}
        made = dict(given)
        for each in self.definitions:
            value = folded.get(each.name.lower())
            if value is None and each.required:
                raise ApiError.of("InvalidParameter", name="Parameters", why=f"{each.name} is missing")
            if value is None and each.default:
                made[each.name] = each.default
            elif value is not None and not each.takes(value):
                raise ApiError.of("InvalidParameter", name="Parameters", why=f"{each.name} cannot be {value[:64]!r}")
        return made


class PublicCommands(list[PublicCommand]):
    """The public commands of a region, oldest first."""


def published(region: RegionState) -> PublicCommands:
    """The public commands of a region."""
    return region.kept(PublicCommands) or PublicCommands()


def latest(commands: PublicCommands) -> list[PublicCommand]:
    """The latest version of each."""
    return list({each.key: each for each in commands}.values())


def publish(region: RegionState, made: PublicCommand) -> None:
    """Publish a command; where there is one of its provider, category and name, as a version of that.

    Raises:
        ApiError: it has too many placeholders, or one with too long a name.
    """
    known = region.part(PublicCommands)
    versions = [each for each in known if each.key == made.key]
    made.version = len(versions) + 1
    made.parameters = parameters.names(made.script, checked=region.edition.assistant.names_checked)
    known.append(made)


def find_public(region: RegionState, named: str) -> PublicCommand | None:
    """The public command of an id, or the latest version of the one of a name; None where there is none."""
    for each in reversed(published(region)):
        if named in (each.id, each.name):
            return each
    return None


def shown(command: PublicCommand, *, is_latest: bool) -> dict[str, Any]:
    """What is told of a public command beyond what any has (assistant/public-commands)."""
    return {
        "Provider": command.provider,
        "Category": command.category,
        "Version": command.version,
        "Latest": is_latest,
        "ParameterDefinitions": {
            "ParameterDefinition": [
                {
                    "ParameterName": each.name,
                    "Description": each.description,
                    "Required": each.required,
                    "DefaultValue": each.default,
                    "PossibleValues": {"PossibleValue": list(each.values)},
                    "PatternRegex": each.pattern,
                }
                for each in command.definitions
            ]
        },
    }
