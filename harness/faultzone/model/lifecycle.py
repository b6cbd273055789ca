"""The life of an instance between its creation and its release: start, stop, reboot, release, and what hosts report.

Source: manual 1.1 and 3.2; API reference, chapter "Instances" (instance/life-cycle). An API call moves the instance
into a transitional state
and asks the substrate; the substrate's report moves it on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from faultzone.clock import SECOND, read_stamp
from faultzone.ecs.errors import ApiError
from faultzone.ecs.instances import (
    DeleteInstance,
    ModifyInstanceAutoReleaseTime,
    RebootInstance,
    StartInstance,
    StopInstance,
)
from faultzone.errors import UsageError
from faultzone.model import events, hosting
from faultzone.model.catalog import dotted
from faultzone.model.dispatch import Answer, handles, takes
from faultzone.model.effects import Boot, Booted, Halt, Halted, Move, Release
from faultzone.model.placement import DOWN, UP
from faultzone.model.state import (
    KEEP_CHARGING,
    NOT_APPLICABLE,
    PENDING,
    RUNNING,
    STARTING,
    STOP_CHARGING,
    STOPPED,
    STOPPING,
    AccountState,
    Instance,
    RegionState,
)

if TYPE_CHECKING:
    from faultzone.model.placement import Host


#: Why an instance is released, where its user wants it.
_BY_USER: Final = ("user", "auto-release")


def boot(region: RegionState, instance: Instance) -> None:
    """Start an instance on the host that it has."""
    assert instance.host is not None
    instance.epoch += 1
    first = instance.started is None
    data = instance.get("UserData") if first or region.rules.new_boot_runs_user_data() else None
    region.enter(instance, STARTING)
    agent = region.rules.agent_comes_with(instance.image) if first else instance.get("InstallAgent") is not None
    instance.put("InstallAgent", None)
    image, address = instance.image, dotted(instance.private_ip)
    network = region.account(instance.account).vpc_id
    told = (instance.host_name, image.system, agent, address, network, image.os_name)
    region.emit(Boot(instance.id, instance.epoch, instance.host.index, data, *told))


def halt(region: RegionState, instance: Instance, *, then: str | None, force: bool) -> None:
    """Shut an instance down; once it has halted, `then` says whether it starts again (`start`) or stays Stopped
    (None)."""
    assert instance.host is not None
    instance.epoch += 1
    instance.next = then
    region.enter(instance, STOPPING)
    region.emit(Halt(instance.id, instance.epoch, instance.host.index, force))


def cut(region: RegionState, instance: Instance, *, repaired: bool = True) -> None:
    """Show an instance as Stopped whose machine is gone: there is nothing that could be shut down.

    Args:
        repaired: whether that is the end of it; else it stays impaired, since it is to be started again.
    """
    if repaired:
        instance.impaired = False
    if instance.status == STOPPED:
        return
    instance.epoch += 1
    if instance.status != STOPPING or instance.next is not None:
        # Nobody has asked for a stop; what was asked is kept.
        instance.next = None
        instance.stop_mode_asked = KEEP_CHARGING
    if instance.status != STOPPING:
        region.enter(instance, STOPPING)
    halted(region, instance)


def check_status(region: RegionState, instance: Instance, action: str) -> None:
    """Refuse an action in a state in which it is not documented to be allowed.

    Raises:
        ApiError: `IncorrectInstanceStatus`, also while the instance is recovered (recovery/no-user-reboot), or what a
            lock of the instance refuses it with.
    """
    check_locks(region, instance, action)
    if instance.impaired and instance.status != STOPPED and region.rules.refuses_while_recovering(action):
        raise ApiError("IncorrectInstanceStatus")
    if not region.rules.allowed(action, instance.status):
        raise ApiError("IncorrectInstanceStatus")


def check_locks(region: RegionState, instance: Instance, action: str) -> None:
    """Refuse an action that a lock of the instance forbids (instance/security-lock, billing/financial-lock).

    Raises:
        ApiError: with the code that the edition has for lock and action.
    """
    for reason in instance.locks:
        if region.rules.refuses_when_locked(action, reason):
            raise ApiError(region.rules.lock_code(action, reason, instance.charge_type))


def check_dry_run(region: RegionState, dry_run: bool) -> None:
    """Refuse a dry run whose checks have passed, with the code that says so."""
    if dry_run and region.rules.dry_run_only_checks():
        raise ApiError("DryRunOperation")


@handles(StartInstance)
def start_instance(region: RegionState, account: AccountState, request: StartInstance) -> Answer:
    """StartInstance; one that was stopped without charge is placed anew, and stays Stopped for lack of supply
    (deployment-set/no-room-start)."""
    instance = account.instance(request.instance_id)
    check_status(region, instance, "StartInstance")
    host = find_host(region, instance)
    check_dry_run(region, request.dry_run)
    start_on(region, instance, host)
    return {}


def find_host(region: RegionState, instance: Instance) -> Host:
    """The host that a stopped instance can be started on: its own, or one that is found anew where that is dead.

    What has local disks can be started on its own host alone (recovery/local-disk).

    Raises:
        ApiError: `OperationDenied.NoStock`.
    """
    host = instance.host
    if host is not None and host.state != DOWN:
        return host
    host = hosting.choose_elsewhere(region, instance) if host is None or region.rules.relocates(instance) else None
    if host is None:
        raise ApiError("OperationDenied.NoStock")
    return host


def start_on(region: RegionState, instance: Instance, host: Host) -> None:
    """Start a stopped instance on a host that `find_host` has found."""
    if instance.host is not host:
        hosting.leave(region, instance, plans=events.AVOIDED)
        hosting.settle(region, instance, host)
    if instance.bandwidth_out and not instance.public_ip:
        instance.public_ip = region.public.allocate() or 0
    instance.stopped_mode = NOT_APPLICABLE
    boot(region, instance)


@handles(StopInstance)
def stop_instance(region: RegionState, account: AccountState, request: StopInstance) -> Answer:
    """StopInstance, with or without charge (instance/stop-no-charge)."""
    instance = account.instance(request.instance_id)
    check_status(region, instance, "StopInstance")
    if region.rules.needs_confirmation(instance) and not request.confirm_stop:
        raise ApiError("InstanceType.ParameterMismatch")
    check_dry_run(region, request.dry_run)
    without = region.rules.stops_without_charge(instance, request.stopped_mode, account.stop_without_charge_by_default)
    instance.stop_mode_asked = STOP_CHARGING if without else KEEP_CHARGING
    halt(region, instance, then=None, force=request.force_stop)
    return {}


@handles(RebootInstance)
def reboot_instance(region: RegionState, account: AccountState, request: RebootInstance) -> Answer:
    """RebootInstance: Stopping, Starting, Running on the same host (instance/life-cycle); it answers maintenance."""
    instance = account.instance(request.instance_id)
    check_status(region, instance, "RebootInstance")
    check_dry_run(region, request.dry_run)
    events.avoid(region, instance, *region.rules.reboot_avoids())
    halt(region, instance, then="start", force=request.force_stop)
    return {}


@handles(DeleteInstance)
def delete_instance(region: RegionState, account: AccountState, request: DeleteInstance) -> Answer:
    """DeleteInstance: pay-as-you-go, Stopped unless forced, unprotected (instance/delete,
    instance/deletion-protection)."""
    instance = account.instance(request.instance_id)
    if instance.status == PENDING:
        raise ApiError("IncorrectInstanceStatus.Initializing")
    if region.rules.protects(instance):
        raise ApiError("InvalidOperation.DeletionProtection")
    if instance.expires is not None:
        expired = instance.expires <= region.clock.now
        if not region.rules.subscription_is_deletable(expired, request.terminate_subscription):
            raise ApiError("ChargeTypeViolation")
    if not (request.force or region.rules.allowed("DeleteInstance", instance.status)):
        raise ApiError("IncorrectInstanceStatus")
    check_dry_run(region, request.dry_run)
    release(region, instance, "user")
    return {}


@handles(ModifyInstanceAutoReleaseTime)
def modify_auto_release(region: RegionState, account: AccountState, request: ModifyInstanceAutoReleaseTime) -> Answer:
    """ModifyInstanceAutoReleaseTime: without a time it cancels.

    Clauses: instance/auto-release-cancel, instance/auto-release-unknown.
    """
    instance = account.instances.get(request.instance_id)
    if instance is None:
        raise ApiError("NoSuchResource")
    set_auto_release(region, instance, check_auto_release(region, request.auto_release_time, instance.charge_type))
    return {}


def check_auto_release(region: RegionState, text: str | None, charge_type: str) -> int | None:
    """The instant at which a pay-as-you-go instance is to be released, None for no text.

    Raises:
        ApiError: `ChargeTypeViolation` for a subscription (instance/auto-release-charge-type), or
            `InvalidAutoReleaseTime.Malformed` for text that is no instant within the bounds
                (instance/auto-release-bounds).
    """
    if charge_type != "PostPaid":
        raise ApiError("ChargeTypeViolation")
    if text is None:
        return None
    try:
        asked = read_stamp(text)
    except ValueError:
        raise ApiError.of("InvalidAutoReleaseTime.Malformed", why="write yyyy-MM-ddTHH:mm:ssZ") from None
    # An instant can be asked for to the second alone, so the bounds are no finer.
    edition, now = region.edition.instance, region.clock.now // SECOND * SECOND
    if not edition.auto_release_floor * SECOND <= asked - now <= edition.auto_release_ceiling * SECOND:
        raise ApiError.of("InvalidAutoReleaseTime.Malformed", why="it must be 30 minutes to 3 years from now")
    return region.rules.release_instant(asked)


def set_auto_release(region: RegionState, instance: Instance, at: int | None) -> None:
    """Release an instance at an instant, or no longer at any."""
    if instance.auto_release_timer is not None:
        instance.auto_release_timer.cancel()
    instance.auto_release = at

    def due() -> None:
        instance.auto_release_timer = None
        if region.rules.honors_auto_release(instance, region.books.ledgers[instance.account].overdue):
            release(region, instance, "auto-release")

    instance.auto_release_timer = None if at is None else region.clock.call_at(at, due)


def release(region: RegionState, instance: Instance, why: str) -> None:
    """End an instance: its host, addresses, membership and timers go with it. Deletion protection is the caller's
    concern."""
    instance.epoch += 1
    for timer in (instance.timer, instance.auto_release_timer):
        if timer is not None:
            timer.cancel()
    hosting.leave(region, instance, plans=None)
    account = region.account(instance.account)
    account.private[instance.zone].give_back(instance.private_ip)
    drop_public_ip(region, instance)
    if instance.group is not None:
        del instance.group.members[instance.id]
    del account.instances[instance.id], region.instances[instance.id]
    region.say(instance, instance.status, "Released", why=why)
    region.emit(Release(instance.id, instance.epoch))
    for watcher in region.watchers:
        watcher(instance, instance.status, "Released")
    events.end(region, instance, by_user=why in _BY_USER)


def drop_public_ip(region: RegionState, instance: Instance) -> None:
    """Give an instance's public address back."""
    if instance.public_ip:
        region.public.give_back(instance.public_ip)
        instance.public_ip = 0


