"""What the schema of a fault tells of its fields."""

from __future__ import annotations

from typing import Any

import pytest

from faultzone import make_region
from faultzone.faults import CATALOGUE, Fault
from faultzone.faults.fault import schema as schema_of
from faultzone.faults.guests import OUTAGES, AgentOutage
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


@pytest.mark.parametrize("kind", [each for each in CATALOGUE if each.choices], ids=lambda kind: kind.__name__)
def test_the_schema_says_the_few_values_of_a_field(kind: type[Fault]) -> None:
    fields: Any = schema_of(kind)["properties"]
    for name, allowed in kind.choices.items():
        assert fields[name]["enum"] == list(allowed)
        assert [each for each in allowed if f"`{each}`" not in fields[name]["description"]] == []


def test_the_states_of_an_agent_are_said_once() -> None:
    said = ", ".join(f"`{each}`" for each in OUTAGES)
    fields: Any = schema_of(AgentOutage)["properties"]
    assert fields["state"]["description"] == f"the state of the agent, one of OUTAGES: {said}"


@pytest.mark.parametrize("state", ["running", *OUTAGES])
def test_a_guest_knows_each_state_of_its_agent(state: str) -> None:
    with make_region() as region:
        (one,) = region.run_instances(1)
        assert region.control("set-agent", instance=one.id, state=state)["states"] == ["running", *OUTAGES]
        assert region.control("agent", instance=one.id)["state"] == state
