"""The handle that a test holds: a region with typed helpers over `Backend.call` and `Backend.control`."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from faultzone import editions, waiting
from faultzone.backends import Backend
from faultzone.backends.local import LocalBackend
from faultzone.clock import SECOND, Duration, HybridClock, milliseconds, read_stamp, utc
from faultzone.commands import RunsCommands
from faultzone.ecs.errors import ApiError
from faultzone.editions import Edition
from faultzone.errors import NotSupported, UsageError
from faultzone.faults import Chaos
from faultzone.history import SeesEvents
from faultzone.journal import Journal
from faultzone.model.catalog import default_choice
from faultzone.model.ledger import Money
from faultzone.model.rules import Rules
from faultzone.model.shape import Shape
from faultzone.substrate.memory import Timings

if TYPE_CHECKING:
    from faultzone.serve import Door, Endpoint
    from faultzone.substrate.docker.pool import Settings

T = TypeVar("T")

#: How long each change of state may take before a wait gives up, in region time: ten times what our own region needs,
#: at the least.
STATE_CHANGE: Final = "10m"
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


@dataclass(frozen=True)
class Identity:
    """What an instance keeps through stop, reboot, migration and recovery (instance/identity)."""

    id: str
    private_ip: str
    public_ip: str
    host_name: str
    serial_number: str
    mac_address: str
    zone: str
    vswitch: str
    image: str
    instance_type: str


class Instance:
    """One instance of a region, by its id."""

    def __init__(self, region: Region, id: str) -> None:
        self.region, self.id = region, id

    def __repr__(self) -> str:
        return f"Instance({self.id!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Instance) and other.id == self.id

    def __hash__(self) -> int:
        return hash(self.id)

    def describe(self) -> dict[str, Any]:
        """What DescribeInstances shows of it.

        Raises:
            ApiError: `InvalidInstanceId.NotFound`, since a listing leaves out what is not there.
        """
        found = self.region.call("DescribeInstances", InstanceIds=json.dumps([self.id]))["Instances"]["Instance"]
        if not found:
            raise ApiError("InvalidInstanceId.NotFound")
        shown: dict[str, Any] = found[0]
        return shown

    @property
    def exists(self) -> bool:
        """Whether it has not been released."""
        return bool(self.region.call("DescribeInstances", InstanceIds=json.dumps([self.id]))["TotalCount"])

    @property
    def status(self) -> str:
        """Pending, Starting, Running, Stopping or Stopped."""
        return str(self.describe()["Status"])

    @property
    def zone(self) -> str:
        """The id of its zone."""
        return str(self.describe()["ZoneId"])

    @property
    def private_ip(self) -> str:
        """Its private address."""
        return str(self.describe()["VpcAttributes"]["PrivateIpAddress"]["IpAddress"][0])

    @property
    def public_ip(self) -> str | None:
        """Its public address, if it has one."""
        addresses = self.describe()["PublicIpAddress"]["IpAddress"]
        return addresses[0] if addresses else None

    @property
    def host(self) -> str | None:
        """The host that it is on; None while it is stopped without charge. Needs the capability `see-hosts`."""
        answer = self.region.control("host-of", instance=self.id)["host"]
        return None if answer is None else str(answer)

    @property
    def identity(self) -> Identity:
        """What must not change through stop, reboot, migration and recovery."""
        shown = self.describe()
        interface = (shown.get("NetworkInterfaces") or {}).get("NetworkInterface") or [{}]
        return Identity(
            id=self.id,
            private_ip=shown["VpcAttributes"]["PrivateIpAddress"]["IpAddress"][0],
            public_ip=next(iter(shown["PublicIpAddress"]["IpAddress"]), ""),
            host_name=shown["HostName"],
            serial_number=shown.get("SerialNumber", ""),
            mac_address=interface[0].get("MacAddress", ""),
            zone=shown["ZoneId"],
            vswitch=shown["VpcAttributes"]["VSwitchId"],
            image=shown["ImageId"],
            instance_type=shown["InstanceType"],
        )

    def wait_until(self, status: str, within: Duration = STATE_CHANGE) -> Instance:
        """Let time pass until it is in this state.

        Raises:
            WaitTimeout: it is not, in time.
        """
        self.region.wait(lambda: self.status == status, within, what=f"{self.id} {status}")
        return self

    def start(self, *, wait: bool = True, **parameters: object) -> Instance:
        """StartInstance, and by default wait until it is Running."""
        self.region.call("StartInstance", InstanceId=self.id, **parameters)
        return self.wait_until("Running") if wait else self

    def stop(self, *, wait: bool = True, **parameters: object) -> Instance:
        """StopInstance, and by default wait until it is Stopped."""
        self.region.call("StopInstance", InstanceId=self.id, **parameters)
        return self.wait_until("Stopped") if wait else self

    def reboot(self, *, wait: bool = True, **parameters: object) -> Instance:
        """RebootInstance, and by default wait until it is Running again."""
        self.region.call("RebootInstance", InstanceId=self.id, **parameters)
        return self.wait_until("Running") if wait else self

    def renew(self, period: int = 1, unit: str = "Month", **parameters: object) -> Instance:
        """RenewInstance by so many months or weeks; it does not start one that has been stopped (billing/renew)."""
        self.region.call("RenewInstance", InstanceId=self.id, Period=period, PeriodUnit=unit, **parameters)
        return self

    @property
    def expires(self) -> datetime:
        """When its subscription ends; for pay-as-you-go a day far in the future."""
        return utc(read_stamp(self.describe()["ExpiredTime"]))

    @property
    def lock_reasons(self) -> list[str]:
        """The reasons for which it is locked: financial, security."""
        return [each["LockReason"] for each in self.describe()["OperationLocks"]["LockReason"]]

    def delete(self, **parameters: object) -> None:
        """DeleteInstance, by force unless told otherwise."""
        self.region.call("DeleteInstance", InstanceId=self.id, **{"Force": "true", **parameters})


class DeploymentSet:
    """One deployment set of a region, by its id."""

    def __init__(self, region: Region, id: str) -> None:
        self.region, self.id = region, id

    def __repr__(self) -> str:
        return f"DeploymentSet({self.id!r})"

    def describe(self) -> dict[str, Any]:
        """What DescribeDeploymentSets shows of it.

        Raises:
            ApiError: `InvalidDeploymentSetId.NotFound`.
        """
        listed = self.region.call("DescribeDeploymentSets", DeploymentSetIds=json.dumps([self.id]))
        found: list[dict[str, Any]] = listed["DeploymentSets"]["DeploymentSet"]
        if not found:
            raise ApiError("InvalidDeploymentSetId.NotFound")
        return found[0]

    @property
    def members(self) -> list[Instance]:
        """Its instances."""
        return [self.region.instance(each) for each in self.describe()["InstanceIds"]["InstanceId"]]

    def add(self, instance: Instance, *, force: bool = False) -> None:
        """ModifyInstanceDeployment: put an instance into it."""
        self.region.call("ModifyInstanceDeployment", InstanceId=instance.id, DeploymentSetId=self.id, Force=force)

    def delete(self) -> None:
        """DeleteDeploymentSet."""
        self.region.call("DeleteDeploymentSet", DeploymentSetId=self.id)


class RegionClock:
    """The time of a region: what it is, and letting it pass."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    @property
    def now(self) -> datetime:
        """The present of the region."""
        return utc(self.ms)

    @property
    def ms(self) -> int:
        """The present of the region in milliseconds since the epoch."""
        return int(self._backend.control("clock", {})["now"])

    @property
    def kind(self) -> str:
        """virtual, hybrid or wall."""
        return str(self._backend.control("clock", {})["kind"])

    def advance(self, duration: Duration) -> datetime:
        """Let this much region time pass; what is due on the way happens at its instant. Needs `move-time`."""
        return utc(self._backend.control("advance", {"milliseconds": milliseconds(duration)})["now"])


