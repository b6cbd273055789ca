"""The handle that a test holds: a region with typed helpers over `Backend.call` and `Backend.control`."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar

from faultzone import editions, waiting
from faultzone.api.errors import ApiError
from faultzone.backends import Backend, Doors
from faultzone.backends.options import CloudOptions, local_backend
from faultzone.clock import Duration
from faultzone.editions import Edition
from faultzone.editions.catalog import DEFAULT_IMAGE, DEFAULT_INSTANCE_TYPE
from faultzone.errors import IncompleteAnswer, NotSupported, UsageError
from faultzone.faults.targets import id_of
from faultzone.journal.journal import Journal
from faultzone.region import commands as of_commands
from faultzone.region import events as of_events
from faultzone.region.commands import Commands
from faultzone.region.events import Events
from faultzone.region.handles import DeploymentSet, Instance, RegionClock, check_status
from faultzone.waiting import STATE_CHANGE

if TYPE_CHECKING:
    from decimal import Decimal

    from faultzone.model.billing.ledger import Money
    from faultzone.region.chaos import Chaos, Injection
    from faultzone.serve import Endpoint
    from faultzone.serve.metadata import MetadataEndpoint

T = TypeVar("T")

_PAGE: Final = 100

#: Actions whose answers name something made, and those that delete it again.
_MAKING: Final = frozenset(
    {"RunInstances", "CreateInstance", "CreateDeploymentSet", "CreateLaunchTemplate", "CreateCommand"}
)
_MADE: Final = {
    "InstanceId": "instance",
    "DeploymentSetId": "set",
    "LaunchTemplateId": "template",
    "CommandId": "command",
}
_DELETIONS: Final = (
    ("DeleteDeploymentSet", "DeploymentSetId", "set"),
    ("DeleteLaunchTemplate", "LaunchTemplateId", "template"),
    ("DeleteCommand", "CommandId", "command"),
)


class Region:
    """A region under test, on any backend.

    Args:
        backend: the backend.
        region_id: the ID of the region.
        account: the account (default: the first).
        journal: the record of the run.
        edition: the edition of the documentation that it follows (default: the first edition).
        defaults: the default image and instance type of the helper methods.
    """

    def __init__(
        self,
        backend: Backend,
        region_id: str,
        account: str | None = None,
        *,
        journal: Journal | None = None,
        edition: Edition | None = None,
        defaults: Mapping[str, str],
    ) -> None:
        self.backend, self.account = backend, account
        self.edition = editions.load() if edition is None else edition
        self.id = region_id
        self.journal = journal if journal is not None else backend.journal
        self.defaults = dict(defaults)
        self.clock = RegionClock(backend)
        #: Its chaos, once it was asked for; and what that owes, and those of its views.
        self._chaos: Chaos | None = None
        self._owed: list[Injection] = []
        self.closed = False
        #: Whether an answer that lacks what is documented says so to whoever reads it.
        self.strict = False
        #: Its endpoint, once one was asked for; views of one cloud share it.
        self.served: list[Endpoint] = []
        #: The metadata services of instances that were asked for, by their ids; views share them too.
        self.metadata_served: dict[str, MetadataEndpoint] = {}
        self._made: defaultdict[str, list[str]] = defaultdict(list)
        #: Whose view this is, if it is one; and the views through which something was made.
        self._root: Region | None = None
        self._views: list[Region] = []

    def __repr__(self) -> str:
        return f"Region({self.id!r}, {self.backend.name})"

    # Its parts are made when asked for: a region that they held would not end with its last reference.

    @property
    def chaos(self) -> Chaos:
        """What breaks things in it, and owes their undo; views of one cloud owe theirs together."""
        if self._chaos is None:
            from faultzone.region.chaos import Chaos

            self._chaos = Chaos(self.backend, self.id, self._owed)
        return self._chaos

    @property
    def commands(self) -> Commands:
        """Its commands, and the guests that run them."""
        return Commands(self)

    @property
    def events(self) -> Events:
        """Its system events."""
        return Events(self)

    # What tests write most goes without the part's name, and under this name alone.
    run_command = of_commands.run_command
    guest = of_commands.guest
    wait_for_event = of_events.wait_for_event

    # The two doors

    def call(self, action: str, **parameters: object) -> dict[str, Any]:
        """Answer one action of the public API, in this region and for this account.

        Raises:
            ApiError: refused.
        """
        parameters.setdefault("RegionId", self.id)
        if parameters.get("InstanceChargeType") == "PrePaid" and self._is_lasting:
            raise NotSupported(f"a subscription cannot be given back, so none is bought on {self.backend.name}")
        answer = self.backend.call(action, parameters, account=self.account)
        if self.strict:
            from faultzone.backends.answers import documented

            answer = documented(action, answer)
        if action in _MAKING:
            self._note(answer)
        return answer

    def control(self, verb: str, **arguments: object) -> dict[str, Any]:
        """Call a control verb.

        Raises:
            NotSupported: the backend does not have it.
        """
        answer = self.backend.control(verb, arguments)
        if self.strict:
            from faultzone.backends.answers import from_control

            answer = from_control(verb, answer)
        return answer

    def supports(self, capability: str) -> bool:
        """Whether the backend has a capability."""
        return capability in self.backend.capabilities

    # Other views of the same cloud, which end with it

    def _view(self, region_id: str, account: str | None) -> Region:
        view = Region(
            self.backend, region_id, account, journal=self.journal, edition=self.edition, defaults=self.defaults
        )
        view.served, view.strict, view._owed = self.served, self.strict, self._owed
        view.metadata_served = self.metadata_served
        view._root = self._root or self
        return view

    def in_region(self, region_id: str) -> Region:
        """The same account in another region of the cloud."""
        return self._view(region_id, self.account)

    def as_account(self, account: str | int) -> Region:
        """Another account in the same region, by id or by its place among the accounts."""
        if isinstance(account, int):
            accounts = self.accounts
            if not 0 <= account < len(accounts):
                raise UsageError(
                    f"account={account}: the cloud has {len(accounts)} accounts; "
                    f"make the region with accounts={account + 1}"
                )
            account = accounts[account]
        return self._view(self.id, account)

    @property
    def accounts(self) -> list[str]:
        """The ids of the cloud's accounts."""
        return list(self.control("shape")["accounts"])

    @property
    def zones(self) -> list[str]:
        """The ids of the region's zones."""
        return list(self.control("shape")["regions"][self.id]["zones"])

    @property
    def hosts(self) -> list[dict[str, Any]]:
        """The hosts with their state and instances. Needs the capability `see-hosts`."""
        return list(self.control("hosts", region=self.id)["hosts"])

    # Money

    @property
    def account_balance(self) -> Decimal:
        """What the account has, in yuan; negative for a debt. Needs the capability `change-account`."""
        return _yuan(self.control("account-balance", account=self.account))

    def top_up(self, amount: Money) -> Decimal:
        """Pay yuan into the account and return its balance. Needs the capability `change-account`.

        Raises:
            UsageError: the amount is negative or not exact to 1/10000 yuan.
        """
        return _yuan(self.control("top-up", amount=str(amount), account=self.account))

    def set_prices(
        self,
        *,
        hourly: Money | None = None,
        monthly: Money | None = None,
        instance_type: str | None = None,
        listed: bool | None = None,
    ) -> None:
        """Set prices. Every price is zero by default. Needs the capability `change-account`.

        Args:
            hourly: yuan for an hour of a pay-as-you-go instance.
            monthly: yuan for a month of a subscription; a week costs a quarter of it.
            instance_type: only for this type (default: for all types without a separate price).
            listed: whether types without a separate price cost what DescribePrice tells before discounts.
        """
        asked = {"hourly": hourly, "monthly": monthly}
        given = {name: str(price) for name, price in asked.items() if price is not None}
        self.control("prices", instance_type=instance_type, listed=listed, **given)

    # What is made

    def run_instances(
        self,
        amount: int = 1,
        *,
        deployment_set: DeploymentSet | str | None = None,
        zone: str | None = None,
        instance_type: str | None = None,
        public_ip: bool = True,
        wait: bool = True,
        **parameters: object,
    ) -> list[Instance]:
        """RunInstances, and by default wait until the instances are Running.

        Args:
            amount: the number of instances.
            deployment_set: their deployment set, or its ID.
            zone: the ID of their zone (default: the region chooses).
            instance_type: their type (default: the default type of the region).
            public_ip: whether they get a public address.
            wait: whether to wait until they run.
            parameters: other parameters of RunInstances, by their names in the API.

        Raises:
            ApiError: the call is refused.
            IncompleteAnswer: more were made, or fewer without a MinAmount (instance/run-amount).
            UsageError: the amount is not a whole number.
        """
        if not isinstance(amount, int):
            raise UsageError.expected("amount", amount, "a whole number, such as run_instances(3)")
        asked: dict[str, object] = {
            "ImageId": self.defaults["image"],
            "InstanceType": instance_type or self.defaults["instance-type"],
            "Amount": amount,
        }
        if deployment_set is not None:
            asked["DeploymentSetId"] = id_of(deployment_set, "deployment_set")
        if zone is not None:
            asked["ZoneId"] = zone
        if public_ip:
            asked["InternetMaxBandwidthOut"] = 5
        answer = self.call("RunInstances", **{**asked, **parameters})
        made = [Instance(self, each) for each in answer["InstanceIdSets"]["InstanceIdSet"]]
        least = 0 if "MinAmount" in parameters else amount
        if not least <= len(made) <= amount and "Amount" not in parameters:
            raise IncompleteAnswer(f"RunInstances made {len(made)} instances, expected {amount}")
        if wait:
            self.wait_until_all(made, "Running")
        return made

    def create_instance(self, *, instance_type: str | None = None, wait: bool = True, **parameters: object) -> Instance:
        """CreateInstance, and by default wait until it is Stopped, ready to be started."""
        asked = {"ImageId": self.defaults["image"], "InstanceType": instance_type or self.defaults["instance-type"]}
        made = Instance(self, self.call("CreateInstance", **{**asked, **parameters})["InstanceId"])
        return made.wait_until("Stopped") if wait else made

    def create_deployment_set(self, name: str | None = None, **parameters: object) -> DeploymentSet:
        """CreateDeploymentSet."""
        return DeploymentSet(
            self, self.call("CreateDeploymentSet", DeploymentSetName=name, **parameters)["DeploymentSetId"]
        )

    # What is found

    def instance(self, instance_id: str) -> Instance:
        """The instance of that id, whether or not it exists."""
        return Instance(self, instance_id)

    def describe(self, action: str, wrapper: str, item: str, **parameters: object) -> Iterator[dict[str, Any]]:
        """All items of a paged Describe action, page by page."""
        number, size = 1, parameters.pop("PageSize", _PAGE)
        while True:
            answer = self.call(action, PageNumber=number, PageSize=size, **parameters)
            shown: Sequence[dict[str, Any]] = answer[wrapper][item]
            yield from shown
            if not shown or number * answer["PageSize"] >= answer["TotalCount"]:
                return
            number += 1

    @property
    def instances(self) -> list[Instance]:
        """All instances of the account in this region, oldest first."""
        listed = self.describe("DescribeInstances", "Instances", "Instance")
        return [Instance(self, each["InstanceId"]) for each in listed][::-1]

    def request(self, address: str, port: int, data: str | bytes = b"", within: Duration = 5) -> bytes:
        """Send bytes to a port of the instance with this private or public address; see `Instance.request`.

        Raises:
            ConnectionRefusedError: the instance is up, and nothing serves at the port.
            TimeoutError: no answer, or no instance of the account has the address.
            UsageError: the address is not an IP address, or the port is out of range.
        """
        from ipaddress import ip_address

        try:
            wanted = str(ip_address(address))
        except ValueError:
            raise UsageError.expected("address", address, "an IP address, such as 172.16.0.10") from None
        if not isinstance(port, int):
            raise UsageError.expected("port", port, "a whole number, such as 80")
        for kind in ("PrivateIpAddresses", "InnerIpAddresses", "PublicIpAddresses"):
            found = self.call("DescribeInstances", **{kind: json.dumps([wanted])})["Instances"]["Instance"]
            if found:
                return self.instance(found[0]["InstanceId"]).request(port, data, within)
        raise TimeoutError(f"{address}:{port} is silent: no instance has the address")

    # Notifications

    def subscribe(
        self, subscriber: Callable[[dict[str, Any]], object], *, form: str = "cloudmonitor"
    ) -> Callable[[], None]:
        """Call a function with each notification of this region and account from now on, in order (event/notification).

        Args:
            form: that of `cloudmonitor`, or of `eventbridge`, which is that of CloudEvents.

        It is called after the change is committed and may itself call the region; what it raises is raised from the
        call, or the advance of time, that caused the notification.

        Returns:
            What ends it.

        Raises:
            NotSupported: the backend tells of no notifications.
        """
        from faultzone.model.events.notifications import FORMS, in_form

        if form not in FORMS:
            raise UsageError.expected_one_of("form", form, FORMS)
        account = self.account or self.accounts[0]

        def receive(notification: dict[str, Any]) -> None:
            if (notification["regionId"], notification["userId"]) == (self.id, account):
                subscriber(in_form(notification, form))

        number = self.control("subscribe", function=receive)["id"]

        def end() -> None:
            self.control("unsubscribe", id=number)

        return end

    # Waiting

    def wait(self, predicate: Callable[[], T], within: Duration = STATE_CHANGE, *, what: str = "the awaited") -> T:
        """Let region time pass until `predicate()` is true, and return its result.

        Raises:
            WaitTimeout: it is not true within this region time.
        """
        return waiting.wait(self.backend, predicate, within, what=what)

    def hold(self, predicate: Callable[[], object], during: Duration, *, what: str = "the state to hold") -> None:
        """Let region time pass and see that `predicate()` stays true all the while.

        Raises:
            WaitTimeout: it became false.
        """
        waiting.hold(self.backend, predicate, during, what=what)

    def wait_until_all(self, instances: Sequence[Instance], status: str, within: Duration = STATE_CHANGE) -> None:
        """Let region time pass until all these instances have this status.

        Raises:
            WaitTimeout: one of them does not have it in time.
            UsageError: the status is unknown.
        """
        check_status(status)
        ids = [each.id for each in instances]

        def arrived() -> bool:
            for first in range(0, len(ids), _PAGE):
                part = ids[first : first + _PAGE]
                answer = self.call("DescribeInstances", InstanceIds=json.dumps(part), PageSize=_PAGE)
                shown = answer["Instances"]["Instance"]
                if len(shown) != len(part) or any(each["Status"] != status for each in shown):
                    return False
            return True

        self.wait(arrived, within, what=f"{len(ids)} instances {status}")

    # The end

    def clean_up(self) -> None:
        """Release the instances and delete the sets and launch templates that were made through this handle."""
        instances = [Instance(self, each) for each in dict.fromkeys(self._made["instance"])]
        for instance in [each for each in instances if each.exists]:
            shown = instance.describe()
            if shown.get("DeletionProtection"):
                self.call("ModifyInstanceAttribute", InstanceId=instance.id, DeletionProtection=False)
            if shown["Status"] == "Pending":
                self.wait(lambda each=instance: each.status != "Pending", what=f"{instance.id} provisioned")  # type: ignore[misc]
            instance.delete()
        for action, parameter, kind in _DELETIONS:
            for made in dict.fromkeys(self._made[kind]):
                with suppress(ApiError):
                    self.call(action, **{parameter: made})
        self._made.clear()

    @property
    def _is_lasting(self) -> bool:
        """Whether what a test leaves behind stays: the backend outlives it, and cannot be made anew."""
        return self.backend.outlives_tests and "shape-region" not in self.backend.capabilities

    def _note(self, answer: Mapping[str, Any]) -> None:
        """Remember what an answer says was made, so that it can be cleaned up."""
        if not self._made and self._root is not None:
            self._root._views.append(self)
        if "InstanceIdSets" in answer:
            self._made["instance"] += answer["InstanceIdSets"]["InstanceIdSet"]
        for key, kind in _MADE.items():
            if key in answer:
                self._made[kind].append(answer[key])

    def __enter__(self) -> Region:
        return self

    def __exit__(self, *ended: object) -> None:
        self.close()

    @property
    def endpoint(self) -> str:
        """The URL at which any ECS client reaches this region; served when first asked for.

        The key pair is testid/testsecret. A region that SDKs poll with their own sleeps is made with `clock="hybrid"`;
        a virtual one stands still between advances.
        """
        if self.backend.outlives_tests:
            return self.backend.name
        if not self.served:
            from faultzone.serve import serve_backend

            self.served.append(serve_backend(self.backend))
        return self.served[0].url

    def close(self) -> None:
        """Undo what is still broken, end the endpoint, and leave nothing behind on a backend that outlives the test.

        A view of another region or account ends with the region that it is a view of.
        """
        if self.closed or self._root is not None:
            return
        self.closed = True
        try:
            if self._owed:
                self.chaos.undo_all()
            if self._is_lasting:
                for each in (self, *self._views):
                    each.clean_up()
        except KeyboardInterrupt:
            self.closed = False  # What is left is done by the next who closes it: at the latest, by the end of the run.
            raise
        finally:
            if self.closed:
                for served in self.served:
                    served.close()
                for service in self.metadata_served.values():
                    service.close()
                self.served.clear()
                self.metadata_served.clear()
                if not self.backend.outlives_tests:
                    with suppress(NotSupported):  # It holds nothing.
                        self.backend.control("release", {})


