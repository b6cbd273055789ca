"""The agents of Cloud Assistant: installing one, when it was heard of, and what is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from faultzone.api.answer import CURRENT
from faultzone.api.ecs.agents import DescribeCloudAssistantStatus, InstallCloudAssistant
from faultzone.api.errors import ApiError
from faultzone.clock import stamp
from faultzone.model.assistant.actions import find_targets
from faultzone.model.assistant.rules import version_of
from faultzone.model.assistant.state import AssistantState, Machine, Managed, Outside
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.listing import listing, plain_token
from faultzone.model.core.state import AccountState, RegionState

#: From which version of the agent on sessions can be had (assistant/session-support).
_SESSIONS_SINCE: Final = {"linux": "2.2.3.189", "windows": "2.1.3.189"}


#: How the kinds of systems are written in DescribeCloudAssistantStatus.
_WRITTEN: Final = {"linux": "Linux", "windows": "Windows"}


def os_type(machine: Machine) -> str:
    """`linux`, `windows`, or `FreeBSD`, which counts as Linux in all else (assistant/os-of-public-images)."""
    return "FreeBSD" if machine.image.os_name.startswith("FreeBSD") else machine.image.system


@handles(InstallCloudAssistant)
def install_agent(region: RegionState, account: AccountState, request: InstallCloudAssistant) -> Answer:
    """InstallCloudAssistant: the agent is there after the next reboot (assistant/agent-required)."""
    most = region.rules.installations_limit()
    if len(request.instance_ids) > most:
        raise ApiError("InstanceIds.ExceedLimit")
    found = [account.instances.get(each) for each in dict.fromkeys(request.instance_ids)]
    instances = [each for each in found if each is not None]
    if len(instances) < len(found):
        raise ApiError("InvalidInstance.NotFound")
    for instance in instances:
        region.change(instance, "options", instance.options._replace(install_agent=True))
    return {}


def is_heard(region: RegionState, account: AccountState, machine: Machine) -> bool:
    """Whether an agent is told to be there (assistant/agent-status, assistant/heartbeats)."""
    now = region.clock.now
    last = account.part(AssistantState).last_heard(machine.id, now)
    return region.rules.agent_is_heard(machine, None if last is None else now - last)


@handles(DescribeCloudAssistantStatus)
def describe_agents(region: RegionState, account: AccountState, request: DescribeCloudAssistantStatus) -> Answer:
    """DescribeCloudAssistantStatus, in both spellings of the documentation.

    Clauses: assistant/agent-status-spelling, assistant/status-of-all.
    """
    today = region.edition.has(CURRENT)
    if not request.instance_ids and not today:
        raise ApiError.of("MissingParameter.InstanceIds", name="InstanceIds")
    if request.instance_ids:
        machines = find_targets(region, account, request.instance_ids)
        request = request.replace(max_results=None, next_token=None, page_number=None, page_size=len(machines))
    else:
        machines = all_machines(region, account)
    if request.os_type is not None:
        machines = [each for each in machines if _written(each) == request.os_type]
    page = listing(
        "set",
        "item",
        machines,
        request,
        lambda each: _status(region, account, each),
        token=plain_token(request),
    )
    shown = page.pop("set")["item"]
    return {
        **(page if today else {}),
        "InstanceCloudAssistantStatusSet": {"InstanceCloudAssistantStatus": shown},
        "InstanceCloudAssitantStatus": {"InstanceCloudAssitantStatusSet": shown},
    }


def _written(machine: Machine) -> str:
    kind = os_type(machine)
    return _WRITTEN.get(kind, kind)


def all_machines(region: RegionState, account: AccountState) -> list[Machine]:
    """The instances of an account, and its managed instances."""
    outside: Mapping[str, Managed] = region.kept(Outside) or {}
    return [*account.instances.values(), *(each for each in outside.values() if each.account == account.id)]


def _status(region: RegionState, account: AccountState, machine: Machine) -> Answer:
    serves = "true" if is_heard(region, account, machine) else "false"
    item: Answer = {"InstanceId": machine.id, "CloudAssistantStatus": serves, "CloudAssitantStatus": serves}
    system = machine.image.system
    if region.edition.assistant.detailed:
        item |= {"CloudAssistantVersion": machine.agent or "", "OSType": system}
    if region.edition.has(CURRENT):
        state = account.part(AssistantState)
        last = state.last_heard(machine.id, region.clock.now)
        item |= runs_on(state, machine.id)
        item["OSType"] = _written(machine)
        item["LastHeartbeatTime"] = "" if last is None else stamp(last)
        item["SupportSessionManager"] = version_of(machine.agent or "") >= version_of(_SESSIONS_SINCE[system])
    return item


def runs_on(state: AssistantState, machine_id: str) -> Answer:
    """What the agent of a machine did: how many runs have ended, how many go on, and when the last one began
    (assistant/status-counts)."""
    records = list(state.record_book.found(state.record_book.rows("instance", machine_id)))
    active = len(state.live.get(machine_id, ()))
    last = max((each.started for each in records if each.started is not None), default=None)
    return {
        "InvocationCount": sum(each.finished is not None for each in records),
        "ActiveTaskCount": active,
        "LastInvokedTime": "" if last is None else stamp(last),
    }