def find_at_risk(region: RegionState, host: Host) -> list[str]:
    """Let a host take nothing new, and live-migrate what runs on it; the ids of what has moved.

    Raises:
        UsageError: the host is not up.
    """
    if host.state != UP:
        raise UsageError(f"host {host.id} is {host.state}; only one that is up can be found at risk")
    region.placement.risk(host, at_risk=True)
    return [each for each in sorted(host.instances) if migrate(region, region.instances[each]) is not None]


def find_sound(region: RegionState, host: Host) -> list[str]:
    """Let a host that was at risk take instances again. What was moved away stays where it is: nothing moves."""
    region.placement.risk(host, at_risk=False)
    return []


def break_migrations(region: RegionState, *, fails: bool, takes: int) -> None:
    """Let live migrations fail from now on, or take so many milliseconds."""
    region.migration_fails, region.migration_takes = fails, takes


def migrate(region: RegionState, instance: Instance) -> Host | None:
    """Live-migrate a running instance within its zone; nothing that the user can see changes.

    Clauses: event/routine-maintenance-is-silent, deployment-set/strict-spread.

    Returns:
        The new host; None where none can take it, where migrations fail, and where one takes a while and has begun.
    """
    if region.migration_fails:
        region.record("notice", instance=instance.id, what="live migration failed")
        return None
    if region.migration_takes:

        def arrives() -> None:
            _carry(region, instance)

        region.clock.call_later(region.migration_takes, arrives)
        return None
    return _carry(region, instance)


