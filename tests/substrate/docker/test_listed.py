"""What the engine lists of containers, while they come and go."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from faultzone.substrate.docker.engine import LABEL, Made, containers_of

LONG = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("names", "name"),
    [(["/faultzone-1-host-1"], "faultzone-1-host-1"), ([], LONG[:12]), (None, LONG[:12])],
)
def test_a_container_that_is_just_removed_has_no_name_and_is_called_by_its_id(
    names: Sequence[str] | None, name: str
) -> None:
    labels = {LABEL: "1"}
    listed = {"Id": LONG, "Names": names, "Labels": labels, "State": "removing"}
    assert containers_of([listed], lambda _: True) == [Made("container", LONG, name, labels, "removing")]


def test_a_container_that_is_listed_after_it_is_gone_is_left_out() -> None:
    gone = {"Id": LONG, "Names": None, "Labels": {LABEL: "1"}, "State": "dead"}
    named = gone | {"Id": "f" * 64, "Names": ["/faultzone-1-host-2"]}
    asked = []

    def is_there(container: str) -> bool:
        asked.append(container)
        return False

    assert [each.name for each in containers_of([gone, named], is_there)] == ["faultzone-1-host-2"]
    assert asked == [LONG]  # A named one is there, and costs no question.
