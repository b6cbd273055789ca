"""Stop conditions over hosts that are real: of a test, of a scenario, and of a region that is served."""

from __future__ import annotations

from contextlib import closing

import pytest

from faultzone import HostKilled, Region, Schedule, SlowNetwork, make_region
from faultzone.faults.schedule import At
from faultzone.serve import cloud as hosted
from faultzone.serve.client import connect
from faultzone.substrate.docker.session import Session
from tests.docker.test_instances import hears, out, soon

pytestmark = [pytest.mark.docker, pytest.mark.slow]


def test_a_scenario_over_containers_ends_with_the_first_such_entry(real: Region) -> None:
    """With the loss of a host, which nobody asked for: the slow network and the host are mended at once."""
    one, other = real.run_instances(2, deployment_set=real.create_deployment_set())
    steps = [
        At("1s", SlowNetwork(str(other.host), kilobits=8)),
        At("2s", HostKilled(str(one.host))),
        At("5h", HostKilled(str(other.host))),
    ]
    stop_when = "event SystemFailure.Reboot Executing"
    scenario = Schedule.read(Schedule(steps, stop_when=stop_when).told())
    slow, killed, later = real.chaos.play(scenario)
    real.clock.advance("3s")
    soon(lambda: slow.state == "undone")  # Once the loss of the host is noticed.
    assert [each.state for each in (slow, later)] == ["undone", "undone"]
    assert killed.state in ("undoing", "undone")
    (stopped,) = real.journal.of("notice", what="experiment stopped")
    assert stopped.data["condition"] == stop_when
    soon(lambda: real.control("host-condition", host=other.host)["queue"] == "noqueue")
    real.wait(lambda: one.status == "Running", "10m", what="its restart")
    assert hears(one, other)
    real.clock.advance("5h")
    assert len(real.journal.of("fault", fault="HostKilled")) == 1


def test_a_test_over_containers_ends_its_faults(real: Region) -> None:
    (one,) = real.run_instances(1)
    stop = real.chaos.stop_when("transition to=Stopped")
    slow = real.chaos.inject(SlowNetwork(str(one.host), kilobits=256))
    one.stop()
    assert (stop.state, slow.state) == ("reached", "undone")
    one.start()
    assert out(one, "echo well") == "well"


def test_a_served_region_over_containers_has_them(hosts: Session) -> None:
    made = hosted.containers(**hosts.settings._asdict())
    cloud = hosted.Hosted(clock="hybrid", zones=1, hosts_per_zone=2, make=made)
    with (
        closing(cloud),
        hosted.endpoint(cloud, token="token") as served,
        closing(connect(served.url, token="token")) as connected,
        make_region(connected) as region,
    ):
        (one,) = region.run_instances(1)
        steps = [At(0, SlowNetwork(str(one.host), kilobits=256)), At("2h", HostKilled(str(one.host)))]
        slow, killed = region.chaos.play(Schedule(steps, stop_when="transition to=Stopped"))
        region.clock.advance("1s")
        assert slow.state == "active"
        one.stop()
        assert (slow.state, killed.state) == ("undone", "undone")