def _yuan(answer: Mapping[str, Any]) -> Decimal:
    """The balance that an answer tells."""
    from decimal import Decimal

    return Decimal(answer["balance"])


class Client:
    """Only the public API, on any backend.

    `ecs.DescribeInstances(PageSize=1)` is the same as `ecs.call("DescribeInstances", PageSize=1)`.
    """

    def __init__(self, region: Region) -> None:
        self._region = region

    def __repr__(self) -> str:
        return f"Client({self._region!r})"

    def call(self, action: str, **parameters: object) -> dict[str, Any]:
        """Answer one action.

        Raises:
            ApiError: refused.
        """
        return self._region.call(action, **parameters)

    def __getattr__(self, action: str) -> Callable[..., dict[str, Any]]:
        if not action[:1].isupper():
            raise AttributeError(f"actions are written as on the wire, such as DescribeInstances, not {action!r}")
        return lambda **parameters: self._region.call(action, **parameters)


def make_region(backend: Doors | None = None, **options: Any) -> Region:
    """Make a new region, by default in memory.

    Args:
        backend: an object with `call`, `control` and `close` (default: a new cloud in this process).
        options: arguments of `CloudOptions` and `Shape`, such as `zones=3`, `hosts_per_zone=8`, `accounts=2`, `seed=7`.

    Raises:
        UsageError: an option is unknown, or has a wrong value.
    """
    chosen = CloudOptions.of(**options)
    if backend is None:
        made: Backend = local_backend(chosen)
        options = {**options, "edition": chosen.edition}
    else:
        from faultzone.backends.foreign import complete

        made = complete(backend, type(backend).__name__)
    defaults = {"image": DEFAULT_IMAGE, "instance-type": DEFAULT_INSTANCE_TYPE}
    region = Region(made, chosen.shapes[0].region_id, edition=_edition_of(made, chosen, options), defaults=defaults)
    if _watchers:
        _watchers[-1](region)
    return region


#: Who is told of regions that are made in this process; the last alone, since one run of tests may be inside another.
_watchers: list[Callable[[Region], object]] = []


def watch(watcher: Callable[[Region], object]) -> Callable[[], None]:
    """Call a function with each region that is made from now on in this process; returns what ends that."""
    _watchers.append(watcher)

    def end() -> None:
        if watcher in _watchers:
            _watchers.remove(watcher)

    return end


def _edition_of(backend: Backend, chosen: CloudOptions, options: Mapping[str, object]) -> Edition:
    """The edition that a region follows: what was asked for, else what the backend says of itself."""
    followed: Edition | str = chosen.edition
    if "edition" not in options and "see-hosts" in backend.capabilities:
        followed = str(backend.control("shape", {})["edition"])
    return editions.load(followed) if isinstance(followed, str) else followed
