"""Checkers of what is kept in records: the runs of commands, and the money of accounts."""

from __future__ import annotations

from typing import Final

from faultzone.checkers.base import Checker, Origin, Raw, when
from faultzone.clock import DAY, SECOND

_BEGINNING: Final = frozenset({"RunScript", "PutFile"})


class Settling(Checker):
    """Each run of a command settles, once, within delivery and timeout (invocation-status/settles and /monotone)."""

    name = "settling"
    kinds = frozenset({"effect", "transition"})

    def __init__(self, origin: Origin) -> None:
        super().__init__(origin)
        self._open: dict[tuple[str, str], Raw] = {}
        self._settled: dict[tuple[str, str], Raw] = {}

    def see(self, entry: Raw) -> None:
        """Follow runs from the effect that begins them to the transition that settles them."""
        data = entry[3]
        if entry[2] == "effect":
            if data["effect"] in _BEGINNING:
                key = (data["run"], data["instance"])
                if key not in self._settled:
                    self._open[key] = entry
        elif "run" in data:
            key = (data["run"], data["target"])
            if key in self._settled:
                self.blame(f"run {key[0]} on {key[1]} settled twice", self._settled[key], entry)
            self._settled[key] = entry
            begun = self._open.pop(key, None)
            if begun is not None and entry[1] > self._deadline(begun):
                self.blame(f"run {key[0]} on {key[1]} settled late", begun, entry)

    def end(self, now: int) -> None:
        """Judge what has not settled."""
        if not self.origin.guests_are_virtual or self.origin.edition is None:
            self.unknown = "guests are real, or the edition is not known here: nobody knows when runs must have settled"
            return
        for (run, instance), begun in self._open.items():
            deadline = self._deadline(begun)
            if now > deadline:
                self.blame(f"run {run} on {instance} has not settled by {when(now)}", begun)
            else:
                self.unknown = f"the journal ends before run {run} on {instance} must have settled"

    def _deadline(self, begun: Raw) -> int:
        edition = self.origin.edition
        if edition is None or not self.origin.guests_are_virtual:
            return begun[1] + 10**6 * DAY
        seconds: int = edition.assistant.delivery + begun[3].get("timeout", edition.assistant.timeout)
        return begun[1] + seconds * SECOND


def _units(yuan: str) -> int:
    """Yuan with four decimals as a whole number of 1/10000 yuan."""
    return int(yuan.replace(".", ""))


class Money(Checker):
    """Money is conserved: what an account has follows from what it had, paid in, bought and was charged.

    Clauses: billing/hourly-settlement, billing/renew.
    """

    name = "money"
    kinds = frozenset({"bill"})

    def __init__(self, origin: Origin) -> None:
        super().__init__(origin)
        self._last: dict[str, Raw] = {}

    def see(self, entry: Raw) -> None:
        """Compare an account with what it was at its last movement."""
        data = entry[3]
        account, amount = data["account"], _units(data["amount"])
        balance, charged = _units(data["balance"]), _units(data["charged"])
        last = self._last.get(account)
        self._last[account] = entry
        if amount < 0:
            self.blame(f"an amount of {data['amount']} was booked", entry)
        if data["what"] == "arrears" and balance >= 0:
            self.blame(f"{account} is in arrears with a balance of {data['balance']}", entry)
        if last is None:
            return
        before = last[3]
        if charged < _units(before["charged"]):
            self.blame(f"what {account} was charged became less", last, entry)
        moved = amount if data["what"] in ("top-up", "refund") else -amount
        if balance + charged != _units(before["balance"]) + _units(before["charged"]) + moved:
            self.blame(f"the balance of {account} does not follow from the one before", last, entry)
