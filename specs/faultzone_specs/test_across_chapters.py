"""What one chapter promises while another stops, restarts or moves the instance. Manual 1.1, 2.1 and 3.1."""

from __future__ import annotations

import pytest

from faultzone import Region, assert_refused, assert_released, assert_strictly_spread
from faultzone_specs.billing import SOON, advance_to, pay_as_you_go, subscription
from faultzone_specs.deployment_sets import assert_members
from faultzone_specs.events import MAINTENANCE

clause, needs = pytest.mark.clause, pytest.mark.needs


def finished(ran: list[dict[str, str]]) -> int:
    """How many runs ended by themselves."""
    return sum(each["InvokeRecordStatus"] == "Finished" for each in ran)


@clause("assistant/run-interrupted")
@needs("break-hosts", "change-account", "move-time")
@pytest.mark.parametrize("why", ["expiry", "arrears", "maintenance"])
def test_a_run_ends_with_a_stop_or_restart_that_nobody_called(region: Region, why: str) -> None:
    """Failed, or without a record: it would have ended two hours later."""
    instance = subscription(region) if why == "expiry" else pay_as_you_go(region)
    if why == "expiry":
        advance_to(region, instance.expires, minutes=-1)
    ran = region.run_command("echo begun; sleep 2h", on=instance, timeout=3 * 3600, wait=False)
    region.wait(lambda: "begun" in ran.output(instance), "30s", what="begun")
    if why == "arrears":
        region.chaos.arrears()
    elif why == "maintenance":
        region.chaos.maintenance(instance.id, within="10m")
    ran.wait("4h")
    assert {each["InvokeRecordStatus"] for each in ran.results()} <= {"Failed"}


@clause("assistant/timed-missed", "invocation-status/timed-total")
@needs("move-time")
def test_a_periodic_command_outlasts_the_expiry_of_its_instance(region: Region) -> None:
    """It makes no run meanwhile, and runs again once the instance does."""
    instance = subscription(region)
    ran = region.run_command("echo 1", on=instance, frequency="0 0 */12 * * *")
    advance_to(region, instance.expires)
    instance.wait_until("Stopped", within=SOON)
    before = ran.results()
    region.clock.advance("1d")  # The oldest of them may be forgotten meanwhile.
    assert finished([each for each in ran.results() if each not in before]) == 0
    assert ran.status == "Running"
    latest = ran.results()
    instance.renew()
    if instance.status == "Stopped":
        instance.start()
    region.clock.advance("13h")
    assert ran.results() != latest
    assert ran.status == "Running"


@clause("deployment-set/membership-while-stopped", "deployment-set/strict-spread")
@needs("see-hosts", "move-time")
def test_members_that_expired_come_back_to_different_hosts(region: Region) -> None:
    """They are members meanwhile, and once they are renewed and run again."""
    deployment_set = region.create_deployment_set()
    made = region.run_instances(3, deployment_set=deployment_set, InstanceChargeType="PrePaid", Period=1)
    advance_to(region, max(each.expires for each in made))
    for each in made:
        each.wait_until("Stopped", within=SOON)
    assert_members(deployment_set, made)
    for each in made:
        each.renew()
        if each.status == "Stopped":
            each.start()
        each.wait_until("Running")
    assert_strictly_spread(deployment_set.members)
    assert_members(deployment_set, made)


@clause("deployment-set/membership-while-stopped", "deployment-set/delete-empty-only")
@needs("move-time")
def test_members_that_are_released_for_their_expiry_leave_their_set_empty(region: Region) -> None:
    """It can be deleted then."""
    deployment_set = region.create_deployment_set()
    (made,) = region.run_instances(1, deployment_set=deployment_set, InstanceChargeType="PrePaid", Period=1)
    advance_to(region, made.expires)
    made.wait_until("Stopped", within=SOON)
    assert_refused("DependencyViolation.NotEmpty", deployment_set.delete)
    region.clock.advance("16d")
    assert_released(made)
    assert_members(deployment_set, [])
    deployment_set.delete()


@clause("event/default-action", "instance/security-lock")
@needs("break-hosts", "change-account", "move-time")
def test_maintenance_of_what_is_locked_executes_since_its_user_cannot_reboot_it(region: Region) -> None:
    """The lock is no answer to it, and stays."""
    instance = pay_as_you_go(region)
    region.chaos.maintenance(instance.id, within="24h")
    region.control("lock", instance=instance.id, reason="security")
    assert_refused("InstanceLockedForSecurity", instance.reboot)
    assert [each.state for each in region.events.of(instance, MAINTENANCE)] == ["Scheduled"]
    region.wait_for_event(MAINTENANCE, instance=instance, state="Executed", within="31h")
    assert (instance.wait_until("Running").status, instance.lock_reasons) == ("Running", ["security"])
