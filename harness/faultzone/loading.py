"""What is loaded when it is first asked for.

A process pays at its start for what it imports. So a table that names everything the house has, such as all actions or
all control verbs, says for each name in which module it is written, and that module is imported when one of its names
is first asked for. What only one function needs is imported in that function.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from typing import TypeVar, overload

K = TypeVar("K")
V = TypeVar("V")
D = TypeVar("D")


class Loaded(Mapping[K, V]):
    """A table whose values are in modules that are imported when they are first asked for.

    Its names are known from the start: to list them imports nothing.

    Args:
        homes: each module, and the names of what is in it; where two have one of a name, the later is meant.
        attribute: what a module calls the mapping that has its names; without it, a module puts them into this table
            as it is imported.

    Attributes:
        homes: the module of each name.
    """

    __slots__ = ("_attribute", "_found", "homes")

    def __init__(self, homes: Mapping[str, Iterable[K]], attribute: str = "") -> None:
        self.homes = {name: module for module, names in homes.items() for name in names}
        self._attribute = attribute
        self._found: dict[K, V] = {}

    def __setitem__(self, name: K, value: V) -> None:
        """Put in what a module has.

        Raises:
            LookupError: the table does not say that it is in any.
        """
        if name not in self.homes:
            raise LookupError(f"{name!r} is not in the table: name the module that has it")
        self._found[name] = value

    def __getitem__(self, name: K) -> V:
        found = self._found.get(name)
        return self._load(name) if found is None else found

    @overload
    def get(self, name: K, default: None = None, /) -> V | None: ...

    @overload
    def get(self, name: K, default: V | D, /) -> V | D: ...

    # Every call asks: the method of the base class takes twice as long.
    def get(self, name: K, default: V | D | None = None, /) -> V | D | None:
        """What a name stands for; the default where the table does not have it."""
        found = self._found.get(name)
        if found is None:
            return self._load(name) if name in self.homes else default
        return found

    def _load(self, name: K) -> V:
        home = self.homes[name]
        module = import_module(home)
        if self._attribute:
            there: Mapping[K, V] = getattr(module, self._attribute)
            self._found.update({each: value for each, value in there.items() if self.homes.get(each) == home})
        return self._found[name]

    def __contains__(self, name: object) -> bool:
        return name in self.homes

    def __iter__(self) -> Iterator[K]:
        return iter(self.homes)

    def __len__(self) -> int:
        return len(self.homes)
