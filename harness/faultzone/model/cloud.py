"""The cloud: regions and accounts under one clock, and one source of chance; the single entry of the model.

Inputs are calls, reports and timers; outputs are answers, effects and what is to be journalled. Nothing here waits,
locks, or looks at the outside.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from faultzone.api.answer import CURRENT
from faultzone.api.ecs import ECS
from faultzone.api.errors import ApiError, came_later
from faultzone.api.values import read_text
from faultzone.errors import ShapeError, nearest
from faultzone.model.core.addresses import dotted, public_addresses
from faultzone.model.core.book import Book, Unready
from faultzone.model.core.dispatch import ACTIONS, NOT_SIMULATED, REPORTS, Answer, Entry
from faultzone.model.core.state import Entered, Instance, RegionState, Said
from faultzone.world import World

if TYPE_CHECKING:
    from faultzone.clock import Clock
    from faultzone.editions import Edition
    from faultzone.model.assistant.managed import Registering
    from faultzone.model.core.catalog import Catalog
    from faultzone.model.core.effects import Effect, Report
    from faultzone.model.core.role_keys import RoleKey
    from faultzone.model.core.shape import Shape
    from faultzone.model.rules import Rules

_NONE: Final[Mapping[str, str]] = MappingProxyType({})


#: How many blocks of things are looked at in a turn: one or two milliseconds, and four more where a dictionary grows.
_PART: Final = 2


class Cloud:
    """Regions and accounts.

    Args:
        shapes: one for each region; the first is the default region.
        accounts: the ids of the accounts; the first is the default.
        strict: whether parameters are refused that the action has in no edition; the service ignores them.
        beside: the ids of further regions, of the shape of the first. Each is made when it is first asked for, with a
            seed of its own, so that what is in it does not depend on which others were.

    Raises:
        ShapeError: there is no region, no account, a region twice, or a shape that cannot be.
    """

    def __init__(
        self,
        shapes: Sequence[Shape],
        accounts: Sequence[str],
        *,
        catalog: Catalog,
        edition: Edition,
        rules: Rules,
        clock: Clock,
        world: World,
        strict: bool = False,
        beside: Sequence[str] = (),
    ) -> None:
        if not shapes or not accounts:
            raise ShapeError("regions and accounts: expected at least one of each")
        #: What happened since the last commit, in order.
        self.said: list[Said] = []
        self._entered: deque[Entered] = deque()
        self.accounts = tuple(accounts)
        self.edition, self.rules, self.catalog = edition, rules, catalog
        self.clock, self.world = clock, world
        #: Those that there are so far, and the ids of all.
        self.regions: dict[str, RegionState] = {}
        self.region_ids = tuple(dict.fromkeys([*(shape.region_id for shape in shapes), *beside]))
        self._public = public_addresses()
        #: Whether the chapters follow the transitions of instances: from the first one on.
        self._followed = False
        self._watchers: list[Callable[[RegionState], object]] = []
        for shape in shapes:
            self._make(shape.check(), world)
        if len(self.regions) != len(shapes) or len(set(accounts)) != len(accounts):
            raise ShapeError("regions and accounts: expected different IDs, got one of them twice")
        #: Earlier answers of ECS have nothing to be filled in.
        self._fills_in = edition.has(CURRENT)
        self.default_region = shapes[0].region_id
        self._strict = strict
        #: The names of parameters that the last call gave and no edition has.
        self.ignored: list[str] = []

    def _make(self, shape: Shape, world: World) -> RegionState:
        region = RegionState(shape, self.catalog, self.edition, self.rules, self.clock, world, self.said, self._entered)
        region.cloud_regions, region.cloud_accounts = self.regions, self.accounts
        region.cloud_region_ids, region.cloud_region = self.region_ids, self.find_region
        region.public = self._public
        region.check_payment = partial(_check_payment, region)
        region.affordable = partial(_affordable, region)
        region.place_order = partial(_place_order, region)
        self.regions[region.id] = region
        if self._followed:
            _follow(region)
        for watcher in self._watchers:
            watcher(region)
        return region

    def find_region(self, region_id: str) -> RegionState | None:
        """The region of this id, made now if it was never asked for; None where there is none."""
        region = self.regions.get(region_id)
        if region is None and region_id in self.region_ids:
            region = self._make(self.shape(region_id), World(f"{self.world.seed}/{region_id}"))
        return region

    def shape(self, region_id: str) -> Shape:
        """The shape of a region of this cloud, whether or not it has been asked for."""
        region = self.regions.get(region_id)
        if region is not None:
            return region.shape
        first = self.regions[self.default_region].shape
        supply = {scope: limit for scope, limit in first.supply.items() if scope.startswith("*")}
        return first._replace(region_id=region_id, zones=len(first.zone_ids()), supply=supply)

    def watch_regions(self, watcher: Callable[[RegionState], object]) -> None:
        """Call a function with each region that there is, and with each that is made later."""
        self._watchers.append(watcher)
        for region in self.regions.values():
            watcher(region)

    def find(self, product: str, action: str) -> Entry:
        """The action of a product.

        Raises:
            ApiError: `InvalidAction`: there is none, or not yet in this edition. The gateway of today says
                `InvalidAction.NotFound` of one that no edition has.
        """
        self.ignored = []
        entry = ACTIONS.get((product, action))
        if entry is None or not self.edition.has(entry.request.since):
            refusal = ApiError.of("InvalidAction", name=action[:64])
            if entry is not None:
                raise ApiError(refusal.code, came_later(refusal.message, entry.request.since, self.edition.date))
            why = NOT_SIMULATED.get((product, action))
            if why is None and self.edition.has(CURRENT):
                refusal = ApiError("InvalidAction.NotFound")
            said = f"It is not simulated: {why}." if why is not None else self._not_simulated(product, action)
            raise ApiError(refusal.code, f"{refusal.message} {said}", refusal.status)
        return entry

    def _not_simulated(self, product: str, action: str) -> str:
        """That an action is not simulated, with the nearest that is."""
        near = nearest(action[:64], [name for of, name in ACTIONS if of == product], "It is not simulated; ")
        return near.rstrip() or "It is not simulated."

    def call(self, entry: Entry, parameters: Mapping[str, object], account: str) -> Answer:
        """Answer one call of an action, with its effects in the outboxes of the regions.

        Raises:
            ApiError: refused, with nothing changed.
        """
        region = self.region(parameters)
        if account not in self.accounts:
            raise ApiError("InvalidAccessKeyId.NotFound")
        try:
            request = entry.request.parse(
                parameters, edition=self.edition.date, unknown=None if self._strict else self.ignored
            )
            answer = entry.handler(region, region.account(account), request)
            if not entry.request.writes and request.given.get("dry_run"):
                raise ApiError("DryRunOperation")  # A listing has changed nothing, and checked all (instance/dry-run).
        except ApiError as refusal:
            code = self.edition.code(refusal.code)
            if code != refusal.code:
                raise ApiError(code) from None
            status = self.edition.status(entry.request.__name__, code)
            if status is None:
                raise
            raise ApiError(code, refusal.message, status) from None
        self.react()
        if self._fills_in or entry.request.product != ECS:
            from faultzone.model.core.blanks import fill

            fill(answer, entry.request.answer, self.edition.date)
        return answer

    def prepare(self, product: str, action: str, parameters: Mapping[str, object], account: str) -> bool:
        """Do a part of what a listing needs that would take long; whether nothing is left. Nothing seen changes.

        The listing itself is tried: whatever it looks for, it says when there is more to look at. What a call that
        comes between changes counts: the answer is that of one moment.
        """
        entry = ACTIONS.get((product, action))
        if entry is None or entry.request.writes or account not in self.accounts:
            return True
        try:
            region = self.region(parameters)
            held = region.account(account)
            books: tuple[Book[Any], ...] = (held.book, region.event_book)
            if all(len(book.all) <= _PART for book in books):
                return True
            for book in books:
                book.part = _PART
            try:
                entry.handler(region, held, entry.request.parse(parameters, edition=self.edition.date, unknown=[]))
            finally:
                for book in books:
                    book.part = None
        except Unready:
            return False
        except ApiError:
            pass  # What is wrong, the call itself says.
        return True

    def region(self, parameters: Mapping[str, object]) -> RegionState:
        """The region that a call names, the default one where it names none.

        Raises:
            ApiError: `InvalidRegionId.NotFound`; `InvalidParameter` where that is no text.
        """
        given = parameters.get("RegionId") or self.default_region
        name = given if type(given) is str else read_text("RegionId", given)
        region = self.regions.get(name) or self.find_region(name)
        if region is None:
            raise ApiError("InvalidRegionId.NotFound")
        return region

    def report(self, region_id: str, report: Report) -> bool:
        """Take in what the substrate says; False for a stale report."""
        taken = REPORTS[type(report)](self.regions[region_id], report)
        self.react()
        return taken

    def react(self) -> None:
        """Let the chapters react to the transitions that there were, in their order, and to those that follow.

        Calls and reports do so by themselves; what else changes the model, a timer or a control verb, does it at its
        end.
        """
        entered = self._entered
        if entered and not self._followed:
            self._followed = True
            for region in self.regions.values():
                _follow(region)
        while entered:
            region, instance, before, after = entered.popleft()
            for reaction in region.reactions:
                reaction(instance, before, after)

    @property
    def clean(self) -> bool:
        """Whether nothing waits to be committed."""
        if self.said or self._entered:
            return False
        return not [region for region in self.regions.values() if region.outbox]

    def drop(self) -> None:
        """Forget what was to be said and done, since the model failed."""
        self.said.clear()
        self._entered.clear()
        for region in self.regions.values():
            region.outbox = []

    def drain(self) -> Iterable[tuple[str, list[Effect]]]:
        """The effects asked for since last time, by region."""
        for region in self.regions.values():
            if region.outbox:
                effects, region.outbox = region.outbox, []
                yield region.id, effects

    def find_by_address(self, instance_id: str, name: str) -> str | None:
        """The id of the instance that an instance finds by a name or an address; None where there is none.

        By its private address or its host name it finds one of its own network, if only one has the name; by a public
        address any. That host names are resolved is an extension: the documented network leaves it to its user.
        """
        asks = self.find_instance(instance_id)
        found = []
        for region in self.regions.values():
            near = [asks] if asks is not None and region.instances.get(asks.id) is asks else []
            for other in region.instances.values():
                if other.public_ip and dotted(other.public_ip) == name:
                    return other.id
                if near and (other.in_vpc, other.vswitch.vpc) == (near[0].in_vpc, near[0].vswitch.vpc):
                    found += [other.id] if name in (dotted(other.private_ip), other.host_name) else []
        return found[0] if len(found) == 1 else None

    def find_instance(self, instance_id: str) -> Instance | None:
        """The instance of that id in any region and account, or None."""
        for region in self.regions.values():
            if (instance := region.instances.get(instance_id)) is not None:
                return instance
        return None

    def register_machine(self, region_id: str, asked: Registering) -> str:
        """Register a machine as a managed instance; its id.

        Raises:
            RegistrationRefused: its text says why; nothing has changed.
        """
        from faultzone.model.assistant import managed  # Most regions have none.

        region = self.find_region(region_id)
        if region is None:
            raise managed.RegistrationRefused(managed.UNKNOWN)
        return managed.register(region, asked).id

    def may_upgrade(self, machine_id: str, starts: bool) -> bool:
        """Whether the agent of an instance or a managed instance upgrades itself now, given whether it has just started
        (assistant/upgrade-by-settings)."""
        if not self._fills_in:
            return not starts
        from faultzone.model.assistant import settings, state  # Few agents are outdated.

        for region in self.regions.values():
            if (machine := state.find_machine(region, machine_id)) is not None:
                return settings.may_upgrade(region, machine, self.clock.now, starts=starts)
        return False

    def metadata(
        self, instance_id: str, path: str, method: str = "GET", headers: Mapping[str, str] = _NONE
    ) -> tuple[int, str]:
        """What the metadata service answers an instance: an HTTP status and a text.

        Args:
            headers: their names in lower case.
        """
        for region in self.regions.values():
            if (instance := region.instances.get(instance_id)) is not None:
                from faultzone.model.instances import metadata  # Most regions are never asked.

                asked = metadata.Asked(path, method, headers)
                return metadata.answer(region, region.account(instance.account), instance, asked)
        return 404, ""

    def role_key(self, access_key_id: str) -> RoleKey | None:
        """The temporary key of a role that has this id, ended or not."""
        from faultzone.model.core import role_keys

        return role_keys.find(self.regions.values(), access_key_id)


def _follow(region: RegionState) -> None:
    """Let the chapters react to transitions in a region, in this order: what runs inside, money, recovery."""
    from faultzone.model.assistant import runs
    from faultzone.model.billing import charges
    from faultzone.model.events import recovery

    for chapter in (runs, charges, recovery):
        chapter.watch(region)


def _check_payment(region: RegionState, *asked: Any) -> float:
    """Ask the chapter of billing before it follows the region; see `RegionState.check_payment`."""
    from faultzone.model.billing import charges

    return charges.check_payment(region, *asked)


def _place_order(region: RegionState, *asked: Any) -> str:
    """Let a launch wait to be paid; see `RegionState.place_order`."""
    from faultzone.model.billing import orders  # Few launches wait.

    return orders.place_launch(region, *asked)


def _affordable(region: RegionState, *asked: Any) -> Collection[int]:
    """Ask the market of spot instances; see `RegionState.affordable`."""
    from faultzone.model.billing import market  # Few launches have a limit.

    return market.affordable(region, *asked)
