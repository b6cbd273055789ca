"""What the engine lists of containers, while they come and go."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from faultzone.substrate.docker.engine import LABEL, Made, container_of

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
    assert container_of(listed) == Made("container", LONG, name, labels, "removing")
