"""Editions: the dated sets of documented limits and rules, as data.

`load("2019-02")` reads `2019-02.toml`. A test that wants a region with another limit derives an edition::

    edition = load("2019-02").changed({"deployment-set.zone-limit": 20})
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Final

from faultzone.errors import UsageError

DEFAULT: Final = "2019-02"


class Section:
    """One chapter's values of an edition; `zone-limit` in the file is the attribute `zone_limit`."""

    def __init__(self, name: str, values: Mapping[str, Any]) -> None:
        self._name = name
        self.__dict__.update(
            {
                key.replace("-", "_"): frozenset(value) if isinstance(value, list) and key in _SETS else value
                for key, value in values.items()
            }
        )

    def __getattr__(self, attribute: str) -> Any:
        raise AttributeError(f"edition has no value {self._name}.{attribute.replace('_', '-')}")


#: Lists that are only ever asked whether they contain something.
_SETS: Final = frozenset({"families", "no-charge-excluded", "modify-from"})


class Edition:
    """A dated set of limits and rules.

    Args:
        name: the date of the documentation, such as `2019-02`.
        values: chapter -> name -> value, as in the TOML file.
    """

    def __init__(self, name: str, values: Mapping[str, Mapping[str, Any]]) -> None:
        self.name = name
        self.values = values
        self.deployment_set = Section("deployment-set", values["deployment-set"])
        self.instance = Section("instance", values["instance"])
        self.event = Section("event", values["event"])
        self.billing = Section("billing", values["billing"])
        self.recovery = Section("recovery", values["recovery"])
        self.assistant = Section("assistant", values["assistant"])
        self._statuses, self._renamed = values["statuses"], values["renamed"]

    def status(self, action: str, code: str) -> int | None:
        """The HTTP status with which an action refuses, None where it is the usual one of the code."""
        found: int | None = self._statuses.get(action, {}).get(code)
        return found

    def code(self, code: str) -> str:
        """What the edition calls a code of the first edition."""
        return str(self._renamed.get(code, code))

    def changed(self, changes: Mapping[str, object]) -> Edition:
        """This edition with other values, named by `chapter.name`.

        Raises:
            UsageError: the edition has no such value.
        """
        values = {chapter: dict(section) for chapter, section in self.values.items()}
        for path, value in changes.items():
            chapter, _, name = path.partition(".")
            if name not in values.get(chapter, {}):
                known = ", ".join(f"{c}.{n}" for c, section in sorted(values.items()) for n in sorted(section))
                raise UsageError(f"edition {self.name} has no value {path!r}; it has {known}")
            values[chapter][name] = value
        return Edition(self.name, values)

    def __repr__(self) -> str:
        return f"Edition({self.name!r})"


def names() -> tuple[str, ...]:
    """The editions that there are, oldest first."""
    files = (entry.name for entry in resources.files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in files if name[:2] == "20" and name.endswith(".toml")))


@cache
def read(name: str) -> dict[str, Any]:
    """The data of one TOML file of this package."""
    return tomllib.loads((resources.files(__name__) / f"{name}.toml").read_text(encoding="utf-8"))


@cache
def load(name: str = DEFAULT) -> Edition:
    """The edition of that name. One that is `based-on` another says in its file only what differs.

    Raises:
        UsageError: there is none.
    """
    if name not in names():
        raise UsageError(f"there is no edition {name!r}; there are {', '.join(names())}")
    values = read(name)
    if base := values.get("based-on"):
        values = {chapter: {**section, **values.get(chapter, {})} for chapter, section in load(base).values.items()}
    return Edition(name, values)
