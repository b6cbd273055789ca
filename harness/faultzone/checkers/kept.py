"""A condition of the test's own, judged as a checker."""

from __future__ import annotations

from typing import Final

from faultzone.checkers.base import HOLDS, UNKNOWN, VIOLATED, Checker, Origin, Raw, Result
from faultzone.conditions import judging
from faultzone.conditions.sentences import Condition
from faultzone.journal.journal import KINDS

_VERDICTS: Final = {judging.HOLDS: HOLDS, judging.BROKEN: VIOLATED, judging.OPEN: UNKNOWN}


class Kept(Checker):
    """What a condition says of a journal.

    Args:
        origin: what the first entry of the journal says.
        condition: it; its name is its sentence.
    """

    kinds = KINDS  # Each entry says what time it is.

    def __init__(self, origin: Origin, condition: Condition) -> None:
        super().__init__(origin)
        self._judge = judging.Judge(condition)

    def see(self, entry: Raw) -> None:
        """Take one entry in."""
        self._judge.see(entry)

    @property
    def result(self) -> Result:
        """What it makes of what it has seen."""
        judged = self._judge.end()
        return Result(str(judged.condition), _VERDICTS[judged.verdict], "; ".join(judged.why), judged.entries)
