"""The faults in force: several may be on one target, and each ends by itself, in any order.

A target is sound again once no fault is left on it.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any


class ActiveFaults:
    """What is broken at each target, by number."""

    def __init__(self) -> None:
        self._last = 0
        self._left: dict[Hashable, dict[int, Any]] = {}
        self._since: dict[Hashable, list[Any]] = {}

    def begin(self, what: Any, *targets: Hashable) -> int:
        """Note a fault that these targets have from now on; its number ends it."""
        self._last += 1
        for target in targets:
            self._left.setdefault(target, {})[self._last] = what
            self._since.setdefault(target, []).append(what)
        return self._last

    def on(self, target: Hashable) -> Mapping[int, Any]:
        """The faults in force on a target, by number, the latest last."""
        return self._left.get(target, {})

    def end(self, target: Hashable, number: int | None = None) -> list[Any] | None:
        """End the fault of this number on a target, or all of them.

        Returns:
            All faults that the target had since it was last sound, if none is left; None where one is, or where the
            fault had ended before.
        """
        left = self._left.get(target, {})
        if number is not None and left.pop(number, None) is None:
            return None
        if number is not None and left:
            return None
        self._left.pop(target, None)
        return self._since.pop(target, [])