def _carry(region: RegionState, instance: Instance) -> Host | None:
    before = instance.host
    if before is None or instance.status != RUNNING or instance.impaired:
        return None
    host = hosting.choose_for(region, instance, leaving=before)
    if host is None:
        return None
    hosting.leave(region, instance)
    hosting.settle(region, instance, host)
    region.emit(Move(instance.id, instance.epoch, before.index, host.index))
    region.say(instance, RUNNING, RUNNING)
    return host


def addressed(region: RegionState, report: Booted | Halted) -> Instance | None:
    """The instance that a report is of; None where the report is stale."""
    instance = region.instances.get(report.instance)
    return instance if instance is not None and instance.epoch == report.epoch else None


@takes(Booted)
def on_booted(region: RegionState, report: Booted) -> bool:
    """An instance runs."""
    instance = addressed(region, report)
    if instance is None or instance.status != STARTING:
        return False
    instance.started = region.clock.now
    instance.impaired = False
    region.enter(instance, RUNNING)
    return True


@takes(Halted)
def on_halted(region: RegionState, report: Halted) -> bool:
    """An instance has shut down."""
    instance = addressed(region, report)
    return instance is not None and halted(region, instance)


def halted(region: RegionState, instance: Instance) -> bool:
    """Go on from Stopping, or from Running where the guest shut itself down: start again, or stay Stopped as asked."""
    if instance.status == RUNNING:  # It was shut down from inside: charges go on.
        by_default = region.account(instance.account).stop_without_charge_by_default
        instance.stop_mode_asked = region.rules.mode_of_guest_shutdown(instance, by_default)
        instance.epoch += 1
    elif instance.status != STOPPING:
        return False
    if instance.next == "start":
        instance.next = None
        boot(region, instance)
        return True
    instance.stopped_mode = (
        instance.stop_mode_asked if region.rules.qualifies_for_no_charge(instance) else NOT_APPLICABLE
    )
    if region.rules.releases_compute(instance.stopped_mode):
        hosting.leave(region, instance, plans=events.AVOIDED)
    if not region.rules.keeps_public_ip(instance.stopped_mode):
        drop_public_ip(region, instance)
    region.enter(instance, STOPPED)
    return True
