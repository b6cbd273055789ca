"""Checkers of instances: their life cycle, places, addresses, identity, and what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from faultzone.checkers.base import Checker, Holders, Origin, Raw, launched

_TRANSITION: Final = frozenset({"transition"})
#: What an entry tells of the spread of a set, where it tells nothing: one member a host.
_PLAIN: Final[Mapping[str, Any]] = {"place": None, "group": 0, "most": 1}


class Spread(Checker):
    """No more members of a deployment set than may are on one host, rack or switch after any input.

    Clauses: deployment-set/strict-spread, deployment-set/group-spread, deployment-set/type, deployment-set/affinity.
    """

    name = "spread"
    kinds = frozenset({"transition", "notice"})
    judges_inputs = True

    def __init__(self, origin: Origin) -> None:
        super().__init__(origin)
        self._holders = Holders()
        self._hosts: dict[str, object] = {}

    def see(self, entry: Raw) -> None:
        """Follow hosts and memberships."""
        data = entry[3]
        instance = data.get("instance")
        if instance is None:
            return
        if entry[2] == "transition":
            released = data["to"] == "Released"
            host, group = None if released else data.get("host"), data.get("deployment_set")
            if group is None and instance not in self._hosts:
                return  # Most instances are in no set; one that joins says so, and then has had a transition.
            self._hosts[instance] = host
        elif data["what"] == "membership":
            host, group = self._hosts.get(instance, data.get("host")), data["deployment_set"]
            self._holders.take(instance, None, entry)  # It may come to another group on the same host.
        else:
            return
        place = None if host is None else data.get("spread", _PLAIN)["place"] or host
        self._holders.take(instance, None if place is None or group is None else (group, place), entry)

    def commit(self) -> None:
        """Look at the places that have got another member."""
        for place, members in self._holders.disputes():
            told = [entry[3].get("spread", _PLAIN) for entry in members.values()]
            most, groups = told[-1]["most"], {each["group"] for each in told}
            if most is not None and (len(groups) > 1 if groups != {0} else len(members) > most):
                assert isinstance(place, tuple)
                group, host = place
                self.blame(f"{' and '.join(members)} share a host: {host}, members of {group}", *members.values())


#: A state -> those that may follow. A guest may shut itself down, a host that is back boots what it carries, a crash
#: interrupts any step, and what changes host, or gives its own back, says so without a change of state.
_FOLLOWS: Final = {
    None: {"Pending"},
    "Pending": {"Starting", "Stopped", "Released"},
    "Starting": {"Starting", "Running", "Stopping", "Released"},
    "Running": {"Running", "Starting", "Stopping", "Stopped", "Released"},
    "Stopping": {"Stopping", "Starting", "Stopped", "Released"},
    "Stopped": {"Stopped", "Starting", "Released"},
    "Released": set[str](),
}


class LifeCycle(Checker):
    """Instances go from state to state as documented, each from where it was (instance/life-cycle)."""

    name = "life-cycle"
    kinds = _TRANSITION

    def __init__(self, origin: Origin) -> None:
        super().__init__(origin)
        self._last: dict[str, Raw] = {}

    def see(self, entry: Raw) -> None:
        """Judge one transition."""
        data = entry[3]
        instance = data.get("instance")
        if instance is None:
            return
        before, after = data["from"], data["to"]
        last = self._last.get(instance)
        if before != (None if last is None else last[3]["to"]):
            was = "was not there" if last is None else f"was {last[3]['to']}"
            self.blame(f"{instance} {was}, yet went from {before} to {after}", last, entry)
        elif after not in _FOLLOWS.get(before, ()):
            self.blame(f"{instance} went from {before} to {after}", entry)
        elif before == "Pending" and after == "Released" and data.get("why") == "user":
            self.blame(f"{instance} was released by its user while Pending", entry)
        self._last[instance] = entry


class Identity(Checker):
    """Instances keep their addresses and zone (instance/identity).

    What their user changes changes; else the public address alone, across a stop without charge or with a financial
    lock.
    """

    name = "identity"
    kinds = frozenset({"transition", "notice"})

    def __init__(self, origin: Origin) -> None:
        super().__init__(origin)
        self._last: dict[str, Raw] = {}
        #: Those that are, or since their stop have been, Stopped in a way that costs the public address.
        self._gave_up: set[str] = set()
        #: Those whose user has changed their addresses, until they are told.
        self._changed: set[str] = set()

    def see(self, entry: Raw) -> None:
        """Compare an instance with what it was before."""
        data = entry[3]
        instance = data.get("instance")
        if instance is None:
            return
        if entry[2] == "notice":
            if data["what"] == "locks" and "financial" in data["locks"]:
                self._gave_up.add(instance)
            elif data["what"] == "addresses":
                self._changed.add(instance)
            return
        last = self._last.get(instance)
        self._last[instance] = entry
        if data["to"] == "Stopped" and data.get("stopped_mode") == "StopCharging":
            self._gave_up.add(instance)
        if last is None or data["to"] == "Released":
            return
        before, changed = last[3], instance in self._changed
        self._changed.discard(instance)
        for each in ("zone", "region", "account", *(() if changed else ("private_ip",))):
            if data.get(each) != before.get(each):
                self.blame(f"{each} of {instance} became {data.get(each)}", last, entry)
        lost = instance in self._gave_up and data["to"] in ("Stopped", "Starting")
        if data.get("public_ip") != before.get("public_ip") and not (changed or lost):
            self.blame(f"public_ip of {instance} became {data.get('public_ip') or 'none'}", last, entry)
        if data["to"] == "Running":
            self._gave_up.discard(instance)


class Conservation(Checker):
    """An address has one instance at a time after any input.

    An instance's id is never used again, and each that a call has answered is that of an instance.
    """

    name = "conservation"
    kinds = frozenset({"transition", "call"})
    judges_inputs = True

    def __init__(self, origin: Origin) -> None:
        super().__init__(origin)
        self._private, self._public = Holders(), Holders()
        self._made: dict[str, Raw] = {}
        self._answered: dict[str, Raw] = {}

    def see(self, entry: Raw) -> None:
        """Follow who has which address, and which instances there must be."""
        data = entry[3]
        if entry[2] == "call":
            if data["action"] in ("RunInstances", "CreateInstance"):
                self._answered.update(dict.fromkeys(launched(data["answer"]), entry))
            return
        instance = data.get("instance")
        if instance is None:
            return
        if data["from"] is None:
            if instance in self._made:
                self.blame(f"{instance} was made twice", self._made[instance], entry)
            self._made[instance] = entry
        released = data["to"] == "Released"
        private = None if released else data.get("private_ip")
        self._private.take(instance, private and (data["region"], data["account"], data.get("vpc"), private), entry)
        self._public.take(instance, None if released else data.get("public_ip") or None, entry)

    def commit(self) -> None:
        """Look at the addresses that have got another instance, and for the instances that were answered."""
        if self._answered:
            for instance, call in self._answered.items():
                if instance not in self._made:
                    self.blame(f"{instance} was answered and never made", call)
            self._answered.clear()
        for thing, holders in (*self._private.disputes(), *self._public.disputes()):
            self.blame(f"{' and '.join(holders)} have one address: {thing}", *holders.values())


class Epochs(Checker):
    """No report of an earlier epoch of an instance, or of a released one, has changed anything."""

    name = "epochs"
    kinds = frozenset({"transition", "effect", "report"})

    def __init__(self, origin: Origin) -> None:
        super().__init__(origin)
        self._newest: dict[str, Raw] = {}
        self._released: dict[str, Raw] = {}

    def see(self, entry: Raw) -> None:
        """Compare the epoch of a report that was taken in with the newest that is known of its instance."""
        data = entry[3]
        instance, epoch = data.get("instance"), data.get("epoch")
        if instance is None or epoch is None:
            return
        newest = self._newest.get(instance)
        if entry[2] == "report":
            released = self._released.get(instance)
            if released is not None or (newest is not None and epoch < newest[3]["epoch"]):
                self.blame(f"a {data['report']} of epoch {epoch} of {instance} was taken in", released or newest, entry)
            return
        if entry[2] == "transition" and data["to"] == "Released":
            self._released[instance] = entry
        if newest is None or epoch > newest[3]["epoch"]:
            self._newest[instance] = entry
