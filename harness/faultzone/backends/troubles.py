"""What tests have broken: several things may be wrong with one target, and each ends by itself, in any order.

A target is sound again once nothing is left of what was wrong with it.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any


class Troubles:
    """What is wrong with each target, by number."""

    def __init__(self) -> None:
        self._last = 0
        self._left: dict[Hashable, dict[int, Any]] = {}
        self._since: dict[Hashable, list[Any]] = {}

    def begin(self, what: Any, *targets: Hashable) -> int:
        """Note something that is wrong with these targets from now on; its number ends it."""
        self._last += 1
        for target in targets:
            self._left.setdefault(target, {})[self._last] = what
            self._since.setdefault(target, []).append(what)
        return self._last

    def left(self, target: Hashable) -> Mapping[int, Any]:
        """What is still wrong with a target, by number, the latest last."""
        return self._left.get(target, {})

    def end(self, target: Hashable, number: int | None = None) -> list[Any] | None:
        """End the trouble of this number with a target, or all that is wrong with it.

        Returns:
            All that was wrong since the target was last sound, if now nothing is; None where something still is, or the
            trouble had ended before.
        """
        left = self._left.get(target, {})
        if number is not None and left.pop(number, None) is None:
            return None
        if number is not None and left:
            return None
        self._left.pop(target, None)
        return self._since.pop(target, [])
