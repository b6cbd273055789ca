"""What ran in a guest: scripts of Cloud Assistant, start-up programs, and what somebody has run who has logged in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: How many of the scripts that ran in a guest are remembered, the latest.
REMEMBERED: Final = 100
#: By whom a script runs.
ASSISTANT, USER_DATA, LOGIN = "assistant", "user-data", "login"


@dataclass(slots=True)
class Ran:
    """One script that ran in a guest, the `number`-th from 0; `by` is `assistant`, `user-data` or `login`."""

    number: int
    by: str
    script: str
    started: int
    ended: int | None = None
    exit_code: int | None = None
    output: str = ""


class History:
    """What ran in real guests, as their hosts and agents tell of it. Instants are in milliseconds since the epoch."""

    def __init__(self) -> None:
        self._ran: dict[str, list[Ran]] = {}
        self._numbers: dict[str, int] = {}
        #: What goes on, by instance and the name of the run.
        self._going_on: dict[tuple[str, str], Ran] = {}

    def of(self, instance: str) -> list[Ran]:
        """The last that ran in an instance, oldest first."""
        return list(self._ran.get(instance, ()))

    def begin(self, instance: str, run: str, by: str, script: str, now: int) -> int:
        """A script begins; its number among those of its instance."""
        number = self._numbers.get(instance, 0)
        self._numbers[instance] = number + 1
        made = self._going_on[instance, run] = Ran(number, by, script, now)
        kept = self._ran.setdefault(instance, [])
        kept.append(made)
        del kept[:-REMEMBERED]
        return number

    def write(self, instance: str, run: str, output: str) -> None:
        """A script has put out so much by now."""
        if (found := self._going_on.get((instance, run))) is not None:
            found.output = output

    def end(self, instance: str, run: str, now: int, exit_code: int | None, output: str) -> None:
        """A script has ended; without an exit code, if it was ended."""
        if (found := self._going_on.pop((instance, run), None)) is not None:
            found.ended, found.exit_code, found.output = now, exit_code, output or found.output

    def end_all(self, instance: str, now: int) -> None:
        """Everything in an instance has ended with it."""
        for _, run in [each for each in self._going_on if each[0] == instance]:
            self.end(instance, run, now, None, "")

    def forget(self, instance: str) -> None:
        """An instance is released."""
        self._ran.pop(instance, None)
        self._numbers.pop(instance, None)
        for key in [each for each in self._going_on if each[0] == instance]:
            del self._going_on[key]
