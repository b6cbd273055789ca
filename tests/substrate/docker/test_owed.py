"""What hosts owe, and for how long they have been silent about it."""

from __future__ import annotations

import pytest

from faultzone.substrate.docker import owed
from faultzone.substrate.docker.owed import Owed, Return


def test_hosts_are_silent_from_when_something_is_awaited(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that is repaired after minutes in which nobody asked for anything has just been asked."""
    now = 100.0
    monkeypatch.setattr(owed, "monotonic", lambda: now)
    debts = Owed()
    now = 400.0
    assert debts.silent == 300.0
    debts.add(Return("cn-hangzhou", 0))
    assert (len(debts), debts.silent) == (1, 0.0)
    now = 431.0
    assert debts.silent == 31.0
