"""The actions on an instance between its creation and its release: start, stop, reboot, release.

Source: manual 1.1 and 3.2; API reference, chapter "Instances" (instance/life-cycle).
"""

from __future__ import annotations

from faultzone.api.ecs.instances import (
    DeleteInstance,
    ModifyInstanceAutoReleaseTime,
    RebootInstance,
    StartInstance,
    StopInstance,
)
from faultzone.api.errors import ApiError
from faultzone.clock import SECOND
from faultzone.model.core import locks, transitions
from faultzone.model.core.dispatch import Answer, check_dry_run, handles
from faultzone.model.core.filters import read_instant
from faultzone.model.core.state import (
    KEEP_CHARGING,
    PENDING,
    STOP_CHARGING,
    STOPPED,
    AccountState,
    Instance,
    RegionState,
)


def check_status(region: RegionState, instance: Instance, action: str) -> None:
    """Refuse an action in a state in which it is not documented to be allowed.

    Raises:
        ApiError: `IncorrectInstanceStatus`, also while the instance is recovered (recovery/no-user-reboot), or what a
            lock of the instance refuses it with.
    """
    locks.check(region, instance, action)
    if instance.impaired and instance.status != STOPPED and region.rules.refuses_while_recovering(action):
        raise ApiError("IncorrectInstanceStatus")
    if not region.rules.allowed(action, instance.status):
        raise ApiError("IncorrectInstanceStatus")


def _check_spot_price(region: RegionState, instance: Instance) -> None:
    """Refuse to start a spot instance whose limit is below the price (billing/spot-stops).

    Raises:
        ApiError: `OperationDenied.SpotPriceLowerThanPublicPrice`.
    """
    limit = instance.options.spot_price_limit
    bids = bool(limit) and instance.options.spot_strategy == "SpotWithPriceLimit"
    if bids and instance.zone not in region.affordable(instance.kind, limit):
        raise ApiError("OperationDenied.SpotPriceLowerThanPublicPrice")


@handles(StartInstance)
def start_instance(region: RegionState, account: AccountState, request: StartInstance) -> Answer:
    """StartInstance; one that was stopped without charge is placed anew, and stays Stopped for lack of supply.

    Clauses: instance/start, instance/start-no-stock, deployment-set/no-room-start, billing/spot-stops.
    """
    instance = account.instance(request.instance_id)
    check_status(region, instance, "StartInstance")
    _check_spot_price(region, instance)
    host = transitions.find_host(region, instance)
    check_dry_run(region, request.dry_run)
    transitions.start_on(region, instance, host)
    return {}


@handles(StopInstance)
def stop_instance(region: RegionState, account: AccountState, request: StopInstance) -> Answer:
    """StopInstance, in order or by force, with or without charge.

    Clauses: instance/stop, instance/force-stop, instance/stop-no-charge.
    """
    instance = account.instance(request.instance_id)
    check_status(region, instance, "StopInstance")
    if region.rules.needs_confirmation(instance) and not request.confirm_stop:
        raise ApiError("InstanceType.ParameterMismatch")
    check_dry_run(region, request.dry_run)
    without = region.rules.stops_without_charge(instance, request.stopped_mode, account.stop_without_charge_by_default)
    instance.stop_mode_asked = STOP_CHARGING if without else KEEP_CHARGING
    transitions.halt(region, instance, then=None, force=request.force_stop)
    return {}


@handles(RebootInstance)
def reboot_instance(region: RegionState, account: AccountState, request: RebootInstance) -> Answer:
    """RebootInstance: back to Running on the same host; it answers maintenance.

    Clauses: instance/reboot, instance/reboot-starts-at-once, instance/force-stop, instance/life-cycle.
    """
    instance = account.instance(request.instance_id)
    check_status(region, instance, "RebootInstance")
    check_dry_run(region, request.dry_run)
    transitions.reboot(region, instance, force=request.force_stop)
    return {}


@handles(DeleteInstance)
def delete_instance(region: RegionState, account: AccountState, request: DeleteInstance) -> Answer:
    """DeleteInstance: pay-as-you-go, Stopped unless forced, unprotected; no lock refuses it.

    Clauses: instance/delete, instance/delete-force, instance/deletion-protection,
    instance/security-lock-delete, instance/delete-force-stop.
    """
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
    if instance.status == STOPPED or instance.impaired or region.rules.delete_cuts_power(request.force_stop):
        transitions.release(region, instance, "user")
    elif instance.next != transitions.RELEASE:
        transitions.halt(region, instance, then=transitions.RELEASE, force=False)
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
    """The instant at which a pay-as-you-go instance is to be released, also one of spot (instance/auto-release-spot);
    None for no text.

    Raises:
        ApiError: `ChargeTypeViolation` for a subscription (instance/auto-release-charge-type), or
            `InvalidAutoReleaseTime.Malformed` for text that is no instant within the bounds
                (instance/auto-release-bounds).
    """
    if charge_type != "PostPaid":
        raise ApiError("ChargeTypeViolation")
    if text is None:
        return None
    asked = read_instant(text, "InvalidAutoReleaseTime.Malformed")
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
        if region.rules.honors_auto_release(instance, region.in_arrears(instance.account)):
            transitions.release(region, instance, "auto-release")

    instance.auto_release_timer = None if at is None else region.clock.call_at(at, due)
