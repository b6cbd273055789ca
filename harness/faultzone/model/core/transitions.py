"""How an instance goes from state to state: booting, halting, release, and what hosts report.

Source: manual 1.1 and 3.2; API reference, chapter "Instances" (instance/life-cycle). What asks for a transition (a
call, a recovery, a bill) moves the instance into a transitional state and asks the substrate; the substrate's report
moves it on.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from faultzone.api.errors import ApiError
from faultzone.model.core import events, placement
from faultzone.model.core.addresses import dotted
from faultzone.model.core.dispatch import takes
from faultzone.model.core.effects import Boot, Booted, Halt, Halted, Release
from faultzone.model.core.hosts import DOWN
from faultzone.model.core.state import (
    KEEP_CHARGING,
    NOT_APPLICABLE,
    RUNNING,
    STARTING,
    STOPPED,
    STOPPING,
    Instance,
    RegionState,
)

if TYPE_CHECKING:
    from faultzone.model.core.hosts import Host


#: What follows once an instance has halted.
START: Final = "start"
RELEASE: Final = "release"
#: Why an instance is released, where its user wants it.
_BY_USER: Final = ("user", "auto-release")


def boot(region: RegionState, instance: Instance) -> None:
    """Start an instance on the host that it has."""
    assert instance.host is not None
    instance.epoch += 1
    instance.next = None
    first = instance.started is None
    data = instance.options.user_data if first or region.rules.new_boot_runs_user_data() else None
    region.enter(instance, STARTING)
    agent = region.rules.agent_comes_with(instance.image) if first else instance.options.install_agent
    if instance.options.install_agent:
        region.change(instance, "options", instance.options._replace(install_agent=False))
    image, address = instance.image, dotted(instance.private_ip)
    # The system has the name from now on (instance/host-name-after-reboot).
    told = (instance.host_name, image.system, agent, address, instance.vswitch.vpc.id, image.os_name)
    region.emit(Boot(instance.id, instance.epoch, instance.host.index, data, *told))


def halt(region: RegionState, instance: Instance, *, then: str | None, force: bool, enters: str = STOPPING) -> None:
    """Shut an instance down; once it has halted, `then` says whether it starts again (START), is released (RELEASE)
    or stays Stopped (None). `enters` is the state meanwhile."""
    assert instance.host is not None
    instance.epoch += 1
    instance.next = then
    region.enter(instance, enters)
    region.emit(Halt(instance.id, instance.epoch, instance.host.index, force))


def reboot(region: RegionState, instance: Instance, *, force: bool) -> None:
    """Restart a running instance as its user does: it answers maintenance (event/avoid-by-reboot)."""
    events.avoid(region, instance, *region.rules.reboot_avoids())
    halt(region, instance, then=START, force=force, enters=region.rules.restart_enters())


def cut(region: RegionState, instance: Instance, *, repaired: bool = True) -> None:
    """Show an instance as Stopped whose machine is gone: there is nothing that could be shut down.

    Args:
        repaired: whether that is the end of it; else it stays impaired, since it is to be started again.
    """
    if instance.next == RELEASE:
        release(region, instance, "user")
        return
    if repaired:
        region.change(instance, "impaired", False)
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


def find_host(region: RegionState, instance: Instance) -> Host:
    """The host that a stopped instance can be started on: its own, or one that is found anew where that is dead.

    What has local disks can be started on its own host alone (recovery/local-disk).

    Raises:
        ApiError: `OperationDenied.NoStock`.
    """
    host = instance.host
    if host is not None and host.state != DOWN:
        return host
    host = placement.choose_elsewhere(region, instance) if host is None or region.rules.relocates(instance) else None
    if host is None:
        raise ApiError("OperationDenied.NoStock")
    return host


def check_room(region: RegionState, instances: Iterable[Instance]) -> None:
    """See that stopped instances can all be started, each as if those before it had been. Nothing is taken.

    Raises:
        ApiError: `OperationDenied.NoStock`.
    """
    placed = []
    try:
        for instance in instances:
            host = find_host(region, instance)
            if instance.host is None:
                placement.allocate(region, instance, host)
                placed.append((instance, host))
    finally:
        for instance, host in placed:
            region.placement.free(host, instance.kind, instance.account, instance.id)
            instance.host = None


def start_on(region: RegionState, instance: Instance, host: Host) -> None:
    """Start a stopped instance on a host that `find_host` has found."""
    if instance.host is not host:
        placement.relocate(region, instance, host, plans=events.AVOIDED)
    regain_public_ip(region, instance)
    instance.stopped_mode = NOT_APPLICABLE
    boot(region, instance)


def release(region: RegionState, instance: Instance, why: str) -> None:
    """End an instance: its host, addresses, membership and timers go with it. Deletion protection is the caller's
    concern."""
    instance.epoch += 1
    for timer in (instance.timer, instance.auto_release_timer):
        if timer is not None:
            timer.cancel()
    placement.vacate(region, instance, plans=None)
    account = region.account(instance.account)
    instance.vswitch.addresses.give_back(instance.private_ip)
    if instance.options.has_cards or instance.options.ipv6:
        from faultzone.model.core import cards  # Few instances have any.

        cards.give_back(account, instance)
    if instance.options.eip:
        from faultzone.model.core import eips  # Few instances have one.

        eips.leave(region, account, instance)
    if instance.options.data_disks or instance.options.system_disk:
        from faultzone.model.core import free_disks  # Of few instances is anything said of a disk.

        free_disks.part(region, account, instance)
    drop_public_ip(region, instance)
    if instance.group is not None:
        instance.group.leave(instance)
    account.book.drop(instance)
    del account.instances[instance.id], region.instances[instance.id]
    region.depart(instance, why)
    region.emit(Release(instance.id, instance.epoch))
    events.end(region, instance, by_user=why in _BY_USER)


def regain_public_ip(region: RegionState, instance: Instance) -> None:
    """Give an instance with bandwidth a public address again, which its stop has cost it."""
    if instance.bandwidth_out and not instance.public_ip and not instance.options.without_public_ip:
        region.change(instance, "public_ip", region.public.allocate() or 0)


def drop_public_ip(region: RegionState, instance: Instance) -> None:
    """Give an instance's public address back."""
    if instance.public_ip:
        region.public.give_back(instance.public_ip)
        region.change(instance, "public_ip", 0)


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
    if instance.impaired:
        region.change(instance, "impaired", False)
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
    elif instance.status != STOPPING and instance.next != START:
        return False
    if instance.options.ordered is not None:
        from faultzone.model.core import retyping  # Few instances have another type ordered.

        retyping.take_up(region, instance)
    if instance.next == START:
        boot(region, instance)
        return True
    if instance.next == RELEASE:
        release(region, instance, "user")
        return True
    instance.stopped_mode = (
        instance.stop_mode_asked if region.rules.qualifies_for_no_charge(instance) else NOT_APPLICABLE
    )
    if region.rules.releases_compute(instance.stopped_mode):
        placement.vacate(region, instance, plans=events.AVOIDED)
    if not region.rules.keeps_public_ip(instance.stopped_mode):
        drop_public_ip(region, instance)
    region.enter(instance, STOPPED)
    return True
