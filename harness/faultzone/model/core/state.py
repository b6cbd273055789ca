"""The state of one region and of the accounts in it: what the chapters of the model read and change."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from faultzone.api.errors import ApiError
from faultzone.model.core import addresses
from faultzone.model.core.book import NOWHERE, Book
from faultzone.model.core.client_tokens import ClientTokens
from faultzone.model.core.fields import EVENT_FIELDS, INSTANCE_FIELDS
from faultzone.model.core.hosts import Host
from faultzone.model.core.placement import Placement
from faultzone.model.core.seats import AVAILABILITY, BY_HOST, LOW_LATENCY

if TYPE_CHECKING:
    from faultzone.clock import Clock, Timer
    from faultzone.editions import Edition
    from faultzone.model.core.catalog import Catalog, Image, InstanceType
    from faultzone.model.core.effects import Effect
    from faultzone.model.core.events import SystemEvent
    from faultzone.model.core.shape import Shape
    from faultzone.model.core.templates import LaunchTemplate
    from faultzone.model.rules import Rules
    from faultzone.world import World

P = TypeVar("P")

#: What the model says happened, before it is journalled: a kind of journal entry and its data.
Said = tuple[str, dict[str, Any]]
#: A transition that nothing has reacted to yet: the region, the instance, its states before and after.
Entered = tuple["RegionState", "Instance", str | None, str]
#: Takes an instance and its states before (None when it is made) and after ("Released" at its end).
Reaction = Callable[["Instance", str | None, str], None]

PENDING: Final = "Pending"
STARTING: Final = "Starting"
RUNNING: Final = "Running"
STOPPING: Final = "Stopping"
STOPPED: Final = "Stopped"

KEEP_CHARGING: Final = "KeepCharging"
STOP_CHARGING: Final = "StopCharging"
NOT_APPLICABLE: Final = "Not-applicable"


class Options(NamedTuple):
    """What few instances have otherwise than by default. The instances of a launch share one; a change makes another.

    Those up to `internet_max_bandwidth_in`, and those that `_OF_LAUNCH` names, are parameters of a launch, by the
    attribute of its request.

    Attributes:
        user_data: the start-up program, in Base64.
        launch_tags: the tags of the launch, which its disks and its network card keep when it is given others.
        classic: whether it is in the classic network, and in no VPC.
        install_agent: whether its next start installs the Cloud Assistant agent.
        metadata_tags: whether its tags are among its metadata, `enabled` or `disabled`.
        queue_number: how many queues its network interface has; None for as many as its type gives it.
        without_public_ip: whether it has bandwidth and was never given a public address.
        mac_address: the private address that its network card was named for, 0 for the one that it has.
        address_until_boot: when it was last started before its private address was changed.
        cpu_options, private_dns_name_options: what of them was chosen, by the name of the field.
        hop_limit: HttpPutResponseHopLimit; 0 where the launch did not say it.
        spot_duration, spot_interruption: what the launch said of a spot instance.
        settings: what the launch asked for that is shown and nothing more, by the fields of DescribeInstances.
    """

    description: str = ""
    ram_role_name: str | None = None
    credit_specification: str = ""
    system_disk: Mapping[str, Any] = MappingProxyType({})
    data_disks: tuple[Mapping[str, Any], ...] = ()
    tags: tuple[Mapping[str, str], ...] = ()
    user_data: str | None = None
    spot_strategy: str = "NoSpot"
    spot_price_limit: float = 0.0
    auto_renew: bool = False
    auto_renew_period: int | None = None
    period: int | None = None
    period_unit: str | None = None
    io_optimized: str = "optimized"
    internet_charge_type: str = "PayByTraffic"
    internet_max_bandwidth_in: int = 200
    launch_tags: tuple[Mapping[str, str], ...] = ()
    classic: bool = False
    install_agent: bool = False
    action_on_maintenance: str | None = None
    maintenance_windows: tuple[Mapping[str, Any], ...] = ()
    notify_on_maintenance: bool = False
    http_endpoint: str = "enabled"
    http_tokens: str = "optional"
    metadata_tags: str = "disabled"
    enable_jumbo_frame: bool = False
    queue_number: int | None = None
    without_public_ip: bool = False
    mac_address: int = 0
    address_until_boot: int | None = None
    cpu_options: Mapping[str, Any] = MappingProxyType({})
    private_dns_name_options: Mapping[str, Any] = MappingProxyType({})
    hop_limit: int = 0
    spot_duration: int | None = None
    spot_interruption: str | None = None
    bandwidth_weighting: str = "Default"
    settings: Mapping[str, Any] = MappingProxyType({})


_PLAIN: Final = Options()
_OF_LAUNCH: Final = frozenset(Options._fields[: Options._fields.index("launch_tags")]) | frozenset(
    "http_endpoint http_tokens hop_limit queue_number cpu_options private_dns_name_options spot_duration "
    "spot_interruption".split()
)


def options_of(given: Mapping[str, Any]) -> Options:
    """The options that a launch asks for, from what its request was given."""
    asked = {name: value for name, value in given.items() if name in _OF_LAUNCH}
    return Options(**asked, launch_tags=asked.get("tags", ())) if asked else _PLAIN


class Instance:
    """An ECS instance.

    Attributes:
        status: one of the documented states.
        agent: the version of the Cloud Assistant agent that was last heard of, None where none serves.
        host: where its vCPUs and memory are, None while stopped without charge.
        epoch: raised whenever it is booted, halted or moved; reports of an earlier one are stale.
        next: what follows once it has halted: `start` for a reboot, `release` for its end, else None.
        renewal: of a subscription: AutoRenewal, Normal or NotRenewal.
        planned: its events that are shown as planned.
        maintained: whether maintenance of it is under way.
        row: its place in the book of its account.
    """

    __slots__ = (
        "account", "agent", "auto_release", "auto_release_timer", "bandwidth_out", "charge_type", "created",
        "deletion_protection", "epoch", "expires", "group", "host", "host_name", "id", "image", "impaired",
        "kind", "locks", "maintained", "name", "next", "options", "planned", "private_ip", "public_ip",
        "renewal", "row", "security_groups", "started", "status", "stop_mode_asked", "stopped_mode",
        "timer", "zone",
    )  # fmt: skip

    def __init__(
        self,
        id: str,
        account: str,
        kind: InstanceType,
        image: Image,
        zone: int,
        created: int,
        *,
        name: str = "",
        charge_type: str = "PostPaid",
        security_groups: tuple[str, ...] = (),
        group: DeploymentSet | None = None,
        private_ip: int = 0,
        public_ip: int = 0,
        expires: int | None = None,
        options: Options = _PLAIN,
    ) -> None:
        # Instances are found by what is final here: `RegionState.change` and `enter` alone change it.
        self.id: Final = id
        self.account: Final = account
        self.kind: Final = kind
        self.image: Final = image
        self.zone: Final = zone
        self.created: Final = created
        self.name: Final = name or id
        self.status: Final[str] = PENDING
        self.charge_type: Final = charge_type
        self.security_groups: Final = security_groups
        self.group: Final = group
        self.private_ip: Final = private_ip
        self.public_ip: Final = public_ip
        self.expires: Final = expires
        self.options: Final = options
        self.impaired: Final[bool] = False
        self.locks: Final[tuple[str, ...]] = ()
        self.renewal: Final[str] = ""
        self.planned: Final[tuple[SystemEvent, ...]] = ()
        self.maintained: Final[bool] = False
        self.row = NOWHERE
        self.host_name = id
        self.agent: str | None = None
        self.host: Host | None = None
        self.epoch = 0
        self.next: str | None = None
        self.bandwidth_out = 0
        self.stopped_mode = NOT_APPLICABLE
        self.stop_mode_asked = KEEP_CHARGING
        self.deletion_protection = False
        self.started: int | None = None
        self.auto_release: int | None = None
        self.auto_release_timer: Timer | None = None
        self.timer: Timer | None = None

    @property
    def waits_for_host(self) -> bool:
        """Whether it is Stopped only until there is a host for it (recovery/no-supply)."""
        return self.impaired and self.status == STOPPED

    @property
    def in_vpc(self) -> bool:
        """Whether it is in a VPC, and not in the classic network."""
        return not self.options.classic


class DeploymentSet:
    """A deployment set.

    Attributes:
        apart_by: what its members are kept apart by: a host, a rack or a switch, as the API writes them.
        affinity: how many members may share one.
        group_count: how many groups it has, 0 for a strategy without groups.
        members: its members by instance id.
        numbers: the group of each of them, in a set that has groups.
    """

    __slots__ = (
        "affinity", "apart_by", "created", "description", "group_count", "id", "members", "name", "numbers",
        "on_unable", "strategy",
    )  # fmt: skip

    def __init__(
        self,
        id: str,
        name: str,
        description: str,
        strategy: str,
        on_unable: str,
        created: int,
        *,
        apart_by: str = "host",
        affinity: int = 1,
        group_count: int = 0,
    ) -> None:
        self.id, self.name, self.description, self.strategy = id, name, description, strategy
        self.on_unable, self.created = on_unable, created
        self.apart_by, self.affinity, self.group_count = apart_by, affinity, group_count
        self.members: dict[str, Instance] = {}
        self.numbers: dict[str, int] = {}

    @property
    def is_plain(self) -> bool:
        """Whether it is one that the first edition has: no two members on one host."""
        return self.affinity == 1 and self.apart_by == BY_HOST and self.strategy == AVAILABILITY

    def number(self, instance: Instance) -> int:
        """The group that a member is in; 0 where there are no groups."""
        return self.numbers.get(instance.id, 0)

    def enter(self, instance: Instance, number: int = 0) -> None:
        """Take an instance in, into a group where there are groups."""
        self.members[instance.id] = instance
        if number:
            self.numbers[instance.id] = number

    def leave(self, instance: Instance) -> None:
        """Let a member go."""
        del self.members[instance.id]
        self.numbers.pop(instance.id, None)


class SecurityGroup:
    """A security group; its rules are not modelled."""

    __slots__ = ("created", "description", "id", "name", "tags", "type")

    def __init__(self, id: str, name: str, description: str, created: int) -> None:
        self.id, self.name, self.description, self.created = id, name, description, created
        self.tags: dict[str, str] = {}
        self.type = "normal"


class Parts:
    """What the chapters keep of a region or of an account, each in one object of a class of its own."""

    def __init__(self) -> None:
        self._parts: dict[type, Any] = {}

    def part(self, kind: type[P]) -> P:
        """What a chapter keeps here; made when it is first asked for."""
        made: P | None = self._parts.get(kind)
        if made is None:
            made = self._parts[kind] = kind()
        return made

    def kept(self, kind: type[P]) -> P | None:
        """What a chapter keeps here, if it has made it."""
        return self._parts.get(kind)

    def keep(self, part: object) -> None:
        """Keep what a chapter has made itself."""
        self._parts[type(part)] = part


class AccountState(Parts):
    """What one account has in one region; its ids are unknown in every other (deployment-set/same-region)."""

    def __init__(self, region: RegionState, account: str) -> None:
        super().__init__()
        world = region.world
        self.id = account
        self.instances: dict[str, Instance] = {}
        #: The same, by what listings filter by.
        self.book: Book[Instance] = Book(INSTANCE_FIELDS)
        self.deployment_sets: dict[str, DeploymentSet] = {}
        self.launch_templates: dict[str, LaunchTemplate] = {}
        self.tokens = ClientTokens(region.rules)
        self.stop_without_charge_by_default = False
        #: The roles that its instances may be given. Another product has them: None, any, until a test says which.
        self.ram_roles: frozenset[str] | None = None
        self.vpc_id = world.resource_id("vpc")
        self.vswitch_ids = [world.resource_id("vsw") for _ in region.zone_ids]
        self.created = region.clock.now
        self.security_group_id = world.resource_id("sg")
        default = SecurityGroup(self.security_group_id, "", "the default network's", self.created)
        self.security_groups: dict[str, SecurityGroup] = {default.id: default}
        self.private = [addresses.private_addresses(zone) for zone in range(len(region.zone_ids))]

    def set_stop_without_charge(self, by_default: bool) -> None:
        """Choose whether a stop is one without charge where the call does not say."""
        self.stop_without_charge_by_default = by_default

    def set_ram_roles(self, names: Iterable[str]) -> None:
        """Choose which roles there are to give to instances."""
        self.ram_roles = frozenset(names)

    def has_role(self, name: str) -> bool:
        """Whether there is a role of this name: any is, until a test chooses."""
        return self.ram_roles is None or name in self.ram_roles

    def instance(self, instance_id: str) -> Instance:
        """The account's instance of that id.

        Raises:
            ApiError: `InvalidInstanceId.NotFound` (instance/unknown-instance).
        """
        instance = self.instances.get(instance_id)
        if instance is None:
            raise ApiError("InvalidInstanceId.NotFound")
        return instance


class RegionState(Parts):
    """One region: its hosts, its accounts, and what it is told by.

    A transition is told to `observers` at once; they change nothing. It is queued for `reactions`, which follow it
    once the call, report or timer that caused it has run, one transition after the other: no reaction begins while
    another runs. The last attributes let one chapter ask another that it does not import.
    """

    def __init__(
        self,
        shape: Shape,
        catalog: Catalog,
        edition: Edition,
        rules: Rules,
        clock: Clock,
        world: World,
        said: list[Said],
        entered: deque[Entered],
    ) -> None:
        super().__init__()
        self.id = shape.region_id
        self.shape, self.catalog, self.edition, self.rules = shape, catalog, edition, rules
        self.clock, self.world = clock, world
        self.zone_ids = shape.zone_ids()
        #: The regions of the cloud that this one is of by id, and the ids of its accounts.
        self.cloud_regions: Mapping[str, RegionState] = {self.id: self}
        self.cloud_accounts: tuple[str, ...] = ()
        self.placement = Placement(shape, catalog, whole_hosts=edition.instance.whole_hosts)
        self.public = addresses.public_addresses()
        self.accounts: dict[str, AccountState] = {}
        #: Every instance of the region by id: what reports name.
        self.instances: dict[str, Instance] = {}
        self.outbox: list[Effect] = []
        self._said, self._entered = said, entered
        self.provision = round(shape.provision * 1000)
        self.observers: list[Reaction] = []
        self.reactions: list[Reaction] = []
        #: System events by id, in the order of their publication, and those that are not settled by instance id.
        self.events: dict[str, SystemEvent] = {}
        self.event_book: Book[SystemEvent] = Book(EVENT_FIELDS)
        self.active_events: dict[str, list[SystemEvent]] = {}
        #: Those of the former that are settled, in the order in which they were.
        self.settled_events: deque[SystemEvent] = deque()
        #: Told at once of an event and its states before (None at its publication) and after; they change nothing.
        self.event_observers: list[Callable[[SystemEvent, str | None, str], None]] = []
        #: Told of the end of a run of Cloud Assistant: the account, the target, and what there is to tell.
        self.task_observers: list[Callable[[str, str, Mapping[str, Any]], None]] = []
        #: Refuses so many new instances that an account cannot pay for: charge type, type, period, amount. Gives the
        #: price of one in yuan.
        self.check_payment: Callable[[AccountState, str, InstanceType, tuple[int, str], int], float]
        #: Goes on to charge for an instance whose type was another: the instance, and its type before.
        self.meter_as: Callable[[Instance, InstanceType], None]
        #: What an instance has printed on its console, and when; None where guests are not scripted.
        self.console: Callable[[str], tuple[bytes, int] | None] | None = None
        #: Whether an account is in arrears.
        self.in_arrears: Callable[[str], bool]
        #: Ends the recovery of an instance that is to be stopped.
        self.give_up: Callable[[Instance], None]
        #: Ends what runs inside an instance whose host is lost.
        self.cut_off: Callable[[Instance], None]

    def account(self, account: str) -> AccountState:
        """What the account has here; made when first asked for."""
        state = self.accounts.get(account)
        if state is None:
            state = self.accounts[account] = AccountState(self, account)
        return state

    def zone_number(self, zone_id: str) -> int:
        """The number of a zone.

        Raises:
            ApiError: `InvalidZoneId.NotFound`.
        """
        try:
            return self.zone_ids.index(zone_id)
        except ValueError:
            raise ApiError("InvalidZoneId.NotFound") from None

    def has_events(self, instance: Instance) -> bool:
        """Whether system events are told of an instance, which its family decides."""
        family = self.catalog.find_family(instance.kind.family)
        return family is not None and self.rules.has_events(family)

    def emit(self, effect: Effect) -> None:
        """Ask the substrate for something, once the handler has returned."""
        self.outbox.append(effect)

    def record(self, kind: str, **data: Any) -> None:
        """Say what happened; it is journalled when the input is committed."""
        self._said.append((kind, data))

    def change(self, instance: Instance, attribute: str, value: object) -> None:
        """Change what instances are found by: one of the attributes that are final in their class."""
        self.accounts[instance.account].book.change(instance, attribute, value)

    def enter(self, instance: Instance, status: str) -> None:
        """Move an instance to another state and say so."""
        before = instance.status
        if before != status:
            self.accounts[instance.account].book.move(instance, "status")
        instance.status = status  # type: ignore[misc]
        self._pass(instance, before, status)

    def told_of_spread(self, instance: Instance) -> dict[str, Any]:
        """What the journal tells of a member of a set that is not spread by hosts alone: what it shares with as many
        others as may share it, and its group."""
        group, host = instance.group, instance.host
        if group is None or group.is_plain:
            return {}
        place = None if host is None else self.placement.place(host, group.apart_by)
        most = None if group.strategy == LOW_LATENCY else group.affinity
        return {"spread": {"place": place, "group": group.number(instance), "most": most}}

    def appear(self, instance: Instance) -> None:
        """Say that an instance was made."""
        self._pass(instance, None, instance.status)

    def depart(self, instance: Instance, why: str) -> None:
        """Say that an instance was released, and why."""
        self._pass(instance, instance.status, "Released", why=why)

    def _pass(self, instance: Instance, before: str | None, after: str, **more: Any) -> None:
        self.say(instance, before, after, **more)
        for observer in self.observers:
            observer(instance, before, after)
        self._entered.append((self, instance, before, after))

    def say(self, instance: Instance, before: str | None, after: str, **more: Any) -> None:
        """Journal a transition, or a move within a state, with what checkers judge instances by."""
        said = {
            "instance": instance.id,
            "from": before,
            "to": after,
            "epoch": instance.epoch,
            "region": self.id,
            "account": instance.account,
            "zone": instance.zone,
            "host": None if instance.host is None else instance.host.id,
            "deployment_set": None if instance.group is None else instance.group.id,
            "private_ip": addresses.dotted(instance.private_ip),
            "public_ip": addresses.dotted(instance.public_ip),
            "stopped_mode": instance.stopped_mode,
            **more,
        }
        if instance.group is not None and not instance.group.is_plain:
            said |= self.told_of_spread(instance)
        self._said.append(("transition", said))
