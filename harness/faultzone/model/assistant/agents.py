"""The agents of Cloud Assistant: installing one, and what is told of them."""

from __future__ import annotations

from faultzone.api.answer import CURRENT
from faultzone.api.ecs.agents import DescribeCloudAssistantStatus, InstallCloudAssistant
from faultzone.clock import stamp
from faultzone.model.assistant.actions import find_targets
from faultzone.model.assistant.state import AssistantState
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.state import AccountState, Instance, RegionState


@handles(InstallCloudAssistant)
def install_agent(region: RegionState, account: AccountState, request: InstallCloudAssistant) -> Answer:
    """InstallCloudAssistant: the agent is there after the next reboot (assistant/agent-required)."""
    for instance in find_targets(region, account, request.instance_ids):
        region.change(instance, "options", instance.options._replace(install_agent=True))
    return {}


@handles(DescribeCloudAssistantStatus)
def describe_agents(region: RegionState, account: AccountState, request: DescribeCloudAssistantStatus) -> Answer:
    """DescribeCloudAssistantStatus, in both spellings of the documentation (assistant/agent-status-spelling)."""
    shown = []
    for instance in find_targets(region, account, request.instance_ids):
        serves = "true" if region.rules.agent_is_heard(instance) else "false"
        item: Answer = {"InstanceId": instance.id, "CloudAssistantStatus": serves, "CloudAssitantStatus": serves}
        if region.edition.assistant.detailed:
            item |= {"CloudAssistantVersion": instance.agent or "", "OSType": instance.image.system}
        if region.edition.has(CURRENT):
            item |= _runs_on(account.part(AssistantState), instance)
        shown.append(item)
    return {
        "InstanceCloudAssistantStatusSet": {"InstanceCloudAssistantStatus": shown},
        "InstanceCloudAssitantStatus": {"InstanceCloudAssitantStatusSet": shown},
    }


def _runs_on(state: AssistantState, instance: Instance) -> Answer:
    """What the agent of an instance did: how many runs have ended, how many go on, and when the last one began."""
    records = [each for each in state.records if each.target.instance == instance.id]
    active = len(state.live.get(instance.id, ()))
    last = max((each.started for each in records if each.started is not None), default=None)
    return {
        "InvocationCount": sum(each.finished is not None for each in records),
        "ActiveTaskCount": active,
        "LastInvokedTime": "" if last is None else stamp(last),
    }
