"""Instances: starting, stopping, restarting and deleting several at once."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from faultzone import Instance, Region, assert_refused
from faultzone_specs.observing import listed, refusal_of

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


@clause("instance/delete-batch")
def test_several_are_deleted_or_none(region: Region) -> None:
    """One that does not fit keeps all of them."""
    first, second, kept = made(region, 3, "Stopped")
    protected, running = region.run_instances(2, DeletionProtection=True)
    region.call("ModifyInstanceAttribute", InstanceId=running.id, DeletionProtection=False)
    own = [first, second, kept, protected, running]
    delete = partial(region.call, "DeleteInstances")
    for wrong, code in (
        ("i-nosuchinstance", "InvalidInstanceId.NotFound"),
        (protected.id, "InvalidOperation.DeletionProtection"),
        (running.id, "IncorrectInstanceStatus"),
    ):
        assert_refused(code, partial(delete, InstanceId=[first.id, wrong, second.id]))
        assert listed(region, own) == {each.id for each in own}
    subscription = region.create_instance(InstanceChargeType="PrePaid", Period=1)
    assert_refused("ChargeTypeViolation", partial(delete, InstanceId=[first.id, subscription.id], Force=True))
    assert refusal_of(partial(delete, InstanceId=[])) is not None
    assert listed(region, own) == {each.id for each in own}
    delete(InstanceId=[first.id, second.id])
    assert listed(region, own) == {kept.id, protected.id, running.id}
    delete(InstanceId=[kept.id, running.id], Force=True)
    assert listed(region, own) == {protected.id}


@clause("instance/delete-batch")
def test_a_hundred_are_deleted_at_once(region: Region) -> None:
    """And no more."""
    ids = [each.id for each in (*region.run_instances(100), *region.run_instances())]
    delete = partial(region.call, "DeleteInstances", Force=True)
    assert refusal_of(partial(delete, InstanceId=ids)) is not None
    assert region.call("DescribeInstances")["TotalCount"] == 101
    delete(InstanceId=ids[1:])
    assert [each["InstanceId"] for each in region.describe("DescribeInstances", "Instances", "Instance")] == ids[:1]


@clause("instance/delete-batch")
@needs("move-time")
def test_subscriptions_that_have_expired_are_deleted_on_demand(region: Region) -> None:
    instances = [region.create_instance(InstanceChargeType="PrePaid", Period=1, PeriodUnit="Week") for _ in range(2)]
    region.clock.advance("9d")
    delete = partial(region.call, "DeleteInstances", InstanceId=[each.id for each in instances])
    assert_refused("ChargeTypeViolation", delete)
    assert listed(region, instances) == {each.id for each in instances}
    delete(TerminateSubscription=True)
    assert listed(region, instances) == set()
