"""Wrong regions of the chapter on Cloud Assistant: what becomes of runs, and the agent."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Any

from faultzone.backends import Backend
from faultzone.model.core.state import Instance
from faultzone.model.rules import Rules
from faultzone.wrong_regions import Answer, Parameters, Wrapper, wrong
from faultzone.wrong_regions.assistant import results

# Runs


def _rewrites(old: bytes, new: bytes) -> type[Wrapper]:
    """A region whose output has other words."""

    def answer(self: Wrapper, action: str, parameters: Parameters, answer: Answer) -> Answer:
        for each in results(action, answer):
            each["Output"] = base64.b64encode(base64.b64decode(each["Output"]).replace(old, new)).decode()
        return answer

    return type("Rewrites", (Wrapper,), {"answer": answer})


wrong("as-nobody", "assistant/as-administrator", "runs commands as nobody")(_rewrites(b"root", b"nobody"))


@wrong("runs-without-directory", "assistant/working-dir-exists", "shows a run whose directory is missing as a success")
class RunsWithoutDirectory(Wrapper):
    """A missing directory goes unnoticed."""

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        """Let a run that could not begin have ended well."""
        for each in results(action, answer):
            if each["InvokeRecordStatus"] == "Failed" and not each["Output"]:
                each |= {"InvokeRecordStatus": "Finished", "ExitCode": 0}
        return answer


@wrong("missing-directory-by-another-code", "assistant/working-dir-exists", "calls a missing directory an exception")
class MissingDirectoryByAnotherCode(Wrapper):
    """The run is an error of its own."""

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        """Give another code."""
        for each in results(action, answer):
            if each.get("ErrorCode") == "DirectoryNotExists":
                each |= {"InvocationStatus": "Error", "ErrorCode": "ExecutionException"}
        return answer


@wrong("keeps-the-host-name", "assistant/host-name-by-command", "accepts a command that changes the host name in vain")
class KeepsTheHostName(Wrapper):
    """`hostname NAME` does nothing."""

    def call(self, action: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        """Run `true` in its place."""
        script = base64.b64decode(str(parameters.get("CommandContent", ""))) if action == "CreateCommand" else b""
        nothing = {"CommandContent": base64.b64encode(b"true").decode()} if script.startswith(b"hostname ") else {}
        return super().call(action, {**parameters, **nothing}, account=account)


@wrong("plain-output", "assistant/output-base64", "shows output as it is")
class PlainOutput(Wrapper):
    """Nothing is encoded."""

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        """Decode it."""
        for each in results(action, answer):
            each["Output"] = base64.b64decode(each["Output"]).decode("ascii", "ignore")
        return answer


@wrong("keeps-the-middle", "assistant/output-kept", "cuts long output at both ends")
class KeepsTheMiddle(Wrapper):
    """Neither end is there."""

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        """Cut both."""
        for each in results(action, answer):
            kept = base64.b64decode(each["Output"])
            if len(kept) > 10_000:
                each["Output"] = base64.b64encode(kept[1000:-1000]).decode()
        return answer


@wrong("stops-all", "assistant/stop", "stops all targets where some are named")
class StopsAll(Rules):
    """A subset is the whole."""

    def stops(self, named: Iterable[str], target: str) -> bool:
        """Always."""
        return True


@wrong("stops-the-settled", "assistant/stop-settled", "makes a record Stopped that has settled")
class StopsTheSettled(Wrapper):
    """A stop comes never too late."""

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        """Remember what was stopped."""
        seen = self.__dict__.setdefault("stopped", set())
        if action == "StopInvocation":
            seen.add(parameters["InvokeId"])
        for each in results(action, answer):
            each["InvokeRecordStatus"] = "Stopped" if each["InvokeId"] in seen else each["InvokeRecordStatus"]
        return answer


@wrong("fires-after-the-stop", "assistant/stop", "goes on with a periodic command on a target that was stopped")
class FiresAfterTheStop(Rules):
    """As long as another target is not stopped."""

    def fires_again(self, stopped: bool) -> bool:
        """Always."""
        return True


# The agent


@wrong("bare-images", "assistant/preinstalled", "has no agent in public images")
class BareImages(Rules):
    """The agent is always to be installed."""

    def agent_comes_with(self, image: object) -> bool:
        """Never."""
        return False


@wrong("package-needs-a-restart", "assistant/install-by-package", "sees what was installed from inside after a reboot")
class PackageNeedsARestart(Wrapper):
    """An agent that a user installed serves from the next RebootInstance on."""

    def __init__(self, inner: Backend) -> None:
        """Nothing was installed yet."""
        super().__init__(inner)
        self.installed: set[object] = set()

    def control(self, verb: str, arguments: Mapping[str, object]) -> Answer:
        """Note who installs a package."""
        if verb == "log-in" and "aliyun_assist" in str(arguments.get("script")):
            self.installed.add(arguments["instance"])
        return super().control(verb, arguments)

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        """Tell of no agent before the reboot."""
        if action == "RebootInstance":
            self.installed.discard(parameters["InstanceId"])
        if action == "DescribeCloudAssistantStatus":
            for each in answer["InstanceCloudAssistantStatusSet"]["InstanceCloudAssistantStatus"]:
                if each["InstanceId"] in self.installed:
                    each["CloudAssistantStatus"] = each["CloudAssitantStatus"] = "false"
        return answer


@wrong("no-commands-on-debian", "assistant/os-list", "runs no commands on Debian")
class NoCommandsOnDebian(Rules):
    """The list is shorter."""

    def serves(self, os_name: str) -> bool:
        """Not on all that are listed."""
        return not os_name.startswith("Debian") and super().serves(os_name)


@wrong("powershell-for-linux", "assistant/type-spelling", "takes the other spelling for a type of its own")
class PowershellForLinux(Wrapper):
    """It is a shell script."""

    def call(self, action: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        """Read another type."""
        known = (
            {**parameters, "Type": "RunShellScript"} if parameters.get("Type") == "RunPowershellScript" else parameters
        )
        return super().call(action, known, account=account)


@wrong("every-system", "assistant/os-list", "runs commands on systems that are not listed")
class EverySystem(Rules):
    """There is no list."""

    def serves(self, os_name: str) -> bool:
        """Always."""
        return True


@wrong("agent-status-yes", "assistant/agent-status-spelling", "says yes and no of an agent")
class AgentStatusYes(Wrapper):
    """Other words."""

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        """Say yes or no."""
        if action == "DescribeCloudAssistantStatus":
            for each in answer["InstanceCloudAssistantStatusSet"]["InstanceCloudAssistantStatus"]:
                each["CloudAssistantStatus"] = "yes" if each["CloudAssistantStatus"] == "true" else "no"
        return answer


@wrong("every-agent-is-heard", "assistant/agent-status", "says of every instance that runs that its agent is there")
class EveryAgentIsHeard(Rules):
    """Whether it has one or not."""

    def agent_is_heard(self, instance: Instance) -> bool:
        """While the instance runs."""
        return instance.status == "Running"


@wrong("first-boot-agents", "assistant/agent-status", "says of an instance that was ever stopped that it has no agent")
class FirstBootAgents(Wrapper):
    """For good."""

    def __init__(self, inner: Backend) -> None:
        super().__init__(inner)
        self._stopped: set[object] = set()

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        """Remember what was stopped."""
        if action == "StopInstance":
            self._stopped.add(parameters["InstanceId"])
        if action == "DescribeCloudAssistantStatus":
            for each in answer["InstanceCloudAssistantStatusSet"]["InstanceCloudAssistantStatus"]:
                if each["InstanceId"] in self._stopped:
                    each["CloudAssistantStatus"] = each["CloudAssitantStatus"] = "false"
        return answer


def _seen_inside(verb: str, **spoilt: Any) -> type[Wrapper]:
    """A region whose guests look otherwise inside."""

    def control(self: Wrapper, called: str, arguments: Mapping[str, object]) -> Answer:
        answer = Wrapper.control(self, called, arguments)
        return {**answer, **{key: make(answer) for key, make in spoilt.items()}} if called == verb else answer

    return type("SeenInside", (Wrapper,), {"control": control})


for _name, _clause, _says, _verb, _key, _make in (
    ("agent-by-another-name", "process-name", "gives the agent's process another name", "agent", "process", "agentd"),
    ("never-upgrades", "upgrade-hourly", "does not upgrade the agent", "agent", "version", "0"),
    ("upgrade-by-command-fails", "upgrade-by-command", "lets no command upgrade the agent", "agent", "version", "0"),
    (
        "upgrades-all-the-same",
        "upgrade-disabled",
        "upgrades an agent without an updater",
        "agent",
        "latest",
        "1.0.1.299",
    ),
    (
        "runs-by-itself",
        "never-by-itself",
        "runs what nobody asked for",
        "guest-history",
        "ran",
        [{"by": "?", "script": ""}],
    ),
):
    wrong(_name, f"assistant/{_clause}", _says)(_seen_inside(_verb, **{_key: lambda answer, made=_make: made}))


def _unhears(verb: str, *words: str) -> type[Wrapper]:
    """A region in whose guests some words have no effect."""

    def control(self: Wrapper, called: str, arguments: Mapping[str, object]) -> Answer:
        script = str(arguments.get("script", ""))
        if called == verb and (not words or any(word in script for word in words)):
            arguments = {**arguments, **({"script": "true"} if words else {"there": True})}
        return Wrapper.control(self, called, arguments)

    return type("Unhears", (Wrapper,), {"control": control})


wrong("agent-cannot-be-stopped", "assistant/agent-disabled", "runs on with the agent's service stopped")(
    _unhears("log-in", "stop", "off")
)
wrong("powershell-always", "assistant/powershell-module", "runs PowerShell without its module")(
    _unhears("set-powershell")
)
