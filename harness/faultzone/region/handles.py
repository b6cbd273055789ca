"""What a region is made of, as a test holds it: instances, deployment sets and the clock."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from faultzone.api.ecs.instances import STATUSES
from faultzone.api.errors import ApiError
from faultzone.backends import Backend
from faultzone.clock import Duration, milliseconds, read_stamp, stamp, utc
from faultzone.errors import UsageError, WaitTimeout
from faultzone.waiting import STATE_CHANGE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from faultzone.region.region import Region


def check_status(status: str) -> None:
    """See that there is such a state.

    Raises:
        UsageError: there is not.
    """
    if status not in STATUSES:
        raise UsageError.expected_one_of("status", status, STATUSES)


class Identity(NamedTuple):
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


def _private_ip(shown: Mapping[str, Any]) -> str:
    """The private address that DescribeInstances shows, in a VPC or in the classic network."""
    inside = shown["VpcAttributes"]["PrivateIpAddress"]["IpAddress"] or shown["InnerIpAddress"]["IpAddress"]
    return str(inside[0])


class Executed(NamedTuple):
    """How a script ended that ran in an instance: its exit code, and what it wrote to stdout and stderr."""

    exit_code: int
    output: str


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
        return _private_ip(self.describe())

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
            private_ip=_private_ip(shown),
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
            WaitTimeout: it is not, in time; the message says in which state it was last.
            UsageError: there is no such state.
        """
        check_status(status)
        seen = ""

        def arrived() -> bool:
            nonlocal seen
            seen = self.status
            return seen == status

        try:
            self.region.wait(arrived, within, what=f"{self.id} {status}")
        except WaitTimeout as late:
            raise WaitTimeout(f"{late}; it is {seen}") from None
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

    # What only an instance that is real has

    def exec(self, script: str, seconds: float = 60) -> Executed:
        """Run a script in it beside the public API, and wait for its end: what it starts in the background goes on.

        Args:
            script: what a shell runs, or the program that its first line `#!…` names.
            seconds: after how long it is killed with all that it has started; its exit code is -9 then.

        Raises:
            NotSupported: guests are not real here.
            HarnessError: the instance does not run.
        """
        said = self.region.control("exec", instance=self.id, script=script, seconds=seconds)
        return Executed(said["exit_code"], said["output"])

    def put(self, path: str, data: bytes | str, mode: int = 0o644) -> None:
        """Put a file into it, and the directories above it.

        Raises:
            NotSupported: guests are not real here.
            HarnessError: the instance does not run, or the file cannot be written there.
        """
        self.region.control("put-file", instance=self.id, path=path, content=data, mode=mode)

    @contextmanager
    def forward(self, port: int) -> Iterator[tuple[str, int]]:
        """Give a port of it an address on this machine, `("127.0.0.1", …)`, while the `with` lasts.

        It leads to the instance wherever that is moved. A connection to a port where nothing serves, or to an instance
        of which nothing is heard, is closed.

        Raises:
            NotSupported: guests are not real here.
            UsageError: it is not there any more, or there is no such port.
        """
        opened = self.region.control("forward-port", instance=self.id, port=port)
        try:
            yield str(opened["address"]), int(opened["port"])
        finally:
            self.region.control("end-forward", port=opened["port"])

    @property
    def expires(self) -> datetime:
        """When its subscription ends; for pay-as-you-go a day far in the future."""
        return utc(read_stamp(self.describe()["ExpiredTime"]))

    @property
    def lock_reasons(self) -> list[str]:
        """The reasons for which it is locked: financial, security."""
        return [each["LockReason"] for each in self.describe()["OperationLocks"]["LockReason"]]

    def request(self, port: int, data: str | bytes = b"", within: Duration = 5) -> bytes:
        """Send bytes to a port of it, and give what the service there answers. Needs the capability `reach-guests`.

        In memory it is known at once whether anything answers, so no time passes.

        Args:
            within: how long an answer is awaited, at most 25 s.

        Raises:
            ConnectionRefusedError: its system is up, and nothing serves at the port.
            TimeoutError: nothing is heard: its system is not up, or its host is dead, hangs or is cut off.
            UsageError: it is not there any more, or there is no such port.
        """
        raw = data.encode() if isinstance(data, str) else data
        asked = {"port": port, "data": base64.b64encode(raw).decode(), "seconds": milliseconds(within) / 1000}
        answer = self.region.control("guest-request", instance=self.id, **asked)
        error = answer.get("error")
        if error == "refused":
            raise ConnectionRefusedError(f"{self.id}:{port} refuses: nothing serves there")
        if error is not None:
            raise TimeoutError(f"{self.id}:{port} is {error}")
        return base64.b64decode(answer["data"])

    def delete(self, **parameters: object) -> None:
        """DeleteInstance, by force unless `Force` says otherwise."""
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

    def __repr__(self) -> str:
        # The clock itself is not asked: that may be a call, and time that follows another would move on.
        entries = self._backend.journal.entries
        last = f", {stamp(entries[-1][1])} when something last happened" if entries else ""
        return f"RegionClock({self._backend.name}{last})"

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
