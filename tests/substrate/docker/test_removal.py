"""What is left on an engine goes, and what the engine cannot let go is told apart from what it will."""

from __future__ import annotations

from typing import cast

import pytest

from faultzone.errors import HarnessError
from faultzone.substrate.docker.cleanup import remove_all
from faultzone.substrate.docker.engine import Engine, Made, Miscounted

NETWORK = Made("network", "n1", "faultzone-1", {})
VOLUME = Made("volume", "v1", "faultzone-1", {})


class Counting:
    """An engine with a network of which it counts containers that there are not, for so many tries."""

    def __init__(self, wrong: int) -> None:
        self.wrong = wrong
        self.there = [NETWORK, VOLUME]

    def remove(self, made: Made) -> None:
        if made is NETWORK and self.wrong:
            self.wrong -= 1
            raise Miscounted("it has active endpoints")
        self.there.remove(made)

    def made(self) -> list[Made]:
        return list(self.there)


def test_a_network_whose_last_container_is_just_going_goes_after_it() -> None:
    engine = Counting(2)
    assert remove_all(cast("Engine", engine), engine.made) == [NETWORK, VOLUME]
    assert engine.there == []


def test_a_network_that_an_engine_never_lets_go_is_given_up_soon_and_all_else_goes() -> None:
    engine = Counting(1000)
    with pytest.raises(Miscounted):
        remove_all(cast("Engine", engine), engine.made, count_seconds=0.0)
    assert engine.there == [NETWORK]


def test_what_does_not_go_for_another_reason_is_no_miscount() -> None:
    def remove(made: Made) -> None:
        raise HarnessError(f"{made.kind} is in use")

    engine = Counting(0)
    engine.remove = remove  # type: ignore[method-assign]
    with pytest.raises(HarnessError, match="network is in use") as refusal:
        remove_all(cast("Engine", engine), engine.made, seconds=0.0, count_seconds=0.0)
    assert not isinstance(refusal.value, Miscounted)
