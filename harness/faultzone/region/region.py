"""The handle that a test holds: a region with typed helpers over `Backend.call` and `Backend.control`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import wraps
from itertools import count
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec, TypeVar

from faultzone import editions, waiting
from faultzone.api.callers import CALLER, Caller
from faultzone.api.ecs import ECS
from faultzone.backends import Backend, Doors
from faultzone.backends.options import CloudOptions, local_backend
from faultzone.clock import Duration, milliseconds
from faultzone.editions import Edition
from faultzone.editions.catalog import DEFAULT_IMAGE, DEFAULT_INSTANCE_TYPE
from faultzone.errors import IncompleteAnswer, NotSupported, UsageError, WaitTimeout
from faultzone.faults.targets import id_of, ids_of
from faultzone.journal.journal import Journal
from faultzone.region.clean_up import NOTED, Made
from faultzone.region.commands import Commands
from faultzone.region.events import Events
from faultzone.region.handles import DeploymentSet, Instance, RegionClock, check_status, with_ids
from faultzone.region.planned import PlannedFunctions
from faultzone.waiting import STATE_CHANGE

if TYPE_CHECKING:
    import os
    import subprocess
    from decimal import Decimal
    from types import TracebackType

    from faultzone.conditions import Condition, Probe
    from faultzone.journal.operations import Operation
    from faultzone.model.billing.ledger import Money
    from faultzone.region.chaos import Chaos
    from faultzone.region.injection import Injection
    from faultzone.region.over_time import Expecting, UnderWay, Watched
    from faultzone.serve import Endpoint
    from faultzone.serve.metadata import MetadataEndpoint

T = TypeVar("T")
P = ParamSpec("P")
PartT = TypeVar("PartT")

#: How many instances are asked for at once.
_PAGE: Final = 50


def _forwarded(
    part: Callable[[Region], PartT], method: Callable[Concatenate[PartT, P], T]
) -> Callable[Concatenate[Region, P], T]:
    """A method of a region that is one of its part."""

    @wraps(method)
    def forward(region: Region, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return method(part(region), *args, **kwargs)

    return forward


class Region:
    """A region under test, on any backend.

    Args:
        backend: the backend.
        region_id: the ID of the region.
        account: the account (default: the first).
        journal: the record of the run.
        edition: the edition of the documentation that it follows (default: the first edition).
        defaults: `image` and `instance-type`, what the helper methods launch. RunInstances wants both of any program:
            `ecs.RunInstances(ImageId=region.defaults["image"], InstanceType=region.defaults["instance-type"])`.
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
        #: What it is to call at a moment; views of one cloud share it, as they do the clock.
        self.planned = PlannedFunctions()
        self.clock = RegionClock(backend, self.planned)
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
        self._made = Made()
        #: The numbers of the operations of the test's own clients.
        self.operations = count(1)
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

    # What tests write most goes without the part's name, too.
    run_command = _forwarded(lambda region: region.commands, Commands.run)
    guest = _forwarded(lambda region: region.commands, Commands.guest)
    wait_for_event = _forwarded(lambda region: region.events, Events.wait)

    # The two doors

    def call(self, action: str, product: str = ECS, /, **parameters: object) -> dict[str, Any]:
        """Answer one action of the public API, in this region and for this account: a call of the test's own, which
        faults of the API leave alone unless they are for everyone.

        Args:
            action: its name.
            product: whose action it is, such as `sts`.
            parameters: by their names on the wire; a handle stands for its ID.

        Raises:
            ApiError: refused.
        """
        if CALLER.get() is None:
            return self._call(action, parameters, product)
        # A function of the test's runs within the call of a client.
        return self.call_as(None, action, parameters, product)

    def call_as(
        self, caller: Caller | None, action: str, parameters: dict[str, object], product: str = ECS
    ) -> dict[str, Any]:
        """The same as a call of a client, such as a `Client`."""
        before = CALLER.set(caller)
        try:
            return self._call(action, parameters, product)
        finally:
            CALLER.reset(before)

    def _call(self, action: str, parameters: dict[str, object], product: str) -> dict[str, Any]:
        with_ids(parameters)
        parameters.setdefault("RegionId", self.id)
        if parameters.get("InstanceChargeType") == "PrePaid" and self._is_lasting:
            raise NotSupported(f"a subscription cannot be given back, so none is bought on {self.backend.name}")
        answer = self.backend.call(action, parameters, product=product, account=self.account)
        if self.strict:
            from faultzone.backends.answers import documented

            answer = documented(action, answer, product)
        if action in NOTED:
            if not self._made and self._root is not None:
                self._root._views.append(self)
            self._made.note(action, product, parameters, answer)
        return answer

    def control(self, verb: str, **arguments: object) -> dict[str, Any]:
        """Call a control verb.

        Args:
            verb: its name.
            arguments: of it; a handle stands for its ID.

        Raises:
            NotSupported: the backend does not have it.
        """
        with_ids(arguments)
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
        view.metadata_served, view.operations = self.metadata_served, self.operations
        view.planned, view.clock = self.planned, self.clock
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
            IncompleteAnswer: more were made, or fewer without a MinAmount or an AutoPay (instance/run-amount).
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
        least = amount if parameters.keys().isdisjoint(("MinAmount", "AutoPay")) else 0
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
        """CreateDeploymentSet.

        A member that cannot be recovered within the set leaves it, and is started outside, unless
        `OnUnableToRedeployFailedInstance="KeepStopped"` is given (deployment-set/failover-cancels-membership).
        """
        return DeploymentSet(
            self, self.call("CreateDeploymentSet", DeploymentSetName=name, **parameters)["DeploymentSetId"]
        )

    # What is found

    def instance(self, instance: Instance | str) -> Instance:
        """The instance of this ID, whether or not it exists."""
        return Instance(self, id_of(instance, "instance"))

    def deployment_set(self, deployment_set: DeploymentSet | str) -> DeploymentSet:
        """The deployment set of this ID, whether or not it exists."""
        return DeploymentSet(self, id_of(deployment_set, "deployment_set"))

    def describe(
        self, action: str, wrapper: str = "", item: str = "", **parameters: object
    ) -> Iterator[dict[str, Any]]:
        """All items of a Describe action, page by page: `region.describe("DescribeInstances")`.

        Args:
            action: its name.
            wrapper: the field of the answer that holds them (default: the one that is documented).
            item: the field in it, empty where the list stands by itself.
            parameters: other parameters of the action.

        Raises:
            UsageError: the answers to the action have no list, or several.
        """
        from faultzone.region.listing import items

        return items(self, action, wrapper, item, parameters)

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

    def wait(
        self,
        predicate: Callable[[], T],
        within: Duration | None = None,
        *,
        real: Duration | None = None,
        what: str = "the condition",
    ) -> T:
        """Let region time pass until `predicate()` is true, and return its result.

        Where it can be moved, it goes from timer to timer and takes no real time. With `real`, another program has that
        time to act: region time that follows the real clock is not moved, and a virtual one as much of `within` as of
        `real` has passed. It is not moved while the endpoint answers calls.

        Args:
            predicate: what is to become true.
            within: the timeout, in region time (default: an hour; with `real`, none where time follows the real clock).
            real: the timeout, in real time (default: real time is not waited for).
            what: the name of the condition, for the message.

        Raises:
            WaitTimeout: it is not true in time.
        """
        predicate = self.planned.telling(predicate)
        if real is None:
            return waiting.wait(self.backend, predicate, STATE_CHANGE if within is None else within, what=what)
        return waiting.wait_for_others(
            self.backend, predicate, within, real, what=what, are_busy=lambda: any(each.is_busy for each in self.served)
        )

    def hold(self, predicate: Callable[[], object], during: Duration, *, what: str = "the condition") -> None:
        """Let region time pass and see that `predicate()` stays true all the while.

        Raises:
            WaitTimeout: it became false.
        """
        waiting.hold(self.backend, self.planned.telling(predicate), during, what=what)

    def call_at(self, moment: Duration | datetime, function: Callable[[], object]) -> None:
        """Call a function at a moment of region time, and before more of it passes: while the test waits, while time
        advances, while a client waits for a late answer. So two programs act beside one another.

        It may call the region; time that it lets pass is added to what passes anyway.

        What it raises is kept, and more time passes. The test gets it from its own `clock.advance`, once that time has
        passed, from its next look in a wait, or from the end of the region: never from a call of a client. Of several
        errors, the first is raised, with a note for each of the others.

        Args:
            moment: the instant, or how long from now.
            function: takes nothing.

        Raises:
            NotSupported: the backend is not in this process.
            UsageError: the moment has passed.
        """
        if isinstance(moment, datetime):
            after = round(moment.timestamp() * 1000) - self.clock.ms
            if after < 0:
                raise UsageError.expected("moment", moment, f"no instant before {self.clock.now}")
        else:
            after = milliseconds(moment)
        if not callable(function):
            raise UsageError.expected("function", function, "a function: write lambda: before what it does")
        self.control("call-later", after=after, function=self.planned.keeping(function))

    def wait_until_all(
        self,
        instances: Instance | str | Sequence[Instance | str],
        status: str,
        within: Duration | None = None,
        *,
        real: Duration | None = None,
    ) -> None:
        """Let time pass until all these instances, or those with these IDs, have this status; see `wait`.

        Raises:
            WaitTimeout: one of them does not have it in time; the text has the last status of such.
            UsageError: the status is unknown.
        """
        check_status(status)
        ids = ids_of(instances, "instances")
        others: list[str] = []

        def arrived() -> bool:
            for first in range(0, len(ids), _PAGE):
                part = ids[first : first + _PAGE]
                answer = self.call("DescribeInstances", InstanceIds=json.dumps(part), PageSize=_PAGE)
                shown = {each["InstanceId"]: each["Status"] for each in answer["Instances"]["Instance"]}
                others[:] = [f"{id} is {shown.get(id, 'not listed')}" for id in part if shown.get(id) != status]
                if others:
                    return False
            return True

        try:
            self.wait(arrived, within, real=real, what=f"{len(ids)} instances {status}")
        except WaitTimeout as late:
            raise WaitTimeout(f"{late}; {', '.join(others)}") from None

    # Over time

    def expect(self, *conditions: Condition | str) -> Expecting:
        """A `with` block in which conditions must hold: of what happens in it, and of what it asks.

        At its end, region time passes until what can still be followed in time is, or is not, and what must come
        eventually has had its time. What began before the block counts as before or around: a fault that is active.

        Args:
            conditions: such as `never("refusal NoStock")`, or as sentences; see `faultzone.conditions`.

        Raises:
            ConditionBroken: at the end of the block: one is broken, or it cannot be known whether it holds. The text
                has the entries that show it.
            NotSupported: a function is to be asked, and the region is not in this process.
            UsageError: one is none, or is about what the journal of an endpoint lacks, or what names nothing that is or
                was there.
        """
        from faultzone.region.over_time import Expecting

        return Expecting(self, conditions)

    def probe(self, asked: Probe | Callable[[], object]) -> Watched:
        """Let the journal have the value of a probe: now, and after each change of the region, before more time
        passes. The end of its `with` block, or `end`, ends that.

        Args:
            asked: a function with a name, or `probe("two serve", lambda: ...)`.

        Raises:
            NotSupported: the region is not in this process.
            UsageError: it has no name.
        """
        from faultzone.region.over_time import watch

        return watch(self, asked)

    def operation(
        self, name: str, *arguments: object, who: str | None = None, fails: Sequence[type[BaseException]] = ()
    ) -> UnderWay:
        """A `with` block that is an operation of a client of the test's own: `with region.operation("write", 3):`.

        The journal has its invocation and its end. If the block raises, the operation is `unknown`: it may have taken
        effect. If what it raises is an `ApiError`, or one of `fails`, it has `failed`, and took none. `returns` of
        what the block gives says what it returned.

        Args:
            name: what is done.
            arguments: with what; JSON can carry it.
            who: whose operation it is (default: the name of the thread, `main` for the first).
            fails: other exceptions that say that it took no effect.

        Raises:
            UsageError: the name is empty, or JSON cannot carry an argument.
        """
        from faultzone.region.over_time import operation

        return operation(self, name, arguments, who, fails)

    def history(self, *names: str, who: str | None = None) -> list[Operation]:
        """The operations so far, in the order in which they were invoked; see `faultzone.journal.operations`.

        Args:
            names: only those with these names.
            who: only those of this client.
        """
        from faultzone.journal.operations import history
        from faultzone.region.over_time import entries_from

        return history(entries_from(self), *names, who=who)

    # Programs

    def run(
        self,
        command: Sequence[str | os.PathLike[str]],
        *,
        instance: Instance | str | None = None,
        pass_through: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        directory: str | os.PathLike[str] | None = None,
        timeout: float | None = None,
        check: bool = False,
        way: str | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program that takes this region for the cloud, and wait until it has ended.

        Args:
            command: the program and its arguments, such as `["terraform", "apply"]`.
            instance: the instance that it runs on, whose metadata service it finds.
            pass_through: other hosts that it can reach: `HOST`, of which ports 80 and 443 are meant, or `HOST:PORT`.
            environment: environment variables besides those of this process.
            directory: its working directory.
            timeout: real seconds.
            check: whether it must end with status 0.
            way: `namespaces` or `proxy` (default: the first that the kernel allows).

        Returns:
            What `subprocess.run` returns, with its output as text.

        Raises:
            ApiError: `InvalidInstanceId.NotFound`.
            subprocess.TimeoutExpired: it has not ended in time; it is ended.
            subprocess.CalledProcessError: it ended with another status than 0, and `check` is true.
            UsageError: the command, or a host, cannot be.
            NotSupported: the extra `tls` is not installed.
        """
        from faultzone.region.programs import run

        given = {"pass_through": pass_through, "environment": environment, "directory": directory, "way": way}
        return run(self, command, id_of(instance, "instance") if instance else None, timeout, check, given)

    # The end

    def clean_up(self) -> None:
        """Release the instances that were made through this handle, then delete whatever else was.

        It also stops invocations that would go on. An event rule is deleted even if `PutEventRule` only changed it,
        because the answer does not tell this.
        """
        self._made.delete(self)

    @property
    def _is_lasting(self) -> bool:
        """Whether what a test leaves behind stays: the backend outlives it, and cannot be made anew."""
        return self.backend.outlives_tests and "shape-region" not in self.backend.capabilities

    def __enter__(self) -> Region:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self.planned.note_on(error)  # The block's own error is the one that counts.
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

        Raises:
            Exception: what a function of `call_at` raised, if the test has not got it yet.
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
        except Exception as error:
            self.planned.note_on(error)
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
        self.planned.tell()


def _yuan(answer: Mapping[str, Any]) -> Decimal:
    """The balance that an answer tells."""
    from decimal import Decimal

    return Decimal(answer["balance"])


def make_region(backend: Doors | None = None, **options: Any) -> Region:
    """Make a new region, by default in memory.

    Args:
        backend: an object with `call`, `control` and `close` (default: a new cloud in this process).
        options: arguments of `CloudOptions.of` and `Shape`, such as `zones=3`, `hosts_per_zone=8`, `accounts=2`,
            `seed=7`; or a shape as a value, `shape=Shape(zones=3)`.

    Raises:
        UsageError: an option is unknown, has a wrong value, or is a part of a shape that is given besides.
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
