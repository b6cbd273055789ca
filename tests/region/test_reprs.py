"""What every public object says of itself: where a test fails, an address in memory explains nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import faultzone
from faultzone import Region, make_region
from faultzone.faults import CATALOGUE
from faultzone.faults.strategies import faults
from faultzone.faults.targets import is_described

#: The base of all faults, of which nobody makes one.
ABSTRACT = {"Fault"}


def public() -> dict[str, type]:
    found = {name: getattr(faultzone, name) for name in faultzone.__all__}
    return {name: kind for name, kind in found.items() if isinstance(kind, type) and name not in ABSTRACT}


def objects(region: Region) -> dict[str, object]:
    """One of each public class, the faults left out."""
    (one,) = region.run_instances(1)
    group = region.create_deployment_set()
    ran = region.run_command("echo 1", on=one)
    injection = region.chaos.crash(str(one.host))
    region.clock.advance("1h")
    (event,) = region.events.of(one)
    outcome = faultzone.finished()
    made = (
        *(region, one, group, ran, injection, event, outcome, region.clock, region.chaos, region.journal),
        *(region.journal.tail(1)[0], region.edition, faultzone.CloudOptions.of(), faultzone.Client(region)),
        *(faultzone.Reaction(), faultzone.Schedule([]), faultzone.never("refusal")),
        faultzone.Operation(1, "write", (), "client", "invoked", 0),
    )
    errors = [kind("what went wrong") for kind in public().values() if issubclass(kind, Exception)]
    return {type(each).__name__: each for each in (*made, *errors, faultzone.Shape(zones=1))}


def test_every_public_object_says_what_it_is() -> None:
    with make_region() as region:
        made = objects(region)
        assert public().keys() - made.keys() == {each.__name__ for each in CATALOGUE}
        for name, each in made.items():
            said = repr(each)
            assert name in said
            assert " object at 0x" not in said, name
            assert said.isprintable(), name


@pytest.fixture(scope="module")
def somewhere() -> Region:
    region = make_region()
    region.run_instances(3)
    return region


@settings(max_examples=50)
@given(st.data())
def test_a_fault_says_how_it_is_written(somewhere: Region, data: st.DataObject) -> None:
    fault = data.draw(faults(somewhere))
    assert eval(repr(fault), {each.__name__: each for each in CATALOGUE}) == fault


@settings(max_examples=25)
@given(st.text())
def test_whatever_a_name_has_in_it_a_repr_is_one_line(name: str) -> None:
    region = Region.__new__(Region)
    for each in (
        faultzone.Instance(region, name),
        faultzone.DeploymentSet(region, name),
        faultzone.Invocation(region, name),
    ):
        assert repr(each).isprintable()
        assert eval(repr(each).partition("(")[2][:-1]) == name
    if not is_described(name):
        fault = faultzone.HostCrash(name)
        assert repr(fault).isprintable()
        assert eval(repr(fault), {"HostCrash": faultzone.HostCrash}) == fault
