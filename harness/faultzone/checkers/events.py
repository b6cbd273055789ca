"""Checkers of system events: the machine that they go through, their windows, and releases that are due."""

from __future__ import annotations

from typing import Final

from faultzone.checkers.base import Checker, Origin, Raw, launched, when
from faultzone.clock import MINUTE, SECOND, read_stamp

#: A state, None before publication -> those that may follow (event/states). The judge has a table of its own: that of
#: the model would acquit the model.
_FOLLOWS: Final = {
    None: {"Scheduled", "Executing", "Inquiring"},
    "Inquiring": {"Executing", "Avoided", "Canceled"},
    "Scheduled": {"Executing", "Avoided", "Canceled"},
    "Executing": {"Executed", "Failed"},
}
_SIMULATED_FOLLOWS: Final = {"Scheduled": "Executed", "Executing": "Canceled"}
#: By how much the execution may come after its NotBefore.
_LATE: Final = MINUTE


class EventMachine(Checker):
    """System events go from state to state as documented, of one type and instance all the while (event/states)."""

    name = "event-machine"
    kinds = frozenset({"event"})

    def __init__(self, origin: Origin) -> None:
        super().__init__(origin)
        self._last: dict[str, Raw] = {}

    def see(self, entry: Raw) -> None:
        """Judge one transition."""
        data = entry[3]
        event, before, after = data["event"], data["from"], data["to"]
        last = self._last.get(event)
        self._last[event] = entry
        if before != (None if last is None else last[3]["to"]):
            was = "was not published" if last is None else f"was {last[3]['to']}"
            self.blame(f"{event} {was}, yet went from {before} to {after}", last, entry)
        elif after not in _FOLLOWS.get(before, ()) and not (
            data["simulated"] and _SIMULATED_FOLLOWS.get(before) == after
        ):
            self.blame(f"{event} went from {before} to {after}", entry)
        elif last is not None and any(data[each] != last[3][each] for each in ("type", "instance", "simulated")):
            self.blame(f"{event} became another event", last, entry)


class Windows(Checker):
    """A planned event begins at its NotBefore, not earlier, and not later unless it was answered.

    Clauses: event/default-action, event/move. How long the windows are is for the clauses of each type to say.
    """

    name = "windows"
    kinds = frozenset({"event", "notice"})

    def __init__(self, origin: Origin) -> None:
        super().__init__(origin)
        #: What said last when an event is due, what it was then, and when that is.
        self._planned: dict[str, tuple[Raw, str, int]] = {}

    def see(self, entry: Raw) -> None:
        """Compare the beginning, or for a simulated event the end, of an execution with the plan."""
        _, at, kind, data = entry
        if kind == "notice":
            if data["what"] == "event moved" and (moved := self._planned.get(data["event"])) is not None:
                self._planned[data["event"]] = (entry, moved[1], data["not_before"])
            return
        event = data["event"]
        if data["not_before"] is None:
            return
        if data["from"] is None:
            self._planned[event] = (entry, data["to"], data["not_before"])
            return
        planned = self._planned.get(event)
        if planned is None:
            return
        plan, _, due = planned
        begins = data["from"] == "Scheduled" and data["to"] in ("Executing", "Executed")
        if (begins or (data["simulated"] and data["to"] == "Executed")) and at < due:
            self.blame(f"{event} was {data['to']} before its NotBefore, {when(due)}", plan, entry)
        elif begins and at > self._latest(plan, due):
            self.blame(f"{event} was {data['to']} long after its NotBefore", plan, entry)
        if data["from"] == "Scheduled":
            del self._planned[event]

    def end(self, now: int) -> None:
        """Look for plans whose time has passed."""
        for event, (plan, state, due) in self._planned.items():
            if state == "Scheduled" and now > self._latest(plan, due):
                self.blame(f"{event} is still Scheduled at {when(now)}, long after its NotBefore", plan)

    def _latest(self, plan: Raw, due: int) -> int:
        """An event that is published after its NotBefore begins at once."""
        return max(plan[1], due) + _LATE


class Releases(Checker):
    """Nothing is released early: automatic release, and release for want of payment.

    Clauses: instance/auto-release, billing/release-after-15-days, event/default-action.
    """

    name = "releases"
    kinds = frozenset({"transition", "notice", "event", "call"})

    def __init__(self, origin: Origin) -> None:
        super().__init__(origin)
        #: The calls that ask for a release, by instance, with the instant.
        self._asked: dict[str, tuple[Raw, int | None]] = {}
        self._locked: dict[str, Raw] = {}
        self._announced: dict[str, Raw] = {}

    def see(self, entry: Raw) -> None:
        """Note what announces a release, and compare releases with it."""
        _, _, kind, data = entry
        if kind == "transition":
            if data["to"] == "Released" and "instance" in data:
                self._judge(data["instance"], entry)
        elif kind == "call":
            if data["action"] == "ModifyInstanceAutoReleaseTime" or "AutoReleaseTime" in data["parameters"]:
                self._ask(entry)
        elif kind == "event":
            if data["type"].endswith(".Delete"):
                self._announced[data["instance"]] = entry
        elif data["what"] == "locks":
            if "financial" in data["locks"]:
                self._locked.setdefault(data["instance"], entry)
            else:
                self._locked.pop(data["instance"], None)

    def _ask(self, entry: Raw) -> None:
        """Note the instant that a call asks for; a call that is repeated by its token asks for nothing new."""
        action, parameters, answer = entry[3]["action"], entry[3]["parameters"], entry[3]["answer"]
        text = parameters.get("AutoReleaseTime")
        try:
            at = read_stamp(text) // MINUTE * MINUTE if text else None
        except ValueError:
            return
        if action == "ModifyInstanceAutoReleaseTime":
            self._asked[str(parameters.get("InstanceId"))] = (entry, at)
        elif action in ("RunInstances", "CreateInstance"):
            for each in launched(answer):
                self._asked.setdefault(each, (entry, at))

    def _judge(self, instance: str, released: Raw) -> None:
        at, why = released[1], released[3].get("why")
        if why == "auto-release":
            call, asked = self._asked.get(instance, (None, 0))
            if call is not None and (asked is None or at < asked):
                wanted = "never" if asked is None else f"not before {when(asked)}"
                self.blame(f"{instance} was to be released automatically {wanted}", call, released)
        elif str(why).endswith(".Delete"):
            event, lock = self._announced.get(instance), self._locked.get(instance)
            if event is not None and (event[3]["to"] != "Executing" or at < event[3]["not_before"]):
                self.blame(f"{instance} was released although its event is {event[3]['to']}", event, released)
            edition = self.origin.edition
            if edition is not None and lock is not None and at < lock[1] + edition.billing.release_after * SECOND:
                self.blame(f"{instance} was released too soon after its stop", lock, released)
