"""What is loaded when it is first asked for.

A process pays at its start for what it imports. So a table of everything of a kind imports its modules late. One that
each call asks, such as that of all actions, says for each name in which module it is (`Loaded`). One that is asked
later, such as that of all control verbs, looks through its modules until one has the name (`Searched`). What only one
function needs is imported in that function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from types import ModuleType
from typing import TypeVar, overload

K = TypeVar("K")
V = TypeVar("V")
D = TypeVar("D")


class Loaded(Mapping[K, V]):
    """A table whose values are in modules that are imported when they are first asked for.

    Its names are known from the start: to list them imports nothing.

    Args:
        homes: each module, and the names of what is in it.
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


class Searched(Mapping[str, V]):
    """A table whose modules alone say what is in it: they are imported one after the other, until one has a name.

    To list the names, or to look for one that there is not, imports all.

    Args:
        modules: their names; where two have something of a name, the earlier is meant.
        inside: what a module has, by name.
    """

    __slots__ = ("_found", "_inside", "_left")

    def __init__(self, modules: Iterable[str], inside: Callable[[ModuleType], Mapping[str, V]]) -> None:
        self._left = [*modules]
        self._inside = inside
        self._found: dict[str, V] = {}

    def _all(self) -> dict[str, V]:
        while self._left:
            self._load()
        return self._found

    def _load(self) -> None:
        """Import the next module; should that fail, it is the next again."""
        for name, value in self._inside(import_module(self._left[0])).items():
            self._found.setdefault(name, value)
        del self._left[0]

    def __getitem__(self, name: str) -> V:
        while name not in self._found and self._left:
            self._load()
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())
