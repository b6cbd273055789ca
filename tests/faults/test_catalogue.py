"""Each fault of the catalogue has what breaks it, and travels as JSON."""

from __future__ import annotations

import json

import pytest

from faultzone.control.tables import container_breakers, memory_breakers
from faultzone.errors import UsageError
from faultzone.faults import CATALOGUE, HostCrash
from faultzone.faults.fault import Fault, schema
from faultzone.faults.house import read
from tests.support.faults import IN_MEMORY, OF_MACHINES, PAGE, SAMPLES, name_of, stage


def test_each_fault_has_what_breaks_it() -> None:
    assert SAMPLES.keys() == set(IN_MEMORY) == memory_breakers().keys()
    assert container_breakers().keys() == set(CATALOGUE) == SAMPLES.keys() | OF_MACHINES.keys()


def test_what_cannot_always_be_undone_says_so() -> None:
    assert str(HostCrash("h", reversible=False).why_no_undo) in PAGE.read_text("utf-8")


@pytest.mark.parametrize("kind", IN_MEMORY, ids=name_of)
def test_the_schema_of_a_fault_describes_it_in_whole_sentences(kind: type[Fault]) -> None:
    said = str(schema(kind)["description"])
    assert said.endswith(".")
    assert "\n" not in said


@pytest.mark.parametrize("kind", IN_MEMORY, ids=name_of)
def test_a_fault_travels_as_json(kind: type[Fault]) -> None:
    fault = SAMPLES[kind](stage())
    assert read(json.loads(json.dumps(fault.told()))) == fault


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, r"write a fault such as .*HostCrash"),
        ({"fault": "HostCrsh", "host": "h"}, "did you mean 'HostCrash'"),
        ({"fault": ["HostCrash"]}, "write a fault such as"),
        ({"fault": "HostCrash"}, r"HostCrash: missing field 'host'; it takes host: string, reversible: boolean\?"),
        ({"fault": "HostCrash", "host": "h", "hsot": "x"}, "unknown field 'hsot'"),
        ({"fault": "HostCrash", "host": []}, "expected the ID of a host"),
        ({"fault": "HostCrash", "host": "h", "reversible": 1}, "reversible=1: expected boolean"),
        ({"fault": "SupplyShortage", "limit": True}, "limit=True: expected integer"),
        ({"fault": "SlowNetwork", "host": "h", "kilobits": None}, "kilobits=None: expected integer"),
        ({"fault": "SlowNetwork", "host": None}, "host=None: expected the ID of a host"),
        ({"fault": "HostCrash", "host": "h", "reversible": None}, "reversible=None: expected boolean"),
        ({"fault": "AgentOutage", "instance": "i", "state": None}, "state=None: expected string"),
        ({"fault": "ClockJump", "by": "soon"}, "expected a duration such as"),
        ({"fault": "Maintenance"}, "expected either instance or host"),
        ({"fault": "AgentOutage", "instance": "i", "state": "running"}, "expected one of 'stopped'"),
    ],
)
def test_what_is_no_fault_is_told_what_to_write(given: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read(given)
