"""The plug-ins of agents, as the agents tell of them.

Source: API reference of October 2026, ListPluginStatus.
"""

from __future__ import annotations

from typing import Any, Final

from faultzone.api.ecs.assistant_settings import ListPluginStatus
from faultzone.api.errors import ApiError
from faultzone.clock import stamp
from faultzone.model.assistant.actions import find_targets
from faultzone.model.assistant.agents import all_machines, is_heard
from faultzone.model.assistant.rules import version_of
from faultzone.model.assistant.state import AssistantState, Machine
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.listing import listing, plain_token
from faultzone.model.core.state import AccountState, RegionState

_NAME_MOST: Final = 255
#: From which version on an agent has plug-ins (assistant/plugin-states).
_SINCE: Final = {"linux": "2.2.3.344", "windows": "2.1.3.344"}
#: What plug-ins go on with; of one that was installed once, or removed, nothing more is heard.
_GOING_ON: Final = ("Running", "Stopped", "Crashed")
#: The states in which an agent may say that a plug-in is.
STATES: Final = ("Installed", *_GOING_ON, "Removed")


class Plugin:
    """A plug-in of an agent.

    Attributes:
        first, last: when its state was told first, and when it changed.
    """

    __slots__ = ("first", "last", "name", "state", "version")

    def __init__(self, name: str, first: int) -> None:
        self.name, self.first, self.last = name, first, first
        self.version = self.state = ""


class Plugins(dict[str, dict[str, Plugin]]):
    """The plug-ins of an account in a region, by machine and name."""


def note(account: AccountState, machine_id: str, name: str, version: str, state: str, now: int) -> None:
    """Note what an agent says of a plug-in."""
    of = account.part(Plugins).setdefault(machine_id, {})
    plugin = of.setdefault(name, Plugin(name, now))
    plugin.version, plugin.state, plugin.last = version, state, now


@handles(ListPluginStatus)
def list_plugins(region: RegionState, account: AccountState, request: ListPluginStatus) -> Answer:
    """ListPluginStatus (assistant/plugin-states)."""
    name, ids = request.name, tuple(dict.fromkeys(request.instance_ids))
    if name is not None and len(name) > _NAME_MOST:
        raise ApiError.of("InvalidParameter", name="Name", why=f"at most {_NAME_MOST} characters are accepted")
    if name is None and len(ids) != 1:
        raise ApiError.of("MissingParameter", name="Name" if ids else "InstanceId")
    return listing(
        "InstancePluginStatusSet",
        "InstancePluginStatus",
        find_targets(region, account, ids) if ids else all_machines(region, account),
        request,
        lambda each: {
            "InstanceId": each.id,
            "PluginStatusSet": {"PluginStatus": _shown(region, account, each, name)},
        },
        token=plain_token(request),
    )


def _shown(region: RegionState, account: AccountState, machine: Machine, name: str | None) -> list[dict[str, Any]]:
    """The plug-ins of one agent; of an agent that has none, or is not heard of, the named one is not known."""
    of = account.part(Plugins).get(machine.id, {})
    found = [*of.values()] if name is None else [of[name]] if name in of else []
    heard = is_heard(region, account, machine)
    last = account.part(AssistantState).last_heard(machine.id, region.clock.now)
    shown = [
        {
            "PluginName": each.name,
            "PluginVersion": each.version,
            "PluginStatus": each.state if heard or each.state not in _GOING_ON else "Unknown",
            "FirstHeartbeatTime": stamp(each.first),
            "LastHeartbeatTime": stamp(max(each.last, last or 0) if each.state in _GOING_ON else each.last),
        }
        for each in found
    ]
    if name is not None and not found:
        knows = heard and version_of(machine.agent or "") >= version_of(_SINCE[machine.image.system])
        state = "NotInstalled" if knows else "Unknown"
        times = {"FirstHeartbeatTime": "", "LastHeartbeatTime": ""}
        shown = [{"PluginName": name, "PluginVersion": "", "PluginStatus": state, **times}]
    return shown
