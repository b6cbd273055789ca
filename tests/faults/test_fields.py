"""What the schema of a fault tells of its fields."""

from __future__ import annotations

from typing import Any

import pytest

from faultzone.faults import CATALOGUE, Fault
from faultzone.faults.fault import schema as schema_of
from faultzone.faults.targets import FIELDS, see_target


@pytest.mark.parametrize("kind", CATALOGUE, ids=lambda kind: kind.__name__)
def test_the_schema_says_what_each_field_is_and_what_targets_may_be(kind: type[Fault]) -> None:
    """So that a form can be made of it."""
    fields: Any = schema_of(kind)["properties"]
    assert [name for name, about in fields.items() if name != "fault" and not about.get("description")] == []
    assert {name: about["x-target"] for name, about in fields.items() if "x-target" in about} == {
        name: target for name, target in FIELDS.items() if name in fields
    }
    for name in FIELDS.keys() & fields.keys():
        assert fields[name]["examples"]
        for each in fields[name]["examples"]:
            see_target(name, each)