class Region(RunsCommands, SeesEvents):
    """A region under test, of whatever backend.

    Args:
        backend: what answers.
        region_id: which region of it.
        account: whose; the default account when left out.
        journal: the record of the run.
        defaults: the image and instance type that helpers use when a test names none.
    """

    def __init__(
        self,
        backend: Backend,
        region_id: str,
        account: str | None = None,
        *,
        journal: Journal | None = None,
        defaults: Mapping[str, str],
    ) -> None:
        self.backend, self.account = backend, account
        self.id = region_id
        self.journal = journal if journal is not None else backend.journal
        self.defaults = dict(defaults)
        self.clock = RegionClock(backend)
        self.chaos = Chaos(backend, region_id, partial(_say, backend, self.journal))
        self.closed = False
        #: Its endpoint, once one was asked for; views of one cloud share it.
        self.served: list[Endpoint] = []
        self._made: defaultdict[str, list[str]] = defaultdict(list)
        #: Whose view this is, if it is one; and the views through which something was made.
        self._root: Region | None = None
        self._views: list[Region] = []

    def __repr__(self) -> str:
        return f"Region({self.id!r}, {self.backend.name})"

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
        if action in _MAKING:
            self._note(answer)
        return answer

    def control(self, verb: str, **arguments: object) -> dict[str, Any]:
        """Do what only a harness may do.

        Raises:
            NotSupported: this backend cannot.
        """
        return self.backend.control(verb, arguments)

    def supports(self, capability: str) -> bool:
        """Whether the backend has a capability."""
        return capability in self.backend.capabilities

    # Other views of the same cloud, which end with it

    def _view(self, region_id: str, account: str | None) -> Region:
        view = Region(self.backend, region_id, account, journal=self.journal, defaults=self.defaults)
        view.chaos = self.chaos.of(region_id)
        view.served = self.served
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
                    f"there is no account {account}; the cloud has {len(accounts)}: make it with accounts={account + 1}"
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
        return Decimal(self.control("account-balance", account=self.account)["balance"])

    def top_up(self, amount: Money) -> Decimal:
        """Pay yuan into the account and tell its balance. Needs the capability `change-account`.

        Raises:
            UsageError: the amount is negative or not exact to 1/10000 yuan.
        """
        return Decimal(self.control("top-up", amount=str(amount), account=self.account)["balance"])

    def set_prices(
        self, *, hourly: Money | None = None, monthly: Money | None = None, instance_type: str | None = None
    ) -> None:
        """Set what things cost from now on; every price is zero until then. Needs the capability `change-account`.

        Args:
            hourly: yuan for an hour of a pay-as-you-go instance.
            monthly: yuan for a month of a subscription; a week costs a quarter of it.
            instance_type: of this type alone; of all that have no price of their own when left out.
        """
        asked = {"hourly": hourly, "monthly": monthly}
        given = {name: str(price) for name, price in asked.items() if price is not None}
        self.control("prices", instance_type=instance_type, **given)

    # Making things

    def run_instances(
        self,
        amount: int = 1,
        *,
        deployment_set: DeploymentSet | None = None,
        zone: str | None = None,
        instance_type: str | None = None,
        public_ip: bool = True,
        wait: bool = True,
        **parameters: object,
    ) -> list[Instance]:
        """RunInstances, and by default wait until they are Running.

        Args:
            amount: how many.
            deployment_set: the set that they join.
            zone: the zone's id; the region chooses when left out.
            instance_type: the default type when left out.
            public_ip: whether they get a public address.
            wait: whether to return only once they run.
            parameters: further parameters of RunInstances by their wire name.

        Raises:
            ApiError: refused.
        """
        asked: dict[str, object] = {
            "ImageId": self.defaults["image"],
            "InstanceType": instance_type or self.defaults["instance-type"],
            "Amount": amount,
        }
        if deployment_set is not None:
            asked["DeploymentSetId"] = deployment_set.id
        if zone is not None:
            asked["ZoneId"] = zone
        if public_ip:
            asked["InternetMaxBandwidthOut"] = 5
        answer = self.call("RunInstances", **{**asked, **parameters})
        made = [Instance(self, each) for each in answer["InstanceIdSets"]["InstanceIdSet"]]
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

    # Finding things

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

    # Waiting

    def wait(self, predicate: Callable[[], T], within: Duration = STATE_CHANGE, *, what: str = "the awaited") -> T:
        """Let region time pass until `predicate()` is true, and return what it gave.

        Raises:
            WaitTimeout: it is not, within that much region time.
        """
        return waiting.wait(self.backend, predicate, within, what=what)

    def hold(self, predicate: Callable[[], object], during: Duration, *, what: str = "the state to hold") -> None:
        """Let region time pass and see that `predicate()` stays true all the while.

        Raises:
            WaitTimeout: it became false.
        """
        waiting.hold(self.backend, predicate, during, what=what)

    def wait_until_all(self, instances: Sequence[Instance], status: str, within: Duration = STATE_CHANGE) -> None:
        """Let region time pass until every one of these is in this state."""
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

            self.served.append(serve_backend(cast("Door", self.backend)))
        return self.served[0].url

    def close(self) -> None:
        """Undo what is still broken, end the endpoint, and leave nothing behind on a backend that outlives the test.

        A view of another region or account ends with the region that it is a view of.
        """
        if self.closed or self._root is not None:
            return
        self.closed = True
        try:
            self.chaos.undo_all()
            if self._is_lasting:
                for each in (self, *self._views):
                    each.clean_up()
        finally:
            while self.served:
                self.served.pop().close()
            if isinstance(self.backend, LocalBackend):
                self.backend.release()


