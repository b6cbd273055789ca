"""Making instances: CreateInstance and RunInstances. Source: manual 1.3; API reference, RunInstances."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from faultzone.api.answer import CURRENT
from faultzone.api.ecs.launches import CreateInstance, RunInstances
from faultzone.api.errors import ApiError
from faultzone.model.core import periods, placement, transitions
from faultzone.model.core.addresses import vswitches_of
from faultzone.model.core.client_tokens import once
from faultzone.model.core.dispatch import Answer, check_dry_run, handles
from faultzone.model.core.excluded import check_excluded
from faultzone.model.core.filters import read_tags
from faultzone.model.core.hosts import Batch
from faultzone.model.core.options import options_of
from faultzone.model.core.seats import Seat, check_group_number, emptiest_groups, seat
from faultzone.model.core.state import (
    STOPPED,
    AccountState,
    DeploymentSet,
    Instance,
    RegionState,
)
from faultzone.model.instances import lifecycle
from faultzone.model.instances.addresses import (
    DESCRIBED,
    addresses_left,
    check_launch_groups,
    check_private_addresses,
    give_addresses,
    is_classic,
    place_of,
)
from faultzone.model.instances.checks import (
    affordable,
    brings_disks,
    check_bandwidth,
    check_launched_disks,
    check_named,
    check_password,
    check_texts,
    check_user_data,
)

if TYPE_CHECKING:
    from faultzone.model.core.addresses import VSwitch
    from faultzone.model.core.catalog import Image, InstanceType
    from faultzone.model.core.hosts import Host


#: What few launches ask for of settings, by the attribute of the request: `settings` looks at it.
LOOKED_AT: Final = frozenset(
    "clock_options hibernation_options image_options security_options pool cpu_options queue_number network_options "
    "isp".split()
)
#: What may exclude other parameters or need them: each row of the table for a launch has one of these.
_MAY_CONFLICT: Final = frozenset(
    "group_number security_group_ids image_family host_names ipv6_count auto_renew".split()
)
#: As long as the ids of instances are.
_ANY_ID: Final = "i-bp1" + 15 * "0"


class _Plan(NamedTuple):
    """A launch that has passed every check but the one for room."""

    kind: InstanceType
    image: Image
    zone: int | None
    group: DeploymentSet | None
    number: int | None
    auto_release: int | None
    affordable: Collection[int] | None
    vswitch: VSwitch | None  # that which is named
    #: The vSwitches of the addresses that each instance gets besides; None stands for that of the primary interface.
    cards: tuple[VSwitch | None, ...] = ()


@handles(CreateInstance)
@once
def create_instance(region: RegionState, account: AccountState, request: CreateInstance) -> Answer:
    """CreateInstance: one instance, which ends Stopped (instance/create-ends-stopped, deployment-set/create-in-set)."""
    plan = _check(region, account, request)
    if brings_disks(request, plan.image):
        from faultzone.model.instances.own_images import with_disks  # Few launches have any.

        request = cast("CreateInstance", with_disks(region, account, request, plan.image))
    price = _check_money(region, account, request, plan, 1)
    hosts = _choose(region, account, plan, 1, 1)
    check_dry_run(region, request.dry_run)
    (instance,) = _make(region, account, request, plan, hosts)
    return {"InstanceId": instance.id, **_order(region, request, price)}


@handles(RunInstances)
@once
def run_instances(region: RegionState, account: AccountState, request: RunInstances) -> Answer:
    """RunInstances: a batch that is made and started, all of it or, with MinAmount, what supply allows.

    Clauses: instance/run-amount, instance/run-all-or-nothing, instance/min-amount.
    """
    request = _with_template(account, request)
    paid = request.auto_pay
    if not paid:
        from faultzone.model.instances import unpaid  # Few launches wait to be paid.

        paid = not unpaid.waits(region, request)
    return _run(region, account, request, paid=paid)


def _run(
    region: RegionState, account: AccountState, request: RunInstances, *, paid: bool, agreed: float | None = None
) -> Answer:
    """Make a batch and start it, or let its order wait to be paid (billing/launch-order).

    Args:
        agreed: the price of one in the order that is paid now.
    """
    if "network_interfaces" in request.given:
        from faultzone.model.instances import interfaces  # Few launches describe any.

        request = interfaces.with_primary(request)
    plan = _check(region, account, request)
    if brings_disks(request, plan.image):
        from faultzone.model.instances.own_images import with_disks

        request = cast("RunInstances", with_disks(region, account, request, plan.image))
    if not DESCRIBED.isdisjoint(request.given):
        from faultzone.model.instances import interfaces

        zone, cards = interfaces.check(region, account, request, plan.kind, plan.zone, plan.vswitch)
        zone = interfaces.zone_of_ipv6(region, account, request, zone)
        plan = plan._replace(zone=zone, cards=cards)
    amount, least = request.amount, request.min_amount or request.amount
    if least > amount:
        raise ApiError.of("InvalidMinAmount.Malformed", why="it is larger than Amount")
    price = _check_money(region, account, request, plan, amount if paid else 0)
    if agreed not in (None, price):
        raise ApiError("OrderCreationFailed")  # The price of the order was another.
    hosts = _choose(region, account, plan, amount, least)
    check_dry_run(region, request.dry_run)
    if not paid:
        from faultzone.model.instances import unpaid

        launch = partial(_run, region, account, request, paid=True, agreed=price)
        return unpaid.place(region, account, price * amount, launch)
    made = _make(region, account, request, plan, hosts)
    ids = [each.id for each in made]
    return {"InstanceIdSets": {"InstanceIdSet": ids}, **_order(region, request, price * len(made))}


def _check_money(
    region: RegionState, account: AccountState, request: CreateInstance | RunInstances, plan: _Plan, amount: int
) -> float:
    """Refuse what cannot be paid for, and say what one costs at once."""
    period = (request.period or 1, request.period_unit)
    return region.check_payment(account, request.instance_charge_type, plan.kind, period, amount)


def _order(region: RegionState, request: CreateInstance | RunInstances, price: float) -> Answer:
    """What a later edition tells of the purchase of subscriptions."""
    bought = request.instance_charge_type == "PrePaid" and region.edition.has(CURRENT)
    return {"OrderId": region.world.number("order"), "TradePrice": round(price, 4)} if bought else {}


def _with_template(account: AccountState, request: RunInstances) -> RunInstances:
    """The request with what its launch template says, if it names one."""
    if request.launch_template_id is None and request.launch_template_name is None:
        return request
    from faultzone.model.instances.templates import with_template  # Most launches name none.

    return with_template(account, request)


def _check(region: RegionState, account: AccountState, request: CreateInstance | RunInstances) -> _Plan:
    """Every check that needs no room: parameters, ids, combinations. Nothing changes."""
    rules, edition = region.rules, region.edition
    if not _MAY_CONFLICT.isdisjoint(request.given):
        check_excluded(region, request)
    if request.instance_type is None:
        raise ApiError.of("MissingParameter", name="InstanceType")
    kind = region.catalog.type_of(request.instance_type)
    image = _image(region, account, request)
    if not rules.runs_on(image, kind):
        raise ApiError("ImageNotSupportInstanceType")
    _check_names(region, request, image.system)
    check_password(region, request.password, image.system)
    if request.password is not None and request.password_inherit:
        raise ApiError("InvalidPasswordParam.Mismatch")
    check_user_data(region, request.user_data)
    check_bandwidth(region, request)
    read_tags(region, request.tags)
    if request.system_disk or request.data_disks:
        check_launched_disks(region, request, image)
    if request.instance_charge_type == "PrePaid":
        periods.check_period(edition, request.period, request.period_unit)
        if request.auto_renew:
            periods.check_renewal(edition, request.auto_renew_period, request.period_unit)
        if request.spot_strategy != "NoSpot":
            raise ApiError("InvalidSpotPrepaid")
    if request.deletion_protection and not rules.may_be_protected(request.instance_charge_type, request.spot_strategy):
        raise ApiError("InvalidChargeType.ValueNotSupported")
    if (limit := request.spot_price_limit) is not None and limit != round(limit, edition.instance.spot_price_decimals):
        raise ApiError("InvalidSpotPriceLimit")
    zone, vswitch = place_of(region, account, request)
    check_launch_groups(account, request, vswitch)
    classic = is_classic(region, request)
    if request.spot_interruption is not None or not LOOKED_AT.isdisjoint(request.given):
        from faultzone.model.instances import settings  # Few launches ask for any.

        settings.check(request, kind)
        settings.check_spot(request, kind, classic=classic)
    if classic and request.ram_role_name is not None:
        raise ApiError("InvalidNetworkType.MismatchRamRole")
    check_named(region, account, request, image.system)
    if request.user_data is not None and not rules.takes_user_data(not classic, request.io_optimized == "optimized"):
        raise ApiError("InvalidUserData.NotSupported")
    if request.private_ip_address is not None:
        zone = check_private_addresses(region, request, vswitches_of(account, zone, vswitch))
    group = _group(region, account, request, kind)
    if request.dedicated_host_id is not None:
        if group is not None and not rules.set_on_dedicated_host():
            raise ApiError("InvalidDeploymentOnHost")
        raise ApiError("InvalidDedicatedHostId.NotFound")
    release = getattr(request, "auto_release_time", None)
    return _Plan(
        kind,
        image,
        zone,
        group,
        request.group_number,
        None if release is None else lifecycle.check_auto_release(region, release, request.instance_charge_type),
        affordable(region, request, kind, zone),
        vswitch,
    )


def _image(region: RegionState, account: AccountState, request: CreateInstance | RunInstances) -> Image:
    """The image that is named, or the newest of the family that is (instance/image-family)."""
    image = None if request.image_id is None else region.catalog.find_image(request.image_id)
    if image is None:
        from faultzone.model.instances.own_images import launched_image  # Most images are those of the catalogue.

        image = launched_image(region, account, request)
    return image


def _group(
    region: RegionState, account: AccountState, request: CreateInstance | RunInstances, kind: InstanceType
) -> DeploymentSet | None:
    """The deployment set that the instances join, if any.

    Clauses: deployment-set/run-in-set, deployment-set/unknown-set, deployment-set/group-number.
    """
    if request.deployment_set_id is None:
        return None
    group = account.deployment_sets.get(request.deployment_set_id)
    if group is None:
        raise ApiError("DeploymentSet.NotFound")
    if not region.rules.family_in_set(kind, group.strategy):
        raise ApiError("InvalidInstanceType.NotSupported")
    check_group_number(group, request.group_number)
    if request.spot_strategy != "NoSpot" and not region.rules.spot_in_set():
        raise ApiError.of("InvalidParameter.Conflict", why="a deployment set cannot hold spot instances")
    return group


def _check_names(region: RegionState, request: CreateInstance | RunInstances, system: str) -> None:
    """Refuse names that are malformed, or that the suffix of a batch makes so (deployment-set/suffix-needs-room)."""
    name, host_name = request.instance_name, request.host_name
    if getattr(request, "host_names", ()):
        from faultzone.model.instances import settings  # Few launches name each host.

        settings.name_hosts(region, cast("RunInstances", request), system)
    if name is None and host_name is None and request.description is None:
        return
    if host_name is not None and "$" in host_name:
        host_name = region.rules.host_name_of_id(host_name, _ANY_ID)
    if isinstance(request, CreateInstance):
        check_texts(region, name, request.description, host_name, system)
        return
    rules = region.rules
    for number in {0, request.amount - 1}:
        names = [each and rules.batch_name(each, number, "") for each in (name, host_name)]
        check_texts(region, names[0], request.description, names[1], system)
        if not request.unique_suffix:
            continue
        suffix = rules.suffix(number)
        if name is not None and not rules.instance_name_is_valid(rules.batch_name(name, number, suffix)):
            raise ApiError("InvalidParams.InstanceNameExceed")
        if host_name is not None and not rules.host_name_is_valid(rules.batch_name(host_name, number, suffix), system):
            raise ApiError("InvalidParams.HostnameExceed")


#: A host that is chosen for a new instance, and the group of its deployment set that it goes to.
_Chosen = tuple["Host", int]


def _choose(region: RegionState, account: AccountState, plan: _Plan, amount: int, least: int) -> list[_Chosen]:
    """The hosts for `amount` new instances, or for as many as supply allows but `least`. Nothing is taken.

    Raises:
        ApiError: `QuotaExceed.DeploymentSetInstanceQuotaFull` where the set is full, `OperationDenied.NoStock` where
            supply is short (deployment-set/no-room-create), `InvalidParameter.NotMatch` where the members of the set
            are in another zone (deployment-set/low-latency-one-zone), or `InvalidVSwitchId.IpNotEnough` as a later
            edition calls it where no vSwitch has the addresses (instance/vswitch-addresses).
    """
    group = plan.group
    zones = [plan.zone] if plan.zone is not None else _zones_by_room(region, account, group)
    if plan.affordable is not None:
        zones = [zone for zone in zones if zone in plan.affordable]
    left = {zone: addresses_left(account, zone, plan.vswitch, plan.cards) for zone in zones}
    zones = [zone for zone in zones if left[zone] >= least]
    if not zones:
        raise ApiError("QuotaExceeded.PrivateIpAddress")
    best: list[_Chosen] = []
    have_room, are_theirs = group is None, group is None
    for zone in zones:
        if group is not None:
            if _room(region, group, plan.number, zone) < amount:
                continue
            have_room = True
            if not region.rules.zone_in_set(group, zone):
                continue
            are_theirs = True
        hosts = _choose_in(region, account, plan, zone, min(amount, left[zone]))
        if len(hosts) == amount:
            return hosts
        best = max(best, hosts, key=len)
    if not have_room:
        raise ApiError("QuotaExceed.DeploymentSetInstanceQuotaFull")
    if not are_theirs:
        raise ApiError.of("InvalidParameter.NotMatch", why="the deployment set has its members in another zone")
    if len(best) < least:
        raise ApiError("OperationDenied.NoStock")
    return best


def _room(region: RegionState, group: DeploymentSet, number: int | None, zone: int) -> int:
    """How many more members a set, or its group of this number, may have in a zone."""
    if number is not None:
        return region.rules.room_in_group(group, zone, number)
    return region.rules.room_in_set(group, zone, len(region.zone_ids))


def _choose_in(region: RegionState, account: AccountState, plan: _Plan, zone: int, amount: int) -> list[_Chosen]:
    """The hosts of a zone for up to `amount` new instances, each chosen as if those before it were placed."""
    chosen: list[_Chosen] = []
    batch: Batch | None = None
    group = plan.group
    seats: dict[int, Seat] = {}
    numbers = [plan.number or 0]
    for _ in range(amount):
        if chosen:
            batch = batch or Batch(region.placement.spread(account.id, zone))
            batch.add(chosen[-1][0].index)
        if group is not None and group.group_count and plan.number is None:
            numbers = emptiest_groups(region, group, zone, more=Counter(number for _, number in chosen))
        for number in numbers:
            place = None
            if group is not None and (place := seats.get(number)) is None:
                place = seats[number] = seat(region, group, number)
                for each in chosen:
                    place.add(*each)
            host = placement.choose(region, account.id, plan.kind, zone, place, batch=batch)
            if host is not None:
                break
        else:
            break
        chosen.append((host, number))
        for place in seats.values():
            place.add(host, number)
    return chosen


def _zones_by_room(region: RegionState, account: AccountState, group: DeploymentSet | None) -> list[int]:
    """The zones in the order in which a launch that names none tries them: those with the fewest of the account's
    own first."""
    zones = range(len(region.zone_ids))
    if group is not None:
        return sorted(zones, key=lambda zone: region.rules.members_in_zone(group, zone))
    spread, owner = region.placement.spread, account.id
    return sorted(zones, key=[spread(owner, zone).total for zone in zones].__getitem__)


def _make(
    region: RegionState,
    account: AccountState,
    request: CreateInstance | RunInstances,
    plan: _Plan,
    chosen: list[_Chosen],
) -> list[Instance]:
    """Make the instances on the hosts chosen for them: Pending, until provisioned."""
    rules, clock = region.rules, region.clock
    starts = rules.starts_what_it_makes(type(request).__name__)
    options = options_of(request.given)
    if options.resource_group_id:
        from faultzone.model.core.resource_groups import put_in_group

        options = put_in_group(region, account, options)
    if request.key_pair_name is not None and plan.image.system != "windows":
        from faultzone.model.core.key_pairs import with_key_pair

        options = with_key_pair(account, options, request.key_pair_name)
    if is_classic(region, request):
        options = options._replace(classic=True)
    if not LOOKED_AT.isdisjoint(request.given):
        from faultzone.model.instances import settings  # Few launches ask for any.

        options = settings.keep(options, request.given)
    # A batch is one by what was asked for, however many supply allows.
    suffixed = getattr(request, "unique_suffix", False) and getattr(request, "amount", 1) > 1
    groups = getattr(request, "security_group_ids", ()) or (request.security_group_id or account.security_group_id,)
    expires = None
    if request.instance_charge_type == "PrePaid":
        expires = rules.subscription_end(clock.now, request.period or 1, request.period_unit)
    name, made = request.instance_name, list[Instance]()
    for number, (host, in_group) in enumerate(chosen):
        instance_id = region.world.resource_id("i")
        suffix = rules.suffix(number) if suffixed else ""
        vswitch = plan.vswitch or account.default_vswitches[host.zone]
        addresses = (vswitch, number, groups, instance_id, options)
        private_ip, options = give_addresses(region, account, request, *addresses)
        instance = Instance(
            instance_id,
            account.id,
            plan.kind,
            plan.image,
            vswitch,
            clock.now,
            name=rules.batch_name(name, number, suffix) if name else instance_id,
            charge_type=request.instance_charge_type,
            security_groups=groups,
            group=plan.group,
            private_ip=private_ip,
            public_ip=(region.public.allocate() or 0) if request.internet_max_bandwidth_out else 0,
            expires=expires,
            options=options,
        )
        placement.allocate(region, instance, host)
        instance.host_name = _host_name(region, request, instance_id, number, suffix)
        instance.deletion_protection = request.deletion_protection
        instance.bandwidth_out = request.internet_max_bandwidth_out
        if plan.group is not None:
            plan.group.enter(instance, in_group)
        account.instances[instance_id] = region.instances[instance_id] = instance
        region.appear(instance)
        instance.timer = clock.call_later(region.provision, partial(_provisioned, region, instance, starts))
        if plan.auto_release is not None:
            lifecycle.set_auto_release(region, instance, plan.auto_release)
        made.append(instance)
    account.book.enter(made)
    return made


def _host_name(
    region: RegionState, request: CreateInstance | RunInstances, instance_id: str, number: int, suffix: str
) -> str:
    """The host name of the n-th of a batch: its own, that of all, or one made of its id.

    Clauses: instance/host-names, instance/host-name-of-id.
    """
    of_each, of_all = getattr(request, "host_names", ()), request.host_name
    if of_each:
        return str(of_each[number])
    if of_all is None:
        return f"iZ{instance_id[2:]}Z"
    named = region.rules.batch_name(of_all, number, suffix)
    return region.rules.host_name_of_id(named, instance_id) if "$" in named else named


def _provisioned(region: RegionState, instance: Instance, starts: bool) -> None:
    """The time that provisioning takes has passed: start the instance, or leave it Stopped."""
    instance.timer = None
    if region.failing:
        from faultzone.model.instances import failures  # Few launches fail.

        if failures.fails(region, instance):
            failures.give_up(region, instance)
            return
    if starts:
        transitions.boot(region, instance)
    else:
        region.enter(instance, STOPPED)
