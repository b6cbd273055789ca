"""Commands in tests: running one on instances, scripting its outcomes, and teaching guests.

ran = region.run_command("yum check-update", on=instances, outcomes={instances[0].id: failed()})
assert_invocation(ran, "PartialFailed")
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from faultzone.clock import Duration, milliseconds
from faultzone.errors import IncompleteAnswer, NotListed, UsageError
from faultzone.faults.targets import id_of, ids_of

if TYPE_CHECKING:
    from faultzone.region import Instance, Region
    from faultzone.substrate.reaction import Answer, Reaction

#: What a run may take besides its own time: delivery, and as much again for polls.
_GRACE: Final = 120


class Outcome(NamedTuple):
    """The outcome of a command on an instance; made by `finished`, `failed`, `running` and `stopped`."""

    state: str
    reaction: Reaction


def _outcome(state: str, **reaction: Any) -> Outcome:
    from faultzone.substrate.reaction import Reaction

    return Outcome(state, Reaction(**reaction))


def finished(exit_code: int = 0, output: str = "", takes: Duration = 0) -> Outcome:
    """The process ends, with any exit code."""
    return _outcome("Finished", takes=takes, exit_code=exit_code, output=output)


def failed(output: str = "", takes: Duration = 0) -> Outcome:
    """The run breaks."""
    return _outcome("Failed", takes=takes, output=output, crash=True)


def running() -> Outcome:
    """The process does not end; the timeout ends it."""
    return _outcome("Running", hang=True)


def stopped() -> Outcome:
    """The user stops it."""
    return _outcome("Stopped", hang=True)


#: In which states a target is while something goes on there.
_UNDER_WAY: Final = ("Running", "Stopping")


class States(dict[str, str]):
    """The state of each target of an invocation."""

    def __missing__(self, instance: str) -> str:
        raise NotListed(f"DescribeInvocations shows no target {instance}, but {sorted(self)}")


def _states(shown: Mapping[str, Any]) -> States:
    """The states in what DescribeInvocations shows of an invocation."""
    items = shown["InvokeInstances"]["InvokeInstance"]
    return States((each["InstanceId"], each["InstanceInvokeStatus"]) for each in items)


class Total(str):
    """The total of an invocation, with the states of the targets that it is made of: a failed assertion shows them."""

    states: Mapping[str, str]

    def __new__(cls, total: str, states: Mapping[str, str] = MappingProxyType({})) -> Total:
        made = super().__new__(cls, total)
        made.states = states
        return made


class Invocation:
    """One invocation of a region, by its id."""

    def __init__(self, region: Region, id: str, command_id: str = "") -> None:
        self.region, self.id, self.command_id = region, id, command_id

    def __repr__(self) -> str:
        return f"Invocation({self.id!r})"

    def describe(self) -> dict[str, Any]:
        """What DescribeInvocations shows of it.

        Raises:
            NotListed: nothing.
        """
        found = self._listed()
        if not found:
            raise NotListed(f"DescribeInvocations does not list {self.id}")
        return found[0]

    def _listed(self) -> list[dict[str, Any]]:
        return list(self.region.call("DescribeInvocations", InvokeId=self.id)["Invocations"]["Invocation"])

    @property
    def status(self) -> str:
        """The total: Running, Finished, Failed, Stopped or PartialFailed."""
        shown = self.describe()
        return Total(str(shown["InvokeStatus"]), _states(shown))

    @property
    def states(self) -> dict[str, str]:
        """The state of each target, by the instance's id."""
        return _states(self.describe())

    def results(self, instance: Instance | str | None = None) -> list[dict[str, Any]]:
        """The records, of one instance or of all; the latest run first."""
        wanted: dict[str, object] = {} if instance is None else {"InstanceId": id_of(instance, "instance")}
        # From 2021 on the earlier runs of what repeats are shown to those alone who ask for them.
        if any(each.get("RepeatMode") in ("Period", "EveryReboot") for each in self._listed()):
            wanted["IncludeHistory"] = True
        found: list[dict[str, Any]] = []
        while True:
            page = self.region.call(
                "DescribeInvocationResults", InvokeId=self.id, PageNumber=len(found) // 20 + 1, PageSize=20, **wanted
            )["Invocation"]
            shown = page["InvocationResults"]["InvocationResult"]
            found += shown
            if not shown or len(found) >= page["TotalCount"]:
                return found

    def result(self, instance: Instance | str) -> dict[str, Any]:
        """The latest record of one instance.

        Raises:
            NotListed: there is none.
        """
        target = id_of(instance, "instance")
        found = self.results(target)
        if not found:
            raise NotListed(f"{self.id} has no record of {target}")
        return found[0]

    def output(self, instance: Instance | str) -> str:
        """What the latest run on an instance has written."""
        return self.written(self.result(instance))

    @staticmethod
    def written(record: Mapping[str, Any]) -> str:
        """What a run has written, by its record of DescribeInvocationResults (assistant/output-base64).

        Raises:
            IncompleteAnswer: the output is not Base64, as it is to be where nothing else was asked for.
        """
        output = record["Output"]
        try:
            return base64.b64decode(output, validate=True).decode("utf-8", "replace")
        except (TypeError, ValueError):
            raise IncompleteAnswer(f"'Output' in the answer is {output!r:.80}, where Base64 is documented") from None

    def wait(
        self,
        within: Duration | None = None,
        *,
        real: Duration | None = None,
        besides: Instance | str | Sequence[Instance | str] = (),
    ) -> Invocation:
        """Let time pass until no target is Running or Stopping, `besides` these; see `Region.wait`.

        Raises:
            WaitTimeout: one still is.
        """

        others = {*ids_of(besides, "besides")}

        def settled() -> bool:
            return all(state not in _UNDER_WAY or each in others for each, state in self.states.items())

        limit = "2h" if within is None and real is None else within
        self.region.wait(settled, limit, real=real, what=f"{self.id} settled")
        return self

    def stop(self, *instances: Instance | str) -> Invocation:
        """StopInvocation, of all targets or of these."""
        self.region.call("StopInvocation", InvokeId=self.id, InstanceId=ids_of(instances, "instances"))
        return self


