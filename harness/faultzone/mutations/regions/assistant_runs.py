"""Wrong regions of the chapter on Cloud Assistant: what becomes of runs, and the agent."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Final

from faultzone.mutations.library import (
    EVERY,
    Answer,
    Parameters,
    answer,
    at,
    copy,
    decoded,
    once_called,
    put,
    read_as,
    request,
    where,
)
from faultzone.mutations.regions.places import AGENTS, RECORDS
from faultzone.mutations.row import always, row
from faultzone.mutations.wrapper import Wrapper


def plain(text: str) -> str:
    """What a text in Base64 stands for."""
    return base64.b64decode(text).decode("ascii", "ignore")


def changes_host_name(given: Parameters) -> bool:
    """Whether a command is `hostname NAME`."""
    return base64.b64decode(str(given.get("CommandContent", ""))).startswith(b"hostname ")


def logs_in_to_stop(given: Parameters) -> bool:
    """Whether a script would stop a service."""
    return any(word in str(given.get("script", "")) for word in ("stop", "off"))


class PackageNeedsARestart(Wrapper):
    """An agent that a user installed serves from the next RebootInstance on."""

    def control(self, verb: str, arguments: Mapping[str, object]) -> Answer:
        if verb == "log-in" and "aliyun_assist" in str(arguments.get("script")):
            self.__dict__.setdefault("installed", set()).add(arguments["instance"])
        return super().control(verb, arguments)

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        installed = self.__dict__.get("installed", set())
        if action == "RebootInstance":
            installed.discard(parameters["InstanceId"])
        told: Answer = at(f"{AGENTS}[]", where(lambda each: each["InstanceId"] in installed, NO_AGENT))(answer)
        return told


NO_AGENT: Final = put(CloudAssistantStatus="false", CloudAssitantStatus="false")
RESULTS: Final = "DescribeInvocationResults"
AGENT_STATUS: Final = "DescribeCloudAssistantStatus"

REGIONS: Final = (
    # Runs
    row("as-nobody", "assistant/as-administrator", "runs commands as nobody",
        answer(RESULTS, f"{RECORDS}[].Output", decoded(lambda output: output.replace(b"root", b"nobody")))),
    row("runs-without-directory", "assistant/working-dir-exists",
        "shows a run whose directory is missing as a success",
        answer(RESULTS, f"{RECORDS}[]", where(
            lambda each: each["InvokeRecordStatus"] == "Failed" and not each["Output"],
            put(InvokeRecordStatus="Finished", ExitCode=0)))),
    row("missing-directory-by-another-code", "assistant/working-dir-error", "calls a missing directory an exception",
        answer(RESULTS, f"{RECORDS}[]", where(
            lambda each: each.get("ErrorCode") == "DirectoryNotExists",
            put(InvocationStatus="Error", ErrorCode="ExecutionException")))),
    row("keeps-the-host-name", "assistant/host-name-by-command",
        "accepts a command that changes the host name in vain",
        request("CreateCommand", where(changes_host_name, put(CommandContent=base64.b64encode(b"true").decode())))),
    row("plain-output", "assistant/output-base64", "shows output as it is",
        answer(RESULTS, f"{RECORDS}[].Output", plain)),
    row("keeps-the-middle", "assistant/output-kept", "cuts long output at both ends",
        answer(RESULTS, f"{RECORDS}[].Output",
               decoded(lambda kept: kept[1000:-1000] if len(kept) > 10_000 else kept))),
    row("stops-all", "assistant/stop", "stops all targets where some are named", stops=always(True)),
    row("stops-the-settled", "assistant/stop-settled", "makes a record Stopped that has settled",
        once_called("StopInvocation", "InvokeId", RESULTS, f"{RECORDS}[]", put(InvokeRecordStatus="Stopped"),
                    field="InvokeId")),
    row("fires-after-the-stop", "assistant/stop", "goes on with a periodic command on a target that was stopped",
        fires_again=always(True)),

    # The agent
    row("bare-images", "assistant/preinstalled", "has no agent in public images", agent_comes_with=always(False)),
    row("package-needs-a-restart", "assistant/install-by-package",
        "sees what was installed from inside after a reboot", wrap=PackageNeedsARestart),
    row("no-commands-on-debian", "assistant/os-list", "runs no commands on Debian",
        serves=lambda right, os_name: not os_name.startswith("Debian") and right.serves(os_name)),
    row("powershell-for-linux", "assistant/type-spelling", "takes the other spelling for a type of its own",
        request(EVERY, where(lambda given: given.get("Type") == "RunPowershellScript", put(Type="RunShellScript")))),
    row("every-system", "assistant/os-list", "runs commands on systems that are not listed", serves=always(True)),
    row("agent-status-yes", "assistant/agent-status-spelling", "says yes and no of an agent",
        answer(AGENT_STATUS, f"{AGENTS}[].CloudAssistantStatus", read_as({"true": "yes", "false": "no"}))),
    row("every-agent-is-heard", "assistant/agent-status", "says of every instance that runs that its agent is there",
        agent_is_heard=lambda right, instance, silent: instance.status == "Running"),
    row("first-boot-agents", "assistant/agent-status",
        "says of an instance that was ever stopped that it has no agent",
        once_called("StopInstance", "InstanceId", AGENT_STATUS, f"{AGENTS}[]", NO_AGENT)),
    row("agent-by-another-name", "assistant/process-name", "gives the agent's process another name",
        answer("agent", "", put(process="agentd"))),
    row("never-upgrades", "assistant/upgrade-hourly", "does not upgrade the agent",
        answer("agent", "", put(version="0"))),
    row("upgrade-by-command-fails", "assistant/upgrade-by-command", "lets no command upgrade the agent",
        answer("agent", "", put(version="0"))),
    row("upgrades-all-the-same", "assistant/upgrade-disabled", "upgrades an agent without an updater",
        answer("agent", "", copy("version", to="latest"))),
    row("runs-by-itself", "assistant/never-by-itself", "runs what nobody asked for",
        answer("guest-history", "", put(ran=[{"by": "?", "script": ""}]))),
    row("agent-cannot-be-stopped", "assistant/agent-disabled", "runs on with the agent's service stopped",
        request("log-in", where(logs_in_to_stop, put(script="true")))),
    row("powershell-always", "assistant/powershell-module", "runs PowerShell without its module",
        request("set-powershell", put(there=True))),
)  # fmt: skip
