"""How far long work is, for whoever looks at a terminal: drawn by tqdm on the standard error.

Without tqdm (the extra `progress`), and where the standard error is no terminal, nothing is written. tqdm is what draws
because it needs no other package and writes nothing but one line, which it removes at the end.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from tqdm import tqdm


def _bar(what: str, count: int, unit: str) -> tqdm[NoReturn] | None:
    if not sys.stderr.isatty():
        return None
    try:
        from tqdm import tqdm
    except ImportError:
        return None
    return tqdm(desc=what, total=count, unit=f" {unit}", leave=False, dynamic_ncols=True, file=sys.stderr)


@contextmanager
def shown(what: str, count: int, unit: str) -> Iterator[Callable[[], object]]:
    """Show work until the block ends; the function that it gives says that one more part is done.

    Args:
        what: is worked on, such as `image of the hosts`.
        count: how many parts it has.
        unit: what a part is called, such as `package`.
    """
    bar = _bar(what, count, unit)
    if bar is None:
        yield lambda: None
        return
    with bar:
        yield bar.update


class Growing:
    """Work whose parts are not known at the start: shown from the first part that begins until none is under way.

    Args:
        what: is worked on.
        unit: what a part is called.
    """

    def __init__(self, what: str, unit: str) -> None:
        self._what, self._unit = what, unit
        self._bar: tqdm[NoReturn] | None = None
        self._under_way = self._begun = 0

    def begin(self) -> None:
        """One more part begins."""
        self._under_way += 1
        if self._under_way == 1:
            self._begun = 0
            self._bar = _bar(self._what, 0, self._unit)
        self._begun += 1
        if self._bar is not None:
            self._bar.total = self._begun
            self._bar.refresh()

    def end(self) -> None:
        """A part has come to its end."""
        self._under_way -= 1
        if self._bar is None:
            return
        self._bar.update()
        if self._under_way == 0:
            self._bar.close()
            self._bar = None