class Commands:
    """The commands of a region, and the guests that run them.

    Args:
        region: which.
    """

    def __init__(self, region: Region) -> None:
        self._region = region

    def __repr__(self) -> str:
        return f"Commands({self._region!r})"

    def run(
        self,
        script: str | bytes,
        *,
        on: Instance | str | Sequence[Instance | str],
        outcomes: Mapping[Instance, Outcome] | Mapping[str, Outcome] | None = None,
        type: str = "RunShellScript",
        timeout: int | None = None,
        frequency: str | None = None,
        working_dir: str | None = None,
        wait: bool = True,
    ) -> Invocation:
        """CreateCommand and InvokeCommand, and by default wait until the command has ended everywhere.

        Args:
            script: what to run.
            on: the targets, or their ids.
            outcomes: what shall become of it, by target: `{one: failed(), two.id: finished(exit_code=3)}`.
                Needs the capability `guest`.
            type: RunShellScript, RunBatScript or RunPowerShellScript.
            timeout: seconds after which a run is killed; the documented default when left out.
            frequency: a cron expression, for a timed invocation; one is never waited for.
            working_dir: where it runs.
            wait: whether to return only once it has ended, where it is to end.

        Raises:
            ApiError: refused.
            UsageError: an outcome is of an instance that is no target; nothing has been made.
            WaitTimeout: it has not ended within its timeout and the time of delivery.
        """
        ids = ids_of(on, "on")
        expected = {id_of(each, "outcomes"): outcome for each, outcome in (outcomes or {}).items()}
        if strangers := expected.keys() - set(ids):
            raise UsageError.unknown("target", min(strangers), ids, where="in outcomes")
        region = self._region
        command_id = self.create(script, type=type, Timeout=timeout, WorkingDir=working_dir)
        for instance_id, outcome in expected.items():
            reaction = {key: value for key, value in vars(outcome.reaction).items() if value}
            region.control("teach-guest", command_id=command_id, instance=instance_id, **reaction)
        timed = {} if frequency is None else {"Timed": True, "Frequency": frequency}
        answer = region.call("InvokeCommand", CommandId=command_id, InstanceId=ids, **timed)
        made = Invocation(region, answer["InvokeId"], command_id)
        scripted = {each: outcome.state for each, outcome in expected.items()}
        if to_stop := [each for each, state in scripted.items() if state == "Stopped"]:
            region.call("StopInvocation", InvokeId=made.id, InstanceId=to_stop)
        if wait and frequency is None:
            lasting = [each for each, state in scripted.items() if state == "Running"]
            made.wait((timeout or 3600) + _GRACE, besides=lasting)
        return made

    def guest(
        self,
        command: str | re.Pattern[str] | Callable[[str], Reaction | None],
        *,
        on: Instance | str | None = None,
        times: int | None = None,
        takes: Duration = 0,
        exit_code: int = 0,
        output: str = "",
        hang: bool = False,
        crash: bool = False,
        serves: int | None = None,
        answer: str | bytes | Answer = b"",
    ) -> None:
        """Teach guests a command: `region.guest("yum check-update", takes="40s", exit_code=100, output="…")`.

        What was taught last is asked first. Needs the capability `guest`.

        Args:
            command: its exact text, a pattern for the whole of its text, or, in process alone, a function that gives
                the `Reaction` to a text, or None. A function must not call the region.
            on: only this instance, or the one with this ID.
            times: how often it applies; for ever when left out.
            takes: how long until it ends.
            exit_code: what it ends with.
            output: what it writes when it ends.
            hang: it never ends by itself.
            crash: it breaks, so that the agent cannot go on with the run.
            serves: the port at which it serves in the background once it has ended, until the system goes down; see
                `Instance.request`. User data that runs it lets it serve after every boot.
            answer: what it answers: the same to each request, or, in process alone, what a function gives to its bytes.
                Such a function may raise ConnectionRefusedError or TimeoutError for a service that has died or hangs.

        Raises:
            UsageError: there is no such port, an answer without a port, or a service that hangs or crashes.
        """
        given: dict[str, object] = {"instance": None if on is None else id_of(on, "on"), "times": times}
        if callable(command):
            self._region.control("teach-guest", function=command, **given)
            return
        if not isinstance(command, str | re.Pattern):
            raise UsageError.expected("command", command, "its text, a pattern from re.compile(), or a function")
        by = {"command": command} if isinstance(command, str) else {"pattern": command.pattern}
        reaction = {"takes": milliseconds(takes) / 1000, "exit_code": exit_code, "output": output}
        if callable(answer):
            given["answers"] = answer
        elif answer:
            given["answer"] = base64.b64encode(answer.encode() if isinstance(answer, str) else answer).decode()
        self._region.control("teach-guest", **by, **given, **reaction, hang=hang, crash=crash, serves=serves)

    def create(self, script: str | bytes, *, type: str = "RunShellScript", **parameters: object) -> str:
        """CreateCommand; the id of the command. Further parameters go by their wire name."""
        raw = script.encode() if isinstance(script, str) else script
        asked = {"Name": "faultzone", "Type": type, "CommandContent": base64.b64encode(raw).decode(), **parameters}
        return str(self._region.call("CreateCommand", **asked)["CommandId"])

    def invocation(self, invocation: Invocation | str) -> Invocation:
        """The invocation of this ID, whether or not it exists."""
        return Invocation(self._region, id_of(invocation, "invocation"))

    def log_in(self, instance: Instance | str, script: str, within: Duration = "1h") -> dict[str, Any]:
        """Run a script in a guest as its administrator, as over a remote connection, and wait until it has ended.

        Returns:
            Its `exit_code` and `output`, and when it `started` and `ended`. Needs the capability `log-in`.
        """
        target = id_of(instance, "instance")
        number = self._region.control("log-in", instance=target, script=script)["number"]

        def ended() -> dict[str, Any] | None:
            found = [each for each in self.ran_on(target) if each["number"] == number]
            return found[0] if found and found[0]["ended"] is not None else None

        return self._region.wait(ended, within, what=f"{script!r} on {target}") or {}

    def ran_on(self, instance: Instance | str) -> list[dict[str, Any]]:
        """The last hundred scripts that ran in a guest, oldest first, by whomever. Needs the capability `log-in`."""
        return list(self._region.control("guest-history", instance=id_of(instance, "instance"))["ran"])


__all__ = ["Commands", "Invocation", "Outcome", "failed", "finished", "running", "stopped"]
