"""The state of one region and of the accounts in it: what the chapters of the model read and change."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

from faultzone.api.errors import ApiError
from faultzone.model.core import addresses
from faultzone.model.core.book import NOWHERE, Book
from faultzone.model.core.client_tokens import ClientTokens
from faultzone.model.core.fields import EVENT_FIELDS, INSTANCE_FIELDS
from faultzone.model.core.hosts import Host
from faultzone.model.core.options import PLAIN, Options
from faultzone.model.core.placement import Placement
from faultzone.model.core.seats import AVAILABILITY, BY_HOST, LOW_LATENCY

if TYPE_CHECKING:
    from faultzone.clock import Clock, Timer
    from faultzone.editions import Edition
    from faultzone.model.core.addresses import Vpc, VSwitch
    from faultzone.model.core.catalog import Catalog, Image, InstanceType
    from faultzone.model.core.effects import Effect
    from faultzone.model.core.events import SystemEvent
    from faultzone.model.core.rules_of_groups import GroupRule
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
        vswitch: that which its private address is of, in the classic network too, where nobody is told of it.
    """

    __slots__ = (
        "account", "agent", "auto_release", "auto_release_timer", "bandwidth_out", "charge_type", "created",
        "deletion_protection", "epoch", "expires", "group", "host", "host_name", "id", "image", "impaired",
        "kind", "locks", "maintained", "name", "next", "options", "planned", "private_ip", "public_ip",
        "renewal", "row", "security_groups", "started", "status", "stop_mode_asked", "stopped_mode",
        "timer", "vswitch", "zone",
    )  # fmt: skip

    def __init__(
        self,
        id: str,
        account: str,
        kind: InstanceType,
        image: Image,
        vswitch: VSwitch,
        created: int,
        *,
        name: str = "",
        charge_type: str = "PostPaid",
        security_groups: tuple[str, ...] = (),
        group: DeploymentSet | None = None,
        private_ip: int = 0,
        public_ip: int = 0,
        expires: int | None = None,
        options: Options = PLAIN,
    ) -> None:
        # Instances are found by what is final here: `RegionState.change` and `enter` alone change it.
        self.id: Final = id
        self.account: Final = account
        self.kind: Final = kind
        self.image: Final = image
        self.vswitch: Final = vswitch
        self.zone: Final = vswitch.zone
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
    def bought_kind(self) -> InstanceType:
        """The type that is paid for: the one that it has, or will have from its next start on."""
        ordered = self.options.ordered
        return self.kind if ordered is None else ordered.kind

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
    """A security group of a VPC.

    Attributes:
        rules: by id, oldest first. No traffic is held back by any.
        inner_access: whether its instances are to reach each other, `Accept` or `Drop`.
    """

    __slots__ = (
        "created", "description", "id", "inner_access", "name", "resource_group_id", "rules", "tags", "type", "vpc",
    )  # fmt: skip

    def __init__(self, id: str, vpc: Vpc, name: str, description: str, created: int) -> None:
        self.id, self.vpc, self.name, self.description, self.created = id, vpc, name, description, created
        self.tags: dict[str, str] = {}
        self.type = "normal"
        self.resource_group_id = ""
        self.inner_access = "Accept"
        self.rules: dict[str, GroupRule] = {}

    def names(self, group: str) -> bool:
        """Whether a rule names another group."""
        return any(each.group == group for each in self.rules.values())


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
        self.created = region.clock.now
        vswitch_ids = [world.resource_id("vsw") for _ in region.zone_ids]
        #: The network that is there from the start, and its vSwitches by the number of their zone.
        self.default_vpc = addresses.default_network(
            world.resource_id("vpc"), vswitch_ids, region.shape.vswitch_prefix, self.created
        )
        self.default_vswitches = [*self.default_vpc.vswitches.values()]
        self.vpcs: dict[str, Vpc] = {self.default_vpc.id: self.default_vpc}
        #: Those of all VPCs.
        self.vswitches: dict[str, VSwitch] = dict(self.default_vpc.vswitches)
        self.security_group_id = world.resource_id("sg")
        default = SecurityGroup(self.security_group_id, self.default_vpc, "", "the default network's", self.created)
        self.security_groups: dict[str, SecurityGroup] = {default.id: default}

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
        #: The regions of the cloud that this one is of by id, those that have been asked for; the ids of all, and those
        #: of its accounts.
        self.cloud_regions: Mapping[str, RegionState] = {self.id: self}
        self.cloud_region_ids: tuple[str, ...] = (self.id,)
        self.cloud_accounts: tuple[str, ...] = ()
        #: The region of the cloud with an id, made now if it was never asked for; None where there is none.
        self.cloud_region: Callable[[str], RegionState | None] = self.cloud_regions.get
        self.placement = Placement(shape, catalog, whole_hosts=edition.instance.whole_hosts)
        self.public = addresses.public_addresses()
        self.accounts: dict[str, AccountState] = {}
        #: Every instance of the region by id: what reports name.
        self.instances: dict[str, Instance] = {}
        self.outbox: list[Effect] = []
        self._said, self._entered = said, entered
        self.provision = round(shape.provision * 1000)
        #: Which launches fail, by number: a zone's id and a family, `*` for any.
        self.failing: dict[int, tuple[str, str]] = {}
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
        #: Told where event rules send notifications from now on, and what decides which; and of an event that is none.
        self.rule_observers: list[Callable[[Mapping[Any, Callable[[Any], bool]]], object]] = []
        self.test_observers: list[Callable[[dict[str, Any]], object]] = []
        #: Told of a spot instance that is to be taken back, and whether it will be released (`delete`) or stopped.
        self.interruption_observers: list[Callable[[Instance, str], None]] = []
        #: Told of what ails a disk, when that begins and ends: the instance, the disk, and what there is to tell.
        self.disk_observers: list[Callable[[Instance, str, Mapping[str, Any]], None]] = []
        #: The zones, by number, in which the spot price of a type is within a limit in yuan.
        self.affordable: Callable[[InstanceType, float], Collection[int]]
        #: Refuses so many new instances that an account cannot pay for: charge type, type, period, amount. Gives the
        #: price of one in yuan.
        self.check_payment: Callable[[AccountState, str, InstanceType, tuple[int, str], int], float]
        #: Lets a launch wait to be paid: account, price in yuan, action, and what makes it. Gives the id of the order.
        self.place_order: Callable[[str, float, str, Callable[[], Collection[str]]], str]
        #: Goes on to charge for an instance whose type was another: the instance, and its type before.
        self.meter_as: Callable[[Instance, InstanceType], None]
        #: What an instance has printed on its console, and when; None where instances have none.
        self.console: Callable[[str], tuple[bytes, int] | None] | None = None
        #: Whether an account is in arrears.
        self.in_arrears: Callable[[str], bool]
        #: Ends the recovery of an instance that is to be stopped.
        self.give_up: Callable[[Instance], None]
        #: Ends what runs inside an instance whose host is lost.
        self.cut_off: Callable[[Instance], None]

    @property
    def first(self) -> RegionState:
        """The first region of the cloud, which keeps what its accounts have in all of them."""
        return next(iter(self.cloud_regions.values()))

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
        if not instance.vswitch.vpc.is_default:
            said["vpc"] = instance.vswitch.vpc.id
        if instance.group is not None and not instance.group.is_plain:
            said |= self.told_of_spread(instance)
        self._said.append(("transition", said))
