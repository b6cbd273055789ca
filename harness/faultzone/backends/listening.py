"""The functions that are called with the notices of a cloud, in this process or elsewhere: each asks for those since a
number."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from typing import Any

Notice = dict[str, Any]
Listener = Callable[[Notice], object]


class Listeners:
    """Functions that are called with each notice from a number on, in order.

    Args:
        since: gives the notices from a number on.
    """

    def __init__(self, since: Callable[[int], Sequence[Notice]]) -> None:
        self._since = since
        self._functions: dict[int, tuple[int, Listener]] = {}
        #: The number of the next notice to deliver.
        self.next = 1
        self._wanted = False
        self._delivering = threading.Lock()

    def __bool__(self) -> bool:
        return bool(self._functions)

    def add(self, number: int, function: Listener, start: int) -> None:
        """Call a function from the notice `start` on; `number` ends it."""
        if not self._functions:
            self.next = start
        self._functions = {**self._functions, number: (start, function)}

    def remove(self, number: object) -> bool:
        """Call the function of this number no more; False where there is none."""
        known = number in self._functions
        self._functions = {each: listener for each, listener in self._functions.items() if each != number}
        return known

    def clear(self) -> None:
        """Call none any more."""
        self._functions = {}

    def deliver(self) -> None:
        """Call the functions with what they have not been called with; by one thread at a time, so that the order
        stays.

        Raises:
            Exception: what the first failing function raised, once everything has been delivered to all.
        """
        failed: list[Exception] = []
        # Whoever comes while another delivers leaves it to him: he looks once more before he goes.
        self._wanted = True
        while self._wanted and self._delivering.acquire(blocking=False):
            try:
                self._wanted = False
                while self._functions and (notices := self._since(self.next)):
                    self._hand_out(notices, failed)
            finally:
                self._delivering.release()
        if failed:
            raise failed[0]

    def _hand_out(self, notices: Sequence[Notice], failed: list[Exception]) -> None:
        for number, notice in enumerate(notices, self.next):
            self.next = number + 1
            for start, function in self._functions.values():
                if number < start:
                    continue
                try:
                    function(json.loads(json.dumps(notice)))
                except Exception as error:
                    failed.append(error)
