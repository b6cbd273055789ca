"""Instances: starting, stopping, restarting and deleting several at once."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from faultzone import Instance, Region, assert_refused

clause, needs = pytest.mark.clause, pytest.mark.needs


#: Each action with the state from which it is allowed, the state that it brings, and where it ends.
ACTIONS = [
    ("StopInstances", "Running", "Stopped"),
    ("StartInstances", "Stopped", "Running"),
    ("RebootInstances", "Running", "Running"),
]


def made(region: Region, amount: int, status: str) -> list[Instance]:
    """So many instances in a state."""
    instances = region.run_instances(amount)
    if status == "Stopped":
        for each in instances:
            each.stop(wait=False)
        region.wait_until_all(instances, "Stopped")
    return instances


def asked(region: Region, action: str, instances: list[Instance], **more: object) -> list[dict[str, Any]]:
    """What is answered for each."""
    answer = region.call(action, InstanceId=[each.id for each in instances], **more)
    shown = answer["InstanceResponses"]["InstanceResponse"]
    assert {each["InstanceId"] for each in shown} == {each.id for each in instances}
    return sorted(shown, key=lambda each: [one.id for one in instances].index(each["InstanceId"]))


@pytest.mark.parametrize(("action", "before", "after"), ACTIONS)
@clause("instance/batch-all-together")
def test_each_goes_from_state_to_state(region: Region, action: str, before: str, after: str) -> None:
    """As with the action for one."""
    instances = made(region, 2, before)
    shown = asked(region, action, instances)
    assert [(each["Code"], each["PreviousStatus"]) for each in shown] == [("200", before)] * 2
    assert all(each["CurrentStatus"] in ("Starting", "Stopping", after) for each in shown)
    if action != "RebootInstances":
        assert all(each["CurrentStatus"] != before for each in shown)
    region.wait_until_all(instances, after)


@pytest.mark.parametrize(("action", "before", "after"), ACTIONS)
@pytest.mark.parametrize("how", [{}, {"BatchOptimization": "AllTogether"}])
@clause("instance/batch-all-together")
def test_one_that_does_not_fit_refuses_all(
    region: Region, action: str, before: str, after: str, how: dict[str, str]
) -> None:
    """Whether it is named first or last."""
    other = "Stopped" if before == "Running" else "Running"
    (fits,), (unfit,) = made(region, 1, before), made(region, 1, other)
    for order in ([fits, unfit], [unfit, fits]):
        ids = [each.id for each in order]
        assert_refused("IncorrectInstanceStatus", partial(region.call, action, InstanceId=ids, **how))
    assert_refused("InvalidInstanceId.NotFound", partial(region.call, action, InstanceId=[fits.id, "i-nosuch"], **how))
    assert [fits.status, unfit.status] == [before, other]


@clause("instance/batch-all-together")
@needs("set-supply")
def test_supply_for_some_starts_none(region: Region) -> None:
    """Two that are stopped without charge, and supply for one."""
    instances = region.run_instances(2)
    region.call("StopInstances", InstanceId=[each.id for each in instances], StoppedMode="StopCharging")
    region.wait_until_all(instances, "Stopped")
    with region.chaos.shortage(limit=1):
        ids = [each.id for each in instances]
        assert_refused("OperationDenied.NoStock", partial(region.call, "StartInstances", InstanceId=ids))
        assert [each.status for each in instances] == ["Stopped"] * 2


@pytest.mark.parametrize(("action", "before", "after"), ACTIONS)
@clause("instance/batch-success-first")
def test_each_by_itself(region: Region, action: str, before: str, after: str) -> None:
    """One that does not fit, named first, keeps no other from what was asked."""
    other = "Stopped" if before == "Running" else "Running"
    (unfit,), (fits,) = made(region, 1, other), made(region, 1, before)
    failed, done = asked(region, action, [unfit, fits], BatchOptimization="SuccessFirst")
    assert (done["Code"], done["PreviousStatus"]) == ("200", before)
    assert failed["Code"] == "IncorrectInstanceStatus"
    assert (failed["PreviousStatus"], failed["CurrentStatus"]) == (other, other)
    fits.wait_until(after)
    assert unfit.status == other


@clause("instance/batch-success-first")
@needs("set-supply")
def test_as_many_start_as_there_is_supply_for(region: Region) -> None:
    """The one that is left is Stopped still."""
    instances = region.run_instances(2)
    region.call("StopInstances", InstanceId=[each.id for each in instances], StoppedMode="StopCharging")
    region.wait_until_all(instances, "Stopped")
    with region.chaos.shortage(limit=1):
        shown = asked(region, "StartInstances", instances, BatchOptimization="SuccessFirst")
        assert sorted(each["Code"] for each in shown) == ["200", "OperationDenied.NoStock"]
        started, left = sorted(instances, key=lambda each: shown[instances.index(each)]["Code"])
        started.wait_until("Running")
        assert left.status == "Stopped"


@pytest.mark.parametrize("how", ["AllTogether", "SuccessFirst"])
@pytest.mark.parametrize(("action", "before", "after"), [*ACTIONS, ("DeleteInstances", "Stopped", "")])
@clause("instance/batch-dry-run")
def test_a_dry_run_changes_nothing(region: Region, action: str, before: str, after: str, how: str) -> None:
    """It would succeed, so it says so."""
    instances = made(region, 2, before)
    shown = [each.describe() for each in instances]
    ids, more = [each.id for each in instances], {} if action == "DeleteInstances" else {"BatchOptimization": how}
    assert_refused("DRYRUN.SUCCESS", partial(region.call, action, InstanceId=ids, DryRun=True, **more))
    assert [each.describe() for each in instances] == shown


@clause("instance/batch-dry-run")
def test_a_dry_run_has_the_code_of_what_does_not_fit(region: Region) -> None:
    """As without it."""
    (running,) = region.run_instances()
    for action in ("StartInstances", "DeleteInstances"):
        call = partial(region.call, action, InstanceId=[running.id], DryRun=True)
        assert_refused("IncorrectInstanceStatus", call)
