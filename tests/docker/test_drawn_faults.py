"""Whatever breaks of hosts that are real, in whatever order: what was promised is so at the end."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from faultzone.checkers import demand
from faultzone.errors import UsageError
from faultzone.faults.strategies import faults
from faultzone.substrate.docker.session import Session
from tests.docker.conftest import MakeRegion
from tests.docker.test_instances import out

pytestmark = [pytest.mark.docker, pytest.mark.slow]


@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_drawn_faults_are_mended_and_hosts_become_as_they_were(
    make: MakeRegion, hosts: Session, data: st.DataObject
) -> None:
    region = make(zones=1, hosts_per_zone=3)
    instances = region.run_instances(2, deployment_set=region.create_deployment_set())
    drawn = data.draw(
        st.lists(st.tuples(faults(region, irreversible=False), st.sampled_from(("0s", "1s", "5m"))), max_size=3)
    )
    for fault, pause in drawn:
        with suppress(UsageError):
            region.chaos.inject(fault)
        region.clock.advance(pause)
    region.chaos.undo_all()
    region.clock.advance("2h")
    assert {each["state"] for each in region.hosts} == {"up"}
    for host in region.hosts:
        said = region.control("host-condition", host=host["host"])
        assert said["faults"] == []
        if "wire" in said:  # It has a container.
            assert (said["wire"], said["queue"], said["unheard"]) == ("up", "noqueue", [])
            assert said["local_free"] > 0
    for instance in instances:
        if instance.status == "Running":
            assert out(instance, "echo well") == "well"
    region.close()
    demand(region.journal)
