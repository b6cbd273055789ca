"""An edition: a dated set of documented limits and rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from faultzone.errors import UsageError

if TYPE_CHECKING:
    from faultzone.editions.chapters import Assistant, Billing, DeploymentSets, Events, Instances, Recovery

#: The year and month of a documentation: dates order editions, and say when a parameter or an action came.
Date = tuple[int, int]


def date_text(date: Date) -> str:
    """A date as it is written: `2019-02`."""
    return f"{date[0]}-{date[1]:02d}"


class Edition(NamedTuple):
    """A dated set of limits and rules.

    Attributes:
        name: what a user asks for, such as `2019-02`.
        date: of the documentation. Editions are compared by it, never by their names.
        complete: whether all that the documentation says of what a region simulates is in it.
        statuses: action -> code -> the HTTP status of the refusal, where it is not the usual one of the code.
        renamed: what the edition calls codes of the first edition, where it calls them otherwise.
    """

    name: str
    date: Date
    complete: bool
    deployment_set: DeploymentSets
    instance: Instances
    event: Events
    recovery: Recovery
    assistant: Assistant
    billing: Billing
    statuses: Mapping[str, Mapping[str, int]]
    renamed: Mapping[str, str]

    def status(self, action: str, code: str) -> int | None:
        """The HTTP status with which an action refuses, None where it is the usual one of the code."""
        return self.statuses.get(action, {}).get(code)

    def code(self, code: str) -> str:
        """What the edition calls a code of the first edition."""
        return self.renamed.get(code, code)

    def has(self, since: Date) -> bool:
        """Whether what came with the documentation of this date is in the edition."""
        return since <= self.date

    def changed(self, changes: Mapping[str, object]) -> Edition:
        """This edition with other values, named by chapter and name: `{"deployment_set.zone_limit": 20}`.

        Raises:
            UsageError: the edition has no such value.
        """
        edition = self
        for path, value in changes.items():
            chapter, _, name = path.partition(".")
            if name not in self.values().get(chapter, ()):
                raise UsageError.unknown(
                    "value",
                    path,
                    [f"{chapter}.{name}" for chapter, names in self.values().items() for name in names],
                    where=f"of edition {self.name}",
                    see="write chapter.name, such as 'deployment_set.zone_limit'",
                )
            edition = edition._replace(**{chapter: getattr(edition, chapter)._replace(**{name: value})})
        return edition

    def values(self) -> dict[str, tuple[str, ...]]:
        """The names of its values by chapter."""
        chapters: dict[str, Any] = {name: getattr(self, name) for name in self._fields}
        return {name: each._fields for name, each in chapters.items() if hasattr(each, "_fields")}

    def __repr__(self) -> str:
        return f"Edition({self.name!r})"
