"""The parts of a region for a test: instances, deployment sets and the clock."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from faultzone.api.ecs.instances import STATUSES
from faultzone.api.errors import ApiError
from faultzone.backends import Backend
from faultzone.clock import Duration, milliseconds, read_stamp, stamp, utc
from faultzone.errors import UsageError, WaitTimeout
from faultzone.faults.targets import id_of
from faultzone.region.planned import ASKED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from faultzone.region.commands import Invocation
    from faultzone.region.planned import PlannedFunctions
    from faultzone.region.region import Region


def check_status(status: str) -> None:
    """See that there is such a state.

    Raises:
        UsageError: there is not.
    """
    if status not in STATUSES:
        raise UsageError.expected_one_of("status", status, STATUSES)


#: What is no handle and holds none.
_PLAIN: Final = frozenset((str, int, float, bool, type(None)))


def with_ids(given: dict[str, object]) -> None:
    """Put the ID of each handle in its place, also in lists."""
    for name, value in given.items():
        if type(value) in (list, tuple):
            given[name] = [*map(_plain, value)]  # type: ignore[call-overload]
        elif type(value) not in _PLAIN:
            given[name] = _plain(value)


def _plain(value: object) -> object:
    """The ID of what has one, such as an instance or an event; else the value itself."""
    found = getattr(value, "id", None)
    return found if isinstance(found, str) else value


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
    """The result of a script in an instance: its exit code, and its output on stdout and stderr."""

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
        """The entry of the instance in DescribeInstances.

        Raises:
            ApiError: `InvalidInstanceId.NotFound`, because the listing omits an unknown instance.
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
        return self._placed("host")

    @property
    def rack(self) -> str | None:
        """The rack of its host; None where it has no host. Needs the capability `see-hosts`."""
        return self._placed("rack")

    @property
    def switch(self) -> str | None:
        """The switch of its host's rack; None where it has no host. Needs the capability `see-hosts`."""
        return self._placed("switch")

    def _placed(self, where: str) -> str | None:
        answer = self.region.control("host-of", instance=self.id)[where]
        return None if answer is None else str(answer)

    @property
    def agent(self) -> str:
        """The state of its Cloud Assistant agent: `running` if it takes commands, else a state of the fault
        `AgentOutage`, such as `hung`; `stopped` while the instance is not up.

        This is so at this moment. DescribeCloudAssistantStatus tells what the region knows: false of an instance that
        is Stopped (assistant/agent-status); in an edition with heartbeats, true until none was heard for
        `region.edition.assistant.heartbeat` seconds (assistant/heartbeats). Needs the capability `break-agents`.
        """
        return str(self.region.control("agent", instance=self.id)["state"])

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

    @property
    def metadata_url(self) -> str:
        """The address of its metadata service for a program outside, in the place of `http://100.100.100.200`; served
        on loopback when first asked for, until the region ends. Needs the capability `guest`."""
        served = self.region.metadata_served
        if self.id not in served:
            from faultzone.serve.metadata import MetadataEndpoint

            served[self.id] = MetadataEndpoint(self.region.backend, self.id)
        return served[self.id].url

    def wait_until(self, status: str, within: Duration | None = None, *, real: Duration | None = None) -> Instance:
        """Let time pass until the instance has this status; see `Region.wait`.

        Raises:
            WaitTimeout: it does not have it in time; the text has its last status.
            UsageError: the status is unknown.
        """
        check_status(status)
        seen = ""

        def arrived() -> bool:
            nonlocal seen
            seen = self.status
            return seen == status

        try:
            self.region.wait(arrived, within, real=real, what=f"{self.id} {status}")
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
        """RenewInstance for this number of months or weeks. It does not start a stopped instance (billing/renew)."""
        self.region.call("RenewInstance", InstanceId=self.id, Period=period, PeriodUnit=unit, **parameters)
        return self

    # What only an instance that is real has

    def exec(self, script: str, seconds: float = 60) -> Executed:
        """Run a script in the instance, without the public API, and wait for its end. Background processes continue.

        Args:
            script: a shell script, or a script for the program of its first line `#!…`.
            seconds: the timeout; then the script and its children are killed, and the exit code is -9.

        Raises:
            NotSupported: guests are not real on this backend.
            HarnessError: the instance does not run.
        """
        said = self.region.control("exec", instance=self.id, script=script, seconds=seconds)
        return Executed(said["exit_code"], said["output"])

    def put(self, path: str, data: bytes | str, mode: int = 0o644) -> None:
        """Write a file into the instance, and create its parent directories.

        Raises:
            NotSupported: guests are not real on this backend.
            HarnessError: the instance does not run, or the file cannot be written there.
        """
        self.region.control("put-file", instance=self.id, path=path, content=data, mode=mode)

    @contextmanager
    def forward(self, port: int) -> Iterator[tuple[str, int]]:
        """Forward a port of this machine, `("127.0.0.1", …)`, to a port of the instance inside the `with` block.

        It follows the instance to another host. A connection is closed if nothing serves at the port, or if the
        instance is unreachable.

        Raises:
            NotSupported: guests are not real on this backend.
            UsageError: the instance does not exist, or the port is out of range.
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
        """Send bytes to a port of the instance, and return the answer. Needs the capability `reach-guests`.

        In memory, the answer is known immediately, so no time passes.

        Args:
            within: the timeout, at most 25 s.

        Raises:
            ConnectionRefusedError: the instance is up, and nothing serves at the port.
            TimeoutError: no answer: the instance is not up, or its host is dead, hangs or is cut off.
            UsageError: the instance does not exist, or the port is out of range.
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
        """The entry of the deployment set in DescribeDeploymentSets.

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

    @property
    def groups(self) -> dict[int, list[Instance]]:
        """Its instances by the number of their group; empty for a set without groups."""
        count = self.describe().get("GroupCount", 0)
        found: dict[int, list[Instance]] = {number: [] for number in range(1, count + 1)}
        for member in self.members if count else ():
            found[int(member.describe()["DeploymentSetGroupNo"])].append(member)
        return found

    def add(self, instance: Instance | str, *, force: bool = False, group: int | None = None) -> None:
        """ModifyInstanceDeployment: put an instance into it.

        Args:
            instance: the instance, or its ID; a member is spread anew over the groups.
            force: whether it may be restarted on another host.
            group: the number of the group (default: the region chooses).
        """
        numbered = {} if group is None else {"DeploymentSetGroupNo": group}
        asked = {"InstanceId": id_of(instance, "instance"), "DeploymentSetId": self.id, "Force": force, **numbered}
        self.region.call("ModifyInstanceDeployment", **asked)

    def remove(self, instance: Instance | str) -> None:
        """ModifyInstanceDeployment: take an instance out of it. Needs an edition from 2020-12 on."""
        asked = {"InstanceId": id_of(instance, "instance"), "DeploymentSetId": self.id, "RemoveFromDeploymentSet": True}
        self.region.call("ModifyInstanceDeployment", **asked)

    def delete(self) -> None:
        """DeleteDeploymentSet."""
        self.region.call("DeleteDeploymentSet", DeploymentSetId=self.id)


class RegionClock:
    """The clock of a region: it tells the time and advances it."""

    def __init__(self, backend: Backend, planned: PlannedFunctions) -> None:
        self._backend, self._planned = backend, planned

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
        """Advance region time; due timers fire at their times. Needs `move-time`.

        Raises:
            Exception: what a function of `Region.call_at` raised, once this time has passed.
            UsageError: a probe is being asked: each time that passes asks it again.
        """
        if asked := ASKED.get():
            raise UsageError(f"the probe {asked!r} lets time pass: expected a function that only looks")
        now = self._backend.control("advance", {"milliseconds": milliseconds(duration)})["now"]
        self._planned.tell()
        return utc(now)


Handle = TypeVar("Handle", Instance, DeploymentSet, "Invocation")


def held(kind: type[Handle], given: Handle | str, what: str, region: Region | None) -> Handle:
    """A handle itself, or that of an ID in a region.

    Raises:
        UsageError: an ID without a region, or neither an ID nor a handle.
    """
    if isinstance(given, kind):
        return given
    if region is None:
        raise UsageError.expected(what, given, f"the {kind.__name__}, or its ID together with region=region")
    return kind(region, id_of(given, what))
