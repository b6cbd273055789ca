"""Money: the account's ledger, prices, and the arithmetic that loses nothing.

Source: manual 3.1; ECS pricing, Pay-as-you-go. Amounts are whole numbers of 1/10000 yuan. What pay-as-you-go instances
use is never counted hour by hour: a ledger knows what an hour of all of them costs, so what has been billed up to the
last whole hour, and the hour whose bill is not covered, are a division. What a bill leaves below 1/10000 yuan waits for
the next one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from faultzone.clock import HOUR, SECOND
from faultzone.editions.prices import GIB_HOUR, GPU_HOUR, HOURS_OF_A_MONTH, LOCAL_DISK_HOUR, SPOT_PERCENT, VCPU_HOUR
from faultzone.errors import UsageError
from faultzone.model.core.periods import BILLING_ZONE, price_of, price_of_days

if TYPE_CHECKING:
    from faultzone.clock import Clock, Timer
    from faultzone.editions import Edition
    from faultzone.model.core.catalog import InstanceType
    from faultzone.model.core.events import SystemEvent
    from faultzone.model.core.state import RegionState

#: What a test may write for an amount: yuan, exact to 1/10000.
Money = int | str | Decimal

_UNIT: Final = 10_000
_LARGEST: Final = 10**15
#: The price of every type that has none of its own.
_ANY: Final = "*"


def units(amount: Money, *, what: str = "amount") -> int:
    """An amount of yuan as a whole number of 1/10000 yuan.

    Raises:
        UsageError: it is negative, not exact to 1/10000 yuan, beyond 10^11 yuan, or no number.
    """
    # A binary fraction is not the amount that its author wrote.
    # Text is read as the API writes amounts: the parser alone takes digits of any script, and underscores.
    if type(amount) in (Decimal, int) or (isinstance(amount, str) and amount.isascii() and "_" not in amount):
        with suppress(InvalidOperation):
            number = Decimal(amount) * _UNIT
            if number.is_finite() and 0 <= number <= _LARGEST and number == int(number):
                return int(number)
    raise UsageError.expected(what, amount, "0 or more yuan with at most four decimals, such as '12.50' or 100")


def yuan(amount: int) -> str:
    """A whole number of 1/10000 yuan as text with four decimals, which `Decimal` reads back unchanged."""
    sign, size = "-" if amount < 0 else "", abs(amount)
    return f"{sign}{size // _UNIT}.{size % _UNIT:04d}"


def listed_hour(kind: InstanceType | None) -> int:
    """What the price list says of an hour of a type."""
    if kind is None:
        return 0
    local = kind.local_disks * kind.local_disk_gib * LOCAL_DISK_HOUR // 100
    return round(kind.vcpus * VCPU_HOUR + kind.memory_gib * GIB_HOUR) + kind.gpus * GPU_HOUR + local


class Prices:
    """What an hour of pay-as-you-go and a month of subscription cost, by instance type, in 1/10000 yuan.

    Args:
        hourly: of every type that has no price of its own.
        monthly: likewise; a week costs a quarter of it, a year twelve times as much.
        listed: the price of an hour of a type on the price list.

    Attributes:
        charges_list: whether a type that has no price of its own costs what the price list says.
    """

    def __init__(self, hourly: int, monthly: int, listed: Callable[[str], int]) -> None:
        self._hourly, self._monthly = {_ANY: hourly}, {_ANY: monthly}
        self._listed = listed
        self.charges_list = False
        #: The price of an hour of spot instances, by `region:zone:type`; the market of a region that has one tells it.
        self.spot: Callable[[str], int] = lambda key: self.usual_spot(key.rpartition(":")[2])

    def hourly(self, kind: str) -> int:
        """The price of an hour."""
        if self.charges_list and kind not in self._hourly:
            return self._listed(kind)
        return self._hourly.get(kind, self._hourly[_ANY])

    def metered(self, key: str) -> int:
        """The price of an hour of what is metered: a type, or `region:zone:type` for spot instances of a type.

        Spot instances cost something where pay-as-you-go does.
        """
        place, _, kind = key.rpartition(":")
        if not place:
            return self.hourly(kind)
        return self.spot(key) if self.hourly(kind) else 0

    def usual_spot(self, kind: str) -> int:
        """The price of an hour of a spot instance while nothing moves it."""
        return self.before_discount(kind, 1, "Hour") * SPOT_PERCENT // 100

    def subscription(self, kind: str, period: int, unit: str) -> int:
        """The price of `period` weeks, months or years."""
        if self.charges_list and kind not in self._monthly:
            return price_of(self._listed(kind) * HOURS_OF_A_MONTH, period, unit)
        return price_of(self._monthly.get(kind, self._monthly[_ANY]), period, unit)

    def days(self, kind: str, length: int) -> int:
        """The price of a time in milliseconds: of each day, begun or not, a thirtieth of a month."""
        return price_of_days(self.subscription(kind, 1, "Month"), length)

    def before_discount(self, kind: str, period: int, unit: str) -> int:
        """The price without a discount: what is charged, or where nothing is, what the price list says."""
        if unit == "Hour":
            return self.hourly(kind) or self._listed(kind)
        monthly = self._listed(kind) * HOURS_OF_A_MONTH
        return self.subscription(kind, period, unit) or price_of(monthly, period, unit)

    def change(self, kind: str | None, hourly: int | None, monthly: int | None) -> None:
        """Set prices of one type, or of all that have none of their own; None leaves a price as it is."""
        if kind is None and (hourly, monthly) != (None, None):
            self.charges_list = False
        if hourly is not None:
            self._hourly[kind or _ANY] = hourly
        if monthly is not None:
            self._monthly[kind or _ANY] = monthly

    def render(self) -> dict[str, dict[str, str]]:
        """The prices in yuan by instance type; `*` stands for all others."""
        return {
            "hourly": {kind: yuan(price) for kind, price in self._hourly.items()},
            "monthly": {kind: yuan(price) for kind, price in self._monthly.items()},
        }


class Term:
    """What is agreed for one subscription.

    Attributes:
        duration: how many `unit`s each automatic renewal buys.
        announced: whether the stop at its expiry has been announced.
        timer: its next milestone.

    Args:
        paid: what was paid for it, in 1/10000 yuan.
        since: when it began.
    """

    __slots__ = ("_paid", "_since", "announced", "duration", "timer", "unit")

    def __init__(self, duration: int, unit: str, paid: int, since: int) -> None:
        self.duration, self.unit = duration, unit
        self._paid, self._since = paid, since
        self.announced = False
        self.timer: Timer | None = None

    def left(self, now: int, expires: int) -> int:
        """What of the price is not used up, in proportion to the time that is left."""
        span = expires - self._since
        return self._paid * max(0, expires - now) // span if span > 0 else 0

    def pay(self, now: int, expires: int, price: int) -> None:
        """Add the price of a further span, or a difference, to what is left."""
        self._paid, self._since = self.left(now, expires) + price, now


class Ledger:
    """The money of one account in all regions, and what of its instances awaits billing.

    Args:
        account: the account's id.
        opening: its first balance, in 1/10000 yuan.
        start: the present, in milliseconds since the epoch.
        settlement: the length of the clock's hour, in milliseconds.

    Attributes:
        overdue: whether a bill was not covered and has not been since.
        suspended: pay-as-you-go instances that are not charged at present.
        terms: of subscriptions, by instance id.
        stops: the events whose stop is under way, by instance id.
        ran: what was not to be stopped when billing stopped it.
        renewal_day: the day of a month that all of its subscriptions may be renewed to; None until its owner sets one.
        refunded: the vCPU hours that were refunded in a month, by its number (billing/charge-type-quota).
        timer: the hour whose bill will not be covered.
    """

    def __init__(self, account: str, opening: int, start: int, settlement: int) -> None:
        self.account, self._settlement = account, settlement
        #: What was paid in less what was paid out, but for pay-as-you-go.
        self.funds = opening
        #: The price of an hour of all that is metered, and how many of each type those are.
        self.rate = 0
        self.metered: Counter[str] = Counter()
        #: Price times milliseconds until `_since`, and what of it has been billed by then.
        self._used = self._billed = 0
        self._since = start
        self.overdue = False
        self.suspended: set[str] = set()
        self.terms: dict[str, Term] = {}
        self.stops: dict[str, SystemEvent] = {}
        self.ran: set[str] = set()
        self.refunded: Counter[int] = Counter()
        self.renewal_day: int | None = None
        self.timer: Timer | None = None

    def _hour(self, instant: int) -> int:
        """The beginning of the hour of the clock, UTC+8, that an instant is in."""
        return (instant + BILLING_ZONE) // self._settlement * self._settlement - BILLING_ZONE

    def charged(self, now: int) -> int:
        """All that has been billed for pay-as-you-go up to the last whole hour."""
        hour = self._hour(now)
        return self._billed if hour <= self._since else (self._used + self.rate * (hour - self._since)) // HOUR

    def balance(self, now: int) -> int:
        """What is left, negative for a debt."""
        return self.funds - self.charged(now)

    def arrears_at(self) -> int | None:
        """The first whole hour whose bill is not covered if nothing changes; None for never.

        It is asked while the balance is not negative.
        """
        missing = (self.funds + 1) * HOUR - self._used
        if missing <= 0:
            return self._hour(self._since) + self._settlement
        if not self.rate:
            return None
        reached = self._since - -missing // self.rate
        return self._hour(reached + self._settlement - 1)

    def change_rate(self, now: int, rate: int) -> None:
        """Charge another price for an hour of all that is metered from now on (in 1/10000 yuan)."""
        self._billed = self.charged(now)
        self._used += self.rate * (now - self._since)
        self._since, self.rate = now, rate


def books_of(region: RegionState) -> Books:
    """The books of the cloud that a region is of; opened when they are first asked for."""
    return region.kept(Books) or _open(region)


def _open(region: RegionState) -> Books:
    kept = (each.kept(Books) for each in region.cloud_regions.values())
    books = next((each for each in kept if each is not None), None)
    if books is None:
        books = Books(region.cloud_regions, region.cloud_accounts, region.edition, region.clock)
    region.keep(books)
    return books


class Order(NamedTuple):
    """An order that waits to be paid.

    Attributes:
        account: whose it is.
        amount: its price, in 1/10000 yuan.
        what: the action that has made it.
        instances: the ids of what it is about; none where it will make some.
        carry_out: takes the price, does what was ordered and gives the ids of what it is about; raises ApiError, with
            nothing done, where it cannot be any more.
    """

    account: str
    amount: int
    what: str
    instances: tuple[str, ...]
    carry_out: Callable[[], Collection[str]]


class Books:
    """The ledgers and prices that the regions of a cloud share.

    Args:
        regions: those of the cloud, which may come to be more.
        accounts: the ids of its accounts.
        edition: says the prices and balances that accounts begin with.
    """

    def __init__(
        self, regions: Mapping[str, RegionState], accounts: Iterable[str], edition: Edition, clock: Clock
    ) -> None:
        terms = edition.billing
        self._regions = regions
        self.clock = clock
        catalog = self._first.catalog
        self.prices = Prices(
            units(terms.hourly_price), units(terms.monthly_price), lambda kind: listed_hour(catalog.find_type(kind))
        )
        opening, settlement = units(terms.opening_balance), terms.settlement * SECOND
        #: Orders that wait to be paid, by id.
        self.unpaid: dict[str, Order] = {}
        self.ledgers = {each: Ledger(each, opening, clock.now, settlement) for each in accounts}

    @property
    def regions(self) -> Iterable[RegionState]:
        """The regions of the cloud."""
        return self._regions.values()

    @property
    def _first(self) -> RegionState:
        return next(iter(self._regions.values()))

    def record(self, ledger: Ledger, what: str, amount: int, **more: Any) -> None:
        """Say that money has moved, with what the account has after it."""
        now = self.clock.now
        said = {"balance": yuan(ledger.balance(now)), "charged": yuan(ledger.charged(now)), **more}
        self._first.record("bill", account=ledger.account, what=what, amount=yuan(amount), **said)
