"""What is known of entries: all that regions write is."""

from __future__ import annotations

import pytest

from faultzone import ApiError, HostCrash, UsageError, make_region
from faultzone.conditions import Pattern, vocabulary
from faultzone.conditions.patterns import NAMES, Property
from faultzone.faults import CATALOGUE
from faultzone.journal.journal import KINDS


def test_each_kind_has_names() -> None:
    assert NAMES.keys() == KINDS


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(UsageError, match="did you mean 'event'"):
        vocabulary.see(Pattern("events"))


@pytest.mark.slow
def test_all_that_a_region_writes_can_be_asked_for() -> None:
    """A busy run; each entry is asked for by each of its fields and names."""
    with make_region(edition="2026-10", zones=2) as region:
        region.set_prices(hourly="0.5", monthly="100")
        region.top_up("1000")
        members = region.run_instances(2, deployment_set=region.create_deployment_set())
        region.run_command("exit 3", on=members[0])
        region.create_instance(InstanceChargeType="PrePaid", Period=1).start()
        with pytest.raises(ApiError):
            region.call("RunInstances", ImageId="none", InstanceType="ecs.g5.large")
        with region.chaos.shortage(), region.chaos.crash(members[0]):
            region.clock.advance("1h")
        region.chaos.at("10s", HostCrash(members[1].host or ""), until="40s")
        with region.chaos.api_failure("DescribeZones", only="everyone"), pytest.raises(ApiError):
            region.call("DescribeZones")
        region.chaos.maintenance(members[1], within="1d")
        region.clock.advance("2d")
        with region.operation("write", 3) as write:
            write.returns(4)
        with pytest.raises(ZeroDivisionError), region.operation("divide", who="b"):
            raise ZeroDivisionError
        members[1].delete()
        entries = [*region.journal]
    for number, _, kind, data in entries:
        for field in data:
            vocabulary.see(Pattern(kind, properties=(Property(field, "*"),)))
            assert vocabulary._fields(kind) == frozenset() or field in vocabulary._fields(kind), (number, kind, field)
        for field in NAMES[kind]:
            if isinstance(data.get(field), str):
                pattern = Pattern(kind, (str(data[field]),))
                vocabulary.see(pattern)
                assert pattern.meets(kind, data)
    assert {entry.kind for entry in entries} >= KINDS - {"stale", "summary", "verdict", "probe"}


@pytest.mark.parametrize("kind", CATALOGUE)
def test_each_fault_can_be_asked_for(kind: type) -> None:
    vocabulary.see(Pattern("fault", (kind.__name__,)))
