from __future__ import annotations

from collections.abc import Iterator

import pytest

from faultzone import NotSupported, Region, UsageError, failed, make_region
from faultzone.faults import GuestCrash, HostCrash, Maintenance


@pytest.fixture
def region() -> Iterator[Region]:
    with make_region() as made:
        yield made


def test_faults_of_instances_take_handles_and_ids(region: Region) -> None:
    (instance,) = region.run_instances(1)
    by_handle = Maintenance(instance, within="1h")  # type: ignore[arg-type]
    assert by_handle == Maintenance(instance.id, within="1h")
    with region.chaos.maintenance(instance) as planned:
        assert planned.fault == Maintenance(instance.id, region=region.id)
    assert region.chaos.guest_crash(instance).fault == GuestCrash(instance.id)


def test_a_fault_of_what_is_neither_instance_nor_host_says_what_to_write(region: Region) -> None:
    with pytest.raises(UsageError, match=r"host=\['h'\]: expected the ID of a host"):
        region.chaos.crash(["h"])  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="host=None: expected the ID of a host"):
        HostCrash(None)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="instance=7: expected an ID"):
        region.chaos.security_lock(7)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="fault='crash': expected a fault such as HostCrash"):
        region.chaos.at("1h", "crash")  # type: ignore[arg-type]


def test_a_deployment_set_and_the_targets_of_a_command_go_by_handle_or_id(region: Region) -> None:
    made = region.create_deployment_set()
    (instance,) = region.run_instances(1, deployment_set=made.id)
    assert made.members == [instance]
    assert region.run_command("true", on=instance.id, outcomes={instance: failed()}).status == "Failed"


def test_an_outcome_of_what_is_no_target_is_refused_before_anything_is_made(region: Region) -> None:
    (instance,) = region.run_instances(1)
    with pytest.raises(UsageError, match=f"unknown target 'i-foo' in outcomes: expected '{instance.id}"):
        region.run_command("true", on=instance, outcomes={"i-foo": failed()})
    assert region.call("DescribeCommands")["TotalCount"] == 0


def test_a_verb_of_no_backend_is_refused_and_one_of_another_is_not_supported(region: Region) -> None:
    (instance,) = region.run_instances(1)
    with pytest.raises(UsageError, match=r"unknown control verb 'set-agnt': did you mean 'set-agent'\?"):
        region.control("set-agnt", instance=instance.id)
    with pytest.raises(NotSupported, match="the memory backend has no control verb 'exec'"):
        region.control("exec", instance=instance.id)


@pytest.mark.parametrize("action", ["RunInstanses", "runinstances", "Foo*"])
def test_a_fault_of_an_action_that_there_is_not_is_refused(region: Region, action: str) -> None:
    with pytest.raises(
        UsageError, match=f"unknown action '{action[:3]}.*': (did you mean 'RunInstances'|docs/actions.md)"
    ):
        region.chaos.throttling(action)
    with pytest.raises(UsageError, match="did you mean 'RunInstances'"):
        region.chaos.api_failure("RunInstanses")
