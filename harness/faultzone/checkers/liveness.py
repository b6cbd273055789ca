"""What judges whether things come to their ends: instances that are on their way, and events that are executed."""

from __future__ import annotations

from typing import Final

from faultzone.checkers.base import Checker, Origin, Raw, when
from faultzone.clock import HOUR, SECOND

#: The longest that an instance is documented or configured to be on its way, besides the wait for its host (ms).
#: Provisioning may be set to a day.
_LONGEST: Final = {"Pending": 25 * HOUR, "Starting": 6 * HOUR, "Stopping": 6 * HOUR}


class Stuck(Checker):
    """No instance stays Pending, Starting or Stopping, and no event Executing whose instance has come to rest.

    Clauses: event/window-execution, recovery/relocates, recovery/local-disk-lost. What may take long is counted: a
    host that is waited for, a recovery that is planned; and an instance may be Stopped without end for want of a host.
    """

    name = "stuck"
    kinds = frozenset({"transition", "report", "event"})

    def __init__(self, origin: Origin) -> None:
        super().__init__(origin)
        terms = origin.recovery
        #: How long a recovery may leave an instance as it was, and how long an event may be executed after that (ms).
        self._patience = (terms.get("planned_delay", 0) + terms.get("host_patience", 0)) * SECOND
        self._window = self._patience + max(HOUR, terms.get("execution_window", 0) * SECOND)
        #: The last that was said of each instance, and the instant from which it is measured.
        self._last: dict[str, tuple[Raw, int]] = {}
        self._executing: dict[str, Raw] = {}
        self._lost: set[tuple[str, str]] = set()

    def see(self, entry: Raw) -> None:
        """Follow instances, their events, and hosts into and out of loss."""
        data = entry[3]
        if entry[2] == "report":
            self._follow_host(entry)
            return
        instance = data.get("instance")
        if instance is None:
            return
        if entry[2] == "transition":
            before = self._last.get(instance)
            if before is not None and before[0][3]["to"] in _LONGEST:
                self._judge(instance, before, entry[1], entry)
            self._last[instance] = (entry, entry[1])
        elif data["to"] == "Executing" and not data["simulated"]:
            self._executing[data["event"]] = entry
        else:
            begun = self._executing.pop(data["event"], None)
            if begun is not None:
                self._judge_event(begun, entry[1], entry)

    def _follow_host(self, entry: Raw) -> None:
        """A host that is back boots what it carries: that is measured from then on."""
        data = entry[3]
        if data["report"] == "HostLost":
            self._lost.add((data["region"], data["host"]))
        elif data["report"] == "HostBack":
            host = (data["region"], data["host"])
            self._lost.discard(host)
            for waiting, (since, _) in self._last.items():
                if (since[3].get("region"), since[3].get("host")) == host:
                    self._last[waiting] = (since, entry[1])

    def end(self, now: int) -> None:
        """Judge what is still on its way."""
        if not self.origin.guests_are_virtual:
            self.unknown = "guests are real: the journal's instants do not measure them"
            return
        for instance, since in self._last.items():
            status = since[0][3]["to"]
            if status in _LONGEST and not self._judge(instance, since, now):
                self.unknown = f"the journal ends while {instance} is {status}"
        for begun in self._executing.values():
            self._judge_event(begun, now)

    def _judge(self, instance: str, since: tuple[Raw, int], now: int, *left: Raw) -> bool:
        """Blame what took too long; False where that is not so (yet)."""
        entry, start = since
        data = entry[3]
        if not self.origin.guests_are_virtual or now - start <= _LONGEST[data["to"]] + self._patience:
            return False
        self.blame(f"{instance} was {data['to']} from {when(start)} to {when(now)}", entry, *left)
        return True

    def _judge_event(self, begun: Raw, now: int, *left: Raw) -> None:
        """Blame an event that was Executing long after its instance had come to rest."""
        data = begun[3]
        last = self._last.get(data["instance"])
        if last is None or not self.origin.guests_are_virtual:
            return
        latest, since = last
        place = (latest[3].get("region"), latest[3].get("host"))
        if latest[3]["to"] in _LONGEST or (latest[3]["to"] == "Stopped" and place in self._lost):
            return
        start = max(since, begun[1])
        if now - start > self._window:
            what = f"{data['event']} of {data['instance']} was Executing until {when(now)}"
            self.blame(f"{what}, and the instance {latest[3]['to']} since {when(start)}", begun, latest, *left)