def _say(backend: Backend, journal: Journal, kind: str, data: dict[str, Any]) -> None:
    """Record what a test does to the region, at the region's time."""
    now = backend.control("clock", {})["now"] if "move-time" in backend.capabilities else 0
    journal.append(now, kind, data)


class Client:
    """The public API alone, of whatever backend.

    `ecs.DescribeInstances(PageSize=1)` is the same as `ecs.call("DescribeInstances", PageSize=1)`.
    """

    def __init__(self, region: Region) -> None:
        self._region = region

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


@dataclass(frozen=True)
class CloudOptions:
    """What a local cloud is made from.

    Args:
        shapes: one for each region.
        accounts: how many accounts.
        edition: its name, or an edition with other values.
        seed: of ids, addresses and names.
        clock: `virtual`, which stands still until moved, or `hybrid`, which also follows the real clock.
        scale: region seconds for each real second of a hybrid clock.
        rules: makes the rules of an edition.
        timings: how long guests and hosts take.
    """

    shapes: tuple[Shape, ...] = (Shape(),)
    accounts: int = 1
    edition: Edition | str = editions.DEFAULT
    seed: int | str = 0
    clock: str = "virtual"
    scale: float = 1.0
    rules: Callable[[Edition], Rules] = Rules
    timings: Timings | None = None

    @classmethod
    def of(cls, *, regions: Sequence[str] = (), **options: Any) -> CloudOptions:
        """The options of a cloud of these regions, all of one shape.

        Args:
            regions: their ids; the default region when left out.
            options: what this class takes, and what `Shape` takes.

        Raises:
            UsageError: an option that neither has; the text lists those that there are.
        """
        own = {name: options.pop(name) for name in list(options) if name in cls.__dataclass_fields__}
        unknown = options.keys() - Shape.__dataclass_fields__.keys()
        if unknown:
            known = sorted({"regions", *cls.__dataclass_fields__, *Shape.__dataclass_fields__} - {"shapes"})
            raise UsageError(f"a region has no option {', '.join(sorted(unknown))}; write some of {', '.join(known)}")
        if "shapes" not in own:
            own["shapes"] = tuple(Shape(**{**options, "region_id": each}) for each in regions) or (Shape(**options),)
        if own.get("clock", "virtual") not in ("virtual", "hybrid"):
            raise UsageError(f"clock={own['clock']!r}: write 'virtual' or 'hybrid'")
        return cls(**own)


