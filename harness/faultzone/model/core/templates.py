"""A launch template and its versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class TemplateVersion(NamedTuple):
    """A version of a launch template: what is said of it, and the parameters of a launch, by the attribute of its
    request."""

    number: int
    description: str
    created: int
    given: Mapping[str, Any]


class LaunchTemplate:
    """Parameters of RunInstances under a name, in versions.

    Attributes:
        versions: by number.
        default: the number of the version that is used where none is named.
        latest: the number that was given last; it is not given again.
    """

    __slots__ = ("created", "default", "group", "id", "latest", "modified", "name", "tags", "versions")

    def __init__(self, id: str, name: str, created: int, group: str, tags: Mapping[str, str]) -> None:
        self.id, self.name, self.created, self.group, self.tags = id, name, created, group, tags
        self.modified = created
        self.default, self.latest = 1, 0
        self.versions: dict[int, TemplateVersion] = {}

    def add(self, description: str, given: Mapping[str, Any], now: int) -> int:
        """Add a version, and say its number (instance/template-versions)."""
        self.latest, self.modified = self.latest + 1, now
        self.versions[self.latest] = TemplateVersion(self.latest, description, now, given)
        return self.latest
