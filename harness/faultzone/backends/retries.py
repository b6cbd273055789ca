"""How often a run may repeat calls to an endpoint that loses or throttles them, and what is said of too many.

What an action itself refuses is an answer, and not repeated. A read is repeated whatever became of it. What changes
something is repeated only where it is known that it was not carried out: nothing listened, or the call was throttled.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from faultzone.errors import Unanswered

#: How often one call is sent at most.
TRIES: Final = 5
#: The run may repeat so many calls, and one more for each so many calls.
_FREE: Final = 20
_SHARE: Final = 20
#: Seconds before a throttled call is sent again: doubled each time.
_PAUSE: Final = 0.1

#: What may become of a call, as a report says it; of these, those after which it is known that nothing was carried out.
_SAID: Final = {
    "refused": "found nobody listening",
    "lost": "were dropped",
    "reset": "were reset",
    "late": "were not answered in time",
    "throttled": "were throttled",
    "unavailable": "were answered that the service is unavailable",
}
_NOT_CARRIED_OUT: Final = frozenset({"refused", "throttled"})
_ADVICE: Final = (
    "Take away what loses them between here and there (a proxy, a balancer, a limit of connections), raise the "
    "account's limit of calls, or run fewer tests at a time (--clause 'deployment-set/*'); then run again."
)


@dataclass
class Budget:
    """The calls of a run that were lost or throttled, and repeated.

    Args:
        name: of the endpoint.
        sleep: waits so many real seconds.
    """

    name: str
    sleep: Callable[[float], None] = time.sleep
    calls: int = 0
    repeated: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    used_up: bool = False

    def repeats(self, error: Unanswered, tries: int, *, reads: bool) -> bool:
        """Note what became of a call, and wait before it is sent again; False where it must not be.

        Args:
            tries: how often it was sent.
            reads: whether it changes nothing.
        """
        if error.kind not in _SAID:
            return False
        self.failures[error.kind] += 1
        if tries >= TRIES or not (reads or error.kind in _NOT_CARRIED_OUT):
            return False
        if self.repeated >= _FREE + self.calls // _SHARE:
            self.used_up = True
            return False
        self.repeated += 1
        if error.kind != "lost" or tries > 1:
            self.sleep(_PAUSE * 2 ** (tries - 1))
        return True

    @property
    def counts(self) -> str:
        """How many calls there were, and what became of those that were not answered."""
        found = [f"{count} {_SAID[kind]}" for kind, count in sorted(self.failures.items())]
        return f"of {self.calls} calls to {self.name} {', '.join(found)}; {self.repeated} were repeated"

    def summary(self) -> str:
        """`counts`; empty where all calls were answered."""
        return self.counts if self.failures else ""

    @property
    def verdict(self) -> str:
        """Why the run is stopped, and what to do."""
        return f"The endpoint loses too many calls: {self.counts}, which is all that a run may repeat. {_ADVICE}"