def local_backend(options: CloudOptions) -> LocalBackend:
    """A cloud in this process."""
    clock = None
    if options.clock == "hybrid":
        clock = HybridClock(int(time.time() * SECOND), time.monotonic, options.scale)
    return LocalBackend(
        options.shapes,
        accounts=options.accounts,
        edition=options.edition,
        rules=options.rules,
        seed=options.seed,
        clock=clock,
        timings=options.timings,
    )


def docker_backend(options: CloudOptions, settings: Settings | None = None) -> LocalBackend:
    """A cloud whose hosts are containers. Its time is real time plus an offset, whatever clock the options name.

    Raises:
        NotSupported: no engine answers, or no image can be had; the text says what to do.
    """
    from faultzone.backends.docker import DockerBackend

    return DockerBackend(
        options.shapes,
        settings=settings,
        start=int(time.time() * SECOND),
        accounts=options.accounts,
        edition=options.edition,
        rules=options.rules,
        seed=options.seed,
    )


def make_region(backend: Backend | None = None, **options: Any) -> Region:
    """A region of its own, in memory unless a backend is given.

    Args:
        backend: what answers; a fresh cloud in this process when left out.
        options: what `CloudOptions` and `Shape` take, such as `zones=3`, `hosts_per_zone=8`, `accounts=2`, `seed=7`.

    Raises:
        UsageError: a region that cannot be; the text says what to write instead.
    """
    chosen = CloudOptions.of(**options)
    if backend is None:
        backend = local_backend(chosen)
    defaults = {"image": default_choice("image"), "instance-type": default_choice("instance-type")}
    return Region(backend, chosen.shapes[0].region_id, defaults=defaults)


__all__ = [
    "Client",
    "CloudOptions",
    "DeploymentSet",
    "Identity",
    "Instance",
    "Region",
    "RegionClock",
    "docker_backend",
    "local_backend",
    "make_region",
]
